package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/plaintext"
)

// Bounds of what is decoded: the memory that a hostile text can take stays at a few hundred megabytes, whatever it is.
const (
	maxNesting = 200       // objects and arrays within one another
	maxValues  = 1_000_000 // of the text, what YAML's aliases stand for included; real contracts of 10 MiB have a third of it
)

var (
	errTooDeep  = unread(hintAsk, "deep", "n", maxNesting)
	errTooLarge = unread(hintPlace, "large", "n", MaxDocument>>20)
	errTooMany  = unread(hintAsk, "many-values", "n", maxValues)
	errGzip     = unread(hintPlace, "gzip")
	errBinary   = unread(hintPlace, "binary")
	errNoSyntax = unread(hintPlace, "no-syntax") // neither JSON nor YAML
)

// notDecoded says where a text ceases to be JSON or YAML, and why: the decoder's words, or a fact.
func notDecoded(line int, why any) *ReadError {
	return unread(hintPlace, "no-syntax-at", "line", line, "why", why)
}

// decodeText decodes JSON or YAML to maps, slices, strings, bools, nil, and numbers as json.Number. Of members that repeat
// a name, the last counts.
func decodeText(text []byte) (map[string]any, error) {
	if len(text) > MaxDocument {
		return nil, errTooLarge
	}
	text, err := plaintext.Decode(text, MaxDocument)
	switch {
	case errors.Is(err, plaintext.ErrTooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, errGzip
	}
	lines := withoutComments(text)
	text = bytes.TrimSpace(lines)
	switch {
	case len(text) == 0:
		return nil, unread(hintPlace, "empty")
	case text[0] == '<':
		return nil, markupError(text)
	case isBinary(text):
		return nil, errBinary
	}
	var value any
	if text[0] == '{' || text[0] == '[' {
		value, err = decodeJSON(lines)
	} else {
		value, err = decodeYAML(lines)
	}
	if err != nil {
		return nil, err
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, unread(hintPlace, "no-object")
	}
	return root, nil
}

// withoutComments leaves out what is said before the document begins, in the way of JavaScript or of YAML, and YAML's
// directives, of which libraries want a version of their own. Lines keep their numbers.
func withoutComments(text []byte) []byte {
	var lines []byte
	for {
		rest := bytes.TrimLeft(text, " \t\r\n")
		end := 0
		switch {
		case bytes.HasPrefix(rest, []byte("/*")):
			end = endOf(rest, "*/")
		case bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("#")), bytes.HasPrefix(rest, []byte("%YAML")),
			bytes.HasPrefix(rest, []byte("%TAG")):
			end = endOf(rest, "\n")
		default:
			return append(lines, text...)
		}
		end += len(text) - len(rest)
		lines = append(lines, bytes.Repeat([]byte("\n"), bytes.Count(text[:end], []byte("\n")))...)
		text = text[end:]
	}
}

func endOf(text []byte, mark string) int {
	if i := bytes.Index(text, []byte(mark)); i >= 0 {
		return i + len(mark)
	}
	return len(text)
}

// isBinary reports whether the beginning of a text contains what no text does.
func isBinary(text []byte) bool {
	return bytes.ContainsFunc(text[:min(len(text), 1024)],
		func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\r\n\f\v\b\x1b", r) })
}

func markupError(text []byte) error {
	beginning := bytes.ToLower(text[:min(len(text), 1024)])
	if bytes.Contains(beginning, []byte("<html")) || bytes.Contains(beginning, []byte("<!doctype html")) {
		return unread(hintPlace, "html")
	}
	return unread(hintPlace, "markup")
}

// decodeJSON falls back to YAML, whose flow style looks alike: {swagger: "2.0"}.
func decodeJSON(text []byte) (any, error) {
	depth, values := canonjson.Measure(text)
	if depth > maxNesting {
		return nil, errTooDeep
	}
	if values > maxValues {
		return nil, errTooMany
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(&value)
	if err == nil && len(bytes.TrimSpace(text[decoder.InputOffset():])) == 0 {
		return value, nil
	}
	value, flowErr := decodeYAML(text)
	if flowErr == nil || !quotesNames(text) {
		return value, flowErr
	}
	return nil, jsonError(text, decoder.InputOffset(), err)
}

// quotesNames tells JSON from the flow style of YAML: its first member has a name in quotes, or there is none.
func quotesNames(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n{[")
	return len(text) == 0 || text[0] == '"' || text[0] == '}'
}

// jsonError says where a text ceases to be JSON; nil stands for one that goes on behind its end.
func jsonError(text []byte, end int64, err error) *ReadError {
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return notDecoded(lineAt(text, end+1), hinted.Say("contract.behind-end"))
	case errors.As(err, &syntax):
		return notDecoded(lineAt(text, syntax.Offset), strings.TrimPrefix(OneLine(syntax.Error()), "json: "))
	}
	return notDecoded(lineAt(text, int64(len(bytes.TrimSpace(text)))), hinted.Say("contract.cut-off"))
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(int64(len(text)), max(0, offset-1))], []byte("\n"))
}
