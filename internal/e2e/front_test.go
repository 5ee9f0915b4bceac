package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// fate is what befalls one request that sends a document.
type fate int

const (
	served       fate = iota // the sandbox answers
	lost                     // processed, then the connection is cut without an answer
	dropped                  // not processed, the connection is cut: the sender cannot tell it from lost
	refused                  // 400, not processed
	away                     // 503 that says when to come back, not processed
	broken                   // 500, not processed; the sender cannot know that
	forbidden                // 403, not processed
	unlawful                 // 451, not processed
	locked                   // 423, not processed
	unauthorized             // 401, not processed, whatever token comes
	slow                     // the sandbox answers after a while
	hangs                    // not processed, not answered until the client gives up
	late                     // processed, and 503: a gateway did not wait for the API
	seeOther                 // processed, and 303: what a form does
	inside                   // not processed: a 207 with the refusal inside
	page                     // processed, and a web page
	half                     // processed, and half of the answer
	switched                 // processed, and 101: another protocol
	taken                    // processed, and 202
)

// unclear are the fates that nobody can tell from having been received, whatever was.
var unclear = map[string]fate{
	"lost": lost, "broken": broken, "late": late, "see other": seeOther, "inside": inside, "page": page, "half": half, "switched": switched,
}

// front stands before the sandbox and decides about each request by matricule and by how often that one was sent.
type front struct {
	inner http.Handler

	mu     sync.Mutex
	script func(matricule string, n int) fate
	calls  map[string]int
	order  []string          // the matricules of requests since play
	closed string            // the end of paths at which a page answers; "" = none
	status int               // of that page
	hidden []string          // the matricules whose documents are not shown
	refuse int               // but this status
	also   map[string]string // other paths at which it takes documents, and the one meant
	began  chan string       // receives the matricule of each request, if somebody listens
}

// play sets the script; counting of requests starts again. nil = all are served.
func (f *front) play(script func(matricule string, n int) fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script, f.calls, f.order = script, map[string]int{}, nil
}

// close puts a page in front of the paths that end so: a maintenance page, or whatever else is no API. A status of 401 is
// the authorization server's own refusal of a client.
func (f *front) close(path string, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.status = path, status
}

func (f *front) isClosed(path string) (status int, closed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status, f.closed != "" && strings.HasSuffix(path, f.closed)
}

// hide lets a page answer whoever asks for the document of one of these.
func (f *front) hide(status int, matricules ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse, f.hidden = status, matricules
}

func (f *front) isHidden(r *http.Request) (status int, hidden bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refuse, r.Method == http.MethodGet && slices.Contains(f.hidden, path.Base(r.URL.Path))
}

// takes documents at another path, too.
func (f *front) takes(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.also == nil {
		f.also = map[string]string{}
	}
	f.also[path] = "/V2/Salarie"
}

// meant is the path of the sandbox that a request is for.
func (f *front) meant(path string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for other, path2 := range f.also {
		if base, ok := strings.CutSuffix(path, other); ok {
			return base + path2
		}
	}
	return path
}

// sent is how many requests came for a matricule since play.
func (f *front) sent(matricule string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[matricule]
}

// last is which request since play was the last one for a matricule; -1 = there was none.
func (f *front) last(matricule string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, m := range slices.Backward(f.order) {
		if m == matricule {
			return i
		}
	}
	return -1
}

func (f *front) draw(matricule string) fate {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[matricule]++
	f.order = append(f.order, matricule)
	if f.script == nil {
		return served
	}
	return f.script(matricule, f.calls[matricule])
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Path = f.meant(r.URL.Path)
	if status, closed := f.isClosed(r.URL.Path); closed {
		shut(w, status)
		return
	}
	if status, hidden := f.isHidden(r); hidden {
		shut(w, status)
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/Salarie") {
		f.inner.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var document struct{ Matricule string }
	if err := json.Unmarshal(body, &document); err != nil {
		http.Error(w, "not a document", http.StatusBadRequest)
		return
	}
	select {
	case f.began <- document.Matricule:
	default:
	}
	f.meet(f.draw(document.Matricule), w, r)
}

func (f *front) meet(fate fate, w http.ResponseWriter, r *http.Request) {
	switch fate {
	case served:
		f.inner.ServeHTTP(w, r)
	case lost:
		f.inner.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case dropped:
		panic(http.ErrAbortHandler)
	case hangs:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case refused:
		answer(w, http.StatusBadRequest)
	case away:
		w.Header().Set("Retry-After", "0")
		answer(w, http.StatusServiceUnavailable)
	case inside:
		answer(w, http.StatusMultiStatus)
	case late, seeOther, page, half, switched, taken:
		f.inner.ServeHTTP(httptest.NewRecorder(), r)
		answerAfter(w, fate)
	case forbidden:
		answer(w, http.StatusForbidden)
	case unlawful:
		answer(w, http.StatusUnavailableForLegalReasons)
	case locked:
		answer(w, http.StatusLocked)
	case unauthorized:
		answer(w, http.StatusUnauthorized)
	case slow:
		time.Sleep(20 * time.Millisecond)
		f.inner.ServeHTTP(w, r)
	case broken:
		answer(w, http.StatusInternalServerError)
	}
}

// answerAfter is what comes instead of the API's own answer once it has processed a document.
func answerAfter(w http.ResponseWriter, fate fate) {
	switch fate {
	case late:
		http.Error(w, "upstream timed out", http.StatusServiceUnavailable)
	case seeOther:
		w.Header().Set("Location", "/login")
		answer(w, http.StatusSeeOther)
	case page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Maintenance</title>")
	case half:
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, `{"Message":"OK"`)
		panic(http.ErrAbortHandler)
	case switched:
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		time.AfterFunc(time.Minute, func() { _ = conn.Close() }) // it stays open, and says no more
	case taken:
		answer(w, http.StatusAccepted)
	case served, lost, dropped, refused, away, broken, forbidden, unlawful, locked, unauthorized, slow, hangs, inside: // another has answered
	}
}

// shut is what answers while the API is closed.
func shut(w http.ResponseWriter, status int) {
	if status == http.StatusUnauthorized {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "3600")
	}
	if status == http.StatusFound {
		w.Header().Set("Location", "/maintenance")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<!DOCTYPE html><title>Maintenance</title>")
}

func answer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"Message":"No."}`)) // the client may have gone
}

// always is the script in which every request meets the same fate.
func always(f fate) func(string, int) fate { return func(string, int) fate { return f } }

// only is the script in which the requests of one matricule meet a fate and all others are served.
func only(matricule string, f fate) func(string, int) fate {
	return func(m string, _ int) fate {
		if m == matricule {
			return f
		}
		return served
	}
}
