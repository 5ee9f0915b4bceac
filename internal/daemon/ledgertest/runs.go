package ledgertest

import (
	"errors"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func aRunIsExecutedByOneProcess(s *story) {
	queued := s.enqueue(at("saint-martin", "2025-11"))
	if queued.State != jobs.Queued || queued.Owner != nil || queued.StartedAt != nil {
		s.Errorf("%+v", queued)
	}
	run := s.claim(s.a, queued.ID)
	if run.Owner == nil || run.StartedAt == nil || run.Epoch != queued.Epoch+1 || run.Takeovers != 0 || run.Trigger != jobs.TriggerManual {
		s.Errorf("%+v", run)
	}
	_, err := s.b.Claim(s.Context(), run.ID, resumption)
	want(s, "the run that is in the way", as[*jobs.BusyError](s, err).Run.ID, run.ID)
	again := s.claim(s.a, run.ID) // its end could not be recorded, and nobody executes it
	if again.Epoch != run.Epoch+1 || again.Takeovers != 0 {
		s.Errorf("%+v", again)
	}
	if _, err := s.a.Succeed(run); !errors.Is(err, jobs.ErrLost) {
		s.Errorf("who lost the claim records the end: %v", err)
	}
	s.succeed(s.a, again)
	if run = s.Find(run.ID); run.Owner != nil || run.FinishedAt == nil {
		s.Errorf("%+v", run)
	}
	s.wantTaken(s.a.Claim(s.Context(), run.ID, resumption))
	s.wantTaken(s.a.Claim(s.Context(), run.ID+100, resumption))
	s.wantActive(pairsOf(run))
}

func ofADossierOneRunIsExecuted(s *story) {
	first := s.claim(s.a, s.enqueue(at("saint-martin", "2025-11")).ID)
	another := at("sainte-anne", "2025-11")
	elsewhere := s.enqueue(another)
	another.Job = "another"
	s.claim(s.b, elsewhere.ID)
	second := s.fired("saint-martin")
	for _, p := range []Process{s.a, s.b} {
		_, err := p.Claim(s.Context(), second.ID, resumption)
		want(s, "the run that is in the way", as[*jobs.BusyError](s, err).Run.ID, first.ID)
	}
	s.succeed(s.a, first)
	s.claim(s.b, second.ID)
}

func aProcessThatDiedIsGivenTime(s *story) {
	run := s.claim(s.a, s.enqueue(at("saint-martin", "2025-11")).ID)
	ours := s.active(s.a, pairsOf(run))[0]
	theirs := s.active(s.b, pairsOf(run))[0]
	if !ours.Ours || theirs.Ours || theirs.State != jobs.Running || theirs.Wait < time.Second {
		s.Errorf("%+v, %+v", ours, theirs)
	}
	s.a.Die()
	if a := s.active(s.b, pairsOf(run))[0]; a.Wait > time.Second { // else this machine has taken its time
		s.wantTaken(s.b.Claim(s.Context(), run.ID, resumption))
	}
	s.Pass(3 * time.Second)
	if a := s.active(s.b, pairsOf(run))[0]; a.Wait > 0 {
		s.Errorf("it waits for %s", a.Wait)
	}
	taken := s.claim(s.b, run.ID)
	if taken.Epoch != run.Epoch+1 || taken.Takeovers != 1 || taken.Trigger != jobs.TriggerManual {
		s.Errorf("%+v", taken)
	}
	s.succeed(s.b, taken)
}

// A run may be what kills whoever executes it.
func aRunThatCostsProcessesIsGivenUp(s *story) {
	run := s.enqueue(at("saint-martin", "2025-11"))
	for died := range 6 {
		p := s.Open()
		want(s, "the number of takeovers", s.claim(p, run.ID).Takeovers, died)
		p.Die()
		s.Pass(3 * time.Second)
	}
	s.wantTaken(s.b.Claim(s.Context(), run.ID, resumption))
	s.wantState(run.ID, jobs.Failed, jobs.ReasonCrashes)
}

func interruptedFirstHangingLast(s *story) {
	var runs []*jobs.Run
	for _, r := range []jobs.NewRun{at("a", "2025-10"), at("b", "2025-10"), at("c", "2025-11"), at("d", "2025-10"), at("e", "2025-10")} {
		runs = append(runs, s.enqueue(r))
	}
	hanging, stopped, newer, older, running := runs[0], runs[1], runs[2], runs[3], runs[4]
	back, err := s.a.PutBack(s.claim(s.a, hanging.ID), 10*time.Minute)
	s.must(err)
	want(s, "the state of a run that waits", back.State, jobs.Queued)
	back, err = s.a.PutBack(s.claim(s.a, stopped.ID), 0)
	s.must(err)
	want(s, "the state of a run whose process stops", back.State, jobs.Queued)
	s.claim(s.a, running.ID)
	pairs := pairsOf(runs...)
	all := s.wantActive(pairs, running, stopped, older, newer, hanging)
	for i, again := range []bool{false, false, false, false, true} {
		want(s, "whether it waits for something that was away", all[i].Again, again)
	}
	if first, last := all[1].Wait, all[4].Wait; first > 0 || last < 7*time.Minute || last > 10*time.Minute {
		s.Errorf("they wait for %s and %s", first, last)
	}
	s.Pass(10 * time.Minute)
	if all = s.wantActive(pairs, running, stopped, older, newer, hanging); all[4].Wait > 0 {
		s.Errorf("it waits for %s", all[4].Wait)
	}
	again := s.claim(s.b, hanging.ID)
	if again.NotBefore != nil || again.Failure.Code != "" || again.Postponed != 1 {
		s.Errorf("%+v", again)
	}
	s.wantActive(pairs[1:4], stopped, older, newer)
}

func olderPeriodsFirst(s *story) {
	october := s.enqueue(at("saint-martin", "2025-10"))
	november := s.fired("saint-martin")
	waits := func() {
		s.Helper()
		_, err := s.b.Claim(s.Context(), november.ID, resumption)
		order := as[*jobs.OrderError](s, err)
		if order.Other.ID != october.ID || order.Newer {
			s.Errorf("%+v", order)
		}
	}
	waits()
	s.fail(s.a, s.claim(s.a, october.ID), jobs.ReasonStaging)
	waits()
	_, err := s.a.Cancel(s.Context(), october.ID, "somebody", "it is another system's")
	s.must(err)
	s.succeed(s.b, s.claim(s.b, november.ID))

	s.enqueue(at("sainte-anne", "2025-10"))
	outOfOrder := at("sainte-anne", "2025-11")
	outOfOrder.AnyOrder = true
	s.claim(s.b, s.enqueue(outOfOrder).ID)
}

func aNewerDocumentIsNotOverwritten(s *story) {
	one := resumption
	one.Scope = jobs.ScopeEmployee
	sent := s.claim(s.a, s.enqueue(at("saint-martin", "2025-12")).ID)
	s.succeed(s.a, sent)
	older := s.fired("saint-martin")
	_, err := s.b.Claim(s.Context(), older.ID, one)
	if order := as[*jobs.OrderError](s, err); order.Other.ID != sent.ID || !order.Newer {
		s.Errorf("%+v", order)
	}
	s.claim(s.b, older.ID) // where each period has a document of its own
}

// A pause holds up what schedules make. What a person asks for goes, unless the ledger itself holds all up.
func aPausedJob(s *story) {
	byHand, fired := s.enqueue(at("sainte-anne", "2025-11")), s.fired("saint-martin")
	pairs := pairsOf(byHand, fired)
	paused := func(first, second bool) {
		s.Helper()
		all := s.wantActive(pairs, byHand, fired)
		want(s, "whether what a person asked for is paused", all[0].Paused, first)
		want(s, "whether what a schedule made is paused", all[1].Paused, second)
	}
	paused(false, false)
	s.Pause(job, "somebody")
	paused(false, true)
	pauses, err := s.b.Pauses(s.Context())
	s.must(err)
	if len(pauses) != 1 || pauses[0].Job != job || pauses[0].By != "somebody" {
		s.Errorf("%+v", pauses)
	}
	s.Unpause(job)
	s.Pause(job, "syncd")
	paused(true, true)
	s.Unpause(job)
	paused(false, false)
}

func whatHasPassedIsTriedAgain(s *story) {
	reasons := []jobs.ReasonCode{jobs.ReasonUnreachable, jobs.ReasonFailures, jobs.ReasonStaging, jobs.ReasonConfiguration,
		jobs.ReasonNotReady, jobs.ReasonIdentity, jobs.ReasonSecretRefused, jobs.ReasonInboxMissing}
	runs := map[jobs.ReasonCode]*jobs.Run{}
	var pairs []ledger.Pair
	for _, why := range reasons {
		run := s.claim(s.a, s.enqueue(at(string(why), "2025-11")).ID)
		s.fail(s.a, run, why)
		runs[why], pairs = run, append(pairs, pairOf(run))
	}
	retried := func(p []ledger.Pair, within time.Duration, configured bool, reasons ...jobs.ReasonCode) {
		s.Helper()
		ids, err := s.b.RetryFailed(s.Context(), p, within, configured)
		s.must(err)
		var want []int64
		for _, why := range reasons {
			want = append(want, runs[why].ID)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, want) {
			s.Errorf("%v go again, want %v", ids, want)
		}
	}
	day := 24 * time.Hour
	s.Pass(2 * day)
	retried(pairs, day, true)
	s.Pause(job, "somebody")
	retried(pairs, 3*day, true)
	s.Unpause(job)
	retried(pairs[1:2], 3*day, false, jobs.ReasonFailures)
	retried(pairs, 3*day, false, jobs.ReasonUnreachable, jobs.ReasonNotReady)
	retried(pairs, 3*day, true, jobs.ReasonConfiguration, jobs.ReasonSecretRefused, jobs.ReasonInboxMissing)
	again := s.Find(runs[jobs.ReasonUnreachable].ID)
	if again.State != jobs.Queued || again.Trigger != jobs.TriggerRetry || again.FinishedAt != nil {
		s.Errorf("%+v", again)
	}
	s.fail(s.a, s.claim(s.a, again.ID), jobs.ReasonUnreachable)
	s.fail(s.a, s.claim(s.a, s.enqueue(at(string(jobs.ReasonUnreachable), "2025-11")).ID), jobs.ReasonStaging)
	retried(pairs, 3*day, true) // a newer one has taken its place
}

func aRunIsCancelled(s *story) {
	queued := s.enqueue(at("saint-martin", "2025-11"))
	run, err := s.b.Cancel(s.Context(), queued.ID, "somebody", "a mistake")
	s.must(err)
	if run.State != jobs.Cancelled || run.FinishedAt == nil || run.Failure.Code != jobs.ReasonCancelled {
		s.Errorf("%+v", run)
	}
	_, err = s.b.Cancel(s.Context(), queued.ID, "somebody", "a mistake")
	want(s, "the run that is over", as[*jobs.FinishedError](s, err).Run.ID, queued.ID)
	s.wantTaken(s.a.Claim(s.Context(), queued.ID, resumption))

	done := s.claim(s.a, s.enqueue(at("saint-martin", "2025-11")).ID)
	s.succeed(s.a, done)
	_, err = s.b.Cancel(s.Context(), done.ID, "somebody", "a mistake")
	want(s, "the run that is over", as[*jobs.FinishedError](s, err).Run.ID, done.ID)
}

// A run that is executed is asked to stop. Once its process is gone whoever comes ends it.
func aRunThatWasToBeCancelled(s *story) {
	run := s.claim(s.a, s.enqueue(at("saint-martin", "2025-11")).ID)
	asked, err := s.b.Cancel(s.Context(), run.ID, "somebody", "a mistake")
	s.must(err)
	if asked.State != jobs.Running || !asked.Cancelling {
		s.Errorf("%+v", asked)
	}
	s.a.Die()
	s.Pass(3 * time.Second)
	s.wantTaken(s.b.Claim(s.Context(), run.ID, resumption))
	s.wantState(run.ID, jobs.Cancelled, jobs.ReasonCancelled)
}

func whatNobodyIsConfiguredFor(s *story) {
	queued, running, over := s.enqueue(at("a", "2025-11")), s.enqueue(at("b", "2025-11")), s.enqueue(at("c", "2025-11"))
	s.succeed(s.a, s.claim(s.a, over.ID))
	s.claim(s.a, running.ID)
	outside := func(known []*jobs.Run, runs ...*jobs.Run) {
		s.Helper()
		found, err := s.b.Outside(s.Context(), pairsOf(known...))
		s.must(err)
		if !slices.Equal(idsOf(found...), idsOf(runs...)) {
			s.Errorf("outside are %v, want %v", idsOf(found...), idsOf(runs...))
		}
	}
	outside(nil, queued)
	outside([]*jobs.Run{queued, running, over})
	s.a.Die()
	s.Pass(3 * time.Second)
	outside([]*jobs.Run{over}, queued, running)
}

func whoRestsCanGoOn(s *story) {
	s.succeed(s.a, s.claim(s.a, s.enqueue(at("saint-martin", "2025-11")).ID))
	s.a.Rest()
	s.a.Rest()
	s.succeed(s.a, s.claim(s.a, s.enqueue(at("saint-martin", "2025-12")).ID))
}
