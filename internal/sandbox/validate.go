package sandbox

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// violations are what is wrong with a document, as ASP.NET's ModelState has them: path → texts.
type violations map[string][]string

// checker collects what is wrong with a document. Both are nil while nothing is.
type checker struct {
	active func(nomenclature, code string) bool

	contract violations // of what the Swagger document says
	business violations // of what it cannot say: codes, check digits
}

// check judges a document by the table of the profile.
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
