package web

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

// request is what a handler is given.
type request struct {
	*http.Request
	server   *Server
	App      *app.App
	Words    *view.Teller // in their language
	language string
	Session  *accounts.Session // nil = nobody is signed in
	address  string            // of the browser, as far as it is known
	route    *route
	cookies  []*http.Cookie // to be set with the answer
	names    *app.Names     // of employees that the page shows; nil = none are shown
	run      *jobs.Run      // that the path names; nil = it was not read yet

	people func() ([]accounts.Account, error) // of which the page names those who may; read once
}

// may reports whether the person has a role for a dossier.
func (r *request) may(role accounts.Role, dossier string) bool {
	return r.Session != nil && r.Session.Grants.May(role, dossier)
}

// mayAll reports whether the person has a role for all of some dossiers.
func (r *request) mayAll(role accounts.Role, dossiers []string) bool {
	for _, d := range dossiers {
		if !r.may(role, d) {
			return false
		}
	}
	return r.Session != nil
}

// person is who decides here, or is shown something of a person.
func (r *request) person() ledger.Person {
	s := r.Session
	return ledger.Person{Name: s.Account, Account: s.Account, System: s.System, Channel: ledger.ByPage, Proof: s.Proof}
}

// decision is what the person decides, for a reason that they typed.
func (r *request) decision() app.Decision {
	return app.Decision{By: r.Session.Account, Reason: r.form("reason")}
}

// form is what a form has under a name.
func (r *request) form(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// Typed is what the person wrote into a form that was refused: the page that says why has it still.
func (r *request) Typed(name string) string {
	if !changes(r.Request) {
		return ""
	}
	return r.form(name)
}

// Why there is no page. Each has words in web.trouble.
var (
	errNotFound = errors.New("there is no such page, or not for this person")
	errForeign  = errors.New("a form of another site")
	errHost     = errors.New("another name than the page's")
	errTooLarge = errors.New("a request is too large")
)

// forbiddenError says that the person has not the role.
type forbiddenError struct {
	role     accounts.Role
	dossiers []string  // for all of which it takes the role; none = for any
	run      *jobs.Run // that waits for another person than those who started it; nil = none
}

func (*forbiddenError) Error() string { return "the person has not the role" }

// serve answers by a route.
func (s *Server) serve(of route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &request{Request: r, server: s, App: s.app, language: s.app.Config.Language(s.getenv), address: s.address(r), route: &of}
		req.Words = s.teller(req.language)
		p, err := req.answer()
		s.write(w, req, p, err)
	})
}

// answer lets the handler answer, once it is known who asks and that they may.
func (r *request) answer() (page, error) {
	if err := r.parse(); err != nil {
		return page{}, err
	}
	if err := r.identify(); err != nil && !r.route.open {
		return page{}, err
	}
	if r.route.open {
		return r.route.handle(r)
	}
	if r.Session == nil {
		return r.toLogin(), nil
	}
	if err := r.allow(); err != nil {
		return page{}, err
	}
	if r.route.stepUp {
		if p, asked, err := r.prove(); asked || err != nil {
			return p, err
		}
	}
	r.App = r.App.As(r.person())
	r.callByName()
	return r.route.handle(r)
}

// callByName lets the page call employees by their names, of dossiers that the person may read. What a script asks for again and again
// has none.
func (r *request) callByName() {
	if r.route.quiet {
		return
	}
	if r.names = r.App.Names(func(dossier string) bool { return r.may(accounts.Read, dossier) }); r.names != nil {
		r.Words = r.Words.Named(r.names.Naming(r.Context()))
	}
}

// parse reads the request. An address of what no text can be, which the ledger takes for an error, is of nothing.
func (r *request) parse() error {
	for _, values := range r.URL.Query() {
		for _, value := range values {
			if !isText(value) {
				return errNotFound
			}
		}
	}
	if !isText(r.URL.Path) {
		return errNotFound
	}
	if !changes(r.Request) {
		return nil
	}
	if err := r.ParseForm(); err != nil {
		return errTooLarge
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// sessionCookie is bound to the page's own name, and goes by TLS alone; browsers take 127.0.0.1 for safe as well.
const sessionCookie = "__Host-syncd"

// identify looks whose session it is.
func (r *request) identify() error {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil //nolint:nilerr // nobody is signed in
	}
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return err
	}
	session, ok, err := service.Session(r.Context(), cookie.Value, !r.route.quiet)
	if err != nil || !ok {
		return err
	}
	r.Session = &session
	r.speak(session.Language)
	return nil
}

// speak lets the answer be in a language; "" = in the one that it is in.
func (r *request) speak(language string) {
	if language != "" && language != r.language {
		r.language, r.Words = language, r.server.teller(language)
	}
}

// toLogin asks who it is, and leads back to what was asked for.
func (r *request) toLogin() page {
	if r.route.quiet {
		return page{status: http.StatusUnauthorized}
	}
	if changes(r.Request) && r.URL.Path != "/logout" {
		return page{redirect: "/login?done=unsent&next=" + url.QueryEscape(formPage(r.URL.Path))}
	}
	if changes(r.Request) || r.URL.Path == "/" {
		return redirect("/login", "")
	}
	return page{redirect: "/login?next=" + url.QueryEscape(r.URL.EscapedPath())}
}

// formPage is the page that the form of a path stands on, so far as its name tells.
func formPage(form string) string {
	for _, of := range []string{"/runs/", "/months/", "/plans/", "/contract/"} {
		if strings.HasPrefix(form, of) {
			return path.Dir(form)
		}
	}
	return "/"
}

// allow refuses who has not the role: what belongs to another's dossier is not there at all.
func (r *request) allow() error {
	if r.route.of == nil {
		if !r.Session.Grants.Anywhere(r.route.role) {
			return &forbiddenError{role: r.route.role}
		}
		return nil
	}
	dossier, err := r.route.of(r)
	switch {
	case err != nil:
		return err
	case !r.may(accounts.Read, dossier):
		return errNotFound
	case !r.may(r.route.role, dossier):
		return &forbiddenError{role: r.route.role, dossiers: []string{dossier}}
	}
	return nil
}

// address is the place of the browser: its address, or the network of one of IPv6, of which everybody has a whole one. A proxy adds it
// behind what a browser may have made up; what others say of it is not believed.
func (s *Server) address(r *http.Request) string {
	const here = "localhost"
	_, socket := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	from := peer.Addr().Unmap()
	forwarded := r.Header.Values("X-Forwarded-For")
	proxied := socket || err == nil && slices.ContainsFunc(s.app.Config.Web.Proxies, func(p netip.Prefix) bool { return p.Contains(from) })
	switch {
	case proxied && len(forwarded) > 0:
		hops := strings.Split(forwarded[len(forwarded)-1], ",")
		if last, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			from = last.Unmap()
		}
	case len(forwarded) > 0:
		s.unbelieved.Do(func() {
			s.log.Warn().Msg("X-Forwarded-For is not believed: if it is of your proxy, name its address by 'proxy' in [web]")
		})
	}
	switch {
	case !from.IsValid(), from.IsLoopback():
		return here
	case from.Is6():
		network, _ := from.WithZone("").Prefix(64)
		return network.String()
	}
	return from.String()
}

// setSession gives the browser what its session is known by; "" takes it back.
func (r *request) setSession(token string) { r.setCookie(sessionCookie, token, accounts.Lasts) }

// setCookie gives the browser something of ours, bound to the page's own name; "" takes it back.
func (r *request) setCookie(name, value string, lasts time.Duration) {
	cookie := &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(lasts / time.Second)}
	if value == "" {
		cookie.MaxAge = -1
	}
	r.cookies = append(r.cookies, cookie)
}
