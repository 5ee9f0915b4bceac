package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/canonjson"
	"syncd/internal/diff"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Inbox is the schema inbox beside the ledger.
type Inbox struct{ store *Store }

var _ jobs.Inbox = (*Inbox)(nil)

// Inbox is where records of partners are kept. Whether it is there, Begin tells.
func (s *Store) Inbox() *Inbox { return &Inbox{s} }

// write does something for a run in one transaction, if it still is ours.
func (i *Inbox) write(ctx context.Context, doing hinted.Doing, run *jobs.Run, work func(tx pgx.Tx, q *dbsqlc.Queries) error) error {
	err := pgx.BeginFunc(ctx, i.store.pool, func(tx pgx.Tx) error {
		q := i.store.queries.WithTx(tx)
		if err := fence(ctx, q, run); err != nil {
			return err
		}
		return work(tx, q)
	})
	return redactUnlessOurs(doing, err)
}

// Begin implements jobs.Inbox.
func (i *Inbox) Begin(ctx context.Context, run *jobs.Run) (begun jobs.Begun, err error) {
	ready, err := i.Ready(ctx)
	if err == nil && !ready {
		err = jobs.ErrNoInbox
	}
	if err != nil {
		return begun, err
	}
	err = i.write(ctx, "opening the inbox", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		if err := ownDossier(ctx, q, run.Target); err != nil {
			return err
		}
		at, err := q.BeginPull(ctx, run.ID)
		if err != nil {
			return err
		}
		if err := q.ForgetRefusals(ctx, run.ID); err != nil {
			return err
		}
		if err := q.ForgetFailures(ctx, run.ID); err != nil {
			return err
		}
		now, err := position(ctx, q, nil)
		if err != nil {
			return err
		}
		begun = jobs.Begun{Cursors: map[string]jobs.Cursor{}, Incarnation: incarnationName(now), At: at,
			Heard: map[string]map[string]jobs.Difference{}, Done: map[string]jobs.Gathered{}}
		cursors, err := q.Cursors(ctx, run.Target.ID)
		for _, c := range cursors {
			begun.Cursors[c.Collection+"/"+c.Name] = jobs.Cursor{Since: c.Since, Incarnation: c.Incarnation}
		}
		if err != nil {
			return err
		}
		if err := remembered(ctx, q, run, &begun); err != nil {
			return err
		}
		return earlier(ctx, q, run, &begun)
	})
	return begun, err
}

// errNewerInbox is a schema that this program does not understand, and that no migration makes older.
var errNewerInbox = hinted.Because(nil, "inbox.newer")

// Ready reports whether the schema is there, and of this program's version.
func (i *Inbox) Ready(ctx context.Context) (bool, error) {
	version, err := versionOf(ctx, i.store.pool, "inbox")
	want := newest(inboxMigrations())
	if err == nil && version > want {
		err = errNewerInbox
	}
	return version == want, err
}

// ownDossier makes the dossier of a target known to the inbox. One of another ledger, that gave its number to another target,
// is not written into: what it has would be taken for somebody else's.
func ownDossier(ctx context.Context, q *dbsqlc.Queries, t jobs.Target) error {
	own := dbsqlc.GetDossierRow{Partner: t.Partner, Environment: t.Environment, BaseUrl: t.BaseURL, Dossier: t.Dossier}
	known, err := q.GetDossier(ctx, t.ID)
	if isNoRows(err) {
		return q.EnsureDossier(ctx, dbsqlc.EnsureDossierParams{TargetID: t.ID, Partner: own.Partner, Environment: own.Environment,
			BaseUrl: own.BaseUrl, Dossier: own.Dossier})
	}
	if err == nil && known != own {
		return &OtherInboxError{Dossier: t.Dossier, Known: known.Dossier}
	}
	return err
}

// OtherInboxError says that the inbox is that of another ledger.
type OtherInboxError struct{ Dossier, Known string }

func (e *OtherInboxError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *OtherInboxError) Fact() hinted.Fact {
	return hinted.Say("inbox.other-ledger", "dossier", e.Dossier, "known", e.Known)
}

// remembered reads what was refused, and passed by its cursor.
func remembered(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, begun *jobs.Begun) error {
	begun.Refused = map[string]map[string]jobs.Remembered{}
	rows, err := q.RememberedRefusals(ctx, run.Target.ID)
	for _, row := range rows {
		window := row.Collection + "/" + row.Name
		if begun.Refused[window] == nil {
			begun.Refused[window] = map[string]jobs.Remembered{}
		}
		begun.Refused[window][row.Key] = jobs.Remembered{Since: row.Since, Tried: row.TriedAt,
			Reason: jobs.Reason{Code: jobs.ReasonCode(row.ReasonCode), Detail: row.ReasonDetail}}
	}
	return err
}

// earlier reads what earlier executions of a run did.
func earlier(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, begun *jobs.Begun) error {
	rows, err := q.RunRecords(ctx, run.ID)
	if err != nil || len(rows) == 0 {
		return err
	}
	done := func(collection string, count func(*jobs.Gathered)) {
		g := begun.Done[collection]
		count(&g)
		begun.Done[collection] = g
	}
	for _, row := range rows {
		switch row.Ack {
		case ackDone:
			done(row.Collection, func(g *jobs.Gathered) { g.Acknowledged++ })
		case ackClosed:
			done(row.Collection, func(g *jobs.Gathered) { g.Closed++ })
		}
		if difference := jobs.Difference(row.Difference); difference != jobs.Unchanged || row.Ack != ackClosed { // which was not listed
			if begun.Heard[row.Collection] == nil {
				begun.Heard[row.Collection] = map[string]jobs.Difference{}
			}
			begun.Heard[row.Collection][row.Key] = difference
		}
	}
	returned, err := q.ReturnedByRun(ctx, run.ID)
	for _, row := range returned {
		done(row.Collection, func(g *jobs.Gathered) { g.Returned = int(row.Records) })
	}
	if err != nil {
		return err
	}
	files, err := q.FilesOfRun(ctx, run.ID)
	for _, row := range files {
		done(row.Collection, func(g *jobs.Gathered) { g.Files = int(row.Files) })
	}
	return err
}

// What became of an acknowledgement, as the lines of a run tell it.
const (
	ackDone   = "done"
	ackFailed = "failed"
	ackClosed = "closed"
)

// Known implements jobs.Inbox.
func (i *Inbox) Known(ctx context.Context, target int64, collection string, keys []string) (map[string]jobs.Known, error) {
	rows, err := i.store.queries.KnownRecords(ctx, dbsqlc.KnownRecordsParams{TargetID: target, Collection: collection, Keys: keys})
	if err != nil {
		return nil, redact("reading the inbox", err)
	}
	known := make(map[string]jobs.Known, len(rows))
	for _, row := range rows {
		k := jobs.Known{Gone: row.Gone, Forgotten: row.Forgotten}
		copy(k.Fingerprint[:], row.Fingerprint)
		known[row.Key] = k
	}
	return known, nil
}

// Store implements jobs.Inbox. What Postgres refuses is found by storing one record after the other.
func (i *Inbox) Store(ctx context.Context, run *jobs.Run, c *jobs.Collection, records []jobs.Record) (stored []jobs.Stored, err error) {
	err = i.write(ctx, "storing records", run, func(tx pgx.Tx, _ *dbsqlc.Queries) error {
		var refused *refusal
		if stored, err = i.storeAll(ctx, tx, run, c, records); !errors.As(err, &refused) {
			return err
		}
		stored = stored[:0]
		for n := range records {
			one, err := i.storeOne(ctx, tx, run, c, &records[n])
			if err != nil {
				return err
			}
			stored = append(stored, one)
		}
		return nil
	})
	return stored, err
}

// storeOne stores a record, or tells that Postgres refuses it.
func (i *Inbox) storeOne(ctx context.Context, tx pgx.Tx, run *jobs.Run, c *jobs.Collection, r *jobs.Record) (jobs.Stored, error) {
	stored, err := i.storeAll(ctx, tx, run, c, []jobs.Record{*r})
	var refused *refusal
	if errors.As(err, &refused) {
		return jobs.Stored{Key: r.Key, Difference: jobs.Undeliverable,
			Reason: jobs.Reason{Code: jobs.RecordUnstorable, Detail: refused.state}}, nil
	}
	if err != nil {
		return jobs.Stored{}, err
	}
	return stored[0], nil
}

// refusal is what Postgres says of data that it cannot keep.
type refusal struct{ state string }

func (e *refusal) Error() string { return "Postgres refuses the data: " + e.state }

// storeAll stores all or, with a *refusal, none.
func (i *Inbox) storeAll(ctx context.Context, tx pgx.Tx, run *jobs.Run, c *jobs.Collection, records []jobs.Record) (stored []jobs.Stored,
	err error) {
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		stored, err = storeRecords(ctx, i.store.queries.WithTx(tx), run, c, records)
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "54")) {
		return nil, &refusal{pg.Code}
	}
	return stored, err
}

func storeRecords(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, c *jobs.Collection, records []jobs.Record) ([]jobs.Stored, error) {
	keys := make([]string, len(records))
	for n := range records {
		keys[n] = records[n].Key
	}
	rows, err := q.LockRecords(ctx, dbsqlc.LockRecordsParams{TargetID: run.Target.ID, Collection: c.Name, Keys: keys})
	if err != nil {
		return nil, err
	}
	known := make(map[string]dbsqlc.LockRecordsRow, len(rows))
	for _, row := range rows {
		known[row.Key] = row
	}
	omitted := canonjson.Omitting(c.Omit)
	upsert := dbsqlc.UpsertRecordsParams{TargetID: run.Target.ID, Collection: c.Name, RunID: run.ID, Unfiled: c.Files}
	changes := dbsqlc.InsertRecordChangesParams{TargetID: run.Target.ID, Collection: c.Name, RunID: run.ID}
	stored := make([]jobs.Stored, 0, len(records))
	for n := range records {
		r := &records[n]
		old, is := known[r.Key]
		s := jobs.Stored{Key: r.Key, Difference: jobs.Unchanged}
		version, refile := old.Version, false
		switch {
		case !is:
			s.Difference, version, refile = jobs.Created, 1, c.Files
		case old.Document == "": // forgotten
			stored = append(stored, s)
			continue
		default:
			differences := diff.Records(omitted.Without([]byte(old.Document)), r.Document)
			refile = c.Files && len(differences) > 0
			if s.Returned = old.Gone; s.Returned {
				differences = append(differences, diff.Change{Op: string(jobs.Created)})
			}
			if len(differences) > 0 {
				s.Difference, version = jobs.Updated, version+1
				addChanges(&changes, r.Key, version, differences)
			}
		}
		addRecord(&upsert, r, version, refile)
		stored = append(stored, s)
	}
	if err := q.UpsertRecords(ctx, upsert); err != nil {
		return nil, err
	}
	if len(changes.Keys) > 0 {
		if err := q.InsertRecordChanges(ctx, changes); err != nil {
			return nil, err
		}
	}
	return stored, note(ctx, q, run, c.Name, stored)
}

func addRecord(to *dbsqlc.UpsertRecordsParams, r *jobs.Record, version int32, refile bool) {
	to.Keys = append(to.Keys, r.Key)
	to.Documents = append(to.Documents, string(r.Document))
	to.Fingerprints = append(to.Fingerprints, r.Fingerprint[:])
	to.Versions = append(to.Versions, version)
	to.Dateds = append(to.Dateds, r.Dated.UTC())
	to.Refiles = append(to.Refiles, refile)
}

func addChanges(to *dbsqlc.InsertRecordChangesParams, key string, version int32, changes []diff.Change) {
	for _, c := range changes {
		to.Keys, to.Versions = append(to.Keys, key), append(to.Versions, version)
		to.Paths, to.Differences = append(to.Paths, c.Path), append(to.Differences, c.Op)
		to.Olds, to.News = append(to.Olds, c.Old), append(to.News, c.New)
	}
}

// note keeps with a run what became of records that are not as they were.
func note(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, collection string, stored []jobs.Stored) error {
	lines := dbsqlc.NoteRecordsParams{RunID: run.ID, Collection: collection}
	for _, s := range stored {
		if s.Difference != jobs.Unchanged {
			lines.Keys, lines.Differences = append(lines.Keys, s.Key), append(lines.Differences, string(s.Difference))
			lines.ReasonCodes = append(lines.ReasonCodes, string(s.Reason.Code))
			lines.ReasonDetails = append(lines.ReasonDetails, s.Reason.Detail)
		}
	}
	if lines.Keys == nil {
		return nil
	}
	return q.NoteRecords(ctx, lines)
}

// Refuse implements jobs.Inbox.
func (i *Inbox) Refuse(ctx context.Context, run *jobs.Run, collection string, refused []jobs.Refused) error {
	return i.write(ctx, "storing records", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		lines := make([]jobs.Stored, len(refused))
		for n, r := range refused {
			lines[n] = jobs.Stored{Key: r.Key, Difference: jobs.Undeliverable, Reason: r.Reason}
		}
		return note(ctx, q, run, collection, lines)
	})
}

// KeysDated implements jobs.Inbox.
func (i *Inbox) KeysDated(ctx context.Context, target int64, collection string, from, to time.Time) ([]string, error) {
	keys, err := i.store.queries.RecordKeysDated(ctx, dbsqlc.RecordKeysDatedParams{TargetID: target, Collection: collection,
		Limited: !from.IsZero(), From: from, To: to})
	return keys, redact("reading the inbox", err)
}

// Settle implements jobs.Inbox.
func (i *Inbox) Settle(ctx context.Context, run *jobs.Run, s jobs.Settled) error {
	return i.write(ctx, "storing records", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		if err := markGone(ctx, q, run, s); err != nil {
			return err
		}
		if err := rememberRefused(ctx, q, run, s); err != nil || s.Cursor.IsZero() {
			return err
		}
		now, err := position(ctx, q, nil)
		if err != nil {
			return err
		}
		return q.MoveCursor(ctx, dbsqlc.MoveCursorParams{TargetID: run.Target.ID, Collection: s.Collection, Name: s.Window, Since: s.Cursor,
			Incarnation: incarnationName(now), RunID: run.ID})
	})
}

// rememberRefused keeps in mind what a cursor passes, and no longer what is mended.
func rememberRefused(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, s jobs.Settled) error {
	if len(s.Mended) > 0 {
		if err := q.ForgetRefused(ctx, dbsqlc.ForgetRefusedParams{TargetID: run.Target.ID, Collection: s.Collection, Name: s.Window,
			Keys: s.Mended}); err != nil {
			return err
		}
	}
	if len(s.Refused) == 0 {
		return nil
	}
	rows := dbsqlc.RememberRefusedParams{TargetID: run.Target.ID, Collection: s.Collection, Name: s.Window, Since: s.From, TriedAt: s.Cursor,
		RunID: run.ID}
	for _, r := range s.Refused {
		rows.Keys, rows.ReasonCodes = append(rows.Keys, r.Key), append(rows.ReasonCodes, string(r.Reason.Code))
		rows.ReasonDetails = append(rows.ReasonDetails, r.Reason.Detail)
	}
	return q.RememberRefused(ctx, rows)
}

func markGone(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, s jobs.Settled) error {
	if len(s.Gone) == 0 {
		return nil
	}
	rows, err := q.MarkGone(ctx, dbsqlc.MarkGoneParams{RunID: run.ID, TargetID: run.Target.ID, Collection: s.Collection, Keys: s.Gone})
	if err != nil || len(rows) == 0 {
		return err
	}
	changes := dbsqlc.InsertRecordChangesParams{TargetID: run.Target.ID, Collection: s.Collection, RunID: run.ID}
	lines := make([]jobs.Stored, len(rows))
	for n, row := range rows {
		addChanges(&changes, row.Key, row.Version, []diff.Change{{Op: string(jobs.Departed)}})
		lines[n] = jobs.Stored{Key: row.Key, Difference: jobs.Departed}
	}
	if err := q.InsertRecordChanges(ctx, changes); err != nil {
		return err
	}
	return note(ctx, q, run, s.Collection, lines)
}

// Unfiled implements jobs.Inbox.
func (i *Inbox) Unfiled(ctx context.Context, target int64, collection string) ([]string, error) {
	keys, err := i.store.queries.UnfiledRecords(ctx, dbsqlc.UnfiledRecordsParams{TargetID: target, Collection: collection})
	return keys, redact("reading the inbox", err)
}

// KnownFiles implements jobs.Inbox.
func (i *Inbox) KnownFiles(ctx context.Context, target int64, collection, key string) (map[string]jobs.KnownFile, error) {
	rows, err := i.store.queries.KnownFiles(ctx, dbsqlc.KnownFilesParams{TargetID: target, Collection: collection, Key: key})
	if err != nil {
		return nil, redact("reading the inbox", err)
	}
	known := make(map[string]jobs.KnownFile, len(rows))
	for _, row := range rows {
		known[row.File] = jobs.KnownFile{SHA256: row.Sha256, Missing: jobs.ReasonCode(row.Missing)}
	}
	return known, nil
}

// partSize is how much of a file is in one row.
const partSize = 1 << 20

// StoreFile implements jobs.Inbox.
func (i *Inbox) StoreFile(ctx context.Context, run *jobs.Run, collection, key string, f jobs.File, content io.Reader) error {
	return i.write(ctx, "storing a file", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		id, err := q.UpsertFile(ctx, fileRow(run, collection, key, f, ""))
		if err != nil {
			return err
		}
		if err := q.DropParts(ctx, id); err != nil {
			return err
		}
		part := bytes.NewBuffer(make([]byte, 0, min(max(f.Size, 0), partSize)))
		for n := int32(0); ; n++ {
			part.Reset()
			read, err := io.CopyN(part, content, partSize)
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if read == 0 {
				return nil
			}
			if err := q.InsertPart(ctx, dbsqlc.InsertPartParams{FileID: id, N: n, Content: part.Bytes()}); err != nil {
				return err
			}
		}
	})
}

func fileRow(run *jobs.Run, collection, key string, f jobs.File, missing jobs.ReasonCode) dbsqlc.UpsertFileParams {
	row := dbsqlc.UpsertFileParams{TargetID: run.Target.ID, Collection: collection, Key: key, File: f.ID,
		Type: f.Type, Missing: string(missing), RunID: run.ID, Sha256: nullable(strings.ToLower(f.SHA256))}
	if f.Size >= 0 {
		row.Size = &f.Size
	}
	return row
}

// MissFile implements jobs.Inbox.
func (i *Inbox) MissFile(ctx context.Context, run *jobs.Run, collection, key string, f jobs.File, why jobs.ReasonCode) error {
	return i.write(ctx, "storing a file", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		id, err := q.UpsertFile(ctx, fileRow(run, collection, key, f, why))
		if err != nil {
			return err
		}
		return q.DropParts(ctx, id)
	})
}

// Filed implements jobs.Inbox.
func (i *Inbox) Filed(ctx context.Context, run *jobs.Run, collection, key string) error {
	return i.write(ctx, "storing a file", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		return q.SetFiled(ctx, dbsqlc.SetFiledParams{TargetID: run.Target.ID, Collection: collection, Key: key})
	})
}

// Acknowledgeable implements jobs.Inbox.
func (i *Inbox) Acknowledgeable(ctx context.Context, target int64, collection string, keys []string) ([]string, error) {
	stored, err := i.store.queries.AcknowledgeableRecords(ctx, dbsqlc.AcknowledgeableRecordsParams{TargetID: target, Collection: collection,
		Keys: keys})
	return stored, redact("reading the inbox", err)
}

// Acknowledged implements jobs.Inbox.
func (i *Inbox) Acknowledged(ctx context.Context, run *jobs.Run, collection, key string) error {
	return i.write(ctx, "recording an acknowledgement", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		if err := q.SetAcknowledged(ctx, dbsqlc.SetAcknowledgedParams{TargetID: run.Target.ID, Collection: collection, Key: key}); err != nil {
			return err
		}
		return q.NoteAcks(ctx, dbsqlc.NoteAcksParams{RunID: run.ID, Collection: collection, Keys: []string{key}, Ack: ackDone})
	})
}

// Unacknowledged implements jobs.Inbox.
func (i *Inbox) Unacknowledged(ctx context.Context, run *jobs.Run, collection, key string, why jobs.Reason) error {
	return i.write(ctx, "recording an acknowledgement", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		return q.NoteAcks(ctx, dbsqlc.NoteAcksParams{RunID: run.ID, Collection: collection, Keys: []string{key}, Ack: ackFailed,
			ReasonCode: string(why.Code), ReasonDetail: why.Detail})
	})
}

// Close implements jobs.Inbox.
func (i *Inbox) Close(ctx context.Context, run *jobs.Run, collection string, listed []string) (closed int, err error) {
	err = i.write(ctx, "recording an acknowledgement", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		keys, err := q.CloseRecords(ctx, dbsqlc.CloseRecordsParams{TargetID: run.Target.ID, Collection: collection,
			Listed: append([]string{}, listed...)})
		if err != nil || len(keys) == 0 {
			return err
		}
		closed = len(keys)
		slices.Sort(keys)
		return q.NoteAcks(ctx, dbsqlc.NoteAcksParams{RunID: run.ID, Collection: collection, Keys: keys, Ack: ackClosed})
	})
	return closed, err
}

// Conclude implements jobs.Inbox.
func (i *Inbox) Conclude(ctx context.Context, run *jobs.Run, c jobs.Concluded) error {
	findings, err := findingsText(c.Findings)
	if err != nil {
		return err
	}
	collections, err := json.Marshal(c.Collections)
	if err != nil {
		return hinted.While("recording what was read", err)
	}
	n := &c.Counts
	//nolint:gosec // fewer than two thousand million records
	row := dbsqlc.ConcludePullParams{ID: run.ID, Whole: c.Whole, Findings: findings, Collections: collections, Answer: c.Answer,
		RecordsRead: int32(n.Read), RecordsNew: int32(n.New), RecordsChanged: int32(n.Changed), RecordsSame: int32(n.Same),
		RecordsRefused: int32(n.Refused), RecordsGone: int32(n.Gone), RecordsForeign: int32(n.Foreign), FilesMissing: int32(n.Missing),
		Unacknowledged: int32(n.Unacknowledged), Unsettled: int32(n.Unsettled)}
	return i.write(ctx, "recording what was read", run, func(_ pgx.Tx, q *dbsqlc.Queries) error {
		if err := q.ConcludePull(ctx, row); err != nil || !c.Whole && c.Answer == "" {
			return err
		}
		return q.CancelHeldBefore(ctx, run.ID)
	})
}
