package jobs

import (
	"slices"
	"strings"
	"time"

	"syncd/internal/diff"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
)

// ItemState is where an item of a plan stands.
type ItemState string

const (
	ItemPending    ItemState = "pending"    // to be sent; on a finished run: not attempted
	ItemSending    ItemState = "sending"    // its request may have left
	ItemAccepted   ItemState = "accepted"   // the API acknowledged it
	ItemRejected   ItemState = "rejected"   // the API said no
	ItemBlocked    ItemState = "blocked"    // stopped here
	ItemHeld       ItemState = "held"       // a person must confirm
	ItemUncertain  ItemState = "uncertain"  // sent, answer unknown
	ItemSuperseded ItemState = "superseded" // a newer plan or document took its place
	ItemUnsettled  ItemState = "unsettled"  // an older run's document of this employee is uncertain, and must be settled first
	ItemDeparted   ItemState = "departed"   // sent for this period, gone from staging; a person settles it
	ItemWithdrawn  ItemState = "withdrawn"  // departed, and taken back at the other side by a person
	ItemLeft       ItemState = "left"       // noted once: in an earlier period, not in this one
)

// Difference is the one vocabulary for differences: plan, ledger, report.
type Difference string

const (
	Created       Difference = "+"
	Updated       Difference = "*"
	Unchanged     Difference = "="
	Departed      Difference = "-"
	Undeliverable Difference = "!"
)

// Item is one line of a plan, and what became of it.
type Item struct {
	Seq             int
	Key             string // the matricule; "" for rows that have none
	State           ItemState
	Difference      Difference
	Reason          Reason // why it is in the plan; later, why it ended so
	Employees       int    // rows of staging that it stands for: 1; more for a duplicate key, 0 for elements alone or departures
	Elements        int
	BaselineVersion int64 // the version of the baseline that it was planned against; 0 = none
	Ambiguous       bool  // an earlier attempt's effect is unknown: only a 2xx ends it as accepted
	Diff            []diff.Change
	Problems        []mapping.Problem
	Findings        []Finding // why it is, or was, held
	HTTPStatus      int       // last answer; 0 = none
	Attempts        int
	SentAt          *time.Time
	AnsweredAt      *time.Time
}

// ReasonCode names why something is as it is; package report puts it into words, in French and English.
type ReasonCode string

const (
	// Why an item is in the plan.
	ReasonNew             ReasonCode = "new"               // never sent to this target
	ReasonChanged         ReasonCode = "changed"           // differs from what was acknowledged for the period
	ReasonNewPeriod       ReasonCode = "new-period"        // not yet sent for this period
	ReasonInDoubt         ReasonCode = "in-doubt"          // an earlier answer is unknown: sent again
	ReasonPutBack         ReasonCode = "put-back"          // the ledger was put back, and may not know what was sent last: sent again
	ReasonDeparted        ReasonCode = "departed"          // sent for this period, no longer in staging
	ReasonDepartedInDoubt ReasonCode = "departed-in-doubt" // the same, and whether it was received is unknown
	ReasonLeft            ReasonCode = "left"
	ReasonDrifted         ReasonCode = "drifted"   // unchanged here, edited at the other side
	ReasonUnread          ReasonCode = "unread"    // unchanged here, and whether it was edited at the other side nobody knows
	ReasonForm            ReasonCode = "form"      // unchanged, but acknowledged by another call
	ReasonResend          ReasonCode = "resend"    // unchanged, and asked for again by a person
	ReasonUnsettled       ReasonCode = "unsettled" // run Detail sent it, and whether it was received is unknown
	ReasonProblems        ReasonCode = "problems"  // blocked: see Problems

	// Why an item ended as it did.
	ReasonAccepted    ReasonCode = "accepted"
	ReasonTaken       ReasonCode = "taken"        // accepted for processing (202): whether it was processed, nobody has said
	ReasonRejected    ReasonCode = "rejected"     // Detail: the API's message, masked
	ReasonTemporary   ReasonCode = "temporary"    // not attempted: the API was busy or away
	ReasonTechnical   ReasonCode = "technical"    // uncertain: the API failed
	ReasonNoAnswer    ReasonCode = "no-answer"    // uncertain: sent, no definite answer
	ReasonSlow        ReasonCode = "slow"         // uncertain: no answer within Detail, the time limit of an attempt; of a run: why it stopped
	ReasonStillUnsure ReasonCode = "still-unsure" // uncertain: refused now, but an earlier answer is unknown
	ReasonTurnedAway  ReasonCode = "turned-away"  // not delivered: refused for something else than its data; Detail: the API's message, masked
	ReasonMoved       ReasonCode = "moved"        // superseded: the baseline moved since the plan
	ReasonReplanned   ReasonCode = "replanned"    // superseded by run Detail
	ReasonCancelled   ReasonCode = "cancelled"    // superseded: a person cancelled the run; of a run: Detail says why
	ReasonSetAside    ReasonCode = "set-aside"    // superseded: a person gave up what was held of this employee alone
	ReasonExpired     ReasonCode = "expired"      // superseded: nobody decided about the hold in time
	ReasonSettled     ReasonCode = "settled"      // a person found out: accepted, withdrawn, or pending again
	ReasonReadBack    ReasonCode = "read-back"    // the API was asked: accepted, or pending again
	ReasonAltered     ReasonCode = "altered"      // blocked: what the ledger holds is not what was planned

	// Why a run failed or is held.
	ReasonConfiguration ReasonCode = "configuration" // the API refuses this configuration: Detail
	ReasonUnusual       ReasonCode = "unusual"       // the API answers otherwise than it did by these very settings: Detail
	ReasonIdentity      ReasonCode = "identity"      // the API answers for another dossier
	ReasonFailures      ReasonCode = "failures"      // too many technical failures in a row: Detail
	ReasonUnreachable   ReasonCode = "unreachable"   // the API cannot be reached, or a database cannot be used just now
	// the ledger's database does not let us in, or not do what is needed: Detail is the SQLSTATE
	ReasonLedgerRefused   ReasonCode = "ledger-refused"
	ReasonStagingRefused  ReasonCode = "staging-refused"  // staging's database does not let us in: Detail is the SQLSTATE
	ReasonStopped         ReasonCode = "stopped"          // a person stopped it
	ReasonInterrupted     ReasonCode = "interrupted"      // its process died; a newer run took its place
	ReasonStaging         ReasonCode = "staging"          // staging cannot be read: Detail
	ReasonCrashes         ReasonCode = "crashes"          // whoever executed it died, again and again
	ReasonPanic           ReasonCode = "panic"            // a defect of syncd: Detail
	ReasonInternal        ReasonCode = "internal"         // unexpected: Detail
	ReasonGuard           ReasonCode = "guard"            // held: see the run's findings
	ReasonNotReady        ReasonCode = "not-ready"        // job.guard.ready did not answer true
	ReasonStagingLocked   ReasonCode = "staging-locked"   // somebody replaces the table Detail, and had not finished in time
	ReasonStagingReplaced ReasonCode = "staging-replaced" // the table Detail was replaced while it was read
	ReasonClosed          ReasonCode = "closed"           // its period is closed
	ReasonUnapproved      ReasonCode = "unapproved"       // held, of a run or an employee: what lets it go was not made by an approval
	// held: the API's contract changed since the plan was made, which must be made afresh
	ReasonContract ReasonCode = "contract"
	// held: documents go by another Form, or with another SIRET, than the plan was made for, which must be made afresh
	ReasonFormOutdated ReasonCode = "form-outdated"
	ReasonOutdated     ReasonCode = "outdated"     // held: the ledger was put back since the plan was made, which must be made afresh
	ReasonPullEmpty    ReasonCode = "pull-empty"   // held: the answer is empty
	ReasonPullShrinks  ReasonCode = "pull-shrinks" // held: it withdraws too much; Detail "18/60", or "Civilite 2/2"
	ReasonPullForeign  ReasonCode = "pull-foreign" // held: it shows records of another owner; Detail "factures 2"
	// the partner refused this secret less than a day ago, at Detail: it is not tried again
	ReasonSecretRefused ReasonCode = "secret-refused"
	ReasonInboxMissing  ReasonCode = "inbox-missing" // the ledger's database has no schema inbox

	// Why a record was not stored.
	RecordNoKey       ReasonCode = "record-no-key"
	RecordKeyTooLong  ReasonCode = "record-key-too-long"
	RecordKeyUnusable ReasonCode = "record-key-unusable" // neither a text nor a number, or with characters that cannot be shown
	RecordTwice       ReasonCode = "record-twice"        // its page has another one of the same key
	RecordNotText     ReasonCode = "record-not-text"     // characters or numbers that cannot be stored: U+0000, half surrogates, 1e200000
	RecordRepeats     ReasonCode = "record-repeats"      // two members of one name: which one counts, nobody says
	RecordTooLarge    ReasonCode = "record-too-large"
	RecordTooDeep     ReasonCode = "record-too-deep"
	RecordOwnerUntold ReasonCode = "record-owner-untold" // it does not say whose it is
	RecordNotThere    ReasonCode = "record-not-there"    // listed, but its detail cannot be had
	RecordUnstorable  ReasonCode = "record-unstorable"   // Postgres refuses it: Detail is the SQLSTATE

	// Why a file was not stored.
	FileTooLarge ReasonCode = "file-too-large" // more than max_file
	FileSize     ReasonCode = "file-size"      // not as long as was announced
	FileChecksum ReasonCode = "file-checksum"  // not the one that was announced
	FileExpired  ReasonCode = "file-expired"   // it was stored, and is past its time
)

// OutdatesPlan tells the reasons for which what a run planned is not sent any more: it must be planned afresh.
func (c ReasonCode) OutdatesPlan() bool {
	return c == ReasonContract || c == ReasonFormOutdated || c == ReasonOutdated
}

// Reason is a code with the one detail that goes into its sentence. Detail never holds personal data.
type Reason struct {
	Code     ReasonCode    `json:"code"`
	Detail   string        `json:"detail,omitempty"`
	Cause    *Cause        `json:"-"` // of a run that failed, where more is known; nil = nothing
	Problems []hinted.Kept `json:"-"` // of a run that failed: what it met, and the next steps; Detail has what it met in English
}

// ReasonOf is a reason that consists of problems.
func ReasonOf(code ReasonCode, cause *Cause, problems ...hinted.Kept) Reason {
	r := Reason{Code: code, Cause: cause, Problems: problems}
	texts := make([]string, len(problems))
	for i := range problems {
		texts[i], _ = problems[i].Told()
	}
	r.Detail = strings.Join(texts, "\n")
	return r
}

// WithWords is the reason with the partner's words, masked, behind its last problem.
func (r Reason) WithWords(words string) Reason {
	if words == "" || len(r.Problems) == 0 {
		return r
	}
	problems := slices.Clone(r.Problems)
	last := &problems[len(problems)-1]
	last.What = hinted.Say("plain.worded", "problem", last.What, "words", words)
	return ReasonOf(r.Code, r.Cause, problems...)
}

// Text is the detail with the next steps, each on a line of its own.
func (r Reason) Text() string {
	if len(r.Problems) == 0 {
		return r.Detail
	}
	texts := make([]string, len(r.Problems))
	for i := range r.Problems {
		texts[i] = r.Problems[i].Error()
	}
	return strings.Join(texts, "\n")
}
