package store

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// Active lists the runs that wait or go on, of these jobs and targets: interrupted ones first, then by period and age.
func (s *Store) Active(ctx context.Context, pairs []ledger.Pair) ([]ledger.Active, error) {
	rows, err := s.queries.ListActive(ctx)
	if err != nil {
		return nil, redact("reading the queue", err)
	}
	ours := make(map[ledger.Pair]bool, len(pairs))
	for _, pair := range pairs {
		ours[pair] = true
	}
	active := make([]ledger.Active, 0, len(rows))
	for _, row := range rows {
		if a := s.toActive(row); ours[a.Pair] {
			active = append(active, a)
		}
	}
	return active, nil
}

// mostOutside bounds a list that is to be read by people.
const mostOutside = 1000

// Outside lists runs that are not over and of none of these jobs and targets, oldest first: a configuration that has
// nothing else never goes on with them. One that some process executes is not among them.
func (s *Store) Outside(ctx context.Context, pairs []ledger.Pair) (outside []*jobs.Run, err error) {
	names, targets := columns(pairs)
	rows, err := s.queries.ListOutside(ctx, dbsqlc.ListOutsideParams{Jobs: names, Targets: targets, MaxRows: mostOutside})
	if err != nil {
		return nil, redact("reading the queue", err)
	}
	for _, row := range rows {
		run := toRun(row.SyncdRun, row.SyncdTarget)
		if err := s.bringUpToDate(ctx, run); err != nil {
			return nil, err
		}
		if run.State != jobs.Running || run.Interrupted {
			outside = append(outside, run)
		}
	}
	return outside, nil
}

func (s *Store) toActive(r dbsqlc.ListActiveRow) ledger.Active {
	a := ledger.Active{ID: r.ID, Pair: ledger.Pair{Job: r.Job, TargetID: r.TargetID}, State: jobs.State(r.State),
		Period: jobs.Period(value(r.Period)), Trigger: jobs.Trigger(r.Trigger), Again: r.Postponed > 0, Paused: r.Paused,
		Wait: seconds(r.WaitSeconds)}
	if a.State == jobs.Running {
		a.Wait = newOwnerStatus(r.Locked, r.SilentSeconds).deadIn(s.lease)
		a.Ours = r.Owner != nil && *r.Owner == s.owner.identity()
	}
	return a
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// columns are pairs as two arrays.
func columns(pairs []ledger.Pair) (names []string, targets []int64) {
	for _, p := range pairs {
		names, targets = append(names, p.Job), append(targets, p.TargetID)
	}
	return names, targets
}

// Claim takes a queued run, or one whose process is gone, or one that runs in the name of this process while nobody
// executes it. One that was cancelled meanwhile, or has cost too many processes, is ended instead. Errors: jobs.ErrTaken,
// *jobs.BusyError and *jobs.OrderError when it must wait.
func (s *Store) Claim(ctx context.Context, id int64, request jobs.Resumption) (*jobs.Run, error) {
	if err := s.acquireOwner(ctx); err != nil {
		return nil, err
	}
	ended := false
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := s.lockRun(ctx, q, id, !patiently)
		if err != nil {
			return err
		}
		if err := s.claimable(ctx, q, run, request); err != nil {
			return err
		}
		if ended, err = s.endInstead(ctx, q, run); ended || err != nil {
			return err
		}
		return s.takeUp(ctx, q, run, request, "")
	})
	var silent *recentlySilentError
	switch {
	case errors.As(err, &silent), errors.Is(err, jobs.ErrNoRun), ended && err == nil:
		return nil, jobs.ErrTaken
	case err != nil:
		return nil, redactUnlessOurs("claiming a run", err)
	}
	return s.claimedRun(ctx, id)
}

func (s *Store) claimable(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, request jobs.Resumption) error {
	switch {
	case run.State == jobs.Running && *run.Owner == s.owner.identity():
		return nil
	case run.State == jobs.Running:
		return s.takeable(ctx, q, run)
	case run.State != jobs.Queued:
		return jobs.ErrTaken
	}
	if err := s.clearWay(ctx, q, run.Target.ID); err != nil {
		return err
	}
	// What has a plan was in order when it was made; only an API with one document per employee minds.
	anyOrder := run.AnyOrder || run.Planned
	return checkOrder(ctx, q, run.Target.ID, jobs.NewRun{Period: run.Period, AnyOrder: anyOrder, Scope: request.Scope}, !doubtBlocks)
}

// endInstead ends a run that must not be executed any more.
func (s *Store) endInstead(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) (bool, error) {
	if run.State != jobs.Running || run.MayBeTakenOver() {
		return false, nil
	}
	return true, endDead(ctx, q, run, jobs.ReasonCrashes)
}

// Enqueue records a run for a daemon to execute. Errors: *jobs.BusyError, *jobs.OrderError.
func (s *Store) Enqueue(ctx context.Context, request jobs.NewRun) (*jobs.Run, error) {
	var id int64
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		target, err := s.lockTarget(ctx, q, request.Target)
		if err != nil {
			return err
		}
		request.Target.ID = target
		if err := refuseClosed(ctx, q, target, request.Period); err != nil {
			return err
		}
		if err := refuseActive(ctx, q, request); err != nil {
			return err
		}
		if err := checkOrder(ctx, q, target, request, doubtBlocks); err != nil {
			return err
		}
		starters, err := s.marksOf(ctx, q, request.RequestedBy)
		if err != nil {
			return err
		}
		if id, err = q.InsertQueuedRun(ctx, s.queued(request, nil, starters)); err != nil {
			return err
		}
		return s.auditNew(ctx, q, id, request)
	})
	if err != nil {
		return nil, redactUnlessOurs("queueing a run", err)
	}
	return s.Run(ctx, id)
}

// Requeue lets a daemon go on with a run that stopped. Errors: jobs.ErrNoRun, *jobs.BusyError, *jobs.FinishedError.
func (s *Store) Requeue(ctx context.Context, id int64, by string) (*jobs.Run, error) {
	return s.Shown(nil).Requeue(ctx, id, by)
}

// Requeue is that of the Store, and fails with a *DisplayedError unless the run stands as it was shown.
func (d Shown) Requeue(ctx context.Context, id int64, by string) (*jobs.Run, error) {
	s := d.store
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := s.lockRun(ctx, q, id, patiently)
		if err != nil {
			return err
		}
		if err := asSeen(run, d.seen); err != nil {
			return err
		}
		switch run.State {
		case jobs.Queued:
			return q.RequeueRun(ctx, id) // whatever it waited for
		case jobs.Running:
			return &jobs.BusyError{Run: *run} // a daemon takes it up by itself, once its process is gone
		case jobs.Succeeded, jobs.Incomplete, jobs.Failed, jobs.Held, jobs.Cancelled:
		}
		if err := s.resumable(ctx, q, run); err != nil {
			return err
		}
		if err := refuseClosed(ctx, q, run.Target.ID, run.Period); err != nil {
			return err
		}
		if err := s.auditRun(ctx, q, run, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionResume, Detail: "queued"}); err != nil {
			return err
		}
		if err := s.addStarters(ctx, q, id, by); err != nil {
			return err
		}
		return q.RequeueRun(ctx, id)
	})
	if err != nil {
		return nil, redactUnlessOurs("queueing the run", err)
	}
	return s.Run(ctx, id)
}

// refuseActive fails with a *jobs.BusyError while a run of the target is executed, or one like this is queued.
func refuseActive(ctx context.Context, q *dbsqlc.Queries, request jobs.NewRun) error {
	row, err := q.RunningRun(ctx, request.Target.ID)
	if isNoRows(err) {
		return refuseQueued(ctx, q, request, true)
	}
	if err != nil {
		return err
	}
	return &jobs.BusyError{Run: *toRun(row.SyncdRun, row.SyncdTarget)}
}

func (s *Store) queued(request jobs.NewRun, nominal *time.Time, starters []string) dbsqlc.InsertQueuedRunParams {
	return dbsqlc.InsertQueuedRunParams{
		TargetID: request.Target.ID, Job: request.Job, Kind: string(request.Kind), Period: periodOf(request),
		Trigger: string(request.Trigger), Employees: employees(request), RequestedBy: request.RequestedBy, Version: s.version,
		KeyID: s.keys.ID, ConfigDigest: request.Digests.Config, AnyOrder: request.AnyOrder, NominalAt: nominal,
		FailedOf: failedOf(request), Verify: request.Verify, Overwrite: request.Overwrite, Resend: request.Resend,
		PreviewedDigest: request.Previewed, StartedBy: starters,
	}
}

// RetryFailed queues what was left to a daemon, was due less than within ago, and failed, or left somebody in doubt or
// not attempted. With configured also what failed for its configuration, which was read anew. It returns the runs.
func (s *Store) RetryFailed(ctx context.Context, pairs []ledger.Pair, within time.Duration, configured bool) ([]int64, error) {
	names, targets := columns(pairs)
	var codes []string
	for _, code := range jobs.Retried(configured) {
		codes = append(codes, string(code))
	}
	ids, err := s.queries.RetryFailed(ctx, dbsqlc.RetryFailedParams{Jobs: names, Targets: targets, Codes: codes,
		WithinSeconds: within.Seconds()})
	return ids, redact("queueing failed runs again", err)
}

// EnsureTarget finds or makes a target.
func (s *Store) EnsureTarget(ctx context.Context, t jobs.Target) (jobs.Target, error) {
	if err := ensureTarget(ctx, s.queries, t); err != nil {
		return t, redact("recording the target", err)
	}
	found, _, err := s.Target(ctx, t)
	return found, err
}

// Pause keeps the schedule of a job from making runs. ok = false: it was paused already.
func (s *Store) Pause(ctx context.Context, job, by, reason string) (ok bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		n, err := q.PauseJob(ctx, dbsqlc.PauseJobParams{Job: job, PausedBy: by, Reason: reason})
		if ok = n == 1; !ok || err != nil {
			return err
		}
		return s.audit(ctx, q, 0, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionPause, Job: job, Reason: reason})
	})
	return ok, redact("pausing the job", err)
}

// Unpause ends a pause, for a reason or none. ok = false: there was none.
func (s *Store) Unpause(ctx context.Context, job, by, reason string) (ok bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		n, err := q.UnpauseJob(ctx, job)
		if ok = n == 1; !ok || err != nil {
			return err
		}
		return s.audit(ctx, q, 0, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionUnpause, Job: job, Reason: reason})
	})
	return ok, redact("ending the pause", err)
}

// Pauses lists the jobs that are paused.
func (s *Store) Pauses(ctx context.Context) ([]ledger.Pause, error) {
	rows, err := s.queries.ListPauses(ctx)
	if err != nil {
		return nil, redact("reading pauses", err)
	}
	pauses := make([]ledger.Pause, 0, len(rows))
	for _, r := range rows {
		pauses = append(pauses, ledger.Pause{Job: r.Job, Since: r.Since, By: r.PausedBy, Reason: r.Reason})
	}
	return pauses, nil
}

// See tells the ledger that a daemon lives, and how it is configured. It returns all daemons of the last days, and beside them a
// *jobs.ClockError when this machine's clock and Postgres's are apart.
func (s *Store) See(ctx context.Context, id int64, digests map[string]string) ([]ledger.Daemon, error) {
	text, err := json.Marshal(digests)
	if err != nil {
		return nil, hinted.While("writing the digests of the jobs", err)
	}
	seen := dbsqlc.SeeDaemonParams{ID: id, Host: s.host, Pid: int32(os.Getpid()), Version: s.version, Jobs: text, //nolint:gosec // a pid fits
		GapSeconds: ledger.NoDaemonAfter.Seconds()}
	if err := s.queries.SeeDaemon(ctx, seen); err != nil {
		return nil, redact("registering the daemon", err)
	}
	if err := s.KeepMark(ctx); err != nil {
		return nil, err
	}
	clocks, err := s.lookAtClock(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.Daemons(ctx)
	if err == nil {
		err = clocks.differs()
	}
	return all, err
}

// Forget removes a daemon that ends, those that were not seen for days, and what was told of fires long ago.
func (s *Store) Forget(ctx context.Context, id int64) error {
	if err := s.queries.ForgetDaemons(ctx, id); err != nil {
		return redact("removing the daemon", err)
	}
	return redact("removing old pings", s.queries.ForgetPings(ctx))
}

// Daemons lists the daemons of the last days, the oldest first.
func (s *Store) Daemons(ctx context.Context) ([]ledger.Daemon, error) {
	rows, err := s.queries.ListDaemons(ctx)
	if err != nil {
		return nil, redact("reading daemons", err)
	}
	daemons := make([]ledger.Daemon, 0, len(rows))
	for _, r := range rows {
		d := ledger.Daemon{ID: r.ID, Host: r.Host, PID: int(r.Pid), Version: r.Version, Started: r.StartedAt,
			Seen: r.SeenAt, Silent: seconds(r.SilentSeconds)}
		if err := json.Unmarshal(r.Jobs, &d.Jobs); err != nil {
			return nil, hinted.At("reading a daemon of the ledger", r.ID, err)
		}
		daemons = append(daemons, d)
	}
	return daemons, nil
}
