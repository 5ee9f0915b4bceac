package standin_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"syncd/internal/hinted"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

func (b *bench) control(method, path, body string, into any) {
	b.Helper()
	got := b.must(method, "/sandbox/"+path, body, controlling())
	if into == nil {
		wantStatus(b.T, got, http.StatusNoContent)
		return
	}
	wantStatus(b.T, got, http.StatusOK)
	decode(b.T, got.body, into)
}

func TestControlShowsWhatWasReceived(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(document)
	b.mustSend(document)
	b.mustSend(documentOf("00043"))

	var got struct {
		Dossier               string
		Documents, Deliveries int
		Received              []sandbox.Received
	}
	b.control(http.MethodGet, "received?dossier=saint-martin", "", &got)
	sum := sha256.Sum256([]byte(document))
	if got.Dossier != "saint-martin" || got.Documents != 2 || got.Deliveries != 3 || len(got.Received) != 2 {
		t.Fatalf("received %+v", got)
	}
	if first := got.Received[0]; string(first.Document) != document || first.SHA256 != hex.EncodeToString(sum[:]) || first.Deliveries != 2 {
		t.Errorf("received %+v", first)
	}
	b.control(http.MethodGet, "received?dossier=saint-martin&documents=no", "", &got)
	if strings.Contains(b.must(http.MethodGet, "/sandbox/received?dossier=saint-martin&documents=no", "", controlling()).body, "EXEMPLE") {
		t.Error("the documents are there although they were not wanted")
	}
	wantStatus(t, b.must(http.MethodGet, "/sandbox/received?dossier=x", "", controlling()), http.StatusNotFound)

	var stats sandbox.Stats
	b.control(http.MethodGet, "stats", "", &stats)
	if stats.Deliveries != 3 || stats.Repeats != 1 || stats.MaxConcurrent != 1 || stats.TokensIssued != 1 || stats.Statuses[200] != 4 {
		t.Errorf("stats %+v", stats)
	}
}

func TestControlChangesFaults(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.control(http.MethodPost, "faults", `{"503": 1, "latency": "1ms"}`, nil)
	wantStatus(t, b.mustSend(document), http.StatusServiceUnavailable)
	var inForce map[string]any
	b.control(http.MethodGet, "faults", "", &inForce)
	if text, err := json.Marshal(inForce); err != nil || string(text) != `{"503":1,"latency":"1ms"}` {
		t.Errorf("faults in force %s, %v", text, err)
	}
	b.control(http.MethodPost, "faults", `{}`, nil)
	wantStatus(t, b.mustSend(document), http.StatusOK)
	for _, bad := range []string{`{"504": 1}`, `{"503": 2}`, `{"latency": "1"}`, `nonsense`} {
		wantStatus(t, b.must(http.MethodPost, "/sandbox/faults", bad, controlling()), http.StatusBadRequest)
	}
}

func TestControlChangesNomenclatures(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	odd := strings.Replace(document, "PRIME_EXC", "PRIME_NEW", 1)
	wantStatus(t, b.mustSend(odd), http.StatusBadRequest)
	b.control(http.MethodPost, "dictionary", `{"Nom":"ElementVariable","Code":"PRIME_NEW","Libelle":"Prime","Actif":true}`, nil)
	wantStatus(t, b.mustSend(odd), http.StatusOK)
	if !strings.Contains(b.get("Dictionnaire").body, `{"Nom":"ElementVariable","Code":"PRIME_NEW","Libelle":"Prime","Actif":true}`) {
		t.Error("the new code is not told")
	}
	b.control(http.MethodPost, "dictionary", `{"Nom":"ElementVariable","Code":"PRIME_NEW","Libelle":"Prime","Actif":false}`, nil)
	wantStatus(t, b.mustSend(odd), http.StatusBadRequest)
	b.control(http.MethodDelete, "dictionary", `{"Nom":"ElementVariable","Code":"PRIME_NEW"}`, nil)
	if strings.Contains(b.get("Dictionnaire").body, "PRIME_NEW") {
		t.Error("the removed code is told")
	}
	wantStatus(t, b.must(http.MethodPost, "/sandbox/dictionary", `{"Code":"X"}`, controlling()), http.StatusBadRequest)
}

func TestReset(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(document)
	b.set(sandbox.Faults{Unavailable: 1})
	b.sandbox.RemoveEntry("Strate", "II")
	b.control(http.MethodPost, "reset", "", nil)
	if stats := b.sandbox.Stats(); b.stored() != 0 || stats.Deliveries != 0 || len(stats.Statuses) != 0 {
		t.Errorf("stats %+v", stats)
	}
	wantStatus(t, b.mustSend(document), http.StatusOK) // the old token, no fault, the old codes
	if r := b.sandbox.Received("saint-martin"); len(r) != 1 || r[0].Sequence[0] != 1 {
		t.Errorf("received %+v", r)
	}
}

func TestControlOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/sandbox/stats", nil)
	recorder := httptest.NewRecorder()
	b.sandbox.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusNotFound {
		t.Errorf("status %d without a known address", recorder.Code)
	}
	elsewhere := withLocalAddr(request, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80})
	recorder = httptest.NewRecorder()
	if b.sandbox.ServeHTTP(recorder, elsewhere); recorder.Code != http.StatusNotFound {
		t.Errorf("status %d on a public address", recorder.Code)
	}
}

// A web page reaches the sandbox through a browser of this machine: it neither reads what was received nor changes faults.
func TestControlIsClosedToWebPages(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(document)
	with := func(changes ...string) map[string]string {
		header := controlling()
		for i := 0; i < len(changes); i += 2 {
			if header[changes[i]] = changes[i+1]; changes[i+1] == "" {
				delete(header, changes[i])
			}
		}
		return header
	}
	for _, test := range []struct {
		method, path, body string
		header             map[string]string
		status             int
	}{
		{http.MethodGet, "/sandbox/received?dossier=saint-martin", "", nil, http.StatusUnauthorized},
		{http.MethodGet, "/sandbox/stats", "", with("Authorization", "Bearer "+clientSecret), http.StatusUnauthorized},
		{http.MethodGet, "/sandbox/stats", "", with("Authorization", "Bearer "), http.StatusUnauthorized},
		{http.MethodGet, "/sandbox/stats", "", with("Authorization", "Bearer "+b.token), http.StatusUnauthorized}, // the API's own
		{http.MethodGet, "/sandbox/faults", "", nil, http.StatusUnauthorized},
		{http.MethodGet, "/sandbox/contract", "", nil, http.StatusUnauthorized},
		{http.MethodPost, "/sandbox/faults", `{"503": 1}`, map[string]string{"Content-Type": "text/plain"}, http.StatusUnauthorized},
		{http.MethodPost, "/sandbox/faults", `{"503": 1}`, with("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		{http.MethodPost, "/sandbox/faults", `{"503": 1}`, with("Content-Type", "application/x-www-form-urlencoded"),
			http.StatusUnsupportedMediaType},
		{http.MethodPost, "/sandbox/faults", `{"503": 1}`, with("Content-Type", "text/plain; application/json"), http.StatusUnsupportedMediaType},
		{http.MethodPost, "/sandbox/faults", `{"503": 1}`, with("Content-Type", ""), http.StatusUnsupportedMediaType},
		{http.MethodPost, "/sandbox/reset", "", with("Content-Type", ""), http.StatusUnsupportedMediaType},
		{http.MethodDelete, "/sandbox/document", `{"dossier":"saint-martin","matricule":"00042"}`, nil, http.StatusUnauthorized},
		{http.MethodDelete, "/sandbox/dictionary", `{"Nom":"Strate","Code":"II"}`, with("Origin", "http://evil.example"), http.StatusForbidden},
		{http.MethodPost, "/sandbox/faults", `{"503": 1}`, with("Origin", "null"), http.StatusForbidden},
		{http.MethodGet, "/sandbox/received?dossier=saint-martin", "", with("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{http.MethodGet, "/Api2/V2/Dictionnaire", "", map[string]string{"Origin": "http://evil.example"}, http.StatusForbidden},
		{http.MethodPost, standin.TokenPath, tokenForm(nil),
			map[string]string{"Origin": "http://evil.example", "Content-Type": "application/x-www-form-urlencoded"}, http.StatusForbidden},
		{http.MethodPost, "/sandbox/faults", `{}`, with("Content-Type", "Application/JSON; charset=utf-8"), http.StatusNoContent},
	} {
		if got := b.must(test.method, test.path, test.body, test.header); got.status != test.status || got.status >= 400 &&
			strings.Contains(got.body, "EXEMPLE") {
			t.Errorf("%s %s %v: %d %s, want %d", test.method, test.path, test.header, got.status, got.body, test.status)
		}
	}
	rebound, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/sandbox/received?dossier=saint-martin", nil)
	if err != nil {
		t.Fatal(err)
	}
	rebound.Host = "rebound.example"
	rebound.Header.Set("Authorization", controlling()["Authorization"])
	response, err := b.client.Do(rebound)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a host that a DNS rebound: %d", response.StatusCode)
	}
	wantStatus(t, b.mustSend(document), http.StatusOK) // no fault was switched on
}

// What is refused is told as text for curl, and as a fact for who has other words.
func TestControlTellsWhyAsAFact(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for _, test := range []struct {
		method, path, body string
		header             map[string]string
		code               string
	}{
		{http.MethodGet, "stats", "", nil, "sandbox.wants-token"},
		{http.MethodPost, "faults", "{}", map[string]string{"Authorization": controlling()["Authorization"]}, "sandbox.wants-json"},
		{http.MethodPost, "faults", "{", controlling(), "sandbox.request"},
		{http.MethodPost, "dictionary", "{}", controlling(), "sandbox.no-code"},
		{http.MethodGet, "received?dossier=x", "", controlling(), "sandbox.nothing-received"},
		{http.MethodDelete, "document", `{"dossier":"saint-martin","matricule":"00042"}`, controlling(), "sandbox.no-document"},
	} {
		got := b.must(test.method, "/sandbox/"+test.path, test.body, test.header)
		var told hinted.Kept
		if err := json.Unmarshal([]byte(got.header.Get(sandbox.Problem)), &told); err != nil || told.What.Code != test.code {
			t.Errorf("%s: %v, %q", test.code, err, got.header.Get(sandbox.Problem))
		}
		if strings.TrimSpace(got.body) != told.Error() {
			t.Errorf("%s: %s", test.code, got.body)
		}
	}
}
