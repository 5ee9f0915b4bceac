package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

type faultKind int

const (
	faultNone faultKind = iota
	faultUnavailable
	faultTooMany
	faultError
	faultErrorAfter
	faultLost
	faultCut
	faultHang
	faultHTML
	faultEndless
	faultRedirect
	faultInside
	faultUnavailableAfter
	faultSeeOther
	faultSwitch
	faultTaken
	faultStray
	faultMissing
)

// before reports whether the fault takes the place of the processing; the others strike after it.
func (k faultKind) before() bool {
	return k == faultMissing || k != faultErrorAfter && k != faultLost && k != faultEndless && k < faultUnavailableAfter
}

// strike is what befalls one request.
type strike struct {
	kind    faultKind
	latency time.Duration
	faults  *Faults
}

// chaos draws the faults: a function of the seed and of the number of the request among those that faults act upon.
type chaos struct {
	seed   uint64
	drawn  atomic.Uint64
	faults atomic.Pointer[Faults]
}

func (s *Server) draw(e Endpoint) strike {
	c := &s.chaos
	f := c.faults.Load()
	drawn := strike{faults: f}
	if !s.struck(f, e) {
		return drawn
	}
	n := 2 * c.drawn.Add(1)
	drawn.latency = time.Duration(f.Latency) + time.Duration(unit(c.seed, n)*float64(f.Jitter))
	drawn.kind = f.pick(unit(c.seed, n+1))
	return drawn
}

// struck reports whether faults act upon a call.
func (s *Server) struck(f *Faults, e Endpoint) bool {
	if len(f.On) == 0 {
		return e == s.api.Default
	}
	return slices.Contains(f.On, e)
}

// pick maps u, even in [0,1), to a fault. Those without a share strike every time.
func (f *Faults) pick(u float64) faultKind {
	switch {
	case f.Redirect != "":
		return faultRedirect
	case f.HTML:
		return faultHTML
	}
	for _, s := range f.shares() {
		if u < s.of {
			return s.kind
		}
		u -= s.of
	}
	if f.Endless {
		return faultEndless
	}
	return faultNone
}

// unit is the n-th number of a sequence even in [0,1): splitmix64, which needs no state and so no lock.
func unit(seed, n uint64) float64 {
	z := seed + n*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// misbehave answers, or does not answer, as the fault says. right is the answer that it takes the place of; nil when
// nothing was processed.
func (s *Server) misbehave(w http.ResponseWriter, c Call, fault strike, right *Answer) {
	switch fault.kind {
	case faultUnavailable:
		s.Write(w, fault.faults.later(s.api.Message(http.StatusServiceUnavailable, "The service is unavailable.")))
	case faultTooMany:
		s.Write(w, fault.faults.later(s.api.Message(http.StatusTooManyRequests, "Too many requests.")))
	case faultMissing:
		s.Write(w, s.api.Message(http.StatusNotFound, "Not found."))
	case faultUnavailableAfter: // a gateway that did not wait for the API: it cannot say when to come back
		s.Write(w, s.api.Message(http.StatusServiceUnavailable, "upstream request timeout"))
	case faultInside:
		s.Write(w, &Answer{Status: http.StatusMultiStatus, Body: []byte(`[{"status":422,"Message":"The request is invalid."}]`)})
	case faultSeeOther:
		s.Write(w, &Answer{Status: http.StatusSeeOther, Header: map[string]string{"Location": s.api.SeeOther}})
	case faultTaken:
		s.Write(w, s.api.Message(http.StatusAccepted, "Queued."))
	case faultSwitch:
		s.sayRaw(w, http.StatusSwitchingProtocols, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", true)
	case faultStray:
		text := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			right.Status, http.StatusText(right.Status), len(right.Body), right.Body)
		s.sayRaw(w, right.Status, text+text, false)
	case faultError, faultErrorAfter:
		s.Write(w, s.api.Exception(c.Body))
	case faultHTML:
		s.Write(w, &Answer{Status: http.StatusOK, Body: []byte(htmlPage), Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}})
	case faultRedirect:
		s.Write(w, &Answer{Status: http.StatusTemporaryRedirect, Header: map[string]string{"Location": fault.faults.Redirect}})
	case faultEndless:
		s.writeEndless(w, c.Request)
	case faultHang:
		s.stats.add(func(t *Stats) { t.Hung++ })
		<-c.Request.Context().Done() // the client gave up, or the server ends
		panic(http.ErrAbortHandler)
	case faultNone, faultLost, faultCut:
		s.Abort()
	}
}

const htmlPage = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Site en maintenance</h1></body></html>"

// sayRaw takes the connection over and writes what no handler may; open = it then says no more, until the client goes or a
// minute has passed.
func (s *Server) sayRaw(w http.ResponseWriter, status int, text string, open bool) {
	s.stats.add(func(t *Stats) { t.Statuses[status]++ })
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(connection, text) // the client may have gone
	if open && connection.SetDeadline(time.Now().Add(time.Minute)) == nil {
		_, _ = io.Copy(io.Discard, connection)
	}
	_ = connection.Close()
}

// later asks to come back in RetryAfter, rounded up to whole seconds in both forms.
func (f *Faults) later(a *Answer) *Answer {
	after := time.Duration(f.RetryAfter)
	const roundUp = time.Second - 1
	switch {
	case after == 0:
	case f.RetryAfterDate:
		a.Header = map[string]string{"Retry-After": time.Now().Add(after + roundUp).UTC().Format(http.TimeFormat)}
	default:
		a.Header = map[string]string{"Retry-After": strconv.Itoa(int((after + roundUp) / time.Second))}
	}
	return a
}

// endlessChunk is sent every endlessPause: about 6 MB a second, enough to hurt whoever keeps it all.
var endlessChunk = []byte(strings.Repeat(" ", 64<<10))

const endlessPause = 10 * time.Millisecond

func (s *Server) writeEndless(w http.ResponseWriter, r *http.Request) {
	s.Write(w, &Answer{Status: http.StatusOK, Body: []byte(`{"Message":`)})
	flusher := http.NewResponseController(w)
	tick := time.NewTicker(endlessPause)
	defer tick.Stop()
	for {
		if _, err := w.Write(endlessChunk); err != nil {
			panic(http.ErrAbortHandler) // the client has had enough
		}
		if err := flusher.Flush(); err != nil {
			panic(http.ErrAbortHandler)
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}
