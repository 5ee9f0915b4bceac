package app

import (
	"testing"

	"syncd/internal/app/apptest"
	"syncd/internal/jobs"
)

// An order that does not fit is refused before anything is asked or recorded.
func TestOrdersThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(Order{Job: "dictionnaire"})
	run := w.run(Order{Job: "paie", Selection: Selection{Period: apptest.Period}})
	because := Decision{By: "marie", Reason: "the partner lost it"}
	all := Selection{Employees: []string{"00001"}}
	for code, o := range map[Code]Order{
		ResendFailed:    {Job: "paie", Resend: true, FailedOf: run.ID, Decision: because},
		ResendIdle:      {Job: "paie", Decision: because},
		NoEmployees:     {Job: "dictionnaire", Selection: all},
		OverwriteBlind:  {Job: "paie", Overwrite: true},
		NoReadBack:      {Job: "paie", Verify: true},
		FailedSelected:  {Job: "paie", FailedOf: run.ID, Selection: all},
		FailedOtherKind: {Job: "paie", FailedOf: run.ID - 1},
		FailedNobody:    {Job: "paie", FailedOf: run.ID},
		NoRun:           {Job: "paie", FailedOf: 99},
		NoPeriod:        {Job: "dictionnaire", Selection: Selection{Period: apptest.Period}},
		BadValue:        {Job: "paie", Selection: Selection{Period: "november"}},
	} {
		o.By = "marie"
		_, err := w.Runs().Order(t.Context(), o)
		refusedWith(t, err, code, nil)
	}
	_, err := w.Runs().Planner(t.Context(), Planning{Job: "dictionnaire"})
	refusedWith(t, err, NothingToPlan, Args{"job": "dictionnaire"})
}

// Dossiers are executed side by side, and told in their order; one that fails keeps no other from its turn.
func TestSeveralDossiersAreToldInTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.exec(`DELETE FROM staging.employee WHERE dossier = 'saint-martin'`)
	ordered, err := w.Runs().Order(t.Context(), Order{Job: "dictionnaire", Decision: Decision{By: "marie"}})
	w.must(err)
	outcomes, err := ordered.Execute(t.Context(), begin)
	w.must(err)
	var told []string
	for o := range outcomes {
		told = append(told, o.Dossier.Name)
		if !o.Tried || o.Err != nil || o.Run.State != jobs.Succeeded || o.Run.RequestedBy != "marie" {
			t.Errorf("%s: %+v, %v", o.Dossier.Name, o.Run, o.Err)
		}
	}
	if len(told) != 2 || told[0] != apptest.Dossiers[0].Name {
		t.Errorf("%v", told)
	}
}

// Once a person asked to stop nothing is begun, and each dossier is told as left out.
func TestNothingIsBegunAfterAStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ordered, err := w.Runs().Order(t.Context(), Order{Job: "dictionnaire", Decision: Decision{By: "marie"}})
	w.must(err)
	close(w.stop)
	outcomes, err := ordered.Execute(t.Context(), begin)
	w.must(err)
	left := 0
	for o := range outcomes {
		if o.Tried || o.Run != nil {
			t.Errorf("%+v", o)
		}
		left++
	}
	if left != 2 {
		t.Errorf("%d dossiers were left out", left)
	}
}

// A plan tells what a run would be refused for, and changes nothing.
func TestPlanOfAClosedMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(Order{Job: "dictionnaire"})
	planner, err := w.Runs().Planner(t.Context(), Planning{Job: "paie",
		Selection: Selection{Dossiers: []string{"saint-martin"}, Period: apptest.Period}})
	w.must(err)
	sink := &collector{}
	plan := func() (*Planned, error) {
		return planner.Plan(t.Context(), planner.Dossiers[0], func(jobs.Target) jobs.PlanSink { return sink }, jobs.Silent{})
	}
	planned, err := plan()
	w.must(err)
	if len(sink.items) != 8 || planned.Class() != Done || planned.Refused != nil {
		t.Errorf("%d items, %+v", len(sink.items), planned)
	}
	if _, err := w.Decisions().ClosePeriod(t.Context(), Month{planner.Dossiers[0], apptest.Period}, true, approval); err != nil {
		t.Fatal(err)
	}
	if _, err := plan(); !is[*jobs.ClosedError](err) {
		t.Errorf("%v", err)
	}
}
