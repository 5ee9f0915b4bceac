package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// readable reports that the schema is there: to read it, an older version will do.
func (i *Inbox) readable(ctx context.Context) error {
	version, err := versionOf(ctx, i.store.pool, "inbox")
	if err == nil && version == 0 {
		return jobs.ErrNoInbox
	}
	return redactUnlessOurs("reading the inbox", err)
}

// Records lists those that a filter selects, the last changed first. documents: with what they say. jobs.ErrNoInbox.
func (i *Inbox) Records(ctx context.Context, f ledger.RecordFilter, documents bool) ([]ledger.InboxRecord, error) {
	if err := i.readable(ctx); err != nil {
		return nil, err
	}
	most := int32(math.MaxInt32)
	if f.Max > 0 {
		most = int32(min(f.Max, math.MaxInt32)) //nolint:gosec // bounded
	}
	rows, err := i.store.queries.ListRecords(ctx, dbsqlc.ListRecordsParams{Documents: documents, Partner: f.Partner, Dossier: f.Dossier,
		Collection: f.Collection, Key: f.Key, Since: f.Since, Most: most})
	if err != nil {
		return nil, redact("reading the inbox", err)
	}
	all := make([]ledger.InboxRecord, len(rows))
	for n := range rows {
		all[n] = toInboxRecord(&rows[n])
	}
	return all, nil
}

func toInboxRecord(row *dbsqlc.ListRecordsRow) ledger.InboxRecord {
	r := ledger.InboxRecord{Collection: row.Collection, Key: row.Key, Version: int(row.Version), Dated: value(row.Dated),
		FirstSeen: row.FirstSeen, Changed: row.ChangedAt, Run: row.Run, Gone: row.GoneSince, Filed: row.FilesAt,
		Acknowledged: row.AcknowledgedAt, Forgotten: row.ForgottenAt,
		Target: jobs.Target{ID: row.TargetID, Partner: row.Partner, Environment: row.Environment, BaseURL: row.BaseUrl, Dossier: row.Dossier}}
	if row.Document != "" {
		r.Document = []byte(row.Document)
	}
	return r
}

// Story adds to a record its changes, the oldest first, and its files.
func (i *Inbox) Story(ctx context.Context, r *ledger.InboxRecord) error {
	changes, err := i.store.queries.RecordChanges(ctx, dbsqlc.RecordChangesParams{TargetID: r.Target.ID, Collection: r.Collection, Key: r.Key})
	if err != nil {
		return redact("reading the inbox", err)
	}
	for _, c := range changes {
		r.Changes = append(r.Changes, ledger.RecordChange{Version: int(c.Version), At: c.At, Run: c.Run, Path: c.Path,
			Difference: jobs.Difference(c.Difference), Old: c.Old, New: c.New})
	}
	files, err := i.store.queries.RecordFiles(ctx, dbsqlc.RecordFilesParams{TargetID: r.Target.ID, Collection: r.Collection, Key: r.Key})
	if err != nil {
		return redact("reading the inbox", err)
	}
	for _, f := range files {
		r.Files = append(r.Files, toInboxFile(f))
	}
	return nil
}

func toInboxFile(row dbsqlc.RecordFilesRow) ledger.InboxFile {
	f := ledger.InboxFile{ID: row.File, Type: row.Type, Size: -1, SHA256: value(row.Sha256), Missing: jobs.ReasonCode(row.Missing), At: row.At}
	if row.Size != nil {
		f.Size = *row.Size
	}
	return f
}

// ReadFile writes what a file of a record contains, a part after the other, and fails where that is not what was stored.
func (i *Inbox) ReadFile(ctx context.Context, r *ledger.InboxRecord, file string, to io.Writer) error {
	const doing = "reading the inbox"
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, i.store.pool, options, func(tx pgx.Tx) error {
		q := i.store.queries.WithTx(tx)
		files, err := q.RecordFiles(ctx, dbsqlc.RecordFilesParams{TargetID: r.Target.ID, Collection: r.Collection, Key: r.Key})
		at := slices.IndexFunc(files, func(f dbsqlc.RecordFilesRow) bool { return f.File == file && f.Missing == "" })
		if err != nil || at < 0 {
			return redactUnlessOurs(doing, errors.Join(err, noFile(at)))
		}
		sum := sha256.New()
		for n := int32(0); ; n++ {
			part, err := q.FilePart(ctx, dbsqlc.FilePartParams{FileID: files[at].ID, N: n})
			if isNoRows(err) {
				break
			}
			if err != nil {
				return redact(doing, err)
			}
			sum.Write(part)
			if _, err := to.Write(part); err != nil {
				return err
			}
		}
		if known := value(files[at].Sha256); known != "" && known != hex.EncodeToString(sum.Sum(nil)) {
			return hinted.Because(nil, "inbox.altered", "file", file)
		}
		return nil
	})
	return err
}

func noFile(at int) error {
	if at < 0 {
		return hinted.Because(nil, "inbox.file-gone")
	}
	return nil
}

// inboxViews are the views that people may have written out, and what they are ordered by.
var inboxViews = map[string]string{
	"dossiers":        "partner, environment, dossier",
	"records":         "partner, environment, dossier, collection, key",
	"changes":         "at, partner, environment, dossier, collection, key, version, path",
	"files":           "partner, environment, dossier, collection, key, file",
	"chorus_factures": "dossier, environment, date_facture, identifiant",
	"iopole_factures": "dossier, environment, date_facture, identifiant",
	"iopole_statuts":  "dossier, environment, date, identifiant",
}

// InboxViews are the names of the views that WriteView knows.
func InboxViews() []string { return slices.Sorted(maps.Keys(inboxViews)) }

// Cell is a value of a row. Number and Moment: it is one by its column's type.
type Cell struct {
	Text           string
	Number, Moment bool
}

// ReadView reads a view row by row, first the names of its columns, of one dossier or, with "", of all. Times are by a zone. The
// documents of records stand in the view records alone.
func (i *Inbox) ReadView(ctx context.Context, view, dossier string, zone *time.Location, row func([]Cell) error) error {
	if err := i.readable(ctx); err != nil {
		return err
	}
	order, known := inboxViews[view]
	if !known {
		return hinted.Because(nil, "defect.no-view", "view", strconv.Quote(view))
	}
	name := zone.String()
	if zone == time.Local {
		name = "UTC"
	}
	options := pgx.TxOptions{AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, i.store.pool, options, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('TimeZone', $1, true), set_config('DateStyle', 'ISO', true)`, name); err != nil {
			return redact("reading the inbox", err)
		}
		query := `SELECT * FROM inbox.` + view + ` WHERE $1 = '' OR dossier = $1 ORDER BY ` + order
		rows, err := tx.Query(ctx, query, pgx.QueryResultFormats{pgx.TextFormatCode}, dossier)
		if err != nil {
			return redact("reading the inbox", err)
		}
		defer rows.Close()
		return readRows(rows, view == "records", row)
	})
}

// numbers are the types of columns whose values are numbers.
var numbers = map[uint32]bool{pgtype.NumericOID: true, pgtype.Int2OID: true, pgtype.Int4OID: true, pgtype.Int8OID: true}

func readRows(rows pgx.Rows, documents bool, row func([]Cell) error) error {
	var shown []int
	var head []Cell
	columns := rows.FieldDescriptions()
	for n := range columns {
		if columns[n].Name != "document" || documents {
			shown, head = append(shown, n), append(head, Cell{Text: columns[n].Name})
		}
	}
	if err := row(head); err != nil {
		return err
	}
	cells := make([]Cell, len(shown))
	for rows.Next() {
		values := rows.RawValues()
		for at, n := range shown {
			of := columns[n].DataTypeOID
			cells[at] = Cell{string(values[n]), numbers[of], of == pgtype.TimestamptzOID}
		}
		if err := row(cells); err != nil {
			return err
		}
	}
	return redact("reading the inbox", rows.Err())
}

// Collections are those of which the inbox has records, as "partner/collection".
func (i *Inbox) Collections(ctx context.Context) ([]string, error) {
	if err := i.readable(ctx); err != nil {
		return nil, err
	}
	rows, err := i.store.queries.CollectionsKept(ctx)
	all := make([]string, len(rows))
	for n, row := range rows {
		all[n] = row.Partner + "/" + row.Collection
	}
	return all, redact("reading the inbox", err)
}

// ReadRecords are what a run made of single records, in portions: those behind a collection and key. changes: with what it changed.
func (s *Store) ReadRecords(ctx context.Context, run *jobs.Run, after ledger.ReadRecord, most int,
	changes bool) ([]ledger.ReadRecord, error) {
	rows, err := s.queries.ReadRecords(ctx, dbsqlc.ReadRecordsParams{RunID: run.ID, AfterCollection: after.Collection, AfterKey: after.Key,
		Most: int32(most)}) //nolint:gosec // a few
	if err != nil {
		return nil, redact("reading the run", err)
	}
	all := make([]ledger.ReadRecord, len(rows))
	for n, row := range rows {
		all[n] = ledger.ReadRecord{Collection: row.Collection, Key: row.Key, Difference: jobs.Difference(row.Difference),
			Reason:          jobs.Reason{Code: jobs.ReasonCode(row.ReasonCode), Detail: row.ReasonDetail},
			Acknowledgement: ledger.Acknowledgement(row.Ack)}
	}
	if !changes || len(all) == 0 {
		return all, nil
	}
	if err := s.Inbox().readable(ctx); errors.Is(err, jobs.ErrNoInbox) {
		return all, nil
	} else if err != nil {
		return nil, err
	}
	return all, s.addChanges(ctx, run, all)
}

func (s *Store) addChanges(ctx context.Context, run *jobs.Run, records []ledger.ReadRecord) error {
	of := dbsqlc.ChangesOfRunParams{TargetID: run.Target.ID, RunID: run.ID}
	at := map[[2]string]int{}
	for n := range records {
		r := &records[n]
		at[[2]string{r.Collection, r.Key}] = n
		of.Keys = append(of.Keys, r.Key)
		if !slices.Contains(of.Collections, r.Collection) {
			of.Collections = append(of.Collections, r.Collection)
		}
	}
	rows, err := s.queries.ChangesOfRun(ctx, of)
	for _, c := range rows {
		if n, is := at[[2]string{c.Collection, c.Key}]; is {
			records[n].Changes = append(records[n].Changes, ledger.RecordChange{Version: int(c.Version), At: c.At, Run: run.ID, Path: c.Path,
				Difference: jobs.Difference(c.Difference), Old: c.Old, New: c.New})
		}
	}
	return redact("reading the inbox", err)
}

// gatheredLast are the accountings of the last run of each of these jobs, which read records, by job and dossier.
func (s *Store) gatheredLast(ctx context.Context, names []string, environment, baseURL string) (map[[2]string]map[string]jobs.Gathered,
	error) {
	rows, err := s.queries.LastCollections(ctx, dbsqlc.LastCollectionsParams{Jobs: names, Environment: environment, BaseUrl: baseURL})
	last := make(map[[2]string]map[string]jobs.Gathered, len(rows))
	for _, row := range rows {
		last[[2]string{row.Job, row.Dossier}] = gatheredBy(row.Collections).Collections
	}
	return last, redact("reading how dossiers stand", err)
}

// formula is what a spreadsheet takes for one at the beginning of a cell: also behind what a French one takes for its end.
var formula = lazyregexp.New(`(^|[;\t\r\n])([=+@-])|^[\t\r]`)

// Spelled is a cell that no spreadsheet takes for a formula.
func (c Cell) Spelled() string {
	if c.Number {
		return c.Text
	}
	return formula().ReplaceAllStringFunc(c.Text, func(found string) string {
		if last := len(found) - 1; strings.ContainsAny(found[last:], "=+@-") {
			return found[:last] + "'" + found[last:]
		}
		return "'" + found
	})
}

var longNumber = lazyregexp.New(`^(0[0-9]+|[0-9]{12,})$`)

// ForExcel is a cell as a French Excel takes it for what it is: amounts with a comma, moments without a zone, to the second, and
// numbers that name something (SIRET, keys) with all their digits.
func (c Cell) ForExcel() string {
	const second = len("2006-01-02 15:04:05")
	switch {
	case c.Number:
		return strings.Replace(c.Text, ".", ",", 1)
	case c.Moment:
		return c.Text[:min(second, len(c.Text))]
	case longNumber().MatchString(c.Text):
		return `="` + c.Text + `"`
	}
	return c.Spelled()
}

// HasReaders reports whether the group inbox_reader is there, and may read the schema.
func (i *Inbox) HasReaders(ctx context.Context) (has bool, err error) {
	const query = `SELECT coalesce((SELECT has_schema_privilege(oid, 'inbox', 'USAGE') FROM pg_roles WHERE rolname = 'inbox_reader'), false)`
	err = i.store.pool.QueryRow(ctx, query).Scan(&has)
	return has, redact("reading the inbox", err)
}
