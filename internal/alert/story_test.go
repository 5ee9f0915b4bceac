package alert

import (
	"fmt"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// One cause over forty dossiers is one line of one mail, and one more when all are corrected.
func TestFortyDossiersOneCause(t *testing.T) {
	t.Parallel()
	two := english("two", Prepare)
	two.Rights = RightsOf([]Role{Prepare}, []string{"dossier-07", "dossier-08"})
	other := english("other", Prepare, Approve)
	other.Rights = RightsOf([]Role{Prepare, Approve}, []string{"elsewhere"})
	w := newWorld(t, "2026-11-18 10:00", english("all", Prepare), two, other, english("admin", Admin))
	var targets []int64
	for i := range 40 {
		target := w.dossier(fmt.Sprintf("dossier-%02d", i))
		targets = append(targets, target)
		w.run(target, "incomplete", "", "accepted", "blocked", "blocked")
	}
	w.dossier("elsewhere")
	w.pass(14 * time.Minute)
	w.want("all")
	w.pass(2 * time.Hour)
	const alarm = "syncd: November 2026, paie: not everything was delivered: to be corrected"
	w.want("all", alarm)
	w.want("two", alarm)
	w.want("other")
	w.want("admin")
	text := w.text("all", 0)
	for _, want := range []string{"40 dossiers: dossier-00, dossier-01, dossier-02, dossier-03, dossier-04, …\n",
		"80 employees could not be sent\n",
		"why: an unknown code\n", "since Wednesday 18 November 2026 at 10:00\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if text := w.text("two", 0); !strings.Contains(text, "2 dossiers: dossier-07, dossier-08\n") || strings.Contains(text, "dossier-00") {
		t.Errorf("told of others:\n%s", text)
	}

	for i, target := range targets { // one after the other
		if i == 39 {
			w.pass(time.Hour)
			w.want("all", alarm)
		}
		w.run(target, "succeeded", "", "accepted", "accepted", "accepted")
		w.pass(time.Minute)
	}
	w.pass(time.Hour)
	const over = "syncd: over: November 2026, paie: not everything was delivered: to be corrected"
	w.want("all", alarm, over)
	w.want("two", alarm, over)
	w.want("other")
	thread := w.mails("all")[0].Header.Get("Message-Id")
	if answer := w.mails("all")[1].Header; answer.Get("In-Reply-To") != thread || answer.Get("References") != thread {
		t.Errorf("the end is no answer to %s: %v", thread, answer)
	}
}

// The mail server is away for two hours: that is told at once where an administrator looks, all is sent afterwards, nothing twice, and
// what is over by then is told as that alone.
func TestTheMailServerIsAwayForTwoHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("marie", Approve), english("paul", Admin))
	first, second := w.dossier("first"), w.dossier("second")
	w.mail.Answer("MAIL", "421 later")
	w.run(first, "held", "guard", "held")
	w.run(second, "failed", "identity", "accepted")
	w.pass(30 * time.Minute)
	w.want("marie")
	outboxes, err := w.st.Outboxes(t.Context())
	w.must(err)
	if outboxes[0].Trouble != "busy" || outboxes[0].Unsent != 1 || !strings.Contains(w.log.String(), `"trouble":"busy (421)"`) {
		t.Errorf("%+v, log %s", outboxes, w.log.String())
	}
	w.run(second, "succeeded", "", "accepted")
	w.pass(90 * time.Minute)
	w.mail.Answer("MAIL", "")
	w.pass(30 * time.Minute)
	w.want("marie", "syncd: November 2026, paie: waits for a decision")
	w.want("paul", "syncd: over: November 2026, paie: the run stopped before its end")
	seen := map[string]bool{}
	for _, m := range w.mail.Mails() {
		if id := m.Header.Get("Message-Id"); seen[id] {
			t.Errorf("%s came twice", id)
		} else {
			seen[id] = true
		}
	}
	if outboxes, err = w.st.Outboxes(t.Context()); err != nil || outboxes[0].Trouble != "" || outboxes[0].Unsent != 0 {
		t.Errorf("%+v, %v", outboxes, err)
	}
}

// What waits for whose account is disabled does not leave when they are let in again; what still lasts, the morning's reminder tells.
func TestWhatWaitsForWhoIsGoneIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("marie", Approve), english("paul", Approve))
	w.mail.Answer("MAIL", "421 later")
	w.run(w.dossier("first"), "held", "guard", "held")
	w.pass(15 * time.Minute)
	all := w.plan.Recipients
	w.plan.Recipients, w.plan.Gone = all[1:], []string{"marie"}
	w.pass(time.Minute)
	w.plan.Recipients, w.plan.Gone = all, nil
	w.mail.Answer("MAIL", "")
	w.pass(time.Hour)
	w.want("marie")
	w.want("paul", "syncd: November 2026, paie: waits for a decision")
	w.jump("2026-11-19 09:00")
	w.want("marie", "syncd: still so: November 2026, paie: waits for a decision")
}

// Two working days before a deadline, four hours before, and when it has passed; on no day on which nobody works.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-25 00:00", english("marie", Approve), english("bureau", Bureau), english("admin", Admin))
	target := w.dossier("first")
	due, err := schedule.ParseDue("last-working-day 12:00", "Europe/Paris", nil)
	w.must(err)
	w.plan.Jobs[0].Due = func(p jobs.Period) (time.Time, time.Time) {
		moment := due.In(p.Start().Year(), p.Start().Month())
		return moment, due.Before(moment, 2)
	}
	w.jump("2026-11-26 11:59")
	w.want("marie")
	w.pass(time.Minute)
	soon := "syncd: November 2026, paie: not all sent yet, due on Monday 30 November 2026 at 12:00"
	w.want("marie", soon)
	w.want("bureau", soon)
	w.want("admin")
	w.jump("2026-11-28 09:00") // a Saturday
	w.want("marie", soon)
	w.jump("2026-11-30 08:00")
	near := "syncd: November 2026, paie: not all sent yet, due in less than four hours: Monday 30 November 2026 at 12:00"
	w.want("marie", soon, near)
	w.jump("2026-11-30 12:00")
	passed := "syncd: November 2026, paie: the deadline has passed and not all is sent: Monday 30 November 2026 at 12:00"
	w.want("marie", soon, near, passed)
	w.run(target, "succeeded", "", "accepted")
	w.pass(10 * time.Minute)
	over := "syncd: over: November 2026, paie: the deadline has passed and not all is sent: Monday 30 November 2026 at 12:00"
	w.want("marie", soon, near, passed, over)
	last := w.mails("marie")[3].Header
	if last.Get("In-Reply-To") != w.mails("marie")[0].Header.Get("Message-Id") {
		t.Errorf("another thread: %v", last)
	}
}

// A month that went before its dossier was renamed is not late.
func TestDeadlineOfARenamedDossier(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-25 00:00", english("marie", Approve))
	w.run(w.dossier("first"), "succeeded", "", "accepted")
	w.exec(`UPDATE syncd.target SET siret = '12345678200010'`)
	due := at("2026-11-30 12:00")
	j := &w.plan.Jobs[0]
	j.Due = func(p jobs.Period) (time.Time, time.Time) {
		if p != "2026-11" {
			return time.Time{}, time.Time{}
		}
		return due, due.Add(-48 * time.Hour)
	}
	former := j.Targets[0]
	j.Targets[0] = jobs.Target{BaseURL: "http://127.0.0.1", Dossier: "renamed", Environment: "production"}
	j.Former = map[string][]jobs.Target{"renamed": {former}}
	w.jump("2026-11-30 13:00")
	w.want("marie")
	j.Former = nil
	w.pass(time.Minute)
	w.want("marie", "syncd: November 2026, paie: the deadline has passed and not all is sent: Monday 30 November 2026 at 12:00")
}

// Nobody is told of a deadline at Christmas, nor on a day on which the office is closed: on the next working day.
func TestNobodyIsToldAtChristmas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-12-23 07:00", english("marie", Approve))
	w.dossier("first")
	w.plan.Closed = []schedule.Day{{Month: time.December, Day: 24}}
	w.plan.Jobs[0].Due = func(p jobs.Period) (due, soon time.Time) {
		if p == "2026-12" {
			due, soon = at("2026-12-25 12:00"), at("2026-12-24 08:30")
		}
		return due, soon
	}
	for _, moment := range []string{"2026-12-24 09:00", "2026-12-25 08:00", "2026-12-25 12:00", "2026-12-25 18:00", "2026-12-26 12:00"} {
		w.jump(moment)
	}
	w.want("marie")
	w.jump("2026-12-28 08:30")
	w.want("marie", "syncd: December 2026, paie: the deadline has passed and not all is sent: Friday 25 December 2026 at 12:00")
}

// What is still so is said on working days at half past eight, by the clock of the zone whatever the season; once by however many
// processes.
func TestReminders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-23 16:00", english("marie", Prepare))
	target := w.dossier("first")
	w.run(target, "incomplete", "", "rejected")
	w.pass(30 * time.Minute)
	const alarm = "syncd: October 2026, paie: not everything was delivered: to be corrected"
	const reminder = "syncd: still so: October 2026, paie: not everything was delivered: to be corrected"
	w.want("marie", alarm)
	for _, moment := range []string{"2026-10-24 08:30", "2026-10-25 08:30", "2026-10-26 08:29"} { // the clock is set back on the 25th
		w.jump(moment)
	}
	w.want("marie", alarm)
	w.pass(time.Hour)
	w.want("marie", alarm, reminder)
	w.jump("2026-11-11 10:00") // a public holiday
	w.want("marie", alarm, reminder)
	w.jump("2026-11-12 10:00")
	w.want("marie", alarm, reminder, reminder)
	w.run(target, "succeeded", "", "accepted")
}

// What is held is told, a day before it is given up, and that it was. A run that takes its place is the same matter.
func TestHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("marie", Approve))
	target := w.dossier("first")
	first := w.run(target, "held", "guard", "held")
	w.pass(3 * time.Minute)
	w.want("marie")
	w.pass(3 * time.Minute)
	waits := "syncd: November 2026, paie: waits for a decision"
	w.want("marie", waits)
	w.giveUp(first, "replanned")
	second := w.run(target, "held", "guard", "held")
	w.pass(2 * time.Hour)
	w.want("marie", waits)
	w.jump("2026-11-24 12:06")
	expiring := "syncd: November 2026, paie: waits for a decision, and is given up on Wednesday 25 November 2026 at 10:06"
	w.want("marie", waits, expiring)
	w.giveUp(second, "expired")
	w.jump("2026-11-25 10:10")
	w.want("marie", waits, expiring, "syncd: November 2026, paie: given up: nobody decided in time")
}

// A run that fails, is taken up again by itself and fails again is one matter: told after ninety minutes, over when it succeeds.
func TestWhatIsRetriedIsOneMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("admin", Admin))
	w.dossier("second")
	target := w.dossier("first")
	run := w.run(target, "failed", "failures", "accepted")
	for range 2 {
		w.pass(40 * time.Minute)
		w.exec(`UPDATE syncd.run SET state = 'queued', finished_at = NULL WHERE id = $1`, run)
		w.pass(time.Minute)
		w.want("admin")
		w.exec(`UPDATE syncd.run SET state = 'running', owner = 1 WHERE id = $1`, run)
		w.exec(`UPDATE syncd.run SET state = 'failed', owner = NULL, finished_at = $2 WHERE id = $1`, run, w.clock())
	}
	w.pass(10 * time.Minute)
	w.want("admin", "syncd: November 2026, paie: the run stopped before its end")
	w.run(target, "succeeded", "", "accepted")
	w.pass(time.Hour)
	w.want("admin", "syncd: November 2026, paie: the run stopped before its end",
		"syncd: over: November 2026, paie: the run stopped before its end")
}

// What no waiting heals is told after five minutes; what a person stopped is nobody's business.
func TestFailedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("admin", Admin))
	w.run(w.dossier("first"), "failed", "identity", "accepted")
	w.run(w.dossier("second"), "failed", "stopped", "accepted")
	w.pass(6 * time.Minute)
	w.want("admin", "syncd: November 2026, paie: the run stopped before its end")
	if text := w.text("admin", 0); !strings.Contains(text, "why: Isidoor answers for another association") ||
		strings.Contains(text, "second") {
		t.Error(text)
	}
}

// What had begun long before alerts were, alarms nobody; the next morning tells it once.
func TestTheFirstStartAlarmsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("marie", Prepare))
	w.exec(`UPDATE syncd.alert_turn SET armed_at = NULL, turned_at = '-infinity'`)
	w.run(w.dossier("first"), "incomplete", "", "rejected")
	w.jump("2026-11-19 16:00")
	w.pass(time.Hour)
	w.want("marie")
	w.jump("2026-11-20 09:00")
	w.want("marie", "syncd: still so: November 2026, paie: not everything was delivered: to be corrected")
}

// However many processes there are, each message is sent once.
func TestManyProcessesTellOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("marie", Prepare), english("paul", Prepare), english("anne", Prepare))
	w.run(w.dossier("first"), "incomplete", "", "rejected")
	var all []*Outbox
	for range 4 {
		all = append(all, w.outbox())
	}
	for range 20 {
		w.mu.Lock()
		w.now = w.now.Add(time.Minute)
		w.mu.Unlock()
		var turns sync.WaitGroup
		for _, o := range all {
			turns.Go(func() { o.Turn(t.Context()) })
		}
		turns.Wait()
	}
	if n := len(w.mail.Mails()); n != 3 {
		t.Errorf("%d mails", n)
	}
}

// A process that dies while it sends leaves a message that another one sends again, under the same Message-ID; one that dies before
// the alerts were recorded leaves nothing.
func TestDeathWhileItIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("marie", Prepare))
	w.run(w.dossier("first"), "incomplete", "", "rejected")
	w.pass(10 * time.Minute)
	w.exec(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'power is off'; END $$`)
	w.exec(`CREATE TRIGGER dies BEFORE INSERT ON syncd.alert_told FOR EACH ROW EXECUTE FUNCTION fail()`)
	w.pass(10 * time.Minute)
	w.want("marie") // nothing of a turn whose transaction did not commit
	w.exec(`DROP TRIGGER dies ON syncd.alert_told`)
	w.exec(`CREATE TRIGGER dies BEFORE UPDATE ON syncd.alert_message FOR EACH ROW WHEN (NEW.state = 'sent') EXECUTE FUNCTION fail()`)
	w.pass(10 * time.Minute) // it is sent, and that is never recorded
	const alarm = "syncd: November 2026, paie: not everything was delivered: to be corrected"
	w.want("marie", alarm)
	w.exec(`DROP TRIGGER dies ON syncd.alert_message`)
	w.pass(10 * time.Minute)
	w.want("marie", alarm) // somebody else may be at it
	w.exec(`UPDATE syncd.alert_message SET taken_at = taken_at - interval '6 minutes'`)
	w.pass(10 * time.Minute)
	w.want("marie", alarm, alarm)
	if mails := w.mails("marie"); mails[0].Header.Get("Message-Id") != mails[1].Header.Get("Message-Id") {
		t.Error("another Message-ID")
	}
}

// The ledger is away: the administrators hear of it after an hour from each process by itself, and that it is back.
func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("admin", Admin), english("marie", Prepare))
	w.away = true
	w.pass(59 * time.Minute)
	w.want("admin")
	w.mail.Answer("EHLO", "421 later")
	w.pass(10 * time.Minute)
	w.mail.Answer("EHLO", "")
	w.pass(10 * time.Minute)
	away := "syncd: the database has been away for an hour: nothing goes on"
	w.want("admin", away)
	w.away = false
	w.pass(10 * time.Minute)
	w.want("admin", away, "syncd: over: the database has been away for an hour: nothing goes on")
	w.want("marie")
}

// A silence keeps what was there from being told, not what becomes worse.
func TestSilences(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("marie", Approve, Prepare))
	_, err := w.st.Silence(t.Context(), ledger.Silence{Dossier: "first", Until: at("2030-01-01 00:00"), By: "root", Reason: "known"})
	w.must(err)
	w.exec(`UPDATE syncd.alert_silence SET since = $1, until = $2`, w.clock(), at("2026-12-18 10:00"))
	w.run(w.dossier("first"), "held", "guard", "held")
	w.pass(2 * time.Hour)
	w.want("marie")
	w.jump("2026-11-24 10:01")
	w.want("marie", "syncd: November 2026, paie: waits for a decision, and is given up on Wednesday 25 November 2026 at 10:00")
	w.exec(`UPDATE syncd.alert_silence SET ended_at = $1`, w.clock())
	w.jump("2026-11-25 09:00")
	w.want("marie", "syncd: November 2026, paie: waits for a decision, and is given up on Wednesday 25 November 2026 at 10:00",
		"syncd: still so: November 2026, paie: waits for a decision, and is given up on Wednesday 25 November 2026 at 10:00")
}

// Of a clock that is wrong the administrators hear; nothing is concluded of how late it is, and what is the matter otherwise is told.
func TestAClockThatIsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("admin", Admin), english("marie", Approve, Prepare))
	w.run(w.dossier("first"), "held", "guard", "held")
	w.out.Clock = func() bool { return false }
	w.jump("2026-11-24 11:00") // it would be reminded, and told that it is given up tomorrow
	w.pass(10 * time.Minute)
	w.want("admin", "syncd: the clock of a machine, or of PostgreSQL, is wrong: nothing is concluded of how late it is")
	w.want("marie", "syncd: November 2026, paie: waits for a decision")
}

// What is held is told somebody: where nobody decides, the administrators; where there are none, all.
func TestWhatNobodyIsToldForTheAdministratorsAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 10:00", english("admin", Admin), english("marie", Bureau))
	w.run(w.dossier("first"), "held", "guard", "held")
	w.pass(10 * time.Minute)
	w.want("admin", "syncd: November 2026, paie: waits for a decision")
	w.want("marie")
}

// A message leads to the page that shows what it tells, where there is one; else it names the command. What was taken away from
// somebody since it was made is not told.
func TestLinks(t *testing.T) {
	t.Parallel()
	marie := english("marie", Approve, Prepare)
	w := newWorld(t, "2026-11-18 10:00", marie, english("admin", Admin))
	run := w.run(w.dossier("first"), "held", "guard", "held")
	w.run(w.dossier("second"), "incomplete", "", "rejected")
	w.run(w.dossier("third"), "incomplete", "", "rejected")
	w.exec(`INSERT INTO syncd.pause (job, since, paused_by, reason) VALUES ('paie', $1, 'root', 'a long one')`, w.clock().Add(-30*time.Hour))
	w.exec(`UPDATE syncd.alert_turn SET armed_at = $1`, w.clock().Add(-72*time.Hour))
	w.pass(30 * time.Minute)
	if text := w.text("marie", 0); !strings.Contains(text, fmt.Sprintf("look there: syncd show %d\n", run)) ||
		strings.Contains(text, "https://") {
		t.Errorf("without a page:\n%s", text)
	}
	speak := w.plan.Speak
	w.plan.Speak = func(language string) *Speaker {
		s := speak(language)
		s.Page = "https://paie.example.org"
		return s
	}
	w.jump("2026-11-19 08:30")
	text := w.text("marie", 1)
	for _, want := range []string{fmt.Sprintf("  Open: https://paie.example.org/runs/%d\n", run), "  Open: https://paie.example.org/\n"} {
		if !strings.Contains(text, want) || strings.Contains(text, "syncd show") {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if text := w.text("admin", 1); !strings.Contains(text, "  Open: https://paie.example.org/schedule\n  look there: syncd schedule\n") {
		t.Errorf("an administrator is told:\n%s", text)
	}
	w.mail.Answer("RCPT", "450 later")
	w.jump("2026-11-20 08:30")
	w.plan.Recipients[0].Rights = RightsOf([]Role{Prepare}, []string{"third"})
	w.mail.Answer("RCPT", "")
	w.pass(5 * time.Minute)
	text = w.text("marie", 2)
	if !strings.Contains(text, "dossier third\n") || strings.Contains(text, "2 employees") || strings.Contains(text, "first") ||
		strings.Contains(text, "second") {
		t.Errorf("marie has the third alone, and is told:\n%s", text)
	}
	w.plan.Recipients[0].Rights = nil
	w.jump("2026-11-23 08:30")
	if n := len(w.mails("marie")); n != 3 {
		t.Errorf("%d mails to marie, who has nothing any more", n)
	}
}

// Codes that were withdrawn are told once, in the morning, and only where somebody uses them; where that could not be worked out, all
// that were.
func TestCodesWithdrawnWithImpact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-18 07:00", english("admin", Admin), english("bureau", Bureau), english("marie", Prepare))
	w.plan.Jobs = append(w.plan.Jobs, Job{Name: "codes"})
	pulled := func(dossier string, known bool, blocked int, codes string) {
		target := w.dossier(dossier)
		w.exec(`INSERT INTO syncd.run (target_id, job, kind, trigger, state, key_id, config_digest, created_at, started_at, planned_at, finished_at)
			SELECT $1, 'codes', 'pull-dictionnaire', 'schedule', 'succeeded', key_id, 'x', $2, $2, $2, $2 FROM syncd.ledger_key`, target, w.clock())
		w.exec(`INSERT INTO syncd.dictionary_change (run_id, name, code, difference, old_label, new_label)
			SELECT max(id), 'Strate', 'V', '-', 'V', '' FROM syncd.run`)
		w.exec(`INSERT INTO syncd.impact (target_id, job, period, run_id, digest, known, employees, blocked, codes)
			SELECT $1, 'paie', '2026-11', max(id), 'x', $2, 8, $3, $4 FROM syncd.run`, target, known, blocked, codes)
	}
	pulled("unused", true, 0, "[]")
	pulled("used", true, 3, `[{"name": "Strate", "code": "V", "employees": 3}]`)
	pulled("unknown", false, 0, "[]")
	w.pass(time.Hour)
	w.want("admin")
	w.jump("2026-11-18 08:30")
	const withdrawn = "syncd: codes: codes of nomenclatures were withdrawn"
	w.want("admin", withdrawn)
	w.want("bureau", withdrawn)
	w.want("marie")
	text := w.text("admin", 0)
	for _, want := range []string{"2 dossiers: unknown, used\n", "2 codes, 3 employees would be blocked\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	w.jump("2026-11-19 08:30")
	w.want("admin", withdrawn)
}

// What happens to an account is told its person and who administrates all dossiers, at once, each of it once, whatever is silenced.
func TestWhatHappensToAccounts(t *testing.T) {
	t.Parallel()
	marie, reader, school := english("marie", Approve), english("reader"), english("school", Admin)
	marie.Accounts, reader.Accounts = []string{"marie"}, []string{"reader"}
	school.Rights = RightsOf([]Role{Admin}, []string{"first"})
	w := newWorld(t, "2026-11-18 10:00", marie, reader, school, english("admin", Admin))
	w.dossier("first")
	speak := w.plan.Speak
	w.plan.Speak = func(language string) *Speaker {
		s := speak(language)
		s.Page = "https://paie.example.org"
		return s
	}
	w.exec(`INSERT INTO syncd.account (name, made_at, made_by) VALUES ('marie', $1, 'root'), ('reader', $1, 'root')`, w.clock())
	_, err := w.st.Silence(t.Context(), ledger.Silence{Until: at("2030-01-01 00:00"), By: "root", Reason: "known"})
	w.must(err)
	happens := func(account, kind string) {
		w.exec(`INSERT INTO syncd.account_event (account, kind, at, address) VALUES ($1, $2, $3, '192.0.2.7')`, account, kind, w.clock())
		w.pass(time.Minute)
	}
	happens("marie", "new-place")
	const place = "syncd: marie signed in from an address that was never seen before"
	w.want("marie", place)
	w.want("admin", place)
	happens("marie", "new-place")
	happens("marie", "failures")
	happens("reader", "reset")
	const failures, reset = "syncd: ten attempts to sign in as marie failed within an hour",
		"syncd: password and codes of the account reader " +
			"were taken away, and its person is invited again"
	w.want("marie", place, place, failures)
	w.want("reader", reset)
	w.want("admin", place, place, failures, reset)
	w.want("school")
	w.jump("2026-11-19 09:00")
	w.jump("2026-11-25 09:00")
	w.pass(time.Hour)
	w.want("admin", place, place, failures, reset)
	if open, err := w.st.Alerts(t.Context()); err != nil || len(open) > 0 { // they are over as soon as they are told
		t.Errorf("%+v, %v", open, err)
	}
	const here = "on Wednesday 18 November 2026 at 10:00\n  Open: https://paie.example.org/account\n"
	if text := w.text("marie", 0); !strings.Contains(text, here) ||
		strings.Contains(text, "192.0.2.7") || strings.Contains(text, "syncd account") { // who clicks types no commands
		t.Error(text)
	}
	if text := w.text("admin", 3); !strings.Contains(text, "  Open: https://paie.example.org/health\n  look there: syncd account list\n") {
		t.Error(text)
	}
}

// When nobody lived who could have told that, the one who comes back tells it once, and what was missed meanwhile.
func TestNobodyLivedForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-30 05:00", english("marie", Approve), english("admin", Admin))
	first, second := w.dossier("first"), w.dossier("second")
	w.jump("2026-11-30 09:00")
	w.exec(`INSERT INTO syncd.daemon_gap (since, until) VALUES ($1, $2)`, at("2026-11-30 05:00"), at("2026-11-30 09:00"))
	for _, target := range []int64{first, second} {
		w.exec(`INSERT INTO syncd.fire (job, target_id, nominal_at, outcome) VALUES ('paie', $1, $2, 'run'), ('paie', $1, $3, 'missed'),
			('other', $1, $4, 'run')`, target, at("2026-11-30 06:00"), at("2026-11-30 07:00"), at("2026-11-30 09:30"))
	}
	w.pass(time.Minute) // what was due is dealt with first
	w.want("admin")
	w.pass(time.Minute)
	const gap = "syncd: no service worked from Monday 30 November 2026 at 05:00 to Monday 30 November 2026 at 09:00"
	w.want("admin", gap)
	text := w.text("admin", 0)
	if !strings.Contains(text, "1 scheduled start caught up, 1 scheduled start missed\n  jobs: paie\n") || strings.Contains(text, "since") {
		t.Error(text)
	}
	w.pass(2 * time.Hour)
	w.jump("2026-12-01 09:00")
	w.want("admin", gap)
	w.want("marie")
	if open, err := w.st.Alerts(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("%+v, %v", open, err)
	}
	_, err := w.st.Silence(t.Context(),
		ledger.Silence{Kind: ledger.ConditionNoDaemon, Until: at("2030-01-01 00:00"), By: "root", Reason: "moving"})
	w.must(err)
	w.exec(`INSERT INTO syncd.daemon_gap (since, until) VALUES ($1, $2)`, at("2026-12-01 07:00"), at("2026-12-01 09:00"))
	w.pass(time.Hour)
	w.want("admin", gap)
}

// No person, matricule, value, or message of the partner is in a mail, in what is stored of one, or in the log.
func TestNothingOfPeopleIsTold(t *testing.T) {
	t.Parallel()
	marie := english("marie", Approve, Prepare, Admin)
	marie.Language = "fr"
	w := newWorld(t, "2026-11-18 10:00", marie)
	w.run(w.dossier("first"), "incomplete", "", "rejected", "blocked", "held")
	w.run(w.dossier("second"), "failed", "staging", "accepted")
	w.run(w.dossier("third"), "held", "guard", "held")
	w.pass(2 * time.Hour)
	w.mail.Answer("RCPT", "550 no mailbox of Dupont")
	w.run(w.dossier("fourth"), "held", "guard", "held")
	w.pass(2 * time.Hour)
	var stored string
	w.must(w.conn.QueryRow(t.Context(), `SELECT json_agg(m)::text || (SELECT json_agg(a)::text FROM syncd.alert a) FROM syncd.alert_message m`).Scan(&stored))
	mails := ""
	for _, m := range w.mail.Mails() {
		mails += m.Raw + m.Subject + m.Text
	}
	if !strings.Contains(mails, "attend une décision") {
		t.Errorf("nothing was told:\n%s", mails)
	}
	for _, canary := range []string{"Dupont", "180017500123456", "M0000", "M0001", "S3CR3T"} {
		if strings.Contains(mails+stored+w.log.String(), canary) {
			t.Errorf("%q is told:\n%s\n%s\n%s", canary, mails, stored, w.log.String())
		}
	}
	if strings.Contains(stored+w.log.String(), "@example.test") {
		t.Error("an address is in the ledger or in the log")
	}
	if _, err := mail.ParseDate(w.mail.Mails()[0].Header.Get("Date")); err != nil {
		t.Error(err)
	}
}
