package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// planWriter freezes a plan in one transaction. Its fence is the update of the run in Commit: a lock held for as long
// as planning takes would keep a taker from the run.
type planWriter struct {
	store   *Store
	tx      pgx.Tx
	queries *dbsqlc.Queries
	run     *jobs.Run
	timeout time.Duration
	older   []int64 // runs whose open items this plan supersedes

	// Items are written while the next ones are planned: the server and this program work at the same time.
	batches chan []jobs.PlannedItem
	writing sync.WaitGroup
	failed  chan struct{} // closed when writing failed
	err     error         // why; like panicked to be read once failed is closed or writing is over
	// A panic is passed on to whoever plans, as if writing were still part of Add.
	panicked any
	ended    bool
}

// BeginPlan implements jobs.Ledger.
func (s *Store) BeginPlan(ctx context.Context, run *jobs.Run, requestTimeout time.Duration) (jobs.PlanWriter, error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return nil, redact("opening the plan's transaction", err)
	}
	// While nobody differs there is nothing to write, for as long as reading takes.
	if _, err := tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
		return nil, errors.Join(redact("opening the plan's transaction", err), tx.Rollback(ctx))
	}
	w := &planWriter{store: s, tx: tx, queries: s.queries.WithTx(tx), run: run, timeout: requestTimeout,
		batches: make(chan []jobs.PlannedItem), failed: make(chan struct{})}
	if err := w.supersede(ctx); err != nil {
		w.rollback()
		return nil, redactUnlessOurs("superseding older plans", err)
	}
	w.writing.Go(func() { w.writeAll(ctx) })
	return w, nil
}

// supersede closes what older runs left open for the same target, period and employees. Whatever of it is in doubt
// stays so in the baseline.
func (w *planWriter) supersede(ctx context.Context) (err error) {
	var keys []string
	if w.run.Partial() {
		keys = w.run.Employees
	}
	w.older, err = w.queries.SupersedeItems(ctx, dbsqlc.SupersedeItemsParams{
		RunID: w.run.ID, TargetID: w.run.Target.ID, Period: string(w.run.Period), Keys: keys,
	})
	return err
}

// Add implements jobs.PlanSink. An error may be that of items added before.
func (w *planWriter) Add(ctx context.Context, items []jobs.PlannedItem) error {
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
	*row = dbsqlc.InsertItemsParams{
		RunID: w.run.ID, Seq: int32(item.Seq), TargetID: w.run.Target.ID, Period: string(w.run.Period), Key: item.Key,
		State: string(item.State), Difference: string(item.Difference), Employees: int32(item.Employees),
		Elements: int32(item.Elements), BaselineVersion: item.BaselineVersion, Ambiguous: item.Ambiguous,
		ReasonCode: string(item.Reason.Code),
	}
	if item.Document != nil {
		row.Fingerprint = item.Fingerprint[:]
	}
	if item.State == jobs.ItemPending {
		row.Payload = w.store.keys.seal(item.Document, w.run.Target.ID, w.run.Period, item.Key)
	}
	var err error
	if item.Diff != nil {
		if row.Diff, err = json.Marshal(item.Diff); err != nil {
			return fmt.Errorf("writing the diff of item %d: %w", item.Seq, err)
		}
	}
	if item.Problems != nil {
		if row.Problems, err = json.Marshal(item.Problems); err != nil {
			return fmt.Errorf("writing the problems of item %d: %w", item.Seq, err)
		}
	}
	return nil
}

// Commit implements jobs.PlanWriter.
func (w *planWriter) Commit(ctx context.Context, c jobs.Counts, digests jobs.Digests) error {
	w.finishWriting()
	if err := w.failure(); err != nil {
		return err // Abandon rolls back
	}
	err := w.commit(ctx, dbsqlc.PlanRunParams{
		ID: w.run.ID, Epoch: int32(w.run.Epoch),
		EmployeesRead: int32(c.EmployeesRead), ElementsRead: int32(c.ElementsRead), Unchanged: int32(c.Unchanged),
		ElementsUnchanged: int32(c.ElementsUnchanged), Created: int32(c.Created), Updated: int32(c.Updated), Repeated: int32(c.Repeated),
		MappingDigest: digests.Mapping, DictionariesDigest: digests.Dictionaries, PlanDigest: digests.Plan,
	})
	return redactUnlessOurs("freezing the plan", err)
}

func (w *planWriter) commit(ctx context.Context, run dbsqlc.PlanRunParams) error {
	delay := dbsqlc.DelayDoubtfulParams{RunID: w.run.ID, TimeoutSeconds: w.timeout.Seconds()}
	if err := w.queries.DelayDoubtful(ctx, delay); err != nil {
		return err
	}
	if err := w.queries.NoteDepartures(ctx, w.run.ID); err != nil {
		return err
	}
	for _, id := range w.older {
		if err := recount(ctx, w.queries, id); err != nil {
			return err
		}
	}
	n, err := w.queries.PlanRun(ctx, run)
	if err != nil {
		return err
	}
	if n != 1 {
		return jobs.ErrLost
	}
	return w.tx.Commit(ctx)
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
