package web

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/issuer/issuertest"
)

// withIssuer is a site with an issuer beside it, by whose clock both go.
func withIssuer(t *testing.T) (*site, *issuertest.Issuer) {
	t.Helper()
	var s *site
	there := issuertest.New(t, false, func() time.Time {
		if s == nil {
			return time.Now()
		}
		return s.clock
	})
	table, err := strict.Parse("config.toml", []byte(`secret = { env = "SECRET" }`), func(string) string { return issuertest.Secret })
	if err != nil {
		t.Fatal(err)
	}
	s = newSite(t, func(c *config.Config) {
		c.Web.OIDC = config.OIDC{Issuer: there.URL, ClientID: issuertest.ClientID, Secret: table.Secret("secret"), Label: "Rectorat"}
	})
	return s, there
}

var onward = regexp.MustCompile(`<a class="target" href="([^"]+)" rel="noreferrer">`)

// there is where a departing browser comes to, and is sent back from at once: the path of the page, with its query.
func (p *person) there(a *answer) (back string) {
	p.t.Helper()
	p.app.Issuer().Now = p.now
	found := onward.FindStringSubmatch(a.want(http.StatusOK, "Rectorat").body)
	if found == nil || p.flow == "" {
		p.t.Fatalf("nobody is sent to the issuer:\n%s", a.body)
	}
	address := html.UnescapeString(found[1])
	if got := a.header.Get("Refresh"); got != "0; url="+address {
		p.t.Errorf("the browser goes on to %q", got)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
	p.must(err)
	got, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	p.must(err)
	got.Body.Close()
	back, ok := strings.CutPrefix(got.Header.Get("Location"), publicURL)
	if !ok || !strings.HasPrefix(back, "/login/oidc/callback?") {
		p.t.Fatalf("%s leads to %q", got.Status, got.Header.Get("Location"))
	}
	return back
}

// comes is the request of a browser that the issuer sends back: another site's page leads here.
func (p *person) comes(back string) *answer {
	p.t.Helper()
	return p.ask(http.MethodGet, back, nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
}

func (p *person) atIssuer(next string) *answer {
	p.t.Helper()
	return p.comes(p.there(p.post("/login/oidc", "next", next)))
}

// linkedPerson is somebody who used an invitation at the issuer, as a subject, and has no password.
func (s *site) linkedPerson(there *issuertest.Issuer, name, subject string, grants ...accounts.Grant) *person {
	s.t.Helper()
	p, code := s.invite(name, grants...)
	there.Is(subject)
	p.comes(p.there(p.post("/invitation/oidc", "invitation", code))).leads("/")
	return p
}

func TestAnInvitationIsUsedAtTheIssuer(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	there.Claims(func(c map[string]any) { c["email"] = "paul@example.org" })
	p, code := s.invite("marie", everything...)
	p.post("/invitation", "invitation", code).want(http.StatusOK, "Ou avec Rectorat", "<svg")
	p.post("/invitation/oidc", "invitation", "AAAA").want(http.StatusNotFound)
	leaving := p.post("/invitation/oidc", "invitation", code)
	if !strings.Contains(leaving.header.Get("Refresh"), "prompt=select_account") {
		t.Errorf("nobody chooses: %s", leaving.header.Get("Refresh"))
	}
	p.post("/invitation", "invitation", code).want(http.StatusOK) // it is not used up yet
	there.Is("subject-of-marie")
	p.comes(p.there(leaving)).leads("/")
	p.get("/").want(http.StatusOK, "marie")
	p.post("/invitation", "invitation", code).want(http.StatusNotFound)
	if got := s.text(`SELECT issuer || ' ' || subject || ' ' || coalesce(password, 'none') FROM syncd.account WHERE name = 'marie'`); got !=
		there.URL+" subject-of-marie none" {
		t.Error(got)
	}
	if got := s.text(
		`SELECT actor || ' ' || channel || ' ' || proof || ' ' || detail FROM syncd.audit WHERE decision = 'account-accept'`); got !=
		"marie page oidc marie "+there.URL+" subject-of-marie" {
		t.Error(got)
	}
	if body := p.get("/account").want(http.StatusOK, "Rectorat").body; strings.Contains(body, `name="former"`) {
		t.Error("who has no password may change it")
	}
	p.post("/logout").leads("/login?done=left")
	p.get("/login").want(http.StatusOK, "Sign in with Rectorat")
	first := p.cookie
	p.atIssuer("/schedule").leads("/schedule")
	if p.cookie == "" || p.cookie == first || p.flow != "" {
		t.Error("a session is taken over, or the flow's cookie stays")
	}
	p.get("/schedule").want(http.StatusOK)
	p.post("/login", "name", "marie", "password", "", "code", "").want(http.StatusUnauthorized)

	// The identity of one account is no other one's: the invitation waits on.
	paul, code := s.invite("paul", everything...)
	paul.comes(paul.there(paul.post("/invitation/oidc", "invitation", code))).want(http.StatusConflict, "another account")
	paul.get("/").leads("/login")
	there.Is("subject-of-paul")
	paul.comes(paul.there(paul.post("/invitation/oidc", "invitation", code))).leads("/")
	late, code := s.invite("late", everything...)
	back := late.there(late.post("/invitation/oidc", "invitation", code))
	s.must(s.service().Disable(t.Context(), "late", byRoot))
	there.Is("subject-of-late")
	late.comes(back).want(http.StatusNotFound)
}

// Who comes back counts once, in the browser that was sent, with the state that it was sent with.
func TestComingBackCountsOnce(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	p := s.linkedPerson(there, "marie", "marie", everything...)
	p.post("/logout")
	back := p.there(p.post("/login/oidc"))
	flow := p.flow
	other := &person{site: s}
	stale := func(a *answer) {
		t.Helper()
		a.want(http.StatusBadRequest, `role="alert"`)
	}
	stale(other.comes(back))
	other.there(other.post("/login/oidc")) // a flow of their own
	stale(other.comes(back))
	stale(p.comes(strings.Replace(back, "state=", "state=x", 1)))
	stale(p.comes("/login/oidc/callback"))
	stale(p.comes("/login/oidc/callback?error=access_denied&error_description=" + url.QueryEscape("call 555-0100")))
	if p.flow != flow {
		t.Error("another's page ends a sign-in that is under way")
	}
	p.comes(back).leads("/")
	p.flow = flow
	stale(p.comes(back))
	p.flow = strings.Repeat("A", 43)
	stale(p.comes(back))
	p.get("/").want(http.StatusOK)

	back = other.there(other.post("/login/oidc"))
	s.clock = s.clock.Add(accounts.FlowLasts + time.Second)
	stale(other.comes(back))
	if n := s.text(`SELECT count(*)::text FROM syncd.session`); n != "1" {
		t.Errorf("%s sessions", n)
	}
	for range 3 {
		other.ask(http.MethodPost, "/login/oidc", nil, func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example.org")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}).want(http.StatusForbidden)
	}
}

// An account is of (issuer, subject), whatever address a token has; who has none is told what an administrator needs.
func TestWhomNobodyKnows(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	p := s.signedIn("marie", everything...)
	there.Claims(func(c map[string]any) {
		c["email"], c["email_verified"], c["preferred_username"], c["name"] = "marie@example.org", true, "marie", "marie"
	})
	there.Is("<i>marie")
	nobody := &person{site: s}
	shown := nobody.atIssuer("/").want(http.StatusForbidden, "no account here is yours", "syncd account link NAME &lt;i&gt;marie").body
	s.must(s.service().Link(t.Context(), "marie", &accounts.Identity{Issuer: "https://another.example.org", Subject: "<i>marie"}, byRoot))
	nobody.atIssuer("/").want(http.StatusForbidden)
	s.must(s.service().Link(t.Context(), "marie", &accounts.Identity{Issuer: there.URL, Subject: "<i>marie"}, byRoot))
	p.get("/").leads("/login")
	p.atIssuer("//evil.example.org/").leads("/")
	if _, ok := errors.AsType[*accounts.LinkedError](s.service().Link(t.Context(), s.signedIn("paul", everything...).name,
		&accounts.Identity{Issuer: there.URL, Subject: "<i>marie"}, byRoot)); !ok {
		t.Error("an identity is of two accounts")
	}
	s.must(s.service().Disable(t.Context(), "marie", byRoot))
	if again := nobody.atIssuer("/").want(http.StatusForbidden).body; mainOf(again) != mainOf(shown) {
		t.Errorf("who is disabled is told something else than who is nobody:\n%s\n%s", shown, again)
	}
	if log := s.log.String(); strings.Contains(log, "<i>marie") {
		t.Error("the log tells who")
	}
}

// mainOf is a page without what stands around it, which tells the time.
func mainOf(body string) string {
	_, body, _ = strings.Cut(body, "<main")
	body, _, _ = strings.Cut(body, "</main>")
	return body
}

// What cannot be taken back asks the issuer anew; one that does not ask its person is not believed.
func TestSomebodyProvesItAtTheIssuer(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	there.SignedIn(s.clock.Add(-time.Hour), false)
	run := s.november()
	p := s.linkedPerson(there, "marie", "marie", everything...)
	approve := func() *answer {
		return p.ask(http.MethodPost, runPath(run.ID)+"/approve", url.Values{"seen": {run.Seen().String()}, "reason": {"elle a déménagé"}},
			func(r *http.Request) { r.Header.Set("Referer", publicURL+runPath(run.ID)+"?all") })
	}
	asked := approve().want(http.StatusOK, "Le prouver avec Rectorat", `value="`+runPath(run.ID)+`"`).body
	if strings.Contains(asked, "proof-code") {
		t.Error("who has no codes is asked for one")
	}
	depart := func() string {
		leaving := p.post("/prove/oidc", "proof-next", runPath(run.ID))
		if at := leaving.header.Get("Refresh"); !strings.Contains(at, "prompt=login") || !strings.Contains(at, "max_age=0") {
			t.Errorf("it is not asked anew: %s", at)
		}
		return p.there(leaving)
	}
	there.SignedIn(s.clock.Add(-5*time.Minute), true)
	p.comes(depart()).want(http.StatusBadGateway, "auth_time")
	there.SignedIn(s.clock.Add(-5*time.Minute), false)
	there.Is("paul")
	p.comes(depart()).want(http.StatusForbidden, "quelqu&#39;un d&#39;autre")
	there.Is("marie")
	back, session := depart(), p.cookie
	p.cookie = ""
	p.comes(back).want(http.StatusBadRequest)
	p.cookie = session
	other := s.linkedPerson(there, "paul", "paul", everything...)
	back = depart()
	p.cookie, other.cookie = other.cookie, p.cookie
	p.comes(back).want(http.StatusBadRequest)
	p.cookie, other.cookie = other.cookie, p.cookie
	approve().want(http.StatusOK, "Le prouver")
	there.Is("marie")
	p.comes(depart()).leads(runPath(run.ID) + "?done=proved")
	p.get(runPath(run.ID)+"?done=proved").want(http.StatusOK, "Recommencez ce que")
	approve().want(http.StatusSeeOther)
	if got := s.text(`SELECT account || ' ' || proof FROM syncd.audit WHERE decision = 'approve'`); got != "marie oidc" {
		t.Error(got)
	}
	s.clock = s.clock.Add(accounts.Proven)
	p.post("/contract/accept").want(http.StatusOK, "Le prouver")
}

// Google asks nobody anew and tells no time: who signs in there alone proves what cannot be taken back by codes, which the invitation
// gives.
func TestAnIssuerThatTellsNoTime(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	there.Claims(func(c map[string]any) { c["auth_time"] = nil })
	run := s.november()
	p, code := s.invite("marie", everything...)
	without := p.post("/invitation/oidc", "invitation", code)
	if !strings.Contains(without.header.Get("Refresh"), "max_age=86400") {
		t.Errorf("no time is asked for: %s", without.header.Get("Refresh"))
	}
	p.comes(p.there(without)).want(http.StatusUnprocessableEntity, "Rectorat does not tell when", "The invitation is not used up")
	p.secret = secretOf(t, p.post("/invitation", "invitation", code).want(http.StatusOK, `id="oidc-code"`).body)
	p.post("/invitation/oidc", "invitation", code, "code", "12345").want(http.StatusUnprocessableEntity, "Ce code n&#39;est pas le bon")
	first := p.code()
	p.comes(p.there(p.post("/invitation/oidc", "invitation", code, "code", first))).leads("/")
	if got := s.text(`SELECT (password IS NULL)::text || ' ' || (totp IS NOT NULL)::text || ' ' || subject FROM syncd.account`); got != "true true subject-1" {
		t.Error(got)
	}
	approve := func(typed string) *answer {
		return p.post(runPath(run.ID)+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé", codeField, typed)
	}
	approve("").want(http.StatusOK, codeField, "Le prouver avec Rectorat")
	approve(first).want(http.StatusUnauthorized) // it was the invitation's
	p.comes(p.there(p.post("/prove/oidc", "proof-next", "/"))).want(http.StatusBadGateway, "Rectorat ne dit pas quand", "tapez un code")
	approve("").want(http.StatusOK, codeField)
	second := p.code()
	approve(second).leads(runPath(run.ID) + "?done=approved")
	if got := s.text(`SELECT account || ' ' || proof FROM syncd.audit WHERE decision = 'approve'`); got != "marie totp" {
		t.Error(got)
	}
	if body := p.get("/account").want(http.StatusOK, "Rectorat").body; strings.Contains(body, `name="former"`) {
		t.Error("who has no password may change it")
	}
	p.post("/account/password", "former", "", "password", goodPassword, "again", goodPassword).want(http.StatusUnauthorized)
	p.post("/logout")
	for _, password := range []string{"", goodPassword} { // a code alone lets nobody in
		p.post("/login", "name", "marie", "password", password, "code", p.code()).want(http.StatusUnauthorized)
	}
	p.atIssuer("/").leads("/")
	s.clock = s.clock.Add(accounts.Proven)
	s.must(s.service().Link(t.Context(), "marie", nil, byRoot))
	p.get("/").leads("/login")
	p.post("/login", "name", "marie", "password", "", "code", p.code()).want(http.StatusUnauthorized)
}

// Where the issuer is away the page says so, and whoever has a password signs in.
func TestAnIssuerThatIsAway(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	there.Instead(issuertest.Discovery, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	p := s.signedIn("marie", everything...)
	p.post("/logout")
	p.get("/login").want(http.StatusOK, "Sign in with Rectorat")
	p.post("/login/oidc", "next", "/schedule").want(http.StatusServiceUnavailable, "Rectorat cannot be reached", `name="password"`,
		`value="/schedule"`)
	p.login().leads("/")
	p.post("/logout")
	there.Instead(issuertest.Discovery, nil)
	s.must(s.service().Link(t.Context(), "marie", &accounts.Identity{Issuer: there.URL, Subject: "subject-1"}, byRoot))
	p.atIssuer("/").leads("/")
	p.post("/logout")

	there.Instead(issuertest.Token, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://evil.example.org/", http.StatusFound)
	})
	p.atIssuer("/").want(http.StatusBadGateway, "leads elsewhere")
	if log := s.log.String(); !strings.Contains(log, "leads elsewhere") {
		t.Errorf("the journal does not tell why: %s", log)
	}
	there.Instead(issuertest.Token, nil)
	back, err := url.Parse(p.there(p.post("/login/oidc")))
	s.must(err)
	refused := url.Values{"state": {back.Query().Get("state")}, "error": {"access_denied<script>"},
		"error_description": {`<img src=x onerror="alert(1)">`}}
	body := p.comes("/login/oidc/callback?"+refused.Encode()).want(http.StatusForbidden, "access_denied&lt;script&gt;", "&lt;img src=x").body
	if strings.Contains(body, "<img") || strings.Contains(body, "<script>") {
		t.Error("what an issuer answers is taken for HTML")
	}
	if got := p.get("/login").header.Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self';") {
		t.Errorf("forms may lead elsewhere: %s", got)
	}
	checked := func() (level app.Level, code app.Code) {
		s.office.Check(t.Context(), app.Checking{}, func(f app.Finding) {
			if f.Subject == "web" {
				level, code = f.Level, f.Code
			}
		})
		return level, code
	}
	if level, code := checked(); level != app.OK || code != "issuer-answers" {
		t.Errorf("check finds %s, %s", level, code)
	}
	there.Says("issuer", "https://another.example.org")
	s.office.Issuer().Now = func() time.Time { return time.Now().Add(time.Hour) }
	if level, code := checked(); level != app.Warning || code != "" {
		t.Errorf("check finds of another issuer %s, %s", level, code)
	}
	without := newSite(t, nil)
	nobody := &person{site: without}
	for _, path := range []string{"/login/oidc", "/invitation/oidc"} {
		nobody.post(path).want(http.StatusNotFound)
	}
	nobody.get("/login/oidc/callback?state=x&code=y").want(http.StatusNotFound)
}

// Of one place so many are sent to the issuer at a time, and no more.
func TestFlowsAreBounded(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	p := &person{site: s}
	service := s.service()
	p.post("/login/oidc").want(http.StatusOK)
	for range 99 {
		_, err := service.Begin(t.Context(), accounts.Flow{Purpose: accounts.ForLogin, Next: "/", Address: "localhost"})
		s.must(err)
	}
	p.post("/login/oidc").want(http.StatusTooManyRequests)
	elsewhere := &person{site: s, address: "192.0.2.7"}
	elsewhere.post("/login/oidc").want(http.StatusOK)
	s.clock = s.clock.Add(accounts.FlowLasts + time.Second)
	s.app.Issuer().Now = s.now
	p.post("/login/oidc").want(http.StatusOK)
	if n, asked := s.text(`SELECT count(*)::text FROM syncd.login_flow`), there.Asked(issuertest.Discovery); n != "1" || asked > 2 {
		t.Errorf("%s flows are kept, and the issuer was asked %d times", n, asked)
	}
}

// Whatever changes who somebody is or what they may do ends all their sessions, however these began, and no other one's.
func TestWhatEndsSessions(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	other := s.linkedPerson(there, "other", "other", everything...)
	both := s.signedIn("marie", everything...)
	identity := &accounts.Identity{Issuer: there.URL, Subject: "marie"}
	s.must(s.service().Link(t.Context(), "marie", identity, byRoot))
	there.Is("marie")
	again := func(a accounts.Service, ctx context.Context) error {
		i, err := a.Reset(ctx, "marie", byRoot)
		s.must(err)
		both.accept(i.Code).leads("/")
		return a.Link(ctx, "marie", identity, byRoot)
	}
	for _, c := range []struct {
		name string
		does func(a accounts.Service, ctx context.Context) error
	}{
		{"another password", func(a accounts.Service, ctx context.Context) error {
			changed := "une autre phrase facile"
			both.post("/account/password", "former", both.password, "password", changed, "again", changed).leads("/login?done=password")
			both.password = changed
			return nil
		}},
		{"other roles", func(a accounts.Service, ctx context.Context) error {
			return a.SetRoles(ctx, "marie", accounts.Grants{{Role: accounts.Read}}, nil, byRoot)
		}},
		{"another identity", func(a accounts.Service, ctx context.Context) error { return a.Link(ctx, "marie", identity, byRoot) }},
		{"no identity", func(a accounts.Service, ctx context.Context) error { return a.Link(ctx, "marie", nil, byRoot) }},
		{"a reset", func(a accounts.Service, ctx context.Context) error {
			_, err := a.Reset(ctx, "marie", byRoot)
			return err
		}},
		{"disabled", func(a accounts.Service, ctx context.Context) error { return a.Disable(ctx, "marie", byRoot) }},
	} {
		s.must(again(s.service(), t.Context()))
		byPassword := &person{site: s, name: "marie", password: both.password, secret: both.secret}
		byPassword.login().leads("/")
		byIssuer := &person{site: s}
		byIssuer.atIssuer("/").leads("/")
		both.login().leads("/")
		s.must(c.does(s.service(), t.Context()))
		for _, p := range []*person{both, byPassword, byIssuer} {
			if got := p.get("/account"); got.status != http.StatusSeeOther {
				t.Errorf("%s: a session goes on", c.name)
			}
		}
		other.get("/account").want(http.StatusOK)
	}
	byIssuer := &person{site: s}
	byIssuer.atIssuer("/").want(http.StatusForbidden)
}

// Chromium goes to the issuer and back: no policy of the page keeps it here, and its cookies come along.
func TestTheIssuerAndBackInABrowser(t *testing.T) {
	t.Parallel()
	s, there := withIssuer(t)
	s.inBrowser()
	s.app.Issuer().Now = s.now
	p, code := s.invite("marie", everything...)
	there.Is("marie")
	tab := p.browse(t)
	tab.Visit(s.http.URL + "/invitation")
	tab.Fill("#invitation", code)
	tab.PressAway("\r")
	tab.WantAccessible()
	tab.Click(`form[action="/invitation/oidc"] button`)
	tab.Until(`location.pathname == "/" && document.readyState == "complete"`)
	if text := tab.Text("body"); !contains(text, "marie") {
		t.Errorf("nobody is signed in on %s:\n%s", tab.Location(), text)
	}
}
