package staging

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
)

// separators are those that are tried.
var separators = []rune{';', ',', '\t', '|'}

// excelLine is the first line of a file that tells spreadsheets its separator.
var excelLine = lazyregexp.New(`^"?[sS][eE][pP]=([^"\r\n])"?[;,\t|]*\r?(?:\n|$)`)

// readHeader finds the headings, the separator by which most columns are found, and the columns.
func (f *File) readHeader() error {
	head, err := f.beginning()
	if err != nil {
		return err
	}
	tried := separators
	if told := excelLine().FindStringSubmatch(head); told != nil {
		f.skipped, head = 1, head[len(told[0]):]
		tried = append(tried[:len(tried):len(tried)], []rune(told[1])...)
	}
	best := f.headings(head, tried)
	if named := f.options.Separator; named != 0 && named != best.separator {
		given := f.headings(head, []rune{named})
		if best.known > max(1, given.known) {
			return f.At(f.skipped+best.line, "", "load.other-separator", "named", separatorName(named), "n", max(0, given.known),
				"found", separatorName(best.separator), "of", best.known)
		}
		best = given
	}
	f.headed = f.skipped + max(1, best.line)
	switch other := f.other(); {
	case strings.Trim(head, spaces+"\r\n") == "":
		return f.NoRow()
	case other.headings(head, tried).known > max(1, best.known):
		return f.At(f.headed, "", "load.swapped")
	}
	if best.known < 1 || 2*best.known < len(best.fields) && best.known < len(f.Table.columns)/2 { // the first line may be a person's
		return f.At(f.headed, "", "load.no-header", "example", f.Table.columns[1].name)
	}
	f.Separator = best.separator
	if slices.ContainsFunc(best.fields, isValue) {
		return f.At(f.headed, "", "load.values-too")
	}
	return f.match(best.fields)
}

// value is what only a row has: an address, a day.
var value = lazyregexp.New(`@|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}`)

// isValue reports whether a heading is none but something of a person, who would be told of by name with all others.
func isValue(heading string) bool {
	return value().MatchString(heading) || privacy.MaskIdentifiers(heading) != heading
}

// headings is a first row.
type headings struct {
	separator rune
	fields    []string
	line      int
	known     int // how many of the fields are columns of the table
}

// headings reads the first row with each separator; the best one finds most columns.
func (f *File) headings(head string, tried []rune) (best headings) {
	best.known = none
	for _, separator := range tried {
		rows := newRows(strings.NewReader(head), separator)
		fields, err := rows.Read()
		if err != nil {
			continue
		}
		if known := f.known(fields); known > best.known {
			line, _ := rows.FieldPos(0)
			best = headings{separator, fields, line, known}
		}
	}
	return best
}

// beginning is as much of the text as a row may be long.
func (f *File) beginning() (string, error) {
	text, err := f.text()
	if err != nil {
		return "", f.At(0, "", "load.unreadable", "cause", plainCause(err))
	}
	head, err := io.ReadAll(io.LimitReader(text, mostRecord))
	if err != nil {
		return "", f.At(0, "", "load.unreadable", "cause", plainCause(err))
	}
	if f.returns = !bytes.ContainsRune(head, '\n') && bytes.ContainsRune(head, '\r'); f.returns {
		head = bytes.ReplaceAll(head, []byte("\r"), []byte("\n"))
	}
	return string(head), nil
}

// other is the file, were it that of the other table.
func (f *File) other() *File {
	other := *f
	if other.Table = Employees; f.Table == Employees {
		other.Table = Elements
	}
	return &other
}

// heading is how the file calls a column; "" = it is to stay empty.
func (f *File) heading(column string) string {
	if heading, told := f.options.Columns[column]; told {
		return heading
	}
	return column
}

// known is how many of the fields are columns of the table.
func (f *File) known(fields []string) (n int) {
	for i := range f.Table.columns {
		if slices.ContainsFunc(fields, alike(f.heading(f.Table.columns[i].name))) {
			n++
		}
	}
	return n
}

// alike compares headings without case, accents and signs.
func alike(heading string) func(string) bool {
	folded := plaintext.Fold(heading)
	return func(other string) bool { return folded != "" && plaintext.Fold(other) == folded }
}

// match finds the field of each column. Columns that are missing, there twice or of nobody are mistakes.
func (f *File) match(header []string) error {
	var mistakes Mistakes
	taken := make([]bool, len(header))
	f.fields, f.given = make([]int, len(f.Table.columns)), make([]string, len(f.Table.columns))
	for i := range f.Table.columns {
		c := &f.Table.columns[i]
		is := alike(f.heading(c.name))
		f.fields[i] = slices.IndexFunc(header, is)
		if f.fields[i] == none {
			f.without(i, &mistakes)
			continue
		}
		taken[f.fields[i]] = true
		if slices.ContainsFunc(header[f.fields[i]+1:], is) {
			mistakes.Add(f.At(f.headed, c.name, "load.heading-twice"))
		}
		if c.name == dossierColumn && f.options.DossierNamed || c.name == periodColumn && f.options.PeriodNamed {
			mistakes.Add(f.At(f.headed, c.name, "load.told-twice", "flag", "--"+c.name))
		}
	}
	for i, heading := range header {
		switch {
		case taken[i], slices.ContainsFunc(f.options.Ignored, alike(heading)):
		case strings.Trim(heading, spaces) == "":
			f.unnamed = append(f.unnamed, i)
		case !slices.ContainsFunc(header[:i], alike(heading)): // else it is told of
			mistakes.Add(f.unknown(heading))
		}
	}
	return mistakes.Err()
}

// without is a column of the table that the file does not have.
func (f *File) without(i int, mistakes *Mistakes) {
	c := &f.Table.columns[i]
	heading, told := f.options.Columns[c.name]
	switch {
	case c.name == dossierColumn && f.options.Dossier != "":
		f.given[i] = f.options.Dossier
	case c.name == periodColumn && f.options.Period != "":
		f.given[i] = f.options.Period
	case c.name == dossierColumn || c.name == periodColumn:
		mistakes.Add(f.At(f.headed, c.name, "load.untold", "flag", "--"+c.name))
	case told && heading != "":
		mistakes.Add(f.At(f.headed, c.name, "load.no-heading", "heading", privacy.MaskIdentifiers(heading)))
	case told && c.required:
		mistakes.Add(f.At(f.headed, c.name, "load.needed"))
	case !told && c.required:
		mistakes.Add(f.At(f.headed, c.name, "load.missing-needed", "column", c.name))
	case !told:
		mistakes.Add(f.At(f.headed, c.name, "load.missing", "column", c.name))
	}
}

// unknown is a column of the file that the table does not have.
func (f *File) unknown(heading string) *Mistake {
	shown := privacy.MaskIdentifiers(heading)
	if near := plaintext.Nearest(heading, f.Table.Columns()); near != "" {
		return f.At(f.headed, "", "load.unknown-near", "heading", shown, "near", near)
	}
	return f.At(f.headed, "", "load.unknown", "heading", shown)
}

// Separators are the names of those that a person can type, and what they stand for.
func Separators(name string) (separator rune, known bool) {
	switch name {
	case "tab", "\t", `\t`:
		return '\t', true
	case ";", ",", "|":
		return rune(name[0]), true
	}
	return 0, false
}

// separatorName is how a person types it.
func separatorName(separator rune) string {
	if separator == '\t' {
		return "tab"
	}
	return string(separator)
}

// HasColumn reports whether one of the default tables has the column.
func HasColumn(name string) bool {
	return slices.Contains(Employees.Columns(), name) || slices.Contains(Elements.Columns(), name)
}
