package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rsc.io/qr"

	"syncd/internal/accounts"
	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// loginData is what the login page shows.
type loginData struct {
	Name, Next string
	Wrong      string   // why it was refused; "" = it was not
	Lines      []string // what an administrator is told of it
	Done       string
	Provider   string // at which one can sign in as well; "" = none
}

func showLogin(r *request) (page, error) {
	if r.Session != nil {
		return redirect("/", ""), nil
	}
	return r.loginPage(http.StatusOK,
		loginData{Next: safeNext(r.URL.Query().Get("next")), Done: r.Words.Web.Done[r.URL.Query().Get("done")]}), nil
}

func (r *request) loginPage(status int, data loginData) page {
	data.Provider = r.provider()
	return page{template: "login", title: r.Words.Web.Login.Title, status: status, data: data}
}

// safeNext is a path of this page, and no address of another one. It stays escaped: what it would be once unescaped may be one, now or
// when it comes here again.
func safeNext(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsRune(u.Path, '\\') || strings.ContainsFunc(u.Path, unicode.IsControl) {
		return "/"
	}
	return u.EscapedPath()
}

func login(r *request) (page, error) {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	data := loginData{Name: r.form("name"), Next: safeNext(r.form("next"))}
	entered, err := service.Login(r.Context(), accounts.Login{Name: data.Name, Password: r.PostFormValue("password"), Code: r.form("code"),
		Address: r.address, Agent: r.UserAgent()})
	if wrong, status := r.attemptRefused(err, r.Words.Web.Login.Refused); status != 0 {
		data.Wrong = wrong
		return r.loginPage(status, data), nil
	}
	if err != nil {
		return page{}, err
	}
	r.setSession(entered.Token)
	return redirect(data.Next, ""), nil
}

// attemptRefused is why a proof was refused, and the answer's status; 0 = it was not refused for being wrong.
func (r *request) attemptRefused(err error, refused string) (wrong string, status int) {
	var wait *accounts.WaitError
	switch {
	case errors.Is(err, accounts.ErrRefused):
		return refused, http.StatusUnauthorized
	case errors.As(err, &wait):
		return r.Words.Fill(r.Words.Web.Login.Wait, "duration",
			locale.Duration(wait.For.Round(time.Second)+time.Second)), http.StatusTooManyRequests
	}
	return "", 0
}

func logout(r *request) (page, error) {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	if err := service.Logout(r.Context(), r.Session); err != nil {
		return page{}, err
	}
	r.setSession("")
	return redirect("/login", "left"), nil
}

// invitationData is what the page of an invitation shows: first a field for its code, then what is to be done.
type invitationData struct {
	Code     string
	Wrong    string
	Name     string // of whom it invites; "" = the code is to be typed
	Secret   string
	Picture  picture
	Least    int
	Provider string // by which they may be known instead; "" = none
}

// picture is a QR code as its dark squares.
type picture struct {
	Size  int
	Cells [][2]int
}

func showInvitation(r *request) (page, error) {
	return r.invitationPage(http.StatusOK, invitationData{}), nil
}

func (r *request) invitationPage(status int, data invitationData) page {
	data.Least, data.Provider = accounts.LeastPassword, r.provider()
	return page{template: "invitation", title: r.Words.Web.Invited.Title, status: status, data: data}
}

func enterInvitation(r *request) (page, error) { return r.invited(http.StatusOK, nil) }

// invited is the page of a code that was typed, in the language of whom it invites. To look at it uses nothing up.
func (r *request) invited(status int, wrong func(*request) string) (page, error) {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	data := invitationData{Code: r.form("invitation")}
	i, err := service.Invitation(r.Context(), data.Code)
	if errors.Is(err, accounts.ErrNoInvitation) {
		return r.invitationPage(http.StatusNotFound, invitationData{Wrong: r.Words.Web.Invited.None}), nil
	}
	if err != nil {
		return page{}, err
	}
	r.speak(i.Language)
	if wrong != nil {
		data.Wrong = wrong(r)
	}
	data.Name, data.Secret = i.Called(), accounts.Typed(i.Secret)
	if data.Picture, err = draw(accounts.URI(i.Secret, r.host(), i.Account)); err != nil {
		return page{}, err
	}
	return r.invitationPage(status, data), nil
}

// host is the page's name, by which a telephone lists its codes.
func (r *request) host() string { return r.App.Config.Web.Host() }

func draw(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return picture{}, hinted.While("drawing a key", err)
	}
	p := picture{Size: code.Size}
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				p.Cells = append(p.Cells, [2]int{x, y})
			}
		}
	}
	return p, nil
}

// acceptInvitation sets password and codes, and begins a session, all at once.
func acceptInvitation(r *request) (page, error) {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	entered, err := service.Accept(r.Context(), accounts.Acceptance{Invitation: r.form("invitation"), Password: r.PostFormValue("password"),
		Again: r.PostFormValue("again"), Code: r.form("code"), Address: r.address, Agent: r.UserAgent()})
	var mistake *accounts.Mistake
	switch {
	case errors.Is(err, accounts.ErrNoInvitation):
		return r.invitationPage(http.StatusNotFound, invitationData{Wrong: r.Words.Web.Invited.None}), nil
	case errors.Is(err, accounts.ErrRefused):
		return r.invited(http.StatusUnprocessableEntity, func(r *request) string { return r.Words.Web.Invited.Refused })
	case errors.As(err, &mistake):
		return r.invited(http.StatusUnprocessableEntity, func(r *request) string {
			text, _ := r.Words.Error(mistake)
			return text
		})
	case err != nil:
		return page{}, err
	}
	r.setSession(entered.Token)
	return redirect("/", ""), nil
}

// proveData asks once more who it is, and carries what is to be done then.
type proveData struct {
	Path     string
	Next     string // the page that the person comes from
	Fields   [][2]string
	Wrong    string
	Code     bool   // they have codes
	Provider string // where they may prove it; "" = nowhere
}

// Where a form carries a code that proves who it is, and the page that it comes from.
const (
	codeField = "proof-code"
	nextField = "proof-next"
)

// prove asks who has not proved it lately, and then does what was asked; asked = it is to be asked first.
func (r *request) prove() (p page, asked bool, err error) {
	if r.Session.Proved(r.server.now()) {
		return page{}, false, nil
	}
	data, status := proveData{Path: r.URL.Path, Next: safeNext(cmp.Or(r.form(nextField), r.before())), Code: r.Session.Codes}, http.StatusOK
	data.Provider = r.ownProvider()
	if code := r.form(codeField); code != "" {
		service, err := r.server.accounts(r.Context())
		if err != nil {
			return page{}, false, err
		}
		err = service.Prove(r.Context(), r.Session, code, r.address)
		if err == nil {
			return page{}, false, nil
		}
		if data.Wrong, status = r.attemptRefused(err, r.Words.Web.Prove.Refused); status == 0 {
			return page{}, false, err
		}
	}
	for name, values := range r.PostForm {
		for _, value := range values {
			if name != codeField && name != nextField {
				data.Fields = append(data.Fields, [2]string{name, value})
			}
		}
	}
	return page{template: "prove", title: r.Words.Web.Prove.Title, status: status, data: data}, true, nil
}

// accountData is what a person sees of their own account.
type accountData struct {
	Name     string
	Roles    [][2]string // role, dossier
	Sessions []accounts.Session
	Wrong    *refusal
	Provider string // where they sign in as well; "" = nowhere
}

func showAccount(r *request) (page, error) { return r.accountPage(http.StatusOK, nil) }

func (r *request) accountPage(status int, wrong *refusal) (page, error) {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	t := &r.Words.Web
	data := accountData{Name: r.Session.Name(), Wrong: wrong}
	if data.Sessions, err = service.Ledger.SessionsOf(r.Context(), r.Session.Account, r.server.now()); err != nil {
		return page{}, err
	}
	data.Provider = r.ownProvider()
	for _, g := range r.Session.Grants.Sorted() {
		dossier := t.Account.AllDossiers
		if g.Dossier != "" {
			dossier = g.Dossier
		}
		data.Roles = append(data.Roles, [2]string{t.Roles[string(g.Role)], dossier})
	}
	return page{template: "account", title: t.Account.Title, status: status, data: data}, nil
}

func changePassword(r *request) (page, error) {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	err = service.ChangePassword(r.Context(), r.Session, r.PostFormValue("former"), r.PostFormValue("password"), r.PostFormValue("again"),
		r.address)
	if wrong, status := r.attemptRefused(err, r.Words.Web.Account.Refused); status != 0 {
		return r.accountPage(status, &refusal{Text: wrong})
	}
	if wrong := r.told(err); wrong != nil {
		return r.accountPage(http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return page{}, err
	}
	r.setSession("")
	return redirect("/login", "password"), nil
}

func endSession(r *request) (page, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return page{}, errNotFound
	}
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	if err := service.Ledger.End(r.Context(), r.Session.Account, id); err != nil {
		return page{}, err
	}
	return redirect("/account", "ended"), nil
}
