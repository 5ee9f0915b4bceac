package contract

import (
	"slices"
	"strings"
)

// What contracts call an account and a social security number, besides IBAN and NIR: words of a name.
var (
	accountWords = []string{"iban", "rib", "bancaire", "bancaires"}
	numberWords  = []string{"nir", "nss", "secu", "securite"}
)

// guards tells which members the guards of the job are about, where names alone do not tell them.
func (d *sketch) guards(s *section) {
	hold, number := s.withWords(accountWords), s.withWords(numberWords)
	unique := slices.Concat(hold, number)
	if !slices.ContainsFunc(unique, func(path string) bool { return !hasWord(lastName(path), "iban", "nir") }) {
		return
	}
	d.comment("This API has other names for an IBAN or a NIR: see that [job.guard] watches these, once they are mapped:")
	slices.Sort(unique)
	d.comment("  hold_fields = %s", tomlList(unique))
	d.comment("  unique_fields = %s", tomlList(unique))
}

// withWords lists the members of text whose names have one of the words.
func (s *section) withWords(those []string) (paths []string) {
	for _, m := range s.slots {
		if m.Schema.takes(TypeString) && hasWord(lastName(m.path), those...) {
			paths = append(paths, m.path)
		}
	}
	return paths
}

func hasWord(name string, those ...string) bool {
	return slices.ContainsFunc(words(name), func(word string) bool { return slices.Contains(those, word) })
}

func tomlList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = tomlString(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
