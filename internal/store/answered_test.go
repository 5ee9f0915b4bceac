package store

import (
	"testing"

	"syncd/internal/jobs"
)

// What the target accepted is remembered with the settings that it was accepted by, in the statement that records it: a
// refusal of others is one of them.
func TestSettingsThatDocumentsWereAcceptedBy(t *testing.T) {
	t.Parallel()
	f, s, run := pushed(t, 0)
	wantAnswered := func(service jobs.Service, settings string, want bool) {
		t.Helper()
		if known, err := s.Answered(t.Context(), run, service, settings); err != nil || known != want {
			t.Errorf("%s by %s: %t, %v", service, settings, known, err)
		}
	}
	wantAnswered(jobs.ServiceDocument, "old key", false)
	o := outcome(1, jobs.ItemPending, true)
	f.step(s, run, jobs.Step{Settings: "old key", Outcomes: []jobs.ItemOutcome{o}}) // nobody accepted it
	wantAnswered(jobs.ServiceDocument, "old key", false)
	for _, settings := range []string{"old key", "new key"} {
		f.exec(`UPDATE syncd.item SET state = 'pending', payload = coalesce(payload, 'x'), attempts = 0`)
		f.exec(`UPDATE syncd.item SET state = 'sending'`)
		f.exec(`INSERT INTO syncd.baseline (target_id, key, period, version, in_doubt, doubt_since)
			SELECT target_id, key, period, 0, true, now() FROM syncd.item ON CONFLICT DO NOTHING`)
		f.step(s, run, jobs.Step{Settings: settings, Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
		wantAnswered(jobs.ServiceDocument, settings, true)
	}
	wantAnswered(jobs.ServiceDocument, "old key", false)
	wantAnswered(jobs.ServiceIdentity, "new key", false)
	_, err := s.Identify(t.Context(), run, "", "", "new key")
	f.must(err)
	wantAnswered(jobs.ServiceIdentity, "new key", true)
	wantAnswered(jobs.ServiceIdentity, "old key", false)
	f.want("0", `SELECT count(*) FROM syncd.answered WHERE encode(settings, 'escape') LIKE '%key%'`)
}

func (f *fixture) exec(sql string) {
	f.Helper()
	_, err := f.conn.Exec(f.Context(), sql)
	f.must(err)
}
