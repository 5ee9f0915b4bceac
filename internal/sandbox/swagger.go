package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
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
		"info":                object{"version": "V2", "title": "Isidoor (sandbox of syncd: an assumed shape)", "description": NoticeEN},
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
		prefix + w.dossierPath:                            object{"get": w.operation(w.dossierPath, http.MethodGet, reference(w.dossier.definition))},
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

// wrapped is the schema of an object that holds another under that name; "" = that other itself.
func wrapped(name string, schema object) object {
	if name == "" {
		return schema
	}
	return object{"type": "object", "properties": object{name: schema}}
}
