package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/browsertest"
	"syncd/internal/config"
	"syncd/internal/ledger"
	"syncd/internal/partner"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/schedule"
	"syncd/internal/store"
	"syncd/internal/testpg"
)

// tests end the browser, where one was started, before it is asked what is left.
type tests struct{ *testing.M }

func (t tests) Run() int {
	code := testpg.Tests{M: t.M}.Run()
	browsertest.Close()
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

const publicURL = "https://page.example.org"

// site is the page with a ledger, staging and a stand-in of its own, and a clock that a test can set.
type site struct {
	*Server
	t         *testing.T
	db        *testpg.DB
	api       *standin.Sandbox
	http      *httptest.Server
	log       *bytes.Buffer
	clock     time.Time // of sessions and codes
	today     time.Time // of which it is told where a month stands
	people    map[string]*person
	config    *config.Config
	getenv    func(string) string
	role      string   // that the page has in the database, with the rights of syncd_web and no others
	office    *app.App // the product as the command line has it
	officeEnv func(string) string
}

// grant gives a role the page's rights.
func grant(t *testing.T, db *testpg.DB, role string) {
	t.Helper()
	err := db.With(t.Context(), func(c *pgx.Conn) error { return store.GrantPage(t.Context(), c, role) })
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(t, fmt.Sprintf(`GRANT USAGE ON SCHEMA staging TO %s; GRANT SELECT ON ALL TABLES IN SCHEMA staging TO %[1]s`, role)) // roles.sql
}

// person is somebody of the page, and their browser.
type person struct {
	*site
	name, password string
	secret         []byte
	cookie         string
	flow           string // the cookie of who was sent to the issuer
	address        string // behind which proxy; "" = none
}

// newSite has 8 employees in saint-martin and 12 in sainte-anne; change alters the configuration.
func newSite(t *testing.T, change func(*config.Config)) *site {
	t.Helper()
	return newSiteOn(t, testpg.Shared(t), change)
}

// newSiteOn is a newSite whose database is on that server.
func newSiteOn(t *testing.T, server *testpg.Server, change func(*config.Config)) *site {
	t.Helper()
	db := server.New(t, apptest.Template)
	api, err := standin.New(standin.Config{ClientID: apptest.Credentials.ID, ClientSecret: apptest.Credentials.Secret,
		Dossiers: apptest.Dossiers, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	there := httptest.NewServer(api)
	t.Cleanup(there.Close)
	dir := t.TempDir()
	if err := apptest.WriteConfig(dir, there.URL, "DATABASE"); err != nil {
		t.Fatal(err)
	}
	role, asPage := db.Login(t)
	grant(t, db, role)
	configured := func(url string) (*config.Config, func(string) string) {
		getenv := func(name string) string { return map[string]string{"DATABASE": url}[name] }
		c, err := partner.LoadConfig(dir+"/config.toml", getenv)
		if err != nil {
			t.Fatal(err)
		}
		c.Web = config.Web{PublicURL: publicURL, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
		if change != nil {
			change(c)
		}
		return c, getenv
	}
	c, getenv := configured(asPage)
	atOffice, officeEnv := configured(db.URL)
	s := &site{t: t, db: db, api: api, log: &bytes.Buffer{}, clock: time.Now(), today: november30, people: map[string]*person{}, config: c,
		getenv: getenv, role: role, officeEnv: officeEnv}
	s.office = app.New(atOffice, app.Door{Version: "test", Getenv: officeEnv, Log: zerolog.Nop(), Stop: make(chan struct{})})
	t.Cleanup(s.office.Close)
	_, err = s.office.Accounts(t.Context()) // as a service that has been started before
	s.must(err)
	door := app.Door{Version: "test", Getenv: getenv, Log: zerolog.Nop(), Stop: make(chan struct{}), Page: true,
		Now: func() time.Time { return s.today }}
	s.Server = New(app.New(c, door), zerolog.New(zerolog.SyncWriter(s.log)), getenv)
	s.now = func() time.Time { return s.clock }
	t.Cleanup(s.Close)
	s.http = httptest.NewServer(s.Handler())
	t.Cleanup(s.http.Close)
	return s
}

// november30 is the last day of the month that staging holds: tests find the same one on whatever day they run.
var november30 = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

// text is the one value that a query has.
func (s *site) text(query string, args ...any) (text string) {
	s.t.Helper()
	s.must(s.db.With(s.t.Context(), func(c *pgx.Conn) error { return c.QueryRow(s.t.Context(), query, args...).Scan(&text) }))
	return text
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// service is who may use the page, as the command line has it.
func (s *site) service() accounts.Service {
	s.t.Helper()
	service, err := s.office.Accounts(s.t.Context())
	s.must(err)
	service.Now = s.now
	return service
}

var byRoot = ledger.Person{Name: "root", System: "root", Channel: ledger.ByCommand, Proof: ledger.ProofSystem}

const goodPassword = "une phrase facile à retenir"

// invite makes an account, whose person has not chosen a password yet.
func (s *site) invite(name string, grants ...accounts.Grant) (p *person, code string) {
	s.t.Helper()
	i, err := s.service().Add(s.t.Context(), accounts.Account{Name: name, Language: "fr", Grants: grants}, byRoot)
	s.must(err)
	p = &person{site: s, name: name, password: goodPassword}
	s.people[name] = p
	return p, i.Code
}

// goodHash is what is kept of goodPassword. Each hash takes 19 MiB, and the race detector four times that beside it.
var goodHash = sync.OnceValue(func() string { return accounts.Hash(goodPassword) })

// signedIn makes an account whose person has used the invitation, and is signed in; what is proved lately is proved. It is as accept
// leaves it, without the two forms and the password's hash.
func (s *site) signedIn(name string, grants ...accounts.Grant) *person {
	s.t.Helper()
	p, code := s.invite(name, grants...)
	people, invitation := s.service().Ledger, sha256.Sum256([]byte(strings.ReplaceAll(code, "-", "")))
	i, ok, err := people.Invitation(s.t.Context(), invitation, s.clock)
	s.must(err)
	if !ok {
		s.t.Fatal("the invitation is not there")
	}
	p.secret = i.Secret
	p.code()
	secret := sha256.Sum256(invitation[:])
	p.cookie = base64.RawURLEncoding.EncodeToString(secret[:])
	s.must(people.Accept(s.t.Context(), invitation, goodHash(), accounts.Entry{
		Hash: sha256.Sum256(secret[:]), Account: name, Step: p.clock.Unix() / 30, Proof: ledger.ProofPassword,
		Proved: s.clock, Address: "127.0.0.1", Agent: "Go-http-client/1.1", Now: s.clock,
	}))
	return p
}

// everything is all roles for all dossiers.
var everything = []accounts.Grant{{Role: accounts.Read}, {Role: accounts.Prepare}, {Role: accounts.Approve}, {Role: accounts.Admin}}

// accept uses an invitation by the two forms that a person fills in.
func (p *person) accept(code string) *answer {
	p.t.Helper()
	shown := p.post("/invitation", "invitation", code)
	shown.want(http.StatusOK)
	p.secret = secretOf(p.t, shown.body)
	return p.post("/invitation/accept", "invitation", code, "password", p.password, "again", p.password, "code", p.code())
}

var typedSecret = regexp.MustCompile(`<code>([A-Z2-7 ]+)</code>`)

func secretOf(t *testing.T, page string) []byte {
	t.Helper()
	found := typedSecret.FindStringSubmatch(page)
	if found == nil {
		t.Fatal("no key is shown")
	}
	secret, err := accounts.ParseTyped(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// code is the next one that the person's telephone shows: the clock moves on, as each counts once.
func (p *person) code() string {
	p.clock = p.clock.Add(30 * time.Second)
	return accounts.Code(p.secret, p.clock)
}

func (p *person) login() *answer {
	p.t.Helper()
	return p.post("/login", "name", p.name, "password", p.password, "code", p.code())
}

// answer is what a browser got.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (a *answer) want(status int, texts ...string) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%d, want %d:\n%s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("no %q in\n%s", text, a.body)
		}
	}
	return a
}

// leads demands that the answer leads to a path.
func (a *answer) leads(path string) *answer {
	a.t.Helper()
	if at := a.header.Get("Location"); a.status != http.StatusSeeOther || at != path {
		a.t.Errorf("%d leads to %q, want %q", a.status, at, path)
	}
	return a
}

func (p *person) get(path string) *answer { p.t.Helper(); return p.ask(http.MethodGet, path, nil, nil) }

// post sends a form: names and values in turn.
func (p *person) post(path string, namesAndValues ...string) *answer {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		form.Add(namesAndValues[i], namesAndValues[i+1])
	}
	return p.ask(http.MethodPost, path, form, nil)
}

// ask is a request as the person's browser sends it; change alters it.
func (p *person) ask(method, path string, form url.Values, change func(*http.Request)) *answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.http.URL+path, strings.NewReader(form.Encode()))
	p.must(err)
	r.Host = "page.example.org"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", publicURL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range map[string]string{sessionCookie: p.cookie, flowCookie: p.flow} {
		if value != "" {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	if p.address != "" {
		r.Header.Set("X-Forwarded-For", p.address)
	}
	if change != nil {
		change(r)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true}}
	got, err := client.Do(r)
	p.must(err)
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	p.must(err)
	for _, c := range got.Cookies() {
		*map[string]*string{sessionCookie: &p.cookie, flowCookie: &p.flow}[c.Name] = c.Value
	}
	return &answer{p.t, got.StatusCode, got.Header, string(body)}
}

func contains(body, text string) bool { return strings.Contains(body, text) }

// scheduled gives the job paie a schedule.
func scheduled(c *config.Config) {
	at, err := schedule.Parse("0 6 * * *", "Europe/Paris", nil)
	if err != nil {
		panic(err)
	}
	for i := range c.Jobs {
		if c.Jobs[i].Name == "paie" {
			c.Jobs[i].Schedule = at
		}
	}
}
