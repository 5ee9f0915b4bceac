package config

import (
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/canonjson"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// Section is the section of a partner: its name, which is the partner's, and who reads it. The one of a partner that is listed is
// one of [[partner]], and its dossiers have sections of their own.
type Section struct {
	Name        string
	Kinds       []jobs.Kind // of jobs that the partner takes part in
	Read        func(*strict.Table) Partner
	Listed      bool
	ReadDossier func(*Partner, *strict.Table) DossierSection // where it is listed
}

// Partner is what a partner's section says, as far as others may ask. What the partner's package alone understands is Own.
type Partner struct {
	Name           string // its identity for ever, and that of its section
	Environment    string // "test" or "production"
	BaseURL        string // what the paths of its calls follow; no slash at its end
	MaxInFlight    int    // requests under way at once
	RatePerSecond  float64
	LimitsOfLedger bool          `json:",omitempty"` // both limits are for all processes of the ledger together
	RequestTimeout time.Duration // of one attempt
	ConnectTimeout time.Duration // of one connection, TLS included
	RetryFor       time.Duration // how long temporary failures of one call are retried
	RetryAfterCap  time.Duration // the longest Retry-After that is honoured
	TechnicalTries int           // attempts that may end in a technical failure
	StopAfter      int           // answers in a row that say nothing of the data: they stop a run
	Headers, Query []Fixed       `json:",omitempty"` // that go with every call of the API
	CAFile         string        // PEM file of further root certificates; "" = the system's alone
	ClientID       string
	ClientSecret   strict.Secret
	Documents      Documents
	Pull           *Pull `json:",omitempty"` // nil = nothing is read there
	Own            any   // data that only the partner's package understands, without secrets
}

// Documents is how documents of employees are sent to a partner, and what that means there.
type Documents struct {
	Section string // that says so
	Call    jobs.Call
	// the verb, and the key's place, are written; else nothing is sent where the contract tells another
	MethodSet, KeySet bool `json:",omitempty"`
	Semantics         jobs.Semantics
	Scope             jobs.Scope
	Send              jobs.Send
	Contract          string            // "auto", "none", a URL or a file
	Answer            *jobs.AnswerRules `json:",omitempty"` // nil = each answer of success is one
	ReadBack          *jobs.ReadBack    // nil = the partner is not asked what it has
	AnswerSection     string
	ReadBackSection   string
}

// Pull is what is read from a partner.
type Pull struct {
	Collections []jobs.Collection // in the preset's order
	Acknowledge bool              // the partner is told what was stored
	MaxFile     int64             // bytes of one file
	Distinct    []string          // names of which no two dossiers have the same value
	Password    *PasswordAge      `json:",omitempty"` // nil = passwords live for ever
}

// PasswordAge is how long passwords of a partner live.
type PasswordAge struct {
	Field      string // of a dossier's section: the day on which it was set
	Days, Warn int    // until it must be changed; until that is told
}

// PasswordSet is the day on which the password of a dossier was set; zero = it is not told, or does not matter.
func (p *Partner) PasswordSet(d *Dossier) time.Time {
	if p.Pull == nil || p.Pull.Password == nil {
		return time.Time{}
	}
	return d.Sections[p.Name].Dates[p.Pull.Password.Field]
}

// readPartners reads the sections of partners. The one that has a table of its own is only read without being written where
// there is no other: it tells what is missing then.
func (c *Config) readPartners(t *strict.Table, sections []Section) {
	listed, names := map[string]*strict.Table{}, map[string]bool{}
	tables := t.Tables("partner")
	c.strange = t.Has("partner") && len(tables) == 0
	for _, at := range tables {
		s := listedSection(at, at.Name("partner", names), sections)
		switch {
		case s == nil:
			c.strange = true
		case listed[s.Name] == nil:
			listed[s.Name] = at
		}
	}
	for _, s := range sections {
		at := listed[s.Name]
		if !s.Listed {
			at = t.Table(s.Name)
			if !t.Has(s.Name) && t.Has("partner") {
				at = nil
			}
		}
		if at != nil {
			c.Partners = append(c.Partners, s.Read(at))
		}
	}
	c.takers = map[jobs.Kind]*Partner{}
	for _, s := range sections {
		for _, kind := range s.Kinds {
			if p := c.PartnerNamed(s.Name); p != nil && !s.Listed {
				c.takers[kind] = p
			}
		}
	}
}

// listedSection is the section of a name in [[partner]]; nil = there is none, which is reported.
func listedSection(t *strict.Table, name string, sections []Section) *Section {
	var known []string
	for i := range sections {
		s := &sections[i]
		switch {
		case s.Listed && s.Name == name:
			return s
		case s.Listed:
			known = append(known, s.Name)
		case s.Name == name:
			t.Report("name", strict.Say("own-section", "table", name))
			return nil
		}
	}
	if name != "" {
		t.Report("name", strict.Say("unknown-partner"), strict.Suggest(plaintext.Nearest(name, known), known, hinted.Fact{}))
	}
	return nil
}

// ReadPartner reads what the sections of all partners say alike. Whoever calls it reads the rest, and finishes the table.
func ReadPartner(t *strict.Table) Partner {
	return Partner{
		Name:           t.Path(),
		Environment:    t.RequiredChoice("environment", "test", "production"),
		MaxInFlight:    t.Integer("max_in_flight", 8, 1, 64),
		RatePerSecond:  t.Number("rate_per_second", 20, 0.01, 10_000),
		LimitsOfLedger: t.Choice("limits", "process", "process", "ledger") == "ledger",
		RequestTimeout: t.Duration("request_timeout", 30*time.Second, 100*time.Millisecond, 10*time.Minute),
		ConnectTimeout: t.Duration("connect_timeout", 10*time.Second, 100*time.Millisecond, 10*time.Minute),
		RetryFor:       t.Duration("retry_for", 2*time.Minute, 0, time.Hour),
		RetryAfterCap:  t.Duration("retry_after_cap", time.Minute, 0, time.Hour),
		TechnicalTries: t.Integer("technical_tries", 3, 1, 10),
		StopAfter:      t.Integer("stop_after", 10, 1, 1000),
		CAFile:         t.Certificates("ca_file"),
	}
}

// Secrets are all references to secrets in the section.
func (p *Partner) Secrets() []strict.Secret {
	var secrets []strict.Secret
	if p.Pull == nil || !p.ClientSecret.IsZero() {
		secrets = append(secrets, p.ClientSecret)
	}
	for _, f := range slices.Concat(p.Headers, p.Query) {
		if !f.Secret.IsZero() {
			secrets = append(secrets, f.Secret)
		}
	}
	return secrets
}

// Proof is the secret by which this program proves to the partner who it is. An error is a *strict.Error.
func (p *Partner) Proof() (string, error) {
	secrets := p.Secrets()
	if len(secrets) == 0 {
		return p.ClientSecret.Read() // which says that there is none
	}
	return secrets[0].Read()
}

// ReadSecrets reads them. An error is a *strict.Error.
func (p *Partner) ReadSecrets() (values []string, err error) {
	for _, secret := range p.Secrets() {
		value, err := secret.Read()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// WithoutSecrets leaves out where secrets are kept, for a comparison: what they are is compared itself.
func (p Partner) WithoutSecrets() Partner {
	p.Headers, p.Query = withoutReferences(p.Headers), withoutReferences(p.Query)
	p.ClientSecret = strict.Secret{}
	return p
}

// distinct leaves out what tells no two configurations apart: that a setting is written counts only where leaving it out
// would let the contract stop a run.
func (p Partner) distinct() Partner {
	p.Documents.MethodSet = p.Documents.MethodSet || p.Documents.Contract == "none"
	p.Documents.KeySet = p.Documents.KeySet || p.Documents.Contract == "none"
	return p
}

// Fixed is a header or a query parameter that goes with every call of the API, as gateways want: a subscription key, a version.
// It is no part of the target nor of what a document is sent to: a rotated key changes nothing of what the partner has.
type Fixed struct {
	Name   string
	Value  string        `json:",omitempty"` // "" where a secret has it
	Secret strict.Secret `json:",omitzero"`
}

// Read gives the value. An error is a *strict.Error.
func (f Fixed) Read() (string, error) {
	if f.Secret.IsZero() {
		return f.Value, nil
	}
	return f.Secret.Read()
}

// withoutReferences leaves out where secrets are kept.
func withoutReferences(all []Fixed) []Fixed {
	all = slices.Clone(all)
	for i := range all {
		if !all[i].Secret.IsZero() {
			all[i].Secret, all[i].Value = strict.Secret{}, "secret"
		}
	}
	return all
}

// ReadFixed reads the headers and the query parameters that go with every call, in the order of their names. refuseHeader and
// refuseParameter tell why one cannot be taken; zero = it can.
func (p *Partner) ReadFixed(t *strict.Table, refuseHeader, refuseParameter func(name string) hinted.Fact) {
	p.Headers = readFixed(t.Table("headers"), func(name string) hinted.Fact {
		switch {
		case !headerPattern().MatchString(name):
			return strict.Say("no-header")
		case jobs.TakenHeader(name) && !slices.ContainsFunc(fixedHeaders, func(h string) bool { return SameHeader(h, name) }):
			return strict.Say("header-taken")
		}
		return refuseHeader(name)
	})
	for i, h := range p.Headers {
		p.Headers[i].Name = textproto.CanonicalMIMEHeaderKey(h.Name)
	}
	p.Query = readFixed(t.Table("query"), func(name string) hinted.Fact {
		if !ParameterPattern().MatchString(name) {
			return strict.Say("no-query-parameter")
		}
		return refuseParameter(name)
	})
	for _, all := range [][]Fixed{p.Headers, p.Query} {
		slices.SortFunc(all, func(a, b Fixed) int { return strings.Compare(a.Name, b.Name) })
	}
}

var (
	headerPattern = lazyregexp.New("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	// ParameterPattern is what the name of a header or a query parameter of ours looks like.
	ParameterPattern = lazyregexp.New(`^[A-Za-z0-9_.-]+$`)
	// fixedHeaders may stand among fixed headers although they are none for a key.
	fixedHeaders = []string{"accept-language", "origin", "referer"}
	secretName   = lazyregexp.New(`(?i)key|secret|token|password|auth`)
)

// SameHeader reports whether two names are of one header, as servers that turn them into variables take them.
func SameHeader(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", "-"), strings.ReplaceAll(b, "_", "-"))
}

// readFixed reads a table of names that are the user's own. refuse tells why one cannot be taken; zero = it can.
func readFixed(t *strict.Table, refuse func(name string) hinted.Fact) (all []Fixed) {
	for _, name := range t.Node.Keys {
		n := t.Node.Members[name]
		f := Fixed{Name: name}
		switch n.Kind {
		case strict.KindText:
			f.Value = t.Seen(name, n.Text)
			if n.Text == "" {
				t.Report(name, strict.Say("empty"), strict.Say("write-value"))
			}
			if secretName().MatchString(name) {
				t.Warn(name, strict.Say("like-secret"), strict.KeepApart())
			}
		case strict.KindTable:
			f.Secret = t.Reference(name)
		case strict.KindInteger, strict.KindDecimal, strict.KindBoolean, strict.KindDate, strict.KindList:
			t.Report(name, strict.Say("no-text-or-reference", "want", strict.KindText, "got", n.Kind), asText(n.Kind))
		}
		if why := refuse(name); why.Code != "" {
			t.Report(name, why, strict.Say("take-other-name"))
		}
		if slices.ContainsFunc(all, func(other Fixed) bool { return strings.EqualFold(other.Name, name) }) {
			t.Report(name, strict.Say("twice"))
		}
		t.Know(name)
		all = append(all, f)
	}
	return all
}

// asText is how a value becomes a text.
func asText(k strict.Kind) hinted.Fact {
	if k == strict.KindInteger || k == strict.KindDecimal || k == strict.KindBoolean || k == strict.KindDate {
		return strict.Say("quote-it")
	}
	return strict.KeepApart()
}

// ReadContract is where the API's contract comes from: "auto", "none", a URL or a file. Whether it can be fetched is not
// known here, and no reason not to start. The hint shows an example of an address.
func ReadContract(t *strict.Table, key, example string) string {
	value := t.Text(key, "auto")
	switch {
	case value == "auto", value == "none":
		return value
	case strings.TrimSpace(value) == "":
		t.Report(key, strict.Say("empty"), strict.Say("write-contract"))
		return value
	case strings.EqualFold(value, "auto"), strings.EqualFold(value, "none"):
		t.Report(key, strict.Say("no-contract", "choices", hinted.Choices{"auto", "none"}),
			strict.Suggest(strings.ToLower(value), nil, hinted.Fact{}))
		return value
	case strings.Contains(value, "://"):
		contractAddress(t, key, value, example)
		return value
	}
	return t.Filename(key, value)
}

// contractAddress is an https URL, or an http one of this machine. Unlike other addresses it may have parameters, as
// some servers choose the document by them.
func contractAddress(t *strict.Table, key, value, example string) {
	u, err := url.Parse(value)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		t.Report(key, strict.Say("no-address"), strict.Say("write-document-or-file", "example", example))
	case u.User != nil:
		t.Report(key, strict.Say("holds-user", "example", example))
	case u.Fragment != "":
		t.Report(key, strict.Say("page-for-people", "example", example))
	case u.Scheme == "http" && !strict.Loopback(u.Hostname()):
		t.Report(key, strict.Say("not-encrypted"))
	}
}

// checkCompare checks the members that a read-back compares by the mapping of each job that pushes: a member that its
// documents do not have would be equal on both sides whatever the partner has.
func (c *Config) checkCompare() {
	p := c.Documents()
	if p == nil || p.Documents.ReadBack == nil || len(p.Documents.ReadBack.Compare) == 0 {
		return
	}
	documents := &p.Documents
	t := c.root.Inside(documents.ReadBackSection)
	items := t.Texts("compare", t.Node.Members["compare"], hinted.Fact{})
	for _, j := range c.Jobs {
		if j.Kind.Sends() && len(j.unmapped) == 0 {
			checkCompared(items, j)
			checkElementsCompared(t, documents, j)
		}
	}
}

func checkCompared(items []*strict.Table, j Job) {
	known := withObjects(paths(j.Mapping.Fields))
	for _, children := range j.Mapping.Children {
		known = append(known, children.Path)
	}
	for _, at := range items {
		if name := at.Node.Text; !slices.Contains(known, name) {
			at.Report("", strict.Say("unmapped", "job", j.Name), strict.Suggest(plaintext.Nearest(name, known), known, hinted.Fact{}))
		}
	}
}

// checkElementsCompared refuses that a payment which was not received is taken for one that was.
func checkElementsCompared(t *strict.Table, d *Documents, j Job) {
	for _, children := range j.Mapping.Children {
		if d.Semantics == jobs.Append && !slices.Contains(d.ReadBack.Compare, children.Path) {
			t.Report("compare", strict.Say("not-compared", "path", children.Path, "job", j.Name))
		}
	}
}

// ReadAnswer reads the rules by which a partner's answers are understood.
func ReadAnswer(t *strict.Table) *jobs.AnswerRules {
	defer t.Finish()
	before := t.Mistakes()
	rules := &jobs.AnswerRules{
		Items:   t.Pointer("items", ""),
		Code:    t.MemberPointer("code"),
		Success: scalars(t, "success"),
		Errors:  t.Pointers("errors", strict.Say("write-errors")),
		Message: t.Pointer("message", ""),
		Texts:   t.TextList("texts", strict.Say("write-texts")),
	}
	if t.Mistakes() > before {
		return rules
	}
	switch {
	case rules.Code == "" && rules.Success != nil:
		t.Report("success", strict.Say("no-code"))
	case rules.Code != "" && rules.Success == nil:
		t.Report("code", strict.Say("no-success"))
	case !rules.Decide() && rules.Message == "":
		t.Report("", strict.Say("no-rules"))
	}
	return rules
}

// scalars are texts, numbers and booleans, each as the text that it is compared as: numbers in canonical form.
func scalars(t *strict.Table, key string) []string {
	next := strict.Say("write-codes")
	list := t.Filled(key, next)
	if list == nil {
		return nil
	}
	var values []string
	for _, at := range t.Items(key, list) {
		value, ok := scalar(at.Node)
		switch {
		case !ok:
			at.Report("", strict.Say("no-scalar"), next)
		case !slices.Contains(values, value): // "0" and 0 are the same code
			values = append(values, value)
		}
	}
	return values
}

// scalar is the text of a value; false for a list, a table, a date, and a number that JSON cannot write.
func scalar(n *strict.Node) (string, bool) {
	switch n.Kind {
	case strict.KindText, strict.KindBoolean:
		return n.Text, true
	case strict.KindInteger:
		value, err := strconv.ParseInt(n.Text, 0, 64) // base 0: TOML writes 0x, 0o, 0b and _ as Go does
		return strconv.FormatInt(value, 10), err == nil
	case strict.KindDecimal:
		value, ok := canonjson.AppendDecimal(nil, []byte(strict.PlainNumber(n.Text)))
		return string(value), ok
	case strict.KindDate, strict.KindList, strict.KindTable:
	}
	return "", false
}
