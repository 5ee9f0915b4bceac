package contract

import "strings"

// Source is where the configuration says that the contract is: Auto, a URL, or the name of a file.
type Source string

// Auto looks at the usual places below the API's address.
const Auto Source = "auto"

const filePrefix = "file://"

// IsFile tells whether it is the name of a file.
func (s Source) IsFile() bool { return s != Auto && !strings.Contains(string(s), "://") }

// FilePlace is the place of what was read from a file.
func FilePlace(name string) string { return filePrefix + name }

// has tells whether a place is one of this source: what another one showed says nothing about it.
func (s Source) has(place string) bool {
	if s == Auto {
		return !strings.Contains(place, "://")
	}
	address, _, _ := strings.Cut(string(s), "?")
	return place == address || s.IsFile() && place == FilePlace(string(s))
}
