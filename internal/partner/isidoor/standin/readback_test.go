package standin_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

func TestReadingBack(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	december := strings.Replace(document, "2026-11", "2026-12", 1)
	for _, body := range []string{december, document, documentOf("a/b ?")} {
		wantStatus(t, b.mustSend(body), http.StatusOK)
	}
	for path, want := range map[string]string{
		"Salarie/00042?periode=2026-11":          document,
		"Salarie/00042?periode=2026-12":          december,
		"Salarie/00042":                          december, // the newest
		"Salarie/a%2Fb%20%3F?periode=2026-11":    documentOf("a/b ?"),
		"Salarie/00042?Periode=2026-11&autre=né": december, // names have their case; others are ignored
	} {
		got := b.get(path)
		wantStatus(t, got, http.StatusOK)
		if got.body != want || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	for _, path := range []string{"Salarie/00042?periode=2026-10", "Salarie/42", "Salarie/00042%20"} {
		got := b.get(path)
		wantStatus(t, got, http.StatusNotFound)
		if !strings.HasPrefix(got.body, `{"Message":"Aucun salarié de matricule '`) {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	for _, period := range []string{"", "2026", "2026-13"} {
		wantStatus(t, b.get("Salarie/00042?periode="+period), http.StatusBadRequest)
	}
	if got := b.get("Salarie/"); got.status != http.StatusNotFound || !strings.Contains(got.body, "No HTTP resource was found") {
		t.Errorf("an address that does not exist: %d %s", got.status, got.body)
	}
	if stats := b.sandbox.Stats(); stats.Calls[standin.EndpointRead] != 11 || stats.Deliveries != 3 {
		t.Errorf("stats %+v", stats)
	}
}

func TestReadingBackRefuses(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(document)
	read := func(change func(map[string]string)) reply {
		header := b.auth()
		change(header)
		return b.must(http.MethodGet, "/Api2/V2/Salarie/00042", "", header)
	}
	wantStatus(t, read(func(h map[string]string) { h[standin.DefaultKeyName] = keyB }), http.StatusNotFound) // another dossier's
	wantStatus(t, read(func(h map[string]string) { h[standin.DefaultKeyName] = "x" }), http.StatusForbidden)
	wantStatus(t, read(func(h map[string]string) { delete(h, "Authorization") }), http.StatusUnauthorized)
	got := b.must(http.MethodPut, "/Api2/V2/Salarie/00042", document, b.auth())
	if wantStatus(t, got, http.StatusMethodNotAllowed); got.header.Get("Allow") != http.MethodGet {
		t.Errorf("Allow %q", got.header.Get("Allow"))
	}
}

func TestReadingBackWithTheKeyInThePath(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *standin.Config) { c.KeyIn = standin.KeyInPath })
	wantStatus(t, b.must(http.MethodPost, "/Api2/V2/%7Bcle-A%7D/Salarie", document, b.auth()), http.StatusOK)
	got := b.get("%7Bcle-A%7D/Salarie/00042?periode=2026-11")
	if wantStatus(t, got, http.StatusOK); got.body != document {
		t.Errorf("answers %s", got.body)
	}
}

// Faults strike reads only when they are told to, so that answers can be lost and then asked for.
func TestFaultsOfReads(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(document)
	b.set(sandbox.Faults{Lost: 1})
	wantStatus(t, b.get("Salarie/00042"), http.StatusOK)

	on := []sandbox.Endpoint{standin.EndpointRead}
	for status, f := range map[int]sandbox.Faults{
		503: {On: on, Unavailable: 1}, 429: {On: on, TooMany: 1}, 500: {On: on, ErrorAfter: 1},
	} {
		b.set(f)
		wantStatus(t, b.get("Salarie/00042"), status)
		wantStatus(t, b.mustSend(document), http.StatusOK)
	}
	b.set(sandbox.Faults{On: on, HTML: true})
	if got := b.get("Salarie/00042").body; !strings.HasPrefix(got, "<!DOCTYPE html>") {
		t.Errorf("html: %s", got)
	}
	for _, f := range []sandbox.Faults{{On: on, Cut: 1}, {On: on, Lost: 1}} {
		b.set(f)
		if got, err := b.do(http.MethodGet, "/Api2/V2/Salarie/00042", "", b.auth()); err == nil {
			t.Errorf("answered %d", got.status)
		}
	}
	b.set(sandbox.Faults{On: on, Hang: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.doContext(ctx, http.MethodGet, "/Api2/V2/Salarie/00042", "", b.auth()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v", err)
	}
	b.set(sandbox.Faults{On: on, Latency: sandbox.Duration(30 * time.Millisecond)})
	began := time.Now()
	wantStatus(t, b.get("Salarie/00042"), http.StatusOK)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}

func TestAppendPaysTwice(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *standin.Config) { c.Append = true })
	const first, second = `{"Code":"HSUP25","Montant":null,"Quantite":3.5}`, `{"Code":"PRIME_EXC","Montant":120.00,"Quantite":null}`
	sent := func(iban, elements string) string {
		text, _, _ := strings.Cut(document, `"Elements"`)
		return strings.Replace(text, "FR7630006000011234567890189", iban, 1) + elements + `"Inconnu":1}`
	}
	const oldIban, newIban = "FR7630006000011234567890189", "DE89370400440532013000"
	for _, test := range []struct{ iban, elements, want string }{
		{oldIban, ``, ``}, // none is not an empty array: as it was sent
		{oldIban, `"Elements":[` + first + `],`, `[` + first + `]`},
		{oldIban, `"Elements":[` + first + `],`, `[` + first + `,` + first + `]`},
		{newIban, `"Elements":[` + second + `],`, `[` + first + `,` + first + `,` + second + `]`},
		{newIban, `"Elements":[],`, `[` + first + `,` + first + `,` + second + `]`},
		{newIban, `"Elements":null,`, `[` + first + `,` + first + `,` + second + `]`},
	} {
		wantStatus(t, b.mustSend(sent(test.iban, test.elements)), http.StatusOK)
		got := b.get("Salarie/00042?periode=2026-11").body
		if !strings.Contains(got, `"Iban":"`+test.iban+`"`) || !strings.Contains(got, `"TauxActivite":75.00`) ||
			(test.want == "") == strings.Contains(got, "Elements") || !strings.Contains(got, test.want) {
			t.Fatalf("after %s: %s", test.elements, got)
		}
	}
	if r := b.sandbox.Received("saint-martin"); len(r) != 1 || r[0].Deliveries != 6 || r[0].Repeats != 1 {
		t.Errorf("received %+v", r)
	}
	october := strings.Replace(sent(oldIban, `"Elements":[`+second+`],`), "2026-11", "2026-10", 1)
	b.mustSend(october)
	if got := b.get("Salarie/00042?periode=2026-10").body; got != october { // each period has its own
		t.Errorf("another period: %s", got)
	}
}
