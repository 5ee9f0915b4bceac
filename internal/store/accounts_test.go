package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/ledger"
)

const phrase = "a phrase that is easy to keep"

// people are accounts of a ledger, by a clock that a test sets.
type people struct {
	*fixture
	accounts.Service
	clock time.Time
}

func (f *fixture) people(s *Store) *people {
	p := &people{fixture: f, clock: time.Now()}
	p.Service = accounts.Service{Ledger: s.Accounts(), Now: func() time.Time { return p.clock }}
	return p
}

var byRoot = ledger.Person{Name: "root", System: "root", Channel: ledger.ByCommand, Proof: ledger.ProofSystem}

// invited makes an account; the code counts once.
func (p *people) invited(name string) (code string) {
	p.Helper()
	i, err := p.Add(p.Context(), accounts.Account{Name: name, Grants: accounts.Grants{{Role: accounts.Read}}}, byRoot)
	p.must(err)
	return i.Code
}

// accepts uses an invitation from an address.
func (p *people) accepts(code, address string) (entered accounts.Entered, secret []byte) {
	p.Helper()
	i, err := p.Invitation(p.Context(), code)
	p.must(err)
	entered, err = p.Accept(p.Context(), accounts.Acceptance{Invitation: code, Password: phrase, Again: phrase,
		Code: accounts.Code(i.Secret, p.clock), Address: address})
	p.must(err)
	return entered, i.Secret
}

func (p *people) logsIn(name, password, address string, secret []byte) (accounts.Entered, error) {
	p.clock = p.clock.Add(time.Minute)
	return p.Login(p.Context(), accounts.Login{Name: name, Password: password, Code: accounts.Code(secret, p.clock), Address: address})
}

func (p *people) wantIn(token string, in bool) {
	p.Helper()
	if _, ok, err := p.Session(p.Context(), token, false); err != nil || ok != in {
		p.Errorf("the session counts: %v, %v", ok, err)
	}
}

// What a dump, a backup or a copy brings back lets nobody in: neither a browser that was signed in, nor a code that was used since. It
// does not wait for a process that notices, and is gone once one has.
func TestSessionsAndInvitationsEndWithTheirLedger(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.must(s.Notice(t.Context()))
	name, err := s.Incarnation(t.Context())
	f.must(err)
	f.want(name, `SELECT syncd.incarnation_name()`)
	p := f.people(s)
	entered, secret := p.accepts(p.invited("marie"), "192.0.2.1")
	code := p.invited("paul")
	p.wantIn(entered.Token, true)

	f.db.Exec(t, `UPDATE syncd.session SET incarnation = incarnation || '/1'; UPDATE syncd.invitation SET incarnation = incarnation || '/1'`)
	p.wantIn(entered.Token, false)
	if _, err := p.Invitation(t.Context(), code); !errors.Is(err, accounts.ErrNoInvitation) {
		t.Errorf("an invitation of another ledger: %v", err)
	}
	_, err = p.Accept(t.Context(), accounts.Acceptance{Invitation: code, Password: phrase, Again: phrase, Code: "000000"})
	if !errors.Is(err, accounts.ErrNoInvitation) {
		t.Errorf("it is accepted: %v", err)
	}
	if listed, err := p.Ledger.Accounts(t.Context(), "paul"); err != nil || listed[0].InvitedUntil != nil {
		t.Errorf("it is listed: %+v, %v", listed, err)
	}
	if here, err := p.Ledger.SessionsOf(t.Context(), "marie", p.clock); err != nil || len(here) != 0 {
		t.Errorf("sessions of another ledger are listed: %+v, %v", here, err)
	}
	entered, err = p.logsIn("marie", phrase, "192.0.2.1", secret)
	f.must(err)
	p.wantIn(entered.Token, true)
	f.db.Exec(t, `UPDATE syncd.incarnation SET tables = 1`)
	if f.noticed("") != 1 {
		t.Fatal("a ledger that was put back is not noticed")
	}
	f.want("0", `SELECT (SELECT count(*) FROM syncd.session) + (SELECT count(*) FROM syncd.invitation)`)
	p.wantIn(entered.Token, false)
}

// What its person and an administrator are to hear of: each once, in the transaction that makes it.
func TestEventsOfAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	p := f.people(s)
	want := func(what string) {
		t.Helper()
		f.want(what, `SELECT coalesce(string_agg(account || ' ' || kind || ' ' || address, ', ' ORDER BY id), '') FROM syncd.account_event`)
		f.db.Exec(t, `TRUNCATE syncd.account_event`)
	}
	_, secret := p.accepts(p.invited("marie"), "192.0.2.1")
	want("marie added ")
	for range 2 {
		_, err := p.logsIn("marie", phrase, "192.0.2.2", secret)
		f.must(err)
	}
	want("marie new-place 192.0.2.2")
	for range accounts.Many + 2 {
		p.clock = p.clock.Add(time.Minute)
		for _, name := range []string{"marie", "nobody"} {
			_, err := p.Ledger.Attempt(t.Context(), name, "198.51.100.7", p.clock, func(accounts.Attempts) time.Duration { return 0 })
			f.must(err)
		}
	}
	want("marie failures 198.51.100.7")
	i, err := p.Reset(t.Context(), "marie", byRoot)
	f.must(err)
	p.accepts(i.Code, "192.0.2.1")
	want("marie reset ")
	if again, err := p.logsIn("marie", strings.ToUpper(phrase), "192.0.2.1", secret); !errors.Is(err, accounts.ErrRefused) {
		t.Errorf("%+v, %v", again, err)
	}
	want("")
}

// Who disables an account while its invitation is used waits for nobody who waits for them: one comes after the other.
func TestAnInvitationIsUsedWhileItsAccountIsDisabled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	p := f.people(s)
	code := p.invited("marie")
	i, err := p.Invitation(t.Context(), code)
	f.must(err)
	conn := f.db.Connect(t)
	tx, err := conn.Begin(t.Context())
	f.must(err)
	_, err = tx.Exec(t.Context(), `UPDATE syncd.account SET disabled_at = clock_timestamp()`)
	f.must(err)
	accepted := make(chan error, 1)
	go func() {
		_, err := p.Accept(f.impatient(), accounts.Acceptance{Invitation: code, Password: phrase, Again: phrase,
			Code: accounts.Code(i.Secret, p.clock), Address: "192.0.2.1"})
		accepted <- err
	}()
	f.must(waitUntil(f, func() bool {
		return f.text(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`) == "1"
	}))
	_, err = tx.Exec(t.Context(), `SET LOCAL deadlock_timeout = '50ms'; DELETE FROM syncd.invitation`)
	f.must(err)
	f.must(tx.Commit(t.Context()))
	if err := <-accepted; !errors.Is(err, accounts.ErrNoInvitation) {
		t.Errorf("%v", err)
	}
	f.want("0", `SELECT count(*) FROM syncd.session`)
}
