package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/accounts"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// accountsIn is the ledger as what keeps accounts.
type accountsIn struct{ *Store }

// Accounts is what keeps accounts. The ledger must have been opened with its keys.
func (s *Store) Accounts() accounts.Ledger { return accountsIn{s} }

// sealSecret seals the secret of an account's codes by the key that outlives the ledger key.
func (s accountsIn) sealSecret(account string, secret []byte) []byte {
	return s.keys.lastingSeal().seal(codeSecret, secret, place{key: account})
}

func (s accountsIn) openSecret(account string, sealed []byte) ([]byte, error) {
	return s.keys.lastingSeal().open(codeSecret, sealed, place{key: account})
}

// within runs work in a transaction. What accounts tell themselves stays what it is.
func (s accountsIn) within(ctx context.Context, work func(q *dbsqlc.Queries) error) error {
	err := s.transact(ctx, work)
	if errors.Is(err, accounts.ErrUsed) || errors.Is(err, accounts.ErrRefused) || is[*accounts.SystemUserError](err) ||
		is[*accounts.LinkedError](err) || is[*ledger.ReasonError](err) {
		return err
	}
	return redactUnlessOurs("asking about accounts", err)
}

// who stands for a name that was typed.
func (s accountsIn) who(name string) []byte {
	sum := s.keys.lastingFingerprinter().Sum([]byte("login " + name))
	return sum[:]
}

// Attempt implements accounts.Ledger.
func (s accountsIn) Attempt(ctx context.Context, name, address string, now time.Time, delay func(accounts.Attempts) time.Duration) (
	wait time.Duration, err error) {
	since, who := now.Add(-accounts.Remembered), s.who(name)
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		if err := q.LockAttempts(ctx, who); err != nil {
			return err
		}
		failed, err := q.Attempts(ctx, dbsqlc.AttemptsParams{Who: who, Account: name, Address: address, Since: since})
		if err != nil {
			return err
		}
		wait = delay(accounts.Attempts{OfAccount: int(failed.OfAccount), OfBoth: int(failed.OfBoth), OfAddress: int(failed.OfAddress),
			LastOfAccount: failed.LastOfAccount, LastOfBoth: failed.LastOfBoth, LastOfAddress: failed.LastOfAddress, Known: failed.Known})
		if failed.OfAccount >= accounts.Many {
			if err := q.NoteFailures(ctx, dbsqlc.NoteFailuresParams{Account: name, Address: address}); err != nil {
				return err
			}
		}
		if wait > 0 {
			return nil
		}
		if err := q.DropOldAttempts(ctx, since); err != nil {
			return err
		}
		return q.InsertAttempt(ctx, dbsqlc.InsertAttemptParams{Who: who, Account: name, Address: address, At: now})
	})
	return wait, err
}

// Credentials implements accounts.Ledger.
func (s accountsIn) Credentials(ctx context.Context, name string) (c accounts.Credentials, ok bool, err error) {
	row, err := s.queries.Credentials(ctx, name)
	switch {
	case isNoRows(err):
		return c, false, nil
	case err != nil:
		return c, false, redact("asking about accounts", err)
	case row.Totp == nil || row.DisabledAt != nil:
		return c, false, nil
	}
	secret, err := s.openSecret(name, row.Totp)
	return accounts.Credentials{Password: value(row.Password), Secret: secret}, err == nil, err
}

// Enter implements accounts.Ledger.
func (s accountsIn) Enter(ctx context.Context, e accounts.Entry) (firstHere bool, err error) {
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		if err := takeStep(ctx, q, e.Account, e.Step); err != nil {
			return err
		}
		firstHere, err = s.begin(ctx, q, e)
		return err
	})
	return firstHere, err
}

// takeStep notes that a code was taken, or fails with ErrUsed.
func takeStep(ctx context.Context, q *dbsqlc.Queries, account string, step int64) error {
	taken, err := q.TakeStep(ctx, dbsqlc.TakeStepParams{Name: account, Step: step})
	if err == nil && taken == 0 {
		err = accounts.ErrUsed
	}
	return err
}

// begin makes a session.
func (s accountsIn) begin(ctx context.Context, q *dbsqlc.Queries, e accounts.Entry) (firstHere bool, err error) {
	stale := dbsqlc.DropStaleSessionsParams{IdleSince: e.Now.Add(-accounts.Idle), MadeSince: e.Now.Add(-accounts.Lasts)}
	if err := q.DropStaleSessions(ctx, stale); err != nil {
		return false, err
	}
	if err := q.ForgetAttempts(ctx, dbsqlc.ForgetAttemptsParams{Who: s.who(e.Account), Address: e.Address}); err != nil {
		return false, err
	}
	made := dbsqlc.InsertSessionParams{Hash: e.Hash[:], Account: e.Account, At: e.Now, ProvedAt: e.Proved, Proof: string(e.Proof),
		Address: e.Address, Agent: e.Agent}
	if err := q.InsertSession(ctx, made); err != nil {
		return false, err
	}
	first, err := q.SeePlace(ctx, dbsqlc.SeePlaceParams{Account: e.Account, Address: e.Address, At: e.Now})
	if err != nil || !first.Equal(e.Now.Truncate(time.Microsecond)) {
		return false, err
	}
	return true, q.NoteNewPlace(ctx, dbsqlc.NoteNewPlaceParams{Account: e.Account, Address: e.Address})
}

// Prove implements accounts.Ledger.
func (s accountsIn) Prove(ctx context.Context, hash [32]byte, account, address string, step int64, now time.Time) error {
	return s.within(ctx, func(q *dbsqlc.Queries) error {
		if err := takeStep(ctx, q, account, step); err != nil {
			return err
		}
		if err := q.ForgetAttempts(ctx, dbsqlc.ForgetAttemptsParams{Who: s.who(account), Address: address}); err != nil {
			return err
		}
		proved, err := q.ProveSession(ctx, dbsqlc.ProveSessionParams{Hash: hash[:], At: now, Proof: string(ledger.ProofCode)})
		if err == nil && proved == 0 {
			err = accounts.ErrUsed // the session has ended meanwhile
		}
		return err
	})
}

// Session implements accounts.Ledger.
func (s accountsIn) Session(ctx context.Context, hash [32]byte, now time.Time) (session accounts.Session, ok bool, err error) {
	row, err := s.queries.Session(ctx, dbsqlc.SessionParams{Hash: hash[:], IdleSince: now.Add(-accounts.Idle),
		MadeSince: now.Add(-accounts.Lasts)})
	switch {
	case isNoRows(err):
		return session, false, nil
	case err != nil:
		return session, false, redact("asking about accounts", err)
	}
	session = accounts.Session{Hash: hash, ID: row.ID, Account: row.Account, Label: row.Label, System: value(row.Login),
		Language: row.Language, Password: row.HasPassword, Codes: row.HasCodes, Issuer: value(row.Issuer), MadeAt: row.MadeAt,
		SeenAt: row.SeenAt, ProvedAt: row.ProvedAt, Proof: ledger.Proof(row.Proof),
		Address: row.Address}
	for _, text := range row.Roles {
		role, dossier, _ := strings.Cut(text, ":")
		session.Grants = append(session.Grants, accounts.Grant{Role: accounts.Role(role), Dossier: dossier})
	}
	return session, true, nil
}

// See implements accounts.Ledger.
func (s accountsIn) See(ctx context.Context, hash [32]byte, now time.Time) error {
	return redact("asking about accounts", s.queries.SeeSession(ctx, dbsqlc.SeeSessionParams{Hash: hash[:], At: now}))
}

// SessionsOf implements accounts.Ledger.
func (s accountsIn) SessionsOf(ctx context.Context, account string, now time.Time) ([]accounts.Session, error) {
	rows, err := s.queries.SessionsOf(ctx, dbsqlc.SessionsOfParams{Account: account, IdleSince: now.Add(-accounts.Idle),
		MadeSince: now.Add(-accounts.Lasts)})
	sessions := make([]accounts.Session, 0, len(rows))
	for _, r := range rows {
		sessions = append(sessions, accounts.Session{ID: r.ID, Account: account, MadeAt: r.MadeAt, SeenAt: r.SeenAt, Address: r.Address,
			Agent: r.Agent})
	}
	return sessions, redact("asking about accounts", err)
}

// End implements accounts.Ledger.
func (s accountsIn) End(ctx context.Context, account string, id int64) error {
	_, err := s.queries.EndSession(ctx, dbsqlc.EndSessionParams{Account: account, ID: id})
	return redact("asking about accounts", err)
}

// Leave implements accounts.Ledger.
func (s accountsIn) Leave(ctx context.Context, hash [32]byte) error {
	return redact("asking about accounts", s.queries.EndSessionByHash(ctx, hash[:]))
}

// Invitation implements accounts.Ledger.
func (s accountsIn) Invitation(ctx context.Context, hash [32]byte, now time.Time) (i accounts.Invitation, ok bool, err error) {
	row, err := s.queries.Invitation(ctx, dbsqlc.InvitationParams{Hash: hash[:], Now: now})
	switch {
	case isNoRows(err):
		return i, false, nil
	case err != nil:
		return i, false, redact("asking about accounts", err)
	}
	secret, err := s.openSecret(row.Account, row.Totp)
	return accounts.Invitation{Account: row.Account, Label: row.Label, Language: row.Language, Secret: secret}, err == nil, err
}

// useInvitation takes an invitation away, or fails with ErrUsed.
func useInvitation(ctx context.Context, q *dbsqlc.Queries, hash [32]byte, now time.Time) (dbsqlc.UseInvitationRow, error) {
	used, err := q.UseInvitation(ctx, dbsqlc.UseInvitationParams{Hash: hash[:], Now: now})
	if isNoRows(err) {
		err = accounts.ErrUsed
	}
	return used, err
}

// Accept implements accounts.Ledger.
func (s accountsIn) Accept(ctx context.Context, hash [32]byte, password string, e accounts.Entry) error {
	return s.within(ctx, func(q *dbsqlc.Queries) error {
		used, err := useInvitation(ctx, q, hash, e.Now)
		if err != nil {
			return err
		}
		set, err := q.SetPassword(ctx, dbsqlc.SetPasswordParams{Name: used.Account, Password: password, Totp: used.Totp, TotpStep: e.Step})
		if err == nil && set == 0 {
			err = accounts.ErrUsed // the account was disabled
		}
		if err != nil {
			return err
		}
		return s.accepted(ctx, q, e, "")
	})
}

// accepted ends all sessions of an account whose invitation was used, and begins the first one.
func (s accountsIn) accepted(ctx context.Context, q *dbsqlc.Queries, e accounts.Entry, more string) error {
	if err := s.leave(ctx, q, e.Account); err != nil {
		return err
	}
	if _, err := s.begin(ctx, q, e); err != nil {
		return err
	}
	by := ledger.Person{Name: e.Account, Account: e.Account, Channel: ledger.ByPage, Proof: e.Proof}
	return s.auditAccount(ctx, q, ledger.DecisionAccountAccept, e.Account, more, by)
}

// leave ends all sessions of an account, and forgives what failed in its name.
func (s accountsIn) leave(ctx context.Context, q *dbsqlc.Queries, account string) error {
	if _, err := q.EndSessions(ctx, account); err != nil {
		return err
	}
	return q.ForgetAttempts(ctx, dbsqlc.ForgetAttemptsParams{Who: s.who(account)})
}

// ChangePassword implements accounts.Ledger.
func (s accountsIn) ChangePassword(ctx context.Context, account, password string) error {
	return s.within(ctx, func(q *dbsqlc.Queries) error {
		changed, err := q.ChangePassword(ctx, dbsqlc.ChangePasswordParams{Name: account, Password: password})
		if err == nil && changed == 0 {
			err = accounts.ErrUsed
		}
		if err != nil {
			return err
		}
		if err := s.leave(ctx, q, account); err != nil {
			return err
		}
		by := ledger.Person{Name: account, Account: account, Channel: ledger.ByPage, Proof: ledger.ProofPassword}
		return s.auditAccount(ctx, q, ledger.DecisionAccountPassword, account, "", by)
	})
}

// AddAccount implements accounts.Ledger.
func (s accountsIn) AddAccount(ctx context.Context, a accounts.Account, i accounts.NewInvitation, by ledger.Person) (added bool,
	err error) {
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		made := dbsqlc.InsertAccountParams{Name: a.Name, Label: a.Label, Email: a.Email, Language: a.Language, MadeAt: a.MadeAt, MadeBy: a.MadeBy}
		if a.System != "" {
			made.Login = &a.System
		}
		n, err := q.InsertAccount(ctx, made)
		if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.ConstraintName == "account_login_key" {
			return &accounts.SystemUserError{User: a.System}
		}
		if err != nil || n == 0 {
			return err
		}
		added = true
		if err := setRoles(ctx, q, a.Name, a.Grants); err != nil {
			return err
		}
		if err := s.invite(ctx, q, a.Name, i); err != nil {
			return err
		}
		if err := q.InsertEvent(ctx, dbsqlc.InsertEventParams{Account: a.Name, Kind: "added"}); err != nil {
			return err
		}
		return s.auditAccount(ctx, q, ledger.DecisionAccountAdd, a.Name, a.Grants.String(), by)
	})
	return added && err == nil, err
}

func (s accountsIn) invite(ctx context.Context, q *dbsqlc.Queries, account string, i accounts.NewInvitation) error {
	return q.Invite(ctx, dbsqlc.InviteParams{Account: account, Hash: i.Hash[:], Totp: s.sealSecret(account, i.Secret), ExpiresAt: i.Expires})
}

func setRoles(ctx context.Context, q *dbsqlc.Queries, account string, grants accounts.Grants) error {
	if err := q.DeleteRoles(ctx, account); err != nil {
		return err
	}
	for _, g := range grants {
		if err := q.InsertRole(ctx, dbsqlc.InsertRoleParams{Account: account, Role: string(g.Role), Dossier: g.Dossier}); err != nil {
			return err
		}
	}
	return nil
}

// auditAccount appends what was decided about an account.
func (s accountsIn) auditAccount(ctx context.Context, q *dbsqlc.Queries, what ledger.Decision, account, more string,
	by ledger.Person) error {
	entry := ledger.AuditEntry{Decision: what, Detail: strings.TrimSpace(account + " " + more)}
	entry.By(by)
	return s.audit(ctx, q, 0, entry)
}

// Accounts implements accounts.Ledger.
func (s accountsIn) Accounts(ctx context.Context, name string) ([]accounts.Account, error) {
	rows, err := s.queries.Accounts(ctx, name)
	if err != nil {
		return nil, redact("asking about accounts", err)
	}
	roles, err := s.queries.RolesOf(ctx, name)
	if err != nil {
		return nil, redact("asking about accounts", err)
	}
	grants := map[string]accounts.Grants{}
	for _, r := range roles {
		grants[r.Account] = append(grants[r.Account], accounts.Grant{Role: accounts.Role(r.Role), Dossier: r.Dossier})
	}
	all := make([]accounts.Account, 0, len(rows))
	for _, r := range rows {
		a := accounts.Account{Name: r.Name, Label: r.Label, System: value(r.Login), Email: r.Email, Language: r.Language,
			Grants: grants[r.Name].Sorted(), Ready: r.Ready, Codes: r.HasCodes, InvitedUntil: r.InvitedUntil,
			DisabledAt: r.DisabledAt, MadeAt: r.MadeAt, MadeBy: r.MadeBy}
		if r.Subject != nil {
			a.Identity = &accounts.Identity{Issuer: value(r.Issuer), Subject: *r.Subject}
		}
		if r.LastLogin.Unix() > 0 {
			a.LastLogin = &r.LastLogin
		}
		all = append(all, a)
	}
	return all, nil
}

// ofAccount changes an account, which is locked meanwhile; not ok: there is none of that name.
func (s accountsIn) ofAccount(ctx context.Context, name string, work func(q *dbsqlc.Queries) error) (ok bool, err error) {
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		_, err := q.LockAccount(ctx, name)
		switch {
		case isNoRows(err):
			return nil
		case err != nil:
			return err
		}
		ok = true
		return work(q)
	})
	return ok && err == nil, err
}

// SetRoles implements accounts.Ledger.
func (s accountsIn) SetRoles(ctx context.Context, name string, change func(accounts.Grants) accounts.Grants, by ledger.Person) (
	ok bool, err error) {
	return s.ofAccount(ctx, name, func(q *dbsqlc.Queries) error {
		rows, err := q.RolesOf(ctx, name)
		if err != nil {
			return err
		}
		var has accounts.Grants
		for _, r := range rows {
			has = append(has, accounts.Grant{Role: accounts.Role(r.Role), Dossier: r.Dossier})
		}
		grants := change(has)
		if err := setRoles(ctx, q, name, grants); err != nil {
			return err
		}
		if _, err := q.EndSessions(ctx, name); err != nil {
			return err
		}
		return s.auditAccount(ctx, q, ledger.DecisionAccountRoles, name, grants.String(), by)
	})
}

// SetContact implements accounts.Ledger.
func (s accountsIn) SetContact(ctx context.Context, name string, email, language *string, by ledger.Person) (ok bool, err error) {
	return s.ofAccount(ctx, name, func(q *dbsqlc.Queries) error {
		if err := q.SetContact(ctx, dbsqlc.SetContactParams{Name: name, Email: email, Language: language}); err != nil {
			return err
		}
		return s.auditAccount(ctx, q, ledger.DecisionAccountSet, name, "", by)
	})
}

// Disable implements accounts.Ledger.
func (s accountsIn) Disable(ctx context.Context, name string, now time.Time, by ledger.Person) (ok bool, err error) {
	return s.ofAccount(ctx, name, func(q *dbsqlc.Queries) error {
		if n, err := q.DisableAccount(ctx, dbsqlc.DisableAccountParams{Name: name, At: now}); err != nil || n == 0 {
			return err
		}
		if err := q.Withdraw(ctx, name); err != nil {
			return err
		}
		if _, err := q.EndSessions(ctx, name); err != nil {
			return err
		}
		return s.auditAccount(ctx, q, ledger.DecisionAccountDisable, name, "", by)
	})
}

// Reset implements accounts.Ledger.
func (s accountsIn) Reset(ctx context.Context, name string, i accounts.NewInvitation, by ledger.Person) (ok bool, err error) {
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		n, err := q.ResetAccount(ctx, name)
		if err != nil || n == 0 {
			return err
		}
		ok = true
		if err := s.leave(ctx, q, name); err != nil {
			return err
		}
		if err := s.invite(ctx, q, name, i); err != nil {
			return err
		}
		if err := q.InsertEvent(ctx, dbsqlc.InsertEventParams{Account: name, Kind: "reset"}); err != nil {
			return err
		}
		return s.auditAccount(ctx, q, ledger.DecisionAccountReset, name, "", by)
	})
	return ok && err == nil, err
}
