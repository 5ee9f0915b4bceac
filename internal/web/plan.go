package web

import (
	"context"
	"errors"
	"net/http"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/words"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report/view"
)

// planData is what would be sent: the same as a run's page, and nothing is sent or recorded.
type planData struct {
	view.Head
	Read     []string
	Balance  []view.Entry
	Amounts  *view.Amounts
	Findings []view.Findings
	Held     string
	Lines    []itemLine
	Later    *view.List // who is held after all are compared
	All      string     // where everybody is listed; "" = they are here
	Next     []step
	Failed   string // why no plan could be made; "" = it was
	Hint     string
	Wrong    *refusal
}

// ofDossier is the dossier that the path names.
func ofDossier(r *request) (string, error) {
	d, err := r.App.Config.Dossier(r.PathValue("dossier"))
	if err != nil {
		return "", errNotFound
	}
	return d.Name, nil
}

func showPlan(r *request) (page, error) { return r.planPage(0, nil) }

// previewed is what the path names: a job, and the month that it is about.
func (r *request) previewed() (config.Job, app.Selection, error) {
	job, err := r.App.Config.Job(r.PathValue("job"))
	if err != nil || !job.Kind.Sends() || !job.Covers(r.PathValue("dossier")) {
		return job, app.Selection{}, errNotFound
	}
	period, err := jobs.ParsePeriod(r.PathValue("period"))
	if err != nil {
		return job, app.Selection{}, errNotFound
	}
	s := app.Selection{Dossiers: []string{r.PathValue("dossier")}, Period: string(period)}
	if period == job.PeriodAt(r.App.Now()) {
		s.Period = "" // a month that is named goes before older ones
	}
	return job, s, nil
}

func (r *request) planPage(status int, wrong *refusal) (page, error) {
	job, selection, err := r.previewed()
	if err != nil {
		return page{}, err
	}
	data := planData{Wrong: wrong}
	planner, err := r.App.Runs().Planner(r.Context(), app.Planning{Job: job.Name, Selection: selection})
	if err != nil {
		return page{}, err
	}
	all := r.URL.Query().Has("all")
	var sink *planLines
	plan, err := planner.Plan(r.Context(), planner.Dossiers[0], func(target jobs.Target) jobs.PlanSink {
		subject := view.Subject{Job: job.Name, Target: target, Period: planner.Period, PeriodImplied: selection.Period == ""}
		sink = &planLines{plan: r.Words.NewPlan(subject, view.Show{Diff: true, All: all})}
		return sink
	}, jobs.Silent{})
	title := r.Words.Fill(r.Words.Words.Plan, "job", job.Name, "period", r.Words.Month(planner.Period.Start()))
	if err != nil {
		if class := app.Of(err); class == app.Unreachable || class == app.Unexpected || errors.Is(err, context.DeadlineExceeded) {
			return page{}, err
		}
		data.Failed, data.Hint = words.Error(r.Words, err)
		return page{template: "plan", title: title, data: data, status: status}, nil
	}
	end := sink.plan.End(plan.Counts, plan.Digests.Plan, plan.Findings, plan.Sums)
	data.Head, data.Lines = sink.plan.Head(), sink.lines
	data.Read, data.Balance, data.Held, data.Later = []string{end.Read}, end.Balance, end.Held, end.Compared
	data.Findings = append(end.Holding, end.Notices...)
	data.Amounts = end.Amounts
	if end.More != "" || end.Amounts != nil && end.Amounts.More {
		data.All = "?all"
	}
	data.Next = r.planSteps(job, end.Next, plan)
	return page{template: "plan", title: title, data: data, status: status}, nil
}

// planSteps are those of the plan; to send it is a form that carries what was seen.
func (r *request) planSteps(job config.Job, told []view.Step, plan *app.Planned) (steps []step) {
	for _, s := range told {
		one := step{Text: s.Text}
		switch {
		case s.Action == nil:
		case s.Action.Action == "run":
			one.Do = r.sending(job, plan)
		case s.Action.Action == "plan":
			one.Do = &doing{Link: r.URL.Path, Label: r.Words.Web.Do.Preview}
		default:
			if d, ok := r.doing(nil, s.Action, 0); ok {
				one.Do = &d
			}
		}
		steps = append(steps, one)
	}
	return steps
}

// sending queues the run of what is shown; where one would not begin now, nothing does.
func (r *request) sending(job config.Job, plan *app.Planned) *doing {
	d := &doing{ID: "do-send", Label: r.Words.Web.Do.Send}
	dossier := r.PathValue("dossier")
	switch {
	case plan.Refused != nil:
		return nil
	case !r.may(accounts.Prepare, dossier):
		d.Who = r.server.whoMay(r, &forbiddenError{role: accounts.Prepare, dossiers: []string{dossier}})
	default:
		d.Post, d.Fields = r.planPath(job)+"/send", [][2]string{{"digest", plan.Digests.Plan}}
	}
	return d
}

func (r *request) planPath(job config.Job) string {
	return "/plans/" + job.Name + "/" + r.PathValue("dossier") + "/" + r.PathValue("period")
}

// sendPlan queues a run of what was seen: where something else would go by then, it waits for a person.
func sendPlan(r *request) (page, error) {
	job, selection, err := r.previewed()
	if err != nil {
		return page{}, err
	}
	digest := r.form("digest")
	if digest == "" {
		return page{}, errNotFound // it was not made here
	}
	by := r.decision()
	by.Reason = "" // a run needs none
	ordered, err := r.App.Runs().Order(r.Context(), app.Order{Job: job.Name, Selection: selection, Previewed: digest, Decision: by})
	if err == nil {
		var run *jobs.Run
		if run, err = ordered.Queue(r.Context(), ordered.Dossiers[0]); err == nil {
			return redirect(runPath(run.ID), "queued"), nil
		}
	}
	if wrong := r.told(err); wrong != nil {
		return r.planPage(http.StatusConflict, wrong)
	}
	return page{}, err
}

// planLines keeps the lines of a plan.
type planLines struct {
	plan  *view.Plan
	lines []itemLine
}

// Add implements jobs.PlanSink.
func (s *planLines) Add(_ context.Context, items []jobs.PlannedItem) error {
	s.plan.Learn(items)
	for i := range items {
		if line, shown := s.plan.Line(&items[i].Item); shown {
			s.lines = append(s.lines, itemLine{Line: line})
		}
	}
	return nil
}

// Hold implements jobs.PlanSink.
func (s *planLines) Hold(_ context.Context, holds []jobs.Hold) error {
	s.plan.Hold(holds)
	return nil
}
