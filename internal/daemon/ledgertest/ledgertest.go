// Package ledgertest tells what a daemon counts on in its ledger, as stories. The ledger on Postgres and the one in memory,
// with which a daemon's own tests work, are both held to them: so what those tests show is true of Postgres.
package ledgertest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// World is one ledger, and what happens around it.
type World interface {
	Now() time.Time       // by the ledger's clock
	Pass(d time.Duration) // lets time go by, in whole seconds: what is not renewed meanwhile is older by so much
	Open() Process
	Find(id int64) *jobs.Run
	Pause(job, by string)
	Unpause(job string)
}

// Process is the ledger as one process has it: what a daemon asks of it, and what its runs do last.
type Process interface {
	EnsureTarget(ctx context.Context, t jobs.Target) (jobs.Target, error)
	Schedules(ctx context.Context, pairs []ledger.Pair) (map[ledger.Pair]ledger.Armed, error)
	Arm(ctx context.Context, a ledger.Armed) error
	Record(ctx context.Context, before, after ledger.Armed, fires []ledger.Fire, request jobs.NewRun) ([]ledger.Fire, bool, error)
	Pauses(ctx context.Context) ([]ledger.Pause, error)
	Active(ctx context.Context, pairs []ledger.Pair) ([]ledger.Active, error)
	Outside(ctx context.Context, pairs []ledger.Pair) ([]*jobs.Run, error)
	Claim(ctx context.Context, id int64, request jobs.Resumption) (*jobs.Run, error)
	RetryFailed(ctx context.Context, pairs []ledger.Pair, within time.Duration, configured bool) ([]int64, error)
	Cancel(ctx context.Context, id int64, by, reason string) (*jobs.Run, error)
	DuePings(ctx context.Context, pairs []ledger.Pair) ([]ledger.Ping, error)
	OwePing(ctx context.Context, run int64) error
	Pinged(ctx context.Context, p ledger.Ping) error
	See(ctx context.Context, id int64, digests map[string]string) ([]ledger.Daemon, error)
	Forget(ctx context.Context, id int64) error
	Listen(ctx context.Context, wake func())
	Rest()

	Enqueue(ctx context.Context, request jobs.NewRun) (*jobs.Run, error)
	Succeed(run *jobs.Run) (*jobs.Run, error) // having sent one document
	Fail(run *jobs.Run, why jobs.ReasonCode) (*jobs.Run, error)
	PutBack(run *jobs.Run, pause time.Duration) (*jobs.Run, error) // 0 = its process stops
	Die()                                                          // as by a kill, while it executes something
}

// Run tells all stories, each in a world of its own.
func Run(t *testing.T, open func(t *testing.T) World) {
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			tell(&story{T: t, World: w, a: w.Open(), b: w.Open()})
		})
	}
}

var stories = map[string]func(*story){
	"a target is one":                           aTargetIsOne,
	"a schedule begins once":                    aScheduleBeginsOnce,
	"a fire makes one run":                      aFireMakesOneRun,
	"a fire leaves it to a run that waits":      aFireLeavesItToARunThatWaits,
	"a clock that is ahead fires nothing":       aClockThatIsAheadFiresNothing,
	"what is dealt with stays so":               whatIsDealtWithStaysSo,
	"a run is executed by one process":          aRunIsExecutedByOneProcess,
	"of a dossier one run is executed":          ofADossierOneRunIsExecuted,
	"a process that died is given time":         aProcessThatDiedIsGivenTime,
	"a run that costs processes is given up":    aRunThatCostsProcessesIsGivenUp,
	"interrupted runs first, hanging ones last": interruptedFirstHangingLast,
	"older periods first":                       olderPeriodsFirst,
	"a newer document is not overwritten":       aNewerDocumentIsNotOverwritten,
	"a paused job":                              aPausedJob,
	"what has passed is tried again":            whatHasPassedIsTriedAgain,
	"a run is cancelled":                        aRunIsCancelled,
	"a run that was to be cancelled":            aRunThatWasToBeCancelled,
	"what nobody is configured for":             whatNobodyIsConfiguredFor,
	"a fire is told once":                       aFireIsToldOnce,
	"a run that waits for a person is told":     aRunThatWaitsIsTold,
	"daemons know of each other":                daemonsKnowOfEachOther,
	"whoever listens is woken":                  whoeverListensIsWoken,
	"who rests can go on":                       whoRestsCanGoOn,
}

// story is one of them, of two processes.
type story struct {
	*testing.T
	World
	a, b Process
}

const job = "paie"

// payday is a nominal time in the past.
var payday = time.Date(2025, 11, 25, 18, 0, 0, 0, time.UTC)

var resumption = jobs.Resumption{Semantics: jobs.Replace, Scope: jobs.ScopeEmployeePeriod, RequestTimeout: time.Millisecond}

func (s *story) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// want compares what is printed of two values.
func want[T comparable](s *story, what string, got, want T) {
	s.Helper()
	if got != want {
		s.Errorf("%s is %v, want %v", what, got, want)
	}
}

// as wants an error of a type.
func as[E error](s *story, err error) (e E) {
	s.Helper()
	if !errors.As(err, &e) {
		s.Fatalf("got %v, want a %T", err, e)
	}
	return e
}

func (s *story) wantTaken(_ *jobs.Run, err error) {
	s.Helper()
	if !errors.Is(err, jobs.ErrTaken) {
		s.Fatalf("got %v, want that it is taken", err)
	}
}

func target(dossier string) jobs.Target {
	return jobs.Target{Partner: "partner", Environment: "test", BaseURL: "http://127.0.0.1", Dossier: dossier}
}

// at is what a person asks for: a dossier and a period.
func at(dossier string, period jobs.Period) jobs.NewRun {
	return jobs.NewRun{Job: job, Kind: jobs.PushSalaries, Target: target(dossier), Period: period, Scope: jobs.ScopeEmployeePeriod,
		Trigger: jobs.TriggerManual, Digests: jobs.Digests{Config: "test"}}
}

// scheduled is what runs of a fire have in common.
func scheduled() jobs.NewRun {
	r := at("", "")
	r.Target, r.Trigger = jobs.Target{}, ""
	return r
}

func (s *story) enqueue(r jobs.NewRun) *jobs.Run {
	s.Helper()
	run, err := s.a.Enqueue(s.Context(), r)
	s.must(err)
	return run
}

func (s *story) claim(p Process, id int64) *jobs.Run {
	s.Helper()
	run, err := p.Claim(s.Context(), id, resumption)
	s.must(err)
	want(s, "the state of a claimed run", run.State, jobs.Running)
	return run
}

func (s *story) fail(p Process, run *jobs.Run, why jobs.ReasonCode) {
	s.Helper()
	_, err := p.Fail(run, why)
	s.must(err)
	s.wantState(run.ID, jobs.Failed, why)
}

func (s *story) succeed(p Process, run *jobs.Run) {
	s.Helper()
	_, err := p.Succeed(run)
	s.must(err)
	s.wantState(run.ID, jobs.Succeeded, "")
}

func (s *story) wantState(id int64, state jobs.State, why jobs.ReasonCode) {
	s.Helper()
	run := s.Find(id)
	want(s, "the state of a run", run.State, state)
	want(s, "its reason", run.Failure.Code, why)
}

func pairOf(run *jobs.Run) ledger.Pair { return ledger.Pair{Job: run.Job, TargetID: run.Target.ID} }

func pairsOf(runs ...*jobs.Run) (pairs []ledger.Pair) {
	for _, r := range runs {
		pairs = append(pairs, pairOf(r))
	}
	return pairs
}

func idsOf(runs ...*jobs.Run) (ids []int64) {
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	return ids
}

// active lists what a process could claim or watch.
func (s *story) active(p Process, pairs []ledger.Pair) []ledger.Active {
	s.Helper()
	all, err := p.Active(s.Context(), pairs)
	s.must(err)
	return all
}

// wantActive wants runs in the order in which they are to be claimed.
func (s *story) wantActive(pairs []ledger.Pair, runs ...*jobs.Run) []ledger.Active {
	s.Helper()
	all := s.active(s.b, pairs)
	var ids []int64
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	if !slices.Equal(ids, idsOf(runs...)) {
		s.Fatalf("active are %v, want %v", ids, idsOf(runs...))
	}
	return all
}

// monthly is a schedule, and how far its fires are dealt with.
func monthly(pair ledger.Pair, dealtWith time.Time) ledger.Armed {
	return ledger.Armed{Pair: pair, Spec: "0 18 25 * *", Timezone: "UTC", DealtWith: dealtWith}
}

// arm begins the schedule of a dossier, dealt with until the day before payday.
func (s *story) arm(dossier string) ledger.Armed {
	s.Helper()
	t, err := s.a.EnsureTarget(s.Context(), target(dossier))
	s.must(err)
	armed := monthly(ledger.Pair{Job: job, TargetID: t.ID}, payday.AddDate(0, 0, -1))
	s.must(s.a.Arm(s.Context(), armed))
	return armed
}

func fireOf(pair ledger.Pair, nominal time.Time) ledger.Fire {
	return ledger.Fire{Pair: pair, Nominal: nominal, Outcome: ledger.FireRun, Trigger: jobs.TriggerSchedule, Period: jobs.PeriodOf(nominal)}
}

// record deals with fires until a time.
func (s *story) record(before ledger.Armed, until time.Time, fires ...ledger.Fire) ([]ledger.Fire, ledger.Armed) {
	s.Helper()
	after := monthly(before.Pair, until)
	recorded, ok, err := s.a.Record(s.Context(), before, after, fires, scheduled())
	s.must(err)
	if !ok {
		s.Fatal("nothing was dealt with")
	}
	return recorded, after
}

// fired is the run of a dossier that is due.
func (s *story) fired(dossier string) *jobs.Run {
	s.Helper()
	armed := s.arm(dossier)
	recorded, _ := s.record(armed, payday, fireOf(armed.Pair, payday))
	return s.Find(recorded[0].RunID)
}

func (s *story) wantDealtWith(pair ledger.Pair, until time.Time) {
	s.Helper()
	known, err := s.b.Schedules(s.Context(), []ledger.Pair{pair})
	s.must(err)
	if !known[pair].DealtWith.Equal(until) {
		s.Errorf("fires are dealt with until %v, want %v", known[pair].DealtWith, until)
	}
}
