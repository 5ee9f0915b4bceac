package e2e

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/jobs/push"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

// ledgerProcess is the program that works, until it is killed: then another one takes its place.
type ledgerProcess struct {
	w        *world
	store    *store.Store
	marks    string   // the folder of the watermark
	pushes   []string // the jobs of its configuration
	putBacks int      // of the ledger, ever
}

func (l *ledgerProcess) open() {
	s, err := store.Open(context.Background(), store.Options{URL: l.w.db.URL, Keys: l.w.keys, Version: "test", Lease: time.Minute,
		Watermark: store.Watermark{Folder: l.marks, Pushes: l.pushes}})
	l.w.must(err)
	l.store = s
}

func (l *ledgerProcess) close() { l.store.Close() }

func (l *ledgerProcess) die() {
	l.close()
	l.succeed()
}

// succeed takes the place of a process that is gone.
func (l *ledgerProcess) succeed() {
	l.w.fallSilent()
	l.open()
}

// process is one execution of a program: what befalls it on its way.
type process struct {
	ctx    context.Context //nolint:containedctx // a process of the test has one, as a real one does
	abort  context.CancelFunc
	stop   chan struct{}
	mortal *dyingLedger
}

// act runs, resumes a run, or does what a daemon does, with faults, and perhaps stopped, cancelled, aborted or killed on the
// way. resume is the run to take up again; 0 = any, or another one.
func (h *history) act(resume int64) {
	p := h.process()
	defer p.abort()
	h.befall(p)
	runner := h.runner(p.mortal, p.stop)
	switch what := h.below(10, "act"); {
	case resume != 0:
		h.resume(p.ctx, runner, resume)
	case what > 7 && len(h.runs) > 0:
		h.resume(p.ctx, runner, one(h, "run", h.runs))
	case what > 5 && h.work(p.ctx, runner):
	default:
		h.fresh(p.ctx, runner, h.ask())
	}
	h.overwrite = false
}

func (h *history) process() *process {
	p := &process{stop: make(chan struct{}), mortal: &dyingLedger{Ledger: h.plans.ledger(h.store), calls: -1}}
	p.ctx, p.abort = context.WithCancel(context.Background())
	return p
}

// befall draws the faults of the API, and what happens to the process on its way.
func (h *history) befall(p *process) {
	strike := func() {}
	switch one(h, "end", []string{"", "", "", "stop", "abort", "cancel", "kill", "kill"}) {
	case "stop":
		strike = func() { close(p.stop) }
	case "abort":
		strike = p.abort
	case "cancel":
		strike = func() { h.cancel(h.api.run.Load().ID) }
	case "kill":
		p.mortal.calls, p.mortal.executed = h.below(10, "life"), h.oneIn(2, "executed")
	}
	if h.oneIn(8, "another key") {
		h.api.key += "'"
	}
	h.api.arm(rapid.Uint64().Draw(h.T, "seed"), !h.oneIn(3, "calm"), 1+h.below(6, "after"), strike)
	h.api.blind = h.kind.reads && h.oneIn(8, "blind")
	h.overwrite = h.job.Guards.Verify && h.oneIn(8, "overwrite")
	h.importer.when = ""
	if h.oneIn(32, "import") {
		h.importer.when = one(h, "import", []string{"before", "after"})
	}
}

// ask draws a run of a month: of everyone, of some, or of those whom another run did not deliver.
func (h *history) ask() jobs.NewRun {
	request := h.request(one(h, "period", months))
	request.AnyOrder = !h.oneIn(6, "in order")
	switch h.below(6, "whom") {
	case 4:
		request.Employees = slices.Compact(slices.Sorted(slices.Values(rapid.SliceOfN(rapid.SampledFrom(matricules), 1, 2).Draw(h.T,
			"employees"))))
	case 5:
		if len(h.runs) > 0 {
			h.askAgain(&request, one(h, "failed of", h.runs))
		}
	}
	return request
}

func (h *history) askAgain(request *jobs.NewRun, id int64) {
	run, err := h.store.Run(context.Background(), id)
	h.must(err)
	keys, err := h.store.Undelivered(context.Background(), id)
	h.must(err)
	if len(keys) > 0 && run.FinishedAt != nil && run.State != jobs.Held {
		request.Period, request.FailedOf, request.Employees = run.Period, id, keys
	}
}

func (h *history) runner(ledger jobs.Ledger, stop chan struct{}) *jobs.Runner {
	return &jobs.Runner{Plan: plan.Make, Send: push.ToEnd, Ledger: ledger, Staging: importing{h.w.staging, h}, API: h.api, By: "marie",
		Progress: jobs.Silent{}, Log: zerolog.Nop(), Stop: stop}
}

func (h *history) request(p jobs.Period) jobs.NewRun {
	return jobs.NewRun{Job: h.job.Name, Kind: jobs.PushSalaries, Target: h.to, Period: p, AnyOrder: true, Scope: h.job.Scope,
		Trigger: jobs.TriggerManual, RequestedBy: "marie", Overwrite: h.overwrite, Digests: jobs.Digests{Config: "test"}}
}

// fresh plans anew. Where a run of the month waits in the queue, that one is executed instead, as the message says.
func (h *history) fresh(ctx context.Context, runner *jobs.Runner, request jobs.NewRun) {
	before := h.baseline()
	run, err := runner.Push(ctx, &h.job, request)
	if run != nil {
		h.decided(ledger.DecisionRun, run.ID, request.Period, request.Employees, "")
	}
	var busy *jobs.BusyError
	if errors.As(err, &busy) && busy.Run.State == jobs.Queued {
		h.resume(ctx, runner, busy.Run.ID)
		return
	}
	h.ended(run, err)
	h.wantPlan(run, err, request)
	h.wantDriftHeld(run, err, request, before)
}

func (h *history) resume(ctx context.Context, runner *jobs.Runner, id int64) *jobs.Run {
	run, err := runner.ResumePush(ctx, &h.job, id)
	if run != nil {
		h.decided(ledger.DecisionResume, run.ID, run.Period, nil, "")
	}
	h.ended(run, err)
	return run
}

// work is what a daemon does: it takes a run that is queued, or whose process is gone. false = there is none.
func (h *history) work(ctx context.Context, runner *jobs.Runner) bool {
	waiting := h.numbers(`SELECT r.id FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
		WHERE t.dossier = $1 AND r.state IN ('queued', 'running') AND NOT EXISTS (SELECT FROM syncd.pause p WHERE p.job = r.job) ORDER BY r.id`, h.to.Dossier)
	if len(waiting) == 0 {
		return false
	}
	runner.By, runner.Patience = "", &jobs.Patience{Deadline: time.Hour, Pause: time.Millisecond, MaxPause: time.Millisecond}
	run, err := h.store.Claim(ctx, one(h, "waiting", waiting), h.job.Resumption())
	if err == nil {
		run, err = runner.ExecutePush(ctx, &h.job, run)
	}
	h.ended(run, err)
	return true
}

// ended remembers a run, and after a kill starts another process.
func (h *history) ended(run *jobs.Run, err error) {
	h.Helper()
	h.must(h.importer.err)
	if run != nil && !slices.Contains(h.runs, run.ID) {
		h.runs = append(h.runs, run.ID)
	}
	h.findSuccessors()
	if errors.Is(err, jobs.ErrLost) {
		if n := h.count(`SELECT count(*) FROM syncd.item WHERE run_id = $1 AND state = 'sending'`, run.ID); n > 2*h.job.MaxInFlight {
			h.Fatalf("%d items were on their way", n)
		}
		h.die()
		return
	}
	if run == nil {
		h.refused(err)
		return
	}
	if code := run.Failure.Code; code == jobs.ReasonInternal || code == jobs.ReasonPanic {
		h.Fatalf("%+v: %v", run.Failure, err)
	}
}

// findSuccessors remembers the runs that a daemon queued in place of those whose plan staging had left behind.
func (h *history) findSuccessors() {
	h.Helper()
	for _, successor := range h.numbers(`SELECT s.id FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id JOIN syncd.run s ON s.id::text = r.failure_detail
		WHERE t.dossier = $1 AND r.state = 'cancelled' AND r.failure_code = 'replanned' AND s.trigger = 'retry' ORDER BY s.id`, h.to.Dossier) {
		if !slices.Contains(h.runs, successor) {
			run, err := h.store.Run(context.Background(), successor)
			h.must(err)
			h.runs = append(h.runs, successor)
			h.decided(ledger.DecisionRun, successor, run.Period, run.Employees, "")
		}
	}
}

// refused wants an error that tells a person why something cannot be done, and not that it did not work.
func (h *history) refused(err error) {
	h.Helper()
	var order *jobs.OrderError
	var finished *jobs.FinishedError
	var busy *jobs.BusyError
	var closed *jobs.ClosedError
	var unsettled *jobs.UnsettledError
	var notHeld *store.NotHeldError
	var period *store.PeriodError
	var overtaken *jobs.OvertakenError
	var outdated *jobs.PutBackError
	switch {
	case errors.As(err, &closed):
		if !h.closed(closed.Period) {
			h.Fatalf("%s is open, but %v", closed.Period, err)
		}
	case errors.Is(err, jobs.ErrTaken), errors.As(err, &order), errors.As(err, &finished), errors.As(err, &busy), errors.As(err, &unsettled),
		errors.As(err, &notHeld), errors.As(err, &period), errors.As(err, &overtaken), errors.As(err, &outdated) && h.kept.back:
	default:
		h.Fatalf("%v", err)
	}
}

func (h *history) numbers(sql string, args ...any) (list []int64) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), "SELECT coalesce(array_agg(id), '{}') FROM ("+sql+") q", args...).Scan(&list))
	return list
}
