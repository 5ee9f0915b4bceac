package store

import (
	"context"
	"encoding/json"
	"errors"

	"syncd/internal/diff"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/store/dbsqlc"
)

// toRun is a run as the domain sees it.
func toRun(r dbsqlc.SyncdRun, t dbsqlc.SyncdTarget) *jobs.Run {
	gathered := gatheredBy(r.Collections)
	return &jobs.Run{
		ID: r.ID, Job: r.Job, Kind: jobs.Kind(r.Kind), Target: toTarget(t), Period: jobs.Period(value(r.Period)),
		Trigger: jobs.Trigger(r.Trigger), State: jobs.State(r.State), Epoch: int(r.Epoch), Owner: r.Owner, Employees: r.Employees,
		Counts: jobs.Counts{
			EmployeesRead: int(r.EmployeesRead), ElementsRead: int(r.ElementsRead), Unchanged: int(r.Unchanged),
			Accepted: int(r.Accepted), Rejected: int(r.Rejected), Blocked: int(r.Blocked), Held: int(r.Held),
			Uncertain: int(r.Uncertain), Superseded: int(r.Superseded), NotAttempted: int(r.NotAttempted),
			ElementsUnchanged: int(r.ElementsUnchanged), ElementsInDocuments: int(r.ElementsInDocuments),
			ElementsBlocked: int(r.ElementsBlocked), Departed: int(r.Departed), Left: int(r.Left),
			Created: int(r.Created), Updated: int(r.Updated), Repeated: int(r.Repeated), Gathered: gathered.Counts,
		},
		Collections: gathered.Collections,
		Digests: jobs.Digests{Config: r.ConfigDigest, Mapping: r.MappingDigest, Nomenclatures: r.DictionariesDigest, Plan: r.PlanDigest,
			Contract: r.Contract, Form: r.Form},
		Planned: r.PlannedAt != nil, RequestedBy: r.RequestedBy, Host: r.Host, PID: int(r.Pid), Version: r.Version,
		Failure: jobs.Reason{Code: jobs.ReasonCode(r.FailureCode), Detail: r.FailureDetail, Cause: fromJSON[*jobs.Cause](r.FailureArgs),
			Problems: fromJSON[[]hinted.Kept](r.FailureProblems)},
		Findings: findingsOf(r.Findings), FailedOf: value(r.FailedOf), Verify: r.Verify, Overwrite: r.Overwrite, Resend: r.Resend,
		Previewed: r.PreviewedDigest,
		StartedBy: r.StartedBy, SecondPerson: jobs.SecondPerson(r.SecondPerson),
		Approved: r.ApprovedDigest, ApprovedBy: r.ApprovedBy, ApprovedFor: r.ApprovedReason,
		Incarnation: r.Incarnation, Nominal: r.NominalAt, NotBefore: r.NotBefore, Postponed: int(r.Postponed), Takeovers: int(r.Takeovers),
		Purged: r.Purged == itemsPurged, AnyOrder: r.AnyOrder,
		Cancelling: r.Cancelling, CancelledBy: r.CancelledBy, CancelledFor: r.CancelledReason,
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt,
	}
}

// gatheredBy is the accounting of a run that reads records, as the ledger keeps it.
func gatheredBy(text []byte) (g struct {
	Counts      *jobs.Gathered
	Collections map[string]jobs.Gathered
}) {
	if text == nil {
		return g
	}
	c := jobs.Concluded{Collections: fromJSON[map[string]jobs.Gathered](text)}
	c.Add()
	g.Counts, g.Collections = &c.Counts, c.Collections
	return g
}

// causeJSON is what is known of a failure, as the ledger keeps it; nil = nothing.
func causeJSON(cause *jobs.Cause) []byte {
	if cause == nil {
		return nil
	}
	return toJSON(cause)
}

// problemsJSON is what a failed run met, as the ledger keeps it; nil = there is nothing.
func problemsJSON(problems []hinted.Kept) []byte {
	if len(problems) == 0 {
		return nil
	}
	return toJSON(problems)
}

func toJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil { // texts alone
		return nil
	}
	return text
}

// fromJSON reads what toJSON wrote. What cannot be read is not known: the detail is told all the same.
func fromJSON[T any](text []byte) T {
	var v, none T
	if text == nil || json.Unmarshal(text, &v) != nil {
		return none
	}
	return v
}

// unreadable is what is made of findings that cannot be read: such a run must not go by itself.
var unreadable = []jobs.Finding{{Rule: "unreadable", Holds: true}}

func findingsOf(text []byte) (findings []jobs.Finding) {
	if text != nil && json.Unmarshal(text, &findings) != nil {
		return unreadable
	}
	return findings
}

func toTarget(t dbsqlc.SyncdTarget) jobs.Target {
	return jobs.Target{ID: t.ID, Partner: t.Partner, Environment: t.Environment, BaseURL: t.BaseUrl, Dossier: t.Dossier,
		Identity: value(t.Identity)}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Aftermath tells what has become of what a run left undelivered.
func (s *Store) Aftermath(ctx context.Context, run int64) (*jobs.Aftermath, error) {
	aftermath, err := aftermathOf(ctx, s.queries, run)
	return aftermath, redact("reading what has become of the run", err)
}

func aftermathOf(ctx context.Context, q *dbsqlc.Queries, run int64) (*jobs.Aftermath, error) {
	row, err := q.Aftermath(ctx, run)
	if err != nil {
		return nil, err
	}
	return &jobs.Aftermath{Whole: row.Whole, DeliveredBy: row.DeliveredBy, Delivered: int(row.Delivered), Left: int(row.LeftOver),
		Open: int(row.Open), Closed: row.Closed}, nil
}

// Run reads one run. An unknown number is jobs.ErrNoRun.
func (s *Store) Run(ctx context.Context, id int64) (*jobs.Run, error) {
	row, err := s.queries.GetRun(ctx, id)
	if isNoRows(err) {
		return nil, jobs.ErrNoRun
	}
	if err != nil {
		return nil, redact("reading the run", err)
	}
	run := toRun(row.SyncdRun, row.SyncdTarget)
	run.Released = s.keys != nil && s.keys.released(row.SyncdRun)
	return run, s.bringUpToDate(ctx, run)
}

// Sums opens what a run's plan tells of amounts; nil = this ledger was opened without its key, or the run has no plan.
func (s *Store) Sums(ctx context.Context, run *jobs.Run) (*jobs.Sums, error) {
	switch {
	case s.keys == nil || !run.Planned:
		return nil, nil
	case run.Partial():
		return &jobs.Sums{None: jobs.SumsPartial}, nil
	}
	sealed, err := s.queries.Sums(ctx, run.ID)
	if isNoRows(err) {
		return &jobs.Sums{None: jobs.SumsUnknown}, nil
	}
	if err != nil {
		return nil, redact("reading the sums of the run", err)
	}
	kept, err := s.openSums(sealed, place{target: run.Target.ID, period: run.Period, run: run.ID})
	if err != nil {
		return &jobs.Sums{None: jobs.SumsAltered}, nil //nolint:nilerr // the rest of the run can be shown
	}
	return kept, nil
}

func (s *Store) openSums(sealed []byte, at place) (*jobs.Sums, error) {
	text, err := s.keys.open(sums, sealed, at)
	if err != nil {
		return nil, err
	}
	kept := &jobs.Sums{}
	return kept, json.Unmarshal(text, kept)
}

// tellDead marks the run of a *jobs.BusyError whose process is gone: nobody need wait for that one to end.
func (s *Store) tellDead(ctx context.Context, err error) error {
	var busy *jobs.BusyError
	if !errors.As(err, &busy) || busy.Run.State != jobs.Running {
		return err
	}
	if run, read := s.Run(ctx, busy.Run.ID); read == nil {
		return &jobs.BusyError{Run: *run}
	}
	return err
}

// Runs lists runs, newest first.
func (s *Store) Runs(ctx context.Context, f ledger.RunFilter) ([]*jobs.Run, error) {
	rows, err := s.queries.ListRuns(ctx, dbsqlc.ListRunsParams{Job: f.Job, Dossiers: f.Dossiers, Known: f.Former.Known,
		Sirets: f.Former.Sirets, Period: f.Period, State: f.State, Months: f.Months, Before: f.Before, MaxRows: int32(f.Max)})
	if err != nil {
		return nil, redact("reading runs", err)
	}
	runs := make([]*jobs.Run, 0, len(rows))
	for _, row := range rows {
		run := toRun(row.SyncdRun, row.SyncdTarget)
		if err := s.bringUpToDate(ctx, run); err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// LastReached are the runs that last asked each partner of an environment for something: they failed because it did not answer
// (jobs.Away), or it did.
func (s *Store) LastReached(ctx context.Context) (runs []*jobs.Run, err error) {
	away := []string{}
	for _, code := range jobs.Away {
		away = append(away, string(code))
	}
	rows, err := s.queries.LastReached(ctx, away)
	for _, row := range rows {
		runs = append(runs, toRun(row.SyncdRun, row.SyncdTarget))
	}
	return runs, redact("reading when partners were last reached", err)
}

// bringUpToDate counts the items of a run that goes on, whose accounting is recorded at its end, and reports whether its
// owner is gone.
func (s *Store) bringUpToDate(ctx context.Context, run *jobs.Run) (err error) {
	switch {
	case run.State == jobs.Queued && run.Planned: // it was begun, and waits to go on
		run.Counts, err = tally(ctx, s.queries, run)
		return redact("counting the items of the run", err)
	case run.State != jobs.Running || run.Owner == nil || *run.Owner == s.owner.identity():
		return nil
	}
	if run.Counts, err = tally(ctx, s.queries, run); err != nil {
		return redact("counting the items of the run", err)
	}
	status, err := statusOf(ctx, s.queries, run)
	run.Interrupted = !status.locked || status.silent > s.lease
	return redact("reading the owner of the run", err)
}

// ItemFilter selects items of a run.
type ItemFilter struct {
	After int      // only those behind this one
	Max   int      // at most so many
	Keys  []string // only these employees'; nil = everyone's
	Diffs bool     // with their diffs, which are most of their size

	// Mapping tells what of a new document may be shown: its diff is made from the sealed document. What it does not
	// know comes masked.
	Mapping mapping.Spec
}

// Items reads items of a run in order.
func (s *Store) Items(ctx context.Context, run int64, f ItemFilter) ([]jobs.Item, error) {
	rows, err := s.queries.ListItems(ctx, dbsqlc.ListItemsParams{
		RunID: run, After: int32(f.After), MaxRows: int32(f.Max), Keys: f.Keys, WithDiffs: f.Diffs,
	})
	if err != nil {
		return nil, redact("reading items", err)
	}
	items := make([]jobs.Item, 0, len(rows))
	for _, row := range rows {
		item, err := toItem(row)
		if err != nil {
			return nil, err
		}
		if row.NewDocument != nil && s.keys != nil {
			if item.Diff, err = s.diffOfNew(run, row, f.Mapping); err != nil {
				return nil, err
			}
		}
		s.showAmounts(run, row, item.Findings)
		items = append(items, item)
	}
	return items, nil
}

// showAmounts adds to what was found about an employee the amounts that it is about, as long as they are kept. Where they do not
// open, what leaves is not what was planned, which is told then.
func (s *Store) showAmounts(run int64, r dbsqlc.ListItemsRow, findings []jobs.Finding) {
	if r.Amounts == nil || s.keys == nil {
		return
	}
	at := place{target: r.TargetID, period: jobs.Period(r.Period), key: r.Key, run: run, seq: r.Seq, version: r.BaselineVersion}
	text, err := s.keys.openKept(amounts, r.Amounts, at)
	if err != nil {
		return
	}
	history, err := readTotals(text)
	if err != nil || len(history) == 0 {
		return
	}
	for i := range findings {
		if f := &findings[i]; f.Rule == jobs.RuleAmount && f.Shown {
			f.Amount = &jobs.Amount{Now: history[0].Totals[f.Path], Usual: jobs.UsualAmount(f.Path, history[1:])}
		}
	}
}

func (s *Store) diffOfNew(run int64, r dbsqlc.ListItemsRow, m mapping.Spec) ([]diff.Change, error) {
	at := place{target: r.TargetID, period: jobs.Period(r.Period), key: r.Key, run: run, seq: r.Seq, version: r.BaselineVersion}
	document, err := s.keys.openKept(aDocument, r.NewDocument, at)
	if err != nil {
		return nil, hinted.At("reading an item of the ledger", r.Seq, err)
	}
	return diff.Documents(m, nil, document, false)
}

func toItem(r dbsqlc.ListItemsRow) (jobs.Item, error) {
	item := jobs.Item{
		Seq: int(r.Seq), Key: r.Key, State: jobs.ItemState(r.State), Difference: jobs.Difference(r.Difference),
		Reason:    jobs.Reason{Code: jobs.ReasonCode(r.ReasonCode), Detail: r.ReasonDetail},
		Employees: int(r.Employees), Elements: int(r.Elements), BaselineVersion: r.BaselineVersion, Ambiguous: r.Ambiguous,
		HTTPStatus: int(r.HttpStatus), Attempts: int(r.Attempts), SentAt: r.SentAt, AnsweredAt: r.AnsweredAt,
	}
	for _, member := range []struct {
		text []byte
		to   any
	}{{r.Diff, &item.Diff}, {r.Problems, &item.Problems}, {r.Findings, &item.Findings}} {
		if member.text == nil {
			continue
		}
		if err := json.Unmarshal(member.text, member.to); err != nil {
			return jobs.Item{}, hinted.At("reading an item of the ledger", r.Seq, err)
		}
	}
	mapping.Restore(item.Problems)
	return item, nil
}

// Undelivered lists the employees whom a run read and did not deliver.
func (s *Store) Undelivered(ctx context.Context, run int64) ([]string, error) {
	keys, err := s.queries.UndeliveredKeys(ctx, run)
	return keys, redact("reading items", err)
}

// Target finds the target of a dossier. ok = false: nothing was ever done with it.
func (s *Store) Target(ctx context.Context, t jobs.Target) (found jobs.Target, ok bool, err error) {
	row, err := s.queries.FindTarget(ctx, targetKey(t))
	if isNoRows(err) {
		return t, false, nil
	}
	t.ID, t.Identity = row.ID, value(row.Identity)
	return t, err == nil, redact("reading the target", err)
}

// Changes lists what a pull found different.
func (s *Store) Changes(ctx context.Context, run int64) ([]jobs.NomenclatureChange, error) {
	rows, err := s.queries.ListChanges(ctx, run)
	if err != nil {
		return nil, redact("reading changes of nomenclatures", err)
	}
	changes := make([]jobs.NomenclatureChange, 0, len(rows))
	for _, r := range rows {
		changes = append(changes, jobs.NomenclatureChange{Name: r.Name, Code: r.Code, Difference: jobs.Difference(r.Difference),
			Old: mapping.Entry{Code: r.Code, Label: r.OldLabel}, New: mapping.Entry{Code: r.Code, Label: r.NewLabel}})
	}
	return changes, nil
}
