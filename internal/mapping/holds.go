package mapping

import "encoding/json"

// holds tells whether a value that was sent is still held: as it was, whatever the notation, and whatever members the
// other side added to objects.
func holds(held, sent any) bool {
	switch sent := sent.(type) {
	case map[string]any:
		return holdsObject(held, sent)
	case []any:
		return holdsArray(held, sent)
	case json.Number:
		number, ok := held.(json.Number)
		return ok && canonicalNumber(number) == canonicalNumber(sent)
	case string:
		text, ok := held.(string)
		return sent == "" && blank(held) || ok && (text == sent || sameMoment(text, sent))
	case bool:
		return held == any(sent)
	}
	return blank(held)
}

func holdsObject(held any, sent map[string]any) bool {
	object, isObject := held.(map[string]any)
	if !isObject && !blank(held) {
		return false
	}
	for name, value := range sent {
		if !holds(object[name], value) {
			return false
		}
	}
	return true
}

func holdsArray(held any, sent []any) bool {
	array, isArray := held.([]any)
	if !isArray && !blank(held) || len(array) != len(sent) {
		return false
	}
	for i, value := range sent {
		if !holds(array[i], value) {
			return false
		}
	}
	return true
}

// blank tells whether a value is null, absent, "", {} or [].
func blank(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return false
}

func composite(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return !blank(value)
	}
	return false
}

// canonicalNumber is the canonical form of a number, or its own where its exponent is beyond any.
func canonicalNumber(number json.Number) string {
	text, ok := AppendDecimal(nil, []byte(number))
	if !ok {
		return string(number)
	}
	return string(text)
}
