package app

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"iter"
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

// Inbox is what was read of partners.
type Inbox struct{ app *App }

// Inbox is where what was read of partners is asked for.
func (a *App) Inbox() Inbox { return Inbox{a} }

// Why what is asked of the inbox is refused.
const (
	NoCollection   Code = "no-collection"   // name, names: those that there are
	NoRecordsYet   Code = "no-records-yet"  // name: of a collection
	NoPartnerNamed Code = "no-partner"      // name, names
	NoRecord       Code = "no-record"       // name (the collection), value (the key)
	SeveralRecords Code = "several-records" // name, value, names: of which partners and dossiers
	RecordErased   Code = "record-erased"   // name, value
	NoView         Code = "no-view"         // value, names
	NoFile         Code = "no-file"         // value; names: the files that there are
	NoFiles        Code = "no-files"        // name, value: the record has none
	FileMissing    Code = "file-missing"    // value, why
	WhichFile      Code = "which-file"      // names
)

// Received is what a run made of single records, in portions; changes: with what it changed.
func (r Records) Received(ctx context.Context, run *jobs.Run, changes bool) iter.Seq2[ledger.ReadRecord, error] {
	return func(yield func(ledger.ReadRecord, error) bool) {
		st, err := r.ledger(ctx)
		if err != nil {
			yield(ledger.ReadRecord{}, err)
			return
		}
		for last := (ledger.ReadRecord{}); ; {
			some, err := st.ReadRecords(ctx, run, last, itemsAtOnce, changes)
			if err != nil {
				yield(ledger.ReadRecord{}, err)
				return
			}
			for i := range some {
				if !yield(some[i], nil) {
					return
				}
			}
			if len(some) < itemsAtOnce {
				return
			}
			last = some[len(some)-1]
		}
	}
}

// List lists records, the last changed first, without what they say. full: there may be more. A name that nobody has ever heard of
// is refused when nothing is found.
func (i Inbox) List(ctx context.Context, f ledger.RecordFilter) (records []ledger.InboxRecord, full bool, err error) {
	if f.Max < 1 {
		return nil, false, refuse(NoLimit, Args{"limit": f.Max})
	}
	st, err := i.app.Records().ledger(ctx)
	if err != nil {
		return nil, false, err
	}
	records, err = st.Inbox().Records(ctx, f, false)
	if err == nil && len(records) == 0 {
		err = i.knows(ctx, st, f)
	}
	return records, len(records) == f.Max, err
}

// knows refuses names of which there is nothing in the configuration or the inbox.
func (i Inbox) knows(ctx context.Context, st *store.Store, f ledger.RecordFilter) error {
	if err := i.app.Records().knows("", f.Dossier); err != nil {
		return err
	}
	if f.Partner == "" && f.Collection == "" {
		return nil
	}
	known, err := st.Inbox().Collections(ctx)
	if err != nil {
		return err
	}
	var partners, collections []string
	for _, p := range i.app.Config.Partners {
		partners = append(partners, p.Name)
	}
	for _, of := range known {
		partner, collection, _ := strings.Cut(of, "/")
		partners = append(partners, partner)
		if f.Partner == "" || f.Partner == partner {
			collections = append(collections, collection)
		}
	}
	if f.Partner != "" && !slices.Contains(partners, f.Partner) {
		slices.Sort(partners)
		return refuse(NoPartnerNamed, Args{"name": f.Partner, "names": slices.Compact(partners)})
	}
	switch {
	case f.Collection != "" && len(collections) == 0:
		return refuse(NoRecordsYet, Args{"name": f.Collection})
	case f.Collection != "" && !slices.Contains(collections, f.Collection):
		slices.Sort(collections)
		return refuse(NoCollection, Args{"name": f.Collection, "names": slices.Compact(collections)})
	}
	return nil
}

// Collections are the names of those of which there are records; for completion.
func (i Inbox) Collections(ctx context.Context) ([]string, error) {
	st, err := i.app.Records().ledger(ctx)
	if err != nil {
		return nil, err
	}
	known, err := st.Inbox().Collections(ctx)
	for n := range known {
		_, known[n], _ = strings.Cut(known[n], "/")
	}
	slices.Sort(known)
	return slices.Compact(known), err
}

// Record is one record, with what it says, its changes and files. f names its collection and key, and partner and dossier where
// several have one of that key.
func (i Inbox) Record(ctx context.Context, f ledger.RecordFilter) (*ledger.InboxRecord, error) {
	st, err := i.app.Records().ledger(ctx)
	if err != nil {
		return nil, err
	}
	f.Max = 10
	found, err := st.Inbox().Records(ctx, f, true)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		if err := i.knows(ctx, st, f); err != nil {
			return nil, err
		}
		return nil, refuse(NoRecord, Args{"name": f.Collection, "value": f.Key})
	case len(found) > 1:
		var where []string
		for n := range found {
			t := &found[n].Target
			where = append(where, t.Partner+" "+t.Environment+" "+t.Dossier)
		}
		slices.Sort(where)
		return nil, refuse(SeveralRecords, Args{"name": f.Collection, "value": f.Key, "names": where})
	}
	return &found[0], st.Inbox().Story(ctx, &found[0])
}

// File writes a file of a record; id may be "" where it has just one.
func (i Inbox) File(ctx context.Context, f ledger.RecordFilter, id string, to io.Writer) (file string, err error) {
	r, err := i.Record(ctx, f)
	if err != nil {
		return "", err
	}
	at, err := fileOf(r, id)
	if err != nil {
		return "", err
	}
	st, err := i.app.Records().ledger(ctx)
	if err != nil {
		return "", err
	}
	return at.ID, st.Inbox().ReadFile(ctx, r, at.ID, to)
}

// fileOf finds the file of a record that is meant.
func fileOf(r *ledger.InboxRecord, id string) (*ledger.InboxFile, error) {
	var names []string
	for n := range r.Files {
		names = append(names, r.Files[n].ID)
	}
	at := slices.Index(names, id)
	switch {
	case r.Forgotten != nil:
		return nil, refuse(RecordErased, Args{"name": r.Collection, "value": r.Key})
	case len(names) == 0:
		return nil, refuse(NoFiles, Args{"name": r.Collection, "value": r.Key})
	case id == "" && len(names) == 1:
		at = 0
	case id == "":
		return nil, refuse(WhichFile, Args{"names": names})
	case at < 0:
		return nil, refuse(NoFile, Args{"value": id, "names": names})
	}
	if f := &r.Files[at]; f.Missing != "" {
		return nil, refuse(FileMissing, Args{"value": f.ID, "why": jobs.Reason{Code: f.Missing}})
	}
	return &r.Files[at], nil
}

// Views are those that can be written out.
func (i Inbox) Views() []string { return store.InboxViews() }

// excelBegins says to Excel that a file is in UTF-8.
const excelBegins = "\ufeff"

// CSV writes a view, of one dossier or, with "", of all: a line of names, then a line a row. What a spreadsheet would take for a
// formula is quoted. excel: as a French one opens it, by semicolons.
func (i Inbox) CSV(ctx context.Context, view, dossier string, excel bool, to io.Writer) error {
	if !slices.Contains(i.Views(), view) {
		return refuse(NoView, Args{"value": view, "names": i.Views()})
	}
	if err := i.app.Records().knows("", dossier); err != nil {
		return err
	}
	st, err := i.app.Records().ledger(ctx)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriter(to)
	out := csv.NewWriter(buffer)
	spelled := store.Cell.Spelled
	if excel {
		_, _ = buffer.WriteString(excelBegins) // Flush tells
		out.Comma, out.UseCRLF, spelled = ';', true, store.Cell.ForExcel
	}
	var line []string
	err = st.Inbox().ReadView(ctx, view, dossier, i.app.Config.Zone(), func(cells []store.Cell) error {
		line = line[:0]
		for _, cell := range cells {
			line = append(line, spelled(cell))
		}
		return out.Write(line)
	})
	if err != nil {
		return err
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return buffer.Flush()
}

// Forget erases what the inbox has of one record. Its key stays, so that nothing brings it back. Errors: *Refused,
// *store.ForgetError, *jobs.BusyError.
func (i Inbox) Forget(ctx context.Context, f ledger.RecordFilter, by Decision) error {
	if err := by.Check(ledger.DecisionForget); err != nil {
		return err
	}
	r, err := i.Record(ctx, f)
	if err != nil {
		return err
	}
	if r.Forgotten != nil {
		return refuse(RecordErased, Args{"name": r.Collection, "value": r.Key})
	}
	st, err := i.app.deciding(ctx, i.app.keyedLedger)
	if err != nil {
		return err
	}
	return st.ForgetRecord(ctx, store.RecordForgetting{Partner: r.Target.Partner, Dossier: r.Target.Dossier, Collection: r.Collection,
		Key: r.Key, By: by.By, Reason: by.Reason})
}
