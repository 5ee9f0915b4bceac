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

// planning is one pass over staging and the baseline.
type planning struct {
	job      *PushJob
	target   Target
	period   Period
	keys     []string // of a partial run; nil = everyone
	staging  Staging
	ledger   BaselineReader
	sink     PlanSink
	progress Progress

	counts Counts // as if nothing of the plan were sent
	digest chain

	fingerprinter Fingerprinter
	fingerprint   [32]byte // of the document at hand
	batch         []PlannedItem
	bytes         int // of the documents in batch
	seq           int
	seen          map[string]bool // of a partial run: keys found in staging
}

// run reads one snapshot of staging, compares it with the baseline and hands the items to the sink in key order.
func (p *planning) run(ctx context.Context, dictionaries mapping.Dictionaries) error {
	params := QueryParams(p.target, p.period)
	snapshot, err := p.staging.Snapshot(ctx, p.job.Source, params, p.keys)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	mapped, err := mapping.Compile(p.job.Mapping, snapshot.Shape(), dictionaries, params)
	if err != nil {
		return err
	}
	baseline, err := p.ledger.Baseline(ctx, p.target.ID, p.period, p.keys)
	if err != nil {
		return err
	}
	defer baseline.Close()
	if err := p.walk(ctx, snapshot, baseline, mapped.NewBuilder()); err != nil {
		return err
	}
	return p.check()
}

func (p *planning) walk(ctx context.Context, snapshot Snapshot, baseline BaselineRows, builder *mapping.Builder) error {
	m, err := newMerge(snapshot, len(p.job.Source.Children), baseline, builder, p.period)
	if err != nil {
		return err
	}
	p.fingerprinter, p.seen = p.ledger.Fingerprinter(), map[string]bool{}
	policy := rules{semantics: p.job.Semantics, scope: p.job.Scope, send: p.job.Send}
	var s subject
	for {
		ok, err := m.next(&s)
		if err != nil {
			return err
		}
		if !ok {
			return p.flush(ctx)
		}
		if err := p.settle(ctx, policy, m, &s, builder); err != nil {
			return err
		}
	}
}

// settle decides about one matricule and counts it or makes it an item.
func (p *planning) settle(ctx context.Context, policy rules, m *merge, s *subject, builder *mapping.Builder) error {
	p.count(s, m.key)
	var document []byte
	var problems []mapping.Problem
	if s.employees == 1 && !s.keyless {
		document, problems = builder.Document()
		if s.blocked = len(problems) > 0; !s.blocked {
			p.fingerprint = p.fingerprinter.Sum(document)
			s.fingerprint = p.fingerprint[:]
		}
	}
	act, reason := policy.decide(s)
	switch act {
	case ignore:
		return nil
	case keep:
		p.counts.Unchanged += s.employees
		p.counts.ElementsUnchanged += s.elements
		p.counts.ElementsInDocuments += s.elements
		return nil
	}
	item := PlannedItem{Item: newItem(string(m.key), act, reason, s)}
	if act == block {
		item.Problems = append(s.problems(), problems...)
	}
	if act == send || act == unsure {
		item.Fingerprint = p.fingerprint
		item.Document = append([]byte(nil), document...)
	}
	if err := p.add(ctx, item, s); err != nil {
		return err
	}
	// Elements without their employee are an item of their own; so is the employee who was sent and has gone.
	if s.employees == 0 && s.elements > 0 {
		if act, reason := decideAbsent(s); act != ignore {
			gone := *s
			gone.elements = 0
			return p.add(ctx, PlannedItem{Item: newItem(string(m.key), act, reason, &gone)}, &gone)
		}
	}
	return nil
}

func (p *planning) count(s *subject, key []byte) {
	p.counts.EmployeesRead += s.employees
	p.counts.ElementsRead += s.elements
	if s.employees > 0 && p.keys != nil {
		p.seen[string(key)] = true
	}
	if p.counts.EmployeesRead%512 == 0 {
		p.progress.Planning(p.counts.EmployeesRead)
	}
}

// problems are those that the rows as such have, before any mapping.
func (s *subject) problems() []mapping.Problem {
	switch {
	case s.employees == 0:
		return []mapping.Problem{{Code: mapping.ProblemMissingEmployee, Count: s.elements}}
	case s.keyless:
		return []mapping.Problem{{Code: mapping.ProblemMissingKey, Count: s.employees}}
	case s.employees > 1:
		return []mapping.Problem{{Code: mapping.ProblemDuplicateKey, Count: s.employees}}
	}
	return nil
}

var (
	actionStates = map[action]ItemState{send: ItemPending, block: ItemBlocked, unsure: ItemUncertain, departed: ItemDeparted, left: ItemLeft}
	actionSigns  = map[action]Difference{block: Undeliverable, departed: Departed, left: Departed}
)

// newItem makes the item of a decision. The difference of what is sent is seen when its documents are compared.
func newItem(key string, act action, reason ReasonCode, s *subject) Item {
	item := Item{Key: key, State: actionStates[act], Difference: actionSigns[act], Reason: Reason{Code: reason},
		Employees: s.employees, Elements: s.elements}
	if s.current != nil {
		item.BaselineVersion = s.current.Version
		item.Ambiguous = s.current.InDoubt
	}
	return item
}

func (p *planning) add(ctx context.Context, item PlannedItem, s *subject) error {
	p.seq++
	item.Seq = p.seq
	switch {
	case s.current != nil && s.current.Version > 0:
		item.comparedWith = p.period
	case s.earlier != nil && s.earlier.Version > 0:
		item.comparedWith = s.earlier.Period
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

// compare sets diff and difference of the items that have a document.
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
		var old []byte
		if item.comparedWith != "" {
			old, documents = documents[0], documents[1:]
		}
		same := item.comparedWith == p.period
		if item.Diff, err = p.job.Mapping.Diff(old, item.Document, same); err != nil {
			return fmt.Errorf("comparing the documents of item %d: %w", item.Seq, err)
		}
		item.Difference = difference(old, item.Diff, same)
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
	p.digest.add(p.fingerprinter, &item.Item, item.Fingerprint)
	p.counts.Add(item.State, item.Employees, item.Elements, 1)
}

// check refuses a plan that cannot be meant.
func (p *planning) check() error {
	if p.keys != nil {
		var missing []string
		for _, key := range p.keys {
			if !p.seen[key] {
				missing = append(missing, key)
			}
		}
		if missing != nil {
			return &EmployeeError{Keys: missing}
		}
		return nil
	}
	if p.counts.EmployeesRead == 0 {
		return &StagingError{Query: "job.source.employees", Problem: "it returned no employees, so nothing was sent",
			Hint: "check that the export into staging has run, and that its dossier column holds " + fmt.Sprintf("%q", p.target.Dossier)}
	}
	return nil
}

// chain is a keyed digest over the items of a plan, in order: two plans with the same digest send the same bytes.
type chain struct{ sum [32]byte }

func (c *chain) add(fingerprinter Fingerprinter, item *Item, fingerprint [32]byte) {
	line := fmt.Appendf(c.sum[:len(c.sum):len(c.sum)], "%d %q %s %s %d ", item.Seq, item.Key, item.State, item.Difference, item.BaselineVersion)
	c.sum = fingerprinter.Sum(append(line, fingerprint[:]...))
}

func (c *chain) String() string { return hex.EncodeToString(c.sum[:]) }

// QueryParams are what queries and constants of the mapping can name with an @.
func QueryParams(target Target, period Period) mapping.Params {
	return mapping.Params{
		"dossier":      target.Dossier,
		"siret":        target.Identity,
		"period":       string(period),
		"period_start": period.Start().Format("2006-01-02"),
		"period_end":   period.End().Format("2006-01-02"),
	}
}
