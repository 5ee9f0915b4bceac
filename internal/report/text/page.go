package text

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"syncd/internal/hinted"
	"syncd/internal/report/view"
)

// textWidth is the number of characters after which sentences go on in a new line.
const textWidth = 100

// style is an ANSI "select graphic rendition" parameter.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// page is a text on its way out. Whatever is written through it is cleaned; an error of the writer shows at its end.
type page struct {
	color    bool
	out      *bufio.Writer
	keyWidth int // to which keys are padded
}

func (p *Printer) page(w io.Writer) *page {
	return &page{color: p.color, out: bufio.NewWriter(w), keyWidth: 10}
}

func (g *page) end() error {
	if err := g.out.Flush(); err != nil {
		return hinted.While("writing the report", err)
	}
	return nil
}

// text writes a piece of a line.
func (g *page) text(s style, text string) {
	text = view.Clean(text)
	if g.color && s != plain && text != "" {
		text = "\x1b[" + string(s) + "m" + text + "\x1b[0m"
	}
	g.out.WriteString(text) //nolint:errcheck // sticky, see end
}

func (g *page) newline() { g.out.WriteByte('\n') } //nolint:errcheck // sticky, see end

func (g *page) spaces(n int) { g.text(plain, strings.Repeat(" ", max(n, 0))) }

// line writes one indented line.
func (g *page) line(indent int, text string) {
	g.spaces(indent)
	g.text(plain, text)
	g.newline()
}

// title begins a paragraph.
func (g *page) title(text string) {
	g.newline()
	g.text(bold, text)
	g.newline()
}

// pairs writes lines of a name and a value, the values below one another. Pairs without a value are left out.
func (g *page) pairs(pairs [][2]string) {
	pairs = slices.DeleteFunc(pairs, func(pair [2]string) bool { return pair[1] == "" })
	width := 0
	for _, pair := range pairs {
		width = max(width, length(pair[0]))
	}
	for _, pair := range pairs {
		g.line(2, padRight(pair[0], width)+"  "+pair[1])
	}
}

// table writes rows below a head, each column as wide as its widest cell; numbers to the right.
func (g *page) table(t view.Table) {
	widths := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], length(view.Clean(cell)))
		}
	}
	write := func(s style, row []string) {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			if i >= t.Numbers {
				cell = padLeft(view.Clean(cell), widths[i])
			} else {
				cell = padRight(view.Clean(cell), widths[i])
			}
			line.WriteString(cell)
		}
		g.text(s, strings.TrimRight(line.String(), " "))
		g.newline()
	}
	write(bold, t.Head)
	for _, row := range t.Rows {
		write(plain, row)
	}
}

func length(text string) int { return utf8.RuneCountInString(text) }

func padRight(text string, width int) string {
	return text + strings.Repeat(" ", max(width-length(text), 0))
}

func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(width-length(text), 0)) + text
}

// wrap breaks a text between words into lines of about width characters.
func wrap(text string, width int) []string {
	var wrapped []string
	line := ""
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' }) { // no-break spaces stay
		if line != "" && length(word) > 1 && length(line)+1+length(word) > width {
			wrapped = append(wrapped, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(wrapped, line)
}
