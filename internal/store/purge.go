package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// PurgeOrder says what is to be purged, and who asks.
type PurgeOrder struct {
	Cutoffs func(now time.Time) Cutoffs // by Postgres's clock
	Share   float64                     // what goes of what there is without a person; 1 = all may
	By      string                      // the person who asks; "" = a daemon
	Dry     bool                        // nothing is deleted, only counted
	Force   bool                        // a person has confirmed what would wait otherwise,
	Reason  string                      // and says why
}

// Purge deletes what is older than its cutoff, by the clock of Postgres, unless that clock is doubtful or too much would go:
// then it is a *PurgeHeldError, which a person can confirm. A *jobs.ClockError: this machine's clock says otherwise, which
// nobody can confirm. A dry purge tells what it counted beside such an error.
func (s *Store) Purge(ctx context.Context, o PurgeOrder) (p Purged, err error) {
	look, err := s.lookAtClock(ctx)
	if err != nil {
		return p, err
	}
	cutoffs := o.Cutoffs(look.now)
	held, err := s.weighPurge(ctx, look, cutoffs, o.Share)
	if err != nil {
		return p, redact("weighing what is past its time", err)
	}
	switch {
	case o.Dry:
		p, err = s.purge(ctx, cutoffs, o.By, true)
		return p, errors.Join(err, look.differs(), held.asError())
	case look.differs() != nil:
		return p, look.differs()
	case held != nil && !o.Force:
		return p, s.holdPurge(ctx, held, o.By)
	case o.Force:
		if err := s.confirmPurge(ctx, cutoffs, held, o); err != nil {
			return p, err
		}
	}
	if p, err = s.purge(ctx, cutoffs, o.By, false); err != nil {
		return p, err
	}
	return p, redact("purging", s.queries.ReleasePurge(ctx))
}

// clockLook is how late it is, and what speaks against it.
type clockLook struct {
	now      time.Time // by Postgres's clock
	ahead    time.Duration
	from, to *time.Time // between which no machine was off: Postgres's clock is, or was, wrong
}

// lookAtClock asks Postgres how late it is, and remembers it.
func (s *Store) lookAtClock(ctx context.Context) (clockLook, error) {
	if err := s.queries.EnsureClock(ctx); err != nil {
		return clockLook{}, redact("looking at the clock", err)
	}
	before := s.now()
	row, err := s.queries.LookAtClock(ctx)
	if err != nil {
		return clockLook{}, redact("looking at the clock", err)
	}
	look := clockLook{now: row.Now, from: row.LeaptFrom, to: row.LeaptTo}
	look.ahead = apart(before, row.Now, s.now())
	return look, nil
}

// Clock is a *jobs.ClockError when this machine's clock and Postgres's are apart.
func (s *Store) Clock(ctx context.Context) error {
	before := s.now()
	there, err := s.queries.Clock(ctx)
	if err != nil {
		return redact("looking at the clock", err)
	}
	return clockLook{ahead: apart(before, there, s.now())}.differs()
}

// ClockLeapt reports whether more time seems to have gone by than a machine is off, and nobody has confirmed it.
func (s *Store) ClockLeapt(ctx context.Context) (bool, error) {
	look, err := s.lookAtClock(ctx)
	return look.from != nil, err
}

// differs is a *jobs.ClockError when this machine's clock and Postgres's do not agree.
func (l clockLook) differs() error {
	if l.ahead.Abs() <= clockSkew {
		return nil
	}
	return &jobs.ClockError{Ahead: l.ahead}
}

// PurgeHeldError says why a purge waits for a person.
type PurgeHeldError struct {
	LeaptFrom *time.Time `json:"leapt_from,omitempty"` // how late it was before the clock leapt,
	LeaptTo   *time.Time `json:"leapt_to,omitempty"`   // and after
	Excess    []Excess   `json:"excess,omitempty"`     // what more would go of than the share
	Share     float64    `json:"share"`
	Since     time.Time  `json:"since,omitzero"` // when it was first told; zero = now
}

// Excess is how much of something would go.
type Excess struct {
	What string `json:"what"` // diffs, items, runs, fires, documents, files, readings
	Go   int64  `json:"go"`
	Of   int64  `json:"of"`
}

func (e *PurgeHeldError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *PurgeHeldError) Fact() hinted.Fact {
	if len(e.Excess) > 0 {
		return hinted.Say("audit.purge-held-limit", "why", e.why(), "limit", e.limit())
	}
	return hinted.Say("audit.purge-held", "why", e.why())
}

// limit is the share in per cent.
func (e *PurgeHeldError) limit() string { return fmt.Sprintf("%g", e.Share*100) }

func (e *PurgeHeldError) why() (why hinted.Several) {
	if e.LeaptFrom != nil {
		why = append(why, hinted.Say("audit.purge-leapt", "from", e.LeaptFrom.Local().Format(time.DateTime), "to",
			e.LeaptTo.Local().Format(time.DateTime)))
	}
	for _, x := range e.Excess {
		why = append(why, hinted.Say("audit.purge-excess-"+x.What, "go", x.Go, "of", x.Of))
	}
	return why
}

func (e *PurgeHeldError) asError() error {
	if e == nil {
		return nil
	}
	return e
}

const (
	// A single run may go whatever the share: the last runs of an association that has closed go one by one.
	leastRuns = 1
	// A few times of schedules are no history.
	leastFires = 100
)

// weighPurge tells why a purge waits; nil = it does not.
func (s *Store) weighPurge(ctx context.Context, look clockLook, c Cutoffs, share float64) (*PurgeHeldError, error) {
	w, err := s.queries.WeighPurge(ctx, dbsqlc.WeighPurgeParams{Diffs: c.Diffs, Items: c.Items, Runs: c.Runs,
		Fires: c.Fires, Documents: c.Documents})
	if err != nil {
		return nil, err
	}
	held := &PurgeHeldError{Share: share, LeaptFrom: look.from, LeaptTo: look.to}
	weigh := func(what string, runs, of, lines, ofLines, least int64) {
		beyond := func(n, all int64) bool { return float64(n) > share*float64(all) }
		if runs > least && (beyond(runs, of) || beyond(lines, ofLines)) {
			held.Excess = append(held.Excess, Excess{What: what, Go: runs, Of: of})
		}
	}
	weigh("diffs", w.DiffsRunsGo, w.DiffsRuns, w.DiffsLinesGo, w.DiffsLines, leastRuns)
	weigh("items", w.ItemsRunsGo, w.ItemsRuns, w.ItemsLinesGo, w.ItemsLines, leastRuns)
	weigh("runs", w.RunsGo, w.Runs, 0, 0, leastRuns)
	weigh("fires", w.FiresGo, w.Fires, 0, 0, leastFires)
	weigh("documents", w.DocumentsGo, w.Documents, 0, 0, leastRuns)
	if !c.Readings.IsZero() {
		readings, err := s.queries.WeighReadings(ctx, c.Readings)
		if err != nil {
			return nil, err
		}
		weigh("readings", readings.ReadingsGo, readings.Readings, 0, 0, leastFires)
	}
	if there, err := s.queries.InboxIsThere(ctx); err != nil {
		return nil, err
	} else if there && !c.Files.IsZero() {
		files, err := s.queries.WeighInbox(ctx, c.Files)
		if err != nil {
			return nil, err
		}
		weigh("files", files.FilesGo, files.Files, 0, 0, leastFires)
	}
	if look.from == nil && len(held.Excess) == 0 {
		return nil, nil
	}
	return held, nil
}

// holdPurge remembers that a daemon's purge waits, for those who watch.
func (s *Store) holdPurge(ctx context.Context, held *PurgeHeldError, by string) error {
	if by == "" {
		text, err := json.Marshal(held)
		if err != nil {
			return hinted.While("writing why nothing is purged", err)
		}
		if err := s.queries.HoldPurge(ctx, text); err != nil {
			return redact("recording that nothing is purged", err)
		}
	}
	return held
}

// confirmPurge records that a person knows what goes, and that the clock is right.
func (s *Store) confirmPurge(ctx context.Context, c Cutoffs, held *PurgeHeldError, o PurgeOrder) error {
	what := c.Fact()
	if held != nil {
		code := "audit.purged-although"
		if len(held.Excess) > 0 {
			code = "audit.purged-although-limit"
		}
		what = hinted.Say(code, "what", what, "why", held.why(), "limit", held.limit()).Solid()
	}
	return redact("confirming the purge", s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := q.ConfirmClock(ctx); err != nil {
			return err
		}
		return s.audit(ctx, q, 0, ledger.AuditEntry{Actor: o.By, Decision: ledger.DecisionPurge, Reason: o.Reason,
			Facts: ledger.AuditFacts{What: &what}})
	}))
}

// HeldPurge is why a daemon's purge waits for a person; nil = none does.
func (s *Store) HeldPurge(ctx context.Context) (*PurgeHeldError, error) {
	row, err := s.queries.HeldPurge(ctx)
	if isNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, redact("reading whether a purge waits", err)
	}
	held := &PurgeHeldError{}
	if err := json.Unmarshal(row.HeldFor, held); err != nil {
		return nil, hinted.While("reading why nothing is purged", err)
	}
	held.Since = value(row.HeldSince)
	return held, nil
}
