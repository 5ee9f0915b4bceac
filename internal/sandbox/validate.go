package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// checker collects what is wrong with a document, as ASP.NET's ModelState does: path → texts.
type checker struct {
	active func(nomenclature, code string) bool
	state  map[string][]string // nil while nothing is wrong
}

func (c *checker) refuse(path, text string, args ...any) {
	if c.state == nil {
		c.state = map[string][]string{}
	}
	c.state[path] = append(c.state[path], fmt.Sprintf(text, args...))
}

// object checks the members that the schema knows. Others are dropped silently, as Json.NET does.
func (c *checker) object(path string, members []member, object map[string]any) {
	for i := range members {
		m := &members[i]
		value := object[m.name]
		if value == nil {
			if m.required {
				c.refuse(path+"."+m.name, "The %s field is required.", m.name)
			}
			continue
		}
		c.value(path, m, value)
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
		if m.kind == kindNumber {
			return
		}
	case map[string]any:
		if m.kind == kindObject {
			c.object(parent+"."+m.name, m.members, v)
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

func (c *checker) array(path string, m *member, items []any) {
	for i, item := range items {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		object, isObject := item.(map[string]any)
		if !isObject {
			c.refuse(itemPath, "Error converting value %v to type '%s'.", item, m.definition)
			continue
		}
		c.object(itemPath, m.members, object)
	}
}

// text checks a string. Its refusals quote the value: personal data that the client has to mask.
func (c *checker) text(parent string, m *member, text string) {
	switch {
	case m.required && text == "":
		c.refuse(parent+"."+m.name, "The %s field is required.", m.name)
	case m.nomenclature != "" && !c.active(m.nomenclature, text):
		c.refuse(parent+"."+m.name, "La valeur '%s' est absente de la nomenclature %s.", text, m.nomenclature)
	case !m.format.matches(text):
		c.refuse(parent+"."+m.name, "The value '%s' is not valid for %s.", text, m.name)
	}
}

func (f format) matches(text string) bool {
	switch f {
	case formatDate:
		_, err := time.Parse(time.DateOnly, text)
		return err == nil
	case formatPeriod:
		_, err := time.Parse("2006-01", text)
		return err == nil
	case formatNir:
		return validNir(text)
	case formatIban:
		return validIban(text)
	default:
		return true
	}
}

// validNir tells whether the last two of the 15 characters are 97 − n mod 97. Corsica's 2A and 2B count as 19 and 18.
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
	return isNumber && nir[13:] == fmt.Sprintf("%02d", 97-n) // from 01 to 97
}

// validIban moves the country and the check digits to the end, reads letters as 10 to 35, and wants 1 modulo 97.
func validIban(iban string) bool {
	if len(iban) < 15 || len(iban) > 34 || strings.ToUpper(iban) != iban {
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
