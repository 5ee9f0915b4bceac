package httpcall

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"syncd/internal/hinted"
)

// dialer makes connections: TCP, perhaps through a proxy, and TLS.
type dialer struct {
	tcp     net.Dialer
	tls     *tls.Config
	timeout time.Duration // of TLS, and of a proxy's answer
	// proxy is the way to an address; nil = none. It is that of HTTPS_PROXY and NO_PROXY, never one for loopback.
	proxy func(*http.Request) (*url.URL, error)
}

func newDialer(o *Options) (dialer, error) {
	roots, err := o.rootCertificates()
	if err != nil {
		return dialer{}, err
	}
	return dialer{
		tcp: net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: 15 * time.Second},
		tls: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, NextProtos: []string{"http/1.1"},
			DynamicRecordSizingDisabled: true}, // small records leave one by one, a document and its head together (see conn)
		timeout: o.ConnectTimeout,
		proxy:   http.ProxyFromEnvironment,
	}, nil
}

// checkProxies refuses proxies that could never be used, such as those that speak SOCKS, before anything is asked.
func (d *dialer) checkProxies(o *Options) error {
	addresses := []string{o.BaseURL}
	if o.Grant != nil {
		addresses = append(addresses, o.Grant.Address())
	}
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" { // Open has checked both
			continue
		}
		if _, err := d.proxyFor(u); err != nil {
			trouble := o.connectionTrouble(err, hinted.Fact{})
			trouble.Call = "proxy"
			return &trouble
		}
	}
	return nil
}

// proxyFor is the proxy on the way to u; nil = none.
func (d *dialer) proxyFor(u *url.URL) (*url.URL, error) {
	proxy, err := d.proxy(&http.Request{URL: u})
	switch {
	case err != nil:
		return nil, &proxyError{unusable: "call.proxy-no-address"} // err would quote it, with a password perhaps
	case proxy == nil || proxy.Scheme == "http" || proxy.Scheme == "https":
		return proxy, nil
	case strings.HasPrefix(proxy.Scheme, "socks"):
		return nil, &proxyError{unusable: "call.proxy-socks"}
	}
	return nil, &proxyError{unusable: "call.proxy-not-web"}
}

// rootCertificates are the system's, and those of ca_file. nil = the system's.
func (o *Options) rootCertificates() (*x509.CertPool, error) {
	if o.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, hinted.Because(err, "call.roots-unread", "table", o.Section)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, hinted.Because(err, "call.system-roots-unread")
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, hinted.Because(nil, "call.roots-none", "file", o.CAFile)
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
	proxy, err := d.proxyFor(u)
	if err != nil {
		return nil, err
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

// proxyError is a proxy through which no connection came to be.
type proxyError struct {
	unusable string // the code of why none can be made through it at all
	status   int    // what it answered to CONNECT; 0 = nothing
	named    bool   // it was given a user name and a password
	basic    bool   // with a 407: it takes them in the one form that we know
	cause    error  // of no answer
}

func (e *proxyError) Error() string { return "the proxy gives no way" }
func (e *proxyError) Unwrap() error { return e.cause }

// through asks a proxy for a tunnel to address. Its errors are of type *proxyError.
func (d *dialer) through(ctx context.Context, proxy *url.URL, address string) (net.Conn, error) {
	c, err := d.tunnel(ctx, proxy, address)
	var refused *proxyError
	if err != nil && !errors.As(err, &refused) {
		err = &proxyError{cause: err}
	}
	return c, err
}

func (d *dialer) tunnel(ctx context.Context, proxy *url.URL, address string) (c net.Conn, err error) {
	port := map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
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
	err = askTunnel(c, proxy.User, address)
	if !stop() && err == nil {
		err = limited.Err()
	}
	if err != nil {
		_ = c.Close() // its own error says less
		return nil, err
	}
	return c, nil
}

func askTunnel(c net.Conn, user *url.Userinfo, address string) error {
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
	case answer.StatusCode/100 != 2:
		return &proxyError{status: answer.StatusCode, named: user != nil, basic: offersBasic(answer.Header)}
	case reader.Buffered() > 0:
		return errUnasked
	}
	return nil
}

// offersBasic reports whether a 407 takes a user name and a password as they are; one that does not say how is believed to.
func offersBasic(header http.Header) bool {
	offers := header.Values("Proxy-Authenticate")
	return len(offers) == 0 || slices.ContainsFunc(offers, func(offer string) bool {
		return slices.ContainsFunc(strings.Split(offer, ","), func(part string) bool {
			words := strings.Fields(part)
			return len(words) > 0 && strings.EqualFold(words[0], "Basic")
		})
	})
}
