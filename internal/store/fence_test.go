package store

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// robbed is a run that another process has taken in the meantime.
func (f *fixture) robbed(run *jobs.Run) {
	f.db.Exec(f.T, `UPDATE syncd.run SET epoch = epoch + 1, owner = 1 WHERE id = $1`, run.ID)
}

// A process that was paused and wakes up after another took its run must write nothing: not an acknowledgement, not a
// plan, not an end, not a nomenclature.
func TestFormerOwnerWritesNothing(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*fixture, *Store, *jobs.Run) error{
		"step that records": func(f *fixture, s *Store, run *jobs.Run) error {
			_, err := s.Step(f.Context(), run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
			return err
		},
		"step that claims": func(f *fixture, s *Store, run *jobs.Run) error {
			_, err := s.Step(f.Context(), run, jobs.Step{After: 1, Take: 5})
			return err
		},
		"finish": func(f *fixture, s *Store, run *jobs.Run) error {
			_, err := s.Finish(f.Context(), run, jobs.Reason{}, nil)
			return err
		},
		"identify": func(f *fixture, s *Store, run *jobs.Run) error {
			_, err := s.Identify(f.Context(), run, "12345678200010", "", "by these")
			return err
		},
		"pull": func(f *fixture, s *Store, run *jobs.Run) error {
			return s.Pull(f.Context(), run, jobs.Pulled{Apply: true,
				Changes: []jobs.NomenclatureChange{{Name: "N", Code: "C", Difference: jobs.Created, New: mapping.Entry{Code: "C", Active: true}}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			run := f.start(s)
			f.plan(s, run, toSend(s, "1", 0), toSend(s, "2", 0))
			f.step(s, run, jobs.Step{Take: 1})
			f.robbed(run)
			before := f.everything()
			if err := write(f, s, run); !errors.Is(err, jobs.ErrLost) {
				t.Errorf("%v", err)
			}
			if f.everything() != before {
				t.Error("something was written")
			}
		})
	}
}

// The same for a plan that was under way when the run was taken.
func TestFormerOwnerFreezesNoPlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	older := f.start(s)
	f.plan(s, older, toSend(s, "1", 0))
	f.finish(s, older, jobs.ReasonStopped, jobs.Failed)
	run := f.start(s)
	w, err := s.BeginPlan(t.Context(), run, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	item := toSend(s, "1", 0)
	item.Seq = 1
	f.must(w.Add(t.Context(), []jobs.PlannedItem{item}))
	f.robbed(run)
	before := f.everything()
	if err := w.Commit(t.Context(), jobs.Frozen{Counts: jobs.Counts{EmployeesRead: 1, ElementsRead: 2},
		Digests: jobs.Digests{}}); !errors.Is(err, jobs.ErrLost) {
		t.Errorf("%v", err)
	}
	if f.everything() != before {
		t.Error("something was written: the older plan was superseded by one that never came to be")
	}
}
