package help

import (
	"slices"
	"strings"
	"unicode/utf8"

	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// row is a line of two columns: what is typed, and what it does.
var row = lazyregexp.New(`^( *\S.*? {2,})(\S.*)$`)

// Fold fits a text of help to a width in columns; 0 = any. Paragraphs with a line that has no room are filled anew, what stands in
// a second column goes on below itself. Commands to type stay whole.
func Fold(text string, width int) string {
	if width == 0 {
		return text
	}
	var folded, paragraph []string
	flush := func() {
		folded = append(folded, filled(paragraph, width)...)
		paragraph = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.ContainsAny(line[:1], " \t#") {
			paragraph = append(paragraph, line)
			continue
		}
		flush()
		folded = append(folded, foldLine(line, width)...)
	}
	flush()
	return strings.Join(folded, "\n")
}

// filled is a paragraph, filled anew where a line of it has no room.
func filled(lines []string, width int) []string {
	if fits(lines, width) {
		return lines
	}
	return plaintext.Wrap(strings.Join(lines, " "), width)
}

// foldLine breaks a line of a list, or of examples. What stands in its second column, if it has one, goes on below itself, or all of it
// below the first where that leaves little room.
func foldLine(line string, width int) []string {
	const deeper = 4
	if utf8.RuneCountInString(line) <= width {
		return []string{line}
	}
	indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " ")))
	columns := row().FindStringSubmatch(line)
	switch {
	case columns == nil && isTyped(line):
		return []string{line}
	case columns == nil:
		return hanging(indent, line[len(indent):], len(indent)+deeper, width)
	}
	left, right := columns[1], columns[2]
	if column := utf8.RuneCountInString(left); column <= width/2 {
		if lines := hanging(left, right, column, width); fits(lines, width) {
			return lines
		}
	}
	below := indent + strings.Repeat(" ", deeper)
	return append(foldLine(strings.TrimRight(left, " "), width), hanging(below, right, len(below), width)...)
}

// hanging is a text behind what begins its first line; the others begin at a column.
func hanging(first, text string, column, width int) []string {
	lines := plaintext.Wrap(text, width-column)
	for i := range lines {
		if i > 0 {
			first = strings.Repeat(" ", column)
		}
		lines[i] = first + lines[i]
	}
	return lines
}

func fits(lines []string, width int) bool {
	return !slices.ContainsFunc(lines, func(line string) bool { return utf8.RuneCountInString(line) > width })
}

// isTyped reports whether a line is a command, or goes on with one.
func isTyped(line string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return line[0] == '\t' || typed[first] || strings.HasPrefix(first, "syncd") || strings.HasPrefix(first, "--") ||
		strings.Contains(line, "| ")
}

// typed are the commands of others in texts of help.
var typed = map[string]bool{"sudo": true, "createdb": true, "psql": true, "curl": true, "systemctl": true, "echo": true, "source": true}
