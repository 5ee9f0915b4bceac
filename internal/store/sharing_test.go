package store

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/migrations"
)

// A filled ledger of an earlier version knows addresses as they were written. Each target is found again, of several
// spellings the one that was worked with last, and the migration agrees with jobs.NormalAddress.
func TestAddressesAreBroughtToOneSpelling(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.undoTo(t, 8)
	f.db.Exec(t, `INSERT INTO syncd.ledger_key (key_id) VALUES ($1)`, keysOf(f, "ledger key").ID)
	spellings := []string{"http://localhost:8080/Api2", "http://127.0.0.1:8080/api2", "http://[::1]:8080/%41pi2/"}
	for _, url := range spellings {
		f.db.Exec(t, `INSERT INTO syncd.target (partner, environment, base_url, dossier, identity) VALUES ('partner', 'test', '`+url+
			`', 'saint-martin', '12345678200010')`)
	}
	f.db.Exec(t, `INSERT INTO syncd.run (target_id, job, kind, trigger, state, key_id, config_digest, finished_at)
		SELECT id, 'dictionnaire', 'pull-dictionnaire', 'manual', 'succeeded', (SELECT key_id FROM syncd.ledger_key), '', now()
		FROM syncd.target WHERE base_url LIKE '%localhost%'`)
	f.db.Exec(t, `INSERT INTO syncd.api (partner, environment, base_url, asked_at) VALUES ('partner', 'test', 'http://localhost:8080/Api2', now()),
		('partner', 'test', 'http://127.0.0.1:8080/Api2', now() - interval '1 day')`)
	f.db.Exec(t, `INSERT INTO syncd.closed_period (target_id, period, closed_by, reason)
		SELECT id, '2026-10', 'marie', 'done' FROM syncd.target WHERE base_url = 'http://127.0.0.1:8080/api2'`)
	odd := []string{"https://WWW.Isidoor.org:443//Api2/x/../", "https://www.isidoor.org./%c3%a9/%2e/b%2Fc", "https://www.isidoor.org",
		"no address",
		"https://www.isidoor.org/../a/../../b/", "https://www.isidoor.org/a/b/../../%7Ec/./././d"}
	for _, url := range odd {
		f.db.Exec(t, `INSERT INTO syncd.target (partner, environment, base_url, dossier) VALUES ('partner', 'production', '`+url+`', 'odd')`)
	}
	if _, _, err := Migrate(t.Context(), f.db.URL); err != nil {
		t.Fatal(err)
	}

	s := f.open()
	newest := f.text(`SELECT max(target_id) FROM syncd.run`)
	for _, url := range spellings {
		found, ok, err := s.Target(t.Context(), jobs.Target{Partner: "partner", Environment: "test", BaseURL: url, Dossier: "saint-martin"})
		if err != nil || !ok || newest != strconv.FormatInt(found.ID, 10) {
			t.Errorf("%s: %+v %v %v, want %s", url, found, ok, err, newest)
		}
		if closed, err := s.ClosedPeriod(t.Context(), found, "2026-10"); !closed || err != nil {
			t.Errorf("what was closed under another spelling is open: %v", err)
		}
	}
	for _, url := range odd {
		if _, ok, err := s.Target(t.Context(), jobs.Target{Partner: "partner", Environment: "production", BaseURL: url, Dossier: "odd"}); !ok ||
			err != nil {
			t.Errorf("%s is not found as %s: %v", url, jobs.NormalAddress(url), err)
		}
	}
	if known, err := s.KnownContracts(t.Context(), jobs.APIName{Partner: "partner", Environment: "test", BaseURL: spellings[2]}); err != nil ||
		known.AskedAt == nil {
		t.Errorf("%+v %v", known, err)
	}
}

// undoTo brings the ledger back to an earlier version.
func (f *fixture) undoTo(t *testing.T, version int) {
	t.Helper()
	names, err := migrations.Ledger.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for i := len(names) - 1; i >= version; i-- {
		script, err := migrations.Ledger.ReadFile(names[i].Name())
		if err != nil {
			t.Fatal(err)
		}
		_, down, _ := strings.Cut(string(script), "-- +goose Down\n")
		f.db.Exec(t, down)
	}
	f.db.Exec(t, `DELETE FROM syncd.goose_db_version WHERE version_id > `+strconv.Itoa(version))
}

// A month that is closed is closed for the establishment, whatever its dossier is called.
func TestClosingsCountByEstablishment(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	before := jobs.Target{Partner: "partner", Environment: "test", BaseURL: "https://api.example.org", Dossier: "old", Siret: "12345678200010"}
	renamed, elsewhere, production := before, before, before
	renamed.Dossier = "new"
	elsewhere.Dossier, elsewhere.BaseURL = "new", "https://other.example.org"
	production.Environment = "production"
	if _, err := s.ClosePeriod(t.Context(), before, "2026-10", ledger.Closure{By: "marie", Reason: "paid", Force: true}); err != nil {
		t.Fatal(err)
	}
	for _, target := range []jobs.Target{renamed, elsewhere} {
		for _, known := range []bool{false, true} {
			if known {
				var err error
				if target, err = s.EnsureTarget(t.Context(), target); err != nil {
					t.Fatal(err)
				}
			}
			if closed, err := s.ClosedPeriod(t.Context(), target, "2026-10"); !closed || err != nil {
				t.Errorf("%+v: open, %v", target, err)
			}
		}
		_, err := s.Start(t.Context(), jobs.NewRun{Job: "paie", Kind: jobs.PushSalaries, Target: target, Period: "2026-10",
			Trigger: jobs.TriggerManual})
		if !is[*jobs.ClosedError](err) {
			t.Errorf("%+v: %v", target, err)
		}
	}
	if closed, err := s.ClosedPeriod(t.Context(), production, "2026-10"); closed || err != nil {
		t.Errorf("production: closed, %v", err)
	}
	if closings, err := s.Closings(t.Context(), "test", "https://OTHER.example.org/"); err != nil || len(closings) != 1 ||
		closings[0].Target.Dossier != "old" {
		t.Errorf("%+v %v", closings, err)
	}
	if err := s.ReopenPeriod(t.Context(), renamed, "2026-10", "marie", "forgot one", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, target := range []jobs.Target{before, renamed, elsewhere} {
		target, _, err := s.Target(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if closed, err := s.ClosedPeriod(t.Context(), target, "2026-10"); closed || err != nil {
			t.Errorf("%+v: closed, %v", target, err)
		}
	}
}
