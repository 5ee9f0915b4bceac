package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/accounts"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// BeginFlow implements accounts.Ledger.
func (s accountsIn) BeginFlow(ctx context.Context, f accounts.Flow, most int) (ok bool, err error) {
	since := f.Begun.Add(-accounts.FlowLasts)
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		if err := q.DropOldFlows(ctx, since); err != nil {
			return err
		}
		begun := dbsqlc.BeginFlowParams{Hash: f.Hash[:], Purpose: string(f.Purpose), Next: f.Next, TotpStep: f.Step, Address: f.Address,
			Now: f.Begun, Since: since,
			Most: int64(most)}
		if f.Of != [32]byte{} {
			begun.Of = f.Of[:]
		}
		n, err := q.BeginFlow(ctx, begun)
		ok = n == 1
		return err
	})
	return ok && err == nil, err
}

// TakeFlow implements accounts.Ledger.
func (s accountsIn) TakeFlow(ctx context.Context, hash [32]byte, now time.Time) (f accounts.Flow, ok bool, err error) {
	row, err := s.queries.TakeFlow(ctx, dbsqlc.TakeFlowParams{Hash: hash[:], Since: now.Add(-accounts.FlowLasts)})
	switch {
	case isNoRows(err):
		return f, false, nil
	case err != nil:
		return f, false, redact("asking about accounts", err)
	}
	f = accounts.Flow{Hash: hash, Purpose: accounts.Purpose(row.Purpose), Next: row.Next, Step: row.TotpStep, Begun: row.BegunAt}
	copy(f.Of[:], row.Of)
	return f, true, nil
}

// EnterBy implements accounts.Ledger.
func (s accountsIn) EnterBy(ctx context.Context, i accounts.Identity, e accounts.Entry) (account string, firstHere bool, err error) {
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		e.Account, err = q.LinkedAccount(ctx, dbsqlc.LinkedAccountParams{Issuer: i.Issuer, Subject: i.Subject})
		if isNoRows(err) {
			return accounts.ErrRefused
		}
		if err != nil {
			return err
		}
		firstHere, err = s.begin(ctx, q, e)
		return err
	})
	return e.Account, firstHere, err
}

// AcceptBy implements accounts.Ledger.
func (s accountsIn) AcceptBy(ctx context.Context, hash [32]byte, i accounts.Identity, e accounts.Entry) (account string, err error) {
	err = s.within(ctx, func(q *dbsqlc.Queries) error {
		used, err := useInvitation(ctx, q, hash, e.Now)
		if err != nil {
			return err
		}
		e.Account = used.Account
		switch linked, err := link(ctx, q, dbsqlc.LinkAccountParams{Name: e.Account}, &i); {
		case err != nil:
			return err
		case !linked:
			return accounts.ErrUsed // the account was disabled
		}
		if e.Step > 0 {
			if err := q.SetCodes(ctx, dbsqlc.SetCodesParams{Name: e.Account, Totp: used.Totp, TotpStep: e.Step}); err != nil {
				return err
			}
		}
		return s.accepted(ctx, q, e, i.Issuer+" "+i.Subject)
	})
	return e.Account, err
}

// link sets the identity of an account; nil = none. not linked: it is disabled.
func link(ctx context.Context, q *dbsqlc.Queries, set dbsqlc.LinkAccountParams, i *accounts.Identity) (linked bool, err error) {
	if i != nil {
		set.Issuer, set.Subject = &i.Issuer, &i.Subject
	}
	n, err := q.LinkAccount(ctx, set)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.ConstraintName == "account_identity_key" {
		err = &accounts.LinkedError{}
	}
	return n == 1, err
}

// ProveBy implements accounts.Ledger.
func (s accountsIn) ProveBy(ctx context.Context, hash [32]byte, i accounts.Identity, at time.Time) error {
	return s.within(ctx, func(q *dbsqlc.Queries) error {
		n, err := q.ProveSessionBy(ctx, dbsqlc.ProveSessionByParams{Hash: hash[:], At: at, Proof: string(ledger.ProofProvider), Issuer: i.Issuer,
			Subject: i.Subject})
		if err == nil && n == 0 {
			err = accounts.ErrRefused
		}
		return err
	})
}

// Link implements accounts.Ledger.
func (s accountsIn) Link(ctx context.Context, name string, i *accounts.Identity, by ledger.Person) (ok bool, err error) {
	return s.ofAccount(ctx, name, func(q *dbsqlc.Queries) error {
		what, more := ledger.DecisionAccountUnlink, ""
		if i != nil {
			what, more = ledger.DecisionAccountLink, i.Issuer+" "+i.Subject
		}
		if _, err := link(ctx, q, dbsqlc.LinkAccountParams{Name: name, DisabledAsWell: true}, i); err != nil {
			return err
		}
		if err := s.leave(ctx, q, name); err != nil {
			return err
		}
		return s.auditAccount(ctx, q, what, name, more, by)
	})
}
