package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// readsBack tells whether doubts can be settled by asking the API. Where a document states the whole truth it is sent
// again instead.
func (j *PushJob) readsBack() bool { return j.ReadBack != nil && j.Semantics == Append }

// settleDoubts asks the API for the documents of which nobody knows whether it received them, once the requests that left
// are certainly over. What it does not tell stays uncertain, for a person.
func (r *Runner) settleDoubts(ctx context.Context, job *PushJob, run *Run) error {
	doubts, err := r.Ledger.Doubts(ctx, run, job.RequestTimeout)
	if err != nil || len(doubts.Items) == 0 {
		return err
	}
	if err := r.waitOut(ctx, doubts.Items); err != nil {
		return err
	}
	trusted, err := r.testify(ctx, job, &doubts)
	troubles := 0 // in a row
	for i := range doubts.Items {
		if err == nil {
			troubles = 0
		} else if troubles++; !isPersonal(err) || troubles >= mostTroubles(err, job.StopAfter) {
			break
		}
		err = r.settleDoubt(ctx, job, run, &doubts.Items[i], trusted)
	}
	var call *CallError
	if errors.As(err, &call) && call.Class != ClassCancelled { // a person, or the next run
		r.Log.Warn().Str("trouble", call.Error()).Int64("run", run.ID).Msg("what the API holds could not be read back")
		return nil
	}
	return err
}

// isPersonal tells trouble with one employee, which others need not have, whatever its kind: who stands before the API may
// dislike this one's address.
func isPersonal(err error) bool {
	var call *CallError
	return errors.As(err, &call) && call.Class != ClassCancelled && !call.Definite
}

// mostTroubles is how many in a row end the asking. Whoever is away has been tried for retry_for each time, one after another.
func mostTroubles(err error, stopAfter int) int {
	var call *CallError
	if errors.As(err, &call) && call.Class == ClassTemporary {
		return min(stopAfter, 3)
	}
	return stopAfter
}

// testify tells whether the API shows a document that it certainly has: else that it shows none says nothing.
func (r *Runner) testify(ctx context.Context, job *PushJob, doubts *Doubts) (bool, error) {
	if doubts.Witness == nil {
		return false, nil
	}
	held, err := r.API.Read(ctx, doubts.Witness.Key, doubts.Witness.Period)
	return err == nil && job.same(doubts.Held, held), err
}

func (r *Runner) settleDoubt(ctx context.Context, job *PushJob, run *Run, doubt *Doubt, trusted bool) error {
	if err := r.Ledger.Confirm(run); err != nil {
		return err
	}
	held, err := r.API.Read(ctx, doubt.Key, run.Period)
	if err != nil {
		return err
	}
	// What compares equal to both documents, or to neither, tells nothing.
	received := job.same(doubt.Document, held)
	before := trusted && (job.same(doubt.Previous, held) || held == nil && doubt.Previous == nil)
	if job.same(doubt.Previous, held) && !trusted {
		return nil
	}
	if received == before {
		return nil
	}
	if err := r.Ledger.SettleDoubt(ctx, run, *doubt, received); err != nil {
		return fmt.Errorf("recording what the API holds: %w", err)
	}
	return nil
}

// same tells whether the API holds a document, as far as it is compared.
func (j *PushJob) same(document, held []byte) bool {
	if document == nil || held == nil {
		return false
	}
	changes, err := j.Mapping.Compare(document, held, j.ReadBack.Compare)
	return err == nil && len(changes) == 0
}

// waitOut waits until no request of the doubts can be processed any more.
func (r *Runner) waitOut(ctx context.Context, doubts []Doubt) error {
	var longest time.Duration
	for _, doubt := range doubts {
		longest = max(longest, doubt.Wait)
	}
	if longest <= 0 {
		return nil
	}
	r.Progress.Waiting(longest)
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
