package preset

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

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
	ownCollections(preset, user)
	defer r.Finish()
	return r.section()
}

// ownCollections reports collections beside those of a preset that has some: what it says of whose records they are, and of what
// is omitted, would not be said of them.
func ownCollections(preset, user *strict.Table) {
	ours, theirs := preset.Inside("collection"), user.Inside("collection")
	if ours == nil || theirs == nil {
		return
	}
	for _, name := range theirs.Node.Keys {
		if ours.Node.Members[name] == nil {
			theirs.Report(name, hinted.Say("preset.other-collection"), strict.Suggest("", ours.Node.Keys, hinted.Fact{}))
		}
	}
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
	s := Section{Table: r.Path(), RatePerMinute: r.Integer("rate_per_minute", 60, int64(2*p.MaxInFlight)+1, 100_000)}
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

// Needs are what [[partner]] and a dossier's section must have. own: where the partner is, or what its lists are, is nowhere public,
// and has to be written as well.
func (d *Definition) Needs() (section, dossier []Need, own bool) {
	t, err := strict.Parse(d.Name+".toml", d.Preset, nil)
	if err != nil {
		panic("a preset that is no TOML: " + err.Error()) // it comes with the program
	}
	fixed := t.Table("fixed")
	return needs(fixed.Table("partner")), needs(fixed.Table("dossier")), !fixed.Has("hosts") || !t.Has("collection")
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
	host := strings.TrimSuffix(u.Hostname(), ".") // the root is no other host
	foreign := r.fixed.Table("hosts").Table(other)
	for _, name := range []string{"base_url", "token_url"} {
		if theirs, err := url.Parse(foreign.Text(name, "")); err == nil && theirs.Host != "" &&
			strings.EqualFold(theirs.Hostname(), host) {
			r.Report(key, hinted.Say("preset.other-environment", "other", other, "environment", environment))
			return ""
		}
	}
	if environment == "production" && strict.Loopback(host) {
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
