package alert

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/hinted"
	"syncd/internal/ledger"
)

// Ledger is where alerts and messages are kept.
type Ledger interface {
	AlertTurn(ctx context.Context, now time.Time, apart time.Duration, of ledger.AlertsOf,
		decide func(*ledger.AlertState) (ledger.AlertChanges, error)) (bool, error)
	TakeMessage(ctx context.Context, now time.Time, recipients []string) (*ledger.Message, error)
	MessageSent(ctx context.Context, id int64, now time.Time) error
	MessageFailed(ctx context.Context, m *ledger.Message, trouble string, again time.Time, state ledger.MessageState) error
	HastenMessages(ctx context.Context, now time.Time) error
	ForgetAlerts(ctx context.Context, now time.Time) error
}

// Plan is all that one configuration says of alerts, with the means to tell them.
type Plan struct {
	Setup
	Speak   func(language string) *Speaker
	Senders map[string]Sender // by the names of recipients
}

// Outbox looks every minute what is to be told, and tells it. Its members are set before Run.
type Outbox struct {
	Plan   func(ctx context.Context) (*Plan, error) // the one in force; another one after each reload. nil = nobody is told of anything
	Ledger func() Ledger                            // nil = it is not there yet
	Now    func() time.Time
	Clock  func() bool // reports whether this machine's clock can be trusted
	Log    zerolog.Logger

	plan     *Plan     // that the last turn had
	forgot   time.Time // when old messages were last forgotten
	away     time.Time // since when the ledger does not answer; zero = it does
	told     map[string]*ledger.Message
	failing  map[string]string // trouble of the last attempt, by channel
	mu       sync.Mutex
	turnedAt time.Time // when something was last decided, here or elsewhere
}

const (
	turnEvery  = time.Minute
	openEvery  = time.Second      // while the ledger is not open
	turnWithin = 30 * time.Second // for the statements of a turn
	noteWithin = 5 * time.Second  // to note what became of an attempt
	forgetEach = 24 * time.Hour
)

// Run turns every minute until the context ends, and at once when the ledger is open.
func (o *Outbox) Run(ctx context.Context) {
	for {
		next := turnEvery
		if o.Ledger() == nil {
			next = openEvery
		}
		o.Turn(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
	}
}

// Turn decides what is told, if it is this process's turn, and sends what is to be sent.
func (o *Outbox) Turn(ctx context.Context) {
	plan, err := o.decide(ctx)
	if err != nil && ctx.Err() != nil {
		return
	}
	if err != nil && !errors.Is(err, errNoLedger) { // whoever opens it tells of that
		o.Log.Warn().Str("trouble", hinted.FirstLine(err.Error())).Msg("what is to be told could not be decided: trying again in a minute")
	}
	if plan == nil {
		return
	}
	o.watchLedger(ctx, plan, err == nil)
	if err == nil {
		if err := o.sendAll(ctx, plan); err != nil && ctx.Err() == nil {
			o.Log.Warn().Str("trouble", hinted.FirstLine(err.Error())).Msg("what is to be told could not be read: trying again in a minute")
		}
	}
}

// decide is the first half of a turn. The plan is there even where the ledger is not.
func (o *Outbox) decide(ctx context.Context) (*Plan, error) {
	ctx, cancel := context.WithTimeout(ctx, turnWithin)
	defer cancel()
	plan, err := o.Plan(ctx)
	if plan == nil || len(plan.Recipients) == 0 {
		return nil, err
	}
	st := o.Ledger()
	if err == nil && st == nil {
		err = errNoLedger
	}
	if err != nil {
		return plan, err
	}
	now := o.Now()
	if plan != o.plan { // what kept messages back may have been corrected
		if err := st.HastenMessages(ctx, now); err != nil {
			return plan, err
		}
		o.plan = plan
	}
	if now.Sub(o.forgot).Abs() >= forgetEach {
		if err := st.ForgetAlerts(ctx, now); err != nil {
			return plan, err
		}
		o.forgot = now
	}
	_, err = st.AlertTurn(ctx, now, turnEvery-10*time.Second, plan.Of(now), func(state *ledger.AlertState) (ledger.AlertChanges, error) {
		return plan.Decide(state, now, o.Clock(), newName), nil
	})
	if err == nil {
		o.mu.Lock()
		o.turnedAt = time.Now()
		o.mu.Unlock()
	}
	return plan, err
}

var errNoLedger = errors.New("the ledger is not open yet")

// newName makes a Message-ID.
func newName() string {
	random := make([]byte, 16)
	rand.Read(random) // never fails: crypto/rand aborts the program instead
	return hex.EncodeToString(random)
}

// sendAll sends what is to be sent now. A channel that fails is left alone until the next turn.
func (o *Outbox) sendAll(ctx context.Context, plan *Plan) error {
	failing := map[string]bool{}
	for ctx.Err() == nil {
		var names []string
		for i := range plan.Recipients {
			if !failing[lane(&plan.Recipients[i])] {
				names = append(names, plan.Recipients[i].Name)
			}
		}
		if names == nil {
			return nil
		}
		m, err := o.Ledger().TakeMessage(ctx, o.Now(), names)
		if m == nil || err != nil {
			return err
		}
		r := plan.recipient(m.Recipient)
		trouble := o.send(ctx, plan, m, r)
		if err := o.note(ctx, m, trouble); err != nil {
			return err
		}
		failing[lane(r)] = trouble != nil && !trouble.Permanent
	}
	return nil
}

// lane is what fails together: a server for all mails, or a page.
func lane(r *Recipient) string {
	if r.Channel == "mail" {
		return r.Channel
	}
	return r.Channel + " " + r.Name
}

// send hands a message on; nil = it arrived there. One of which nothing is left is given up.
func (o *Outbox) send(ctx context.Context, plan *Plan, m *ledger.Message, r *Recipient) *SendError {
	letter := plan.Speak(r.Language).Letter(m, plan.business(r))
	if letter == nil {
		return &SendError{Code: TroubleOver, Permanent: true}
	}
	err := plan.Senders[r.Name].Send(ctx, letter)
	var trouble *SendError
	if err != nil && !errors.As(err, &trouble) {
		trouble = &SendError{Code: TroubleConnection}
	}
	o.report(r, trouble)
	return trouble
}

// report tells the log once a change how a channel fares. The trouble of one address is none of the channel.
func (o *Outbox) report(r *Recipient, trouble *SendError) {
	if o.failing == nil {
		o.failing = map[string]string{}
	}
	before, key, now := o.failing[lane(r)], lane(r), ""
	if trouble != nil {
		now = trouble.Error()
	}
	if trouble != nil && trouble.Permanent {
		key = "recipient " + r.Name
		before = o.failing[key]
	}
	switch {
	case now == before:
	case now != "":
		o.Log.Error().Str("channel", r.Channel).Str("recipient", r.Name).Str("trouble", now).
			Msg("an alert could not be delivered: it is kept, and tried again")
	default:
		o.Log.Info().Str("channel", r.Channel).Msg("alerts are delivered again")
	}
	o.failing[key] = now
	if trouble == nil {
		delete(o.failing, "recipient "+r.Name)
	}
}

// note records what became of an attempt, also while everything ends.
func (o *Outbox) note(ctx context.Context, m *ledger.Message, trouble *SendError) error {
	if ctx.Err() != nil && trouble != nil { // broken off: it may have arrived
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	now := o.Now()
	if trouble == nil {
		return o.Ledger().MessageSent(ctx, m.ID, now)
	}
	state := ledger.MessagePending
	if trouble.Code == TroubleOver {
		state = ledger.MessageGivenUp
	}
	return o.Ledger().MessageFailed(ctx, m, trouble.Code, now.Add(pauseAfter(m.Attempts, trouble.Permanent)), state)
}

// pauseAfter is how long a message waits for another attempt: minutes where it may pass, else hours.
func pauseAfter(attempts int, permanent bool) time.Duration {
	pauses := []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute}
	if permanent {
		pauses = []time.Duration{time.Hour, 4 * time.Hour, 24 * time.Hour}
	}
	return pauses[min(max(attempts, 1), len(pauses))-1]
}

// Silent reports whether nothing could be decided for a while: whoever is to hear that all goes on does not hear it then.
func (o *Outbox) Silent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.turnedAt.IsZero() && time.Since(o.turnedAt) > 10*turnEvery
}

// watchLedger tells the administrators, from this process's memory alone, that the ledger is away, and that it is back.
func (o *Outbox) watchLedger(ctx context.Context, plan *Plan, there bool) {
	now := o.Now()
	c := ledger.Condition{Kind: ledger.ConditionDatabase, Since: o.away}
	switch {
	case there && o.away.IsZero():
		return
	case there:
		over := Line{Condition: c, Ended: &now}
		for name := range o.told {
			if r := plan.recipient(name); r != nil {
				o.sendDirectly(ctx, plan, r, ledger.MessageRecovery, Content{Over: []Line{over}})
			}
		}
		o.away, o.told = time.Time{}, nil
		return
	case o.away.IsZero():
		o.away, o.told = now, map[string]*ledger.Message{}
	}
	if now.Sub(o.away) < rules[c.Kind].after {
		return
	}
	c.Since = o.away
	for i := range plan.Recipients {
		if r := &plan.Recipients[i]; o.told[r.Name] == nil && plan.concerns(r, &c) {
			o.sendDirectly(ctx, plan, r, ledger.MessageAlarm, Content{New: []Line{{Condition: c}}})
		}
	}
}

// sendDirectly tells something without the ledger. What does not arrive is tried again at the next turn.
func (o *Outbox) sendDirectly(ctx context.Context, plan *Plan, r *Recipient, purpose ledger.MessagePurpose, content Content) {
	text, err := json.Marshal(content)
	if err != nil {
		return
	}
	m := &ledger.Message{Recipient: r.Name, Purpose: purpose, Urgent: true, Name: newName(), Content: text, Made: o.Now()}
	if alarm := o.told[r.Name]; alarm != nil {
		m.Threads = []string{alarm.Name}
	}
	if o.send(ctx, plan, m, r) == nil {
		o.told[r.Name] = m
	}
}

// Test sends a test message to recipients at once, all where none is named, and tells of each what became of it.
func (p *Plan) Test(ctx context.Context, now time.Time, names []string) map[string]*SendError {
	results := map[string]*SendError{}
	for i := range p.Recipients {
		r := &p.Recipients[i]
		if len(names) > 0 && !slices.Contains(names, r.Name) {
			continue
		}
		m := &ledger.Message{Recipient: r.Name, Purpose: ledger.MessageTest, Name: newName(), Content: json.RawMessage("{}"), Made: now}
		err := p.Senders[r.Name].Send(ctx, p.Speak(r.Language).Letter(m, nil))
		var trouble *SendError
		if err != nil && !errors.As(err, &trouble) {
			trouble = &SendError{Code: TroubleConnection}
		}
		results[r.Name] = trouble
	}
	return results
}
