package standin

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"syncd/internal/lazyregexp"
)

// member is one member of a document: what the Swagger document says of it and what the call checks. One table serves
// both, so that they cannot disagree.
type member struct {
	name     string
	kind     kind
	required bool // otherwise it may be absent or null

	// Of a string.
	format       *format  // nil = any text
	maxLength    int      // characters; 0 = no limit
	enum         []string // nil = any value
	nomenclature string   // the code must be an active one of it; "" = not a code

	limits *limits // of an integer or a number; nil = any

	// Of an object, or of the objects of an array.
	members    []member
	closed     bool   // members that are not listed are refused; otherwise they are dropped silently, as Json.NET does
	definition string // name of that object in the Swagger document
	maxItems   int    // of an array; 0 = no limit
}

type kind string

const (
	kindString  kind = "string"
	kindNumber  kind = "number"
	kindInteger kind = "integer" // 32 bits
	kindBoolean kind = "boolean"
	kindObject  kind = "object"
	kindArray   kind = "array"
)

// limits are inclusive.
type limits struct{ minimum, maximum int }

// has reports whether a path of objects leads to a member.
func (m *member) has(path string) bool {
	name, rest, deeper := strings.Cut(path, ".")
	for i := range m.members {
		if inner := &m.members[i]; inner.name == name {
			return !deeper || inner.kind == kindObject && inner.has(rest)
		}
	}
	return false
}

// lists reports whether the object has a member of that name.
func (m *member) lists(name string) bool {
	return slices.ContainsFunc(m.members, func(inner member) bool { return inner.name == name })
}

// violations are what is wrong with a document, as ASP.NET's ModelState has them: path → texts.
type violations map[string][]string

// checker collects what is wrong with a document. Both are nil while nothing is.
type checker struct {
	active func(nomenclature, code string) bool

	contract violations // of what the Swagger document says
	business violations // of what it cannot say: codes, check digits
}

// check looks at a document by the table of the profile.
func (s *Sandbox) check(document map[string]any) checker {
	c := checker{active: s.nomenclatures.active}
	c.object(s.profile.body, &s.profile.document, document)
	return c
}

func (c *checker) passes() bool { return c.contract == nil && c.business == nil }

func (c *checker) refuse(path, text string, args ...any) { c.contract.add(path, text, args) }

// forbid refuses what fits the contract.
func (c *checker) forbid(path, text string, args ...any) { c.business.add(path, text, args) }

func (v *violations) add(path, text string, args []any) {
	if *v == nil {
		*v = violations{}
	}
	(*v)[path] = append((*v)[path], fmt.Sprintf(text, args...))
}

// object checks the members that the schema knows.
func (c *checker) object(path string, m *member, object map[string]any) {
	for i := range m.members {
		inner := &m.members[i]
		value := object[inner.name]
		if value == nil {
			if inner.required {
				c.refuse(path+"."+inner.name, "The %s field is required.", inner.name)
			}
			continue
		}
		c.value(path, inner, value)
	}
	if !m.closed {
		return
	}
	for name := range object {
		if !m.lists(name) {
			c.refuse(path+"."+name, "Could not find member '%s' on object of type '%s'.", name, m.definition)
		}
	}
}

// value checks one value. Paths are put together only for those who need them: most values are right.
func (c *checker) value(parent string, m *member, value any) {
	switch v := value.(type) {
	case string:
		if m.kind == kindString {
			c.text(parent, m, v)
			return
		}
	case float64:
		if m.kind == kindNumber || m.kind == kindInteger && isInt32(v) {
			c.number(parent, m, v)
			return
		}
	case bool:
		if m.kind == kindBoolean {
			return
		}
	case map[string]any:
		if m.kind == kindObject {
			c.object(parent+"."+m.name, m, v)
			return
		}
	case []any:
		if m.kind == kindArray {
			c.array(parent+"."+m.name, m, v)
			return
		}
	}
	c.refuse(parent+"."+m.name, "Error converting value %v to type '%s'. Path '%s'.", value, m.kind, m.name)
}

// isInt32 takes 3.0 for 3, as JSON Schema does.
func isInt32(v float64) bool { return v == math.Trunc(v) && v >= math.MinInt32 && v <= math.MaxInt32 }

// number compares as a double does, which is what ASP.NET makes of it.
func (c *checker) number(parent string, m *member, v float64) {
	if l := m.limits; l != nil && (v < float64(l.minimum) || v > float64(l.maximum)) {
		c.refuse(parent+"."+m.name, "The field %s must be between %d and %d.", m.name, l.minimum, l.maximum)
	}
}

func (c *checker) array(path string, m *member, items []any) {
	if m.maxItems > 0 && len(items) > m.maxItems {
		c.refuse(path, "The field %s must be a string or array type with a maximum length of '%d'.", m.name, m.maxItems)
	}
	for i, item := range items {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		object, isObject := item.(map[string]any)
		if !isObject {
			c.refuse(itemPath, "Error converting value %v to type '%s'.", item, m.definition)
			continue
		}
		c.object(itemPath, m, object)
	}
}

// text checks a string. Its refusals quote the value: personal data that the client has to mask.
func (c *checker) text(parent string, m *member, text string) {
	switch {
	case m.required && text == "":
		c.refuse(parent+"."+m.name, "The %s field is required.", m.name)
	case m.maxLength > 0 && len(text) > m.maxLength && utf8.RuneCountInString(text) > m.maxLength:
		c.refuse(parent+"."+m.name, "The field %s must be a string with a maximum length of %d.", m.name, m.maxLength)
	case m.enum != nil && !slices.Contains(m.enum, text):
		c.refuse(parent+"."+m.name, "Error converting value '%s' to type '%s'. Path '%s'.", text, m.name, m.name)
	case m.format != nil && !m.format.fits(text):
		c.refuse(parent+"."+m.name, "The value '%s' is not valid for %s.", text, m.name)
	case m.format != nil && m.format.valid != nil && !m.format.valid(text):
		c.forbid(parent+"."+m.name, "The value '%s' is not valid for %s.", text, m.name)
	case m.nomenclature != "" && !c.active(m.nomenclature, text):
		c.forbid(parent+"."+m.name, "La valeur '%s' est absente de la nomenclature %s.", text, m.nomenclature)
	}
}

// format is what a text must look like besides being one. The first two are told in the Swagger document.
type format struct {
	name    string // a format that Swagger knows: "date"; "" = none
	pattern string // for what it has no format for; "" = none

	fits func(text string) bool // what name and pattern say
	// valid is what a contract cannot say, such as check digits; nil = nothing further. It is asked of texts that fit.
	valid func(text string) bool
}

var (
	formatDate     = &format{name: "date", fits: isDate}          // 2026-11-30
	formatDateTime = &format{name: "date-time", fits: isDateTime} // 2026-11-30T00:00:00, with or without the time
	formatPeriod   = matching(`^[0-9]{4}-(0[1-9]|1[0-2])$`, nil)  // 2026-11
	formatNir      = matching(`^[0-9]{6}[0-9AB][0-9]{8}$`, validNir)
	formatIban     = matching(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`, validIban) // no spaces
	formatDecimal  = matching(`^-?[0-9]{1,9}(\.[0-9]{1,4})?$`, nil)           // a number as a text
	formatCountry  = matching(`^[A-Z]{2}$`, nil)
)

func matching(pattern string, valid func(string) bool) *format {
	fits := lazyregexp.New(pattern)
	return &format{pattern: pattern, fits: func(text string) bool { return fits().MatchString(text) }, valid: valid}
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// isDateTime takes what Json.NET takes for a DateTime: RFC 3339, the same without an offset, and a date alone.
func isDateTime(text string) bool {
	date, clock, hasClock := strings.Cut(text, "T")
	if !isDate(date) || !hasClock {
		return isDate(date)
	}
	return dateTimeClock().MatchString(clock)
}

var dateTimeClock = lazyregexp.New(`^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$`)

// validNir reports whether the last two of the 15 characters are 97 − n mod 97. Corsica's 2A and 2B count as 19 and 18.
func validNir(nir string) bool {
	if len(nir) != 15 {
		return false
	}
	number := nir[:13]
	switch nir[5:7] {
	case "2A":
		number = nir[:5] + "19" + nir[7:13]
	case "2B":
		number = nir[:5] + "18" + nir[7:13]
	}
	n, isNumber := mod97(number)
	key := 97 - n // from 01 to 97
	return isNumber && nir[13] == byte('0'+key/10) && nir[14] == byte('0'+key%10)
}

// validIban moves the country and the check digits to the end, reads letters as 10 to 35, and wants 1 modulo 97.
func validIban(iban string) bool {
	if len(iban) < 15 || len(iban) > 34 {
		return false
	}
	n, ok := mod97(iban[4:] + iban[:4])
	return ok && n == 1
}

// mod97 reads digits and capital letters (A = 10) as one long number.
func mod97(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			n = (n*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			n = (n*100 + int(c-'A') + 10) % 97
		default:
			return 0, false
		}
	}
	return n, true
}
