package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"syncd/internal/mapping"
)

// drifted compares what the API holds with what it acknowledged, for everyone whose document this plan could send over.
// The other side's edits come by matricule, masked like any diff, and so does who could not be looked at.
func (p *planning) findDrift(ctx context.Context) error {
	if p.job.ReadBack == nil || !p.verify || p.api == nil { // nil: of a story, which asks nobody
		return nil
	}
	refs, err := p.verifiable(ctx)
	if err != nil {
		return err
	}
	p.drift = map[string]Finding{}
	seen := &lookedAt{troubles: streaks{}}
	done := 0
	for chunk := range slices.Chunk(refs, batchItems) {
		known, err := p.ledger.Documents(ctx, p.target.ID, chunk)
		if err != nil {
			return fmt.Errorf("reading acknowledged documents: %w", err)
		}
		if err := p.readBack(ctx, seen, chunk, known); err != nil {
			return err
		}
		done += len(chunk)
		p.progress.Verifying(done, len(refs))
	}
	if !seen.answered { // about nobody: then it is about everyone
		return seen.first
	}
	return nil
}

// verifiable are the documents that the API should hold as they were acknowledged: those of this period, or where it keeps
// one an employee, the latest.
func (p *planning) verifiable(ctx context.Context) ([]DocumentRef, error) {
	baseline, err := p.ledger.Baseline(ctx, p.target.ID, p.keys)
	if err != nil {
		return nil, err
	}
	defer baseline.Close()
	var refs []DocumentRef
	for baseline.Next() {
		e := baseline.Entry()
		if e.Period > p.period {
			continue
		}
		if n := len(refs); n > 0 && refs[n-1].Key == string(e.Key) {
			refs = refs[:n-1] // of an earlier period, or in doubt since
		}
		if e.Version > 0 && !e.InDoubt && !e.Withdrawn && (p.job.Scope == ScopeEmployee || e.Period == p.period) {
			refs = append(refs, DocumentRef{Key: string(e.Key), Period: e.Period})
		}
	}
	return refs, baseline.Err()
}

// lookedAt is what came of reading back so far.
type lookedAt struct {
	sync.Mutex
	asked    int
	troubles streaks
	answered bool  // somebody's document was shown, or that there is none
	first    error // of those that concern one employee alone
}

// readBack asks for the documents of one batch, a few at a time. Whom nobody gets an answer about is a finding; several in
// a row tell of everyone, as when documents are sent, and end it.
func (p *planning) readBack(ctx context.Context, seen *lookedAt, refs []DocumentRef, known []Acknowledged) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reading sync.WaitGroup
	turns := make(chan struct{}, p.job.MaxInFlight)
	for i, ref := range refs {
		if known[i].Document == nil {
			continue // purged, or withdrawn meanwhile
		}
		turns <- struct{}{}
		seen.asked++
		order := seen.asked
		reading.Go(func() {
			defer func() { <-turns }()
			changes, err := p.driftOf(ctx, ref, known[i].Document)
			seen.Lock()
			defer seen.Unlock()
			if err := p.look(seen, order, ref.Key, changes, err); err != nil {
				cancel(err)
			}
		})
	}
	reading.Wait()
	return context.Cause(ctx)
}

// look notes what came of one employee. An error ends the reading.
func (p *planning) look(seen *lookedAt, order int, key string, changes []mapping.Change, err error) error {
	switch {
	case err == nil:
		seen.answered = true
		if changes != nil {
			p.drift[key] = p.driftFinding(changes)
		}
		return nil
	case !isPersonal(err):
		return err
	}
	seen.first = cmp.Or(seen.first, err)
	p.drift[key] = Finding{Rule: RuleUnread, Holds: !p.overwrite, Status: statusOf(err)}
	if seen.troubles.add(order) < p.job.StopAfter {
		return nil
	}
	return seen.stop(err)
}

// stop is the error that ends the reading. What others were shown by the very same settings is not their fault.
func (l *lookedAt) stop(err error) error {
	var call *CallError
	if l.answered && errors.As(err, &call) && call.Class == ClassConfiguration {
		return &UnusualError{*call}
	}
	return err
}

// driftOf tells how the API's document differs from the acknowledged one; nil = not at all.
func (p *planning) driftOf(ctx context.Context, ref DocumentRef, acknowledged []byte) ([]mapping.Change, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	held, err := p.api.Read(ctx, ref.Key, ref.Period)
	if err != nil {
		return nil, err
	}
	if held == nil {
		return []mapping.Change{{Op: "-"}}, nil // the whole document
	}
	changes, err := p.job.Mapping.Compare(acknowledged, held, p.job.ReadBack.Compare)
	if err != nil {
		return nil, fmt.Errorf("comparing with what the API holds: %w", err)
	}
	return changes, nil
}

// driftFinding tells what the other side edited.
func (p *planning) driftFinding(changes []mapping.Change) Finding {
	return Finding{Rule: RuleDrift, Holds: !p.overwrite, N: len(changes), Path: changes[0].Path, Changes: changes}
}
