package plan

import (
	"bytes"

	"syncd/internal/jobs"
)

// subject is everything the plan knows of one matricule.
type subject struct {
	employees int  // rows of staging with this key
	elements  int  // rows of payroll elements with this key
	blocked   bool // the document has problems
	keyless   bool // the key is NULL or empty
	badKey    bool // the key cannot be used

	fingerprint []byte              // of the document; set when exactly one employee row made one
	current     *jobs.BaselineEntry // this period's; nil = none
	earlier     *jobs.BaselineEntry // the latest earlier period's that was acknowledged; nil = none
	overtaken   bool                // something after it may have been received, or was withdrawn
	later       *jobs.BaselineEntry // the nearest later period's that was acknowledged; nil = none
	drifted     bool                // the other side edited the document
	unread      bool                // nobody knows whether it did
	owed        bool                // it was to be sent again, changed or not, and is yet to be

	lasting []byte // fingerprint by the lasting key; set where a document to compare with was removed
}

// comparesRemoved reports whether a document that has to be compared with is no longer kept.
func (s *subject) comparesRemoved() bool {
	return s.current != nil && s.current.Removed || s.earlier != nil && s.earlier.Removed
}

// same reports whether the document is the one that was acknowledged.
func (s *subject) same(with *jobs.BaselineEntry) bool {
	if with.Removed {
		return bytes.Equal(with.Fingerprint, s.lasting)
	}
	return bytes.Equal(with.Fingerprint, s.fingerprint)
}

// acknowledged is this period's entry, unless nothing of it is at the API.
func (s *subject) acknowledged() *jobs.BaselineEntry {
	if s.current == nil || s.current.Version == 0 || s.current.Withdrawn {
		return nil
	}
	return s.current
}

// comparable is the entry whose document tells what is new: this period's, or else the latest earlier one, or else, for a
// month that is sent late, the nearest later one.
func (s *subject) comparable() *jobs.BaselineEntry {
	if entry := s.acknowledged(); entry != nil {
		return entry
	}
	if s.earlier != nil {
		return s.earlier
	}
	return s.later
}

// action is what happens to a subject.
type action int

const (
	ignore   action = iota // nothing to do and nothing to say
	keep                   // unchanged: counted only
	send                   // an item to send
	block                  // an item that cannot be sent
	unsure                 // an item that waits until an older run's is settled
	departed               // an item to settle: sent for this period, gone from staging
	left                   // an item to note once
)

// rules are the parts of a job that decide.
type rules struct {
	semantics jobs.Semantics
	scope     jobs.Scope
	send      jobs.Send
	resend    bool           // what is unchanged goes as well
	elsewhere map[int64]bool // forms under which what was acknowledged is not where this run sends to
}

// decide is the whole policy of what a run does with one matricule. It is pure.
//
// The decision to send compares fingerprints within the period: a document that was acknowledged for this period and
// has not changed is not sent again, whatever other periods hold. A key in doubt is never unchanged, nor, where sending again
// does no harm, one of which a ledger that was put back may not know the last document.
func (r rules) decide(s *subject) (action, jobs.ReasonCode) {
	switch {
	case s.employees == 0 && s.elements > 0:
		return block, jobs.ReasonProblems // elements without their employee
	case s.employees == 0:
		return decideAbsent(s)
	case s.employees > 1, s.keyless, s.badKey, s.blocked:
		return block, jobs.ReasonProblems
	case s.current != nil && s.current.InDoubt:
		if r.semantics == jobs.Append {
			return unsure, jobs.ReasonUnsettled
		}
		return send, jobs.ReasonInDoubt
	case s.acknowledged() != nil:
		return r.compared(s, s.current)
	case s.earlier == nil && s.later == nil && !s.overtaken:
		return send, jobs.ReasonNew
	case r.nothingNew(s):
		return r.compared(s, s.earlier)
	}
	return send, jobs.ReasonNewPeriod
}

// compared decides about someone of whom the partner has a document that would take the same place.
func (r rules) compared(s *subject, with *jobs.BaselineEntry) (action, jobs.ReasonCode) {
	switch {
	case !s.same(with):
		return send, jobs.ReasonChanged
	case s.drifted:
		return send, jobs.ReasonDrifted
	case s.unread && r.semantics != jobs.Append: // to add it again would be to pay it again, of which nobody should have to decide
		return send, jobs.ReasonUnread
	case with.Outdated && r.semantics != jobs.Append:
		return send, jobs.ReasonPutBack
	case r.elsewhere[with.Form]:
		return send, jobs.ReasonForm
	case r.resend, s.owed:
		return send, jobs.ReasonResend
	}
	return keep, ""
}

// nothingNew reports whether a new period brings nothing: the partner keeps one document per employee, it is this very
// document, and it carries no elements. (Equal elements of two periods are two payments, so they are always sent.) Who was
// told as having left is news, and must be told again when they leave again.
func (r rules) nothingNew(s *subject) bool {
	return r.scope == jobs.ScopeEmployee && r.send == jobs.SendChanged && s.elements == 0 && s.current == nil && // else it was withdrawn
		s.earlier != nil && !s.overtaken && !s.earlier.InDoubt && !s.earlier.Outdated && !s.earlier.DepartureNoted &&
		s.same(s.earlier)
}

// decideAbsent is for someone of the baseline whom staging no longer has.
func decideAbsent(s *subject) (action, jobs.ReasonCode) {
	switch {
	case s.current != nil && s.current.InDoubt:
		return departed, jobs.ReasonDepartedInDoubt
	case s.acknowledged() != nil:
		return departed, jobs.ReasonDeparted
	case s.current != nil: // it was withdrawn: a person knows
		return ignore, ""
	case s.earlier != nil && !s.earlier.DepartureNoted:
		return left, jobs.ReasonLeft
	}
	return ignore, ""
}
