package mapping

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

const (
	maxNearest = 3
	maxShown   = 80 // characters of a value in a Problem
)

// NearestName is the candidate that a mistyped name may have meant; "" when none is near. Case does not count.
func NearestName(name string, candidates []string) string { return nearestName(name, candidates) }

// nearestName is the candidate that a mistyped name may have meant; "" when none is near.
func nearestName(name string, candidates []string) string {
	best, bestDistance := "", nearEnough(name)+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(candidate), nil); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// nearestCodes lists up to three active codes that may have been meant, nearest first: by edit distance to the code,
// or because the value is, or lies within, the label.
func nearestCodes(value string, codes map[string]Entry) []Nearest {
	type scored struct {
		Nearest
		distance int
	}
	value = strings.ToLower(strings.TrimSpace(value))
	var found []scored
	for code, entry := range codes {
		if !entry.Active {
			continue
		}
		if d := codeDistance(value, code, entry.Label); d <= nearEnough(value) {
			found = append(found, scored{Nearest{code, entry.Label}, d})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.Code, b.Code))
	})
	var nearest []Nearest
	for _, s := range found[:min(len(found), maxNearest)] {
		nearest = append(nearest, s.Nearest)
	}
	return nearest
}

// codeDistance compares a value in lower case with a code and its label: 0 is the same.
func codeDistance(value, code, label string) int {
	code, label = strings.ToLower(code), strings.ToLower(label)
	const meaningful = 3 // characters from which a part of a code or label tells something
	switch {
	case value == label:
		return 0
	case len(value) >= meaningful && (strings.Contains(label, value) || strings.Contains(code, value)):
		return 1
	case len(code) >= meaningful && strings.Contains(value, code):
		return 1
	}
	return levenshtein.Distance(value, code, nil)
}

// nearEnough is the number of edits up to which two names resemble each other.
func nearEnough(name string) int { return max(2, utf8.RuneCountInString(name)/3) }

// shorten cuts text to the characters that a Problem shows.
func shorten(text string) string {
	count := 0
	for i := range text {
		if count == maxShown {
			return text[:i]
		}
		count++
	}
	return text
}
