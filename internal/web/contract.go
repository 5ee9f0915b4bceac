package web

import (
	"net/http"
	"slices"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/view"
)

// contractData is where the contracts of the API stand.
type contractData struct {
	None    string // instead: there is none
	Facts   [][2]string
	Waits   bool
	Changes []view.Changes
	Waiting []waitingRun // runs that are held until it is accepted
	Accept  *doing
	Wrong   *refusal
}

type waitingRun struct {
	Link, Text string
}

func showContract(r *request) (page, error) { return r.contractPage(0, nil) }

func (r *request) contractPage(status int, wrong *refusal) (page, error) {
	t := &r.Words.Web.Contract
	data := contractData{Wrong: wrong}
	made := func() (page, error) {
		return page{template: "contract", title: t.Title, status: status, data: data}, nil
	}
	standing, err := r.App.Contracts().Compare(r.Context())
	if told := r.told(err); err != nil && told != nil {
		data.None = told.Text
		return made()
	}
	if err != nil {
		return page{}, err
	}
	s := r.Words.ContractStanding(standing, standing.Problem)
	data.Waits, data.Changes = s.Waits, r.Words.ContractChanges(standing.Changes)
	data.Facts = [][2]string{{t.InForce, shortDigest(s.InForce)}, {t.Accepted, shortDigest(s.Accepted)}, {t.Problem, s.Problem}}
	if s.AcceptedAt != nil {
		data.Facts = append(data.Facts, [2]string{t.By, s.AcceptedBy + ", " + r.Words.Minute(s.AcceptedAt.In(r.App.Config.Zone()))})
	}
	if !s.Waits {
		return made()
	}
	if data.Waiting, err = r.waitingForContract(); err != nil {
		return page{}, err
	}
	data.Accept = &doing{ID: "do-accept", Label: t.Accept}
	if r.mayAll(accounts.Approve, r.allDossiers()) {
		data.Accept.Post, data.Accept.Reason, data.Accept.Fields = "/contract/accept", true, [][2]string{{"digest", s.InForce}}
	} else {
		data.Accept.Who = r.server.whoMay(r, &forbiddenError{role: accounts.Approve, dossiers: r.allDossiers()})
	}
	return made()
}

func shortDigest(digest string) string { return digest[:min(len(digest), 12)] }

func (r *request) allDossiers() (names []string) {
	for _, d := range r.App.Config.AllDossiers {
		names = append(names, d.Name)
	}
	return names
}

// waitingForContract are the held runs of the person's dossiers that wait for nothing else, or for this as well.
func (r *request) waitingForContract() (waiting []waitingRun, err error) {
	runs, err := r.App.Records().Runs(r.Context(), ledger.RunFilter{Dossiers: r.readable(), State: string(jobs.Held), Max: mostHeld})
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		for i := range run.Findings {
			if f := &run.Findings[i]; f.Rule == jobs.RuleContract && f.Holds {
				waiting = append(waiting, waitingRun{runPath(run.ID), r.runName(run)})
				break
			}
		}
	}
	return waiting, nil
}

// mostHeld bounds a list of what waits.
const mostHeld = 1000

// runName is a run in a list: its number, dossier and month.
func (r *request) runName(run *jobs.Run) string {
	name := r.Words.Fill(r.Words.Web.Run.Title, "run", run.ID) + ", " + r.calledNow(run.Target)
	if run.Period != "" {
		name += ", " + r.Words.Month(run.Period.Start())
	}
	return name
}

// acceptContract accepts exactly the contract that was shown, which lets go runs of all dossiers.
func acceptContract(r *request) (page, error) {
	if !r.mayAll(accounts.Approve, r.allDossiers()) {
		return page{}, &forbiddenError{role: accounts.Approve, dossiers: r.allDossiers()}
	}
	digest := r.form("digest")
	if digest == "" {
		return page{}, errNotFound // it was not made here
	}
	if _, _, err := r.App.Contracts().Accept(r.Context(), digest, r.decision()); err != nil {
		if wrong := r.told(err); wrong != nil {
			return r.contractPage(http.StatusConflict, wrong)
		}
		return page{}, err
	}
	return redirect("/contract", "accepted"), nil
}

// codesData is the nomenclatures of a dossier, or the codes of one.
type codesData struct {
	Dossiers []choice
	Dossier  string
	Text     string // whose they are; where there are none, that
	Table    view.Table
	Links    []string // of the rows: one nomenclature; none = these are codes
	Pull     string   // the last run that asked for them; "" = none
	PullName string
	Fetch    *doing
	Impacts  []codesImpact
	Touched  []choice // the person's dossiers of which somebody would be blocked
}

// codesImpact is whom the codes would block at the next run of a job.
type codesImpact struct {
	Text    string
	Codes   []string // withdrawn ones that are in use
	Differs bool     // the job is configured otherwise by now
	Preview string   // where it is worked out anew
}

func showCodes(r *request) (page, error) {
	mine := r.dossiers("")
	if len(mine) == 0 {
		return page{}, errNotFound
	}
	return redirect("/nomenclatures/"+mine[0].Value, ""), nil
}

func showCodesOf(r *request) (page, error) {
	t := &r.Words.Web.Codes
	d, err := r.App.Config.Dossier(r.PathValue("dossier"))
	if err != nil {
		return page{}, errNotFound
	}
	name := r.PathValue("name")
	data := codesData{Dossiers: r.dossiers(d.Name), Dossier: d.Name}
	all, err := r.App.Records().Nomenclatures(r.Context(), d, name)
	if err != nil && app.Of(err) != app.Mistaken {
		return page{}, err
	}
	if err != nil && name != "" {
		return page{}, errNotFound
	}
	if err != nil {
		all, data.Text = mapping.Nomenclatures{}, r.Words.Words.NoNomenclatures
	}
	target := r.App.Target(r.App.Config.Documents(), d)
	title, table, err := r.Words.Nomenclatures(target, all, name)
	if err != nil {
		return page{}, errNotFound
	}
	if data.Text == "" {
		data.Text = title
	}
	data.Table = table
	if name == "" {
		if err := r.impacts(d.Name, &data); err != nil {
			return page{}, err
		}
		for _, row := range table.Rows {
			data.Links = append(data.Links, "/nomenclatures/"+d.Name+"/"+row[0])
		}
		if err := r.lastPull(d.Name, &data); err != nil {
			return page{}, err
		}
	}
	return page{template: "codes", title: t.Title, data: data}, nil
}

// impacts adds whom the codes would block, as it was found when they were fetched.
func (r *request) impacts(dossier string, data *codesData) error {
	t, zone := &r.Words.Web.Codes, r.App.Config.Zone()
	all, err := r.App.Records().StoredImpacts(r.Context())
	if err != nil {
		return err
	}
	for _, d := range data.Dossiers {
		if slices.ContainsFunc(all[d.Value], func(i jobs.StoredImpact) bool { return i.Blocked > 0 }) {
			data.Touched = append(data.Touched, d)
		}
	}
	for _, i := range all[dossier] {
		if _, err := r.App.Config.Job(i.Job); err != nil {
			continue
		}
		text := t.ImpactUnknown
		switch read := r.Words.Count(r.Words.Plurals.Employees, i.Read); {
		case i.Known && i.Blocked == 0:
			text = r.Words.Fill(t.ImpactNobody, "employees", read)
		case i.Known:
			text = r.Words.Fill(r.Words.Noun(t.Impact, i.Blocked), "n", i.Blocked, "employees", read)
		}
		one := codesImpact{Differs: i.Digest != r.App.Config.JobDigest(i.Job),
			Preview: "/plans/" + i.Job + "/" + dossier + "/" + string(i.Period),
			Text: r.Words.Fill(t.ImpactOf, "job", i.Job, "month", r.Words.Month(i.Period.Start()), "impact", text, "time",
				r.Words.Minute(i.At.In(zone)))}
		for _, c := range i.Codes {
			one.Codes = append(one.Codes, r.Words.Fill(t.Used, "name", c.Nomenclature, "code", c.Code, "employees",
				r.Words.Count(r.Words.Plurals.Employees, c.Employees)))
		}
		data.Impacts = append(data.Impacts, one)
	}
	return nil
}

// lastPull adds the last run that asked for nomenclatures: what it changed, and whom that blocks.
func (r *request) lastPull(dossier string, data *codesData) error {
	for _, job := range r.App.Config.Jobs {
		if !job.Kind.PullsCodes() || !job.Covers(dossier) {
			continue
		}
		data.Fetch = &doing{ID: "do-fetch", Label: r.Words.Web.Codes.Fetch, Plain: true, Fields: [][2]string{{"job", job.Name}}}
		if r.may(accounts.Admin, dossier) {
			data.Fetch.Post = "/nomenclatures/" + dossier + "/fetch"
		} else {
			data.Fetch.Who = r.server.whoMay(r, &forbiddenError{role: accounts.Admin, dossiers: []string{dossier}})
		}
		runs, err := r.App.Records().Runs(r.Context(), ledger.RunFilter{Job: job.Name, Dossiers: []string{dossier}, Max: 1})
		if err != nil {
			return err
		}
		if len(runs) > 0 {
			data.Pull, data.PullName = runPath(runs[0].ID), r.Words.Fill(r.Words.Web.Codes.Last, "time",
				r.Words.Minute(runs[0].CreatedAt.In(r.App.Config.Zone())))
		}
		return nil
	}
	return nil
}

// fetchCodes queues a run that asks for the nomenclatures now.
func fetchCodes(r *request) (page, error) {
	by := r.decision()
	by.Reason = ""
	job, err := r.App.Config.Job(r.form("job"))
	if err != nil || !job.Kind.PullsCodes() {
		return page{}, errNotFound
	}
	ordered, err := r.App.Runs().Order(r.Context(), app.Order{Job: job.Name, Decision: by,
		Selection: app.Selection{Dossiers: []string{r.PathValue("dossier")}}})
	if err != nil {
		return page{}, err
	}
	run, err := ordered.Queue(r.Context(), ordered.Dossiers[0])
	if err != nil {
		return page{}, err
	}
	return redirect(runPath(run.ID), "queued"), nil
}
