// Package setup makes a first configuration, and on this machine what it needs: a database with its roles, the ledger's key, the
// files of secrets. It asks through questions, which flags may have answered before, and changes nothing that exists.
package setup

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
	"syncd/internal/partner"
	"syncd/internal/partner/preset"
	"syncd/internal/schedule"
)

// Answers are what is known of a first configuration.
type Answers struct {
	Instance  string // "" = that of syncd.service
	Language  string // of who asks: that of reports unless they say otherwise
	Rehearsal bool   // the partner is its stand-in on this machine; dossiers and secrets are made up
	Dossiers  []Dossier
	draft     *Dossier          // that is asked for
	asked     bool              // by a person, who is asked for the rest as well
	Complete  bool              // no further dossier is to come
	Values    map[string]string // of questions, by Question.Name
	Secrets   map[string]string // by the name of the credential; "" = it is put in place later
	Kept      func(credential string) bool
}

// Dossier is one association.
type Dossier struct{ Name, Siret, Label string }

// Question is one thing to know.
type Question struct {
	Code    string // of what is asked, "setup.ask-"+Code
	Name    string // of the value
	Flag    string // that answers it
	About   string // the partner or dossier; "" = the whole
	Default string // that an empty answer stands for
	Must    bool   // where nobody can be asked it must be answered, for the default would not do
	Secret  bool   // it is not shown
}

// DefaultTables is where the tables of staging.sql are, Here another schema of the same database, and Apart a URL that is a secret.
const (
	DefaultTables = "default"
	Here          = "here"
	Apart         = "credential"
)

// stagingCredential is the file of a URL that is a secret.
const stagingCredential = "staging-url"

// Partners are those that were chosen, and that there are.
func (a *Answers) Partners() (chosen []*partner.Partner) {
	for _, name := range strings.FieldsFunc(a.Values["partner"], separator) {
		if slices.Contains(partner.Names(), name) {
			chosen = append(chosen, partner.Named(name))
		}
	}
	return chosen
}

func separator(r rune) bool { return r == ',' || unicode.IsSpace(r) }

// Sends reports whether documents are sent to one of the partners, which staging is for.
func (a *Answers) Sends() bool {
	return slices.ContainsFunc(a.Partners(), func(p *partner.Partner) bool { return p.Reads == nil })
}

// Open are the questions that have no answer yet, in the order in which they are asked: what is asked later depends on the former.
func (a *Answers) Open() (open []Question) {
	for _, q := range a.all() {
		if _, known := a.answer(q); !known {
			open = append(open, q)
		}
	}
	return open
}

func (a *Answers) answer(q Question) (value string, known bool) {
	if q.Secret {
		value, known = a.Secrets[q.Name]
		return value, known || a.Kept(q.Name)
	}
	value, known = a.Values[q.Name]
	return value, known
}

func (a *Answers) all() []Question {
	questions := []Question{{Code: "language", Name: "language", Flag: "--language fr", Default: cmp.Or(a.Language, "fr")}}
	if a.Rehearsal {
		return append(questions, Question{Code: "partners", Name: "partner", Flag: "--partner NAME", Default: partner.Names()[0]},
			Question{Code: "database", Name: "database", Flag: "--database NAME", Default: "syncd_rehearsal"})
	}
	questions = append(questions,
		Question{Code: "environment", Name: "environment", Flag: "--environment test", Default: "test"},
		Question{Code: "partners", Name: "partner", Flag: "--partner NAME", Default: partner.Names()[0]})
	for _, p := range a.Partners() {
		section, _, _ := p.Needs()
		questions = append(questions, needed(section, p.Name, p.Name+".", p.Name+"-")...)
	}
	questions = append(questions, a.ofDossiers()...)
	questions = append(questions, Question{Code: "database", Name: "database", Flag: "--database NAME", Default: "paie"})
	if a.Sends() {
		questions = append(questions, a.ofTables()...)
	}
	return questions
}

// ofDossiers asks for one dossier after the other, and then for what each shows the partners.
func (a *Answers) ofDossiers() (questions []Question) {
	switch {
	case a.draft != nil && a.draft.Siret == "":
		return []Question{{Code: "siret", Name: "siret", About: a.draft.Name, Must: true}}
	case a.draft != nil:
		return []Question{{Code: "label", Name: "label", About: a.draft.Name, Default: a.draft.Name}}
	case !a.Complete:
		q := Question{Code: "dossier", Name: "dossier", Flag: `--dossier "NAME=SIRET LABEL"`, Must: true}
		if len(a.Dossiers) > 0 {
			q.Code, q.Must = "further-dossier", false
		}
		return []Question{q}
	}
	for _, d := range a.Dossiers {
		for _, p := range a.Partners() {
			_, needs, _ := p.Needs()
			if p.Reads == nil {
				questions = append(questions, Question{Code: "key", Name: "dossier-" + d.Name, Flag: "--secret dossier-" + d.Name + "=FILE",
					About: d.Name, Must: true, Secret: true})
				continue
			}
			questions = append(questions, needed(needs, d.Name+", "+p.Name, d.Name+"."+p.Name+".", p.Name+"-"+d.Name+"-")...)
		}
	}
	return questions
}

// needed asks for what a section must have.
func needed(needs []preset.Need, about, value, credential string) (questions []Question) {
	for _, need := range needs {
		q := Question{Code: "need", About: about + ": " + need.Name, Name: value + need.Name,
			Flag: "--set " + value + need.Name + "=…", Must: true}
		switch need.Kind {
		case preset.KindSecret:
			q.Code, q.Secret, q.Name = "secret", true, credentialOf(credential, need.Name)
			q.Flag = "--secret " + q.Name + "=FILE"
		case preset.KindDate:
			q.Code = "day"
		}
		questions = append(questions, q)
	}
	return questions
}

func credentialOf(prefix, need string) string { return prefix + strings.ReplaceAll(need, "_", "-") }

func (a *Answers) ofTables() []Question {
	questions := []Question{{Code: "tables", Name: "tables", Flag: "--tables default", Default: DefaultTables}}
	switch a.Values["tables"] {
	case "", DefaultTables:
	case Apart:
		questions = append(questions, Question{Code: "staging-url", Name: stagingCredential, Flag: "--secret " + stagingCredential + "=FILE",
			Must: true, Secret: true})
		fallthrough
	default:
		questions = append(questions, Question{Code: "schema", Name: "schema", Flag: "--schema NAME", Default: "staging"})
	}
	return append(questions, Question{Code: "schedule", Name: "schedule", Flag: "--schedule TIME"})
}

// Asks reports whether something must be known that nobody said yet.
func (a *Answers) Asks() bool {
	return a.draft != nil || !a.Rehearsal && (a.asked || slices.ContainsFunc(a.Open(), func(q Question) bool { return q.Must }))
}

// Asked is what is asked, in words.
func (q Question) Asked() hinted.Fact {
	return hinted.Say("setup.ask-"+q.Code, "about", q.About, "name", q.Name)
}

// Defaults answers what nobody can be asked, and returns the flags of what is missing then.
func (a *Answers) Defaults() (missing []string) {
	a.Complete = a.Complete || len(a.Dossiers) > 0
	for {
		open := a.Open()
		missing = nil
		answered := false
		for _, q := range open {
			if q.Must {
				missing = append(missing, q.Flag)
				continue
			}
			a.Values[q.Name], answered = q.Default, true
		}
		if !answered {
			return missing
		}
	}
}

// Take takes an answer to a question, or refuses it.
func (a *Answers) Take(q Question, text string) error {
	a.asked = a.asked || q.Code != ""
	text = strings.TrimSpace(text)
	if text == "" && q.Name != "dossier" {
		text = q.Default
	}
	switch {
	case q.Secret:
		if strings.ContainsFunc(text, unprintable) || !utf8.ValidString(text) {
			return refuse("setup.unprintable", "name", q.Name)
		}
		a.Secrets[q.Name] = text
		return nil
	case q.Name == "dossier" && text == "" && len(a.Dossiers) > 0:
		a.Complete = true
		return nil
	case q.Name == "dossier", q.Name == "siret", q.Name == "label":
		return a.takePart(q.Name, text)
	case text == "" && q.Must:
		return refuse("setup.empty", "flag", q.Flag)
	}
	if err := a.fits(q.Name, text); err != nil {
		return err
	}
	a.Values[q.Name] = text
	return nil
}

func unprintable(r rune) bool { return r != ' ' && (unicode.IsSpace(r) || unicode.IsControl(r)) }

// identifier is what a database and a schema may be named: as much as needs no quotes, and '-'.
var identifier = lazyregexp.New(`^[a-z_][a-z0-9_-]{0,62}$`)

// Check refuses values that came otherwise than by Take.
func (a *Answers) Check() error {
	for _, name := range slices.Sorted(maps.Keys(a.Values)) {
		if err := a.fits(name, a.Values[name]); err != nil {
			return err
		}
	}
	return nil
}

// Unused refuses answers to what is not asked, such as a secret with a mistyped name.
func (a *Answers) Unused() error {
	known := map[string]bool{}
	for _, q := range a.all() {
		known[q.Name] = true
	}
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(a.Values)), slices.Sorted(maps.Keys(a.Secrets))) {
		if !known[name] {
			return refuse("setup.nothing-takes", "name", name)
		}
	}
	return nil
}

func (a *Answers) fits(name, text string) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable):
		return refuse("setup.unprintable", "name", name)
	case name == "language" && text != "fr" && text != "en":
		return refuse("setup.not-one-of", "flag", "--language", "names", hinted.Either{"fr", "en"})
	case name == "environment" && text != "test" && text != "production":
		return refuse("setup.not-one-of", "flag", "--environment", "names", hinted.Either{"test", "production"})
	case name == "partner":
		return a.fitPartners(text)
	case (name == "database" || name == "schema") && !identifier().MatchString(text):
		return refuse("setup.bad-name", "flag", "--"+name)
	case name == "database" && slices.Contains([]string{superuser, "template0", "template1"}, text):
		return refuse("setup.not-ours", "name", text)
	case name == "tables":
		return fitTables(text)
	case name == "schedule" && text != "":
		if _, err := schedule.Parse(text, "Europe/Paris", nil); err != nil {
			return refuse("setup.bad-schedule", "problem", err)
		}
	case strings.HasSuffix(name, "_set"):
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return refuse("setup.no-day", "name", name)
		}
	}
	return nil
}

func (a *Answers) fitPartners(text string) error {
	names := strings.FieldsFunc(text, separator)
	for i, name := range names {
		if !slices.Contains(partner.Names(), name) || slices.Contains(names[:i], name) {
			return refuse("setup.not-one-of", "flag", "--partner", "names", hinted.Either(partner.Names()))
		}
		if _, _, own := partner.Named(name).Needs(); own && !a.Rehearsal {
			return refuse("setup.by-hand", "name", name)
		}
	}
	if len(names) == 0 || a.Rehearsal && len(names) > 1 {
		return refuse("setup.one-partner", "names", hinted.Either(partner.Names()))
	}
	return nil
}

func fitTables(text string) error {
	if text == DefaultTables || text == Here || text == Apart {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return refuse("setup.bad-tables")
	}
	if _, has := u.User.Password(); has || u.Query().Has("password") {
		return refuse("setup.password-here")
	}
	return nil
}

// takePart takes a dossier as it is asked for: its name, its SIRET, its label.
func (a *Answers) takePart(part, text string) error {
	d := a.draft
	switch {
	case part == "dossier" && strings.Contains(text, "="):
		return a.TakeDossier(text)
	case part == "dossier":
		d = &Dossier{Name: text}
	case part == "siret":
		d.Siret = strings.ReplaceAll(text, " ", "")
	default:
		d.Label = text
	}
	if err := a.fitDossier(d); err != nil {
		if part == "siret" {
			d.Siret = ""
		}
		return err
	}
	a.draft = d
	if d.Label != "" {
		a.Dossiers, a.draft = append(a.Dossiers, *d), nil
	}
	return nil
}

// fitDossier refuses a dossier by what is known of it.
func (a *Answers) fitDossier(d *Dossier) error {
	switch {
	case !utf8.ValidString(d.Label) || strings.ContainsFunc(d.Label, unprintable):
		return refuse("setup.unprintable", "name", "--dossier")
	case !strict.IsName(d.Name):
		return refuse("setup.bad-dossier")
	case slices.ContainsFunc(a.Dossiers, func(other Dossier) bool { return other.Name == d.Name }):
		return refuse("setup.dossier-twice", "name", d.Name)
	case d.Siret != "" && !config.IsSiret(d.Siret):
		return refuse("setup.bad-siret", "name", d.Name)
	case slices.ContainsFunc(a.Dossiers, func(other Dossier) bool { return other.Siret == d.Siret }):
		return refuse("setup.siret-twice", "name", d.Name)
	}
	return nil
}

// TakeDossier takes one that is written "NAME=SIRET LABEL".
func (a *Answers) TakeDossier(text string) error {
	name, rest, _ := strings.Cut(text, "=")
	siret, label := cutSiret(rest)
	d := Dossier{strings.TrimSpace(name), siret, label}
	if d.Siret == "" {
		d.Siret = "?"
	}
	if err := a.fitDossier(&d); err != nil {
		return err
	}
	if d.Label == "" {
		d.Label = d.Name
	}
	a.Dossiers = append(a.Dossiers, d)
	return nil
}

// cutSiret cuts a text after the 14 digits of a SIRET, which may stand in groups: 123 456 782 00010.
func cutSiret(text string) (siret, rest string) {
	siret, rest, _ = strings.Cut(strings.TrimSpace(text), " ")
	for len(siret) < 14 {
		group, after, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if group == "" || strings.Trim(group, "0123456789") != "" {
			break
		}
		siret, rest = siret+group, after
	}
	return siret, strings.TrimSpace(rest)
}

func refuse(code string, namesAndValues ...any) error {
	return &app.Refused{Code: app.BadValue, Err: hinted.Because(nil, code, namesAndValues...)}
}
