package restapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// idleTimeout is how long an unused connection is kept: below the 120 s of IIS, so that we, and not the server, close
// it. A server that closes a connection as a request leaves makes that request ambiguous.
const idleTimeout = 30 * time.Second

// newTransport makes an HTTP/1.1 transport, one connection per request in flight, kept alive. It is used without an
// http.Client, so redirects are answers like any other and errors hold no URL. Proxies are those of HTTPS_PROXY and
// NO_PROXY; net/http never uses one for loopback addresses.
func newTransport(o Options) (*http.Transport, error) {
	roots, err := rootCertificates(o.CAFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: 15 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    o.ConnectTimeout,
		MaxIdleConnsPerHost:    o.MaxInFlight + 1, // and one for the token
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // answers are small; this saves CPU and cannot be bombed
		Protocols:              protocols,
		// No ResponseHeaderTimeout: the deadline of the attempt bounds it without a timer of its own.
	}, nil
}

// rootCertificates are the system's, and those of file. nil = the system's.
func rootCertificates(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, hinted("check ca_file of [isidoor]", "reading root certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's root certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, hinted("ca_file wants certificates in PEM form", "%s holds no certificate", file)
	}
	return pool, nil
}

// proxyError is a proxy that refuses the way to the API.
type proxyError struct{ status int }

func (e *proxyError) Error() string { return fmt.Sprintf("the proxy answered %d", e.status) }

func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{status: answer.StatusCode}
	}
	return nil
}
