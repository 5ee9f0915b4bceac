// Package standin stands in for Chorus Pro behind its gateway PISTE: the token, and the search for invoices that a structure sent,
// on the server that all stand-ins share (package sandbox).
//
// What its shapes rest on: D = the owner documents it, P = seen in public clients, A = assumed. No real Chorus Pro was called.
//
//	token: form, scope openid, path /api/oauth/token          D
//	cpro-account: base64 of login:password                    D
//	a wrong one: 403 without a body                           P; the count of tries and the lock of an hour are A
//	POST /cpro/factures/v1/rechercher/fournisseur, its body   D; that a page has at most 500 is A
//	a default page of 10, sort columns                        D; that ties come in no order is A (switch ties)
//	listeFactures: members with (D) in invoice.go             D; the others are A
//	parametresRetour, codeRetour, libelle                     D; the codes of refusals are A
package standin

import (
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"syncd/internal/config"
	"syncd/internal/sandbox"
)

// Profile is the name of this stand-in.
const Profile = "chorus-pro"

// Notices are what the operator reads before a rehearsal, by language.
var Notices = map[string]string{
	"en": "This sandbox stands in for Chorus Pro. Its token, its account header and its search for invoices follow the published " +
		"documentation; what it answers to mistakes, and some members of an invoice, are ASSUMPTIONS of syncd, not Chorus Pro's.",
	"fr": "Ce bac à sable remplace Chorus Pro. Son jeton, son en-tête de compte et sa recherche de factures suivent la documentation " +
		"publiée ; ses réponses aux erreurs et quelques champs des factures sont des HYPOTHÈSES de syncd, pas celles de Chorus Pro.",
}

// Where the calls are on the sandbox's host.
const (
	Root       = "/cpro" // base URL
	TokenPath  = "/api/oauth/token"
	SearchPath = Root + "/factures/v1/rechercher/fournisseur"
)

// EndpointSearch is the call that faults act upon.
const EndpointSearch sandbox.Endpoint = "search"

// Faults of this partner alone.
const (
	refuseInside  = "code=20001"     // page 4 has a code of refusal inside a 200, with the name of a person in its words
	ties          = "ties"           // records of one day come in another order each time, whatever order is asked for
	deleteBetween = "delete-between" // between two pages an invoice of an earlier one goes, three in all
	updateBetween = "update-between" // between two pages an invoice of an earlier one changes its state
	echo          = "echo"           // the first page is answered, whatever page is asked for
	nul           = "nul"            // three invoices contain what databases refuse
	huge          = "huge"           // one contains a text of 5 MiB
	foreign       = "foreign"        // those of another structure are among them, as a bureau's account sees them
	null          = "null"           // the list is null
	account401    = "401-account"    // a wrong account is answered 401 instead of 403
)

// API is what the server of stand-ins has to know.
var API = sandbox.API{
	TokenPath: TokenPath,
	Scope:     "openid",
	Endpoints: []sandbox.Endpoint{sandbox.EndpointToken, EndpointSearch},
	Default:   EndpointSearch,
	SeeOther:  Root,
	Switches:  []string{refuseInside, ties, deleteBetween, updateBetween, echo, nul, huge, foreign, null, account401},
	Timed:     true,
	Message:   message,
	Exception: func([]byte) *sandbox.Answer { return message(http.StatusInternalServerError, "Internal error") },
	NotFound:  func(*http.Request) *sandbox.Answer { return message(http.StatusNotFound, "Not found") },
}

// message is an error of the gateway (A).
func message(status int, text string) *sandbox.Answer {
	return sandbox.JSONOf(status, map[string]any{"error": map[string]any{"code": status, "message": text}})
}

// Config is what a sandbox starts with.
type Config struct {
	ClientID, ClientSecret string
	Dossiers               []sandbox.Dossier // with Login and Password; their SIRET is codeFournisseur
	TokenLifetime          time.Duration
	Seed                   uint64
	Faults                 sandbox.Faults
	Invoices               int              // of each dossier; 0 = DefaultInvoices
	Now                    func() time.Time // nil = time.Now
}

// DefaultInvoices are those of a dossier: more than a few pages.
const DefaultInvoices = 812

// Sandbox is the stand-in. It is an http.Handler, safe for concurrent use.
type Sandbox struct {
	*sandbox.Server
	config Config
	kept   *sandbox.Kept

	mu      sync.Mutex
	wrong   map[string]int // tries with a wrong password, by login, since the last right one
	deleted int            // by the fault delete-between
	drawn   uint64         // for the fault ties
	last    found          // what was found last, so that the pages of one walk need no search each
}

// Open makes a stand-in with the credentials of a configured partner.
func Open(p *config.Partner, secret string, dossiers []sandbox.Dossier, o sandbox.Options) (*sandbox.Server, error) {
	s, err := New(Config{ClientID: p.ClientID, ClientSecret: secret, Dossiers: dossiers, TokenLifetime: o.TokenLifetime,
		Faults: o.Faults})
	if err != nil {
		return nil, err
	}
	return s.Server, nil
}

//go:embed rehearsal.toml
var rehearsal string

// Samples are the configurations of its profiles.
var Samples = map[string]string{Profile: rehearsal}

// New makes a stand-in. An error is a mistake in the configuration.
func New(config Config) (*Sandbox, error) {
	if config.Invoices == 0 {
		config.Invoices = DefaultInvoices
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Sandbox{config: config}
	s.kept = sandbox.Keep(config.Dossiers, s.invoices)
	s.forget()
	var err error
	if s.Server, err = sandbox.New(&API, sandbox.Config{ClientID: config.ClientID, ClientSecret: config.ClientSecret,
		TokenLifetime: config.TokenLifetime, Seed: config.Seed, Faults: config.Faults}, s.forget); err != nil {
		return nil, err
	}
	s.Handle(SearchPath, EndpointSearch, s.serveSearch)
	s.ControlRecords(s.kept)
	return s, nil
}

func (s *Sandbox) forget() {
	s.kept.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong, s.deleted = map[string]int{}, 0
}

// Invoices are those of a dossier.
func (s *Sandbox) Invoices(dossier string) *sandbox.Records { return s.kept.Of(dossier, Collection) }

// WrongTries is how often a wrong password came with a login.
func (s *Sandbox) WrongTries(login string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrong[login]
}

// mostTries is how many wrong passwords lock an account (documented for accounts of the portal, assumed for technical ones).
const mostTries = 5

// account is the dossier whose technical account a call names; a refusal has no body, as PISTE's.
func (s *Sandbox) account(c sandbox.Call) (*sandbox.Dossier, *sandbox.Answer) {
	if refusal := s.Authorize(c); refusal != nil {
		return nil, refusal
	}
	denied := &sandbox.Answer{Status: http.StatusForbidden}
	if s.On(account401) {
		denied.Status = http.StatusUnauthorized
	}
	text, err := base64.StdEncoding.DecodeString(c.Request.Header.Get("cpro-account"))
	login, password, found := strings.Cut(string(text), ":")
	if err != nil || !found {
		return nil, denied
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.config.Dossiers {
		d := &s.config.Dossiers[i]
		if d.Login == login && d.Password == password && s.wrong[login] < mostTries {
			s.wrong[login] = 0
			return d, nil
		}
	}
	s.wrong[login]++
	return nil, denied
}
