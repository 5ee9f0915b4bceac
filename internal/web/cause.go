package web

import (
	"net/http"
	"slices"
	"strings"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/words"
	"syncd/internal/ledger"
)

// fleetCause is one thing that is wrong with several dossiers: what fixed it, and those that can be started again once it is mended.
type fleetCause struct {
	Key, Title string
	Note, By   string // what fixed it the last time, and who wrote so; "" = nobody has
	Dossiers   []causeDossier
	May        bool     // the person may start some of them
	Others     []string // who may start the rest
}

type causeDossier struct {
	Name, Label, Link string
	May               bool
}

func (r *request) fleetCause(c *ledger.Cause, title string) fleetCause {
	shown := fleetCause{Key: c.Key, Title: title}
	if c.Note != nil {
		shown.Note, shown.By = c.Note.Text, c.Note.By
	}
	for i, name := range c.Dossiers {
		one := causeDossier{Name: name, Label: r.called(name), Link: runPath(c.Runs[i]), May: r.may(accounts.Prepare, name)}
		shown.Dossiers, shown.May = append(shown.Dossiers, one), shown.May || one.May
	}
	shown.Others = r.othersOf(shown.Dossiers)
	return shown
}

// othersOf says who may start those dossiers that the person may not: once for all of which it is the same people, and by their names
// where it is not.
func (r *request) othersOf(dossiers []causeDossier) (texts []string) {
	theirs, order := map[string][]string{}, []string{}
	for _, d := range dossiers {
		if d.May {
			continue
		}
		who := r.server.whoMay(r, &forbiddenError{role: accounts.Prepare, dossiers: []string{d.Name}})
		if theirs[who] == nil {
			order = append(order, who)
		}
		theirs[who] = append(theirs[who], d.Label)
	}
	for _, who := range order {
		what := r.Words.Web.Fleet.Again
		if len(theirs[who]) < len(dossiers) {
			what += " (" + strings.Join(theirs[who], ", ") + ")"
		}
		texts = append(texts, what+r.Words.Colon+r.Words.Fill(r.Words.Web.Do.Who, "who", who))
	}
	return texts
}

// myFleet is what is asked of all dossiers that the person may read.
func (r *request) myFleet() app.MonthsOf {
	of := app.MonthsOf{Months: 1, Causes: true}
	for _, d := range r.dossiers("") {
		of.Dossiers = append(of.Dossiers, d.Value)
	}
	return of
}

// cause is the one that the path names, as it stands now.
func (r *request) cause() (*ledger.Cause, error) {
	all, err := r.App.Months().Fleet(r.Context(), r.myFleet())
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all.Causes, func(c ledger.Cause) bool { return c.Key == r.PathValue("cause") })
	if at < 0 {
		return nil, errNotFound
	}
	return &all.Causes[at], nil
}

// noteCause keeps what fixed a cause, for whoever meets it next.
func noteCause(r *request) (page, error) {
	c, err := r.cause()
	if err != nil {
		return page{}, err
	}
	if _, err := r.App.Months().Note(r.Context(), r.myFleet(), c.Key, r.decision()); err != nil {
		if wrong := r.told(err); wrong != nil {
			return r.fleetPage(http.StatusConflict, nil, wrong)
		}
		return page{}, err
	}
	return redirect(fleetPath(r.narrowed()), "noted"), nil
}

// relaunch queues a run for each of the chosen dossiers of a cause, and tells what became of each. To send the form again is
// harmless: what waits already is refused.
func relaunch(r *request) (page, error) {
	c, err := r.cause()
	if err != nil {
		return page{}, err
	}
	var results []string
	for i, name := range c.Dossiers {
		if slices.Contains(r.PostForm["dossier"], name) {
			results = append(results, r.called(name)+r.Words.Colon+r.relaunchOne(name, c.Runs[i]))
		}
	}
	if len(results) == 0 {
		return r.fleetPage(http.StatusUnprocessableEntity, nil, &refusal{Text: r.Words.Web.Fleet.NoneChosen})
	}
	return r.fleetPage(0, results, nil)
}

// relaunchOne queues a run like one that met a cause, and tells what became of that.
func (r *request) relaunchOne(dossier string, like int64) string {
	if !r.may(accounts.Prepare, dossier) {
		who := r.server.whoMay(r, &forbiddenError{role: accounts.Prepare, dossiers: []string{dossier}})
		return r.Words.Fill(r.Words.Web.Trouble.ForbiddenText, "who", who)
	}
	run, err := r.App.Records().Run(r.Context(), like)
	if err == nil {
		by := r.decision()
		by.Reason = ""
		var ordered *app.Ordered
		ordered, err = r.App.Runs().Order(r.Context(), app.Order{Job: run.Job, Decision: by,
			Selection: app.Selection{Dossiers: []string{dossier}, Period: string(run.Period)}})
		if err == nil {
			run, err = ordered.Queue(r.Context(), ordered.Dossiers[0])
		}
	}
	if err != nil {
		text, _ := words.Error(r.Words, err)
		return text
	}
	return r.Words.Fill(r.Words.Web.Fleet.Queued, "run", run.ID)
}
