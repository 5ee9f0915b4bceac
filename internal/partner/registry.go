// Package partner lists the partners that syncd speaks to, one line each. A partner is a folder of its own: its section of the
// configuration, its calls, its stand-in. Nobody else names one.
package partner

import (
	"context"
	"slices"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	choruspro "syncd/internal/partner/choruspro/standin"
	iopole "syncd/internal/partner/iopole/standin"
	"syncd/internal/partner/isidoor"
	"syncd/internal/partner/isidoor/standin"
	jindexe "syncd/internal/partner/jindexe/standin"
	"syncd/internal/sandbox"
)

// Partner is one of them.
type Partner struct {
	Name    string      // in the ledger, and of its section
	Kinds   []jobs.Kind // of jobs that it takes part in
	Section func(*strict.Table) config.Partner
	Connect func(httpcall.Options, *config.Partner) (Connection, error)
	StandIn StandIn
}

var all = []Partner{
	{isidoor.Name, []jobs.Kind{jobs.PushSalaries, jobs.PullDictionnaire}, isidoor.ReadSection, opens(isidoor.Connect), StandIn{
		&standin.API, standin.Profiles(), standin.Notices, standin.Samples, standin.TestRoot, standin.NewEntry, standin.Open, nil}},
}

// standIns are those of partners that have no section of the configuration.
var standIns = []StandIn{
	{API: &iopole.API, Profiles: []string{iopole.Profile}, Notices: iopole.Notices, Open: iopole.Open, Shows: iopole.Shows},
	{API: &choruspro.API, Profiles: []string{choruspro.Profile}, Notices: choruspro.Notices, Path: choruspro.Root, Open: choruspro.Open,
		Shows: choruspro.Shows},
	{API: &jindexe.API, Profiles: []string{jindexe.Profile}, Notices: jindexe.Notices, Open: jindexe.Open, Shows: jindexe.Shows},
}

// StandIn is what stands in for a partner on this machine, for rehearsals.
type StandIn struct {
	API      *sandbox.API
	Profiles []string          // shapes that the partner's API could have; the first is the one that syncd assumes
	Notices  map[string]string // what to know before a rehearsal, by language: "en", "fr"
	Samples  map[string]string // configurations of the profiles that the program's own sample does not fit
	Path     string            // of the API below the stand-in's address: where base_url leads
	Entry    func(nomenclature, code, label string, active bool) any
	Open     func(*config.Partner, []sandbox.Dossier, sandbox.Options) (*sandbox.Server, error)
	Shows    func(sandbox.Dossier) string // what a dossier shows who it is by, made up for the rehearsal; nil = its key
}

// StandIns are all that there are, that of the default partner first.
func StandIns() (list []*StandIn) {
	for i := range all {
		list = append(list, &all[i].StandIn)
	}
	for i := range standIns {
		list = append(list, &standIns[i])
	}
	return list
}

// StandInOf is the one that has a profile; nil = none has.
func StandInOf(profile string) *StandIn {
	for _, one := range StandIns() {
		if slices.Contains(one.Profiles, profile) {
			return one
		}
	}
	return nil
}

// Default is the partner that is meant where no configuration is at hand.
func Default() *Partner { return &all[0] }

// Connection is a partner's client, which all dossiers share. It is safe for concurrent use.
type Connection interface {
	// Dossier is the API as the key of one dossier opens it.
	Dossier(key string) jobs.API
	// Describe looks for the API's contract: at the usual places for "auto", else at an address.
	Describe(ctx context.Context, source string) (httpcall.Description, error)
	// Close ends it. No call may be running or follow.
	Close()
}

// opens is a partner's own function, for the table.
func opens[C Connection](open func(httpcall.Options, *config.Partner) (C, error)) func(httpcall.Options, *config.Partner) (Connection,
	error) {
	return func(o httpcall.Options, p *config.Partner) (Connection, error) {
		c, err := open(o, p)
		if err != nil {
			return nil, err // not a Connection that contains a nil one
		}
		return c, nil
	}
}

// Sections are those of all partners, in the order of the table.
func Sections() (sections []config.Section) {
	for _, p := range all {
		sections = append(sections, config.Section{Name: p.Name, Kinds: p.Kinds, Read: p.Section})
	}
	return sections
}

// LoadConfig reads a configuration with the sections of all partners. An error is a *strict.Error.
func LoadConfig(path string, getenv func(string) string) (*config.Config, error) {
	return config.Load(path, getenv, Sections())
}

// Connect prepares a connection to a configured partner; nothing is sent yet. Of the options the caller gives what no section
// says: how long to retry, for how many runs, within which allowance, and who listens. An error is a *strict.Error of a secret
// that cannot be read, or has a hint.
func Connect(p *config.Partner, o httpcall.Options) (Connection, error) {
	o.BaseURL, o.CAFile = p.BaseURL, p.CAFile
	o.MaxInFlight, o.RatePerSecond = p.MaxInFlight, p.RatePerSecond
	o.RequestTimeout, o.ConnectTimeout = p.RequestTimeout, p.ConnectTimeout
	o.TechnicalTries, o.RetryAfterCap = p.TechnicalTries, p.RetryAfterCap
	o.ResendAmbiguous = p.Documents.Semantics == jobs.Replace
	var err error
	if o.Headers, err = fixed(p.Headers); err != nil {
		return nil, err
	}
	if o.Query, err = fixed(p.Query); err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.Name == p.Name {
			return one.Connect(o, p)
		}
	}
	panic("a configured partner that is not in the table: " + p.Name)
}

// fixed reads what goes with every call.
func fixed(parts []config.Fixed) (read []httpcall.Fixed, err error) {
	for _, f := range parts {
		value, err := f.Read()
		if err != nil {
			return nil, err
		}
		read = append(read, httpcall.Fixed{Name: f.Name, Value: value, Secret: !f.Secret.IsZero()})
	}
	return read, nil
}
