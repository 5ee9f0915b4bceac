package mapping

import "strings"

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
}

func newPainter(message string) *painter {
	p := &painter{message: message, marks: make([]paint, len(message))}
	var folded strings.Builder
	for at, r := range message {
		folded.WriteRune(foldRune(r))
		for len(p.offsets) < folded.Len() {
			p.offsets = append(p.offsets, at)
		}
	}
	p.offsets = append(p.offsets, len(message))
	p.folded = folded.String()
	return p
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
