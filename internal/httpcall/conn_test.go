package httpcall

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
)

// rawPartner answers the API's requests byte by byte: serve gets each connection. Its token endpoint is an honest one.
func rawPartner(t testing.TB, serve func(net.Conn)) *partner {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	var mu sync.Mutex
	var all []net.Conn
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range all {
			_ = c.Close()
		}
		mu.Unlock()
		open.Wait()
	})
	open.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, c)
			mu.Unlock()
			open.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	p := newPartner(t, func(http.ResponseWriter, *http.Request) {})
	p.raw = "http://" + listener.Addr().String()
	return p
}

func answerText(status int, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// requests calls answer for each request of a connection, with the matricule of its document, until that returns false.
func requests(c net.Conn, answer func(matricule string, next *bufio.Reader) bool) {
	reader := bufio.NewReader(c)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		var document struct{ Matricule string }
		if err != nil || len(body) > 0 && json.Unmarshal(body, &document) != nil || !answer(document.Matricule, reader) {
			return
		}
	}
}

// says sends text; that the client has gone is seen by the next read.
func says(c net.Conn, text string) bool {
	_, err := io.WriteString(c, text)
	return err == nil
}

// A server that now and then sends an answer too many, at any moment at which nobody asks: nobody's answer becomes
// somebody else's.
func TestStrayAnswersAreNobodys(t *testing.T) {
	t.Parallel()
	for name, stray := range map[string]func(c net.Conn, next *bufio.Reader, text string){
		"behind the answer": func(c net.Conn, _ *bufio.Reader, text string) { says(c, text) },
		"in two halves": func(c net.Conn, _ *bufio.Reader, text string) {
			says(c, text[:30])
			time.Sleep(time.Duration(rand.N(200)) * time.Microsecond)
			says(c, text[30:])
		},
		"a little later": func(c net.Conn, next *bufio.Reader, text string) {
			_ = c.SetReadDeadline(time.Now().Add(time.Duration(rand.N(2000)) * time.Microsecond))
			if _, err := next.Peek(1); err != nil { // else the next request is here already
				says(c, text)
			}
			_ = c.SetReadDeadline(time.Time{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var strays, wrong, doubts atomic.Int64
			p := rawPartner(t, func(c net.Conn) {
				requests(c, func(matricule string, next *bufio.Reader) bool {
					says(c, answerText(map[string]int{"refused": 422, "taken": 200}[matricule], "{}"))
					if rand.N(20) == 0 {
						strays.Add(1)
						stray(c, next, answerText(200, "{}"))
					}
					return true
				})
			})
			var lanes sync.WaitGroup
			for range 8 {
				lanes.Go(func() {
					for range 10 {
						api := p.open(t, func(o *toyOptions) { o.BaseURL, o.ResendAmbiguous = p.raw, false }).Dossier(testKey)
						for n := range 25 {
							refused := n%2 == 1
							matricule := map[bool]string{true: "refused", false: "taken"}[refused]
							switch out := sendText(api, matricule, 0); {
							case out.Ambiguous:
								doubts.Add(1)
							case refused != (out.Class == jobs.ClassData):
								wrong.Add(1)
							}
						}
					}
				})
			}
			lanes.Wait()
			if wrong.Load() > 0 || strays.Load() == 0 {
				t.Errorf("after %d answers too many %d of %d were somebody else's, %d in doubt", strays.Load(), wrong.Load(), 8*10*25, doubts.Load())
			}
		})
	}
}

// sendText sends a document of at least so many bytes.
func sendText(api *toyDossier, matricule string, size int) jobs.Outcome {
	document := slices.Concat([]byte(`{"Matricule":"`+matricule+`","Note":"`), bytes.Repeat([]byte("x"), size), []byte(`"}`))
	return api.Send(context.Background(), matricule, document, nil)
}

// One answer too many is enough: from then on no connection is used twice, and what still comes meets nobody.
func TestAServerThatSendsTooMuchIsNotTrusted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text  string
		trust bool
	}{
		"an answer":            {answerText(200, "{}"), false},
		"a part of one":        {"HTTP/1.1 20", false},
		"a farewell (408)":     {answerText(408, ""), true},
		"an end":               {"", true},
		"an older farewell":    {"HTTP/1.0 408 Request Time-out\r\n\r\n", true},
		"words of some kind":   {"hello\r\n", false},
		"a message on its way": {"HTTP/1.1 100 Continue\r\n\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var connections atomic.Int64
			sent := make(chan struct{}, 1)
			p := rawPartner(t, func(c net.Conn) {
				first := connections.Add(1) == 1
				requests(c, func(string, *bufio.Reader) bool {
					says(c, answerText(200, "{}"))
					if first {
						time.Sleep(5 * rest) // not behind the answer
						says(c, test.text)
						sent <- struct{}{}
					}
					return !first
				})
			})
			var logged buffer
			api := p.open(t, func(o *toyOptions) { o.BaseURL, o.Log = p.raw, zerolog.New(&logged) }).Dossier(testKey)
			wantAccepted(t, sendText(api, "1", 0))
			<-sent
			for range 4 {
				time.Sleep(2 * rest) // else what was said may come behind the next document
				wantAccepted(t, sendText(api, "1", 0))
			}
			if n, most := connections.Load(), map[bool]int64{true: 2, false: 5}[test.trust]; n != most {
				t.Errorf("%d connections, want %d", n, most)
			}
			if told := strings.Contains(logged.data.String(), "nobody asked for"); told == test.trust {
				t.Errorf("logged %q", logged.data.String())
			}
		})
	}
}

func wantAccepted(t *testing.T, out jobs.Outcome) {
	t.Helper()
	if out.Class != jobs.ClassAccepted {
		t.Fatalf("%s: %v", told(out), out.Err)
	}
}

// An answer that ends and is followed by another one is nobody's: which of the two was meant, nobody can tell.
func TestTwoAnswersToOneDocument(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"with lengths":     answerText(200, "{}") + answerText(422, "{}"),
		"without a body":   "HTTP/1.1 204 No Content\r\n\r\n" + answerText(422, "{}"),
		"a body of a 204":  "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
		"in chunks":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + answerText(200, "{}"),
		"after a close":    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}" + answerText(200, "{}"),
		"a longer body":    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}",
		"one after a 1xx":  "HTTP/1.1 103 Early Hints\r\n\r\n" + answerText(200, "{}") + answerText(200, "{}"),
		"a refusal before": answerText(400, "{}") + answerText(200, "{}"),
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(name, secure), func(t *testing.T) {
				t.Parallel()
				c := openRaw(t, secure, func(c net.Conn) {
					requests(c, func(string, *bufio.Reader) bool { return says(c, text) })
				}, func(o *toyOptions) { o.ResendAmbiguous = false })
				out := sendText(c.Dossier(testKey), "1", 0)
				if !strings.HasPrefix(text, "HTTP/1.1 400") && told(out) != "temporary?" || !out.Ambiguous && out.Class == jobs.ClassAccepted {
					t.Errorf("%s: %v", told(out), out.Err)
				}
			})
		}
	}
}

// openRaw opens a connection to an API that answers byte by byte.
func openRaw(t *testing.T, secure bool, serve func(net.Conn), change func(*toyOptions)) *toy {
	t.Helper()
	if !secure {
		p := rawPartner(t, serve)
		return p.open(t, func(o *toyOptions) { o.BaseURL = p.raw; change(o) })
	}
	with := newTLSPartner(t, nil)
	config := &tls.Config{Certificates: with.TLS.Certificates}
	p := rawPartner(t, func(c net.Conn) {
		s := tls.Server(c, config)
		serve(s)
		_ = s.Close()
	})
	return p.open(t, func(o *toyOptions) {
		o.BaseURL, o.CAFile = strings.Replace(p.raw, "http:", "https:", 1), with.caFile(t)
		change(o)
	})
}

// With TLS connections are kept, too, and a farewell of TLS is no answer.
func TestConnectionsWithTLS(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		head        string
		connections int64
	}{
		"kept":   {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 1},
		"closed": {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n", 4},
		"ended":  {"HTTP/1.0 200 OK\r\n\r\n", 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var connections atomic.Int64
			api := openRaw(t, true, func(c net.Conn) {
				connections.Add(1)
				requests(c, func(string, *bufio.Reader) bool { return says(c, test.head+"{}") && name == "kept" })
			}, func(*toyOptions) {}).Dossier(testKey)
			for range 4 {
				wantAccepted(t, sendText(api, "1", 100_000)) // longer than a record
				time.Sleep(2 * rest)
			}
			if connections.Load() != test.connections {
				t.Errorf("%d connections", connections.Load())
			}
		})
	}
}

// However a server keeps an answer from ending, the attempt ends with its time, and so does the caller's patience.
func TestAnswersWithoutAnEnd(t *testing.T) {
	t.Parallel()
	flood := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			for says(c, text) {
			}
		}
	}
	drip := func(begin, text string) func(net.Conn) {
		return func(c net.Conn) {
			for ok := says(c, begin); ok; ok = says(c, text) {
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	for name, answer := range map[string]func(net.Conn){
		"nothing":                  func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"another protocol":         drip("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", " "),
		"another protocol, silent": func(c net.Conn) { says(c, "HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n"); _, _ = io.Copy(io.Discard, c) },
		"continue for ever":        flood("HTTP/1.1 100 Continue\r\n\r\n"),
		"hints for ever":           drip("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
		"a head for ever":          drip("HTTP/1.1 200 OK\r\n", "X-Filler: x\r\n"),
		"a line for ever":          flood("HTTP/1.1 200 OKOKOKOKOKOKOK"),
		"a body for ever":          drip("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", " "),
		"chunks for ever":          drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
		"a chunk line for ever":    flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;xxxxxxxxxxxxxxxxxx"),
		"half of a head":           func(c net.Conn) { says(c, "HTTP/1.1 200 OK\r\nContent-"); _, _ = io.Copy(io.Discard, c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := openRaw(t, false, func(c net.Conn) {
				requests(c, func(string, *bufio.Reader) bool { answer(c); return false })
			}, func(o *toyOptions) { o.RequestTimeout = 300 * time.Millisecond })
			for _, err := c.tokens.get(t.Context()); err != nil; _, err = c.tokens.get(t.Context()) {
				time.Sleep(10 * time.Millisecond) // its time limit is short, too
			}
			const most = 4 * time.Second
			started := time.Now()
			if out := sendText(c.Dossier(testKey), "1", 0); !out.Ambiguous || out.Class == jobs.ClassAccepted || time.Since(started) > most {
				t.Errorf("after %v: %s", time.Since(started), told(out))
			}
			started = time.Now()
			if _, err := c.Dossier(testKey).Identity(t.Context()); err == nil || time.Since(started) > most {
				t.Errorf("after %v: %v", time.Since(started), err)
			}
			started = time.Now()
			if strings.HasPrefix(name, "another") {
				if _, err := c.Describe(t.Context(), c.options.BaseURL+"/swagger.json"); err == nil || time.Since(started) > most {
					t.Errorf("contract, after %v: %v", time.Since(started), err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			if out := c.Dossier(testKey).Send(ctx, "1", []byte("{}"), nil); out.Class == jobs.ClassAccepted || out.Attempts > 0 && !out.Ambiguous {
				t.Errorf("given up: %s", told(out))
			}
		})
	}
}

// The same of tokens.
func TestTokensWithoutAnEnd(t *testing.T) {
	t.Parallel()
	for _, head := range []string{"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", ""} {
		p := rawPartner(t, func(c net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil && says(c, head) {
				_, _ = io.Copy(io.Discard, c)
			}
		})
		c := p.open(t, func(o *toyOptions) { o.TokenURL, o.RequestTimeout = p.raw+"/connect/token", 300*time.Millisecond })
		started := time.Now()
		if out := send(c, "1"); out.Class == jobs.ClassAccepted || out.Ambiguous || out.Attempts != 0 || time.Since(started) > 4*time.Second {
			t.Errorf("%q, after %v: %s", head, time.Since(started), told(out))
		}
	}
}

// What answers before a long document was there cannot have processed it, and gets no more of it.
func TestAnswersBeforeTheDocument(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{503: "temporary", 500: "technical", 413: "data", 408: "temporary", 302: "configuration",
		200: "temporary"} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(status, secure), func(t *testing.T) {
				t.Parallel()
				c := openRaw(t, secure, func(c net.Conn) {
					if _, err := http.ReadRequest(bufio.NewReaderSize(c, 1024)); err == nil {
						says(c, answerText(status, ""))
						time.Sleep(50 * time.Millisecond) // reads no more
					}
				}, func(o *toyOptions) { o.ResendAmbiguous, o.TechnicalTries = false, 1 })
				if out := sendText(c.Dossier(testKey), "1", 16<<20); told(out) != want || out.Attempts != 1 {
					t.Errorf("%s after %d attempts: %v", told(out), out.Attempts, out.Err)
				}
			})
		}
	}
}

// A long document that is read to its end is one like others.
// What stands before an API refuses by the head alone, and does not wait for the document: that it is refused is no doubt.
func TestAnAnswerToTheHead(t *testing.T) {
	t.Parallel()
	serve := func(c net.Conn) {
		in := bufio.NewReader(c)
		for line, err := in.ReadString('\n'); ; line, err = in.ReadString('\n') {
			if err != nil {
				return
			}
			if strings.TrimSpace(line) == "" {
				break
			}
		}
		says(c, "HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		_, _ = io.Copy(io.Discard, in)
	}
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := openRaw(t, secure, serve, func(*toyOptions) {}).Dossier(testKey)
			for i := range 120 {
				if out := sendText(api, "00001", 6000); told(out) != "data" {
					t.Fatalf("document %d: %+v", i, out)
				}
			}
		})
	}
}

func TestLongDocuments(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n < 1<<20 {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	api := p.open(t, nil).Dossier(testKey)
	for range 20 {
		wantAccepted(t, sendText(api, "1", 1<<20))
	}
}

// A proxy opens the way by CONNECT; what it says before TLS begins is no answer.
func TestProxy(t *testing.T) {
	t.Parallel()
	api := newTLSPartner(t, nil)
	for name, test := range map[string]struct {
		proxy   func(address string) string
		answer  string
		problem string // "" = accepted
	}{
		"open":        {func(a string) string { return "http://" + a }, "HTTP/1.1 200 Connection established\r\n\r\n", ""},
		"open by 204": {func(a string) string { return "http://" + a }, "HTTP/1.1 204 Go\r\n\r\n", ""},
		"with a name": {func(a string) string { return "http://marie:s%3Acret@" + a }, "HTTP/1.0 200 OK\r\n\r\n", ""},
		"refused": {func(a string) string { return "http://" + a }, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n",
			"the proxy wants a user name and a password: 407 Proxy Authentication Required"},
		"no HTTP": {func(a string) string { return "http://" + a }, "SSH-2.0\r\n", "the proxy: the connection failed"},
		"talkative": {func(a string) string { return "http://" + a }, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
			"the proxy: the connection brought an answer that nobody asked for"},
		"of no kind": {func(a string) string { return "ftp://" + a }, "", "HTTPS_PROXY is not an http or https address"},
		"SOCKS":      {func(a string) string { return "socks5h://" + a }, "", "HTTPS_PROXY names a SOCKS proxy, which syncd does not speak to"},
		"silent":     {func(a string) string { return "http://" + a }, "", "the proxy: no answer in time"},
		"not there":  {func(string) string { return "http://127.0.0.1:1" }, "", "the proxy: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Value
			p := rawPartner(t, func(c net.Conn) {
				request, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil || !says(c, test.answer) || !strings.Contains(test.answer, " 20") {
					_, _ = io.Copy(io.Discard, c)
					return
				}
				asked.Store(request.Method + " " + request.Host + " " + request.Header.Get("Proxy-Authorization"))
				server, err := net.Dial("tcp", request.Host)
				if err != nil {
					return
				}
				defer server.Close()
				go func() { _, _ = io.Copy(server, c); _ = server.Close() }()
				_, _ = io.Copy(c, server)
			})
			o := testOptions()
			o.BaseURL, o.TokenURL, o.CAFile, o.ConnectTimeout = api.URL, api.URL+"/connect/token", api.caFile(t), 2*time.Second
			if name == "silent" {
				o.ConnectTimeout = 200 * time.Millisecond
			}
			o.Options = o.withDefaults()
			made, err := newTransport(&o.Options)
			if err != nil {
				t.Fatal(err)
			}
			made.proxy = func(*http.Request) (*url.URL, error) {
				return url.Parse(test.proxy(strings.TrimPrefix(p.raw, "http://")))
			}
			o.Transport = made
			c, err := openToy(o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(made.close)
			t.Cleanup(c.Close)
			out := send(c, "1")
			if test.problem != "" {
				if out.Class == jobs.ClassAccepted || out.Ambiguous || callError(t, out.Err).Problem != test.problem {
					t.Errorf("%s: %v", told(out), out.Err)
				}
				return
			}
			wantAccepted(t, out)
			want := "CONNECT " + strings.TrimPrefix(api.URL, "https://") + " "
			if name == "with a name" {
				want += "Basic " + base64.StdEncoding.EncodeToString([]byte("marie:s:cret"))
			}
			if asked.Load() != want {
				t.Errorf("asked %q, want %q", asked.Load(), want)
			}
		})
	}
}

// proxy speaks CONNECT and nothing else. answer is what it says to the n-th, from 1; "" lets it through.
func proxy(t *testing.T, answer func(n int64) string) (address string) {
	t.Helper()
	var asked atomic.Int64
	p := rawPartner(t, func(c net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if refusal := answer(asked.Add(1)); refusal != "" {
			says(c, "HTTP/1.1 "+refusal+"\r\nContent-Length: 0\r\n\r\n")
			return
		}
		server, err := net.Dial("tcp", request.Host)
		if err != nil || !says(c, "HTTP/1.1 200 OK\r\n\r\n") {
			return
		}
		defer server.Close()
		go func() { _, _ = io.Copy(server, c); _ = server.Close() }()
		_, _ = io.Copy(c, server)
	})
	return p.raw
}

// through opens a connection to a partner behind a proxy.
func (p *partner) through(t *testing.T, address string, change func(*toyOptions)) *toy {
	t.Helper()
	o := testOptions()
	o.BaseURL, o.TokenURL, o.CAFile = p.URL, p.URL+"/connect/token", p.caFile(t)
	if change != nil {
		change(&o)
	}
	o.Options = o.withDefaults()
	made, err := newTransport(&o.Options)
	if err != nil {
		t.Fatal(err)
	}
	made.proxy = func(*http.Request) (*url.URL, error) { return url.Parse(address) }
	o.Transport = made
	c, err := openToy(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.close)
	t.Cleanup(c.Close)
	return c
}

// What a proxy refuses itself never reached the partner: nobody is in doubt for it. A proxy that restarts, or finds no way
// just now, is waited for; what only a person can mend is told at once.
func TestWhatAProxyRefuses(t *testing.T) {
	t.Parallel()
	api := newTLSPartner(t, nil)
	for refusal, want := range map[string]struct {
		class   jobs.Class
		problem string
	}{
		"400 Bad Request": {jobs.ClassConfiguration, "the proxy refuses the way: 400 Bad Request"},
		"403 Forbidden":   {jobs.ClassConfiguration, "the proxy refuses the way: 403 Forbidden"},
		"302 Found":       {jobs.ClassConfiguration, "the proxy refuses the way: 302 Found"},
		"405 No CONNECT":  {jobs.ClassConfiguration, "the proxy refuses the way: 405 Method Not Allowed"},
		"429 Slowly":      {jobs.ClassTemporary, "the proxy has no way to the partner just now: 429 Too Many Requests"},
		"500 Oops":        {jobs.ClassTemporary, "the proxy has no way to the partner just now: 500 Internal Server Error"},
		"502 Bad Gateway": {jobs.ClassTemporary, "the proxy has no way to the partner just now: 502 Bad Gateway"},
		"503 Starting":    {jobs.ClassTemporary, "the proxy has no way to the partner just now: 503 Service Unavailable"},
		"504 Too late":    {jobs.ClassTemporary, "the proxy has no way to the partner just now: 504 Gateway Timeout"},
		"407 Who\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Digest realm=x": {jobs.ClassConfiguration,
			"the proxy wants another proof than a user name and a password (Basic): 407 Proxy Authentication Required"},
		"407 Who\r\nProxy-Authenticate: Negotiate, Basic realm=x": {jobs.ClassConfiguration,
			"the proxy wants a user name and a password: 407 Proxy Authentication Required"},
	} {
		t.Run(refusal, func(t *testing.T) {
			t.Parallel()
			address := proxy(t, func(int64) string { return refusal })
			c := api.through(t, address, func(o *toyOptions) { o.RetryFor = time.Nanosecond })
			out := send(c, "1")
			if out.Class != want.class || out.Ambiguous || out.Attempts != 0 || callError(t, out.Err).Problem != want.problem {
				t.Errorf("%s: %v", told(out), out.Err)
			}
			_, err := c.Describe(t.Context(), "auto")
			if callError(t, err).Class != want.class {
				t.Errorf("the contract: %v", err)
			}
		})
	}
	t.Run("a wrong password", func(t *testing.T) {
		t.Parallel()
		address := proxy(t, func(int64) string { return "407 No" })
		out := send(api.through(t, strings.Replace(address, "//", "//marie:s3cret@", 1), nil), "1")
		if problem := callError(t, out.Err).Problem; problem != "the proxy refuses the user name or the password of HTTPS_PROXY: 407 Proxy "+
			"Authentication Required" {
			t.Error(problem)
		}
	})
	t.Run("it restarts", func(t *testing.T) {
		t.Parallel()
		address := proxy(t, func(n int64) string {
			if n%2 == 1 {
				return "503 Starting"
			}
			return ""
		})
		out := send(api.through(t, address, func(o *toyOptions) { o.RetryFor = time.Minute }), "1")
		wantAccepted(t, out)
		if out.Attempts != 1 {
			t.Errorf("%d attempts left", out.Attempts)
		}
	})
}

// A proxy that cannot be used is refused before anything is asked, and without its address, which may contain a password.
func TestProxiesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		proxy   func(*http.Request) (*url.URL, error)
		problem string
	}{
		"SOCKS": {func(*http.Request) (*url.URL, error) { return url.Parse("socks5://marie:s3cret@proxy:1080") },
			"HTTPS_PROXY names a SOCKS proxy, which syncd does not speak to"},
		"no address": {func(*http.Request) (*url.URL, error) { return nil, errors.New(`invalid proxy address "marie:s3cret@"`) },
			"HTTPS_PROXY is not the address of a proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testOptions()
			o.BaseURL, o.TokenURL = "https://api.example.test", "https://api.example.test/token"
			with := o.withDefaults()
			made, err := newTransport(&with)
			if err != nil {
				t.Fatal(err)
			}
			made.proxy = test.proxy
			refused := callError(t, made.checkProxies(o.granted()))
			if refused.Class != jobs.ClassConfiguration || refused.Problem != test.problem || strings.Contains(refused.Error(), "s3cret") {
				t.Errorf("%v", refused)
			}
			if o.BaseURL, o.TokenURL = "http://127.0.0.1:1", "http://127.0.0.1:1/token"; made.checkProxies(o.granted()) != nil {
				t.Error("a partner on this machine is reached without a proxy")
			}
		})
	}
}
