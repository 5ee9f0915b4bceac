package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

func (w *world) sumsOf(s *store.Store, run *jobs.Run) *jobs.Sums {
	w.t.Helper()
	sums, err := s.Sums(w.t.Context(), run)
	w.must(err)
	if sums == nil {
		w.t.Fatal("the sums are not told")
	}
	return sums
}

// line is what a run's report says of one path.
func (w *world) line(sums *jobs.Sums, path string) jobs.Sum {
	w.t.Helper()
	at := slices.IndexFunc(sums.Lines, func(s jobs.Sum) bool { return s.Path == path })
	if at < 0 {
		w.t.Fatalf("%s is not summed: %+v", path, sums)
	}
	return sums.Lines[at]
}

const (
	bonusPath = "Elements[PRIME_EXC].Montant"
	payPath   = "Elements.Montant"
	euro      = 10_000
)

// amounts are what staging has of the month, in units.
func (w *world) amounts(p jobs.Period) (units int64) {
	w.t.Helper()
	w.must(w.conn.QueryRow(w.t.Context(), `SELECT coalesce(sum(amount) * 10000, 0)::bigint FROM staging.payroll_element WHERE period = $1
		AND matricule IN (SELECT matricule FROM staging.employee)`, string(p)).Scan(&units))
	return units
}

// wantNowhere looks for texts in all that the ledger holds in the open but the diffs, which are to be read there, and in the log.
func (w *world) wantNowhere(log *bytes.Buffer, texts ...string) {
	w.t.Helper()
	var kept string
	w.must(w.conn.QueryRow(context.Background(), `SELECT string_agg(query_to_xml('SELECT to_jsonb(t) - ''diff'' FROM syncd.' || quote_ident(tablename) || ' t', true, false, '')::text, ' ')
		FROM pg_tables WHERE schemaname = 'syncd'`).Scan(&kept))
	if !strings.Contains(kept, "PRIME_EXC") {
		w.t.Error("the findings are not there")
	}
	for _, text := range texts {
		if strings.Contains(kept, text) {
			w.t.Errorf("%s stands in the ledger", text)
		}
		if strings.Contains(log.String(), text) {
			w.t.Errorf("%s stands in the log", text)
		}
	}
}

// A run that a code's total holds tells what it comes to and what is usual, of which code and whose, and what all elements come to:
// to who has the ledger key. Nothing of it lies open.
func TestHeldRunTellsSums(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w, r := guarded(t, 8, 0)
	r.Log = zerolog.New(&log)
	w.job.Guards.MaxAmount = 0
	w.payBonus("1000")
	w.history(r)
	const bonus, canary = "7654.32", 7654_3200
	w.bonus(bonus)
	run := w.wantHeldRun(r, nil, jobs.RuleCodeTotal)
	sums := w.sumsOf(storeOf(r), run)
	if !slices.Equal(sums.Months, []jobs.Period{october, "2026-09", "2026-08"}) || sums.Run != 0 || sums.More != 0 || sums.Odd != nil {
		t.Errorf("%+v", sums)
	}
	all := w.line(sums, payPath)
	if was := w.amounts(october); all.Now != w.amounts(period) || !slices.Equal(all.Before, []int64{was, was, was}) || all.People == 0 {
		t.Errorf("%+v, paid %d", all, w.amounts(period))
	}
	code := w.line(sums, bonusPath)
	want := []jobs.Whose{{Key: "00001", Now: canary, Usual: 1000 * euro}}
	if usual, known := code.Usual(); code.Now != canary || !known || usual != 1000*euro || code.People != 1 ||
		code.Label == "" || !slices.Equal(code.Who, want) {
		t.Errorf("%+v", code)
	}
	w.wantNowhere(&log, bonus, fmt.Sprint(canary), fmt.Sprint(all.Now))
	unkeyed, err := store.Open(t.Context(), store.Options{URL: w.db.URL, Version: "test"})
	w.must(err)
	t.Cleanup(unkeyed.Close)
	if sums, err := unkeyed.Sums(t.Context(), run); sums != nil || err != nil {
		t.Errorf("without the key: %+v, %v", sums, err)
	}
	// It stays so once a person has decided, and the next run of the month compares with it.
	w.release(r, run, jobs.Succeeded)
	if after := w.sumsOf(storeOf(r), run); after.Lines == nil {
		t.Errorf("%+v", after)
	}
	w.bonus("8000")
	again := w.sumsOf(storeOf(r), w.run(r, jobs.Succeeded, nil))
	if code := w.line(again, bonusPath); again.Run != run.ID || code.Same != canary || code.Now != 8000*euro {
		t.Errorf("%+v", again)
	}
	// An export that lost all of them tells what is missing, and whose it was.
	w.exec(`DELETE FROM staging.payroll_element WHERE code = 'PRIME_EXC' AND period = $1`, string(period))
	gone := w.line(w.sumsOf(storeOf(r), w.wantHeldRun(r, func(n *jobs.NewRun) { n.Resend = "all of it" }, jobs.RuleCodeTotal)), bonusPath)
	if gone.Now != 0 || gone.People != 0 || len(gone.Who) != 1 || gone.Who[0].Now != 0 || gone.Who[0].Usual != 1000*euro {
		t.Errorf("%+v", gone)
	}
}

// Whom an amount holds is told with the amount and the usual one while the document waits, and not longer.
func TestHeldAmountIsToldWhileItWaits(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w, r := guarded(t, 8, 0)
	r.Log = zerolog.New(&log)
	w.payBonus("50")
	w.history(r)
	w.bonus("187.65")
	run := w.run(r, jobs.Incomplete, nil)
	f := w.item(r, run, "00001").Findings[0]
	if f.Amount == nil || f.Amount.Now != 187_6500 || f.Amount.Usual != 50*euro {
		t.Errorf("%+v", f)
	}
	w.wantNowhere(&log, "187.65", "1876500")
	w.exec(`UPDATE syncd.item SET amounts = set_byte(amounts, 20, get_byte(amounts, 20) # 1) WHERE amounts IS NOT NULL`)
	if f := w.item(r, run, "00001").Findings[0]; f.Amount != nil || f.Ratio < 3 {
		t.Errorf("of altered amounts: %+v", f)
	}
	w.release(r, run, jobs.Succeeded)
	if f := w.item(r, run, "00001").Findings[0]; f.Amount != nil {
		t.Errorf("once it is sent: %+v", f)
	}
}

// What is sensitive is summed for guards, and shown to nobody: a sum beside last month's tells what one person's pay is.
func TestSensitiveAmountsAreNotTold(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	fields := slices.Clone(w.job.Mapping.Children[0].Fields)
	for i := range fields {
		fields[i].Sensitive = fields[i].Sensitive || fields[i].Path == "Montant"
	}
	w.job.Mapping.Children = slices.Clone(w.job.Mapping.Children)
	w.job.Mapping.Children[0].Fields = fields
	w.payBonus("1000")
	w.history(r)
	w.bonus("9000")
	run := w.wantHeldRun(r, nil, jobs.RuleCodeTotal)
	sums := w.sumsOf(storeOf(r), run)
	told := func(s jobs.Sum) bool { return strings.HasSuffix(s.Path, ".Montant") }
	if !slices.Equal(sums.Hidden, []string{payPath}) || slices.ContainsFunc(sums.Lines, told) {
		t.Errorf("%+v", sums)
	}
	w.line(sums, "Elements.Quantite")
	if f := w.item(r, run, "00001").Findings[0]; f.Rule != jobs.RuleAmount || f.Shown || f.Amount != nil {
		t.Errorf("%+v", f)
	}
}

// A run for some has no total of the month; an older program's none at all; and what somebody altered says so.
func TestSumsThatAreNotThere(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	some := w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Employees = []string{"00003"} })
	if sums := w.sumsOf(storeOf(r), some); sums.None != jobs.SumsPartial {
		t.Errorf("%+v", sums)
	}
	run := w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE syncd.run_sums SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)`)
	if sums := w.sumsOf(storeOf(r), run); sums.None != jobs.SumsAltered || sums.Lines != nil {
		t.Errorf("%+v", sums)
	}
	other := w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE syncd.run_sums a SET sealed = b.sealed FROM syncd.run_sums b WHERE a.run_id = $1 AND b.run_id = $2`, run.ID, other.ID)
	if sums := w.sumsOf(storeOf(r), run); sums.None != jobs.SumsAltered {
		t.Errorf("another run's: %+v", sums)
	}
	w.exec(`DELETE FROM syncd.run_sums`)
	if sums := w.sumsOf(storeOf(r), run); sums.None != jobs.SumsUnknown {
		t.Errorf("%+v", sums)
	}
}

// Sums are as long there as differences, and as sealed as all else.
func TestSumsArePurgedForgottenAndSealedAnew(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.payBonus("1000")
	w.exec(`INSERT INTO staging.payroll_element VALUES ($1, '00002', $2, 'PRIME_EXC', NULL, 500)`, dossier, string(period))
	w.job.Guards.MaxAmount, w.job.Guards.CodeTotals = 0, off
	w.history(r)
	w.bonus("1700")
	run := w.run(r, jobs.Succeeded, nil)
	if who := w.line(w.sumsOf(storeOf(r), run), bonusPath).Who; len(who) != 2 || who[0].Key != "00002" {
		t.Fatalf("%+v", who)
	}
	_, err := w.forget(r, "00002", true)
	w.must(err)
	code := w.line(w.sumsOf(storeOf(r), run), bonusPath)
	if len(code.Who) != 1 || code.Who[0].Key != "00001" || code.Now != 2*1700*euro {
		t.Errorf("%+v", code)
	}
	_, err = w.forget(r, "00001", true)
	w.must(err)
	if code := w.line(w.sumsOf(storeOf(r), run), bonusPath); len(code.Who) > 0 {
		t.Errorf("%+v", code)
	}
	next, err := store.NewKeys(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	_, err = storeOf(r).Rekey(t.Context(), w.keys, next, "marie", "she left", func(int64) {})
	w.must(err)
	w.keys = next
	after := w.open()
	if code := w.line(w.sumsOf(after, run), bonusPath); code.Now != 2*1700*euro {
		t.Errorf("with the new key: %+v", code)
	}
	w.exec(`UPDATE syncd.run SET finished_at = finished_at - interval '2 years', created_at = created_at - interval '2 years', started_at = started_at - interval '2 years'`)
	_, err = after.Purge(t.Context(), store.PurgeOrder{Share: 1, Cutoffs: func(now time.Time) store.Cutoffs {
		return store.Cutoffs{Diffs: now.AddDate(-1, 0, 0)}
	}})
	w.must(err)
	if sums := w.sumsOf(after, run); sums.None != jobs.SumsUnknown {
		t.Errorf("past its time: %+v", sums)
	}
}

// A plan that did not commit leaves no sums, and one that takes its place tells its own.
func TestSumsAreThoseOfThePlan(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.payBonus("1000")
	plan := r.Plan
	broken := errors.New("the process died")
	r.Plan = func(ctx context.Context, pass *jobs.Pass) (jobs.Frozen, error) {
		_, err := plan(ctx, pass)
		return jobs.Frozen{}, errors.Join(err, broken)
	}
	failed, _ := w.push(r, nil)
	r.Plan = plan
	var kept int
	w.must(w.conn.QueryRow(t.Context(), `SELECT count(*) FROM syncd.run_sums`).Scan(&kept))
	if sums, err := storeOf(r).Sums(t.Context(), failed); failed.Planned || kept != 0 || sums != nil || err != nil {
		t.Errorf("%d kept, %+v, %v", kept, sums, err)
	}
	d := w.daemon()
	waits := w.postponed(d, 0)
	if code := w.line(w.sumsOf(storeOf(d), waits), bonusPath); code.Now != 1000*euro {
		t.Errorf("%+v", code)
	}
	w.bonus("1100")
	again := w.goOn(d, waits.ID)
	if code := w.line(w.sumsOf(storeOf(d), again), bonusPath); again.State != jobs.Succeeded || code.Now != 1100*euro {
		t.Errorf("%s, %+v", again.State, code)
	}
}
