package store

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// resealAtOnce is how many sealed rows are read at once.
const resealAtOnce = 500

// bind seals what may still be sent once more, bound to its item: programs before migration 6 bound it to an employee
// and a period alone. What is only kept stays as it is. It happens once; who comes meanwhile waits.
func (s *Store) bind(ctx context.Context) error {
	return s.transact(ctx, func(q *dbsqlc.Queries) error {
		key, err := q.LockKey(ctx)
		if err != nil || value(key.Unbound) != "all" {
			return err
		}
		for after := (place{}); ; {
			items, err := q.SealedItems(ctx, dbsqlc.SealedItemsParams{AfterTarget: after.target, AfterPeriod: string(after.period),
				AfterKey: after.key, Most: resealAtOnce})
			if err != nil {
				return err
			}
			if len(items) == 0 {
				return q.NoteBound(ctx)
			}
			if err := q.ResealItems(ctx, reseal(s.keys, s.keys, items)); err != nil {
				return err
			}
			after = itemPlace(items[len(items)-1])
		}
	})
}

func itemPlace(r dbsqlc.SealedItemsRow) place {
	return place{target: r.TargetID, period: jobs.Period(r.Period), key: r.Key, run: r.RunID, seq: r.Seq, version: r.BaselineVersion}
}

// reseal opens items with one set of keys and seals them with another. What does not open was altered: it is left, and
// will never be sent.
func reseal(from, to *Keys, items []dbsqlc.SealedItemsRow) (again dbsqlc.ResealItemsParams) {
	fingerprinter := to.fingerprinter()
	for _, item := range items {
		at, what := itemPlace(item), aDocument
		document, err := from.openKept(aDocument, item.Payload, at)
		if err != nil {
			continue
		}
		if jobs.ItemState(item.State) == jobs.ItemHeld {
			what = aHeld
		}
		sum := fingerprinter.Sum(document)
		again.Runs, again.Seqs = append(again.Runs, item.RunID), append(again.Seqs, item.Seq)
		again.Payloads, again.Amounts = append(again.Payloads, to.seal(what, document, at)),
			append(again.Amounts, resealed(from, to, amounts, item.Amounts, at))
		again.Fingerprints = append(again.Fingerprints, sum[:])
	}
	return again
}
