package standin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

// stored is how many documents the dossier contains.
func (b *bench) stored() int { return len(b.sandbox.Received("saint-martin")) }

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults sandbox.Faults
		status int
		text   string // part of the body
		stored int
	}{
		"503":            {sandbox.Faults{Unavailable: 1}, 503, `{"Message":"The service is unavailable."}`, 0},
		"429":            {sandbox.Faults{TooMany: 1}, 429, `{"Message":"Too many requests."}`, 0},
		"500":            {sandbox.Faults{Error: 1}, 500, "285057899900116", 0},
		"500-after":      {sandbox.Faults{ErrorAfter: 1}, 500, `"StackTrace":`, 1},
		"html":           {sandbox.Faults{HTML: true}, 200, "<!DOCTYPE html>", 0},
		"redirect":       {sandbox.Faults{Redirect: "https://elsewhere.example/x"}, 307, "", 0},
		"reject":         {sandbox.Faults{Reject: []string{"00042"}}, 400, "Camille EXEMPLE", 0},
		"rejects others": {sandbox.Faults{Reject: []string{"00043"}}, 200, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, faults(test.faults))
			got := b.mustSend(document)
			wantStatus(t, got, test.status)
			if !strings.Contains(got.body, test.text) {
				t.Errorf("body %s, want %s", got.body, test.text)
			}
			if location := got.header.Get("Location"); location != test.faults.Redirect {
				t.Errorf("Location %q", location)
			}
			if html := strings.HasPrefix(got.header.Get("Content-Type"), "text/html"); html != test.faults.HTML {
				t.Errorf("Content-Type %q", got.header.Get("Content-Type"))
			}
			if n := b.stored(); n != test.stored {
				t.Errorf("%d documents stored, want %d", n, test.stored)
			}
			wantStatus(t, b.get("Dossier"), http.StatusOK) // faults act on Salarie unless told otherwise
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{TooMany: 1}))
	if got := b.mustSend(document).header.Get("Retry-After"); got != "" {
		t.Errorf("Retry-After %q, want none", got)
	}
	b.set(sandbox.Faults{TooMany: 1, RetryAfter: sandbox.Duration(1500 * time.Millisecond)})
	if got := b.mustSend(document).header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
	b.set(sandbox.Faults{TooMany: 1, RetryAfter: sandbox.Duration(time.Hour), RetryAfterDate: true})
	at, err := http.ParseTime(b.mustSend(document).header.Get("Retry-After"))
	if wait := time.Until(at); err != nil || wait < 59*time.Minute || wait > 61*time.Minute {
		t.Errorf("Retry-After in %v, %v", wait, err)
	}
}

func (b *bench) set(f sandbox.Faults) {
	b.Helper()
	if err := b.sandbox.SetFaults(f); err != nil {
		b.Fatal(err)
	}
}

func TestLostAndCut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults sandbox.Faults
		stored int
	}{
		"lost": {sandbox.Faults{Lost: 1}, 1},
		"cut":  {sandbox.Faults{Cut: 1}, 0},
	} {
		b := start(t, faults(test.faults))
		if got, err := b.send(document); err == nil {
			t.Errorf("%s: answered %d", name, got.status)
		}
		if n := b.stored(); n != test.stored {
			t.Errorf("%s: %d documents stored, want %d", name, n, test.stored)
		}
		if stats := b.sandbox.Stats(); stats.Cut != 1 || stats.Statuses[200] != 1 { // 200: the token
			t.Errorf("%s: stats %+v", name, stats)
		}
	}
}

func TestLostDoesNotHideARefusal(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{Lost: 1}))
	wantStatus(t, b.mustSend(`{}`), http.StatusBadRequest)
}

func TestHang(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{Hang: 1}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := b.doContext(ctx, http.MethodPost, "/Api2/V2/Salarie", document, b.auth())
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if stats := b.sandbox.Stats(); stats.Hung != 1 || b.stored() != 0 {
		t.Errorf("stats %+v", stats)
	}
}

func TestEndless(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{Endless: true}))
	got := b.mustSend(document) // reads 4 MiB, then gives up
	if got.status != http.StatusOK || len(got.body) != 4<<20 || !strings.HasPrefix(got.body, `{"Message": `) {
		t.Errorf("status %d, %d bytes", got.status, len(got.body))
	}
	if b.stored() != 1 {
		t.Error("the document was not stored")
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{Latency: sandbox.Duration(30 * time.Millisecond), Jitter: sandbox.Duration(time.Millisecond)}))
	began := time.Now()
	wantStatus(t, b.mustSend(document), http.StatusOK)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}

// A real server goes on with a request that arrived, whether its client waits or was killed.
func TestARequestThatArrivedIsProcessedWithoutItsClient(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{Latency: sandbox.Duration(100 * time.Millisecond)}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := b.doContext(ctx, http.MethodPost, "/Api2/V2/Salarie", document, b.auth()); err == nil {
		t.Fatal("answered before the latency was over")
	}
	eventually(t, func() bool { return b.stored() == 1 })
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); !condition(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen within ten seconds")
		}
	}
}

func TestRevokeEvery(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{RevokeEvery: 3}))
	var statuses []int
	for range 5 {
		statuses = append(statuses, b.get("Dossier").status)
	}
	b.token = b.newToken() // calls with a token that has ended count for nothing: the next but one revokes again
	for range 3 {
		statuses = append(statuses, b.get("Dossier").status)
	}
	if got := fmt.Sprint(statuses); got != "[200 200 401 401 401 200 200 401]" {
		t.Errorf("statuses %s", got)
	}
	b.token = b.newToken()
	wantStatus(t, b.get("Dossier"), http.StatusOK)
	if n := b.sandbox.Stats().TokensIssued; n != 3 {
		t.Errorf("%d tokens issued", n)
	}
}

func TestIdentityAndEmptyNomenclatures(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var entries []standin.Entry
	decode(t, b.get("Dictionnaire").body, &entries)
	if len(entries) != len(standin.DefaultNomenclatures()) || entries[0].Nom != "CategorieProfessionnelle" {
		t.Errorf("%d entries, the first %+v", len(entries), entries[0])
	}
	b.set(sandbox.Faults{Identity: "98765432100017", EmptyNomenclatures: true})
	if got := b.get("Dossier").body; got != `{"Nom":"saint-martin","Siret":"98765432100017"}` {
		t.Errorf("Dossier answers %s", got)
	}
	if got := b.get("Dictionnaire").body; got != `[]` {
		t.Errorf("Dictionnaire answers %s", got)
	}
}

func TestFaultsOnOtherCalls(t *testing.T) {
	t.Parallel()
	b := start(t, faults(sandbox.Faults{Unavailable: 1, On: []sandbox.Endpoint{standin.EndpointDossier, standin.EndpointDictionnaire}}))
	wantStatus(t, b.get("Dossier"), http.StatusServiceUnavailable)
	wantStatus(t, b.get("Dictionnaire"), http.StatusServiceUnavailable)
	wantStatus(t, b.mustSend(document), http.StatusOK)
}

func TestSameSeedSameFaults(t *testing.T) {
	t.Parallel()
	outcomes := func(seed uint64) string {
		b := start(t, func(c *standin.Config) {
			c.Seed = seed
			c.Faults = sandbox.Faults{Unavailable: 0.2, Error: 0.2, Lost: 0.2, Cut: 0.1}
		})
		var text strings.Builder
		for range 40 {
			got, err := b.send(document)
			fmt.Fprint(&text, got.status, err != nil, " ")
		}
		fmt.Fprint(&text, b.sandbox.Stats().Deliveries)
		return text.String()
	}
	first := outcomes(1)
	if second := outcomes(1); second != first {
		t.Errorf("the same seed gave\n%s\nand\n%s", first, second)
	}
	if other := outcomes(2); other == first {
		t.Error("another seed gave the same")
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	examples := make([]string, 0, len(standin.API.FaultFlags()))
	for _, flag := range standin.API.FaultFlags() {
		if !strings.HasPrefix(flag.Example, flag.Name) {
			t.Errorf("flag %+v", flag)
		}
		examples = append(examples, flag.Example)
	}
	parsed, err := standin.API.ParseFaults(examples...)
	if err != nil {
		t.Fatal(err)
	}
	value := reflect.ValueOf(parsed)
	for i := range value.NumField() {
		if value.Field(i).IsZero() && (value.Type().Field(i).Name != "Switches" || standin.API.Switches != nil) {
			t.Errorf("no example sets %s", value.Type().Field(i).Name)
		}
	}
	rendered, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	var back sandbox.Faults
	decode(t, string(rendered), &back)
	if !reflect.DeepEqual(back, parsed) {
		t.Errorf("JSON gives back %+v, want %+v", back, parsed)
	}
}

func TestParseFaultsMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"5O3=0.1":        "unknown fault \"5O3\"\nhint: one of latency, jitter, 503",
		"503=ten":        "fault 503: \"ten\" is not a share between 0 and 1\nhint: for example 503=0.1",
		"503":            "fault 503: needs a value\nhint: for example 503=0.1",
		"503=1.5":        "a share of faults is not between 0 and 1",
		"503=NaN":        "a share of faults is not between 0 and 1",
		"latency=20":     "fault latency: \"20\" is not a duration such as 20ms\nhint: for example latency=20ms",
		"latency=-1s":    "a fault has a negative duration or count",
		"revoke-every=x": "fault revoke-every: \"x\" is not a whole number",
		"html=yes":       "fault html: takes no value",
		"on=salaries":    "faults cannot act on \"salaries\"\nhint: token, dossier, dictionnaire, salarie",
		"redirect=x":     "the target of the fault redirect is not an absolute URL",
	} {
		if _, err := standin.API.ParseFaults(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := standin.API.ParseFaults("503=0.6", "lost=0.6"); err == nil || !strings.Contains(err.Error(), "add up to 1.2") {
		t.Errorf("shares over 1: %v", err)
	}
}
