package web

import (
	"time"

	"syncd/internal/accounts"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// planningData is when runs start by themselves.
type planningData struct {
	Jobs     []plannedJob
	Services []healthCheck
	Job      string // of the form that was refused
	Wrong    *refusal
	Reason   string
}

type plannedJob struct {
	Name     string
	ByHand   bool
	Next     []string
	Dossiers []string
	Standing []*view.Alike // the last fire, what is owed and what was missed; dossiers of which the same is told are together
	Paused   string        // why and since when; "" = it is not
	May      bool          // the person has Preparation for all its dossiers
	Who      string        // else who has
}

func showPlanning(r *request) (page, error) { return r.planning(0, "", nil) }

func (r *request) planning(status int, job string, wrong *refusal) (page, error) {
	schedules, err := r.App.Records().Schedules(r.Context())
	if err != nil {
		return page{}, err
	}
	data := planningData{Job: job, Wrong: wrong, Reason: r.form("reason")}
	for i := range schedules.Entries {
		if planned := r.planned(&schedules, &schedules.Entries[i]); len(planned.Dossiers) > 0 {
			data.Jobs = append(data.Jobs, planned)
		}
	}
	data.Services = r.daemons(&schedules)
	return page{template: "planning", title: r.Words.Web.Planning.Title, data: data, status: status}, nil
}

// planned is one job, as far as it is the person's business.
func (r *request) planned(s *view.Schedules, e *view.ScheduleEntry) plannedJob {
	job := plannedJob{Name: e.Job, ByHand: e.Schedule == ""}
	var all []string
	mine := *e
	mine.Dossiers = nil
	for _, d := range e.Dossiers {
		if r.may(accounts.Read, d.Dossier) {
			mine.Dossiers = append(mine.Dossiers, d)
			job.Dossiers = append(job.Dossiers, d.Dossier)
		}
		all = append(all, d.Dossier)
	}
	job.Standing = r.Words.Standing(s, &mine)
	for _, at := range e.Next {
		job.Next = append(job.Next, r.Words.Minute(at)+", "+r.until(at))
	}
	if e.Paused != nil {
		job.Paused = locale.Fill(r.Words.Catalogue.Schedule.PausedBy, "user", e.Paused.By, "time",
			r.Words.Minute(e.Paused.Since.In(r.App.Config.Zone())),
			"reason", e.Paused.Why().In(r.Words.Catalogue))
	}
	if job.May = r.mayAll(accounts.Prepare, all); !job.May {
		job.Who = r.server.whoMay(r, &forbiddenError{role: accounts.Prepare, dossiers: all})
	}
	return job
}

// until is how long it is until a moment.
func (r *request) until(at time.Time) string { return r.Words.Until(at.Sub(r.App.Now())) }

// ofJob is the dossiers of a job that the path names. Whoever changes its schedule has Preparation for all of them: it is one schedule.
func (r *request) ofJob(role accounts.Role) (string, error) {
	job, err := r.App.Config.Job(r.PathValue("job"))
	if err != nil {
		return "", errNotFound
	}
	var names []string
	seen := false
	for _, d := range r.App.Config.Dossiers(job) {
		names = append(names, d.Name)
		seen = seen || r.may(accounts.Read, d.Name)
	}
	switch {
	case !seen:
		return "", errNotFound
	case !r.mayAll(role, names):
		return "", &forbiddenError{role: role, dossiers: names}
	}
	return job.Name, nil
}

func pauseJob(r *request) (page, error) {
	job, err := r.ofJob(accounts.Prepare)
	if err != nil {
		return page{}, err
	}
	if err := r.App.Decisions().Pause(r.Context(), job, r.decision()); err != nil {
		if wrong := r.told(err); wrong != nil {
			return r.planning(422, job, wrong)
		}
		return page{}, err
	}
	return redirect("/schedule", "paused"), nil
}

func unpauseJob(r *request) (page, error) {
	job, err := r.ofJob(accounts.Prepare)
	if err != nil {
		return page{}, err
	}
	by := r.decision()
	if err = by.Check(ledger.DecisionUnpause); err == nil {
		err = r.App.Decisions().Unpause(r.Context(), job, by)
	}
	if err != nil {
		if wrong := r.told(err); wrong != nil {
			return r.planning(422, job, wrong)
		}
		return page{}, err
	}
	return redirect("/schedule", "unpaused"), nil
}
