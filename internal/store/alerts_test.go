package store

import (
	"strings"
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
