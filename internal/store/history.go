package store

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// History implements jobs.BaselineReader.
func (s *Store) History(ctx context.Context, target int64, period jobs.Period) (h jobs.History, err error) {
	for _, read := range []func(context.Context, *jobs.History, int64, jobs.Period) error{
		s.readKnown, s.readLast, s.readSender, s.readSiret, s.readPeriods,
	} {
		if err := read(ctx, &h, target, period); err != nil {
			return h, redactUnlessOurs("reading earlier runs", err)
		}
	}
	return h, nil
}

func (s *Store) readKnown(ctx context.Context, h *jobs.History, target int64, period jobs.Period) error {
	row, err := s.queries.Known(ctx, dbsqlc.KnownParams{TargetID: target, Period: string(period)})
	if err != nil {
		return err
	}
	h.Known, h.Drifted, h.Traced = row.Acknowledged, row.Drifted, row.Traced
	for _, p := range row.Sent {
		h.Newest = max(h.Newest, jobs.Period(p))
		if near := jobs.Period(p); h.Nearest == "" || near.MonthsTo(period) < h.Nearest.MonthsTo(period) {
			h.Nearest = near
		}
	}
	for _, p := range row.Closed {
		h.Closed = append(h.Closed, jobs.Period(p))
	}
	h.Forgotten = s.forgotten(target, row.Forgotten)
	for _, key := range row.Owed {
		if h.Owed == nil {
			h.Owed = make(map[string]bool, len(row.Owed))
		}
		h.Owed[key] = true
	}
	return nil
}

// readLast reads the newest finished run. When it was planned in another incarnation of the ledger, this one was put back.
func (s *Store) readLast(ctx context.Context, h *jobs.History, target int64, period jobs.Period) error {
	row, err := s.queries.LastFigures(ctx, target)
	if isNoRows(err) {
		return s.readPutBack(ctx, h, target, period, "")
	}
	if err != nil {
		return err
	}
	h.Last = s.openFigures(h, target, row.ID, jobs.Period(value(row.Period)), row.Figures)
	tried, err := s.queries.TriedDocuments(ctx, row.ID)
	if err != nil {
		return err
	}
	h.Tried = make(map[string][32]byte, len(tried))
	for _, item := range tried {
		h.Tried[item.Key] = [32]byte(item.Fingerprint)
	}
	return s.readPutBack(ctx, h, target, period, row.Incarnation)
}

// readPutBack reports whether the ledger was put back since the last finished run was planned, noticed or not, whether somebody
// has looked, and whether the month may be among what was lost. planned is the ledger that it was planned in; "" = there is
// none.
func (s *Store) readPutBack(ctx context.Context, h *jobs.History, target int64, period jobs.Period, planned string) error {
	watch, now, err := s.watch(ctx)
	if err != nil && !is[*unreadError](err) { // who executes something tells of that
		return err
	}
	since := planned != incarnationName(now)
	if planned == "" { // what it may have known of this target, a ledger that was put back does not tell
		since = now.Noticed > 0
	}
	unnoticed := watch.PutBack != nil
	if h.Restored = unnoticed || since; h.Restored && !unnoticed {
		if h.Looked, err = s.queries.HasLooked(ctx); err != nil {
			return err
		}
	}
	h.LostMonth, err = s.queries.MonthMayBeLost(ctx, dbsqlc.MonthMayBeLostParams{Begins: period.Start(),
		TargetID: target, Period: string(period), Incarnation: incarnationName(now)})
	if isNoRows(err) { // nothing was executed in this ledger yet
		return nil
	}
	return err
}

func (s *Store) readPeriods(ctx context.Context, h *jobs.History, target int64, period jobs.Period) error {
	rows, err := s.queries.PeriodFigures(ctx, dbsqlc.PeriodFiguresParams{TargetID: target, Period: nullable(string(period))})
	if err != nil {
		return err
	}
	for _, row := range rows {
		f := s.openFigures(h, target, row.ID, jobs.Period(value(row.Period)), row.Figures)
		switch {
		case f == nil:
		case f.Period == period:
			f.Approved = row.Approved && hmac.Equal(row.Release,
				s.keys.proof(row.ID, target, period, row.PlanDigest, letGo{row.ApprovedBy, value(row.Approval)}))
			h.Same = f
		case len(h.Earlier) < jobs.HistoryPeriods:
			h.Earlier = append(h.Earlier, *f)
		}
	}
	return nil
}

// openFigures opens what a run read; nil where somebody altered it, which holds the next run.
func (s *Store) openFigures(h *jobs.History, target, run int64, period jobs.Period, sealed []byte) *jobs.Figures {
	f := &jobs.Figures{Run: run, Period: period}
	text, err := s.keys.openKept(figures, sealed, place{target: target, period: period, run: run})
	if err != nil || json.Unmarshal(text, f) != nil {
		if !slices.Contains(h.Altered, run) {
			h.Altered = append(h.Altered, run)
		}
		return nil
	}
	return f
}
