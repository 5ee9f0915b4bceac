package store

import (
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Who silences alerts, which of them and why, is in the audit, and who ends that.
func TestSilencesAreAudited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	until := time.Now().Add(time.Hour)
	var ids []int64
	for _, silence := range []ledger.Silence{{}, {Kind: ledger.ConditionHeld, Job: "paie", Dossier: "saint-martin"}} {
		silence.By, silence.Reason, silence.Until = "root", "travaux", until
		id, err := s.Silence(t.Context(), silence)
		f.must(err)
		ids = append(ids, id)
	}
	if _, err := s.Silence(t.Context(), ledger.Silence{By: "root", Reason: "1 80 01 75 001 234 56", Until: until}); err == nil {
		t.Error("a reason that names a person is taken")
	}
	all, err := s.Silences(t.Context())
	f.must(err)
	if len(all) != 2 || all[1].Dossier != "saint-martin" || all[1].Reason != "travaux" {
		t.Errorf("%+v", all)
	}
	for i, want := range []bool{true, false} {
		if ok, err := s.Unsilence(t.Context(), ids[0], "marie"); err != nil || ok != want {
			t.Errorf("time %d: %v, %v", i+1, ok, err)
		}
	}
	entries, err := s.Audit(t.Context(), ledger.AuditFilter{})
	f.must(err)
	var lines []string
	for _, e := range entries {
		what := e.Facts.What
		lines = append(lines,
			e.Actor+" "+string(e.Decision)+": "+what.In(locale.Of(locale.English, ""))+" | "+what.In(locale.Of(locale.French, "")))
	}
	const want = "marie unsilence: all alerts | toutes les alertes\n" +
		"root silence: alerts: of kind held, job paie, dossier saint-martin | alertes : du genre held, la tâche paie, le dossier saint-martin\n" +
		"root silence: all alerts | toutes les alertes"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A ledger that was put back may have told already what it says is to be told.
func TestAPutBackLedgerTellsNothingOfBefore(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	now := time.Now()
	turn := func() (state ledger.AlertState) {
		_, err := s.AlertTurn(t.Context(), now, 0, ledger.AlertsOf{}, func(found *ledger.AlertState) (ledger.AlertChanges, error) {
			state = *found
			m := ledger.NewMessage{Message: ledger.Message{Recipient: "marie", Purpose: ledger.MessageAlarm, Name: "m", Made: now,
				Content: []byte("{}")}}
			return ledger.AlertChanges{Messages: []ledger.NewMessage{m}}, nil
		})
		f.must(err)
		return state
	}
	armed := turn().Armed
	f.must(s.queries.DisarmAlerts(t.Context()))
	m, err := s.TakeMessage(t.Context(), now.Add(time.Hour), []string{"marie"})
	f.must(err)
	if m != nil {
		t.Errorf("%+v is sent", m)
	}
	f.exec(`DELETE FROM syncd.alert_message`)
	now = now.Add(time.Hour)
	if again := turn().Armed; !again.After(armed) {
		t.Errorf("armed at %v, and again at %v", armed, again)
	}
}

// How long no daemon lived is known to the one that comes back, and once: not where one lived that could not reach the ledger, nor where
// another one did.
func TestForHowLongNoDaemonLived(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	see := func(id int64) {
		t.Helper()
		_, err := s.See(t.Context(), id, map[string]string{"paie": "x"})
		f.must(err)
	}
	passes := func(d string) { f.db.Exec(t, `UPDATE syncd.daemon_sign SET at = at - '`+d+`'::interval`) }
	const gaps = `SELECT coalesce(string_agg(round(extract(epoch FROM until - since) / 60)::text, ' ' ORDER BY id), '') FROM syncd.daemon_gap`
	see(1)
	passes("9 minutes")
	see(2) // a restart
	passes("1 hour")
	see(2) // the ledger was away
	f.want("", gaps)
	f.must(s.Forget(t.Context(), 2)) // stopped, as a machine is that is shut down
	passes("1 hour")
	see(3)
	see(4)
	f.want("60", gaps)
	passes("20 minutes")
	var wait sync.WaitGroup
	for id := range int64(4) {
		wait.Go(func() {
			if _, err := s.See(t.Context(), 10+id, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	f.want("60 20", gaps)
	all, err := s.Gaps(t.Context(), 10)
	f.must(err)
	if len(all) != 2 || all[0].ID < all[1].ID {
		t.Errorf("%+v", all)
	}
}
