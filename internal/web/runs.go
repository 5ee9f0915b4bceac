package web

import (
	"syncd/internal/accounts"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

const shownRuns = 50

// runsData is the last runs of the person's dossiers.
type runsData struct {
	Runs []runLine
}

type runLine struct {
	Number                          int64
	Job, Dossier, Period, State, By string
	Began                           string
}

func showRuns(r *request) (page, error) {
	f := ledger.RunFilter{Max: shownRuns, Dossier: r.URL.Query().Get("dossier"), Period: r.URL.Query().Get("period")}
	if f.Dossier != "" && !r.may(accounts.Read, f.Dossier) {
		return page{}, errNotFound
	}
	runs, err := r.App.Records().Runs(r.Context(), f)
	if err != nil {
		return page{}, err
	}
	var data runsData
	for _, run := range runs {
		if r.may(accounts.Read, run.Target.Dossier) {
			data.Runs = append(data.Runs, r.runLine(run))
		}
	}
	return page{template: "runs", title: r.Words.Web.Runs.Title, data: data}, nil
}

func (r *request) runLine(run *jobs.Run) runLine {
	line := runLine{Number: run.ID, Job: run.Job, Dossier: run.Target.Dossier, State: r.Words.States[string(run.State)].Word,
		By: run.RequestedBy}
	if run.Period != "" {
		line.Period = r.Words.Month(run.Period.Start())
	}
	if run.StartedAt != nil {
		line.Began = r.Words.Brief(*run.StartedAt, r.App.Config.Zone())
	}
	return line
}
