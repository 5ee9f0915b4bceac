package httpcall

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

const (
	readPath = "/V2/Salarie/{key}?periode={period}"
	readCall = "GET " + readPath
)

// The trouble that no status tells.
func TestReadsThatGetNoAnswer(t *testing.T) {
	t.Parallel()
	cut := newPartner(t, func(w http.ResponseWriter, _ *http.Request) { cutConnection(t, w, "") })
	half := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
		cutConnection(t, w, "HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n{\"Message\":")
	})
	refused := &partner{}
	refused.start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		if _, err := io.WriteString(w, `{"error":"invalid_client"}`); err != nil {
			t.Error(err)
		}
	}, http.NotFound)
	ended, end := context.WithCancel(t.Context())
	end()
	for name, test := range map[string]struct {
		partner *partner
		ctx     context.Context
		class   jobs.Class
		call    string
		problem string
	}{
		"cut":            {cut, t.Context(), jobs.ClassTemporary, readCall, "the connection broke before the answer"},
		"404 that broke": {half, t.Context(), jobs.ClassTemporary, readCall, "the answer broke off"},
		"invalid client": {refused, t.Context(), jobs.ClassConfiguration, "token", "the token was refused: invalid_client (400 Bad Request)"},
		"given up":       {cut, ended, jobs.ClassCancelled, readCall, "cancelled"},
	} {
		got, err := test.partner.open(t, nil).Dossier(testKey).Read(test.ctx)
		if got != nil || err == nil {
			t.Fatalf("%s: got %q, %v", name, got, err)
		}
		if call := callError(t, err); call.Class != test.class || call.Call != test.call || call.Problem != test.problem {
			t.Errorf("%s: error %+v, want %s, %s: %s", name, call, test.class, test.call, test.problem)
		}
	}
}

// A read may be repeated whatever became of it, even where documents may not be sent again.
func TestReadsAreRepeated(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(http.ResponseWriter){
		"503":         func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"500":         func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"401":         func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) },
		"cut":         func(w http.ResponseWriter) { cutConnection(t, w, "") },
		"cut halfway": func(w http.ResponseWriter) { cutConnection(t, w, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{") },
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
					if asked.Add(1) == 1 {
						first(w)
						return
					}
					if _, err := io.WriteString(w, testDoc); err != nil {
						t.Error(err)
					}
				})
				c := p.open(t, func(o *toyOptions) {
					o.ReadMethod, o.ResendAmbiguous, o.RetryFor = method, false, time.Minute
				})
				got, err := c.Dossier(testKey).Read(t.Context())
				if err != nil || mustJSON(t, got) != testDoc || asked.Load() != 2 {
					t.Errorf("%v, %v after %d requests", got, err, asked.Load())
				}
				if tokens := p.tokens.Load(); tokens != 1 { // one that is new is waited for
					t.Errorf("%d tokens", tokens)
				}
			})
		}
	}
}

func TestReadsShareTheLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var busy gauge
		s := &script{steps: []step{busy.takes(time.Second)}}
		var seen observed
		api := s.open(t, func(o *toyOptions) { o.MaxInFlight, o.RatePerSecond, o.Observe = 5, 2, seen.add }).Dossier(testKey)
		started := time.Now()
		var all sync.WaitGroup
		for range 15 {
			all.Go(func() { sendBy(api, "00042") })
			all.Go(func() {
				_, err := api.Read(t.Context())
				if callError(t, err).Class != jobs.ClassTechnical { // 200 without a body
					t.Error(err)
				}
			})
		}
		all.Wait()
		reads := 0
		for _, call := range seen.calls {
			if call.Endpoint == "read" && call.Outcome == "2xx" {
				reads++
			}
		}
		if busy.most != 5 || reads != 45 {
			t.Errorf("%d in flight at most, %d reads, want 5 and 45: three tries each", busy.most, reads)
		}
		if took := time.Since(started); took < 27*time.Second { // 5 at once, 55 at 2 a second
			t.Errorf("took %v", took)
		}
	})
}
