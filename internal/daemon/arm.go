package daemon

import (
	"cmp"
	"context"
	"errors"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// errOvertaken means that a schedule could not be changed, and will be tried again.
var errOvertaken = errors.New("another process is at work on a dossier whose schedule is to be changed")

// prepare makes the ledger know the targets and the schedules of a setup. Targets it must know before anything goes on; a
// schedule that it cannot be told of now keeps no other job or dossier waiting.
func (l *loop) prepare(ctx context.Context, now time.Time) error {
	if !l.fires.prepared {
		if err := l.findTargets(ctx); err != nil {
			return err
		}
		for _, d := range l.duties() {
			l.fires.unarmed[d.pair] = true
		}
		l.fires.retried, l.fires.purged = now, now
		l.fires.prepared = true
	}
	return l.armAll(ctx, now)
}

// findTargets asks the ledger for each target once. What it has found stays found when the next one is not: hundreds of
// dossiers may take more than a turn.
func (l *loop) findTargets(ctx context.Context) error {
	found := map[string]jobs.Target{}
	for _, job := range l.setup.Jobs {
		for i, target := range job.Targets {
			known, ok := found[target.Dossier]
			if !ok && target.ID != 0 {
				known, ok = target, true
			}
			if !ok {
				var err error
				if known, err = l.Ledger.EnsureTarget(ctx, target); err != nil {
					return err
				}
			}
			found[target.Dossier], job.Targets[i] = known, known
		}
	}
	return nil
}

// armAll tells the ledger of the schedules that it does not have as they are configured. A schedule that was changed
// still owes the fires of its former self; a new one owes nothing.
func (l *loop) armAll(ctx context.Context, now time.Time) error {
	if len(l.fires.unarmed) == 0 {
		return nil
	}
	if err := l.readPauses(ctx); err != nil {
		return err
	}
	if err := l.readSchedules(ctx); err != nil {
		return err
	}
	var some []duty
	for _, d := range l.duties() {
		if l.fires.unarmed[d.pair] {
			some = append(some, d)
		}
	}
	unrecorded := l.each(ctx, some, func(d duty) error { return l.arm(ctx, d, now) })
	if isAway(ctx, unrecorded) {
		return unrecorded
	}
	return cmp.Or(l.readSchedules(ctx), unrecorded)
}

func (l *loop) arm(ctx context.Context, d duty, now time.Time) error {
	want := d.job.armed(d.pair, now)
	have, known := l.fires.armed[d.pair]
	switch {
	case !known:
		if err := l.brief(ctx, func(ctx context.Context) error { return l.Ledger.Arm(ctx, want) }); err != nil {
			return err
		}
	case !sameSchedule(have, want):
		if all, err := l.changeSchedule(ctx, d.job, have, want); err != nil || !all {
			return err
		}
	}
	delete(l.fires.unarmed, d.pair)
	return nil
}

func (j *Job) armed(pair ledger.Pair, until time.Time) ledger.Armed {
	return ledger.Armed{Pair: pair, Spec: j.Schedule.Spec(), Timezone: j.Schedule.Timezone(), DealtWith: until}
}

func sameSchedule(a, b ledger.Armed) bool { return a.Spec == b.Spec && a.Timezone == b.Timezone }

// changeSchedule deals with what the former schedule still owes, by the clock of its own zone, then lets the new one
// begin. A paused job goes on owing, by the new schedule. all = false: the former one owes more than one turn records.
func (l *loop) changeSchedule(ctx context.Context, job *Job, have, want ledger.Armed) (all bool, err error) {
	var owes owed
	former, err := schedule.Parse(have.Spec, have.Timezone, l.setup.Closed)
	switch {
	case l.paused[job.Name]:
		want.DealtWith = earlier(have.DealtWith, want.DealtWith)
	case err == nil: // else another version understood it, and nothing of it can be told any more
		owes = job.due(former, have, want.DealtWith, want.DealtWith)
	}
	after := want
	if owes.more {
		after = have
		after.DealtWith = owes.until
	}
	ok, err := l.record(ctx, job, have, after, owes)
	switch {
	case err != nil:
		return false, err
	case !ok:
		return false, errOvertaken
	case !owes.more:
		l.Log.Info().Str("job", job.Name).Str("dossier", l.setup.dossier(have.Pair.TargetID)).
			Str("former", have.Spec).Str("schedule", want.Spec).Msg("the schedule was changed")
	}
	return !owes.more, nil
}
