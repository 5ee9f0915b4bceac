package staging

import (
	"encoding/csv"
	"slices"
	"strings"

	"syncd/internal/plaintext"
	"syncd/internal/privacy"
)

// separators are those that are tried.
var separators = []rune{';', ',', '\t', '|'}

// readHeader finds the separator, by which most of the columns are found, and the columns in the first line.
func (f *File) readHeader(head string) error {
	tried := separators
	if f.options.Separator != 0 {
		tried = []rune{f.options.Separator}
	}
	var header []string
	most := none
	for _, separator := range tried {
		rows := csv.NewReader(strings.NewReader(head))
		rows.Comma = separator
		fields, err := rows.Read()
		if err != nil {
			continue
		}
		if known := f.known(fields); known > most {
			most, header, f.Separator = known, fields, separator
		}
	}
	if most < 1 || 2*most < len(header) && most < len(f.Table.columns)/2 { // the first line may be a person's
		return f.At(1, "", "load.no-header", "example", f.Table.columns[1].name)
	}
	return f.match(header)
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
			mistakes.Add(f.At(1, c.name, "load.heading-twice"))
		}
		if c.name == dossierColumn && f.options.DossierNamed || c.name == periodColumn && f.options.PeriodNamed {
			mistakes.Add(f.At(1, c.name, "load.told-twice", "flag", "--"+c.name))
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
		mistakes.Add(f.At(1, c.name, "load.untold", "flag", "--"+c.name))
	case told && heading != "":
		mistakes.Add(f.At(1, c.name, "load.no-heading", "heading", privacy.MaskIdentifiers(heading)))
	case told && c.required:
		mistakes.Add(f.At(1, c.name, "load.needed"))
	case !told:
		mistakes.Add(f.At(1, c.name, "load.missing", "column", c.name))
	}
}

// unknown is a column of the file that the table does not have.
func (f *File) unknown(heading string) *Mistake {
	shown := privacy.MaskIdentifiers(heading)
	if near := plaintext.Nearest(heading, f.Table.Columns()); near != "" {
		return f.At(1, "", "load.unknown-near", "heading", shown, "near", near)
	}
	return f.At(1, "", "load.unknown", "heading", shown)
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

// HasColumn reports whether one of the default tables has the column.
func HasColumn(name string) bool {
	return slices.Contains(Employees.Columns(), name) || slices.Contains(Elements.Columns(), name)
}
