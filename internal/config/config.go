// Package config reads config.toml into checked values. It reports all problems of a file at once, each with its
// place, its key and the next step, and never a value: what stands in the wrong place may be a secret. Secrets are
// configured by reference and read apart from loading.
package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// maxFile is the size in bytes above which a configuration file is surely something else.
const maxFile = 1 << 20

// Config is a whole configuration, checked.
type Config struct {
	File        string `json:"-"` // as the user named it
	Database    Database
	Isidoor     Isidoor
	Daemon      Daemon
	Retention   Retention
	AllDossiers []Dossier // in the order of the file
	Jobs        []Job     // in the order of the file

	Warnings []Problem `json:"-"` // what is accepted, and has no effect or deserves a second look

	language   string // "fr", "en", or "" = the locale's
	digest     string
	jobDigests map[string]string // by name
	jobTables  map[string]*table // where each job is written, by name
	root       *table
}

// Load reads and checks a configuration file; getenv serves its secrets when they are read. An error is an *Error.
func Load(path string, getenv func(string) string) (*Config, error) {
	document, err := readConfigFile(path)
	if err != nil {
		return nil, err
	}
	return parseConfig(path, document, getenv)
}

func parseConfig(name string, document []byte, getenv func(string) string) (*Config, error) {
	root, err := parse(name, document)
	if err != nil {
		return nil, err
	}
	f := &file{name: name, getenv: getenv}
	c := readConfig(&table{file: f, node: root})
	if len(f.problems) > 0 {
		inFileOrder(f.problems)
		return nil, &Error{Problems: grouped(f.problems)}
	}
	inFileOrder(f.warnings)
	c.File, c.Warnings = name, grouped(f.warnings)
	if err := c.digestAll(); err != nil {
		return nil, err
	}
	return c, nil
}

func readConfig(t *table) *Config {
	defer t.finish()
	c := &Config{
		Database:    readDatabase(t.table("database")),
		Isidoor:     readIsidoor(t.table("isidoor")),
		AllDossiers: readDossiers(t.tables("dossier")),
	}
	c.Daemon = readDaemon(t.table("daemon"), c.Isidoor.MaxInFlight)
	c.Retention = readRetention(t.table("retention"), c.Daemon)
	tables := t.tables("job")
	c.Jobs = readJobs(tables, surroundings{dossierNames(c.AllDossiers), c.Daemon.ClosedDays, c.Isidoor.Salarie.Read != nil})
	c.jobTables, c.root = tablesByName(tables, c.Jobs), t
	if len(t.file.problems) == 0 { // else the mappings may be incomplete
		c.checkCompare(t)
	}
	c.language = t.choice("language", "", "fr", "en", "")
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

// Secrets are all references to secrets that the configuration holds.
func (c *Config) Secrets() []Secret {
	secrets := []Secret{c.Database.LedgerKey, c.Isidoor.ClientSecret}
	url, staging := c.Database.URL.Reference, c.Database.StagingURL.Reference
	if !url.IsZero() {
		secrets = append(secrets, url)
	}
	if !staging.IsZero() && !staging.same(url) {
		secrets = append(secrets, staging)
	}
	if !c.Database.FormerKey.IsZero() {
		secrets = append(secrets, c.Database.FormerKey)
	}
	for _, f := range slices.Concat(c.Isidoor.Headers, c.Isidoor.Query) {
		if !f.Secret.IsZero() {
			secrets = append(secrets, f.Secret)
		}
	}
	for _, d := range c.AllDossiers {
		secrets = append(secrets, d.Key)
	}
	for _, j := range c.Jobs {
		secrets = append(secrets, j.Ping.secrets()...)
	}
	return secrets
}

// Unreadable tells which secrets cannot be read. The same trouble of many dossiers' keys is one problem.
func (c *Config) Unreadable() (problems []Problem) {
	for _, secret := range c.Secrets() {
		_, err := secret.Read()
		if unread, ok := errors.AsType[*Error](err); ok {
			problems = append(problems, unread.Problems...)
		}
	}
	return grouped(problems)
}

func readConfigFile(path string) ([]byte, error) {
	fail := func(text, hint string) error {
		return &Error{Problems: []Problem{{File: path, Text: text, Hint: hint}}}
	}
	f, err := os.Open(path)
	if err != nil {
		hint := "start from the sample config.toml of the sources, or name your file with --config"
		if errors.Is(err, fs.ErrPermission) {
			hint = "run syncd as the user who may read it, such as: sudo -u syncd syncd …"
		}
		return nil, fail(plainCause(err), hint)
	}
	document, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fail(plainCause(err), "name your file with --config")
	}
	if len(document) > maxFile {
		return nil, fail(fmt.Sprintf("is larger than %d bytes", maxFile), "name your file with --config")
	}
	return document, nil
}
