package text_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

// monthly is a month that its job sends at noon of the 30th by itself, two hours before it is due.
func monthly(state ledger.MonthState, m ledger.Month) view.MonthEntry {
	m.Target, m.Period = test, "2026-11"
	return view.MonthEntry{Month: &m, State: state, Configured: true, Jobs: []string{"paie"}, Implied: true, Due: at(30, 12),
		Next: at(30, 6), NextJob: "paie"}
}

func months(entries ...view.MonthEntry) *view.Months {
	all := &view.Months{Now: time.Date(2026, 11, 30, 0, 27, 0, 0, paris), Alive: true, Periods: []jobs.Period{"2026-11"}}
	for _, e := range entries {
		all.Rows = append(all.Rows, view.MonthRow{Dossier: e.Target.Dossier, Configured: e.Configured, Months: []view.MonthEntry{e}})
	}
	return all
}

func missing(kind jobs.ItemState, keys ...string) ledger.Missing {
	return ledger.Missing{Kind: ledger.MissingKind(kind), N: len(keys), Keys: keys, Runs: []int64{12}}
}

// threeLeft is the month of the specification: one to confirm, one to correct, one refused.
func threeLeft() view.MonthEntry {
	last := run(jobs.Incomplete, jobs.Counts{EmployeesRead: 8, Accepted: 5, Held: 1, Blocked: 1, Rejected: 1})
	return monthly(ledger.MonthHeld, ledger.Month{Whole: 12, Last: last, Runs: map[int64]*jobs.Run{12: last}, Delivered: &finished,
		Balance: ledger.Balance{Read: 8, Sent: 5, Confirm: 1, Correct: 1, Refused: 1},
		Missing: []ledger.Missing{missing(jobs.ItemHeld, "00006"), missing(jobs.ItemRejected, "00007"), missing(jobs.ItemBlocked, "00003")}})
}

func settled() view.MonthEntry {
	return monthly(ledger.MonthSent,
		ledger.Month{Whole: 12, Settled: true, Delivered: &finished, Balance: ledger.Balance{Read: 1208, Sent: 1208}})
}

func heldMonth() view.MonthEntry {
	held := run(jobs.Held, jobs.Counts{EmployeesRead: 8})
	held.Failure = jobs.Reason{Code: jobs.ReasonGuard}
	held.Findings = []jobs.Finding{{Rule: jobs.RuleNoElements, Holds: true}}
	return monthly(ledger.MonthHeld,
		ledger.Month{Whole: 12, Last: held, Runs: map[int64]*jobs.Run{12: held}, Balance: ledger.Balance{Read: 8, Confirm: 8},
			Missing: []ledger.Missing{{Kind: ledger.MissingHeld, Runs: []int64{12}}, missing(jobs.ItemPending, "00001", "00002")}})
}

func nothing() view.MonthEntry {
	return monthly(ledger.MonthNone, ledger.Month{Missing: []ledger.Missing{{Kind: ledger.MissingAll}}})
}

func TestMonths(t *testing.T) {
	t.Parallel()
	late, byHand, paused, gone, closed, going, waiting, broken, doubtful := nothing(), nothing(), nothing(), heldMonth(), settled(), nothing(),
		nothing(), nothing(), threeLeft()
	late.Due, late.Late, late.Next, late.Implied = at(27, 12), true, time.Time{}, false
	byHand.Next, byHand.NextJob, byHand.Due = time.Time{}, "", time.Time{}
	paused.Next, paused.Paused = time.Time{}, &ledger.Pause{Job: "paie", Since: at(2, 9), By: "marie", Reason: "staging is being repaired"}
	gone.Configured, gone.Jobs, gone.Due, gone.Next = false, nil, time.Time{}, time.Time{}
	closed.State, closed.Settled, closed.Balance = ledger.MonthClosed, false, ledger.Balance{Read: 8, Sent: 7, Correct: 1}
	closed.Missing = []ledger.Missing{missing(jobs.ItemBlocked, "00003")}
	running := run(jobs.Running, jobs.Counts{EmployeesRead: 8})
	running.FinishedAt = nil
	going.State, going.Active, going.Last, going.Whole, going.Balance = ledger.MonthRunning, running, running, 12,
		ledger.Balance{Read: 8, Sent: 3, Waiting: 5}
	until := at(30, 2)
	queued := run(jobs.Queued, jobs.Counts{})
	queued.FinishedAt, queued.NotBefore, queued.Failure = nil, &until, jobs.Reason{Code: jobs.ReasonUnreachable}
	waiting.State, waiting.Active, waiting.Last = ledger.MonthWaiting, queued, queued
	failure := failed(jobs.ReasonStaging, "", jobs.Counts{})
	broken.State, broken.Last, broken.Runs = ledger.MonthFailed, failure, map[int64]*jobs.Run{12: failure}
	broken.Missing = []ledger.Missing{{Kind: ledger.MissingAll}, {Kind: ledger.MissingPlan, Runs: []int64{12}}}
	doubtful.State, doubtful.Balance = ledger.MonthUncertain, ledger.Balance{Read: 8, Sent: 5, Uncertain: 2, Aside: 1, Departed: 1}
	doubtful.Missing = []ledger.Missing{missing(jobs.ItemUncertain, "00001", "00002"), missing(jobs.ItemSuperseded, "00004"),
		missing(jobs.ItemDeparted, "00005")}
	for name, e := range map[string]view.MonthEntry{"left": threeLeft(), "sent": settled(), "held": heldMonth(), "none": nothing(),
		"late":    late,
		"by-hand": byHand, "paused": paused, "unconfigured": gone, "closed": closed, "running": going, "waiting": waiting, "failed": broken,
		"uncertain": doubtful} {
		golden(t, "month-"+name, func(w io.Writer, p *text.Printer) error { return p.Months(w, months(e)) })
	}
	dead := months(nothing())
	dead.Alive = false
	golden(t, "month-dead", func(w io.Writer, p *text.Printer) error { return p.Months(w, dead) })
}

func ofDossier(e view.MonthEntry, name string) view.MonthEntry {
	m := *e.Month
	m.Target.Dossier, e.Month = name, &m
	return e
}

func TestFleet(t *testing.T) {
	t.Parallel()
	late := ofDossier(nothing(), "saint-yves")
	late.Late, late.Due = true, at(27, 12)
	all := months(threeLeft(), late, ofDossier(nothing(), "sainte-anne"), ofDossier(settled(), "saint-joseph-du-sacre-coeur"))
	golden(t, "month-fleet", func(w io.Writer, p *text.Printer) error { return p.Months(w, all) })
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf("ecole-%02d", i)
	}
	stopped := failed(jobs.ReasonStaging, "", jobs.Counts{})
	causes := months(threeLeft())
	causes.Rows = append(causes.Rows, months(ofDossier(nothing(), "sainte-anne")).Rows...)
	code := ledger.CauseOfProblem(&mapping.Problem{Code: mapping.ProblemUnknownCode, Path: "Contrat.CodeNature", Column: "contrat",
		Value:        "XX",
		Nomenclature: "NatureContrat"})
	code.Dossiers, code.N, code.Note = many, 112, &ledger.Note{At: at(2, 9), By: "marie", Text: "XX is CDI since September"}
	refused := ledger.CauseOfRefusal(jobs.Reason{Code: jobs.ReasonRejected, Detail: "CodeFonction: unknown"}, 400)
	refused.Dossiers, refused.N = []string{"saint-martin", "sainte-anne"}, 2
	held := ledger.CauseOfFinding(heldMonth().Last, &jobs.Finding{Rule: jobs.RuleNoElements, Holds: true})
	held.Dossiers = []string{"saint-yves", "sainte-anne"}
	broken, _ := ledger.CauseOfFailure(stopped)
	broken.Dossiers = []string{"saint-luc", "sainte-marie"}
	causes.Causes = []ledger.Cause{code, refused, held, broken}
	golden(t, "month-causes", func(w io.Writer, p *text.Printer) error { return p.Months(w, causes) })
	grid := months(threeLeft(), late, ofDossier(settled(), "sainte-anne"))
	for range 5 {
		grid.Periods = append(grid.Periods, grid.Periods[len(grid.Periods)-1].Previous())
	}
	for i := range grid.Rows {
		row := &grid.Rows[i]
		for _, e := range []view.MonthEntry{settled(), nothing(), settled(), heldMonth(), settled()} {
			row.Months = append(row.Months, ofDossier(e, row.Dossier))
		}
	}
	golden(t, "month-grid", func(w io.Writer, p *text.Printer) error { return p.Months(w, grid) })
}

// The members of what month prints are a contract.
func TestMonthsJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := printer(locale.English).WriteMonthsJSON(&b, months(threeLeft(), ofDossier(settled(), "sainte-anne"))); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Alive  bool         `json:"daemon_alive"`
		Months []view.Month `json:"months"`
	}
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatalf("%v in %s", err, &b)
	}
	if len(out.Months) != 2 || !out.Alive {
		t.Fatalf("got %s", &b)
	}
	m, over := out.Months[0], out.Months[1]
	if m.State != "to-decide" || m.Over || m.Run != 12 ||
		*m.Balance != (ledger.Balance{Read: 8, Sent: 5, Confirm: 1, Correct: 1, Refused: 1}) ||
		m.Sentence != "8 read = 5 sent + 1 to confirm + 1 to correct + 1 refused" || *m.Due != "2026-11-30T11:00:00Z" || m.SentAt != nil ||
		len(m.Left) != 3 || m.Left[0].Next[1].Command != `syncd approve 12 --employee 00006 --reason "…"` || m.Left[0].Next[1].Run != 12 {
		t.Errorf("got %s", &b)
	}
	if !over.Over || *over.SentAt != "2026-11-30T06:01:07Z" || over.Left == nil || len(over.Left) != 0 || over.Run != 12 {
		t.Errorf("got %s", &b)
	}
}
