// Package sandbox is a stand-in for Isidoor, for rehearsals, the demo and the tests: a strict token endpoint, Dossier,
// Dictionnaire and Salarie, a Swagger 2.0 document, and faults that can be switched on while it runs. It keeps what it
// received and can show it, so that a test can compare every document with what was to be delivered, and it can be
// edited as a person would at the other side.
//
// Where Isidoor is documented (the token call, the roots /Api and /Api2, Bearer tokens) the sandbox is as strict as the
// documentation. Everything else is assumed: see NoticeEN. A profile (profile.go) is one shape that the API could have; what
// its Swagger document says of a Salarie is what the sandbox enforces. Unlike ASP.NET it compares paths and member names
// with their case, and never converts a number to a string: a stricter rehearsal finds more.
//
// A request that arrived whole is processed even when its client has gone, as a real server would; so a killed client
// leaves behind exactly the doubt that it would leave at Isidoor.
package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"syncd/internal/loopback"
)

// What the operator reads before a rehearsal.
const (
	NoticeEN = "This sandbox stands in for Isidoor. Its token call follows the published documentation; the shape of its " +
		"answers, its field names, its codes and the place of the dossier key are ASSUMPTIONS of syncd, not Isidoor's."
	NoticeFR = "Ce bac à sable remplace Isidoor. L'appel du jeton suit la documentation publiée ; la forme des réponses, " +
		"les noms des champs, les codes et la place de la clé de dossier sont des HYPOTHÈSES de syncd, pas celles d'Isidoor."
)

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

// Dossier is one association that the sandbox knows.
type Dossier struct {
	Name  string
	Key   string // opaque secret; how requests name the dossier
	Siret string
}

// Config is what a sandbox starts with.
type Config struct {
	ClientID      string
	ClientSecret  string
	Dossiers      []Dossier
	TokenLifetime time.Duration // told in whole seconds, at least one; 0 = one hour, IdentityServer's default
	Profile       string        // one of Profiles(); "" = the first
	KeyIn         KeyIn         // "" = the profile's
	KeyName       string        // "" = the profile's; unused with KeyInPath
	Nomenclatures []Entry       // nil = DefaultNomenclatures()
	Seed          uint64        // of the faults: same seed and same order of requests, same faults
	Faults        Faults
	ContractFile  string // served in place of the sandbox's own contract, read again each time; "" = the own one
	Append        bool   // a document adds its elements to those of its employee and period; its other members replace theirs
}

// Sandbox is the stand-in. It is an http.Handler, safe for concurrent use.
type Sandbox struct {
	config        Config
	profile       *profile
	dossiers      map[string]*dossier // by key; never changes
	handler       http.Handler
	swagger       []byte // its own contract
	controlToken  string
	tokens        tokens
	nomenclatures nomenclatures
	chaos         chaos
	stats         counters
}

// New makes a sandbox. An error is a mistake in the configuration.
func New(config Config) (*Sandbox, error) {
	shape, err := profileNamed(cmp.Or(config.Profile, ProfileIsidoor))
	if err != nil {
		return nil, err
	}
	config = withDefaults(config, shape)
	if config.ClientID == "" || config.ClientSecret == "" {
		return nil, errors.New("the sandbox needs a client id and a client secret")
	}
	if config.TokenLifetime < time.Second {
		return nil, errors.New("the lifetime of the sandbox's tokens is less than a second")
	}
	dossiers, err := indexDossiers(config.Dossiers)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{config: config, profile: shape, dossiers: dossiers, controlToken: ControlToken(config.ClientSecret)}
	s.tokens.lifetime = config.TokenLifetime.Truncate(time.Second)
	s.nomenclatures.replace(config.Nomenclatures)
	s.chaos.seed = config.Seed
	s.stats.reset()
	if err := s.SetFaults(config.Faults); err != nil {
		return nil, err
	}
	if s.swagger, err = swaggerDocument(shape, config.KeyIn, config.KeyName); err != nil {
		return nil, err
	}
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	s.handler = loopback.Guard(mux, nil)
	return s, nil
}

func withDefaults(c Config, shape *profile) Config {
	if c.TokenLifetime == 0 {
		c.TokenLifetime = time.Hour
	}
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

func indexDossiers(list []Dossier) (map[string]*dossier, error) {
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
func (s *Sandbox) routes() (*http.ServeMux, error) {
	key := ""
	switch s.config.KeyIn {
	case KeyInPath:
		key = "/{dossier}"
	case KeyInHeader, KeyInQuery:
	default:
		return nil, fmt.Errorf("the sandbox expects the dossier's key in %q\nhint: header, query or path", s.config.KeyIn)
	}
	mux, p := http.NewServeMux(), s.profile
	mux.Handle(TokenPath, s.endpoint(EndpointToken, s.serveToken))
	for _, root := range []string{TestRoot, ProductionRoot} {
		base := root + "/V2" + key
		mux.Handle(base+p.dossierPath, s.endpoint(EndpointDossier, s.serveDossier))
		mux.Handle(base+p.dictionnairePath, s.endpoint(EndpointDictionnaire, s.serveDictionnaire))
		mux.Handle(base+p.salariePath, s.endpoint(EndpointSalarie, s.serveSalarie))
		mux.Handle(base+p.salariePath+"/{key}", s.endpoint(EndpointRead, s.serveRead))
		mux.HandleFunc(root+"/swagger/docs/V2", s.serveContract)
		mux.HandleFunc(root+"/swagger/ui/index", s.serveUI)
	}
	s.controlRoutes(mux)
	mux.HandleFunc("/", s.serveNotFound)
	return mux, nil
}

// ServeHTTP answers one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Reset forgets what was received and counted, and puts faults and nomenclatures back to what the sandbox started
// with. Tokens stay valid: clients need not notice.
func (s *Sandbox) Reset() error {
	for _, d := range s.dossiers {
		d.reset()
	}
	s.stats.reset()
	s.nomenclatures.replace(s.config.Nomenclatures)
	s.chaos.drawn.Store(0)
	return s.SetFaults(s.config.Faults)
}
