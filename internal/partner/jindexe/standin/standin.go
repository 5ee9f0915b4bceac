// Package standin stands in for Jindexe: its four parts, with the key and the user's token that they want, and made-up lists, on
// the server that all stand-ins share (package sandbox).
//
// What its shapes rest on: D = the owner documents it, A = assumed. No real Jindexe was called.
//
//	/ext/ without anything, /public/ with X-API-KEY, /user/ and /pro/ with both key and token    D
//	POST /public/token, JSON, grants password and refresh_token, 86,400 s and 200 days           D
//	a used refresh token is spent, and 400 invalid_grant, as a wrong password is                 A (inferred)
//	hosts, paths of lists, their shapes and pages                                                A
package standin

import (
	_ "embed"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"syncd/internal/config"
	"syncd/internal/sandbox"
)

// Profile is the name of this stand-in.
const Profile = "jindexe"

// Notices are what the operator reads before a rehearsal, by language.
var Notices = map[string]string{
	"en": "This sandbox stands in for Jindexe. Its key, its tokens and the four parts of its API follow the published documentation; " +
		"the lists below them, their pages and what they contain are ASSUMPTIONS of syncd, not Jindexe's.",
	"fr": "Ce bac à sable remplace Jindexe. Sa clé, ses jetons et les quatre parties de son API suivent la documentation publiée ; les " +
		"listes qui s'y trouvent, leurs pages et leur contenu sont des HYPOTHÈSES de syncd, pas ceux de Jindexe.",
}

// TokenPath is where tokens are; the API is at the root of the host.
const TokenPath = "/public/token"

// The lists that this stand-in has, all assumed.
const (
	StatusPath = "/ext/statut"
	TopicsPath = "/public/rubriques"
	UserPath   = "/user/favoris"
	SheetsPath = "/pro/fiches" // ?page=1&size=50, from 1; without page all at once
)

// EndpointList are all lists.
const EndpointList sandbox.Endpoint = "list"

// Faults of this partner alone.
const (
	spent         = "spent"          // every refresh token was used before, whoever used it
	foreign       = "foreign"        // the sheet of another establishment is among them
	nul           = "nul"            // three sheets contain what databases refuse
	huge          = "huge"           // one contains a text of 5 MiB
	deleteBetween = "delete-between" // between two pages a sheet of an earlier one goes, three in all
	updateBetween = "update-between" // between two pages a sheet of an earlier one changes
	echo          = "echo"           // the first page is answered, whatever page is asked for
	null          = "null"           // lists are null
)

// API is what the server of stand-ins has to know. The token is JSON here, and given by the stand-in itself.
var API = sandbox.API{
	Endpoints: []sandbox.Endpoint{sandbox.EndpointToken, EndpointList},
	Default:   EndpointList,
	SeeOther:  StatusPath,
	Switches:  []string{spent, foreign, nul, huge, deleteBetween, updateBetween, echo, null},
	Timed:     true,
	Message:   message,
	Exception: func([]byte) *sandbox.Answer { return message(http.StatusInternalServerError, "Internal Server Error") },
	NotFound:  func(*http.Request) *sandbox.Answer { return message(http.StatusNotFound, "Not Found") },
}

func message(status int, text string) *sandbox.Answer {
	return sandbox.JSONOf(status, map[string]any{"error": text})
}

// Config is what a sandbox starts with.
type Config struct {
	APIKey        string
	ControlSecret string            // what the control's token follows from; "" = the API key
	Dossiers      []sandbox.Dossier // with Login and Password of the user who speaks for each
	TokenLifetime time.Duration
	Seed          uint64
	Faults        sandbox.Faults
	Sheets        int           // of each dossier; 0 = DefaultSheets
	GrantTakes    time.Duration // how long a grant takes, so that two at once are seen
}

// DefaultSheets are those of a dossier.
const DefaultSheets = 120

// Sandbox is the stand-in. It is an http.Handler, safe for concurrent use.
type Sandbox struct {
	*sandbox.Server
	config Config
	kept   *sandbox.Kept

	mu      sync.Mutex
	grants  map[string]Grants // by login
	atOnce  map[string]int
	refresh map[string]refreshToken
	deleted int // by the fault delete-between
}

// Open makes a stand-in with the credentials of a configured partner: its secret is the API key.
func Open(_ *config.Partner, secret string, dossiers []sandbox.Dossier, o sandbox.Options) (*sandbox.Server, error) {
	s, err := New(Config{APIKey: secret, Dossiers: dossiers, TokenLifetime: o.TokenLifetime, Faults: o.Faults})
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
	if config.APIKey == "" {
		return nil, errors.New("the sandbox needs an API key")
	}
	if config.ControlSecret == "" {
		config.ControlSecret = config.APIKey
	}
	if config.Sheets == 0 {
		config.Sheets = DefaultSheets
	}
	if config.TokenLifetime == 0 {
		config.TokenLifetime = 24 * time.Hour // as documented
	}
	s := &Sandbox{config: config, refresh: map[string]refreshToken{}, atOnce: map[string]int{}}
	s.kept = sandbox.Keep(config.Dossiers, s.records)
	s.forget()
	var err error
	if s.Server, err = sandbox.New(&API, sandbox.Config{ClientID: Profile, ClientSecret: config.ControlSecret,
		TokenLifetime: config.TokenLifetime, Seed: config.Seed, Faults: config.Faults}, s.forget); err != nil {
		return nil, err
	}
	s.Handle(TokenPath, sandbox.EndpointToken, s.serveToken)
	s.Handle(StatusPath, EndpointList, s.list(func(sandbox.Call) (*sandbox.Dossier, *sandbox.Answer) { return nil, nil }, s.serveStatus))
	s.Handle(TopicsPath, EndpointList, s.list(s.withKey, s.serveTopics))
	s.Handle(UserPath, EndpointList, s.list(s.withUser, s.serveAll(Favourites)))
	s.Handle(SheetsPath, EndpointList, s.list(s.withUser, s.serveSheets))
	s.ControlRecords(s.kept)
	s.Control("GET /sandbox/grants", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		sandbox.Show(w, s.grants)
	})
	return s, nil
}

func (s *Sandbox) forget() {
	s.kept.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants, s.deleted = map[string]Grants{}, 0
}

// Records are those of a dossier and collection: Sheets or Favourites.
func (s *Sandbox) Records(dossier, collection string) *sandbox.Records {
	return s.kept.Of(dossier, collection)
}

// withKey refuses who does not show the API key.
func (s *Sandbox) withKey(c sandbox.Call) (*sandbox.Dossier, *sandbox.Answer) {
	if c.Request.Header.Get("X-API-KEY") != s.config.APIKey {
		return nil, message(http.StatusForbidden, "X-API-KEY")
	}
	return nil, nil
}

// withUser is the dossier of the user whose token a call carries.
func (s *Sandbox) withUser(c sandbox.Call) (*sandbox.Dossier, *sandbox.Answer) {
	if _, refusal := s.withKey(c); refusal != nil {
		return nil, refusal
	}
	if refusal := s.Authorize(c); refusal != nil {
		return nil, refusal
	}
	login := s.HolderOf(c)
	i := slices.IndexFunc(s.config.Dossiers, func(d sandbox.Dossier) bool { return d.Login == login })
	return &s.config.Dossiers[max(i, 0)], nil // tokens are given to their users alone
}
