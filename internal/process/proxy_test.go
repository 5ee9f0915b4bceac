package process

import (
	"bufio"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"syncd/internal/sandbox"
)

const (
	behind        = "example.com" // a name in the certificate of net/http/httptest, which only the proxy knows the way to
	proxyPassword = "s3cret:of/marie"
)

// connectProxy is a small HTTP proxy that opens tunnels to one server.
type connectProxy struct {
	net.Listener
	to   string
	work sync.WaitGroup

	mu      sync.Mutex
	refusal string // what it says instead; "" = it opens the way
	times   int    // so often; 0 = always
	asked   []string
}

// behindProxy makes a world whose API is reached through a proxy only, and the variables that lead there.
func behindProxy(t *testing.T, employees int) (*world, *connectProxy, []string) {
	t.Helper()
	w := emptyWorld(t)
	w.serve(sandbox.Faults{})
	ca, p := w.tunnel()
	w.configure("https://"+behind, `ca_file = "`+ca+`"`)
	w.fill(dossier, employees)
	user := "marie:s3cret%3Aof%2Fmarie@"
	return w, p, []string{"HTTPS_PROXY=http://" + user + p.Addr().String()}
}

// tunnel opens a proxy to what stands in for the partner, which answers there by TLS, as behind. ca is the file of its certificate.
func (w *world) tunnel() (ca string, p *connectProxy) {
	w.t.Helper()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		r.Host = "localhost" // the sandbox answers nobody who calls it otherwise
		w.front.ServeHTTP(answer, r)
	}))
	w.t.Cleanup(secure.Close)
	ca = filepath.Join(w.dir, "ca.pem")
	w.must(os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600))
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	w.must(err)
	p = &connectProxy{Listener: listener, to: strings.TrimPrefix(secure.URL, "https://")}
	p.work.Go(p.serve)
	w.t.Cleanup(func() { secure.CloseClientConnections(); _ = listener.Close(); p.work.Wait() })
	return ca, p
}

func (p *connectProxy) serve() {
	for {
		c, err := p.Accept()
		if err != nil {
			return // closed
		}
		p.work.Go(func() {
			defer c.Close()
			p.tunnel(c)
		})
	}
}

func (p *connectProxy) tunnel(c net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if refusal := p.look(request); refusal != "" {
		fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", refusal) //nolint:errcheck // it may have gone
		return
	}
	server, err := net.Dial("tcp", p.to) //nolint:noctx // at once
	if err != nil {
		return
	}
	defer server.Close()
	fmt.Fprint(c, "HTTP/1.1 200 Connection established\r\n\r\n") //nolint:errcheck // it may have gone
	p.work.Go(func() { _, _ = io.Copy(server, c); _ = server.Close() })
	_, _ = io.Copy(c, server) // how it ends is the test's doing
}

func (p *connectProxy) look(request *http.Request) (refusal string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, request.Method+" "+request.Host+" "+request.Header.Get("Proxy-Authorization"))
	refusal = p.refusal
	if p.times--; p.times == 0 {
		p.refusal = ""
	}
	return refusal
}

// refuse makes it say so, a number of times; 0 = for ever.
func (p *connectProxy) refuse(with string, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal, p.times, p.asked = with, times, nil
}

// TestBehindAProxy goes all the way through one that restarts under it.
func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	w, p, proxied := behindProxy(t, 40)
	w.want(0, w.startWith(proxied, "run", "dictionnaire").wait())
	p.refuse("503 Starting", 3)
	w.want(0, w.startWith(proxied, "run", "paie", "--period", period).wait())
	w.wantRun("succeeded , 0 uncertain, 40 accepted, 0 not attempted")
	w.wantDelivered()
	w.wantOnce()
	want := "CONNECT " + behind + ":443 Basic " + base64.StdEncoding.EncodeToString([]byte("marie:"+proxyPassword))
	for _, asked := range p.asked {
		if asked != want {
			t.Errorf("the proxy was asked %q, want %q", asked, want)
		}
	}
	if len(p.asked) < 4 {
		t.Errorf("the proxy was asked %d times", len(p.asked))
	}
}

// TestAProxyThatRefuses is something that a person mends, and is told as that: not as the partner's fault, nor as a wrong key.
func TestAProxyThatRefuses(t *testing.T) {
	t.Parallel()
	w, p, proxied := behindProxy(t, 5)
	for refusal, said := range map[string]string{
		"403 No": "the proxy refuses the way: 403 Forbidden",
		"407 No": "the proxy refuses the user name or the password of HTTPS_PROXY",
	} {
		p.refuse(refusal, 0)
		r := w.startWith(proxied, "run", "paie", "--period", period).wait()
		w.want(3, r)
		w.wantSaid(r, said, "HTTPS_PROXY")
		w.wantRun("failed configuration, 0 uncertain, 0 accepted, 0 not attempted")
		w.wantUnsaid(r, "s3cret")
	}
	p.refuse("504 Gone for lunch", 0)
	w.put(filepath.Join(w.dir, "config.toml"), "[isidoor]", `retry_for = "1s"`)
	r := w.startWith(proxied, "run", "paie", "--period", period).wait()
	w.want(7, r)
	w.wantSaid(r, "the proxy has no way to the partner just now: 504 Gateway Timeout")
}

// TestASOCKSProxyIsRefusedByName, by every command that would ask the partner, before it does anything.
func TestASOCKSProxyIsRefusedByName(t *testing.T) {
	t.Parallel()
	w, _, _ := behindProxy(t, 5)
	for _, command := range [][]string{{"check"}, {"run", "paie", "--period", period}, {"daemon"}} {
		r := w.startWith([]string{"https_proxy=socks5://marie:s3cret@127.0.0.1:1080"}, command...).wait()
		w.want(3, r)
		w.wantSaid(r, "HTTPS_PROXY names a SOCKS proxy, which syncd does not speak to", "HTTPS_PROXY=http://HOST:PORT")
		w.wantUnsaid(r, "s3cret")
	}
}

func (w *world) wantUnsaid(r result, secret string) {
	w.t.Helper()
	if strings.Contains(r.stdout+r.stderr, secret) {
		w.t.Errorf("syncd %s shows %q:\n%s%s", r.args, secret, tail(r.stdout), tail(r.stderr))
	}
}
