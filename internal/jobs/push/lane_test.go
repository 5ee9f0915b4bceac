package push

import (
	"reflect"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// fate is the part of an item's outcome that decides about pay.
type fate struct {
	state    jobs.ItemState
	certain  bool
	deferred bool
	reason   jobs.ReasonCode
}

// verdicts are what becomes of an item by the attempts whose effect is unknown: none, in this run, before it, in both.
type verdicts struct{ clear, now, before, both fate }

// What becomes of an item: every class of answer, with and without an attempt of unknown effect in this run and before
// it. Once anything is ambiguous, only an acknowledgement ends the doubt; and what was broken off goes again with a
// resume, unless sending again may pay twice.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	accepted := fate{jobs.ItemAccepted, true, false, jobs.ReasonAccepted}
	stillUnsure := fate{jobs.ItemUncertain, false, false, jobs.ReasonStillUnsure}
	left := func(reason jobs.ReasonCode) fate { return fate{jobs.ItemPending, true, true, reason} }      // nothing reached the API
	doubtful := func(reason jobs.ReasonCode) fate { return fate{jobs.ItemPending, false, true, reason} } // the doubt stays
	brokenOff := doubtful(jobs.ReasonStopped)
	for semantics, lost := range map[jobs.Semantics]func(jobs.ReasonCode) fate{ // what may have been received
		jobs.Replace: doubtful, // can be sent again
		jobs.Append:  func(reason jobs.ReasonCode) fate { return fate{jobs.ItemUncertain, false, false, reason} },
	} {
		noAnswer, technical := lost(jobs.ReasonNoAnswer), lost(jobs.ReasonTechnical)
		for class, verdict := range map[jobs.Class]verdicts{
			jobs.ClassAccepted:      {accepted, accepted, accepted, accepted},
			jobs.ClassData:          {fate{jobs.ItemRejected, true, false, jobs.ReasonRejected}, stillUnsure, stillUnsure, stillUnsure},
			jobs.ClassTemporary:     {left(jobs.ReasonTemporary), noAnswer, doubtful(jobs.ReasonTemporary), noAnswer},
			jobs.ClassTechnical:     {left(jobs.ReasonFailures), technical, doubtful(jobs.ReasonFailures), technical},
			jobs.ClassConfiguration: {left(jobs.ReasonConfiguration), noAnswer, doubtful(jobs.ReasonConfiguration), noAnswer},
		} {
			wantVerdicts(t, semantics, class, verdict)
		}
	}
	wantVerdicts(t, jobs.Replace, jobs.ClassCancelled, verdicts{left(jobs.ReasonStopped), brokenOff, brokenOff, brokenOff})
	wantVerdicts(t, jobs.Append, jobs.ClassCancelled,
		verdicts{left(jobs.ReasonStopped), fate{jobs.ItemUncertain, false, false, jobs.ReasonNoAnswer}, brokenOff,
			fate{jobs.ItemUncertain, false, false, jobs.ReasonNoAnswer}})
}

func wantVerdicts(t *testing.T, semantics jobs.Semantics, class jobs.Class, v verdicts) {
	t.Helper()
	answeredAt := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for i, want := range []fate{v.clear, v.now, v.before, v.both} {
		now, before := i&1 != 0, i&2 != 0
		out := jobs.Outcome{Class: class, Status: 418, Message: "no", Ambiguous: now, Attempts: 3, AnsweredAt: answeredAt}
		got := outcomeOf(semantics, jobs.TakenItem{Seq: 7, Ambiguous: before}, out)
		if (fate{got.State, got.Certain, got.Deferred, got.Reason.Code}) != want {
			t.Errorf("%s, %s, ambiguous now %t, before %t: %+v, want %+v", semantics, class, now, before, got, want)
		}
		if got.Seq != 7 || got.HTTPStatus != 418 || got.Attempts != 3 || !got.AnsweredAt.Equal(answeredAt) {
			t.Errorf("%s: %+v", class, got)
		}
	}
}

// The API's own words are kept: of a refusal as they are, of what says nothing of the data behind its status.
func TestOutcomesKeepTheWordsOfTheAPI(t *testing.T) {
	t.Parallel()
	refusal := jobs.Outcome{Class: jobs.ClassData, Status: 400, Message: "Le code est inconnu."}
	if got := outcomeOf(jobs.Replace, jobs.TakenItem{}, refusal).Reason.Detail; got != refusal.Message {
		t.Errorf("%q", got)
	}
	turned := jobs.Outcome{Class: jobs.ClassConfiguration, Status: 403, Message: "Accès refusé.", Answered: true}
	if got := outcomeOf(jobs.Replace, jobs.TakenItem{}, turned).Reason; !reflect.DeepEqual(got,
		jobs.Reason{Code: jobs.ReasonTurnedAway, Detail: turned.Message}) {
		t.Errorf("%+v", got)
	}
	for class, code := range map[jobs.Class]jobs.ReasonCode{jobs.ClassTechnical: jobs.ReasonFailures,
		jobs.ClassTemporary: jobs.ReasonTemporary} {
		failure := jobs.Outcome{Class: class, Status: 500, Message: "Réessayez.", Answered: true}
		if got := outcomeOf(jobs.Replace, jobs.TakenItem{}, failure).Reason; !reflect.DeepEqual(got,
			jobs.Reason{Code: code, Detail: "500: Réessayez."}) {
			t.Errorf("%+v", got)
		}
		failure.Message = ""
		if got := outcomeOf(jobs.Replace, jobs.TakenItem{}, failure).Reason; !reflect.DeepEqual(got, jobs.Reason{Code: code, Detail: "500"}) {
			t.Errorf("%+v", got)
		}
	}
}

// What was taken ahead and given back is in doubt only if it was before.
func TestUnsentIsInNoNewDoubt(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		got := unsent(jobs.TakenItem{Seq: 3, Ambiguous: before}, jobs.ReasonStopped)
		if got.Seq != 3 || got.State != jobs.ItemPending || !got.Deferred || got.Certain == before || got.Reason.Code != jobs.ReasonStopped {
			t.Errorf("%+v", got)
		}
	}
}

// Each class that can stop a run says so in the words of the call.
func TestHaltReason(t *testing.T) {
	t.Parallel()
	for class, want := range map[jobs.Class]jobs.ReasonCode{
		jobs.ClassAccepted: "", jobs.ClassData: "", jobs.ClassCancelled: "",
		jobs.ClassTemporary: jobs.ReasonUnreachable, jobs.ClassTechnical: jobs.ReasonFailures, jobs.ClassConfiguration: jobs.ReasonConfiguration,
	} {
		out := jobs.Outcome{Class: class, Status: 500, Err: &jobs.CallError{Class: class, Call: "POST /V2/Salarie", Problem: "it failed",
			Hint: "look"}}
		got := haltReason(out)
		if got.Code != want || want != "" && got.Text() != "POST /V2/Salarie: it failed\nhint: look" {
			t.Errorf("%s: %+v", class, got)
		}
	}
}
