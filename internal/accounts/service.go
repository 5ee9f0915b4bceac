package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"syncd/internal/ledger"
)

// Service is who may use the page, and how they prove it.
type Service struct {
	Ledger Ledger
	Now    func() time.Time // nil = the machine's clock
}

func (s Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// atOnce bounds what passwords that are compared at one time take of the memory.
var atOnce = make(chan struct{}, 2)

// matches is Matches, when it is its turn.
func matches(ctx context.Context, password, hashed string) (bool, error) {
	select {
	case atOnce <- struct{}{}:
		defer func() { <-atOnce }()
		return Matches(password, hashed), nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// ErrRefused says that somebody has not proved who that is, and not why: neither which names there are, nor what was wrong.
var ErrRefused = errors.New("name, password or code is wrong")

// WaitError says that too much failed before: what was given has not been looked at.
type WaitError struct{ For time.Duration }

func (e *WaitError) Error() string { return "too many attempts" }

// nobody is in whose name attempts are counted that are in no possible one: what was typed may be a password.
const nobody = "?"

// Login is what somebody proves it with, who signs in.
type Login struct {
	Name, Password, Code string
	Address, Agent       string // of the browser
}

// Entered is a session that began.
type Entered struct {
	Token     string // what the browser keeps
	Account   string
	FirstHere bool // nobody had signed in to this account from that address
}

// Login begins a session. Errors: ErrRefused, *WaitError. It takes as long for a name that there is not.
func (s Service) Login(ctx context.Context, l Login) (Entered, error) {
	name, possible := nameOf(l.Name)
	if !possible {
		name = nobody
	}
	if err := s.attempt(ctx, name, l.Address); err != nil {
		return Entered{}, err
	}
	known, there, err := s.Ledger.Credentials(ctx, name)
	if err != nil {
		return Entered{}, err
	}
	if there = there && known.Password != ""; !there {
		known = Credentials{Password: nobodys, Secret: make([]byte, secretBytes)}
	}
	right, err := matches(ctx, l.Password, known.Password)
	if err != nil {
		return Entered{}, err
	}
	step, fits := stepOfCode(known.Secret, l.Code, s.now())
	if !there || !right || !fits {
		return Entered{}, ErrRefused
	}
	token, hash := newToken()
	first, err := s.Ledger.Enter(ctx, Entry{Hash: hash, Account: name, Step: step, Proof: ledger.ProofPassword,
		Proved: s.now(), Address: l.Address, Agent: agent(l.Agent), Now: s.now()})
	if errors.Is(err, ErrUsed) {
		err = ErrRefused
	}
	return Entered{token, name, first}, err
}

// Prove notes that the person of a session has proved anew who that is. Errors: ErrRefused, *WaitError.
func (s Service) Prove(ctx context.Context, session *Session, code, address string) error {
	if err := s.attempt(ctx, session.Account, address); err != nil {
		return err
	}
	known, there, err := s.Ledger.Credentials(ctx, session.Account)
	if err != nil {
		return err
	}
	step, fits := stepOfCode(known.Secret, code, s.now())
	if !there || !fits {
		return ErrRefused
	}
	now := s.now()
	switch err := s.Ledger.Prove(ctx, session.Hash, session.Account, address, step, now); {
	case errors.Is(err, ErrUsed):
		return ErrRefused
	case err != nil:
		return err
	}
	session.ProvedAt, session.Proof = now, ledger.ProofCode
	return nil
}

// Session is whose browser it is; ok = false: nobody's. used keeps it alive: a person asks, and no script.
func (s Service) Session(ctx context.Context, token string, used bool) (session Session, ok bool, err error) {
	hash, ok := hashOf(token)
	if !ok {
		return session, false, nil
	}
	now := s.now()
	session, ok, err = s.Ledger.Session(ctx, hash, now)
	if ok && used && err == nil && now.Sub(session.SeenAt) >= seeAgain {
		err = s.Ledger.See(ctx, hash, now)
	}
	return session, ok, err
}

// Logout ends the session of a browser.
func (s Service) Logout(ctx context.Context, session *Session) error {
	return s.Ledger.Leave(ctx, session.Hash)
}

// ChangePassword sets another password, and ends all sessions. Errors: ErrRefused, *WaitError, *Mistake.
func (s Service) ChangePassword(ctx context.Context, session *Session, former, password, again, address string) error {
	if err := checkNew(password, again, session.Account); err != nil {
		return err
	}
	if err := s.attempt(ctx, session.Account, address); err != nil {
		return err
	}
	known, there, err := s.Ledger.Credentials(ctx, session.Account)
	if err != nil {
		return err
	}
	right, err := matches(ctx, former, known.Password)
	if err != nil {
		return err
	}
	if !there || !right {
		return ErrRefused
	}
	return s.Ledger.ChangePassword(ctx, session.Account, Hash(password))
}

func checkNew(password, again, account string) error {
	if password != again {
		return mistake("account.password-differs")
	}
	return CheckPassword(password, account)
}

// ErrNoInvitation says that a code invites nobody, or nobody any more.
var ErrNoInvitation = errors.New("there is no such invitation")

// Invitation is whom a code invites. Errors: ErrNoInvitation.
func (s Service) Invitation(ctx context.Context, code string) (Invitation, error) {
	i, ok, err := s.Ledger.Invitation(ctx, hashOfInvitation(code), s.now())
	if err == nil && !ok {
		err = ErrNoInvitation
	}
	return i, err
}

// Acceptance is how an invitation is used.
type Acceptance struct {
	Invitation      string
	Password, Again string
	Code            string // of the telephone that has the secret now
	Address, Agent  string
}

// Accept sets a password and begins a session. Errors: ErrNoInvitation, ErrRefused (the code), *Mistake.
func (s Service) Accept(ctx context.Context, a Acceptance) (Entered, error) {
	i, err := s.Invitation(ctx, a.Invitation)
	if err != nil {
		return Entered{}, err
	}
	if err := checkNew(a.Password, a.Again, i.Account); err != nil {
		return Entered{}, err
	}
	step, fits := stepOfCode(i.Secret, a.Code, s.now())
	if !fits {
		return Entered{}, ErrRefused
	}
	token, hash := newToken()
	err = s.Ledger.Accept(ctx, hashOfInvitation(a.Invitation), Hash(a.Password), Entry{Hash: hash, Account: i.Account, Step: step,
		Proof: ledger.ProofPassword, Proved: s.now(), Address: a.Address, Agent: agent(a.Agent), Now: s.now()})
	if errors.Is(err, ErrUsed) {
		err = ErrNoInvitation
	}
	return Entered{Token: token, Account: i.Account, FirstHere: true}, err
}

// invite makes an invitation: what is typed, and what is kept of it.
func (s Service) invite() (code string, i NewInvitation) {
	text := newSecret()
	code = strings.ReplaceAll(Typed(text), " ", "-")
	return code, NewInvitation{Hash: hashOfInvitation(code), Secret: newSecret(), Expires: s.now().Add(Invited)}
}

// hashOfInvitation takes a code as people type it: spaces, hyphens and capitals do not count.
func hashOfInvitation(code string) [32]byte {
	plain := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToUpper(strings.TrimSpace(code)))
	return sha256.Sum256([]byte(plain))
}

const tokenBytes = 32

func newToken() (token string, hash [32]byte) {
	secret := make([]byte, tokenBytes)
	rand.Read(secret) // never fails: crypto/rand aborts the program instead
	return base64.RawURLEncoding.EncodeToString(secret), sha256.Sum256(secret)
}

func hashOf(token string) (hash [32]byte, ok bool) {
	secret, err := base64.RawURLEncoding.DecodeString(token)
	return sha256.Sum256(secret), err == nil && len(secret) == tokenBytes
}

// agent is what a browser says it is, as far as a list has room for it.
func agent(text string) string {
	const most = 200
	text = strings.ToValidUTF8(text, "")
	for i := range text {
		if i > most {
			return text[:i]
		}
	}
	return text
}
