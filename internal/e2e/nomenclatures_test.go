package e2e

import (
	"fmt"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
	"syncd/internal/store"
)

func (w *world) changes(r *jobs.Runner, run *jobs.Run) map[string]jobs.Difference {
	w.t.Helper()
	list, err := storeOf(r).Changes(w.t.Context(), run.ID)
	w.must(err)
	changes := map[string]jobs.Difference{}
	for _, c := range list {
		changes[c.Name+"/"+c.Code] = c.Difference
	}
	return changes
}

func (w *world) activeCodes() int {
	return count(w.t, w, `SELECT count(*) FROM syncd.dictionary_entry WHERE active`)
}

// withdraw takes n of the codes away that the staff does not use, but no nomenclature's first.
func (w *world) withdraw(n int) {
	last := ""
	for _, e := range standin.DefaultNomenclatures() {
		if last != e.Nom {
			last = e.Nom
		} else if e.Nom == "Fonction" || e.Nom == "ElementVariable" || e.Nom == "DispenseEepSante" || e.Nom == "MotifCDD" {
			if n--; n < 0 {
				return
			}
			w.sandbox.RemoveEntry(e.Nom, e.Code)
		}
	}
}

// What a pull finds is told: added, renamed, withdrawn; and a second one has nothing to tell.
func TestPullRecordsWhatChanged(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 1)
	if again := w.pullNomenclatures(r); again.State != jobs.Succeeded || len(w.changes(r, again)) != 0 {
		t.Fatalf("%s %v", again.State, w.changes(r, again))
	}
	w.sandbox.SetEntry(standin.Entry{Nom: "Civilite", Code: "DR", Libelle: "Docteur", Actif: true})
	w.sandbox.SetEntry(standin.Entry{Nom: "Civilite", Code: "M", Libelle: "M.", Actif: true})
	w.sandbox.SetEntry(standin.Entry{Nom: "Strate", Code: "IV", Libelle: "Strate IV", Actif: false})
	w.sandbox.RemoveEntry("Strate", "III")
	run := w.pullNomenclatures(r)
	w.wantState(run, jobs.Succeeded)
	want := "map[Civilite/DR:+ Civilite/M:* Strate/III:- Strate/IV:-]"
	if got := fmt.Sprint(w.changes(r, run)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	w.sandbox.SetEntry(standin.Entry{Nom: "Strate", Code: "III", Libelle: "Strate III", Actif: true})
	run = w.pullNomenclatures(r)
	if got := fmt.Sprint(w.changes(r, run)); got != "map[Strate/III:+]" {
		t.Errorf("a code that comes back: %s", got)
	}
}

// An empty answer would block the whole staff: it changes nothing before a person has looked.
func TestEmptyAnswerIsHeld(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	codes := w.activeCodes()
	w.must(w.sandbox.SetFaults(sandbox.Faults{EmptyNomenclatures: true}))
	run := w.pullNomenclatures(r)
	w.wantState(run, jobs.Held)
	if run.Failure.Code != jobs.ReasonPullEmpty || w.activeCodes() != codes {
		t.Fatalf("%+v, %d codes of %d are left", run.Failure, w.activeCodes(), codes)
	}
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.run(r, jobs.Succeeded, nil)
}

// The same when the very first answer is empty.
func TestEmptyFirstAnswerIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.sandbox.SetFaults(sandbox.Faults{EmptyNomenclatures: true}))
	w.wantState(w.pullNomenclatures(w.runner()), jobs.Held)
}

// An answer that withdraws more than a fifth waits for a person, who approves exactly that answer.
func TestShrunkAnswerIsHeldUntilApproved(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 1)
	codes := w.activeCodes()
	w.withdraw(codes/5 + 1)
	held := w.pullNomenclatures(r)
	w.wantState(held, jobs.Held)
	if held.Failure.Code != jobs.ReasonPullShrinks || w.activeCodes() != codes {
		t.Fatalf("%+v, %d codes of %d", held.Failure, w.activeCodes(), codes)
	}
	w.approve(r, held.ID, "they told us")
	w.sandbox.RemoveEntry("Strate", "IV") // it is another answer by now
	run, err := r.ResumePull(t.Context(), &w.pull, held.ID)
	w.must(err)
	w.wantState(run, jobs.Held)
	if w.activeCodes() != codes {
		t.Fatal("an answer that nobody approved was applied")
	}
	w.approve(r, held.ID, "they told us again")
	run, err = r.ResumePull(t.Context(), &w.pull, held.ID)
	w.must(err)
	w.wantState(run, jobs.Succeeded)
	if w.activeCodes() != codes-codes/5-2 {
		t.Errorf("%d codes, there were %d", w.activeCodes(), codes)
	}
}

// A fifth is still ordinary.
func TestAFifthWithdrawnIsApplied(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 1)
	codes := w.activeCodes()
	w.withdraw(codes / 5)
	w.wantState(w.pullNomenclatures(r), jobs.Succeeded)
	if w.activeCodes() != codes-codes/5 {
		t.Errorf("%d codes, there were %d", w.activeCodes(), codes)
	}
}

// The whole staff uses a small nomenclature, so its end is no small thing, however many codes others have.
func TestEmptiedNomenclatureIsHeld(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 1)
	codes := w.activeCodes()
	w.sandbox.RemoveEntry("Civilite", "M")
	w.sandbox.RemoveEntry("Civilite", "MME")
	held := w.pullNomenclatures(r)
	w.wantState(held, jobs.Held)
	if held.Failure.Code != jobs.ReasonPullShrinks || held.Failure.Detail != "Civilite 2/2" || w.activeCodes() != codes {
		t.Errorf("%+v, %d codes of %d", held.Failure, w.activeCodes(), codes)
	}
}

// What is held is out of date once a good answer has come: it must not be approved later.
func TestLaterPullCancelsHeldOnes(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 1)
	w.must(w.sandbox.SetFaults(sandbox.Faults{EmptyNomenclatures: true}))
	held := w.pullNomenclatures(r)
	w.wantState(held, jobs.Held)
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.wantState(w.pullNomenclatures(r), jobs.Succeeded)
	old, err := storeOf(r).Run(t.Context(), held.ID)
	w.must(err)
	w.wantState(old, jobs.Cancelled)
	if _, err := storeOf(r).Approve(t.Context(), held.ID, store.Approval{By: "test", Reason: "too late"}); err == nil {
		t.Error("a cancelled run was approved")
	}
}

// Without any nomenclature nothing can be checked: the run fails and says what to pull, instead of sending unchecked codes.
func TestRunBeforeAnyPullSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(2)
	run := w.run(w.runner(), jobs.Failed, nil)
	_, hint, _ := strings.Cut(run.Failure.Text(), "\nhint: ")
	if run.Failure.Code != jobs.ReasonStaging || !strings.Contains(hint, "pull") || len(w.received()) != 0 {
		t.Errorf("%+v, the partner has %d", run.Failure, len(w.received()))
	}
}

// What the codes would do to the next run is stored with them, in numbers, and stays as it is where an answer is not taken: the command
// looks anew.
func TestImpactIsStoredWithTheCodes(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.Forecasts = []jobs.Forecast{{Job: &w.job, Digest: "digest", Period: period}}
	stored := func() (text string) {
		w.t.Helper()
		w.must(w.conn.QueryRow(t.Context(), `SELECT string_agg(concat_ws(' ', job, period, digest, known, employees, blocked, codes), ';')
			FROM syncd.impact`).Scan(&text))
		return text
	}
	w.wantState(w.pullNomenclatures(r), jobs.Succeeded)
	if got := stored(); got != "paie "+string(period)+" digest t 3 0 []" {
		t.Fatal(got)
	}
	w.sandbox.RemoveEntry("Civilite", "MME")
	w.sandbox.RemoveEntry("Civilite", "M")
	held := w.pullNomenclatures(r)
	w.wantState(held, jobs.Held)
	if got := stored(); got != "paie "+string(period)+" digest t 3 0 []" {
		t.Errorf("an answer that is held has changed what is stored: %s", got)
	}
	w.approve(r, held.ID, "it is so")
	_, err := r.ResumePull(t.Context(), &w.pull, held.ID)
	w.must(err)
	if got := stored(); !strings.Contains(got, "t 3 3 ") || !strings.Contains(got, `"name": "Civilite"`) {
		t.Errorf("stored is %s", got)
	}
}
