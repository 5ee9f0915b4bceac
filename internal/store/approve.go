package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// Approval is a person's decision to let go what a run holds.
type Approval struct {
	Employees []string   // the held ones of a run that has gone otherwise; none = all that it holds
	Except    []string   // held ones that are set aside, in the same transaction
	Displayed string     // digest of what the person was shown; "" = the run is meant as it is
	Seen      *jobs.Seen // how it stood then; nil = likewise
	By        string
	Reason    string
	Expires   time.Duration // how long a hold waits; 0 = for ever
}

// Approve lets a held run go on with exactly what it planned, or the held employees of one that has gone otherwise. A run
// that is held as a whole keeps its held employees: they are a decision of their own. Errors: jobs.ErrNoRun, *NotHeldError,
// *DisplayedError, *SecondPersonError, *jobs.BusyError, *jobs.ClosedError, *jobs.ExpiredError (what was held has been given up then).
func (s *Store) Approve(ctx context.Context, id int64, a Approval) (released []string, err error) {
	var expired *jobs.Run
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := s.lockRun(ctx, q, id, patiently)
		if err != nil {
			return err
		}
		if err := asDisplayed(run, a); err != nil {
			return err
		}
		if late, err := s.expireIfLate(ctx, q, run, a.Expires); late || err != nil {
			expired = run
			return err
		}
		if err := refuseApproval(ctx, q, run); err != nil {
			return err
		}
		if err := s.refuseFirstPerson(ctx, q, run, a.By); err != nil {
			return err
		}
		if released, err = s.release(ctx, q, run, a); err != nil {
			return err
		}
		line, err := s.auditRunLine(ctx, q, run, ledger.AuditEntry{Actor: a.By, Decision: ledger.DecisionApprove, Employees: released,
			Reason: a.Reason, Facts: ledger.AuditFacts{Digest: run.Digests.Plan}})
		if err != nil {
			return err
		}
		return s.goOn(ctx, q, run, a, line)
	})
	if err == nil && expired != nil {
		return nil, &jobs.ExpiredError{Run: *expired}
	}
	return released, redactUnlessOurs("approving the run", s.tellDead(ctx, err))
}

// asDisplayed fails unless a run stands as the person who approves it was shown it.
func asDisplayed(run *jobs.Run, a Approval) error {
	if run.State == jobs.Running {
		return &jobs.BusyError{Run: *run}
	}
	if a.Displayed != "" && a.Displayed != run.HeldDigest() {
		return &DisplayedError{Run: *run}
	}
	return asSeen(run, a.Seen)
}

// Shown decides about a run as it was shown to somebody.
type Shown struct {
	store *Store
	seen  *jobs.Seen
}

// Shown is where what was shown to somebody is decided about; nil = the run is meant as it is.
func (s *Store) Shown(seen *jobs.Seen) Shown { return Shown{s, seen} }

// asSeen fails unless a run stands as somebody was shown it; nil = it is meant as it is.
func asSeen(run *jobs.Run, seen *jobs.Seen) error {
	if seen != nil && *seen != run.Seen() {
		return &DisplayedError{Run: *run}
	}
	return nil
}

// refuseApproval fails where something has happened since the plan that no approval overrides.
func refuseApproval(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	if err := refuseClosed(ctx, q, run.Target.ID, run.Period); err != nil {
		return err
	}
	if err := refusePlanning(ctx, q, run); err != nil {
		return err
	}
	if err := refuseUnaccepted(ctx, q, run); err != nil {
		return err
	}
	return refuseOutdated(ctx, q, run)
}

// goOn puts an approved run into the queue. One that failed waits for a resume: whoever stopped it had a reason, and what
// else it has to send was not asked about.
func (s *Store) goOn(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, a Approval, line int64) error {
	switch run.State {
	case jobs.Held:
		if err := letShare(ctx, q, run); err != nil {
			return err
		}
		digest := run.HeldDigest()
		return q.ApproveRun(ctx, dbsqlc.ApproveRunParams{ID: run.ID, ApprovedBy: a.By, ApprovedReason: a.Reason, ApprovedDigest: digest,
			Approval: &line, Release: s.keys.proof(run.ID, run.Target.ID, run.Period, digest, letGo{a.By, line})})
	case jobs.Failed:
		return recount(ctx, q, run.ID)
	case jobs.Queued:
		return nil // for another of its employees
	case jobs.Running, jobs.Succeeded, jobs.Incomplete, jobs.Cancelled:
	}
	return q.RequeueRun(ctx, run.ID)
}

// release lets go the employees that a run holds, or tells why there is nothing to let go. None are released of a run that
// is held as a whole.
func (s *Store) release(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, a Approval) ([]string, error) {
	if len(a.Except) > 0 {
		if err := s.setAside(ctx, q, run, a.Except, a.By, a.Reason); err != nil {
			return nil, err
		}
	}
	if run.State == jobs.Held {
		if len(a.Employees) > 0 {
			return nil, &NotHeldError{Run: *run, Employees: a.Employees}
		}
		return nil, nil
	}
	goesOn := run.State.CanBecome(jobs.Queued) || run.State == jobs.Queued && run.Planned
	if !goesOn || run.Purged || run.ApprovedBy != "" && len(a.Employees) == 0 {
		return nil, &NotHeldError{Run: *run}
	}
	held, err := heldOf(ctx, q, run, a.Employees)
	if err != nil {
		return nil, err
	}
	return keysOfHeld(held), s.letGo(ctx, q, run, held)
}

// heldOf is what a run holds of some employees; none = of all. That one of them is not held is a *NotHeldError.
func heldOf(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, keys []string) ([]dbsqlc.HeldItemsRow, error) {
	wanted := slices.Compact(slices.Sorted(slices.Values(keys)))
	held, err := q.HeldItems(ctx, dbsqlc.HeldItemsParams{RunID: run.ID, Keys: wanted})
	if err != nil {
		return nil, err
	}
	found := keysOfHeld(held)
	missing := slices.DeleteFunc(wanted, func(key string) bool { return slices.Contains(found, key) })
	if len(held) == 0 || len(missing) > 0 {
		alike, err := keysAlike(ctx, q, run.Target.ID, missing)
		return nil, cmp.Or(err, error(&NotHeldError{Run: *run, Employees: missing, Alike: alike}))
	}
	return held, nil
}

func keysOfHeld(held []dbsqlc.HeldItemsRow) []string {
	keys := make([]string, len(held))
	for i := range held {
		keys[i] = held[i].Key
	}
	return keys
}

// letGo seals what a run holds of some employees as what may leave.
func (s *Store) letGo(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, held []dbsqlc.HeldItemsRow) error {
	for some := range slices.Chunk(held, holdAtOnce) {
		if err := s.letSomeGo(ctx, q, run, some); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) letSomeGo(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, held []dbsqlc.HeldItemsRow) error {
	params := dbsqlc.ReleaseItemsParams{RunID: run.ID}
	for _, item := range held {
		at := place{target: run.Target.ID, period: run.Period, key: item.Key, run: run.ID, seq: item.Seq, version: item.BaselineVersion}
		document, err := s.keys.open(aHeld, item.Payload, at)
		if err != nil {
			return &AlteredError{Run: *run, Employee: item.Key}
		}
		params.Seqs, params.Payloads = append(params.Seqs, item.Seq), append(params.Payloads, s.keys.seal(aDocument, document, at))
	}
	return q.ReleaseItems(ctx, params)
}

// AlteredError says that what a run holds of an employee is no longer what was planned.
type AlteredError struct {
	Run      jobs.Run
	Employee string
}

func (e *AlteredError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *AlteredError) Fact() hinted.Fact {
	return hinted.Say("run.altered", "run", e.Run.ID, "employee", e.Employee, "job", e.Run.Job, "dossier", e.Run.Target.Dossier,
		"period", e.Run.Period)
}

// DisplayedError says that a run, or what it holds, is not what was shown to the person who decides about it.
type DisplayedError struct{ Run jobs.Run }

func (e *DisplayedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *DisplayedError) Fact() hinted.Fact { return hinted.Say("run.displayed", "run", e.Run.ID) }

// NotHeldError says that there is nothing to approve, and why.
type NotHeldError struct {
	Run       jobs.Run
	Employees []string // who was asked for, and is not held; none = the run as a whole
	Aside     bool     // they were to be set aside
	Alike     []string // whose matricules differ from theirs by zeros in front alone
}

func (e *NotHeldError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *NotHeldError) Fact() hinted.Fact {
	fact := func(code string, namesAndValues ...any) hinted.Fact {
		return hinted.Say(code, append([]any{"run", e.Run.ID, "by", e.Run.ApprovedBy, "reason", strconv.Quote(e.Run.ApprovedFor)},
			namesAndValues...)...)
	}
	switch {
	case e.Aside && len(e.Employees) > 0 && e.Run.State == jobs.Held:
		return fact("run.not-held-aside", "keys", e.Employees)
	case len(e.Employees) > 0 && e.Run.State == jobs.Held:
		return fact("run.not-held-whole")
	case len(e.Employees) > 0:
		var quoted []string
		for _, key := range e.Employees {
			quoted = append(quoted, strconv.Quote(key))
		}
		if len(e.Alike) > 0 {
			return fact("run.not-held-alike", "keys", quoted, "alike", e.Alike)
		}
		return fact("run.not-held-employees", "keys", quoted)
	case e.Run.Failure.Code == jobs.ReasonReplanned:
		return fact("run.not-held-replanned", "other", e.Run.Failure.Detail)
	case e.Run.ApprovedBy != "" && e.Run.Counts.Held > 0:
		return fact("run.not-held-rest")
	case e.Run.ApprovedBy != "":
		return fact("run.not-held-approved", "state", hinted.State(e.Run.State))
	}
	return fact("run.not-held", "state", hinted.State(e.Run.State))
}
