package mapping

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	masked     = "•••"
	shortValue = 2 // characters up to which a value says too little to be masked
)

// identifiers finds what looks like a NIR (with or without its key) or an IBAN, valid or not, spaced or not.
var identifiers = regexp.MustCompile(
	`\b[1-478][ .-]?\d{2}[ .-]?\d{2}[ .-]?\d[\dABab][ .-]?\d{3}[ .-]?\d{3}(?:[ .-]?\d{2})?\b` +
		`|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b` +
		`|\b[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}\b`)

// MaskIdentifiers hides what looks like a NIR or an IBAN in a text of a person's own words, or of unknown origin.
func MaskIdentifiers(text string) string { return identifiers.ReplaceAllString(text, masked) }

// Mask hides the personal values of the document that a message of the API echoes: every scalar longer than two
// characters, and in the usual other notations of a date or an amount, unless its field is a constant or a code of a
// nomenclature. The key of the employee (the matricule) stays readable. What looks like a NIR or an IBAN is hidden
// wherever it comes from. The document may be nil. If it is not JSON, nothing of the message can be trusted to be
// harmless, and all of it is masked.
func (s Spec) Mask(document []byte, message, key string) string {
	if message == "" {
		return ""
	}
	if len(document) > 0 && !json.Valid(document) {
		return masked
	}
	message = strings.ToValidUTF8(message, "\uFFFD")
	p := newPainter(message)
	for _, found := range identifiers.FindAllStringIndex(message, -1) {
		if !strings.EqualFold(message[found[0]:found[1]], key) {
			p.hide(found[0], found[1])
		}
	}
	for _, t := range s.terms(document, fold(key)) {
		p.paint(t)
	}
	return p.String()
}

// term is a text to look for, in folded case.
type term struct {
	text string
	keep bool
}

// terms lists what to hide and the key to keep, longest first, so that the key within a longer value is hidden.
func (s Spec) terms(document []byte, key string) []term {
	var terms []term
	seen := map[string]bool{"": true, key: true}
	add := func(text string) {
		for _, variant := range variants(text) {
			variant = fold(variant)
			if utf8.RuneCountInString(variant) > shortValue && !seen[variant] {
				seen[variant] = true
				terms = append(terms, term{text: variant})
			}
		}
	}
	s.eachScalar(document, func(f *Field, text string) {
		if f == nil || f.Column != "" && f.Dictionary == "" {
			add(text)
		}
	})
	if key != "" {
		terms = append(terms, term{text: key, keep: true})
	}
	slices.SortStableFunc(terms, func(a, b term) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), strings.Compare(a.text, b.text))
	})
	return terms
}

// variants are the notations in which an API may echo a value: dates as .NET writes them, amounts with a comma.
func variants(text string) []string {
	all := []string{text}
	if len(text) >= dateLength && matches([]byte(text[:dateLength]), "0000-00-00") {
		year, month, day := text[:4], text[5:7], text[8:10]
		short := strings.TrimPrefix(month, "0") + "/" + strings.TrimPrefix(day, "0") + "/" + year
		all = append(all, text[:dateLength], day+"/"+month+"/"+year, month+"/"+day+"/"+year, short)
	}
	if _, isNumber := AppendDecimal(nil, []byte(text)); isNumber && strings.Contains(text, ".") {
		all = append(all, strings.Replace(text, ".", ",", 1))
	}
	return all
}

// fold lowers the case of each character.
func fold(text string) string { return strings.Map(foldRune, text) }

func foldRune(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
