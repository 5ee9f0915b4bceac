package e2e

import (
	"fmt"
	"testing"

	"syncd/internal/jobs"
)

// limits are the rules that count, each with how many pass of a staff of 8, by the floor, and of 60, by the share.
var limits = []struct {
	name    string // the payment error that it prevents
	rule    jobs.Rule
	of      map[int]int
	prepare func(w *world)
	upset   func(w *world, n int) // makes n of what is counted
	passes  jobs.State            // how a run ends that is within the limit
}{
	{"another association's table is paid", jobs.RuleCreated, map[int]int{8: 5, 60: 12}, nil,
		(*world).hire, jobs.Succeeded},
	{"a column that moved overwrites everyone's data", jobs.RuleUpdated, map[int]int{8: 5, 60: 18}, nil,
		(*world).renameFirst, jobs.Succeeded},
	{"an import that lost people leaves them unpaid", jobs.RuleDeparted, map[int]int{8: 2, 60: 6}, nil,
		func(w *world, n int) { w.dismiss(1, n) }, jobs.Incomplete},
	{"a join that multiplies the rows blocks the staff", jobs.RuleDuplicates, map[int]int{8: 2, 60: 3}, (*world).loosen,
		func(w *world, n int) {
			w.exec(`INSERT INTO staging.employee SELECT * FROM staging.employee WHERE matricule <= $1`, matricule(n))
		}, jobs.Incomplete},
	{"an import that broke off half-way is taken for the whole", jobs.RuleFall, map[int]int{8: 3, 60: 12},
		func(w *world) { w.job.Guards.Departed = off },
		func(w *world, n int) { w.dismiss(1, n) }, jobs.Incomplete},
	{"a month that is entered twice in part is paid twice in part", jobs.RuleElements, map[int]int{8: 12, 60: 90}, nil,
		func(w *world, n int) {
			w.exec(`INSERT INTO staging.payroll_element SELECT $1, '00001', $2, 'ABS_CP', 0, NULL FROM generate_series(1, $3)`, dossier,
				string(period), n)
		}, jobs.Succeeded},
	{"a month half of which is not entered goes", jobs.RuleElements, map[int]int{8: 10, 60: 60},
		func(w *world) { w.job.Guards.CodeTotals = off }, func(w *world, n int) {
			w.exec(`DELETE FROM staging.payroll_element WHERE ctid IN (SELECT ctid FROM staging.payroll_element ORDER BY matricule, code LIMIT $1)`,
				n)
		}, jobs.Succeeded},
}

// Each limit lets pass what is at it, and holds the whole run for one more, before anything is sent.
func TestLimitHoldsTheRunJustAboveIt(t *testing.T) {
	t.Parallel()
	for _, l := range limits {
		for staff, most := range l.of {
			t.Run(fmt.Sprintf("%s/%s/%d of %d", l.rule, l.name, most, staff), func(t *testing.T) {
				t.Parallel()
				w, r := guarded(t, staff, 13)
				if l.prepare != nil {
					l.prepare(w)
				}
				w.run(r, jobs.Succeeded, nil)
				putBack := w.db.Rewind(t, "staging")
				l.upset(w, most+1)
				run := w.wantHeldRun(r, nil, l.rule)
				f := run.Findings[0]
				if off := f.N - f.Of; l.rule == jobs.RuleElements && max(off, -off) != most+1 ||
					l.rule != jobs.RuleElements && f.N != most+1 || f.Limit != most {
					t.Errorf("%+v, want %d above %d", f, most+1, most)
				}
				if len(f.Keys) != min(f.N, jobs.FindingKeys) && l.rule != jobs.RuleFall && l.rule != jobs.RuleElements {
					t.Errorf("%d of %d are named", len(f.Keys), f.N)
				}
				putBack()
				l.upset(w, most)
				w.run(r, l.passes, nil)
			})
		}
	}
}

// Cents taken for euros, or a month keyed twice, show in the total of one code: by the floor where little is usual, by
// the share where much is. The former run of the month tells what is usual, before there are three months.
func TestTotalOfOneCodeHoldsTheRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before, passes, trips string
	}{
		{"50", "250", "250.01"},
		{"10000", "20000", "20000.01"},
		{"250.50", "501", "501.01"},
		{"1000.50", "500.25", "500.24"}, // as many times less
		{"200", "0", "400.01"},          // what is rare may not occur at all
	} {
		t.Run(c.before+" to "+c.passes, func(t *testing.T) {
			t.Parallel()
			w, r := guarded(t, 8, 0)
			w.exec(`DELETE FROM staging.payroll_element WHERE code = 'PRIME_EXC'`)
			w.exec(`INSERT INTO staging.payroll_element VALUES ($1, '00001', $2, 'PRIME_EXC', NULL, $3)`, dossier, string(period), c.before)
			w.run(r, jobs.Succeeded, nil)
			w.bonus(c.trips)
			held := w.wantHeldRun(r, nil, jobs.RuleCodeTotal)
			if f := held.Findings[0]; f.Path != "Elements[PRIME_EXC].Montant" || f.Ratio >= 0.5 && f.Ratio <= 2 {
				t.Errorf("%+v", f)
			}
			w.bonus(c.passes)
			w.run(r, jobs.Succeeded, nil)
			w.wantDelivered(period)
		})
	}
}

func (w *world) bonus(amount string) {
	w.exec(`UPDATE staging.payroll_element SET amount = $1 WHERE code = 'PRIME_EXC' AND period = $2`, amount, string(period))
}
