package web

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

const (
	shownDecisions = 200
	mostDecisions  = 100_000 // of a table
)

// journalData is who decided what.
type journalData struct {
	Decided   []view.Decided
	Dossiers  []choice
	Decisions []choice
	Readings  *view.Table // instead: who was shown what of whom
	Whose     string      // those of whom are shown; "" = of all
	More      bool
	Table     string // where the same stands as a table
}

// readings is what the journal calls who was shown what, beside the names of decisions.
const readings = "readings"

// readingFilter is what of the readings is asked for: of a dossier, and of all who read by who administers it, else of the person.
func (r *request) readingFilter(of ledger.AuditFilter) ledger.ReadingFilter {
	f := ledger.ReadingFilter{Dossier: of.Dossier, Max: of.Max}
	if !r.may(accounts.Admin, of.Dossier) {
		f.Actor = r.Session.Account
	}
	return f
}

func (r *request) asksForReadings() bool { return r.URL.Query().Get("decision") == readings }

// journalFilter is what of the audit is asked for. Who has not all dossiers sees one of theirs at a time; what is of no dossier is an
// administrator's.
func (r *request) journalFilter(most int) (f ledger.AuditFilter, ok bool) {
	f = ledger.AuditFilter{Max: most, Dossier: r.URL.Query().Get("dossier")}
	if d := ledger.Decision(r.URL.Query().Get("decision")); slices.Contains(ledger.Decisions, d) {
		f.Decision = d
	}
	if f.Dossier == "" && !r.Session.Grants.Everywhere(accounts.Admin) {
		mine := r.dossiers("")
		if len(mine) == 0 {
			return f, false
		}
		f.Dossier = mine[0].Value
	}
	return f, f.Dossier == "" || slices.ContainsFunc(r.dossiers(""), func(c choice) bool { return c.Value == f.Dossier })
}

func showJournal(r *request) (page, error) {
	f, ok := r.journalFilter(shownDecisions)
	if !ok {
		return page{}, errNotFound
	}
	t := &r.Words.Web.Journal
	data := journalData{Dossiers: r.dossiers(f.Dossier), Table: "/journal.csv?dossier=" + f.Dossier + "&decision=" + string(f.Decision)}
	var err error
	if r.asksForReadings() {
		data.Table += readings
		err = data.read(r, f)
	} else {
		var entries []ledger.AuditEntry
		entries, err = r.App.Records().Audit(r.Context(), f)
		data.Decided, data.More = r.Words.Audit(entries), len(entries) == f.Max
	}
	if err != nil {
		return page{}, err
	}
	if r.Session.Grants.Everywhere(accounts.Admin) {
		data.Dossiers = slices.Insert(data.Dossiers, 0, choice{"", t.All, f.Dossier == ""})
	}
	data.Decisions = []choice{{"", t.All, f.Decision == ""}}
	for _, name := range app.DecisionNames() {
		data.Decisions = append(data.Decisions, choice{name, r.Words.Decisions[name], name == string(f.Decision)})
	}
	data.Decisions = append(data.Decisions, choice{readings, t.Readings, r.asksForReadings()})
	data.Decisions[0].Chosen = f.Decision == "" && !r.asksForReadings()
	return page{template: "journal", title: t.Title, data: data}, nil
}

// read tells who was shown what.
func (data *journalData) read(r *request, of ledger.AuditFilter) error {
	f := r.readingFilter(of)
	found, err := r.App.Records().Readings(r.Context(), f)
	table := r.Words.Readings(found)
	data.Readings, data.Whose, data.More = &table, f.Actor, len(found) == f.Max
	return err
}

// showJournalTable is the journal as a table for a spreadsheet.
func showJournalTable(r *request) (page, error) {
	f, ok := r.journalFilter(mostDecisions)
	if !ok {
		return page{}, errNotFound
	}
	if r.asksForReadings() {
		return r.readingsTable(r.readingFilter(f))
	}
	entries, err := r.App.Records().Audit(r.Context(), f)
	if err != nil {
		return page{}, err
	}
	rows := [][]string{{"at", "decision", "by", "dossier", "environment", "job", "period", "run", "employees", "reason", "detail"}}
	for i := range entries {
		e := &entries[i]
		run := ""
		if e.Run != 0 {
			run = strconv.FormatInt(e.Run, 10)
		}
		rows = append(rows, []string{e.At.UTC().Format(time.RFC3339), string(e.Decision), e.Actor, e.Dossier, e.Environment, e.Job,
			string(e.Period), run, strings.Join(e.Employees, " "), e.Reason, e.Detail})
	}
	return spreadsheet("journal.csv", rows), nil
}

// readingsTable is who was shown what, as a table for a spreadsheet.
func (r *request) readingsTable(f ledger.ReadingFilter) (page, error) {
	found, err := r.App.Records().Readings(r.Context(), f)
	rows := [][]string{{"at", "by", "account", "channel", "dossier", "environment", "employee", "member", "run"}}
	for i := range found {
		read := &found[i]
		run := ""
		if read.Run != 0 {
			run = strconv.FormatInt(read.Run, 10)
		}
		rows = append(rows, []string{read.At.UTC().Format(time.RFC3339), read.By.Name, read.By.Account, string(read.By.Channel),
			read.Target.Dossier, read.Target.Environment, read.Key, read.Field, run})
	}
	return spreadsheet("readings.csv", rows), err
}

func spreadsheet(name string, rows [][]string) page {
	var into bytes.Buffer
	w := csv.NewWriter(&into)
	w.UseCRLF = true
	for _, row := range rows {
		for i := range row {
			row[i] = plainCell(row[i])
		}
		_ = w.Write(row) // a buffer takes all
	}
	w.Flush()
	return page{file: name, content: into.Bytes()}
}

// plainCell keeps a spreadsheet from taking a text for a formula.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
