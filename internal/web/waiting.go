package web

import (
	"slices"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

// waitingData is what waits for a person, the oldest first: for the one who looks, and for others of the same dossiers.
type waitingData struct {
	Mine, Others []waitingItem
	None         string // instead of Mine, and when the next run goes
}

type waitingItem struct {
	Link, Name, Text string
	Since, Until     string // when it is given up; "" = nobody says, never
	Who              string // who may see to it; "" = the one who looks
	at               time.Time
}

// waitingMonths is how many months are looked through for what is left of them.
const waitingMonths = 3

func showWaiting(r *request) (page, error) {
	var data waitingData
	runs, err := r.App.Records().Runs(r.Context(), ledger.RunFilter{Dossiers: r.readable(), State: string(jobs.Held), Max: mostHeld})
	if err != nil {
		return page{}, err
	}
	for _, run := range runs {
		data.add(r.heldItem(run))
	}
	var names []string
	for _, d := range r.dossiers("") {
		names = append(names, d.Value)
	}
	if len(names) > 0 {
		all, err := r.App.Months().Fleet(r.Context(), app.MonthsOf{Dossiers: names, Months: waitingMonths})
		if err != nil {
			return page{}, err
		}
		r.addLeft(&data, &all)
		data.None = r.nothingWaits(&all)
	}
	for _, items := range [][]waitingItem{data.Mine, data.Others} {
		slices.SortStableFunc(items, func(a, b waitingItem) int { return a.at.Compare(b.at) })
	}
	return page{template: "waiting", title: r.Words.Web.Waiting.Title, data: data}, nil
}

func (d *waitingData) add(item waitingItem) {
	if item.Who == "" {
		d.Mine = append(d.Mine, item)
	} else {
		d.Others = append(d.Others, item)
	}
}

// heldItem is a run that waits as a whole.
func (r *request) heldItem(run *jobs.Run) waitingItem {
	item := waitingItem{Link: runPath(run.ID), Name: r.runName(run), Text: r.Words.Reason(run.Failure), at: run.CreatedAt}
	r.date(&item, run, true)
	needed := &forbiddenError{role: accounts.Approve, dossiers: []string{r.App.NameNow(run.Target)}, run: run}
	if slices.ContainsFunc(run.Findings, func(f jobs.Finding) bool { return f.Rule == jobs.RuleContract && f.Holds }) {
		needed.dossiers = r.allDossiers()
	}
	r.assign(&item, needed)
	return item
}

// date says since when something waits that a run left so, and until when: what is held is given up some time after its run ended.
func (r *request) date(item *waitingItem, run *jobs.Run, held bool) {
	if run.FinishedAt == nil {
		return
	}
	item.at = *run.FinishedAt
	zone := r.App.Config.Zone()
	item.Since = r.Words.Minute(item.at.In(zone))
	if job, err := r.App.Config.Job(run.Job); held && err == nil && job.HoldExpires > 0 {
		item.Until = r.Words.Minute(item.at.Add(job.HoldExpires).In(zone))
	}
}

// assign names who may see to something where the one who looks may not.
func (r *request) assign(item *waitingItem, needed *forbiddenError) {
	if !r.mayAll(needed.role, needed.dossiers) ||
		needed.run != nil && needed.run.WaitsForAnother(r.Session.Account, r.Session.System, false) {
		item.Who = r.server.whoMay(r, needed)
	}
}

// addLeft adds what is left of months; runs that are held as a whole stand by themselves.
func (r *request) addLeft(data *waitingData, all *view.Months) {
	waits := func(e *view.MonthEntry) bool { return e.State.Asks() || e.Late }
	var told []*view.MonthEntry
	for i := range all.Rows {
		for j := range all.Rows[i].Months {
			if e := &all.Rows[i].Months[j]; waits(e) {
				told = append(told, e)
			}
		}
	}
	r.Words.LearnMonths(told)
	for i := range all.Rows {
		row := &all.Rows[i]
		for j := range row.Months {
			e := &row.Months[j]
			if !waits(e) {
				continue
			}
			report := r.Words.MonthReport(all, e)
			for k := range report.Left {
				if left := &report.Left[k]; left.Kind != ledger.MissingHeld {
					data.add(r.leftItem(row, e, left))
				}
			}
		}
	}
}

// leftItem is one thing that is left of a month, since the first run that left it so, or since it was due.
func (r *request) leftItem(row *view.MonthRow, e *view.MonthEntry, left *view.Left) waitingItem {
	item := waitingItem{Link: monthPath(row.Dossier, e.Period), Text: left.Text, at: e.Period.Start(),
		Name: r.called(row.Dossier) + ", " + r.Words.Month(e.Period.Start())}
	needed := &forbiddenError{role: accounts.Prepare, dossiers: []string{row.Dossier}}
	held := left.Kind == ledger.MissingKind(jobs.ItemHeld)
	if held {
		needed.role = accounts.Approve
	}
	switch {
	case len(left.Runs) > 0 && e.Runs[left.Runs[0]] != nil:
		run := e.Runs[left.Runs[0]]
		r.date(&item, run, held)
		if held {
			needed.run = run
		}
	case e.Late:
		item.at = e.Due
		item.Since = r.Words.Minute(e.Due)
	}
	r.assign(&item, needed)
	return item
}

// nothingWaits says when the next run goes.
func (r *request) nothingWaits(all *view.Months) string {
	text := r.Words.Web.Waiting.None
	for _, fact := range r.Words.Fleet(all).Facts {
		if fact[0] == r.Words.PayMonth.Next && fact[1] != "" {
			text += " " + fact[0] + r.Words.Colon + fact[1]
		}
	}
	return text
}
