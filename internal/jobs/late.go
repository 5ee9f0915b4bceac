package jobs

import (
	"context"
	"fmt"
	"time"

	"syncd/internal/mapping"
)

// findLate looks at periods that are closed: whose elements have changed in staging since. Nothing of it is sent; the
// plan names it, so that it is seen before the next month is paid.
func (p *planning) findLate(ctx context.Context, dictionaries mapping.Dictionaries) error {
	if p.keys != nil || len(p.job.Source.Children) == 0 {
		return nil
	}
	for _, period := range p.history.Closed {
		late := &lateSink{period: period}
		closed := &planning{job: p.job, target: p.target, period: period, staging: p.staging, ledger: p.ledger, sink: late, progress: silent{}}
		err := closed.run(ctx, dictionaries)
		if err != nil && failureReason(err).Code == ReasonStaging {
			p.findings = append(p.findings, Finding{Rule: RuleLateUnknown, Period: period})
			continue
		}
		if err != nil {
			return fmt.Errorf("looking at the closed period %s: %w", period, err)
		}
		if late.n > 0 && closed.counts.ElementsRead > 0 { // else staging does not keep that month
			p.findings = append(p.findings, Finding{Rule: RuleLate, Period: period, N: late.n, Keys: late.keys})
		}
	}
	return nil
}

// lateSink counts those of a closed period whose elements are not what was acknowledged.
type lateSink struct {
	period Period
	tripped
}

// Add implements PlanSink.
func (l *lateSink) Add(_ context.Context, items []PlannedItem) error {
	for i := range items {
		if l.late(&items[i]) {
			l.add(items[i].Key)
		}
	}
	return nil
}

// Hold implements PlanSink.
func (l *lateSink) Hold(context.Context, []Hold) error { return nil }

func (l *lateSink) late(item *PlannedItem) bool {
	if item.comparedWith != l.period { // nothing was acknowledged for it
		return item.Elements > 0
	}
	for _, change := range item.Diff {
		if change.Child {
			return true
		}
	}
	return false
}

// silent is a Progress that nobody hears.
type silent struct{}

func (silent) Planning(int)          {}
func (silent) Verifying(int, int)    {}
func (silent) Pushing(int, int)      {}
func (silent) Waiting(time.Duration) {}
