package standin

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
)

// A document that fits, of each profile; benchDocument is the other.
const sheetDocument = `{"version":2,"identifiant":"00042","mois":"2026-11","civilite":"MME","nomNaissance":"EXEMPLE","prenom":"Camille",` +
	`"dateNaissance":"1985-05-17","numeroSecu":"285057899900116","coordonneesBancaires":"FR7630006000011234567890189",` +
	`"natureContrat":"01","dateEntree":"2023-09-01T00:00:00","heuresAnnuelles":1470,"tauxActivite":"75",` +
	`"categorie":"EMPLOYE","fonction":"F_VIESCO_01",` +
	`"lignes":[{"rubrique":"HSUP25","base":"3.5"},{"rubrique":"PRIME_EXC","montant":"120"}]}`

// TestContractAndEnforcementAgree breaks documents in all ways that the table has words for, and asks two readers: the
// sandbox, and those who have read what it serves: a validator that knows nothing of syncd, and syncd's own. First
// each member by itself, with each value; then several at once.
func TestContractAndEnforcementAgree(t *testing.T) {
	t.Parallel()
	for name, valid := range map[string]string{ProfileIsidoor: benchDocument, ProfilePlat: sheetDocument} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newReaders(t, name)
			for _, path := range pathsOf(j.document) {
				for _, value := range append(valuesFor(path[len(path)-1]), anyValues...) {
					document := decoded(t, valid)
					if at := objectAt(document, path); at != nil {
						at[path[len(path)-1].name] = value
						j.compare(t, document)
					}
				}
			}
			rapid.Check(t, func(t *rapid.T) {
				document := decoded(t, valid)
				for range rapid.IntRange(0, 5).Draw(t, "changes") {
					breakObject(t, j.document, document)
				}
				j.compare(t, document)
			})
			if j.fitting < 100 || j.broken < 100 {
				t.Errorf("%d documents fitted, %d did not", j.fitting, j.broken)
			}
		})
	}
}

// readers are the sandbox, and two readers of the contract that it serves.
type readers struct {
	*Sandbox
	document        *member
	schema          *openapi3.Schema
	syncd           *check.Checker
	fitting, broken int
}

func newReaders(t *testing.T, profile string) *readers {
	t.Helper()
	s, err := New(Config{ClientID: "id", ClientSecret: "secret", Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	read, err := openapi.Read(s.swagger)
	if err != nil {
		t.Fatal(err)
	}
	operation, _ := read.Find(s.profile.method, "/V2"+s.profile.salariePath, TestRoot)
	if operation == nil || operation.Body == nil {
		t.Fatal("the contract does not tell of the call that takes a document")
	}
	return &readers{Sandbox: s, document: &s.profile.document, schema: servedSchema(t, s), syncd: check.NewChecker(operation.Body)}
}

func (j *readers) compare(t fataler, document map[string]any) {
	text := mustJSON(document) // in canonical form: members are sorted, and the numbers are plain
	check := j.check(decoded(t, string(text)))
	refusal := asked(j.schema, j.document, document)
	if (check.contract == nil) != (refusal == nil) {
		t.Fatalf("the sandbox says %v, the contract %v of %s", check.contract, refusal, text)
	}
	if problems := j.syncd.Check(text); (problems == nil) != (refusal == nil) {
		t.Fatalf("syncd says %+v, the contract %v of %s", problems, refusal, text)
	}
	if refusal == nil {
		j.fitting++
	} else {
		j.broken++
	}
}

type fataler interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// servedSchema reads the contract as a stranger would.
func servedSchema(t *testing.T, s *Sandbox) *openapi3.Schema {
	t.Helper()
	var served openapi2.T
	if err := json.Unmarshal(s.swagger, &served); err != nil {
		t.Fatal(err)
	}
	converted, err := openapi2conv.ToV3(&served)
	if err != nil {
		t.Fatal(err)
	}
	return converted.Components.Schemas[s.profile.document.definition].Value
}

func decoded(t fataler, text string) (document map[string]any) {
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// asked asks the contract. Swagger 2.0 has no word for null but x-nullable, which cannot stand beside a $ref: ASP.NET
// takes null for whatever is not required.
func asked(schema *openapi3.Schema, m *member, document map[string]any) error {
	return schema.VisitJSON(withoutNulls(m, document),
		openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidator("date", openapi3.NewCallbackValidator(inLayouts(time.DateOnly))),
		openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(
			inLayouts(time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly))),
		openapi3.WithIntegerFormatValidator("int32", openapi3.NewRangeFormatValidator[int64](-1<<31, 1<<31-1)),
	)
}

func inLayouts(layouts ...string) func(string) error {
	return func(text string) error {
		for _, layout := range layouts {
			if _, err := time.Parse(layout, text); err == nil {
				return nil
			}
		}
		return errors.New("it has none of the forms")
	}
}

func withoutNulls(m *member, document map[string]any) map[string]any {
	kept := maps.Clone(document)
	for i := range m.members {
		inner := &m.members[i]
		switch value := kept[inner.name].(type) {
		case nil:
			if !inner.required {
				delete(kept, inner.name)
			}
		case map[string]any:
			if inner.kind == kindObject {
				kept[inner.name] = withoutNulls(inner, value)
			}
		case []any:
			kept[inner.name] = itemsWithoutNulls(inner, value)
		}
	}
	return kept
}

func itemsWithoutNulls(m *member, items []any) []any {
	kept := slices.Clone(items)
	for i, item := range kept {
		if object, isObject := item.(map[string]any); isObject {
			kept[i] = withoutNulls(m, object)
		}
	}
	return kept
}
