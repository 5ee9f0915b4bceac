package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// PutBack tells of a ledger that went back, or is at another place, since it was last worked with.
type PutBack struct {
	Seen, Known int64    // the newest run that this machine has seen, 0 = it does not know; and that the ledger knows
	Paused      []string // jobs
}

func (p PutBack) String() string { return p.Fact().In(hinted.English()) }

// Fact is what was found.
func (p PutBack) Fact() hinted.Fact {
	if p.Seen > p.Known {
		return hinted.Say("audit.put-back-behind", "known", p.Known, "seen", p.Seen)
	}
	return hinted.Say("audit.put-back")
}

// Notice looks whether the ledger is the one that was last worked with, and has not gone back: restored from a dump or a
// backup, promoted, moved, or put back with its files. What it does not know of would be caught up, and sent to people who
// were paid. So it is recorded in the ledger, once: jobs are paused, plans that were made before are not sent any more, and
// new ones wait for a person. Every process does so before it executes anything.
func (s *Store) Notice(ctx context.Context) error {
	s.marks.mu.Lock()
	defer s.marks.mu.Unlock()
	return redactUnlessOurs("telling which ledger this is", s.notice(ctx))
}

func (s *Store) notice(ctx context.Context) error {
	row, err := s.incarnation(ctx)
	if err != nil {
		return err
	}
	asked := time.Now()
	seen, lost := s.marks.read(row.Ledger) // before the ledger is asked: what others write meanwhile is ahead of the answer
	now, err := position(ctx, s.queries, seen)
	if err != nil {
		return err
	}
	if seen == nil && lost == nil && s.marks.Folder != "" && now.Run > 0 {
		lost = hinted.Because(nil, "database.watermark-none")
	}
	s.marks.tell(lost)
	var back *PutBack
	if whereIs(now) != rowWhere(row) || seen.contradicts(now) {
		if back, err = s.recordPutBack(ctx, seen); err != nil {
			return err
		}
		if now, err = position(ctx, s.queries, nil); err != nil {
			return err
		}
		seen = nil
	}
	s.remember(row.Ledger, seen, now, asked)
	if back != nil && s.marks.PutBack != nil {
		s.marks.PutBack(*back)
	}
	return nil
}

// incarnation is what the ledger says of itself. The first process that works with it gives it a name.
func (s *Store) incarnation(ctx context.Context) (dbsqlc.GetIncarnationRow, error) {
	row, err := s.queries.GetIncarnation(ctx)
	if !isNoRows(err) {
		return row, err
	}
	now, err := position(ctx, s.queries, nil)
	if err != nil {
		return row, err
	}
	if err := s.queries.EnsureIncarnation(ctx, dbsqlc.EnsureIncarnationParams{Server: now.Server, Timeline: now.Timeline, Tables: now.Tables,
		Database: now.Database}); err != nil {
		return row, err
	}
	return s.queries.GetIncarnation(ctx)
}

func rowWhere(r dbsqlc.GetIncarnationRow) where {
	return where{r.Server, r.Timeline, r.Database, r.Tables}
}

// position asks how far the ledger has come, and whether it still has the line of the audit that a mark names.
func position(ctx context.Context, q *dbsqlc.Queries, seen *mark) (dbsqlc.PositionRow, error) {
	var ask dbsqlc.PositionParams
	if seen != nil {
		ask.AuditSeen, ask.AuditSeenAt = seen.Audit, seen.AuditAt
	}
	return q.Position(ctx, ask)
}

// recordPutBack makes the ledger another incarnation. nil = another process has been faster.
func (s *Store) recordPutBack(ctx context.Context, seen *mark) (back *PutBack, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		row, err := q.LockIncarnation(ctx)
		if err != nil {
			return err
		}
		now, err := position(ctx, q, seen)
		if err != nil || whereIs(now) == rowWhere(dbsqlc.GetIncarnationRow(row)) && !seen.contradicts(now) {
			return err
		}
		back = &PutBack{Known: now.Run, Paused: s.marks.Pushes}
		noticed := row.Noticed
		if seen != nil {
			back.Seen, noticed = seen.Run, max(noticed, seen.Noticed)
		}
		if err := q.MoveIncarnation(ctx, dbsqlc.MoveIncarnationParams{Server: now.Server, Timeline: now.Timeline,
			Tables: now.Tables, Database: now.Database, Noticed: noticed + 1, Runs: max(now.Run, now.Sequence), Trail: now.Audit}); err != nil {
			return err
		}
		return s.pauseForPutBack(ctx, q, back)
	})
	return back, err
}

func (s *Store) pauseForPutBack(ctx context.Context, q *dbsqlc.Queries, back *PutBack) error {
	if err := s.audit(ctx, q, 0, ledger.AuditEntry{Decision: ledger.DecisionPutBack,
		Facts: ledger.AuditFacts{Why: new(back.Fact())}}); err != nil {
		return err
	}
	if err := q.DisarmAlerts(ctx); err != nil {
		return err
	}
	if err := q.EndAllSessions(ctx); err != nil {
		return err
	}
	if err := q.WithdrawAll(ctx); err != nil {
		return err
	}
	why := ledger.PausedForPutBack()
	for _, job := range back.Paused {
		if err := q.PauseForPutBack(ctx, dbsqlc.PauseForPutBackParams{Job: job, PausedBy: ledger.Itself,
			Reason: why.In(hinted.English())}); err != nil {
			return err
		}
		if err := s.audit(ctx, q, 0, ledger.AuditEntry{Decision: ledger.DecisionPause, Job: job,
			Facts: ledger.AuditFacts{Why: &why}}); err != nil {
			return err
		}
	}
	return nil
}

// remember makes a position the one that the ledger may not fall behind, for this process and those that come after it.
func (s *Store) remember(ledger string, seen *mark, now dbsqlc.PositionRow, asked time.Time) {
	m := markOf(ledger, now)
	if seen != nil && !seen.Since.IsZero() {
		m.Since = seen.Since
	}
	s.known.Store(&known{mark: *m, version: now.Version, asked: asked, made: time.Now()})
	s.marks.keep(m)
}

// known is what must stay as it is, or go on, while a process works with a ledger.
type known struct {
	mark
	version int64
	asked   time.Time // when the ledger was asked for it
	made    time.Time
}

// KeepMark brings the watermark up to date. Whoever has not looked yet which ledger this is keeps none. An error is a
// *RestoredError, or that the ledger cannot be asked: a file that cannot be written stops nothing.
func (s *Store) KeepMark(ctx context.Context) error {
	wanted := time.Now()
	s.marks.mu.Lock()
	defer s.marks.mu.Unlock()
	want := s.known.Load()
	if want == nil || want.asked.After(wanted) { // another run of this process has asked meanwhile, for all of them
		return nil
	}
	asked := time.Now()
	seen, err := s.marks.read(want.Ledger)
	if err != nil || seen == nil { // somebody took it away: what this process knows is as good
		seen = &want.mark
	}
	now, err := position(ctx, s.queries, seen)
	if err == nil {
		err = want.behind(now, seen)
	}
	if err != nil {
		return redactUnlessOurs("asking how far the ledger has come", err)
	}
	s.remember(want.Ledger, seen, now, asked)
	return nil
}

const (
	// markEvery is how old the watermark may get while a run is executed: what was sent in that time, by a process that was
	// killed then, can be put back without anybody noticing.
	markEvery = time.Second
	// markTimeout bounds what a mark costs those who wait for it.
	markTimeout = 2 * time.Second
)

// mark is KeepMark before and after what matters: it fails nothing. Whether the ledger can be reached, and is the same,
// those find out who work with it.
func (s *Store) mark(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	_ = s.KeepMark(ctx)
}

// keepMarks keeps the watermark up to date while a run is executed. One run at a time does so for all.
func (s *Store) keepMarks(ctx context.Context) {
	ticker := time.NewTicker(markEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if known := s.known.Load(); known != nil && time.Since(known.made) >= markEvery/2 {
			s.mark(ctx)
		}
	}
}

// look is what every process does before it owns runs: to start where another ledger begins would pay people twice. It tells
// how late it is, too, before anything is recorded by a clock that may be wrong.
func (s *Store) look(ctx context.Context) error {
	if _, err := s.lookAtClock(ctx); err != nil {
		return err
	}
	if s.known.Load() == nil {
		return s.Notice(ctx)
	}
	return s.KeepMark(ctx)
}

// RestoredError says that the ledger was changed under a process that has been working with it.
type RestoredError struct{ Migrated bool } // by another version of syncd; else restored, put back, promoted or replaced

func (e *RestoredError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *RestoredError) Fact() hinted.Fact {
	if e.Migrated {
		return hinted.Say("database.ledger-migrated")
	}
	return hinted.Say("database.ledger-restored")
}

// Is makes it a jobs.ErrUnreachable: this ledger cannot be worked with, and another process may find it well.
func (e *RestoredError) Is(target error) bool { return target == jobs.ErrUnreachable }

// behind tells that the ledger is not the one that this process knew, or has gone back since, whoever was the first to notice.
// now was asked for with a mark of this process, or of another one on this machine.
func (k *known) behind(now dbsqlc.PositionRow, asked *mark) error {
	here := now
	here.Kept = true // that was asked about the other one
	switch {
	case whereIs(now) != k.where(), asked.contradicts(now), k.contradicts(here), now.Noticed > k.Noticed:
		return &RestoredError{}
	case now.Version != k.version:
		return &RestoredError{Migrated: true}
	}
	return nil
}

// sameLedger makes every new connection of the pool look whether the ledger still is the one that it was. Whoever restores
// or migrates a ledger breaks the connections to it.
func (s *Store) sameLedger(ctx context.Context, conn *pgx.Conn) error {
	want := s.known.Load() // before the ledger is asked: it goes on meanwhile
	if want == nil {
		return nil
	}
	now, err := position(ctx, dbsqlc.New(conn), &want.mark)
	if err != nil {
		return err
	}
	return want.behind(now, &want.mark)
}

// Incarnation implements jobs.Ledger: the name by which a run remembers the ledger that it was planned in.
func (s *Store) Incarnation(ctx context.Context) (string, error) {
	now, err := position(ctx, s.queries, nil)
	return incarnationName(now), redact("telling which ledger this is", err)
}

func incarnationName(now dbsqlc.PositionRow) string {
	return fmt.Sprintf("%d/%d/%d/%d/%d", now.Server, now.Timeline, now.Tables, now.Database, now.Noticed)
}

// refuseOutdated refuses to let a run go that was planned before the ledger was put back.
func refuseOutdated(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	if !run.Planned || !run.Kind.Sends() {
		return nil
	}
	now, err := position(ctx, q, nil)
	if err == nil && run.Incarnation != incarnationName(now) {
		err = &jobs.PutBackError{Run: *run}
	}
	return err
}

// Watch is what this machine keeps in mind of the ledger.
type Watch struct {
	Folder  string // "" = nowhere
	PutBack *PutBack
	Since   time.Time // zero = there is no file
	Due     bool      // the ledger has runs, so there should be one
}

// Watch looks whether the watermark is kept, and whether the ledger has fallen behind it. It records nothing.
func (s *Store) Watch(ctx context.Context) (Watch, error) {
	w, _, err := s.watch(ctx)
	return w, err
}

// watch is Watch, with the position of the ledger that was asked for.
func (s *Store) watch(ctx context.Context) (w Watch, now dbsqlc.PositionRow, err error) {
	w.Folder = s.marks.Folder
	row, err := s.queries.GetIncarnation(ctx)
	if isNoRows(err) {
		now, err = position(ctx, s.queries, nil)
		return w, now, redact("telling which ledger this is", err)
	}
	if err != nil {
		return w, now, redact("telling which ledger this is", err)
	}
	seen, unread := s.marks.read(row.Ledger)
	if now, err = position(ctx, s.queries, seen); err != nil {
		return w, now, redact("telling which ledger this is", err)
	}
	w.Due = now.Run > 0
	if seen != nil {
		w.Since = seen.Since
	}
	if whereIs(now) != rowWhere(row) || seen.contradicts(now) {
		w.PutBack = &PutBack{Known: now.Run}
		if seen != nil {
			w.PutBack.Seen = seen.Run
		}
	}
	return w, now, unread
}
