package preset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"syncd/internal/canonjson"
	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/privacy"
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

// feed is a dossier as it is read.
type feed struct {
	connection *Connection
	dossier    Dossier
	headers    []httpcall.Fixed
	secrets    []string
	denied     httpcall.Denied
	account    *httpcall.Account
	showers    map[string]*shower
}

var _ jobs.Feed = (*feed)(nil)

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
		f.showers[one.Name] = &shower{one, d.Siret, omitting(one.Omit), zone}
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

// Secret implements jobs.Feed. Of a user's own grant its store knows what was refused.
func (f *feed) Secret() []byte {
	if len(f.dossier.Secret) == 0 || f.account != nil {
		return nil
	}
	return f.dossier.who(f.connection.options.ClientID)
}

// GrantSecret is what a store of grants is for: who shows it was granted tokens, or refused.
func (c *Connection) GrantSecret(d Dossier) []byte {
	client := ""
	for _, h := range c.options.Headers {
		client += h.Value
	}
	return d.who(client)
}

// Settings implements jobs.Feed.
func (f *feed) Settings() string {
	o := &f.connection.options
	text, err := json.Marshal(struct {
		BaseURL, Client, Secret string
		Headers, Own            []httpcall.Fixed
		Read                    Section
		Dossier                 []byte
	}{o.BaseURL, o.ClientID, o.ClientSecret, o.Headers, f.headers, o.Read, f.dossier.who("")})
	if err != nil {
		panic("settings that are no JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// call is the only place where a request of such a partner comes from: what is not on the closed list ends here.
func (f *feed) call(name string, c *Call, write bool, value func(string) string, more ...Parameter) (*httpcall.Call, error) {
	connection := f.connection
	endpoint := httpcall.NewEndpoint(name, connection.options.Read.Table, c.Method, c.Path)
	list := connection.options.Definition.Calls
	if write {
		list = connection.options.Definition.Writes
	}
	address := connection.http.Address(fill(c.Path, value))
	if address == nil || !permits(list, connection.base, c.Method, address) {
		return nil, jobs.Troubled(jobs.ClassConfiguration, endpoint.Label, hinted.Say("preset.not-permitted"))
	}
	query := make([]string, 0, len(c.Query)+len(more))
	for _, p := range c.Query {
		query = append(query, url.QueryEscape(p.Name)+"="+url.QueryEscape(fill(p.Value, value)))
	}
	for _, p := range more {
		query = append(query, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
	}
	address.RawQuery = httpcall.JoinQuery(address.RawQuery, strings.Join(query, "&"))
	return &httpcall.Call{Endpoint: endpoint, URL: address, Headers: f.headers, Account: f.account, Holder: f, Secrets: f.secrets,
		Denied: f.denied, Limit: httpcall.MaxAnswer}, nil
}

// nothing fills no name: there is none.
func nothing(string) string { return "" }

// byKey fills in the key of a record, and the id of a file of it.
func byKey(key, id string) func(string) string {
	return func(name string) string { return map[string]string{"key": key, "id": id}[name] }
}

// read makes a call that reads, and gives the answer as it came, once it is known to be no refusal.
func (f *feed) read(ctx context.Context, call *httpcall.Call) (httpcall.Answered, error) {
	var whole httpcall.Answered
	call.Reads, call.Flaky, call.Whole = true, true, &whole
	out, _ := f.connection.http.Do(ctx, call)
	if out.Err != nil {
		return whole, out.Err
	}
	return whole, f.refusalIn(call, whole.Text)
}

var plainCode = lazyregexp.New(`^[A-Za-z0-9_.-]{1,20}$`)

// refusalIn finds a code of refusal inside of an answer.
func (f *feed) refusalIn(call *httpcall.Call, text []byte) error {
	rule := f.connection.options.Read.Answer
	if rule == nil {
		return nil
	}
	text, err := valid(text)
	if err != nil {
		return f.strange(call, err)
	}
	code := textAt(text, rule.Code)
	switch {
	case code == "":
		return f.strange(call, &odd{"shape-code"})
	case slices.Contains(rule.Success, code):
		return nil
	case !plainCode().MatchString(code):
		code = "?"
	}
	refused := jobs.Troubled(jobs.ClassTechnical, call.Label, hinted.Say("preset.refused-inside", "code", code))
	refused.Status = http.StatusOK
	if rule.Message != "" {
		refused.Message = privacy.MaskIdentifiers(call.Masked(textAt(text, rule.Message)))
	}
	return refused
}

// strange is an answer that cannot be read. It names the call, and no value.
func (f *feed) strange(call *httpcall.Call, err error) error {
	var shape *odd
	if !errors.As(err, &shape) {
		return err
	}
	return jobs.Troubled(jobs.ClassTechnical, call.Label, hinted.Say("preset."+shape.code, "table", call.Section))
}

// Identity implements jobs.Feed.
func (f *feed) Identity(ctx context.Context) (string, error) {
	asked := f.connection.options.Read.Identity
	if asked == nil {
		return "", nil
	}
	call, err := f.call("identity", &asked.Call, false, nothing)
	if err != nil {
		return "", err
	}
	answered, err := f.read(ctx, call)
	if err != nil {
		return "", err
	}
	text := bytes.TrimSpace(answered.Text)
	identity := string(text)
	if !asked.Text || json.Valid(text) && text[0] == '"' {
		if text, err = valid(text); err != nil {
			return "", f.strange(call, err)
		}
		identity = textAt(text, asked.Pointer)
	}
	if s := (&shower{collection: &Collection{}}); identity != "" {
		quoted, _ := canonjson.AppendString(nil, []byte(identity))
		if _, problem := s.key(quoted); problem == "" {
			return identity, nil
		}
	}
	return "", f.strange(call, &odd{"shape-identity"})
}

// Webhooks implements jobs.Feed.
func (f *feed) Webhooks(ctx context.Context) (active int, known bool, err error) {
	asked := f.connection.options.Read.Webhooks
	if asked == nil {
		return 0, false, nil
	}
	call, err := f.call("webhooks", &asked.Call, false, nothing)
	if err != nil {
		return 0, false, err
	}
	answered, err := f.read(ctx, call)
	if refused, ok := errors.AsType[*jobs.CallError](err); ok &&
		(refused.Status == http.StatusForbidden || refused.Status == http.StatusNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	text, err := valid(answered.Text)
	if err != nil {
		return 0, false, f.strange(call, err)
	}
	items, err := itemsAt(text, "")
	if err != nil {
		return 0, false, f.strange(call, err)
	}
	for _, item := range items {
		if state := at(item, asked.Active); item[0] != '{' || string(state) != "false" { // one that does not say is
			active++
		}
	}
	return active, true, nil
}

// Page implements jobs.Feed.
func (f *feed) Page(ctx context.Context, ask jobs.Ask) (*jobs.Page, error) {
	s, err := f.of(ask.Collection)
	if err != nil {
		return nil, err
	}
	l, limits, places := s.limits(&ask)
	body, parameters := l.place(places)
	call, err := f.call("list", &l.Call, false, func(name string) string { return limits[name] }, parameters...)
	if err != nil {
		return nil, err
	}
	call.Body, call.Limit = body, mostPage
	answered, err := f.read(ctx, call)
	if err != nil {
		return nil, err
	}
	p, err := s.page(answered.Text, l, ask.Page)
	if err != nil {
		return nil, f.strange(call, err)
	}
	p.Date = answered.Date
	return p, nil
}

func (f *feed) of(collection string) (*shower, error) {
	if s := f.showers[collection]; s != nil {
		return s, nil
	}
	return nil, jobs.Troubled(jobs.ClassConfiguration, collection, hinted.Say("preset.no-collection"))
}

// limits are how a page is asked for: what stands for the names in its call, and what goes into its body or its parameters.
func (s *shower) limits(ask *jobs.Ask) (l *Listing, names, places map[string]string) {
	if sweep := s.collection.Sweep; ask.Sweep && sweep != nil {
		return &sweep.List, map[string]string{"since": s.begin(ask.From, sweep.Format), "until": s.end(ask.To, sweep.Format)},
			sweep.List.places(ask.Page)
	}
	l = &s.collection.List
	w, places := &s.collection.Windows[ask.Window], l.places(ask.Page)
	if w.From != "" && !ask.From.IsZero() {
		places[w.From] = s.begin(ask.From, w.Format)
	}
	if w.To != "" && !ask.To.IsZero() {
		places[w.To] = s.begin(ask.To, w.Format) // with days its last one
	}
	return l, nil, places
}

// begin is how a moment is written: with days the one that it is in.
func (s *shower) begin(t time.Time, format string) string {
	if format == FormatMoment {
		return t.In(s.zone).Format(time.RFC3339)
	}
	return t.In(s.zone).Format(time.DateOnly)
}

// end is how an end is written that is no part of the interval: with days the one after the last.
func (s *shower) end(t time.Time, format string) string {
	if t = t.In(s.zone); format == FormatDay && t.Format(time.TimeOnly) != "00:00:00" {
		t = t.AddDate(0, 0, 1)
	}
	return s.begin(t, format)
}

// places are the values that a page is asked for by, and where they go.
func (l *Listing) places(page int) map[string]string {
	places := map[string]string{}
	if l.Page == nil {
		return places
	}
	places[l.Page.Number+l.Page.Offset] = strconv.Itoa(l.Page.number(page))
	if l.Page.Limit != "" {
		places[l.Page.Limit] = strconv.Itoa(l.Page.Size)
	}
	return places
}

var wholeNumber = lazyregexp.New(`^(0|[1-9][0-9]*)$`)

// place puts values into the body, or makes parameters of them.
func (l *Listing) place(places map[string]string) (body []byte, parameters []Parameter) {
	var document any
	if l.Body != "" {
		document, _ = canonjson.Decode([]byte(l.Body)) // it was read as an object
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		if !strings.HasPrefix(name, "/") {
			parameters = append(parameters, Parameter{name, places[name]})
			continue
		}
		var value any = places[name]
		if wholeNumber().MatchString(places[name]) {
			value = json.Number(places[name])
		}
		put(document, httpcall.NewPointer(name), value)
	}
	if l.Body == "" {
		return nil, parameters
	}
	return canonjson.AppendAny(nil, document), parameters
}

// put sets a member, and makes the objects on its way.
func put(document any, pointer httpcall.Pointer, value any) {
	at, _ := document.(map[string]any)
	for i, name := range pointer {
		if at == nil {
			return
		}
		if i == len(pointer)-1 {
			at[name] = value
			return
		}
		below, ok := at[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			at[name] = below
		}
		at = below
	}
}

// keyed is a call about one record.
func (f *feed) keyed(collection, name, key, id string, write bool, of func(*Collection) *Call) (*shower, *httpcall.Call, error) {
	s, err := f.of(collection)
	if err != nil {
		return nil, nil, err
	}
	c := of(s.collection)
	if c == nil || !partPattern().MatchString(key) {
		return nil, nil, jobs.Troubled(jobs.ClassConfiguration, name, hinted.Say("preset.not-permitted"))
	}
	call, err := f.call(name, c, write, byKey(key, id))
	return s, call, err
}

// isGone reports whether an answer, after it was repeated, says that there is no such record. A page for people says nothing.
func isGone(err error) bool {
	missing, ok := errors.AsType[*jobs.CallError](err)
	return ok && missing.Cause == nil && (missing.Status == http.StatusNotFound || missing.Status == http.StatusGone)
}

// Detail implements jobs.Feed.
func (f *feed) Detail(ctx context.Context, collection, key string) (*jobs.Record, error) {
	s, call, err := f.keyed(collection, "detail", key, "", false, func(c *Collection) *Call { return c.Detail })
	if err != nil {
		return nil, err
	}
	call.Limit = mostPage
	answered, err := f.read(ctx, call)
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := s.detail(answered.Text, key)
	if err != nil {
		return nil, f.strange(call, err)
	}
	return r, nil
}

// Files implements jobs.Feed.
func (f *feed) Files(ctx context.Context, collection, key string) ([]jobs.File, error) {
	s, call, err := f.keyed(collection, "files", key, "", false, func(c *Collection) *Call { return c.Files.listCall() })
	if err != nil {
		return nil, err
	}
	answered, err := f.read(ctx, call)
	if err != nil {
		return nil, err
	}
	files, err := s.collection.Files.list(answered.Text)
	if err != nil {
		return nil, f.strange(call, err)
	}
	return files, nil
}

func (f *Files) listCall() *Call {
	if f == nil {
		return nil
	}
	return &f.List
}

func (f *Files) getCall() *Call {
	if f == nil {
		return nil
	}
	return &f.Get
}

// Download implements jobs.Feed.
func (f *feed) Download(ctx context.Context, collection, key string, file jobs.File, most int64, into jobs.Sink) error {
	if file.Size > most {
		return &jobs.FileError{Reason: jobs.FileTooLarge}
	}
	if !partPattern().MatchString(file.ID) {
		return jobs.Troubled(jobs.ClassConfiguration, "download", hinted.Say("preset.not-permitted"))
	}
	_, call, err := f.keyed(collection, "download", key, file.ID, false, func(c *Collection) *Call { return c.Files.getCall() })
	if err != nil {
		return err
	}
	taken := &taking{into: into, most: most, sum: sha256.New()}
	call.Reads, call.Flaky, call.Limit = true, true, most
	call.Into = &httpcall.Sink{To: taken, Again: taken.again}
	out, _ := f.connection.http.Do(ctx, call)
	switch {
	case call.Into.Failed != nil:
		return call.Into.Failed
	case out.Err != nil:
		return out.Err
	case file.Size >= 0 && taken.size != file.Size:
		return &jobs.FileError{Reason: jobs.FileSize}
	case file.SHA256 != "" && hex.EncodeToString(taken.sum.Sum(nil)) != file.SHA256:
		return &jobs.FileError{Reason: jobs.FileChecksum}
	}
	return nil
}

// taking hands a file on, up to a size, and sums it up.
type taking struct {
	into       jobs.Sink
	size, most int64
	sum        hash.Hash
}

func (t *taking) Write(part []byte) (int, error) {
	if t.size += int64(len(part)); t.size > t.most {
		return 0, &jobs.FileError{Reason: jobs.FileTooLarge}
	}
	t.sum.Write(part)
	return t.into.Write(part)
}

func (t *taking) again() error {
	t.size = 0
	t.sum.Reset()
	return t.into.Restart()
}

// Acknowledge implements jobs.Feed.
func (f *feed) Acknowledge(ctx context.Context, collection, key string, before func() error) error {
	if f.connection.options.Read.ReadOnly { // whatever asks for it
		return jobs.Troubled(jobs.ClassConfiguration, "acknowledge", hinted.Say("preset.read-only"))
	}
	_, call, err := f.keyed(collection, "acknowledge", key, "", true, func(c *Collection) *Call { return c.Acknowledge })
	if err != nil {
		return err
	}
	call.Before = before
	out, _ := f.connection.http.Do(ctx, call)
	if refused, ok := errors.AsType[*jobs.CallError](out.Err); ok && refused.Class == jobs.ClassData {
		refused.Tell(refused.What, hinted.Say("preset.not-acknowledged"))
	}
	return out.Err
}
