package mapping

import (
	"slices"
	"strings"
	"unicode/utf8"
)

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
		folded.WriteString(foldRune(r))
		for len(p.offsets) < folded.Len() {
			p.offsets = append(p.offsets, at)
		}
		if isWordRune(r) {
			squeezed.WriteString(foldRune(r))
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
		together := !strings.ContainsFunc(p.message[start:end], func(r rune) bool { return !isWordRune(r) })
		before, _ := utf8.DecodeLastRuneInString(p.message[:start])
		after, _ := utf8.DecodeRuneInString(p.message[end:])
		if together || !isWordRune(before) && !isWordRune(after) {
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
	for _, found := range encoded.FindAllStringIndex(p.message, -1) {
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
			text.WriteString(masked)
		}
	}
	return text.String()
}
