package process

import (
	"slices"
	"strings"
	"testing"

	iopole "syncd/internal/partner/iopole/standin"
)

// TestAcknowledgementsThatFail: the stand-in asks Postgres before it takes one, and refuses that of a record which is not committed
// with all its files. Of those that are right many fail, in each way: the others go on, and the next run closes them.
func TestAcknowledgementsThatFail(t *testing.T) {
	t.Parallel()
	const invoices = 100
	var r *reading
	var s *iopole.Sandbox
	r, s = readIopole(t, iopole.Config{Invoices: invoices, BeforeMark: func(dossier, collection, key string) error {
		return r.isStored(s, dossier, collection, key)
	}}, `retry_for = "0s"`, "technical_tries = 1")
	never := s.Records(dossier, iopole.Invoices).All()[37].Key

	r.faults("on=mark", "lost=0.08", "404=0.08", "500=0.08", "500-after=0.05", "503=0.05", "503-after=0.04", "cut=0.04", "reject="+never)
	r.read(4)
	failed := r.notMarked()
	if len(failed) < 50 {
		t.Fatalf("only %d acknowledgements failed", len(failed))
	}
	r.wantUnacknowledged(failed)
	if n := len(r.marks()); n != invoices+150 {
		t.Errorf("%d acknowledgements were sent, want one of each record", n)
	}

	r.faults("on=mark", "reject="+never)
	r.read(4)
	r.wantUnacknowledged([]string{"/v1/invoice/" + never + "/markAsSeen"})

	r.faults()
	r.read(0)
	r.wantUnacknowledged(nil)
	r.wantMarkedOnce(s)
}

// TestAnswersToAcknowledgementsThatAreAllLost: the run ends after a few of them, and the next one closes those.
func TestAnswersToAcknowledgementsThatAreAllLost(t *testing.T) {
	t.Parallel()
	var r *reading
	var s *iopole.Sandbox
	r, s = readIopole(t, iopole.Config{Invoices: 20, BeforeMark: func(dossier, collection, key string) error {
		return r.isStored(s, dossier, collection, key)
	}}, `retry_for = "0s"`, "stop_after = 5")
	r.faults("ack-lost")
	r.read(7)
	if n := len(r.marks()); n != 5 {
		t.Errorf("%d acknowledgements were sent before the run ended", n)
	}
	r.faults()
	r.read(0)
	if closed := r.number(`SELECT count(*) FROM syncd.run_record WHERE ack = 'closed'`); closed != 5 {
		t.Errorf("the next run closed %d", closed)
	}
	r.wantUnacknowledged(nil)
	r.wantMarkedOnce(s)
}

// marks are the acknowledgements that arrived since the last look.
func (r *reading) marks() []arrival {
	return slices.DeleteFunc(r.calls.list(), func(a arrival) bool { return !strings.HasSuffix(a.path, "/markAsSeen") })
}

// notMarked are the paths of those that no answer confirmed.
func (r *reading) notMarked() (paths []string) {
	for _, a := range r.marks() {
		if a.status != 204 {
			paths = append(paths, a.path)
		}
	}
	return paths
}

// wantUnacknowledged wants the inbox, and the last run, to say that of all records these are not acknowledged.
func (r *reading) wantUnacknowledged(paths []string) {
	r.t.Helper()
	got := r.texts(`SELECT CASE collection WHEN 'factures' THEN '/v1/invoice/' ELSE '/v1/invoice/status/' END || key || '/markAsSeen'
		FROM inbox.record WHERE acknowledged_at IS NULL`)
	slices.Sort(got)
	paths = slices.Clone(paths)
	slices.Sort(paths)
	if !slices.Equal(got, paths) {
		r.t.Errorf("%d are not acknowledged, want %d:\n%q\n%q", len(got), len(paths), got, paths)
	}
	if n := r.number(`SELECT unacknowledged FROM syncd.run ORDER BY id DESC LIMIT 1`); n != len(paths) {
		r.t.Errorf("the run says that %d are not acknowledged, want %d", n, len(paths))
	}
}

// wantMarkedOnce wants each record to have been acknowledged exactly once, and none before it was stored.
func (r *reading) wantMarkedOnce(s *iopole.Sandbox) {
	r.t.Helper()
	for _, collection := range []string{iopole.Invoices, iopole.Statuses} {
		for _, one := range s.Records(dossier, collection).All() {
			if one.Marks != 1 {
				r.t.Errorf("%s %s was acknowledged %d times", collection, one.Key, one.Marks)
			}
		}
	}
	if of := s.Refused(); len(of) > 0 {
		r.t.Errorf("acknowledged, and not stored: %q", of)
	}
}
