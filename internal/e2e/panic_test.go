package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// panicky is an API with a defect in the document of one employee.
type panicky struct {
	jobs.API
	matricule string
}

func (p panicky) Send(ctx context.Context, key string, document []byte, before func() error) jobs.Outcome {
	if key == p.matricule {
		if err := before(); err != nil {
			return jobs.Outcome{Class: jobs.ClassCancelled, Err: &jobs.CallError{Class: jobs.ClassCancelled}}
		}
		panic("IBAN of " + key)
	}
	return p.API.Send(ctx, key, document, before)
}

// A defect while a document is sent leaves that employee in doubt and a run that can be resumed, not a dead process.
func TestPanicWhileSendingIsARecordedFailure(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 30)
	api := r.API
	r.API = panicky{api, "00005"}
	run := w.run(r, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonPanic || strings.Contains(run.Failure.Detail, "IBAN") {
		t.Fatalf("%+v", run.Failure)
	}
	w.wantDoubt("00005", true)
	if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE state = 'sending'`); n != 0 {
		t.Errorf("%d items are left in sending", n)
	}
	r.API = api
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// bomb is a progress with a defect that shows after some employees are planned.
type bomb struct{ after int }

func (b bomb) Planning(employees int) {
	if employees >= b.after {
		panic(fmt.Sprint("employees ", employees))
	}
}

func (bomb) Verifying(int, int)    {}
func (bomb) Fetching(int)          {}
func (bomb) Pushing(int, int)      {}
func (bomb) Waiting(time.Duration) {}

// A defect while planning is recorded as such at once: it must not leave a transaction behind that keeps the dossier
// locked for the rest of the month's last day.
func TestPanicWhilePlanningIsARecordedFailure(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 600) // more than a batch of items
	defective := *r
	defective.Progress = bomb{after: 512}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	run, err := defective.Push(ctx, &w.job, w.request())
	w.wantRun(run, err, jobs.Failed)
	if run.Failure.Code != jobs.ReasonPanic || run.Planned {
		t.Fatalf("%+v", run.Failure)
	}
	if n := count(t, w, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`); n != 0 {
		t.Errorf("%d transactions are left open", n)
	}
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}
