package web

import (
	"errors"
	"net/http"
	"net/url"

	"syncd/internal/accounts"
	"syncd/internal/app/words"
	"syncd/internal/hinted"
	"syncd/internal/issuer"
)

// flowCookie is what a browser has that was sent to the issuer: whoever comes back without it did not begin here.
const flowCookie = "__Host-syncd-oidc"

// provider is how people call the issuer; "" = there is none.
func (r *request) provider() string { return r.server.app.Config.Web.OIDC.Label }

// ownProvider is the issuer that knows the person of the session; "" = none does, or another one.
func (r *request) ownProvider() string {
	if r.Session.Issuer != r.server.app.Config.Web.OIDC.Issuer {
		return ""
	}
	return r.provider()
}

// departure is what the page shows that sends a browser to the issuer. A form cannot lead there itself: browsers follow it to this
// page's own addresses only, which keeps forms from being sent elsewhere.
type departure struct{ Label, Address string }

// depart sends the browser to the issuer, once begin has it in mind. Whatever keeps it from that, refused shows.
func (r *request) depart(anew, choose bool, begin func(accounts.Service) (token string, err error),
	refused func(*oidcRefusal) (page, error)) (page, error) {
	client := r.App.Issuer()
	if client == nil {
		return page{}, errNotFound
	}
	token, address := "", ""
	err := client.Check(r.Context()) // before anything is kept in mind
	if err == nil {
		service, opened := r.server.accounts(r.Context())
		if opened != nil {
			return page{}, opened
		}
		token, err = begin(service)
	}
	if err == nil {
		address, err = client.Address(r.Context(), issuer.Ask{Secret: []byte(token), Anew: anew, Choose: choose})
	}
	if err != nil {
		why, err := r.oidcRefused(err)
		if err != nil {
			return page{}, err
		}
		return refused(why)
	}
	r.setCookie(flowCookie, token, accounts.FlowLasts)
	return page{template: "departure", title: r.Words.Web.Login.Title, onward: address, data: departure{r.provider(), address}}, nil
}

func loginAtIssuer(r *request) (page, error) {
	next := safeNext(r.form("next"))
	return r.depart(false, false, func(s accounts.Service) (string, error) {
		return s.Begin(r.Context(), accounts.Flow{Purpose: accounts.ForLogin, Next: next, Address: r.address})
	}, func(why *oidcRefusal) (page, error) { return r.loginRefused(why, next), nil })
}

// acceptAtIssuer lets the person of an invitation choose their account at the issuer, in place of a password. It is used up once they
// come back. A code typed along with it gives the account codes.
func acceptAtIssuer(r *request) (page, error) {
	return r.depart(false, true, func(s accounts.Service) (string, error) {
		if i, err := s.Invitation(r.Context(), r.form("invitation")); err == nil {
			r.speak(i.Language)
		}
		return s.BeginLink(r.Context(), r.form("invitation"), r.form("code"), r.address)
	}, func(why *oidcRefusal) (page, error) {
		if why.noInvitation {
			return r.invitationPage(why.status, invitationData{Wrong: why.Text}), nil
		}
		return r.invited(why.status, func(*request) string { return why.Text })
	})
}

// proveAtIssuer lets the person of a session prove there anew who that is.
func proveAtIssuer(r *request) (page, error) {
	return r.depart(true, false, func(s accounts.Service) (string, error) {
		return s.Begin(r.Context(), accounts.Flow{Purpose: accounts.ForProof, Next: safeNext(r.form(nextField)), Of: r.Session.Hash,
			Address: r.address})
	}, r.proofRefused)
}

// returned is where the issuer sends browsers back to. It changes nothing for who did not begin in this browser, and lately.
func returned(r *request) (page, error) {
	client := r.App.Issuer()
	if client == nil {
		return page{}, errNotFound
	}
	answer, token := issuer.ParseAnswer(r.URL.Query()), ""
	if cookie, err := r.Cookie(flowCookie); err == nil {
		token = cookie.Value
	}
	if token == "" || !issuer.FitsState([]byte(token), answer.State) {
		return r.loginRefused(&oidcRefusal{Text: r.Words.Web.OIDC.Stale, status: http.StatusBadRequest}, "/"), nil
	}
	r.setCookie(flowCookie, "", 0)
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return page{}, err
	}
	flow, err := service.Returned(r.Context(), token)
	if err == nil {
		var p page
		if p, err = r.identified(service, client, token, &flow, answer); err == nil {
			return p, nil
		}
	}
	why, err := r.oidcRefused(err)
	if err != nil {
		return page{}, err
	}
	if flow.Purpose == accounts.ForProof && r.Session != nil {
		return r.proofRefused(why)
	}
	return r.loginRefused(why, flow.Next), nil
}

// identified does what a browser was sent to the issuer for.
func (r *request) identified(service accounts.Service, client *issuer.Client, token string, flow *accounts.Flow, answer issuer.Answer) (
	page, error) {
	if flow.Purpose == accounts.ForProof && (r.Session == nil || r.Session.Hash != flow.Of) {
		return page{}, accounts.ErrNoFlow
	}
	if answer.Refused != "" {
		return page{}, &refusedThere{answer}
	}
	known, err := client.Identify(r.Context(), issuer.Ask{Secret: []byte(token), Anew: flow.Purpose == accounts.ForProof}, flow.Begun, answer)
	if err != nil {
		return page{}, err
	}
	var entered accounts.Entered
	who := accounts.Identity(known)
	switch flow.Purpose {
	case accounts.ForLogin:
		entered, err = service.LoginBy(r.Context(), who, r.address, r.UserAgent())
	case accounts.ForLink:
		entered, err = service.AcceptBy(r.Context(), flow, who, r.address, r.UserAgent())
	case accounts.ForProof:
		if err := service.ProveBy(r.Context(), r.Session, who); err != nil {
			return page{}, &unknownError{who, true}
		}
		return redirect(flow.Next, "proved"), nil
	}
	if errors.Is(err, accounts.ErrRefused) {
		err = &unknownError{who, false}
	}
	if err != nil {
		return page{}, err
	}
	r.setSession(entered.Token)
	return redirect(flow.Next, ""), nil
}

// refusedThere says that the issuer let nobody in.
type refusedThere struct{ issuer.Answer }

func (*refusedThere) Error() string { return "the issuer let nobody in" }

// unknownError says that nobody's account is an identity's, or within a session another one's.
type unknownError struct {
	accounts.Identity
	another bool
}

func (*unknownError) Error() string { return "the identity is nobody's here" }

// oidcRefusal is why somebody could not sign in at the issuer, as people read it.
type oidcRefusal struct {
	Text         string
	Lines        []string // what an administrator is told
	status       int
	noInvitation bool
}

// oidcRefused puts into words why somebody could not sign in; an error is told on a page of its own. What keeps the issuer from
// answering is in the journal as well.
func (r *request) oidcRefused(err error) (*oidcRefusal, error) {
	w, label := &r.Words.Web.OIDC, r.provider()
	say := func(status int, text string, lines ...string) (*oidcRefusal, error) {
		return &oidcRefusal{Text: r.Words.Fill(text, "label", label), Lines: lines, status: status}, nil
	}
	if trouble, ok := errors.AsType[*issuer.Error](err); ok {
		r.server.log.Warn().Str("trouble", hinted.FirstLine(trouble.Error())).Msg("the issuer did not tell who somebody is")
		text, hint := words.Error(r.Words, trouble)
		if trouble.Away {
			return say(http.StatusServiceUnavailable, w.Away, text)
		}
		if trouble.NoTime && r.Session != nil {
			if r.Session.Codes {
				return say(http.StatusBadGateway, w.NoTime+" "+w.TypeCode, text)
			}
			return say(http.StatusBadGateway, w.NoTime+" "+r.Words.Web.OIDC.NoProof, text)
		}
		return say(http.StatusBadGateway, w.Trouble, text, hint)
	}
	if there, ok := errors.AsType[*refusedThere](err); ok {
		return &oidcRefusal{Text: r.Words.Fill(w.Refused, "label", label, "code", there.Refused), Lines: []string{there.Reason},
			status: http.StatusForbidden}, nil
	}
	if unknown, ok := errors.AsType[*unknownError](err); ok {
		if unknown.another {
			return say(http.StatusForbidden, w.Another)
		}
		return say(http.StatusForbidden, w.Unknown, r.Words.Fill(w.Tell, "subject", unknown.Subject, "issuer", unknown.Issuer))
	}
	if errors.Is(err, accounts.ErrRefused) { // the code of an invitation
		return say(http.StatusUnprocessableEntity, r.Words.Web.Invited.Refused)
	}
	if wrong, status := r.attemptRefused(err, ""); status != 0 {
		return say(status, wrong)
	}
	if _, ok := errors.AsType[*accounts.LinkedError](err); ok {
		return say(http.StatusConflict, w.Taken)
	}
	switch {
	case errors.Is(err, accounts.ErrNoCodes):
		return say(http.StatusUnprocessableEntity, w.NeedsCode)
	case errors.Is(err, accounts.ErrNoFlow):
		return say(http.StatusBadRequest, w.Stale)
	case errors.Is(err, accounts.ErrNoInvitation):
		return &oidcRefusal{Text: r.Words.Web.Invited.None, status: http.StatusNotFound, noInvitation: true}, nil
	}
	return nil, err
}

func (r *request) loginRefused(why *oidcRefusal, next string) page {
	return r.loginPage(why.status, loginData{Next: safeNext(next), Wrong: why.Text, Lines: why.Lines})
}

func (r *request) proofRefused(why *oidcRefusal) (page, error) {
	return page{template: "trouble", title: r.Words.Web.Prove.Title, status: why.status,
		data: troubleData{Text: why.Text, Lines: why.Lines}}, nil
}

// before is the page on which a form stood.
func (r *request) before() string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return safeNext(u.EscapedPath())
}
