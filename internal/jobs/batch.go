package jobs

import (
	"context"
	"encoding/hex"
	"fmt"

	"syncd/internal/mapping"
)

// batchItems and batchBytes bound what a plan holds in memory before it hands items on.
const (
	batchItems = 256
	batchBytes = 1 << 20
)

func (p *planning) add(ctx context.Context, item PlannedItem, s *subject) error {
	p.seq++
	item.Seq = p.seq
	if entry := s.comparable(); entry != nil {
		item.comparedWith = entry.Period
	}
	p.batch = append(p.batch, item)
	p.bytes += len(item.Document)
	if len(p.batch) >= batchItems || p.bytes >= batchBytes {
		return p.flush(ctx)
	}
	return nil
}

// flush completes the items of the batch with what differs and hands them on.
func (p *planning) flush(ctx context.Context) error {
	p.progress.Planning(p.counts.EmployeesRead)
	if len(p.batch) == 0 {
		return nil
	}
	if err := p.compare(ctx); err != nil {
		return err
	}
	for i := range p.batch {
		p.tally(&p.batch[i])
	}
	if err := p.sink.Add(ctx, p.batch); err != nil {
		return err
	}
	clear(p.batch) // lets the documents go
	p.batch, p.bytes = p.batch[:0], 0
	return nil
}

// compare sets diff and difference of the items that have a document. The diff of a new document is that document: it
// is made for those who look at a plan, and not kept in the clear for those who run it.
func (p *planning) compare(ctx context.Context) error {
	var refs []DocumentRef
	for i := range p.batch {
		if item := &p.batch[i]; item.Document != nil && item.comparedWith != "" {
			refs = append(refs, DocumentRef{Key: item.Key, Period: item.comparedWith})
		}
	}
	documents, err := p.ledger.Documents(ctx, p.target.ID, refs)
	if err != nil {
		return fmt.Errorf("reading acknowledged documents: %w", err)
	}
	for i := range p.batch {
		item := &p.batch[i]
		if item.Document == nil {
			continue
		}
		var old Acknowledged
		if item.comparedWith != "" {
			old, documents = documents[0], documents[1:]
		}
		item.Difference = Created
		if same := item.comparedWith == p.period; old.Document != nil || p.diffNew {
			if item.Diff, err = p.job.Mapping.Diff(old.Document, item.Document, same); err != nil {
				return fmt.Errorf("comparing the documents of item %d: %w", item.Seq, err)
			}
			item.Difference = difference(old.Document, item.Diff, same)
		}
		if old.Altered || old.Removed && item.comparedWith == p.period {
			item.Difference = Updated
		}
		if p.guarded {
			p.judgeItem(item, old)
		}
	}
	return nil
}

// difference puts a comparison into one sign. Across periods only master data tells: elements are new every month.
func difference(old []byte, diff []mapping.Change, samePeriod bool) Difference {
	if old == nil {
		return Created
	}
	for _, change := range diff {
		if samePeriod || !change.Child {
			return Updated
		}
	}
	return Unchanged
}

func (p *planning) tally(item *PlannedItem) {
	switch item.Difference {
	case Created:
		p.counts.Created++
	case Updated:
		p.counts.Updated++
	case Unchanged:
		p.counts.Repeated++
	}
	if p.guarded {
		p.weighItem(item)
	}
	p.digest.add(p.fingerprinter, &item.Item, item.Fingerprint)
	p.counts.Add(item.State, item.Employees, item.Elements, 1)
}

// chain is a keyed digest over the items of a plan, in order: two plans with the same digest send the same bytes.
type chain struct{ sum [32]byte }

func (c *chain) add(fingerprinter Fingerprinter, item *Item, fingerprint [32]byte) {
	line := fmt.Appendf(c.sum[:len(c.sum):len(c.sum)], "%d %q %s %s %d ", item.Seq, item.Key, item.State, item.Difference, item.BaselineVersion)
	c.sum = fingerprinter.Sum(append(line, fingerprint[:]...))
}

// hold adds what holds an item that was added before.
func (c *chain) hold(fingerprinter Fingerprinter, hold Hold) {
	line := fmt.Appendf(c.sum[:len(c.sum):len(c.sum)], "hold %d %s %q", hold.Seq, hold.Finding.Rule, hold.Finding.Keys)
	c.sum = fingerprinter.Sum(line)
}

// String is the digest in hex.
func (c *chain) String() string { return hex.EncodeToString(c.sum[:]) }
