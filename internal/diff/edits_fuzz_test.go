package diff

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Whatever the other side adds and in whatever order it answers, it edited nothing.
func TestCompareKnowsItsOwnDocument(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []any
		for range rapid.IntRange(0, 8).Draw(t, "children") {
			row := map[string]any{"Code": rapid.SampledFrom([]string{"A", "B"}).Draw(t, "code"), "Montant": nil}
			if rapid.Bool().Draw(t, "amount") {
				row["Montant"] = rapid.IntRange(0, 3).Draw(t, "cents")
			}
			rows = append(rows, row)
		}
		sent := mustMarshal(t, map[string]any{"Prenom": "A", "Elements": rows})
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for i, row := range rows {
			row := row.(map[string]any)
			row["Id"] = i
			if row["Montant"] == nil {
				delete(row, "Montant")
			}
		}
		held := mustMarshal(t, map[string]any{"Prenom": "A", "Elements": rows, "Statut": "ok"})
		if changes, err := Edits(sampleSpec(), sent, held, nil); err != nil || len(changes) > 0 {
			t.Fatalf("%s\n%s\n%+v %v", sent, held, changes, err)
		}
	})
}

func mustMarshal(t *rapid.T, value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("writing JSON: %v", err)
	}
	return text
}

// FuzzCompare lets the other side answer anything: no panic, no error that quotes it, and changes that can be stored.
func FuzzCompare(f *testing.F) {
	for _, held := range []string{
		sampleDocument, `{"Elements":[{"Code":"HSUP25","Quantite":1},{"Code":null},3,[],{}],"Adresse":[],"Iban":{"a":1}}`,
		`{"Elements":{"Code":1}}`,
		`{"a":"\ud800\u0000","Elements":[{"Code":"\ud800"}]}`, `{"Nir":1e999,"Elements":null}`, "{\"Prenom\":\"\xff\"}",
		`{"":{"":""},"Prenom":1,"Prenom":2}`, `[`, ``,
	} {
		f.Add([]byte(held))
	}
	spec := sampleSpec()
	f.Fuzz(func(t *testing.T, held []byte) {
		changes, err := Edits(spec, []byte(sampleDocument), held, nil)
		if err != nil {
			if !strings.HasSuffix(err.Error(), ": the document is not a JSON object") {
				t.Fatalf("%q: %v", held, err)
			}
			return
		}
		for _, change := range changes { // Postgres takes neither
			if !utf8.ValidString(change.Path+change.Old+change.New) || strings.ContainsRune(change.Path+change.Old+change.New, 0) {
				t.Fatalf("%q gives %+v", held, change)
			}
		}
		if _, err = Edits(spec, held, []byte(sampleDocument), []string{"Elements", "Iban"}); err != nil {
			t.Fatalf("%q as what was sent: %v", held, err)
		}
		if changes, err = Edits(spec, held, held, nil); err != nil || len(changes) > 0 {
			t.Fatalf("%q differs from itself: %+v, %v", held, changes, err)
		}
	})
}
