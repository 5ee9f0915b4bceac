package store

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/store/dbsqlc"
)

// KeysAlike are the matricules known of a target that differ from some by zeros in front alone.
func (s *Store) KeysAlike(ctx context.Context, target int64, keys ...string) ([]string, error) {
	alike, err := keysAlike(ctx, s.queries, target, keys)
	return alike, redactUnlessOurs("reading what is known of the employee", err)
}

func keysAlike(ctx context.Context, q *dbsqlc.Queries, target int64, keys []string) ([]string, error) {
	others := otherZeros(keys)
	if others == nil {
		return nil, nil
	}
	return q.KeysAlike(ctx, dbsqlc.KeysAlikeParams{TargetID: target, Keys: others})
}

func otherZeros(keys []string) (others []string) {
	for _, key := range keys {
		others = append(others, mapping.OtherZeros(key)...)
	}
	return others
}

// Story tells all that the ledger knows of one employee of a target, in one period or, with "", in all. Documents stay
// sealed: who is new has no diff.
func (s *Store) Story(ctx context.Context, target int64, key string, period jobs.Period) (*ledger.Story, error) {
	story, err := readStory(ctx, s.queries, target, key, period)
	return story, redactUnlessOurs("reading what is known of the employee", err)
}

func readStory(ctx context.Context, q *dbsqlc.Queries, target int64, key string, period jobs.Period) (*ledger.Story, error) {
	found, err := q.TargetByID(ctx, target)
	if err != nil {
		return nil, err
	}
	story := &ledger.Story{Target: toTarget(found), Key: key}
	known, err := q.StoryKnown(ctx, dbsqlc.StoryKnownParams{TargetID: target, Key: key, Period: string(period)})
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		story.Known = append(story.Known, ledger.Known{Period: jobs.Period(k.Period), Version: k.Version, InDoubt: k.InDoubt,
			Withdrawn: k.Withdrawn, Run: value(k.RunID), AcknowledgedAt: k.AcknowledgedAt})
	}
	lines, err := q.StoryLines(ctx, dbsqlc.StoryLinesParams{TargetID: target, Key: key, Period: string(period)})
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		line, err := toLine(l, found)
		if err != nil {
			return nil, err
		}
		story.Lines = append(story.Lines, line)
	}
	return story, decide(ctx, q, story, period)
}

func toLine(l dbsqlc.StoryLinesRow, t dbsqlc.SyncdTarget) (ledger.StoryLine, error) {
	item, err := toItem(dbsqlc.ListItemsRow{
		Seq: l.Seq, TargetID: t.ID, Key: l.Key, State: l.State, Difference: l.Difference, ReasonCode: l.ReasonCode, ReasonDetail: l.ReasonDetail,
		Employees: l.Employees, Elements: l.Elements, BaselineVersion: l.BaselineVersion, Ambiguous: l.Ambiguous, Diff: l.Diff,
		Problems: l.Problems, Findings: l.Findings, HttpStatus: l.HttpStatus, Attempts: l.Attempts, SentAt: l.SentAt, AnsweredAt: l.AnsweredAt,
	})
	return ledger.StoryLine{Run: *toRun(l.SyncdRun, t), Item: item}, err
}

// decide fills in what was decided about the employee, or about the runs of a story, and which periods are closed.
func decide(ctx context.Context, q *dbsqlc.Queries, story *ledger.Story, period jobs.Period) error {
	var runs []int64
	var periods []string
	for _, l := range story.Lines {
		runs, periods = append(runs, l.Run.ID), append(periods, string(l.Run.Period))
	}
	for _, k := range story.Known {
		periods = append(periods, string(k.Period))
	}
	decisions, err := q.StoryDecisions(ctx, dbsqlc.StoryDecisionsParams{TargetID: &story.Target.ID, Key: story.Key,
		Period: string(period), Runs: runs})
	if err != nil {
		return err
	}
	for _, d := range decisions {
		entry, err := toEntry(dbsqlc.ListAuditRow(d))
		if err != nil {
			return err
		}
		story.Decisions = append(story.Decisions, entry)
	}
	closed, err := q.ClosedPeriods(ctx, dbsqlc.ClosedPeriodsParams{TargetID: story.Target.ID, Periods: periods})
	for _, p := range closed {
		story.Closed = append(story.Closed, jobs.Period(p))
	}
	return err
}
