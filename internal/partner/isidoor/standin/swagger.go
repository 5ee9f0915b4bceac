package standin

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"strings"

	"syncd/internal/sandbox"
)

type object = map[string]any

// contractWriter describes the calls of a profile as Swashbuckle 5 does (Swagger 2.0).
type contractWriter struct {
	*profile
	keyIn       KeyIn
	keyName     string
	definitions object
}

// swaggerDocument renders the contract of the profile, with the dossier's key in its place.
func swaggerDocument(p *profile, in KeyIn, keyName string) ([]byte, error) {
	w := contractWriter{profile: p, keyIn: in, keyName: keyName, definitions: object{}}
	rendered, err := json.Marshal(w.document())
	if err != nil {
		return nil, fmt.Errorf("rendering the sandbox's Swagger document: %w", err)
	}
	return rendered, nil
}

func (w *contractWriter) document() object {
	w.define(&w.profile.document, w.nullable)
	w.define(&w.dossier, false)
	w.define(&w.entry, false)
	schemes := object{"oauth2": object{
		"type": "oauth2", "flow": "application", "tokenUrl": TokenPath, "scopes": object{Scope: "API"},
	}}
	security := []object{{"oauth2": []string{Scope}}}
	if w.keyAsScheme() {
		schemes["cleDossier"] = object{"type": "apiKey", "in": string(w.keyIn), "name": w.keyName}
		security[0]["cleDossier"] = []string{}
	}
	return object{
		"swagger":             "2.0",
		"info":                object{"version": "V2", "title": "Isidoor (syncd sandbox)", "description": Notices["fr"] + "\n\n" + Notices["en"]},
		"basePath":            TestRoot,
		"schemes":             []string{"http"},
		"paths":               w.paths(),
		"definitions":         w.definitions,
		"securityDefinitions": schemes,
		"security":            security,
	}
}

// keyAsScheme: Swagger knows no scheme for a key in the path.
func (w *contractWriter) keyAsScheme() bool { return w.keyScheme && w.keyIn != KeyInPath }

func (w *contractWriter) paths() object {
	prefix := "/V2"
	if w.keyIn == KeyInPath {
		prefix = "/V2/{dossier}"
	}
	send := w.operation(w.salariePath, w.method, w.acceptedSchema(), object{
		"name": w.body, "in": "body", "required": true, "schema": reference(w.profile.document.definition),
	})
	send["consumes"] = []string{"application/json"}
	read := w.operation(w.salariePath, http.MethodGet, w.readSchema(),
		object{"name": w.readKey(), "in": "path", "type": "string", "required": true},
		object{"name": w.readPeriod, "in": "query", "type": "string", "required": false, "pattern": formatPeriod.pattern})
	return object{
		prefix + w.dossierPath: object{"get": w.operation(w.dossierPath, http.MethodGet,
			reference(w.dossier.definition))},
		prefix + w.dictionnairePath:                       object{"get": w.operation(w.dictionnairePath, http.MethodGet, w.entriesSchema())},
		prefix + w.salariePath:                            object{strings.ToLower(w.method): send},
		prefix + w.salariePath + "/{" + w.readKey() + "}": object{"get": read},
	}
}

// readKey is the parameter that names the employee: "matricule".
func (w *contractWriter) readKey() string { return strings.ToLower(w.key[:1]) + w.key[1:] }

func (w *contractWriter) operation(path, method string, answer object, parameters ...object) object {
	tag := strings.TrimPrefix(path, "/")
	return object{
		"tags":        []string{tag},
		"operationId": tag + "_" + method[:1] + strings.ToLower(method[1:]),
		"produces":    []string{"application/json"},
		"parameters":  append(w.keyParameter(), parameters...),
		"responses":   object{"200": object{"description": "OK", "schema": answer}},
	}
}

func (w *contractWriter) keyParameter() []object {
	switch {
	case w.keyAsScheme():
		return []object{}
	case w.keyIn == KeyInPath:
		return []object{{"name": "dossier", "in": "path", "type": "string", "required": true}}
	default:
		return []object{{"name": w.keyName, "in": string(w.keyIn), "type": "string", "required": true}}
	}
}

func (w *contractWriter) acceptedSchema() object {
	if !w.coded {
		return object{"type": "object"}
	}
	w.define(&resultMembers, false)
	return reference(resultMembers.definition)
}

func (w *contractWriter) entriesSchema() object {
	list := object{"type": "array", "items": reference(w.entry.definition)}
	return wrapped(w.listed, list)
}

func (w *contractWriter) readSchema() object {
	return wrapped(w.readMember, reference(w.profile.document.definition))
}

// wrapped is the schema of an object that contains another under that name; "" = that other itself.
func wrapped(name string, schema object) object {
	if name == "" {
		return schema
	}
	return object{"type": "object", "properties": object{name: schema}}
}

func reference(definition string) object { return object{"$ref": "#/definitions/" + definition} }

// define adds the definition of m, an object or the objects of an array, and of those inside it. nullable: x-nullable
// says what Json.NET does anyway: a member that is not required may be null.
func (w *contractWriter) define(m *member, nullable bool) {
	properties := object{}
	var required []string
	for i := range m.members {
		inner := &m.members[i]
		p := schemaOf(inner)
		if _, isReference := p["$ref"]; nullable && !inner.required && !isReference { // Swagger 2.0 ignores what stands beside a $ref
			p["x-nullable"] = true
		}
		properties[inner.name] = p
		if inner.required {
			required = append(required, inner.name)
		}
		if inner.definition != "" {
			w.define(inner, nullable)
		}
	}
	definition := object{"type": "object", "properties": properties}
	if len(required) > 0 { // Swagger 2.0 refuses an empty list
		definition["required"] = required
	}
	if m.closed {
		definition["additionalProperties"] = false
	}
	w.definitions[m.definition] = definition
}

// schemaOf says of one member what the checker checks.
func schemaOf(m *member) object {
	p := object{"type": string(m.kind)}
	switch m.kind {
	case kindObject:
		return reference(m.definition)
	case kindArray:
		p["items"] = reference(m.definition)
		if m.maxItems > 0 {
			p["maxItems"] = m.maxItems
		}
	case kindNumber:
		p["format"] = "double"
	case kindInteger:
		p["format"] = "int32"
	case kindString:
		describeText(p, m)
	case kindBoolean:
	}
	if m.limits != nil {
		p["minimum"], p["maximum"] = m.limits.minimum, m.limits.maximum
	}
	return p
}

func describeText(p object, m *member) {
	if m.required && m.format == nil { // no format takes an empty text
		p["minLength"] = 1 // ASP.NET's [Required] refuses one
	}
	if m.maxLength > 0 {
		p["maxLength"] = m.maxLength
	}
	if m.enum != nil {
		p["enum"] = m.enum
	}
	if m.format != nil && m.format.name != "" {
		p["format"] = m.format.name
	}
	if m.format != nil && m.format.pattern != "" {
		p["pattern"] = m.format.pattern
	}
	if m.nomenclature != "" {
		p["description"] = "Code de la nomenclature " + m.nomenclature
	}
}

// serveContract answers the Swagger document: the file of the configuration, whatever is in it at this moment, or else
// what the sandbox says of itself. A file that went away is a contract that is not found.
func (s *Sandbox) serveContract(w http.ResponseWriter, r *http.Request) {
	if refusal := allow(r, http.MethodGet); refusal != nil {
		s.Write(w, refusal)
		return
	}
	if s.config.ContractFile == "" {
		s.Write(w, &sandbox.Answer{Status: http.StatusOK, Body: s.swagger})
		return
	}
	text, err := os.ReadFile(s.config.ContractFile)
	if err != nil {
		s.Write(w, notFound(r))
		return
	}
	s.Write(w, &sandbox.Answer{Status: http.StatusOK, Body: text})
}

// showContract answers what the sandbox says of itself, also when it serves a file instead.
func (s *Sandbox) showContract(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(s.swagger) // an error means that the client has gone
}

// serveUI answers a page where Swashbuckle has its own: it names the document and fetches nothing from elsewhere.
func (s *Sandbox) serveUI(w http.ResponseWriter, r *http.Request) {
	if refusal := allow(r, http.MethodGet); refusal != nil {
		s.Write(w, refusal)
		return
	}
	page := fmt.Sprintf(uiPage, html.EscapeString(Notices["en"]), s.profile.method, s.profile.salariePath)
	s.Write(w, &sandbox.Answer{Status: http.StatusOK, Body: []byte(page),
		Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}})
}

const uiPage = `<!DOCTYPE html>
<html><head><title>Swagger UI</title></head><body>
<h1>Swagger UI</h1>
<p>%s</p>
<p>%s /V2%s and the other calls: <a href="../docs/V2">swagger/docs/V2</a></p>
</body></html>
`
