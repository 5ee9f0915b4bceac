package mapping

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"syncd/internal/canonjson"
)

const sampleDocument = `{"Adresse":{"CodePays":"FR","CodePostal":"35000","Ville":"RENNES","Voie":"1 rue de l'Exemple"},"Civilite":"MME",` +
	`"Contrat":{"CodeFonction":"F_VIESCO_01","CodeNature":"01","CodeStrate":"II","DateDebut":"2023-09-01","DateFin":null,"TauxActivite":75},` +
	`"DateNaissance":"1985-05-17","Elements":[{"Code":"HSUP25","Libelle":"Heures","Montant":null,"Quantite":3.5},` +
	`{"Code":"HSUP25","Montant":null,"Quantite":1},{"Code":"PRIME_EXC","Montant":120,"Quantite":null}],"Email":"camille@example.org",` +
	`"Iban":"FR7630006000011234567890189","Matricule":"00042","Nir":"285057899900116","NomNaissance":"EXEMPLE","NomUsage":"EXEMPLE-TEST",` +
	`"Periode":"2026-11","Prenom":"Hélène"}`

func TestSampleDocument(t *testing.T) {
	t.Parallel()
	b := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	for range 2 { // the buffers are reused
		document, problems := build(b, sampleRow(), sampleChildren()...)
		if len(problems) > 0 || string(document) != sampleDocument {
			t.Fatalf("problems %v, document\n%s\nwant\n%s", problems, document, sampleDocument)
		}
	}
	again, ok := canonjson.Append(nil, []byte(sampleDocument))
	if !ok || string(again) != sampleDocument {
		t.Errorf("the document is not in canonical form:\n%s", again)
	}
	document, _ := build(b, sampleRow())
	if !strings.Contains(string(document), `"Elements":[]`) {
		t.Errorf("without children the array is missing: %s", document)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	const bad = "" // expects a ProblemBadValue
	cases := []struct {
		name  string
		oid   uint32
		to    Type
		value string
		want  string
	}{
		{"bool", oidBool, TypeAuto, "t", "true"},
		{"bool as string", oidBool, TypeString, "f", `"false"`},
		{"int", oidInt4, TypeAuto, "-42", "-42"},
		{"int as boolean", oidInt2, TypeBoolean, "1", "true"},
		{"int as boolean, neither", oidInt2, TypeBoolean, "2", bad},
		{"numeric", oidNumeric, TypeAuto, "75.00", "75"},
		{"numeric beyond float64", oidNumeric, TypeAuto, "12345678901234567890.123456789012345678900",
			"12345678901234567890.1234567890123456789"},
		{"numeric as string", oidNumeric, TypeString, "007.50", `"7.5"`},
		{"numeric NaN", oidNumeric, TypeAuto, "NaN", bad},
		{"float", oidFloat8, TypeAuto, "1e+20", "100000000000000000000"},
		{"float infinite", oidFloat8, TypeAuto, "-Infinity", bad},
		{"date", oidDate, TypeAuto, "2026-11-01", `"2026-11-01"`},
		{"date infinite", oidDate, TypeAuto, "infinity", bad},
		{"date BC", oidDate, TypeAuto, "0044-03-15 BC", bad},
		{"date year 10000", oidDate, TypeAuto, "10000-01-01", bad},
		{"date French style", oidDate, TypeAuto, "01/11/2026", bad},
		{"timestamp", oidTimestamp, TypeAuto, "2026-11-01 08:00:00", `"2026-11-01T08:00:00"`},
		{"timestamp fraction", oidTimestamp, TypeAuto, "2026-11-01 08:00:00.25", `"2026-11-01T08:00:00.25"`},
		{"timestamp infinite", oidTimestamp, TypeAuto, "infinity", bad},
		{"timestamptz", oidTimestampTZ, TypeAuto, "2026-11-01 08:00:00+01", `"2026-11-01T08:00:00+01:00"`},
		{"timestamptz half hour", oidTimestampTZ, TypeAuto, "2026-11-01 08:00:00.5-03:30", `"2026-11-01T08:00:00.5-03:30"`},
		{"timestamptz local mean time", oidTimestampTZ, TypeAuto, "1890-01-01 00:00:00+00:09:21", bad},
		{"timestamptz BC", oidTimestampTZ, TypeAuto, "0044-03-15 00:00:00+00 BC", bad},
		{"jsonb", oidJSONB, TypeAuto, `{"b": 1.50, "a": ["é\/", null, true]}`, `{"a":["é/",null,true],"b":1.5}`},
		{"json exponent too far", oidJSON, TypeAuto, `1e999`, bad},
		{"json not utf-8", oidJSON, TypeAuto, "\"\xff\"", bad},
		{"json escapes", oidJSON, TypeAuto, `["\u00e9\ud83d\ude42\\ud800\u0009","\\\\u0000"]`, `["é🙂\\ud800\t","\\\\u0000"]`},
		{"json null character", oidJSON, TypeAuto, `["a\u0000"]`, bad},
		{"json null character in a name", oidJSONB, TypeAuto, `{"\u0000": 1}`, bad},
		{"json half a pair", oidJSON, TypeAuto, `"\ud800"`, bad},
		{"json the other half", oidJSON, TypeAuto, `"\uDC00 "`, bad},
		{"json two first halves", oidJSON, TypeAuto, `"\ud83d\ud83d\ude42"`, bad},
		{"json half a pair and a character", oidJSON, TypeAuto, `"\ud83d\u0041"`, bad},
		{"json half a pair and an escape", oidJSON, TypeAuto, `{"a": ["\uD83D\n"]}`, bad},
		{"json cut off", oidJSON, TypeAuto, `{"a":1`, bad},
		{"json and more", oidJSON, TypeAuto, `1 2`, bad},
		{"text", oidText, TypeAuto, `<a & "b" \ c>` + "\n\t", `"<a & \"b\" \\ c>\n\t"`},
		{"text accents", oidText, TypeAuto, "Zoé D’Œuvre 🙂 \u2028", "\"Zoé D’Œuvre 🙂 \u2028\""},
		{"text blanks", oidText, TypeAuto, " a ", `" a "`},
		{"text not utf-8", oidText, TypeAuto, "a\xffb", bad},
		{"text surrogate", oidText, TypeAuto, "\xed\xa0\x80", bad},
		{"text as number", oidText, TypeNumber, "12.50", "12.5"},
		{"text as number, comma", oidText, TypeNumber, "12,50", bad},
		{"text as number, empty", oidText, TypeNumber, "", bad},
		{"text as boolean", oidText, TypeBoolean, "false", "false"},
		{"text as boolean, other", oidText, TypeBoolean, "oui", bad},
		{"char(4)", oidBpchar, TypeAuto, "ab  ", `"ab"`},
		{"uuid", 2950, TypeAuto, "0af6", `"0af6"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			document, problems := one(t, Field{Type: c.to}, c.oid, c.value, nil)
			if c.want == bad {
				if len(problems) != 1 || problems[0].Code != ProblemBadValue || problems[0].Path != "V" || problems[0].Column != "v" {
					t.Fatalf("document %s, problems %+v, want one bad value", document, problems)
				}
				return
			}
			if want := `{"V":` + c.want + `}`; document != want || len(problems) > 0 {
				t.Fatalf("document %s, problems %+v, want %s", document, problems, want)
			}
		})
	}
}

func TestConstants(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{
		{Path: "A", Value: "FR"}, {Path: "B", Value: true}, {Path: "C", Value: int64(-3)}, {Path: "D", Value: 7.50},
		{Path: "E", Value: "007.50", Type: TypeNumber}, {Path: "F", Value: "@period_end"}, {Path: "G", Value: json.Number("1e3")},
		{Path: "H", Value: 12, Type: TypeString},
	}}
	document, _ := build(mustCompile(t, spec, Shape{}, nil).NewBuilder(), nil)
	want := `{"A":"FR","B":true,"C":-3,"D":7.5,"E":7.5,"F":"2026-11-30","G":1000,"H":"12"}`
	if string(document) != want {
		t.Errorf("document %s, want %s", document, want)
	}
}

// Two arrays, one of them nested, and rows that arrive mixed.
func TestSeveralGroups(t *testing.T) {
	t.Parallel()
	spec := Spec{
		Fields: []Field{{Path: "M", Column: "m"}},
		Children: []Children{
			{Path: "Z.Absences", Key: "T", Fields: []Field{{Path: "T", Column: "t"}}},
			{Path: "A", Key: "K.Code", Fields: []Field{{Path: "K.Code", Column: "k"}, {Path: "B", Value: int64(1)}}},
		},
	}
	shape := Shape{Employee: columns(oidText, "m"), Children: [][]Column{columns(oidInt4, "t"), columns(oidText, "k")}}
	b := mustCompile(t, spec, shape, nil).NewBuilder()
	b.Reset(values("1"))
	b.AddChild(0, values(5))
	b.AddChild(1, values("y"))
	b.AddChild(0, values(2))
	b.AddChild(1, values("x"))
	document, problems := b.Document()
	want := `{"A":[{"B":1,"K":{"Code":"x"}},{"B":1,"K":{"Code":"y"}}],"M":"1","Z":{"Absences":[{"T":2},{"T":5}]}}`
	if string(document) != want || len(problems) > 0 {
		t.Errorf("document %s, problems %v, want %s", document, problems, want)
	}
}

func TestValuesAreReadDuringTheCallOnly(t *testing.T) {
	t.Parallel()
	b := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	scratch := func(row [][]byte) {
		for _, value := range row {
			for i := range value {
				value[i] = 'X'
			}
		}
	}
	row, children := sampleRow(), sampleChildren()
	b.Reset(row)
	scratch(row)
	for _, child := range children {
		b.AddChild(0, child)
		scratch(child)
	}
	if document, _ := b.Document(); string(document) != sampleDocument {
		t.Errorf("document %s", document)
	}
}

// The database reads rows in whatever order: what is said of them is the same, and names their place in the document.
func TestProblemsAreInTheOrderOfTheDocument(t *testing.T) {
	t.Parallel()
	b := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	rows := [][][]byte{values("NOPE", nil, nil, nil), values("HSUP25", nil, "many", nil), values("HSUP25", nil, "few", nil),
		values("HSUP50", nil, "1", nil), values("HSUP25", "a\ab", nil, nil), values("NEITHER", nil, nil, nil)}
	want := []string{"Elements[0].Libelle ", "Elements[1].Quantite few", "Elements[2].Quantite many", "Elements[4].Code NEITHER",
		"Elements[5].Code NOPE"}
	for seed := range uint64(20) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		_, problems := build(b, sampleRow(), rows...)
		var got []string
		for _, p := range problems {
			got = append(got, p.Path+" "+p.Value)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: problems of %q, want %q", seed, got, want)
		}
	}
}

func TestChildrenInAnyOrderGiveTheSameDocument(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures())
	rapid.Check(t, func(t *rapid.T) {
		child := rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"HSUP25", "HSUP50", "HCOMP"}).Draw(t, "code") + " " + rapid.SampledFrom([]string{"1", "2.50"}).Draw(t,
				"quantity")
		})
		var rows [][][]byte
		for _, text := range rapid.SliceOfN(child, 0, 12).Draw(t, "children") {
			code, quantity, _ := strings.Cut(text, " ")
			rows = append(rows, values(code, nil, quantity, nil))
		}
		first, _ := build(m.NewBuilder(), sampleRow(), rows...)
		shuffled := append([][][]byte{}, rows...)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(rows),
			func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		second, _ := build(m.NewBuilder(), sampleRow(), shuffled...)
		if !bytes.Equal(first, second) {
			t.Fatalf("%s\n%s", first, second)
		}
		if again, ok := canonjson.Append(nil, first); !ok || !bytes.Equal(again, first) {
			t.Fatalf("not canonical: %s", first)
		}
	})
}
