package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// runData is a run as its report tells it, with what the person can do about it.
type runData struct {
	view.Head
	Number   int64
	Findings []view.Findings
	Amounts  *view.Amounts
	Read     []string
	Balance  []view.Entry
	Groups   []runGroup
	Notes    []string // of a run that reads: what there is to say of all
	Next     []step
	All      string // where everybody is listed; "" = they are here
	Live     string // where its progress is told; "" = it has ended, or waits for a person
	Wrong    *refusal
}

type runGroup struct {
	Title string
	Kinds []view.Kind
	Lines []itemLine
	More  int // how many are not listed
}

// itemLine is an item: what there is to say, what differs, and what the person can decide about it alone.
type itemLine struct {
	view.Line
	Employee string // where its story is; "" = it has none
	Doings   []doing
}

// ofRun is whose run the path names.
func ofRun(r *request) (string, error) {
	run, err := r.theRun()
	if err != nil {
		return "", err
	}
	return r.App.NameNow(run.Target), nil
}

// theRun is the run that the path names, read once.
func (r *request) theRun() (*jobs.Run, error) {
	if r.run != nil {
		return r.run, nil
	}
	id, err := strconv.ParseInt(r.PathValue("run"), 10, 64)
	if err != nil {
		return nil, errNotFound
	}
	r.run, err = r.App.Records().Run(r.Context(), id)
	return r.run, err
}

func showRun(r *request) (page, error) { return r.runPage(0, nil) }

// runPage shows the run of the path, as it stands now.
func (r *request) runPage(status int, wrong *refusal) (page, error) {
	run, err := r.theRun()
	if err != nil {
		return page{}, err
	}
	data := runData{Number: run.ID, Wrong: wrong}
	switch {
	case run.Kind.Sends():
		err = r.pushed(run, &data)
	case run.Kind.PullsCodes():
		err = r.pulled(run, &data)
	default:
		err = r.received(run, &data)
	}
	if err != nil {
		return page{}, err
	}
	if run.State == jobs.Queued || run.State == jobs.Running {
		data.Live = runPath(run.ID) + "/progress"
	}
	return page{template: "run", title: data.Title, data: data, status: status}, nil
}

func runPath(id int64) string { return "/runs/" + strconv.FormatInt(id, 10) }

// pushed tells of a transfer.
func (r *request) pushed(run *jobs.Run, data *runData) error {
	show := view.Show{Diff: true, All: r.URL.Query().Has("all")}
	if err := r.unseal(); err != nil {
		return err
	}
	var err error
	if run.State == jobs.Held || show.All {
		if run.Sums, err = r.App.Records().Sums(r.Context(), run); err != nil {
			return err
		}
	}
	items := r.App.Records().Items(r.Context(), run, nil, true)
	report, err := r.Words.Report(run, items, show)
	if err != nil {
		return err
	}
	data.Head, data.Findings, data.Read, data.Balance = report.Head, report.Findings, report.Read, report.Balance
	if data.Amounts = report.Amounts; data.Amounts != nil && data.Amounts.More {
		data.All = "?all"
	}
	for _, group := range report.Groups {
		shown := runGroup{Title: group.Title, Kinds: group.Kinds}
		if group.Lines != nil {
			for line, err := range group.Lines {
				if err != nil {
					return err
				}
				shown.Lines = append(shown.Lines, r.lineOf(run, line))
			}
		}
		if group.More != "" {
			data.All = "?all"
		}
		data.Groups = append(data.Groups, shown)
	}
	data.Next = append(r.steps(run, report.Next), r.resending(run)...)
	return nil
}

// resending sends those who are missing of a run that has ended, and them alone.
func (r *request) resending(run *jobs.Run) []step {
	c := &run.Counts
	missing := c.Rejected+c.Blocked+c.Uncertain+c.Superseded+c.NotAttempted > 0
	over := run.Aftermath != nil && run.Aftermath.Over() || run.Purged
	if !missing || over || run.State != jobs.Incomplete && run.State != jobs.Failed {
		return nil
	}
	d := r.posting(doing{ID: "do-resend", Label: r.Words.Web.Do.Resend, Plain: true}, run, accounts.Prepare, "resend", 0)
	d.Reason = false
	return []step{{Text: r.Words.Web.Do.ResendText, Do: &d}}
}

// unseal lets the fields of new employees, which are sealed, be shown; what is only about the key leaves the rest to be shown.
func (r *request) unseal() error {
	_, err := r.App.Records().Unseal(r.Context())
	return err
}

func (r *request) lineOf(run *jobs.Run, line view.Line) itemLine {
	shown := itemLine{Line: line, Employee: runPath(run.ID) + "/employees/" + strconv.Itoa(line.Seq)}
	for i := range line.Actions {
		if doing, ok := r.doing(run, &line.Actions[i], line.Seq); ok {
			shown.Doings = append(shown.Doings, doing)
		}
	}
	return shown
}

// pulled tells of nomenclatures that were asked for.
func (r *request) pulled(run *jobs.Run, data *runData) error {
	changes, err := r.App.Records().Changes(r.Context(), run)
	if err != nil {
		return err
	}
	report := r.Words.Pull(run, changes, view.Show{All: r.URL.Query().Has("all")})
	data.Head, data.Findings, data.Notes = report.Head, report.Findings, nonEmpty(report.Note, report.Effect)
	for _, list := range report.Lists {
		data.add(list)
	}
	data.Next = r.steps(run, report.Next)
	return nil
}

// add is a group of lines without a story.
func (data *runData) add(list view.List) {
	shown := runGroup{Title: list.Title}
	for _, line := range list.Lines {
		shown.Lines = append(shown.Lines, itemLine{Line: line})
	}
	if list.More != "" {
		data.All = "?all"
	}
	data.Groups = append(data.Groups, shown)
}

// received tells of records that were read.
func (r *request) received(run *jobs.Run, data *runData) error {
	report, err := r.Words.Received(run, r.App.Records().Received(r.Context(), run, true), view.Show{Diff: true})
	if err != nil {
		return err
	}
	data.Head, data.Findings, data.Notes = report.Head, report.Findings, nonEmpty(report.Note)
	for _, c := range report.Collections {
		data.Notes = append(data.Notes, c.Name+r.Words.Colon+c.Sum)
		data.Notes = append(data.Notes, c.Other...)
	}
	for _, list := range report.Groups {
		for i := range list.Lines {
			line := &list.Lines[i]
			for _, field := range line.Diff { // which ones: what a record says is a partner's document in clear text
				line.Text = append(line.Text, r.Sign(field.Sign)+" "+field.Path)
			}
			line.Diff = nil
		}
		data.add(list)
	}
	data.Next = r.steps(run, report.Next)
	return nil
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// step is something to do: what and why, and what the person clicks for it.
type step struct {
	Text string
	Do   *doing // nil = it is no click that does it
}

// doing is what a person can click: a link, or a form. Who = instead: it is not theirs, but these may.
type doing struct {
	ID     string // unlike those of all others on the page
	Label  string
	Link   string
	Post   string      // where the form goes
	Fields [][2]string // that it carries
	Reason bool        // it asks why
	Plain  bool        // it is not what is usually meant
	Note   string      // what there is to say before it is sent; "" = nothing
	Who    string
}

// steps are those of a report, with what the page can do for each.
func (r *request) steps(run *jobs.Run, told []view.Step) (steps []step) {
	for _, s := range told {
		one := step{Text: s.Text}
		if s.Action != nil {
			if d, ok := r.doing(run, s.Action, 0); ok {
				one.Do = &d
			}
		}
		if one.Text != "" || one.Do != nil {
			steps = append(steps, one)
		}
	}
	return steps
}

// doing is what the page can do for an action of a report, which is about the run that is shown, or about its item of that seq; ok =
// false: nothing. What concerns one item of several is done beside each of them, and what concerns another run on its page.
func (r *request) doing(run *jobs.Run, a *view.Action, seq int) (d doing, ok bool) {
	t := &r.Words.Web.Do
	d = doing{ID: "do-" + a.Action + "-" + strconv.Itoa(seq), Label: t.Labels[a.Action]}
	single := seq != 0
	if a.Run != 0 && (run == nil || a.Run != run.ID) {
		d.Link, d.Label = runPath(a.Run), locale.Fill(t.OtherRun, "run", a.Run)
		if run == nil && slices.Contains([]string{"show", "approve", "settle"}, a.Action) {
			d.Label = locale.Fill(t.Decide, "run", a.Run)
		}
		return d, true
	}
	switch a.Action {
	case "approve":
		if single {
			d.Label = t.Labels["approve-one"]
		}
		if single != (len(a.Employees) > 0) {
			d.Label = t.ApproveAll // of the step: all that is held; one by one they are decided about beside each
		}
		return r.posting(d, run, accounts.Approve, "approve", seq), true
	case "settle":
		if !single {
			return d, false
		}
		d.ID, d.Label = d.ID+string(a.Outcome), t.Labels[a.Action+"-"+string(a.Outcome)]
		d.Fields = [][2]string{{"as", string(a.Outcome)}}
		return r.posting(d, run, accounts.Prepare, "settle", seq), true
	case "cancel":
		d.Plain, d.Note = true, r.giveUpNote(run)
		if single {
			d.Label, d.Note = t.Labels["cancel-one"], t.CancelOne
		}
		return r.posting(d, run, accounts.Prepare, "cancel", seq), true
	case "resume":
		d = r.posting(d, run, accounts.Prepare, "resume", 0)
		d.Reason = false
		return d, true
	case "run", "plan":
		return r.toPreview(d, a)
	case "runs":
		d.Link = "/runs?dossier=" + a.Dossier
		return d, true
	case "contract-diff", "contract-accept", "contract-show":
		d.Link = "/contract"
		return d, true
	}
	return d, false
}

// giveUpNote says how many employees wait who are given up with a run; "" = none.
func (r *request) giveUpNote(run *jobs.Run) string {
	if n := run.Counts.Held + run.Counts.NotAttempted; n > 0 {
		return r.Words.Fill(r.Words.Web.Do.CancelAll, "n", n)
	}
	return ""
}

// toPreview leads to what would be sent: nothing is sent before somebody has seen it.
func (r *request) toPreview(d doing, a *view.Action) (doing, bool) {
	job, err := r.App.Config.Job(a.Job)
	if err != nil || a.Dossier == "" {
		return d, false
	}
	if !job.Kind.Sends() {
		return d, false
	}
	period := string(a.Period)
	if period == "" {
		period = string(job.PeriodAt(r.App.Now()))
	}
	d.Label, d.Link = r.Words.Web.Do.Preview, "/plans/"+a.Job+"/"+a.Dossier+"/"+period
	return d, true
}

// posting is a form about a run, as it was shown; who has not the role is told who has.
func (r *request) posting(d doing, run *jobs.Run, role accounts.Role, what string, seq int) doing {
	if !r.may(role, run.Target.Dossier) {
		d.Who = r.server.whoMay(r, &forbiddenError{role: role, dossiers: []string{run.Target.Dossier}})
		return d
	}
	if settle := what == "settle"; (settle || what == "approve") && run.WaitsForAnother(r.Session.Account, r.Session.System, settle) {
		d.Who = r.server.whoMay(r, &forbiddenError{role, []string{run.Target.Dossier}, run})
		return d
	}
	d.Post, d.Reason = runPath(run.ID)+"/"+what, true
	d.Fields = append(d.Fields, [2]string{"seen", run.Seen().String()})
	if seq != 0 {
		d.Fields = append(d.Fields, [2]string{"item", strconv.Itoa(seq)})
	}
	return d
}

// seen is how the run stood when the form was made. A form without it was not made here.
func (r *request) seen() (*jobs.Seen, error) {
	seen, ok := jobs.ParseSeen(r.form("seen"))
	if !ok {
		return nil, errNotFound
	}
	return &seen, nil
}

// keys are the matricules of the items that a form names; none where it names none.
func (r *request) keys(run *jobs.Run) ([]string, error) {
	var keys []string
	for _, text := range r.PostForm["item"] {
		seq, err := strconv.Atoi(text)
		if err != nil {
			return nil, errNotFound
		}
		key, err := r.App.Records().KeyOf(r.Context(), run, seq)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// decided leads back to the run, or shows it with what was refused.
func (r *request) decided(run *jobs.Run, err error, done string) (page, error) {
	if err == nil {
		return redirect(runPath(run.ID), done), nil
	}
	wrong := r.told(err)
	if wrong == nil {
		return page{}, err
	}
	r.run = nil // as it stands now
	return r.runPage(http.StatusConflict, wrong)
}

// about is what the form of a run is about.
func (r *request) about() (run *jobs.Run, by app.Decision, keys []string, err error) {
	if run, err = r.theRun(); err != nil {
		return nil, by, nil, err
	}
	by = r.decision()
	if by.Seen, err = r.seen(); err != nil {
		return nil, by, nil, err
	}
	keys, err = r.keys(run)
	return run, by, keys, err
}

func approveRun(r *request) (page, error) {
	run, by, keys, err := r.about()
	if err != nil {
		return page{}, err
	}
	_, err = r.App.Decisions().Approve(r.Context(), app.Approval{Run: run.ID, Employees: keys, Displayed: by.Seen.Digest, Decision: by})
	return r.decided(run, err, "approved")
}

func cancelRun(r *request) (page, error) {
	run, by, keys, err := r.about()
	if err != nil {
		return page{}, err
	}
	if len(keys) > 0 { // of these employees alone: the run goes on
		_, err = r.App.Decisions().SetAside(r.Context(), run.ID, keys, by)
		return r.decided(run, err, "aside")
	}
	_, err = r.App.Decisions().Cancel(r.Context(), run.ID, by)
	return r.decided(run, err, "cancelled")
}

func settleRun(r *request) (page, error) {
	run, by, keys, err := r.about()
	if err != nil {
		return page{}, err
	}
	_, err = r.App.Decisions().Settle(r.Context(), app.Settling{Run: run.ID, Employees: keys, As: ledger.Settlement(r.form("as")),
		Decision: by})
	return r.decided(run, err, "settled")
}

func resumeRun(r *request) (page, error) {
	run, by, _, err := r.about()
	if err != nil {
		return page{}, err
	}
	_, err = r.App.Runs().Requeue(r.Context(), run.ID, by)
	return r.decided(run, err, "queued")
}

// resendRun queues a new run for those whom this one left undelivered.
func resendRun(r *request) (page, error) {
	run, by, _, err := r.about()
	if err != nil {
		return page{}, err
	}
	by.Reason = "" // what is missing needs none
	order, err := r.App.Runs().Order(r.Context(), app.Order{Job: run.Job, FailedOf: run.ID, Decision: by})
	if err != nil {
		return r.decided(run, err, "")
	}
	queued, err := order.Queue(r.Context(), order.Dossiers[0])
	if err != nil {
		return r.decided(run, err, "")
	}
	return redirect(runPath(queued.ID), "queued"), nil
}

// showProgress is what changes on a run's page while it goes on, without a name: a script asks for it every other second.
func showProgress(r *request) (page, error) {
	run, err := r.theRun()
	if err != nil {
		return page{}, err
	}
	if run.State != jobs.Queued && run.State != jobs.Running {
		return page{status: http.StatusGone}, nil // the page is asked for again
	}
	data := runData{Number: run.ID}
	data.Head, data.Read, data.Balance = r.Words.Progress(run, run.Counts) // they were counted when it was read
	return page{template: "run", block: "progress", data: data, version: fmt.Sprint(data)}, nil
}
