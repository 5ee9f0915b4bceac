package text

import (
	"slices"
	"strings"

	"syncd/internal/plaintext"
	"syncd/internal/report/view"
)

// gap stands between columns.
const gap = 2

// table writes rows below a head, each column as wide as its widest cell; numbers to the right. Where there is no room, what is the
// same in all rows stands above, then columns of words become narrower, and at last each row is text.
func (g *page) table(t view.Table) {
	widths := widthsOf(t)
	if g.Width > 0 && total(widths) > g.Width {
		t = g.common(t)
		widths = narrowed(t, widthsOf(t), g.Width)
		if total(widths) > g.Width {
			g.records(t)
			return
		}
	}
	if strings.Join(t.Head, "") != "" {
		g.row(bold, t.Head, widths, t.Numbers)
	}
	for _, row := range t.Rows {
		g.row(plain, row, widths, t.Numbers)
	}
}

// row writes a row, on as many lines as its highest cell has.
func (g *page) row(s style, row []string, widths []int, numbers int) {
	cells, height := make([][]string, len(row)), 1
	for i, cell := range row {
		cells[i] = []string{view.Clean(cell)}
		if length(cells[i][0]) > widths[i] {
			cells[i] = plaintext.Wrap(cells[i][0], widths[i])
		}
		height = max(height, len(cells[i]))
	}
	for at := range height {
		var line strings.Builder
		for i := range cells {
			if i > 0 {
				line.WriteString("  ")
			}
			cell := ""
			if at < len(cells[i]) {
				cell = cells[i][at]
			}
			if i >= numbers {
				cell = padLeft(cell, widths[i])
			} else {
				cell = padRight(cell, widths[i])
			}
			line.WriteString(cell)
		}
		g.text(s, strings.TrimRight(line.String(), " "))
		g.newline()
	}
}

// common writes above a table what is the same in all rows, as much of it as has no room there. The first column says which row it is.
func (g *page) common(t view.Table) view.Table {
	if len(t.Rows) < 2 {
		return t
	}
	var above []string
	for i := 1; i < t.Numbers && i < len(t.Head) && total(widthsOf(t)) > g.Width; {
		value := t.Rows[0][i]
		if t.Head[i] == "" || value == "" || slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != value }) {
			i++
			continue
		}
		above = append(above, t.Head[i]+" "+value)
		t = without(t, i)
	}
	if len(above) > 0 {
		g.line(0, strings.Join(above, ", "))
		g.newline()
	}
	return t
}

// without is a table without a column of words.
func without(t view.Table, column int) view.Table {
	less := view.Table{Head: slices.Delete(slices.Clone(t.Head), column, column+1), Numbers: t.Numbers - 1}
	for _, row := range t.Rows {
		less.Rows = append(less.Rows, slices.Delete(slices.Clone(row), column, column+1))
	}
	return less
}

// records writes each row as text: its words, and below them its numbers, each behind its head.
func (g *page) records(t view.Table) {
	for _, row := range t.Rows {
		var said, counted []string
		for i, cell := range row {
			switch {
			case i == 0 || cell == "":
			case i < t.Numbers:
				said = append(said, cell)
			default:
				counted = append(counted, t.Head[i]+" "+cell)
			}
		}
		g.text(bold, row[0])
		g.text(plain, strings.Repeat(" ", gap)+strings.Join(said, ", "))
		g.newline()
		if len(counted) > 0 {
			g.line(2*gap, strings.Join(counted, ", "))
		}
	}
}

func widthsOf(t view.Table) []int {
	widths := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], length(view.Clean(cell)))
		}
	}
	return widths
}

func total(widths []int) int {
	sum := -gap
	for _, width := range widths {
		sum += gap + width
	}
	return sum
}

// narrowed takes from the widest column of words until all have room, or none gives any more: words stay whole.
func narrowed(t view.Table, widths []int, room int) []int {
	least := widthsOf(view.Table{Head: t.Head, Rows: longestParts(t.Rows)})
	for total(widths) > room {
		widest := -1
		for i := range min(t.Numbers, len(widths)) {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths
		}
		widths[widest]--
	}
	return widths
}

// longestParts are rows with the longest word of each cell.
func longestParts(rows [][]string) [][]string {
	all := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			all[i] = append(all[i], slices.MaxFunc(strings.Split(view.Clean(cell), " "), func(a, b string) int { return length(a) - length(b) }))
		}
	}
	return all
}
