package jobs

import (
	"cmp"
	"context"
	"slices"

	"syncd/internal/mapping"
)

// planning is one pass over staging and the baseline.
type planning struct {
	job       *PushJob
	target    Target
	period    Period
	keys      []string // of a partial run; nil = everyone
	staging   Staging
	ledger    BaselineReader
	api       API // asked only to verify
	sink      PlanSink
	progress  Progress
	diffNew   bool      // with the diffs of new documents
	lenient   bool      // who is not in staging is told, not an error
	verify    bool      // what the API holds is compared with what it acknowledged
	overwrite bool      // and what the other side edited is sent over
	guarded   bool      // with the judgement of the guards
	resend    bool      // everyone is sent, changed or not
	form      Form      // what documents are sent by,
	sent      Form      // and what they are until the contract is accepted that says so
	contract  *Contract // that documents are checked against; nil = none

	counts   Counts // as if nothing of the plan were sent
	digest   chain
	findings []Finding // about the plan as a whole
	figures  *Figures  // nil: nothing that later runs should be compared with

	history   History
	others    []OtherTarget      // of the same establishment, that were sent to
	moved     tripped            // sent only as they were acknowledged under another form,
	movedFrom Form               // and under which
	drift     map[string]Finding // what the other side edited, or that nobody knows, by matricule
	unseen    tripped            // unchanged, and not looked at, where to send again is to pay again
	watch     *watch             // nil = not guarded
	evidence  evidence
	stale     tripped       // unchanged, and not fit for a new contract
	oddities  oddities      // of what would be sent
	absent    []DocumentRef // the latest documents of those whom staging does not have
	held      map[int]bool  // items that are held, by number
	strays    strays        // elements without their employee

	fingerprinter Fingerprinter
	lasting       Fingerprinter // nil until a removed document has to be compared with
	fingerprint   [32]byte      // of the document at hand
	batch         []PlannedItem
	bytes         int // of the documents in batch
	seq           int
	seen          map[string]bool // of a partial run: keys found in staging
}

// run reads staging, hands the items to the sink, and judges the whole. By then the snapshot is given back: to judge may take
// another one, of a closed month or of everyone, and an import that waits for the first would keep the second waiting.
func (p *planning) run(ctx context.Context, dictionaries mapping.Dictionaries) error {
	if err := p.read(ctx, dictionaries); err != nil {
		return err
	}
	if err := p.check(); err != nil || !p.guarded {
		return err
	}
	if p.keys != nil && p.strays.sends {
		if err := p.findElsewhere(ctx); err != nil {
			return err
		}
	}
	return p.judge(ctx, dictionaries)
}

// read reads one snapshot of staging, compares it with the baseline, and hands the items to the sink in key order.
func (p *planning) read(ctx context.Context, dictionaries mapping.Dictionaries) error {
	source := p.job.Source
	if !p.guarded {
		source.Ready = ""
	}
	params := QueryParams(p.target, p.period)
	snapshot, err := p.staging.Snapshot(ctx, source, params, p.keys)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	mapped, err := mapping.Compile(p.job.Mapping, snapshot.Shape(), dictionaries, params)
	if err != nil {
		return err
	}
	if p.guarded {
		p.watch = newWatch(&p.job.Guards, &p.job.Mapping, mapped)
		if p.history.Traced {
			p.watch.values.traced = func(ctx context.Context, traces []Trace) ([][]string, error) {
				return p.ledger.Traced(ctx, p.target.ID, traces)
			}
		}
	}
	baseline, err := p.ledger.Baseline(ctx, p.target.ID, p.keys)
	if err != nil {
		return err
	}
	defer baseline.Close()
	if err := p.walk(ctx, snapshot, baseline, mapped.NewBuilder()); err != nil {
		return err
	}
	return snapshot.Unmoved(ctx)
}

func (p *planning) walk(ctx context.Context, snapshot Snapshot, baseline BaselineRows, builder *mapping.Builder) error {
	m, err := newMerge(snapshot, len(p.job.Source.Children), baseline, builder, p.watch, p.period)
	if err != nil {
		return err
	}
	p.fingerprinter, p.seen = p.ledger.Fingerprinter(), map[string]bool{}
	policy := rules{semantics: p.job.Semantics, scope: p.job.Scope, send: p.job.Send, resend: p.resend,
		elsewhere: p.history.otherForms(p.form)}
	var s subject
	for {
		ok, err := m.next(&s)
		if err != nil {
			return err
		}
		if !ok {
			if err := p.flush(ctx); err != nil {
				return err
			}
			return p.addOrphans(ctx)
		}
		if err := p.settle(ctx, policy, m, &s, builder); err != nil {
			return err
		}
	}
}

// settle decides about one matricule and counts it or makes it an item.
func (p *planning) settle(ctx context.Context, policy rules, m *merge, s *subject, builder *mapping.Builder) error {
	p.count(s, m.key)
	drift := p.drift[string(m.key)]
	s.drifted, s.unread = drift.Rule == RuleDrift, drift.Rule == RuleUnread
	var document []byte
	var problems []mapping.Problem
	if s.employees == 1 && !s.keyless && !s.badKey {
		document, problems = builder.Document()
		if s.blocked = len(problems) > 0; !s.blocked {
			p.fingerprint = p.fingerprinter.Sum(document)
			s.fingerprint = p.fingerprint[:]
			if s.comparesRemoved() {
				s.lasting = p.lastingSum(document)
			}
		}
	}
	act, reason := policy.decide(s)
	if refused := p.refused(act, m.key, document); refused != nil {
		s.blocked, problems = true, refused
		act, reason = policy.decide(s)
	}
	if p.keys != nil && s.employees == 0 && s.elements == 0 {
		act = ignore // a partial run computes no departures
	}
	switch act {
	case ignore:
		return nil
	case keep:
		p.keep(s, m.key)
		return nil
	}
	if reason == ReasonForm {
		p.moved.add(string(m.key))
		p.movedFrom = p.history.Forms[s.comparable().Form]
	}
	if s.employees == 0 && s.elements > 0 {
		return p.stray(ctx, s, m.key)
	}
	item := PlannedItem{Item: newItem(string(m.key), act, reason, s)}
	if act == block {
		item.Problems = append(s.problems(m.key), problems...)
		if s.badKey { // neither an index nor a terminal may choke on it
			item.Key = mapping.HarmlessKey(m.key)
		}
	}
	if act == send || act == unsure {
		item.Fingerprint = p.fingerprint
		item.Document = append([]byte(nil), document...)
		item.Totals = []PeriodTotals{{p.period, p.watch.ownTotals()}}
		if p.guarded {
			item.unique = slices.Clone(p.watch.values.own)
			p.oddities.add(item.Key, builder.Oddities())
		}
	}
	if p.guarded && s.employees > 0 && act != send && !s.keyless { // who is sent is noted once it is known what changes
		p.strays.employee(0, false, string(m.key))
	}
	return p.add(ctx, item, s)
}

// keep counts an employee whose document is as it was acknowledged.
func (p *planning) keep(s *subject, key []byte) {
	if s.unread {
		p.unseen.add(string(key))
	}
	p.counts.Unchanged += s.employees
	p.counts.ElementsUnchanged += s.elements
	p.counts.ElementsInDocuments += s.elements
}

// stray keeps elements without their employee for later, when their owner can be named: they are an item of their own. So
// is the employee who was sent and has gone.
func (p *planning) stray(ctx context.Context, s *subject, key []byte) error {
	p.strays.orphan(s, key)
	if act, reason := decideAbsent(s); act != ignore && p.keys == nil {
		gone := *s
		gone.elements = 0
		return p.add(ctx, PlannedItem{Item: newItem(string(key), act, reason, &gone)}, &gone)
	}
	return nil
}

// lastingSum is what a document is compared by with one that was removed.
func (p *planning) lastingSum(document []byte) []byte {
	if p.lasting == nil {
		p.lasting = p.ledger.Lasting()
	}
	sum := p.lasting.Sum(document)
	return sum[:]
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
	if p.guarded {
		p.weigh(s, key)
	}
}

// problems are those that the rows as such have, before any mapping.
func (s *subject) problems(key []byte) []mapping.Problem {
	switch {
	case s.badKey:
		return []mapping.Problem{mapping.KeyProblem(key, cmp.Or(s.employees, s.elements))}
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
	actionStates = map[action]ItemState{send: ItemPending, block: ItemBlocked, unsure: ItemUnsettled, departed: ItemDeparted, left: ItemLeft}
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

// check refuses a plan for somebody who is not there.
func (p *planning) check() error {
	var missing []string
	for _, key := range p.keys {
		if !p.seen[key] {
			missing = append(missing, key)
		}
	}
	switch {
	case missing == nil:
		return nil
	case !p.lenient || len(missing) == len(p.keys):
		return &EmployeeError{Keys: missing}
	}
	p.findings = append(p.findings, Finding{Rule: RuleAbsent, N: len(missing), Keys: missing[:min(len(missing), FindingKeys)]})
	return nil
}

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
