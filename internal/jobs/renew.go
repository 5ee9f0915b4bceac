package jobs

import (
	"context"
	"errors"
	"slices"
	"time"

	"syncd/internal/hinted"
)

// freshFor is how long a plan that was taken over from a dead process counts as what staging holds.
const freshFor = 15 * time.Minute

// PlanState is what a frozen plan has been through.
type PlanState struct {
	Age      time.Duration // since it was frozen
	InDoubt  bool          // somebody of it may have been received
	Released bool          // a person let some of its held employees go
	Pending  int           // items that are still to be sent
	Open     int           // items whose document is yet to be delivered, or that cannot be
}

// FrozenItems are what a plan has of one matricule.
type FrozenItems struct {
	States      []ItemState
	Fingerprint []byte // of the document; nil = there is none
}

// renew compares a plan that was frozen in an earlier execution with what staging holds now. A person who resumes or approves
// wants that plan, and is told what has changed since. A daemon that takes up by itself what nobody decided about sends
// what staging holds: it plans afresh, unless something of the plan may have been received.
func (r *Runner) renew(ctx context.Context, job *PushJob, run *Run, contract *Contract) (Reason, error) {
	state, err := r.Ledger.PlanState(ctx, run)
	if err != nil {
		return Reason{}, hinted.While("reading the state of the plan", err)
	}
	decided := r.By != "" || run.Trigger == TriggerResume || run.Approved != "" || run.Resend != "" || state.Released
	takenOver := run.Takeovers > 0 && run.Postponed == 0 && run.Trigger != TriggerRetry
	if !decided && takenOver && state.Age < freshFor {
		return Reason{}, nil
	}
	changed, err := r.changedSince(ctx, job, run, contract, state.Open)
	switch {
	case err != nil && (ctx.Err() != nil || !decided):
		return Reason{}, err
	case err != nil:
		r.Log.Warn().Int64("run", run.ID).Str("reason", string(FailureReason(err).Code)).Msg("whether staging has changed " +
			"since the plan could not be told")
		return Reason{}, r.note(ctx, run, &Finding{Rule: RuleStaleUnknown})
	case changed.N == 0:
		return Reason{}, r.note(ctx, run, nil)
	case decided || state.InDoubt || state.Pending == 0:
		return Reason{}, r.note(ctx, run, &Finding{Rule: RuleStale, N: changed.N, Keys: changed.Keys})
	}
	unplanned, err := r.Ledger.Unplan(ctx, run)
	switch {
	case err != nil:
		return Reason{}, hinted.While("giving up the plan", err)
	case !unplanned: // some of it was sent: the rest is for a run of its own
		return Reason{Code: ReasonReplanned}, nil
	}
	run.Planned, run.Findings, run.Counts = false, nil, Counts{}
	return Reason{}, r.plan(ctx, job, run, contract)
}

// note tells with the run how its plan stands to staging; nil = as it was told before, it is no longer so.
func (r *Runner) note(ctx context.Context, run *Run, notice *Finding) error {
	findings := slices.DeleteFunc(slices.Clone(run.Findings),
		func(f Finding) bool { return f.Rule == RuleStale || f.Rule == RuleStaleUnknown })
	if notice != nil {
		findings = append(findings, *notice)
	}
	if len(findings) == len(run.Findings) && notice == nil {
		return nil
	}
	if err := r.Ledger.Note(ctx, run, findings); err != nil {
		return hinted.While("noting how the plan stands", err)
	}
	run.Findings = findings
	return nil
}

// changedSince tells whose document, as staging has it now, is not the one that was planned. open is how many of the plan
// are yet to be delivered.
func (r *Runner) changedSince(ctx context.Context, job *PushJob, run *Run, contract *Contract, open int) (Named, error) {
	pass, err := r.pass(ctx, job, run.Target, run.Period, run.Employees, contract)
	if err != nil {
		return Named{}, err
	}
	history, err := r.Ledger.History(ctx, run.Target.ID, run.Period)
	if err != nil {
		return Named{}, hinted.While("reading earlier runs", err)
	}
	done, err := r.Places.plan(ctx)
	if err != nil {
		return Named{}, err
	}
	defer done()
	now := &unlike{ledger: r.Ledger, run: run.ID}
	pass.Resend, pass.Owed, pass.Forms = run.Resend != "", history.Owed, history.Forms
	pass.Lenient, pass.Progress, pass.Sink = true, Silent{}, Looking(now.compare)
	var nobody *EmployeeError
	if _, err := r.Plan(ctx, pass); err != nil && !errors.As(err, &nobody) {
		return Named{}, err
	}
	now.changed.N += max(0, open-now.met) // whom staging no longer has, or has as it was acknowledged
	return now.changed, nil
}

// unlike holds what would be planned now against what was frozen.
type unlike struct {
	changed Named
	ledger  Ledger
	run     int64
	met     int // open items that are still to be delivered
}

func (s *unlike) compare(ctx context.Context, items []PlannedItem) error {
	keys := make([]string, len(items))
	for i := range items {
		keys[i] = items[i].Key
	}
	frozen, err := s.ledger.Frozen(ctx, s.run, keys)
	if err != nil {
		return hinted.While("reading the plan", err)
	}
	for i := range items {
		item := &items[i]
		was, known := frozen[item.Key]
		if slices.ContainsFunc(was.States, isOpenInPlan) {
			s.met++
		}
		if item.Key != "" && (!known || !was.same(item)) {
			s.changed.Add(item.Key)
		}
	}
	return nil
}

// same reports whether staging gives the same item as when the plan was made.
func (f *FrozenItems) same(item *PlannedItem) bool {
	if item.Document != nil {
		return string(f.Fingerprint) == string(item.Fingerprint[:])
	}
	return slices.Contains(f.States, item.State) || item.State == ItemDeparted && slices.Contains(f.States, ItemWithdrawn)
}

// OpenInPlan are the states of items that are yet to be delivered, or cannot be.
var OpenInPlan = []ItemState{ItemPending, ItemSending, ItemHeld, ItemRejected, ItemUncertain, ItemUnsettled, ItemBlocked}

func isOpenInPlan(state ItemState) bool { return slices.Contains(OpenInPlan, state) }

// Stale reports whether staging is known to have changed since the run was planned, or that nobody could tell whether.
func (r *Run) Stale() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == RuleStale || f.Rule == RuleStaleUnknown })
}
