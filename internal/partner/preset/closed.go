package preset

import (
	"net/url"
	"slices"
	"strings"

	"syncd/internal/lazyregexp"
)

// The closed list: what a partner is ever asked for stands in Go, in its Definition. A preset and what a user writes over it
// choose among that, and are refused when they are read; then each request is looked at again, as it is about to leave.

// Definition is a partner that is read from: a preset, and the calls that may ever be made.
type Definition struct {
	Name   string   // in the registry and in the ledger
	Preset []byte   // TOML: see Read
	Calls  []string // "GET /v1/invoice/{…}": {…} is one part of a path; "GET /pro/…" is all that is below
	Writes []string // those that acknowledge; nothing else is ever written
}

const (
	anyPart  = "{…}" // in a path of the list
	anyBelow = "…"   // at its end
)

// Call is a verb and a path, which may have {names} in it, and a query.
type Call struct {
	Method, Path string
	Query        []Parameter `json:",omitempty"`
}

// Parameter is one of a query, its value a template.
type Parameter struct{ Name, Value string }

func (c *Call) String() string { return c.Method + " " + c.Path }

var (
	callPattern = lazyregexp.New(`^(GET|POST|PUT) (/[^?#\s\\%]*)(?:\?(.+))?$`)
	// what a part of a path can be as it is, and what a key has to be to become one
	partPattern = lazyregexp.New(`^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}$`)
	parameter   = lazyregexp.New(`^[A-Za-z0-9_.\[\]-]{1,60}$`)
	// verbs has what servers of some kinds take for the verb that is meant
	verbs = lazyregexp.New(`(?i)method|override|verb`)
)

// parseCall reads a call as a preset writes it.
func parseCall(text string) (c *Call, ok bool) {
	found := callPattern().FindStringSubmatch(text)
	if found == nil {
		return nil, false
	}
	c = &Call{Method: found[1], Path: found[2]}
	if found[3] == "" {
		return c, true
	}
	for part := range strings.SplitSeq(found[3], "&") {
		name, value, _ := strings.Cut(part, "=")
		if !parameter().MatchString(name) || verbs().MatchString(name) {
			return nil, false
		}
		c.Query = append(c.Query, Parameter{name, value})
	}
	return c, true
}

// offers reports whether a call, its names not filled in, is on a list.
func offers(list []string, c *Call) bool {
	return slices.ContainsFunc(list, func(known string) bool {
		method, path, _ := strings.Cut(known, " ")
		return method == c.Method && matches(path, c.Path, func(known, part string) bool {
			isName := part != "" && placeholder().FindString(part) == part
			switch known {
			case anyPart:
				return isName
			case anyBelow:
				return isName || partPattern().MatchString(part)
			}
			return known == part
		})
	})
}

// permits reports whether a request may leave: its verb and the path as it is written in it, with all that was filled in.
func permits(list []string, base *url.URL, method string, u *url.URL) bool {
	if u.Scheme != base.Scheme || u.Host != base.Host || u.User != nil || u.Fragment != "" {
		return false
	}
	path, below := strings.CutPrefix(u.EscapedPath(), strings.TrimSuffix(base.EscapedPath(), "/"))
	return below && slices.ContainsFunc(list, func(known string) bool {
		verb, template, _ := strings.Cut(known, " ")
		return verb == method && matches(template, path, func(known, part string) bool {
			if known == anyPart || known == anyBelow {
				return partPattern().MatchString(part)
			}
			return known == part
		})
	})
}

// matches compares a path of the list with another one, part by part.
func matches(known, path string, same func(known, part string) bool) bool {
	want, got := strings.Split(known, "/"), strings.Split(path, "/")
	last := len(want) - 1
	if want[last] == anyBelow && len(got) > len(want) {
		for range len(got) - len(want) {
			want = append(want, anyBelow)
		}
	}
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !same(want[i], got[i]) {
			return false
		}
	}
	return true
}
