// Package issuer asks an OpenID Connect issuer who somebody is: the authorization code flow of OpenID Connect Core 1.0, with PKCE
// (S256). It knows neither page nor account. What an issuer answers may be huge, slow, another one's or lead elsewhere: nothing of it
// counts before it is verified (identify.go), and no other host is asked than those that the issuer names, by TLS.
package issuer

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"syncd/internal/hinted"
)

// Settings are how an issuer knows us.
type Settings struct {
	Issuer   string // exactly as it names itself
	ClientID string
	Secret   func() (string, error)
	Redirect string        // where it sends browsers back to
	ACR      []string      // one of them is demanded; none = any
	MaxAge   time.Duration // since the person proved to it who that is; 0 = any
	CAFile   string        // PEM, of who signed its certificate beside the system's; "" = the system's alone
	Now      func() time.Time
}

const (
	callTimeout = 3 * time.Second  // of one call, from the name to the last byte
	freshFor    = 15 * time.Minute // after which it is asked anew for its addresses and keys: a key that it withdrew counts no longer
	mostAnswer  = 1 << 20          // bytes
	skew        = time.Minute      // by which its clock and ours may differ
)

// Client asks one issuer. It is safe for concurrent use, and asks nothing before it is needed.
type Client struct {
	Settings
	mu    sync.Mutex
	known *known
}

// New makes a Client.
func New(s Settings) *Client { return &Client{Settings: s} }

// known is what an issuer has told of itself.
type known struct {
	endpoint   oauth2.Endpoint
	keys       oidc.KeySet
	algorithms []string
	named      bool // its answers name it (RFC 9207)
	http       *http.Client
	at         time.Time
}

// Error is why an issuer did not tell who somebody is.
type Error struct {
	*hinted.Coded
	Away   bool // it may answer later
	NoTime bool // it does not tell when somebody signed in, and was asked
}

func (e *Error) Unwrap() error { return e.Coded }

func (c *Client) trouble(code string, namesAndValues ...any) *Error {
	return &Error{Coded: hinted.Because(nil, "issuer."+code, append([]any{"host", c.Host()}, namesAndValues...)...)}
}

func (c *Client) away() *Error {
	e := c.trouble("away")
	e.Away = true
	return e
}

// Host is the issuer's, by which people know it.
func (c *Client) Host() string {
	u, err := url.Parse(c.Issuer)
	if err != nil {
		return ""
	}
	return u.Host
}

// What of the secret of one sign-in goes where: none tells another one.
const (
	forState = "state"         // by way of the browser, there and back
	forNonce = "nonce"         // into the ID token
	forPKCE  = "code_verifier" // to where the code is exchanged
)

func derive(secret []byte, what string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(what))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// FitsState reports whether an answer belongs to the sign-in of a secret.
func FitsState(secret []byte, state string) bool {
	return hmac.Equal([]byte(derive(secret, forState)), []byte(state))
}

// Ask is what a browser asks an issuer for.
type Ask struct {
	Secret []byte // of this sign-in, which only that browser has
	Anew   bool   // the person is to prove who that is, even where they did a moment ago
	Choose bool   // the person is to choose as whom
}

// Address is where a browser is sent. Errors: *Error, or of our secret.
func (c *Client) Address(ctx context.Context, a Ask) (string, error) {
	if _, err := c.Secret(); err != nil { // told before somebody has signed in there
		return "", err
	}
	k, err := c.discover(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(derive(a.Secret, forPKCE)), oidc.Nonce(derive(a.Secret, forNonce))}
	set := func(name, value string) { options = append(options, oauth2.SetAuthURLParam(name, value)) }
	switch {
	case a.Anew:
		set("prompt", "login")
		set("max_age", "0")
	case c.MaxAge > 0:
		set("max_age", strconv.Itoa(int(c.MaxAge.Seconds())))
	case a.Choose: // who is asked for an age tells a time, if it ever does
		set("max_age", "86400")
	}
	if a.Choose && !a.Anew {
		set("prompt", "select_account")
	}
	if len(c.ACR) > 0 {
		set("acr_values", strings.Join(c.ACR, " "))
	}
	return c.oauth(k, "").AuthCodeURL(derive(a.Secret, forState), options...), nil
}

func (c *Client) oauth(k *known, secret string) *oauth2.Config {
	return &oauth2.Config{ClientID: c.ClientID, ClientSecret: secret, Endpoint: k.endpoint, RedirectURL: c.Redirect,
		Scopes: []string{oidc.ScopeOpenID}}
}

// Check asks the issuer whether it is there, and the one that is configured. Errors: *Error.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.discover(ctx)
	return err
}

// discover is what the issuer tells of itself, where that is not known yet or was learnt a while ago.
func (c *Client) discover(ctx context.Context) (*known, error) {
	c.mu.Lock()
	k := c.known
	c.mu.Unlock()
	if k != nil && c.Now().Sub(k.at).Abs() < freshFor {
		return k, nil
	}
	k, err := c.ask(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.known = k
	c.mu.Unlock()
	return k, nil
}

func (c *Client) ask(ctx context.Context) (*known, error) {
	client, err := c.newHTTP()
	if err != nil {
		return nil, err
	}
	withClient := oidc.ClientContext(ctx, client)
	provider, err := oidc.NewProvider(withClient, c.Issuer)
	if other, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return nil, c.trouble("another", "told", shown(other.Discovered))
	}
	if err != nil {
		return nil, c.told(err)
	}
	var says struct {
		Keys       string   `json:"jwks_uri"`
		Methods    []string `json:"token_endpoint_auth_methods_supported"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
		Named      bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if provider.Claims(&says) != nil {
		return nil, c.trouble("unclear")
	}
	endpoint := provider.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, says.Keys} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" {
			return nil, c.trouble("unclear")
		}
		if !c.private(u) {
			return nil, c.trouble("in-clear")
		}
	}
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // the one of who says nothing
	if len(says.Methods) > 0 && !slices.Contains(says.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &known{endpoint: endpoint, keys: oidc.NewRemoteKeySet(withClient, says.Keys), algorithms: asymmetric(says.Algorithms),
		named: says.Named, http: client, at: c.Now()}, nil
}

// asymmetric are the algorithms that we take of those that an issuer signs with: none of which a secret that we know would do.
func asymmetric(offered []string) (taken []string) {
	for _, a := range []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512,
		oidc.EdDSA} {
		if slices.Contains(offered, a) {
			taken = append(taken, a)
		}
	}
	if len(taken) == 0 {
		return []string{oidc.RS256}
	}
	return taken
}

// private reports whether nobody reads along: TLS, or an issuer of this machine.
func (c *Client) private(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(c.Issuer, "http:") && loopback(u.Hostname())
}

func loopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }

// told is why a call failed.
func (c *Client) told(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return c.away()
	}
	return c.trouble("unclear")
}

func (c *Client) newHTTP() (*http.Client, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		pool, poolErr := x509.SystemCertPool()
		if err != nil || poolErr != nil || !pool.AppendCertsFromPEM(pem) {
			return nil, c.trouble("no-roots", "file", c.CAFile)
		}
		secure.RootCAs = pool
	}
	way := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: secure, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: 64 << 10}
	return &http.Client{Timeout: callTimeout, Transport: &bounded{c, way},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// bounded takes of an answer what has an end, and follows it nowhere.
type bounded struct {
	*Client
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper. Its errors are *Error.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if !b.private(r.URL) {
		return nil, b.trouble("in-clear")
	}
	got, err := b.next.RoundTrip(r)
	if err != nil {
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return nil, b.trouble("certificate")
		}
		return nil, b.away()
	}
	defer got.Body.Close()
	switch {
	case got.StatusCode/100 == 3:
		return nil, b.trouble("redirects")
	case got.StatusCode/100 == 5, got.StatusCode == http.StatusTooManyRequests:
		return nil, b.away()
	}
	body, err := io.ReadAll(io.LimitReader(got.Body, mostAnswer+1))
	switch {
	case err != nil:
		return nil, b.away()
	case len(body) > mostAnswer:
		return nil, b.trouble("too-large", "n", mostAnswer)
	}
	got.Body = io.NopCloser(bytes.NewReader(body))
	return got, nil
}

// shown is a text of an issuer as far as people are shown it.
func shown(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	for i := range text {
		if i > most {
			return text[:i] + "…"
		}
	}
	return text
}
