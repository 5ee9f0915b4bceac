package app

import (
	"context"
	"slices"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/alert"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

// Alerts are what somebody is told of by itself: what is open, what was told, what is silenced.
type Alerts struct{ app *App }

// Alerts is where alerts are looked at and silenced.
func (a *App) Alerts() Alerts { return Alerts{a} }

// Why something of alerts is refused.
const (
	NoRecipients Code = "no-recipients"
	NoRecipient  Code = "no-recipient"   // name, known
	TestUnderWay Code = "test-under-way" // name
	NoCondition  Code = "no-condition"   // kind, known
	NoSilence    Code = "no-silence"     // id
)

// shownMessages is how many messages are listed.
const shownMessages = 30

// List is what is open, what was told of it, and how messages fare.
func (l Alerts) List(ctx context.Context) (all view.Alerts, err error) {
	st, err := l.app.Records().ledger(ctx)
	if err != nil {
		return all, err
	}
	open, err := st.Alerts(ctx)
	if err != nil {
		return all, err
	}
	messages, err := st.Messages(ctx, shownMessages)
	if err != nil {
		return all, err
	}
	if all.Silences, err = st.Silences(ctx); err != nil {
		return all, err
	}
	known, err := people(ctx, l.app.Config, st)
	if err != nil {
		return all, err
	}
	plan := l.app.alertPlan(known)
	if all.Channels, err = channels(ctx, st, plan.Recipients); err != nil {
		return all, err
	}
	all.Now, all.Recipients = time.Now(), len(plan.Recipients)
	speaker := plan.Speak("")
	for i := range open {
		a := &open[i]
		quiet := slices.ContainsFunc(all.Silences, func(s ledger.Silence) bool { return s.Covers(&a.Condition, all.Now) })
		all.Open = append(all.Open,
			view.Alert{Alert: *a, Text: speaker.Title(&a.Condition), Details: speaker.Details(&a.Condition), Silenced: quiet})
	}
	if all.Events, err = happened(ctx, st, speaker); err != nil {
		return all, err
	}
	for i := range messages {
		all.Messages = append(all.Messages, view.AlertMessage{Message: messages[i], Subject: speaker.Subject(&messages[i])})
	}
	return all, nil
}

// happened is what happened last, the newest first: it neither lasts nor ends.
func happened(ctx context.Context, st *store.Store, speaker *alert.Speaker) (all []view.AlertEvent, err error) {
	events, err := st.AccountEvents(ctx, shownEvents)
	if err != nil {
		return nil, err
	}
	gaps, err := st.Gaps(ctx, shownEvents)
	if err != nil {
		return nil, err
	}
	for _, c := range alert.Happened(events, gaps) {
		all = append(all, view.AlertEvent{Condition: c, Text: speaker.Title(&c)})
	}
	slices.SortStableFunc(all, func(a, b view.AlertEvent) int { return b.At().Compare(a.At()) })
	return all[:min(len(all), shownEvents)], nil
}

// channels tells how what is told leaves, by the way that it goes.
func channels(ctx context.Context, st *store.Store, recipients []alert.Recipient) (all []view.AlertChannel, err error) {
	outboxes, err := st.Outboxes(ctx)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i := range recipients {
		r := &recipients[i]
		if _, known := at[r.Channel]; !known {
			at[r.Channel] = len(all)
			all = append(all, view.AlertChannel{Name: r.Channel})
		}
		c := &all[at[r.Channel]]
		for i := range outboxes {
			if outboxes[i].Recipient == r.Name {
				carry(c, &outboxes[i])
			}
		}
	}
	return all, nil
}

// carry adds a recipient's outbox to the channel by which it goes.
func carry(c *view.AlertChannel, o *ledger.Outbox) {
	if c.Unsent += o.Unsent; o.Oldest != nil && (c.Oldest == nil || o.Oldest.Before(*c.Oldest)) {
		c.Oldest = o.Oldest
	}
	if o.Sent != nil && (c.Sent == nil || o.Sent.After(*c.Sent)) {
		c.Sent = o.Sent
	}
	switch {
	case o.Trouble == "":
	case ofOne(c.Name, o.Trouble):
		c.Refused = append(c.Refused, o.Recipient)
	default:
		c.Failing, c.Trouble = true, o.Trouble
	}
}

// ofOne reports whether a trouble is of one recipient, and not of the way by which others are told too.
func ofOne(channel, trouble string) bool {
	return channel == "mail" && (trouble == alert.TroubleAddress || trouble == alert.TroubleRefused)
}

// Failing tells which ways fail, and whom alone a mail server refuses; for a banner. It asks little where none does.
func (l Alerts) Failing(ctx context.Context) (ways, refused []string, err error) {
	st, err := l.app.Records().ledger(ctx)
	if err != nil {
		return nil, nil, err
	}
	undelivered, err := st.UndeliveredMessages(ctx)
	if err != nil || len(undelivered) == 0 {
		return nil, nil, err
	}
	told, err := recipients(ctx, l.app.Config, st)
	for i := range told {
		for j := range undelivered {
			r, o := &told[i], &undelivered[j]
			switch {
			case o.Recipient != r.Name:
			case ofOne(r.Channel, o.Trouble):
				refused = append(refused, r.Name)
			case !slices.Contains(ways, r.Channel):
				ways = append(ways, r.Channel)
			}
		}
	}
	return ways, refused, err
}

const (
	shownTests  = 5
	shownEvents = 10
)

// Health is how what is told leaves, and what happened to accounts last.
func (l Alerts) Health(ctx context.Context) (h view.AlertHealth, err error) {
	st, err := l.app.Records().ledger(ctx)
	if err != nil {
		return h, err
	}
	told, err := recipients(ctx, l.app.Config, st)
	if err != nil {
		return h, err
	}
	for i := range told {
		h.Recipients = append(h.Recipients, told[i].Name)
	}
	if h.Channels, err = channels(ctx, st, told); err != nil {
		return h, err
	}
	if h.Tests, err = st.Tests(ctx, shownTests); err != nil {
		return h, err
	}
	if h.Events, err = st.AccountEvents(ctx, shownEvents); err != nil {
		return h, err
	}
	h.Clock, err = wrongClock(ctx, st)
	return h, err
}

// wrongClock reports whether a clock is off: that of this machine, or one that a service has told of.
func wrongClock(ctx context.Context, st *store.Store) (bool, error) {
	err := st.Clock(ctx)
	if is[*jobs.ClockError](err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	open, err := st.Alerts(ctx)
	return slices.ContainsFunc(open, func(a ledger.Alert) bool { return a.Kind == ledger.ConditionClock }), err
}

// QueueTest asks the service to send a recipient a test message, for who has none of its secrets. Errors: *Refused.
func (l Alerts) QueueTest(ctx context.Context, recipient string) error {
	st, err := l.app.Records().ledger(ctx)
	if err != nil {
		return err
	}
	told, err := recipients(ctx, l.app.Config, st)
	if err != nil {
		return err
	}
	var known []string
	for i := range told {
		known = append(known, told[i].Name)
	}
	if !slices.Contains(known, recipient) {
		return refuse(NoRecipient, Args{"name": recipient, "known": known})
	}
	queued, err := st.QueueTest(ctx, recipient, time.Now())
	if err == nil && !queued {
		return refuse(TestUnderWay, Args{"name": recipient})
	}
	return err
}

// Test sends a test message to recipients at once, to all where none is named, and tells of each what became of it.
func (l Alerts) Test(ctx context.Context, names []string) (tests []view.AlertTest, err error) {
	plan, err := l.reachable(ctx)
	if err != nil {
		return nil, err
	}
	if len(plan.Recipients) == 0 {
		return nil, refuse(NoRecipients, nil)
	}
	var known []string
	for i := range plan.Recipients {
		known = append(known, plan.Recipients[i].Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, refuse(NoRecipient, Args{"name": name, "known": known})
		}
	}
	results := plan.Test(ctx, time.Now(), names)
	for _, name := range known {
		if trouble, tried := results[name]; tried {
			t := view.AlertTest{Recipient: name}
			if trouble != nil {
				t.Trouble, t.Status = trouble.Code, trouble.Status
			}
			tests = append(tests, t)
		}
	}
	return tests, nil
}

// reachable is who is told; whom the configuration names at least, also while the ledger is away.
func (l Alerts) reachable(ctx context.Context) (*alert.Plan, error) {
	st, err := l.app.Records().ledger(ctx)
	if err == nil {
		var known []accounts.Account
		if known, err = people(ctx, l.app.Config, st); err == nil {
			return l.app.alertPlan(known), nil
		}
	}
	if len(l.app.Config.Alerts.Recipients) == 0 && l.app.Config.Alerts.SMTP != nil {
		return nil, err
	}
	return l.app.alertPlan(nil), nil
}

// Silencing asks for alerts not to be told until a time. What limits nothing is empty.
type Silencing struct {
	Kind         string
	Job, Dossier string
	Until        time.Time
	Decision
}

// Silence keeps alerts from being told. Errors: *Refused, *config.UnknownError.
func (l Alerts) Silence(ctx context.Context, o Silencing) (ledger.Silence, error) {
	s := ledger.Silence{Kind: ledger.ConditionKind(o.Kind), Job: o.Job, Dossier: o.Dossier, Until: o.Until, By: o.By, Reason: o.Reason}
	if err := o.Check(ledger.DecisionSilence); err != nil {
		return s, err
	}
	if o.Kind != "" && (!slices.Contains(ledger.ConditionKinds, s.Kind) || s.Kind.OfAccount()) {
		var known []string
		for _, kind := range ledger.ConditionKinds {
			if !kind.OfAccount() {
				known = append(known, string(kind))
			}
		}
		return s, refuse(NoCondition, Args{"kind": o.Kind, "known": known})
	}
	if o.Job != "" {
		if _, err := l.app.Config.Job(o.Job); err != nil {
			return s, err
		}
	}
	if o.Dossier != "" {
		if _, err := l.app.Config.Dossier(o.Dossier); err != nil {
			return s, err
		}
	}
	st, err := l.app.deciding(ctx, l.app.readable)
	if err != nil {
		return s, err
	}
	s.ID, err = st.Silence(ctx, s)
	return s, err
}

// Unsilence ends a silence, and needs no reason. Errors: *Refused.
func (l Alerts) Unsilence(ctx context.Context, id int64, by string) error {
	if by == "" {
		return errNobody
	}
	st, err := l.app.deciding(ctx, l.app.readable)
	if err != nil {
		return err
	}
	ended, err := st.Unsilence(ctx, id, by)
	if err == nil && !ended {
		return refuse(NoSilence, Args{"id": id})
	}
	return err
}

// What a check finds of alerts.
const (
	AlertsTold Code = "alerts-told" // n
	AlertsFail Code = "alerts-fail" // n, name, trouble
	AlertsMiss Code = "alerts-miss" // names
	// Nobody is told of anything; as a role, of some dossiers.
	AlertsNobody Code = "alerts-nobody"
	AlertsUntold Code = "alerts-untold" // role, dossiers
)

// troubleCode is why a message does not arrive; reports have its words.
type troubleCode string

// In is the trouble in words.
func (t troubleCode) In(words *locale.Catalogue) string { return words.Alert.Troubles[string(t)] }

// alerts finds what is to be told and does not leave.
func (c *checker) alerts(ctx context.Context) {
	const subject = "alerts"
	if c.ledger == nil {
		return
	}
	told, err := recipients(ctx, c.Config, c.ledger)
	var ways []view.AlertChannel
	if err == nil {
		ways, err = channels(ctx, c.ledger, told)
	}
	if err != nil {
		c.fail(subject, err)
		return
	}
	c.untold(told)
	if len(told) == 0 {
		return
	}
	failing := false
	for i := range ways {
		if one := &ways[i]; one.Failing {
			failing = true
			c.find(Failure, subject, AlertsFail, Args{"n": one.Unsent, "name": one.Name, "trouble": troubleCode(one.Trouble)})
		}
		if one := &ways[i]; len(one.Refused) > 0 {
			failing = true
			c.find(Failure, subject, AlertsMiss, Args{"names": one.Refused})
		}
	}
	if !failing {
		c.find(OK, subject, AlertsTold, Args{"n": len(told)})
	}
}

// untold finds of which dossiers nobody is told what waits for a decision: the administrators are then, or everybody.
func (c *checker) untold(told []alert.Recipient) {
	const subject = "alerts"
	if len(told) == 0 {
		if c.Config.Alerts.SMTP != nil {
			c.find(Warning, subject, AlertsNobody, nil)
		}
		return
	}
	var dossiers []string
	for _, d := range c.Config.AllDossiers {
		dossiers = append(dossiers, d.Name)
	}
	for _, role := range []alert.Role{alert.Approve, alert.Prepare, alert.Admin} {
		if of := alert.Untold(told, role, dossiers); len(of) > 0 {
			c.find(Warning, subject, AlertsUntold, Args{"role": string(role), "dossiers": of})
		}
	}
}
