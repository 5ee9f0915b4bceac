package e2e

import (
	"errors"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

func (w *world) forget(r *jobs.Runner, matricule string, force bool) (store.Forgotten, error) {
	w.t.Helper()
	return storeOf(r).ForgetPerson(w.t.Context(), store.Forgetting{Partner: "isidoor", Dossier: w.request().Target.Dossier, Key: matricule,
		By: "marie", Reason: "asked for it", Present: force})
}

func (w *world) wantKept(r *jobs.Runner, matricule string, why store.ForgetObstacle) {
	w.t.Helper()
	_, err := w.forget(r, matricule, false)
	var refused *store.ForgetError
	if !errors.As(err, &refused) || refused.Why != why {
		w.t.Errorf("forgetting %s: %v, want %s", matricule, err, why)
	}
}

// sums are the accountings of all runs, by their lines as well.
func (w *world) sums() (text string) {
	w.t.Helper()
	w.must(w.db.Connect(w.t).QueryRow(w.t.Context(), `SELECT string_agg(concat_ws(' ', r.id, r.state, r.employees_read, r.accepted, r.unchanged, r."left",
		(SELECT concat_ws(' ', sum(i.employees), sum(i.elements), count(*)) FROM syncd.item i WHERE i.run_id = r.id)), ',' ORDER BY r.id) FROM syncd.run r`).Scan(&text))
	return text
}

// Somebody who has left is erased: nothing of them is left in the ledger but sums, a name that tells nobody who it was, and
// what the audit says. The month is as it was for everyone else, and who comes back for it is not paid twice.
func TestForgetErasesAPerson(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Employees = []string{"00003", "00004"} })
	w.run(r, jobs.Succeeded, nil)
	w.wantKept(r, "00003", store.ForgetPresent)
	w.wantKept(r, "99999", store.ForgetUnknown)
	w.exec(`CREATE TABLE away AS SELECT * FROM staging.employee WHERE matricule = '00003'`)
	w.exec(`CREATE TABLE away_element AS SELECT * FROM staging.payroll_element WHERE matricule = '00003'`)
	w.dismiss(2, 1)
	w.wantKept(r, "00003", store.ForgetPresent) // nobody has noticed yet
	w.nextMonth(december)
	w.shares("iban", "00005", "00006")
	w.run(r, jobs.Incomplete, named(december)) // holds 00005, and names 00006
	w.wantKept(r, "00005", store.ForgetOpen)
	before := w.sums()

	done, err := w.forget(r, "00003", false)
	w.must(err)
	if done.Documents != 1 || done.Lines < 2 || done.AuditLines != 1 || strings.Contains(done.Name, "00003") {
		t.Errorf("%+v", done)
	}
	for _, table := range []string{"item", "baseline", "run", "trace", "forgotten"} {
		// not within sealed bytes, which may hold any digits
		if n := count(t, w, `SELECT count(*) FROM syncd.`+table+` t WHERE t::text ~ '(^|[^0-9a-f])00003([^0-9a-f]|$)'`); n != 0 {
			t.Errorf("%d rows of %s name the person", n, table)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.audit WHERE decision = 'forget' AND employees = ARRAY[$1]`, done.Name); n != 1 {
		t.Errorf("%d lines of the audit tell of it", n)
	}
	if after := w.sums(); after != before {
		t.Errorf("sums moved:\n%s\n%s", before, after)
	}
	w.wantKept(r, "00003", store.ForgetUnknown)

	w.exec(`INSERT INTO staging.employee SELECT * FROM away`)
	w.exec(`INSERT INTO staging.payroll_element SELECT * FROM away_element`)
	items, _ := w.look(r, period)
	if item := items["00003"]; item.State != jobs.ItemHeld || item.Findings[0].Rule != jobs.RuleForgotten {
		t.Errorf("who was sent for the month would be sent again: %+v", item)
	}
}

// Whom guards named beside others is renamed there, too, and a departure that nobody settled is not swept away.
func TestForgetRenamesWhereOthersAreTold(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`CREATE TABLE away AS SELECT * FROM staging.employee WHERE matricule = '00003'`)
	w.dismiss(2, 1)
	w.run(r, jobs.Incomplete, nil)
	w.wantKept(r, "00003", store.ForgetDeparted)
	w.exec(`INSERT INTO staging.employee SELECT * FROM away`)
	w.rehire("00003", "00099")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantOthers(r, run, "00099", "Iban", "00003")
	done, err := w.forget(r, "00003", true)
	w.must(err)
	w.wantOthers(r, run, "00099", "Iban", done.Name)
}

// A run that failed as nobody had a matricule names it in its text and as data: both are renamed.
func TestForgetRenamesWhomAFailureNames(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(2, 1)
	failed := w.run(r, jobs.Failed, func(n *jobs.NewRun) { n.Employees = []string{"00003", `00"777`} })
	done, err := w.forget(r, "00003", true)
	w.must(err)
	var detail, keys, problems string
	w.must(w.db.Connect(t).QueryRow(t.Context(), `SELECT failure_detail, failure_args ->> 'keys', failure_problems::text FROM syncd.run
		WHERE state = 'failed'`).Scan(&detail, &keys, &problems))
	for _, text := range []string{detail, keys, problems} {
		if strings.Contains(text, "00003") || !strings.Contains(text, done.Name) {
			t.Errorf("the failure tells %s", text)
		}
	}
	again, err := storeOf(r).Run(t.Context(), failed.ID)
	w.must(err)
	if text, _, _ := strings.Cut(again.Failure.Text(), "\nhint: "); text != again.Failure.Detail || !strings.Contains(text, `"00\"777"`) {
		t.Errorf("the facts tell %s\nthe text  %s", text, again.Failure.Detail)
	}
}

// Who was told as the likely owner of elements under another spelling is renamed there as well.
func TestForgetRenamesLikelyOwners(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.loosen()
	w.run(r, jobs.Succeeded, nil)
	w.respell("00003", "3", 1)
	w.respell("00004", "00004 ", 1)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantOwner(r, run, "3", mapping.ProblemMissingEmployee, "00003")
	w.wantOwner(r, run, "00004 ", mapping.ProblemBadKey, "00004")
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule IN ('3', '00003', '00004 ', '00004')`)
	w.dismiss(2, 1)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00004'`)
	w.run(r, jobs.Incomplete, nil)
	for matricule, told := range map[string]struct {
		orphan string
		code   mapping.ProblemCode
	}{"00003": {"3", mapping.ProblemMissingEmployee}, "00004": {"00004 ", mapping.ProblemBadKey}} {
		done, err := w.forget(r, matricule, true)
		w.must(err)
		w.wantOwner(r, run, told.orphan, told.code, done.Name)
		if n := count(t, w, `SELECT count(*) FROM syncd.item t WHERE problems::text LIKE '%"' || $1 || '"%'`, matricule); n != 0 {
			t.Errorf("%d problems name %s", n, matricule)
		}
	}
}
