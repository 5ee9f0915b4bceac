package preset

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"syncd/internal/canonjson"
	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
)

// Options say how a partner of this kind is reached.
type Options struct {
	httpcall.Options
	Definition             *Definition
	Read                   Section
	ClientID, ClientSecret string // of a grant by client credentials
}

// Connection is one client at such a partner, which all dossiers share. It is safe for concurrent use.
type Connection struct {
	http    *httpcall.Connection
	options Options
	base    *url.URL

	mu       sync.Mutex
	accounts map[[sha256.Size]byte]*httpcall.Account
}

// Open prepares a connection; nothing is sent yet. Close it after its last call.
func Open(o Options) (*Connection, error) {
	o.Section, o.RatePerMinute, o.ResendAmbiguous = o.Read.Table, o.Read.RatePerMinute, true // what acknowledges may do so twice
	if o.Read.Grant.Kind == ClientCredentials {
		o.Grant = httpcall.ClientCredentials{TokenURL: o.Read.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Scope: o.Read.Scope}
	}
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, hinted.Because(nil, "call.not-web", "key", "base_url")
	}
	c := &Connection{options: o, base: base, accounts: map[[sha256.Size]byte]*httpcall.Account{}}
	if c.http, err = httpcall.Open(o.Options); err != nil {
		return nil, err
	}
	return c, nil
}

// Connect prepares a connection to a configured partner, whose section ReadSection has read. An error is a *strict.Error of a
// secret that cannot be read, or has a hint.
func (d *Definition) Connect(o httpcall.Options, p *config.Partner) (*Connection, error) {
	read, ok := p.Own.(Section)
	if !ok {
		panic("not a partner of this kind: " + p.Name)
	}
	own := Options{Options: o, Definition: d, Read: read, ClientID: p.ClientID}
	if read.Grant.Kind == ClientCredentials {
		var err error
		if own.ClientSecret, err = p.ClientSecret.Read(); err != nil {
			return nil, err
		}
	}
	return Open(own)
}

// Close ends what is under way. No call may be running or follow.
func (c *Connection) Close() { c.http.Close() }

// Dossier is what a dossier shows who it is by.
type Dossier struct {
	Name, Siret string
	Values      map[string]string // texts and secrets
	Secret      []string          // names of the latter
	Grants      jobs.GrantStore   // where the grant is a user's own
}

// String is its name.
func (d Dossier) String() string { return d.Name }

// GoString is String, for %#v.
func (d Dossier) GoString() string { return d.Name }

// Feed is a dossier as it is read. What cannot be sent is reported by each call.
func (c *Connection) Feed(d Dossier) (jobs.Feed, error) {
	denied := hinted.Say("preset.denied", "dossier", d.Name, "name", c.options.Definition.Name, "table", c.options.Read.Table)
	f := &feed{connection: c, dossier: d, showers: map[string]*shower{}, denied: httpcall.Denied{Unauthorized: denied, Forbidden: denied}}
	for _, name := range d.Secret {
		f.secrets = append(f.secrets, d.Values[name])
	}
	for _, h := range c.options.Read.Headers {
		found, _ := names(h.Value)
		secret := slices.ContainsFunc(found, func(name string) bool { return slices.Contains(d.Secret, name) })
		value := fill(h.Value, func(name string) string { return d.Values[name] })
		if value == "" || !httpcall.IsHeaderValue(value) {
			return nil, hinted.Because(nil, "preset.unfit-value", "names", found, "dossier", d.Name)
		}
		f.headers = append(f.headers, httpcall.Fixed{Name: http.CanonicalHeaderKey(h.Name), Value: value, Secret: secret})
	}
	for i := range c.options.Read.Collections {
		one := &c.options.Read.Collections[i]
		zone, err := time.LoadLocation(one.Zone)
		if err != nil {
			return nil, hinted.Because(nil, "preset.no-zone")
		}
		f.showers[one.Name] = &shower{one, d.Siret, canonjson.Omitting(one.Omit), zone}
	}
	f.account = c.account(&d)
	return f, nil
}

// account is the one of a dossier, the same for all its runs while its password is the same; nil = tokens are the client's.
func (c *Connection) account(d *Dossier) *httpcall.Account {
	if c.options.Read.Grant.Kind != PasswordThenRefresh {
		return nil
	}
	who := sha256.Sum256(d.who(d.Name))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accounts[who] == nil {
		next := hinted.Say("preset.check-password", "dossier", d.Name, "name", c.options.Definition.Name)
		c.accounts[who] = c.http.Account(httpcall.Rotating{Store: d.Grants, TokenURL: c.options.Read.TokenURL, Username: d.Values["username"],
			Password: d.Values["password"], Headers: c.options.Headers, Next: next})
	}
	return c.accounts[who]
}

// who is what shows who asks, for a digest.
func (d *Dossier) who(client string) []byte {
	parts := []string{client}
	for _, name := range slices.Sorted(maps.Keys(d.Values)) {
		parts = append(parts, name, d.Values[name])
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic("texts that are no JSON: " + err.Error())
	}
	return text
}

// GrantSecret is what a store of grants is for: who shows it was granted tokens, or refused.
func (c *Connection) GrantSecret(d Dossier) []byte {
	client := ""
	for _, h := range c.options.Headers {
		client += h.Value
	}
	return d.who(client)
}
