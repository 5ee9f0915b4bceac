package daemon

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/monitor"
	"syncd/internal/schedule"
	"syncd/internal/sdnotify"
)

const (
	idlePoll     = 5 * time.Second        // between two looks at the queue; a notification comes sooner
	watchPoll    = 800 * time.Millisecond // while other processes execute runs that may have to be taken over
	turnTimeout  = 10 * time.Second       // of the statements of a turn: the watchdog waits longer
	leaveTimeout = 5 * time.Second        // for each of the last words
	seeEvery     = 30 * time.Second       // between two signs of life in the ledger
	firstRetry   = time.Second            // after a turn that failed; doubled up to lastRetry
	lastRetry    = 15 * time.Second
)

// Ledger is what a daemon asks of the ledger, beside what its runs do.
type Ledger interface {
	EnsureTarget(ctx context.Context, t jobs.Target) (jobs.Target, error)
	Schedules(ctx context.Context, pairs []ledger.Pair) (map[ledger.Pair]ledger.Armed, error)
	Arm(ctx context.Context, a ledger.Armed) error
	Record(ctx context.Context, before, after ledger.Armed, fires []ledger.Fire, request jobs.NewRun) ([]ledger.Fire, bool, error)
	Pauses(ctx context.Context) ([]ledger.Pause, error)
	Active(ctx context.Context, pairs []ledger.Pair) ([]ledger.Active, error)
	// Outside lists runs that are not over and of none of these jobs and targets.
	Outside(ctx context.Context, pairs []ledger.Pair) ([]*jobs.Run, error)
	Claim(ctx context.Context, id int64, request jobs.Resumption) (*jobs.Run, error)
	// SetConfiguration tells the audit with which configuration this process works.
	SetConfiguration(ctx context.Context, digest string) error
	// ExpireHolds gives up what has waited for a person's decision for too long, by job.
	ExpireHolds(ctx context.Context, pairs []ledger.Pair, expires map[string]time.Duration) ([]int64, error)
	// ClockLeapt reports whether more time seems to have gone by than a machine is off, and nobody has confirmed it.
	ClockLeapt(ctx context.Context) (bool, error)
	RetryFailed(ctx context.Context, pairs []ledger.Pair, within time.Duration, configured bool) ([]int64, error)
	Cancel(ctx context.Context, id int64, by, reason string) (*jobs.Run, error)
	// DuePings takes what dead man's switches are to be told, each event of a fire once over all daemons, until Pinged.
	DuePings(ctx context.Context, pairs []ledger.Pair) ([]ledger.Ping, error)
	OwePing(ctx context.Context, run int64) error
	Pinged(ctx context.Context, p ledger.Ping) error
	// See fails with a *jobs.ClockError, beside what it returns, when this machine's clock and the ledger's are apart.
	See(ctx context.Context, id int64, digests map[string]string) ([]ledger.Daemon, error)
	Forget(ctx context.Context, id int64) error
	// Listen calls wake when there may be work, until the context ends.
	Listen(ctx context.Context, wake func())
	// Rest gives up what an executor of runs holds, while there are none.
	Rest()
}

// Daemon is one process that executes jobs. Its members are set before Run and not changed afterwards.
type Daemon struct {
	ID      int64 // random: names this process in the ledger
	Ledger  Ledger
	Load    func() (*Setup, error) // reads configuration and secrets: at each reload
	Now     func() time.Time       // the wall clock
	Up      func() time.Duration   // since the machine booted, sleep included; nil = unknown
	Reload  <-chan struct{}
	Stop    <-chan struct{} // closed: finish what is on its way, then end
	Log     zerolog.Logger
	Notify  *sdnotify.Notifier
	Health  *monitor.Health
	Metrics *monitor.Metrics
	Pinger  *monitor.Pinger
}

// Run executes the jobs of a setup until it is stopped. An error is one that waiting does not heal.
func (d *Daemon) Run(ctx context.Context, first *Setup) error {
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	l := newLoop(ctx, d, first)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		d.Ledger.Listen(ctx, l.wakeUp)
	}()
	defer func() { abort(); <-listening }()
	defer func() { l.setup.release() }()
	for {
		timer := time.NewTimer(l.turn(ctx))
		select {
		case <-timer.C:
		case <-l.wake:
			l.woken()
		case e := <-l.ended:
			l.conclude(e)
		case <-d.Reload:
			l.reload()
		case <-ctx.Done():
			timer.Stop()
			l.shutdown(ctx, abort)
			return ctx.Err()
		case <-d.Stop:
			timer.Stop()
			l.shutdown(ctx, abort)
			return nil
		}
		timer.Stop()
	}
}

// loop is the state of Run. Only its goroutine touches it.
type loop struct {
	*Daemon
	setup    *Setup
	fires    fires
	queue    queue
	pace     pace
	pings    pings
	wake     chan struct{}
	waking   waking
	ended    chan ended
	stopRuns chan struct{}
	retry    time.Duration // the pause after the next turn that fails
	trouble  string        // of the last turn; "" = none
	seenAt   time.Time     // when the ledger was last told that we live
	outside  outside
	refused  string // why the last reload was refused; "" = it was not

	paused   map[string]bool // jobs, those of other configurations included
	pausedAt time.Time       // when they were read; zero = something has happened since

	different map[string]bool // jobs that another daemon is configured otherwise for, as reported
	runs      context.Context // of all executions: it ends when the grace period is over
}

// waking keeps wakes apart.
type waking struct {
	mu   sync.Mutex
	due  bool      // one is on its way
	last time.Time // when one came
}

func newLoop(ctx context.Context, d *Daemon, setup *Setup) *loop {
	setup.use()
	return &loop{Daemon: d, setup: setup, wake: make(chan struct{}, 1), ended: make(chan ended), stopRuns: make(chan struct{}),
		fires: newFires(), queue: newQueue(), retry: firstRetry, different: map[string]bool{}, runs: ctx}
}

// wakesApart is the least between two wakes: each run of a fleet sends some, this daemon's own included, and each turn reads
// the whole queue.
const wakesApart = 50 * time.Millisecond

// wakeUp may be called from any goroutine.
func (l *loop) wakeUp() {
	l.waking.mu.Lock()
	defer l.waking.mu.Unlock()
	if l.waking.due {
		return
	}
	l.waking.due = true
	time.AfterFunc(max(0, wakesApart-time.Since(l.waking.last)), func() {
		l.waking.mu.Lock()
		l.waking.due, l.waking.last = false, time.Now()
		l.waking.mu.Unlock()
		select {
		case l.wake <- struct{}{}:
		default:
		}
	})
}

// woken: something happened, so what had to wait may go now, and somebody may have paused a job.
func (l *loop) woken() {
	l.queue.forgetWaits()
	l.pausedAt = time.Time{}
}

// turn does what is due, and tells how long there is nothing to do.
func (l *loop) turn(ctx context.Context) time.Duration {
	_ = l.Notify.Watchdog() // resting may have taken all of its time but one turn
	limited, cancel := context.WithTimeout(ctx, l.turnTime())
	defer cancel()
	pause, err := l.work(limited, l.Now().Round(0)) // by the wall clock alone: a monotonic reading hides that it was set
	if err != nil {
		pause = l.retry
		l.retry = min(2*l.retry, lastRetry)
	} else {
		l.retry = firstRetry
	}
	if l.fires.more {
		pause = 0
	}
	l.tell(err)
	return max(min(pause, l.feedEvery()), time.Millisecond)
}

// work is one turn: what the schedules owe, then what can be executed. What cannot be recorded makes it fail, and keeps
// nobody from what is queued.
func (l *loop) work(ctx context.Context, now time.Time) (time.Duration, error) {
	l.fires.more = false
	l.watchClock(now)
	unarmed := l.prepare(ctx, now)
	if !l.fires.prepared || isAway(ctx, unarmed) {
		return 0, unarmed
	}
	if err := l.watchPauses(ctx); err != nil {
		return 0, err
	}
	next, unrecorded := l.fireAll(ctx, now)
	if isAway(ctx, unrecorded) {
		return 0, unrecorded
	}
	undone := l.runChores(ctx, now)
	if isAway(ctx, undone) {
		return 0, undone
	}
	poll, err := l.claimAll(ctx)
	if err != nil {
		return 0, err
	}
	if err := l.see(ctx, now); err != nil {
		return 0, err
	}
	soon, err := l.tellPings(ctx)
	if err != nil {
		return 0, err
	}
	// Timers do not see a clock that is set: the wall clock is asked again at each poll.
	return min(poll, next, soon), cmp.Or(unarmed, unrecorded, undone)
}

// tell says how the turn went: to systemd, to monitoring, and once a change to the log.
func (l *loop) tell(err error) {
	trouble := ""
	if err != nil {
		trouble = firstLine(err.Error())
	}
	switch {
	case trouble == l.trouble:
	case trouble != "":
		l.Log.Error().Str("trouble", trouble).Msg("not ready: trying again until it passes")
	default:
		l.Log.Info().Msg("ready again")
	}
	l.trouble = trouble
	l.Health.SetReady(err == nil, trouble)
	l.Health.Turned(time.Now())
	_ = l.Notify.Status(l.status()) // systemd is told anew in a few seconds
	_ = l.Notify.Watchdog()
}

// see tells the ledger that this daemon lives, and compares configurations with the others.
func (l *loop) see(ctx context.Context, now time.Time) error {
	if since := now.Sub(l.seenAt); since >= 0 && since < seeEvery {
		return nil
	}
	all, err := l.Ledger.See(ctx, l.ID, l.setup.digests())
	if _, apart := errors.AsType[*jobs.ClockError](err); apart {
		l.reportClock()
		err = nil
	}
	if err != nil {
		return err
	}
	l.seenAt = now
	l.compareWith(all)
	return l.watchOutside(ctx, all)
}

// reload takes a new configuration, or keeps the one there is and says why.
func (l *loop) reload() {
	_ = l.Notify.Reloading()
	defer func() { _ = l.Notify.Ready() }()
	setup, err := l.Load()
	if err != nil {
		l.refused = firstLine(err.Error())
		l.Log.Error().Str("trouble", err.Error()).Msg("the new configuration is refused: the former one stays in force")
		return
	}
	l.Log.Info().Str("config", setup.Digest).Msg("the configuration was read again")
	setup.use()
	l.setup.release()
	l.setup, l.refused, l.fires, l.seenAt, l.outside = setup, "", l.fires.anew(), time.Time{}, outside{}
	l.queue.good = time.Time{}
}

// shutdown takes nothing new, lets runs finish what is on its way and hand back the rest, and ends those that do not in
// time.
func (l *loop) shutdown(ctx context.Context, abort context.CancelFunc) {
	l.Log.Info().Int("runs", len(l.queue.executing)).Msg("stopping")
	_ = l.Notify.Stopping()
	close(l.stopRuns)
	grace := time.NewTimer(l.setup.Grace)
	defer grace.Stop()
	feed := time.NewTicker(time.Second)
	defer feed.Stop()
	for len(l.queue.executing) > 0 {
		select {
		case e := <-l.ended:
			l.conclude(e)
		case <-grace.C:
			l.Log.Warn().Int("runs", len(l.queue.executing)).Msg("the grace period is over: what is on its way is given up, and in doubt")
			abort()
		case <-feed.C:
			_ = l.Notify.Watchdog()
		}
	}
	l.leave(ctx)
}

// leave says goodbye to the ledger, and waits for the last pings.
func (l *loop) leave(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	l.tellLastPings(ctx)
	forgetting, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	if err := l.Ledger.Forget(forgetting, l.ID); err != nil && !errors.Is(err, jobs.ErrUnreachable) {
		l.Log.Warn().Str("trouble", firstLine(err.Error())).Msg("this daemon stays listed in the ledger for some days")
	}
	pinging, cancel := context.WithTimeout(ctx, leaveTimeout) // of its own: the ledger may have taken all of the other
	defer cancel()
	if err := l.Pinger.Wait(pinging); err != nil {
		l.Log.Warn().Msg("a ping was given up")
	}
	l.Ledger.Rest()
}

// errHeldUp means that only one thing of many does not go on.
var errHeldUp = errors.New("the ledger does not answer in time to one statement of many: another session may hold a lock")

// feedEvery is how long the loop may do one thing, or rest: systemd's watchdog is to be fed twice in its time.
func (l *loop) feedEvery() time.Duration {
	if watchdog := l.Notify.WatchdogInterval(); watchdog > 0 {
		return watchdog / 2
	}
	return oneDay
}

// turnTime is how long the statements of a turn may take.
func (l *loop) turnTime() time.Duration { return min(turnTimeout, l.feedEvery()) }

// briefTime is how long they may take of it for one run or one schedule.
func (l *loop) briefTime() time.Duration { return l.turnTime() / 5 }

// isAway tells an error that all that is asked of the ledger now would meet.
func isAway(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, jobs.ErrUnreachable))
}

// brief does one thing of many for one target. That somebody keeps a lock of it in the ledger must not keep others from
// their turn.
func (l *loop) brief(ctx context.Context, do func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, l.briefTime())
	defer cancel()
	err := do(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return errHeldUp
	}
	return err
}

// Setup is what a configuration comes to: the jobs, and all that executing them takes.
type Setup struct {
	Jobs        []*Job
	MaxRuns     int                // executed at once
	Retry       *schedule.Schedule // when failed runs are taken up again; nil = never
	RetryWithin time.Duration
	Expires     map[string]time.Duration // by job: how long a hold waits for a person
	Purge       *schedule.Schedule       // when what is past its time is deleted; nil = never
	PurgeNow    func()                   // begins to, and returns
	Closed      []schedule.Day
	Grace       time.Duration // for what is on its way when the daemon stops
	Digest      string        // of the configuration
	Close       func()        // called when nothing uses it any more

	users atomic.Int32 // the loop, and the runs that were begun with it
}

// Job is a configured job.
type Job struct {
	Name       string
	Kind       jobs.Kind
	Schedule   *schedule.Schedule // nil = by hand only
	Missed     schedule.Policy
	Window     time.Duration                                            // fires older than this are not caught up
	PeriodIn   func(nominal time.Time, zone *time.Location) jobs.Period // by the clock of the zone of the schedule that it is of
	Digest     string                                                   // of the configuration of this job
	Resumption jobs.Resumption
	Request    jobs.NewRun   // what all its runs have in common
	Targets    []jobs.Target // one a dossier
	// Execute does the work of a claimed run, until stop is closed, and returns it as recorded.
	Execute func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error)
	// Ping is where an event of ledger.Ping is told; "" = nowhere. nil = nothing is told anywhere.
	Ping func(event string) (url string, err error)
}

func (s *Setup) use() { s.users.Add(1) }

func (s *Setup) release() {
	if s.users.Add(-1) == 0 {
		s.Close()
	}
}

// job is the job of a run, nil when it is not configured here.
func (s *Setup) job(name string) *Job {
	for _, j := range s.Jobs {
		if j.Name == name {
			return j
		}
	}
	return nil
}

func (s *Setup) pairs() []ledger.Pair {
	var all []ledger.Pair
	for _, j := range s.Jobs {
		all = append(all, j.pairs()...)
	}
	return all
}

func (j *Job) pairs() []ledger.Pair {
	pairs := make([]ledger.Pair, len(j.Targets))
	for i, t := range j.Targets {
		pairs[i] = ledger.Pair{Job: j.Name, TargetID: t.ID}
	}
	return pairs
}

func (s *Setup) digests() map[string]string {
	digests := make(map[string]string, len(s.Jobs))
	for _, j := range s.Jobs {
		digests[j.Name] = j.Digest
	}
	return digests
}

// dossier names the target of a pair, for messages.
func (s *Setup) dossier(target int64) string {
	for _, j := range s.Jobs {
		for _, t := range j.Targets {
			if t.ID == target {
				return t.Dossier
			}
		}
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
