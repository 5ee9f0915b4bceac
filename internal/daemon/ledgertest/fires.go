package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func aTargetIsOne(s *story) {
	first, err := s.a.EnsureTarget(s.Context(), target("saint-martin"))
	s.must(err)
	again, err := s.b.EnsureTarget(s.Context(), target("saint-martin"))
	s.must(err)
	other, err := s.b.EnsureTarget(s.Context(), target("sainte-anne"))
	s.must(err)
	if first.ID == 0 || again.ID != first.ID || other.ID == first.ID || other.Dossier != "sainte-anne" {
		s.Errorf("%+v, %+v, %+v", first, again, other)
	}
}

// What lies before the first start is never caught up, whoever starts again.
func aScheduleBeginsOnce(s *story) {
	t, err := s.a.EnsureTarget(s.Context(), target("saint-martin"))
	s.must(err)
	pair := ledger.Pair{Job: job, TargetID: t.ID}
	s.must(s.a.Arm(s.Context(), monthly(pair, s.Now().Add(time.Hour))))
	later := monthly(pair, payday)
	later.Spec = "@daily"
	s.must(s.b.Arm(s.Context(), later))
	s.must(s.b.Arm(s.Context(), monthly(ledger.Pair{Job: "another", TargetID: t.ID}, payday)))
	known, err := s.b.Schedules(s.Context(), []ledger.Pair{pair})
	s.must(err)
	armed := known[pair]
	if len(known) != 1 || armed.Pair != pair || armed.Spec != "0 18 25 * *" || armed.Timezone != "UTC" {
		s.Errorf("%+v", known)
	}
	if armed.DealtWith.After(s.Now()) || s.Now().Sub(armed.DealtWith) > time.Minute {
		s.Errorf("a schedule of the future begins at %v", armed.DealtWith)
	}
}

func aFireMakesOneRun(s *story) {
	before := s.arm("saint-martin")
	fire := fireOf(before.Pair, payday)
	recorded, after := s.record(before, payday, fire)
	if len(recorded) != 1 || recorded[0].Outcome != ledger.FireRun || recorded[0].RunID == 0 {
		s.Fatalf("%+v", recorded)
	}
	run := s.Find(recorded[0].RunID)
	if run.State != jobs.Queued || run.Period != "2025-11" || run.Trigger != jobs.TriggerSchedule || run.Nominal == nil ||
		!run.Nominal.Equal(payday) {
		s.Errorf("%+v", run)
	}
	s.wantDealtWith(before.Pair, payday)

	changed := after
	changed.Spec = "@daily"
	unknown := monthly(ledger.Pair{Job: job, TargetID: before.Pair.TargetID + 1}, payday)
	for name, seen := range map[string]ledger.Armed{"before": before, "another schedule": changed, "none": unknown} {
		recorded, ok, err := s.b.Record(s.Context(), seen, monthly(seen.Pair, payday.AddDate(0, 1, 0)), []ledger.Fire{fire}, scheduled())
		if ok || len(recorded) > 0 || err != nil {
			s.Errorf("who has seen %s records %v, %v: %v", name, ok, recorded, err)
		}
	}
	if recorded, _ = s.record(after, payday.Add(time.Hour), fire); len(recorded) > 0 {
		s.Errorf("it fired again: %+v", recorded)
	}
	s.wantActive([]ledger.Pair{before.Pair}, run)
}

// A run that waits will read what is no older; one that is executed may not.
func aFireLeavesItToARunThatWaits(s *story) {
	armed := s.arm("saint-martin")
	some := at("saint-martin", "2025-11")
	some.Employees = []string{"00001"}
	s.enqueue(some)
	another := at("saint-martin", "2025-11")
	another.Job = "another"
	s.enqueue(another)
	recorded, armed := s.record(armed, payday, fireOf(armed.Pair, payday))
	want(s, "the outcome beside a run for some and another job's", recorded[0].Outcome, ledger.FireRun)
	waits := recorded[0].RunID

	hour := payday.Add(time.Hour)
	recorded, armed = s.record(armed, hour, fireOf(armed.Pair, hour))
	want(s, "the outcome beside a run that waits", recorded[0].Outcome, ledger.FireSkipped)
	want(s, "the run that it names", recorded[0].RunID, waits)
	want(s, "the reason", recorded[0].Reason, fmt.Sprintf("run %d is queued", waits))

	s.claim(s.a, waits)
	both := []ledger.Fire{fireOf(armed.Pair, hour.Add(time.Hour)), fireOf(armed.Pair, hour.Add(2*time.Hour))}
	recorded, _ = s.record(armed, both[1].Nominal, both...)
	for _, f := range recorded {
		want(s, "the outcome of two that are caught up beside a run that is executed", f.Outcome, ledger.FireRun)
	}
}

func aClockThatIsAheadFiresNothing(s *story) {
	before := s.arm("saint-martin")
	after := monthly(before.Pair, s.Now().Add(2*time.Minute))
	recorded, ok, err := s.a.Record(s.Context(), before, after, []ledger.Fire{fireOf(before.Pair, payday)}, scheduled())
	if clock := as[*jobs.ClockError](s, err); clock.Ahead < time.Minute || ok || len(recorded) > 0 {
		s.Errorf("%v, %v, %v", clock.Ahead, ok, recorded)
	}
	s.wantDealtWith(before.Pair, before.DealtWith)
	s.wantActive([]ledger.Pair{before.Pair})
}

// A clock that was set back takes back a future, and nothing else.
func whatIsDealtWithStaysSo(s *story) {
	_, armed := s.record(s.arm("saint-martin"), payday)
	_, armed = s.record(armed, payday.Add(-time.Hour))
	s.wantDealtWith(armed.Pair, payday)
	armed.DealtWith = payday
	future := s.Now().Add(30 * time.Second).Truncate(time.Second)
	_, armed = s.record(armed, future)
	s.wantDealtWith(armed.Pair, future)
	s.record(armed, payday)
	known, err := s.a.Schedules(s.Context(), []ledger.Pair{armed.Pair})
	s.must(err)
	if now := known[armed.Pair].DealtWith; !now.Before(future) || s.Now().Sub(now) > time.Minute {
		s.Errorf("of a future the ledger keeps %v", now)
	}
}

func (s *story) wantPings(p Process, pairs []ledger.Pair, events ...string) {
	s.Helper()
	due, err := p.DuePings(s.Context(), pairs)
	s.must(err)
	var got []string
	for _, ping := range due {
		if ping.Job != job || !ping.Nominal.Equal(payday) {
			s.Errorf("%+v", ping)
		}
		got = append(got, ping.Event)
	}
	if !slices.Equal(got, events) {
		s.Errorf("to be told is %q, want %q", got, events)
	}
}

// Of a fire it is told that it began, that a dossier failed, and that it is done when all are: by one daemon, and by the next
// one until somebody has heard it.
func aFireIsToldOnce(s *story) {
	first, second := s.arm("saint-martin"), s.arm("sainte-anne")
	pairs := []ledger.Pair{first.Pair, second.Pair}
	told := func(event string) {
		s.Helper()
		s.must(s.b.Pinged(s.Context(), ledger.Ping{Job: job, Nominal: payday, Event: event}))
	}
	recorded, _ := s.record(first, payday, fireOf(first.Pair, payday))
	s.wantPings(s.a, pairs)
	s.succeed(s.a, s.claim(s.a, recorded[0].RunID))
	s.wantPings(s.a, pairs, ledger.PingStarted) // the other dossier's run is still to come
	s.wantPings(s.b, pairs)                     // somebody is at it
	s.Pass(3 * time.Minute)
	s.wantPings(s.b, pairs, ledger.PingStarted) // and has not told it
	told(ledger.PingStarted)
	recorded, _ = s.record(second, payday, fireOf(second.Pair, payday))
	run := s.claim(s.a, recorded[0].RunID)
	s.fail(s.a, run, jobs.ReasonUnreachable)
	s.wantPings(s.a, pairs, ledger.PingFailed)
	s.must(s.a.OwePing(s.Context(), run.ID)) // it is noted already
	s.Pass(3 * time.Minute)
	s.wantPings(s.b, pairs, ledger.PingFailed)
	s.Pass(3 * time.Minute)
	s.wantPings(s.b, pairs) // it takes longer each time
	ids, err := s.a.RetryFailed(s.Context(), pairs, s.Now().Sub(payday)+time.Hour, false)
	s.must(err)
	want(s, "the number of runs that go again", len(ids), 1)
	s.succeed(s.b, s.claim(s.b, run.ID))
	s.wantPings(s.b, pairs, ledger.PingDone) // and that it failed before is no news
	told(ledger.PingDone)
	s.Pass(24 * time.Hour)
	s.wantPings(s.a, pairs)
}

func aRunThatWaitsIsTold(s *story) {
	byHand := s.enqueue(at("saint-martin", "2025-10"))
	s.must(s.a.OwePing(s.Context(), byHand.ID)) // nobody waits for it
	run := s.fired("sainte-anne")
	s.wantPings(s.a, pairsOf(byHand, run))
	s.must(s.a.OwePing(s.Context(), run.ID))
	s.wantPings(s.a, pairsOf(byHand, run), ledger.PingFailed)
}

func daemonsKnowOfEachOther(s *story) {
	for id, p := range map[int64]Process{1: s.a, 2: s.b} {
		_, err := p.See(s.Context(), id, map[string]string{job: fmt.Sprint("digest ", id)})
		s.must(err)
	}
	s.Pass(time.Minute)
	all, err := s.b.See(s.Context(), 2, map[string]string{job: "another"})
	s.must(err)
	seen := map[int64]string{}
	for _, d := range all {
		silent := map[int64]time.Duration{1: time.Minute}[d.ID]
		if d.Silent < silent || d.Silent > silent+30*time.Second {
			s.Errorf("daemon %d is silent for %s", d.ID, d.Silent)
		}
		seen[d.ID] = d.Jobs[job]
	}
	if len(seen) != 2 || seen[1] != "digest 1" || seen[2] != "another" {
		s.Errorf("%v", seen)
	}
	s.must(s.a.Forget(s.Context(), 1))
	all, err = s.b.See(s.Context(), 2, nil)
	s.must(err)
	if len(all) != 1 || all[0].ID != 2 {
		s.Errorf("%+v", all)
	}
}

// Something is said of whatever may be work for somebody: what is queued, claimed, ended, paused or not any more.
func whoeverListensIsWoken(s *story) {
	ctx, stop := context.WithCancel(s.Context())
	woken, ended := make(chan struct{}, 100), make(chan struct{})
	go func() { s.a.Listen(ctx, func() { woken <- struct{}{} }); close(ended) }()
	defer func() { stop(); <-ended }()
	var run *jobs.Run
	for _, happens := range []struct {
		what string
		do   func()
	}{
		{"it begins", func() {}},
		{"a run is queued", func() { run = s.enqueue(at("saint-martin", "2025-11")) }},
		{"it is claimed", func() { run = s.claim(s.b, run.ID) }},
		{"it ends", func() { s.succeed(s.b, run) }},
		{"a job is paused", func() { s.Pause(job, "somebody") }},
		{"it is paused no more", func() { s.Unpause(job) }},
	} {
		happens.do()
		select {
		case <-woken:
		case <-time.After(10 * time.Second):
			s.Fatalf("nobody is woken when %s", happens.what)
		}
		for quiet := false; !quiet; { // one thing may wake more than once
			select {
			case <-woken:
			case <-time.After(50 * time.Millisecond):
				quiet = true
			}
		}
	}
}
