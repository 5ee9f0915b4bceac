package httpcall

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// cutConnection closes the connection of a request without an answer, after sending text.
func cutConnection(t *testing.T, w http.ResponseWriter, text string) {
	t.Helper()
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if _, err := buffered.WriteString(text); err != nil {
		return // the client has had enough and hung up, as it may
	}
	buffered.Flush()
}

func TestBrokenAnswersToADocument(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text      string
		class     jobs.Class
		status    int
		ambiguous bool
		problem   string
	}{
		"no answer":          {"", jobs.ClassTemporary, 0, true, "the connection broke before the answer"},
		"half a status line": {"HTTP/1.1 2", jobs.ClassTemporary, 0, true, "the connection failed"},
		"no HTTP":            {"220 mail.example.test ESMTP\r\n\r\n", jobs.ClassTemporary, 0, true, "the connection failed"},
		"accepted, body cut": {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", jobs.ClassTemporary, 200, true, "the answer broke off"},
		"accepted, chunks cut": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", jobs.ClassTemporary, 200, true,
			"the answer broke off"},
		"rejected, body cut": {"HTTP/1.1 422 X\r\nContent-Length: 500\r\n\r\n{", jobs.ClassData, 422, false,
			"answered 422 Unprocessable Entity"},
		"headers that never end": {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Filler: "+strings.Repeat("x", 1000)+"\r\n", 200),
			jobs.ClassTemporary, 0, true, "the head of the answer is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Error(err)
				}
				cutConnection(t, w, test.text)
			})
			out := send(p.open(t, nil), "00042")
			if out.Class != test.class || out.Status != test.status || out.Ambiguous != test.ambiguous || out.Attempts != 1 {
				t.Fatalf("outcome %+v", out)
			}
			if test.problem != "" && callError(t, out.Err).Problem != test.problem {
				t.Errorf("problem %q, want %q", callError(t, out.Err).Problem, test.problem)
			}
		})
	}
}

func TestEndlessBodies(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/Api2/V2/Dossier" { // slow
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, " "); err != nil {
					return
				}
				if w.(http.Flusher).Flush(); !new(Call).sleep(r.Context(), 10*time.Millisecond) {
					return
				}
			}
		}
		for { // fast
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	hasty := p.open(t, func(o *toyOptions) { o.RequestTimeout = 200 * time.Millisecond })
	if _, err := hasty.Dossier(testKey).Identity(t.Context()); callError(t, err).Problem != "no whole answer within 200ms" {
		t.Errorf("slow: %v", err)
	}
	c := p.open(t, nil)
	if out := send(c, "00042"); told(out) != "configuration?" || !strings.HasSuffix(callError(t, out.Err).Problem, "its body is too large") {
		t.Errorf("fast, after a 200: %s, %v", told(out), out.Err)
	}
	if _, err := c.Dossier(testKey).Nomenclatures(t.Context()); callError(t, err).Problem != "the answer is too large" {
		t.Errorf("fast: %v", err)
	}
}

func TestAServerThatHangs(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
	})
	c := p.open(t, func(o *toyOptions) { o.RequestTimeout = time.Second }) // the token has no longer
	out := send(c, "00042")
	if out.Class != jobs.ClassTemporary || !out.Ambiguous || callError(t, out.Err).Problem != "no answer within 1s" ||
		!strings.HasPrefix(callError(t, out.Err).Hint, "if the API is only slow, raise request_timeout") {
		t.Errorf("outcome %+v", out)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	c := p.open(t, nil)
	if out := send(c, "1"); out.Class != jobs.ClassAccepted {
		t.Fatalf("outcome %+v", out)
	}
	p.Close()
	out := send(c, "2")
	if out.Class != jobs.ClassTemporary || out.Ambiguous || out.Attempts != 0 || callError(t, out.Err).Problem != "connection refused" {
		t.Errorf("outcome %+v, want connection refused and no doubt", out)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	t.Cleanup(elsewhere.Close)
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		target := elsewhere.URL + "/steal?key=" + r.Header.Get("X-Cle-Dossier")
		if r.Method == "GET" {
			target = "/login"
		}
		http.Redirect(w, r, target, http.StatusFound)
	})
	api := p.open(t, func(o *toyOptions) { o.TokenURL = strings.Replace(o.TokenURL, "127.0.0.1", "localhost", 1) }).Dossier(testKey)
	out := api.Send(t.Context(), "00042", []byte(testDoc), nil)
	want := `POST /V2/Salarie: answered 302 Found, a redirect to another host ("127.0.0.1")` +
		"\nhint: check base_url and the paths of [partner]"
	if told(out) != "configuration?" || out.Err.Error() != want {
		t.Errorf("class %s, error %q, want %q", out.Class, out.Err, want)
	}
	if _, err := api.Identity(t.Context()); callError(t, err).Problem != "answered 302 Found, a redirect" {
		t.Errorf("identity: %v", err)
	}
}

// newTLSPartner answers with the test certificate of net/http/httptest, which is for 127.0.0.1 and example.com.
func newTLSPartner(t *testing.T, conf *tls.Config) *partner {
	t.Helper()
	p := &partner{}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/connect/token" {
			p.serveToken(w, 3600)
		}
	}))
	p.TLS = conf
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

func (p *partner) caFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTLS(t *testing.T) {
	t.Parallel()
	plain := newPartner(t, func(http.ResponseWriter, *http.Request) {})
	for name, test := range map[string]struct {
		server  *tls.Config
		change  func(*partner, *toyOptions)
		problem string // "" = accepted
	}{
		"trusted by ca_file": {nil, func(p *partner, o *toyOptions) { o.CAFile = p.caFile(t) }, ""},
		"not trusted":        {nil, func(*partner, *toyOptions) {}, "certificate not trusted"},
		"another host": {nil, func(p *partner, o *toyOptions) {
			o.CAFile = p.caFile(t)
			o.TokenURL = strings.Replace(o.TokenURL, "127.0.0.1", "localhost", 1)
		}, "the certificate is for another host"},
		"old TLS": {&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10},
			func(p *partner, o *toyOptions) { o.CAFile = p.caFile(t) }, "the server does not offer TLS 1.2 or better"},
		"no TLS": {nil, func(_ *partner, o *toyOptions) {
			o.TokenURL = strings.Replace(plain.URL, "http:", "https:", 1) + "/connect/token"
		},
			"the server does not speak TLS on this port"},
		"no TLS at the API": {nil, func(p *partner, o *toyOptions) {
			o.CAFile = p.caFile(t)
			o.BaseURL = strings.Replace(plain.URL, "http:", "https:", 1)
		}, "the server does not speak TLS on this port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTLSPartner(t, test.server)
			out := send(p.open(t, func(o *toyOptions) { test.change(p, o) }), "00042")
			if test.problem == "" {
				if out.Class != jobs.ClassAccepted {
					t.Errorf("outcome %+v: %v", out, out.Err)
				}
				return
			}
			if out.Class != jobs.ClassConfiguration || out.Ambiguous || callError(t, out.Err).Problem != test.problem {
				t.Errorf("class %s, error %v, want %q", out.Class, out.Err, test.problem)
			}
		})
	}
}

// TestAMissingIntermediate is what browsers heal by themselves and nothing else does: the server sends its own certificate
// alone. It has a message of its own, and the remedy that it names is one.
func TestAMissingIntermediate(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "Root of the test", nil)
	issuer := newAuthority(t, "Issuer of the test", root)
	leaf := issuer.server(t)
	trusted := root.file(t)
	const lacks = `certificate not trusted: the server does not send that of its issuer, "Issuer of the test"`
	for name, test := range map[string]struct {
		sent    [][]byte
		caFile  string
		problem string // "" = accepted
	}{
		"the whole chain":            {[][]byte{leaf.Certificate[0], issuer.der}, trusted, ""},
		"the leaf alone":             {leaf.Certificate, trusted, lacks},
		"with the issuer in ca_file": {leaf.Certificate, issuer.file(t), ""},
		"the wrong one":              {[][]byte{leaf.Certificate[0], newAuthority(t, "Another", root).der}, trusted, lacks},
		"a root that nobody knows":   {[][]byte{leaf.Certificate[0], issuer.der, root.der}, "", "certificate not trusted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := leaf
			shown.Certificate = test.sent
			p := newTLSPartner(t, &tls.Config{Certificates: []tls.Certificate{shown}})
			out := send(p.open(t, func(o *toyOptions) { o.CAFile = test.caFile }), "00042")
			if test.problem == "" {
				wantAccepted(t, out)
				return
			}
			if got := callError(t, out.Err); got.Class != jobs.ClassConfiguration || got.Problem != test.problem ||
				(test.problem == lacks) != strings.Contains(got.Hint, "to send the whole chain") {
				t.Errorf("%v", got)
			}
		})
	}
}

// authority signs certificates.
type authority struct {
	der  []byte
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority is one that another has signed; nil = itself.
func newAuthority(t *testing.T, name string, by *authority) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	a := &authority{key: key, cert: template}
	signer := cmp.Or(by, a)
	if a.der, err = x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key); err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(a.der); err != nil {
		t.Fatal(err)
	}
	return a
}

// server is a certificate for 127.0.0.1.
func (a *authority) server(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) file(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUnresolvedName(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("dial: %w", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.example.test",
		IsNotFound: true}})
	if e := new(Options).connectionTrouble(err, hinted.Fact{}); e.Class != jobs.ClassTemporary ||
		e.Problem != "the host name cannot be resolved" {
		t.Errorf("got %+v", e)
	}
}

// One connection is used for one request after another, whatever the answers, once it has rested.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	for _, hurry := range []bool{false, true} {
		addresses := map[string]bool{}
		statuses := []int{200, 400, 204, 500, 403, 200}
		n := 0
		p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
			addresses[r.RemoteAddr] = true
			w.WriteHeader(statuses[n%len(statuses)])
			if n++; statuses[(n-1)%len(statuses)] != 204 {
				fmt.Fprint(w, strings.Repeat(" ", 10_000))
			}
		})
		c := p.open(t, func(o *toyOptions) { o.TechnicalTries = 1 })
		most, times := 2, len(statuses) // one was used for the token
		if hurry {
			most, times = enough+2, 300
		}
		for range times {
			send(c, "00042")
			if !hurry {
				time.Sleep(2 * rest)
			}
		}
		if len(addresses) > most {
			t.Errorf("%d connections for %d requests, want at most %d", len(addresses), n, most)
		}
	}
}

// What keeps a call from its answer is told in the language of whoever reads it.
func TestTroubleInFrench(t *testing.T) {
	t.Parallel()
	o := &Options{Section: "partner"}
	call := &Call{Endpoint: NewEndpoint("document", "partner.call", http.MethodPost, "/V2/Salarie"), connection: &Connection{options: *o}}
	proxy := func(e proxyError) jobs.CallError { return o.connectionTrouble(&e, o.setting("base_url")) }
	search := &search{section: "partner.call", places: make([]place, 3), passed: make([]page, 3)}
	for i := range search.passed {
		search.passed[i].Tell(hinted.Say("call.answered", "status", statusText(404)), search.name())
	}
	search.passed[2].Tell(hinted.Say("call.login-page"), search.name())
	packed := inDoubt(answer{})
	packed.Tell((&packingError{times: 4}).fact(), hinted.Fact{})
	for _, test := range []struct {
		e    jobs.CallError
		want string
	}{
		{o.connectionTrouble(syscall.ECONNREFUSED, o.setting("base_url")),
			"connexion refusée\nconseil\u00a0: voyez si le service du partenaire " +
				"fonctionne et est joignable d'ici\u00a0; vérifiez base_url de [partner]"},
		{proxy(proxyError{status: 407, basic: true}), "le proxy veut un nom d'utilisateur et un mot de passe\u00a0: 407 Proxy Authentication " +
			"Required\nconseil\u00a0: écrivez-les dans HTTPS_PROXY, dans un fichier que seul root peut lire\u00a0: HTTPS_PROXY=http://UTILISATEUR:" +
			"MOT_DE_PASSE@HÔTE:PORT, les caractères spéciaux sous la forme %XX"},
		{proxy(proxyError{status: 403}),
			"le proxy refuse le passage\u00a0: 403 Forbidden\nconseil\u00a0: demandez à qui gère le proxy de laisser " +
				"passer cette machine vers l'hôte de base_url de [partner]\u00a0; vérifiez HTTPS_PROXY et NO_PROXY"},
		{proxy(proxyError{cause: tls.RecordHeaderError{}}), "le proxy\u00a0: le serveur ne parle pas TLS sur ce port\nconseil\u00a0: vérifiez " +
			"HTTPS_PROXY et NO_PROXY"},
		{o.connectionTrouble(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, o.setting("base_url")), "certificat non " +
			"reconnu\nconseil\u00a0: si un proxy ou le partenaire a sa propre autorité, nommez son fichier dans ca_file de [partner]"},
		{packed.CallError,
			"la réponse est compressée d'une façon que personne n'a demandée (4 fois)\nconseil\u00a0: demandez au partenaire, ou à qui " +
				"gère un proxy sur le chemin, d'envoyer les réponses comme elles sont demandées (Accept-Encoding: identity)"},
		{call.undecided(answer{CallError: jobs.CallError{Status: 200}}, hinted.Say("call.result-no-code")).CallError, "a répondu 200 OK, ce " +
			"dont on ne peut pas juger\u00a0: un résultat n'a pas de code\nconseil\u00a0: vérifiez [partner.call.answer]"},
		{*search.nothing(), "aucun contrat n'a été trouvé aux 3 emplacements sous base_url\u00a0: a répondu 404 Not Found (2), la réponse est " +
			"du HTML, et non du JSON\u00a0: une page de connexion\u00a0? (1)\nconseil\u00a0: donnez l'URL du contrat ou un fichier dans " +
			"contract de " +
			"[partner.call], ou écrivez contract = \"none\""},
	} {
		e, want := test.e, test.want
		e.Call = "GET /V2/Dossier"
		if got := hinted.TextIn(locale.Of(locale.French, "partner"), &e); got != "GET /V2/Dossier\u00a0: "+want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// What is wrong with an answer, a proxy or a client in detail.
func TestDetailsOfTrouble(t *testing.T) {
	t.Parallel()
	o := &Options{Section: "partner"}
	call := &Call{Endpoint: NewEndpoint("document", "partner.call", http.MethodPost, "/V2/Salarie")}
	part := func(document string) hinted.Fact {
		found, err := decode([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		return partOf(nil, found, NewPointer("/data"))
	}
	_, noText := NewRules(jobs.AnswerRules{Texts: []string{"OK"}}).refusals(map[string]any{})
	expired := o.connectionTrouble(&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, hinted.Fact{})
	socks := o.connectionTrouble(&proxyError{unusable: "call.proxy-socks"}, hinted.Fact{})
	asked := jobs.CallError{RetryAfter: 2 * time.Minute}
	asked.Tell(hinted.Say("call.answered", "status", statusText(503)), later())
	tellPause(&asked, time.Minute)
	for want, got := range map[string]hinted.Fact{
		"answered 503 Service Unavailable, and asks not to be called again for 2m0s": asked.What,
		"the certificate has expired, or is not valid yet":                           expired.What,
		"name an http or https proxy (HTTPS_PROXY=http://HOST:PORT), or the partner's host in NO_PROXY if it can be " +
			"reached without one": socks.Next,
		`its member "meta/next" says that there is more`:                         part(`{"meta": {"next": "x"}, "data": []}`),
		`its member "links" names a next page`:                                   part(`{"links": [{"rel": "next"}], "data": []}`),
		"it is none of texts":                                                    hinted.What(noText),
		"stopped before the request left":                                        stopped(call).What,
		"check scope of [partner]":                                               o.tokenHint("invalid_scope"),
		"check token_url of [partner]: client credentials must be allowed there": o.tokenHint("unsupported_grant_type"),
	} {
		if got := got.In(hinted.English()); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
