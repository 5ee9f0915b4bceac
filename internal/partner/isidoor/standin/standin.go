// Package standin stands in for Isidoor: Dossier, Dictionnaire and Salarie, and a Swagger 2.0 document, on the server that all
// stand-ins share (package sandbox). It keeps what it received and can show it, so that a test can compare every document
// with what was to be delivered, and it can be edited as a person would at the other side.
//
// Where Isidoor is documented (the token call, the roots /Api and /Api2, Bearer tokens) it is as strict as the
// documentation. Everything else is assumed: see Notices. A profile (profile.go) is one shape that the API could have; what
// its Swagger document says of a Salarie is what the stand-in enforces. Unlike ASP.NET it compares paths and member names
// with their case, and never converts a number to a string: a stricter rehearsal finds more.
package standin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"syncd/internal/config"
	"syncd/internal/sandbox"
)

// Notices are what the operator reads before a rehearsal, by language.
var Notices = map[string]string{
	"en": "This sandbox stands in for Isidoor. Its token call follows the published documentation; the shape of its " +
		"answers, its field names, its codes and the place of the dossier key are ASSUMPTIONS of syncd, not Isidoor's.",
	"fr": "Ce bac à sable remplace Isidoor. L'appel du jeton suit la documentation publiée ; la forme des réponses, " +
		"les noms des champs, les codes et la place de la clé de dossier sont des HYPOTHÈSES de syncd, pas celles d'Isidoor.",
}

// Where the endpoints are on the sandbox's host.
const (
	TokenPath      = "/Auth/connect/token"
	TestRoot       = "/Api2" // base URL of the environment "test"
	ProductionRoot = "/Api"  // the same dossiers: the sandbox has one store
	SwaggerPath    = TestRoot + "/swagger/docs/V2"
	Scope          = "ApiIsidoor"
)

// DefaultKeyName is the header that carries the dossier's key in the profile "isidoor".
const DefaultKeyName = "X-Cle-Dossier"

// KeyIn says where the dossier's key is expected.
type KeyIn string

const (
	KeyInHeader KeyIn = "header"
	KeyInQuery  KeyIn = "query"
	KeyInPath   KeyIn = "path" // /V2/{dossier}/Salarie, and so on
)

// Config is what a sandbox starts with.
type Config struct {
	ClientID      string
	ClientSecret  string
	Dossiers      []sandbox.Dossier
	TokenLifetime time.Duration // told in whole seconds, at least one; 0 = one hour, IdentityServer's default
	Profile       string        // one of Profiles(); "" = the first
	KeyIn         KeyIn         // "" = the profile's
	KeyName       string        // "" = the profile's; unused with KeyInPath
	Nomenclatures []Entry       // nil = DefaultNomenclatures()
	Seed          uint64        // of the faults: same seed and same order of requests, same faults
	Faults        sandbox.Faults
	ContractFile  string // served in place of the sandbox's own contract, read again each time; "" = the own one
	Append        bool   // a document adds its elements to those of its employee and period; its other members replace theirs
}

// The calls that faults can act upon.
const (
	EndpointDossier      sandbox.Endpoint = "dossier"
	EndpointDictionnaire sandbox.Endpoint = "dictionnaire"
	EndpointSalarie      sandbox.Endpoint = "salarie"
	EndpointRead         sandbox.Endpoint = "read" // a Salarie that is asked for
)

// API is what the server of stand-ins has to know of Isidoor's.
var API = sandbox.API{
	TokenPath: TokenPath,
	Scope:     Scope,
	Endpoints: []sandbox.Endpoint{sandbox.EndpointToken, EndpointDossier, EndpointDictionnaire, EndpointSalarie, EndpointRead},
	Default:   EndpointSalarie,
	Counted:   []sandbox.Endpoint{EndpointSalarie, EndpointRead},
	SeeOther:  SwaggerPath,
	Message:   message,
	Exception: exception,
	NotFound:  notFound,
}

// Sandbox is the stand-in. It is an http.Handler, safe for concurrent use.
type Sandbox struct {
	*sandbox.Server
	config        Config
	profile       *profile
	dossiers      map[string]*dossier // by key; never changes
	swagger       []byte              // its own contract
	nomenclatures nomenclatures
}

// Open makes a stand-in with the credentials of a configured partner.
func Open(p *config.Partner, secret string, dossiers []sandbox.Dossier, o sandbox.Options) (*sandbox.Server, error) {
	c := Config{ClientID: p.ClientID, ClientSecret: secret, Dossiers: dossiers, TokenLifetime: o.TokenLifetime, Profile: o.Profile,
		Faults: o.Faults, ContractFile: o.ContractFile, Append: o.Append}
	if p.Documents.KeySet { // else the profile says where it goes, and check tells what to write
		c.KeyIn, c.KeyName = KeyIn(p.Documents.Call.KeyIn), p.Documents.Call.KeyName
	}
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	return s.Server, nil
}

// New makes a stand-in. An error is a mistake in the configuration.
func New(config Config) (*Sandbox, error) {
	shape, err := profileNamed(cmp.Or(config.Profile, ProfileIsidoor))
	if err != nil {
		return nil, err
	}
	config = withDefaults(config, shape)
	s := &Sandbox{config: config, profile: shape}
	if s.Server, err = sandbox.New(&API, config.server(), s.forget); err != nil {
		return nil, err
	}
	if s.dossiers, err = indexDossiers(config.Dossiers); err != nil {
		return nil, err
	}
	s.nomenclatures.replace(config.Nomenclatures)
	if s.swagger, err = swaggerDocument(shape, config.KeyIn, config.KeyName); err != nil {
		return nil, err
	}
	return s, s.routes()
}

func (c *Config) server() sandbox.Config {
	return sandbox.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret, TokenLifetime: c.TokenLifetime, Seed: c.Seed, Faults: c.Faults}
}

// forget puts what the stand-in keeps back to what it started with.
func (s *Sandbox) forget() {
	for _, d := range s.dossiers {
		d.reset()
	}
	s.nomenclatures.replace(s.config.Nomenclatures)
}

func withDefaults(c Config, shape *profile) Config {
	if c.KeyIn == "" {
		c.KeyIn = shape.keyIn
	}
	if c.KeyName == "" {
		c.KeyName = shape.keyName
	}
	if c.Nomenclatures == nil {
		c.Nomenclatures = DefaultNomenclatures()
	}
	return c
}

func indexDossiers(list []sandbox.Dossier) (map[string]*dossier, error) {
	names := make(map[string]bool, len(list))
	byKey := make(map[string]*dossier, len(list))
	for _, d := range list {
		switch {
		case d.Name == "" || d.Key == "":
			return nil, errors.New("a dossier of the sandbox has no name or no key")
		case names[d.Name]:
			return nil, fmt.Errorf("the sandbox has two dossiers named %q", d.Name)
		case byKey[d.Key] != nil:
			return nil, fmt.Errorf("dossiers %q and %q of the sandbox have the same key", byKey[d.Key].Name, d.Name)
		}
		names[d.Name] = true
		byKey[d.Key] = newDossier(d)
	}
	return byKey, nil
}

// routes binds the paths. Methods are checked by the handlers, because the answers must look like ASP.NET's.
func (s *Sandbox) routes() error {
	key := ""
	switch s.config.KeyIn {
	case KeyInPath:
		key = "/{dossier}"
	case KeyInHeader, KeyInQuery:
	default:
		return fmt.Errorf("the sandbox expects the dossier's key in %q\nhint: header, query or path", s.config.KeyIn)
	}
	p := s.profile
	for _, root := range []string{TestRoot, ProductionRoot} {
		base := root + "/V2" + key
		s.Handle(base+p.dossierPath, EndpointDossier, s.serveDossier)
		s.Handle(base+p.dictionnairePath, EndpointDictionnaire, s.serveDictionnaire)
		s.Handle(base+p.salariePath, EndpointSalarie, s.serveSalarie)
		s.Handle(base+p.salariePath+"/{key}", EndpointRead, s.serveRead)
		s.HandleFunc(root+"/swagger/docs/V2", s.serveContract)
		s.HandleFunc(root+"/swagger/ui/index", s.serveUI)
	}
	s.controlRoutes()
	return nil
}

// authorize finds the dossier of a call, or the refusal.
func (s *Sandbox) authorize(c sandbox.Call) (*dossier, *sandbox.Answer) {
	if refusal := s.Authorize(c); refusal != nil {
		return nil, refusal
	}
	if d := s.dossiers[s.dossierKey(c.Request)]; d != nil {
		return d, nil
	}
	return nil, message(http.StatusForbidden, "La clé du dossier est absente ou inconnue.")
}

func (s *Sandbox) dossierKey(r *http.Request) string {
	switch s.config.KeyIn {
	case KeyInQuery:
		return r.URL.Query().Get(s.config.KeyName)
	case KeyInPath:
		return r.PathValue("dossier")
	case KeyInHeader:
	}
	return r.Header.Get(s.config.KeyName)
}
