package store

import (
	"context"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// PeriodError says why a period cannot be closed or reopened.
type PeriodError struct{ Why hinted.Fact }

func (e *PeriodError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *PeriodError) Fact() hinted.Fact { return e.Why }

// ClosePeriod lets nothing of a period be sent any more: no run of it is started, resumed, approved or settled. It returns
// what it leaves undelivered, which only a forced closing does. Errors: *jobs.BusyError while a run of it is queued or
// running, *ledger.MissingError while something is undelivered, *PeriodError when it is closed already. One that was reopened
// is closed before its time.
func (s *Store) ClosePeriod(ctx context.Context, t jobs.Target, p jobs.Period, closure ledger.Closure) (left []ledger.Missing, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		target, err := s.lockTarget(ctx, q, t)
		if err != nil {
			return err
		}
		if err := refuseReclosing(ctx, q, target, p); err != nil {
			return err
		}
		if err := refuseActiveOf(ctx, q, target, p); err != nil {
			return err
		}
		t.ID = target
		if left, err = s.missingOf(ctx, q, ledger.Lineage{Target: t, Former: closure.Former}, p); err != nil {
			return err
		}
		entry := ledger.AuditEntry{Actor: closure.By, Decision: ledger.DecisionClose, Period: p, Reason: closure.Reason}
		if len(left) > 0 {
			if !closure.Force {
				return refuseMissing(ctx, q, t, p, left)
			}
			if closure.Shown != "" && closure.Shown != ledger.MissingTag(left) {
				return &PeriodError{hinted.Say("audit.period-moved", "period", p)}
			}
			entry.Detail, entry.Employees = ledger.DetailForced, ledger.KeysOf(left)
		}
		if err := q.ClosePeriod(ctx, dbsqlc.ClosePeriodParams{TargetID: target, Period: string(p), ClosedBy: closure.By,
			Reason: closure.Reason}); err != nil {
			return err
		}
		return s.audit(ctx, q, target, entry)
	})
	return left, redactUnlessOurs("closing the period", s.tellDead(ctx, err))
}

func refuseMissing(ctx context.Context, q *dbsqlc.Queries, t jobs.Target, p jobs.Period, missing []ledger.Missing) error {
	refused := &ledger.MissingError{Target: t, Period: p, Missing: missing}
	if last := refused.Last(); last != 0 {
		run, err := q.GetRun(ctx, last)
		if err != nil {
			return err
		}
		refused.Job = run.SyncdRun.Job
	}
	return refused
}

// missingOf is what a period would leave undone.
func (s *Store) missingOf(ctx context.Context, q *dbsqlc.Queries, of ledger.Lineage, p jobs.Period) ([]ledger.Missing, error) {
	months, err := s.months(ctx, q, []ledger.Lineage{of}, []jobs.Period{p})
	switch {
	case err != nil:
		return nil, err
	case len(months) == 0:
		return []ledger.Missing{{Kind: ledger.MissingAll}}, nil
	}
	return months[0].Missing, nil
}

func refuseReclosing(ctx context.Context, q *dbsqlc.Queries, target int64, p jobs.Period) error {
	closing, err := q.FindClosing(ctx, dbsqlc.FindClosingParams{TargetID: target, Period: string(p)})
	switch {
	case isNoRows(err), err == nil && !closing.Closed:
		return nil
	case err != nil:
		return err
	}
	return &PeriodError{hinted.Say("audit.period-closed", "period", p, "by", closing.ClosedBy, "since", closing.ClosedAt)}
}

// refuseActiveOf fails with a *jobs.BusyError while a run of the period is queued or running.
func refuseActiveOf(ctx context.Context, q *dbsqlc.Queries, target int64, p jobs.Period) error {
	row, err := q.ActiveOfPeriod(ctx, dbsqlc.ActiveOfPeriodParams{TargetID: target, Period: string(p)})
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return &jobs.BusyError{Run: *toRun(row.SyncdRun, row.SyncdTarget)}
}

// ReopenPeriod lets a closed period take writes again until a time, which Postgres's clock tells. Errors: *PeriodError when
// the period is open already, or that time is not in the future.
func (s *Store) ReopenPeriod(ctx context.Context, t jobs.Target, p jobs.Period, by, reason string, until time.Time) error {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		target, err := s.lockTarget(ctx, q, t)
		if err != nil {
			return err
		}
		if err := refuseOpen(ctx, q, target, p); err != nil {
			return err
		}
		n, err := q.ReopenPeriod(ctx, dbsqlc.ReopenPeriodParams{TargetID: target, Period: string(p), ReopenedBy: by,
			Reason: reason, Until: until})
		if err != nil {
			return err
		}
		if n == 0 {
			return &PeriodError{hinted.Say("audit.period-past", "until", until)}
		}
		return s.audit(ctx, q, target, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionReopen, Period: p, Reason: reason,
			Facts: ledger.AuditFacts{Until: &until}})
	})
	return redactUnlessOurs("reopening the period", err)
}

func refuseOpen(ctx context.Context, q *dbsqlc.Queries, target int64, p jobs.Period) error {
	closing, err := q.FindClosing(ctx, dbsqlc.FindClosingParams{TargetID: target, Period: string(p)})
	switch {
	case isNoRows(err):
		return openAlready(p, nil)
	case err == nil && !closing.Closed:
		return openAlready(p, closing.OpenUntil)
	}
	return err
}

func openAlready(p jobs.Period, until *time.Time) error {
	if until == nil {
		return &PeriodError{hinted.Say("audit.period-never-closed", "period", p)}
	}
	return &PeriodError{hinted.Say("audit.period-open", "period", p, "until", *until)}
}

// ClosedPeriod reports whether a period takes no writes now. The target is one of Store.Target; nothing need ever have been
// done with it.
func (s *Store) ClosedPeriod(ctx context.Context, t jobs.Target, p jobs.Period) (closed bool, err error) {
	if t.ID != 0 {
		closed, err = s.queries.PeriodIsClosed(ctx, dbsqlc.PeriodIsClosedParams{TargetID: t.ID, Period: string(p)})
	} else {
		closed, err = s.queries.SiretIsClosed(ctx, dbsqlc.SiretIsClosedParams{Partner: t.Partner, Environment: t.Environment,
			Siret: t.Siret, Period: string(p)})
	}
	return closed, redact("reading closed periods", err)
}

// refuseClosed fails with a *jobs.ClosedError when a period takes no writes. With the target locked it stays as it is for
// the rest of the transaction, but for an opening that ends.
func refuseClosed(ctx context.Context, q *dbsqlc.Queries, target int64, p jobs.Period) error {
	closed, err := q.PeriodIsClosed(ctx, dbsqlc.PeriodIsClosedParams{TargetID: target, Period: string(p)})
	if err == nil && closed {
		return &jobs.ClosedError{Period: p}
	}
	return err
}

// Closings lists the periods of the dossiers at one address that were ever closed, the newest first.
func (s *Store) Closings(ctx context.Context, environment, baseURL string) ([]ledger.Closing, error) {
	rows, err := s.queries.ListClosings(ctx, dbsqlc.ListClosingsParams{Environment: environment, BaseUrl: jobs.NormalAddress(baseURL)})
	if err != nil {
		return nil, redact("reading closed periods", err)
	}
	closings := make([]ledger.Closing, 0, len(rows))
	for _, r := range rows {
		closings = append(closings, ledger.Closing{Target: toTarget(r.SyncdTarget), Period: jobs.Period(r.Period),
			ClosedAt: r.ClosedAt, ClosedBy: r.ClosedBy, Reason: r.Reason, ReopenedAt: r.ReopenedAt, ReopenedBy: r.ReopenedBy,
			ReopenedReason: r.ReopenedReason, OpenUntil: r.OpenUntil, Open: r.Open})
	}
	return closings, nil
}
