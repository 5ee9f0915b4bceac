package restapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
)

// Options says how a partner is reached. Zero values of the limits and times take the defaults below.
type Options struct {
	BaseURL      string // up to, without, the path of the endpoints; https, or http to a loopback address
	TokenURL     string
	ClientID     string
	ClientSecret string
	Scope        string

	KeyIn   string // where the dossier key goes: KeyInHeader, KeyInQuery or KeyInPath ({dossier} in the paths)
	KeyName string // of the header or of the query parameter

	// Headers and Query go with every call of the API, and with the search for its contract at the same host; to the token
	// endpoint and other hosts they do not go.
	Headers, Query []Fixed

	MaxInFlight     int           // requests under way at once; default 8
	Runs            int           // dossiers with requests under way at once, at most MaxInFlight; default 1
	RatePerSecond   float64       // attempts a second, in bursts of at most MaxInFlight; 0 = no limit
	RequestTimeout  time.Duration // of one attempt, from the connection to the end of the answer; default 30 s
	ConnectTimeout  time.Duration // for TCP, and again for TLS; default 10 s
	RetryFor        time.Duration // how long the temporary failures of one call are retried; default 2 min
	TechnicalTries  int           // tries of one call that meets technical failures; default 3
	RetryAfterCap   time.Duration // the longest Retry-After that a call waits for; default 60 s. A longer one ends the call
	ResendAmbiguous bool          // sending a document twice is harmless: an attempt of unknown effect is repeated

	CAFile string // PEM file of root certificates, besides those of the system; "" = none

	Dossier      DossierEndpoint
	Dictionnaire DictionnaireEndpoint
	Salarie      SalarieEndpoint
	Read         *ReadEndpoint // nil = the API cannot be asked what it holds
	Answer       *AnswerRules  // nil = any 2xx to a document accepts it

	Allowance Allowance      `json:"-"` // which part of MaxInFlight and RatePerSecond this process has; nil = all
	Log       zerolog.Logger `json:"-"`
	Waits     func(Wait)     `json:"-"` // told of each call that is not answered within seconds, from goroutines of its own; nil = nobody
	Observe   func(Call)     `json:"-"` // told of each HTTP attempt, from many goroutines: it must be quick; nil = nobody
	UserAgent string
}

// Fixed is a header or a query parameter that is always the same.
type Fixed struct {
	Name, Value string
	Secret      bool // it is masked in what the partner says
}

// Where the dossier key goes.
const (
	KeyInHeader = "header"
	KeyInQuery  = "query"
	KeyInPath   = "path"
)

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
		o.Observe = func(Call) {}
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

// check gives the calls that the options make.
func (o Options) check() (*calls, error) {
	for name, address := range map[string]string{"base_url": o.BaseURL, "token_url": o.TokenURL} {
		if err := checkAddress(name, address); err != nil {
			return nil, err
		}
	}
	if o.Runs < 0 || o.Runs > o.MaxInFlight {
		return nil, hinted("raise max_in_flight of [isidoor], or let fewer runs go at once",
			"%d runs at once cannot share %d requests in flight: each needs one of its own", o.Runs, o.MaxInFlight)
	}
	return o.calls()
}

// checkAddress never quotes the address: it may hold a password.
func checkAddress(name, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return hinted("write it as https://host/path", "%s is not a web address", name)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return hinted("keep scheme, host and path only", "%s holds a user name, a query or a fragment", name)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return hinted("use https", "%s is plain http to another machine (%s): pay would travel unencrypted", name, u.Hostname())
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// checkFixed also finds a dossier key that another, such as the API's contract, would put where something else goes.
func (o Options) checkFixed() error {
	for _, h := range o.Headers {
		switch {
		case !isHeaderName(h.Name) || !isHeaderValue(h.Value):
			return hinted("correct headers of [isidoor]", "the header %q cannot be sent", h.Name)
		case o.KeyIn == KeyInHeader && strings.EqualFold(h.Name, o.KeyName):
			return hinted("write dossier_key of [isidoor], or leave the header out of headers", "the dossier key and headers of [isidoor] both want the header %q", h.Name)
		}
	}
	for _, q := range o.Query {
		if o.KeyIn == KeyInQuery && q.Name == o.KeyName {
			return hinted("write dossier_key of [isidoor], or leave the parameter out of query", "the dossier key and query of [isidoor] both want the parameter %q", q.Name)
		}
	}
	return nil
}

// fixedSecrets are those of the fixed values that nobody is to see.
func (o Options) fixedSecrets() (secrets []string) {
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
func (o Options) fixedQuery() string {
	values := url.Values{}
	for _, q := range o.Query {
		values.Set(q.Name, q.Value)
	}
	return values.Encode()
}

func (o Options) checkKeyPlace() error {
	inPath, anyPath := o.dossierInPaths()
	switch {
	case o.KeyIn == KeyInPath && !inPath:
		return hinted("write {dossier} where the key goes", "the dossier key goes in the path, but a path has no {dossier}")
	case o.KeyIn == KeyInPath:
		return nil
	case o.KeyIn != KeyInHeader && o.KeyIn != KeyInQuery:
		return hinted("use header, query or path", "dossier_key cannot go in %q", o.KeyIn)
	case anyPath:
		return hinted(`set dossier_key = { in = "path" }`, "a path holds {dossier}, but the dossier key goes in the %s", o.KeyIn)
	case o.KeyName == "":
		return hinted("set name of dossier_key", "the %s of the dossier key has no name", o.KeyIn)
	case o.KeyIn == KeyInHeader && (!isHeaderName(o.KeyName) || jobs.TakenHeader(o.KeyName)):
		return hinted("take a name such as X-Cle-Dossier", "the dossier key cannot go in the header %q", o.KeyName)
	}
	return nil
}

// dossierInPaths tells whether {dossier} stands in each path that needs it when the key goes in the path, and whether it
// stands in any.
func (o Options) dossierInPaths() (each, anyOf bool) {
	paths := []string{o.Dossier.Path, o.Salarie.Path}
	if o.Read != nil {
		paths = append(paths, o.Read.Path)
	}
	lacks := func(path string) bool { return !strings.Contains(path, "{dossier}") }
	return !slices.ContainsFunc(paths, lacks), strings.Contains(strings.Join(paths, " ")+o.Dictionnaire.Path, "{dossier}")
}

// isHeaderName tells whether s is a token of RFC 9110, section 5.6.2.
func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letterOrDigit := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letterOrDigit && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
