package httpcall

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"syncd/internal/hinted"
	"syncd/internal/share"
)

// Connection is one client at one host. All who call through it share one token, one rate limit and one limit of requests
// in flight. It is safe for concurrent use.
type Connection struct {
	options   Options
	query     string   // that goes with every call, escaped
	secrets   []string // of the configuration, which an answer may quote
	transport http.RoundTripper
	tokens    *tokens
	mu        sync.Mutex // of accounts
	accounts  []*Account
	limiter   *rate.Limiter
	slots     *share.Pool // of requests in flight: see limits.go
	allowance *allowance  // this process's share of them; nil = it has all
	closeIdle func()
}

// Options say how a partner is reached. Zero values of the limits and times take the defaults below.
type Options struct {
	Section string `json:"-"` // of the configuration that says all this, for hints
	BaseURL string // up to, without, the path of the endpoints; https, or http to a loopback address

	Grant Grant `json:"-"` // how access tokens are obtained; nil = there are none, and the headers alone tell who asks

	// Headers and Query go with every call of the API, and with the search for its contract at the same host; to the token
	// endpoint and other hosts they do not go.
	Headers, Query []Fixed

	MaxInFlight     int           // requests under way at once; default 8
	Runs            int           // holders with requests under way at once, at most MaxInFlight; default 1
	RatePerSecond   float64       // attempts a second, in bursts of at most MaxInFlight; 0 = no limit
	RatePerMinute   int           `json:",omitempty"` // instead: attempts in any 60 s, more than twice MaxInFlight; 0 = RatePerSecond is the limit
	RequestTimeout  time.Duration // of one attempt, from the connection to the end of the answer; default 30 s
	ConnectTimeout  time.Duration // for TCP, and again for TLS; default 10 s
	RetryFor        time.Duration // how long the temporary failures of one call are retried; default 2 min
	TechnicalTries  int           // tries of one call that meets technical failures; default 3
	RetryAfterCap   time.Duration // the longest Retry-After that a call waits for; default 60 s. A longer one ends the call
	ResendAmbiguous bool          // sending a document twice is harmless: an attempt of unknown effect is repeated

	CAFile string // PEM file of root certificates, besides those of the system; "" = none

	Allowance Allowance         `json:"-"` // which part of MaxInFlight and RatePerSecond this process has; nil = all
	Transport http.RoundTripper `json:"-"` // what carries requests; nil = a transport of its own (transport.go)
	Log       zerolog.Logger    `json:"-"`
	Waits     func(Wait)        `json:"-"` // told of each call that is not answered within seconds, from goroutines of its own; nil = nobody
	Observe   func(Attempt)     `json:"-"` // told of each HTTP attempt, from many goroutines: it must be quick; nil = nobody
	UserAgent string
}

// Fixed is a header or a query parameter that is always the same.
type Fixed struct {
	Name, Value string
	Secret      bool // it is masked in what the partner says
}

// String tells nothing of the value.
func (f Fixed) String() string { return f.Name }

// GoString is String, for %#v.
func (f Fixed) GoString() string { return f.Name }

// Open checks the options and prepares the connection; nothing is sent yet. Close it after its last call.
func Open(o Options) (*Connection, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Connection{
		options: o, query: o.fixedQuery(), secrets: o.fixedSecrets(), transport: o.Transport,
		slots: share.New(o.MaxInFlight, o.Runs, 1), closeIdle: func() {},
	}
	if c.transport == nil {
		own, err := newTransport(&c.options)
		if err != nil {
			return nil, err
		}
		if err := own.checkProxies(&c.options); err != nil {
			return nil, err
		}
		c.transport, c.closeIdle = own, own.close
	}
	if o.Grant != nil {
		c.secrets = append(c.secrets, o.Grant.Secrets()...)
	}
	c.limiter = o.limiter()
	c.tokens = newTokens(&c.options, o.Grant, c.transport)
	if o.Allowance != nil {
		c.allowance = shareLimits(c)
	}
	return c, nil
}

// Close ends a renewal under way and closes idle connections. No call may be running or follow.
func (c *Connection) Close() {
	c.allowance.close()
	c.tokens.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, account := range c.accounts {
		account.tokens.close()
	}
	c.closeIdle()
}

// Address is where a path of the API is, with what goes with every call; nil = no such address can be.
func (c *Connection) Address(path string) *url.URL {
	address, err := url.Parse(c.options.BaseURL + path)
	if err != nil { // it would quote the URL
		return nil
	}
	address.RawQuery = JoinQuery(address.RawQuery, c.query)
	return address
}

// JoinQuery is two queries as one.
func JoinQuery(query, more string) string { return strings.Trim(query+"&"+more, "&") }

func (o Options) withDefaults() Options {
	o.MaxInFlight = orDefault(o.MaxInFlight, 8)
	o.Runs = orDefault(o.Runs, 1)
	o.RequestTimeout = orDefault(o.RequestTimeout, 30*time.Second)
	o.ConnectTimeout = orDefault(o.ConnectTimeout, 10*time.Second)
	o.RetryFor = orDefault(o.RetryFor, 2*time.Minute)
	o.TechnicalTries = orDefault(o.TechnicalTries, 3)
	o.RetryAfterCap = orDefault(o.RetryAfterCap, time.Minute)
	o.UserAgent = orDefault(o.UserAgent, "syncd")
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	o.Headers = slices.Clone(o.Headers)
	for i, h := range o.Headers {
		o.Headers[i].Name = http.CanonicalHeaderKey(h.Name)
	}
	if o.Observe == nil {
		o.Observe = func(Attempt) {}
	}
	return o
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// setting names one of the section.
func (o *Options) setting(key string) hinted.Fact {
	return hinted.Say("call.setting", "key", key, "table", o.Section)
}

func (o *Options) check() error {
	if err := checkAddress("base_url", o.BaseURL); err != nil {
		return err
	}
	if o.Grant != nil {
		if err := checkAddress("token_url", o.Grant.Address()); err != nil {
			return err
		}
	}
	if o.RatePerMinute != 0 && o.RatePerMinute <= 2*o.MaxInFlight {
		return hinted.Because(nil, "call.rate-too-low", "rate", o.RatePerMinute, "requests", o.MaxInFlight, "table", o.Section)
	}
	if o.Runs < 0 || o.Runs > o.MaxInFlight {
		return hinted.Because(nil, "call.runs-too-many", "runs", o.Runs, "requests", o.MaxInFlight, "table", o.Section)
	}
	for _, h := range o.Headers {
		if !isHeaderName(h.Name) || !IsHeaderValue(h.Value) {
			return hinted.Because(nil, "call.header-unfit", "name", h.Name, "table", o.Section)
		}
	}
	return nil
}

// checkAddress never quotes the address: it may contain a password.
func checkAddress(name, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return hinted.Because(nil, "call.not-web", "key", name)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return hinted.Because(nil, "call.more-than-path", "key", name)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return hinted.Because(nil, "call.plain-http", "key", name, "host", u.Hostname())
	}
	return nil
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// fixedSecrets are those of the fixed values that nobody is to see.
func (o *Options) fixedSecrets() (secrets []string) {
	for _, all := range [][]Fixed{o.Headers, o.Query} {
		for _, f := range all {
			if f.Secret {
				secrets = append(secrets, f.Value)
			}
		}
	}
	return secrets
}

// fixedQuery is the query that goes with every call, escaped; "" = none.
func (o *Options) fixedQuery() string {
	values := url.Values{}
	for _, q := range o.Query {
		values.Set(q.Name, q.Value)
	}
	return values.Encode()
}

// isHeaderName reports whether s is a token of RFC 9110, section 5.6.2.
func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letterOrDigit := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letterOrDigit && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// IsHeaderValue reports whether a header can carry s as it is (RFC 9110, section 5.5).
func IsHeaderValue(s string) bool {
	return s == strings.TrimSpace(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
