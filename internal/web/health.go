package web

import (
	"cmp"
	"net/http"
	"slices"

	"syncd/internal/accounts"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report/view"
)

// healthData is whether all works that people count on.
type healthData struct {
	Checks []healthCheck
	People []string // accounts whose person has not signed in yet
	Bare   []string // accounts whose person signs in with no code that is asked for here, at an issuer that need not ask for one
	By     string   // that issuer
	Alerts *alertHealth
}

// alertHealth is how what is told leaves, for who administrates.
type alertHealth struct {
	Recipients []choice
	Tests      []string // what became of test messages, the newest first
	Events     []string // what happened to accounts, the newest first
	Wrong      *refusal
}

// healthCheck is one thing that is as it should be, or not, or of which nothing is known.
type healthCheck struct {
	Mark
	Name, Text string
}

// Mark is a sign and its colour.
type Mark struct{ Sign, Class string }

var good, bad, unknown = Mark{"✔", "good"}, Mark{"✖", "bad"}, Mark{"○", ""}

func markOf(well bool) Mark {
	if well {
		return good
	}
	return bad
}

func showHealth(r *request) (page, error) { return r.health(0, nil) }

func (r *request) health(status int, wrong *refusal) (page, error) {
	t := &r.Words.Web.Health
	schedules, err := r.App.Records().Schedules(r.Context())
	if err != nil {
		return page{}, err
	}
	data := healthData{Checks: append([]healthCheck{{good, t.Database, t.Answers}}, r.daemons(&schedules)...)}
	reached, err := r.App.Records().LastReached(r.Context())
	if err != nil {
		return page{}, err
	}
	for i := range r.App.Config.Partners {
		p := &r.App.Config.Partners[i]
		check := r.reached(p, reached(p))
		check.Text = r.Words.Environments[p.Environment] + r.Words.Semicolon + check.Text
		data.Checks = append(data.Checks, check)
	}
	for _, run := range schedules.Outside {
		if r.may(accounts.Admin, run.Target.Dossier) {
			data.Checks = append(data.Checks, healthCheck{bad, t.Outside, r.runName(run)})
		}
	}
	told, err := r.App.Alerts().Health(r.Context())
	if err != nil {
		return page{}, err
	}
	if told.Clock {
		data.Checks = append(data.Checks, healthCheck{bad, t.Clock, t.ClockOff})
	}
	data.Checks = append(data.Checks, r.channels(&told)...)
	if r.Session.Grants.Anywhere(accounts.Admin) {
		if err := r.accountsOf(&data); err != nil {
			return page{}, err
		}
		data.Alerts = r.alertHealth(&told, wrong)
	}
	return page{template: "health", title: t.Title, data: data, status: status}, nil
}

// daemons are those that live, and those that died: since when, and what they were to do next.
func (r *request) daemons(s *view.Schedules) (checks []healthCheck) {
	t, zone := &r.Words.Web.Health, r.App.Config.Zone()
	alive := false
	for i := range s.Daemons {
		d := &s.Daemons[i]
		text := r.Words.Fill(t.Daemon, "host", d.Host, "version", d.Version, "time", r.Words.Minute(d.Started.In(zone)))
		switch {
		case d.Lost:
			text = r.Words.Fill(t.Silent, "host", d.Host, "time", r.Words.Minute(d.Seen.In(zone)))
			if next := r.Words.WasNext(d); next != "" {
				text += r.Words.Semicolon + next
			}
		case d.Differs:
			text += r.Words.Semicolon + t.Differs
		}
		alive = alive || !d.Lost
		checks = append(checks, healthCheck{markOf(!d.Lost && !d.Differs), t.Service, text})
	}
	if !alive {
		checks = append(checks, healthCheck{bad, t.Service, t.NoDaemon})
	}
	return checks
}

// vitals are whether the service lives that has some jobs, and when the partner of each last answered.
func (r *request) vitals(names []string) (checks []healthCheck, err error) {
	t := &r.Words.Web.Health
	serving, err := r.App.Records().Serving(r.Context(), names)
	if err != nil {
		return nil, err
	}
	reached, err := r.App.Records().LastReached(r.Context())
	if err != nil {
		return nil, err
	}
	checks = append(checks, healthCheck{good, t.Service, t.Running})
	if len(serving.Unserved) > 0 {
		checks[0] = healthCheck{bad, t.Service, t.Stopped}
	}
	told := map[string]bool{}
	for _, name := range names {
		job, err := r.App.Config.Job(name)
		if err != nil {
			continue // it is no longer configured: nothing asks its partner
		}
		if p := r.App.Config.PartnerOf(job); !told[p.Name] {
			told[p.Name] = true
			checks = append(checks, r.reached(p, reached(p)))
		}
	}
	return checks, nil
}

// channels are whether what is told arrives, by the way that it goes.
func (r *request) channels(told *view.AlertHealth) (checks []healthCheck) {
	t := &r.Words.Web.Health
	if len(told.Channels) == 0 {
		return []healthCheck{{bad, t.Alerts, t.NobodyTold}}
	}
	for i := range told.Channels {
		c := &told.Channels[i]
		text := r.Words.Fill(t.Channel, "name", c.Name)
		switch {
		case c.Failing:
			text += r.Words.Semicolon + r.Words.Fill(r.Words.Noun(t.Undelivered, c.Unsent), "n", c.Unsent, "trouble",
				r.Words.Alert.Troubles[c.Trouble])
		case len(c.Refused) > 0:
			text += r.Words.Semicolon + t.Refused
		}
		last := t.NeverTold
		if c.Sent != nil {
			last = r.Words.Fill(t.LastTold, "time", r.Words.Minute(c.Sent.In(r.App.Config.Zone())))
		}
		checks = append(checks, healthCheck{markOf(!c.Failing && len(c.Refused) == 0), t.Alerts, text + r.Words.Semicolon + last})
	}
	return checks
}

func (r *request) alertHealth(told *view.AlertHealth, wrong *refusal) *alertHealth {
	t, zone := &r.Words.Web.Health, r.App.Config.Zone()
	h := &alertHealth{Wrong: wrong}
	for _, name := range told.Recipients {
		h.Recipients = append(h.Recipients, choice{name, name, name == r.Session.Account})
	}
	for i := range told.Tests {
		m := &told.Tests[i]
		h.Tests = append(h.Tests, r.Words.Fill(t.Tested, "time", r.Words.Minute(m.Made.In(zone)), "name", m.Recipient, "state",
			r.Words.MessageState(m)))
	}
	for i := range told.Events {
		e := &told.Events[i]
		text := r.Words.Fill(t.Events[e.Kind], "name", e.Account)
		if e.Address != "" {
			text += " (" + e.Address + ")"
		}
		h.Events = append(h.Events, r.Words.Minute(e.At.In(zone))+r.Words.Colon+text)
	}
	return h
}

// testAlerts asks the service to send somebody a test message: the page has no secret of a mail server.
func testAlerts(r *request) (page, error) {
	if err := r.App.Alerts().QueueTest(r.Context(), r.form("recipient")); err != nil {
		if wrong := r.told(err); wrong != nil {
			return r.health(http.StatusUnprocessableEntity, wrong)
		}
		return page{}, err
	}
	return redirect("/health", "tested"), nil
}

// reached is whether a partner answered the run that last asked it, and when that was: the page itself asks no partner.
func (r *request) reached(p *config.Partner, run *jobs.Run) healthCheck {
	t := &r.Words.Web.Health
	name := cmp.Or(r.Words.Partners[p.Name], p.Name)
	if run == nil {
		return healthCheck{unknown, name, t.NeverAsked}
	}
	at := r.Words.Minute(run.FinishedAt.In(r.App.Config.Zone()))
	if slices.Contains(jobs.Away, run.Failure.Code) {
		return healthCheck{bad, name, r.Words.Fill(t.Away, "time", at, "reason", r.Words.Reason(run.Failure))}
	}
	return healthCheck{good, name, r.Words.Fill(t.Answered, "time", at)}
}

// accountsOf tells of accounts that nobody uses yet, and of those that one factor may open: a password alone opens none, but an issuer of
// which no acr_values demand more may be content with one.
func (r *request) accountsOf(data *healthData) error {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return err
	}
	all, err := service.Ledger.Accounts(r.Context(), "")
	oidc := &r.App.Config.Web.OIDC
	for i := range all {
		a := &all[i]
		switch {
		case a.DisabledAt != nil:
		case !a.Ready:
			data.People = append(data.People, a.Called())
		case !a.Codes && a.Identity != nil && a.Identity.Issuer == oidc.Issuer && len(oidc.ACR) == 0:
			data.Bare, data.By = append(data.Bare, a.Called()), oidc.Label
		}
	}
	return err
}
