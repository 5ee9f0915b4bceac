package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// planWriter freezes a plan in one transaction. Its fence is the update of the run in Commit: a lock kept for as long
// as planning takes would keep a taker from the run.
type planWriter struct {
	store   *Store
	tx      pgx.Tx
	queries *dbsqlc.Queries
	run     *jobs.Run
	request jobs.Resumption
	older   []int64          // runs whose open items this plan supersedes
	waits   map[string]int64 // by matricule, the run whose item must be settled first

	// Items are written while the next ones are planned: the server and this program work at the same time.
	batches chan []jobs.PlannedItem
	writing sync.WaitGroup
	failed  chan struct{} // closed when writing failed
	err     error         // why; like panicked to be read once failed is closed or writing is over
	// A panic is passed on to whoever plans, as if writing were still part of Add.
	panicked any
	ended    bool
	filled   bool // it has items
}

// BeginPlan implements jobs.Ledger.
func (s *Store) BeginPlan(ctx context.Context, run *jobs.Run, request jobs.Resumption) (jobs.PlanWriter, error) {
	// While nobody differs there is nothing to write, for as long as reading takes.
	const begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0"
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return nil, redact("opening the plan's transaction", err)
	}
	w := &planWriter{store: s, tx: tx, queries: s.queries.WithTx(tx), run: run, request: request,
		batches: make(chan []jobs.PlannedItem), failed: make(chan struct{})}
	if err := w.supersede(ctx); err != nil {
		w.rollback()
		return nil, redactUnlessOurs("superseding older plans", err)
	}
	w.writing.Go(func() { w.writeAll(ctx) })
	return w, nil
}

// supersede closes what older runs left open for the same target, period and employees. Whatever of it is in doubt stays so
// in the baseline, and where sending again may pay twice its item stays open, too.
func (w *planWriter) supersede(ctx context.Context) (err error) {
	var keys []string
	if w.run.Partial() {
		keys = w.run.Employees
	}
	if w.older, err = w.queries.SupersedeItems(ctx, dbsqlc.SupersedeItemsParams{
		RunID: w.run.ID, TargetID: w.run.Target.ID, Period: string(w.run.Period), Keys: keys, KeepDoubts: w.request.Semantics == jobs.Append,
	}); err != nil {
		return err
	}
	open, err := w.queries.DoubtfulItems(ctx, dbsqlc.DoubtfulItemsParams{TargetID: w.run.Target.ID,
		Period: string(w.run.Period), RunID: w.run.ID})
	w.waits = make(map[string]int64, len(open))
	for _, item := range open {
		w.waits[item.Key] = item.RunID
	}
	return err
}

// Add implements jobs.PlanSink. An error may be that of items added before.
func (w *planWriter) Add(ctx context.Context, items []jobs.PlannedItem) error {
	w.filled = true
	select {
	case w.batches <- slices.Clone(items):
		return nil
	case <-w.failed:
		return w.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeAll writes what Add hands over, until it is told that this was all, or something fails.
func (w *planWriter) writeAll(ctx context.Context) {
	defer func() {
		if w.panicked = recover(); w.panicked != nil {
			close(w.failed)
		}
	}()
	for items := range w.batches {
		if w.err = w.write(ctx, items); w.err != nil {
			close(w.failed)
			return
		}
	}
}

// failure is why writing failed, nil if it did not; a panic goes on here.
func (w *planWriter) failure() error {
	if w.panicked != nil {
		panic(w.panicked)
	}
	return w.err
}

// finishWriting waits for what was added. Nothing can be added afterwards.
func (w *planWriter) finishWriting() {
	if !w.ended {
		w.ended = true
		close(w.batches)
		w.writing.Wait()
	}
}

func (w *planWriter) write(ctx context.Context, items []jobs.PlannedItem) error {
	rows := make([]dbsqlc.InsertItemsParams, len(items))
	for i := range items {
		if err := w.fill(&rows[i], &items[i]); err != nil {
			return err
		}
	}
	_, err := w.queries.InsertItems(ctx, rows)
	return redact("writing the plan", err)
}

func (w *planWriter) fill(row *dbsqlc.InsertItemsParams, item *jobs.PlannedItem) error {
	w.wait(item)
	*row = dbsqlc.InsertItemsParams{
		RunID: w.run.ID, Seq: int32(item.Seq), TargetID: w.run.Target.ID, Period: string(w.run.Period), Key: item.Key,
		State: string(item.State), Difference: string(item.Difference), Employees: int32(item.Employees),
		Elements: int32(item.Elements), BaselineVersion: item.BaselineVersion, Ambiguous: item.Ambiguous,
		ReasonCode: string(item.Reason.Code), ReasonDetail: item.Reason.Detail,
	}
	if item.Document != nil {
		row.Fingerprint = item.Fingerprint[:]
	}
	if item.Document != nil && item.State != jobs.ItemUnsettled {
		keys, at, what := w.store.keys, w.place(row.Seq, item.Key, item.BaselineVersion), aDocument
		if item.State == jobs.ItemHeld {
			what = aHeld
		}
		row.Payload = keys.seal(what, item.Document, at)
		row.Amounts = keys.seal(amounts, appendTotals(nil, item.Totals), at)
	}
	for _, member := range []struct {
		name string
		of   any
		none bool
		to   *[]byte
	}{
		{"diff", item.Diff, item.Diff == nil, &row.Diff},
		{"problems", item.Problems, item.Problems == nil, &row.Problems},
		{"findings", item.Findings, item.Findings == nil, &row.Findings},
	} {
		if member.none {
			continue
		}
		text, err := json.Marshal(member.of)
		if err != nil {
			return hinted.At("writing a part of an item", fmt.Sprintf("%s, %d", member.name, item.Seq), err)
		}
		*member.to = text
	}
	return nil
}

func (w *planWriter) place(seq int32, key string, version int64) place {
	return place{target: w.run.Target.ID, period: w.run.Period, key: key, run: w.run.ID, seq: seq, version: version}
}

// wait names the run that must be settled first. Where that is no longer known, for a newer plan had taken its place, this
// item is the one to settle.
func (w *planWriter) wait(item *jobs.PlannedItem) {
	if item.State != jobs.ItemUnsettled {
		return
	}
	if run, waits := w.waits[item.Key]; waits {
		item.Reason.Detail = strconv.FormatInt(run, 10)
	} else {
		item.State, item.Reason = jobs.ItemUncertain, jobs.Reason{Code: jobs.ReasonNoAnswer}
	}
}

// Hold implements jobs.PlanSink.
func (w *planWriter) Hold(ctx context.Context, holds []jobs.Hold) error {
	w.finishWriting()
	if err := w.failure(); err != nil {
		return err
	}
	inOrder := slices.SortedStableFunc(slices.Values(holds), func(a, b jobs.Hold) int { return cmp.Compare(a.Seq, b.Seq) })
	for some := range slices.Chunk(inOrder, holdAtOnce) {
		if err := w.hold(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// holdAtOnce is how many items are held, or let go, by one statement.
const holdAtOnce = 256

func (w *planWriter) hold(ctx context.Context, holds []jobs.Hold) error {
	params := dbsqlc.HoldItemsParams{RunID: w.run.ID}
	for _, hold := range holds {
		finding, err := json.Marshal(hold.Finding)
		if err != nil {
			return hinted.At("writing why an item is held", hold.Seq, err)
		}
		params.Seqs, params.Findings = append(params.Seqs, int32(hold.Seq)), append(params.Findings, string(finding)) //nolint:gosec // as counted
	}
	if err := w.sealHeld(ctx, params.Seqs); err != nil {
		return redactUnlessOurs("holding items", err)
	}
	return redact("holding items", w.queries.HoldItems(ctx, params))
}

// sealHeld seals as held what was written as what may leave.
func (w *planWriter) sealHeld(ctx context.Context, seqs []int32) error {
	rows, err := w.queries.ItemsToHold(ctx, dbsqlc.ItemsToHoldParams{RunID: w.run.ID, Seqs: seqs})
	if err != nil {
		return err
	}
	sealed := dbsqlc.SealItemsParams{RunID: w.run.ID}
	for _, row := range rows {
		at := w.place(row.Seq, row.Key, row.BaselineVersion)
		document, err := w.store.keys.open(aDocument, row.Payload, at)
		if err != nil {
			return hinted.At("opening an item of the run", fmt.Sprintf("%d, %d", row.Seq, w.run.ID), err)
		}
		sealed.Seqs, sealed.Payloads = append(sealed.Seqs, row.Seq), append(sealed.Payloads, w.store.keys.seal(aHeld, document, at))
	}
	return w.queries.SealItems(ctx, sealed)
}

// Commit implements jobs.PlanWriter.
func (w *planWriter) Commit(ctx context.Context, plan jobs.Frozen) error {
	w.finishWriting()
	if err := w.failure(); err != nil {
		return err // Abandon rolls back
	}
	c, digests := plan.Counts, plan.Digests
	row := dbsqlc.PlanRunParams{
		ID: w.run.ID, Epoch: int32(w.run.Epoch),
		EmployeesRead: int32(c.EmployeesRead), ElementsRead: int32(c.ElementsRead), Unchanged: int32(c.Unchanged),
		ElementsUnchanged: int32(c.ElementsUnchanged), Created: int32(c.Created), Updated: int32(c.Updated), Repeated: int32(c.Repeated),
		MappingDigest: digests.Mapping, DictionariesDigest: digests.Nomenclatures, PlanDigest: digests.Plan,
		Contract: digests.Contract, Form: digests.Form, SecondPerson: string(plan.SecondPerson),
	}
	if err := w.judged(&row, plan); err != nil {
		return err
	}
	sealed, err := w.sealSums(plan.Sums)
	if err != nil {
		return err
	}
	if err := ensureForm(ctx, w.queries, w.run.Target.ID, plan.Form); err != nil {
		return redact("freezing the plan", err)
	}
	return redactUnlessOurs("freezing the plan", w.commit(ctx, row, sealed))
}

// judged adds what the guards found, and what those of later runs compare with.
func (w *planWriter) judged(row *dbsqlc.PlanRunParams, plan jobs.Frozen) (err error) {
	if row.Findings, err = findingsText(plan.Findings); err != nil {
		return err
	}
	if !jobs.Holds(plan.Findings) {
		row.Release = w.store.keys.proof(w.run.ID, w.run.Target.ID, w.run.Period, plan.Digests.Plan, letGo{})
	}
	if plan.Figures == nil {
		return nil
	}
	text, err := json.Marshal(plan.Figures)
	if err != nil {
		return hinted.While("writing the figures of the plan", err)
	}
	row.Figures = w.store.keys.seal(figures, text, w.place(0, "", 0))
	return nil
}

// sealSums is how they are kept; nil for none.
func (w *planWriter) sealSums(of *jobs.Sums) ([]byte, error) {
	if of == nil {
		return nil, nil
	}
	text, err := json.Marshal(of)
	if err != nil {
		return nil, hinted.While("writing the sums of the plan", err)
	}
	return w.store.keys.seal(sums, text, w.place(0, "", 0)), nil
}

// findingsText is how findings are stored; nil for none.
func findingsText(findings []jobs.Finding) ([]byte, error) {
	if findings == nil {
		return nil, nil
	}
	text, err := json.Marshal(findings)
	if err != nil {
		return nil, hinted.While("writing what was found", err)
	}
	return text, nil
}

func (w *planWriter) commit(ctx context.Context, run dbsqlc.PlanRunParams, sealed []byte) error {
	if w.filled {
		if err := delay(ctx, w.queries, w.run.ID, w.request); err != nil {
			return err
		}
	}
	for _, id := range w.older {
		if err := recount(ctx, w.queries, id); err != nil {
			return err
		}
	}
	if err := w.replace(ctx); err != nil {
		return err
	}
	now, err := position(ctx, w.queries, nil)
	if err != nil {
		return err
	}
	run.Incarnation = incarnationName(now)
	n, err := w.queries.PlanRun(ctx, run)
	if err != nil {
		return err
	}
	if n != 1 {
		return jobs.ErrLost
	}
	if sealed != nil {
		if err := w.queries.KeepSums(ctx, dbsqlc.KeepSumsParams{RunID: run.ID, Sealed: sealed}); err != nil {
			return err
		}
	}
	if err := w.tx.Commit(ctx); err != nil {
		return err
	}
	if w.filled {
		w.store.mark(ctx) // before anything of it leaves
	}
	return nil
}

// replace ends older held runs of which this plan has left nothing: there is nothing to decide any more.
func (w *planWriter) replace(ctx context.Context) error {
	if w.run.Partial() {
		return nil
	}
	period := string(w.run.Period)
	replaced, err := w.queries.ReplacedRuns(ctx, dbsqlc.ReplacedRunsParams{TargetID: w.run.Target.ID, Period: &period,
		Job: w.run.Job, RunID: w.run.ID})
	if err != nil {
		return err
	}
	for _, id := range replaced {
		if err := endReplaced(ctx, w.queries, id, w.run.ID); err != nil {
			return err
		}
	}
	return nil
}

// Abandon implements jobs.PlanWriter.
func (w *planWriter) Abandon() {
	w.finishWriting()
	w.rollback()
}

func (w *planWriter) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	_ = w.tx.Rollback(ctx) // after a commit there is nothing to roll back; a connection that cannot is closed, and the server does
}
