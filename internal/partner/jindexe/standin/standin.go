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
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

// Grants is what was asked of the token endpoint.
type Grants struct {
	Password   int `json:"password"` // grants by password, refused ones included
	Wrong      int `json:"wrong"`    // by a wrong one
	Refresh    int `json:"refresh"`  // grants by a refresh token, refused ones included
	Spent      int `json:"spent"`    // by one that had been used before
	MostAtOnce int `json:"most_at_once"`
}

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

type refreshToken struct {
	login string
	used  bool
}

// Open makes a stand-in with the credentials of a configured partner: its secret is the API key.
func Open(p *config.Partner, dossiers []sandbox.Dossier, o sandbox.Options) (*sandbox.Server, error) {
	secret, err := p.ClientSecret.Read()
	if err != nil {
		return nil, err
	}
	s, err := New(Config{APIKey: secret, Dossiers: sandbox.MadeUp(dossiers), TokenLifetime: o.TokenLifetime, Faults: o.Faults})
	if err != nil {
		return nil, err
	}
	return s.Server, nil
}

// Shows is what a dossier shows who it is by.
func Shows(d sandbox.Dossier) string {
	return fmt.Sprintf("username %s, password %s", d.MadeUp().Login, d.MadeUp().Password)
}

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

// Grants is what was asked for a login.
func (s *Sandbox) Grants(login string) Grants {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants[login]
}

// note changes the count of a login.
func (s *Sandbox) note(login string, change func(*Grants)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grants[login]
	change(&g)
	s.grants[login] = g
}

// enter counts grants of a login under way; leave ends it.
func (s *Sandbox) enter(login string) (leave func()) {
	s.mu.Lock()
	s.atOnce[login]++
	n := s.atOnce[login]
	s.mu.Unlock()
	s.note(login, func(g *Grants) { g.MostAtOnce = max(g.MostAtOnce, n) })
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.atOnce[login]--
	}
}

func refuseGrant(code string) *sandbox.Answer {
	return sandbox.JSONOf(http.StatusBadRequest, map[string]any{"error": code})
}

// asking is the body of a call for a token: JSON, not a form.
type asking struct {
	GrantType    string `json:"grant_type"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	RefreshToken string `json:"refresh_token"`
}

func (s *Sandbox) serveToken(c sandbox.Call) *sandbox.Answer {
	if c.Request.Method != http.MethodPost {
		return message(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	if _, refusal := s.withKey(c); refusal != nil {
		return refusal
	}
	kind, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	var asked asking
	if err != nil || kind != "application/json" || json.Unmarshal(c.Body, &asked) != nil {
		return refuseGrant("invalid_request")
	}
	login := asked.Username
	var refusal *sandbox.Answer
	switch asked.GrantType {
	case "password":
		defer s.enter(login)()
		s.wait()
		refusal = s.byPassword(login, asked.Password)
	case "refresh_token":
		s.mu.Lock()
		login = s.refresh[asked.RefreshToken].login
		s.mu.Unlock()
		defer s.enter(login)()
		s.wait()
		refusal = s.byRefresh(login, asked.RefreshToken)
	default:
		return refuseGrant("unsupported_grant_type")
	}
	if refusal != nil {
		return refusal
	}
	return s.pair(login)
}

// wait takes as long as a grant takes, whether its client is still there or not.
func (s *Sandbox) wait() {
	if s.config.GrantTakes > 0 {
		<-time.After(s.config.GrantTakes)
	}
}

func (s *Sandbox) byPassword(login, password string) *sandbox.Answer {
	right := slices.ContainsFunc(s.config.Dossiers, func(d sandbox.Dossier) bool { return d.Login == login && d.Password == password })
	s.note(login, func(g *Grants) {
		if g.Password++; !right {
			g.Wrong++
		}
	})
	if !right {
		return refuseGrant("invalid_grant")
	}
	return nil
}

// byRefresh uses a refresh token up.
func (s *Sandbox) byRefresh(login, token string) *sandbox.Answer {
	s.mu.Lock()
	known, used := login != "", s.refresh[token].used
	if known {
		s.refresh[token] = refreshToken{login, true}
	}
	s.mu.Unlock()
	s.note(login, func(g *Grants) {
		if g.Refresh++; used {
			g.Spent++
		}
	})
	if !known || used || s.On(spent) {
		return refuseGrant("invalid_grant")
	}
	return nil
}

// pair gives a new token with the refresh token that belongs to it.
func (s *Sandbox) pair(login string) *sandbox.Answer {
	token, life := s.Issue(login)
	again := "refresh-" + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh[again] = refreshToken{login: login}
	return sandbox.JSON(map[string]any{"access_token": token, "expires_in": int(life / time.Second), "refresh_token": again,
		"token_type": "Bearer", "scope": "user pro"})
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

// list is a call that reads.
func (s *Sandbox) list(who func(sandbox.Call) (*sandbox.Dossier, *sandbox.Answer),
	serve func(*sandbox.Dossier, sandbox.Call) *sandbox.Answer) func(sandbox.Call) *sandbox.Answer {
	return func(c sandbox.Call) *sandbox.Answer {
		if c.Request.Method != http.MethodGet {
			return message(http.StatusMethodNotAllowed, "Method Not Allowed")
		}
		d, refusal := who(c)
		switch {
		case refusal != nil:
			return refusal
		case s.On(null):
			return sandbox.JSON(nil)
		}
		return serve(d, c)
	}
}

// The collections.
const (
	Sheets     = "fiches"
	Favourites = "favoris"
)

// OtherSiret is of an establishment that is no dossier of anybody's: made up, with a right check digit.
const OtherSiret = "99999999900017"

func (s *Sandbox) records(d sandbox.Dossier) map[string][]sandbox.Record {
	all := map[string][]sandbox.Record{}
	for i := range s.config.Sheets {
		all[Sheets] = append(all[Sheets], sheet(d.Siret, 1000+i))
	}
	for i := range 3 {
		key := fmt.Sprintf("f-%d", i)
		all[Favourites] = append(all[Favourites], sandbox.Record{Key: key, Members: map[string]any{"id": key, "libelle": "Favori " + key}})
	}
	return all
}

func sheet(siret string, n int) sandbox.Record {
	return sandbox.Record{Key: strconv.Itoa(n), Members: map[string]any{
		"id": json.Number(strconv.Itoa(n)), "siret": siret, "nom": fmt.Sprintf("Activité %d", n),
		"tarif":    json.Number(fmt.Sprintf("%d.50", n%40)),
		"misAJour": time.Date(2026, 1, 1+n%28, 8, 0, 0, 0, time.UTC).Format(time.RFC3339), "description": nil,
	}}
}

func (s *Sandbox) serveStatus(*sandbox.Dossier, sandbox.Call) *sandbox.Answer {
	return sandbox.JSON([]any{map[string]any{"id": "api", "etat": "ok"}})
}

func (s *Sandbox) serveTopics(*sandbox.Dossier, sandbox.Call) *sandbox.Answer {
	return sandbox.JSON([]any{map[string]any{"id": "ecole", "libelle": "Écoles"}, map[string]any{"id": "cantine", "libelle": "Cantines"}})
}

func (s *Sandbox) serveAll(collection string) func(*sandbox.Dossier, sandbox.Call) *sandbox.Answer {
	return func(d *sandbox.Dossier, _ sandbox.Call) *sandbox.Answer {
		return sandbox.JSON(sandbox.MembersOf(s.Records(d.Name, collection).All()))
	}
}

// serveSheets lists those of a dossier: all, or a page with the total beside it.
func (s *Sandbox) serveSheets(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer {
	list := s.Records(d.Name, Sheets).All()
	if s.On(foreign) {
		list = append(list, sheet(OtherSiret, 9999))
	}
	if s.On(nul) {
		list = sandbox.Spoil(list, "description")
	}
	if s.On(huge) {
		list = sandbox.Swell(list, "description")
	}
	query := c.Request.URL.Query()
	if !query.Has("page") {
		return sandbox.JSON(sandbox.MembersOf(list))
	}
	page, err := strconv.Atoi(query.Get("page"))
	size, sizeErr := strconv.Atoi(strings.TrimSpace(query.Get("size")))
	if err := errors.Join(err, sizeErr); err != nil || page < 1 || size < 1 || size > 100 {
		return message(http.StatusBadRequest, "page from 1, size from 1 to 100")
	}
	if s.On(echo) {
		page = 1
	}
	shown := list[min((page-1)*size, len(list)):min(page*size, len(list))]
	if len(shown) > 0 {
		s.between(d, shown[0].Key)
	}
	return sandbox.JSON(map[string]any{"fiches": sandbox.MembersOf(shown), "page": page, "pages": (len(list) + size - 1) / size,
		"total": len(list)})
}

// mostDeleted is how many sheets the fault delete-between takes in all, so that a later walk can be a quiet one.
const mostDeleted = 3

// between changes what was just shown, before the next page is asked for.
func (s *Sandbox) between(d *sandbox.Dossier, key string) {
	if s.On(updateBetween) {
		s.Records(d.Name, Sheets).Edit(key, map[string]any{"description": "vu " + rand.Text()})
	}
	if !s.On(deleteBetween) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deleted < mostDeleted && s.Records(d.Name, Sheets).Remove(key) {
		s.deleted++
	}
}
