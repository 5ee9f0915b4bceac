package plan

import (
	"cmp"
	"context"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Make makes the plan of one pass. Items go to its sink as they are decided on; what is told of the plan as a whole is returned,
// and says nothing of the configuration and the contract. Errors: those of the streams and of mapping.Compile, and a
// *jobs.EmployeeError, by which time all items have been handed on.
func Make(ctx context.Context, pass *jobs.Pass) (jobs.Frozen, error) {
	p := newPlanning(pass)
	if err := p.read(ctx); err != nil {
		return jobs.Frozen{}, err
	}
	findings, err := p.absentees(ctx)
	if err != nil {
		return jobs.Frozen{}, err
	}
	frozen := jobs.Frozen{Form: pass.Form, Findings: findings}
	// The snapshot has been given back: to judge may take another one, of a closed month or of everyone, and an import that
	// waits for the first would keep the second waiting.
	if p.guards != nil {
		if err := p.guards.end(ctx, &frozen); err != nil {
			return jobs.Frozen{}, err
		}
	}
	frozen.Counts, frozen.Digests.Plan = p.draft.counts, p.draft.digest.String()
	return frozen, nil
}

// planning is one pass over staging and the baseline.
type planning struct {
	*jobs.Pass
	rules  rules
	draft  draft
	terms  terms
	strays strays          // elements without their employee
	seen   map[string]bool // of a partial run: keys found in staging
	guards *guards         // nil = none is asked

	lasting     jobs.Fingerprinter // nil until a removed document has to be compared with
	fingerprint [32]byte           // of the document at hand
}

func newPlanning(pass *jobs.Pass) *planning {
	p := &planning{Pass: pass, terms: terms{contract: pass.Contract}, seen: map[string]bool{},
		rules: rules{semantics: pass.Job.Semantics, scope: pass.Job.Scope, send: pass.Job.Send, resend: pass.Resend,
			elsewhere: otherForms(pass.Forms, pass.Form)}}
	p.draft = draft{Pass: pass, fingerprinter: pass.Ledger.Fingerprinter()}
	if pass.Before != nil {
		p.guards = newGuards(p)
		p.draft.guards = p.guards
	}
	return p
}

// read reads one snapshot of staging, compares it with the baseline, and hands the items to the sink in key order.
func (p *planning) read(ctx context.Context) error {
	source := p.Job.Source
	if p.guards == nil {
		source.Ready = ""
	}
	params := jobs.QueryParams(p.Target, p.Period)
	snapshot, err := p.Staging.Snapshot(ctx, source, params, p.Keys)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	mapped, err := mapping.Compile(p.Job.Mapping, snapshot.Shape(), p.Nomenclatures, params)
	if err != nil {
		return err
	}
	var watch *watch
	if p.guards != nil {
		watch = p.guards.watchRows(mapped)
	}
	baseline, err := p.Ledger.Baseline(ctx, p.Target.ID, p.Keys)
	if err != nil {
		return err
	}
	defer baseline.Close()
	builder := mapped.NewBuilder()
	m, err := newMerge(snapshot, len(source.Children), baseline, builder, watch, p.Period)
	if err != nil {
		return err
	}
	if err := p.walk(ctx, m, builder); err != nil {
		return err
	}
	return snapshot.Unmoved(ctx)
}

func (p *planning) walk(ctx context.Context, m *merge, builder *mapping.Builder) error {
	var s subject
	for {
		ok, err := m.next(&s)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		p.count(&s, m.key)
		if err := p.settle(ctx, &s, m.key, builder); err != nil {
			return err
		}
	}
	if err := p.draft.flush(ctx); err != nil {
		return err
	}
	return p.addOrphans(ctx)
}

// count notes what was read.
func (p *planning) count(s *subject, key []byte) {
	counts := &p.draft.counts
	counts.EmployeesRead += s.employees
	counts.ElementsRead += s.elements
	if s.employees > 0 && p.Keys != nil {
		p.seen[string(key)] = true
	}
	if counts.EmployeesRead%512 == 0 {
		p.Progress.Planning(counts.EmployeesRead)
	}
	if p.guards != nil {
		p.guards.row(s, key)
	}
}

// settle decides about one matricule and counts it or makes it an item.
func (p *planning) settle(ctx context.Context, s *subject, key []byte, builder *mapping.Builder) error {
	document, problems := p.document(s, builder)
	s.owed = p.Owed[string(key)]
	act, reason := p.rules.decide(s)
	if refused := p.terms.refused(act, key, document, &p.Job.Mapping); refused != nil {
		s.blocked, problems = true, refused
		act, reason = p.rules.decide(s)
	}
	if p.Keys != nil && s.employees == 0 && s.elements == 0 {
		act = ignore // a partial run computes no departures
	}
	switch {
	case act == ignore:
		return nil
	case act == keep:
		p.keep(s, key)
		return nil
	case s.employees == 0 && s.elements > 0:
		return p.stray(ctx, s, key)
	}
	item := jobs.PlannedItem{Item: newItem(string(key), act, reason, s)}
	if act == block {
		item.Problems = append(s.problems(key), problems...)
		if s.badKey { // neither an index nor a terminal may choke on it
			item.Key = mapping.HarmlessKey(key)
		}
	}
	if act == send || act == unsure {
		item.Fingerprint = p.fingerprint
		item.Document = append([]byte(nil), document...)
	}
	if p.guards != nil {
		p.guards.planned(&item, act, s, builder)
	}
	return p.draft.add(ctx, item, s)
}

// document builds that of a subject which has one, and its fingerprints. Without problems there is one.
func (p *planning) document(s *subject, builder *mapping.Builder) (document []byte, problems []mapping.Problem) {
	if s.employees != 1 || s.keyless || s.badKey {
		return nil, nil
	}
	document, problems = builder.Document()
	if s.blocked = len(problems) > 0; s.blocked {
		return document, problems
	}
	p.fingerprint = p.draft.fingerprinter.Sum(document)
	s.fingerprint = p.fingerprint[:]
	if s.comparesRemoved() {
		s.lasting = p.lastingSum(document)
	}
	return document, nil
}

// lastingSum is what a document is compared by with one that was removed.
func (p *planning) lastingSum(document []byte) []byte {
	if p.lasting == nil {
		p.lasting = p.Ledger.Lasting()
	}
	sum := p.lasting.Sum(document)
	return sum[:]
}

// keep counts an employee whose document is as it was acknowledged.
func (p *planning) keep(s *subject, key []byte) {
	if p.guards != nil {
		p.guards.kept(s, key)
	}
	counts := &p.draft.counts
	counts.Unchanged += s.employees
	counts.ElementsUnchanged += s.elements
	counts.ElementsInDocuments += s.elements
}

// stray keeps elements without their employee for later, when their owner can be named: they are an item of their own. So
// is the employee who was sent and has gone.
func (p *planning) stray(ctx context.Context, s *subject, key []byte) error {
	p.strays.orphan(s, key)
	if act, reason := decideAbsent(s); act != ignore && p.Keys == nil {
		gone := *s
		gone.elements = 0
		return p.draft.add(ctx, jobs.PlannedItem{Item: newItem(string(key), act, reason, &gone)}, &gone)
	}
	return nil
}

// addOrphans adds the items of orphans, with their likely owners, and finds out who is to be held: whoever an orphan
// resembles, for its elements are missing from that document; and whoever has lost all elements while there are orphans.
func (p *planning) addOrphans(ctx context.Context) error {
	if p.guards != nil && p.strays.rows > 0 {
		if err := p.guards.findOwners(ctx); err != nil {
			return err
		}
	}
	for i := range p.strays.orphans {
		o := &p.strays.orphans[i]
		item := jobs.PlannedItem{Item: newItem(string(o.key), block, jobs.ReasonProblems, &o.subject)}
		if item.Problems = o.problems(o.key); o.badKey {
			item.Key = mapping.HarmlessKey(o.key)
		}
		for _, owner := range o.owners {
			item.Problems[0].Nearest = append(item.Problems[0].Nearest, mapping.Nearest{Code: owner})
		}
		if err := p.draft.add(ctx, item, &o.subject); err != nil {
			return err
		}
	}
	return p.draft.flush(ctx)
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
	actionStates = map[action]jobs.ItemState{send: jobs.ItemPending, block: jobs.ItemBlocked, unsure: jobs.ItemUnsettled,
		departed: jobs.ItemDeparted, left: jobs.ItemLeft}
	actionSigns = map[action]jobs.Difference{block: jobs.Undeliverable, departed: jobs.Departed, left: jobs.Departed}
)

// newItem makes the item of a decision. The difference of what is sent is seen when its documents are compared.
func newItem(key string, act action, reason jobs.ReasonCode, s *subject) jobs.Item {
	item := jobs.Item{Key: key, State: actionStates[act], Difference: actionSigns[act], Reason: jobs.Reason{Code: reason},
		Employees: s.employees, Elements: s.elements}
	if s.current != nil {
		item.BaselineVersion = s.current.Version
		item.Ambiguous = s.current.InDoubt
	}
	return item
}

// absentees refuses a plan for somebody who is not there.
func (p *planning) absentees(ctx context.Context) ([]jobs.Finding, error) {
	var missing []string
	for _, key := range p.Keys {
		if !p.seen[key] {
			missing = append(missing, key)
		}
	}
	switch {
	case missing == nil:
		return nil, nil
	case !p.Lenient || len(missing) == len(p.Keys):
		return nil, &jobs.EmployeeError{Keys: missing, Alike: p.alike(ctx, missing)}
	}
	return []jobs.Finding{{Rule: jobs.RuleAbsent, N: len(missing), Keys: missing[:min(len(missing), jobs.FindingKeys)]}}, nil
}

// alike are the matricules of staging that differ from missing ones by zeros in front alone. Nobody is looked for among those whom
// a person did not type.
func (p *planning) alike(ctx context.Context, missing []string) (alike []string) {
	var others []string
	for _, key := range missing {
		others = append(others, mapping.OtherZeros(key)...)
	}
	if p.Lenient || others == nil {
		return nil
	}
	source := p.Job.Source
	source.Ready, source.Children = "", nil
	snapshot, err := p.Staging.Snapshot(ctx, source, jobs.QueryParams(p.Target, p.Period), others)
	if err != nil {
		return nil // it only helps to guess
	}
	defer snapshot.Close()
	for rows := snapshot.Employees(); rows.Next(); {
		if key := string(rows.Key()); !slices.Contains(alike, key) {
			alike = append(alike, key)
		}
	}
	return alike
}

// otherForms are the forms under which what was acknowledged is not where this plan sends to.
func otherForms(known map[int64]jobs.Form, now jobs.Form) map[int64]bool {
	var others map[int64]bool
	for id, form := range known {
		if now.Elsewhere(form) {
			if others == nil {
				others = map[int64]bool{}
			}
			others[id] = true
		}
	}
	return others
}
