// Package ledger has the types of what the ledger tells beside runs and their items: the audit, the story of an
// employee, closed periods, the contracts of an API, and how schedules and daemons stand. The domain stands in package jobs.
package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/privacy"
)

// Decision is what somebody, or syncd by a rule, decided.
type Decision string

const (
	DecisionRun            Decision = "run"
	DecisionResume         Decision = "resume"
	DecisionApprove        Decision = "approve"
	DecisionCancel         Decision = "cancel"
	DecisionExpire         Decision = "expire" // a hold that nobody decided about in time
	DecisionSettle         Decision = "settle"
	DecisionClose          Decision = "close"
	DecisionReopen         Decision = "reopen"
	DecisionPause          Decision = "pause"
	DecisionUnpause        Decision = "unpause"
	DecisionSilence        Decision = "silence" // of alerts
	DecisionUnsilence      Decision = "unsilence"
	DecisionPurge          Decision = "purge"
	DecisionRekey          Decision = "rekey"           // another ledger key
	DecisionForget         Decision = "forget"          // one person was erased
	DecisionPutBack        Decision = "put-back"        // the ledger was found to have been restored, put back or moved
	DecisionContractAccept Decision = "contract-accept" // what changed in the API's contract
	DecisionConfiguration  Decision = "configuration"   // another configuration than before was seen

	DecisionAccountAdd      Decision = "account-add" // who may use the page; the next ones likewise
	DecisionAccountRoles    Decision = "account-roles"
	DecisionAccountSet      Decision = "account-set" // where its person is told of what waits, and in which language
	DecisionAccountDisable  Decision = "account-disable"
	DecisionAccountReset    Decision = "account-reset"
	DecisionAccountAccept   Decision = "account-accept"   // an invitation was used
	DecisionAccountPassword Decision = "account-password" // its person chose another one
	DecisionAccountLink     Decision = "account-link"     // an identity at an issuer is the account's
	DecisionAccountUnlink   Decision = "account-unlink"
)

// Decisions are all of them, in the order in which help lists them.
var Decisions = []Decision{DecisionRun, DecisionResume, DecisionApprove, DecisionCancel, DecisionExpire, DecisionSettle,
	DecisionClose, DecisionReopen, DecisionPause, DecisionUnpause, DecisionSilence, DecisionUnsilence, DecisionPurge, DecisionRekey,
	DecisionForget, DecisionPutBack, DecisionContractAccept, DecisionConfiguration, DecisionAccountAdd, DecisionAccountRoles,
	DecisionAccountSet, DecisionAccountDisable, DecisionAccountReset, DecisionAccountAccept, DecisionAccountPassword, DecisionAccountLink,
	DecisionAccountUnlink}

// Itself is who decides by a rule: no person.
const Itself = "syncd"

// DetailForced is the detail of a closing that leaves the named employees, or the whole period, undelivered.
const DetailForced = "forced"

// AuditEntry is one line of the audit, which nothing changes any more.
type AuditEntry struct {
	ID           int64
	At           time.Time
	Actor        string // the system user, or "syncd"
	Decision     Decision
	Dossier      string // "" = of no dossier
	Environment  string
	Partner      string // of the target; "" = it is of none
	BaseURL      string // likewise
	Job          string
	Period       jobs.Period
	Run          int64    // 0 = of no run
	Employees    []string // that it is about; empty = everyone of the run
	Reason       string   // in the actor's words
	Detail       string   // what exactly: "withdrawn", "schedule"; of what Facts say, their text
	Facts        AuditFacts
	Host         string
	Version      string // of the program
	ConfigDigest string
	Account      string  // of the actor; "" = none
	Channel      Channel // by which it was decided; "" = by a rule, or in a ledger of an earlier version
	Proof        Proof   // how the actor proved who that is
}

// By fills in who decided.
func (e *AuditEntry) By(p Person) {
	e.Actor, e.Account, e.Channel, e.Proof = p.Name, p.Account, p.Channel, p.Proof
}

// AuditFacts are what exactly was decided, where that is no mere word.
type AuditFacts struct {
	Until    *time.Time `json:"until,omitempty"`     // a period was reopened; nil = it was not
	FailedOf int64      `json:"failed_of,omitempty"` // whose undelivered employees a run was asked for; 0 = none's
	Digest   string     `json:"digest,omitempty"`    // of the plan that was approved, of the contract that was accepted; "" = of none
	// what else was decided, and why, where syncd decided it; nil = Detail and Reason say it
	What *hinted.Fact `json:"what,omitempty"`
	Why  *hinted.Fact `json:"why,omitempty"`
}

// String is the detail that tells the same: "until 2026-12-05T18:00:00Z"; "" = there are no facts.
func (f AuditFacts) String() string {
	switch {
	case f.Until != nil:
		return "until " + f.Until.UTC().Format(time.RFC3339)
	case f.FailedOf != 0:
		return fmt.Sprintf("undelivered of run %d", f.FailedOf)
	case f.What != nil:
		return f.What.In(hinted.English())
	}
	return f.Digest
}

var digest = lazyregexp.New(`^[0-9a-f]{64}$`)

// FormerFacts reads the facts of a detail, as ledgers of earlier versions have it.
func FormerFacts(detail string) (f AuditFacts) {
	if until, err := time.Parse("until "+time.RFC3339, detail); err == nil {
		f.Until = &until
	}
	if digest().MatchString(detail) {
		f.Digest = detail
	}
	if number, found := strings.CutPrefix(detail, "undelivered of run "); found {
		f.FailedOf, _ = strconv.ParseInt(number, 10, 64)
	}
	return f
}

// maxReason is how many characters a reason has at most: it is read in lists.
const maxReason = 1000

// ReasonError says why a reason cannot be kept. It never holds the reason.
type ReasonError struct{ Why hinted.Fact }

func (e *ReasonError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ReasonError) Fact() hinted.Fact { return e.Why }

// CheckReason refuses a reason that would harm whoever finds it in the audit: it is kept in the open for years, and shown
// on terminals. An empty one passes: what syncd itself decides by a rule has none.
func CheckReason(reason string) error {
	switch {
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, unseen):
		return &ReasonError{hinted.Say("audit.reason-unseen")}
	case utf8.RuneCountInString(reason) > maxReason:
		return &ReasonError{hinted.Say("audit.reason-long", "most", maxReason)}
	case privacy.MaskIdentifiers(reason) != reason:
		return &ReasonError{hinted.Say("audit.reason-identifies")}
	}
	return nil
}

// unseen are control characters, line breaks, and what turns the direction of writing.
func unseen(r rune) bool {
	const joiner, nonJoiner = '\u200d', '\u200c' // of letters and emoji
	return r != joiner && r != nonJoiner && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// AuditFilter selects lines of the audit; what is zero selects all.
type AuditFilter struct {
	Dossier  string
	Job      string
	Period   jobs.Period
	Run      int64
	Employee string
	Actor    string
	Decision Decision
	Since    time.Time
	Max      int // newest first; 0 = all
}

// Closing is a period of a target that was closed.
type Closing struct {
	Target         jobs.Target
	Period         jobs.Period
	ClosedAt       time.Time
	ClosedBy       string
	Reason         string
	ReopenedAt     *time.Time // nil = never
	ReopenedBy     string
	ReopenedReason string
	OpenUntil      *time.Time // it takes writes again until then
	Open           bool       // that is now
}

// Settlement is what a person found out about an employee at the other side.
type Settlement string

const (
	SettleWithdrawn Settlement = "withdrawn" // someone who has gone from staging was taken back there
	SettleAccepted  Settlement = "accepted"  // the document is there
	SettlePending   Settlement = "pending"   // it is not
)

// Known is what the ledger has as acknowledged of one employee in one period.
type Known struct {
	Period         jobs.Period
	Version        int64 // acknowledgements; 0 = none, and so in doubt
	InDoubt        bool
	Withdrawn      bool
	Run            int64 // that sent it
	AcknowledgedAt *time.Time
}

// Story is everything that the ledger knows of one employee of a dossier.
type Story struct {
	Target    jobs.Target
	Key       string
	Known     []Known       // by period, the newest first
	Lines     []StoryLine   // of plans, the oldest first
	Decisions []AuditEntry  // about this employee, or about the runs above, the oldest first
	Closed    []jobs.Period // of those above
}

// StoryLine is an item with its run.
type StoryLine struct {
	Run  jobs.Run
	Item jobs.Item
}

// RunFilter selects runs; empty members select all.
type RunFilter struct {
	Job, Period, State string
	Dossiers           []string // of one of these; nil = of any, and none at all are of none
	Former             Former   // whose runs of other names are of those dossiers as well
	Months             bool     // of what pulls, only the last run of a job and dossier, where it has not succeeded
	Before             int64    // older than this run; 0 = the newest
	Max                int
}

// Former tells dossiers that were called otherwise by their establishment: one of a name that is not known, with one of these SIRETs.
type Former struct{ Known, Sirets []string }
