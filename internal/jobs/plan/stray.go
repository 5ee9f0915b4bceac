package plan

import (
	"context"
	"encoding/binary"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// strays are payroll elements whose employee is not in staging, and who they may belong to. Orphans come at other places
// of the order than their owners, whose matricule is spelled otherwise: so both are kept until everyone has been read.
type strays struct {
	orphans []orphan
	rows    int    // elements of orphans
	sent    []byte // of each employee who may be an owner: number of the item, 0 = it is not sent; whether it lost all elements; matricule
	holds   []jobs.Hold
	sends   bool // some of those employees would be sent
}

// orphan is a matricule that has elements and no employee.
type orphan struct {
	subject // without what points into the streams' memory
	key     []byte
	owners  []string // matricules of employees that resemble it
}

func (s *strays) orphan(of *subject, key []byte) {
	o := orphan{subject: *of, key: slices.Clone(key)}
	o.earlier, o.later, o.fingerprint = nil, nil, nil
	if of.current != nil {
		o.current = copyEntry(&jobs.BaselineEntry{}, of.current)
	}
	s.orphans = append(s.orphans, o)
	s.rows += o.elements
}

// employee notes somebody of staging; some ten bytes each, which are read if there are orphans.
func (s *strays) employee(seq int, lost bool, key string) {
	flag := uint64(0)
	if lost {
		flag = 1
	}
	s.sends = s.sends || seq > 0
	s.sent = binary.AppendUvarint(s.sent, uint64(seq)<<1|flag) //nolint:gosec // a number from 1 on
	s.sent = binary.AppendUvarint(s.sent, uint64(len(key)))
	s.sent = append(s.sent, key...)
}

// next takes the first employee off what employee wrote.
func (s *strays) next() (seq int, lost bool, key []byte) {
	head, n := binary.Uvarint(s.sent)
	length, m := binary.Uvarint(s.sent[n:])
	key, s.sent = s.sent[n+m:][:length], s.sent[n+m+int(length):] //nolint:gosec // as written
	return int(head >> 1), head&1 == 1, key                       //nolint:gosec // as written
}

// lostElements reports whether somebody who has no element had some: in what was acknowledged for this period, or in most of
// the periods before.
func lostElements(item *jobs.PlannedItem, period jobs.Period, acknowledged []jobs.PeriodTotals) bool {
	if item.Elements > 0 {
		return false
	}
	if len(acknowledged) > 0 && acknowledged[0].Period == period && len(acknowledged[0].Totals) > 0 {
		return true
	}
	before, had := item.Totals[1:], 0
	for _, p := range before {
		if len(p.Totals) > 0 {
			had++
		}
	}
	return 2*had > len(before)
}

// findElsewhere looks for orphans among the elements of everyone: a partial run itself reads only those that are spelled as
// it was asked for. It is done once the run's own snapshot is closed: two at once could wait for each other, with an import
// between them.
func (g *guards) findElsewhere(ctx context.Context) error {
	source, params := g.Job.Source, jobs.QueryParams(g.Target, g.Period)
	source.Ready = "" // it was asked
	snapshot, err := g.Staging.Snapshot(ctx, source, params, nil)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	mapped, err := mapping.Compile(uncoded(g.Job.Mapping), snapshot.Shape(), nil, params)
	if err != nil {
		return err
	}
	m, err := newMerge(snapshot, len(source.Children), nothingKnown{}, mapped.NewBuilder(), nil, "")
	if err != nil {
		return err
	}
	var s subject
	for {
		more, err := m.next(&s)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if s.employees == 0 {
			g.plan.strays.orphan(&s, m.key)
		}
	}
	if err := snapshot.Unmoved(ctx); err != nil || g.plan.strays.rows == 0 {
		return err
	}
	return g.findOwners(ctx)
}

func (g *guards) findOwners(ctx context.Context) error {
	s := &g.plan.strays
	s.holds = nil
	defer func(sent []byte) { s.sent = sent }(s.sent)
	of := map[string][]*orphan{} // by what spellings have in common
	for i := range s.orphans {
		o := &s.orphans[i]
		if form := privacy.KeyForm(o.key); form != "" {
			of[form] = append(of[form], o)
		}
	}
	for len(s.sent) > 0 {
		seq, lost, key := s.next()
		alike := of[privacy.KeyForm(key)]
		for _, o := range alike {
			o.owner(string(key))
		}
		switch {
		case seq == 0:
		case len(alike) > 0:
			s.holds = append(s.holds, jobs.Hold{Seq: seq, Key: string(key), Finding: astray(alike)})
		case lost:
			s.holds = append(s.holds, jobs.Hold{Seq: seq, Key: string(key), Finding: jobs.Finding{Rule: jobs.RuleLost, Holds: true, N: s.rows}})
		}
	}
	return g.nameUnchanged(ctx, of)
}

// nameUnchanged looks for owners among those of whom nothing would be sent. Nobody else is named by the baseline alone.
func (g *guards) nameUnchanged(ctx context.Context, of map[string][]*orphan) error {
	if !slices.ContainsFunc(g.plan.strays.orphans, func(o orphan) bool { return !o.keyless && o.owners == nil }) {
		return nil
	}
	gone := make(map[string]bool, len(g.absent))
	for _, ref := range g.absent {
		gone[ref.Key] = true
	}
	baseline, err := g.Ledger.Baseline(ctx, g.Target.ID, g.Keys)
	if err != nil {
		return err
	}
	defer baseline.Close()
	for baseline.Next() {
		key := string(baseline.Entry().Key)
		for _, o := range of[privacy.KeyForm([]byte(key))] {
			if !gone[key] {
				o.owner(key)
			}
		}
	}
	return baseline.Err()
}

// owner notes a matricule that resembles the orphan's; three tell enough.
func (o *orphan) owner(key string) {
	const most = 3
	if key = mapping.HarmlessKey([]byte(key)); len(o.owners) < most && !slices.Contains(o.owners, key) {
		o.owners = append(o.owners, key)
	}
}

// astray is the finding about the owner of these orphans.
func astray(orphans []*orphan) jobs.Finding {
	f := jobs.Finding{Rule: jobs.RuleAstray, Holds: true}
	for _, o := range orphans {
		f.N += o.elements
		if len(f.Keys) < jobs.FindingKeys {
			f.Keys = append(f.Keys, mapping.HarmlessKey(o.key))
		}
	}
	return f
}
