package store

import (
	"context"
	"encoding/json"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// audit appends a decision to the audit, in the transaction of what was decided. target 0 = of no dossier; an actor that
// is not named is syncd itself. Where, with which program and with which configuration is filled in here.
func (s *Store) audit(ctx context.Context, q *dbsqlc.Queries, target int64, e ledger.AuditEntry) error {
	_, err := s.auditLine(ctx, q, target, e)
	return err
}

// auditLine is audit that tells the number of the line.
func (s *Store) auditLine(ctx context.Context, q *dbsqlc.Queries, target int64, e ledger.AuditEntry) (int64, error) {
	if err := ledger.CheckReason(e.Reason); err != nil {
		return 0, err
	}
	if e.Account == "" && s.person.Name != "" && e.Actor == s.person.Name {
		who, err := s.whole(ctx, q, s.person)
		if err != nil {
			return 0, err
		}
		e.By(who)
	}
	row := dbsqlc.InsertAuditParams{
		Actor: e.Actor, Decision: string(e.Decision), Job: e.Job, Period: string(e.Period), Employees: append([]string{}, e.Employees...),
		Reason: e.Reason, Detail: e.Detail, Host: s.host, Version: s.version, ConfigDigest: value(s.configuration.Load()),
		Account: e.Account, Channel: string(e.Channel), Proof: string(e.Proof),
	}
	if e.Facts != (ledger.AuditFacts{}) {
		var err error
		if row.Facts, err = json.Marshal(e.Facts); err != nil {
			return 0, err
		}
		if row.Detail = e.Facts.String(); e.Facts.Why != nil {
			row.Reason = e.Facts.Why.In(hinted.English())
		}
	}
	if row.Actor == "" {
		row.Actor = ledger.Itself
	}
	if target != 0 {
		row.TargetID = &target
	}
	if e.Run != 0 {
		row.RunID = &e.Run
	}
	return q.InsertAudit(ctx, row)
}

// auditRun is audit of a decision about a run.
func (s *Store) auditRun(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, e ledger.AuditEntry) error {
	_, err := s.auditRunLine(ctx, q, run, e)
	return err
}

func (s *Store) auditRunLine(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, e ledger.AuditEntry) (int64, error) {
	e.Job, e.Period, e.Run = run.Job, run.Period, run.ID
	return s.auditLine(ctx, q, run.Target.ID, e)
}

// auditNew is audit of a run that somebody, or a schedule, asked for.
func (s *Store) auditNew(ctx context.Context, q *dbsqlc.Queries, run int64, request jobs.NewRun) error {
	entry := ledger.AuditEntry{Actor: request.RequestedBy, Decision: ledger.DecisionRun, Job: request.Job, Period: request.Period, Run: run,
		Employees: request.Employees, Detail: string(request.Trigger)}
	if request.FailedOf != 0 {
		entry.Facts.FailedOf = request.FailedOf
	}
	if request.Resend != "" {
		entry.Detail, entry.Reason, entry.Facts = "resend", request.Resend, ledger.AuditFacts{}
	}
	return s.audit(ctx, q, request.Target.ID, entry)
}

// Audit lists the audit, newest first.
func (s *Store) Audit(ctx context.Context, f ledger.AuditFilter) ([]ledger.AuditEntry, error) {
	params := dbsqlc.ListAuditParams{Dossier: f.Dossier, Job: f.Job, Period: string(f.Period), RunID: f.Run,
		Actor: f.Actor, Decision: string(f.Decision), Since: f.Since}
	if f.Max > 0 {
		most := int32(f.Max) //nolint:gosec // a few
		params.MaxRows = &most
	}
	rows, err := s.listAudit(ctx, params, f.Employee)
	if err != nil {
		return nil, redact("reading the audit", err)
	}
	entries := make([]ledger.AuditEntry, 0, len(rows))
	for _, r := range rows {
		entry, err := toEntry(r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// listAudit reads lines of the audit: all, or those that name an employee.
func (s *Store) listAudit(ctx context.Context, p dbsqlc.ListAuditParams, employee string) (rows []dbsqlc.ListAuditRow, err error) {
	if employee == "" {
		return s.queries.ListAudit(ctx, p)
	}
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := q.ReadByBitmap(ctx); err != nil {
			return err
		}
		found, err := q.ListAuditNaming(ctx, dbsqlc.ListAuditNamingParams{Employee: employee, Dossier: p.Dossier, Job: p.Job, Period: p.Period,
			RunID: p.RunID, Actor: p.Actor, Decision: p.Decision, Since: p.Since, MaxRows: p.MaxRows})
		for _, r := range found {
			rows = append(rows, dbsqlc.ListAuditRow(r))
		}
		return err
	})
	return rows, err
}

// AuditedAlike are the matricules of audited decisions that differ from one by zeros in front alone; dossier "" = of any.
func (s *Store) AuditedAlike(ctx context.Context, dossier, key string) ([]string, error) {
	var alike []string
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		err := q.ReadByBitmap(ctx)
		if err == nil {
			alike, err = q.AuditedAlike(ctx, dbsqlc.AuditedAlikeParams{Dossier: dossier, Keys: otherZeros([]string{key})})
		}
		return err
	})
	return alike, redact("reading the audit", err)
}

func toEntry(r dbsqlc.ListAuditRow) (ledger.AuditEntry, error) {
	e := ledger.AuditEntry{
		ID: r.ID, At: r.At, Actor: r.Actor, Decision: ledger.Decision(r.Decision), Dossier: r.Dossier, Environment: r.Environment,
		Partner: r.Partner, BaseURL: r.BaseUrl,
		Job: r.Job, Period: jobs.Period(r.Period), Run: value(r.RunID), Employees: r.Employees, Reason: r.Reason, Detail: r.Detail,
		Host: r.Host, Version: r.Version, ConfigDigest: r.ConfigDigest, Facts: ledger.FormerFacts(r.Detail),
		Account: r.Account, Channel: ledger.Channel(r.Channel), Proof: ledger.Proof(r.Proof),
	}
	if r.Facts == nil {
		return e, nil
	}
	if err := json.Unmarshal(r.Facts, &e.Facts); err != nil {
		return e, hinted.At("reading a line of the audit", r.ID, err)
	}
	return e, nil
}

// UseConfiguration is SetConfiguration that records nothing of it.
func (s *Store) UseConfiguration(_ context.Context, digest string) error {
	s.configuration.Store(&digest)
	return nil
}

// SetConfiguration tells with which configuration this process works from now on: the audit names its digest with each
// decision. One that this host has not used last is recorded itself.
func (s *Store) SetConfiguration(ctx context.Context, digest string) error {
	s.configuration.Store(&digest)
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := q.LockConfigurations(ctx); err != nil {
			return err
		}
		last, err := q.LastConfiguration(ctx, s.host)
		if err != nil && !isNoRows(err) || err == nil && last == digest {
			return err
		}
		return s.audit(ctx, q, 0, ledger.AuditEntry{Decision: ledger.DecisionConfiguration, Detail: s.host})
	})
	return redact("recording the configuration", err)
}
