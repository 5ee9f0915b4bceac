package text

import (
	"strings"
	"unicode/utf8"

	"syncd/internal/lazyregexp"
	"syncd/internal/report/locale"
)

// Narrowest is the least width that is honoured, in columns.
const Narrowest = 60

// piece is a part of a line that looks the same.
type piece struct {
	style style
	text  string
}

// glyph is a character of a line.
type glyph struct {
	r     rune
	style style
}

// Fold breaks the lines of a text that are wider than a terminal; 0 = none is. Commands to type stay whole.
func Fold(text string, width int) string {
	return FoldBelow(text, width, 0)
}

// FoldBelow is Fold with lines that go on at a column; 0 = a little further in than they begin.
func FoldBelow(text string, width, hang int) string {
	if width == 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare, ended := strings.CutSuffix(line, "\n")
		for i, part := range foldPieces([]piece{{plain, bare}}, width, hang) {
			if i > 0 {
				b.WriteByte('\n')
			}
			for _, p := range part {
				b.WriteString(p.text)
			}
		}
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// command finds the commands of a sentence: they are pasted, and do not go on below.
var command = lazyregexp.New(`'(?:sudo )?syncd(?:-admin(?: -i \S+)?)? ([a-z]+)[^']*'|` +
	`(?:^ *|[:«(][ \x{A0}\x{202F}]?)(?:sudo )?syncd(?:-admin(?: -i \S+)?)? ([a-z]+)[^»,;)]*`)

// whole tells of each rune of a line whether a line may not end there.
func whole(line string) []bool {
	kept := make([]bool, utf8.RuneCountInString(line))
	for _, at := range command().FindAllStringSubmatchIndex(line, -1) {
		if name := line[max(at[2], at[4]):max(at[3], at[5])]; !locale.IsCommand(name) {
			continue
		}
		_, rest, _ := strings.Cut(line[at[0]:at[1]], "syncd")
		text := "syncd" + rest
		if before := line[:at[1]-len(text)]; strings.HasSuffix(before, "sudo ") {
			text = "sudo " + text
		}
		end := utf8.RuneCountInString(line[:at[1]])
		for i := end - length(strings.TrimLeft(text, " ")); i < end; i++ {
			kept[i] = true
		}
	}
	return kept
}

// foldPieces breaks one line.
func foldPieces(pieces []piece, width, hang int) [][]piece {
	n := 0
	for _, p := range pieces {
		n += length(p.text)
	}
	if n <= width || width == 0 {
		return [][]piece{pieces}
	}
	var text strings.Builder
	line := make([]glyph, 0, n)
	for _, p := range pieces {
		text.WriteString(p.text)
		for _, r := range p.text {
			line = append(line, glyph{r, p.style})
		}
	}
	indent := leading(text.String())
	if hang <= 0 || hang > width-Narrowest/2 {
		hang = min(indent+itemIndent, width-Narrowest/2)
	}
	return foldLine(line, whole(text.String()), indent, width, hang)
}

// foldLine breaks a line between words, or within one that has no room.
func foldLine(line []glyph, kept []bool, indent, width, hang int) (folded [][]piece) {
	start, room := 0, width
	for len(line)-start > room {
		end := breakBefore(line, kept, start+indent, start+room)
		if end < 0 {
			break
		}
		folded = append(folded, joined(line[start:end], hang*min(len(folded), 1)))
		for start = end; start < len(line) && line[start].r == ' '; start++ {
		}
		room, indent = width-hang, 0
	}
	if start < len(line) {
		folded = append(folded, joined(line[start:], hang*min(len(folded), 1)))
	}
	return folded
}

// breakBefore is where a line ends whose words from first on have room until most; -1 = nowhere, as it is a command to its end.
func breakBefore(line []glyph, kept []bool, first, most int) int {
	for i := most; i > first; i-- {
		if breakable(line, kept, i) {
			return i
		}
	}
	if !kept[most] {
		return most
	}
	for i := most; i < len(line); i++ {
		if breakable(line, kept, i) || !kept[i] {
			return i
		}
	}
	return -1
}

// breakable reports whether a line may end before a character. Punctuation that stands apart, as in French, begins no line.
func breakable(line []glyph, kept []bool, at int) bool {
	if line[at].r != ' ' || kept[at] {
		return false
	}
	alone := at+1 < len(line) && strings.ContainsRune(":;!?»=→", line[at+1].r) && (at+2 == len(line) || line[at+2].r == ' ')
	return !alone && (at == 0 || line[at-1].r != '«')
}

// joined are characters as pieces, behind so many spaces, without those at the end.
func joined(line []glyph, indent int) (pieces []piece) {
	for len(line) > 0 && line[len(line)-1].r == ' ' {
		line = line[:len(line)-1]
	}
	pieces = append(pieces, piece{plain, strings.Repeat(" ", indent)})
	for len(line) > 0 {
		var b strings.Builder
		style := line[0].style
		for len(line) > 0 && line[0].style == style {
			b.WriteRune(line[0].r)
			line = line[1:]
		}
		pieces = append(pieces, piece{style, b.String()})
	}
	return pieces
}

// leading counts the spaces that a text begins with.
func leading(text string) int { return len(text) - len(strings.TrimLeft(text, " ")) }
