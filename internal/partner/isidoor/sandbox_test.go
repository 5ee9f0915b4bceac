package isidoor

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

const sandboxDoc = `{"Contrat":{"CodeNature":"01","DateDebut":"2023-09-01","TauxActivite":75.00},"DateNaissance":"1985-05-17",` +
	`"Elements":[{"Code":"PRIME_EXC","Montant":120.00}],"Matricule":"00 42/é","Nir":"285057899900116","NomNaissance":"EXEMPLE",` +
	`"Periode":"2026-11","Prenom":"Camille"}`

// The client and the stand-in agree: what was processed although its answer was lost is found, and nothing else is.
func TestReadingBackFromTheSandbox(t *testing.T) {
	t.Parallel()
	for _, in := range []string{KeyInHeader, KeyInQuery, KeyInPath} {
		s, err := standin.New(standin.Config{ClientID: "editor", ClientSecret: testSecret, Append: true, KeyIn: standin.KeyIn(in),
			KeyName: "X-Cle-Dossier", Dossiers: []sandbox.Dossier{{Name: "saint-martin", Key: testKey}}, Faults: sandbox.Faults{Lost: 1}})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		o := readOptions()
		o.BaseURL, o.TokenURL, o.KeyIn, o.ResendAmbiguous = server.URL+standin.TestRoot, server.URL+standin.TokenPath, in, false
		if in == KeyInPath {
			o.Dossier.Path, o.Salarie.Path, o.Read.Path = "/V2/{dossier}/Dossier", "/V2/{dossier}/Salarie",
				"/V2/{dossier}/Salarie/{key}?periode={period}"
		}
		c, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		api := c.Dossier(testKey)
		want := func(period jobs.Period, document string) {
			t.Helper()
			if got, err := api.Read(t.Context(), "00 42/é", period); err != nil || string(got) != document {
				t.Errorf("key in %s: read %s, %v, want %s", in, got, err, document)
			}
		}
		want("2026-11", "")
		if out := api.Send(t.Context(), "00 42/é", []byte(sandboxDoc), nil); !out.Ambiguous || out.Attempts != 1 {
			t.Errorf("outcome %+v", out)
		}
		want("2026-11", sandboxDoc)
		want("2026-12", "")
		edit := sandbox.Edit{Dossier: "saint-martin", Matricule: "00 42/é",
			Members: map[string]json.RawMessage{"Elements": json.RawMessage(`[]`)}}
		if err := s.Edit(edit); err != nil {
			t.Fatal(err)
		}
		want("2026-11", strings.Replace(sandboxDoc, `{"Code":"PRIME_EXC","Montant":120.00}`, "", 1))
	}
}

// The contract that the stand-in shows is found, whatever the place of its key, and nothing of the key is needed for it.
func TestContractOfTheSandbox(t *testing.T) {
	t.Parallel()
	for _, in := range []string{KeyInHeader, KeyInQuery, KeyInPath} {
		s, err := standin.New(standin.Config{ClientID: "editor", ClientSecret: testSecret, KeyIn: standin.KeyIn(in),
			KeyName: "X-Cle-Dossier", Dossiers: []sandbox.Dossier{{Name: "saint-martin", Key: testKey}}})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		o := testOptions()
		o.BaseURL, o.TokenURL = server.URL+standin.TestRoot, server.URL+standin.TokenPath
		c, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		got, err := c.Describe(t.Context(), "auto")
		if err != nil || got.Place != standin.TestRoot+"/swagger/docs/V2" || !json.Valid(got.Text) {
			t.Errorf("key in %s: %.80q at %s, %v", in, got.Text, got.Place, err)
		}
	}
}

// A rehearsal meets each answer that may come after processing, and the client is taken in by none.
func TestAnswersOfTheSandbox(t *testing.T) {
	t.Parallel()
	for fault, test := range map[string]struct {
		want      string
		processed int
	}{
		"503=1":                {"temporary?", 0},
		"503=1 retry-after=1s": {"temporary", 0},
		"503-after=1":          {"temporary?", 1},
		"303=1":                {"configuration?", 1},
		"101=1":                {"configuration?", 1},
		"202=1":                {"accepted", 1},
		"207=1":                {"configuration?", 0},
		"stray=1":              {"temporary?", 1},
		"html":                 {"configuration?", 0},
		"endless":              {"configuration?", 1},
		"cut=1":                {"temporary?", 0},
		"part-dictionary":      {"accepted", 1},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			faults, err := standin.API.ParseFaults(strings.Fields(fault)...)
			if err != nil {
				t.Fatal(err)
			}
			s, err := standin.New(standin.Config{ClientID: "editor", ClientSecret: testSecret, Faults: faults,
				Dossiers: []sandbox.Dossier{{Name: "saint-martin", Key: testKey}}})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(s)
			t.Cleanup(server.Close)
			o := testOptions()
			o.BaseURL, o.TokenURL, o.ResendAmbiguous = server.URL+standin.TestRoot, server.URL+standin.TokenPath, false
			c, err := Open(o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			out := c.Dossier(testKey).Send(t.Context(), "00 42/é", []byte(sandboxDoc), nil)
			if told(out) != test.want || out.Attempts != 1 || len(s.Received("saint-martin")) != test.processed {
				t.Errorf("%s after %d attempts, %d processed: %v", told(out), out.Attempts, len(s.Received("saint-martin")), out.Err)
			}
			if _, err := c.Dossier(testKey).Nomenclatures(t.Context()); (err != nil) != (fault == "part-dictionary") {
				t.Errorf("codes: %v", err)
			}
		})
	}
}
