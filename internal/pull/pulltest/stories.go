package pulltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"syncd/internal/jobs"
)

var stories = map[string]func(*story){
	"what is unchanged is not written":                whatIsUnchangedIsNotWritten,
	"a change is told member by member":               aChangeIsTold,
	"what is omitted makes no change":                 whatIsOmittedMakesNoChange,
	"a failing page keeps those before it":            aFailingPageKeepsThoseBefore,
	"an empty answer waits for a person":              anEmptyAnswerWaits,
	"what shrinks too much waits for a person":        whatShrinksWaits,
	"a few that are gone are marked, and return":      aFewAreGoneAndReturn,
	"who slips through between two pages is not gone": whoSlipsThroughIsNotGone,
	"a cursor moves with what was wholly read":        aCursorMoves,
	"what is refused for ever holds no cursor":        whatIsRefusedHoldsNoCursor,
	"a call that fails is made again the next day":    aFailingCallIsMadeAgain,
	"what a later walk finds whole is not refused":    whatALaterWalkFindsWhole,
	"a clock that was ahead hides nothing":            aClockThatWasAhead,
	"nothing is acknowledged before it is committed":  nothingIsAcknowledgedBefore,
	"an acknowledgement that fails stops no others":   aFailingAcknowledgementStopsNoOthers,
	"failures in a row stop the run":                  failuresInARowStopIt,
	"an answer that is lost is closed":                aLostAnswerIsClosed,
	"somebody else acknowledges":                      somebodyElseAcknowledges,
	"a ledger that was put back finds what it lost":   aPutBackLedgerFindsWhatItLost,
	"what no list shows again is told once":           whatNoListShowsAgainIsTold,
	"an interval beyond reach is halved":              anIntervalIsHalved,
	"one bad record stops no others":                  oneBadRecordStopsNoOthers,
	"another owner's record is dropped":               anothersIsDropped,
	"another owner's record holds":                    anothersHolds,
	"what has become another owner's is not told":     whatBecameAnothersIsNotTold,
	"two at one place are two":                        twoAtOnePlaceAreTwo,
	"who has lost their key is not gone":              whoLostTheirKeyIsNotGone,
	"records that are lost there stop no others":      lostRecordsStopNoOthers,
	"a file that cannot be stored is told each run":   aMissingFileIsTold,
	"what changes brings its files anew":              aChangeBringsItsFiles,
	"files that cannot be listed wait":                filesThatCannotBeListedWait,
	"the wrong customer ends it":                      theWrongCustomer,
	"a refused secret is not tried again":             aRefusedSecret,
	"a webhook is a notice":                           aWebhookIsANotice,
	"the claim is lost at any call":                   theClaimIsLostAtAnyCall,
	"a person stops it":                               aPersonStopsIt,
	"a panic is a failed run":                         aPanicIsAFailedRun,
	"it dies at any call":                             itDiesAtAnyCall,
}

func whatIsUnchangedIsNotWritten(s *story) {
	s.Add(numbered(25)...)
	first := s.fetch("succeeded: 25 read 25 new")
	before := s.dump()
	second := s.fetch("succeeded: 25 read 25 same")
	s.unchanged(before)
	s.wantLines(second)
	if lines := s.Lines(first.ID); strings.Count(lines, " +") != 25 {
		s.Errorf("%s", lines)
	}
	if c := second.Collections[collection]; c.Same != 25 || len(second.Findings) > 0 {
		s.Errorf("%+v, %+v", second.Collections, second.Findings)
	}
}

func aChangeIsTold(s *story) {
	s.Add(numbered(3)...)
	s.Item("001").Document = `{"id":"001","montant":1250.00,"statut":"DEPOSEE","o":{"a":1,"b":[1,2]}}`
	s.fetch("succeeded: 3 read 3 new")
	s.Item("001").Document = `{"statut":"MANDATEE","id":"001","montant":1250.0,"o":{"b":[2,1],"c":null}}`
	run := s.fetch("succeeded: 3 read 1 changed 2 same")
	s.wantLines(run, "factures 001 *")
	s.wantDump(`record factures 001 2 {"id":"001","montant":1250,"o":{"b":[2,1],"c":null},"statut":"MANDATEE"} filed`,
		`change factures 001 2 "/statut" * "DEPOSEE" "MANDATEE"`, `change factures 001 2 "/o/a" - 1 -`,
		`change factures 001 2 "/o/b" * [1,2] [2,1]`, `change factures 001 2 "/o/c" + - null`)
	if strings.Contains(s.dump(), `"/montant"`) {
		s.Errorf("1250.00 is no longer 1250.0:\n%s", s.dump())
	}
}

func whatIsOmittedMakesNoChange(s *story) {
	s.Add("001")
	s.Item("001").Document = `{"id":"001","qui":"Marie","lignes":[{"qui":"Paul","n":1}]}`
	s.fetch("succeeded: 1 read 1 new")
	s.job.Collections[0].Omit = []string{"/qui", "/lignes/*/qui"}
	s.Item("001").Document = `{"id":"001","lignes":[{"n":1}]}`
	s.wantLines(s.fetch("succeeded: 1 read 1 same"))
	s.wantDump(`record factures 001 1 {"id":"001","lignes":[{"n":1}]} filed`)
	if strings.Contains(s.dump(), "Marie") || strings.Contains(s.dump(), "Paul") {
		s.Errorf("what is omitted is kept:\n%s", s.dump())
	}
}

func aFailingPageKeepsThoseBefore(s *story) {
	s.Add(numbered(55)...)
	s.Before = Fails(jobs.ClassTechnical, 200, "page 3")
	run := s.fetch("failed failures: 30 read 30 new")
	s.Before = nil
	s.resume(run.ID, "succeeded: 55 read 55 new")
	before := s.dump()
	s.fetch("succeeded: 55 read 55 same")
	s.unchanged(before)
}

func anEmptyAnswerWaits(s *story) {
	s.Add(numbered(40)...)
	s.fetch("succeeded: 40 read 40 new")
	all := s.Items
	before := s.dump()
	s.Items = nil
	held := s.fetch("held pull-empty")
	s.unchanged(before)
	if f := held.Findings[0]; f.Rule != jobs.RuleEmpty || !f.Holds || f.N != 40 || held.HeldDigest() == "" {
		s.Errorf("%+v %q", f, held.HeldDigest())
	}
	again := s.fetch("held pull-empty") // answers the same question
	if s.Find(held.ID).State != jobs.Cancelled || again.HeldDigest() != held.HeldDigest() {
		s.Errorf("run %d is %s", held.ID, s.Find(held.ID).State)
	}
	s.Items = all[:1]
	other := s.fetch("held pull-shrinks: 1 read 1 same")
	s.Approve(other.ID)
	s.Items = nil
	s.resume(other.ID, "held pull-empty") // not what was approved
	s.Approve(other.ID)
	s.resume(other.ID, "succeeded: 40 gone")
	s.fetch("succeeded")
	s.Items = all
	s.fetch("succeeded: 40 read 40 changed 40 returned")
	s.Items = nil
	s.fetch("held pull-empty")
}

func whatShrinksWaits(s *story) {
	s.Add(numbered(10)...)
	s.fetch("succeeded: 10 read 10 new")
	s.Drop("001", "002", "003")
	s.Add("new 1", "new 2", "new 3", "new 4", "new 5") // which must not hide that three of ten are gone
	held := s.fetch("held pull-shrinks: 12 read 5 new 7 same")
	if held.Failure.Detail != "factures 3/10" {
		s.Errorf("%+v", held.Failure)
	}
	s.Drop("004")
	s.Approve(held.ID)
	s.resume(held.ID, "held pull-shrinks: 11 read 5 new 6 same") // another answer
	s.Approve(held.ID)
	approved := s.resume(held.ID, "succeeded: 11 read 5 new 6 same 4 gone")
	if jobs.Holds(approved.Findings) {
		s.Errorf("%+v", approved.Findings)
	}
}

func aFewAreGoneAndReturn(s *story) {
	s.Size = 100
	s.Add(numbered(500)...)
	s.fetch("succeeded: 500 read 500 new")
	kept := s.Item("077")
	s.Drop("077")
	run := s.fetch("succeeded: 499 read 499 same 1 gone")
	s.wantLines(run, "factures 077 -")
	s.wantDump(`record factures 077 2 {"id":"077","montant":10.5} gone filed`, `change factures 077 2 "" - - -`)
	s.fetch("succeeded: 499 read 499 same")
	s.Items = append(s.Items, kept)
	s.wantLines(s.fetch("succeeded: 500 read 1 changed 499 same 1 returned"), "factures 077 *")
	s.wantDump(`record factures 077 3 {"id":"077","montant":10.5} filed`, `change factures 077 3 "" + - -`)
}

// Somebody goes from a page that was shown, and somebody comes: their number stays the same, and one of the next page is in neither.
func whoSlipsThroughIsNotGone(s *story) {
	s.Add(numbered(30)...)
	s.fetch("succeeded: 30 read 30 new")
	s.Before = func(call string) error {
		if call == "page 1" && s.Item("031") == nil {
			s.Drop("005")
			s.Add("031")
		}
		return nil
	}
	s.wantLines(s.fetch("succeeded: 31 read 1 new 30 same"), "factures 031 +")
	s.wantLines(s.fetch("succeeded: 30 read 30 same 1 gone"), "factures 005 -")
}

// What was made before the cursor, less the overlap, is not asked for again. A window of which something was refused is.
func aCursorMoves(s *story) {
	s.job.Collections[0].Windows = []jobs.Window{{Name: "etat", Since: true, Overlap: 48 * time.Hour, First: 400 * 24 * time.Hour}}
	s.Add("001", "002", "003")
	s.Item("001").Made = time.Now().Add(-500 * 24 * time.Hour)
	s.Item("002").Made = time.Now().Add(-300 * 24 * time.Hour)
	s.Item("003").Problem = jobs.RecordNotText
	s.fetch("incomplete: 2 read 1 new 1 refused")
	s.Item("003").Problem = ""
	s.fetch("succeeded: 2 read 1 new 1 same")
	s.fetch("succeeded: 1 read 1 same")
}

// What cannot be stored is told by each run, without that all since is read again each time. It is asked for again after a week, or
// when a person asks for that; once it is whole, or no longer there, nothing is told of it any more.
func whatIsRefusedHoldsNoCursor(s *story) {
	const day = 24 * time.Hour
	s.job.Collections[0].Windows = []jobs.Window{{Name: "etat", Since: true, Overlap: 2 * day, First: 400 * day}}
	s.at = time.Now().Add(-100 * day)
	s.Add("001", "002", "003")
	s.Item("003").Problem = jobs.RecordNotText
	s.at = s.at.Add(30 * day)
	s.scheduled("incomplete: 3 read 2 new 1 refused")
	s.wantDump("refused factures/etat 003 record-not-text")
	s.at = s.at.Add(3 * day)
	s.Add("004")
	s.wantLines(s.scheduled("incomplete: 2 read 1 new 1 refused"), "factures 003 ! record-not-text", "factures 004 +")
	s.at = s.at.Add(5 * day)
	s.scheduled("incomplete: 4 read 3 same 1 refused")
	s.Item("003").Problem = ""
	s.at = s.at.Add(3 * day)
	s.scheduled("incomplete: 1 read 1 refused")
	s.at = s.at.Add(5 * day)
	s.scheduled("succeeded: 4 read 1 new 3 same")
	s.at = s.at.Add(3 * day)
	s.scheduled("succeeded")

	s.Add("005", "006", "007")
	for _, key := range []string{"005", "006", "007"} {
		s.Item(key).Problem = jobs.RecordTooLarge
	}
	for range 2 {
		s.scheduled("incomplete: 3 read 3 refused")
		s.at = s.at.Add(3 * day)
	}
	s.Item("005").Problem = ""
	s.Drop("006")
	s.scheduled("incomplete: 3 read 3 refused")
	run := s.fetch("incomplete: 2 read 1 new 1 refused") // by a person
	s.wantLines(run, "factures 005 +", "factures 007 ! record-too-large")
	s.Item("007").Problem, s.Item("007").Made = "", s.at // it changed
	s.scheduled("succeeded: 1 read 1 new")
	if strings.Contains(s.dump(), "refused") {
		s.Errorf("%s", s.dump())
	}
}

// Where a call failed for one record the next day may have an answer. Until then a window does not grow for that.
func aFailingCallIsMadeAgain(s *story) {
	const day = 24 * time.Hour
	s.Details = true
	s.job.Collections[0].Detail = true
	s.job.Collections[0].Windows = []jobs.Window{{Name: "etat", Since: true, First: 400 * day}}
	s.at = time.Now().Add(-100 * day)
	s.Add("001", "002", "003")
	s.Before = Fails(jobs.ClassTemporary, 503, "detail 002")
	s.at = s.at.Add(day)
	s.scheduled("incomplete: 3 read 2 new 1 refused")
	s.wantDump("refused factures/etat 002 unreachable")
	s.at, s.Calls = s.at.Add(day/2), nil
	run := s.scheduled("incomplete: 1 read 1 refused")
	s.wantLines(run, "factures 002 ! unreachable")
	if slices.Contains(s.Calls, "detail 001") {
		s.Errorf("%q", s.Calls)
	}
	s.at = s.at.Add(day)
	s.scheduled("incomplete: 3 read 2 same 1 refused")
	s.at = s.at.Add(day)
	s.Before = nil
	s.scheduled("succeeded: 3 read 1 new 2 same")
	s.at = s.at.Add(day)
	s.scheduled("succeeded")
}

// A walk shows a record that is half written, and the next one of the same run shows it whole.
func whatALaterWalkFindsWhole(s *story) {
	s.Untold = true // two walks at least
	s.Add(numbered(12)...)
	s.Item("012").Problem = jobs.RecordNotText
	walks := 0
	problems := func(of ...jobs.ReasonCode) func(string) error { // by walk
		walks = 0
		return func(call string) error {
			if call == "page 0" {
				s.Item("012").Problem = of[min(walks, len(of)-1)]
				walks++
			}
			return nil
		}
	}
	s.Before = problems(jobs.RecordNotText, "")
	if lines := s.Lines(s.fetch("succeeded: 12 read 12 new").ID); strings.Count(lines, " +") != 12 || strings.Contains(lines, "!") {
		s.Errorf("%s", lines)
	}
	s.Before = problems(jobs.RecordNotText, "")
	s.wantLines(s.fetch("succeeded: 12 read 12 same"))
	s.Before = problems("", jobs.RecordTooLarge)
	s.wantLines(s.fetch("incomplete: 12 read 11 same 1 refused"), "factures 012 ! record-too-large")
}

// Neither where the ledger's clock was right, nor where a cursor lies in the future: then all is read anew.
func aClockThatWasAhead(s *story) {
	const day = 24 * time.Hour
	s.job.Collections[0].Windows = []jobs.Window{{Name: "etat", Since: true, Overlap: 2 * day, First: 400 * day}}
	now := time.Now()
	s.Add("001")
	s.Item("001").Made = now.Add(-50 * day)
	s.at = now.Add(30 * day)
	s.scheduled("succeeded: 1 read 1 new")
	s.Add("002")
	s.Item("002").Made = now.Add(-day)
	s.at = now.Add(time.Hour)
	s.scheduled("succeeded: 1 read 1 new")
	s.at = now.Add(-10 * day)
	s.scheduled("succeeded: 1 read 1 same")
}

func nothingIsAcknowledgedBefore(s *story) {
	s.newOnly()
	s.Add(numbered(3)...)
	s.Item("002").Files = map[string]string{"facture.pdf": "%PDF", "annexe.txt": "texte"}
	s.Before = func(call string) error {
		key, acks := strings.CutPrefix(call, "ack ")
		if acks && !strings.Contains(s.dump(), "record factures "+key+" 1 ") {
			return errors.New("not committed: " + key)
		}
		if acks && key == "002" && strings.Count(s.dump(), "file factures 002 ") != 2 {
			return errors.New("without its files: " + key)
		}
		return nil
	}
	run := s.fetch("succeeded: 3 read 3 new 2 files 3 acknowledged")
	s.wantLines(run, "factures 001 + done", "factures 002 + done", "factures 003 + done")
	s.wantDump(`file factures 002 annexe.txt 5 a41a6138807bea7e591acbae98d154f61ba83164c7186cd7717f79073c3144c7`)
	s.fetch("succeeded")
	if len(s.Acked) != 3 {
		s.Errorf("%q", s.Acked)
	}
}

func aFailingAcknowledgementStopsNoOthers(s *story) {
	s.newOnly()
	s.Add(numbered(20)...)
	s.Before = Fails(jobs.ClassData, 404, "ack 007")
	run := s.fetch("incomplete: 20 read 20 new 19 acknowledged 1 unacknowledged")
	if lines := s.Lines(run.ID); !strings.Contains(lines, "factures 007 + failed rejected") {
		s.Errorf("%s", lines)
	}
	s.Before = Fails(jobs.ClassTechnical, 500, "ack 007")
	s.fetch("incomplete: 1 read 1 same 1 unacknowledged")
	s.Before = nil
	s.fetch("succeeded: 1 read 1 same 1 acknowledged")
}

func failuresInARowStopIt(s *story) {
	s.newOnly()
	s.Add(numbered(9)...)
	s.Before = Fails(jobs.ClassTemporary, 503, "ack 001", "ack 003", "ack 004", "ack 005", "ack 006", "ack 007")
	run := s.fetch("failed unreachable: 9 read 9 new 1 acknowledged 5 unacknowledged")
	s.Before = Fails(jobs.ClassConfiguration, 403, "ack 003")
	s.resume(run.ID, "failed configuration: 9 read 9 new 2 acknowledged")
	s.Before = nil
	s.resume(run.ID, "succeeded: 9 read 9 new 9 acknowledged")
}

func aLostAnswerIsClosed(s *story) {
	s.newOnly()
	s.Add(numbered(3)...)
	s.After = Fails(jobs.ClassTemporary, 0, "ack 002")
	s.fetch("incomplete: 3 read 3 new 2 acknowledged 1 unacknowledged")
	s.After = nil
	run := s.fetch("succeeded: 1 closed")
	s.wantLines(run, "factures 002 = closed")
	if f := run.Findings; len(f) != 1 || f[0].Rule != jobs.RuleClosed || f[0].N != 1 {
		s.Errorf("%+v", f)
	}
	s.fetch("succeeded")
}

func somebodyElseAcknowledges(s *story) {
	s.newOnly()
	s.job.Acknowledge = false
	s.Add(numbered(3)...)
	s.Item("001").Files = map[string]string{"a": "text"}
	s.fetch("succeeded: 3 read 3 new 1 files")
	s.fetch("succeeded: 3 read 3 same")
	for _, item := range s.Items {
		item.Seen = true
	}
	run := s.fetch("succeeded: 3 closed")
	if len(run.Findings) > 0 || len(s.Acked) > 0 {
		s.Errorf("%+v %q", run.Findings, s.Acked)
	}
}

func (s *story) sweeps(reach int) {
	s.newOnly()
	day := 24 * time.Hour
	s.job.Collections[0].Sweep = &jobs.Sweep{Every: 7 * day, Overlap: 2 * day, First: 400 * day, Reach: reach}
}

// What the list of what is new never shows is found by a sweep: at first, and once the ledger was put back.
func aPutBackLedgerFindsWhatItLost(s *story) {
	s.sweeps(1000)
	s.Add(numbered(5)...)
	s.fetch("succeeded: 5 read 5 new 5 acknowledged")
	s.Add("a webhook took it")
	s.Item("a webhook took it").Seen = true
	s.fetch("succeeded")
	s.PutBack()
	s.Before = Fails(jobs.ClassConfiguration, 403, "sweep 0")
	s.fetch("failed configuration")
	s.Before = nil
	s.Item("002").Document = `{"id":"002","montant":11}`
	run := s.fetch("succeeded: 6 read 1 new 1 changed 4 same 1 closed")
	s.wantLines(run, "factures 002 *", "factures a webhook took it + closed")
	s.Calls = nil
	s.fetch("succeeded")
	if slices.Contains(s.Calls, "sweep 0") {
		s.Errorf("%q", s.Calls)
	}
}

// Where nothing can be swept, what was acknowledged and then lost with a ledger that was put back is nowhere to be read.
func whatNoListShowsAgainIsTold(s *story) {
	s.newOnly()
	s.at = time.Now()
	s.Add(numbered(3)...)
	s.fetch("succeeded: 3 read 3 new 3 acknowledged")
	if f := s.fetch("succeeded").Findings; len(f) != 0 {
		s.Errorf("%+v", f)
	}
	s.PutBack()
	s.at = s.at.Add(50 * time.Hour)
	if f := s.fetch("succeeded").Findings; len(f) != 1 || f[0].Rule != jobs.RuleUnswept || f[0].N != 3 || f[0].Path != collection {
		s.Errorf("%+v", f)
	}
	if f := s.fetch("succeeded").Findings; len(f) != 0 {
		s.Errorf("%+v", f)
	}
}

func anIntervalIsHalved(s *story) {
	s.sweeps(10)
	for i, key := range numbered(40) {
		s.Add(key)
		s.Item(key).Seen, s.Item(key).Made = true, time.Now().Add(-time.Duration(i)*24*time.Hour)
	}
	s.fetch("succeeded: 40 read 40 new 40 closed")
	s.PutBack()
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} { // more than can be asked for in a day
		s.Add(key)
		s.Item(key).Seen = true
	}
	run := s.fetch("incomplete: 1 read 1 same 1 unsettled")
	if f := run.Findings; len(f) != 1 || f[0].Rule != jobs.RuleUnsettled {
		s.Errorf("%+v", f)
	}
}

func oneBadRecordStopsNoOthers(s *story) {
	s.newOnly()
	s.Add(numbered(25)...)
	s.Item("003").Document = `{"id":"003","libelle":"a\u0000b"}`
	s.Item("007").Problem = jobs.RecordTooLarge
	s.Items[9] = &Item{Problem: jobs.RecordNoKey, Made: time.Now()}
	s.Before = Fails(jobs.ClassData, 400, "detail 020")
	run := s.fetch("incomplete: 25 read 21 new 4 refused 21 acknowledged")
	lines := s.Lines(run.ID)
	for _, want := range []string{"factures 003 ! record-unstorable", "factures 007 ! record-too-large",
		"factures (page 1, 10) ! record-no-key", "factures 020 ! rejected"} {
		if !slices.Contains(strings.Split(lines, "\n"), want) {
			s.Errorf("there is no %q in\n%s", want, lines)
		}
	}
	s.Before = nil
	s.Item("003").Document = `{"id":"003"}`
	s.fetch("incomplete: 4 read 2 new 2 refused 2 acknowledged")
}

func anothersIsDropped(s *story) {
	s.Add(numbered(25)...)
	s.Item("003").Foreign, s.Item("017").Foreign = true, true
	run := s.fetch("succeeded: 23 read 23 new 2 foreign")
	if f := run.Findings; len(f) != 1 || f[0].Rule != jobs.RuleForeign || f[0].N != 2 || f[0].Holds {
		s.Errorf("%+v", f)
	}
	if strings.Contains(s.dump(), "017") {
		s.Errorf("%s", s.dump())
	}
}

func anothersHolds(s *story) {
	s.newOnly()
	s.job.Collections[0].ForeignHolds = true
	s.Add(numbered(3)...)
	s.Item("002").Foreign = true
	held := s.fetch("held pull-foreign: 2 read 2 new 1 foreign 2 acknowledged")
	s.Approve(held.ID)
	s.resume(held.ID, "succeeded: 2 read 2 new 1 foreign 2 acknowledged")
	s.Add("004")
	s.Item("004").Foreign = true
	s.fetch("held pull-foreign: 2 foreign")
	if slices.Contains(s.Acked, "002") {
		s.Errorf("%q", s.Acked)
	}
}

// Its document of today is nobody's here, and the partner would never list it again.
func whatBecameAnothersIsNotTold(s *story) {
	s.newOnly()
	s.job.Collections[0].ForeignHolds, s.job.Acknowledge = true, false
	s.Add(numbered(3)...)
	s.fetch("succeeded: 3 read 3 new")
	s.Item("002").Foreign, s.job.Acknowledge = true, true
	s.fetch("held pull-foreign: 2 read 2 same 1 foreign 2 acknowledged")
	if slices.Contains(s.Acked, "002") {
		s.Errorf("%q", s.Acked)
	}
}

// What has no key is remembered by its place, at which another window shows another record.
func twoAtOnePlaceAreTwo(s *story) {
	const day = 24 * time.Hour
	s.job.Collections[0].Windows = []jobs.Window{{Name: "etat", Since: true, Overlap: 2 * day, First: 400 * day}}
	s.at = time.Now().Add(-100 * day)
	first := &Item{Problem: jobs.RecordNoKey, Made: s.at.Add(-10 * day)}
	s.Items = append(s.Items, first)
	s.scheduled("incomplete: 1 read 1 refused")
	s.at = s.at.Add(3 * day)
	second := &Item{Problem: jobs.RecordNoKey, Made: s.at}
	s.Items = append(s.Items, second)
	s.scheduled("incomplete: 1 read 1 refused")
	second.Key, second.Problem, second.Document = "002", "", `{"id":"002"}`
	s.at = s.at.Add(8 * day)
	s.scheduled("incomplete: 2 read 1 new 1 refused")
	first.Key, first.Problem, first.Document = "001", "", `{"id":"001"}`
	s.at = s.at.Add(8 * day)
	s.scheduled("succeeded: 2 read 1 new 1 same")
}

func whoLostTheirKeyIsNotGone(s *story) {
	s.Add(numbered(10)...)
	s.fetch("succeeded: 10 read 10 new")
	kept := s.Items[3]
	s.Items[3] = &Item{Problem: jobs.RecordNoKey, Made: time.Now()}
	s.Drop("007")
	s.fetch("incomplete: 9 read 8 same 1 refused")
	s.Items[3] = kept
	s.fetch("succeeded: 9 read 9 same 1 gone")
}

// More of them in a row than failures that stop a run.
func lostRecordsStopNoOthers(s *story) {
	s.newOnly()
	s.Add(numbered(9)...)
	s.Before = Fails(jobs.ClassTechnical, 404, "files 001", "files 002", "files 003", "files 004", "files 005", "files 006")
	s.fetch("incomplete: 9 read 9 new 3 acknowledged 6 unacknowledged")
}

func aMissingFileIsTold(s *story) {
	s.newOnly()
	s.Add("001", "002", "003")
	s.Item("001").Files = map[string]string{"large": strings.Repeat("x", 1001), "small": "text"}
	s.Item("002").Files = map[string]string{"damaged": "text", "longer": "text"}
	s.Bad = map[string]string{"damaged": "tex!", "longer": "texts"}
	run := s.fetch("incomplete: 3 read 3 new 1 files 3 missing 1 acknowledged")
	if f := run.Findings; len(f) != 1 || f[0].Rule != jobs.RuleMissingFile || f[0].N != 3 || fmt.Sprint(f[0].Keys) != "[001 002]" {
		s.Errorf("%+v", f)
	}
	s.wantDump("file factures 001 large missing file-too-large", "file factures 002 damaged missing file-checksum",
		"file factures 002 longer missing file-size")
	s.Bad = nil
	s.fetch("incomplete: 2 read 2 same 2 files 1 missing 1 acknowledged")
	s.job.MaxFile = 2000
	s.fetch("succeeded: 1 read 1 same 1 files 1 acknowledged")
}

func aChangeBringsItsFiles(s *story) {
	s.newOnly()
	s.job.Acknowledge = false
	s.Add("001")
	s.Item("001").Files = map[string]string{"a": "one"}
	s.fetch("succeeded: 1 read 1 new 1 files")
	s.Item("001").Document, s.Item("001").Files = `{"id":"001","montant":11}`, map[string]string{"a": "two", "b": "three"}
	s.fetch("succeeded: 1 read 1 changed 2 files")
	s.wantDump(`record factures 001 2 {"id":"001","montant":11} filed`,
		"file factures 001 a 3 3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3")
}

func filesThatCannotBeListedWait(s *story) {
	s.newOnly()
	s.Add(numbered(3)...)
	s.Item("003").Files = map[string]string{"a": "one"}
	s.Before = Fails(jobs.ClassTemporary, 503, "files 001", "file a")
	run := s.fetch("incomplete: 3 read 3 new 1 acknowledged 2 unacknowledged")
	s.wantLines(run, "factures 001 + failed unreachable", "factures 002 + done", "factures 003 + failed unreachable")
	s.Before = nil
	s.fetch("succeeded: 2 read 2 same 1 files 2 acknowledged")
}

func theWrongCustomer(s *story) {
	s.Add("001")
	s.Customer, s.job.Customer = "42", "41"
	s.fetch("failed identity")
	s.job.Customer = ""
	s.fetch("succeeded: 1 read 1 new")
	s.Customer = "43" // than the one that is recorded
	before := s.dump()
	s.Add("002")
	s.fetch("failed identity")
	s.unchanged(before)
}

func aRefusedSecret(s *story) {
	s.Add("001")
	s.Wrong = []byte("login:wrong")
	s.Before = Fails(jobs.ClassConfiguration, 403, "page 0")
	s.fetch("failed configuration")
	s.Before, s.Calls = nil, nil
	s.fetch("failed secret-refused")
	if len(s.Calls) > 0 {
		s.Errorf("%q", s.Calls)
	}
	s.Wrong = []byte("login:right")
	s.fetch("succeeded: 1 read 1 new")
	s.Wrong = []byte("login:wrong")
	s.fetch("failed secret-refused")
	if err := s.Credentials().Forgive(s.Context(), s.Find(1).Target.ID); err != nil {
		s.Fatal(err)
	}
	s.fetch("succeeded: 1 read 1 same")
}

func aWebhookIsANotice(s *story) {
	s.newOnly()
	s.Hooks = []int{1}
	s.Add("001")
	if f := s.fetch("succeeded: 1 read 1 new 1 acknowledged").Findings; len(f) != 1 || f[0].Rule != jobs.RuleWebhook {
		s.Errorf("%+v", f)
	}
	s.Hooks = nil
	if f := s.fetch("succeeded").Findings; len(f) != 1 || f[0].Rule != jobs.RuleWebhookUntold {
		s.Errorf("%+v", f)
	}
}

// What is on its way is awaited, and nothing else begins.
func aPersonStopsIt(s *story) {
	s.newOnly()
	s.Add(numbered(5)...)
	for _, call := range []string{"page 0", "detail 003", "ack 002"} {
		stop := make(chan struct{})
		s.Ended = func(ctx context.Context, now string) {
			switch {
			case now != call:
			case strings.HasPrefix(now, "ack "): // which nothing breaks off
				close(stop)
				<-s.stopping
			default:
				close(stop)
				<-ctx.Done()
			}
		}
		runner := s.runner()
		runner.Stop = stop
		run, err := runner.Fetch(s.Context(), s.job, s.request())
		want := map[string]string{"page 0": "failed stopped", "detail 003": "failed stopped",
			"ack 002": "failed stopped: 5 read 5 new 2 acknowledged"}[call]
		s.ended(run, err, want)
	}
	s.Ended = nil
	s.fetch("succeeded: 3 read 3 same 3 acknowledged")
}

func aPanicIsAFailedRun(s *story) {
	s.Add(numbered(25)...)
	s.Before = func(call string) error {
		if call == "page 1" {
			panic("a defect")
		}
		return nil
	}
	run := s.fetch("failed panic")
	s.Before = nil
	s.resume(run.ID, "succeeded: 25 read 25 new")
}
