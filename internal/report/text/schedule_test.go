package text_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

func at(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, paris) }

func lastFire(outcome ledger.FireOutcome, day int, run int64, reason string) *ledger.Fire {
	return &ledger.Fire{Nominal: at(day, 6), Outcome: outcome, RunID: run, Reason: reason}
}

// next are five mornings; the zone of the job is not the reader's.
func next() []time.Time {
	reunion := time.FixedZone("+04", 4*3600)
	var times []time.Time
	for day := range 5 {
		times = append(times, time.Date(2026, 12, 1+day, 6, 0, 0, 0, reunion))
	}
	return times
}

func entry(dossiers ...view.ScheduleDossier) view.ScheduleEntry {
	return view.ScheduleEntry{Job: "paie", Kind: jobs.PushSalaries, Schedule: "last-working-day 06:00", Timezone: "Indian/Reunion",
		Missed: "latest", Next: next(), Dossiers: dossiers}
}

// trouble has a dossier of each standing.
func trouble() view.ScheduleEntry {
	e := entry(
		view.ScheduleDossier{Dossier: "saint-martin", Armed: true, Last: lastFire(ledger.FireRun, 29, 12, ""), LastState: jobs.Succeeded},
		view.ScheduleDossier{Dossier: "sainte-anne", Armed: true, Last: lastFire(ledger.FireRun, 29, 13, ""), LastState: jobs.Failed, Owed: 1},
		view.ScheduleDossier{Dossier: "saint-yves", Armed: true, Last: lastFire(ledger.FireSkipped, 29, 11, "run 11 is queued"),
			Missed: []ledger.Fire{*lastFire(ledger.FireSkipped, 29, 11, "run 11 is queued")}},
		view.ScheduleDossier{Dossier: "saint-joseph", Armed: true, Last: lastFire(ledger.FireRun, 29, 0, ""), Owed: 2},
		view.ScheduleDossier{Dossier: "saint-luc"},
		view.ScheduleDossier{Dossier: "sainte-marie", Armed: true},
	)
	e.Dossiers[0].Last.Trigger = jobs.TriggerCatchUp
	for n := range 7 { // each names another run
		e.Dossiers[2].Missed = append(e.Dossiers[2].Missed, *lastFire(ledger.FireSkipped, 28-n, 0, fmt.Sprintf("run %d is running", 10-n)))
	}
	for day := 28; day > 18; day-- {
		reason := "policy"
		if day < 26 {
			reason = "window"
		}
		e.Dossiers[0].Missed = append(e.Dossiers[0].Missed, *lastFire(ledger.FireMissed, day, 0, reason))
	}
	return e
}

// hundreds stand alike, but for their runs, and for five of them.
func hundreds() view.ScheduleEntry {
	e := entry()
	for i := range 125 {
		d := view.ScheduleDossier{Dossier: fmt.Sprintf("dossier-%03d", i), Armed: true, Last: lastFire(ledger.FireRun, 29, int64(100+i), ""),
			LastState: jobs.Succeeded}
		if i%25 == 3 {
			d.LastState, d.Missed = jobs.Failed, []ledger.Fire{*lastFire(ledger.FireSkipped, 28, int64(i), fmt.Sprintf("run %d is running", i))}
		}
		e.Dossiers = append(e.Dossiers, d)
	}
	return e
}

func paused() view.ScheduleEntry {
	e := entry(view.ScheduleDossier{Dossier: "saint-martin", Armed: true, Owed: 2},
		view.ScheduleDossier{Dossier: "saint-yves", Armed: true, Owed: 2})
	e.Job, e.Missed = "paie à part", "all"
	e.Paused = &ledger.Pause{Job: e.Job, Since: at(3, 9), By: "marie", Reason: "the export is being mended"}
	return e
}

func daemons() []view.DaemonEntry {
	return []view.DaemonEntry{
		{Host: "srv-paie", PID: 812, Version: "0.2.0", Started: at(1, 8), Silent: 4 * time.Second},
		{Host: "srv-two", PID: 33, Version: "0.1.0", Started: at(2, 8), Silent: 3 * time.Hour, Differs: true, Lost: true, NextJob: "paie",
			NextAt: at(30, 6)},
		{Host: "srv-three", PID: 7, Version: "0.2.0", Started: at(3, 8), Differs: true},
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	hand := view.ScheduleEntry{Job: "dictionnaire", Kind: jobs.PullDictionnaire}
	never := entry(view.ScheduleDossier{Dossier: "saint-martin", Armed: true})
	never.Next, never.Missed = nil, "skip"
	for name, s := range map[string]view.Schedules{
		"schedule": {Entries: []view.ScheduleEntry{trouble(), hand, paused()}, Daemons: daemons(), Outside: []*jobs.Run{
			{ID: 8, Job: "paie", Target: jobs.Target{Dossier: "saint-louis"}, Period: "2026-10", State: jobs.Running, Interrupted: true},
			{ID: 9, Job: "nomenclatures", Target: jobs.Target{Dossier: "saint-louis"}, State: jobs.Queued}}},
		"schedule-many":   {Entries: []view.ScheduleEntry{hundreds(), never}, Daemons: daemons()[:1]},
		"schedule-silent": {Entries: []view.ScheduleEntry{hand}, Daemons: daemons()[1:2]},
		"schedule-none":   {Entries: []view.ScheduleEntry{trouble()}},
		"schedule-no-job": {},
	} {
		s.Now = at(30, 7)
		golden(t, name, func(w io.Writer, p *text.Printer) error { return p.Schedule(w, s) })
	}
}

// What docs/schedule.md and docs/fr/planning.md show is what is printed.
func TestScheduleInDocuments(t *testing.T) {
	t.Parallel()
	working := entry()
	working.Timezone, working.Next = "Europe/Paris", nil
	for _, day := range []string{"2026-11-30", "2026-12-31", "2027-01-29", "2027-02-26", "2027-03-31"} {
		next, err := time.ParseInLocation(time.DateOnly, day, paris)
		if err != nil {
			t.Fatal(err)
		}
		working.Next = append(working.Next, next.Add(6*time.Hour))
	}
	for _, dossier := range []string{"saint-martin", "sainte-anne"} {
		last := &ledger.Fire{Nominal: time.Date(2026, 10, 30, 6, 0, 0, 0, paris), Outcome: ledger.FireRun, RunID: 12}
		working.Dossiers = append(working.Dossiers, view.ScheduleDossier{Dossier: dossier, Armed: true, Last: last, LastState: jobs.Succeeded})
	}
	now := time.Date(2026, 11, 22, 2, 30, 0, 0, paris)
	s := view.Schedules{Entries: []view.ScheduleEntry{{Job: "dictionnaire", Kind: jobs.PullDictionnaire}, working}, Now: now,
		Daemons: []view.DaemonEntry{{Host: "serveur", PID: 12610, Version: "0.1.0", Started: now}}}
	spaces := strings.NewReplacer("\u00a0", " ", "\u202f", " ", " syncd run", " sudo syncd-admin run") // as the packaged service says it
	for language, document := range map[locale.Language]string{locale.English: "docs/schedule.md", locale.French: "docs/fr/planning.md"} {
		want, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(document)))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		p := text.New(view.New(language, view.Options{Location: paris}), text.Look{})
		if err := p.Schedule(&b, s); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(spaces.Replace(string(want)), "```\n"+spaces.Replace(b.String())+"```\n") {
			t.Errorf("%s shows not\n%s", document, &b)
		}
	}
}

func TestScheduleJSON(t *testing.T) {
	t.Parallel()
	s := view.Schedules{Entries: []view.ScheduleEntry{trouble(), paused(), {Job: "by hand", Kind: jobs.PullDictionnaire}}, Daemons: daemons(),
		Now: at(30, 7)}
	var b bytes.Buffer
	if err := printer(locale.French).WriteScheduleJSON(&b, s); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Now   string
		Alive bool `json:"daemon_alive"`
		Jobs  []struct {
			Job      string
			Schedule *string
			Next     []string
			Paused   *struct{ By string }
			Dossiers []struct {
				Dossier, Label string
				Owed           int
				Last           *struct {
					Nominal string `json:"nominal_at"`
					State   string
					Text    string
					Run     int
				}
				Missed []struct{ Reason, Text string }
			}
		}
		Daemons []struct {
			Host    string
			Silent  float64 `json:"silent_seconds"`
			Alive   bool
			Differs bool
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if got.Now != "2026-11-30T06:00:00Z" || !got.Alive || len(got.Jobs) != 3 || len(got.Daemons) != 3 || got.Daemons[1].Alive ||
		got.Daemons[1].Silent != 10800 {
		t.Errorf("it came back as %+v", got)
	}
	first := got.Jobs[0]
	if first.Next[0] != "2026-12-01T02:00:00Z" || len(first.Dossiers) != 6 || first.Dossiers[0].Label != "OGEC Saint-Martin" ||
		first.Dossiers[3].Owed != 2 || first.Paused != nil {
		t.Errorf("the first job came back as %+v", first)
	}
	last, missed := first.Dossiers[0].Last, first.Dossiers[0].Missed
	if last.Nominal != "2026-11-29T05:00:00Z" || last.State != "succeeded" || last.Run != 12 || len(missed) != 10 ||
		missed[9].Reason != "window" || missed[9].Text == "" {
		t.Errorf("the last fires came back as %+v, %+v", last, missed)
	}
	if got.Jobs[1].Paused.By != "marie" || got.Jobs[2].Schedule != nil || got.Jobs[2].Next == nil || got.Jobs[2].Dossiers == nil {
		t.Errorf("the other jobs came back as %+v", got.Jobs[1:])
	}
}

func TestHostileSchedules(t *testing.T) {
	t.Parallel()
	e := entry(view.ScheduleDossier{Dossier: hostile, Armed: true, Last: lastFire(hostile, 29, 1, hostile), LastState: hostile,
		Missed: []ledger.Fire{*lastFire(hostile, 1, 1, hostile)}},
		view.ScheduleDossier{Dossier: hostile + "2", Armed: true, Last: lastFire(ledger.FireRun, 29, 1, ""), LastState: hostile})
	e.Job, e.Schedule, e.Timezone, e.Missed, e.Paused = hostile, hostile, hostile, hostile, &ledger.Pause{By: hostile, Reason: hostile}
	s := view.Schedules{Entries: []view.ScheduleEntry{e}, Daemons: []view.DaemonEntry{{Host: hostile, Version: hostile}}, Now: at(30, 7)}
	for name, write := range map[string]func(io.Writer, *text.Printer) error{
		"text": func(w io.Writer, p *text.Printer) error { return p.Schedule(w, s) },
		"json": func(w io.Writer, p *text.Printer) error { return p.WriteScheduleJSON(w, s) },
	} {
		text := textOf(t, locale.English, write)
		if strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), drives) || strings.Contains(text, "\nWhat to do now") {
			t.Errorf("%s: data drives the terminal: %q", name, text)
		}
	}
	for _, err := range []error{printer(locale.English).Schedule(brokenWriter{}, s),
		printer(locale.English).WriteScheduleJSON(brokenWriter{}, s)} {
		if err == nil {
			t.Error("the error of the writer is lost")
		}
	}
}

func TestPurged(t *testing.T) {
	t.Parallel()
	some := view.PurgeReport{Purged: view.Purged{Diffs: 12345, Items: 1, Fires: 30}}
	golden(t, "purge", func(w io.Writer, p *text.Printer) error { return p.Purged(w, some, false) })
	golden(t, "purge-dry", func(w io.Writer, p *text.Printer) error { return p.Purged(w, some, true) })
	golden(t, "purge-nothing", func(w io.Writer, p *text.Printer) error { return p.Purged(w, view.PurgeReport{}, true) })
	from, to := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC), time.Date(2035, 2, 16, 3, 30, 0, 0, time.UTC)
	waits := some
	waits.Held = &view.PurgeHeld{LeaptFrom: &from, LeaptTo: &to, Share: 0.25, Excess: []view.PurgeExcess{{What: "diffs", Go: 1200, Of: 1300},
		{What: "runs", Go: 9, Of: 10}}}
	golden(t, "purge-held", func(w io.Writer, p *text.Printer) error { return p.Purged(w, waits, true) })
	var got map[string]any
	text := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.WritePurgeJSON(w, some, true) })
	if err := json.Unmarshal([]byte(text), &got); err != nil || got["dry"] != true || got["diffs"] != 12345.0 || got["runs"] != 0.0 {
		t.Errorf("%v in %s", err, text)
	}
}
