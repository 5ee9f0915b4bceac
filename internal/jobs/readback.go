package jobs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"syncd/internal/diff"
	"syncd/internal/hinted"
)

// ReadBack says that the API can be asked for the document of an employee, and what of it is compared.
type ReadBack struct {
	Compare []string // paths of the document; nil = all that was sent
}

// Doubts are the items of a target and period of which nobody knows whether the API received them.
type Doubts struct {
	Items []Doubt
	// Witness is a document that the partner certainly has: only if it can be read back, others that cannot were not received.
	Witness *DocumentRef
	Held    []byte // the witness's document
}

// Doubt is an item of which nobody knows whether the API received it.
type Doubt struct {
	Run      int64
	Seq      int
	Key      string
	Version  int64         // of the baseline that it was planned against
	Document []byte        // that was sent
	Previous []byte        // that was acknowledged before; nil = none
	Wait     time.Duration // until a request that left is certainly over
}

// readsBack reports whether doubts can be settled by asking the API. Where a document states the whole truth it is sent
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
		r.Log.Warn().Str("trouble", call.Error()).Int64("run", run.ID).Msg("what the partner has could not be read back")
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

// testify reports whether the API shows a document that it certainly has: else that it shows none says nothing.
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
		return hinted.While("recording what the partner has", err)
	}
	return nil
}

// same reports whether the partner has a document, as far as it is compared.
func (j *PushJob) same(document, held []byte) bool {
	if document == nil || held == nil {
		return false
	}
	changes, err := diff.Edits(j.Mapping, document, held, j.ReadBack.Compare)
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

// readingBack looks for what the other side edited, before a plan is made.
type readingBack struct {
	*Pass
	api       API
	overwrite bool // what the other side edited is sent over

	sync.Mutex
	found    map[string]Finding
	asked    int
	troubles Streaks
	answered bool  // somebody's document was shown, or that there is none
	first    error // of those that concern one employee alone
}

// edits compares what the partner has with what it acknowledged, for everyone whose document this plan could send over.
// The other side's edits come by matricule, masked like any diff, and so does who could not be looked at.
func (p *readingBack) edits(ctx context.Context) (map[string]Finding, error) {
	if p.Job.ReadBack == nil || p.api == nil { // nil: of a story, which asks nobody
		return nil, nil
	}
	refs, err := p.verifiable(ctx)
	if err != nil {
		return nil, err
	}
	p.found, p.troubles = map[string]Finding{}, Streaks{}
	done := 0
	for chunk := range slices.Chunk(refs, readAtOnce) {
		known, err := p.Ledger.Documents(ctx, p.Target.ID, chunk)
		if err != nil {
			return nil, hinted.While("reading acknowledged documents", err)
		}
		if err := p.readBack(ctx, chunk, known); err != nil {
			return nil, err
		}
		done += len(chunk)
		p.Progress.Verifying(done, len(refs))
	}
	if !p.answered { // about nobody: then it is about everyone
		return p.found, p.first
	}
	return p.found, nil
}

// readAtOnce is how many acknowledged documents are read from the ledger at once.
const readAtOnce = 256

// verifiable are the documents that the partner should have as they were acknowledged: those of this period, or where it keeps
// one an employee, the latest.
func (p *readingBack) verifiable(ctx context.Context) ([]DocumentRef, error) {
	baseline, err := p.Ledger.Baseline(ctx, p.Target.ID, p.Keys)
	if err != nil {
		return nil, err
	}
	defer baseline.Close()
	var refs []DocumentRef
	for baseline.Next() {
		e := baseline.Entry()
		if e.Period > p.Period {
			continue
		}
		if n := len(refs); n > 0 && refs[n-1].Key == string(e.Key) {
			refs = refs[:n-1] // of an earlier period, or in doubt since
		}
		if e.Version > 0 && !e.InDoubt && !e.Withdrawn && (p.Job.Scope == ScopeEmployee || e.Period == p.Period) {
			refs = append(refs, DocumentRef{Key: string(e.Key), Period: e.Period})
		}
	}
	return refs, baseline.Err()
}

// readBack asks for the documents of one batch, a few at a time. Whom nobody gets an answer about is a finding; several in
// a row tell of everyone, as when documents are sent, and end it.
func (p *readingBack) readBack(ctx context.Context, refs []DocumentRef, known []Acknowledged) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reading sync.WaitGroup
	turns := make(chan struct{}, p.Job.MaxInFlight)
	for i, ref := range refs {
		if known[i].Document == nil {
			continue // purged, or withdrawn meanwhile
		}
		turns <- struct{}{}
		p.asked++
		order := p.asked
		reading.Go(func() {
			defer func() { <-turns }()
			changes, err := p.driftOf(ctx, ref, known[i].Document)
			p.Lock()
			defer p.Unlock()
			if err := p.look(order, ref.Key, changes, err); err != nil {
				cancel(err)
			}
		})
	}
	reading.Wait()
	return context.Cause(ctx)
}

// look notes what came of one employee. An error ends the reading.
func (p *readingBack) look(order int, key string, changes []diff.Change, err error) error {
	switch {
	case err == nil:
		p.answered = true
		if changes != nil {
			p.found[key] = p.driftFinding(changes)
		}
		return nil
	case !isPersonal(err):
		return err
	}
	p.first = cmp.Or(p.first, err)
	p.found[key] = Finding{Rule: RuleUnread, Holds: !p.overwrite, Status: statusOf(err)}
	if p.troubles.Add(order) < p.Job.StopAfter {
		return nil
	}
	return p.stop(err)
}

// stop is the error that ends the reading. What others were shown by the very same settings is not their fault.
func (p *readingBack) stop(err error) error {
	var call *CallError
	if p.answered && errors.As(err, &call) && call.Class == ClassConfiguration {
		return &UnusualError{*call}
	}
	return err
}

// driftOf tells how the API's document differs from the acknowledged one; nil = not at all.
func (p *readingBack) driftOf(ctx context.Context, ref DocumentRef, acknowledged []byte) ([]diff.Change, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	held, err := p.api.Read(ctx, ref.Key, ref.Period)
	if err != nil {
		return nil, err
	}
	if held == nil {
		return []diff.Change{{Op: "-"}}, nil // the whole document
	}
	changes, err := diff.Edits(p.Job.Mapping, acknowledged, held, p.Job.ReadBack.Compare)
	if err != nil {
		return nil, hinted.While("comparing with what the partner has", err)
	}
	return changes, nil
}

// driftFinding tells what the other side edited.
func (p *readingBack) driftFinding(changes []diff.Change) Finding {
	return Finding{Rule: RuleDrift, Holds: !p.overwrite, N: len(changes), Path: changes[0].Path, Changes: changes}
}

// statusOf is the HTTP status of a call that did not succeed; 0 = there was none.
func statusOf(err error) int {
	var call *CallError
	if errors.As(err, &call) {
		return call.Status
	}
	return 0
}
