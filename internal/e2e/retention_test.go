package e2e

import (
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

// aged removes the documents whose time is past at an instant, and wants so many to be.
func (w *world) aged(r *jobs.Runner, before time.Time, want int64) {
	w.t.Helper()
	order := func(dry bool) store.PurgeOrder {
		return store.PurgeOrder{By: "marie", Dry: dry, Share: 1,
			Cutoffs: func(time.Time) store.Cutoffs { return store.Cutoffs{Documents: before, Traces: w.job.Traces} }}
	}
	for _, dry := range []bool{true, false} {
		purged, err := storeOf(r).Purge(w.t.Context(), order(dry))
		if w.must(err); purged != (store.Purged{Documents: want}) {
			w.t.Errorf("dry %t: %+v, want %d documents", dry, purged, want)
		}
	}
	again, err := storeOf(r).Purge(w.t.Context(), order(false))
	if w.must(err); again != (store.Purged{}) {
		w.t.Errorf("a second time: %+v", again)
	}
}

// Documents of people who left, and of months long past, are removed. What is left of them keeps everything from being sent
// twice: a month that is planned again is unchanged, somebody who comes back under a new matricule is seen, and what can no
// longer be compared waits for a person.
func TestRemovedDocumentsSendNothingTwice(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.job.Guards.MaxGap = 0
	w.run(r, jobs.Succeeded, nil)
	w.exec(`CREATE TABLE away AS SELECT * FROM staging.employee WHERE matricule = '00003'`)
	w.dismiss(2, 1)
	for _, p := range []jobs.Period{december, january} {
		w.nextMonth(p)
		w.run(r, jobs.Succeeded, named(p))
	}
	kept := count(t, w, `SELECT count(*) FROM syncd.baseline`)
	// In November everyone, in December those who had January as well. Nobody's January is past.
	w.aged(r, time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC), 8+7)
	if n := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE document IS NOT NULL OR amounts IS NOT NULL`); n != 7 {
		t.Errorf("%d documents are kept", n)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.baseline`); n != kept {
		t.Errorf("of %d acknowledgements %d are known", kept, n)
	}

	sent := w.sandbox.Stats().Deliveries
	for _, p := range []jobs.Period{december, january} {
		w.run(r, jobs.Succeeded, named(p))
	}
	items, _ := w.look(r, period)
	for key, item := range items {
		if key != "00003" || item.State != jobs.ItemDeparted {
			t.Errorf("%s would be %s", key, item.State)
		}
	}
	w.wantSent(sent)

	w.rename("00004", "NOUVEAU")
	items, _ = w.look(r, period)
	if item := items["00004"]; item.State != jobs.ItemHeld || item.Difference != jobs.Updated || item.Findings[0].Rule != jobs.RuleRemoved {
		t.Errorf("%+v", item)
	}

	w.exec(`INSERT INTO staging.employee SELECT * FROM away`)
	w.rehire("00003", "00099")
	w.nextMonth("2027-02")
	run := w.run(r, jobs.Incomplete, named("2027-02"))
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00099": {jobs.RuleUnique, jobs.RuleUnique}})
	w.wantOthers(r, run, "00099", "Iban", "00003")
	w.wantOthers(r, run, "00099", "Nir", "00003")
}

// Who comes back under the same matricule is nobody else, and is sent with a month's document again.
func TestRemovedDocumentOfSomebodyWhoComesBack(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`CREATE TABLE away AS SELECT * FROM staging.employee WHERE matricule = '00003'`)
	w.dismiss(2, 1)
	w.nextMonth(december)
	w.run(r, jobs.Succeeded, named(december))
	w.aged(r, time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), 8)
	w.exec(`INSERT INTO staging.employee SELECT * FROM away`)
	w.nextMonth(january)
	run := w.run(r, jobs.Succeeded, named(january))
	w.wantItem(r, run, "00003", jobs.ItemAccepted, jobs.ReasonAccepted)
	w.wantDelivered(january)
}

// What is doubtful, held, or of somebody who is there stays whole, however old it is; so does what is younger.
func TestWhatIsNeededIsNotRemoved(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(6, 2)
	w.nextMonth(december)
	w.run(r, jobs.Succeeded, named(december))
	w.exec(`UPDATE syncd.baseline SET in_doubt = true, doubt_since = now() WHERE key = '00007'`)
	w.exec(`UPDATE syncd.run SET finished_at = '2027-06-01' WHERE period = $1`, string(december))
	w.aged(r, time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), 0)  // younger
	w.aged(r, time.Date(2027, 5, 31, 0, 0, 0, 0, time.UTC), 6+1) // November of those with a December, and who is gone for sure
	if n := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE document IS NOT NULL AND (key = '00007' OR period = $1)`,
		string(december)); n != 7 {
		t.Errorf("%d documents", n)
	}
}
