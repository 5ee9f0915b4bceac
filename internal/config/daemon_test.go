package config

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/schedule"
)

func TestDaemonDefaults(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/valid.toml", noEnv)
	d, r, j := c.Daemon, c.Retention, c.Jobs[0]
	if d.ResumeFailed.String() != "0 * * * * Europe/Paris" || r.Schedule.String() != "30 3 * * * Europe/Paris" {
		t.Errorf("got %s and %s", d.ResumeFailed, r.Schedule)
	}
	d.ResumeFailed, r.Schedule, d.location = nil, nil, nil
	if want := (Daemon{Listen: "127.0.0.1:9464", MaxRuns: 8, ResumeWithin: 24 * time.Hour, Grace: time.Minute, Log: "auto",
		Timezone: "Europe/Paris"}); !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v", d)
	}
	if want := (Retention{Diffs: Age{Months: 12}, Items: Age{Months: 72}, Runs: Age{Months: 72}, Fires: Age{Months: 12},
		Baseline: Age{Months: 24}, Readings: Age{Months: 12}, MaxShare: 0.25}); r != want {
		t.Errorf("got %+v", r)
	}
	if j.Schedule != nil || j.Missed != schedule.Latest || j.MissedWindow != 92*strict.Day || j.Deadline != 6*time.Hour ||
		!j.Ping.Done.IsZero() {
		t.Errorf("got %+v", j)
	}
}

func TestDaemonSettings(t *testing.T) {
	t.Parallel()
	c := parsed(t, valid(t,
		`client_id = "our-editor"`, "client_id = \"our-editor\"\nmax_in_flight = 2",
		`kind = "push-salaries"`, `kind = "push-salaries"
schedule = "last-working-day 06:00"
timezone = "Indian/Reunion"
missed = "all"
missed_window = "70d"
deadline = "0s"
ping = { started = "http://127.0.0.1:8080/s", done = "https://example.org/d", failed = { env = "PING" } }`,
		"[[dossier]]", `[daemon]
listen = "unix:/run/syncd/http.sock"
hosts = ["metrics.example.org"]
resume_failed = ""
closed_days = ["12-24", "2026-12-31"]
[retention]
diffs = "30 days"
items = "1 year"
runs = "forever"
schedule = ""

[[dossier]]`))
	if c.Daemon.MaxRuns != 6 || c.Daemon.ResumeFailed != nil || c.Daemon.Listen != "unix:/run/syncd/http.sock" ||
		!slices.Equal(c.Daemon.Hosts, []string{"metrics.example.org"}) {
		t.Errorf("got %+v", c.Daemon)
	}
	if r := c.Retention; r.Diffs != (Age{Days: 30}) || r.Items != (Age{Months: 12}) || r.Runs != (Age{}) || r.Schedule != nil {
		t.Errorf("got %+v", r)
	}
	j := c.Jobs[0]
	if got := j.Schedule.String(); got != "last-working-day 06:00 Indian/Reunion closed 12-24 2026-12-31" {
		t.Errorf("got %s", got)
	}
	if j.Missed != schedule.All || j.MissedWindow != 70*strict.Day || j.Deadline != 0 {
		t.Errorf("got %+v", j)
	}
	if len(c.Secrets()) != 4 || j.Ping.Failed.Reference.String() != "env PING" {
		t.Errorf("got %v", c.Secrets())
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"localhost:9464", "127.0.0.2:1", "[::1]:9464", "unix:/run/x.sock", ""} {
		c := parsed(t, valid(t, "[[dossier]]", "[daemon]\nlisten = \""+address+"\"\n\n[[dossier]]"))
		if c.Daemon.Listen != address {
			t.Errorf("got %s", c.Daemon.Listen)
		}
	}
}

func TestPingRead(t *testing.T) {
	t.Parallel()
	const good, bad = "https://hc.example.org/" + canary, "http://hc.example.org/" + canary
	getenv := env(map[string]string{"GOOD": good, "BAD": bad})
	for _, u := range []PingURL{{Open: good}, {Reference: secretOf("GOOD", getenv)}} {
		if got, err := u.Read(); err != nil || got != good || u.IsZero() {
			t.Errorf("got %s, %v", got, err)
		}
	}
	if got, err := (PingURL{}).Read(); err != nil || got != "" || !(PingURL{}).IsZero() {
		t.Errorf("got %s, %v", got, err)
	}
	_, err := PingURL{Reference: secretOf("BAD", getenv)}.Read()
	want := "config.toml:1:1: key: env BAD is not encrypted: http is for this machine only\n" +
		`hint: write "https://…", or keep it apart: { credential = "name" }, { file = "/path/to/file" } or { env = "NAME" }`
	if _, ok := errors.AsType[*strict.Error](err); !ok || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		age       Age
		now, want string
	}{
		{Age{Months: 12}, "2026-11-22", "2025-11-22"},
		{Age{Months: 72}, "2026-11-22", "2020-11-22"},
		{Age{Months: 1}, "2026-03-31", "2026-02-28"},
		{Age{Months: 12}, "2028-02-29", "2027-02-28"},
		{Age{Days: 30}, "2026-03-31", "2026-03-01"},
	} {
		now, err := time.Parse(time.DateOnly, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := test.age.Before(now); !ok || got.Format(time.DateOnly) != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
	if _, ok := (Age{}).Before(time.Now()); ok {
		t.Error("for ever ends")
	}
	forever, year := Age{}, Age{Months: 12}
	for _, test := range []struct {
		a, b Age
		want bool
	}{
		{forever, forever, false}, {forever, year, true}, {year, forever, false}, {year, year, false}, {Age{Months: 13}, year, true},
		{Age{Days: 365}, year, false}, {Age{Days: 366}, year, true}, {year, Age{Days: 366}, false}, {Age{Days: 29}, Age{Months: 1}, true},
	} {
		if got := test.a.longer(test.b); got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}

// TestDue: a job of the previous month has all of the following one to send it.
func TestDue(t *testing.T) {
	t.Parallel()
	const kind = `kind = "push-salaries"`
	for _, test := range []struct{ keys, period, want string }{
		{`due = "last-working-day 12:00"`, "2026-11", "2026-11-30 12:00 +0100"},
		{"due = \"last-working-day 12:00\"\nperiod = \"previous\"", "2026-11", "2026-12-31 12:00 +0100"},
		{"due = \"working-day 3 12:00\"\nperiod = \"previous\"", "2026-12", "2027-01-07 12:00 +0100"},
		{"due = \"last-working-day 12:00\"\ntimezone = \"Indian/Reunion\"", "2026-11", "2026-11-30 12:00 +0400"},
	} {
		job, err := parsed(t,
			valid(t, kind, kind+"\n"+test.keys, "[[dossier]]", "[daemon]\nclosed_days = [\"2027-01-04\"]\n\n[[dossier]]")).Job("paie")
		if err != nil {
			t.Fatal(err)
		}
		if got := job.DueOf(jobs.Period(test.period)).Format("2006-01-02 15:04 -0700"); got != test.want {
			t.Errorf("%s: got %s, want %s", test.keys, got, test.want)
		}
	}
	if job, err := parsed(t, valid(t)).Job("paie"); err != nil || !job.DueOf("2026-11").IsZero() {
		t.Errorf("got %v, %v", job.DueOf("2026-11"), err)
	}
}

func TestJobDigest(t *testing.T) {
	t.Parallel()
	const kind = `kind = "push-salaries"`
	digest := func(edits ...string) string { return parsed(t, valid(t, edits...)).JobDigest("paie") }
	plain := digest()
	if len(plain) != 64 || parsed(t, valid(t)).JobDigest("none") != "" || plain == parsed(t, valid(t)).JobDigest("dictionnaire") {
		t.Fatalf("got %q", plain)
	}
	for _, edits := range [][]string{
		{`"CLIENT_SECRET"`, `"OTHER"`}, {`"DOSSIER_KEY"`, `"OTHER"`}, {`"postgres:///paie"`, `"postgres:///other"`},
		{kind, kind + "\ndossiers = [\"saint-martin\"]"}, {kind, kind + "\nping = { done = \"https://example.org/x\" }"},
		{kind, kind + "\ndue = \"last-working-day 12:00\""},
		{"[[dossier]]", "[daemon]\nmax_runs = 2\nclosed_days = [\"12-24\"]\n\n[[dossier]]"},
		{`name = "saint-martin"`, "name = \"saint-martin\"\nlabel = \"Other\""},
	} {
		if digest(edits...) != plain {
			t.Errorf("%s does another thing", edits[1])
		}
	}
	scheduled := digest(kind, kind+"\nschedule = \"last-working-day 06:00\"")
	seen := map[string]string{plain: "nothing", scheduled: "a schedule"}
	for _, edits := range [][]string{
		{`Matricule = "matricule"`, `Matricule = "other"`}, {"employee WHERE", "other WHERE"}, {`"test"`, `"production"`},
		{`"12345678200010"`, `"99999999800019"`}, {`name = "saint-martin"`, `name = "sainte-anne"`},
		{kind, kind + "\nmissed = \"skip\""}, {kind, kind + "\nschedule = \"0 5 * * *\""}, {kind, kind + "\ntimezone = \"Indian/Reunion\""},
		{kind, kind + "\nschedule = \"last-working-day 06:00\"", "[[dossier]]", "[daemon]\nclosed_days = [\"12-24\"]\n\n[[dossier]]"},
	} {
		got := digest(edits...)
		if other := seen[got]; other != "" {
			t.Errorf("%s does the same as %s", edits[1], other)
		}
		seen[got] = edits[1]
	}
}

// Who has no role is no matter of this file: people of the page have roles too, and the ledger alone knows them.
func TestAlertsOfNobody(t *testing.T) {
	t.Parallel()
	server := "\n[alerts.smtp]\nhost = \"127.0.0.1\"\ntls = \"none\"\nfrom = \"paie@example.org\"\n"
	marie := "[[alerts.recipient]]\nname = \"marie\"\nroles = [\"approve\"]\nmail = \"marie@example.org\"\n"
	for _, added := range []string{"", server, server + marie} {
		c := parsed(t, valid(t)+added)
		if got := besides(c); len(got) > 0 {
			t.Errorf("%q: got %v", added, got)
		}
		if r := c.Alerts.Recipients; added == server+marie &&
			(c.Alerts.SMTP.Port != 587 || r[0].Channel() != "mail" || !slices.Equal(r[0].DossierNames, []string{"*"})) {
			t.Errorf("%+v", c.Alerts)
		}
	}
}
