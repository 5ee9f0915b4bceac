package web

import (
	"net/url"
	"strings"

	"syncd/internal/app"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

const (
	shownRecords = 100
	shownReads   = 10
)

// receptionData is what was read of partners for a dossier. What a record says is not shown: it is a partner's document in clear text.
type receptionData struct {
	Dossiers []choice
	Jobs     bool // some job reads records
	Reads    []readRun
	Table    view.Table
	Links    []string // of the rows
	Full     bool
}

// readRun is one reading: what came in, and what of it needs somebody.
type readRun struct {
	Link, Name, State, Sum string
}

// someDossier is the one that the address asks for, or the first that the person may read; ok = false: there is none, or it is another's.
func (r *request) someDossier() (name string, ok bool) {
	mine := r.dossiers("")
	name = r.URL.Query().Get("dossier")
	for _, d := range mine {
		if name == "" || d.Value == name {
			return d.Value, true
		}
	}
	return name, false
}

func showReception(r *request) (page, error) {
	dossier, ok := r.someDossier()
	if !ok {
		return page{}, errNotFound
	}
	data := receptionData{Dossiers: r.dossiers(dossier)}
	for _, job := range r.App.Config.Jobs {
		if !job.Kind.Fetches() || !job.Covers(dossier) {
			continue
		}
		data.Jobs = true
		runs, err := r.App.Records().Runs(r.Context(), ledger.RunFilter{Job: job.Name, Dossiers: []string{dossier}, Max: shownReads})
		if err != nil {
			return page{}, err
		}
		for _, run := range runs {
			report, err := r.Words.Received(run, r.App.Records().Received(r.Context(), run, false), view.Show{})
			if err != nil {
				return page{}, err
			}
			line := readRun{Link: runPath(run.ID), Name: r.runName(run), State: r.Words.States[string(run.State)].Word}
			for _, c := range report.Collections {
				line.Sum += c.Name + r.Words.Colon + c.Sum + ". "
			}
			data.Reads = append(data.Reads, line)
		}
	}
	records, full, err := r.App.Inbox().List(r.Context(), ledger.RecordFilter{Dossier: dossier, Max: shownRecords})
	if err != nil && app.Of(err) != app.Mistaken {
		return page{}, err
	}
	data.Table, data.Full = r.Words.InboxList(records), full
	for i := range records {
		data.Links = append(data.Links, recordPath(&records[i]))
	}
	return page{template: "reception", title: r.Words.Web.Reception.Title, data: data}, nil
}

func recordPath(record *ledger.InboxRecord) string {
	parts := []string{record.Target.Dossier, record.Target.Partner, record.Collection, record.Key}
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/reception/" + strings.Join(parts, "/")
}

// recordData is one record: when it came and changed, and its files, without what it says.
type recordData struct {
	view.Head
	Files    *view.Table
	Versions []view.RecordVersion
}

func showRecord(r *request) (page, error) {
	record, err := r.App.Inbox().Record(r.Context(), ledger.RecordFilter{Dossier: r.PathValue("dossier"), Partner: r.PathValue("partner"),
		Collection: r.PathValue("collection"), Key: r.PathValue("key")})
	if err != nil && app.Of(err) == app.Mistaken {
		return page{}, errNotFound
	}
	if err != nil {
		return page{}, err
	}
	told := r.Words.InboxRecord(record)
	return page{template: "record", title: told.Title, data: recordData{told.Head, told.Files, told.Versions}}, nil
}
