package preset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

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

// Secret implements jobs.Feed. Of a user's own grant its store knows what was refused.
func (f *feed) Secret() []byte {
	if len(f.dossier.Secret) == 0 || f.account != nil {
		return nil
	}
	return f.dossier.who(f.connection.options.ClientID)
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
		Denied: f.denied, Locks: len(f.secrets) > 0 && f.account == nil, Limit: httpcall.MaxAnswer, Discreet: true}, nil
}

// nothing fills no name: there is none.
func nothing(string) string { return "" }

// byKey fills in the key of a record, and the id of a file of it.
func byKey(key, id string) func(string) string {
	return func(name string) string { return map[string]string{"key": key, "id": id}[name] }
}

// read makes a call that reads, and gives the answer as it came.
func (f *feed) read(ctx context.Context, call *httpcall.Call) (whole httpcall.Answered, err error) {
	call.Reads, call.Flaky, call.Whole = true, true, &whole
	out, _ := f.connection.http.Do(ctx, call)
	return whole, out.Err
}

// readJSON is read of an answer that must be JSON, once it is known to be no refusal.
func (f *feed) readJSON(ctx context.Context, call *httpcall.Call) (httpcall.Answered, error) {
	answered, err := f.read(ctx, call)
	if err != nil {
		return answered, err
	}
	if answered.Text, err = valid(answered.Text); err != nil {
		return answered, f.strange(call, err)
	}
	return answered, f.refusalIn(call, answered.Text)
}

var plainCode = lazyregexp.New(`^[A-Za-z0-9_.-]{1,20}$`)

// refusalIn finds a code of refusal inside of an answer.
func (f *feed) refusalIn(call *httpcall.Call, text []byte) error {
	rule := f.connection.options.Read.Answer
	if rule == nil {
		return nil
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
		refused.Message = call.Masked(textAt(text, rule.Message))
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
	read := f.readJSON
	if asked.Text && f.connection.options.Read.Answer == nil {
		read = f.read
	}
	answered, err := read(ctx, call)
	if err != nil {
		return "", err
	}
	text := bytes.TrimSpace(answered.Text)
	identity := string(text)
	if !asked.Text || json.Valid(text) && text[0] == '"' {
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
	answered, err := f.readJSON(ctx, call)
	if refused, ok := errors.AsType[*jobs.CallError](err); ok &&
		(refused.Status == http.StatusForbidden || refused.Status == http.StatusNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	items, err := itemsAt(answered.Text, "")
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
	answered, err := f.readJSON(ctx, call)
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
