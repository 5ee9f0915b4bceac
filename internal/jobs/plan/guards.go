package plan

import (
	"context"
	"slices"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// guards observe a plan while it is made. Each of them hears of what it judges by: the rows of a matricule, an item once it
// is known what differs, and the end, when all have been read. Their order is that in which findings are told.
type guards struct {
	*jobs.Pass
	plan *planning

	watch    *watch             // sums of payroll elements
	deviants deviants           // who has other ones than usual
	unique   *uniqueValues      // values that nobody else may have
	oddities oddities           // of what would be sent
	evidence evidence           // about the plan as a whole
	unseen   jobs.Named         // unchanged, and not looked at at the other side, where to send again is to pay again
	moved    jobs.Named         // sent only as they were acknowledged under another form,
	from     jobs.Form          // and under which
	absent   []jobs.DocumentRef // the latest documents of those whom staging does not have
	held     map[int]bool       // items that are held, by number
}

func newGuards(p *planning) *guards {
	g := &guards{Pass: p.Pass, plan: p, held: map[int]bool{}, deviants: deviants{}}
	g.evidence = evidence{partial: p.Keys != nil, keys: p.Keys, production: p.Target.Environment == "production", period: p.Period,
		adds: p.Job.Semantics == jobs.Append, children: len(p.Job.Source.Children) > 0, apart: apart{Apart: p.Before.Apart}}
	return g
}

// watchRows begins to watch the rows of staging.
func (g *guards) watchRows(mapped *mapping.Mapping) *watch {
	g.unique = newUniqueValues(&g.Job.Guards, &g.Job.Mapping, mapped)
	if g.Before.History.Traced {
		g.unique.traced = func(ctx context.Context, traces []jobs.Trace) ([][]string, error) {
			return g.Ledger.Traced(ctx, g.Target.ID, traces)
		}
	}
	g.watch = newWatch(&g.Job.Guards, &g.Job.Mapping, mapped, g.unique)
	return g.watch
}

// row hears of a matricule, whether it becomes an item or not, before it is decided about.
func (g *guards) row(s *subject, key []byte) {
	e := &g.evidence
	known := s.comparable()
	switch {
	case s.employees == 0:
		if known != nil {
			g.absent = append(g.absent, jobs.DocumentRef{Key: string(key), Period: known.Period})
		}
		if act, _ := decideAbsent(s); g.Keys == nil && (act == left || act == departed && !s.current.DepartureNoted) {
			e.departed.Add(string(key))
		}
	case known != nil:
		e.known++
	}
	if s.employees > 1 && !s.keyless {
		e.duplicates.Add(mapping.HarmlessKey(key))
	}
	edit := g.Before.Edits[string(key)]
	s.drifted, s.unread = edit.Rule == jobs.RuleDrift, edit.Rule == jobs.RuleUnread
}

// kept hears of an employee who stays as acknowledged.
func (g *guards) kept(s *subject, key []byte) {
	if s.unread {
		g.unseen.Add(string(key))
	}
}

// planned hears of an item that was just decided on. Who is sent is noted once it is known what changes.
func (g *guards) planned(item *jobs.PlannedItem, act action, s *subject, builder *mapping.Builder) {
	if item.Reason.Code == jobs.ReasonForm {
		g.moved.Add(item.Key)
		g.from = g.Forms[s.comparable().Form]
	}
	if act == send || act == unsure {
		item.Totals = []jobs.PeriodTotals{{Period: g.Period, Totals: g.watch.ownTotals()}}
		g.oddities.add(item.Key, builder.Oddities())
	}
	if s.employees > 0 && act != send && !s.keyless {
		g.plan.strays.employee(0, false, item.Key)
	}
}

// values are the hashes of the item at hand; nil where it has no document.
func (g *guards) values(item *jobs.PlannedItem) []uint64 {
	if item.Document == nil {
		return nil
	}
	return slices.Clone(g.unique.own)
}

// item asks the rules about single employees of an item with a document, once it is known what it would change.
func (g *guards) item(item *jobs.PlannedItem, old jobs.Acknowledged, own []uint64) {
	item.Totals = roll(g.Period, item.Totals[0].Totals, old.Totals)
	if item.State != jobs.ItemPending {
		return
	}
	item.Findings = g.findings(item, old)
	if g.evidence.children {
		g.plan.strays.employee(item.Seq, lostElements(item, g.Period, old.Totals), item.Key)
	}
	if jobs.Holds(item.Findings) {
		item.State = jobs.ItemHeld
		g.held[item.Seq] = true
	}
	g.weigh(item, old)
	if !g.evidence.partial {
		g.deviants.see(item.Key, item.Totals)
	}
	if item.Against > g.Period { // what was confirmed for a later month says nothing of whom this one has paid already
		old.Document = nil
	}
	g.unique.compare(item, own, old.Document)
}

// findings are those about one employee.
func (g *guards) findings(item *jobs.PlannedItem, old jobs.Acknowledged) (findings []jobs.Finding) {
	holds := func(rule jobs.Rule, found bool) {
		if found {
			findings = append(findings, jobs.Finding{Rule: rule, Holds: true})
		}
	}
	same := item.Against == g.Period
	if old.Document != nil {
		findings = changeFindings(g.Job, item, old.Document)
	}
	holds(jobs.RuleAltered, old.Altered)
	forgotten := g.Before.History.Forgotten
	holds(jobs.RuleForgotten, item.Against == "" && forgotten != nil && forgotten(item.Key))
	holds(jobs.RuleRemoved, old.Removed && same)
	findings = append(findings, keyFindings(g.Job, item, old.Document)...)
	findings = append(findings, g.showAmounts(amountFindings(item.Totals, g.Job.Guards.MaxAmount), item.Totals)...)
	if edit, found := g.Before.Edits[item.Key]; found {
		findings = append(findings, edit)
	}
	holds(jobs.RuleAppendChange, g.Job.Semantics == jobs.Append && same) // whatever else lets it go
	return append(findings, g.evidence.apart.carried(item)...)
}

// weigh notes what an item says about the plan as a whole.
func (g *guards) weigh(item *jobs.PlannedItem, old jobs.Acknowledged) {
	e := &g.evidence
	e.sends++
	tried := g.Before.History.Tried[item.Key] == item.Fingerprint // it was judged then
	if e.partial && !tried {
		var same *jobs.Totals // as acknowledged for this period, but by a run like this one
		if len(old.Totals) > 0 && old.Totals[0].Period == g.Period && !e.apart.sent(item.Key) {
			same = &old.Totals[0].Totals
		}
		e.apart.sees(item.Key, item.Totals, same)
	}
	switch {
	case tried:
	case item.Difference == jobs.Created:
		e.created.Add(item.Key)
	case slices.ContainsFunc(item.Diff, func(c diff.Change) bool { return !c.Child }):
		e.updated.Add(item.Key)
	}
}

// end asks what can be asked only once everyone has been read.
func (g *guards) end(ctx context.Context, plan *jobs.Frozen) error {
	if g.Keys != nil && g.plan.strays.sends {
		if err := g.findElsewhere(ctx); err != nil {
			return err
		}
	}
	if err := g.holdCompared(ctx); err != nil {
		return err
	}
	if err := g.addSentBefore(ctx); err != nil {
		return err
	}
	e, counts := &g.evidence, &g.plan.draft.counts
	e.employees, e.elements, e.totals = counts.EmployeesRead, counts.ElementsRead, g.watch.totals()
	plan.Findings = slices.Concat(plan.Findings, g.sentOtherwise(), g.plan.terms.findings(e.sends > 0),
		e.judge(&g.Job.Guards, &g.Before.History), g.oddities.findings())
	if g.unseen.N > 0 {
		plan.Findings = append(plan.Findings, jobs.Finding{Rule: jobs.RuleUnseen, N: g.unseen.N, Keys: g.unseen.Keys})
	}
	// What sends nothing because people are blocked was not judged by all rules; what is held a person judges.
	if judged := e.sends > 0 || counts.Blocked+counts.ElementsBlocked == 0 || jobs.Holds(plan.Findings); !e.partial && judged {
		plan.Figures = &jobs.Figures{Employees: e.employees, Elements: e.elements, Totals: e.totals}
	}
	if !e.partial {
		plan.Sums = g.sums(plan.Findings)
	}
	late, err := g.late(ctx)
	plan.Findings = append(plan.Findings, late...)
	return err
}

// holdCompared holds those whose elements may be under another matricule, or whose values somebody else has, too.
func (g *guards) holdCompared(ctx context.Context) error {
	if len(g.unique.fresh) > 0 && g.Keys != nil {
		if err := g.findOthers(ctx); err != nil {
			return err
		}
	}
	shared, err := g.unique.shared(ctx, g.absent, func(ctx context.Context, refs []jobs.DocumentRef) ([]jobs.Acknowledged, error) {
		return g.Ledger.Documents(ctx, g.Target.ID, refs)
	})
	if err != nil {
		return err
	}
	return g.plan.draft.hold(ctx, g.held, slices.Concat(g.plan.strays.holds, shared))
}

// findOthers looks up everyone whom a partial run does not read.
func (g *guards) findOthers(ctx context.Context) error {
	baseline, err := g.Ledger.Baseline(ctx, g.Target.ID, nil)
	if err != nil {
		return err
	}
	defer baseline.Close()
	g.absent = nil
	for baseline.Next() {
		e := baseline.Entry()
		if e.Version == 0 || e.Withdrawn || g.plan.seen[string(e.Key)] {
			continue
		}
		ref := jobs.DocumentRef{Key: string(e.Key), Period: e.Period}
		if n := len(g.absent); n > 0 && g.absent[n-1].Key == ref.Key {
			g.absent[n-1] = ref // of a later period
		} else {
			g.absent = append(g.absent, ref)
		}
	}
	return baseline.Err()
}

// sentOtherwise finds that the plan sends otherwise than what was sent last: by another form, for another
// establishment, as another target of the same one, or by another job with another mapping.
func (g *guards) sentOtherwise() []jobs.Finding {
	var findings []jobs.Finding
	holds, last := g.evidence.sends > 0, g.Before.History.Sender
	before, known := jobs.Form{}, false
	if last != nil {
		before, known = g.Before.History.Forms[last.Form]
	}
	if !known && g.moved.N > 0 { // the run is past its time; what it sent is not
		before, known = g.from, true
	}
	if changes := g.Form.Changes(before); known && len(changes) > 0 {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleForm, Holds: holds, N: g.moved.N, Keys: g.moved.Keys, Form: changes})
	}
	// another association's: not even "unchanged" would be true
	if was, is := g.Before.History.Siret, g.Target.Siret; was != "" && is != "" && was != is {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleSiret, Holds: true,
			Form: []jobs.FormChange{{Member: jobs.FormSiret, Old: was, New: is}}})
	}
	if n := len(g.Before.Others); n > 0 && holds { // renamed, or spelled otherwise: it would be sent a second time
		findings = append(findings, jobs.Finding{Rule: jobs.RuleSharing, Holds: true, N: n, Others: g.Before.Others[:min(n, jobs.FindingKeys)]})
	}
	if last != nil && last.Job != g.Job.Name && last.Mapping != g.Job.Mapping.Digest() && holds {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleOtherJob, Holds: true, Job: last.Job, Run: last.Run})
	}
	return findings
}

// terms are what the API says that it takes.
type terms struct {
	contract *jobs.Contract // nil = it is not known
	stale    jobs.Named     // unchanged, and not fit for a new contract
}

// refused tells what the API would refuse in a document that is to be sent. One that is unchanged stays with the API
// whatever the contract says; under a new one it is only noted, as its next change would be refused.
func (t *terms) refused(act action, key, document []byte, spec *mapping.Spec) []mapping.Problem {
	if t.contract == nil || t.contract.Checker == nil {
		return nil
	}
	switch {
	case act == send:
		return spec.Locate(document, t.contract.Checker.Check(document))
	case act == keep && t.contract.Renewed() && t.contract.Checker.Check(document) != nil:
		t.stale.Add(string(key))
	}
	return nil
}

// findings are about the plan as a whole. What breaks holds only a plan that would send something.
func (t *terms) findings(sends bool) []jobs.Finding {
	c, stale := t.contract, &t.stale
	if c == nil {
		return nil
	}
	findings := c.Broken(sends)
	if c.NoJSON {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleNoJSON, Holds: sends, Members: c.Takes[:min(len(c.Takes), jobs.FindingKeys)]})
	}
	if n := len(c.Unknown); n > 0 {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleUnknownMember, Holds: sends, N: n, Members: c.Unknown[:min(n, jobs.FindingKeys)]})
	}
	added := slices.DeleteFunc(slices.Clone(c.Since), func(change jobs.ContractChange) bool { return change.Breaking })
	if n := len(added); n > 0 {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleContractAdded, N: n, Contract: added[:min(n, jobs.FindingKeys)]})
	}
	if c.Checker == nil && !c.NoJSON && sends {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleUnchecked})
	}
	if stale.N > 0 {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleContractStale, N: stale.N, Keys: stale.Keys})
	}
	return findings
}
