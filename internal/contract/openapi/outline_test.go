package openapi_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
)

func TestOverview(t *testing.T) {
	t.Parallel()
	d := contracttest.Document(t, `"/V2/Salarie":{`+contracttest.Call("post", "")+
		`},"/V2/Dossier":{"get":{"operationId":"Dossier_Get","summary":"Qui\n êtes-vous ?","responses":{"200":{"description":"OK"}}}}`, "")
	want := []openapi.OperationLine{
		{Call: "GET /V2/Dossier", ID: "Dossier_Get", Summary: "Qui êtes-vous ?"},
		{Call: "POST /V2/Salarie", Body: "object"},
	}
	if got := d.Overview(); !reflect.DeepEqual(got, want) {
		t.Errorf("listed %+v", got)
	}
}

func TestOutline(t *testing.T) {
	t.Parallel()
	op := contracttest.Taking(t, `"Salarie":{"type":"object","required":["Nom"],"properties":{
			"Nom":{"type":"string","minLength":1,"maxLength":50,"description":"Le nom\nde naissance"},"Naissance":{"type":"string","format":"date"},
			"Taux":{"type":"number","minimum":0,"maximum":100,"exclusiveMinimum":true,"multipleOf":0.01,"x-nullable":false},
			"Genre":{"type":"string","enum":["M","F"],"readOnly":true,"x-nullable":false},"Code":{"type":"string","pattern":"^[A-Z]+$"},
			"Chef":{"$ref":"#/definitions/Salarie"},"Elements":{"type":"array","maxItems":9,"items":{"$ref":"#/definitions/Element"}},
			"Mots":{"type":"array","items":{"type":"string"}},"Tout":{}}},
		"Element":{"type":"object","properties":{"Montant":{"type":"number"},"Parent":{"$ref":"#/definitions/Element"}}}`)
	var got []string
	lines, _ := op.Outline()
	for _, l := range lines {
		got = append(got, fmt.Sprintf("%s: %s of %q required=%v read-only=%v cut=%v %v %s", l.Path, l.Type, l.Of, l.Required, l.ReadOnly, l.Cut,
			l.Enum, l.Description))
	}
	want := []string{
		`Chef: object, null of "Salarie" required=false read-only=false cut=true [] `,
		`Code: string, /^[A-Z]+$/, null of "" required=false read-only=false cut=false [] `,
		`Elements: array, ≤ 9, null of "Element" required=false read-only=false cut=false [] `,
		`Elements[].Montant: number, null of "" required=false read-only=false cut=false [] `,
		`Elements[].Parent: object, null of "Element" required=false read-only=false cut=true [] `,
		`Genre: string of "" required=false read-only=true cut=false ["M" "F"] `,
		`Mots: array, null of "string" required=false read-only=false cut=false [] `,
		`Naissance: string(date), null of "" required=false read-only=false cut=false [] `,
		`Nom: string, ≥ 1, ≤ 50 of "" required=true read-only=false cut=false [] Le nom de naissance`,
		`Taux: number, > 0, ≤ 100, n × 0.01 of "" required=false read-only=false cut=false [] `,
		`Tout: any, null of "" required=false read-only=false cut=false [] `,
	}
	if !slices.Equal(got, want) {
		t.Errorf("outline:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOutlineIsBounded: definitions that refer to each other in all ways have more paths than anybody can keep.
func TestOutlineIsBounded(t *testing.T) {
	t.Parallel()
	var definitions []string
	for i := range 20 {
		var properties []string
		for j := range 20 {
			properties = append(properties, fmt.Sprintf(`"M%d":{"$ref":"#/definitions/D%d"}`, j, j))
		}
		definitions = append(definitions, fmt.Sprintf(`"D%d":{"type":"object","properties":{%s}}`, i, strings.Join(properties, ",")))
	}
	op := contracttest.Taking(t, `"Salarie":{"type":"object","properties":{"A":{"$ref":"#/definitions/D0"}}},`+strings.Join(definitions, ","))
	lines, all := op.Outline()
	if len(lines) != 50_000 || all {
		t.Errorf("%d lines, said to be all: %v", len(lines), all)
	}
	for _, l := range lines {
		if strings.Count(l.Path, ".") > 8 {
			t.Fatalf("too deep: %s", l.Path)
		}
	}
}

func TestOutlineOfNothing(t *testing.T) {
	t.Parallel()
	if lines, all := (&openapi.Operation{}).Outline(); lines != nil || !all {
		t.Errorf("listed %v", lines)
	}
	list, _ := contracttest.Taking(t, `"Salarie":{"type":"array","items":{"type":"object","properties":{"A":{"type":"string"}}}}`).Outline()
	if len(list) != 2 || list[0].Path != "[]" || list[1].Path != "[].A" {
		t.Errorf("listed %+v", list)
	}
}

func TestFindByName(t *testing.T) {
	t.Parallel()
	d := contracttest.Document(t, `"/V2/Salarie":{`+strings.Replace(contracttest.Call("post", ""), `{"parameters"`,
		`{"operationId":"Salarie_Post","parameters"`, 1)+`,`+contracttest.Call("put", "")+`},
		"/V2/Dossier":{"get":{"operationId":"Dossier_Get","responses":{"200":{"description":"OK"}}}},"/V1/Dossier":{"get":{"responses":{"200":{"description":"OK"}}}}`, "")
	for _, test := range []struct {
		name, found string
		near        []string
	}{
		{"salarie_post", "POST /Api2/V2/Salarie", nil},
		{"put /v2/salarie", "PUT /Api2/V2/Salarie", nil},
		{"POST /Api2/V2/Salarie", "POST /Api2/V2/Salarie", nil},
		{"/V2/Dossier", "GET /Api2/V2/Dossier", nil},
		{"/V2/Salarie", "", []string{"POST /V2/Salarie", "PUT /V2/Salarie"}},
		{"Dossier", "", []string{"GET /V1/Dossier", "GET /V2/Dossier"}},
		{"POST /V2/Salaries", "", []string{"POST /V2/Salarie", "PUT /V2/Salarie"}},
		{"DELETE /V2/Salarie", "", []string{"POST /V2/Salarie", "PUT /V2/Salarie"}},
		{"Salarie_Pots", "", []string{"POST /V2/Salarie"}},
		{"/V2/Facture", "", []string{}},
		{"", "", []string{}},
	} {
		op, near := d.Operation(test.name)
		found := ""
		if op != nil {
			found = op.Method + " " + op.Path
		}
		if found != test.found || !slices.Equal(near, test.near) {
			t.Errorf("%q finds %q, near %q; want %q, %q", test.name, found, near, test.found, test.near)
		}
	}
}

// What people paste into other tools is whole: 3,000 members, and names and patterns of any length.
func TestListsCutNothing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Salarie", 30)
	var properties []string
	for i := range 3000 {
		properties = append(properties, fmt.Sprintf(`"M%04d":{"type":"string","pattern":"^(%s)?$"}`, i, long))
	}
	d := contracttest.Document(t, `"/V2/`+long+`":{"post":{"operationId":"`+long+`","summary":"`+long+
		`","parameters":[{"in":"body","name":"s","schema":{"$ref":"#/definitions/`+long+`"}}]}}`,
		`,"definitions":{"`+long+`":{"type":"object","properties":{`+strings.Join(properties, ",")+`}}}`)
	if got, want := d.Overview()[0], (openapi.OperationLine{Call: "POST /V2/" + long, ID: long, Summary: long,
		Body: long}); !reflect.DeepEqual(got, want) {
		t.Errorf("listed %+v", got)
	}
	lines, all := d.Operations[0].Outline()
	if len(lines) != 3000 || !all || lines[2999].Pattern != "^("+long+")?$" {
		t.Errorf("%d lines, all: %v", len(lines), all)
	}
}
