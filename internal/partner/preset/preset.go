// Package preset is for partners that are read from: what they are asked, and how their answers read, is data. A preset is TOML
// that comes with the program, and a user may write any of its values anew, but for what is fixed. Which calls may be made at all
// stands in Go (closed.go).
//
//	preset.go   what a preset can say, and how it is read with a user's values over it
//	closed.go   the closed list of calls, and its two gates
//	fill.go     {name} and base64({a}:{b})
//	source.go   a dossier at such a partner: jobs.Feed
//	read.go     answers → records, each with what speaks against it
//
// # The language
//
//	fixed.hosts.test, .production   base_url, token_url; where there are none the user writes base_url
//	fixed.token                     grant = "client-credentials", or "password-then-refresh" with call, by username and password of
//	                                the dossier
//	fixed.partner, fixed.dossier    what [[partner]] and [dossier.NAME] must have: name = "text", "secret" or "date"
//	fixed.distinct                  names of which no two dossiers may have the same
//	scope, rate_per_minute          of the token, of all calls together
//	headers                         name = template; as a whole a secret of [[partner]], else texts and secrets of the dossier
//	answer                          code, success, message: a refusal inside of a 200
//	identity                        call, and pointer or text = true: for whom the partner answers; is: the dossier's value for it
//	webhooks                        call, active: what takes records from the lists
//	password_age                    field, days, warn
//	collection.NAME                 list, body, windows, page, records, each, with, key, texts, owner, foreign, omit, detail, files,
//	                                ack, sweep, zone (of days)
//	  windows                       name, from, to (a pointer into body, or a parameter), days or since + overlap + first, dated,
//	                                whole, format = "day" or "moment"
//	  page                          number or offset, and limit (as from), size, first, pages, total, echo
//	  files                         list, records, id, size, sha256, type, get
//	  sweep                         list, records, key, page, format, reach, every, overlap, first
//
// Pointers are JSON pointers (RFC 6901). Any setting of [[partner]] may have another default in a preset.
package preset

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

// Section is what a preset and a user's values over it say, without secrets.
type Section struct {
	Table           string // that says so, for hints
	Grant           Grant
	TokenURL, Scope string
	RatePerMinute   int
	Headers         []Header     `json:",omitempty"` // that tell of a dossier
	Answer          *Answer      `json:",omitempty"` // nil = each answer of success is one
	Identity        *Identity    `json:",omitempty"` // nil = not told
	Webhooks        *Webhooks    `json:",omitempty"` // nil = cannot be asked
	PasswordAge     *PasswordAge `json:",omitempty"` // nil = passwords live for ever
	Dossier         []Need       // what each dossier must have
	ReadOnly        bool         `json:",omitempty"` // somebody else acknowledges
	Collections     []Collection // in the order of the preset
}

// Grant is how tokens are obtained.
type Grant struct {
	Kind string // ClientCredentials or PasswordThenRefresh
	Call string // the path of the latter's, below base_url
}

// The grants.
const (
	ClientCredentials   = "client-credentials"
	PasswordThenRefresh = "password-then-refresh"
)

// Header goes with each call. Its value is a template.
type Header struct{ Name, Value string }

// Answer says how a refusal inside of a 200 is told.
type Answer struct {
	Code    string // pointer to the code
	Success []string
	Message string // pointer to the words; "" = none
}

// Identity tells for whom the partner answers.
type Identity struct {
	Call    Call
	Pointer string
	Text    bool   // the answer as a whole
	Is      string // of the dossier: what it must be; "" = the partner alone knows
}

// Webhooks are what takes records from the lists.
type Webhooks struct {
	Call   Call
	Active string // pointer into one
}

// PasswordAge is how long passwords live.
type PasswordAge struct {
	Field      string // of the dossier: when it was set
	Days, Warn int
}

// Need is a value that must be written, of a kind: "text", "secret" or "date".
type Need struct{ Name, Kind string }

// The kinds of values.
const (
	KindText   = "text"
	KindSecret = "secret"
	KindDate   = "date"
)

// Collection is one list, and what belongs to its records.
type Collection struct {
	Name          string
	List          Listing
	Windows       []Window
	Dated         string // pointer to the date of a record; "" = it has none
	Zone          string // of its days
	Owner         []Owner
	ForeignHolds  bool
	Omit          []string
	Detail        *Call  `json:",omitempty"`
	Files         *Files `json:",omitempty"`
	Acknowledge   *Call  `json:",omitempty"`
	Sweep         *Sweep `json:",omitempty"`
	keyed, parted bool   // records have a key of their own in them; it goes into paths
}

// Listing is a call that lists records, and where they are in its answer.
type Listing struct {
	Call    Call
	Body    string  `json:",omitempty"` // JSON
	Page    *Paging `json:",omitempty"` // nil = all come at once
	Records string
	Each    string   `json:",omitempty"` // within one: the records are one level down
	With    []string `json:",omitempty"` // what they take along from there
	Texts   bool     `json:",omitempty"` // they are texts, each its key
	Key     string
}

// Window is what a call of a list is limited to.
type Window struct {
	jobs.Window
	From, To string // where its ends go: a pointer into the body, or a parameter
	Format   string // FormatDay or FormatMoment
}

// How the ends of a window are written.
const (
	FormatDay    = "day"    // 2026-11-30
	FormatMoment = "moment" // 2026-11-30T08:00:00+01:00
)

// Paging is how the pages of a list are asked for.
type Paging struct {
	Number, Offset, Limit string // as From: one of the first two
	Size, First           int
	Pages, Total, Echo    string // pointers into the answer; "" = not told
}

// Owner says whose a record is, where it says all that stands in When: one of Any is the SIRET or the SIREN of its dossier.
type Owner struct {
	When map[string]string `json:",omitempty"`
	Any  []string
}

// Files are those of a record.
type Files struct {
	List, Get              Call
	Records                string
	ID, Size, SHA256, Type string
}

// Sweep asks for all records that were made since some day.
type Sweep struct {
	jobs.Sweep
	List   Listing
	Format string
}

// Jobs are the collections as jobs know them.
func (s Section) Jobs() (all []jobs.Collection) {
	for i := range s.Collections {
		c := &s.Collections[i]
		one := jobs.Collection{Name: c.Name, Paged: c.List.Page != nil, Detail: c.Detail != nil, Files: c.Files != nil,
			Acks: c.Acknowledge != nil, ForeignHolds: c.ForeignHolds, Omit: c.Omit}
		for _, w := range c.Windows {
			one.Windows = append(one.Windows, w.Window)
		}
		if c.Sweep != nil {
			one.Sweep = &c.Sweep.Sweep
		}
		all = append(all, one)
	}
	return all
}

// ReadSection reads the section of a partner: what a user wrote, over the preset.
func (d *Definition) ReadSection(user *strict.Table) config.Partner {
	preset, err := strict.Parse(d.Name+".toml", d.Preset, nil)
	if err != nil {
		panic("a preset that is no TOML: " + err.Error()) // it comes with the program
	}
	r := &reader{definition: d, fixed: preset.Table("fixed"), Table: strict.Merge(preset, user, "omit")}
	delete(r.Node.Members, "fixed")
	r.Node.Keys = slices.DeleteFunc(r.Node.Keys, func(key string) bool { return key == "fixed" })
	if user.Has("fixed") {
		user.Report("fixed", hinted.Say("preset.fixed"))
	}
	defer r.Finish()
	return r.section()
}

// reader reads a section.
type reader struct {
	*strict.Table
	definition *Definition
	fixed      *strict.Table // of the preset, which nobody overrides
	secrets    map[string]strict.Secret
	texts      []string // names of a dossier's values that templates may have
}

func (r *reader) section() config.Partner {
	p := config.ReadPartner(r.Table)
	p.Name, p.RatePerSecond = r.definition.Name, 0
	r.Refuse(hinted.Say("preset.rate-per-second"), "rate_per_second")
	s := Section{Table: r.Path(), RatePerMinute: r.Integer("rate_per_minute", 60, int64(p.MaxInFlight)+1, 100_000)}
	s.Grant = Grant{r.fixed.Table("token").Text("grant", ClientCredentials), r.fixed.Table("token").Text("call", "")}
	s.Dossier = needs(r.fixed.Table("dossier"))
	r.readSecrets(&p)
	r.readHosts(&p, &s)
	s.Scope = r.Seen("scope", r.Text("scope", ""))
	for _, need := range s.Dossier {
		if need.Kind != KindDate {
			r.texts = append(r.texts, need.Name)
		}
	}
	r.readHeaders(&p, &s)
	s.Answer = r.readAnswer()
	s.Identity, s.Webhooks, s.PasswordAge = r.readIdentity(), r.readWebhooks(), r.readPasswordAge()
	s.Collections = r.readCollections()
	s.ReadOnly = !r.Boolean("acknowledge", true)
	p.Own = s
	p.Pull = &config.Pull{Collections: s.Jobs(), Acknowledge: !s.ReadOnly,
		MaxFile: r.Size("max_file", 20<<20, 1, 1<<30), Distinct: r.fixed.TextList("distinct", hinted.Fact{})}
	if age := s.PasswordAge; age != nil {
		p.Pull.Password = &config.PasswordAge{Field: age.Field, Days: age.Days, Warn: age.Warn}
	}
	return p
}

func needs(t *strict.Table) (all []Need) {
	for _, name := range t.Node.Keys {
		all = append(all, Need{name, t.Text(name, KindText)})
	}
	return all
}

// readSecrets reads what [[partner]] must have.
func (r *reader) readSecrets(p *config.Partner) {
	r.secrets = map[string]strict.Secret{}
	for _, need := range needs(r.fixed.Table("partner")) {
		switch {
		case need.Kind == KindSecret && need.Name == "client_secret":
			p.ClientSecret = r.Secret(need.Name)
		case need.Kind == KindSecret:
			r.secrets[need.Name] = r.Secret(need.Name)
		case need.Name == "client_id":
			p.ClientID = r.Seen(need.Name, r.Required(need.Name, hinted.Say("preset.as-issued")))
		}
	}
}

// readHosts reads where the partner is. Nothing of one environment is asked at a host of the other.
func (r *reader) readHosts(p *config.Partner, s *Section) {
	ours, other := p.Environment, "production"
	if ours == "production" {
		other = "test"
	}
	hosts := r.fixed.Table("hosts").Table(ours)
	p.BaseURL = strings.TrimRight(r.readHost("base_url", hosts.Text("base_url", ""), other, p.Environment), "/")
	if s.Grant.Kind == ClientCredentials {
		s.TokenURL = r.readHost("token_url", hosts.Text("token_url", ""), other, p.Environment)
	} else {
		s.TokenURL = p.BaseURL + s.Grant.Call
	}
}

func (r *reader) readHost(key, ours, other, environment string) string {
	const example = "https://api.example.org/v1"
	if ours == "" && r.Required(key, hinted.Say("preset.address-untold", "example", example)) == "" {
		r.Know(key)
		return ""
	}
	address := r.Address(key, ours, example)
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	foreign := r.fixed.Table("hosts").Table(other)
	for _, name := range []string{"base_url", "token_url"} {
		if theirs, err := url.Parse(foreign.Text(name, "")); err == nil && theirs.Host != "" &&
			strings.EqualFold(theirs.Hostname(), u.Hostname()) {
			r.Report(key, hinted.Say("preset.other-environment", "other", other, "environment", environment))
			return ""
		}
	}
	if environment == "production" && strict.Loopback(u.Hostname()) {
		r.Report(key, hinted.Say("preset.local-address"))
	}
	return address
}

// readHeaders parts the headers into those that are the same for all dossiers and those that tell of one.
func (r *reader) readHeaders(p *config.Partner, s *Section) {
	t := r.Table.Table("headers")
	defer t.Finish()
	for _, name := range t.Node.Keys {
		value := t.Text(name, "")
		if !parameter().MatchString(name) || jobs.TakenHeader(name) || verbs().MatchString(name) {
			t.Report(name, hinted.Say("preset.header-taken"))
			continue
		}
		found, ok := names(value)
		secret, whole := r.secrets[strings.Trim(value, "{}")]
		switch {
		case !ok:
			t.Report(name, hinted.Say("preset.braces"))
		case len(found) == 1 && whole && value == "{"+found[0]+"}":
			p.Headers = append(p.Headers, config.Fixed{Name: name, Secret: secret})
		case len(found) == 0:
			p.Headers = append(p.Headers, config.Fixed{Name: name, Value: t.Seen(name, value)})
		case r.known(t, name, found, r.texts):
			s.Headers = append(s.Headers, Header{name, value})
		}
	}
}

// known reports names that nothing stands for.
func (r *reader) known(t *strict.Table, key string, found, known []string) bool {
	for _, name := range found {
		if !slices.Contains(known, name) {
			t.Report(key, hinted.Say("preset.unknown-name", "name", name), strict.Suggest("", known, hinted.Fact{}))
			return false
		}
	}
	return true
}

func (r *reader) readAnswer() *Answer {
	if !r.Has("answer") {
		r.Know("answer")
		return nil
	}
	t := r.Table.Table("answer")
	defer t.Finish()
	return &Answer{t.MemberPointer("code"), t.TextList("success", strict.Say("write-list")), t.Pointer("message", "")}
}

func (r *reader) readIdentity() *Identity {
	if !r.Has("identity") {
		r.Know("identity")
		return nil
	}
	t := r.Table.Table("identity")
	defer t.Finish()
	call := r.call(t, "call", r.definition.Calls)
	is := t.Text("is", "")
	if is != "" {
		r.known(t, "is", []string{is}, r.texts)
	}
	return &Identity{call, t.Pointer("pointer", ""), t.Boolean("text", false), is}
}

func (r *reader) readWebhooks() *Webhooks {
	if !r.Has("webhooks") {
		r.Know("webhooks")
		return nil
	}
	t := r.Table.Table("webhooks")
	defer t.Finish()
	return &Webhooks{r.call(t, "call", r.definition.Calls), t.Pointer("active", "")}
}

func (r *reader) readPasswordAge() *PasswordAge {
	if !r.Has("password_age") {
		r.Know("password_age")
		return nil
	}
	t := r.Table.Table("password_age")
	defer t.Finish()
	const most = 10_000
	return &PasswordAge{t.Text("field", ""), t.Integer("days", 0, 1, most), t.Integer("warn", 0, 1, most)}
}

// call reads a call that must be on a list, its names among known.
func (r *reader) call(t *strict.Table, key string, list []string, known ...string) Call {
	text := t.Required(key, hinted.Say("preset.write-call", "calls", list))
	if text == "" {
		return Call{}
	}
	c, ok := parseCall(text)
	switch {
	case !ok:
		t.Report(key, hinted.Say("preset.no-call"))
		return Call{}
	case !offers(list, c):
		t.Report(key, hinted.Say("preset.not-listed", "calls", list))
		return Call{}
	}
	all, ok := names(c.Path)
	for _, p := range c.Query {
		found, fits := names(p.Value)
		all, ok = append(all, found...), ok && fits
	}
	if !ok {
		t.Report(key, hinted.Say("preset.braces"))
	} else if r.known(t, key, all, known) {
		return *c
	}
	return Call{}
}

var collectionName = lazyregexp.New(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func (r *reader) readCollections() (all []Collection) {
	t := r.Table.Table("collection")
	defer t.Finish()
	if len(t.Node.Keys) == 0 {
		r.Report("collection", hinted.Say("preset.no-collection"))
	}
	for _, name := range t.Node.Keys {
		if !collectionName().MatchString(name) {
			t.Report(name, strict.Say("no-name"), strict.Say("name-form"))
		}
		all = append(all, r.readCollection(name, t.Table(name)))
	}
	return all
}

func (r *reader) readCollection(name string, t *strict.Table) Collection {
	defer t.Finish()
	calls := r.definition.Calls
	c := Collection{Name: name, List: r.readListing(t), Zone: t.Text("zone", "Europe/Paris")}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		t.Report("zone", hinted.Say("preset.no-zone"))
	}
	c.ForeignHolds = t.Choice("foreign", "hold", "hold", "drop") == "hold"
	c.Omit = t.Pointers("omit", strict.Say("write-list"))
	c.Owner = r.readOwner(t)
	for _, optional := range []struct {
		key  string
		list []string
		into **Call
	}{{"detail", calls, &c.Detail}, {"ack", r.definition.Writes, &c.Acknowledge}} {
		if t.Has(optional.key) {
			call := r.call(t, optional.key, optional.list, "key")
			*optional.into = &call
		}
		t.Know(optional.key)
	}
	c.Files = r.readFiles(t)
	c.Sweep = r.readSweep(t)
	r.readWindows(t, &c)
	c.keyed, c.parted = c.List.Key != "", c.Detail != nil || c.Acknowledge != nil || c.Files != nil
	switch {
	case !c.keyed && (!c.List.Texts || c.Detail != nil):
		t.Report("key", strict.Say("missing"), hinted.Say("preset.write-key"))
	case c.List.Texts && c.Detail == nil:
		t.Report("texts", hinted.Say("preset.texts-alone"))
	case c.Sweep != nil && c.Detail == nil:
		t.Report("sweep", hinted.Say("preset.sweep-alone"))
	}
	return c
}

// readListing reads how a list is asked for, and where its records are.
func (r *reader) readListing(t *strict.Table, known ...string) Listing {
	l := Listing{Call: r.call(t, "list", r.definition.Calls, known...), Body: t.Text("body", ""), Records: t.Pointer("records", ""),
		Each: t.Pointer("each", ""), With: t.Pointers("with", strict.Say("write-list")),
		Texts: t.Boolean("texts", false), Key: t.Pointer("key", "")}
	if l.Call.Method == "POST" && l.Body == "" {
		l.Body = "{}"
	}
	var body map[string]any
	if l.Body != "" && (l.Call.Method == "GET" || json.Unmarshal([]byte(l.Body), &body) != nil) {
		t.Report("body", hinted.Say("preset.no-body"))
	}
	if t.Has("page") {
		l.Page = r.readPage(t.Table("page"), &l)
	}
	t.Know("page")
	return l
}

func (r *reader) readPage(t *strict.Table, l *Listing) *Paging {
	defer t.Finish()
	p := &Paging{Number: r.place(t, "number", l), Offset: r.place(t, "offset", l), Limit: r.place(t, "limit", l),
		Size: t.Integer("size", 100, 1, 10_000), Pages: t.Pointer("pages", ""), Total: t.Pointer("total", ""), Echo: t.Pointer("echo", "")}
	p.First = t.Integer("first", 1, 0, 1)
	if (p.Number == "") == (p.Offset == "") {
		t.Report("number", hinted.Say("preset.page-how"))
	}
	return p
}

// place reads where a value goes: a pointer into the body of a POST, or a parameter.
func (r *reader) place(t *strict.Table, key string, l *Listing) string {
	if !t.Has(key) {
		t.Know(key)
		return ""
	}
	if strings.HasPrefix(t.Text(key, ""), "/") {
		if l.Call.Method == "GET" {
			t.Report(key, hinted.Say("preset.no-body"))
		}
		return t.MemberPointer(key)
	}
	value := t.Text(key, "")
	if !parameter().MatchString(value) || verbs().MatchString(value) {
		t.Report(key, hinted.Say("preset.no-parameter"))
		return ""
	}
	return value
}

func (r *reader) readOwner(t *strict.Table) (all []Owner) {
	if !t.Has("owner") {
		t.Know("owner")
		return nil
	}
	for _, o := range t.Tables("owner") {
		rule := Owner{Any: o.Pointers("any", strict.Say("write-list"))}
		if len(rule.Any) == 0 {
			o.Report("any", strict.Say("missing"), strict.Say("write-list"))
		}
		when := o.Table("when")
		for _, pointer := range when.Node.Keys {
			if rule.When == nil {
				rule.When = map[string]string{}
			}
			rule.When[pointer] = when.Text(pointer, "")
		}
		when.Finish()
		o.Finish()
		all = append(all, rule)
	}
	return all
}

func (r *reader) readFiles(t *strict.Table) *Files {
	if !t.Has("files") {
		t.Know("files")
		return nil
	}
	f := t.Table("files")
	defer f.Finish()
	return &Files{List: r.call(f, "list", r.definition.Calls, "key"), Get: r.call(f, "get", r.definition.Calls, "key", "id"),
		Records: f.Pointer("records", ""), ID: f.MemberPointer("id"), Size: f.Pointer("size", ""), SHA256: f.Pointer("sha256", ""),
		Type: f.Pointer("type", "")}
}

const mostDays = 4000 * strict.Day

func (r *reader) readSweep(t *strict.Table) *Sweep {
	if !t.Has("sweep") {
		t.Know("sweep")
		return nil
	}
	s := t.Table("sweep")
	defer s.Finish()
	return &Sweep{List: r.readListing(s, "since", "until"), Format: s.Choice("format", FormatDay, FormatDay, FormatMoment),
		Sweep: jobs.Sweep{Every: s.Duration("every", 7*strict.Day, strict.Day, mostDays),
			Overlap: s.Duration("overlap", 2*strict.Day, 0, mostDays), First: s.Duration("first", 30*strict.Day, strict.Day, mostDays),
			Reach: s.Integer("reach", 1000, 1, 1_000_000)}}
}

func (r *reader) readWindows(t *strict.Table, c *Collection) {
	if !t.Has("windows") {
		t.Know("windows")
		c.Windows = []Window{{Window: jobs.Window{Name: "all"}}}
		return
	}
	taken := map[string]bool{}
	for _, w := range t.Tables("windows") {
		c.Windows = append(c.Windows, r.readWindow(w, c))
		last := &c.Windows[len(c.Windows)-1]
		if taken[last.Name] {
			w.Report("name", strict.Say("twice"))
		}
		taken[last.Name] = true
		w.Finish()
	}
	if len(c.Windows) == 0 {
		t.Report("windows", strict.Say("empty"))
	}
}

func (r *reader) readWindow(t *strict.Table, c *Collection) Window {
	w := Window{From: r.place(t, "from", &c.List), To: r.place(t, "to", &c.List),
		Format: t.Choice("format", FormatDay, FormatDay, FormatMoment),
		Window: jobs.Window{Name: t.Matching("name", collectionName, strict.Say("no-name"), strict.Say("name-form")),
			Span: strict.Day * time.Duration(t.Integer("days", 0, 1, 4000)), Since: t.Boolean("since", false),
			Overlap: t.Duration("overlap", 2*strict.Day, 0, mostDays), First: t.Duration("first", 400*strict.Day, strict.Day, mostDays),
			Whole: t.Boolean("whole", false)}}
	dated := t.Pointer("dated", "")
	if !w.Since {
		w.Overlap, w.First = 0, 0
	}
	switch {
	case w.Since && w.Span > 0:
		t.Report("days", hinted.Say("preset.days-or-since"))
	case (w.Since || w.Span > 0) != (w.From != ""):
		t.Report("from", hinted.Say("preset.window-from"))
	case w.Whole && (w.Span == 0 || dated == ""):
		t.Report("whole", hinted.Say("preset.whole-dated"))
	case dated != "" && c.Dated != "" && dated != c.Dated:
		t.Report("dated", hinted.Say("preset.one-date"))
	}
	if dated != "" {
		c.Dated = dated
	}
	return w
}

// ReadDossier reads [dossier.NAME] of one dossier, for a partner whose section ReadSection has read.
func ReadDossier(p *config.Partner, t *strict.Table) config.DossierSection {
	defer t.Finish()
	s, _ := p.Own.(Section)
	v := config.DossierSection{Values: map[string]string{}, Secrets: map[string]strict.Secret{}, Dates: map[string]time.Time{}}
	var cut []string
	for _, h := range s.Headers {
		cut = append(cut, beforeColon(h.Value)...)
	}
	for _, need := range s.Dossier {
		switch need.Kind {
		case KindSecret:
			v.Secrets[need.Name] = t.Secret(need.Name)
		case KindDate:
			if day := t.Day(need.Name); !day.IsZero() {
				v.Dates[need.Name] = day
			}
		default:
			v.Values[need.Name] = t.Seen(need.Name, t.Required(need.Name, hinted.Say("preset.as-issued")))
			if slices.Contains(cut, need.Name) && strings.Contains(v.Values[need.Name], ":") {
				t.Report(need.Name, hinted.Say("preset.colon"))
			}
		}
	}
	if s.Identity != nil && s.Identity.Is != "" {
		v.Customer = v.Values[s.Identity.Is]
	}
	return v
}
