package web

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/words"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/privacy"
	"syncd/internal/report/view"
)

// employeeData is one employee's story: today, what the partner received, what happened, what next.
type employeeData struct {
	*view.StoryReport
	Lines  []itemLine
	Events []storyEvent
	Next   []step
	Reveal revealing
}

// revealing is one value at a time of what is masked: who was shown it is recorded first.
type revealing struct {
	Post     string // "" = nothing can be shown here
	Members  []choice
	Value    string // that was just shown, in words; "" = none
	Recorded string
	Wrong    *refusal
}

type storyEvent struct {
	What, By string
	Lines    []itemLine // of a plan, what there is to say; none = it is a decision
}

// showEmployee tells of whom an item of a run is about: no address has a matricule in it.
func showEmployee(r *request) (page, error) {
	run, key, err := r.theEmployee()
	if err != nil {
		return page{}, err
	}
	return r.employeeOf(run, key, 0, revealing{})
}

// reveal shows one value that is masked, once. It answers the form itself: to load the page again shows nothing, and asks whether the form
// is to be sent, and recorded, a second time.
func reveal(r *request) (page, error) {
	run, key, err := r.theEmployee()
	if err != nil {
		return page{}, err
	}
	shown, err := r.App.Records().Reveal(r.Context(), app.Revealing{Selection: app.Selection{Dossiers: []string{run.Target.Dossier}}, Key: key,
		Member: r.form("member"), Run: run.ID, By: r.person()})
	if err != nil {
		if wrong := r.told(err); wrong != nil {
			return r.employeeOf(run, key, http.StatusConflict, revealing{Wrong: wrong})
		}
		return page{}, err
	}
	told := revealing{}
	told.Value, told.Recorded = r.Words.RevealedText(&shown)
	return r.employeeOf(run, key, 0, told)
}

// maskedMembers are those of a job's documents whose values are masked.
func (r *request) maskedMembers(job string) (members []choice) {
	push, err := r.App.Config.PushJob(job)
	if err != nil {
		return nil // it is no longer configured
	}
	for _, f := range push.Mapping.Fields {
		if f.Sensitive || f.Kind != privacy.KindNone {
			members = append(members, choice{f.Path, cmp.Or(f.Label, f.Path), f.Path == r.form("member")})
		}
	}
	return members
}

// theEmployee is the matricule of the item that the path names, and its run.
func (r *request) theEmployee() (run *jobs.Run, key string, err error) {
	if run, err = r.theRun(); err != nil {
		return nil, "", err
	}
	seq, err := strconv.Atoi(r.PathValue("item"))
	if err != nil {
		return nil, "", errNotFound
	}
	key, err = r.App.Records().KeyOf(r.Context(), run, seq)
	if errors.Is(err, app.ErrNoItem) {
		err = errNotFound
	}
	return run, key, err
}

// employeeOf shows the sheet of an employee of a run, once it is recorded who is shown it.
func (r *request) employeeOf(run *jobs.Run, key string, status int, told revealing) (page, error) {
	if err := r.sheet(run.Target.Dossier, key); err != nil {
		return page{}, err
	}
	period := string(run.Period)
	if job, err := r.App.Config.Job(run.Job); err == nil && job.PeriodAt(r.App.Now()) == run.Period {
		period = "" // then months before are told of, too
	}
	story, now, err := r.App.Records().Why(r.Context(), app.Selection{Dossiers: []string{run.Target.Dossier}, Period: period}, key)
	if err != nil {
		return page{}, err
	}
	p := r.employeePage(story, now)
	data := p.data.(employeeData)
	if members := r.maskedMembers(run.Job); len(members) > 0 {
		told.Post, told.Members = r.employeeHere(run)+"/reveal", members
	}
	data.Reveal = told
	p.data, p.status = data, status
	return p, nil
}

// sheet records that the person is shown what is known of an employee. Where that cannot be recorded, there is nothing to show.
func (r *request) sheet(dossier, key string) error {
	d, err := r.App.Config.Dossier(dossier)
	if err != nil {
		return errNotFound
	}
	return r.App.Records().Sheet(r.Context(), d, key, r.person())
}

func (r *request) employeePage(story *ledger.Story, now view.Now) page {
	report := r.Words.Why(story, now)
	data := employeeData{StoryReport: report, Next: r.steps(nil, report.Next)}
	for _, line := range report.Lines {
		data.Lines = append(data.Lines, itemLine{Line: line})
	}
	for i := range report.Events {
		e := &report.Events[i]
		event := storyEvent{What: e.What, By: e.By}
		if e.By == "" {
			event.Lines = []itemLine{{Line: e.Line}}
		}
		data.Events = append(data.Events, event)
	}
	return page{template: "employee", title: report.Title, data: data}
}

// searchData is the form by which an employee is looked for.
type searchData struct {
	Dossiers []choice
	Dossier  string
	Named    bool        // a name finds people, too
	Matches  []app.Match // whom a name may mean
	Most     int         // of whom they are the first; 0 = they are all
	Wrong    *refusal
}

// choice is one that a person can make in a form.
type choice struct {
	Value, Text string
	Chosen      bool
}

// dossiers are those that the person may read, to choose from; the chosen one is that of the form.
func (r *request) dossiers(chosen string) (all []choice) {
	for _, d := range r.App.Config.AllDossiers {
		if r.may(accounts.Read, d.Name) {
			all = append(all, choice{d.Name, cmp.Or(d.Label, d.Name), d.Name == chosen})
		}
	}
	return all
}

func showSearch(r *request) (page, error) { return r.searchPage(0, nil), nil }

func (r *request) searchPage(status int, wrong *refusal, matches ...app.Match) page {
	data := searchData{Dossiers: r.dossiers(r.form("dossier")), Dossier: r.form("dossier"), Named: r.names != nil, Matches: matches,
		Wrong: wrong}
	if len(matches) > app.MostMatches {
		data.Matches, data.Most = matches[:app.MostMatches], app.MostMatches
	}
	return page{template: "search", title: r.Words.Web.Search.Title, status: status, data: data}
}

// search leads to an employee by the matricule or the name: a form, as addresses are written down by whatever stands before the page.
func search(r *request) (page, error) {
	dossier, key := r.form("dossier"), r.form("employee")
	if !r.may(accounts.Read, dossier) {
		return page{}, errNotFound
	}
	if key == "" {
		return r.searchPage(http.StatusUnprocessableEntity, &refusal{Text: r.Words.Web.Search.None}), nil
	}
	of := app.Selection{Dossiers: []string{dossier}}
	story, now, err := r.App.Records().Why(r.Context(), of, key)
	if refused, ok := errors.AsType[*app.Refused](err); ok && refused.Code == app.NobodyKnown && r.App.Records().CanFind(dossier, key) {
		matches, finding := r.App.Records().Called(r.Context(), of, key)
		if len(matches) > 1 {
			return r.searchPage(0, nil, matches...), nil
		}
		if err = finding; err == nil {
			key = matches[0].Key
			story, now, err = r.App.Records().Why(r.Context(), of, key)
		}
	}
	if err != nil {
		if app.Of(err) == app.Mistaken {
			text, hint := words.Error(r.Words, err)
			return r.searchPage(http.StatusUnprocessableEntity, &refusal{Text: text, Hint: hint}), nil
		}
		return page{}, err
	}
	if n := len(story.Lines); n > 0 {
		return redirect(employeePath(&story.Lines[n-1].Run, story.Lines[n-1].Item.Seq), ""), nil
	}
	if err := r.sheet(dossier, key); err != nil {
		return page{}, err
	}
	return r.employeePage(story, now), nil // of whom no run ever had anything
}

// employeeHere is the address of the employee that the path names.
func (r *request) employeeHere(run *jobs.Run) string {
	return runPath(run.ID) + "/employees/" + r.PathValue("item")
}

func employeePath(run *jobs.Run, seq int) string {
	return runPath(run.ID) + "/employees/" + strconv.Itoa(seq)
}
