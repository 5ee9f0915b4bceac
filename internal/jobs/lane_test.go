package jobs

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// judged is the part of an item's outcome that decides about pay.
type judged struct {
	state    ItemState
	certain  bool
	deferred bool
	reason   ReasonCode
}

// verdicts are what becomes of an item by the attempts whose effect is unknown: none, in this run, before it, in both.
type verdicts struct{ clear, now, before, both judged }

// What becomes of an item: every class of answer, with and without an attempt of unknown effect in this run and before
// it. Once anything is ambiguous, only an acknowledgement ends the doubt; and what was broken off goes again with a
// resume, unless sending again may pay twice.
func TestJudge(t *testing.T) {
	t.Parallel()
	accepted := judged{ItemAccepted, true, false, ReasonAccepted}
	stillUnsure := judged{ItemUncertain, false, false, ReasonStillUnsure}
	left := func(reason ReasonCode) judged { return judged{ItemPending, true, true, reason} }      // nothing reached the API
	doubtful := func(reason ReasonCode) judged { return judged{ItemPending, false, true, reason} } // the doubt stays
	brokenOff := doubtful(ReasonStopped)
	for semantics, lost := range map[Semantics]func(ReasonCode) judged{ // what may have been received
		Replace: doubtful, // can be sent again
		Append:  func(reason ReasonCode) judged { return judged{ItemUncertain, false, false, reason} },
	} {
		noAnswer, technical := lost(ReasonNoAnswer), lost(ReasonTechnical)
		for class, verdict := range map[Class]verdicts{
			ClassAccepted:      {accepted, accepted, accepted, accepted},
			ClassData:          {judged{ItemRejected, true, false, ReasonRejected}, stillUnsure, stillUnsure, stillUnsure},
			ClassTemporary:     {left(ReasonTemporary), noAnswer, doubtful(ReasonTemporary), noAnswer},
			ClassTechnical:     {left(ReasonFailures), technical, doubtful(ReasonFailures), technical},
			ClassConfiguration: {left(ReasonConfiguration), noAnswer, doubtful(ReasonConfiguration), noAnswer},
		} {
			wantVerdicts(t, semantics, class, verdict)
		}
	}
	wantVerdicts(t, Replace, ClassCancelled, verdicts{left(ReasonStopped), brokenOff, brokenOff, brokenOff})
	wantVerdicts(t, Append, ClassCancelled, verdicts{left(ReasonStopped), judged{ItemUncertain, false, false, ReasonNoAnswer}, brokenOff,
		judged{ItemUncertain, false, false, ReasonNoAnswer}})
}

func wantVerdicts(t *testing.T, semantics Semantics, class Class, v verdicts) {
	t.Helper()
	answeredAt := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for i, want := range []judged{v.clear, v.now, v.before, v.both} {
		now, before := i&1 != 0, i&2 != 0
		out := Outcome{Class: class, Status: 418, Message: "no", Ambiguous: now, Attempts: 3, AnsweredAt: answeredAt}
		got := judge(semantics, Claimed{Seq: 7, Ambiguous: before}, out)
		if (judged{got.State, got.Certain, got.Deferred, got.Reason.Code}) != want {
			t.Errorf("%s, %s, ambiguous now %t, before %t: %+v, want %+v", semantics, class, now, before, got, want)
		}
		if got.Seq != 7 || got.HTTPStatus != 418 || got.Attempts != 3 || !got.AnsweredAt.Equal(answeredAt) {
			t.Errorf("%s: %+v", class, got)
		}
	}
}

// The API's own words are kept: of a refusal as they are, of what says nothing of the data behind its status.
func TestJudgeKeepsTheWordsOfTheAPI(t *testing.T) {
	t.Parallel()
	refusal := Outcome{Class: ClassData, Status: 400, Message: "Le code est inconnu."}
	if got := judge(Replace, Claimed{}, refusal).Reason.Detail; got != refusal.Message {
		t.Errorf("%q", got)
	}
	turned := Outcome{Class: ClassConfiguration, Status: 403, Message: "Accès refusé.", Answered: true}
	if got := judge(Replace, Claimed{}, turned).Reason; got != (Reason{ReasonTurnedAway, turned.Message}) {
		t.Errorf("%+v", got)
	}
	for class, code := range map[Class]ReasonCode{ClassTechnical: ReasonFailures, ClassTemporary: ReasonTemporary} {
		failure := Outcome{Class: class, Status: 500, Message: "Réessayez.", Answered: true}
		if got := judge(Replace, Claimed{}, failure).Reason; got != (Reason{code, "500: Réessayez."}) {
			t.Errorf("%+v", got)
		}
		failure.Message = ""
		if got := judge(Replace, Claimed{}, failure).Reason; got != (Reason{code, "500"}) {
			t.Errorf("%+v", got)
		}
	}
}

// Refusals are quicker than acceptances: what counts is the order of sending. Who has had no answer yet may be accepted.
func TestStreaksAreInTheOrderOfSending(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad  []int
		want int // the longest
	}{
		"nobody": {nil, 0}, "one": {[]int{5}, 1}, "in order": {[]int{3, 4, 5}, 3}, "backwards": {[]int{5, 4, 3}, 3},
		"the gap closes last": {[]int{1, 2, 4, 5, 3}, 5}, "every other one": {[]int{1, 3, 5, 7, 9}, 1},
		"two streaks": {[]int{1, 9, 2, 8, 7}, 3}, "joined from both ends": {[]int{2, 3, 6, 7, 5, 4, 1, 8}, 8},
	} {
		longest, s := 0, streaks{}
		for _, n := range c.bad {
			longest = max(longest, s.add(n))
		}
		if longest != c.want {
			t.Errorf("%s: %d, want %d", name, longest, c.want)
		}
	}
}

// What was claimed ahead and given back is in doubt only if it was before.
func TestUnsentIsInNoNewDoubt(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		got := unsent(Claimed{Seq: 3, Ambiguous: before}, ReasonStopped)
		if got.Seq != 3 || got.State != ItemPending || !got.Deferred || got.Certain == before || got.Reason.Code != ReasonStopped {
			t.Errorf("%+v", got)
		}
	}
}

// Each class that can stop a run says so in the words of the call.
func TestHaltReason(t *testing.T) {
	t.Parallel()
	for class, want := range map[Class]ReasonCode{
		ClassAccepted: "", ClassData: "", ClassCancelled: "",
		ClassTemporary: ReasonUnreachable, ClassTechnical: ReasonFailures, ClassConfiguration: ReasonConfiguration,
	} {
		out := Outcome{Class: class, Status: 500, Err: &CallError{Class: class, Call: "POST /V2/Salarie", Problem: "it failed", Hint: "look"}}
		got := haltReason(out)
		if got.Code != want || want != "" && got.Detail != "POST /V2/Salarie: it failed\nhint: look" {
			t.Errorf("%s: %+v", class, got)
		}
	}
}

// A defect is told without the value that it panicked with, which could quote a person.
func TestPanicReasonQuotesNothing(t *testing.T) {
	t.Parallel()
	for _, v := range []any{"NIR 285057899900116", errors.New("NIR 285057899900116")} {
		if got := panicReason(v); got.Code != ReasonPanic || strings.Contains(got.Detail, "2850") {
			t.Errorf("%+v", got)
		}
	}
	defer func() {
		if got := panicReason(recover()); !strings.Contains(got.Detail, "nil map") {
			t.Errorf("%+v", got)
		}
	}()
	write := func(m map[string]int) { m["x"] = 1 }
	write(nil)
}
