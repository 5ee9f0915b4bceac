package jobs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Target is where documents go: one dossier at one partner's address.
type Target struct {
	ID          int64
	Partner     string // its name, which is that of its section in the configuration
	Environment string // "test" or "production"
	BaseURL     string // up to, without, /V2; the ledger knows it by its NormalAddress
	Dossier     string // the dossier's name in the configuration: its identity for ever
	Identity    string // what the partner answered for it (a SIRET), "" while not told
	Siret       string // as configured now; "" = any, or not known here
}

// OtherTarget is a target of the same establishment.
type OtherTarget struct {
	ID      int64  `json:"id"`
	Dossier string `json:"dossier"`
	BaseURL string `json:"base_url"`
}

// Trigger is what started a run.
type Trigger string

const (
	TriggerManual   Trigger = "manual"
	TriggerResume   Trigger = "resume"   // a person took it up again
	TriggerSchedule Trigger = "schedule" // a fire, on time
	TriggerCatchUp  Trigger = "catch-up" // a fire that was missed
	TriggerRetry    Trigger = "retry"    // it had failed, and the daemon took it up again
)

// Counts is the accounting of a run, in employees and elements read from staging. On a finished run
//
//	EmployeesRead = Unchanged + Accepted + Rejected + Blocked + Held + Uncertain + Superseded + NotAttempted
//	ElementsRead  = ElementsInDocuments + ElementsBlocked
//
// and the ledger refuses to record it otherwise. Departed and Left are not employees read: they are keys of the
// baseline that staging no longer has.
type Counts struct {
	EmployeesRead       int `json:"employees_read"`
	ElementsRead        int `json:"elements_read"`
	Unchanged           int `json:"unchanged"`
	Accepted            int `json:"accepted"`
	Rejected            int `json:"rejected"`
	Blocked             int `json:"blocked"`
	Held                int `json:"held"`
	Uncertain           int `json:"uncertain"`
	Superseded          int `json:"superseded"`
	NotAttempted        int `json:"not_attempted"`
	ElementsUnchanged   int `json:"elements_unchanged"` // of the unchanged employees; part of ElementsInDocuments
	ElementsInDocuments int `json:"elements_in_documents"`
	ElementsBlocked     int `json:"elements_blocked"`
	Departed            int `json:"departed"` // sent for this period, no longer in staging
	Left                int `json:"left"`     // in an earlier period, not in this one: noted once
	// By kind of difference, in items: what the plan found.
	Created  int `json:"created"`
	Updated  int `json:"updated"`
	Repeated int `json:"repeated"` // master data unchanged, sent for a new period or again

	Gathered *Gathered `json:"gathered,omitempty"` // of a run that reads records; nil for others
}

// Digests tell exactly what a run was made with. Hex; empty where the run has none.
type Digests struct {
	Config        string `json:"config"`
	Mapping       string `json:"mapping,omitempty"`
	Nomenclatures string `json:"dictionaries,omitempty"` // of a pull, what it answered
	Plan          string `json:"plan,omitempty"`         // HMAC over the frozen items
	Form          string `json:"form,omitempty"`         // what its documents are sent by: see Form
	Contract      string `json:"contract,omitempty"`     // that its documents were checked against
}

// Run is one execution of a job for one target, and period where the job has one.
type Run struct {
	ID           int64
	Job          string
	Kind         Kind
	Target       Target
	Period       Period
	Trigger      Trigger
	State        State
	Interrupted  bool // running, but its owner is gone
	Epoch        int
	Owner        *int64   // of a running run: the process that executes it
	Employees    []string // keys of a partial run; empty = everyone
	Counts       Counts
	Digests      Digests
	Planned      bool         // the plan committed
	RequestedBy  string       // system user of a manual run
	StartedBy    []string     // all who asked for it or for it to go on: "account:NAME", "login:NAME"; none = a schedule
	SecondPerson SecondPerson // what they may not do, as its plan was made
	Host         string       // of the process that executes or executed it
	PID          int
	Version      string     // of the program
	Failure      Reason     // why it failed or is held; zero otherwise
	Findings     []Finding  // of the guards, when its plan was made
	FailedOf     int64      // the run whose undelivered employees it is for; 0 = none
	Verify       bool       // it compares what the partner has with what it acknowledged, before it plans
	Overwrite    bool       // and sends over what the other side edited
	Resend       string     // why everyone is sent again, changed or not; "" = only what differs
	Previewed    string     // digest of the plan that the person saw who queued it; "" = none
	Approved     string     // digest of what a person approved, "" = nothing
	Released     bool       // the ledger proves that what was planned may go: nothing held it, or it was approved
	ApprovedBy   string     // and who
	ApprovedFor  string     // and why
	Incarnation  string     // of the ledger that it was planned in; "" = it has no plan
	Nominal      *time.Time // of the fire that made it; nil = a person made it
	NotBefore    *time.Time // a queued run waits until then, and one that is executed has been asked to; nil = it can go at once
	Postponed    int        // how often it was queued again because something was away
	Takeovers    int        // how often its process died
	Purged       bool       // its items are past their time, and gone: nothing can be done with it any more
	AnyOrder     bool       // the period was named by a person: an older unfinished one does not stop it
	Cancelling   bool       // a person asked to cancel it
	CancelledBy  string     // and who
	CancelledFor string     // and why
	CreatedAt    time.Time
	StartedAt    *time.Time
	FinishedAt   *time.Time
	Aftermath    *Aftermath          // of a run that has ended; nil = nobody asked
	Sums         *Sums               `json:"-"` // of what was planned: pay; nil = nobody asked, or they are sealed
	Collections  map[string]Gathered // of a run that reads records: Counts.Gathered by collection
}

// HeldDigest names what an approval lets go: of a pull the answer, else the plan.
func (r *Run) HeldDigest() string {
	if !r.Kind.Sends() {
		return r.Digests.Nomenclatures
	}
	return r.Digests.Plan
}

// SecondPerson says when somebody else has to decide than who started a run.
type SecondPerson string

const (
	OnePerson    SecondPerson = ""       // never
	SecondHeld   SecondPerson = "held"   // about what is held
	SecondAlways SecondPerson = "always" // about each plan that would send something
)

// StarterMarks are what somebody is recognised by among those who started a run: their account, and the system user of it; "" = none.
func StarterMarks(account, login string) []string {
	marks := []string{}
	if account != "" {
		marks = append(marks, "account:"+account)
	}
	if login != "" {
		marks = append(marks, "login:"+login)
	}
	return marks
}

// WaitsForAnother reports whether a decision about the run is for another person than this one: it is about what is held, or, settle,
// about what became of what was sent.
func (r *Run) WaitsForAnother(account, login string, settle bool) bool {
	if r.SecondPerson == OnePerson || settle && r.SecondPerson != SecondAlways {
		return false
	}
	return slices.ContainsFunc(StarterMarks(account, login), func(mark string) bool { return slices.Contains(r.StartedBy, mark) })
}

// Seen is how a run stood when it was shown to somebody who decides about it now: about another one nothing is decided.
type Seen struct {
	State  State
	Epoch  int
	Aside  int    // of its employees, who are not sent by it any more
	Digest string // HeldDigest
}

// Seen is how the run stands.
func (r *Run) Seen() Seen { return Seen{r.State, r.Epoch, r.Counts.Superseded, r.HeldDigest()} }

// String is what a form carries: "held.2.0.9f86d0…".
func (s Seen) String() string {
	return fmt.Sprintf("%s.%d.%d.%s", s.State, s.Epoch, s.Aside, s.Digest)
}

// ParseSeen reads what String wrote; ok = false: it did not.
func ParseSeen(text string) (s Seen, ok bool) {
	state, rest, _ := strings.Cut(text, ".")
	epoch, rest, _ := strings.Cut(rest, ".")
	aside, digest, ok := strings.Cut(rest, ".")
	claims, badEpoch := strconv.Atoi(epoch)
	gone, badAside := strconv.Atoi(aside)
	return Seen{State(state), claims, gone, digest}, ok && badEpoch == nil && badAside == nil
}

// LeaveAlone notes until when the partner asks not to be called again.
func (r *Run) LeaveAlone(until time.Time) {
	if r.NotBefore == nil || r.NotBefore.Before(until) {
		r.NotBefore = &until
	}
}

// Partial reports whether the run was limited to some employees: it computes no departures and never completes a period.
func (r *Run) Partial() bool { return len(r.Employees) > 0 }

// Nobody reports whether the run was for a month in which staging holds no employee.
func (r *Run) Nobody() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == RuleNoRows })
}

// AsksForSomething reports whether the run ended so that somebody may still have something to do about it.
func (r *Run) AsksForSomething() bool {
	return r.FinishedAt != nil && (r.State != Succeeded || r.Stale() || r.Partial() || r.Nobody())
}

// hold is why the run may not send what it planned: a guard holds it, and no person has approved this very plan. What
// only says so in the tables is no approval.
func (r *Run) hold() Reason {
	switch {
	case Holds(r.Findings) && r.Approved != r.Digests.Plan:
		return Reason{Code: ReasonGuard}
	case !r.Released:
		return Reason{Code: ReasonUnapproved}
	}
	return Reason{}
}

// MayHaveLeft reports whether something of what was planned may have been sent, by this execution or an earlier one.
func (c Counts) MayHaveLeft() bool {
	return c.Accepted+c.Rejected+c.Uncertain+c.Superseded+c.NotAttempted+c.Held+c.Blocked > 0
}

// Add counts n items of one state, which stand for so many rows of staging.
func (c *Counts) Add(state ItemState, employees, elements, n int) {
	switch state {
	case ItemAccepted:
		c.Accepted += employees
	case ItemRejected:
		c.Rejected += employees
	case ItemBlocked:
		c.Blocked += employees
		c.ElementsBlocked += elements
		return
	case ItemHeld:
		c.Held += employees
	case ItemUncertain, ItemSending, ItemUnsettled:
		c.Uncertain += employees
	case ItemSuperseded:
		c.Superseded += employees
	case ItemPending:
		c.NotAttempted += employees
	case ItemDeparted:
		c.Departed += n
	case ItemLeft:
		c.Left += n
	case ItemWithdrawn: // a departed one that a person has settled
	}
	c.ElementsInDocuments += elements
}
