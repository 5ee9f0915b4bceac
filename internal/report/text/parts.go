package text

import (
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/plaintext"
	"syncd/internal/report/view"
)

// itemIndent is what stands before the sign of an item.
const itemIndent = 2

// maxPathWidth is how far the values of a diff are moved to the right, to stand below one another.
const maxPathWidth = 40

// heading says what it is about. What is production cannot be overlooked.
func (g *page) heading(h *view.Head) {
	g.text(bold, h.Title)
	g.newline()
	style := plain
	if h.Production {
		style = bold
	}
	g.text(style, h.Target)
	g.newline()
}

// head writes what a report begins with.
func (g *page) head(h *view.Head) {
	g.heading(h)
	if len(h.Facts) > 0 {
		g.newline()
		g.pairs(h.Facts)
	}
	if len(h.Technical) > 0 {
		g.newline()
		g.line(itemIndent, h.TechnicalTitle)
		for _, line := range h.Technical {
			g.line(2*itemIndent, view.Cut(line))
		}
	}
}

// findings writes paragraphs of sentences, whose lines but the first are indented further.
func (g *page) findings(parts []view.Findings) {
	for _, part := range parts {
		g.title(part.Title)
		for _, sentence := range part.Lines {
			g.sentence(itemIndent, 2*itemIndent, sentence.Text)
			for _, change := range sentence.Changes {
				g.changeLine(change)
			}
			if sentence.More != "" {
				g.line(2*itemIndent, sentence.More)
			}
		}
	}
}

// amounts writes sums below one another, and what is to be known of them.
func (g *page) amounts(a *view.Amounts) {
	if a == nil {
		return
	}
	g.title(a.Title)
	if len(a.Table.Rows) > 0 {
		g.table(a.Table)
	}
	for _, note := range a.Notes {
		g.sentence(itemIndent, 2*itemIndent, note)
	}
}

// sentence writes a text, and how far in it begins and goes on.
func (g *page) sentence(indent, hang int, text string) {
	if g.Width > 0 && g.Width < hang+textWidth {
		g.hang = hang
		g.line(indent, text)
		return
	}
	for i, line := range plaintext.Wrap(text, textWidth) {
		if i > 0 {
			indent = hang
		}
		g.line(indent, line)
	}
}

func (g *page) changeLine(c view.ChangeLine) {
	g.spaces(2 * itemIndent)
	g.sign(c.Sign)
	g.text(plain, c.Text)
	g.newline()
}

// textIndent is where the text of an item begins.
func (g *page) textIndent() int { return itemIndent + 2 + g.keyWidth + 2 }

// item writes an item: sign, matricule and the first line of what there is to say, the other lines below it, and what differs, a
// line a field.
func (g *page) item(l *view.Line) {
	g.spaces(itemIndent)
	g.sign(l.Sign)
	key := " " + view.Clean(view.Cut(l.Key))
	texts := l.Text
	if l.Name != "" {
		texts = append([]string{l.Name}, texts...)
	}
	if len(texts) > 0 {
		key = padRight(key, 1+g.keyWidth) + "  "
	}
	g.text(plain, key)
	for i, line := range texts {
		g.hang = g.textIndent() + leading(line)
		if i > 0 {
			g.spaces(g.textIndent())
		}
		g.text(plain, view.Cut(line))
		g.newline()
	}
	if len(texts) == 0 {
		g.newline()
	}
	g.diff(g.textIndent(), l.Diff)
}

func (g *page) diff(indent int, fields []view.Field) {
	width := 0
	for i := range fields {
		width = max(width, length(view.Clean(fields[i].Path)))
	}
	width = min(width, maxPathWidth)
	for _, f := range fields {
		g.spaces(indent)
		g.sign(f.Sign)
		g.text(plain, strings.TrimRight(" "+padRight(view.Clean(view.Cut(f.Path)), width)+"  "+view.Clean(f.Text), " "))
		g.newline()
	}
}

// more says how many are not listed; "" = all are.
func (g *page) more(text string) {
	if text != "" {
		g.line(itemIndent+2, text)
	}
}

// list writes what a pull found different in one nomenclature, the codes padded to the widest one.
func (g *page) list(list *view.List) {
	for i := range list.Lines {
		g.keyWidth = max(g.keyWidth, min(length(list.Lines[i].Key), maxPathWidth))
	}
	for i := range list.Lines {
		g.item(&list.Lines[i])
	}
	g.more(list.More)
}

// event writes a decision, or a plan of an employee and what became of it.
func (g *page) event(e *view.Event) {
	g.line(itemIndent, e.What)
	if e.By != "" {
		g.line(3*itemIndent, e.By)
		return
	}
	for i, part := range e.Line.Text {
		g.spaces(2 * itemIndent)
		sign := e.Line.Sign
		if i > 0 {
			sign = ""
		}
		g.sign(sign)
		g.line(1, view.Cut(part))
	}
	g.diff(4*itemIndent, e.Line.Diff)
}

// scheduled writes one job.
func (g *page) scheduled(j *view.ScheduledJob) {
	g.title(j.Title)
	if j.Run != "" {
		g.line(itemIndent, j.Run)
		return
	}
	g.pairs(j.Facts)
	for _, alike := range j.Alike {
		g.line(itemIndent, alike.Title)
		for _, line := range alike.Lines {
			g.line(2*itemIndent, line)
		}
	}
}

// commands writes lines, and below each what belongs to it.
func (g *page) commands(c *view.Commands) {
	g.title(c.Title)
	for _, line := range c.Lines {
		g.line(itemIndent, line.Text)
		for _, below := range line.Below {
			g.line(2*itemIndent, below)
		}
	}
	if c.Note != "" {
		g.line(itemIndent, c.Note)
	}
}

var signStyles = map[jobs.Difference]style{
	jobs.Created: green, jobs.Updated: yellow, jobs.Unchanged: dim, jobs.Departed: red, jobs.Undeliverable: red,
}

func (g *page) sign(d jobs.Difference) { g.text(signStyles[d], padRight(string(d), 1)) }
