package store

import (
	"context"
	"errors"
	"os"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// recentlySilentError says that an owner seems dead, but for too short a time to be sure.
type recentlySilentError struct{ wait time.Duration }

func (e *recentlySilentError) Error() string { return "the owner of a run has only just fallen silent" }

// Start implements jobs.Ledger.
func (s *Store) Start(ctx context.Context, request jobs.NewRun) (*jobs.Run, error) {
	if err := s.acquireOwner(ctx); err != nil {
		return nil, err
	}
	return s.claim(ctx, func(q *dbsqlc.Queries) (int64, error) {
		target, err := s.lockTarget(ctx, q, request.Target)
		if err != nil {
			return 0, err
		}
		if err := refuseClosed(ctx, q, target, request.Period); err != nil {
			return 0, err
		}
		if err := s.clearWay(ctx, q, target); err != nil {
			return 0, err
		}
		request.Target.ID = target
		if err := refuseQueued(ctx, q, request, true); err != nil {
			return 0, err
		}
		if err := checkOrder(ctx, q, target, request, doubtBlocks); err != nil {
			return 0, err
		}
		starters, err := s.marksOf(ctx, q, request.RequestedBy)
		if err != nil {
			return 0, err
		}
		id, err := q.InsertRun(ctx, s.insertion(target, request, starters))
		if err != nil {
			return 0, err
		}
		return id, s.auditNew(ctx, q, id, request)
	})
}

func (s *Store) insertion(target int64, request jobs.NewRun, starters []string) dbsqlc.InsertRunParams {
	owner := s.owner.identity()
	return dbsqlc.InsertRunParams{
		TargetID: target, Job: request.Job, Kind: string(request.Kind), Period: periodOf(request),
		Trigger: string(request.Trigger), Owner: &owner, Host: s.host, Pid: int32(os.Getpid()), //nolint:gosec // a pid fits
		Employees: employees(request), RequestedBy: request.RequestedBy, Version: s.version, KeyID: s.keys.ID,
		ConfigDigest: request.Digests.Config, AnyOrder: request.AnyOrder, FailedOf: failedOf(request), Verify: request.Verify,
		Overwrite: request.Overwrite, Resend: request.Resend, StartedBy: starters,
	}
}

// periodOf is a run's period as the ledger keeps it. A run that must be of a month and names none is refused there.
func periodOf(request jobs.NewRun) *string {
	if !request.Kind.HasPeriod() {
		return nullable(string(request.Period))
	}
	period := string(request.Period)
	return &period
}

// employees are those of a request as the ledger keeps them: none, not NULL, for everyone.
func employees(request jobs.NewRun) []string { return append([]string{}, request.Employees...) }

func failedOf(request jobs.NewRun) *int64 {
	if request.FailedOf == 0 {
		return nil
	}
	return &request.FailedOf
}

// Resume implements jobs.Ledger.
func (s *Store) Resume(ctx context.Context, id int64, request jobs.Resumption) (*jobs.Run, error) {
	if err := s.acquireOwner(ctx); err != nil {
		return nil, err
	}
	return s.claim(ctx, func(q *dbsqlc.Queries) (int64, error) {
		run, err := s.lockRun(ctx, q, id, patiently)
		if err != nil {
			return 0, err
		}
		if err := s.resumable(ctx, q, run); err != nil {
			return 0, err
		}
		if err := refuseClosed(ctx, q, run.Target.ID, run.Period); err != nil {
			return 0, err
		}
		if request.Scope == jobs.ScopeEmployee {
			if err := checkNewer(ctx, q, run.Target.ID, run.Period); err != nil {
				return 0, err
			}
		}
		if err := s.auditRun(ctx, q, run, ledger.AuditEntry{Actor: request.By, Decision: ledger.DecisionResume}); err != nil {
			return 0, err
		}
		if err := s.addStarters(ctx, q, id, request.By); err != nil {
			return 0, err
		}
		return id, s.takeUp(ctx, q, run, request, jobs.TriggerResume)
	})
}

// takeUp makes a run ours, and its items that were on their way ones that can be sent again, or not, as the semantics
// say. trigger is why; "" leaves the run's own.
func (s *Store) takeUp(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, request jobs.Resumption, trigger jobs.Trigger) error {
	owner, takeovers := s.owner.identity(), 0
	if run.State == jobs.Running {
		if err := q.EndSending(ctx, run.ID); err != nil {
			return err
		}
		if !s.owner.was(*run.Owner) { // this process lives, whatever it lost
			takeovers = 1
		}
	}
	if err := q.ClaimRun(ctx, dbsqlc.ClaimRunParams{ID: run.ID, Trigger: nullable(string(trigger)), Takeovers: int32(takeovers),
		Owner: &owner, Host: s.host,
		Pid: int32(os.Getpid()), Version: s.version, ConfigDigest: request.ConfigDigest}); err != nil { //nolint:gosec // a pid fits
		return err
	}
	if err := q.ReopenSending(ctx, dbsqlc.ReopenSendingParams{RunID: run.ID, Resend: request.Semantics != jobs.Append}); err != nil {
		return err
	}
	if request.Scope == jobs.ScopeEmployee {
		if err := q.SupersedeOvertaken(ctx, run.ID); err != nil {
			return err
		}
	}
	return delay(ctx, q, run.ID, request)
}

// patiently waits for a lock. A person can wait for another process; a daemon has other dossiers.
const patiently = true

// lockTarget locks a target, which is made where there is none, and finds its number. Its SIRET is that of the
// configuration at hand.
func (s *Store) lockTarget(ctx context.Context, q *dbsqlc.Queries, t jobs.Target) (int64, error) {
	found, err := q.FindTarget(ctx, targetKey(t))
	if isNoRows(err) {
		if err := ensureTarget(ctx, q, t); err != nil {
			return 0, err
		}
		found, err = q.FindTarget(ctx, targetKey(t))
	}
	if err != nil {
		return 0, err
	}
	if err := s.keepKey(ctx, q); err != nil {
		return 0, err
	}
	if _, err := s.endFrozen(ctx, q, found.ID); err != nil {
		return 0, err
	}
	if err := q.LockTargetByID(ctx, found.ID); err != nil {
		return 0, err
	}
	if value(found.Siret) == t.Siret {
		return found.ID, nil
	}
	return found.ID, setSiret(ctx, q, found.ID, t.Siret)
}

// ensureTarget makes a target that is not there.
func ensureTarget(ctx context.Context, q *dbsqlc.Queries, t jobs.Target) error {
	key := targetKey(t)
	return q.EnsureTarget(ctx, dbsqlc.EnsureTargetParams{Partner: key.Partner, Environment: key.Environment, BaseUrl: key.BaseUrl,
		Dossier: key.Dossier, Siret: t.Siret})
}

// lockRun locks the target of a run, then the run: the order in which all claims lock. Without patience it fails with
// ErrTaken while another process has the target.
func (s *Store) lockRun(ctx context.Context, q *dbsqlc.Queries, id int64, patient bool) (*jobs.Run, error) {
	row, err := q.GetRun(ctx, id)
	if isNoRows(err) {
		return nil, jobs.ErrNoRun
	}
	if err != nil {
		return nil, err
	}
	if err := s.keepKey(ctx, q); err != nil {
		return nil, err
	}
	target := row.SyncdTarget.ID
	ended, err := s.endFrozen(ctx, q, target)
	if err != nil {
		return nil, err
	}
	if patient || ended { // its locks are about to go
		err = q.LockTargetByID(ctx, target)
	} else if _, err = q.TryLockTarget(ctx, target); isNoRows(err) {
		err = jobs.ErrTaken
	}
	if err != nil {
		return nil, err
	}
	locked, err := q.LockRun(ctx, id)
	if err != nil {
		return nil, err
	}
	return toRun(locked.SyncdRun, locked.SyncdTarget), nil
}

// endFrozen ends the sessions of a target's owner that is gone, before its locks are waited for: it may have frozen in
// the middle of a transaction.
func (s *Store) endFrozen(ctx context.Context, q *dbsqlc.Queries, target int64) (ended bool, err error) {
	row, err := q.PeekRunning(ctx, target)
	if isNoRows(err) || err == nil && *row.SyncdRun.Owner == s.owner.identity() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	run := toRun(row.SyncdRun, row.SyncdTarget)
	status, err := statusOf(ctx, q, run)
	if err != nil || !status.dead(s.lease) {
		return false, err
	}
	return true, q.TerminateSessions(ctx, applicationName(*run.Owner))
}

// resumable fails unless the run may be claimed again now.
func (s *Store) resumable(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	if run.Cancelling || run.Purged {
		return &jobs.FinishedError{Run: *run}
	}
	if run.State == jobs.Running {
		return s.takeable(ctx, q, run)
	}
	if !run.State.CanBecome(jobs.Running) {
		return &jobs.FinishedError{Run: *run}
	}
	if run.State == jobs.Incomplete {
		remaining, err := q.RemainingItems(ctx, run.ID)
		if err != nil {
			return err
		}
		if remaining == 0 {
			return &jobs.FinishedError{Run: *run}
		}
	}
	return s.clearWay(ctx, q, run.Target.ID)
}

// claim runs attempt in a transaction, again while an owner that seems dead must still be given time.
func (s *Store) claim(ctx context.Context, attempt func(q *dbsqlc.Queries) (int64, error)) (*jobs.Run, error) {
	for {
		var id int64
		err := s.transact(ctx, func(q *dbsqlc.Queries) (err error) {
			id, err = attempt(q)
			return err
		})
		var silent *recentlySilentError
		if errors.As(err, &silent) {
			if err := wait(ctx, silent.wait); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, redactUnlessOurs("claiming a run", err)
		}
		return s.claimedRun(ctx, id)
	}
}

// claimedRun reads a run that this process has just claimed. When it was taken over in between it is not handed out: with
// the epoch of another this process could write into what is not its own.
func (s *Store) claimedRun(ctx context.Context, id int64) (*jobs.Run, error) {
	run, err := s.Run(ctx, id)
	if err == nil && (run.Owner == nil || *run.Owner != s.owner.identity()) {
		return nil, jobs.ErrLost
	}
	if err == nil && run.Planned { // before anything of it leaves; else its plan will
		s.mark(ctx)
	}
	return run, err
}

// refuseQueued fails with a *jobs.BusyError while a run of everyone, of the same job, target and period, is queued. With
// planned = false one that has read staging already is not in the way.
func refuseQueued(ctx context.Context, q *dbsqlc.Queries, request jobs.NewRun, planned bool) error {
	row, err := q.WaitingRun(ctx, dbsqlc.WaitingRunParams{Job: request.Job, TargetID: request.Target.ID,
		Period: periodOf(request), Planned: planned})
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return &jobs.BusyError{Run: *toRun(row.SyncdRun, row.SyncdTarget)}
}

// clearWay ends the target's running run when its owner is gone, and fails with a *jobs.BusyError when it is not. The
// items of the run stay as they are: open, for a resume or for a newer plan, those on their way in doubt from now on.
func (s *Store) clearWay(ctx context.Context, q *dbsqlc.Queries, target int64) error {
	row, err := q.RunningRun(ctx, target)
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	run := toRun(row.SyncdRun, row.SyncdTarget)
	if err := s.takeable(ctx, q, run); err != nil {
		return err
	}
	return endDead(ctx, q, run, jobs.ReasonInterrupted)
}

// endDead ends a run whose process is gone: cancelled, where a person had asked for that, else failed.
func endDead(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, why jobs.ReasonCode) error {
	if err := q.EndSending(ctx, run.ID); err != nil {
		return err
	}
	state, reason := run.AfterDeath(why)
	if state == jobs.Cancelled {
		return cancelRun(ctx, q, run)
	}
	counts, err := tally(ctx, q, run)
	if err != nil {
		return err
	}
	return endRun(ctx, q, run, counts, state, reason)
}

// takeable fails with a *jobs.BusyError while the owner of a running run lives. The sessions of an owner that does not
// are ended: it may be frozen, and no transaction of its may be in our way or complete.
func (s *Store) takeable(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	status, err := statusOf(ctx, q, run)
	switch {
	case err != nil:
		return err
	case !status.dead(s.lease) && status.locked:
		return &jobs.BusyError{Run: *run}
	case !status.dead(s.lease):
		return &recentlySilentError{wait: status.deadIn(s.lease) + 10*time.Millisecond}
	}
	return q.TerminateSessions(ctx, applicationName(*run.Owner))
}

// ownerStatus is what the database knows of an owner.
type ownerStatus struct {
	locked bool
	silent time.Duration
}

// dead tells that the runs of the owner may be taken.
func (o ownerStatus) dead(lease time.Duration) bool { return o.deadIn(lease) < 0 }

// deadIn is how long the owner must stay silent until its runs may be taken; negative = they may.
func (o ownerStatus) deadIn(lease time.Duration) time.Duration {
	if o.locked {
		return lease - o.silent
	}
	return takeoverSilence - o.silent
}

func statusOf(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) (ownerStatus, error) {
	if run.Owner == nil {
		return ownerStatus{}, hinted.Because(nil, "defect.no-owner", "run", run.ID)
	}
	row, err := q.OwnerStatus(ctx, *run.Owner)
	return newOwnerStatus(row.Locked, row.SilentSeconds), err
}

// newOwnerStatus understands a heartbeat that is in the future, for the server's clock was set back: as long as its session
// lives an owner confirms a new one in a moment; without it, it is dead.
func newOwnerStatus(locked bool, silentSeconds float64) ownerStatus {
	silent := seconds(silentSeconds)
	if silent < 0 {
		silent = 0
		if !locked {
			silent = 2 * takeoverSilence
		}
	}
	return ownerStatus{locked: locked, silent: silent}
}

func (s *Store) acquireOwner(ctx context.Context) error {
	if s.owner.idle() {
		if err := s.look(ctx); err != nil {
			return err
		}
	}
	renewed, err := s.owner.acquire(ctx, s.pool.Config().ConnConfig)
	if renewed {
		s.pool.Reset() // its sessions bear the name of the former owner
	}
	return err
}

func targetKey(t jobs.Target) dbsqlc.FindTargetParams {
	return dbsqlc.FindTargetParams{Partner: t.Partner, Environment: t.Environment, BaseUrl: jobs.NormalAddress(t.BaseURL), Dossier: t.Dossier}
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
