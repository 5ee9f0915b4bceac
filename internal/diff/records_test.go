package diff

import (
	"reflect"
	"testing"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	older := []byte(`{"statut": "DEPOSEE", "montant": 1250.00, "lignes": [1, 2], "o": {"a/b": 1, "c": null}, "parti": true}`)
	newer := []byte(`{"montant":1250.0,"statut":"MANDATEE","lignes":[2,1],"o":{"a/b":2,"c":null,"d":""}}`)
	want := []Change{
		{Path: "/lignes", Op: "*", Old: "[1, 2]", New: "[2,1]"},
		{Path: "/o/a~1b", Op: "*", Old: "1", New: "2"},
		{Path: "/o/d", Op: "+", New: `""`},
		{Path: "/parti", Op: "-", Old: "true"},
		{Path: "/statut", Op: "*", Old: `"DEPOSEE"`, New: `"MANDATEE"`},
	}
	if got := Records(older, newer); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := Records(newer, newer); got != nil {
		t.Errorf("%+v", got)
	}
	if got := Records([]byte(`"a"`), []byte(`["a"]`)); !reflect.DeepEqual(got, []Change{{Path: "/", Op: "*", Old: `"a"`, New: `["a"]`}}) {
		t.Errorf("%+v", got)
	}
	if got := Records([]byte(`{"o":{}}`), []byte(`{"o":[]}`)); len(got) != 1 || got[0].Path != "/o" {
		t.Errorf("%+v", got)
	}
}
