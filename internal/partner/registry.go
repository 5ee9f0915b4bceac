// Package partner lists the partners that syncd speaks to, one line each. A partner is a folder of its own: its section of the
// configuration, its calls, its stand-in. Nobody else names one.
package partner

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/partner/choruspro"
	choruspros "syncd/internal/partner/choruspro/standin"
	"syncd/internal/partner/iopole"
	iopoles "syncd/internal/partner/iopole/standin"
	"syncd/internal/partner/isidoor"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/partner/jindexe"
	jindexes "syncd/internal/partner/jindexe/standin"
	"syncd/internal/partner/preset"
	"syncd/internal/sandbox"
)

// Partner is one of them: documents are sent there, or records are read there.
type Partner struct {
	Name    string      // in the ledger, and of its section
	Kinds   []jobs.Kind // of jobs that it takes part in
	Section func(*strict.Table) config.Partner
	Connect func(httpcall.Options, *config.Partner) (Connection, error) // nil where Reads says how
	Reads   *preset.Definition                                          // nil = no records are read there
	StandIn StandIn
}

var all = []Partner{
	{Name: isidoor.Name, Kinds: []jobs.Kind{jobs.PushSalaries, jobs.PullDictionnaire}, Section: isidoor.ReadSection,
		Connect: opens(isidoor.Connect), StandIn: StandIn{API: &standin.API, Profiles: standin.Profiles(), Notices: standin.Notices,
			Samples: standin.Samples, Path: standin.TestRoot, Entry: standin.NewEntry, Open: standin.Open}},
	reads(&choruspro.Definition, StandIn{API: &choruspros.API, Profiles: []string{choruspros.Profile}, Notices: choruspros.Notices,
		Samples: choruspros.Samples, Path: choruspros.Root, Open: choruspros.Open}),
	reads(&iopole.Definition, StandIn{API: &iopoles.API, Profiles: []string{iopoles.Profile}, Notices: iopoles.Notices,
		Samples: iopoles.Samples, Open: iopoles.Open}),
	reads(&jindexe.Definition, StandIn{API: &jindexes.API, Profiles: []string{jindexes.Profile}, Notices: jindexes.Notices,
		Samples: jindexes.Samples, Open: jindexes.Open}),
}

// reads is the line of a partner that is all in its definition.
func reads(d *preset.Definition, s StandIn) Partner {
	return Partner{Name: d.Name, Kinds: []jobs.Kind{jobs.PullRecords}, Section: d.ReadSection, Reads: d, StandIn: s}
}

// Needs are what a first configuration must say of the partner, and of each dossier there. own: more has to be written by hand.
func (p *Partner) Needs() (section, dossier []preset.Need, own bool) {
	if p.Reads != nil {
		return p.Reads.Needs()
	}
	return []preset.Need{{Name: "client_id", Kind: preset.KindText}, {Name: "client_secret", Kind: preset.KindSecret}},
		[]preset.Need{{Name: "key", Kind: preset.KindSecret}}, false
}

// Names are those of all partners.
func Names() (names []string) {
	for i := range all {
		names = append(names, all[i].Name)
	}
	return names
}

// StandIn is what stands in for a partner on this machine, for rehearsals.
type StandIn struct {
	API      *sandbox.API
	Profiles []string          // shapes that the partner's API could have; the first is the one that syncd assumes
	Notices  map[string]string // what to know before a rehearsal, by language: "en", "fr"
	Samples  map[string]string // configurations of the profiles that the program's own sample does not fit
	Path     string            // of the API below the stand-in's address: where base_url leads
	Entry    func(nomenclature, code, label string, active bool) any
	Open     func(p *config.Partner, secret string, dossiers []sandbox.Dossier, o sandbox.Options) (*sandbox.Server, error)
}

// StandIns are all that there are.
func StandIns() (list []*StandIn) {
	for i := range all {
		list = append(list, &all[i].StandIn)
	}
	return list
}

// Profiles are those of all stand-ins.
func Profiles() (names []string) {
	for i := range all {
		names = append(names, all[i].StandIn.Profiles...)
	}
	return names
}

// OfProfile is the partner whose stand-in has a profile; nil = none has.
func OfProfile(profile string) *Partner {
	for i := range all {
		if slices.Contains(all[i].StandIn.Profiles, profile) {
			return &all[i]
		}
	}
	return nil
}

// Named is the partner of that name, which there must be.
func Named(name string) *Partner {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	panic("a configured partner that is not in the table: " + name)
}

// OfSample is the partner of the sample configuration, which tests begin with.
func OfSample() *Partner { return &all[0] }

// Connection is the client of a partner that documents are sent to, which all dossiers share. It is safe for concurrent use.
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
		s := config.Section{Name: p.Name, Kinds: p.Kinds, Read: p.Section, Listed: p.Reads != nil}
		if s.Listed {
			s.ReadDossier = preset.ReadDossier
		}
		sections = append(sections, s)
	}
	return sections
}

// LoadConfig reads a configuration with the sections of all partners. An error is a *strict.Error.
func LoadConfig(path string, getenv func(string) string) (*config.Config, error) {
	return config.Load(path, getenv, Sections())
}

// Connect prepares a connection to a configured partner that documents are sent to; nothing is sent yet. Of the options the caller
// gives what no section says: how long to retry, for how many runs, within which allowance, and who listens. An error is a
// *strict.Error of a secret that cannot be read, or has a hint.
func Connect(p *config.Partner, o httpcall.Options) (Connection, error) {
	if err := say(p, &o); err != nil {
		return nil, err
	}
	o.ResendAmbiguous = p.Documents.Semantics == jobs.Replace
	return Named(p.Name).Connect(o, p)
}

// Reader is the client of a partner that records are read from, which all dossiers share. It is safe for concurrent use.
type Reader struct {
	partner    *config.Partner
	connection *preset.Connection
}

// Read is Connect for a partner that records are read from.
func Read(p *config.Partner, o httpcall.Options) (*Reader, error) {
	if err := say(p, &o); err != nil {
		return nil, err
	}
	c, err := Named(p.Name).Reads.Connect(o, p)
	if err != nil {
		return nil, err
	}
	return &Reader{p, c}, nil
}

// Close ends it. No call may be running or follow.
func (r *Reader) Close() { r.connection.Close() }

// Feed is a dossier as it is read. grants gives where the tokens of a secret are kept, at partners that give each dossier its own.
// An error is a *strict.Error of a secret that cannot be read, or has a hint.
func (r *Reader) Feed(d *config.Dossier, grants func(secret []byte) jobs.GrantStore) (jobs.Feed, error) {
	shown := preset.Dossier{Name: d.Name, Siret: d.Siret, Values: maps.Clone(d.Sections[r.partner.Name].Values)}
	if shown.Values == nil {
		shown.Values = map[string]string{}
	}
	secrets := d.Sections[r.partner.Name].Secrets
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		value, err := secrets[name].Read()
		if err != nil {
			return nil, err
		}
		shown.Values[name], shown.Secret = value, append(shown.Secret, name)
	}
	shown.Grants = grants(r.connection.GrantSecret(shown))
	return r.connection.Feed(shown)
}

// say puts into options what sections of all partners say alike.
func say(p *config.Partner, o *httpcall.Options) (err error) {
	o.BaseURL, o.CAFile = p.BaseURL, p.CAFile
	o.MaxInFlight, o.RatePerSecond = p.MaxInFlight, p.RatePerSecond
	o.RequestTimeout, o.ConnectTimeout = p.RequestTimeout, p.ConnectTimeout
	o.TechnicalTries = p.TechnicalTries
	o.RetryFor, o.RetryAfterCap = max(o.RetryFor, 1), max(p.RetryAfterCap, 1) // none that a person asks for is not the default
	if o.Headers, err = fixed(p.Headers); err != nil {
		return err
	}
	o.Query, err = fixed(p.Query)
	return err
}

// Rehearsed is a dossier as the stand-in of a partner knows it. An error is a *strict.Error of a secret that cannot be read.
func Rehearsed(p *config.Partner, d *config.Dossier) (known sandbox.Dossier, err error) {
	known = sandbox.Dossier{Name: d.Name, Siret: d.Siret}
	if p.Pull == nil {
		known.Key, err = d.Key.Read()
		return known, err
	}
	shown := d.Sections[p.Name]
	known.Login, known.Customer = cmp.Or(shown.Values["login"], shown.Values["username"]), shown.Values["customer_id"]
	if secret, has := shown.Secrets["password"]; has {
		known.Password, err = secret.Read()
	}
	return known, err
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
