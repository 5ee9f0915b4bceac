package process

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// TestDaemonsFireOnceAndShareTheWork lets three daemons meet a schedule of each minute: what they were away for, and the
// next minute as it comes. Each fire must make one run a dossier, executed by whoever has room.
func TestDaemonsFireOnceAndShareTheWork(t *testing.T) {
	t.Parallel()
	w := newDaemonWorld(t, []string{"sainte-anne", "notre-dame"}, 20, sandbox.Faults{})
	w.jobSetting("paie", `schedule = "* * * * *"`, `missed = "all"`)
	now := time.Now()
	w.lastDaemonLived("paie", "* * * * *", "Europe/Paris", now.Truncate(time.Minute).Add(-3*time.Minute))
	w.front.hold(0)
	all := []*daemon{w.startDaemon("max_runs = 1"), w.startDaemon("max_runs = 1"), w.startDaemon("max_runs = 1")}
	w.waitFor("each of three processes executes a run", func() bool {
		return w.text(`SELECT count(DISTINCT pid)::text FROM syncd.run WHERE state = 'running'`) == "3"
	})
	w.front.release()
	w.waitSoLong(aMinute, "the next minute has fired for each dossier", func() bool {
		return w.text(`SELECT count(*)::text FROM syncd.run WHERE trigger = 'schedule' AND state = 'succeeded' AND nominal_at > $1`, now) == "3"
	})
	for _, d := range all {
		d.stop()
	}
	wrong := w.texts(`SELECT format('%s of %s: %s', nominal_at, target_id, count(*)) FROM syncd.run WHERE nominal_at IS NOT NULL
		GROUP BY nominal_at, target_id HAVING count(*) <> 1
		UNION ALL SELECT format('fire %s of %s has no run', nominal_at, target_id) FROM syncd.fire WHERE outcome = 'run' AND run_id IS NULL
		UNION ALL SELECT format('%s fires at %s', count(*), nominal_at) FROM syncd.fire GROUP BY nominal_at HAVING count(*) <> 3
		UNION ALL SELECT format('run %s is of the second %s', id, nominal_at) FROM syncd.run WHERE extract(second FROM nominal_at) <> 0
		UNION ALL SELECT format('run %s is %s', id, state) FROM syncd.run WHERE state NOT IN ('succeeded', 'queued')`)
	if len(wrong) > 0 {
		t.Errorf("fires and runs do not match:\n%s", strings.Join(wrong, "\n"))
	}
	if caughtUp := w.text(`SELECT count(*)::text FROM syncd.run WHERE trigger = 'catch-up'`); caughtUp < "6" {
		t.Errorf("%s runs were caught up, want those of at least 2 minutes for 3 dossiers", caughtUp)
	}
}

// TestTwoDaemonsShareManyDossiersEvenly lets one fire queue a run of each of 40 dossiers while two daemons are idle. The API
// takes longer than anything else, and neither daemon can take many at once.
func TestTwoDaemonsShareManyDossiersEvenly(t *testing.T) {
	t.Parallel()
	many := asMany(24, 40)
	var others []string
	for i := range many - 1 {
		others = append(others, fmt.Sprintf(manyDossiers, i))
	}
	w := newDaemonWorld(t, others, 6, sandbox.Faults{Latency: sandbox.Duration(100 * time.Millisecond)}, `limits = "ledger"`)
	fire := time.Now().UTC().Add(-time.Hour)
	spec := fire.Format("4 15 2 1 *")
	w.change(w.dir+"/config.toml", "\ntimezone = \"Europe/Paris\"", "\ntimezone = \"UTC\"")
	w.jobSetting("paie", `schedule = "`+spec+`"`)
	w.lastDaemonLived("paie", spec, "UTC", fire.Add(-time.Hour))
	w.want(0, w.run("pause", "paie", "--reason", "both daemons are to be idle when it fires"))
	a, b := w.daemon("max_runs = 4"), w.daemon("max_runs = 4")
	w.want(0, w.run("unpause", "paie"))
	w.waitFor("all dossiers are sent", func() bool {
		return w.text(`SELECT count(*)::text FROM syncd.run WHERE trigger = 'catch-up' AND state = 'succeeded'`) == fmt.Sprint(many)
	})
	a.stop()
	b.stop()
	for _, d := range []*daemon{a, b} {
		n := w.number(`SELECT count(*) FROM syncd.run WHERE trigger = 'catch-up' AND pid = $1`, d.cmd.Process.Pid)
		if 3*n < many {
			t.Errorf("a daemon executed %d of %d runs", n, many)
		}
	}
	if most := w.front.most.Load(); most > lanes {
		t.Errorf("%d requests were under way at once, %d are allowed", most, lanes)
	}
	w.wantOnce()
}

// TestDaemonCatchesUpBothMonthsOlderFirst returns after two months without power.
func TestDaemonCatchesUpBothMonthsOlderFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30, sandbox.Faults{})
	year, month, _ := time.Now().UTC().Date()
	fires := []time.Time{time.Date(year, month-1, 1, 0, 0, 0, 0, time.UTC), time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)}
	w.exec(`CREATE TEMP TABLE template AS SELECT * FROM staging.payroll_element;
		DELETE FROM staging.payroll_element;
		INSERT INTO staging.payroll_element SELECT (jsonb_populate_record(t, jsonb_build_object('period', p))).*
		FROM template t, unnest(ARRAY['` + fires[0].Format("2006-01") + `', '` + fires[1].Format("2006-01") + `']) AS p;
		DROP TABLE template`)
	w.change(w.dir+"/config.toml", "\ntimezone = \"Europe/Paris\"", "\ntimezone = \"UTC\"")
	w.jobSetting("paie", `schedule = "0 0 1 * *"`)
	w.lastDaemonLived("paie", "0 0 1 * *", "UTC", fires[0].Add(-time.Hour))
	d := w.daemon()
	w.waitFor("both months are sent", func() bool {
		return w.text(`SELECT count(*)::text FROM syncd.run WHERE kind = 'push-salaries' AND state = 'succeeded'`) == "2"
	})
	d.stop()
	var want []string
	for _, fire := range fires {
		want = append(want, fmt.Sprintf("%s catch-up for %s", fire.Format("2006-01"), fire.Format("2006-01-02 15:04")))
	}
	got := w.texts(`SELECT format('%s %s for %s', period, trigger, to_char(nominal_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
		FROM syncd.run WHERE kind = 'push-salaries' ORDER BY started_at`)
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("the runs were %q, want %q", got, want)
	}
	last, first := int64(0), int64(1<<62)
	for _, r := range w.sandbox.Received(dossier) {
		if r.Period == fires[0].Format("2006-01") {
			last = max(last, r.Sequence[len(r.Sequence)-1])
		} else {
			first = min(first, r.Sequence[0])
		}
	}
	if last == 0 || last >= first {
		t.Errorf("delivery %d is of the older month, and %d already of the newer one", last, first)
	}
	for _, fire := range fires {
		w.wantDocuments(dossier, fire.Format("2006-01"))
	}
	w.wantNoOpenEnds()
	w.wantOnce()
}

// TestDaemonCatchesNothingUpAtItsFirstStart starts a job that nobody has executed before.
func TestDaemonCatchesNothingUpAtItsFirstStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, sandbox.Faults{})
	w.jobSetting("paie", scheduled(dailyButNotNow))
	d := w.daemon()
	d.until("it is idle", func() bool { return d.status("idle; next: paie at ") })
	d.stop()
	if fires := w.texts(`SELECT nominal_at::text FROM syncd.fire`); len(fires) > 0 {
		t.Errorf("it made up for fires of %q", fires)
	}
	if n := w.sandbox.Stats().Deliveries; n != 0 {
		t.Errorf("it sent %d documents", n)
	}
}

// TestDaemonFiresAgainAfterAClockOfTheFuture finds in the ledger that fires are dealt with for ten years to come.
func TestDaemonFiresAgainAfterAClockOfTheFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, sandbox.Faults{})
	w.jobSetting("paie", scheduled(dailyButNotNow))
	w.lastDaemonLived("paie", dailyButNotNow, "Europe/Paris", time.Now().AddDate(10, 0, 0))
	d := w.daemon()
	d.until("it reports the clock", func() bool { return d.logged("fires in the future") && d.metric("syncd_clock_error") == "1" })
	d.until("schedules go on from now", func() bool {
		return w.text(`SELECT count(*)::text FROM syncd.schedule WHERE dealt_with > clock_timestamp() + interval '1 minute' AND job = 'paie'`) == "0"
	})
	d.stop()
	if n := w.sandbox.Stats().Deliveries; n != 0 {
		t.Errorf("it sent %d documents for it", n)
	}
}
