package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// memoryLedger is a ledger in memory that several daemons share: what internal/store promises, without Postgres.
type memoryLedger struct {
	clock *clock // of the database: nobody sets it
	leapt bool   // it is far ahead of when the ledger was last used

	mu        sync.Mutex
	targets   []jobs.Target
	schedules map[ledger.Pair]ledger.Armed
	fires     []ledger.Fire
	runs      []*jobs.Run
	ends      map[int64]int     // how often each run has ended
	pauses    map[string]string // by whom, by job
	pinged    []*owedPing
	daemons   map[int64]ledger.Daemon
	seen      map[int64]time.Time // when each daemon last was
	owners    map[int64]time.Time // when each was last known to live; zero = it does
	listeners map[*func()]bool
	calls     int
	down      bool
	before    func(method string, call int) error // asked at each call, without the lock; nil = all is well
}

func newLedger(c *clock) *memoryLedger {
	return &memoryLedger{clock: c, schedules: map[ledger.Pair]ledger.Armed{}, ends: map[int64]int{}, pauses: map[string]string{},
		daemons: map[int64]ledger.Daemon{}, seen: map[int64]time.Time{}, owners: map[int64]time.Time{}, listeners: map[*func()]bool{}}
}

// now is the wall clock of the database: how much time has passed is told by that alone.
func (l *memoryLedger) now() time.Time { return l.clock.Now().Round(0) }

// member is a ledger as one daemon sees it.
type member struct {
	*memoryLedger
	identity int64 // 0 = it owns nothing
	rests    int
}

var errAway = fmt.Errorf("connecting to the ledger: %w", jobs.ErrUnreachable)

func (l *memoryLedger) ClockLeapt(context.Context) (bool, error) { return l.leapt, nil }

// errClock is what the store says to a clock that is ahead of the database's.
var errClock = &jobs.ClockError{Ahead: time.Hour}

// enter begins a call. Unless it fails the caller has the lock.
func (l *memoryLedger) enter(ctx context.Context, method string) error {
	l.mu.Lock()
	l.calls++
	before, call := l.before, l.calls
	l.mu.Unlock()
	if before != nil {
		if err := before(method, call); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if l.down {
		l.mu.Unlock()
		return errAway
	}
	return nil
}

// ask sets what is asked at each call.
func (l *memoryLedger) ask(before func(method string, call int) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = before
}

// leave ends a call, and tells the listeners of what it changed.
func (l *memoryLedger) leave(changed bool) {
	var wake []func()
	for f := range l.listeners {
		if changed {
			wake = append(wake, *f)
		}
	}
	l.mu.Unlock()
	for _, f := range wake {
		f()
	}
}

// away takes the database down: every owner loses its lock.
func (l *memoryLedger) away() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for id := range l.owners {
		l.owners[id] = l.now()
	}
}

func (l *memoryLedger) back() {
	l.mu.Lock()
	l.down = false
	l.leave(true)
}

func (l *memoryLedger) EnsureTarget(ctx context.Context, t jobs.Target) (jobs.Target, error) {
	if err := l.enter(ctx, "EnsureTarget"); err != nil {
		return t, err
	}
	defer l.leave(false)
	for _, known := range l.targets {
		if known.Dossier == t.Dossier {
			return known, nil
		}
	}
	t.ID = int64(len(l.targets) + 1)
	l.targets = append(l.targets, t)
	return t, nil
}

func (l *memoryLedger) Schedules(ctx context.Context, pairs []ledger.Pair) (map[ledger.Pair]ledger.Armed, error) {
	if err := l.enter(ctx, "Schedules"); err != nil {
		return nil, err
	}
	defer l.leave(false)
	found := maps.Clone(l.schedules)
	maps.DeleteFunc(found, func(p ledger.Pair, _ ledger.Armed) bool { return !slices.Contains(pairs, p) })
	return found, nil
}

func (l *memoryLedger) Arm(ctx context.Context, a ledger.Armed) error {
	if err := l.enter(ctx, "Arm"); err != nil {
		return err
	}
	defer l.leave(false)
	if _, known := l.schedules[a.Pair]; !known {
		a.DealtWith = earlier(l.now(), a.DealtWith)
		l.schedules[a.Pair] = stored(a)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// stored is what comes back of an instant.
func stored(a ledger.Armed) ledger.Armed {
	a.DealtWith = a.DealtWith.Round(0).Truncate(time.Microsecond)
	return a
}

func (l *memoryLedger) Record(ctx context.Context, before, after ledger.Armed, fires []ledger.Fire, request jobs.NewRun) ([]ledger.Fire,
	bool, error) {
	if err := l.enter(ctx, "Record"); err != nil {
		return nil, false, err
	}
	now, known := l.schedules[before.Pair]
	if !known || !now.DealtWith.Equal(before.DealtWith) || !sameSchedule(now, before) {
		l.leave(false)
		return nil, false, nil
	}
	if after.DealtWith.Round(0).Sub(l.now()) > time.Minute {
		l.leave(false)
		return nil, false, errClock
	}
	recorded := l.recordAll(fires, request)
	after.DealtWith = later(after.DealtWith, earlier(now.DealtWith, l.now())) // only a future is taken back
	l.schedules[before.Pair] = stored(after)
	l.leave(len(recorded) > 0)
	return recorded, true, nil
}

func (l *memoryLedger) recordAll(fires []ledger.Fire, request jobs.NewRun) (recorded []ledger.Fire) {
	waiting := map[jobs.Period]*jobs.Run{}
	for _, f := range fires {
		waiting[f.Period] = l.waiting(f, request.Job)
	}
	for _, f := range fires {
		if slices.ContainsFunc(l.fires, func(o ledger.Fire) bool { return o.Pair == f.Pair && o.Nominal.Equal(f.Nominal) }) {
			continue
		}
		switch w := waiting[f.Period]; {
		case f.Outcome != ledger.FireRun:
		case w != nil:
			f.Outcome, f.RunID, f.Met, f.Reason = ledger.FireSkipped, w.ID, w.State, fmt.Sprintf("run %d is %s", w.ID, w.State)
		default:
			nominal := f.Nominal
			request.Period, request.Trigger = f.Period, f.Trigger
			f.RunID = l.queue(f.Pair.TargetID, request, &nominal).ID
		}
		l.fires = append(l.fires, f)
		recorded = append(recorded, f)
	}
	return recorded
}

func (l *memoryLedger) waiting(f ledger.Fire, job string) *jobs.Run {
	for _, r := range l.runs {
		if r.Job == job && r.Target.ID == f.Pair.TargetID && r.Period == f.Period && r.State == jobs.Queued && !r.Planned && !r.Partial() {
			return r
		}
	}
	return nil
}

func (l *memoryLedger) queue(target int64, request jobs.NewRun, nominal *time.Time) *jobs.Run {
	r := &jobs.Run{ID: int64(len(l.runs) + 1), Job: request.Job, Kind: request.Kind, Target: l.targets[target-1], Period: request.Period,
		Trigger: request.Trigger, Employees: request.Employees, AnyOrder: request.AnyOrder, State: jobs.Queued, Nominal: nominal,
		CreatedAt: l.now()}
	l.runs = append(l.runs, r)
	return r
}

func (l *memoryLedger) Pauses(ctx context.Context) (pauses []ledger.Pause, err error) {
	if err := l.enter(ctx, "Pauses"); err != nil {
		return nil, err
	}
	defer l.leave(false)
	for job, by := range l.pauses {
		pauses = append(pauses, ledger.Pause{Job: job, By: by})
	}
	return pauses, nil
}

func (l *memoryLedger) pause(job string, paused bool) {
	by := ""
	if paused {
		by = "somebody"
	}
	l.pauseBy(job, by)
}

// pauseBy pauses a job; by "" = it goes on.
func (l *memoryLedger) pauseBy(job, by string) {
	l.mu.Lock()
	if by != "" {
		l.pauses[job] = by
	} else {
		delete(l.pauses, job)
	}
	l.leave(true)
}

// inOrder sorts runs as a daemon is to claim them.
func inOrder(a, b *jobs.Run) int {
	rank := func(r *jobs.Run) (n int) {
		if r.State != jobs.Running {
			n += 2
		}
		if r.Postponed > 0 {
			n++
		}
		return n
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Takeovers, b.Takeovers), cmp.Compare(a.Period, b.Period),
		cmp.Compare(a.ID, b.ID))
}

func (l *memoryLedger) isDown() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}
