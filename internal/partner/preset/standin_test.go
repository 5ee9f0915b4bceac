package preset_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/partner/choruspro"
	choruspartner "syncd/internal/partner/choruspro/standin"
	"syncd/internal/partner/iopole"
	iopolepartner "syncd/internal/partner/iopole/standin"
	"syncd/internal/partner/jindexe"
	jindexepartner "syncd/internal/partner/jindexe/standin"
	"syncd/internal/partner/preset"
	"syncd/internal/sandbox"
)

// walk asks for all pages of a window, and gives the records by key, with how many requests for pages that were.
func (b *bench) walk(t *testing.T, ask jobs.Ask) (records map[string]jobs.Record, foreign int) {
	t.Helper()
	records = map[string]jobs.Record{}
	for ask.Page = 0; ; ask.Page++ {
		p, err := b.Page(context.Background(), ask)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			if r.Foreign {
				foreign++
				continue
			}
			records[r.Key] = r
		}
		if p.Last {
			return records, foreign
		}
	}
}

func standIn(t testing.TB, faults *sandbox.API, words ...string) sandbox.Faults {
	t.Helper()
	parsed, err := faults.ParseFaults(words...)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func chorusAPI(t testing.TB, faults ...string) *choruspartner.Sandbox {
	t.Helper()
	v := values["chorus-pro"]
	s, err := choruspartner.New(choruspartner.Config{ClientID: "app", ClientSecret: secret, Seed: 1,
		Faults:   standIn(t, &choruspartner.API, faults...),
		Dossiers: []sandbox.Dossier{{Name: "saint-martin", Siret: siret, Login: v["login"], Password: v["password"]}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestChorusPro: all pages of 812 invoices of all types, each amount as the JSON has it, others' dropped, people never kept.
func TestChorusPro(t *testing.T) {
	t.Parallel()
	b := open(t, &choruspro.Definition, chorusAPI(t, "foreign", "500=0.1", "404=0.1"), "")
	ask := jobs.Ask{Collection: "factures", From: time.Now().AddDate(0, 0, -120), To: time.Now()}
	records, foreign := b.walk(t, ask)
	types := map[string]int{}
	for _, r := range records {
		for _, kind := range []string{"FACTURE", "AVOIR", "ACOMPTE"} {
			if bytes.Contains(r.Document, []byte(`"typeFacture":"`+kind+`"`)) {
				types[kind]++
			}
		}
		if r.Problem != "" || r.Dated.IsZero() || bytes.Contains(r.Document, []byte("EXEMPLE Camille")) ||
			bytes.Contains(r.Document, []byte("FR76")) || bytes.Contains(r.Document, []byte("Dominique")) {
			t.Fatalf("%+v", r)
		}
	}
	if len(records) != 812 || foreign != 7 || len(types) != 3 ||
		!bytes.Contains(records["9007199254740993"].Document, []byte(`"montantHT":1250.00`)) {
		t.Errorf("%d records, %d of others, %v: %s", len(records), foreign, types, records["9007199254740993"].Document)
	}
	if changed, _ := b.walk(t, jobs.Ask{Collection: "factures", Window: 1, From: time.Now().AddDate(0, 0, -30)}); len(changed) == 0 ||
		len(changed) >= len(records) {
		t.Errorf("%d changed their state in 30 days", len(changed))
	}
}

// TestAWrongAccount is told with no further try but the one renewal, and shows nowhere.
func TestAWrongAccount(t *testing.T) {
	t.Parallel()
	s := chorusAPI(t)
	b := open(t, &choruspro.Definition, s, "", func(d *preset.Dossier) {
		d.Values = map[string]string{"login": "TECH_1@cpro.fr", "password": "faux-canary"}
	})
	_, err := b.Page(context.Background(), jobs.Ask{Collection: "factures"})
	call := callError(t, err)
	if call.Class != jobs.ClassConfiguration || call.Status != 403 || s.WrongTries("TECH_1@cpro.fr") != 1 ||
		!strings.Contains(err.Error(), `"saint-martin"`) {
		t.Errorf("%v after %d tries", err, s.WrongTries("TECH_1@cpro.fr"))
	}
	if b.Secret() == nil || b.Settings() == "" {
		t.Error("nothing to remember it by")
	}
}

func iopoleAPI(t *testing.T, faults ...string) *iopolepartner.Sandbox {
	t.Helper()
	s, err := iopolepartner.New(iopolepartner.Config{ClientID: "app", ClientSecret: secret, Seed: 1,
		Faults:   standIn(t, &iopolepartner.API, faults...),
		Dossiers: []sandbox.Dossier{{Name: "saint-martin", Siret: siret, Customer: values["iopole"]["customer_id"]}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestIopole: what is new, with details, files and marks; and a sweep by pages.
func TestIopole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := open(t, &iopole.Definition, iopoleAPI(t), "[partner.collection.factures.sweep.page]\nsize = 7\n")
	if who, err := b.Identity(ctx); err != nil || who != "0f3a-77" {
		t.Errorf("%q, %v", who, err)
	}
	if active, known, err := b.Webhooks(ctx); active != 0 || !known || err != nil {
		t.Errorf("%d, %t, %v", active, known, err)
	}
	invoices, _ := b.walk(t, jobs.Ask{Collection: "factures"})
	statuses, _ := b.walk(t, jobs.Ask{Collection: "statuts"})
	if len(invoices) != 40 || len(statuses) != 60 {
		t.Fatalf("%d invoices, %d statuses", len(invoices), len(statuses))
	}
	key := ""
	for k := range invoices {
		key = k
		r, err := b.Detail(ctx, "factures", k)
		if err != nil || r.Foreign || r.Problem != "" || r.Key != k || r.Document == nil {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	files, err := b.Files(ctx, "factures", key)
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		var content kept
		if err := b.Download(ctx, "factures", key, file, 20<<20, &content); err != nil {
			t.Error(err)
		}
		if sum := sha256.Sum256(content.Bytes()); hex.EncodeToString(sum[:]) != file.SHA256 || int64(content.Len()) != file.Size {
			t.Errorf("%+v, %d bytes", file, content.Len())
		}
	}
	if err := b.Acknowledge(ctx, "factures", key, func() error { return nil }); err != nil {
		t.Error(err)
	}
	left, _ := b.walk(t, jobs.Ask{Collection: "factures"})
	swept, _ := b.walk(t, jobs.Ask{Collection: "factures", Sweep: true, From: time.Now().AddDate(0, 0, -30), To: time.Now()})
	if _, listed := left[key]; listed || len(left) != 39 || len(swept) != 40 {
		t.Errorf("%d left, %d swept", len(left), len(swept))
	}
	if gone, err := b.Detail(ctx, "factures", "unknown"); gone != nil || err != nil {
		t.Errorf("%v, %v", gone, err)
	}
}

// TestFaultsOfIopole never read as empty.
func TestFaultsOfIopole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for fault, want := range map[string]string{"null": "preset.shape-list", "shape": "preset.shape-list", "html": "call.markup"} {
		b := open(t, &iopole.Definition, iopoleAPI(t, fault), "technical_tries = 1\n")
		if p, err := b.Page(ctx, jobs.Ask{Collection: "statuts"}); callError(t, err).What.Code != want {
			t.Errorf("%s: %+v, %v", fault, p, err)
		}
	}
	b := open(t, &iopole.Definition, iopoleAPI(t, "webhook"), "")
	if active, known, err := b.Webhooks(ctx); active != 1 || !known || err != nil {
		t.Errorf("%d, %t, %v", active, known, err)
	}
	b = open(t, &iopole.Definition, iopoleAPI(t, "403-webhook"), "")
	if active, known, err := b.Webhooks(ctx); active != 0 || known || err != nil {
		t.Errorf("%d, %t, %v", active, known, err)
	}
	b = open(t, &iopole.Definition, iopoleAPI(t, "echo"), "[partner.collection.factures.sweep.page]\nsize = 7\n")
	if _, err := b.Page(ctx, jobs.Ask{Collection: "factures", Sweep: true, Page: 1, From: time.Now().AddDate(0, 0, -30),
		To: time.Now()}); err == nil ||
		!strings.Contains(err.Error(), "another page") {
		t.Error(err)
	}
	b = open(t, &iopole.Definition, iopoleAPI(t, "huge"), "")
	list, _ := b.walk(t, jobs.Ask{Collection: "factures"})
	large := 0
	for key := range list {
		files, err := b.Files(ctx, "factures", key)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Size != iopolepartner.HugeFile {
				continue
			}
			large++
			into := &kept{}
			if err := b.Download(ctx, "factures", key, f, 20<<20, into); err == nil {
				t.Error("30 MiB under 20 MiB")
			}
			if err := b.Download(ctx, "factures", key, f, 40<<20, into); err != nil {
				t.Error(err)
			}
		}
	}
	if large != 1 {
		t.Errorf("%d huge files", large)
	}
}

// TestJindexe: one password, then refresh tokens, each once; a wrong password once and never again.
func TestJindexe(t *testing.T) {
	t.Parallel()
	v := values["jindexe"]
	s, err := jindexepartner.New(jindexepartner.Config{APIKey: apiKey, Seed: 1, TokenLifetime: 2 * time.Second,
		Dossiers: []sandbox.Dossier{{Name: "saint-martin", Siret: siret, Login: v["username"], Password: v["password"]}}})
	if err != nil {
		t.Fatal(err)
	}
	store := pairs()
	b := open(t, &jindexe.Definition, s, "", func(d *preset.Dossier) { d.Grants = store })
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		if sheets, _ := b.walk(t, jobs.Ask{Collection: "fiches"}); len(sheets) != 120 {
			t.Fatalf("%d sheets", len(sheets))
		}
	}
	if g := s.Grants(v["username"]); g.Password != 1 || g.Refresh < 2 || g.Refresh > 4 || g.Spent != 0 || g.MostAtOnce != 1 {
		t.Errorf("%+v", g)
	}
	wrong := open(t, &jindexe.Definition, s, "", func(d *preset.Dossier) {
		d.Name, d.Values = "sainte-anne", map[string]string{"username": "dominique@exemple.fr", "password": "faux-canary"}
	})
	for range 3 {
		_, err := wrong.Page(context.Background(), jobs.Ask{Collection: "fiches"})
		if call := callError(t, err); !call.Definite || call.Next.Code != "preset.check-password" ||
			!strings.Contains(err.Error(), `"sainte-anne"`) || strings.Contains(err.Error(), "faux") {
			t.Errorf("%v", err)
		}
	}
	if g := s.Grants("dominique@exemple.fr"); g.Password != 1 {
		t.Errorf("%+v", g)
	}
	if wrong.Secret() != nil {
		t.Error("the store of grants remembers it alone")
	}
}

// TestNoSecretShows in errors, logs, texts of values, whatever the partner quotes.
func TestNoSecretShows(t *testing.T) {
	t.Parallel()
	canaries := []string{"canary", "mot de passe", "Y3By", "w6k6bW90IGRlIHBhc3Nl", "VEVDSF8xQGNwcm8uZnI6w6k6bW90IGRlIHBhc3NlLWNhbmFyeQ=="}
	for _, d := range []*preset.Definition{&choruspro.Definition, &iopole.Definition, &jindexe.Definition} {
		var header string
		for _, status := range []int{200, 400, 401, 403, 404, 409, 429, 500, 503} {
			b := open(t, d, scripted(func(w http.ResponseWriter, r *http.Request) {
				header = fmt.Sprint(r.Header)
				w.WriteHeader(status)
				fmt.Fprintf(w, `{"codeRetour":7,"libelle":%q,"statusMessage":%q,"Message":%q}`, header, header, values[d.Name]["password"])
			}), "technical_tries = 1\nretry_for = \"0s\"\n")
			var texts strings.Builder
			for _, c := range b.section().Collections {
				_, err := b.Page(context.Background(), jobs.Ask{Collection: c.Name})
				fmt.Fprintf(&texts, "%v %+v %s\n", err, callError(t, err).Message, jobs.Words(err))
				_ = b.Acknowledge(context.Background(), c.Name, "k1", nil)
			}
			dossier := preset.Dossier{Name: "x", Values: values[d.Name]}
			fmt.Fprintf(&texts, "%v %+v %#v %v %+v\n%s", dossier, dossier, dossier, b.partner, b.partner.Own, b.log)
			for _, canary := range canaries {
				if strings.Contains(texts.String(), canary) {
					t.Errorf("%s, %d: %q shows in\n%s", d.Name, status, canary, texts.String())
				}
			}
		}
		if want := map[string]string{"chorus-pro": "VEVDSF8xQGNwcm8uZnI6w6k6bW90IGRlIHBhc3NlLWNhbmFyeQ==", "iopole": "0f3a-77",
			"jindexe": apiKey}[d.Name]; !strings.Contains(header, want) {
			t.Errorf("%s: sent %s", d.Name, header)
		}
	}
	if !slices.Contains(canaries, "canary") {
		t.Error("no canary")
	}
}
