package store

import (
	"context"
	"maps"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// Months tells where months of dossiers stand. A month of which nothing is known is left out. The targets are of this ledger.
func (s *Store) Months(ctx context.Context, targets []ledger.Lineage, periods []jobs.Period) ([]*ledger.Month, error) {
	var months []*ledger.Month
	err := s.transact(ctx, func(q *dbsqlc.Queries) (err error) {
		months, err = s.months(ctx, q, targets, periods)
		return err
	})
	return months, redact("reading months", err)
}

// TargetsAt are the targets of a partner's environment and address that the ledger knows, whatever is configured, each with the first
// period that it has a run of; "" = none.
func (s *Store) TargetsAt(ctx context.Context, at jobs.Target) (targets []jobs.Target, first []jobs.Period, err error) {
	rows, err := s.queries.TargetsAt(ctx, dbsqlc.TargetsAtParams{Partner: at.Partner, Environment: at.Environment,
		BaseUrl: jobs.NormalAddress(at.BaseURL)})
	for _, row := range rows {
		targets, first = append(targets, toTarget(row.SyncdTarget)), append(first, jobs.Period(row.First))
	}
	return targets, first, redact("reading the targets", err)
}

func (s *Store) months(ctx context.Context, q *dbsqlc.Queries, targets []ledger.Lineage, periods []jobs.Period) ([]*ledger.Month, error) {
	if len(targets)*len(periods) > 1 {
		if err := q.ReadWhole(ctx); err != nil {
			return nil, err
		}
	}
	names := make([]string, len(periods))
	for i, p := range periods {
		names[i] = string(p)
	}
	of, err := lineagesOf(ctx, q, targets)
	if err != nil {
		return nil, err
	}
	ids := of.targets()
	doubts, err := doubtsOf(ctx, q, ids, names)
	if err != nil {
		return nil, err
	}
	rows, err := q.ListMonths(ctx, dbsqlc.ListMonthsParams{Targets: ids, Periods: names, Heads: of.heads, Others: of.others,
		DoubtedTargets: doubts.targets, DoubtedPeriods: doubts.periods})
	if err != nil {
		return nil, err
	}
	months := make([]*ledger.Month, len(rows))
	open := map[monthKey]*ledger.Month{}
	for i, row := range rows {
		m := &ledger.Month{Target: of.named[row.TargetID], Period: jobs.Period(row.Period), Closed: row.Closed, Whole: row.Whole}
		months[i] = m
		if row.Whole != 0 {
			m.Delivered = row.FinishedAt
			m.Balance = ledger.Balance{Read: int(row.EmployeesRead), Sent: int(row.Delivered)}
		}
		if m.Settled = row.Settled; !m.Settled {
			open[monthKey{row.TargetID, row.Period}] = m
			m.Missing = missingBefore(row)
		}
	}
	if err := undelivered(ctx, q, open, &of, &doubts); err != nil {
		return nil, err
	}
	return months, s.tellRuns(ctx, q, rows, months)
}

// lineages are dossiers with the targets whose runs are theirs, in columns.
type lineages struct {
	heads, others []int64
	named         map[int64]jobs.Target // heads, as they are called now
}

// lineagesOf finds whose runs are whose. The newest target of a dossier stands for it, whatever it was called.
func lineagesOf(ctx context.Context, q *dbsqlc.Queries, of []ledger.Lineage) (lineages, error) {
	all := lineages{named: make(map[int64]jobs.Target, len(of))}
	var asked dbsqlc.FormerTargetsParams
	for _, l := range of {
		head := l.ID
		if head == 0 {
			for _, t := range l.Former {
				head = max(head, t.ID)
			}
		}
		if head == 0 {
			continue
		}
		all.named[head], all.heads, all.others = l.Target, append(all.heads, head), append(all.others, head)
		for _, t := range l.Former {
			asked.Heads, asked.Others = append(asked.Heads, head), append(asked.Others, t.ID)
		}
	}
	if len(asked.Heads) == 0 {
		return all, nil
	}
	former, err := q.FormerTargets(ctx, asked)
	for _, row := range former {
		all.heads, all.others = append(all.heads, row.TargetID), append(all.others, row.Other)
	}
	return all, err
}

func (l *lineages) targets() []int64 { return slices.Collect(maps.Keys(l.named)) }

// doubts are what is in doubt of some months, in columns.
type doubts struct {
	targets       []int64
	periods, keys []string
	runs          []int64 // 0 = none is known
}

func doubtsOf(ctx context.Context, q *dbsqlc.Queries, targets []int64, periods []string) (d doubts, err error) {
	rows, err := q.DoubtsOfMonths(ctx, dbsqlc.DoubtsOfMonthsParams{Targets: targets, Periods: periods})
	for _, row := range rows {
		d.targets, d.periods = append(d.targets, row.TargetID), append(d.periods, row.Period)
		d.keys, d.runs = append(d.keys, row.Key), append(d.runs, row.RunID)
	}
	return d, err
}

type monthKey struct {
	target int64
	period string
}

// missingBefore is what a month would leave undone, but for employees.
func missingBefore(row dbsqlc.ListMonthsRow) (missing []ledger.Missing) {
	switch {
	case !row.Something:
		missing = append(missing, ledger.Missing{Kind: ledger.MissingAll})
	case !row.Everyone:
		missing = append(missing, ledger.Missing{Kind: ledger.MissingRest})
	}
	slices.Sort(row.Held)
	slices.Sort(row.Failed)
	if len(row.Held) > 0 {
		missing = append(missing, ledger.Missing{Kind: ledger.MissingHeld, Runs: row.Held})
	}
	if len(row.Failed) > 0 {
		missing = append(missing, ledger.Missing{Kind: ledger.MissingPlan, Runs: row.Failed})
	}
	return missing
}

// undelivered adds whom months leave undelivered.
func undelivered(ctx context.Context, q *dbsqlc.Queries, open map[monthKey]*ledger.Month, of *lineages, doubts *doubts) error {
	if len(open) == 0 {
		return nil
	}
	asked := dbsqlc.UndeliveredOfMonthsParams{Most: jobs.FindingKeys, Heads: of.heads, Others: of.others, DoubtedTargets: doubts.targets,
		DoubtedPeriods: doubts.periods, DoubtedKeys: doubts.keys, DoubtedRuns: doubts.runs}
	for key := range open {
		asked.Targets, asked.Periods = append(asked.Targets, key.target), append(asked.Periods, key.period)
	}
	lines, err := q.UndeliveredOfMonths(ctx, asked)
	if err != nil {
		return err
	}
	for _, l := range lines {
		m := open[monthKey{l.TargetID, l.Period}]
		if l.State == stateJoined {
			m.Balance.Read += int(l.Employees)
			continue
		}
		m.Missing = append(m.Missing, ledger.Missing{Kind: ledger.MissingKind(l.State), N: int(l.Lines), Keys: l.Keys, Runs: l.Runs})
		count(&m.Balance, jobs.ItemState(l.State), int(l.Employees), int(l.Lines))
	}
	for _, m := range open {
		b := &m.Balance
		b.Sent = max(0, b.Read-b.Confirm-b.Correct-b.Refused-b.Uncertain-b.Waiting-b.Aside)
	}
	return nil
}

// stateJoined is that of employees whom only runs after the last one of everyone read.
const stateJoined = "joined"

func count(b *ledger.Balance, state jobs.ItemState, employees, lines int) {
	switch state {
	case jobs.ItemHeld:
		b.Confirm += employees
	case jobs.ItemBlocked:
		b.Correct += employees
	case jobs.ItemRejected:
		b.Refused += employees
	case jobs.ItemUncertain, jobs.ItemUnsettled, jobs.ItemSending:
		b.Uncertain += employees
	case jobs.ItemPending:
		b.Waiting += employees
	case jobs.ItemSuperseded:
		b.Aside += employees
	case jobs.ItemDeparted:
		b.Departed += lines
	case jobs.ItemAccepted, jobs.ItemWithdrawn, jobs.ItemLeft: // nothing is missing of them
	}
}

// tellRuns reads the runs that there is something to tell of.
func (s *Store) tellRuns(ctx context.Context, q *dbsqlc.Queries, rows []dbsqlc.ListMonthsRow, months []*ledger.Month) error {
	var ids []int64
	for i, m := range months {
		if m.Settled {
			continue
		}
		ids = append(ids, rows[i].Last, rows[i].Active)
		for _, missing := range m.Missing {
			ids = append(ids, missing.Runs...)
		}
	}
	if slices.Sort(ids); len(ids) == 0 {
		return nil
	}
	found, err := q.RunsByID(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	runs := make(map[int64]*jobs.Run, len(found))
	for _, row := range found {
		run := toRun(row.SyncdRun, row.SyncdTarget)
		if err := s.bringUpToDate(ctx, run); err != nil {
			return err
		}
		runs[run.ID] = run
	}
	for i, m := range months {
		if m.Settled {
			continue
		}
		m.Last, m.Active, m.Runs = runs[rows[i].Last], runs[rows[i].Active], missingIn(m, runs)
		settleBalance(m)
	}
	return nil
}

// missingIn are the runs in which somebody of a month is missing, by number.
func missingIn(m *ledger.Month, runs map[int64]*jobs.Run) map[int64]*jobs.Run {
	of := map[int64]*jobs.Run{}
	for _, missing := range m.Missing {
		for _, id := range missing.Runs {
			if runs[id] != nil {
				of[id] = runs[id]
			}
		}
	}
	return of
}

// settleBalance puts into its place what waits: for a person where its run is held as a whole, and as on its way while a run goes on.
// Of a run whose items are past their time there is its own accounting.
func settleBalance(m *ledger.Month) {
	b := &m.Balance
	if m.Active != nil {
		b.Waiting, b.Uncertain = b.Waiting+b.Uncertain, 0
	} else if m.Last != nil && m.Last.State == jobs.Held && m.Last.ID >= m.Whole {
		b.Confirm, b.Waiting = b.Confirm+b.Waiting, 0
	}
	if m.Last != nil && m.Last.Purged && m.Last.ID == m.Whole {
		c := m.Last.Counts
		*b = ledger.Balance{Read: c.EmployeesRead, Sent: c.Accepted + c.Unchanged, Confirm: c.Held, Correct: c.Blocked, Refused: c.Rejected,
			Uncertain: c.Uncertain, Waiting: c.NotAttempted, Aside: c.Superseded, Departed: c.Departed}
	}
}
