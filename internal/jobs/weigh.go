package jobs

import (
	"context"
	"fmt"
	"slices"

	"syncd/internal/mapping"
)

// prepare reads what the guards compare with.
func (p *planning) prepare(ctx context.Context) error {
	history, err := p.ledger.History(ctx, p.target.ID, p.period)
	if err != nil {
		return fmt.Errorf("reading earlier runs: %w", err)
	}
	p.history, p.held = history, map[int]bool{}
	if p.others, err = p.ledger.Sharing(ctx, p.target); err != nil {
		return fmt.Errorf("reading other targets: %w", err)
	}
	p.verify = p.verify || history.Drifted // what was found must not be forgotten before somebody has decided
	p.evidence = evidence{partial: p.keys != nil, keys: p.keys, production: p.target.Environment == "production", period: p.period, adds: p.job.Semantics == Append,
		children: len(p.job.Source.Children) > 0}
	if err := p.readApart(ctx); err != nil {
		return err
	}
	return p.findDrift(ctx)
}

// weigh notes what a matricule says to the guards, whether it becomes an item or not.
func (p *planning) weigh(s *subject, key []byte) {
	e := &p.evidence
	known := s.comparable()
	switch {
	case s.employees == 0:
		if known != nil {
			p.absent = append(p.absent, DocumentRef{Key: string(key), Period: known.Period})
		}
		if act, _ := decideAbsent(s); p.keys == nil && (act == left || act == departed && !s.current.DepartureNoted) {
			e.departed.add(string(key))
		}
	case known != nil:
		e.known++
	}
	if s.employees > 1 && !s.keyless {
		e.duplicates.add(mapping.HarmlessKey(key))
	}
}

// judgeItem asks the rules about single employees, once it is known what an item would change.
func (p *planning) judgeItem(item *PlannedItem, old Acknowledged) {
	item.Totals = roll(p.period, item.Totals[0].Totals, old.Totals)
	if item.State != ItemPending {
		return
	}
	g := &p.job.Guards
	if old.Document != nil {
		item.Findings = p.changeFindings(item, old.Document)
	}
	if old.Altered {
		item.Findings = append(item.Findings, Finding{Rule: RuleAltered, Holds: true})
	}
	if item.comparedWith == "" && p.history.Forgotten != nil && p.history.Forgotten(item.Key) {
		item.Findings = append(item.Findings, Finding{Rule: RuleForgotten, Holds: true})
	}
	if old.Removed && item.comparedWith == p.period {
		item.Findings = append(item.Findings, Finding{Rule: RuleRemoved, Holds: true})
	}
	item.Findings = append(item.Findings, p.keyFindings(item, old.Document)...)
	item.Findings = append(item.Findings, amountFindings(item.Totals, g.MaxAmount)...)
	if drift, found := p.drift[item.Key]; found {
		item.Findings = append(item.Findings, drift)
	}
	if p.job.Semantics == Append && item.comparedWith == p.period { // whatever else lets it go

		item.Findings = append(item.Findings, Finding{Rule: RuleAppendChange, Holds: true})
	}
	item.Findings = append(item.Findings, p.evidence.apart.carried(item)...)
	if len(old.Totals) > 0 && old.Totals[0].Period == p.period {
		item.same = &old.Totals[0].Totals
	}
	if p.evidence.children {
		p.strays.employee(item.Seq, lostElements(item, p.period, old.Totals), item.Key)
	}
	if Holds(item.Findings) {
		item.State = ItemHeld
		p.held[item.Seq] = true
	}
	if item.comparedWith > p.period { // what was confirmed for a later month says nothing of whom this one has paid already
		old.Document = nil
	}
	p.watch.values.compare(item, old.Document)
}

// weighItem notes what an item says to the guards about the plan as a whole.
func (p *planning) weighItem(item *PlannedItem) {
	if item.State != ItemPending && item.State != ItemHeld {
		return
	}
	e := &p.evidence
	e.sends++
	tried := p.history.Tried[item.Key] == item.Fingerprint // it was judged then
	if e.partial && !tried {
		same := item.same
		if slices.ContainsFunc(e.apart.Sent, func(s SentApart) bool { return s.Key == item.Key }) {
			same = nil // by a run like this one
		}
		e.apart.sees(item.Key, item.Totals, same)
	}
	switch {
	case tried:
	case item.Difference == Created:
		e.created.add(item.Key)
	case slices.ContainsFunc(item.Diff, func(c mapping.Change) bool { return !c.Child }):
		e.updated.add(item.Key)
	}
}

// judge asks what can be asked only once everyone has been read.
func (p *planning) judge(ctx context.Context, dictionaries mapping.Dictionaries) error {
	if err := p.holdCompared(ctx); err != nil {
		return err
	}
	e := &p.evidence
	if err := p.addSentBefore(ctx); err != nil {
		return err
	}
	e.employees, e.elements, e.totals = p.counts.EmployeesRead, p.counts.ElementsRead, p.watch.totals()
	p.findings = append(p.findings, p.sentOtherwise()...)
	p.findings = append(p.findings, p.contract.findings(e.sends > 0, p.stale)...)
	p.findings = append(p.findings, p.job.Guards.judge(e, &p.history)...)
	p.findings = append(p.findings, p.oddities.findings()...)
	if p.unseen.n > 0 {
		p.findings = append(p.findings, Finding{Rule: RuleUnseen, N: p.unseen.n, Keys: p.unseen.keys})
	}
	// What sends nothing because people are blocked was not judged by all rules; what is held a person judges.
	if judged := e.sends > 0 || p.counts.Blocked+p.counts.ElementsBlocked == 0 || Holds(p.findings); !e.partial && judged {
		p.figures = &Figures{Employees: e.employees, Elements: e.elements, Totals: e.totals}
	}
	return p.findLate(ctx, dictionaries)
}

// holdCompared holds those whose elements may be under another matricule, or whose values somebody else has, too.
func (p *planning) holdCompared(ctx context.Context) error {
	values := p.watch.values
	if len(values.fresh) > 0 && p.keys != nil {
		if err := p.findOthers(ctx); err != nil {
			return err
		}
	}
	shared, err := values.shared(ctx, p.absent, func(ctx context.Context, refs []DocumentRef) ([]Acknowledged, error) {
		return p.ledger.Documents(ctx, p.target.ID, refs)
	})
	if err != nil {
		return err
	}
	return p.hold(ctx, slices.Concat(p.strays.holds, shared))
}

// hold holds items that were added before.
func (p *planning) hold(ctx context.Context, holds []Hold) error {
	if len(holds) == 0 {
		return nil
	}
	for _, hold := range holds {
		if !p.held[hold.Seq] {
			p.held[hold.Seq] = true
			p.counts.NotAttempted--
			p.counts.Held++
		}
	}
	for _, hold := range holds {
		p.digest.hold(p.fingerprinter, hold)
	}
	return p.sink.Hold(ctx, holds)
}

// findOthers looks up everyone whom a partial run does not read.
func (p *planning) findOthers(ctx context.Context) error {
	baseline, err := p.ledger.Baseline(ctx, p.target.ID, nil)
	if err != nil {
		return err
	}
	defer baseline.Close()
	p.absent = nil
	for baseline.Next() {
		e := baseline.Entry()
		if e.Version == 0 || e.Withdrawn || p.seen[string(e.Key)] {
			continue
		}
		ref := DocumentRef{Key: string(e.Key), Period: e.Period}
		if n := len(p.absent); n > 0 && p.absent[n-1].Key == ref.Key {
			p.absent[n-1] = ref // of a later period
		} else {
			p.absent = append(p.absent, ref)
		}
	}
	return baseline.Err()
}
