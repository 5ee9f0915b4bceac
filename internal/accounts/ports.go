package accounts

import (
	"cmp"
	"context"
	"errors"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/ledger"
)

// Ledger is what keeps accounts. Each method is one transaction, and times are those that it is given. Secrets of codes come and go
// in the clear, and are kept sealed.
type Ledger interface {
	// Attempt records that somebody tries to prove who that is, unless delay, which is told what failed before, makes them wait.
	// Attempts in one name are judged one after the other.
	Attempt(ctx context.Context, name, address string, now time.Time, delay func(Attempts) time.Duration) (wait time.Duration, err error)
	// Credentials are those of an account; ok = false: nobody proves anything by that name.
	Credentials(ctx context.Context, name string) (c Credentials, ok bool, err error)
	// Enter begins a session, unless a code of that step or a later one was taken: ErrUsed. It forgives what failed before here, and
	// tells whether somebody signs in from there for the first time.
	Enter(ctx context.Context, e Entry) (firstHere bool, err error)
	// Prove notes a proof within a session, unless a code of that step or a later one was taken: ErrUsed.
	Prove(ctx context.Context, hash [32]byte, account, address string, step int64, now time.Time) error
	// Session is what a browser has; ok = false: it has ended.
	Session(ctx context.Context, hash [32]byte, now time.Time) (s Session, ok bool, err error)
	// See notes that a session is in use.
	See(ctx context.Context, hash [32]byte, now time.Time) error
	// SessionsOf are those of an account, the newest first.
	SessionsOf(ctx context.Context, account string, now time.Time) ([]Session, error)
	// End ends one session of an account by its number, Leave the one of a browser.
	End(ctx context.Context, account string, id int64) error
	Leave(ctx context.Context, hash [32]byte) error

	// Invitation is one that waits; ok = false: there is none, or not any more.
	Invitation(ctx context.Context, hash [32]byte, now time.Time) (i Invitation, ok bool, err error)
	// Accept uses an invitation up, sets password and codes, ends all sessions and begins the one of e; ErrUsed: it is not there any more.
	Accept(ctx context.Context, hash [32]byte, password string, e Entry) error
	// ChangePassword sets another password, and ends all sessions.
	ChangePassword(ctx context.Context, account, password string) error

	// BeginFlow keeps a browser in mind that is sent to the issuer; ok = false: so many (most) of that place are.
	BeginFlow(ctx context.Context, f Flow, most int) (ok bool, err error)
	// TakeFlow is one that has come back, and is not there any more then; ok = false: it is not, or for too long.
	TakeFlow(ctx context.Context, hash [32]byte, now time.Time) (f Flow, ok bool, err error)
	// EnterBy begins a session of whose account an identity is: ErrRefused, where it is nobody's who may sign in.
	EnterBy(ctx context.Context, i Identity, e Entry) (account string, firstHere bool, err error)
	// AcceptBy is Accept, by an identity; codes are set where e has the step of one. Errors: ErrUsed, *LinkedError.
	AcceptBy(ctx context.Context, hash [32]byte, i Identity, e Entry) (account string, err error)
	// ProveBy notes a proof within a session, if the identity is its account's: else ErrRefused.
	ProveBy(ctx context.Context, hash [32]byte, i Identity, at time.Time) error
	// Link sets the identity of an account and ends all sessions; nil = it has none. ok = false: there is none of that name. Errors:
	// *LinkedError.
	Link(ctx context.Context, name string, i *Identity, by ledger.Person) (ok bool, err error)

	// AddAccount makes an account with an invitation; added = false: there is one of that name. Errors: *SystemUserError.
	AddAccount(ctx context.Context, a Account, i NewInvitation, by ledger.Person) (added bool, err error)
	// Accounts are all of them, or the one of a name.
	Accounts(ctx context.Context, name string) ([]Account, error)
	// SetRoles gives an account the roles that change makes of those it has, and ends all sessions; ok = false: there is none of that
	// name, as of the next ones.
	SetRoles(ctx context.Context, name string, change func(Grants) Grants, by ledger.Person) (ok bool, err error)
	// SetContact changes by which address, and in which language, a person is told of what waits; nil = that stays as it is.
	SetContact(ctx context.Context, name string, email, language *string, by ledger.Person) (ok bool, err error)
	// Disable keeps somebody from signing in, ends all sessions and withdraws an invitation.
	Disable(ctx context.Context, name string, now time.Time, by ledger.Person) (ok bool, err error)
	// Reset takes password, codes and identity from an account, ends all sessions, and invites anew.
	Reset(ctx context.Context, name string, i NewInvitation, by ledger.Person) (ok bool, err error)
}

// ErrUsed says that a code or an invitation has been used before.
var ErrUsed = errors.New("it was used before")

// SystemUserError says that a system user is another account's already.
type SystemUserError struct{ User string }

func (e *SystemUserError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *SystemUserError) Fact() hinted.Fact {
	return hinted.Say("account.system-user", "user", e.User)
}

// Mistake is what cannot be done as it was asked for.
type Mistake struct{ *hinted.Coded }

func (e *Mistake) Unwrap() error { return e.Coded }

func mistake(code string, namesAndValues ...any) error {
	return &Mistake{hinted.Because(nil, code, namesAndValues...)}
}

// Attempts are what failed lately, by whom and from where.
type Attempts struct {
	OfAccount, OfBoth, OfAddress             int // in this name; in this name from this address; from this address
	LastOfAccount, LastOfBoth, LastOfAddress time.Time
	Known                                    bool // the person has signed in from this address before
}

// Credentials are what somebody proves it with.
type Credentials struct {
	Password string // as Hash made it; "" = they sign in at an issuer alone
	Secret   []byte // of codes
}

// Entry is a session that begins.
type Entry struct {
	Hash    [32]byte
	Account string
	Step    int64 // of the code that was taken; 0 = none was
	Proof   ledger.Proof
	Proved  time.Time // when the person proved it; zero = nobody knows
	Address string
	Agent   string
	Now     time.Time
}

// Invitation is what somebody has who has no password yet.
type Invitation struct {
	Account, Label, Language string
	Secret                   []byte // of the codes to come
}

// Called is whom it invites, as people read it.
func (i *Invitation) Called() string { return cmp.Or(i.Label, i.Account) }

// NewInvitation is one that is made.
type NewInvitation struct {
	Hash    [32]byte
	Secret  []byte
	Expires time.Time
}
