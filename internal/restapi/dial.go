package restapi

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// dialer makes connections: TCP, perhaps through a proxy, and TLS.
type dialer struct {
	tcp     net.Dialer
	tls     *tls.Config
	timeout time.Duration // of TLS, and of a proxy's answer
	// proxy is the way to an address; nil = none. It is that of HTTPS_PROXY and NO_PROXY, never one for loopback.
	proxy func(*http.Request) (*url.URL, error)
}

func newDialer(o Options) (dialer, error) {
	roots, err := rootCertificates(o.CAFile)
	if err != nil {
		return dialer{}, err
	}
	return dialer{
		tcp:     net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: 15 * time.Second},
		tls:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, NextProtos: []string{"http/1.1"}},
		timeout: o.ConnectTimeout,
		proxy:   http.ProxyFromEnvironment,
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

// dial opens a connection to the origin of u. Plain http goes to loopback only (Options), so a proxy stands before TLS alone.
func (d *dialer) dial(ctx context.Context, u *url.URL) (*conn, error) {
	if u.Scheme != "https" {
		c, err := d.tcp.DialContext(ctx, "tcp", addressOf(u, "80"))
		if err != nil {
			return nil, err
		}
		return newConn(c, c), nil
	}
	proxy, err := d.proxy(&http.Request{URL: u})
	if err != nil {
		return nil, errNoProxy // it would quote the address, and a password in it
	}
	var below net.Conn
	if proxy == nil {
		below, err = d.tcp.DialContext(ctx, "tcp", addressOf(u, "443"))
	} else {
		below, err = d.through(ctx, proxy, addressOf(u, "443"))
	}
	if err != nil {
		return nil, err
	}
	secure, err := d.secure(ctx, below, u.Hostname())
	if err != nil {
		return nil, err
	}
	return newConn(secure, below), nil
}

func addressOf(u *url.URL, port string) string {
	if p := u.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// secure speaks TLS on a connection, which it closes when that fails.
func (d *dialer) secure(ctx context.Context, below net.Conn, host string) (*tls.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	config := d.tls.Clone()
	config.ServerName = host
	secure := tls.Client(below, config)
	if err := secure.HandshakeContext(limited); err != nil {
		_ = below.Close() // the handshake's error says more
		return nil, err
	}
	return secure, nil
}

// errNoProxy is a proxy that is not configured in a way that can be used.
var errNoProxy = errors.New("the proxy is not an http or https address")

// proxyError is a proxy that refuses the way to the API.
type proxyError struct{ status int }

func (e *proxyError) Error() string { return fmt.Sprintf("the proxy answered %d", e.status) }

// through asks an http proxy for a tunnel to address.
func (d *dialer) through(ctx context.Context, proxy *url.URL, address string) (c net.Conn, err error) {
	ports := map[string]string{"http": "80", "https": "443"}
	port, known := ports[proxy.Scheme]
	if !known {
		return nil, errNoProxy
	}
	if c, err = d.tcp.DialContext(ctx, "tcp", addressOf(proxy, port)); err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		if c, err = d.secure(ctx, c, proxy.Hostname()); err != nil {
			return nil, err
		}
	}
	limited, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	stop := context.AfterFunc(limited, func() { _ = c.SetDeadline(longAgo) })
	err = tunnel(c, proxy.User, address)
	if !stop() && err == nil {
		err = limited.Err()
	}
	if err != nil {
		_ = c.Close() // its own error says less
		return nil, err
	}
	return c, nil
}

func tunnel(c net.Conn, user *url.Userinfo, address string) error {
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		ask.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := ask.Write(c); err != nil {
		return err
	}
	// Nothing may follow the answer: the other side speaks TLS, in which the client begins.
	reader := bufio.NewReader(&headReader{from: c, left: maxHead})
	answer, err := http.ReadResponse(reader, ask) //nolint:bodyclose // the answer to a CONNECT has none
	switch {
	case err != nil:
		return err
	case answer.StatusCode != http.StatusOK:
		return &proxyError{status: answer.StatusCode}
	case reader.Buffered() > 0:
		return errUnasked
	}
	return nil
}
