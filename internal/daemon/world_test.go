package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"go.uber.org/goleak"

	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const zone = "Europe/Paris"

// anchor has a monotonic reading, which time.Now lacks in a bubble of synctest, and whole seconds.
var anchor = func() time.Time { now := time.Now(); return now.Add(-time.Duration(now.Nanosecond())) }()

// clock is a wall clock that can be set. As with time.Now, its times have a monotonic reading that setting does not move.
type clock struct {
	began time.Time // of the bubble
	wall  time.Time // then

	mu   sync.Mutex
	step time.Duration // whole seconds
}

func newClock(t *testing.T, wall string) *clock {
	t.Helper()
	return &clock{began: time.Now(), wall: at(t, wall)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := time.Since(c.began)
	now := anchor.Add(passed)
	shift := c.wall.Add(c.step + passed).Sub(now.Round(0))
	// A time with a monotonic reading holds its seconds above 30 bits of nanoseconds: this is what setting a clock does.
	*(*uint64)(unsafe.Pointer(&now)) += uint64(int64(shift/time.Second)) << 30
	return now // In, or UTC, would take the monotonic reading away
}

func (c *clock) set(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step += step
}

// at reads a time on the wall clock of Paris.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	location, err := schedule.Location(zone)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := time.ParseInLocation("2006-01-02 15:04", text, location)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// world is a ledger, a clock, and what jobs do.
type world struct {
	t      *testing.T
	ledger *memoryLedger
	clock  *clock // of the daemons
	took   time.Duration
	// execute does the work of a run; nil = it takes a while and succeeds.
	execute func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error)

	mu      sync.Mutex
	begun   []jobs.Run    // executions, in order
	by      []int64       // the daemon of each
	at      map[int64]int // executions going on, by target
	most    map[int64]int // at once, by daemon
	now     map[int64]int
	doubled bool
}

func newWorld(t *testing.T, wall string) *world {
	t.Helper()
	return &world{t: t, clock: newClock(t, wall), ledger: newLedger(newClock(t, wall)), took: time.Second,
		at: map[int64]int{}, most: map[int64]int{}, now: map[int64]int{}}
}

// inWorld runs a test in a bubble, where waiting takes no time.
func inWorld(t *testing.T, wall string, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, wall)) })
}

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// job is one for dossiers, monthly by period.
func (w *world) job(name, spec string, dossiers ...string) *Job {
	j := &Job{Name: name, Kind: jobs.PushSalaries, Missed: schedule.Latest, Window: 100 * 24 * time.Hour, Digest: spec,
		PeriodIn: func(nominal time.Time, zone *time.Location) jobs.Period { return jobs.PeriodOf(nominal.In(zone)) },
		Request:  jobs.NewRun{Job: name, Kind: jobs.PushSalaries}}
	if spec != "" {
		s, err := schedule.Parse(spec, zone, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		j.Schedule = s
	}
	for _, d := range dossiers {
		j.Targets = append(j.Targets, jobs.Target{Partner: partner.OfSample().Name, Environment: "test", Dossier: d})
	}
	return j
}

// run is an execution, watched.
func (w *world) run(ctx context.Context, daemon int64, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
	w.mu.Lock()
	w.begun, w.by = append(w.begun, *run), append(w.by, daemon)
	w.at[run.Target.ID]++
	w.now[daemon]++
	w.most[daemon] = max(w.most[daemon], w.now[daemon])
	w.doubled = w.doubled || w.at[run.Target.ID] > 1
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.at[run.Target.ID]--
		w.now[daemon]--
	}()
	if w.execute != nil {
		return w.execute(ctx, run, stop)
	}
	return w.succeed(ctx, run, stop)
}

func (w *world) succeed(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
	select {
	case <-time.After(w.took):
		return w.ledger.finish(run, jobs.Succeeded, "")
	case <-stop:
	case <-ctx.Done():
	}
	return w.ledger.putBack(run, 0)
}

// wantRuns compares the runs of the ledger: dossier, period, nominal time, trigger and state of each.
func (w *world) wantRuns(want ...string) {
	w.t.Helper()
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	got := make([]string, 0, len(w.ledger.runs))
	for _, r := range w.ledger.runs {
		nominal := "by hand"
		if r.Nominal != nil {
			nominal = r.Nominal.In(w.clock.wall.Location()).Format("2006-01-02 15:04")
		}
		got = append(got, fmt.Sprintf("%s %s %s %s %s", r.Target.Dossier, r.Period, nominal, r.Trigger, r.State))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("runs:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doubled {
		w.t.Error("two runs of one target were executed at once")
	}
}

// wantFires compares the fires of the ledger: nominal time, outcome and reason of each.
func (w *world) wantFires(want ...string) {
	w.t.Helper()
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	got := make([]string, 0, len(w.ledger.fires))
	for _, f := range w.ledger.fires {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Nominal.In(w.clock.wall.Location()).Format("2006-01-02 15:04"), f.Outcome,
			f.Reason)))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("fires:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// enqueue queues a run by hand.
func (w *world) enqueue(job string, target int64, period jobs.Period) {
	w.enqueueAs(jobs.TriggerManual, job, target, period)
}

func (w *world) enqueueAs(trigger jobs.Trigger, job string, target int64, period jobs.Period) {
	w.ledger.mu.Lock()
	w.ledger.queue(target, jobs.NewRun{Job: job, Kind: jobs.PushSalaries, Period: period, Trigger: trigger}, nil)
	w.ledger.leave(true)
}

// skip lets much time go by at once, as when a machine sleeps; daemons notice within their poll.
func (w *world) skip(d time.Duration) {
	w.clock.set(d)
	w.ledger.clock.set(d)
	pass(10 * time.Second)
}

// last is the newest run, as it stands.
func (w *world) last() jobs.Run {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	return *w.ledger.runs[len(w.ledger.runs)-1]
}
