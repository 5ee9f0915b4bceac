package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// certify writes a certificate for 127.0.0.1 and its key, and gives what trusts it.
func certify(t *testing.T, dir string) (w config.Web, trusted *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "page"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"page.example.org"}}
	der, err := x509.CreateCertificate(rand.Reader, made, made, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	w.Certificate = filepath.Join(dir, "page.pem")
	keyFile := filepath.Join(dir, "page.key")
	for path, content := range map[string][]byte{w.Certificate: chain,
		keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	table, err := strict.Parse("config.toml", []byte("key = { file = \""+keyFile+"\" }"), os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	w.Key = table.Secret("key")
	trusted = x509.NewCertPool()
	trusted.AppendCertsFromPEM(chain)
	return w, trusted
}

func TestOthersThanThisMachineAreAnsweredByTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, trusted := certify(t, dir)
	w.Listen = "127.0.0.1:0"
	s := newSite(t, func(c *config.Config) { w.PublicURL = publicURL; c.Web = w })
	listener, err := Listen(t.Context(), s.config)
	s.must(err)
	ctx, end := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, DisableKeepAlives: true}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+listener.Addr().String()+"/login", nil)
	s.must(err)
	r.Host = "page.example.org"
	got, err := transport.RoundTrip(r)
	s.must(err)
	got.Body.Close()
	if got.StatusCode != http.StatusOK || got.TLS.Version < tls.VersionTLS12 {
		t.Errorf("%s, TLS %x", got.Status, got.TLS.Version)
	}
	end()
	s.must(<-served)

	s.must(os.WriteFile(w.Certificate, []byte("no certificate"), 0o600))
	if _, err := Listen(t.Context(), s.config); err == nil ||
		!contains(err.Error(), "the certificate of the page and its key do not fit, or are no PEM") {
		t.Error(err)
	}
}

func TestAProxyOfAnyUserReachesTheSocket(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	path := filepath.Join(t.TempDir(), "web.sock")
	s.config.Web.Listen = "unix:" + path
	listener, err := Listen(t.Context(), s.config)
	s.must(err)
	ctx, end := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	info, err := os.Stat(path)
	s.must(err)
	if info.Mode().Perm() != 0o666 {
		t.Errorf("its mode is %o", info.Mode().Perm())
	}
	var dialer net.Dialer
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", path)
	}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://page.example.org/login", nil)
	s.must(err)
	got, err := transport.RoundTrip(r)
	s.must(err)
	got.Body.Close()
	if got.StatusCode != http.StatusOK {
		t.Error(got.Status)
	}
	end()
	s.must(<-served)
}

// Whoever connects from elsewhere than a proxy says nothing of where a browser is: by it attempts are counted.
func TestWhereABrowserIs(t *testing.T) {
	t.Parallel()
	s := &Server{app: app.New(&config.Config{Web: config.Web{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"),
		netip.MustParsePrefix("10.1.0.0/16")}}}, app.Door{}), log: zerolog.Nop()}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"127.0.0.1:4000", "", "localhost"}, {"[::1]:4000", "", "localhost"}, {"192.0.2.9:4000", "", "192.0.2.9"},
		{"127.0.0.1:4000", "192.0.2.1", "192.0.2.1"}, {"127.0.0.1:4000", "192.0.2.1, 192.0.2.2", "192.0.2.2"},
		{"127.0.0.1:4000", "192.0.2.1, unknown", "localhost"}, {"[::1]:4000", "192.0.2.1", "localhost"},
		{"10.1.7.7:4000", "192.0.2.1", "192.0.2.1"}, {"10.2.7.7:4000", "192.0.2.1", "10.2.7.7"}, {"10.1.7.7:4000", "", "10.1.7.7"},
		{"127.0.0.1:4000", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"}, {"[2001:db8:1:2::9]:4000", "192.0.2.1", "2001:db8:1:2::/64"},
		{"127.0.0.1:4000", "::ffff:192.0.2.1", "192.0.2.1"}, {"socket", "192.0.2.1", "192.0.2.1"}, {"socket", "", "localhost"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.peer == "socket" {
			r.RemoteAddr = "@"
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.UnixAddr{Name: "web.sock"})))
		}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", "203.0.113.1")
			r.Header.Add("X-Forwarded-For", c.forwarded)
		}
		if got := s.address(r); got != c.want {
			t.Errorf("%s, for %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

// What answers at the page's address already is told with what to do, in both languages: a port, with TLS and without, and a socket.
func TestTheAddressOfThePageIsTaken(t *testing.T) {
	t.Parallel()
	port, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	path := filepath.Join(t.TempDir(), "web.sock")
	socket, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	secure, _ := certify(t, t.TempDir())
	secure.Listen = port.Addr().String()
	for _, w := range []config.Web{{Listen: secure.Listen}, secure, {Listen: "unix:" + path}} {
		_, err := Listen(t.Context(), &config.Config{Web: w})
		if err == nil {
			t.Fatalf("two listen at %s", w.Listen)
		}
		for language, words := range map[locale.Language][2]string{locale.French: {"est prise", "arrêtez l'autre"},
			locale.English: {"is taken", "stop the other one"}} {
			text, hint := hinted.SplitIn(locale.Of(language, ""), err)
			if !contains(text, w.Listen) || !contains(text, words[0]) || !contains(hint, words[1]) {
				t.Errorf("%s in %s: %q, %q", w.Listen, language, text, hint)
			}
		}
	}
}
