package diff

import (
	"strconv"

	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// values compares what two schemas say of a value itself.
func (c *comparison) values(path string, before, after *openapi.Schema) {
	if before.Type != after.Type {
		kind, breaking := jobs.ContractTypeNarrowed, true
		if after.Type == openapi.TypeAny || after.Type == openapi.TypeNumber && before.Type == openapi.TypeInteger {
			kind, breaking = jobs.ContractWidened, false
		}
		c.add(path, kind, typeName(before.Type), typeName(after.Type), breaking)
		if breaking && !sameKind(before.Type, after.Type) && !numeric(before.Type, after.Type) {
			return // limits of another type are no news
		}
	}
	c.formats(path, before, after)
	c.patterns(path, before.PatternText, after.PatternText)
	c.enums(path, before.Enum, after.Enum)
	c.limits(path, before, after)
}

func numeric(a, b openapi.Type) bool {
	return (a == openapi.TypeNumber || a == openapi.TypeInteger) && (b == openapi.TypeNumber || b == openapi.TypeInteger)
}

func typeName(t openapi.Type) string {
	if t == openapi.TypeAny {
		return "any"
	}
	return string(t)
}

// typeOf is the type of a schema, with its format.
func typeOf(s *openapi.Schema) jobs.ContractSide {
	return jobs.ContractSide{Text: typeName(s.Type), Format: s.Format}
}

// typeText is a type with its format among others of an alternative: "string(date)".
func typeText(s *openapi.Schema) string {
	return typeOf(s).String()
}

// formats compares formats. Those that only say how a number is stored (float, double, decimal) demand nothing of it.
func (c *comparison) formats(path string, before, after *openapi.Schema) {
	older, newer := before.Format, after.Format
	if after.Type == openapi.TypeNumber && loose(older) && loose(newer) || older == newer {
		return
	}
	if newer == "" || newer == "date-time" && older == "date" || newer == "int64" && older == "int32" ||
		after.Type == openapi.TypeNumber && loose(newer) {
		c.add(path, jobs.ContractWidened, older, newer, false)
		return
	}
	c.add(path, jobs.ContractFormatNarrowed, older, newer, true)
}

func loose(format string) bool {
	switch format {
	case "", "float", "double", "decimal":
		return true
	}
	return false
}

func (c *comparison) patterns(path, before, after string) {
	switch {
	case before == after:
	case after == "":
		c.add(path, jobs.ContractWidened, before, after, false)
	default:
		c.add(path, jobs.ContractFormatNarrowed, before, after, true)
	}
}

// enums compares lists of values; null is the business of types.
func (c *comparison) enums(path string, before, after []string) {
	switch {
	case before == nil && after == nil:
		return
	case before == nil:
		c.add(path, jobs.ContractEnumNarrowed, "", openapi.ShownValues(after), true)
		return
	case after == nil:
		c.add(path, jobs.ContractWidened, openapi.ShownValues(before), "", false)
		return
	}
	if gone := without(before, after); gone != nil {
		c.add(path, jobs.ContractEnumNarrowed, openapi.ShownValues(gone), "", true)
	}
	if come := without(after, before); come != nil {
		c.add(path, jobs.ContractWidened, "", openapi.ShownValues(come), false)
	}
}

// without lists the values that others do not have, in their order.
func without(values, others []string) []string {
	has := make(map[string]bool, len(others))
	for _, value := range others {
		has[value] = true
	}
	var left []string
	for _, value := range values {
		if !has[value] && value != "null" {
			left = append(left, value)
		}
	}
	return left
}

func (c *comparison) limits(path string, before, after *openapi.Schema) {
	c.limit(path, least(before.MinLength), least(after.MinLength), 1)
	c.limit(path, most(before.MaxLength), most(after.MaxLength), -1)
	c.limit(path, least(before.MinItems), least(after.MinItems), 1)
	c.limit(path, most(before.MaxItems), most(after.MaxItems), -1)
	c.limit(path, bound{before.Minimum, before.ExclusiveMinimum}, bound{after.Minimum, after.ExclusiveMinimum}, 1)
	c.limit(path, bound{before.Maximum, before.ExclusiveMaximum}, bound{after.Maximum, after.ExclusiveMaximum}, -1)
	if before.UniqueItems != after.UniqueItems {
		c.narrowing(path, after.UniqueItems, unique(before.UniqueItems), unique(after.UniqueItems))
	}
	if before.MultipleOf != after.MultipleOf {
		finer := after.MultipleOf == "" || before.MultipleOf != "" && openapi.NewStep(after.MultipleOf).Divides([]byte(before.MultipleOf))
		c.narrowing(path, !finer, multiple(before.MultipleOf), multiple(after.MultipleOf))
	}
}

func unique(demanded bool) mapping.Limit {
	if demanded {
		return mapping.Limit{Rule: mapping.LimitUnique}
	}
	return mapping.Limit{}
}

func multiple(step string) mapping.Limit {
	if step == "" {
		return mapping.Limit{}
	}
	return mapping.Limit{Rule: mapping.LimitMultiple, Value: step}
}

// bound is a limit: a canonical decimal, "" = none.
type bound struct {
	value     string
	exclusive bool
}

func least(count int) bound {
	if count == 0 {
		return bound{}
	}
	return bound{value: strconv.Itoa(count)}
}

func most(count int) bound {
	if count < 0 {
		return bound{}
	}
	return bound{value: strconv.Itoa(count)}
}

// limit compares two bounds: sign 1 for a least, -1 for a most.
func (c *comparison) limit(path string, before, after bound, sign int) {
	if before == after {
		return
	}
	narrower := openapi.Stricter(after.value, after.exclusive, before.value, sign) &&
		(before.value != after.value || !before.exclusive)
	c.narrowing(path, narrower, before.limit(sign), after.limit(sign))
}

// limit is a bound as people are told of it. Of lengths too: the type tells what is counted.
func (b bound) limit(sign int) mapping.Limit {
	switch {
	case b.value == "":
		return mapping.Limit{}
	case sign > 0:
		return mapping.LeastOf(b.value, b.exclusive)
	}
	return mapping.MostOf(b.value, b.exclusive)
}

func (c *comparison) narrowing(path string, narrower bool, older, newer mapping.Limit) {
	kind := jobs.ContractWidened
	if narrower {
		kind = jobs.ContractLimitNarrowed
	}
	c.change(path, kind, jobs.ContractSide{Limit: older}, jobs.ContractSide{Limit: newer}, narrower)
}
