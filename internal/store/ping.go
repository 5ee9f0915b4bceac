package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

const (
	// pingWithin is how long what has come of a fire is told a dead man's switch.
	pingWithin = 7 * 24 * time.Hour
	// pingAgain is how long a daemon has for telling it, longer than all its tries take; doubled each time, up to an hour.
	pingAgain = time.Minute
)

// pingOrder is that in which things happen.
var pingOrder = map[string]int{ledger.PingStarted: 0, ledger.PingFailed: 1, ledger.PingDone: 2}

// DuePings takes what is to be told of the fires of some jobs and targets: each event of a fire once, over all daemons and
// their ends, until Pinged says that it was told. What is not comes again, after a minute at
// first.
func (s *Store) DuePings(ctx context.Context, pairs []ledger.Pair) ([]ledger.Ping, error) {
	names, targets := columns(pairs)
	if err := s.queries.NotePings(ctx, dbsqlc.NotePingsParams{Jobs: names, Targets: targets,
		WithinSeconds: pingWithin.Seconds()}); err != nil {
		return nil, redact("noting what is to be pinged", err)
	}
	rows, err := s.queries.TakePings(ctx, dbsqlc.TakePingsParams{Jobs: names, AgainSeconds: pingAgain.Seconds(),
		WithinSeconds: pingWithin.Seconds()})
	if err != nil {
		return nil, redact("reading what is to be pinged", err)
	}
	due := make([]ledger.Ping, 0, len(rows))
	for _, r := range rows {
		due = append(due, ledger.Ping{Job: r.Job, Nominal: r.NominalAt, Event: r.Event})
	}
	slices.SortFunc(due, func(a, b ledger.Ping) int {
		return cmp.Or(a.Nominal.Compare(b.Nominal), cmp.Compare(pingOrder[a.Event], pingOrder[b.Event]))
	})
	return due, nil
}

// OwePing notes that the fire of a run has failed although the run has not ended: it waits for a person.
func (s *Store) OwePing(ctx context.Context, run int64) error {
	return redact("noting what is to be pinged", s.queries.NotePing(ctx, run))
}

// Pinged tells that a ping arrived, or that nobody wants it.
func (s *Store) Pinged(ctx context.Context, p ledger.Ping) error {
	return redact("noting what was pinged", s.queries.TellPing(ctx, dbsqlc.TellPingParams{Job: p.Job, NominalAt: p.Nominal, Event: p.Event}))
}
