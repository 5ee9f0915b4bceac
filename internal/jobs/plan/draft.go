package plan

import (
	"context"
	"encoding/hex"
	"fmt"

	"syncd/internal/diff"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// batchItems and batchBytes bound what a plan holds in memory before it hands items on.
const (
	batchItems = 256
	batchBytes = 1 << 20
)

// draft gathers items, completes them with what differs, and hands them on.
type draft struct {
	*jobs.Pass
	guards        *guards // nil = none is asked
	fingerprinter jobs.Fingerprinter

	counts jobs.Counts // as if nothing of the plan were sent
	digest chain
	seq    int
	batch  []jobs.PlannedItem
	unique [][]uint64 // of each item of batch: hashes of the values that nobody else may have, one a field; 0 = none
	bytes  int        // of the documents in batch
}

func (d *draft) add(ctx context.Context, item jobs.PlannedItem, s *subject) error {
	d.seq++
	item.Seq = d.seq
	if entry := s.comparable(); entry != nil {
		item.Against = entry.Period
	}
	d.batch = append(d.batch, item)
	if d.guards != nil {
		d.unique = append(d.unique, d.guards.values(&item))
	}
	d.bytes += len(item.Document)
	if len(d.batch) >= batchItems || d.bytes >= batchBytes {
		return d.flush(ctx)
	}
	return nil
}

// flush completes the items of the batch and hands them on.
func (d *draft) flush(ctx context.Context) error {
	d.Progress.Planning(d.counts.EmployeesRead)
	if len(d.batch) == 0 {
		return nil
	}
	if err := d.complete(ctx); err != nil {
		return err
	}
	if err := d.Sink.Add(ctx, d.batch); err != nil {
		return err
	}
	clear(d.batch) // lets the documents go
	clear(d.unique)
	d.batch, d.unique, d.bytes = d.batch[:0], d.unique[:0], 0
	return nil
}

// complete compares the items that have a document with what was acknowledged, lets the guards see all, and counts them.
func (d *draft) complete(ctx context.Context) error {
	var refs []jobs.DocumentRef
	for i := range d.batch {
		if item := &d.batch[i]; item.Document != nil && item.Against != "" {
			refs = append(refs, jobs.DocumentRef{Key: item.Key, Period: item.Against})
		}
	}
	documents, err := d.Ledger.Documents(ctx, d.Target.ID, refs)
	if err != nil {
		return hinted.While("reading acknowledged documents", err)
	}
	for i := range d.batch {
		item := &d.batch[i]
		var old jobs.Acknowledged
		if item.Document != nil {
			if item.Against != "" {
				old, documents = documents[0], documents[1:]
			}
			if err := d.compare(item, old); err != nil {
				return err
			}
			if d.guards != nil {
				d.guards.item(item, old, d.unique[i])
			}
		}
		d.tally(item)
	}
	return nil
}

// compare sets diff and difference of an item. The diff of a new document is that document: it is made for those who look
// at a plan, and not kept in the clear for those who run it.
func (d *draft) compare(item *jobs.PlannedItem, old jobs.Acknowledged) (err error) {
	item.Difference = jobs.Created
	if same := item.Against == d.Period; old.Document != nil || d.DiffNew {
		if item.Diff, err = diff.Documents(d.Job.Mapping, old.Document, item.Document, same); err != nil {
			return hinted.At("comparing the documents of an item", item.Seq, err)
		}
		item.Difference = difference(old.Document, item.Diff, same)
	}
	if old.Altered || old.Removed && item.Against == d.Period {
		item.Difference = jobs.Updated
	}
	return nil
}

// difference puts a comparison into one sign. Across periods only master data tells: elements are new every month.
func difference(old []byte, diff []diff.Change, samePeriod bool) jobs.Difference {
	if old == nil {
		return jobs.Created
	}
	for _, change := range diff {
		if samePeriod || !change.Child {
			return jobs.Updated
		}
	}
	return jobs.Unchanged
}

func (d *draft) tally(item *jobs.PlannedItem) {
	switch item.Difference {
	case jobs.Created:
		d.counts.Created++
	case jobs.Updated:
		d.counts.Updated++
	case jobs.Unchanged:
		d.counts.Repeated++
	case jobs.Departed, jobs.Undeliverable:
	}
	d.digest.add(d.fingerprinter, &item.Item, item.Fingerprint)
	d.counts.Add(item.State, item.Employees, item.Elements, 1)
}

// hold holds items that were handed on before. held are the numbers of those that are held already.
func (d *draft) hold(ctx context.Context, held map[int]bool, holds []jobs.Hold) error {
	if len(holds) == 0 {
		return nil
	}
	for _, hold := range holds {
		if !held[hold.Seq] {
			held[hold.Seq] = true
			d.counts.NotAttempted--
			d.counts.Held++
		}
		d.digest.hold(d.fingerprinter, hold)
	}
	return d.Sink.Hold(ctx, holds)
}

// chain is a keyed digest over the items of a plan, in order: two plans with the same digest send the same bytes.
type chain struct{ sum [32]byte }

func (c *chain) add(fingerprinter jobs.Fingerprinter, item *jobs.Item, fingerprint [32]byte) {
	line := fmt.Appendf(c.sum[:len(c.sum):len(c.sum)], "%d %q %s %s %d ", item.Seq, item.Key, item.State,
		item.Difference, item.BaselineVersion)
	c.sum = fingerprinter.Sum(append(line, fingerprint[:]...))
}

// hold adds what holds an item that was added before.
func (c *chain) hold(fingerprinter jobs.Fingerprinter, hold jobs.Hold) {
	line := fmt.Appendf(c.sum[:len(c.sum):len(c.sum)], "hold %d %s %q", hold.Seq, hold.Finding.Rule, hold.Finding.Keys)
	c.sum = fingerprinter.Sum(line)
}

// String is the digest in hex.
func (c *chain) String() string { return hex.EncodeToString(c.sum[:]) }
