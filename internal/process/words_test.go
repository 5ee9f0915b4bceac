package process

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/sandbox"
)

// TestARunThatIsStoppedShowsTheWordsOfTheRefusal: the partner knows best why it refuses. What it quotes of people stays out.
func TestARunThatIsStoppedShowsTheWordsOfTheRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, sandbox.Faults{}) // whose document is the one that stops it
	name := w.text(`SELECT nom_naissance FROM staging.employee ORDER BY matricule LIMIT 1`)
	nir := w.text(`SELECT nir FROM staging.employee ORDER BY matricule LIMIT 1`)
	api := w.front.inner
	for path, test := range map[string]struct {
		answer string
		said   string
	}{
		"/Dossier": {`{"erreur":{"libelle":"Abonnement suspendu, NIR %[2]s"}}`, "its words: Abonnement suspendu, NIR •••"},
		"/Salarie": {`<html><title>Le pare-feu refuse %[1]s, 00001, %[2]s</title></html>`, "its words: Le pare-feu refuse •••, •••, •••"},
	} {
		w.front.mu.Lock()
		w.front.inner = http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, path) {
				api.ServeHTTP(answer, r)
				return
			}
			_, _ = io.Copy(io.Discard, r.Body) // it shows elsewhere
			answer.WriteHeader(http.StatusMethodNotAllowed)
			fmt.Fprintf(answer, test.answer, name, nir) //nolint:errcheck // a client that hung up
		})
		w.front.mu.Unlock()
		r := w.push().wait()
		if r.code == 0 {
			t.Errorf("%s: exit code 0", path)
		}
		w.wantSaid(r, test.said)
		w.wantUnsaid(r, name)
		w.wantUnsaid(r, nir)
		if path == "/Dossier" {
			r = w.run("check")
			w.wantSaid(r, test.said)
			w.wantUnsaid(r, nir)
		}
		if detail := w.text(`SELECT failure_detail FROM syncd.run ORDER BY id DESC LIMIT 1`); !strings.Contains(detail, test.said) {
			t.Errorf("recorded is %q", detail)
		}
		if recorded := w.text(`SELECT jsonb_agg(r)::text FROM syncd.run r`); strings.Contains(recorded, name) || strings.Contains(recorded, nir) {
			t.Errorf("recorded is %s", recorded)
		}
	}
}
