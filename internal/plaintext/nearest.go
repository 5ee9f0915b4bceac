package plaintext

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Nearest is the candidate that a mistyped name may have meant; "" when none is near. Case does not count.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", NearEnough(name)+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(candidate), nil); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// NearEnough is the number of edits up to which two names resemble each other.
func NearEnough(name string) int { return max(2, utf8.RuneCountInString(name)/3) }
