package e2e

import (
	"slices"
	"testing"

	"syncd/internal/jobs"
)

const (
	january = jobs.Period("2027-01")
	march   = jobs.Period("2027-03")
)

// production sends to the target that counts.
func production(n *jobs.NewRun) { n.Target.Environment = "production" }

// pullProduction pulls the nomenclatures of the production target.
func (w *world) pullProduction(r *jobs.Runner) {
	w.t.Helper()
	request := w.pullRequest()
	production(&request)
	run, err := r.Pull(w.t.Context(), &w.pull, request)
	w.must(err)
	w.wantState(run, jobs.Succeeded)
}

// When everything is wrong at once everything is told: a person who approves one finding must have seen the others.
func TestAllGuardsAreEvaluated(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 60, 13)
	w.loosen()
	w.run(r, jobs.Succeeded, nil)
	w.job.Guards.Approval = true
	w.dismiss(30, 30)
	w.hire(13)
	w.renameFirst(19)
	w.exec(`INSERT INTO staging.employee SELECT * FROM staging.employee WHERE matricule BETWEEN '00020' AND '00023'`)
	run := w.wantHeldRun(r, named(march), jobs.RuleFall, jobs.RuleDeparted, jobs.RuleDuplicates, jobs.RuleApproval, jobs.RuleCreated,
		jobs.RuleUpdated, jobs.RuleGap, jobs.RuleNoElements, jobs.RuleElements)
	if f := finding(t, run.Findings, jobs.RuleGap); f.N != 4 || f.Period != period || f.Limit != 2 {
		t.Errorf("%+v", f)
	}
}

// What a person sees beforehand is what holds the run: the same findings, the same digest.
func TestPlanShowsWhatWillHold(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	w.exec(`UPDATE staging.employee SET iban = (SELECT iban FROM staging.employee WHERE matricule = '00002') WHERE matricule = '00001'`)
	items, frozen := w.look(r, period)
	run := w.wantHeldRun(r, nil, jobs.RuleCreated)
	if frozen.Digests.Plan != run.Digests.Plan || !slices.Equal(holding(frozen.Findings), holding(run.Findings)) {
		t.Errorf("%+v\nbut the run is held for %+v", frozen.Findings, run.Findings)
	}
	rules := []jobs.Rule{jobs.RuleHoldField, jobs.RuleUnique}
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": rules})
	if !slices.Equal(holding(items["00001"].Findings), rules) {
		t.Errorf("%+v", items["00001"].Findings)
	}
}

// A new month makes nobody new and nobody changed: it goes by itself.
func TestNewMonthAloneTripsNothing(t *testing.T) {
	t.Parallel()
	for _, staff := range []int{8, 60} {
		w, r := guarded(t, staff, 0)
		w.run(r, jobs.Succeeded, nil)
		w.nextMonth(december)
		run := w.run(r, jobs.Succeeded, named(december))
		if len(run.Findings) != 0 || run.Counts.Accepted != staff {
			t.Errorf("%+v %+v", run.Counts, run.Findings)
		}
	}
}

// The first month that would really pay waits for a person, once.
func TestFirstProductionRunWaits(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil) // what a test target has seen counts for nothing
	w.pullProduction(r)
	before := w.sandbox.Stats().Deliveries
	run := w.wantHeldRun(r, production, jobs.RuleFirst)
	w.wantHeldRun(r, production, jobs.RuleFirst) // and waits, however often it is tried
	_, err := storeOf(r).Approve(t.Context(), run.ID, approvalOf())
	wantReplaced(t, err)
	run = w.release(r, w.wantHeldRun(r, production, jobs.RuleFirst), jobs.Succeeded)
	if run.Counts.Accepted != 8 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantSent(before + 8)
	w.rename("00001", "CORRIGE")
	w.run(r, jobs.Succeeded, production)
	w.nextMonth(december)
	w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { production(n); named(december)(n) })
}

// Where every plan waits, a day on which nothing is to be sent does not.
func TestEveryPlanWaitsWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.job.Guards.Approval = true
	w.release(r, w.wantHeldRun(r, nil, jobs.RuleApproval), jobs.Succeeded)
	w.run(r, jobs.Succeeded, nil)
	w.rename("00001", "CORRIGE")
	held := w.wantHeldRun(r, nil, jobs.RuleApproval)
	if f := held.Findings[0]; f.N != 1 {
		t.Errorf("%+v", f)
	}
	w.wantHeldRun(r, employees("00001"), jobs.RuleApproval, jobs.RuleHeldRun)
}

// A mistyped month is not sent; the summer's gap is none.
func TestMistypedPeriodWaits(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	for _, p := range []jobs.Period{"2026-07", january, march} {
		w.nextMonth(p)
	}
	w.wantHeldRun(r, named("2026-07"), jobs.RuleBack)
	w.wantHeldRun(r, named(march), jobs.RuleGap)
	w.wantHeldRun(r, func(n *jobs.NewRun) { named(march)(n); n.Employees = []string{"00001"} }, jobs.RuleGap, jobs.RuleHeldRun)
	w.run(r, jobs.Succeeded, named(january))
	w.run(r, jobs.Succeeded, named(march)) // two months from January
	w.rename("00001", "CORRIGE")
	w.wantHeldRun(r, named(period), jobs.RuleBack) // sent once, and long paid
	w.wantHeldRun(r, func(n *jobs.NewRun) { named(period)(n); n.Employees = []string{"00001"} }, jobs.RuleBack, jobs.RuleHeldRun)
	w.nextMonth("2027-02")
	w.run(r, jobs.Succeeded, named("2027-02")) // late, but it is last month's
	w.rename("00001", "CORRIGEE")
	w.release(r, w.wantHeldRun(r, named(period), jobs.RuleBack), jobs.Succeeded)
}

// An import that was emptied for a moment takes nobody's pay away.
func TestEmptyStagingHoldsTheRun(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.dismiss(0, 8)
	w.wantHeldRun(r, nil, jobs.RuleNoRows)
}

// The same once there was a month: all that it means is told.
func TestEmptiedStagingHoldsTheRun(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(0, 8)
	w.wantHeldRun(r, nil, jobs.RuleNoRows, jobs.RuleFall, jobs.RuleDeparted)
	w.wantHeldRun(r, named(december), jobs.RuleNoRows, jobs.RuleFall, jobs.RuleDeparted)
}

// A run that was held or cancelled is no measure: else half a staff, once refused, would be the whole one next time.
func TestFallIsMeasuredByTheLastFinishedRun(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 60, 0)
	w.job.Guards.Departed = off
	whole := w.run(r, jobs.Succeeded, nil)
	w.dismiss(1, 20)
	for range 2 {
		held := w.wantHeldRun(r, nil, jobs.RuleFall)
		if f := held.Findings[0]; f.Run != whole.ID || f.N != 20 || f.Of != 60 {
			t.Errorf("%+v", f)
		}
		cancelled, err := storeOf(r).Cancel(t.Context(), held.ID, "marie", "half an import")
		w.must(err)
		w.wantState(cancelled, jobs.Cancelled)
	}
	w.release(r, w.wantHeldRun(r, nil, jobs.RuleFall), jobs.Incomplete)
	w.rename("00001", "CORRIGE")
	w.run(r, jobs.Incomplete, nil) // a person has said that these are all
}

// Staging that says that it is not complete is not read, and no approval changes that.
func TestStagingThatIsNotReadyIsNotSent(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.exec(`CREATE TABLE staging.import (period text, loaded boolean)`)
	w.job.Source.Ready = `SELECT bool_and(loaded) FROM staging.import WHERE period = @period`
	for _, loaded := range []string{`DELETE FROM staging.import`, `INSERT INTO staging.import VALUES ('2026-11', true), ('2026-11', false)`} {
		w.exec(loaded)
		run := w.run(r, jobs.Failed, nil)
		if run.Failure.Code != jobs.ReasonNotReady || run.Planned {
			t.Errorf("%+v", run.Failure)
		}
	}
	w.wantSent(0)
	w.exec(`UPDATE staging.import SET loaded = true`)
	w.run(r, jobs.Succeeded, nil)
}

// Whom a run is limited to is judged by the whole staff: a list of newcomers by name is no way around the limit.
func TestPartialRunIsJudgedByTheWholeStaff(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	w.renameFirst(6)
	for _, held := range []*jobs.Run{
		w.wantHeldRun(r, employees("00009", "00010", "00011", "00012", "00013", "00014"), jobs.RuleCreated),
		w.wantHeldRun(r, employees("00001", "00002", "00003", "00004", "00005", "00006"), jobs.RuleUpdated),
	} {
		_, err := storeOf(r).Cancel(t.Context(), held.ID, "marie", "too many")
		w.must(err)
	}
	w.run(r, jobs.Succeeded, employees("00001", "00002", "00003", "00009", "00010")) // of few nobody is missed, either
}

// A ledger that was restored from an old dump explains why so much is to be sent, and a person decides; where the API
// replaces what it has, once for all dossiers, by ending the pauses.
func TestRestoredLedgerIsTold(t *testing.T) {
	t.Parallel()
	for semantics, state := range map[jobs.Semantics]jobs.State{jobs.Replace: jobs.Succeeded, jobs.Append: jobs.Held} {
		t.Run(string(semantics), func(t *testing.T) {
			t.Parallel()
			w, r := guarded(t, 8, 0)
			w.job.Semantics = semantics
			w.run(r, jobs.Succeeded, nil)
			w.exec(`UPDATE syncd.run SET incarnation = 'another server' WHERE incarnation <> ''`)
			w.nextMonth(december)
			w.run(r, jobs.Held, named(december))
			w.wantSent(8)
			if _, err := storeOf(r).Pause(t.Context(), "paie", "syncd", "restored"); err != nil {
				t.Fatal(err)
			}
			w.run(r, jobs.Held, named(december))
			if _, err := storeOf(r).Unpause(t.Context(), "paie", "marie", ""); err != nil {
				t.Fatal(err)
			}
			run := w.run(r, state, named(december))
			if f := finding(t, run.Findings, jobs.RuleRestored); f.Holds != (semantics == jobs.Append) {
				t.Errorf("%+v", f)
			}
			if semantics == jobs.Append {
				w.wantSent(8)
				w.release(r, run, jobs.Succeeded)
			}
			w.rename("00001", "CORRIGE")
			if run := w.run(r, map[jobs.Semantics]jobs.State{jobs.Replace: jobs.Succeeded, jobs.Append: jobs.Incomplete}[semantics],
				named(december)); len(run.Findings) != 0 {
				t.Errorf("told again: %+v", run.Findings)
			}
		})
	}
}
