package contract

import (
	"fmt"
	"strings"
)

// MaxDocument is the size in bytes above which a contract is not read.
const MaxDocument = 10 << 20

// ReadError says in plain words why a text is no contract that syncd can use. It holds nothing of the text but names.
type ReadError struct {
	Problem string // "the document is an HTML page, not a contract"
	Hint    string // the next step
}

func (e *ReadError) Error() string { return e.Problem + "\nhint: " + e.Hint }

// What to do next.
const (
	hintPlace = `give the address of the API's swagger.json, or a file, as contract in [isidoor.salarie]`
	hintAsk   = `ask the API's publisher for a contract that stands by itself, and give it as a file as contract in [isidoor.salarie]`
)

// Read reads a Swagger 2.0 or OpenAPI 3 document, in JSON or in YAML. It fetches nothing. All errors are *ReadError.
//
// Only what syncd uses is read: calls, their parameters and the JSON that they take. Mistakes elsewhere in the document
// do no harm. A reference that leads nowhere, or to another file or host, breaks the calls that reach it, and no others; a
// document whose calls are all broken is refused.
func Read(text []byte) (document *Document, err error) {
	defer func() {
		if recover() != nil { // no text is known that gets here; a contract must never end a transfer
			document, err = nil, &ReadError{"the document cannot be read as a contract", hintPlace}
		}
	}()
	root, err := decodeText(text)
	if err != nil {
		return nil, err
	}
	r := newReader(root)
	document = &Document{Title: tidy(textIn(objectIn(root, "info"), "title"))}
	if document.Version, err = versionOf(root); err != nil {
		return nil, err
	}
	r.swagger2 = strings.HasPrefix(document.Version, "2")
	r.siblings = !r.swagger2 && !strings.HasPrefix(document.Version, "3.0") && document.Version != "3"
	r.readDocument(document)
	r.finish()
	if r.err != nil {
		return nil, r.err
	}
	if len(document.Operations) == 0 {
		return nil, &ReadError{"the contract has no operation at all", hintPlace}
	}
	if err := r.breakCalls(document); err != nil {
		return nil, err
	}
	r.readAnswers()
	document.Digest = digestOf(root)
	document.Notes = r.notes
	return document, nil
}

// versionOf tells which specification the document follows. YAML makes a number of an unquoted 2.0.
func versionOf(root map[string]any) (string, error) {
	if version := scalarText(root["swagger"]); version != "" {
		if version == "2.0" || version == "2" {
			return "2.0", nil
		}
		return "", &ReadError{fmt.Sprintf("the document is Swagger %s; syncd reads Swagger 2.0 and OpenAPI 3", named(version)), hintAsk}
	}
	if version := scalarText(root["openapi"]); version != "" {
		if strings.HasPrefix(version, "3.") || version == "3" {
			return tidy(version), nil
		}
		return "", &ReadError{fmt.Sprintf("the document is OpenAPI %s; syncd reads Swagger 2.0 and OpenAPI 3", named(version)), hintAsk}
	}
	return "", &ReadError{"the document is neither Swagger 2.0 nor OpenAPI 3: it has no member swagger or openapi", hintPlace}
}

// named quotes a name that a contract gave, cut to what fits a line.
func named(name string) string {
	const most = 100
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", name)
}
