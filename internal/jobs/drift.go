package jobs

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"syncd/internal/mapping"
)

// drifted compares what the API holds with what it acknowledged, for everyone whose document this plan could send over.
// The other side's edits come by matricule, masked like any diff.
func (p *planning) findDrift(ctx context.Context) error {
	if p.job.ReadBack == nil || !p.verify || p.api == nil { // nil: of a story, which asks nobody
		return nil
	}
	refs, err := p.verifiable(ctx)
	if err != nil {
		return err
	}
	p.drift = map[string][]mapping.Change{}
	done := 0
	for chunk := range slices.Chunk(refs, batchItems) {
		known, err := p.ledger.Documents(ctx, p.target.ID, chunk)
		if err != nil {
			return fmt.Errorf("reading acknowledged documents: %w", err)
		}
		if err := p.readBack(ctx, chunk, known); err != nil {
			return err
		}
		done += len(chunk)
		p.progress.Verifying(done, len(refs))
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

// readBack asks for the documents of one batch, a few at a time. The first error ends it.
func (p *planning) readBack(ctx context.Context, refs []DocumentRef, known []Acknowledged) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reading sync.WaitGroup
	var mu sync.Mutex
	turns := make(chan struct{}, p.job.MaxInFlight)
	for i, ref := range refs {
		if known[i].Document == nil {
			continue // purged, or withdrawn meanwhile
		}
		turns <- struct{}{}
		reading.Go(func() {
			defer func() { <-turns }()
			changes, err := p.driftOf(ctx, ref, known[i].Document)
			if err != nil {
				cancel(err)
				return
			}
			if changes != nil {
				mu.Lock()
				defer mu.Unlock()
				p.drift[ref.Key] = changes
			}
		})
	}
	reading.Wait()
	return context.Cause(ctx)
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
