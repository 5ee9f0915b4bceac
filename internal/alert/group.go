package alert

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// Role is what somebody is told for.
type Role string

// The roles that there are, as those of accounts. Bureau is who looks after the months of many dossiers.
const (
	Prepare Role = "prepare"
	Approve Role = "approve"
	Admin   Role = "admin"
	Bureau  Role = "bureau"
)

// Roles are all of them.
var Roles = []Role{Prepare, Approve, Admin, Bureau}

// Right is a role for one dossier, or for all.
type Right struct {
	Role    Role
	Dossier string // "" = all
}

// RightsOf are roles, each for all of some dossiers; none = for all that there are.
func RightsOf(roles []Role, dossiers []string) (rights []Right) {
	if len(dossiers) == 0 {
		dossiers = []string{""}
	}
	for _, role := range roles {
		for _, d := range dossiers {
			rights = append(rights, Right{role, d})
		}
	}
	return rights
}

// Recipient is somebody who is told, by one channel.
type Recipient struct {
	Name     string
	Accounts []string // of theirs: what happens to these they are told
	Rights   []Right  // none = they are told of nothing else
	Language string
	Channel  string // "mail", "webhook" or "ntfy"
}

func (s *Setup) recipient(name string) *Recipient {
	for i := range s.Recipients {
		if s.Recipients[i].Name == name {
			return &s.Recipients[i]
		}
	}
	return nil
}

// is reports whether a recipient has one of some roles, for one of some dossiers; none = for any.
func (r *Recipient) is(roles []Role, dossiers []string) bool {
	return slices.ContainsFunc(r.Rights, func(right Right) bool {
		return slices.Contains(roles, right.Role) &&
			(right.Dossier == "" || len(dossiers) == 0 || slices.Contains(dossiers, right.Dossier))
	})
}

// Untold are those of some dossiers for which no recipient has a role.
func Untold(recipients []Recipient, role Role, dossiers []string) (untold []string) {
	for _, d := range dossiers {
		if !slices.ContainsFunc(recipients, func(r Recipient) bool { return r.is([]Role{role}, []string{d}) }) {
			untold = append(untold, d)
		}
	}
	return untold
}

// dossiers are those of a condition: its own, or all of its job. None = it is of no dossier.
func (s *Setup) dossiers(c *ledger.Condition) (names []string) {
	if c.Dossier != "" {
		return []string{c.Dossier}
	}
	if j := s.job(c.Job); j != nil {
		for i := range j.Targets {
			names = append(names, j.Targets[i].Dossier)
		}
	}
	return names
}

// covers reports whether a condition is of a recipient's dossiers, or of none.
func (s *Setup) covers(r *Recipient, c *ledger.Condition) bool { return r.is(Roles, s.dossiers(c)) }

// rule is who is told of a kind of condition, and when.
type rule struct {
	to          []Role
	after       time.Duration // since it began: what passes within is nobody's business
	urgent      bool          // at once, whatever else was told lately
	workingDays bool          // on others nobody can do anything about it
	daily       bool          // in the morning alone
}

var rules = map[ledger.ConditionKind]rule{
	ledger.ConditionDue:         {to: []Role{Prepare, Approve, Bureau}, urgent: true, workingDays: true},
	ledger.ConditionHeld:        {to: []Role{Approve, Prepare}, after: 5 * time.Minute},
	ledger.ConditionCorrect:     {to: []Role{Prepare}, after: 15 * time.Minute},
	ledger.ConditionFailed:      {to: []Role{Admin}},
	ledger.ConditionNotReady:    {to: []Role{Prepare, Admin}, after: time.Hour},
	ledger.ConditionLate:        {to: []Role{Admin}, after: 2 * time.Hour},
	ledger.ConditionPartnerAway: {to: []Role{Admin}, after: time.Hour},
	ledger.ConditionDatabase:    {to: []Role{Admin}, after: time.Hour},
	ledger.ConditionNoDaemon:    {to: []Role{Admin}, after: ledger.NoDaemonAfter},
	ledger.ConditionPaused:      {to: []Role{Admin}, after: 24 * time.Hour},
	ledger.ConditionClock:       {to: []Role{Admin}},
	ledger.ConditionDiffers:     {to: []Role{Admin}, after: 30 * time.Minute},
	ledger.ConditionContract:    {to: []Role{Admin, Bureau}},
	ledger.ConditionWithdrawn:   {to: []Role{Admin, Bureau}, daily: true},
	ledger.ConditionPurge:       {to: []Role{Admin}, after: time.Hour},
	ledger.ConditionUndelivered: {to: []Role{Admin}},

	ledger.ConditionGap: {to: []Role{Admin}, urgent: true},

	ledger.ConditionAccountAdded:  {urgent: true},
	ledger.ConditionAccountReset:  {urgent: true},
	ledger.ConditionLoginPlace:    {urgent: true},
	ledger.ConditionLoginFailures: {urgent: true},
}

const (
	grouped    = 5 * time.Minute // what begins within is one message
	hourly     = time.Hour       // between two messages that are not urgent
	retriedFor = 90 * time.Minute
	lasting    = 5 * time.Minute // how long something must be over before that is told
	unarmed    = time.Hour       // what had begun so long before alerts were armed alarms nobody
	mostLinks  = 20              // threads that a message names
)

// once reports whether a kind is told once, and neither that it lasts nor that it is over.
func once(kind ledger.ConditionKind) bool { return rules[kind].daily || kind.Happens() }

// after is how long an alert is nobody's business.
func (s *Setup) after(a *ledger.Alert) time.Duration {
	r := rules[a.Kind]
	if a.Kind == ledger.ConditionFailed && s.RetryWithin > 0 && slices.Contains(jobs.Retried(false), jobs.ReasonCode(a.Facts.Cause)) ||
		a.Kind == ledger.ConditionFailed && a.Facts.Counts != nil {
		return retriedFor
	}
	return r.after
}

// Decide is what alerts there are as conditions stand, and what is told of them. name makes a Message-ID.
func (s *Setup) Decide(state *ledger.AlertState, now time.Time, trusted bool, name func() string) ledger.AlertChanges {
	trusted = trusted && !state.Doubtful && now.Sub(state.Now).Abs() <= clockSkew
	d := decider{Setup: s, state: state, now: now, trusted: trusted, name: name}
	d.compare(distinct(s.Conditions(state, now, trusted)))
	for i := range s.Recipients {
		d.tell(&s.Recipients[i])
	}
	d.giveUp()
	return d.changes
}

// giveUp gives up what waits for who is told nothing any more: it must not leave when they are let in again. A daemon that is
// configured otherwise may tell them all the same.
func (d *decider) giveUp() {
	for i := range d.state.Outboxes {
		if o := &d.state.Outboxes[i]; len(o.Pending) > 0 && slices.Contains(d.Gone, o.Recipient) && !d.others() {
			d.changes.Needless = append(d.changes.Needless, o.Pending...)
		}
	}
}

// distinct makes one condition of those that are of one subject.
func distinct(all []ledger.Condition) (conditions []ledger.Condition) {
	at := map[string]int{}
	for _, c := range all {
		i, known := at[c.Subject()]
		if !known {
			at[c.Subject()] = len(conditions)
			conditions = append(conditions, c)
			continue
		}
		if c.Since.Before(conditions[i].Since) {
			conditions[i].Since = c.Since
		}
		conditions[i].Stage = max(conditions[i].Stage, c.Stage)
	}
	return conditions
}

// decider goes from conditions to messages.
type decider struct {
	*Setup
	state   *ledger.AlertState
	now     time.Time
	trusted bool
	name    func() string
	alerts  []ledger.Alert // as they are from now on; one that is new has no number yet
	changes ledger.AlertChanges
}

// compare makes alerts of conditions. One goes on while its job is at it again, and comes back to life until somebody was told
// that it is over. Those of what another process is configured for are left to it.
func (d *decider) compare(conditions []ledger.Condition) {
	found := map[string]bool{}
	for i := range conditions {
		c := &conditions[i]
		if c.Kind.Happens() {
			d.happened(c)
			continue
		}
		found[c.Subject()] = true
		a := d.known(c.Subject())
		if a == nil {
			d.alerts = append(d.alerts, ledger.Alert{Condition: *c, Staged: d.now})
			d.changes.Conditions = append(d.changes.Conditions, *c)
			continue
		}
		c.Since = a.Since
		if a.Resolved != nil || a.Stage != c.Stage || !sameFacts(&a.Facts, &c.Facts) {
			d.changes.Conditions = append(d.changes.Conditions, *c)
		}
		if a.Stage != c.Stage {
			a.Staged = d.now
		}
		a.Condition, a.Resolved = *c, nil
		d.alerts = append(d.alerts, *a)
	}
	for i := range d.state.Alerts {
		a := &d.state.Alerts[i]
		if found[a.Subject()] {
			continue
		}
		if a.Resolved == nil && d.isOver(a) {
			a.Resolved = &d.now
			d.changes.Over = append(d.changes.Over, a.ID)
		}
		d.alerts = append(d.alerts, *a)
	}
}

// happened lets something be told now, to whom it concerns, and to nobody later.
func (d *decider) happened(c *ledger.Condition) {
	d.alerts = append(d.alerts, ledger.Alert{Condition: *c, Staged: d.now})
	if c.Kind == ledger.ConditionGap {
		d.changes.Gaps = append(d.changes.Gaps, c.Event)
	} else {
		d.changes.Events = append(d.changes.Events, c.Event)
	}
}

// known is the alert of a subject, rather the one that lasts; nil = there is none.
func (d *decider) known(subject string) (known *ledger.Alert) {
	for i := range d.state.Alerts {
		if a := &d.state.Alerts[i]; a.Subject() == subject && (known == nil || a.Resolved == nil) {
			known = a
		}
	}
	return known
}

func sameFacts(a, b *ledger.ConditionFacts) bool {
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	return string(left) == string(right)
}

// byClock are the conditions that a clock makes.
var byClock = []ledger.ConditionKind{ledger.ConditionDue, ledger.ConditionLate}

// ofRuns are those that another run of the same month ends.
var ofRuns = []ledger.ConditionKind{ledger.ConditionHeld, ledger.ConditionCorrect, ledger.ConditionFailed}

// isOver reports whether an alert ends of which no condition is left.
func (d *decider) isOver(a *ledger.Alert) bool {
	switch {
	case !d.has(&a.Condition):
		return !d.others() // nobody is configured for it any more
	case !d.trusted && slices.Contains(byClock, a.Kind):
		return false
	case slices.Contains(ofRuns, a.Kind):
		return !slices.ContainsFunc(d.state.Standings, func(s ledger.Standing) bool {
			return (s.Finished == nil || s.Active) && s.Job == a.Job && s.Dossier == a.Dossier && s.Environment == a.Environment &&
				s.Period == a.Period
		})
	}
	return true
}

// others reports whether a living daemon is configured otherwise.
func (d *decider) others() bool {
	return slices.ContainsFunc(d.state.Daemons, func(other ledger.Daemon) bool {
		if other.Silent >= aliveFor {
			return false
		}
		same := len(other.Jobs) == len(d.Jobs)
		for _, j := range d.Jobs {
			same = same && other.Jobs[j.Name] == j.Digest
		}
		return !same
	})
}

// concerns reports whether a recipient is told of an alert: for a role of theirs, or because nobody has it.
func (s *Setup) concerns(r *Recipient, c *ledger.Condition) bool {
	if c.Kind.OfAccount() {
		return slices.Contains(r.Accounts, c.Name) || s.administrates(r)
	}
	dossiers := s.dossiers(c)
	if c.Kind == ledger.ConditionUndelivered {
		return r.is([]Role{Admin}, dossiers) && s.elsewhere(r, c)
	}
	for _, next := range [][]Role{rules[c.Kind].to, {Admin}, Roles} {
		if slices.ContainsFunc(s.Recipients, func(o Recipient) bool { return o.is(next, dossiers) }) {
			return r.is(next, dossiers)
		}
	}
	return false
}

// administrates reports whether a recipient is told of all accounts: who administrates all dossiers; where nobody does, any of them.
func (s *Setup) administrates(r *Recipient) bool {
	all := Right{Role: Admin}
	if slices.ContainsFunc(s.Recipients, func(o Recipient) bool { return slices.Contains(o.Rights, all) }) {
		return slices.Contains(r.Rights, all)
	}
	return r.is([]Role{Admin}, nil)
}

// business tells of a line, when it is sent, whether it still is a recipient's: rights may have been taken away meanwhile. Of what is
// over they hear who were told of it.
func (s *Setup) business(r *Recipient) func(c *ledger.Condition, over bool) bool {
	return func(c *ledger.Condition, over bool) bool {
		return over && s.covers(r, c) || !over && s.concerns(r, c)
	}
}

// elsewhere reports whether a recipient can be told that messages to another one do not arrive: what one address or page refuses
// is of no other.
func (s *Setup) elsewhere(r *Recipient, c *ledger.Condition) bool {
	other := s.recipient(c.Name)
	return other != nil && other.Name != r.Name &&
		(other.Channel != r.Channel || slices.Contains([]string{TroubleAddress, TroubleRefused}, c.Facts.Cause))
}

// quiet reports whether nothing is told of an alert for now. A silence covers what was there when it was made, and nothing that
// became worse, or is past its time.
func (d *decider) quiet(a *ledger.Alert) bool {
	if a.Kind == ledger.ConditionLate && d.open(ledger.ConditionNoDaemon) {
		return true
	}
	if a.Kind == ledger.ConditionDue && a.Stage == ledger.StagePassed {
		return false
	}
	c := a.Condition
	if c.Kind == ledger.ConditionGap { // who silences that no service works wants to hear nothing of it afterwards either
		c.Kind = ledger.ConditionNoDaemon
	}
	return slices.ContainsFunc(d.state.Silences, func(s ledger.Silence) bool {
		return s.Covers(&c, d.now) && (a.Stage == 0 || !a.Staged.After(s.Since))
	})
}

func (d *decider) open(kind ledger.ConditionKind) bool {
	return slices.ContainsFunc(d.alerts, func(a ledger.Alert) bool { return a.Kind == kind && a.Resolved == nil })
}

// telling is what a recipient is to be told at one time.
type telling struct {
	urgent, fresh, still, over []*ledger.Alert
	ripe                       bool // some of what is fresh has waited long enough
	daily                      bool // some of it waits for the morning alone
}

// tell makes the messages for a recipient: what is new, what is still so, what is over.
func (d *decider) tell(r *Recipient) {
	outbox := d.outbox(r.Name)
	t := d.gather(r)
	d.recover(r, &outbox)
	waited := outbox.Alarm == nil || d.now.Sub(*outbox.Alarm) >= hourly || outbox.Alarm.After(d.now)
	if t.daily || d.remindsNow(r, t.still) {
		d.say(r, ledger.MessageReminder, t, false)
		return
	}
	if t.still = nil; !t.ripe || !waited {
		t.fresh = nil
	}
	d.say(r, ledger.MessageAlarm, t, len(t.fresh) == 0)
}

// gather sorts what lasts by what a recipient knows of it.
func (d *decider) gather(r *Recipient) (t telling) {
	var unsaid []*ledger.Alert
	for i := range d.alerts {
		a := &d.alerts[i]
		if a.Resolved != nil || !d.has(&a.Condition) || !d.concerns(r, &a.Condition) || d.quiet(a) {
			continue
		}
		told, now := a.ToldTo(r.Name), rules[a.Kind]
		begins := a.Since.Add(max(d.after(a), grouped))
		switch {
		case told != nil && told.Stage >= a.Stage:
			if !once(a.Kind) {
				t.still = append(t.still, a)
			}
		case told == nil && a.Since.Before(d.state.Armed.Add(-unarmed)) && d.state.Armed.Add(lasting).After(d.now):
			unsaid = append(unsaid, a)
		case now.workingDays && (!d.trusted || !schedule.Worked(d.now, d.Zone, d.Closed)):
		case now.urgent || a.Stage > 0:
			t.urgent = append(t.urgent, a)
		case now.daily && !d.isMorning(r):
		case !d.now.Before(begins.Add(-grouped)):
			t.fresh = append(t.fresh, a)
			t.ripe, t.daily = t.ripe || !d.now.Before(begins), t.daily || now.daily
		}
	}
	d.note(r, telling{fresh: unsaid})
	return t
}

func (d *decider) outbox(recipient string) ledger.Outbox {
	for _, o := range d.state.Outboxes {
		if o.Recipient == recipient {
			return o
		}
	}
	return ledger.Outbox{Recipient: recipient}
}

// isMorning reports whether it is a working day, late enough for the reminder that a recipient has not got yet.
func (d *decider) isMorning(r *Recipient) bool {
	outbox, today := d.outbox(r.Name), morning(d.now.In(d.Zone))
	return d.trusted && schedule.Worked(d.now, d.Zone, d.Closed) && !d.now.Before(today) && !outbox.Reminding &&
		(outbox.Reminder == nil || outbox.Reminder.Before(today))
}

// remindsNow reports whether a recipient is reminded of what was told before this morning and is still so.
func (d *decider) remindsNow(r *Recipient, still []*ledger.Alert) bool {
	today := morning(d.now.In(d.Zone))
	return d.isMorning(r) && slices.ContainsFunc(still, func(a *ledger.Alert) bool { return a.ToldTo(r.Name).At.Before(today) })
}

// recover tells that what was told in one message is over, all of it and for a while. What is over before it was told is told as
// that alone.
func (d *decider) recover(r *Recipient, outbox *ledger.Outbox) {
	threads := map[string][]*ledger.Alert{}
	for i := range d.alerts {
		a := &d.alerts[i]
		if told := a.ToldTo(r.Name); told != nil && !told.Recovered {
			threads[told.Thread] = append(threads[told.Thread], a)
		}
	}
	var over, silent []*ledger.Alert
	for thread, alerts := range threads {
		switch {
		case slices.ContainsFunc(alerts, func(a *ledger.Alert) bool { return a.Resolved == nil || d.now.Sub(*a.Resolved) < lasting }):
			continue
		case slices.Contains(outbox.Pending, thread):
			d.changes.Needless = append(d.changes.Needless, thread)
		}
		for _, a := range alerts {
			if d.has(&a.Condition) && d.covers(r, &a.Condition) {
				over = append(over, a)
			} else {
				silent = append(silent, a)
			}
		}
	}
	d.say(r, ledger.MessageRecovery, telling{over: over}, true)
	d.note(r, telling{over: silent})
}

// say makes a message, unless there is nothing to tell.
func (d *decider) say(r *Recipient, purpose ledger.MessagePurpose, t telling, urgent bool) {
	if m := d.message(r, purpose, t); len(t.urgent)+len(t.fresh)+len(m.Recovers)+len(t.still) > 0 {
		m.Urgent = urgent
		d.changes.Messages = append(d.changes.Messages, m)
	}
}

// note takes for told what is told nobody.
func (d *decider) note(r *Recipient, t telling) {
	m := d.message(r, ledger.MessageAlarm, t)
	m.Unsaid = true
	for i := range m.Tells {
		m.Tells[i].Recovered = true
	}
	if len(m.Tells)+len(m.Recovers) > 0 {
		d.changes.Messages = append(d.changes.Messages, m)
	}
}

// message tells a recipient what is new, still so, and over.
func (d *decider) message(r *Recipient, purpose ledger.MessagePurpose, t telling) ledger.NewMessage {
	fresh := slices.Concat(t.urgent, t.fresh)
	m := ledger.NewMessage{Message: ledger.Message{Recipient: r.Name, Purpose: purpose, Name: d.name(), Made: d.now}}
	m.Content, _ = json.Marshal(Content{New: lines(fresh), Still: lines(t.still), Over: lines(t.over)}) // of texts, numbers and times
	for _, a := range fresh {
		if a.Kind.Happens() {
			continue
		}
		m.Tells = append(m.Tells, ledger.Tell{Condition: a.Condition, Alert: a.ID, Recovered: once(a.Kind)})
	}
	for _, a := range t.over {
		m.Recovers = append(m.Recovers, a.ID)
	}
	for _, a := range slices.Concat(fresh, t.still, t.over) {
		if told := a.ToldTo(r.Name); told != nil && !slices.Contains(m.Threads, told.Thread) && len(m.Threads) < mostLinks {
			m.Threads = append(m.Threads, told.Thread)
		}
	}
	slices.Sort(m.Threads)
	return m
}

// Content is what a message tells.
type Content struct {
	New   []Line `json:"new,omitempty"`
	Still []Line `json:"still,omitempty"` // told before
	Over  []Line `json:"over,omitempty"`
}

// Line is one condition, or the same one of several dossiers.
type Line struct {
	ledger.Condition
	Dossiers []string   `json:"dossiers,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"` // when it was over; nil = it lasts
}

// lines makes one line of what is alike but for the dossier, and for how many of its employees are concerned.
func lines(alerts []*ledger.Alert) (all []Line) {
	type alike struct {
		kind             ledger.ConditionKind
		stage            int
		job, environment string
		period           jobs.Period
		name, cause      string
		event            int64
	}
	at := map[alike]int{}
	for _, a := range alerts {
		key := alike{a.Kind, a.Stage, a.Job, a.Environment, a.Period, a.Name, a.Facts.Cause, a.Event}
		i, known := at[key]
		if !known {
			i = len(all)
			at[key] = i
			one := Line{Condition: a.Condition, Ended: a.Resolved}
			one.Facts.Counts = nil
			all = append(all, one)
		} else {
			all[i].Facts.Run = 0 // each has its own
			all[i].Since = earlier(all[i].Since, a.Since)
			if all[i].Facts.Until != nil && a.Facts.Until != nil {
				all[i].Facts.Until = new(earlier(*all[i].Facts.Until, *a.Facts.Until))
			}
		}
		all[i].add(a)
	}
	slices.SortStableFunc(all, func(a, b Line) int {
		return cmp.Or(cmp.Compare(slices.Index(ledger.ConditionKinds, a.Kind), slices.Index(ledger.ConditionKinds, b.Kind)),
			cmp.Compare(b.Stage, a.Stage), cmp.Compare(a.Period, b.Period), cmp.Compare(a.Job, b.Job), cmp.Compare(a.Facts.Cause, b.Facts.Cause))
	})
	return all
}

// add counts the people of one more dossier.
func (l *Line) add(a *ledger.Alert) {
	if a.Dossier != "" {
		l.Dossiers = append(l.Dossiers, a.Dossier)
		slices.Sort(l.Dossiers)
		l.Dossier = ""
	}
	for name, n := range a.Facts.Counts {
		if l.Facts.Counts == nil {
			l.Facts.Counts = map[string]int{}
		}
		l.Facts.Counts[name] += n
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
