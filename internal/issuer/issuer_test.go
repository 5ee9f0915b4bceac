package issuer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/issuer/issuertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const back = "https://page.example.org/login/oidc/callback"

// world is a client, its issuer, and a clock of both.
type world struct {
	*testing.T
	*Client
	there  *issuertest.Issuer
	now    time.Time
	behind time.Duration // by which the issuer's clock is
	secret []byte
}

func newWorld(t *testing.T, encrypted bool) *world {
	t.Helper()
	w := &world{T: t, now: time.Now(), secret: []byte("of one sign-in, which only that browser has")}
	w.there = issuertest.New(t, encrypted, func() time.Time { return w.now.Add(-w.behind) })
	w.Client = New(Settings{Issuer: w.there.URL, ClientID: issuertest.ClientID, CAFile: w.there.CAFile, Redirect: back,
		Secret: func() (string, error) { return issuertest.Secret, nil }, Now: func() time.Time { return w.now }})
	return w
}

// visit is what a browser gets that goes to the issuer: the address that it is sent back to.
func (w *world) visit(address string) Answer {
	w.Helper()
	client, err := w.newHTTP()
	if err != nil {
		w.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, address, nil)
	if err != nil {
		w.Fatal(err)
	}
	got, err := client.Transport.(*bounded).next.RoundTrip(r)
	if err != nil {
		w.Fatal(err)
	}
	defer got.Body.Close()
	at, err := got.Location()
	if err != nil || !strings.HasPrefix(at.String(), back+"?") {
		w.Fatalf("%s leads to %v", got.Status, at)
	}
	return ParseAnswer(at.Query())
}

// signIn is the whole way, to the issuer and back.
func (w *world) signIn(a Ask) (Identity, error) {
	w.Helper()
	begun := w.now
	a.Secret = w.secret
	address, err := w.Address(w.Context(), a)
	if err != nil {
		return Identity{}, err
	}
	answer := w.visit(address)
	if !FitsState(w.secret, answer.State) {
		w.Errorf("the state is another one: %q", answer.State)
	}
	return w.Identify(w.Context(), a, begun, answer)
}

func (w *world) wantIn(a Ask) {
	w.Helper()
	got, err := w.signIn(a)
	if err != nil || got.Issuer != w.there.URL || got.Subject != "subject-1" {
		w.Errorf("%+v, %v", got, err)
	}
}

func (w *world) want(err error, code string) {
	w.Helper()
	trouble, ok := errors.AsType[*Error](err)
	if !ok {
		w.Errorf("%v, want %s", err, code)
		return
	}
	got := trouble.Code
	if claim := trouble.Args["claim"]; claim != nil {
		got += " " + fmt.Sprint(claim)
	}
	if got != code || trouble.Away != (code == "issuer.away") {
		w.Errorf("%s (away: %v), want %s", got, trouble.Away, code)
	}
}

func TestSomebodySignsIn(t *testing.T) {
	t.Parallel()
	for name, encrypted := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, encrypted)
			w.wantIn(Ask{})
			w.there.Says("token_endpoint_auth_methods_supported", []string{"client_secret_post"})
			w.now = w.now.Add(freshFor)
			w.wantIn(Ask{})
			w.there.Says("token_endpoint_auth_methods_supported", nil)
			w.now = w.now.Add(freshFor)
			w.wantIn(Ask{})
		})
	}
}

func TestWhatAnIssuerIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	for name, c := range map[string]struct {
		ask    Ask
		change func(*Settings)
		want   map[string]string
	}{
		"plain":  {Ask{}, func(*Settings) {}, map[string]string{"prompt": "", "max_age": "", "acr_values": "", "code_challenge_method": "S256"}},
		"choose": {Ask{Choose: true}, func(*Settings) {}, map[string]string{"prompt": "select_account", "max_age": "86400"}},
		"anew": {Ask{Anew: true}, func(s *Settings) { s.MaxAge = time.Hour },
			map[string]string{"prompt": "login", "max_age": "0"}},
		"demands": {Ask{}, func(s *Settings) { s.MaxAge = time.Hour; s.ACR = []string{"gold", "silver"} },
			map[string]string{"prompt": "", "max_age": "3600", "acr_values": "gold silver"}},
	} {
		s := w.Settings
		c.change(&s)
		c.ask.Secret = w.secret
		address, err := New(s).Address(t.Context(), c.ask)
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(address)
		q := u.Query()
		for key, want := range c.want {
			if q.Get(key) != want {
				t.Errorf("%s: %s is %q, want %q", name, key, q.Get(key), want)
			}
		}
		for _, secret := range []string{string(w.secret), derive(w.secret, forPKCE), issuertest.Secret} {
			if strings.Contains(address, secret) || strings.Contains(address, url.QueryEscape(secret)) {
				t.Errorf("%s: the address tells a secret", name)
			}
		}
	}
	if FitsState(w.secret, "") || FitsState(w.secret, derive(w.secret, forNonce)) || FitsState([]byte("another"), derive(w.secret, forState)) {
		t.Error("another state fits")
	}
}

// An ID token counts when all of it does.
func TestATokenThatDoesNotCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	set := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	in := func(d time.Duration) int64 { return w.now.Add(d).Unix() }
	for name, c := range map[string]struct {
		change func(map[string]any)
		ask    Ask
		want   string // the claim; "" = it counts
	}{
		"another issuer":              {set("iss", "https://evil.example.org"), Ask{}, "iss"},
		"a slash more":                {set("iss", w.there.URL+"/"), Ask{}, "iss"},
		"another client":              {set("aud", "another"), Ask{}, "aud"},
		"several clients":             {set("aud", []string{"syncd", "another"}), Ask{}, "azp"},
		"several, of us":              {func(c map[string]any) { c["aud"] = []string{"another", "syncd"}; c["azp"] = "syncd" }, Ask{}, ""},
		"several, of another":         {func(c map[string]any) { c["aud"] = []string{"another", "syncd"}; c["azp"] = "another" }, Ask{}, "azp"},
		"for another party":           {set("azp", "another"), Ask{}, "azp"},
		"expired":                     {set("exp", in(-2*time.Minute)), Ask{}, "exp"},
		"expired by a slow clock":     {set("exp", in(-30*time.Second)), Ask{}, ""},
		"of another sign-in":          {set("nonce", "another"), Ask{}, "nonce"},
		"of none":                     {set("nonce", nil), Ask{}, "nonce"},
		"made before":                 {set("iat", in(-2*time.Minute)), Ask{}, "iat"},
		"made later":                  {set("iat", in(2*time.Minute)), Ask{}, "iat"},
		"made never":                  {set("iat", nil), Ask{}, "iat"},
		"of nobody":                   {set("sub", nil), Ask{}, "sub"},
		"of a strange name":           {set("sub", "marie\nadmin"), Ask{}, "sub"},
		"of a long name":              {set("sub", strings.Repeat("x", 256)), Ask{}, "sub"},
		"signed in long ago":          {set("auth_time", in(-time.Hour)), Ask{}, ""},
		"signed in long ago, anew":    {set("auth_time", in(-5*time.Minute)), Ask{Anew: true}, "auth_time"},
		"untold when, anew":           {set("auth_time", nil), Ask{Anew: true}, "auth_time"},
		"signed in later":             {set("auth_time", in(time.Hour)), Ask{}, "auth_time"},
		"anew, as it was asked for":   {func(map[string]any) {}, Ask{Anew: true}, ""},
		"not yet":                     {set("nbf", in(time.Hour)), Ask{}, "aud"},
		"an audience of another kind": {set("aud", 7), Ask{}, "aud"},
	} {
		w.there.Claims(c.change)
		got, err := w.signIn(c.ask)
		switch {
		case c.want != "":
			w.want(err, "issuer.untrue "+c.want)
		case err != nil || got.Subject != "subject-1":
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Of what a configuration demands an issuer must say that it was so.
func TestDemands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.ACR = []string{"gold", "silver"}
	_, err := w.signIn(Ask{})
	w.want(err, "issuer.untrue acr")
	w.there.Claims(func(c map[string]any) { c["acr"] = "silver" })
	w.wantIn(Ask{})
	w.MaxAge = 10 * time.Minute
	w.there.SignedIn(w.now.Add(-9*time.Minute), true)
	w.wantIn(Ask{})
	w.there.SignedIn(w.now.Add(-12*time.Minute), true)
	_, err = w.signIn(Ask{})
	w.want(err, "issuer.untrue auth_time")
	w.there.Claims(func(c map[string]any) { c["acr"] = "gold"; c["auth_time"] = nil })
	_, err = w.signIn(Ask{})
	w.want(err, "issuer.untrue auth_time")
}

// A clock that is off by less than a minute keeps nobody out.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	for by, want := range map[time.Duration]string{50 * time.Second: "", -50 * time.Second: "", 5 * time.Minute: "issuer.untrue iat",
		-5 * time.Minute: "issuer.untrue iat"} {
		w.behind = by
		if _, err := w.signIn(Ask{Anew: true}); want == "" && err != nil {
			t.Errorf("%v: %v", by, err)
		} else if want != "" {
			w.want(err, want)
		}
	}
}

// Keys change without notice; one that was withdrawn counts for a quarter of an hour at most.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.wantIn(Ask{})
	w.wantIn(Ask{})
	if n := w.there.Asked(issuertest.Keys); n != 1 {
		t.Errorf("keys were asked for %d times", n)
	}
	w.there.Rotate()
	w.wantIn(Ask{})
	if n, d := w.there.Asked(issuertest.Keys), w.there.Asked(issuertest.Discovery); n != 2 || d != 1 {
		t.Errorf("keys were asked for %d times, and the rest %d times", n, d)
	}
	w.now = w.now.Add(freshFor)
	w.wantIn(Ask{})
	if n, d := w.there.Asked(issuertest.Keys), w.there.Asked(issuertest.Discovery); n != 3 || d != 2 {
		t.Errorf("later keys were asked for %d times, and the rest %d times", n, d)
	}
	w.there.Instead(issuertest.Keys, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{"keys": []}`)) })
	w.there.Rotate()
	_, err := w.signIn(Ask{})
	w.want(err, "issuer.untrue signature")
}

// A code counts once, for the browser that asked, and with our secret.
func TestCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	ask := Ask{Secret: w.secret}
	address, err := w.Address(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	answer := w.visit(address)
	if _, err := w.Identify(t.Context(), ask, w.now, answer); err != nil {
		t.Fatal(err)
	}
	_, err = w.Identify(t.Context(), ask, w.now, answer)
	w.want(err, "issuer.refuses-us")
	answer = w.visit(address)
	_, err = w.Identify(t.Context(), Ask{Secret: []byte("another browser")}, w.now, answer)
	w.want(err, "issuer.refuses-us")
	w.Secret = func() (string, error) { return "another", nil }
	_, err = w.Identify(t.Context(), ask, w.now, w.visit(address))
	w.want(err, "issuer.refuses-us")
	if text := err.Error(); !strings.Contains(text, "invalid_client") || strings.Contains(text, "another") {
		t.Error(text)
	}
	w.Secret = func() (string, error) { return "", context.Canceled }
	if _, err = w.Address(t.Context(), ask); !errors.Is(err, context.Canceled) {
		t.Errorf("without a secret somebody is sent there: %v", err)
	}
}

// An answer by way of the browser names its issuer, where the issuer says so (RFC 9207).
func TestWhoAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	ask := Ask{Secret: w.secret}
	of := func(issuer string) error {
		address, err := w.Address(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		answer := w.visit(address)
		answer.Issuer = issuer
		_, err = w.Identify(t.Context(), ask, w.now, answer)
		return err
	}
	if err := of(w.there.URL); err != nil {
		t.Error(err)
	}
	w.want(of("https://evil.example.org"), "issuer.untrue iss")
	w.there.Says("authorization_response_iss_parameter_supported", true)
	w.now = w.now.Add(freshFor)
	w.want(of(""), "issuer.untrue iss")
	hostile := ParseAnswer(url.Values{"error": {"<img src=x>\x00"}, "error_description": {strings.Repeat("é", 500)}})
	if hostile.Refused != "<img src=x> " || len(hostile.Reason) > 210 {
		t.Errorf("%+v", hostile)
	}
}

// What a hostile or broken issuer answers is told as what it is, and takes neither long nor much.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	elsewhere := newWorld(t, false).there
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		}
	}
	to := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<b>no</b>", code) }
	}
	for name, c := range map[string]struct {
		path   string
		answer http.HandlerFunc
		want   string
	}{
		"discovery: elsewhere": {issuertest.Discovery, to(elsewhere.URL + issuertest.Discovery), "issuer.redirects"},
		"discovery: huge":      {issuertest.Discovery, text(`{"issuer": "` + strings.Repeat("x", mostAnswer) + `"}`), "issuer.too-large"},
		"discovery: another":   {issuertest.Discovery, text(`{"issuer": "https://login.example.org/tenant"}`), "issuer.another"},
		"discovery: HTML":      {issuertest.Discovery, text("<html>"), "issuer.unclear"},
		"discovery: none":      {issuertest.Discovery, status(http.StatusNotFound), "issuer.unclear"},
		"discovery: broken":    {issuertest.Discovery, status(http.StatusBadGateway), "issuer.away"},
		"discovery: too many":  {issuertest.Discovery, status(http.StatusTooManyRequests), "issuer.away"},
		"discovery: breaks off": {issuertest.Discovery, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"issuer.away"},
		"token: elsewhere":           {issuertest.Token, to(elsewhere.URL + issuertest.Token), "issuer.redirects"},
		"token: huge":                {issuertest.Token, text(`{"access_token": "` + strings.Repeat("x", mostAnswer) + `"}`), "issuer.too-large"},
		"token: HTML":                {issuertest.Token, text("<html>"), "issuer.unclear"},
		"token: without an ID token": {issuertest.Token, text(`{"access_token": "x", "token_type": "Bearer"}`), "issuer.untrue id_token"},
		"token: of none": {issuertest.Token, text(`{"access_token": "x", "id_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzdWJqZWN0LTEifQ."}`),
			"issuer.untrue id_token"},
		"token: strange code": {issuertest.Token, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error": "<script>"}`))
		}, "issuer.refuses-us"},
		"token: broken":   {issuertest.Token, status(http.StatusInternalServerError), "issuer.away"},
		"keys: elsewhere": {issuertest.Keys, to(elsewhere.URL + issuertest.Keys), "issuer.redirects"},
		"keys: huge":      {issuertest.Keys, text(strings.Repeat(" ", mostAnswer+1)), "issuer.too-large"},
		"keys: broken":    {issuertest.Keys, status(http.StatusServiceUnavailable), "issuer.away"},
		"keys: HTML":      {issuertest.Keys, text("<html>"), "issuer.untrue signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			w.there.Instead(c.path, c.answer)
			_, err := w.signIn(Ask{})
			w.want(err, c.want)
			if err != nil && (strings.Contains(err.Error(), "<") || strings.Contains(err.Error(), "xxx")) {
				t.Errorf("it is quoted: %v", err)
			}
			w.there.Instead(c.path, nil)
			w.wantIn(Ask{}) // it heals by itself
		})
	}
	if n := elsewhere.Asked(issuertest.Discovery) + elsewhere.Asked(issuertest.Token) + elsewhere.Asked(issuertest.Keys); n != 0 {
		t.Errorf("another host was asked %d times", n)
	}
}

// Nobody reads along: an issuer of another machine is asked by TLS, and so is whatever it names.
func TestPlainHTTPIsForThisMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.there.Says("token_endpoint", strings.Replace(w.there.URL, "https:", "http:", 1)+issuertest.Token)
	_, err := w.signIn(Ask{})
	w.want(err, "issuer.in-clear")
	plain := newWorld(t, false)
	plain.there.Says("jwks_uri", "http://192.0.2.1/keys")
	_, err = plain.signIn(Ask{})
	w.want(err, "issuer.in-clear")
	plain.there.Says("jwks_uri", "keys")
	_, err = plain.signIn(Ask{})
	w.want(err, "issuer.unclear")
	plain.Issuer = "http://192.0.2.1"
	_, err = plain.signIn(Ask{})
	w.want(err, "issuer.in-clear")

	w.there.Says("token_endpoint", w.there.URL+issuertest.Token)
	w.wantIn(Ask{})
	untrusted := newWorld(t, true)
	untrusted.CAFile = ""
	w.want(untrusted.Check(t.Context()), "issuer.certificate")
	untrusted.CAFile = "/nowhere.pem"
	w.want(untrusted.Check(t.Context()), "issuer.no-roots")
}

// One that accepts and says nothing is given up; whoever waits may give up before.
func TestASilentIssuer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	asked, end := make(chan struct{}), make(chan struct{})
	w.there.Instead(issuertest.Discovery, func(http.ResponseWriter, *http.Request) { close(asked); <-end })
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { failed <- w.Check(ctx) }()
	<-asked
	cancel()
	w.want(<-failed, "issuer.away")
	close(end)
	client, err := w.newHTTP()
	if err != nil || client.Timeout != callTimeout || callTimeout > 3*time.Second {
		t.Errorf("a call takes %v, %v", client.Timeout, err)
	}
	nobody := newWorld(t, false)
	nobody.Issuer = "http://127.0.0.1:1"
	w.want(nobody.Check(t.Context()), "issuer.away")
}
