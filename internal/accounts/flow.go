package accounts

import (
	"context"
	"errors"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/ledger"
)

// Identity is who somebody is to an issuer of OpenID Connect, which has verified it.
type Identity struct {
	Issuer, Subject string
	At              time.Time // when they proved it there; zero = it does not say
}

// Purpose is what somebody is sent to an issuer for.
type Purpose string

// What that is: to sign in, to use an invitation, or to prove within a session who that is.
const (
	ForLogin Purpose = "login"
	ForLink  Purpose = "link"
	ForProof Purpose = "prove"
)

// Flow is a browser that was sent to the issuer.
type Flow struct {
	Hash    [32]byte // of what the browser has
	Purpose Purpose
	Next    string   // the path of the page that it leads to
	Of      [32]byte // the hash of the invitation that it uses, or of the session in which somebody proves it; zero = of neither
	Step    int64    // of the code that was typed along with the invitation; 0 = none was
	Address string
	Begun   time.Time
}

// How long a browser has to come back, and how many of one place may be away.
const (
	FlowLasts = 10 * time.Minute
	mostFlows = 100
)

// Begin keeps in mind that a browser is sent to the issuer. The token is the browser's alone: the rest of the flow is made of it. An
// error is a *WaitError where too many of that place are on their way.
func (s Service) Begin(ctx context.Context, f Flow) (token string, err error) {
	token, f.Hash = newToken()
	f.Begun = s.now()
	ok, err := s.Ledger.BeginFlow(ctx, f, mostFlows)
	if err == nil && !ok {
		err = &WaitError{FlowLasts}
	}
	return token, err
}

// BeginLink is Begin of who uses an invitation, which that does not use up yet; typed is a code of the telephone that has its secret
// now, or "". Errors: ErrNoInvitation, ErrRefused (the code), *WaitError.
func (s Service) BeginLink(ctx context.Context, invitation, typed, address string) (token string, err error) {
	i, err := s.Invitation(ctx, invitation)
	if err != nil {
		return "", err
	}
	f := Flow{Purpose: ForLink, Next: "/", Of: hashOfInvitation(invitation), Address: address}
	if typed != "" {
		fits := false
		if f.Step, fits = stepOfCode(i.Secret, typed, s.now()); !fits {
			return "", ErrRefused
		}
	}
	return s.Begin(ctx, f)
}

// ErrNoFlow says that a browser was not sent to the issuer, too long ago, or has come back before.
var ErrNoFlow = errors.New("nobody is awaited from the issuer")

// Returned is the flow of a browser that has come back, which it does once. Errors: ErrNoFlow.
func (s Service) Returned(ctx context.Context, token string) (Flow, error) {
	hash, ok := hashOf(token)
	if !ok {
		return Flow{}, ErrNoFlow
	}
	f, ok, err := s.Ledger.TakeFlow(ctx, hash, s.now())
	if err == nil && !ok {
		err = ErrNoFlow
	}
	return f, err
}

// proved is when a person proved who that is: to the issuer, and not in the future.
func (s Service) proved(i Identity) time.Time {
	if now := s.now(); i.At.After(now) {
		return now
	}
	return i.At
}

func (s Service) entryBy(i Identity, hash [32]byte, address, browser string) Entry {
	return Entry{Hash: hash, Proof: ledger.ProofProvider, Proved: s.proved(i), Address: address, Agent: agent(browser), Now: s.now()}
}

// LoginBy begins a session of whose account an identity is. Errors: ErrRefused, whether there is none or it is disabled.
func (s Service) LoginBy(ctx context.Context, i Identity, address, browser string) (Entered, error) {
	token, hash := newToken()
	name, first, err := s.Ledger.EnterBy(ctx, i, s.entryBy(i, hash, address, browser))
	return Entered{token, name, first}, err
}

// ErrNoCodes says that an issuer does not tell when somebody signed in, and that they have no codes: they could never prove anew who
// that is.
var ErrNoCodes = errors.New("the issuer tells no time, and there are no codes")

// AcceptBy uses the invitation of a flow up by an identity, which is the account's from then on, and begins a session. Errors:
// ErrNoInvitation, ErrNoCodes, *LinkedError.
func (s Service) AcceptBy(ctx context.Context, f *Flow, i Identity, address, browser string) (Entered, error) {
	if i.At.IsZero() && f.Step == 0 {
		return Entered{}, ErrNoCodes
	}
	token, hash := newToken()
	e := s.entryBy(i, hash, address, browser)
	e.Step = f.Step
	name, err := s.Ledger.AcceptBy(ctx, f.Of, i, e)
	if errors.Is(err, ErrUsed) {
		err = ErrNoInvitation
	}
	return Entered{Token: token, Account: name, FirstHere: true}, err
}

// ProveBy notes that the person of a session has proved to the issuer anew who that is. Errors: ErrRefused, where that is another one.
func (s Service) ProveBy(ctx context.Context, session *Session, i Identity) error {
	return s.Ledger.ProveBy(ctx, session.Hash, i, s.proved(i))
}

// Link lets an identity be an account's, and takes from it the one that it had; nil = that alone. Sessions end. Errors: *Mistake,
// *LinkedError.
func (s Service) Link(ctx context.Context, name string, i *Identity, by ledger.Person) error {
	const most = 255 // OpenID Connect Core, 2
	if i != nil && (i.Subject == "" || len(i.Subject) > most || ledger.CheckReason(i.Subject) != nil) {
		return mistake("account.no-subject")
	}
	ok, err := s.Ledger.Link(ctx, name, i, by)
	return s.there(ctx, name, ok, err)
}

// LinkedError says that an identity is another account's already.
type LinkedError struct{}

func (e *LinkedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (*LinkedError) Fact() hinted.Fact { return hinted.Say("account.linked") }
