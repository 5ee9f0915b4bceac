package store

import (
	"errors"
	"reflect"
	"testing"

	"syncd/internal/jobs"
)

// wantAftermath wants exactly that to have become of what a run left.
func (f *fixture) wantAftermath(s *Store, run int64, want jobs.Aftermath) {
	f.Helper()
	got, err := s.Aftermath(f.Context(), run)
	f.must(err)
	if got.DeliveredBy == nil {
		got.DeliveredBy = []int64{}
	}
	if want.DeliveredBy == nil {
		want.DeliveredBy = []int64{}
	}
	if !reflect.DeepEqual(*got, want) {
		f.Errorf("run %d: %+v, not %+v", run, *got, want)
	}
}

// wantOvertaken wants a run not to be cancelled any more, and nothing written.
func (f *fixture) wantOvertaken(s *Store, run, by int64) {
	f.Helper()
	before := f.everything()
	_, err := s.Cancel(f.impatient(), run, "somebody", "a mistake")
	var overtaken *jobs.OvertakenError
	if !errors.As(err, &overtaken) || overtaken.By != by {
		f.Errorf("cancelled although run %d came after it: %v", by, err)
	}
	if f.everything() != before {
		f.Error("something was written")
	}
}

// What a run left is told with what later runs made of it. Until nothing of it is left to be done, it can be given up.
func TestAftermath(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	first := f.start(s)
	f.partly(s, first) // accepted, refused, in doubt, and not attempted
	f.finish(s, first, jobs.ReasonStopped, jobs.Failed)
	f.wantAftermath(s, first.ID, jobs.Aftermath{Left: 3, Open: 2})

	some, err := s.Start(t.Context(), only("2"))
	f.must(err)
	f.plan(s, some, toSend(s, "2", 0))
	f.deliver(s, some)
	f.finish(s, some, "", jobs.Succeeded)
	f.wantAftermath(s, first.ID, jobs.Aftermath{DeliveredBy: []int64{some.ID}, Delivered: 1, Left: 2, Open: 2})
	f.wantAftermath(s, some.ID, jobs.Aftermath{})

	// Another month, and another dossier, say nothing of this one.
	for _, other := range []*jobs.Run{f.startAt(s, "another", month), f.startAt(s, "saint-martin", laterMonth)} {
		f.plan(s, other, toSend(s, "4", 0))
		f.deliver(s, other)
		f.finish(s, other, "", jobs.Succeeded)
	}
	f.wantAftermath(s, first.ID, jobs.Aftermath{DeliveredBy: []int64{some.ID}, Delivered: 1, Left: 2, Open: 2})

	// A run of everyone found the second one as delivered: it has no line of it. The third one is blocked now.
	whole := f.start(s)
	f.plan(s, whole, inState("3", jobs.ItemBlocked), toSend(s, "4", 0))
	f.deliver(s, whole)
	f.finish(s, whole, "", jobs.Incomplete)
	f.wantAftermath(s, first.ID, jobs.Aftermath{Whole: whole.ID, DeliveredBy: []int64{whole.ID}, Delivered: 2, Left: 1})
	f.wantOvertaken(s, first.ID, whole.ID)
	f.wantAftermath(s, whole.ID, jobs.Aftermath{Left: 1})

	mended, err := s.Start(t.Context(), only("3"))
	f.must(err)
	f.plan(s, mended, toSend(s, "3", 0))
	f.deliver(s, mended)
	f.finish(s, mended, "", jobs.Succeeded)
	f.wantAftermath(s, whole.ID, jobs.Aftermath{DeliveredBy: []int64{mended.ID}, Delivered: 1})
	f.wantOvertaken(s, whole.ID, mended.ID)
	_, err = s.ClosePeriod(t.Context(), target, month, declared)
	f.must(err)
	f.wantAftermath(s, first.ID, jobs.Aftermath{Whole: whole.ID, DeliveredBy: []int64{whole.ID, mended.ID}, Delivered: 3, Closed: true})
}

// What failed before it had a plan was made up for by a later run of everyone, and by nothing less.
func TestAftermathOfARunWithoutAPlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	failed := f.start(s)
	f.finish(s, failed, jobs.ReasonStaging, jobs.Failed)
	some, err := s.Start(t.Context(), only("1"))
	f.must(err)
	f.plan(s, some, toSend(s, "1", 0))
	f.deliver(s, some)
	f.finish(s, some, "", jobs.Succeeded)
	f.wantAftermath(s, failed.ID, jobs.Aftermath{})
	whole := f.start(s)
	f.plan(s, whole)
	f.finish(s, whole, "", jobs.Succeeded)
	f.wantAftermath(s, failed.ID, jobs.Aftermath{Whole: whole.ID})
	f.wantOvertaken(s, failed.ID, whole.ID)
}
