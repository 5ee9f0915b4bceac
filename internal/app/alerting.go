package app

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"syncd/internal/accounts"
	"syncd/internal/alert"
	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/monitor"
	"syncd/internal/report/locale"
	"syncd/internal/store"
)

// alertPlan is what the configuration says of alerts, and who of the people of the page is told. The ledger does not know yet which
// targets its dossiers are.
func (a *App) alertPlan(people []accounts.Account) *alert.Plan {
	c := a.Config
	p := &alert.Plan{Setup: alert.Setup{Zone: c.Daemon.Location(), Closed: c.Daemon.ClosedDays}, Senders: map[string]alert.Sender{}}
	if c.Daemon.ResumeFailed != nil {
		p.RetryWithin = c.Daemon.ResumeWithin
	}
	for _, j := range c.Jobs {
		p.Jobs = append(p.Jobs, a.alertJob(j))
	}
	var addresses map[string]string
	p.Recipients, addresses = recipientsOf(&c.Alerts, people)
	server := mailServer(c.Alerts.SMTP)
	for i := range c.Alerts.Recipients {
		r := &c.Alerts.Recipients[i]
		p.Senders[r.Name] = sender(r, server)
	}
	for name, address := range addresses {
		p.Senders[name] = server.To(address)
	}
	for i := range people {
		if p.Senders[people[i].Name] == nil {
			p.Gone = append(p.Gone, people[i].Name)
		}
	}
	labels := map[string]string{}
	for _, d := range c.AllDossiers {
		labels[d.Name] = d.Label
	}
	p.Speak = func(language string) *alert.Speaker {
		words, partners := locale.Of(locale.Language(cmp.Or(language, c.Language(a.door.Getenv))), c.PartnerName()), map[string]string{}
		for i := range c.Partners {
			partners[c.Partners[i].Name] = words.Partners[c.Partners[i].Name]
		}
		return &alert.Speaker{Catalogue: words, Partners: partners, Labels: labels, Zone: p.Zone, Page: c.Web.PublicURL}
	}
	return p
}

// recipientsOf are who is told: whom the configuration names, and, where there is a mail server, the people of the page who have an
// address and may sign in, with the addresses of these. Who is named in both, by name or by address, is one person, who is told as the
// configuration says and for all the roles of both.
func recipientsOf(c *config.Alerts, people []accounts.Account) (all []alert.Recipient, addresses map[string]string) {
	at := map[string]int{} // by name and by address
	for i := range c.Recipients {
		r := &c.Recipients[i]
		one := alert.Recipient{Name: r.Name, Language: r.Language, Channel: r.Channel()}
		dossiers := r.DossierNames
		if slices.Contains(dossiers, "*") {
			dossiers = nil
		}
		var roles []alert.Role
		for _, role := range r.Roles {
			roles = append(roles, alert.Role(role))
		}
		one.Rights = alert.RightsOf(roles, dossiers)
		at[r.Name], at[strings.ToLower(r.Mail)] = len(all), len(all)
		all = append(all, one)
	}
	delete(at, "")
	addresses = map[string]string{}
	for i := range people {
		p := &people[i]
		if p.DisabledAt != nil || p.Email == "" || c.SMTP == nil {
			continue
		}
		known, there := at[p.Name]
		if !there {
			known, there = at[strings.ToLower(p.Email)]
		}
		if !there {
			known = len(all)
			at[p.Name], at[strings.ToLower(p.Email)] = known, known
			addresses[p.Name] = p.Email
			all = append(all, alert.Recipient{Name: p.Name, Language: p.Language, Channel: "mail"})
		}
		all[known].Accounts = append(all[known].Accounts, p.Name)
		all[known].Rights = append(all[known].Rights, rightsOf(p.Grants)...)
	}
	return all, addresses
}

// rightsOf are what somebody is told for: who only reads, for nothing.
func rightsOf(grants accounts.Grants) (rights []alert.Right) {
	for _, g := range grants {
		if role := alert.Role(g.Role); slices.Contains(alert.Roles, role) {
			rights = append(rights, alert.Right{Role: role, Dossier: g.Dossier})
		}
	}
	return rights
}

// people are those who may be told because they have an account.
func people(ctx context.Context, c *config.Config, st *store.Store) ([]accounts.Account, error) {
	if c.Alerts.SMTP == nil {
		return nil, nil
	}
	return st.Accounts().Accounts(ctx, "")
}

// recipients is who is told, as a configuration and the ledger say.
func recipients(ctx context.Context, c *config.Config, st *store.Store) ([]alert.Recipient, error) {
	known, err := people(ctx, c, st)
	if err != nil {
		return nil, err
	}
	all, _ := recipientsOf(&c.Alerts, known)
	return all, nil
}

// soonDays is how many working days before a deadline people hear of it.
const soonDays = 2

func (a *App) alertJob(j config.Job) alert.Job {
	one := alert.Job{Name: j.Name, Digest: a.Config.JobDigest(j.Name), HoldExpires: j.HoldExpires, Sends: j.Kind.Sends()}
	for _, d := range a.Config.Dossiers(j) {
		one.Targets = append(one.Targets, a.Target(a.Config.PartnerOf(j), d))
	}
	if j.Due != nil {
		one.Due = func(period jobs.Period) (due, soon time.Time) {
			if due = j.DueOf(period); !due.IsZero() {
				soon = j.Due.Before(due, soonDays)
			}
			return due, soon
		}
	}
	return one
}

// mailServer is where mails are handed on; nil = nowhere.
func mailServer(c *config.SMTP) *alert.SMTP {
	if c == nil {
		return nil
	}
	s := &alert.SMTP{Host: c.Host, Port: c.Port, TLS: c.TLS, From: c.From, Username: c.Username, XOAUTH2: c.Auth == "xoauth2",
		CAFile:  c.CAFile,
		Timeout: alert.StepTimeout,
		Secret:  func(context.Context) (string, error) { return c.Password.Read() }}
	if s.XOAUTH2 {
		s.Secret = tokens(c)
	}
	return s
}

// tokens asks for a token of XOAUTH2: one a mail, for they are few.
func tokens(c *config.SMTP) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		secret, err := c.ClientSecret.Read()
		if err != nil {
			return "", err
		}
		var source oauth2.TokenSource
		if c.RefreshToken.IsZero() {
			of := clientcredentials.Config{ClientID: c.ClientID, ClientSecret: secret, TokenURL: c.TokenURL, AuthStyle: oauth2.AuthStyleInParams}
			if c.Scope != "" {
				of.Scopes = []string{c.Scope}
			}
			source = of.TokenSource(ctx)
		} else {
			refresh, err := c.RefreshToken.Read()
			if err != nil {
				return "", err
			}
			of := oauth2.Config{ClientID: c.ClientID, ClientSecret: secret,
				Endpoint: oauth2.Endpoint{TokenURL: c.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}
			source = of.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh})
		}
		token, err := source.Token()
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}
}

func sender(r *config.AlertRecipient, server *alert.SMTP) alert.Sender {
	switch r.Channel() {
	case "mail":
		return server.To(r.Mail)
	case "webhook":
		return &alert.Webhook{URL: r.Webhook.Read, Secret: r.Secret.Read, Now: time.Now}
	}
	n := &alert.Ntfy{URL: r.Ntfy.Read}
	if !r.Token.IsZero() {
		n.Token = r.Token.Read
	}
	return n
}

// alerting is what the daemon does of alerts, beside its runs.
type alerting struct {
	*Service
	outbox *alert.Outbox
	ledger atomic.Pointer[store.Store] // nil = it is not open yet
	of     *config.Config              // that plan is of
	people []accounts.Account
	plan   *alert.Plan
	looked time.Time // when the ledger was last asked for targets
}

const (
	targetsEach = 10 * time.Minute // the ledger is asked for targets that it did not know
	aliveEach   = 10 * time.Minute // a watcher elsewhere hears that all goes on
	stuckAfter  = 30 * time.Minute // of a message that does not leave: then it does not hear it
)

func (s *Service) newAlerting() *alerting {
	a := &alerting{Service: s}
	a.outbox = &alert.Outbox{Plan: a.current, Now: time.Now, Clock: func() bool { return !s.metrics.ClockError() }, Log: s.door.Log,
		Ledger: func() alert.Ledger {
			if st := a.ledger.Load(); st != nil {
				return st
			}
			return nil
		}}
	return a
}

// current is the plan of the configuration in force, with the people and the targets that the ledger knows, or last knew.
func (a *alerting) current(ctx context.Context) (*alert.Plan, error) {
	c, st, found := a.Service.current.Load(), a.ledger.Load(), a.people
	var err error
	if st != nil {
		if found, err = people(ctx, c, st); err != nil {
			found = a.people
		}
	}
	if c != a.of || !reflect.DeepEqual(found, a.people) {
		a.of, a.people, a.plan, a.looked = c, found, New(c, a.door).alertPlan(found), time.Time{}
	}
	if err != nil {
		return a.plan, err
	}
	if st == nil || len(a.plan.Recipients) == 0 || !a.looked.IsZero() && time.Since(a.looked) < targetsEach || !unknown(a.plan) {
		return a.plan, nil
	}
	for i := range a.of.Partners {
		p := &a.of.Partners[i]
		known, _, err := st.TargetsAt(ctx, jobs.Target{Partner: p.Name, Environment: p.Environment, BaseURL: p.BaseURL})
		if err != nil {
			return a.plan, err
		}
		number(a.plan, known, New(a.of, a.door).namesNow().former(known))
	}
	a.looked = time.Now()
	return a.plan, nil
}

func unknown(p *alert.Plan) bool {
	return slices.ContainsFunc(p.Jobs, func(j alert.Job) bool {
		return slices.ContainsFunc(j.Targets, func(t jobs.Target) bool { return t.ID == 0 })
	})
}

// number gives targets the numbers that the ledger has for them, and those of what dossiers were called before.
func number(p *alert.Plan, known []jobs.Target, former map[string][]jobs.Target) {
	for i := range p.Jobs {
		if p.Jobs[i].Sends {
			p.Jobs[i].Former = former
		}
		for j := range p.Jobs[i].Targets {
			t := &p.Jobs[i].Targets[j]
			for _, k := range known {
				if k.Dossier == t.Dossier && k.Partner == t.Partner && k.Environment == t.Environment && k.BaseURL == jobs.NormalAddress(t.BaseURL) {
					*t = k
				}
			}
		}
	}
}

// run tells what is to be told, and a watcher elsewhere that all goes on, until the context ends.
func (a *alerting) run(ctx context.Context) {
	pinged := make(chan struct{})
	go func() {
		defer close(pinged)
		a.ping(ctx)
	}()
	a.outbox.Run(ctx)
	<-pinged
}

// ping asks the page of [daemon] ping while this daemon can work and what is to be told leaves.
func (a *alerting) ping(ctx context.Context) {
	pinger := monitor.NewPinger(a.door.Log)
	for wait := time.Minute; ; wait = aliveEach {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if at := a.Service.current.Load().Daemon.Ping; !at.IsZero() && a.goesOn(ctx) {
			url, err := at.Read()
			if err == nil {
				err = pinger.Ping(ctx, url)
			}
			if err != nil && ctx.Err() == nil {
				a.door.Log.Warn().Str("trouble", hinted.FirstLine(err.Error())).Msg("ping not delivered: nobody elsewhere hears that the service works")
			}
		}
	}
}

// goesOn reports whether this daemon works, and what is to be told leaves.
func (a *alerting) goesOn(ctx context.Context) bool {
	ready, _ := a.health.Ready()
	st := a.ledger.Load()
	if !ready || st == nil {
		return false
	}
	c := a.Service.current.Load()
	told, err := recipients(ctx, c, st)
	switch {
	case err != nil:
		return false
	case len(told) == 0:
		return true
	case a.outbox.Silent():
		return false
	}
	outboxes, err := st.Outboxes(ctx)
	return err == nil && !slices.ContainsFunc(outboxes, func(o ledger.Outbox) bool {
		return o.Unsent > 0 && o.Trouble != "" && time.Since(*o.Oldest) > stuckAfter &&
			slices.ContainsFunc(told, func(r alert.Recipient) bool { return r.Name == o.Recipient && !ofOne(r.Channel, o.Trouble) })
	})
}
