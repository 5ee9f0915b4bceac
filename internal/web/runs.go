package web

import (
	"net/url"
	"slices"
	"strconv"

	"syncd/internal/accounts"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

const shownRuns = 50

// runsData is the last runs of the person's dossiers, or those before.
type runsData struct {
	Dossiers      []choice // one alone can be asked for; none = there is one
	Period        string   // that alone is asked for; "" = all
	Month         string   // in words
	AllMonths     string   // where those of other months are
	Runs          []runLine
	None          string // instead of them
	Newest, Older string // where the others are; "" = there are none
}

type runLine struct {
	Number                          int64
	Job, Dossier, Period, State, By string
	Began                           string
}

// runsAsked is what of the runs the address asks for, and of whose dossiers.
func (r *request) runsAsked() (f ledger.RunFilter, err error) {
	q := r.URL.Query()
	f = ledger.RunFilter{Max: shownRuns + 1, Dossiers: r.readable(), Period: q.Get("period")}
	if name := q.Get("dossier"); name != "" {
		if _, err := r.App.Config.Dossier(name); err != nil || !r.may(accounts.Read, name) {
			return f, errNotFound
		}
		f.Dossiers = []string{name}
	}
	if f.Period != "" {
		if _, err := jobs.ParsePeriod(f.Period); err != nil {
			return f, errNotFound
		}
	}
	if before := q.Get("before"); before != "" {
		if f.Before, err = strconv.ParseInt(before, 10, 64); err != nil {
			return f, errNotFound
		}
	}
	return f, nil
}

// readable are the dossiers that the person may read, as filters have them; nil = all, those that are not configured as well.
func (r *request) readable() []string {
	if r.Session.Grants.Everywhere(accounts.Read) {
		return nil
	}
	names := []string{}
	for _, d := range r.dossiers("") {
		names = append(names, d.Value)
	}
	return names
}

func showRuns(r *request) (page, error) {
	f, err := r.runsAsked()
	if err != nil {
		return page{}, err
	}
	runs, err := r.App.Records().Runs(r.Context(), f)
	if err != nil {
		return page{}, err
	}
	t := &r.Words.Web.Runs
	one := r.URL.Query().Get("dossier")
	data := runsData{Period: f.Period, None: t.None}
	if data.Dossiers = r.dossiers(one); len(data.Dossiers) > 1 {
		data.Dossiers = slices.Insert(data.Dossiers, 0, choice{"", r.Words.Web.Account.AllDossiers, one == ""})
	} else {
		data.Dossiers = nil
	}
	if f.Period != "" {
		data.Month, data.AllMonths = r.Words.Month(jobs.Period(f.Period).Start()), runsPath(one, "", 0)
	}
	if f.Before != 0 {
		data.Newest = runsPath(one, f.Period, 0)
	}
	if one != "" || f.Period != "" || f.Before != 0 {
		data.None = t.NoMatch
	}
	if len(runs) > shownRuns {
		runs = runs[:shownRuns]
		data.Older = runsPath(one, f.Period, runs[shownRuns-1].ID)
	}
	for _, run := range runs {
		data.Runs = append(data.Runs, r.runLine(run))
	}
	return page{template: "runs", title: t.Title, data: data}, nil
}

// runsPath is where runs are listed: of a dossier, "" = of all; of a month, "" = of all; older than that one, 0 = the newest.
func runsPath(dossier, period string, before int64) string {
	asked := url.Values{}
	for name, value := range map[string]string{"dossier": dossier, "period": period} {
		if value != "" {
			asked.Set(name, value)
		}
	}
	if before != 0 {
		asked.Set("before", strconv.FormatInt(before, 10))
	}
	if len(asked) == 0 {
		return "/runs"
	}
	return "/runs?" + asked.Encode()
}

func (r *request) runLine(run *jobs.Run) runLine {
	line := runLine{Number: run.ID, Job: run.Job, Dossier: r.calledNow(run.Target), State: r.Words.States[string(run.State)].Word,
		By: run.RequestedBy}
	if run.Period != "" {
		line.Period = r.Words.Month(run.Period.Start())
	}
	if run.StartedAt != nil {
		line.Began = r.Words.Brief(*run.StartedAt, r.App.Config.Zone())
	}
	return line
}
