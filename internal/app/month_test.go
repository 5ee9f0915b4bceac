package app

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
	"syncd/internal/schedule"
)

// monthOf is November of saint-martin, or of another dossier, as it stands.
func (w *world) monthOf(dossier string) *view.MonthEntry {
	w.t.Helper()
	all, err := w.Months().Month(w.t.Context(), dossier, apptest.Period)
	w.must(err)
	if len(all.Rows) != 1 || len(all.Rows[0].Months) != 1 {
		w.t.Fatalf("got %+v", all.Rows)
	}
	return &all.Rows[0].Months[0]
}

func (w *world) stands(want ledger.MonthState, balance ledger.Balance, missing ...ledger.MissingKind) *view.MonthEntry {
	w.t.Helper()
	e := w.monthOf("saint-martin")
	if e.State != want || e.Balance != balance {
		w.t.Errorf("the month is %s with %+v, want %s with %+v", e.State, e.Balance, want, balance)
	}
	var kinds []ledger.MissingKind
	for _, m := range e.Missing {
		kinds = append(kinds, m.Kind)
	}
	if !slices.Equal(kinds, missing) {
		w.t.Errorf("of a month that is %s there is missing %v, want %v", e.State, kinds, missing)
	}
	return e
}

var november = Order{Job: "paie", Selection: Selection{Period: apptest.Period}}

func only(keys ...string) Order {
	o := november
	o.Employees = keys
	return o
}

// The month of the specification: 8 employees, one of whom a person must confirm, one has a code that nobody knows, and one is
// refused by the partner. Then each of them goes, one way or another.
func TestAMonthFromNothingToSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.stands(ledger.MonthNone, ledger.Balance{}, ledger.MissingAll)
	w.run(Order{Job: "dictionnaire"})
	w.run(november)
	if e := w.stands(ledger.MonthSent, ledger.Balance{Read: 8, Sent: 8}); !e.Settled {
		t.Errorf("got %+v", e)
	}
	keys := w.keys()
	w.exec(`UPDATE staging.employee SET iban = 'FR7630006000011234567890189' WHERE dossier = 'saint-martin' AND matricule = '` + keys[0] + `'`)
	w.exec(`UPDATE staging.employee SET contrat = 'XX' WHERE dossier = 'saint-martin' AND matricule = '` + keys[1] + `'`)
	w.exec(`INSERT INTO syncd.dictionary_entry SELECT target_id, name, 'YY', 'unknown there', true, changed_by FROM syncd.dictionary_entry
		WHERE name = 'Fonction' LIMIT 1`)
	w.exec(`UPDATE staging.employee SET fonction = 'YY' WHERE dossier = 'saint-martin' AND matricule = '` + keys[2] + `'`)
	if run := w.run(november); run.State != jobs.Incomplete {
		t.Fatalf("the run is %s: %+v", run.State, run.Counts)
	}
	e := w.stands(ledger.MonthHeld, ledger.Balance{Read: 8, Sent: 5, Confirm: 1, Correct: 1, Refused: 1}, "held", "rejected", "blocked")
	if !slices.Equal(e.Missing[0].Keys, keys[:1]) || !slices.Equal(e.Missing[1].Keys, keys[2:3]) || e.Run().ID != e.Last.ID {
		t.Errorf("got %+v", e.Missing)
	}

	_, err := w.Decisions().Approve(t.Context(), Approval{Run: e.Last.ID, Employees: keys[:1], Decision: approval})
	w.must(err)
	w.stands(ledger.MonthWaiting, ledger.Balance{Read: 8, Sent: 5, Waiting: 1, Correct: 1, Refused: 1}, "pending", "rejected", "blocked")
	_, err = w.Runs().Resume(t.Context(), e.Last.ID, "marie", goOn)
	w.must(err)
	w.stands(ledger.MonthCorrect, ledger.Balance{Read: 8, Sent: 6, Correct: 1, Refused: 1}, "rejected", "blocked")

	// A run for one of them is no month, and changes only what it says of her.
	w.exec(`UPDATE staging.employee SET fonction = NULL WHERE dossier = 'saint-martin' AND matricule = '` + keys[2] + `'`)
	w.run(only(keys[2]))
	w.stands(ledger.MonthCorrect, ledger.Balance{Read: 8, Sent: 7, Correct: 1}, "blocked")
	w.exec(`UPDATE staging.employee SET contrat = (SELECT min(contrat) FROM staging.employee WHERE contrat <> 'XX') WHERE dossier = 'saint-martin'
		AND matricule = '` + keys[1] + `'`)
	w.run(only(keys[1]))
	e = w.stands(ledger.MonthSent, ledger.Balance{Read: 8, Sent: 8})
	if e.Settled || e.Delivered == nil {
		t.Errorf("got %+v", e)
	}

	w.must(second(w.Decisions().ClosePeriod(t.Context(), w.month(), false, approval)))
	w.stands(ledger.MonthClosed, ledger.Balance{Read: 8, Sent: 8})
}

func second[A any](_ A, err error) error { return err }

func (w *world) month() Month {
	d, err := w.Config.Dossier("saint-martin")
	w.must(err)
	return Month{d, apptest.Period}
}

// keys are the matricules of saint-martin.
func (w *world) keys() []string {
	w.t.Helper()
	rows, err := w.db.Connect(w.t).Query(w.t.Context(), `SELECT matricule FROM staging.employee WHERE dossier = 'saint-martin'
		ORDER BY matricule COLLATE "C"`)
	w.must(err)
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	return keys
}

func TestStatesOfAMonth(t *testing.T) {
	t.Parallel()
	t.Run("held as a whole, and given up", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		run := w.held()
		e := w.stands(ledger.MonthHeld, ledger.Balance{Read: 8, Confirm: 8}, "run-held", "pending")
		if e.Run().ID != run.ID || e.Active != nil || !slices.Equal(e.Missing[0].Runs, []int64{run.ID}) {
			t.Errorf("got %+v", e)
		}
		w.must(second(w.Decisions().Cancel(t.Context(), run.ID, approval)))
		w.stands(ledger.MonthCancelled, ledger.Balance{Read: 8, Aside: 8}, "superseded")
	})
	t.Run("failed before it had a plan", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *config.Config) {
			c.Jobs[1].Source.Employees = "SELECT * FROM staging.nothing WHERE dossier = @dossier"
		})
		w.tried(november)
		w.stands(ledger.MonthFailed, ledger.Balance{}, "never-sent", "run-failed")
	})
	t.Run("only somebody was sent", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.run(Order{Job: "dictionnaire"})
		w.run(only(w.keys()[0]))
		w.stands(ledger.MonthIncomplete, ledger.Balance{}, "partial")
	})
	t.Run("queued, and paused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *config.Config) { c.Jobs[1].Schedule = daily(t) })
		o := november
		o.Dossiers, o.By = []string{"saint-martin"}, "marie"
		ordered, err := w.Runs().Order(t.Context(), o)
		w.must(err)
		w.must(second(ordered.Queue(t.Context(), ordered.Dossiers[0])))
		e := w.stands(ledger.MonthWaiting, ledger.Balance{}, "never-sent")
		if e.Active == nil || e.Paused != nil {
			t.Errorf("got %+v", e)
		}
		w.must(w.Decisions().Pause(t.Context(), "paie", approval))
		if e = w.monthOf("saint-martin"); e.Paused == nil || e.Paused.By != "marie" || !e.Next.IsZero() {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("gone from staging", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.run(Order{Job: "dictionnaire"})
		w.run(november)
		gone := w.keys()[0]
		w.exec(`DELETE FROM staging.payroll_element WHERE dossier = 'saint-martin' AND matricule = '` + gone + `'`)
		w.exec(`DELETE FROM staging.employee WHERE dossier = 'saint-martin' AND matricule = '` + gone + `'`)
		w.run(november)
		w.stands(ledger.MonthCorrect, ledger.Balance{Read: 7, Sent: 7, Departed: 1}, "departed")
	})
	t.Run("closed although something is missing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.must(second(w.Decisions().ClosePeriod(t.Context(), w.month(), true, approval)))
		w.stands(ledger.MonthClosed, ledger.Balance{}, "never-sent")
	})
	t.Run("no longer configured", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.held()
		w.Config.AllDossiers = w.Config.AllDossiers[1:]
		if e := w.monthOf("saint-martin"); e.Configured || e.State != ledger.MonthHeld || len(e.Jobs) > 0 {
			t.Errorf("got %+v", e)
		}
		all, err := w.Months().Fleet(t.Context(), MonthsOf{Period: apptest.Period, Months: 1})
		w.must(err)
		if len(all.Rows) != 2 || all.Rows[0].Dossier != "saint-martin" || all.Rows[0].Configured {
			t.Errorf("got %+v", all.Rows)
		}
	})
}

// tried executes an order that may fail.
func (w *world) tried(o Order) {
	w.t.Helper()
	o.Dossiers, o.By = []string{"saint-martin"}, "marie"
	ordered, err := w.Runs().Order(w.t.Context(), o)
	w.must(err)
	outcomes, err := ordered.Execute(w.t.Context(), begin)
	w.must(err)
	for range outcomes {
	}
}

func daily(t *testing.T) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse("@daily", "Europe/Paris", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A month is late once its due has passed; a month before the first one was not syncd's to send.
func TestMonthsOfAFleet(t *testing.T) {
	t.Parallel()
	due, err := schedule.ParseDue("last-working-day 12:00", "Europe/Paris", nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *config.Config) {
		c.Jobs[1].Due, c.Jobs[1].Guards.RequireElements, c.Jobs[1].Guards.MaxGap = due, false, 0
	})
	w.run(Order{Job: "dictionnaire"})
	w.run(Order{Job: "paie", Selection: Selection{Period: "2025-10"}})
	w.run(Order{Job: "paie", Selection: Selection{Period: "2025-12"}})
	all, err := w.Months().Fleet(t.Context(), MonthsOf{Period: "2025-12", Months: 4})
	w.must(err)
	if want := []jobs.Period{"2025-12", "2025-11", "2025-10", "2025-09"}; !slices.Equal(all.Periods, want) {
		t.Fatalf("got %v", all.Periods)
	}
	type cell struct {
		state ledger.MonthState
		late  bool
	}
	want := map[string][]cell{
		"saint-martin": {{ledger.MonthSent, false}, {ledger.MonthNone, true}, {ledger.MonthSent, false}, {ledger.MonthNone, false}},
		"sainte-anne":  {{ledger.MonthNone, false}, {ledger.MonthNone, false}, {ledger.MonthNone, false}, {ledger.MonthNone, false}},
	}
	for _, row := range all.Rows {
		var got []cell
		for i := range row.Months {
			got = append(got, cell{row.Months[i].State, row.Months[i].Late})
		}
		if !slices.Equal(got, want[row.Dossier]) {
			t.Errorf("%s: got %v", row.Dossier, got)
		}
	}
	if e := all.Rows[0].Months[0]; e.Due.Format(time.DateTime) != "2025-12-31 12:00:00" || all.Alive {
		t.Errorf("due %v, alive %v", e.Due, all.Alive)
	}

	for _, of := range []MonthsOf{{}, {Months: 37}} {
		_, err := w.Months().Fleet(t.Context(), of)
		refusedWith(t, err, NoMonths, nil)
	}
	_, err = w.Months().Month(t.Context(), "saint-marin", "")
	if unknown, ok := errors.AsType[*config.UnknownError](err); !ok || unknown.Nearest != "saint-martin" {
		t.Errorf("got %v", err)
	}
}

// What is wrong with two dossiers for one cause is told once, and who meets it again reads what fixed it.
func TestOneCauseOverDossiers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	both := Selection{Dossiers: []string{"saint-martin", "sainte-anne"}, Period: apptest.Period}
	w.each(Order{Job: "dictionnaire", Selection: Selection{Dossiers: both.Dossiers}})
	w.exec(`UPDATE staging.employee SET contrat = 'XX' WHERE matricule IN ('00002', '00003')`)
	w.exec(`INSERT INTO syncd.dictionary_entry SELECT DISTINCT target_id, name, 'YY', 'unknown there', true, changed_by FROM syncd.dictionary_entry
		WHERE name = 'Fonction'`)
	w.exec(`UPDATE staging.employee SET fonction = 'YY' WHERE matricule = '00005'`)
	w.each(Order{Job: "paie", Selection: both})
	of := MonthsOf{Period: apptest.Period, Months: 1, Causes: true}
	all, err := w.Months().Fleet(t.Context(), of)
	w.must(err)
	if len(all.Causes) != 2 {
		t.Fatalf("got %+v", all.Causes)
	}
	code, refusal := all.Causes[0], all.Causes[1]
	if code.Of != ledger.CauseProblem || code.Code != "unknown-code" || code.N != 4 || !slices.Equal(code.Dossiers, both.Dossiers) ||
		len(code.Runs) != 2 || code.Item.Problems[0].Value != "XX" || code.Note != nil {
		t.Errorf("got %+v", code)
	}
	if refusal.Of != ledger.CauseRefusal || refusal.N != 2 || refusal.Item.HTTPStatus/100 != 4 ||
		!slices.Equal(refusal.Dossiers, both.Dossiers) {
		t.Errorf("got %+v", refusal)
	}

	_, err = w.Months().Note(t.Context(), of, code.Key[:12], Decision{By: "marie", Reason: "XX is CDI since September"})
	w.must(err)
	_, err = w.Months().Note(t.Context(), of, code.Key, Decision{By: "paul", Reason: "XX is CDI"})
	w.must(err)
	all, err = w.Months().Fleet(t.Context(), of)
	w.must(err)
	if note := all.Causes[0].Note; note == nil || note.By != "paul" || note.Text != "XX is CDI" || time.Since(note.At) > time.Hour {
		t.Errorf("got %+v", note)
	}
	if all.Causes[1].Note != nil {
		t.Errorf("got %+v", all.Causes[1].Note)
	}
	for _, wrong := range []string{"", code.Key[:5], "ffffffffffff"} {
		_, err := w.Months().Note(t.Context(), of, wrong, approval)
		refusedWith(t, err, NoCause, nil)
	}
	_, err = w.Months().Note(t.Context(), of, code.Key, Decision{By: "marie"})
	refusedWith(t, err, NoNote, nil)
	if _, err = w.Months().Note(t.Context(), of, code.Key,
		Decision{By: "marie", Reason: "hers: 1 85 05 78 006 084 91"}); !is[*ledger.ReasonError](err) {
		t.Errorf("got %v", err)
	}

	// Corrected, nothing is left of either.
	w.exec(`UPDATE staging.employee SET fonction = NULL, contrat = (SELECT min(contrat) FROM staging.employee WHERE contrat <> 'XX') WHERE matricule IN ('00002', '00003', '00005')`)
	w.each(Order{Job: "paie", Selection: both})
	if all, err = w.Months().Fleet(t.Context(), of); err != nil || len(all.Causes) > 0 {
		t.Errorf("got %+v, %v", all.Causes, err)
	}
}

// each executes an order for several dossiers.
func (w *world) each(o Order) {
	w.t.Helper()
	o.By = "marie"
	ordered, err := w.Runs().Order(w.t.Context(), o)
	w.must(err)
	outcomes, err := ordered.Execute(w.t.Context(), begin)
	w.must(err)
	for outcome := range outcomes {
		w.must(outcome.Err)
	}
}

// What went while a dossier had another name is its own all the same, and stands nowhere else.
func TestMonthsOfARenamedDossier(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(Order{Job: "dictionnaire"})
	sent := w.run(november)
	w.exec(`UPDATE syncd.target SET dossier = 'st-martin-ogec' WHERE dossier = 'saint-martin'`) // as it was called before
	e := w.stands(ledger.MonthSent, ledger.Balance{Read: 8, Sent: 8})
	if e.Target.Dossier != "saint-martin" {
		t.Errorf("got %+v", e.Month)
	}
	all, err := w.Months().Fleet(t.Context(), MonthsOf{Months: 2})
	w.must(err)
	for _, row := range all.Rows {
		if row.Dossier == "st-martin-ogec" {
			t.Errorf("it stands under its former name as well: %+v", row)
		}
	}
	if run, err := w.Records().Run(t.Context(), sent.ID); err != nil || w.NameNow(run.Target) != "saint-martin" {
		t.Errorf("the run is of %s, %v", w.NameNow(run.Target), err)
	}
	if named, err := w.Months().Month(t.Context(), "st-martin-ogec", apptest.Period); err != nil ||
		named.Rows[0].Months[0].State != ledger.MonthSent {
		t.Errorf("asked for by its former name: %+v, %v", named.Rows, err)
	}
	w.exec(`UPDATE syncd.target SET siret = '99999999800019', identity = NULL`) // of another establishment it is not
	w.stands(ledger.MonthNone, ledger.Balance{}, ledger.MissingAll)
}

// A month that went under a former name is closed under the new one, by whatever door, with nothing to force.
func TestClosingAMonthOfARenamedDossier(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(Order{Job: "dictionnaire"})
	w.run(november)
	w.exec(`UPDATE syncd.target SET dossier = 'st-martin-ogec' WHERE dossier = 'saint-martin'`)
	left, err := w.Decisions().ClosePeriod(t.Context(), w.month(), false, approval)
	if err != nil || len(left) > 0 {
		t.Fatalf("%v %v", left, err)
	}
	w.stands(ledger.MonthClosed, ledger.Balance{Read: 8, Sent: 8})
	closings, err := w.Decisions().Closings(t.Context(), []config.Dossier{w.month().Dossier})
	if err != nil || len(closings) != 1 {
		t.Errorf("%v %v", closings, err)
	}
}

// Of two dossiers with one SIRET nobody can say which one was called otherwise: what went then is neither's.
func TestARenamedDossierOfSeveralWithItsSiret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(Order{Job: "dictionnaire"})
	w.run(november)
	w.exec(`UPDATE syncd.target SET dossier = 'st-martin-ogec' WHERE dossier = 'saint-martin'`)
	twin := w.month().Dossier
	twin.Name = "saint-martin-lycee"
	w.Config.AllDossiers = append(w.Config.AllDossiers, twin)
	w.stands(ledger.MonthNone, ledger.Balance{}, ledger.MissingAll)
	var missing *ledger.MissingError
	for _, name := range []string{"saint-martin", "saint-martin-lycee"} {
		twin.Name = name
		_, err := w.Decisions().ClosePeriod(t.Context(), Month{twin, apptest.Period}, false, approval)
		if !errors.As(err, &missing) || missing.Missing[0].Kind != ledger.MissingAll {
			t.Errorf("%s: %v", name, err)
		}
	}
}
