package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
)

// MaxDocument is the size in bytes above which a contract is not read.
const MaxDocument = 10 << 20

// ReadError says why a text is no contract that syncd can use. It contains nothing of the text but names.
type ReadError struct{ hinted.Coded }

// For is the error with the section of the configuration that names the contract.
func (e *ReadError) For(section string) *ReadError {
	return &ReadError{hinted.Coded{Fact: e.Fact, Next: hinted.Say(e.Next.Code, "documents", section)}}
}

// What to do next.
const (
	hintPlace = "contract.hint-place" // give another place of the contract
	hintAsk   = "contract.hint-ask"   // ask for one that stands by itself
)

func unread(hint, code string, namesAndValues ...any) *ReadError {
	return &ReadError{hinted.Coded{Fact: hinted.Say("contract."+code, namesAndValues...), Next: hinted.Say(hint)}}
}

// Read reads a Swagger 2.0 or OpenAPI 3 document, in JSON or in YAML. It fetches nothing. All errors are *ReadError.
//
// Only what syncd uses is read: calls, their parameters and the JSON that they take. Mistakes elsewhere in the document
// do no harm. A reference that leads nowhere, or to another file or host, breaks the calls that reach it, and no others; a
// document whose calls are all broken is refused.
func Read(text []byte) (document *Document, err error) {
	defer func() {
		if recover() != nil { // no text is known that gets here; a contract must never end a transfer
			document, err = nil, unread(hintPlace, "unreadable")
		}
	}()
	root, err := decodeText(text)
	if err != nil {
		return nil, err
	}
	r := newReader(root)
	document = &Document{Title: Tidy(textIn(objectIn(root, "info"), "title"))}
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
		return nil, unread(hintPlace, "no-calls")
	}
	if err := r.breakCalls(document); err != nil {
		return nil, err
	}
	r.readAnswers()
	digest := sha256.Sum256(canonjson.AppendAny(nil, root))
	document.Digest = hex.EncodeToString(digest[:])
	document.Notes = r.notes
	return document, nil
}

// versionOf tells which specification the document follows. YAML makes a number of an unquoted 2.0.
func versionOf(root map[string]any) (string, error) {
	if version := scalarText(root["swagger"]); version != "" {
		if version == "2.0" || version == "2" {
			return "2.0", nil
		}
		return "", unread(hintAsk, "swagger", "version", named(version))
	}
	if version := scalarText(root["openapi"]); version != "" {
		if strings.HasPrefix(version, "3.") || version == "3" {
			return Tidy(version), nil
		}
		return "", unread(hintAsk, "openapi", "version", named(version))
	}
	return "", unread(hintPlace, "no-version")
}

// named quotes a name that a contract gave, cut to what fits a line.
func named(name string) string {
	const most = 100
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", name)
}

// Bounds of what is kept. A contract can say much with few words: allOf copies members.
const (
	maxSchemas    = 50_000
	maxProperties = 1_000_000 // members and enum values, copies included
	maxNotes      = 100
)

// reader turns a decoded document into operations and schemas. Only what operations refer to is read, definitions first
// as empty schemas, so that they can refer to one another in circles; finish fills them.
type reader struct {
	root     map[string]any
	swagger2 bool
	siblings bool       // what stands beside a $ref counts: OpenAPI 3.1
	err      *ReadError // the first that occurred; from then on nothing more is read
	broken   *ReadError // the first reference of the call that is being read which leads nowhere
	notes    []hinted.Fact
	noted    map[string]bool

	schemas    []*Schema
	drafts     map[*Schema]*draft
	byRef      map[string]*Schema
	responses  map[*Operation]map[string]any // of the calls that take JSON
	roots      map[*Operation][]*Schema      // what a call refers to itself
	unfilled   []unfilled
	anything   *Schema // of a member that is required and not described
	both       map[string]*Schema
	properties int

	patterns map[string]pattern
	parsing  int // effort spent on them
	compiled int // bytes that they take, about
}

// draft is what is known of a schema only while it is read.
type draft struct {
	number   int
	where    string    // "Salarie.Adresse", for notes
	parts    []*Schema // allOf; what stands in the schema itself applies as well
	made     bool      // by allOf, of its parts alone
	nullable nullable
	state    mergeState
	ways     int        // in which a value can fit; 0 = not counted yet
	broken   *ReadError // the reference that it is leads nowhere
}

type nullable int

const (
	nullUntold nullable = iota
	nullTaken
	nullRefused
)

type unfilled struct {
	schema *Schema
	node   map[string]any
}

func newReader(root map[string]any) *reader {
	r := &reader{
		root:      root,
		noted:     map[string]bool{},
		drafts:    map[*Schema]*draft{},
		byRef:     map[string]*Schema{},
		responses: map[*Operation]map[string]any{},
		roots:     map[*Operation][]*Schema{},
		both:      map[string]*Schema{},
		patterns:  map[string]pattern{},
	}
	r.anything = r.newSchema("")
	return r
}

// newSchema makes a schema that takes anything.
func (r *reader) newSchema(where string) *Schema {
	if len(r.schemas) >= maxSchemas {
		r.fail("many-schemas", maxSchemas)
		return r.schemas[0]
	}
	s := &Schema{MaxLength: -1, MaxItems: -1}
	r.drafts[s] = &draft{number: len(r.schemas), where: where}
	r.schemas = append(r.schemas, s)
	return s
}

// spend counts members and enum values that are kept.
func (r *reader) spend(count int) {
	if r.properties += count; r.properties > maxProperties {
		r.fail("many-members", maxProperties)
	}
}

func (r *reader) fail(code string, most int) {
	if r.err == nil {
		r.err = unread(hintAsk, code, "n", most)
	}
}

// note keeps what was read but cannot be checked; each once.
func (r *reader) note(note hinted.Fact) {
	text := fmt.Sprint(note)
	if r.noted[text] || len(r.notes) == maxNotes {
		return
	}
	r.noted[text] = true
	r.notes = append(r.notes, note)
}

// at is a fact with the place that it is about: "" = the document as a whole.
func at(where string, what hinted.Fact) hinted.Fact {
	if where == "" {
		return what
	}
	return hinted.Say("contract.at", "where", OneLine(where), "what", what)
}

// Access to decoded values. What has another type than the specification says counts as absent.

func objectIn(m map[string]any, name string) map[string]any {
	object, _ := m[name].(map[string]any)
	return object
}

func listIn(m map[string]any, name string) []any {
	list, _ := m[name].([]any)
	return list
}

func textIn(m map[string]any, name string) string {
	text, _ := m[name].(string)
	return text
}

func isTrue(m map[string]any, name string) bool {
	value, _ := m[name].(bool)
	return value
}

// countAt reads a length or count; otherwise where there is none, or none that can be.
func countAt(m map[string]any, name string, otherwise int) int {
	count, err := strconv.ParseFloat(scalarText(m[name]), 64)
	if err != nil || count < 0 || count > 1<<31 {
		return otherwise
	}
	return int(count)
}

// scalarText is a string or number as it is written.
func scalarText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	}
	return ""
}
