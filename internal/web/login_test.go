package web

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"syncd/internal/accounts"
)

func TestInvitationIsUsedUpByItsFormAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p, code := s.invite("marie.dupont", everything...)
	p.get("/").leads("/login")
	p.get("/invitation").want(http.StatusOK)
	p.post("/invitation", "invitation", "AAAA-BBBB").want(http.StatusNotFound)
	p.post("/invitation", "invitation", strings.ToLower(strings.ReplaceAll(code, "-", " "))).want(http.StatusOK, "<svg")
	p.post("/login", "name", p.name, "password", "", "code", "").want(http.StatusUnauthorized)
	p.secret = secretOf(t, p.post("/invitation", "invitation", code).body)
	long := strings.Repeat("phrase ", 100)
	for _, wrong := range [][]string{{"court", "court", "trop court"}, {goodPassword, goodPassword + "!", "pas les mêmes"},
		{"marie.dupont2026", "marie.dupont2026", "se devine"}, {"aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "se devine"}, {long, long, "trop long"}} {
		p.post("/invitation/accept", "invitation", code, "password", wrong[0], "again", wrong[1], "code", p.code()).
			want(http.StatusUnprocessableEntity, `role="alert"`, wrong[2])
	}
	p.post("/invitation/accept", "invitation", code, "password", p.password, "again", p.password, "code", "000000").
		want(http.StatusUnprocessableEntity)
	p.accept(code).leads("/")
	p.get("/").want(http.StatusOK, "marie.dupont")
	other := &person{site: s, name: p.name, password: goodPassword, secret: p.secret}
	other.post("/invitation/accept", "invitation", code, "password", p.password, "again", p.password, "code", p.code()).
		want(http.StatusNotFound)

	late, code := s.invite("paul", everything...)
	s.clock = s.clock.Add(accounts.Invited + time.Second)
	late.post("/invitation", "invitation", code).want(http.StatusNotFound)
}

func TestACodeCountsOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p := s.signedIn("marie", everything...)
	p.post("/logout").leads("/login?done=left")
	p.get("/").leads("/login")
	code := p.code()
	p.post("/login", "name", p.name, "password", p.password, "code", code).leads("/")
	first := p.cookie
	p.cookie = ""
	p.post("/login", "name", p.name, "password", p.password, "code", code).want(http.StatusUnauthorized)
	p.cookie = first
	p.get("/").want(http.StatusOK)
	p.post("/login", "name", " Marie ", "password", p.password, "code", p.code(), "next", "/schedule").leads("/schedule")
	if p.cookie == first {
		t.Error("a session is taken over from before the login")
	}
}

// Case 10: who guesses slows down one account, and not another one; the person who signs in from where they always do is not kept out.
func TestGuessingSlowsDownOneAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	marie, paul := s.signedIn("marie", everything...), s.signedIn("paul", everything...)
	marie.post("/logout")
	guesser := &person{site: s, name: "marie", password: "guess", address: "192.0.2.7", secret: make([]byte, 20)}
	nobody := &person{site: s, name: "nobody", password: "guess", address: "192.0.2.7", secret: make([]byte, 20)}
	statuses := map[string][]int{}
	for range 20 {
		for _, g := range []*person{guesser, nobody} {
			statuses[g.name] = append(statuses[g.name], g.post("/login", "name", g.name, "password", g.password, "code", "123456").status)
		}
	}
	for name, got := range statuses {
		for i, status := range got {
			if want := map[bool]int{true: http.StatusUnauthorized, false: http.StatusTooManyRequests}[i < 5]; status != want {
				t.Errorf("%s: attempt %d got %d, want %d", name, i+1, status, want)
			}
		}
	}
	guesser.password = goodPassword
	guesser.secret = marie.secret
	if got := guesser.post("/login", "name", "marie", "password", goodPassword, "code",
		accounts.Code(marie.secret, s.clock)); got.status != http.StatusTooManyRequests {
		t.Errorf("the right password from there got %d", got.status)
	}
	marie.login().leads("/")
	paul.post("/logout")
	paul.login().leads("/")
	s.clock = s.clock.Add(accounts.Remembered)
	guesser.password = "guess"
	guesser.login().want(http.StatusUnauthorized)
	if strings.Contains(s.log.String(), "guess") || strings.Contains(s.log.String(), "192.0.2.7") {
		t.Error("the log tells what was typed, or by whom")
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p := s.signedIn("marie", everything...)
	elsewhere := &person{site: s, name: p.name, password: p.password, secret: p.secret}
	elsewhere.login().leads("/")
	for range 20 { // in use it lasts, but for ten hours in all
		s.clock = s.clock.Add(29 * time.Minute)
		p.get("/").want(http.StatusOK)
	}
	elsewhere.get("/").leads("/login")
	s.clock = s.clock.Add(29 * time.Minute)
	p.get("/").leads("/login")
	p.login().leads("/")
	s.clock = s.clock.Add(accounts.Idle + time.Second)
	p.get("/schedule").leads("/login?next=%2Fschedule")

	p.login()
	elsewhere.login()
	p.post("/account/password", "former", "wrong", "password", "another good phrase", "again", "another good phrase").
		want(http.StatusUnauthorized)
	p.post("/account/password", "former", p.password, "password", "another good phrase", "again", "another good phrase").
		leads("/login?done=password")
	elsewhere.get("/").leads("/login")
	p.login().want(http.StatusUnauthorized)
	p.password, elsewhere.password = "another good phrase", "another good phrase"
	p.login().leads("/")
	elsewhere.login().leads("/")
	s.must(s.service().Disable(t.Context(), "marie", byRoot))
	p.get("/").leads("/login")
	p.login().want(http.StatusUnauthorized)
	i, err := s.service().Reset(t.Context(), "marie", byRoot)
	s.must(err)
	p.login().want(http.StatusUnauthorized)
	p.accept(i.Code).leads("/")
	elsewhere.get("/").leads("/login")
}

func TestOneEndsASessionElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p, paul := s.signedIn("marie", everything...), s.signedIn("paul", everything...)
	lost := &person{site: s, name: p.name, password: p.password, secret: p.secret}
	lost.login()
	shown := p.get("/account").want(http.StatusOK, "Mon compte").body
	ids := strings.Count(shown, "/account/sessions/")
	if ids != 2 {
		t.Fatalf("%d sessions are listed", ids)
	}
	id := shown[strings.Index(shown, "/account/sessions/")+len("/account/sessions/"):]
	id, _, _ = strings.Cut(id, "/")
	paul.post("/account/sessions/" + id + "/end")
	lost.get("/").want(http.StatusOK)
	p.post("/account/sessions/" + id + "/end").leads("/account?done=ended")
	lost.get("/").leads("/login")
	p.get("/account?done=ended").want(http.StatusOK, "La session est terminée")
}

// Case 6, as far as requests go: nothing of what is refused changes the ledger.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p := s.signedIn("marie", everything...)
	pause := url.Values{"reason": {"because"}}
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"form of another site": {func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example.org")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, http.StatusForbidden},
		"of an old browser": {func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example.org")
			r.Header.Del("Sec-Fetch-Site")
		}, http.StatusForbidden},
		"of a sandboxed page": {func(r *http.Request) { r.Header.Set("Origin", "null"); r.Header.Set("Sec-Fetch-Site", "cross-site") },
			http.StatusForbidden},
		"another name":          {func(r *http.Request) { r.Host = "evil.example.org" }, http.StatusMisdirectedRequest},
		"the machine's address": {func(r *http.Request) { r.Host = "127.0.0.1" }, http.StatusMisdirectedRequest},
		"another port":          {func(r *http.Request) { r.Host = "page.example.org:444" }, http.StatusMisdirectedRequest},
		"no session":            {func(r *http.Request) { r.Header.Del("Cookie") }, http.StatusSeeOther},
		"a made-up session": {func(r *http.Request) { r.Header.Set("Cookie", sessionCookie+"="+strings.Repeat("A", 43)) },
			http.StatusSeeOther},
	} {
		if got := p.ask(http.MethodPost, "/schedule/paie/pause", pause, c.change); got.status != c.status {
			t.Errorf("%s: %d, want %d", name, got.status, c.status)
		}
	}
	p.ask(http.MethodPost, "/schedule/paie/pause", url.Values{"reason": {strings.Repeat("x", mostBody)}}, nil).
		want(http.StatusRequestEntityTooLarge)
	for _, c := range []struct {
		path   string
		status int
	}{{"/nothing", 404}, {"/static/../server.go", 404}, {"/schedule/paie/pause", 404}, {"/static/style.css", 200}} {
		if got := p.get(c.path); got.status != c.status && got.status != http.StatusMethodNotAllowed &&
			got.status != http.StatusTemporaryRedirect {
			t.Errorf("GET %s: %d", c.path, got.status)
		}
	}
	if n := s.text(`SELECT count(*)::text FROM syncd.audit WHERE decision = 'pause'`); n != "0" {
		t.Errorf("%s pauses", n)
	}
	for _, header := range []string{"Content-Security-Policy", "Cache-Control", "X-Content-Type-Options", "Referrer-Policy"} {
		if p.get("/").header.Get(header) == "" {
			t.Errorf("no %s", header)
		}
	}
}

// A link to the login leads nobody to another site, however often what it leads to is escaped.
func TestALoginLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p := s.signedIn("marie", everything...)
	next := regexp.MustCompile(`name="next" value="([^"]*)"`)
	for _, path := range []string{"//evil.example.org", "/%2Fevil.example.org", "/%252Fevil.example.org", "/%25252Fevil.example.org",
		"/%5Cevil.example.org", "/%255Cevil.example.org"} {
		p.post("/logout")
		shown := next.FindStringSubmatch(p.get("/login?next=" + url.QueryEscape(path)).want(http.StatusOK).body)
		to := p.post("/login", "name", p.name, "password", p.password, "code", p.code(), "next", html.UnescapeString(shown[1])).
			want(http.StatusSeeOther).header.Get("Location")
		if strings.HasPrefix(to, "//") || strings.Contains(to, "\\") || !strings.HasPrefix(to, "/") {
			t.Errorf("%s leads to %s", path, to)
		}
	}
}

// What no text can be, in an address or a form, is refused as what is not there, and is no failure of the page.
func TestWhatIsNoText(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	for _, odd := range []string{"%00", "%ff%fe", "99999999999999999999"} {
		plain, err := url.PathUnescape(odd)
		s.must(err)
		for _, path := range []string{"/runs?dossier=" + odd, "/runs?period=" + odd, "/fleet?q=" + odd + "&state=" +
			odd,
			"/journal?dossier=" + odd,
			"/journal?decision=readings&dossier=" + odd, "/journal.csv?dossier=" + odd, "/reception?dossier=" + odd,
			"/reception/saint-martin/" + odd + "/x/y", "/reception/saint-martin/isidoor/x/" + odd, "/months/" + odd, "/months/saint-martin/" + odd,
			"/runs/" + odd, runPath(run.ID) + "/employees/" + odd, "/nomenclatures/saint-martin/" + odd, "/plans/paie/saint-martin/" + odd,
			"/plans/" + odd + "/saint-martin/2026-11", "/login?next=" + odd, "/health?done=" + odd} {
			if got := p.get(path); got.status >= http.StatusInternalServerError {
				t.Errorf("GET %.80s: %d", path, got.status)
			}
		}
		for path, form := range map[string]url.Values{
			"/employees":                            {"dossier": {plain}, "employee": {plain}},
			"/schedule/paie/pause":                  {"reason": {plain + "\x00"}},
			"/schedule/" + odd + "/pause":           {"reason": {"x"}},
			runPath(run.ID) + "/approve":            {"seen": {plain}, "reason": {plain}},
			runPath(run.ID) + "/settle":             {"employee": {plain}, "as": {plain}, "reason": {"x"}},
			"/causes/" + odd + "/note":              {"reason": {"x"}},
			"/contract/accept":                      {"seen": {plain}, "reason": {"x"}},
			"/months/saint-martin/2026-11/close":    {"missing": {plain}, "reason": {"x"}},
			"/health/test":                          {"recipient": {plain}},
			"/invitation":                           {"invitation": {plain}},
			"/account/sessions/" + odd + "/end":     {},
			runPath(run.ID) + "/employees/1/reveal": {"field": {plain}},
		} {
			if got := p.ask(http.MethodPost, path, form, nil); got.status >= http.StatusInternalServerError {
				t.Errorf("POST %.80s %.80q: %d", path, form, got.status)
			}
		}
		nobody := &person{site: s}
		if got := nobody.post("/login", "name", plain, "password", plain, "code", plain); got.status >= http.StatusInternalServerError {
			t.Errorf("login as %.40q: %d", plain, got.status)
		}
	}
}

func TestWhereALoginLeads(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{"/schedule": "/schedule", "": "/", "//evil.example.org": "/", "https://evil.example.org/": "/",
		"/\\evil.example.org": "/", "javascript:alert(1)": "/", "/runs/7?x=1": "/runs/7",
		"/%2Fevil.example.org/": "/", "/%5Cevil.example.org/": "/", "/%09/evil.example.org": "/", "/a%0d%0aSet-Cookie:x": "/",
		"/./%2Fevil.example.org": "/./%2Fevil.example.org", "/%C3%A9%3Fx": "/%C3%A9%3Fx",
		"/reception/a/b/c/%2F%2Fx": "/reception/a/b/c/%2F%2Fx"} {
		if got := safeNext(next); got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}
