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

// Look is what a report is written to. Width is that of a terminal in columns: no line is wider, but commands to type; 0 = lines
// are as long as they are, as in a file or a pipe.
type Look struct {
	Color bool
	Width int
}

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
	Look
	out      *bufio.Writer
	keyWidth int // to which keys are padded

	pieces []piece // of the line that is begun, where there is a width
	hang   int     // where that line goes on, if it is too wide; 0 = a little further in than it begins
}

func (p *Printer) page(w io.Writer) *page {
	return &page{Look: p.look, out: bufio.NewWriter(w), keyWidth: 10}
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
	if g.Width > 0 {
		g.pieces = append(g.pieces, piece{s, text})
		return
	}
	g.put(s, text)
}

func (g *page) put(s style, text string) {
	if g.Color && s != plain && text != "" {
		text = "\x1b[" + string(s) + "m" + text + "\x1b[0m"
	}
	g.out.WriteString(text) //nolint:errcheck // sticky, see end
}

// newline ends a line. Where it is wider than there is room, it goes on below.
func (g *page) newline() {
	for i, line := range foldPieces(g.pieces, g.Width, g.hang) {
		if i > 0 {
			g.out.WriteByte('\n') //nolint:errcheck // sticky, see end
		}
		for _, p := range line {
			g.put(p.style, p.text)
		}
	}
	g.pieces, g.hang = g.pieces[:0], 0
	g.out.WriteByte('\n') //nolint:errcheck // sticky, see end
}

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
		g.hang = 2 + width + 2
		g.line(2, padRight(pair[0], width)+"  "+pair[1])
	}
}

func length(text string) int { return utf8.RuneCountInString(text) }

func padRight(text string, width int) string {
	return text + strings.Repeat(" ", max(width-length(text), 0))
}

func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(width-length(text), 0)) + text
}
