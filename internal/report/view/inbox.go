package view

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Actions about the inbox.
const (
	inboxList   = "inbox-list"
	inboxExport = "inbox-export"
)

// InboxList is a table of records, and what to do where there is none.
func (t *Teller) InboxList(records []ledger.InboxRecord) Table {
	words := &t.Inbox
	table := Table{Head: words.Head, Numbers: len(words.Head)}
	for i := range records {
		r := &records[i]
		table.Rows = append(table.Rows, []string{r.Target.Partner, r.Target.Dossier, environment(r.Target), r.Collection, r.Key,
			strconv.Itoa(r.Version), t.second(r.Changed, t.options.Location), t.standing(r)})
	}
	return table
}

// standing is how a record stands, in a word or two.
func (t *Teller) standing(r *ledger.InboxRecord) string {
	words := &t.Inbox
	switch {
	case r.Forgotten != nil:
		return words.Forgotten
	case r.Gone != nil:
		return words.Gone
	case r.Filed == nil:
		return words.Unfiled
	}
	return ""
}

// InboxRecord is a record with its history, as people read it.
type InboxRecord struct {
	Head
	Files    *Table   // nil = there are none
	Document []string // lines; none where it is forgotten
	Versions []RecordVersion
	Next     []Step
}

// RecordVersion is a change of a record.
type RecordVersion struct {
	Title  string
	Fields []Field
}

// InboxRecord tells of one record.
func (t *Teller) InboxRecord(r *ledger.InboxRecord) *InboxRecord {
	t = t.Of(r.Target)
	words, zone := &t.Inbox, t.options.Location
	dated := ""
	if !r.Dated.IsZero() {
		dated = t.time(&r.Dated, zone)
	}
	told := &InboxRecord{Head: Head{Title: locale.Fill(words.Record, "collection", r.Collection, "key", r.Key), Target: t.target(r.Target),
		Production: inProduction(r.Target), Facts: [][2]string{
			{words.Version, t.Number(r.Version)}, {words.Dated, dated}, {words.FirstSeen, t.time(&r.FirstSeen, zone)},
			{words.Changed, locale.Fill(words.ByRun, "time", t.time(&r.Changed, zone), "run", r.Run)},
			{words.GoneSince, t.time(r.Gone, zone)}, {words.Acknowledged, t.time(r.Acknowledged, zone)},
			{words.ForgottenSince, t.time(r.Forgotten, zone)},
		}}}
	told.Document = documentLines(r.Document)
	told.Files = t.recordFiles(r.Files)
	told.Versions = t.recordVersions(r, zone)
	if at := slices.IndexFunc(r.Files, func(f ledger.InboxFile) bool { return f.Missing == "" }); at >= 0 {
		export := Action{Action: inboxExport, Partner: r.Target.Partner, Dossier: r.Target.Dossier,
			Record: []string{r.Collection, r.Key, r.Files[at].ID}}
		told.Next = append(told.Next, does(words.Export, export))
	}
	return told
}

func documentLines(document []byte) []string {
	if document == nil {
		return nil
	}
	var b bytes.Buffer
	if err := json.Indent(&b, document, "", "  "); err != nil {
		return []string{string(document)}
	}
	return strings.Split(b.String(), "\n")
}

func (t *Teller) recordFiles(files []ledger.InboxFile) *Table {
	if len(files) == 0 {
		return nil
	}
	table := &Table{Head: t.Inbox.FileHead, Numbers: len(t.Inbox.FileHead)}
	for i := range files {
		f := &files[i]
		state := t.Inbox.There
		if f.Missing != "" {
			state = t.Reason(jobs.Reason{Code: f.Missing})
		}
		table.Rows = append(table.Rows, []string{f.ID, f.Type, t.sized(f.Size), state})
	}
	return table
}

// recordVersions are the changes of a record, the newest first.
func (t *Teller) recordVersions(r *ledger.InboxRecord, zone *time.Location) []RecordVersion {
	var versions []RecordVersion
	last := 0
	for i := range r.Changes {
		c := &r.Changes[i]
		if c.Version != last {
			last = c.Version
			versions = append(versions, RecordVersion{Title: locale.Fill(t.Inbox.AtVersion, "version", c.Version, "time", t.time(&c.At, zone),
				"run", c.Run)})
		}
		v := &versions[len(versions)-1]
		v.Fields = append(v.Fields, t.recordField(c))
	}
	slices.Reverse(versions)
	return versions
}

// The members of these types are a contract: docs/json.md tells them.

// StoredRecord is a record as the inbox has it.
type StoredRecord struct {
	Partner      string          `json:"partner"`
	Environment  string          `json:"environment"`
	Dossier      string          `json:"dossier"`
	Collection   string          `json:"collection"`
	Key          string          `json:"key"`
	Version      int             `json:"version"`
	Dated        *string         `json:"dated"`
	FirstSeen    *string         `json:"first_seen"`
	ChangedAt    *string         `json:"changed_at"`
	Run          int64           `json:"run"`
	GoneSince    *string         `json:"gone_since"`
	FilesAt      *string         `json:"files_at"`
	Acknowledged *string         `json:"acknowledged_at"`
	ForgottenAt  *string         `json:"forgotten_at"`
	Document     json.RawMessage `json:"document,omitempty"`
	Files        []StoredFile    `json:"files,omitempty"`
	Changes      []RecordChange  `json:"changes,omitempty"`
	Next         []Step          `json:"next,omitempty"`
}

// StoredFile is a file of a record.
type StoredFile struct {
	File    string  `json:"file"`
	Type    string  `json:"type"`
	Size    *int64  `json:"size"`
	SHA256  string  `json:"sha256,omitempty"`
	Missing *Reason `json:"missing"`
	At      *string `json:"at"`
}

// RecordChange is one difference of a record.
type RecordChange struct {
	Version    int             `json:"version"`
	At         *string         `json:"at"`
	Run        int64           `json:"run"`
	Path       string          `json:"path"` // "" = the record itself
	Difference jobs.Difference `json:"difference"`
	Old        json.RawMessage `json:"old,omitempty"`
	New        json.RawMessage `json:"new,omitempty"`
}

func recordChanges(changes []ledger.RecordChange) []RecordChange {
	out := make([]RecordChange, 0, len(changes))
	for i := range changes {
		c := &changes[i]
		out = append(out, RecordChange{c.Version, moment(&c.At), c.Run, c.Path, c.Difference, json.RawMessage(c.Old), json.RawMessage(c.New)})
	}
	return out
}

func (t *Teller) stored(r *ledger.InboxRecord) *StoredRecord {
	out := &StoredRecord{Partner: r.Target.Partner, Environment: r.Target.Environment, Dossier: r.Target.Dossier, Collection: r.Collection,
		Key: r.Key, Version: r.Version, FirstSeen: moment(&r.FirstSeen), ChangedAt: moment(&r.Changed), Run: r.Run, GoneSince: moment(r.Gone),
		FilesAt: moment(r.Filed), Acknowledged: moment(r.Acknowledged), ForgottenAt: moment(r.Forgotten), Document: r.Document,
		Changes: recordChanges(r.Changes)}
	if !r.Dated.IsZero() {
		out.Dated = moment(&r.Dated)
	}
	for i := range r.Files {
		f := &r.Files[i]
		file := StoredFile{File: f.ID, Type: f.Type, SHA256: f.SHA256, At: moment(&f.At)}
		if f.Size >= 0 {
			file.Size = &f.Size
		}
		if f.Missing != "" {
			reason := t.reason(jobs.Reason{Code: f.Missing})
			file.Missing = &reason
		}
		out.Files = append(out.Files, file)
	}
	return out
}

// WriteInboxJSON writes an array of records, in the order given.
func (t *Teller) WriteInboxJSON(w io.Writer, records []ledger.InboxRecord) error {
	out := newStream(w)
	out.raw("[")
	for i := range records {
		out.element(t.Of(records[i].Target).stored(&records[i]))
	}
	out.closeArray()
	return out.end("\n")
}

// WriteInboxRecordJSON writes one record with its files and changes.
func (t *Teller) WriteInboxRecordJSON(w io.Writer, r *ledger.InboxRecord) error {
	t = t.Of(r.Target)
	out := newStream(w)
	told := t.stored(r)
	told.Next = t.InboxRecord(r).Next
	out.value(told)
	return out.end("\n")
}
