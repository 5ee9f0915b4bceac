package web

import (
	"cmp"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

// monthData is a payroll month of one dossier: where it stands, what is left, by when.
type monthData struct {
	view.Head
	State    ledger.MonthState
	Late     bool
	Sentence string
	Left     []leftStep
	None     string
	Send     *doing // what would go now
	Close    *doing
	Periods  []choice
	Runs     string // where all runs of it are
	Vitals   []healthCheck
	Wrong    *refusal
}

// leftStep is one thing that is left, and what is done about it.
type leftStep struct {
	Text  string
	Steps []step
}

// showHome leads to the month of the only dossier that somebody has, or to all of theirs.
func showHome(r *request) (page, error) {
	if mine := r.dossiers(""); len(mine) == 1 {
		return r.monthPage(mine[0].Value, "", 0, nil)
	}
	return showFleet(r)
}

func showMonth(r *request) (page, error) {
	period := jobs.Period(r.PathValue("period"))
	if period != "" {
		if _, err := jobs.ParsePeriod(string(period)); err != nil {
			return page{}, errNotFound
		}
	}
	return r.monthPage(r.PathValue("dossier"), period, 0, nil)
}

func monthPath(dossier string, period jobs.Period) string {
	return "/months/" + dossier + "/" + string(period)
}

// month is where one month of one dossier stands.
func (r *request) month(dossier string, period jobs.Period) (view.Months, *view.MonthEntry, error) {
	all, err := r.App.Months().Month(r.Context(), dossier, period)
	if err != nil {
		return all, nil, err
	}
	if len(all.Rows) == 0 || len(all.Rows[0].Months) == 0 {
		return all, nil, errNotFound
	}
	return all, all.Rows[0].Standing(), nil
}

func (r *request) monthPage(dossier string, period jobs.Period, status int, wrong *refusal) (page, error) {
	all, e, err := r.month(dossier, period)
	if err != nil {
		return page{}, err
	}
	t := &r.Words.Web.Month
	report := r.Words.MonthReport(&all, e)
	data := monthData{Head: report.Head, State: e.State, Late: e.Late, None: report.None, Wrong: wrong,
		Runs: "/runs?dossier=" + dossier + "&period=" + string(e.Period)}
	for i := range report.Left {
		left := &report.Left[i]
		data.Left = append(data.Left, leftStep{left.Text, once(r.steps(nil, left.Next))})
	}
	calm(data.Left)
	data.Facts = r.shown(data.Facts)
	if data.Vitals, err = r.vitals(e.Jobs); err != nil {
		return page{}, err
	}
	if e.Configured && len(e.Jobs) > 0 && !e.State.Over() && e.Active == nil && len(data.Left) == 0 {
		data.Send = &doing{Label: t.Preview, Link: "/plans/" + e.Jobs[0] + "/" + dossier + "/" + string(e.Period)}
	}
	if !e.Closed && e.Configured && e.Active == nil {
		data.Close = r.closing(dossier, e)
	}
	data.Periods = []choice{{monthPath(dossier, e.Period.Previous()), r.Words.Month(e.Period.Previous().Start()), false},
		{monthPath(dossier, e.Period), r.Words.Month(e.Period.Start()), true}}
	for _, name := range e.Jobs[:min(1, len(e.Jobs))] {
		if job, err := r.App.Config.Job(name); err == nil && job.PeriodAt(r.App.Now()) > e.Period {
			now := job.PeriodAt(r.App.Now())
			data.Periods = append(data.Periods, choice{monthPath(dossier, now), r.Words.Month(now.Start()), false})
		}
	}
	return page{template: "month", title: report.Title, data: data, status: status}, nil
}

// shown leaves out what the page tells in another place: whether the service works, and how many dossiers stand where.
func (r *request) shown(facts [][2]string) [][2]string {
	return slices.DeleteFunc(facts, func(fact [2]string) bool {
		return fact[0] == r.Words.PayMonth.Service || fact[0] == r.Words.PayMonth.Dossiers
	})
}

// calm says once what is to be done about several things that are left, after the last of them, and what leads where an earlier link
// does is no second thing to press.
func calm(left []leftStep) {
	led := map[string]bool{}
	for i := range left {
		left[i].Steps = slices.DeleteFunc(left[i].Steps, func(s step) bool {
			return s.Text != "" && i+1 < len(left) && slices.ContainsFunc(left[i+1].Steps, s.same)
		})
		for _, s := range left[i].Steps {
			if s.Do != nil && s.Do.Link != "" {
				s.Do.Plain, led[s.Do.Link] = s.Do.Plain || led[s.Do.Link], true
			}
		}
	}
}

// same reports whether another step says the same, and leads to the same.
func (s step) same(other step) bool {
	return s.Text == other.Text && (s.Do == nil) == (other.Do == nil) && (s.Do == nil || s.Do.Link == other.Do.Link)
}

// once leaves out links that lead where an earlier one does; what there is to say of a run, its page says.
func once(steps []step) (kept []step) {
	seen := map[string]bool{}
	for _, s := range steps {
		if s.Do == nil || s.Do.Link == "" {
			kept = append(kept, s)
			continue
		}
		if strings.HasPrefix(s.Do.Link, "/runs/") {
			s.Text = ""
		}
		if !seen[s.Do.Link] {
			seen[s.Do.Link] = true
			kept = append(kept, s)
		}
	}
	return kept
}

// closing is the form that closes a month; where something is missing, it says what, and carries that it was said.
func (r *request) closing(dossier string, e *view.MonthEntry) *doing {
	d := &doing{ID: "do-close", Label: r.Words.Web.Month.Close, Plain: true}
	if !r.may(accounts.Approve, dossier) {
		d.Who = r.server.whoMay(r, &forbiddenError{role: accounts.Approve, dossiers: []string{dossier}})
		return d
	}
	d.Post, d.Reason = monthPath(dossier, e.Period)+"/close", true
	if len(e.Missing) > 0 {
		d.Label, d.Fields = r.Words.Web.Month.CloseAll, [][2]string{{"missing", ledger.MissingTag(e.Missing)}}
		d.Note = r.Words.Web.Month.Missing + " " + ledger.Undone(e.Missing).In(r.Words.Catalogue)
	}
	return d
}

// closeMonth closes a month. What is missing is closed over by who was shown just that.
func closeMonth(r *request) (page, error) {
	d, err := r.App.Config.Dossier(r.PathValue("dossier"))
	if err != nil {
		return page{}, errNotFound
	}
	period, err := app.ParsePeriod(r.PathValue("period"))
	if err != nil {
		return page{}, errNotFound
	}
	by := r.decision()
	by.Missing = r.form("missing")
	_, err = r.App.Decisions().ClosePeriod(r.Context(), app.Month{Dossier: d, Period: period}, by.Missing != "", by)
	if err != nil {
		if wrong := r.told(err); wrong != nil {
			return r.monthPage(d.Name, period, http.StatusConflict, wrong)
		}
		return page{}, err
	}
	return redirect(monthPath(d.Name, period), "closed"), nil
}

// fleetMonths is how many months are told of all dossiers.
const fleetMonths = 12

// fleetData is where all dossiers of somebody stand, those first that need a person.
type fleetData struct {
	Facts    [][2]string
	Counts   []stateCount
	Search   string
	State    string // that alone is shown; "" = all
	All      string // where they are, of that name
	Here     string // what was asked for, behind the address of what a form does
	Periods  []string
	Rows     []fleetRow
	Filtered bool       // Rows are those that were asked for, finished or not
	Done     []fleetRow // of which nothing is left
	Vitals   []healthCheck
	Causes   []fleetCause
	Results  []string // of what was started for several dossiers
	None     string   // instead of the rest: no dossier has that name
	Wrong    *refusal
}

// fleetPath is all dossiers, or what was asked for of them.
func fleetPath(search, state string) string { return "/fleet" + fleetQuery(search, state) }

func fleetQuery(search, state string) string {
	asked := url.Values{}
	for name, value := range map[string]string{"q": search, "state": state} {
		if value != "" {
			asked.Set(name, value)
		}
	}
	if len(asked) == 0 {
		return ""
	}
	return "?" + asked.Encode()
}

// narrowed is what was asked for of all dossiers.
func (r *request) narrowed() (search, state string) {
	asked := r.URL.Query()
	return strings.TrimSpace(asked.Get("q")), asked.Get("state")
}

type stateCount struct {
	Link, Word, Sign, Class string
	N                       int
	Chosen                  bool
}

type fleetRow struct {
	Dossier, Link string
	Cells         template.HTML // of its months
}

func showFleet(r *request) (page, error) { return r.fleetPage(0, nil, nil) }

func (r *request) fleetPage(status int, results []string, wrong *refusal) (page, error) {
	t := &r.Words.Web.Fleet
	search, chosen := r.narrowed()
	data := fleetData{Search: search, State: chosen, All: fleetPath(search, ""), Here: fleetQuery(search, chosen), Results: results,
		Wrong: wrong}
	data.Filtered = chosen != "" || search != ""
	var names []string
	for _, d := range r.dossiers("") {
		if strings.Contains(strings.ToLower(d.Value+" "+d.Text), strings.ToLower(data.Search)) {
			names = append(names, d.Value)
		}
	}
	if len(names) == 0 {
		data.None = t.None
		return page{template: "fleet", title: t.Title, data: data, status: status}, nil
	}
	all, err := r.App.Months().Fleet(r.Context(), app.MonthsOf{Dossiers: names, Months: fleetMonths, Causes: true})
	if err != nil {
		return page{}, err
	}
	counts := map[ledger.MonthState]int{}
	for i := range all.Rows {
		row := r.fleetRow(&all.Rows[i])
		state := all.Rows[i].Standing().State
		counts[state]++
		switch {
		case chosen != "" && chosen != string(state):
		case state.Over() && !data.Filtered:
			data.Done = append(data.Done, row)
		default:
			data.Rows = append(data.Rows, row)
		}
	}
	for _, period := range all.Periods {
		data.Periods = append(data.Periods, t.Months[period.Start().Month()-1]+period.Start().Format(" 2006"))
	}
	for _, state := range ledger.MonthStates {
		if n := counts[state]; n > 0 {
			sign, class := monthSign(state, false)
			data.Counts = append(data.Counts, stateCount{fleetPath(search, string(state)), r.Words.PayMonth.Words[string(state)], sign, class, n,
				chosen == string(state)})
		}
	}
	report := r.Words.Fleet(&all)
	data.Facts = r.shown(report.Facts)
	if data.Vitals, err = r.vitals(r.jobsHere()); err != nil {
		return page{}, err
	}
	for i := range all.Causes {
		data.Causes = append(data.Causes, r.fleetCause(&all.Causes[i], report.Causes[i].Title))
	}
	return page{template: "fleet", title: t.Title, data: data, status: status}, nil
}

// called is what people call a dossier.
func (r *request) called(name string) string {
	if d, err := r.App.Config.Dossier(name); err == nil {
		return cmp.Or(d.Label, d.Name)
	}
	return name
}

// calledNow is what people call the dossier of a target, which the configuration may have under another name by now.
func (r *request) calledNow(t jobs.Target) string { return r.called(r.App.NameNow(t)) }

func (r *request) fleetRow(row *view.MonthRow) fleetRow {
	var cells strings.Builder
	for i := range row.Months {
		r.writeCell(&cells, row.Dossier, &row.Months[i])
	}
	escaped := template.HTML(cells.String()) //nolint:gosec // by writeCell
	return fleetRow{r.called(row.Dossier), monthPath(row.Dossier, row.Standing().Period), escaped}
}

// writeCell writes a month of the grid. A template would take longer for the 3,600 of 300 dossiers than all else of their page.
func (r *request) writeCell(into *strings.Builder, dossier string, e *view.MonthEntry) {
	word := r.Words.PayMonth.Words[string(e.State)]
	if e.Late {
		word = r.Words.PayMonth.Late + ", " + word
	}
	sign, class := monthSign(e.State, e.Late)
	into.WriteString("<td")
	if class != "" {
		into.WriteString(` class="` + class + `"`)
	}
	if e.State == ledger.MonthNone && !e.Late {
		into.WriteString(">" + sign + "</td>")
		return
	}
	into.WriteString(`><a href="` + html.EscapeString(monthPath(dossier, e.Period)) + `">` + sign + " " + html.EscapeString(word) + "</a></td>")
}

// monthSign is a sign and a colour beside the word of a state: never a colour alone.
func monthSign(state ledger.MonthState, late bool) (sign, class string) {
	switch {
	case late:
		return "⚠", "bad"
	case state.Over():
		return "✔", "good"
	case state == ledger.MonthHeld:
		return "?", "warn"
	case state.Asks():
		return "✖", "bad"
	case state == ledger.MonthNone:
		return "–", ""
	}
	return "▶", ""
}
