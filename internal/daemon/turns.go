package daemon

import (
	"cmp"
	"context"
	"slices"
	"time"

	"syncd/internal/ledger"
)

// duty is a scheduled job for one target.
type duty struct {
	job  *Job
	pair ledger.Pair
}

// duties lists all of the setup.
func (l *loop) duties() (all []duty) {
	for _, job := range l.setup.Jobs {
		if job.Schedule == nil {
			continue
		}
		for _, pair := range job.pairs() {
			all = append(all, duty{job, pair})
		}
	}
	return all
}

// each does something for some duties, as far as a part of a turn allows; the rest comes in the next, which follows at
// once. Who was tried last comes last: those that are held up cost the others time, and not their turn. It returns the
// first error.
func (l *loop) each(ctx context.Context, some []duty, do func(duty) error) error {
	slices.SortStableFunc(some, func(a, b duty) int { return l.fires.tried[a.pair].Compare(l.fires.tried[b.pair]) })
	var first error
	for began, i := time.Now(), 0; i < len(some); i++ {
		if time.Since(began) >= l.briefTime() {
			l.fires.more = true
			break
		}
		l.fires.tried[some[i].pair] = time.Now()
		err := do(some[i])
		if isAway(ctx, err) {
			return err
		}
		first = cmp.Or(first, err)
	}
	return first
}
