package isidoor

import (
	"net/http"
	"testing"
)

// The key goes where the configuration says, in all calls.
func TestTheKeysPlaceIsThatOfAllCalls(t *testing.T) {
	t.Parallel()
	var seen []string
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.URL.Path)
		if r.URL.Query().Get("cle") != testKey || r.Header.Get("X-Cle-Dossier") != "" {
			t.Errorf("request %s %s, %v", r.Method, r.RequestURI, r.Header)
		}
		w.WriteHeader(http.StatusNotFound)
	})
	c := p.open(t, func(o *Options) {
		withRead(o)
		o.Salarie.Method, o.KeyIn, o.KeyName = "PUT", KeyInQuery, "cle"
	})
	api := c.Dossier(testKey)
	_, _ = api.Identity(t.Context())
	_, _ = api.Nomenclatures(t.Context())
	if document, err := api.Read(t.Context(), "00042", "2026-11"); document != nil || err != nil {
		t.Errorf("%s, %v", document, err)
	}
	if call := callError(t, sendBy(api, "00042").Err); call.Call != "PUT /V2/Salarie" || api.Call().Key() != "query cle" {
		t.Errorf("the call is named %q, its form %+v", call.Call, api.Call())
	}
	if len(seen) != 4 {
		t.Errorf("requests %v", seen)
	}
}

// A refused key is looked for where the configuration says that it goes.
func TestRefusedKeyIsNamed(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		401: "wrong dossier key? check key of the [[dossier]] and dossier_key of [isidoor]",
		403: "wrong dossier key? check key of the [[dossier]], and what the partner granted this client",
	} {
		c := (&script{steps: []step{answers(status)}}).open(t, nil)
		if got := callError(t, send(c, "00042").Err).Hint; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if _, err := c.Dossier(testKey).Identity(t.Context()); callError(t, err).Hint != want {
			t.Error(err)
		}
	}
}
