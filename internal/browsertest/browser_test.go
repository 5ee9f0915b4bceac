package browsertest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	Close()
	os.Exit(code) //nolint:forbidigo // as tests end
}

func serve(t *testing.T, html, policy string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		if r.URL.Path == "/sent" {
			_, _ = w.Write([]byte(`<!doctype html><html lang=en><title>sent</title><p>` + r.Method + ` ` + r.FormValue("why")))
			return
		}
		_, _ = w.Write([]byte(html))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// What must not happen is kept until the test ends: here, taken out before.
func (tab *Tab) complaints() string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	all := strings.Join(tab.wrong, "\n")
	tab.wrong = nil
	return all
}

const page0 = `<!doctype html><html lang=en><title>a form</title><main><h1>A form</h1><form method=post action=/sent>
<label for=why>Why</label> <input id=why name=why> <button>Send</button></form></main>`

func TestAFormIsFilledAndSentInABrowser(t *testing.T) {
	address := serve(t, page0, "default-src 'none'; form-action 'self'")
	for _, scripts := range []bool{true, false} {
		tab := Open(t)
		tab.Scripts(scripts)
		tab.Visit(address)
		tab.Fill("#why", "it is right")
		tab.PressAway("\r")
		if got := tab.Text("p"); got != "POST it is right" {
			t.Errorf("scripts %t: the form sent %q", scripts, got)
		}
	}
}

func TestWhatIsAskedOfOthersIsSeenInABrowser(t *testing.T) {
	tab := Open(t)
	tab.Visit(serve(t, page0+`<img src=http://example.org/x.png alt="">`, "default-src 'self'; img-src *"))
	tab.Until(`document.readyState == "complete"`)
	if got := tab.complaints(); !strings.Contains(got, "asked for http://example.org/x.png") {
		t.Errorf("complaints: %q", got)
	}
	tab.Visit(serve(t, page0+`<script>document.title = "run"</script>`, "default-src 'none'"))
	tab.Until(`document.readyState == "complete"`)
	if got := tab.complaints(); !strings.Contains(got, "refused") {
		t.Errorf("complaints: %q", got)
	}
}
