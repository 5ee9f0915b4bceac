package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Bounds of what is decoded: the memory that a hostile text can take stays at a few hundred megabytes, whatever it is.
const (
	maxNesting = 200       // objects and arrays within one another
	maxValues  = 1_000_000 // of the text; real contracts of 10 MiB have a third of it
)

var (
	errTooDeep  = &ReadError{fmt.Sprintf("the document is nested more than %d levels deep", maxNesting), hintAsk}
	errTooLarge = &ReadError{fmt.Sprintf("the document is larger than %d MiB", MaxDocument>>20), hintPlace}
	errTooMany  = &ReadError{fmt.Sprintf("the document holds more than %d values", maxValues), hintAsk}
)

// decodeText decodes JSON or YAML to maps, slices, strings, bools, nil, and numbers as json.Number. Of members that repeat
// a name, the last counts.
func decodeText(text []byte) (map[string]any, error) {
	if len(text) > MaxDocument {
		return nil, errTooLarge
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
	if len(text) == 0 {
		return nil, &ReadError{"the document is empty", hintPlace}
	}
	if text[0] == '<' {
		return nil, markupError(text)
	}
	var value any
	var err error
	if text[0] == '{' || text[0] == '[' {
		value, err = decodeJSON(text)
	} else {
		value, err = decodeYAML(text)
	}
	if err != nil {
		return nil, err
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, &ReadError{"the document is neither a JSON object nor a YAML mapping", hintPlace}
	}
	return root, nil
}

func markupError(text []byte) error {
	beginning := bytes.ToLower(text[:min(len(text), 1024)])
	if bytes.Contains(beginning, []byte("<html")) || bytes.Contains(beginning, []byte("<!doctype html")) {
		return &ReadError{"the document is an HTML page, such as a login page or Swagger's own page, not a contract", hintPlace}
	}
	return &ReadError{"the document is XML or HTML, not a contract", hintPlace}
}

// decodeJSON falls back to YAML, whose flow style looks alike: {swagger: "2.0"}.
func decodeJSON(text []byte) (any, error) {
	depth, values := measure(text)
	if depth > maxNesting {
		return nil, errTooDeep
	}
	if values > maxValues {
		return nil, errTooMany
	}
	if !json.Valid(text) {
		return decodeYAML(text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errNotDecoded
	}
	return value, nil
}

// measure gives the depth of a JSON text, and no fewer values than it holds, without decoding it.
func measure(text []byte) (depth, values int) {
	open := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = endOfString(text, i)
		case '{', '[':
			open++
			values++
			depth = max(depth, open)
		case '}', ']':
			open--
		case ',':
			values++
		}
	}
	return depth, values
}

// endOfString is the offset of the quote that ends the string which begins at i, or of the end of the text.
func endOfString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}
