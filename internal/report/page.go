package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"syncd/internal/jobs"
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

var signStyles = map[jobs.Difference]style{
	jobs.Created: green, jobs.Updated: yellow, jobs.Unchanged: dim, jobs.Departed: red, jobs.Undeliverable: red,
}

// page is a text on its way out. Whatever is written through it is cleaned; an error of the writer shows at its end.
type page struct {
	*Printer
	out      *bufio.Writer
	keyWidth int // to which keys are padded
}

func (p *Printer) page(w io.Writer) *page {
	return &page{Printer: p, out: bufio.NewWriter(w), keyWidth: 10}
}

func (g *page) end() error {
	if err := g.out.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// text writes a piece of a line.
func (g *page) text(s style, text string) {
	text = clean(text)
	if g.options.Color && s != plain && text != "" {
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

func (g *page) sign(d jobs.Difference) { g.text(signStyles[d], padRight(string(d), 1)) }

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

// table writes rows below a head, each column as wide as its widest cell; the columns from numbers on are numbers.
func (g *page) table(head []string, rows [][]string, numbers int) {
	widths := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], length(clean(cell)))
		}
	}
	write := func(s style, row []string) {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			if i >= numbers {
				cell = padLeft(clean(cell), widths[i])
			} else {
				cell = padRight(clean(cell), widths[i])
			}
			line.WriteString(cell)
		}
		g.text(s, strings.TrimRight(line.String(), " "))
		g.newline()
	}
	write(bold, head)
	for _, row := range rows {
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
