// Package config reads config.toml into checked values. It reports all problems of a file at once, each with its
// place, its key and the next step, and never a value: what stands in the wrong place may be a secret. Secrets are
// configured by reference and read apart from loading.
package config

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
	"syncd/internal/report/locale"
)

// Config is a whole configuration, checked.
type Config struct {
	File        string `json:"-"` // as the user named it
	Database    Database
	Partners    []Partner // at least one
	Daemon      Daemon
	Web         Web `json:",omitzero"`
	Retention   Retention
	Alerts      Alerts
	AllDossiers []Dossier // in the order of the file
	Jobs        []Job     // in the order of the file

	Warnings []strict.Problem `json:"-"` // what is accepted, and has no effect or deserves a second look

	takers     map[jobs.Kind]*Partner // whom jobs of a kind are about that do not name their partner
	strange    bool                   // there is a [[partner]] of which nobody knows whose it is
	language   string                 // "fr", "en", or "" = the locale's
	digest     string
	jobDigests map[string]string        // by name
	jobTables  map[string]*strict.Table // where each job is written, by name
	root       *strict.Table
}

// Load reads and checks a configuration file; getenv serves its secrets when they are read, and sections are those of the
// partners, at least one. An error is a *strict.Error.
func Load(path string, getenv func(string) string, sections []Section) (*Config, error) {
	root, err := strict.Load(path, getenv)
	if err != nil {
		return nil, err
	}
	return check(path, root, sections)
}

func check(name string, root *strict.Table, sections []Section) (*Config, error) {
	c := readConfig(root, sections)
	var err error
	if c.Warnings, err = root.Conclude(); err != nil {
		return nil, err
	}
	c.File = name
	if err := c.digestAll(); err != nil {
		return nil, err
	}
	return c, nil
}

func readConfig(t *strict.Table, sections []Section) *Config {
	defer t.Finish()
	c := &Config{Database: readDatabase(t.Table("database"))}
	c.readPartners(t, sections)
	dossiers := t.Tables("dossier")
	c.AllDossiers = c.readDossiers(dossiers, sections)
	atOnce := 0
	for i := range c.Partners {
		atOnce = max(atOnce, c.Partners[i].MaxInFlight)
	}
	c.Daemon = readDaemon(t.Table("daemon"), atOnce)
	c.Web = readWeb(t)
	c.Retention = readRetention(t.Table("retention"), c.Daemon)
	c.Alerts = readAlerts(t.Table("alerts"), dossierNames(c.AllDossiers))
	tables := t.Tables("job")
	c.Jobs = readJobs(tables, surroundings{c, sections, dossierNames(c.AllDossiers)})
	c.wantKeys(dossiers)
	c.jobTables, c.root = tablesByName(tables, c.Jobs), t
	if t.Mistakes() == 0 { // else the mappings may be incomplete
		c.checkCompare()
	}
	c.language = t.Choice("language", "", "fr", "en", "")
	return c
}

// Job is the job of that name. An error is an *UnknownError.
func (c *Config) Job(name string) (Job, error) {
	for _, j := range c.Jobs {
		if j.Name == name {
			return j, nil
		}
	}
	return Job{}, unknown("job", name, jobNames(c.Jobs))
}

// Dossier is the dossier of that name. An error is an *UnknownError.
func (c *Config) Dossier(name string) (Dossier, error) {
	for _, d := range c.AllDossiers {
		if d.Name == name {
			return d, nil
		}
	}
	return Dossier{}, unknown("dossier", name, dossierNames(c.AllDossiers))
}

// PartnerOf is whom a job sends to, or pulls from.
func (c *Config) PartnerOf(j Job) *Partner {
	if j.Partner != "" {
		return c.PartnerNamed(j.Partner)
	}
	return c.takers[j.Kind]
}

// Documents is whom documents of employees are sent to; nil = nobody.
func (c *Config) Documents() *Partner {
	for _, kind := range jobs.KindsThat(jobs.Kind.Sends) {
		if p := c.takers[kind]; p != nil {
			return p
		}
	}
	return nil
}

// PartnerNamed is the partner that targets know by a name; nil = it is not configured.
func (c *Config) PartnerNamed(name string) *Partner {
	for i := range c.Partners {
		if c.Partners[i].Name == name {
			return &c.Partners[i]
		}
	}
	return nil
}

// Environments are those of the partners, each once.
func (c *Config) Environments() (names []string) {
	for i := range c.Partners {
		if e := c.Partners[i].Environment; !slices.Contains(names, e) {
			names = append(names, e)
		}
	}
	return names
}

// PartnerName is the name of the partner, by which words name it; "" = there are several.
func (c *Config) PartnerName() string {
	if len(c.Partners) != 1 {
		return ""
	}
	return c.Partners[0].Name
}

// Zone is by which clock people read what belongs to no job: the one that all jobs share, else the daemon's.
func (c *Config) Zone() *time.Location {
	for _, j := range c.Jobs {
		if j.location.String() != c.Jobs[0].location.String() {
			return c.Daemon.location
		}
	}
	if len(c.Jobs) == 0 {
		return c.Daemon.location
	}
	return c.Jobs[0].location
}

// Dossiers are those of a job, in the order of the file.
func (c *Config) Dossiers(j Job) []Dossier {
	var dossiers []Dossier
	for _, d := range c.AllDossiers {
		if j.Covers(d.Name) {
			dossiers = append(dossiers, d)
		}
	}
	return dossiers
}

// Secrets are all references to secrets that the configuration holds, but for that of the page's certificate, which its process
// alone can read.
func (c *Config) Secrets() []strict.Secret {
	secrets := []strict.Secret{c.Database.LedgerKey}
	for _, p := range c.Partners {
		secrets = append(secrets, p.Secrets()...)
	}
	url, staging := c.Database.URL.Reference, c.Database.StagingURL.Reference
	if !url.IsZero() {
		secrets = append(secrets, url)
	}
	if !staging.IsZero() && staging.String() != url.String() {
		secrets = append(secrets, staging)
	}
	if !c.Database.FormerKey.IsZero() {
		secrets = append(secrets, c.Database.FormerKey)
	}
	for _, d := range c.AllDossiers {
		secrets = append(secrets, d.secrets()...)
	}
	for _, j := range c.Jobs {
		secrets = append(secrets, j.Ping.secrets()...)
	}
	if !c.Daemon.Ping.Reference.IsZero() {
		secrets = append(secrets, c.Daemon.Ping.Reference)
	}
	return append(secrets, c.Alerts.secrets()...)
}

// Unreadable tells which secrets cannot be read. The same trouble of many dossiers' keys is one problem.
func (c *Config) Unreadable() (problems []strict.Problem) {
	for _, secret := range c.Secrets() {
		_, err := secret.Read()
		if unread, ok := errors.AsType[*strict.Error](err); ok {
			problems = append(problems, unread.Problems...)
		}
	}
	return strict.Grouped(problems)
}

// UnknownError is a name that the configuration does not have.
type UnknownError struct {
	What    string // "job" or "dossier"
	Name    string
	Nearest string // the name that may have been meant; "" = none is close
	Known   []string
}

func (e *UnknownError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *UnknownError) Told() (problem, hint string) { return e.ToldIn(hinted.English()) }

// ToldIn implements hinted.Worded.
func (e *UnknownError) ToldIn(words *locale.Catalogue) (problem, hint string) {
	what, next := e.Facts()
	return what.Apart(words, next)
}

// Facts are what is wrong, and the next step.
func (e *UnknownError) Facts() (what, next hinted.Fact) {
	return strict.Say("unknown-"+e.What, "name", e.Name), strict.Suggest(e.Nearest, e.Known, strict.Say("none-configured", "table", e.What))
}

// unknown says that no one of known is called name.
func unknown(what, name string, known []string) error {
	return &UnknownError{What: what, Name: name, Nearest: plaintext.Nearest(name, known), Known: known}
}

// Language is the language of what operators read, "fr" or "en": as configured, else as the locale says.
func (c *Config) Language(getenv func(string) string) string {
	if c.language != "" {
		return c.language
	}
	return LocaleLanguage(getenv)
}

// LocaleLanguage is the language that the locale asks for, by the rules of POSIX: "fr" or, for all others, "en". It
// serves where no configuration could be read.
func LocaleLanguage(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		locale := getenv(name)
		if locale == "" {
			continue
		}
		if end := strings.IndexAny(locale, "_.@"); end >= 0 {
			locale = locale[:end]
		}
		if locale == "fr" {
			return "fr"
		}
		return "en"
	}
	return "en"
}

// languageLine is the key in a line of a file.
var languageLine = lazyregexp.New(`^\s*language\s*=\s*["'](fr|en)["']`)

// PeekLanguage is the language that a configuration names, "fr" or "en", whatever else is wrong with it; "" = none that can be
// read. It serves help, which must come at once: nothing is waited for, and nothing but the head of a file is read.
func PeekLanguage(path string) string {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "[") { // it stands before all sections
		if found := languageLine().FindStringSubmatch(lines.Text()); found != nil {
			return found[1]
		}
	}
	return ""
}

// Digest identifies what is configured: hex of a SHA-256 over the checked values. Comments, order of keys and language
// do not count, secrets count by their reference only.
func (c *Config) Digest() string { return c.digest }

// JobDigest identifies what a job does and when: hex of a SHA-256, equal in two daemons that would do the same; "" for
// a job that is not configured. What belongs to one machine does not count: where secrets and certificates are kept,
// the database's address, pings, by when somebody wants the month, and what the daemon itself is told, but for closed days that move
// the job's schedule.
func (c *Config) JobDigest(name string) string {
	j, err := c.Job(name)
	if err != nil {
		return ""
	}
	return c.jobDigests[j.Name]
}

// digestJob is JobDigest's work.
func (c *Config) digestJob(j Job) (string, error) {
	type dossier struct {
		Name, Siret string
		Values      map[string]string `json:",omitempty"`
	}
	var dossiers []dossier
	for _, d := range c.Dossiers(j) {
		dossiers = append(dossiers, dossier{d.Name, d.Siret, d.Sections[j.Partner].Values})
	}
	slices.SortFunc(dossiers, func(a, b dossier) int { return cmp.Compare(a.Name, b.Name) })
	partner := c.PartnerOf(j).distinct().WithoutSecrets()
	partner.CAFile = ""
	j.DossierNames, j.Ping, j.Due = nil, Ping{}, nil
	return digest(struct {
		Job      Job
		Partner  Partner
		Dossiers []dossier
	}{j, partner, dossiers})
}

func (c *Config) digestAll() error {
	var err error
	all := *c
	all.Partners = nil
	for _, p := range c.Partners {
		all.Partners = append(all.Partners, p.distinct())
	}
	if c.digest, err = digest(&all); err != nil {
		return err
	}
	c.jobDigests = map[string]string{}
	for _, j := range c.Jobs {
		if c.jobDigests[j.Name], err = c.digestJob(j); err != nil {
			return err
		}
	}
	return nil
}

func digest(values any) (string, error) {
	rendered, err := json.Marshal(values)
	if err != nil {
		return "", hinted.While("rendering the configuration for its digest", err)
	}
	sum := sha256.Sum256(rendered)
	return hex.EncodeToString(sum[:]), nil
}
