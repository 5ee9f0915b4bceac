package view

import (
	"io"
	"strings"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Alerts are what somebody is told of by itself.
type Alerts struct {
	Now        time.Time
	Recipients int // that are configured
	Open       []Alert
	Events     []AlertEvent // the newest first
	Messages   []AlertMessage
	Silences   []ledger.Silence
	Channels   []AlertChannel
}

// Alert is one that lasts, in words.
type Alert struct {
	ledger.Alert
	Text     string
	Details  string // "" = there are none
	Silenced bool
}

// AlertEvent is something that has happened, in words.
type AlertEvent struct {
	ledger.Condition
	Text string
}

// At is when it had happened.
func (e *AlertEvent) At() time.Time {
	if e.Facts.Until != nil {
		return *e.Facts.Until
	}
	return e.Since
}

// AlertMessage is a message with its subject.
type AlertMessage struct {
	ledger.Message
	Subject string
}

// AlertChannel is how messages by one way fare.
type AlertChannel struct {
	Name    string
	Failing bool       // one that is still to be sent did not arrive
	Unsent  int        // messages
	Oldest  *time.Time // of those; nil = there is none
	Sent    *time.Time // when one arrived last; nil = never
	Trouble string     // code; "" = none
	Refused []string   // recipients of mails whose own address, or whose mail, the server refuses: others arrive
}

// AlertHealth is how what is told leaves, and what happened to accounts, for the page.
type AlertHealth struct {
	Channels   []AlertChannel
	Recipients []string // by their names
	Tests      []ledger.Message
	Events     []ledger.AccountEvent
	Clock      bool // a clock is wrong
}

// AlertTest is what became of a test message.
type AlertTest struct {
	Recipient string
	Trouble   string // code; "" = it arrived where it is handed on
	Status    int    // of the answer; 0 = there was none
}

// LacksSecret reports whether ours cannot be read, or is refused.
func (t AlertTest) LacksSecret() bool { return t.Trouble == "secret" }

// AlertReport is what is told, as people read it.
type AlertReport struct {
	None     string // "" = there is something
	Open     Commands
	Events   Commands
	Messages Commands
	Silences Commands
	Warning  string // nobody is told of anything; "" = somebody is
}

// AlertReport tells what is open, how messages fare, and what is silenced.
func (t *Teller) AlertReport(all *Alerts) *AlertReport {
	words := &t.Alert
	r := &AlertReport{Open: Commands{Title: words.Titles["open"]}, Events: Commands{Title: words.Titles["events"]},
		Messages: Commands{Title: words.Titles["messages"]},
		Silences: Commands{Title: words.Titles["silences"]}}
	if all.Recipients == 0 {
		r.Warning = words.NoRecipient
	}
	if len(all.Open) == 0 {
		r.None = words.NoAlerts
	}
	for i := range all.Open {
		r.Open.Lines = append(r.Open.Lines, t.alert(&all.Open[i]))
	}
	for i := range all.Events {
		e := &all.Events[i]
		r.Events.Lines = append(r.Events.Lines, CommandLine{Text: t.Brief(e.At(), t.options.Location) + "  " + e.Text})
	}
	for i := range all.Messages {
		m := &all.Messages[i]
		line := locale.Fill(words.Message, "time", t.Brief(m.Made, t.options.Location), "name", m.Recipient, "purpose",
			words.Purposes[string(m.Purpose)],
			"subject", strings.TrimPrefix(m.Subject, "syncd"+t.Colon))
		r.Messages.Lines = append(r.Messages.Lines, CommandLine{line, []string{t.MessageState(&m.Message)}})
	}
	for i := range all.Silences {
		r.Silences.Lines = append(r.Silences.Lines, CommandLine{Text: t.silence(&all.Silences[i])})
	}
	return r
}

func (t *Teller) alert(a *Alert) CommandLine {
	words := &t.Alert
	line := CommandLine{Text: a.Text, Below: []string{locale.Fill(words.Since, "since", t.Minute(a.Since.In(t.options.Location)))}}
	if a.Details != "" {
		line.Below = append([]string{a.Details}, line.Below...)
	}
	var names []string
	for i := range a.Told {
		names = append(names, a.Told[i].Recipient)
	}
	switch {
	case a.Silenced:
		line.Below = append(line.Below, words.Silenced)
	case names != nil:
		line.Below = append(line.Below, locale.Fill(words.Told, "names", strings.Join(names, ", ")))
	}
	return line
}

// MessageState is what became of a message.
func (t *Teller) MessageState(m *ledger.Message) string {
	words := &t.Alert
	trouble := locale.Fill(words.Troubles[m.Trouble])
	switch {
	case m.State == ledger.MessageSent:
		return words.Sent
	case m.State == ledger.MessageGivenUp:
		return locale.Fill(words.GivenUp, "trouble", trouble)
	case m.Trouble != "":
		return locale.Fill(words.Unsent, "trouble", trouble, "n", m.Attempts)
	}
	return words.Untried
}

func (t *Teller) silence(s *ledger.Silence) string {
	return locale.Fill(t.Alert.Silence, "id", s.ID, "what", s.Fact().In(t.Catalogue), "until", t.Minute(s.Until.In(t.options.Location)), "by",
		s.By, "reason",
		Clean(s.Reason))
}

// Silenced tells of a silence that was made.
func (t *Teller) Silenced(s *ledger.Silence) string {
	return locale.Fill(t.Alert.Silencing, "id", s.ID, "what", s.Fact().In(t.Catalogue), "until", t.Minute(s.Until.In(t.options.Location)))
}

// Tested tells what became of a test message.
func (t *Teller) Tested(test *AlertTest) string {
	if test.Trouble == "" {
		return locale.Fill(t.Alert.TestSent, "name", test.Recipient)
	}
	return locale.Fill(t.Alert.TestFailed, "name", test.Recipient, "trouble", t.Alert.Troubles[test.Trouble])
}

// AlertsOf is what alerts prints, before what is open.
type AlertsOf struct {
	Now        *string `json:"now"`
	Recipients int     `json:"recipients"`
}

// OpenAlert is one that lasts.
type OpenAlert struct {
	Kind        ledger.ConditionKind `json:"kind"`
	Stage       int                  `json:"stage"`
	Job         string               `json:"job,omitempty"`
	Dossier     string               `json:"dossier,omitempty"`
	Environment string               `json:"environment,omitempty"`
	Period      jobs.Period          `json:"period,omitempty"`
	Name        string               `json:"name,omitempty"`
	Since       *string              `json:"since"`
	Until       *string              `json:"until"`
	Run         int64                `json:"run,omitempty"`
	Cause       string               `json:"cause,omitempty"`
	Counts      map[string]int       `json:"counts,omitempty"`
	Text        string               `json:"text"`
	Silenced    bool                 `json:"silenced"`
	Told        []ToldAlert          `json:"told"`
}

// HappenedAlert is something that has happened.
type HappenedAlert struct {
	Kind  ledger.ConditionKind `json:"kind"`
	Name  string               `json:"name,omitempty"`
	Since *string              `json:"since"`
	Until *string              `json:"until"`
	Text  string               `json:"text"`
}

// ToldAlert is that a recipient was told.
type ToldAlert struct {
	Recipient string  `json:"recipient"`
	Stage     int     `json:"stage"`
	At        *string `json:"at"`
}

// ToldMessage is a message.
type ToldMessage struct {
	Recipient string                `json:"recipient"`
	Purpose   ledger.MessagePurpose `json:"purpose"`
	Subject   string                `json:"subject"`
	Made      *string               `json:"made_at"`
	State     ledger.MessageState   `json:"state"`
	Attempts  int                   `json:"attempts"`
	Sent      *string               `json:"sent_at"`
	Trouble   string                `json:"trouble,omitempty"`
}

// SilenceOf is a silence.
type SilenceOf struct {
	ID      int64                `json:"id"`
	Kind    ledger.ConditionKind `json:"kind,omitempty"`
	Job     string               `json:"job,omitempty"`
	Dossier string               `json:"dossier,omitempty"`
	Since   *string              `json:"since"`
	Until   *string              `json:"until"`
	By      string               `json:"by"`
	Reason  string               `json:"reason"`
}

// ChannelOf is how messages by one way fare.
type ChannelOf struct {
	Channel string  `json:"channel"`
	Failing bool    `json:"failing"`
	Unsent  int     `json:"unsent"`
	Oldest  *string `json:"oldest"`
	Sent    *string `json:"last_sent_at"`
	Trouble string  `json:"trouble,omitempty"`
	// names of recipients whom the server refuses, while others get theirs
	Refused []string `json:"refused,omitempty"`
}

// WriteAlertsJSON writes one object: what is open, messages, silences and channels.
func (t *Teller) WriteAlertsJSON(w io.Writer, all *Alerts) error {
	out := newStream(w)
	out.open(AlertsOf{moment(&all.Now), all.Recipients}, "open")
	for i := range all.Open {
		a := &all.Open[i]
		one := OpenAlert{Kind: a.Kind, Stage: a.Stage, Job: a.Job, Dossier: a.Dossier, Environment: a.Environment, Period: a.Period, Name: a.Name,
			Since: moment(&a.Since), Until: moment(a.Facts.Until), Run: a.Facts.Run, Cause: a.Facts.Cause, Counts: a.Facts.Counts, Text: a.Text,
			Silenced: a.Silenced, Told: []ToldAlert{}}
		for j := range a.Told {
			one.Told = append(one.Told, ToldAlert{a.Told[j].Recipient, a.Told[j].Stage, moment(&a.Told[j].At)})
		}
		out.element(one)
	}
	out.closeArray()
	out.array("events")
	for i := range all.Events {
		e := &all.Events[i]
		out.element(HappenedAlert{e.Kind, e.Name, moment(&e.Since), moment(e.Facts.Until), e.Text})
	}
	out.closeArray()
	out.array("messages")
	for i := range all.Messages {
		m := &all.Messages[i]
		out.element(ToldMessage{m.Recipient, m.Purpose, m.Subject, moment(&m.Made), m.State, m.Attempts, moment(m.Sent), m.Trouble})
	}
	out.closeArray()
	out.array("silences")
	for i := range all.Silences {
		s := &all.Silences[i]
		out.element(SilenceOf{s.ID, s.Kind, s.Job, s.Dossier, moment(&s.Since), moment(&s.Until), s.By, s.Reason})
	}
	out.closeArray()
	out.array("channels")
	for i := range all.Channels {
		c := &all.Channels[i]
		out.element(ChannelOf{c.Name, c.Failing, c.Unsent, moment(c.Oldest), moment(c.Sent), c.Trouble, c.Refused})
	}
	out.closeArray()
	return out.end("}\n")
}
