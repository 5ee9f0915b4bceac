package privacy

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"syncd/internal/canonjson"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// Masked stands for what is hidden.
const Masked = "•••"

const (
	shortValue = 2 // characters up to which a value says too little to be masked
	spreadable = 5 // characters from which a value is found with anything but letters and digits between them
	longDigits = 8 // digits in a row that may be anything of anybody
	cutMessage = 1900
)

// identifiers finds what looks like a NIR (with or without its key) or an IBAN, valid or not, spaced or not.
var identifiers = lazyregexp.New(strings.ReplaceAll(
	`\b[1-478]_?\d{2}_?\d{2}_?\d[\dABab]_?\d{3}_?\d{3}(?:_?\d{2})?\b`+
		`|\b[A-Z]{2}\d{2}(?:_?[A-Z0-9]{4}){3,7}(?:_?[A-Z0-9]{1,3})?\b`+
		`|\b[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}\b`, "_", `[ .\-\x{A0}\x{2009}\x{202F}]`))

// MaskIdentifiers hides what looks like a NIR or an IBAN in a text of a person's own words, or of unknown origin.
func MaskIdentifiers(text string) string { return identifiers().ReplaceAllString(text, Masked) }

// Redact hides secrets in a text of another program, however it writes them. The text comes back as Reveal gives it.
func Redact(text string, secrets ...string) string {
	p := newPainter(Reveal(text))
	for _, secret := range secrets {
		for _, form := range []string{secret, Reveal(secret)} {
			if form != "" {
				p.paint(term{text: fold(form)})
				p.spread(plaintext.Fold(form))
				p.paintCut(term{text: fold(form)})
			}
		}
	}
	p.hideEncoded(func(plain string) bool { return Redact(plain, secrets...) != plain })
	return p.String()
}

// Mask hides what a message of another program echoes of the values given, however it writes them (case, accents, encoding,
// separators, the usual notations of dates and amounts): each of more than two characters. The key stays readable. What looks
// like a NIR or an IBAN, and eight digits or more in a row, are hidden wherever they come from. The message comes back as
// Reveal gives it.
func Mask(message, key string, values []string) string {
	p := newPainter(Reveal(message))
	for _, found := range identifiers().FindAllStringIndex(p.message, -1) {
		if !strings.EqualFold(p.message[found[0]:found[1]], key) {
			p.hide(found[0], found[1])
		}
	}
	found := termsOf(values, fold(key))
	p.paintNumbers(found, fold(key)) // before the key is kept, which may be a part of one
	for _, t := range found.texts {
		p.paint(t)
	}
	for _, t := range found.texts {
		if !t.keep {
			p.spread(plaintext.Fold(t.text))
			p.paintCut(t)
		}
	}
	for _, text := range found.spread {
		p.spread(text)
	}
	p.hideEncoded(func(plain string) bool { return Mask(plain, key, values) != plain })
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

// termsOf are the terms of an employee's values, and of the key in folded case.
func termsOf(values []string, key string) *terms {
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
	for _, text := range values {
		add(text)
		if Identify(text) == KindIBAN && len(text) > 4 { // a RIB is an IBAN without country and key
			add(text[4:])
		}
		if fold(text) == key {
			continue
		}
		if number, ok := canonjson.AppendDecimal(nil, []byte(strings.Replace(text, ",", ".", 1))); ok &&
			utf8.RuneCountInString(text) > shortValue {
			t.numbers[strings.TrimPrefix(string(number), "-")] = true
		}
		t.addDate(text, add)
	}
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
		b.WriteString(plaintext.FoldRune(r))
	}
	return b.String()
}

// paint marks each byte of a message.
type paint byte

const (
	open   paint = iota // shown unless something hides it
	kept                // part of the employee's key: shown
	hidden              // replaced
)

// painter marks which bytes of a message are hidden. Terms are sought in the folded text, whose characters may have
// other lengths: offsets lead back to the message.
type painter struct {
	message string
	folded  string
	offsets []int // offset in the message of each byte of folded, and of the end
	marks   []paint

	squeezed string // the letters and digits of folded
	places   []int  // offset in the message of each byte of squeezed
}

func newPainter(message string) *painter {
	p := &painter{message: message, marks: make([]paint, len(message))}
	var folded, squeezed strings.Builder
	for at, r := range message {
		folded.WriteString(plaintext.FoldRune(r))
		for len(p.offsets) < folded.Len() {
			p.offsets = append(p.offsets, at)
		}
		if plaintext.IsWordRune(r) {
			squeezed.WriteString(plaintext.FoldRune(r))
			for len(p.places) < squeezed.Len() {
				p.places = append(p.places, at)
			}
		}
	}
	p.offsets = append(p.offsets, len(message))
	p.folded, p.squeezed = folded.String(), squeezed.String()
	return p
}

// spread hides every occurrence of a squeezed text, whatever stands between its letters and digits. What is between them
// makes it a text of several words, which begins and ends with one.
func (p *painter) spread(text string) {
	if utf8.RuneCountInString(text) < spreadable {
		return
	}
	for from := 0; ; {
		i := strings.Index(p.squeezed[from:], text)
		if i < 0 {
			return
		}
		last := from + i + len(text) - 1
		start, end := p.places[from+i], p.places[last]
		_, size := utf8.DecodeRuneInString(p.message[end:])
		end += size
		together := !strings.ContainsFunc(p.message[start:end], func(r rune) bool { return !plaintext.IsWordRune(r) })
		before, _ := utf8.DecodeLastRuneInString(p.message[:start])
		after, _ := utf8.DecodeRuneInString(p.message[end:])
		if together || !plaintext.IsWordRune(before) && !plaintext.IsWordRune(after) {
			p.hide(start, end)
		}
		from += i + 1
	}
}

// paintCut hides the beginning of a text with which a message ends that was cut.
func (p *painter) paintCut(t term) {
	if len(p.message) < cutMessage {
		return
	}
	for n := len(t.text) - 1; n > shortValue; n-- {
		if strings.HasSuffix(p.folded, t.text[:n]) {
			p.hide(p.offsets[len(p.folded)-n], len(p.message))
			return
		}
	}
}

// paint marks every occurrence of the term, overlapping ones too.
func (p *painter) paint(t term) {
	for from := 0; ; {
		i := strings.Index(p.folded[from:], t.text)
		if i < 0 {
			return
		}
		start, end := p.offsets[from+i], p.offsets[from+i+len(t.text)]
		if t.keep {
			p.keep(start, end)
		} else {
			p.hide(start, end)
		}
		from += i + 1
	}
}

// hideEncoded hides base64 and hexadecimal digits that stand for a text that discloses something.
func (p *painter) hideEncoded(discloses func(plain string) bool) {
	for _, found := range encoded().FindAllStringIndex(p.message, -1) {
		if slices.ContainsFunc(readings(p.message[found[0]:found[1]]), discloses) {
			p.hide(found[0], found[1])
		}
	}
}

// keep shows the key, unless a longer value that contains or overlaps it is hidden there.
func (p *painter) keep(start, end int) {
	for _, mark := range p.marks[start:end] {
		if mark == hidden {
			return
		}
	}
	for i := start; i < end; i++ {
		p.marks[i] = kept
	}
}

// hide covers a value but for the characters of the key that is shown there.
func (p *painter) hide(start, end int) {
	for i := start; i < end; i++ {
		if p.marks[i] == open {
			p.marks[i] = hidden
		}
	}
}

// String is the message with each hidden stretch replaced.
func (p *painter) String() string {
	var text strings.Builder
	for i := range len(p.message) {
		if p.marks[i] != hidden {
			text.WriteByte(p.message[i])
		} else if i == 0 || p.marks[i-1] != hidden {
			text.WriteString(Masked)
		}
	}
	return text.String()
}
