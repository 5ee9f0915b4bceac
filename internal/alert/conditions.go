// Package alert decides who is told of what, when, and tells it: by mail, to a webhook, to ntfy.
//
// What there is to tell follows from how the ledger stands, not from events: once a minute one process of all looks (Conditions),
// compares with what was told, and makes messages (Decide); both are pure. Looking, alerts and messages are one transaction. Then
// any process takes a message, sends it and notes that (Outbox):
//
//   - It dies before the transaction has committed: the next minute decides the same.
//   - After it: the messages are there, and are sent by whoever comes.
//   - While it sends: after a lease another one sends it again, under the same Message-ID. A mail twice is better than none.
//   - It oversleeps: what it notes late puts off nothing that another one has set about.
//
// A message holds codes and numbers, of which words are made when it leaves. It names jobs and dossiers, never a person, a matricule,
// a value, or what a partner said.
package alert

import (
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// Setup is what a configuration says of alerts.
type Setup struct {
	Jobs        []Job
	Recipients  []Recipient
	Gone        []string       // who has an account and is told nothing, as it is disabled or has no address: what waits for them is given up
	Zone        *time.Location // by whose clock people are reminded
	Closed      []schedule.Day
	RetryWithin time.Duration // how long failed runs are taken up again; 0 = never
}

// Job is what alerts need of a job.
type Job struct {
	Name        string
	Digest      string
	HoldExpires time.Duration            // 0 = never
	Sends       bool                     // months
	Targets     []jobs.Target            // one a dossier; without a number where the ledger does not know it yet
	Former      map[string][]jobs.Target // what dossiers were called before, by their name
	// Due is by when a month is to be sent, and since when that is told; zero = nobody says, as nil
	Due func(jobs.Period) (due, soon time.Time)
}

// monthsBack is how many months are looked at: the newest may be that of tomorrow.
const monthsBack = 4

// Of is what alerts are decided about at a time.
func (s *Setup) Of(now time.Time) (of ledger.AlertsOf) {
	for _, j := range s.Jobs {
		for _, t := range j.Targets {
			if t.ID != 0 {
				of.Pairs = append(of.Pairs, ledger.Pair{Job: j.Name, TargetID: t.ID})
			}
			l := ledger.Lineage{Target: t, Former: j.Former[t.Dossier]}
			if j.Sends && (t.ID != 0 || len(l.Former) > 0) &&
				!slices.ContainsFunc(of.Targets, func(o ledger.Lineage) bool { return o.Target == t }) {
				of.Targets = append(of.Targets, l)
			}
		}
	}
	period := jobs.PeriodOf(now.In(s.Zone).AddDate(0, 0, 1))
	for range monthsBack {
		of.Periods = append(of.Periods, period)
		period = period.Previous()
	}
	return of
}

func (s *Setup) job(name string) *Job {
	for i := range s.Jobs {
		if s.Jobs[i].Name == name {
			return &s.Jobs[i]
		}
	}
	return nil
}

// has reports whether a condition is of what this process is configured for.
func (s *Setup) has(c *ledger.Condition) bool {
	if c.Job == "" {
		return true
	}
	j := s.job(c.Job)
	return j != nil && (c.Dossier == "" || slices.ContainsFunc(j.Targets, func(t jobs.Target) bool {
		return t.Dossier == c.Dossier && t.Environment == c.Environment
	}))
}

const (
	aliveFor      = 75 * time.Second // after a sign of life of a daemon, which gives one every 30 s
	nearDue       = 4 * time.Hour
	untried       = 7 * 24 * time.Hour // after its deadline, a month of which nothing is known
	expiringFor   = 24 * time.Hour
	undeliverable = 30 * time.Minute // that a message does not arrive for so long is told
	clockSkew     = time.Minute
)

// Conditions are what somebody is to be told of as the ledger stands, by a clock that can be trusted or not: then nothing is
// concluded of how late it is.
func (s *Setup) Conditions(state *ledger.AlertState, now time.Time, trusted bool) []ledger.Condition {
	f := finder{Setup: s, state: state, now: now, trusted: trusted, months: map[monthOf]*ledger.Month{}}
	for _, m := range state.Months {
		f.months[monthOf{m.Target.Environment, m.Target.Dossier, m.Period}] = m
	}
	for i := range state.Standings {
		f.standing(&state.Standings[i])
	}
	for i := range s.Jobs {
		f.deadlines(&s.Jobs[i])
	}
	f.surroundings()
	return f.found
}

// finder gathers conditions.
type finder struct {
	*Setup
	state   *ledger.AlertState
	now     time.Time
	trusted bool
	months  map[monthOf]*ledger.Month
	found   []ledger.Condition
}

type monthOf struct {
	environment, dossier string
	period               jobs.Period
}

func (f *finder) add(c ledger.Condition) { f.found = append(f.found, c) }

// of is a condition of a job, dossier and month.
func of(kind ledger.ConditionKind, s *ledger.Standing, since time.Time) ledger.Condition {
	return ledger.Condition{Kind: kind, Job: s.Job, Dossier: s.Dossier, Environment: s.Environment, Period: s.Period, Since: since,
		Facts: ledger.ConditionFacts{Run: s.Run}}
}

func (f *finder) standing(s *ledger.Standing) {
	if s.Finished == nil {
		f.underWay(s)
		return
	}
	month := f.months[monthOf{s.Environment, s.Dossier, s.Period}]
	if month != nil && s.Period != "" && month.State().Over() {
		return
	}
	switch s.State {
	case jobs.Held:
		f.held(s)
	case jobs.Failed:
		f.failed(s)
	case jobs.Incomplete:
		f.incomplete(s, month)
	case jobs.Cancelled:
		if s.Reason == jobs.ReasonExpired {
			f.givenUp(s)
		}
	case jobs.Queued, jobs.Running, jobs.Succeeded:
	}
	if s.Withdrawn > 0 {
		c := of(ledger.ConditionWithdrawn, s, *s.Finished)
		c.Facts.Counts = counts("codes", s.Withdrawn, "impacted", s.Impacted)
		f.add(c)
	}
}

// held waits for a person, and is given up in the end. Of that people hear a day before, on a day on which they work.
func (f *finder) held(s *ledger.Standing) {
	c := of(ledger.ConditionHeld, s, *s.Finished)
	c.Facts.Counts = counts("held", s.Held)
	if s.ByContract {
		c.Facts.Cause = string(jobs.ReasonContract)
	}
	if job := f.job(s.Job); job != nil && job.HoldExpires > 0 {
		until := s.Finished.Add(job.HoldExpires)
		c.Facts.Until = &until
		if f.trusted && job.HoldExpires > expiringFor && !f.now.Before(f.onWorkingDay(until.Add(-expiringFor))) {
			c.Stage = ledger.StageExpiring
		}
	}
	f.add(c)
}

// onWorkingDay is a moment, or in the morning of the last working day before it.
func (f *finder) onWorkingDay(at time.Time) time.Time {
	for range 31 {
		if schedule.Worked(at, f.Zone, f.Closed) {
			return at
		}
		at = morning(at.In(f.Zone).AddDate(0, 0, -1))
	}
	return at
}

func (f *finder) givenUp(s *ledger.Standing) {
	c := of(ledger.ConditionHeld, s, *s.Finished)
	c.Stage, c.Facts.Counts = ledger.StageGivenUp, counts("expired", s.Expired)
	f.add(c)
}

func (f *finder) failed(s *ledger.Standing) {
	if s.Reason == jobs.ReasonStopped || s.Reason == jobs.ReasonCancelled { // a person did that
		return
	}
	c := of(ledger.ConditionFailed, s, *s.Finished)
	c.Facts.Cause = string(s.Reason)
	if s.Reason == jobs.ReasonClosed {
		return
	}
	f.add(c)
}

// incomplete is a run that left somebody undelivered. Who of them is still so, the month knows.
func (f *finder) incomplete(s *ledger.Standing, month *ledger.Month) {
	if month != nil {
		b := &month.Balance
		s.Held, s.Rejected, s.Blocked = b.Confirm, b.Refused, b.Correct
		s.Uncertain, s.Departed, s.NotAttempted = b.Uncertain, b.Departed, b.Waiting
	}
	switch {
	case s.Held > 0:
		f.held(s)
	case s.Expired > 0:
		f.givenUp(s)
	}
	wrong := counts("rejected", s.Rejected, "blocked", s.Blocked, "elements", s.Elements, "uncertain", s.Uncertain, "departed", s.Departed,
		"records", s.Records)
	if wrong != nil {
		c := of(ledger.ConditionCorrect, s, *s.Finished)
		c.Facts.Cause, c.Facts.Counts = s.Cause, wrong
		f.add(c)
	}
	if s.NotAttempted > 0 {
		c := of(ledger.ConditionFailed, s, *s.Finished)
		c.Facts.Cause, c.Facts.Counts = string(jobs.ReasonTemporary), counts("not_attempted", s.NotAttempted)
		f.add(c)
	}
}

// stagingIsAwaited are why a run waits for staging; all others wait for somebody else.
var stagingIsAwaited = []jobs.ReasonCode{jobs.ReasonNotReady, jobs.ReasonStagingLocked, jobs.ReasonStagingReplaced,
	jobs.ReasonStagingRefused}

// underWay is a run that is queued or executed.
func (f *finder) underWay(s *ledger.Standing) {
	began := s.Created
	if s.Started != nil {
		began = *s.Started
	}
	switch {
	case s.Postponed > 0 && slices.Contains(stagingIsAwaited, s.Reason):
		c := of(ledger.ConditionNotReady, s, began)
		c.Facts.Cause = string(s.Reason)
		f.add(c)
	case s.Postponed > 0: // of all dossiers together
		f.add(ledger.Condition{Kind: ledger.ConditionPartnerAway, Environment: s.Environment, Name: s.Partner, Since: began})
	case s.Nominal != nil && f.trusted:
		f.add(of(ledger.ConditionLate, s, later(*s.Nominal, f.revived())))
	}
}

// revived is since when daemons are there without a pause: what was due before is not late before they have had time for it.
func (f *finder) revived() (at time.Time) {
	for i := range f.state.Daemons {
		if d := &f.state.Daemons[i]; d.Silent < aliveFor && (at.IsZero() || d.Started.Before(at)) {
			at = d.Started
		}
	}
	return at
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// deadlines are of the months of a job that are not all sent although they soon are to be, or were to be by now. Of a month of which
// nothing is known at all that is told while it may still be sent: the dossier may be new here.
func (f *finder) deadlines(j *Job) {
	if j.Due == nil || !f.trusted {
		return
	}
	for _, period := range f.Of(f.now).Periods {
		due, soon := j.Due(period)
		if due.IsZero() || f.now.Before(soon) {
			continue
		}
		for i := range j.Targets {
			t := &j.Targets[i]
			month := f.months[monthOf{t.Environment, t.Dossier, period}]
			c := ledger.Condition{Kind: ledger.ConditionDue, Job: j.Name, Dossier: t.Dossier, Environment: t.Environment, Period: period,
				Since: soon,
				Facts: ledger.ConditionFacts{Until: &due}}
			if month != nil && !month.State().Over() || month == nil && (f.now.Sub(due) < untried || f.isOpen(&c)) {
				f.due(c, month)
			}
		}
	}
}

func (f *finder) isOpen(c *ledger.Condition) bool {
	return slices.ContainsFunc(f.state.Alerts, func(a ledger.Alert) bool { return a.Resolved == nil && a.Subject() == c.Subject() })
}

func (f *finder) due(c ledger.Condition, month *ledger.Month) {
	if month != nil && month.Last != nil {
		c.Facts.Run = month.Last.ID
	}
	switch due := *c.Facts.Until; {
	case !f.now.Before(due):
		c.Stage = ledger.StagePassed
	case !f.now.Before(due.Add(-nearDue)):
		c.Stage = ledger.StageNear
	}
	f.add(c)
}

// ofEvents are the conditions of what happens to accounts.
var ofEvents = map[string]ledger.ConditionKind{"added": ledger.ConditionAccountAdded, "reset": ledger.ConditionAccountReset,
	"new-place": ledger.ConditionLoginPlace, "failures": ledger.ConditionLoginFailures}

// Happened are conditions of what has happened, and is told once.
func Happened(events []ledger.AccountEvent, gaps []ledger.DaemonGap) (all []ledger.Condition) {
	for i := range events {
		e := &events[i]
		if kind := ofEvents[e.Kind]; kind != "" {
			all = append(all, ledger.Condition{Kind: kind, Name: e.Account, Event: e.ID, Since: e.At})
		}
	}
	for i := range gaps {
		g := &gaps[i]
		all = append(all, ledger.Condition{Kind: ledger.ConditionGap, Event: g.ID, Since: g.Since,
			Facts: ledger.ConditionFacts{Until: &g.Until, Counts: counts("late", g.Late, "missed", g.Missed), Jobs: g.Jobs}})
	}
	return all
}

// surroundings are the conditions that are of no run.
func (f *finder) surroundings() {
	if !f.trusted {
		f.add(ledger.Condition{Kind: ledger.ConditionClock, Since: f.now})
	}
	for i := range f.state.Pauses {
		if p := &f.state.Pauses[i]; f.job(p.Job) != nil {
			f.add(ledger.Condition{Kind: ledger.ConditionPaused, Job: p.Job, Since: p.Since})
		}
	}
	for i := range f.state.Contracts {
		w := &f.state.Contracts[i]
		f.add(ledger.Condition{Kind: ledger.ConditionContract, Environment: w.Environment, Name: w.Partner, Since: w.Since})
	}
	if f.state.PurgeHeld != nil {
		f.add(ledger.Condition{Kind: ledger.ConditionPurge, Since: *f.state.PurgeHeld})
	}
	f.found = append(f.found, Happened(f.state.Events, f.state.Gaps)...)
	f.daemons()
	for i := range f.state.Outboxes {
		o := &f.state.Outboxes[i]
		if o.Unsent > 0 && o.Trouble != "" && f.now.Sub(*o.Oldest) >= undeliverable && f.recipient(o.Recipient) != nil {
			f.add(ledger.Condition{Kind: ledger.ConditionUndelivered, Name: o.Recipient, Since: *o.Oldest,
				Facts: ledger.ConditionFacts{Cause: o.Trouble, Counts: counts("messages", o.Unsent)}})
		}
	}
}

// daemons finds those that are configured otherwise, or that none works. One that does not have any of these jobs is none.
func (f *finder) daemons() {
	alive, silent := false, time.Duration(-1)
	for i := range f.state.Daemons {
		d := &f.state.Daemons[i]
		if !slices.ContainsFunc(f.Jobs, func(j Job) bool { return d.Jobs[j.Name] != "" }) {
			continue
		}
		alive = alive || d.Silent < aliveFor
		if silent < 0 || d.Silent < silent {
			silent = d.Silent
		}
	}
	if !alive && silent >= 0 {
		f.add(ledger.Condition{Kind: ledger.ConditionNoDaemon, Since: f.now.Add(-silent)})
	}
	for _, j := range f.Jobs {
		if f.differs(&j) {
			f.add(ledger.Condition{Kind: ledger.ConditionDiffers, Job: j.Name, Since: f.now})
		}
	}
}

// differs reports whether a living daemon is configured otherwise for a job.
func (f *finder) differs(j *Job) bool {
	return slices.ContainsFunc(f.state.Daemons, func(d ledger.Daemon) bool {
		digest, has := d.Jobs[j.Name]
		return has && digest != j.Digest && d.Silent < aliveFor
	})
}

// counts are what is not zero of names and numbers; nil = all are.
func counts(namesAndNumbers ...any) (all map[string]int) {
	for i := 0; i+1 < len(namesAndNumbers); i += 2 {
		if n := namesAndNumbers[i+1].(int); n > 0 {
			if all == nil {
				all = map[string]int{}
			}
			all[namesAndNumbers[i].(string)] = n
		}
	}
	return all
}

// morning is when people are reminded on a day.
func morning(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 8, 30, 0, 0, day.Location())
}
