package mapping

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	masked     = "•••"
	shortValue = 2 // characters up to which a value says too little to be masked
	spreadable = 5 // characters from which a value is found with anything but letters and digits between them
	longDigits = 8 // digits in a row that may be anything of anybody
	cutMessage = 1900
)

// identifiers finds what looks like a NIR (with or without its key) or an IBAN, valid or not, spaced or not.
var identifiers = regexp.MustCompile(strings.ReplaceAll(
	`\b[1-478]_?\d{2}_?\d{2}_?\d[\dABab]_?\d{3}_?\d{3}(?:_?\d{2})?\b`+
		`|\b[A-Z]{2}\d{2}(?:_?[A-Z0-9]{4}){3,7}(?:_?[A-Z0-9]{1,3})?\b`+
		`|\b[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}\b`, "_", `[ .\-\x{A0}\x{2009}\x{202F}]`))

// MaskIdentifiers hides what looks like a NIR or an IBAN in a text of a person's own words, or of unknown origin.
func MaskIdentifiers(text string) string { return identifiers.ReplaceAllString(text, masked) }

// Redact hides secrets in a text of another program, however it writes them. The text comes back as Reveal gives it.
func Redact(text string, secrets ...string) string {
	p := newPainter(Reveal(text))
	for _, secret := range secrets {
		for _, form := range []string{secret, Reveal(secret)} {
			if form != "" {
				p.paint(term{text: fold(form)})
				p.spread(squeeze(form))
				p.paintCut(term{text: fold(form)})
			}
		}
	}
	p.hideEncoded(func(plain string) bool { return Redact(plain, secrets...) != plain })
	return p.String()
}

// Mask hides the personal values of the document that a message of the API echoes: every scalar longer than two
// characters, however it is written (case, accents, encoding, separators, the usual notations of dates and amounts), unless its
// field is a constant or a code of a nomenclature. The key of the employee (the matricule) stays readable. What looks
// like a NIR or an IBAN, and eight digits or more in a row, are hidden wherever they come from. The document may be nil.
// If it is not JSON, nothing of the message can be trusted to be harmless, and all of it is masked. The message comes
// back as Reveal gives it.
func (s Spec) Mask(document []byte, message, key string) string {
	if message == "" {
		return ""
	}
	if len(document) > 0 && !json.Valid(document) {
		return masked
	}
	p := newPainter(Reveal(message))
	for _, found := range identifiers.FindAllStringIndex(p.message, -1) {
		if !strings.EqualFold(p.message[found[0]:found[1]], key) {
			p.hide(found[0], found[1])
		}
	}
	found := s.terms(document, fold(key))
	p.paintNumbers(found, fold(key)) // before the key is kept, which may be a part of one
	for _, t := range found.texts {
		p.paint(t)
	}
	for _, t := range found.texts {
		if !t.keep {
			p.spread(squeeze(t.text))
			p.paintCut(t)
		}
	}
	for _, text := range found.spread {
		p.spread(text)
	}
	p.hideEncoded(func(plain string) bool { return s.Mask(document, plain, key) != plain })
	return p.String()
}

// term is a text to look for, in folded case.
type term struct {
	text string
	keep bool
}

// terms are what to look for in a message.
type terms struct {
	texts   []term          // to hide, and the key to keep, longest first, so that the key within a longer value is hidden
	spread  []string        // dates in words, squeezed
	numbers map[string]bool // as canonical decimals
	dates   map[date]bool
}

type date struct{ year, month, day int }

func (s Spec) terms(document []byte, key string) *terms {
	t := &terms{numbers: map[string]bool{}, dates: map[date]bool{}}
	seen := map[string]bool{"": true, key: true}
	add := func(text string) {
		for _, variant := range []string{text, Reveal(text), mojibake(text)} {
			if variant = fold(variant); utf8.RuneCountInString(variant) > shortValue && !seen[variant] {
				seen[variant] = true
				t.texts = append(t.texts, term{text: variant})
			}
		}
	}
	s.eachScalar(document, func(f *Field, text string) {
		if f != nil && (f.Column == "" || f.Dictionary != "") {
			return
		}
		add(text)
		if Identify(text) == KindIBAN && len(text) > 4 { // a RIB is an IBAN without country and key
			add(text[4:])
		}
		if fold(text) == key {
			return
		}
		if number, ok := AppendDecimal(nil, []byte(strings.Replace(text, ",", ".", 1))); ok && utf8.RuneCountInString(text) > shortValue {
			t.numbers[strings.TrimPrefix(string(number), "-")] = true
		}
		t.addDate(text, add)
	})
	if key != "" {
		t.texts = append(t.texts, term{text: key, keep: true})
	}
	slices.SortStableFunc(t.texts, func(a, b term) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), strings.Compare(a.text, b.text))
	})
	return t
}

// fold gives each character in lower case and without accents, as many a program writes names.
func fold(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(foldRune(r))
	}
	return b.String()
}

var ligatures = strings.NewReplacer("œ", "oe", "æ", "ae", "ß", "ss", "ø", "o", "ł", "l", "đ", "d", "’", "'")

func foldRune(r rune) string {
	lower := string(unicode.ToLower(unicode.ToUpper(r)))
	if r < utf8.RuneSelf {
		return lower
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsMark(r) {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKD.String(ligatures.Replace(lower))))
}

// squeeze keeps the letters and digits of a text, in folded case.
func squeeze(text string) string {
	return fold(strings.Map(func(r rune) rune {
		if isWordRune(r) {
			return r
		}
		return -1
	}, text))
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
