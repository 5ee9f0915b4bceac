package process

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"syncd/internal/sandbox"
)

// mebi is a text of so many MiB, of one part again and again.
func mebi(n int, part string) string { return strings.Repeat(part, n<<20/len(part)) }

const head = `{"swagger":"2.0","info":{"title":"T","version":"V2"},"basePath":"/Api2",`

// taking is a contract whose call takes this schema.
func taking(schema, definitions string) string {
	return head + `"paths":{"/V2/Salarie":{"post":{"parameters":[{"name":"s","in":"body","schema":` + schema +
		`}],"responses":{"200":{"description":"OK"}}}}},"definitions":{` + definitions + `}}`
}

func object(properties string) string {
	return taking(`{"type":"object","properties":{`+properties+`}}`, "")
}

// hostileTexts are contracts that nobody publishes by accident. elsewhere is the address of another server. What reading
// costs in memory and time is package contract's to test.
func hostileTexts(elsewhere string) map[string]string {
	host := strings.TrimPrefix(elsewhere, "http:")
	return map[string]string{
		"references to another host": taking(`{"$ref":"`+elsewhere+`/schema.json#/A"}`, `"B":{"$ref":"`+elsewhere+`/b.json"},"C":{"$ref":"`+host+
			`/c"}`),
		"a reference to a file": taking(`{"$ref":"file:///etc/passwd"}`, ""),
		"20 MB of HTML":         "<html>" + mebi(20, "<p>Connexion</p>"),
		"deep nesting":          head + `"x":` + mebi(1, "[") + mebi(1, "]") + `}`,
		"a circle": taking(`{"$ref":"#/definitions/A"}`,
			`"A":{"allOf":[{"$ref":"#/definitions/B"}]},"B":{"allOf":[{"$ref":"#/definitions/A"}],"properties":{"X":{"$ref":"#/definitions/B"}}}`),
	}
}

// wordsForATerminal is a contract each of whose texts would like to write elsewhere on the screen.
func wordsForATerminal() string {
	text := object(`"\u001b[2J\u202eNir":{"type":"string","description":"\u001b]0;mine\u0007"},"Civilite":{"type":"string","enum":["\u001b[2J"],"pattern":"\u001b\r"}`)
	text = strings.Replace(text, `"title":"T"`, `"title":"T\u001b[31m\nok    everything\r"`, 1)
	return strings.Replace(text, `"parameters":[`, `"operationId":"\u001b[2J","parameters":[{"name":"cle\u001b[2J","in":"query","type":"string","required":true},`, 1)
}

// bomb is 16 MiB of blanks in some 16 KiB.
func bomb() http.HandlerFunc {
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	_, _ = io.WriteString(z, `{"swagger":"2.0","info":"`+mebi(16, " ")) // a buffer takes everything
	_ = z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(text.Bytes()) // the client may have gone
	}
}

// TestHostileContracts lets the API show contracts that want something: nothing is asked of anybody else, no
// terminal is spoken to, and the month goes on.
func TestHostileContracts(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(elsewhere.Close)
	w := newWorld(t, 3, sandbox.Faults{})
	s := w.described()
	w.want(0, w.push().wait())
	for name, text := range hostileTexts(elsewhere.URL) {
		s.by(page("application/json", text))
		w.survives(name)
	}
	s.by(page("application/json", wordsForATerminal()))
	w.survives("words for a terminal", []string{"check"}, []string{"contract", "show"}, []string{"contract", "diff"},
		[]string{"contract", "show", "POST /V2/Salarie"})
	s.by(bomb())
	w.survives("a bomb")
	s.by(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/swagger.json", http.StatusFound)
	})
	w.survives("a redirect to another host", []string{"run", "paie", "--period", period})
	if n := asked.Load(); n > 0 {
		t.Errorf("another server was asked %d times", n)
	}
	s.by(nil)
	w.want(0, w.run("contract", "fetch"))
	w.wantDeliveries(3)
	w.wantDelivered()
}

// survives wants what reads the contract that is shown now to end well.
func (w *world) survives(name string, more ...[]string) {
	w.t.Helper()
	w.anHourLater()
	for _, args := range append(more, []string{"contract", "fetch"}) {
		r := w.run(args...)
		if r.code != 0 && (r.code != 3 || args[0] != "check") { // the mapping does not fit it
			w.t.Errorf("%s: syncd %s: exit code %d\n%s%s", name, r.args, r.code, tail(r.stdout), tail(r.stderr))
		}
		if strings.Contains(r.stdout+r.stderr, "goroutine ") || strings.ContainsAny(r.stdout+r.stderr, "\x1b\x07\r\u202e") {
			w.t.Errorf("%s: syncd %s says:\n%q", name, r.args, tail(r.stdout)+tail(r.stderr))
		}
	}
}
