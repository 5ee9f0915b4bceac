package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Endpoint names one of the calls that faults can act upon.
type Endpoint string

const (
	EndpointToken        Endpoint = "token"
	EndpointDossier      Endpoint = "dossier"
	EndpointDictionnaire Endpoint = "dictionnaire"
	EndpointSalarie      Endpoint = "salarie"
	EndpointRead         Endpoint = "read" // a Salarie that is asked for
)

// maxBody is the size in bytes above which a request is refused with 413.
const maxBody = 1 << 20

// call is a request whose body has been read.
type call struct {
	r    *http.Request
	body []byte
}

// answer is what a handler decided; it is written by endpoint, unless a fault takes its place.
type answer struct {
	status int
	body   []byte
	header map[string]string // besides Content-Type; may be nil
}

// endpoint wraps a handler with what all calls share: counting, reading the body, faults.
func (s *Sandbox) endpoint(name Endpoint, handle func(call) *answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Counted down before the answer is flushed: a client never sees more of its calls counted than it has in flight.
		defer s.stats.enter(name)()
		body, refusal := readBody(r)
		if refusal != nil {
			s.write(w, refusal)
			return
		}
		fault := s.chaos.draw(name)
		waitLatency(r, fault.latency)
		if fault.kind != faultNone && fault.kind.before() {
			s.misbehave(w, call{r, body}, fault, nil)
			return
		}
		a := handle(call{r, body})
		if fault.kind != faultNone && a.status < http.StatusBadRequest {
			s.misbehave(w, call{r, body}, fault, a)
			return
		}
		s.write(w, a)
	})
}

// readBody reads the whole body first, as IIS does: from then on the request will be processed whatever the client does.
func readBody(r *http.Request) ([]byte, *answer) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > maxBody {
		return nil, message(http.StatusRequestEntityTooLarge, "Maximum request length exceeded.")
	}
	var body []byte
	var err error
	if r.ContentLength > 0 {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		panic(http.ErrAbortHandler) // the client went away in the middle of its request: nobody to answer
	case err != nil:
		return nil, message(http.StatusBadRequest, "The request body cannot be read.")
	case len(body) > maxBody:
		return nil, message(http.StatusRequestEntityTooLarge, "Maximum request length exceeded.")
	}
	return body, nil
}

// waitLatency waits whether the client is still there or not; only the end of the server cuts it short.
func waitLatency(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-serverDone(r.Context()):
		panic(http.ErrAbortHandler)
	}
}

type serverKey struct{}

// withServer makes ctx known to serverDone, underneath the contexts of the requests.
func withServer(ctx context.Context) context.Context {
	return context.WithValue(ctx, serverKey{}, ctx.Done())
}

// serverDone is closed when Serve ends; nil (never) when the sandbox is served by something else.
func serverDone(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(serverKey{}).(<-chan struct{})
	return done
}

// write sends an answer as ASP.NET would. An error means that the client has gone: there is nobody left to tell.
func (s *Sandbox) write(w http.ResponseWriter, a *answer) {
	header := w.Header()
	for name, value := range a.header {
		header.Set(name, value)
	}
	if len(a.body) > 0 && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	s.stats.add(func(t *Stats) { t.Statuses[a.status]++ })
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
