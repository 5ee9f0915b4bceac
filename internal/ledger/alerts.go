package ledger

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// ConditionKind is what somebody is to be told of. The order is that in which mails tell them.
type ConditionKind string

// The conditions that there are.
const (
	ConditionDue         ConditionKind = "due"              // a month is not all sent, and is to be soon, or was
	ConditionHeld        ConditionKind = "held"             // a run, or some of its employees, waits for a person
	ConditionCorrect     ConditionKind = "to-correct"       // somebody was not delivered
	ConditionFailed      ConditionKind = "failed"           // a run stopped before its end
	ConditionNotReady    ConditionKind = "not-ready"        // a run waits for staging
	ConditionLate        ConditionKind = "late"             // what was due has not ended, although daemons live
	ConditionPartnerAway ConditionKind = "partner-away"     // runs wait for a partner
	ConditionDatabase    ConditionKind = "database-away"    // told by each daemon by itself: there is no ledger to agree by
	ConditionNoDaemon    ConditionKind = "no-daemon"        // nobody executes anything
	ConditionPaused      ConditionKind = "paused"           // a schedule starts nothing
	ConditionClock       ConditionKind = "clock"            // that of a machine is, or was, wrong
	ConditionDiffers     ConditionKind = "configuration"    // daemons are configured otherwise for a job
	ConditionContract    ConditionKind = "contract"         // a change of an API's contract waits for a person
	ConditionWithdrawn   ConditionKind = "codes-withdrawn"  // a partner withdrew codes of nomenclatures
	ConditionPurge       ConditionKind = "purge-held"       // what is past its time waits for a person
	ConditionUndelivered ConditionKind = "mail-undelivered" // messages of these did not arrive

	ConditionAccountAdded  ConditionKind = "account-added" // what happened to an account of the page; the next ones likewise
	ConditionAccountReset  ConditionKind = "account-reset"
	ConditionLoginPlace    ConditionKind = "login-place"    // somebody signed in from where they never did
	ConditionLoginFailures ConditionKind = "login-failures" // ten attempts in one name failed

	ConditionGap ConditionKind = "daemon-gap" // nobody executed anything for a while: told by the daemon that came back
)

// NoDaemonAfter is how long no daemon may live before that is told.
const NoDaemonAfter = 10 * time.Minute

// ConditionKinds are all of them, in their order.
var ConditionKinds = []ConditionKind{ConditionLoginPlace, ConditionLoginFailures, ConditionAccountReset, ConditionAccountAdded,
	ConditionDue, ConditionHeld, ConditionCorrect, ConditionFailed, ConditionNotReady, ConditionLate,
	ConditionGap, ConditionNoDaemon, ConditionDatabase, ConditionPartnerAway, ConditionPaused, ConditionClock, ConditionDiffers,
	ConditionContract,
	ConditionWithdrawn, ConditionPurge, ConditionUndelivered}

// OfAccount reports whether a kind is of something that happened to an account: it neither lasts nor ends, and is never silenced.
func (k ConditionKind) OfAccount() bool {
	return k == ConditionAccountAdded || k == ConditionAccountReset || k == ConditionLoginPlace || k == ConditionLoginFailures
}

// Happens reports whether a kind is of something that has happened: it is told once, and then it is done.
func (k ConditionKind) Happens() bool { return k == ConditionGap || k.OfAccount() }

// What a condition comes to by and by. Each stage is told anew.
const (
	StageHeld     = 0 // of what is held: it waits
	StageExpiring = 1 // it is given up within a day
	StageGivenUp  = 2 // it was: nobody had decided
	StageSoon     = 0 // of what is due: in two working days
	StageNear     = 1 // in four hours
	StagePassed   = 2 // it was to be sent by now
)

// Condition is something that somebody is to be told of, as long as it lasts. It names jobs and dossiers, never people.
type Condition struct {
	Kind        ConditionKind  `json:"kind"`
	Job         string         `json:"job,omitempty"`
	Dossier     string         `json:"dossier,omitempty"`
	Environment string         `json:"environment,omitempty"`
	Period      jobs.Period    `json:"period,omitempty"`
	Name        string         `json:"name,omitempty"`  // of whom else it is: a partner, a recipient, an account
	Event       int64          `json:"event,omitempty"` // which one of those that happened to an account
	Stage       int            `json:"stage"`
	Since       time.Time      `json:"since"`
	Facts       ConditionFacts `json:"facts"`
}

// ConditionFacts are what is told of a condition. Values and matricules are none of it.
type ConditionFacts struct {
	Run    int64          `json:"run,omitempty"`    // that tells more; 0 = none does
	Cause  string         `json:"cause,omitempty"`  // code of a reason or a problem; "" = none is known, or there are several
	Counts map[string]int `json:"counts,omitempty"` // of employees, by what became of them; of codes, of messages
	Until  *time.Time     `json:"until,omitempty"`  // when it is due, given up, or was over
	Jobs   []string       `json:"jobs,omitempty"`   // that are concerned, where it is of several
}

// Subject tells conditions apart: one of each can be open.
func (c *Condition) Subject() string {
	subject := strings.Join([]string{string(c.Kind), c.Job, c.Dossier, c.Environment, string(c.Period), c.Name}, "|")
	if c.Event != 0 {
		subject += "|" + strconv.FormatInt(c.Event, 10)
	}
	return subject
}

// Alert is a condition with what was told of it.
type Alert struct {
	ID int64 `json:"id"`
	Condition
	Staged   time.Time  `json:"staged_at"`   // since when it has come to this stage
	Resolved *time.Time `json:"resolved_at"` // nil = it lasts
	Told     []Told     `json:"told"`        // one a recipient
}

// Told is that a recipient was told of an alert.
type Told struct {
	Recipient string    `json:"recipient"`
	Stage     int       `json:"stage"`
	Thread    string    `json:"thread"` // Message-ID of what told it first
	At        time.Time `json:"at"`
	Recovered bool      `json:"recovered"` // that it is over, too
}

// ToldTo is what a recipient was told of the alert; nil = nothing.
func (a *Alert) ToldTo(recipient string) *Told {
	for i := range a.Told {
		if a.Told[i].Recipient == recipient {
			return &a.Told[i]
		}
	}
	return nil
}

// MessagePurpose is why a message is sent.
type MessagePurpose string

// The purposes that there are.
const (
	MessageAlarm    MessagePurpose = "alarm"
	MessageReminder MessagePurpose = "reminder"
	MessageRecovery MessagePurpose = "recovery"
	MessageTest     MessagePurpose = "test"
)

// MessageState is what has become of a message.
type MessageState string

// The states that there are.
const (
	MessagePending MessageState = "pending"
	MessageSending MessageState = "sending" // some process has set about it
	MessageSent    MessageState = "sent"
	MessageGivenUp MessageState = "given-up" // it could not be delivered for days, or nobody of that name is told any more
)

// Message is what a recipient is told, once.
type Message struct {
	ID        int64           `json:"id"`
	Recipient string          `json:"recipient"`
	Purpose   MessagePurpose  `json:"purpose"`
	Urgent    bool            `json:"urgent"`  // it waits for no hour
	Name      string          `json:"name"`    // its Message-ID, without brackets and domain
	Threads   []string        `json:"threads"` // names of those that it goes on with
	Content   json.RawMessage `json:"content"`
	Made      time.Time       `json:"made_at"`
	State     MessageState    `json:"state"`
	Attempts  int             `json:"attempts"`
	NotBefore time.Time       `json:"not_before"`
	Sent      *time.Time      `json:"sent_at"`
	Trouble   string          `json:"trouble"` // code of why it did not arrive; "" = it was not tried yet, or arrived
}

// Silence keeps some alerts from being told. What is empty limits nothing.
type Silence struct {
	ID      int64         `json:"id"`
	Kind    ConditionKind `json:"kind"`
	Job     string        `json:"job"`
	Dossier string        `json:"dossier"`
	Since   time.Time     `json:"since"`
	Until   time.Time     `json:"until"`
	By      string        `json:"by"`
	Reason  string        `json:"reason"`
}

// Covers reports whether a condition is silenced at a time.
func (s *Silence) Covers(c *Condition, now time.Time) bool {
	return now.Before(s.Until) && !c.Kind.OfAccount() && (s.Kind == "" || s.Kind == c.Kind) && (s.Job == "" || s.Job == c.Job) &&
		(s.Dossier == "" || s.Dossier == c.Dossier)
}

// Fact is what of alerts it silences.
func (s *Silence) Fact() hinted.Fact {
	var limits hinted.List
	for _, limit := range [][2]string{{"kind", string(s.Kind)}, {"job", s.Job}, {"dossier", s.Dossier}} {
		if limit[1] != "" {
			limits = append(limits, hinted.Say("audit.silenced-"+limit[0], "name", limit[1]))
		}
	}
	if limits == nil {
		return hinted.Say("audit.silenced-all")
	}
	return hinted.Say("audit.silenced", "what", limits)
}

// Standing is how the last run for everyone of a job, target and period stands, where that is of interest.
type Standing struct {
	Pair
	Partner      string          `json:"partner"`
	Dossier      string          `json:"dossier"`
	Environment  string          `json:"environment"`
	Period       jobs.Period     `json:"period"`
	Run          int64           `json:"run"`
	State        jobs.State      `json:"state"`
	Trigger      jobs.Trigger    `json:"trigger"`
	Reason       jobs.ReasonCode `json:"reason"` // why it failed, is held, or waits
	Nominal      *time.Time      `json:"nominal_at"`
	Started      *time.Time      `json:"started_at"`
	Finished     *time.Time      `json:"finished_at"`
	Created      time.Time       `json:"created_at"`
	Unattended   bool            `json:"unattended"`
	Postponed    int             `json:"postponed"`
	ByContract   bool            `json:"by_contract"` // held for nothing but a change of the contract
	Cause        string          `json:"cause"`       // the most frequent code of what is wrong; "" = nothing is
	Held         int             `json:"held"`        // employees, each of them in none of the others
	Rejected     int             `json:"rejected"`
	Blocked      int             `json:"blocked"`
	Elements     int             `json:"elements"` // that belong to nobody
	Uncertain    int             `json:"uncertain"`
	Departed     int             `json:"departed"`
	NotAttempted int             `json:"not_attempted"`
	Expired      int             `json:"expired"`   // nobody had decided about them in time
	Active       bool            `json:"active"`    // a later one is on its way
	Records      int             `json:"records"`   // of a pull: refused, or not acknowledged
	Withdrawn    int             `json:"withdrawn"` // codes that are, and in use; where that is not known, all that it found to be
	Impacted     int             `json:"impacted"`  // employees whom codes would block
}

// AlertsOf is what alerts are decided about.
type AlertsOf struct {
	Pairs   []Pair
	Targets []Lineage // whose months they are
	Periods []jobs.Period
}

// AlertState is what alerts are decided by: how things stand, and what was told.
type AlertState struct {
	Now       time.Time // by the clock of the ledger
	Armed     time.Time // what had begun long before alarms nobody
	Doubtful  bool      // the clock of the ledger leapt
	Standings []Standing
	Months    []*Month // those that were asked for, and of which something is known
	Pauses    []Pause
	Daemons   []Daemon
	Contracts []WaitingContract
	Events    []AccountEvent // that nobody was told of yet
	Gaps      []DaemonGap    // likewise
	PurgeHeld *time.Time     // since when; nil = it is not
	Alerts    []Alert        // that last, and those whose end is yet to be told
	Silences  []Silence
	Outboxes  []Outbox
}

// WaitingContract is a contract in force that nobody has accepted.
type WaitingContract struct {
	Partner     string    `json:"partner"`
	Environment string    `json:"environment"`
	Since       time.Time `json:"since"`
}

// AccountEvent is something that happened to an account of the page.
type AccountEvent struct {
	ID      int64     `json:"id"`
	Account string    `json:"account"`
	Kind    string    `json:"kind"` // "added", "reset", "new-place" or "failures"
	At      time.Time `json:"at"`
	Address string    `json:"-"` // of the browser; "" = none, or not asked: it goes into no message
}

// DaemonGap is a time in which no daemon lived.
type DaemonGap struct {
	ID     int64     `json:"id"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Late   int       `json:"late"`   // fires of jobs that were due then and made runs afterwards
	Missed int       `json:"missed"` // that made none
	Jobs   []string  `json:"jobs"`   // of those
}

// Outbox is what was made for a recipient.
type Outbox struct {
	Recipient string     `json:"recipient"`
	Alarm     *time.Time `json:"alarm"`    // when the last message was made that was not urgent
	Reminder  *time.Time `json:"reminder"` // when the last reminder was
	Unsent    int        `json:"unsent"`
	Oldest    *time.Time `json:"oldest"`    // of those
	Trouble   string     `json:"trouble"`   // of the last attempt at one of them; "" = none
	Reminding bool       `json:"reminding"` // one of those is a reminder
	Pending   []string   `json:"pending"`   // names of those that nobody has set about
	Sent      *time.Time `json:"sent"`      // when one arrived last; nil = never, or not asked
}

// AlertChanges are what is decided at one time.
type AlertChanges struct {
	Conditions []Condition // that last: new ones, and what has changed of others
	Over       []int64     // alerts that are
	Messages   []NewMessage
	Needless   []string // names of messages that are given up: what they tell is over
	Events     []int64  // of accounts that are told herewith
	Gaps       []int64  // likewise
}

// NewMessage is a message with what it tells.
type NewMessage struct {
	Message
	Unsaid   bool    // nothing is sent: it is only noted that it was told
	Tells    []Tell  // what was not told yet, or has come to a further stage
	Recovers []int64 // alerts whose end it tells
}

// Tell is a condition that a message tells.
type Tell struct {
	Condition
	Alert     int64 // its number; 0 = it is new
	Recovered bool  // its end is told nobody
}
