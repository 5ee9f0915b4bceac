// Package standin stands in for Iopole: what is new of invoices and statuses, details, files, marks, search and webhooks, on the
// server that all stand-ins share (package sandbox).
//
// What its shapes rest on: D = the owner documents it, P = seen in public clients or by observers, A = assumed. No real Iopole
// was called.
//
//	token: form, Keycloak's path                                        D, the realm P
//	header customer-id: mandatory                                       D (notes of 2026-02-01); what its absence answers is A
//	GET /v1/config/customer/id: text/html, the bare id                  D, P
//	GET /v1/invoice/notSeen: bare UUIDs as texts, no pages              P
//	GET /v1/invoice/status/notSeen: [{invoiceId, newStatus: […]}]       P; that one invoice has one group is A
//	GET /v1/invoice/{id}: an array of one (switch object: an object)    P, D
//	GET /v1/invoice/{id}/files, …/file/{id}/download, SHA-256           D; that the checksum is in hex is A
//	PUT …/markAsSeen: 204                                               D; of an unknown id 404, A
//	GET /v1.1/invoice/search, offset at most 1000, limit at most 200    D; what q understands is A
//	GET /v1/config/webhook                                              D; its members are A
//	errors {statusMessage, details}                                     D
//	members of businessData                                             D in outline, A in their names
package standin

import (
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"syncd/internal/config"
	"syncd/internal/sandbox"
)

// Profile is the name of this stand-in.
const Profile = "iopole"

// Notices are what the operator reads before a rehearsal, by language.
var Notices = map[string]string{
	"en": "This sandbox stands in for Iopole. Its token, its calls and the limits of its search follow the published documentation and " +
		"what public clients show; the names within an invoice, and what its search understands, are ASSUMPTIONS of syncd, not Iopole's.",
	"fr": "Ce bac à sable remplace Iopole. Son jeton, ses appels et les limites de sa recherche suivent la documentation publiée et ce que " +
		"montrent des clients publics ; les noms à l'intérieur d'une facture, et ce que comprend sa recherche, sont des HYPOTHÈSES de " +
		"syncd, pas celles d'Iopole.",
}

// TokenPath is where tokens are; the API is at the root of the host.
const TokenPath = "/realms/iopole/protocol/openid-connect/token"

// The calls that faults act upon.
const (
	EndpointCustomer sandbox.Endpoint = "customer"
	EndpointList     sandbox.Endpoint = "list" // both lists of what is new
	EndpointDetail   sandbox.Endpoint = "detail"
	EndpointFiles    sandbox.Endpoint = "files"
	EndpointDownload sandbox.Endpoint = "download"
	EndpointMark     sandbox.Endpoint = "mark"
	EndpointSearch   sandbox.Endpoint = "search"
	EndpointWebhook  sandbox.Endpoint = "webhook"
)

// Faults of this partner alone.
const (
	webhook   = "webhook"     // a webhook is active: nothing is ever new
	noWebhook = "403-webhook" // who asks is no administrator
	ackLost   = "ack-lost"    // marks are kept, and their answers lost
	foreign   = "foreign"     // one received invoice is addressed to somebody else
	nul       = "nul"         // the details of three invoices contain what databases refuse
	huge      = "huge"        // one file has 30 MiB
	checksum  = "checksum"    // the checksums of files are wrong
	object    = "object"      // a detail is an object, as the specification has it
	null      = "null"        // lists are null
	shape     = "shape"       // lists are of a shape that nobody knows
	echo      = "echo"        // the search answers its first page, whatever is asked for
)

// API is what the server of stand-ins has to know.
var API = sandbox.API{
	TokenPath: TokenPath,
	Endpoints: []sandbox.Endpoint{sandbox.EndpointToken, EndpointCustomer, EndpointList, EndpointDetail, EndpointFiles, EndpointDownload,
		EndpointMark, EndpointSearch, EndpointWebhook},
	Default:   EndpointList,
	SeeOther:  "/",
	Switches:  []string{webhook, noWebhook, ackLost, foreign, nul, huge, checksum, object, null, shape, echo},
	Timed:     true,
	Message:   message,
	Exception: func([]byte) *sandbox.Answer { return message(http.StatusInternalServerError, "Internal server error") },
	NotFound:  func(*http.Request) *sandbox.Answer { return message(http.StatusNotFound, "Not found") },
}

func message(status int, text string) *sandbox.Answer {
	return sandbox.JSONOf(status, map[string]any{"statusMessage": http.StatusText(status), "details": []string{text}})
}

// Config is what a sandbox starts with.
type Config struct {
	ClientID, ClientSecret string
	Dossiers               []sandbox.Dossier // with Customer; their SIRET is the buyer's of what they received
	TokenLifetime          time.Duration
	Seed                   uint64
	Faults                 sandbox.Faults
	Invoices               int              // of each dossier; 0 = DefaultInvoices
	Now                    func() time.Time // nil = time.Now

	// BeforeMark is asked before something is marked as seen; its error refuses the mark, and is counted: whoever marks what it has
	// not committed loses it. nil = nobody is asked.
	BeforeMark func(dossier, collection, key string) error
}

// DefaultInvoices are those of a dossier.
const DefaultInvoices = 40

// Sandbox is the stand-in. It is an http.Handler, safe for concurrent use.
type Sandbox struct {
	*sandbox.Server
	config Config
	kept   *sandbox.Kept

	mu      sync.Mutex
	refused []string // marks that BeforeMark refused: "factures KEY"
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
	if config.TokenLifetime == 0 {
		config.TokenLifetime = 10 * time.Minute // as documented
	}
	s := &Sandbox{config: config}
	s.kept = sandbox.Keep(config.Dossiers, s.records)
	var err error
	if s.Server, err = sandbox.New(&API, sandbox.Config{ClientID: config.ClientID, ClientSecret: config.ClientSecret,
		TokenLifetime: config.TokenLifetime, Seed: config.Seed, Faults: config.Faults}, s.forget); err != nil {
		return nil, err
	}
	s.routes()
	s.ControlRecords(s.kept)
	return s, nil
}

func (s *Sandbox) forget() {
	s.kept.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = nil
}

// Records are those of a dossier and collection: Invoices or Statuses.
func (s *Sandbox) Records(dossier, collection string) *sandbox.Records {
	return s.kept.Of(dossier, collection)
}

// Refused are the marks that BeforeMark refused.
func (s *Sandbox) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

type handler func(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer

func (s *Sandbox) routes() {
	get, put := http.MethodGet, http.MethodPut
	s.route(get, "/v1/config/customer/id", EndpointCustomer, func(d *sandbox.Dossier, _ sandbox.Call) *sandbox.Answer {
		return &sandbox.Answer{Status: http.StatusOK, Body: []byte(d.Customer), Header: map[string]string{"Content-Type": "text/html"}}
	})
	s.route(get, "/v1/config/webhook", EndpointWebhook, s.serveWebhooks)
	s.route(get, "/v1/invoice/notSeen", EndpointList, s.serveNewInvoices)
	s.route(get, "/v1/invoice/status/notSeen", EndpointList, s.serveNewStatuses)
	s.route(get, "/v1/invoice/{id}", EndpointDetail, s.serveDetail)
	s.route(get, "/v1/invoice/{id}/files", EndpointFiles, s.serveFiles)
	s.route(get, "/v1/invoice/file/{id}/download", EndpointDownload, s.serveDownload)
	s.route(put, "/v1/invoice/{id}/markAsSeen", EndpointMark, s.serveMark(Invoices))
	s.route(put, "/v1/invoice/status/{id}/markAsSeen", EndpointMark, s.serveMark(Statuses))
	s.route(get, "/v1.1/invoice/search", EndpointSearch, s.serveSearch)
}

// route binds a call of one verb to its path, for whoever has a token and a customer id.
func (s *Sandbox) route(method, path string, name sandbox.Endpoint, handle handler) {
	s.Handle(path, name, func(c sandbox.Call) *sandbox.Answer {
		if c.Request.Method != method {
			return message(http.StatusMethodNotAllowed, "Method not allowed")
		}
		if refusal := s.Authorize(c); refusal != nil {
			return refusal
		}
		customer := c.Request.Header.Get("customer-id")
		i := slices.IndexFunc(s.config.Dossiers, func(d sandbox.Dossier) bool { return d.Customer == customer && customer != "" })
		switch {
		case customer == "":
			return message(http.StatusBadRequest, "customer-id is required")
		case i < 0:
			return message(http.StatusForbidden, "customer-id is not one of yours")
		}
		return handle(&s.config.Dossiers[i], c)
	})
}

func (s *Sandbox) serveWebhooks(*sandbox.Dossier, sandbox.Call) *sandbox.Answer {
	switch {
	case s.On(noWebhook):
		return message(http.StatusForbidden, "role admin is required")
	case s.On(webhook):
		return sandbox.JSON([]any{map[string]any{"id": id("webhook"), "url": "https://elsewhere.example/hook", "active": true}})
	}
	return sandbox.JSON([]any{})
}

// serveMark marks something as seen.
func (s *Sandbox) serveMark(collection string) handler {
	return func(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer {
		key := c.Request.PathValue("id")
		if s.config.BeforeMark != nil {
			if err := s.config.BeforeMark(d.Name, collection, key); err != nil {
				s.mu.Lock()
				s.refused = append(s.refused, fmt.Sprintf("%s %s", collection, key))
				s.mu.Unlock()
				return message(http.StatusConflict, "whoever marks this has not stored it")
			}
		}
		if slices.Contains(s.Faults().Reject, key) {
			return message(http.StatusInternalServerError, "Internal server error")
		}
		if !s.Records(d.Name, collection).Mark(key) {
			return message(http.StatusNotFound, "no such id")
		}
		if s.On(ackLost) {
			s.Abort()
		}
		return &sandbox.Answer{Status: http.StatusNoContent}
	}
}
