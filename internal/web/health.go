package web

import (
	"cmp"
	"net/http"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

// healthData is whether all works that people count on.
type healthData struct {
	Checks []healthCheck
	People []string // accounts whose person has not signed in yet
	Alerts *alertHealth
}

// alertHealth is how what is told leaves, for who administrates.
type alertHealth struct {
	Recipients []choice
	Tests      []string // what became of test messages, the newest first
	Events     []string // what happened to accounts, the newest first
	Wrong      *refusal
}

type healthCheck struct {
	Good       bool
	Name, Text string
}

func showHealth(r *request) (page, error) { return r.health(0, nil) }

func (r *request) health(status int, wrong *refusal) (page, error) {
	t := &r.Words.Web.Health
	schedules, err := r.App.Records().Schedules(r.Context())
	if err != nil {
		return page{}, err
	}
	data := healthData{Checks: []healthCheck{{true, t.Database, t.Answers}}}
	alive := 0
	for _, d := range schedules.Daemons {
		text := r.Words.Fill(t.Daemon, "host", d.Host, "version", d.Version, "time", r.Words.Minute(d.Started.In(r.App.Config.Zone())))
		good := d.Silent < 75*time.Second
		switch {
		case !good:
			text = r.Words.Fill(t.Silent, "host", d.Host)
		case d.Differs:
			text += r.Words.Semicolon + t.Differs
		}
		if good {
			alive++
		}
		data.Checks = append(data.Checks, healthCheck{good && !d.Differs, t.Service, text})
	}
	if alive == 0 {
		data.Checks = append(data.Checks, healthCheck{false, t.Service, t.NoDaemon})
	}
	runs, err := r.App.Records().Runs(r.Context(), ledger.RunFilter{Max: shownRuns})
	if err != nil {
		return page{}, err
	}
	for i := range r.App.Config.Partners {
		p := &r.App.Config.Partners[i]
		name := cmp.Or(r.Words.Partners[p.Name], p.Name)
		good, text := r.lastReached(p.Name, runs)
		data.Checks = append(data.Checks, healthCheck{good, name, r.Words.Environments[p.Environment] + r.Words.Semicolon + text})
	}
	for _, run := range schedules.Outside {
		if r.may(accounts.Admin, run.Target.Dossier) {
			data.Checks = append(data.Checks, healthCheck{false, t.Outside, r.runName(run)})
		}
	}
	told, err := r.App.Alerts().Health(r.Context())
	if err != nil {
		return page{}, err
	}
	if told.Clock {
		data.Checks = append(data.Checks, healthCheck{false, t.Clock, t.ClockOff})
	}
	data.Checks = append(data.Checks, r.channels(&told)...)
	if r.Session.Grants.Anywhere(accounts.Admin) {
		if data.People, err = r.unready(); err != nil {
			return page{}, err
		}
		data.Alerts = r.alertHealth(&told, wrong)
	}
	return page{template: "health", title: t.Title, data: data, status: status}, nil
}

// channels are whether what is told arrives, by the way that it goes.
func (r *request) channels(told *view.AlertHealth) (checks []healthCheck) {
	t := &r.Words.Web.Health
	if len(told.Channels) == 0 {
		return []healthCheck{{false, t.Alerts, t.NobodyTold}}
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
		checks = append(checks, healthCheck{!c.Failing && len(c.Refused) == 0, t.Alerts, text + r.Words.Semicolon + last})
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

// lastReached is whether a partner answered when one of these runs last asked it, and when that was: the page itself asks no partner.
func (r *request) lastReached(partner string, runs []*jobs.Run) (good bool, text string) {
	t := &r.Words.Web.Health
	for _, run := range runs {
		if run.Target.Partner != partner || run.FinishedAt == nil {
			continue
		}
		at := r.Words.Minute(run.FinishedAt.In(r.App.Config.Zone()))
		if run.Failure.Code == jobs.ReasonUnreachable || run.Failure.Code == jobs.ReasonSlow {
			return false, r.Words.Fill(t.Away, "time", at, "reason", r.Words.Reason(run.Failure))
		}
		return true, r.Words.Fill(t.Answered, "time", at)
	}
	return false, t.NeverAsked
}

// unready are the accounts whose person has no password and no codes.
func (r *request) unready() (names []string, err error) {
	service, err := r.server.accounts(r.Context())
	if err != nil {
		return nil, err
	}
	all, err := service.Ledger.Accounts(r.Context(), "")
	for i := range all {
		if a := &all[i]; !a.Ready && a.DisabledAt == nil {
			names = append(names, a.Called())
		}
	}
	return names, err
}
