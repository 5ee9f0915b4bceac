// Package lazyregexp compiles a regular expression when it is first needed: a program that compiles all of its own before it begins
// takes a third longer to begin.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New is regexp.MustCompile at the first call of what it returns, which is the same expression each time. Any number of goroutines
// may call it.
func New(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
