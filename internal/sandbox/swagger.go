package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

type object = map[string]any

// swaggerDocument describes the calls as Swashbuckle 5 does (Swagger 2.0). x-nullable, which Swashbuckle does not
// write, says what Json.NET does anyway: a member that is not required may be null.
func swaggerDocument(in KeyIn, keyName string) ([]byte, error) {
	definitions := object{
		"DossierReponse": entity([]string{"Nom", "Siret"}, nil),
		"Entree":         entity([]string{"Nom", "Code", "Libelle"}, []string{"Actif"}),
	}
	defineObject(definitions, &salarie)
	key := object{"name": keyName, "in": string(in), "type": "string", "required": true}
	prefix := "/V2"
	if in == KeyInPath {
		prefix, key["name"] = "/V2/{dossier}", "dossier"
	}
	body := object{"name": "salarie", "in": "body", "required": true, "schema": reference("Salarie")}
	matricule := object{"name": "matricule", "in": "path", "type": "string", "required": true}
	period := object{"name": "periode", "in": "query", "type": "string", "required": false, "pattern": patterns[formatPeriod]}
	document := object{
		"swagger":  "2.0",
		"info":     object{"version": "V2", "title": "Isidoor (sandbox of syncd: an assumed shape)", "description": NoticeEN},
		"basePath": TestRoot,
		"schemes":  []string{"http"},
		"paths": object{
			prefix + "/Dossier": object{"get": operation("Dossier_Get", reference("DossierReponse"), key)},
			prefix + "/Dictionnaire": object{"get": operation("Dictionnaire_Get",
				object{"type": "array", "items": reference("Entree")}, key)},
			prefix + "/Salarie":             object{"post": operation("Salarie_Post", object{"type": "object"}, key, body)},
			prefix + "/Salarie/{matricule}": object{"get": operation("Salarie_Get", reference("Salarie"), key, matricule, period)},
		},
		"definitions": definitions,
		"securityDefinitions": object{"oauth2": object{
			"type": "oauth2", "flow": "application", "tokenUrl": TokenPath, "scopes": object{Scope: "API"},
		}},
		"security": []object{{"oauth2": []string{Scope}}},
	}
	rendered, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("rendering the sandbox's Swagger document: %w", err)
	}
	return rendered, nil
}

func operation(id string, answer object, parameters ...object) object {
	tag, _, _ := strings.Cut(id, "_")
	o := object{
		"tags":        []string{tag},
		"operationId": id,
		"produces":    []string{"application/json"},
		"parameters":  parameters,
		"responses":   object{"200": object{"description": "OK", "schema": answer}},
	}
	if id == "Salarie_Post" {
		o["consumes"] = []string{"application/json"}
	}
	return o
}

func reference(definition string) object { return object{"$ref": "#/definitions/" + definition} }

func entity(texts, booleans []string) object {
	properties := object{}
	for _, name := range texts {
		properties[name] = object{"type": "string"}
	}
	for _, name := range booleans {
		properties[name] = object{"type": "boolean"}
	}
	return object{"type": "object", "properties": properties}
}

// defineObject adds the definition of m, an object or the objects of an array, and of those inside it.
func defineObject(definitions object, m *member) {
	properties := object{}
	var required []string
	for i := range m.members {
		inner := &m.members[i]
		properties[inner.name] = property(inner)
		if inner.required {
			required = append(required, inner.name)
		}
		if inner.definition != "" {
			defineObject(definitions, inner)
		}
	}
	definition := object{"type": "object", "properties": properties}
	if len(required) > 0 { // Swagger 2.0 refuses an empty list
		definition["required"] = required
	}
	definitions[m.definition] = definition
}

func property(m *member) object {
	var p object
	switch m.kind {
	case kindObject:
		return reference(m.definition) // Swagger 2.0 ignores what stands beside a $ref
	case kindArray:
		p = object{"type": "array", "items": reference(m.definition)}
	case kindNumber:
		p = object{"type": "number", "format": "double"}
	default:
		p = object{"type": "string"}
		if m.format == formatDate {
			p["format"] = "date"
		}
		if pattern := patterns[m.format]; pattern != "" {
			p["pattern"] = pattern
		}
		if m.nomenclature != "" {
			p["description"] = "Code de la nomenclature " + m.nomenclature
		}
	}
	if !m.required {
		p["x-nullable"] = true
	}
	return p
}

func (s *Sandbox) serveSwagger(w http.ResponseWriter, r *http.Request) {
	if refusal := allow(r, http.MethodGet); refusal != nil {
		s.write(w, refusal)
		return
	}
	s.write(w, &answer{status: http.StatusOK, body: s.swagger})
}
