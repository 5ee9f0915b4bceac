package store

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// baselineStream is written by hand because sqlc collects rows, and these are as many as there are employees.
const baselineStream = `SELECT key, period, version, fingerprint, in_doubt, departure_noted, withdrawn, coalesce(form_id, 0),
		coalesce(run_id <= (SELECT runs FROM syncd.incarnation), false), removed FROM syncd.baseline -- runs that it knew when it was put back
	WHERE target_id = $1 AND ($2::text[] IS NULL OR key = ANY ($2))
	ORDER BY key, period`

// Baseline implements jobs.BaselineReader.
func (s *Store) Baseline(ctx context.Context, target int64, keys []string) (jobs.BaselineRows, error) {
	rows, err := s.pool.Query(ctx, baselineStream, target, keys)
	if err != nil {
		return nil, redact("reading the baseline", err)
	}
	return &baselineRows{rows: rows, names: map[string]jobs.Period{}}, nil
}

type baselineRows struct {
	rows  pgx.Rows
	entry jobs.BaselineEntry
	names map[string]jobs.Period
	err   error
}

// period is a string that all entries of a period share.
func (b *baselineRows) period(text []byte) jobs.Period {
	name, ok := b.names[string(text)]
	if !ok {
		name = jobs.Period(text)
		b.names[string(text)] = name
	}
	return name
}

func (b *baselineRows) Next() bool {
	if b.err != nil || !b.rows.Next() {
		return false
	}
	b.err = b.decode(b.rows.RawValues())
	return b.err == nil
}

// errOddRow is a row that another program, or nobody, wrote.
var errOddRow = hinted.While("reading the baseline", errors.New("a row is not as this program expects"))

// decode reads a row in Postgres's binary format, without copying: a plan reads a million of them.
func (b *baselineRows) decode(row [][]byte) error {
	if len(row) != 10 || len(row[2]) != 8 || len(row[7]) != 8 {
		return errOddRow
	}
	for _, flag := range [...]int{4, 5, 6, 8, 9} {
		if len(row[flag]) != 1 {
			return errOddRow
		}
	}
	e := &b.entry
	e.Key = row[0]
	e.Period = b.period(row[1])
	e.Version = int64(binary.BigEndian.Uint64(row[2])) //nolint:gosec // Postgres's bigint is signed
	e.Fingerprint = row[3]
	e.InDoubt, e.DepartureNoted, e.Withdrawn = row[4][0] == 1, row[5][0] == 1, row[6][0] == 1
	e.Outdated, e.Removed = row[8][0] == 1, row[9][0] == 1
	e.Form = int64(binary.BigEndian.Uint64(row[7])) //nolint:gosec // the same
	return nil
}

func (b *baselineRows) Entry() *jobs.BaselineEntry { return &b.entry }

func (b *baselineRows) Err() error {
	if b.err != nil {
		return b.err
	}
	return redact("reading the baseline", b.rows.Err())
}

func (b *baselineRows) Close() { b.rows.Close() }

// Documents implements jobs.BaselineReader.
func (s *Store) Documents(ctx context.Context, target int64, refs []jobs.DocumentRef) ([]jobs.Acknowledged, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	params := dbsqlc.BaselineDocumentsParams{TargetID: target}
	for _, ref := range refs {
		params.Keys = append(params.Keys, ref.Key)
		params.Periods = append(params.Periods, string(ref.Period))
	}
	rows, err := s.queries.BaselineDocuments(ctx, params)
	if err != nil {
		return nil, redact("reading acknowledged documents", err)
	}
	documents := make([]jobs.Acknowledged, len(refs))
	for _, row := range rows {
		i := row.Ordinal - 1
		documents[i] = s.acknowledged(row, target, refs[i])
	}
	return documents, nil
}

// acknowledged opens a row of the baseline. One that somebody altered is told, and stops nobody else.
func (s *Store) acknowledged(row dbsqlc.BaselineDocumentsRow, target int64, ref jobs.DocumentRef) (a jobs.Acknowledged) {
	if row.Removed {
		return jobs.Acknowledged{Removed: true}
	}
	at := acknowledgedPlace(target, ref, row.RunID, row.Seq, row.Version)
	document, err := s.keys.openKept(aDocument, row.Document, at)
	if err != nil {
		return jobs.Acknowledged{Altered: true}
	}
	a.Document = document
	if row.Amounts == nil {
		return a
	}
	totals, err := s.keys.openKept(amounts, row.Amounts, at)
	if err == nil {
		a.Totals, err = readTotals(totals)
	}
	a.Altered = err != nil
	return a
}

// acknowledgedPlace is that of the item whose acknowledgement made this version of the baseline.
func acknowledgedPlace(target int64, ref jobs.DocumentRef, run *int64, seq *int32, version int64) place {
	return place{target: target, period: ref.Period, key: ref.Key, run: value(run), seq: value(seq), version: version - 1}
}
