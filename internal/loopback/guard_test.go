package loopback

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers 200 on a network, and gives a function that sends a request as it stands and tells the status.
func serve(t *testing.T, network, address string, names ...string) (ask func(request string) int) {
	t.Helper()
	listener, err := net.Listen(network, address) //nolint:noctx // at once
	if err != nil {
		t.Fatal(err)
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: Guard(ok, func() []string { return names })}}
	server.Start()
	t.Cleanup(server.Close)
	return func(request string) int {
		connection, err := net.Dial(network, listener.Addr().String()) //nolint:noctx // at once
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprint(connection, request); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
}

// TestHosts: a page whose name turns into 127.0.0.1 would read the answers, but for its name.
func TestHosts(t *testing.T) {
	t.Parallel()
	ask := serve(t, "tcp", "127.0.0.1:0", "metrics.example.org")
	for _, host := range []string{"127.0.0.1", "127.0.0.1:9464", "127.9.9.9:1", "localhost", "LocalHost:8089", "[::1]", "[::1]:9464",
		"[::ffff:127.0.0.1]:80", "metrics.example.org", "METRICS.example.org:443"} {
		if status := ask("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); status != http.StatusOK {
			t.Errorf("%s: %d", host, status)
		}
	}
	for _, host := range []string{"evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example",
		"127.0.0.1.nip.io:9464", "localhost.", "sub.localhost", "0.0.0.0:9464", "0", "2130706433", "0x7f000001", "127.1", "0177.0.0.1",
		"192.168.1.1", "[::]:9464", "[::1%25lo]", "::1", "localhost:x", "localhost:", "localhost:99999",
		"localhost:80:80", "localhost@evil.example", "evil@localhost", "xmetrics.example.org", ""} {
		if status := ask("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); status != http.StatusMisdirectedRequest &&
			status != http.StatusBadRequest {
			t.Errorf("%q: %d", host, status)
		}
	}
	if status := ask("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); status != http.StatusMisdirectedRequest {
		t.Errorf("an absolute URL: %d", status)
	}
	if status := ask("GET / HTTP/1.0\r\n\r\n"); status != http.StatusOK {
		t.Errorf("HTTP/1.0 without a Host: %d", status)
	}
	if status := ask("GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n"); status != http.StatusMisdirectedRequest {
		t.Errorf("HTTP/1.0 with another Host: %d", status)
	}
}

func TestPagesAreRefused(t *testing.T) {
	t.Parallel()
	ask := serve(t, "tcp", "127.0.0.1:0")
	for _, header := range []string{"Origin: http://evil.example", "Origin: null", "Origin:", "Origin: http://127.0.0.1:9464",
		"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: same-origin",
		"sec-fetch-site: none\r\nsec-fetch-site: cross-site"} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			if status := ask(method + " / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header + "\r\n\r\n"); status != http.StatusForbidden {
				t.Errorf("%s %q: %d", method, header, status)
			}
		}
	}
	if status := ask("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: none\r\n\r\n"); status != http.StatusOK {
		t.Errorf("typed by a person: %d", status)
	}
}

// No browser connects to a Unix socket, and its clients make up a Host.
func TestASocketTakesAnyHost(t *testing.T) {
	t.Parallel()
	ask := serve(t, "unix", filepath.Join(t.TempDir(), "s"))
	if status := ask("GET / HTTP/1.1\r\nHost: syncd\r\n\r\n"); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	if status := ask("GET / HTTP/1.1\r\nHost: syncd\r\nOrigin: http://evil.example\r\n\r\n"); status != http.StatusForbidden {
		t.Errorf("a page through a proxy: %d", status)
	}
}
