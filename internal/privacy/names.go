package privacy

import (
	"slices"
	"strings"
	"unicode"

	"syncd/internal/plaintext"
)

// Named is what the names of a member and of its column tell of its values.
type Named struct {
	Kind  Kind
	Sure  bool // the values are of the kind; else they may be, or contain a part of one
	About bool // the values only tell something of one: its check digits, its country
}

// nameWord is a word that tells an IBAN or a NIR where it stands in a name.
type nameWord struct {
	word string
	kind Kind
	sure bool
	part bool // a longer word may contain it, too
}

// nameWords is the one list of them; the sure ones come first. A member that is called after a bank or the social security
// may contain something else (its fees, a ceiling), which nobody should check as a number.
var nameWords = []nameWord{
	{"iban", KindIBAN, true, true}, {"nir", KindNIR, true, true}, {"nss", KindNIR, true, false},
	{"rib", KindIBAN, false, false}, {"bancaire", KindIBAN, false, true}, {"bancaires", KindIBAN, false, true},
	{"secu", KindNIR, false, true}, {"securite", KindNIR, false, true},
}

var (
	// aboutWords are those of names that tell something of an IBAN or a NIR, and not itself. Many employees have them in common.
	aboutWords  = []string{"cle", "clef", "key", "pays", "country", "date", "type", "mode"}
	postalWords = []string{"postal", "codepostal", "postcode", "zip", "cp"}
)

// ByNames tells what the values are of a member by its own name and that of its column: APIs name members as they like
// ("coordonneesBancaires"), and then the column tells.
func ByNames(names ...string) Named {
	var words []string
	for _, name := range names {
		words = append(words, wordsOf(name)...)
	}
	has := func(word string) bool { return slices.Contains(words, word) }
	found := Named{About: slices.ContainsFunc(aboutWords, has)}
	i := slices.IndexFunc(nameWords, func(w nameWord) bool { return has(w.word) })
	switch {
	case i >= 0 && nameWords[i].sure:
		found.Kind, found.Sure = nameWords[i].kind, true
	case slices.ContainsFunc(postalWords, has):
		found.Kind, found.Sure = KindPostal, true
	case i >= 0:
		found.Kind = nameWords[i].kind
	}
	return found
}

// wordsOf are the words of a name, without the digits at them (iban2), and all of it as one (N_I_R).
func wordsOf(name string) []string {
	words := []string{plaintext.Fold(name)}
	for _, word := range plaintext.Words(name) {
		words = append(words, strings.FieldsFunc(word, unicode.IsDigit)...)
	}
	return words
}

// Suspect reports whether a name has such a word in it, or within a longer one: too many are found rather than too few.
func Suspect(name string) bool {
	folded := plaintext.Fold(name)
	return ByNames(name).Kind.Identifies() || slices.ContainsFunc(nameWords,
		func(w nameWord) bool { return w.part && strings.Contains(folded, w.word) })
}
