package alerttest

import (
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// address is what stands between < and >.
func address(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	inside, _, _ := strings.Cut(rest, ">")
	return inside
}

// text is what a mail of one part says.
func text(m *mail.Message) string {
	body := m.Body
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	read, _ := io.ReadAll(body)
	return strings.ReplaceAll(string(read), "\r\n", "\n")
}

// Call is what a page was told.
type Call struct {
	Header http.Header
	Body   string
}

// Page is one that takes calls.
type Page struct {
	URL string

	mu     sync.Mutex
	status int
	calls  []Call
}

// NewPage starts one on loopback.
func NewPage(t testing.TB) *Page {
	t.Helper()
	p := &Page{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls = append(p.calls, Call{r.Header, string(body)})
		if p.status/100 == 3 {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		}
		w.WriteHeader(p.status)
	}))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Answer makes it answer with a status.
func (p *Page) Answer(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

// Calls are those that came.
func (p *Page) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Call(nil), p.calls...)
}
