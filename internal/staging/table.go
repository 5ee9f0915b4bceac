package staging

import (
	"strings"
	"time"
	"unicode"

	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// kind is what a column's values are.
type kind int

const (
	word   kind = iota // without any space: a code, a number that is no quantity
	line               // without spaces around it
	date               // of days first, or ISO
	number             // with a decimal comma or point
	month              // 2026-11 or 11/2026
)

// column is one of a default table.
type column struct {
	name     string
	kind     kind
	digits   int // of a number: before its comma; decimals: behind it
	decimals int
	required bool
}

// Table is one of the default tables, migrations/staging.sql.
type Table struct {
	Name    string
	columns []column
}

// The default tables.
var (
	Employees = &Table{"employee", []column{
		{name: dossierColumn, kind: word, required: true}, {name: matricule, kind: word, required: true}, {name: "civilite", kind: word},
		{name: "nom_naissance", kind: line}, {name: "nom_usage", kind: line}, {name: "prenom", kind: line}, {name: "date_naissance", kind: date},
		{name: "nir", kind: word}, {name: "email", kind: word}, {name: "voie", kind: line}, {name: "code_postal", kind: word},
		{name: "ville", kind: line}, {name: "code_pays", kind: word}, {name: "iban", kind: word}, {name: "contrat", kind: word},
		{name: "date_debut", kind: date}, {name: "date_fin", kind: date}, {name: "categorie_temps", kind: word},
		{name: "taux_activite", kind: number, digits: 3, decimals: 2}, {name: "strate", kind: word}, {name: "categorie", kind: word},
		{name: "fonction", kind: word},
	}}
	Elements = &Table{"payroll_element", []column{
		{name: dossierColumn, kind: word, required: true}, {name: matricule, kind: word, required: true},
		{name: periodColumn, kind: month, required: true}, {name: "code", kind: word, required: true},
		{name: "quantity", kind: number, digits: 8, decimals: 4}, {name: "amount", kind: number, digits: 10, decimals: 2},
	}}
)

const (
	dossierColumn = "dossier"
	matricule     = "matricule"
	periodColumn  = "period"
)

// Columns are the names of the table's columns, in the order in which File.Copy writes them.
func (t *Table) Columns() []string {
	names := make([]string, len(t.columns))
	for i := range t.columns {
		names[i] = t.columns[i].name
	}
	return names
}

var (
	// scientific is what a spreadsheet makes of a long number, whose digits are gone.
	scientific = lazyregexp.New(`^[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+$`)
	// twice is UTF-8 that was read as Windows-1252, and written again.
	twice = lazyregexp.New(`[ÃÂ][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]`)
	// otherCode is what the letters of DOS and of old Macintoshes are in Windows-1252: signs behind a letter or between two, Š and Ž
	// in small letters, and bytes that are none.
	otherCode = lazyregexp.New(`\pL[‚ƒ„†‡ˆ‰‹“•˜›]|ƒ\pL|[AEIOaeio]‘\pL|\pL[”™]\pL|\p{Ll}[ŠŽ]|\pL[ŠŽ]\p{Ll}|[\x{81}\x{8D}\x{8F}\x{90}\x{9D}]`)
	french    = lazyregexp.New(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T]00:00(?::00(?:[.,]0+)?)?)?$`)
	iso       = lazyregexp.New(`^(\d{4}-\d{2}-\d{2})(?:[ T]00:00(?::00(?:[.,]0+)?)?)?$`)
	decimal   = lazyregexp.New(`^([+-]?)(\d+)(?:([.,])(\d+))?$`)
	isoMonth  = lazyregexp.New(`^\d{4}-(?:0[1-9]|1[0-2])$`)
	monthYear = lazyregexp.New(`^(0[1-9]|1[0-2])/(\d{4})$`)
)

// damaged is the code of what keeps any text from being read; "" = nothing.
func damaged(text string) string {
	if strings.ContainsAny(text, "\r\n") {
		return "load.lines"
	}
	if !plaintext.IsASCII([]byte(text)) {
		switch {
		case strings.ContainsRune(text, unicode.ReplacementChar):
			return "load.replacement"
		case twice().MatchString(text):
			return "load.twice"
		case otherCode().MatchString(text):
			return "load.other-code"
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
		return "load.control"
	}
	return ""
}

// spaces are those that exports have around texts, and within numbers.
const spaces = " \t\u00a0\u2007\u2009\u202f"

func withoutSpaces(text string) string {
	if !strings.ContainsAny(text, spaces) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(spaces, r) {
			return -1
		}
		return r
	}, text)
}

// read is a value as Postgres reads it, or the code of why it is none. An empty one is "".
func (c *column) read(text string) (value, wrong string) {
	if text = strings.Trim(text, spaces); text == "" {
		if c.required {
			return "", "load.empty"
		}
		return "", ""
	}
	if wrong = damaged(text); wrong != "" {
		return "", wrong
	}
	if c.kind == line {
		return text, ""
	}
	text = withoutSpacesOf(c.kind, text)
	switch c.kind {
	case date:
		return readDate(text)
	case number:
		return c.readNumber(text)
	case month:
		return readMonth(text)
	case word, line:
	}
	if (c.name == matricule || c.name == "nir" || c.name == "iban") && scientific().MatchString(text) {
		return "", "load.scientific"
	}
	return text, ""
}

// withoutSpacesOf leaves the one between a date and its time.
func withoutSpacesOf(k kind, text string) string {
	if k == date {
		return text
	}
	return withoutSpaces(text)
}

func readDate(text string) (value, wrong string) {
	if found := iso().FindStringSubmatch(text); found != nil {
		text = found[1]
	} else if found := french().FindStringSubmatch(text); found != nil {
		text = found[3] + "-" + twoDigits(found[2]) + "-" + twoDigits(found[1])
	} else {
		return "", "load.no-date"
	}
	if day, err := time.Parse(time.DateOnly, text); err != nil || day.Year() < 1900 {
		return "", "load.no-such-day"
	}
	return text, ""
}

func twoDigits(text string) string {
	if len(text) == 1 {
		return "0" + text
	}
	return text
}

func readMonth(text string) (value, wrong string) {
	if found := monthYear().FindStringSubmatch(text); found != nil {
		text = found[2] + "-" + found[1]
	}
	if !isoMonth().MatchString(text) {
		return "", "load.no-month"
	}
	return text, ""
}

// readNumber refuses what would be rounded, and a mark before three digits that may part thousands.
func (c *column) readNumber(text string) (value, wrong string) {
	found := decimal().FindStringSubmatch(text)
	if found == nil {
		return "", "load.no-number"
	}
	sign, whole, mark, behind := found[1], strings.TrimLeft(found[2], "0"), found[3], strings.TrimRight(found[4], "0")
	const thousand = 3 // digits
	switch {
	case len(found[4]) == thousand && whole != "" && len(found[2]) <= thousand && (mark == "." || c.decimals < thousand):
		return "", "load.thousands"
	case len(whole) > c.digits:
		return "", "load.too-large"
	case len(behind) > c.decimals:
		return "", "load.decimals"
	}
	if whole == "" {
		whole = "0"
	}
	if behind != "" {
		whole += "." + behind
	}
	return strings.TrimPrefix(sign, "+") + whole, ""
}
