package isidoor

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

func TestWhereTheKeyGoes(t *testing.T) {
	t.Parallel()
	const key = "a/b c+d&é"
	for name, test := range map[string]struct {
		change func(*Options)
		uri    string
		header string
	}{
		"header": {func(o *Options) { o.KeyName = "x-cle-DOSSIER" }, "/Api2/V2/Salarie", key},
		"query": {func(o *Options) { o.KeyIn, o.KeyName = KeyInQuery, "clé" },
			"/Api2/V2/Salarie?cl%C3%A9=a%2Fb+c%2Bd%26%C3%A9", ""},
		"query after another": {func(o *Options) { o.KeyIn, o.KeyName, o.Salarie.Path = KeyInQuery, "k", "/V2/Salarie?v=2&m={key}" },
			"/Api2/V2/Salarie?v=2&m=00+42%2F1&k=a%2Fb+c%2Bd%26%C3%A9", ""},
		"path": {func(o *Options) {
			o.KeyIn, o.Dossier.Path, o.Salarie.Path, o.Salarie.Method = KeyInPath, "/V2/{dossier}", "/V2/{dossier}/Salarie/{key}", "PUT"
		}, "/Api2/V2/a%2Fb%20c+d&%C3%A9/Salarie/00%2042%2F1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if r.RequestURI != test.uri || r.Header.Get("X-Cle-Dossier") != test.header {
					t.Errorf("request %s, header %q, want %s, %q", r.RequestURI, r.Header.Get("X-Cle-Dossier"), test.uri, test.header)
				}
				if string(body) != testDoc || r.ContentLength != int64(len(testDoc)) || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("body %q of %q", body, r.Header.Get("Content-Type"))
				}
				if r.Header.Get("Authorization") != "Bearer token-1-canary" || r.Header.Get("Accept") != "application/json" ||
					r.UserAgent() != "syncd" {
					t.Errorf("headers %v", r.Header)
				}
				w.WriteHeader(http.StatusNoContent)
			})
			out := p.open(t, test.change).Dossier(key).Send(t.Context(), "00 42/1", []byte(testDoc), nil)
			if out.Class != jobs.ClassAccepted || out.Status != http.StatusNoContent {
				t.Errorf("outcome %+v", out)
			}
		})
	}
}

func TestKeyThatCannotBeSent(t *testing.T) {
	t.Parallel()
	c := (&script{steps: []step{answers(200)}}).open(t, nil)
	for _, key := range []string{"", "two\nlines", " padded", "\x7f"} {
		out := c.Dossier(key).Send(t.Context(), "00042", nil, nil)
		want := "POST /V2/Salarie: the dossier key is empty or holds characters that cannot be sent\nhint: check key of the [[dossier]]"
		if out.Class != jobs.ClassConfiguration || out.Attempts != 0 || out.Err.Error() != want {
			t.Errorf("%q: outcome %+v", key, out)
		}
		if _, err := c.Dossier(key).Identity(t.Context()); callError(t, err).Call != "GET /V2/Dossier" {
			t.Errorf("%q: identity: %v", key, err)
		}
	}
}

// reads answers every reading call with body.
func reads(t *testing.T, status int, body string, change func(*Options)) jobs.API {
	t.Helper()
	s := &script{steps: []step{func(*http.Request) (*http.Response, error) { return response(status, body), nil }}}
	return s.open(t, func(o *Options) {
		o.TechnicalTries = 1
		if change != nil {
			change(o)
		}
	}).Dossier(testKey)
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status        int
		body, pointer string
		want          string
		class         jobs.Class // "" = no error
	}{
		"text":          {200, `{"Siret":" 12345678900012 "}`, "/Siret", "12345678900012", ""},
		"number":        {200, `{"Siret":12345678900012}`, "/Siret", "12345678900012", ""},
		"deep":          {200, `[{"a/b":{"~":"x"}}]`, "/0/a~1b/~0", "x", ""},
		"not told":      {200, `{"Siret":"1"}`, "", "", ""},
		"204, not told": {204, "", "", "", ""},
		"204":           {204, "", "/Siret", "", jobs.ClassConfiguration},
		"missing":       {200, `{"SIRET":"1"}`, "/Siret", "", jobs.ClassConfiguration},
		"null":          {200, `{"Siret":null}`, "/Siret", "", jobs.ClassConfiguration},
		"an object":     {200, `{"Siret":{}}`, "/Siret", "", jobs.ClassConfiguration},
		"no such index": {200, `[]`, "/0", "", jobs.ClassConfiguration},
		"HTML":          {200, `<html>`, "/Siret", "", jobs.ClassConfiguration},
		"not JSON":      {200, `Siret: 1`, "/Siret", "", jobs.ClassTechnical},
		"JSON and more": {200, `{"Siret":"1"}{}`, "/Siret", "", jobs.ClassTechnical},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := reads(t, test.status, test.body, func(o *Options) { o.Dossier.Identity = test.pointer }).Identity(t.Context())
			if got != test.want || (err == nil) != (test.class == "") {
				t.Fatalf("got %q, %v", got, err)
			}
			if err != nil && callError(t, err).Class != test.class {
				t.Errorf("class %s, want %s", callError(t, err).Class, test.class)
			}
		})
	}
}

func TestNomenclatures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		change func(*DictionnaireEndpoint)
		want   mapping.Nomenclatures
		err    string
	}{
		"as assumed": {body: `[{"Nom":"Civilite","Code":"MME","Libelle":"Madame","Actif":true},{"Nom":"Strate","Code":2,"Actif":0}]`,
			want: mapping.Nomenclatures{"Civilite": {"MME": {Code: "MME", Label: "Madame", Active: true}}, "Strate": {"2": {Code: "2"}}}},
		"elsewhere": {body: `{"data":{"entries":[{"n":"A","c":{"v":"1"},"on":"False"}]}}`,
			change: func(d *DictionnaireEndpoint) {
				d.Items, d.Name, d.Code, d.Label, d.Active = "/data/entries", "/n", "/c/v", "", "/on"
			},
			want: mapping.Nomenclatures{"A": {"1": {Code: "1"}}}},
		"no state": {body: `[{"Nom":"A","Code":"1"}]`, want: mapping.Nomenclatures{"A": {"1": {Code: "1", Active: true}}}},
		"active one wins": {body: `[{"Nom":"A","Code":"1","Actif":true,"Libelle":"new"},{"Nom":"A","Code":"1","Actif":false,"Libelle":"old"}]`,
			want: mapping.Nomenclatures{"A": {"1": {Code: "1", Label: "new", Active: true}}}},
		"empty":    {body: `[]`, want: mapping.Nomenclatures{}},
		"no body":  {body: ``, want: mapping.Nomenclatures{}},
		"no array": {body: `{"Nom":"A"}`, err: "the answer holds no array of entries where items says"},
		"no items": {body: `{}`, change: func(d *DictionnaireEndpoint) { d.Items = "/items" },
			err: "the answer holds no array of entries where items says"},
		"no name":    {body: `[{"Nom":"A","Code":"1"},{"Code":"1"}]`, err: "entry 2 of the answer: no name of a nomenclature"},
		"empty code": {body: `[{"Nom":"A","Code":""}]`, err: "entry 1 of the answer: no code"},
		"odd state":  {body: `[{"Nom":"A","Code":"1","Actif":"peut-être"}]`, err: "entry 1 of the answer: its state is neither true nor false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := reads(t, 200, test.body, func(o *Options) {
				if test.change != nil {
					test.change(&o.Dictionnaire)
				}
			}).Nomenclatures(t.Context())
			if test.err != "" {
				if call := callError(t, err); call.Problem != test.err || call.Class != jobs.ClassConfiguration {
					t.Errorf("error %+v, want %q", call, test.err)
				}
				return
			}
			if err != nil || !maps.EqualFunc(got, test.want, maps.Equal[map[string]mapping.Entry, map[string]mapping.Entry]) {
				t.Errorf("got %s, %v", mustJSON(t, got), err)
			}
		})
	}
}

func TestLargeNomenclatures(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&body, `,{"Nom":"Fonction","Code":"F%d","Libelle":"Une fonction assez longue"}`, i)
	}
	got, err := reads(t, 200, "["+body.String()[1:]+"]", nil).Nomenclatures(t.Context())
	if err != nil || len(got["Fonction"]) != 20_000 {
		t.Errorf("%d entries of %d bytes: %v", len(got["Fonction"]), body.Len(), err)
	}
}
