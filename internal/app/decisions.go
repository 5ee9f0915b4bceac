package app

import (
	"context"
	"slices"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

// Decisions are what people decide about runs, jobs and months. Each has a reason, and is recorded with who decided it.
type Decisions struct{ app *App }

// Decisions is where people decide.
func (a *App) Decisions() Decisions { return Decisions{a} }

// deciding is the ledger, which from now on names the configuration with each decision.
func (a *App) deciding(ctx context.Context, open func(context.Context) (*store.Store, error)) (*store.Store, error) {
	st, err := open(ctx)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	told := a.told == st
	a.mu.Unlock()
	if told {
		return a.inName(st), nil
	}
	tell := st.SetConfiguration
	if a.door.Page { // the daemon records it: both on one host, loaded at different times, would do so by turns
		tell = st.UseConfiguration
	}
	if err := tell(ctx, a.Config.Digest()); err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.told = st
	a.mu.Unlock()
	return a.inName(st), nil
}

// agree refuses what is decided about jobs while a daemon that executes one of them has another configuration for it: it would be
// carried out by other rules than those that the person was shown. A command, unlike the page, has just read the configuration.
func (a *App) agree(ctx context.Context, st *store.Store, names ...string) error {
	if !a.door.Page {
		return nil
	}
	daemons, err := alive(ctx, st)
	if err != nil {
		return err
	}
	for _, name := range names {
		if other := a.otherwise(daemons, name); other != nil {
			return refuse(OtherRules, Args{"job": name, "host": other.Host})
		}
	}
	return nil
}

// sendingJobs are the jobs that send documents; dossier "" = of any, else of that one.
func (a *App) sendingJobs(dossier string) (names []string) {
	for _, j := range a.Config.Jobs {
		if j.Kind.Sends() && (dossier == "" || j.Covers(dossier)) {
			names = append(names, j.Name)
		}
	}
	return names
}

// inName is the ledger in the name of who decides.
func (a *App) inName(st *store.Store) *store.Store {
	if a.door.Person == nil {
		return st
	}
	return st.As(a.door.Person())
}

// Approval lets go what a run holds, exactly as it was planned.
type Approval struct {
	Run       int64
	Employees []string // the held ones of a run that has gone otherwise; none = all that it holds
	Except    []string // held ones that are set aside instead: see SetAside
	Displayed string   // digest of what the person saw: anything else is refused; "" = the run is named by number alone
	Decision
}

// Approved is what an approval came to.
type Approved struct {
	Run      *jobs.Run // as it was before
	Released []string  // employees; none = the run as a whole
}

// Approve lets a run go on. Errors: *Refused, *store.NotHeldError, *store.DisplayedError, *jobs.BusyError, *jobs.ClosedError,
// *jobs.ExpiredError.
func (d Decisions) Approve(ctx context.Context, o Approval) (Approved, error) {
	if err := o.Check(ledger.DecisionApprove); err != nil {
		return Approved{}, err
	}
	if len(o.Employees) > 0 && len(o.Except) > 0 {
		return Approved{}, refuse(ExceptOfSome, nil)
	}
	st, err := d.app.deciding(ctx, d.app.keyedLedger)
	if err != nil {
		return Approved{}, err
	}
	run, err := d.run(ctx, st, o.Run)
	if err != nil {
		return Approved{}, err
	}
	released, err := st.Approve(ctx, o.Run, store.Approval{Employees: o.Employees, Except: o.Except, Displayed: o.Displayed,
		Seen: o.Seen, By: o.By, Reason: o.Reason, Expires: d.app.holdExpires(run.Job)})
	return Approved{run, released}, err
}

// NeedsAnotherPerson reports whether a decision was refused because somebody else has to take it.
func NeedsAnotherPerson(err error) bool { return is[*store.SecondPersonError](err) }

// holdExpires is how long a hold of a job waits for a decision; 0, for ever, for one that is no longer configured.
func (a *App) holdExpires(name string) time.Duration {
	job, err := a.Config.Job(name)
	if err != nil {
		return 0
	}
	return job.HoldExpires
}

// run is a run that may be decided about: it is of the environment and the address that the configuration names.
func (d Decisions) run(ctx context.Context, st *store.Store, id int64) (*jobs.Run, error) {
	run, err := st.Run(ctx, id)
	if err != nil {
		return nil, noRun(id, err)
	}
	if err := d.app.sameTarget(run); err != nil {
		return nil, err
	}
	return run, d.app.agree(ctx, st, run.Job)
}

// shown is a run that may be decided about as it was shown: nobody decides about its job by other rules.
func (a *App) shown(ctx context.Context, id int64, seen *jobs.Seen) (store.Shown, error) {
	st, err := a.deciding(ctx, a.readable)
	if err != nil {
		return store.Shown{}, err
	}
	run, err := st.Run(ctx, id)
	if err != nil {
		return store.Shown{}, noRun(id, err)
	}
	return st.Shown(seen), a.agree(ctx, st, run.Job)
}

func (a *App) sameTarget(run *jobs.Run) error {
	now := a.Config.PartnerNamed(run.Target.Partner)
	if now == nil || now.Environment != run.Target.Environment || jobs.NormalAddress(now.BaseURL) != run.Target.BaseURL {
		return refuse(OtherTarget, Args{"run": run.ID, "environment": run.Target.Environment})
	}
	return nil
}

// Cancel gives up what a run has not sent. One that is executed is asked to stop: see Stopped.
func (d Decisions) Cancel(ctx context.Context, id int64, by Decision) (*jobs.Run, error) {
	if err := by.Check(ledger.DecisionCancel); err != nil {
		return nil, err
	}
	shown, err := d.app.shown(ctx, id, by.Seen)
	if err != nil {
		return nil, err
	}
	run, err := shown.Cancel(ctx, id, by.By, by.Reason)
	return run, noRun(id, err)
}

// SetAside gives up what a run holds of some employees, and of nobody else; the next run proposes them again. It returns the run as it
// stands then. Errors: *Refused, *store.NotHeldError, *store.DisplayedError, *jobs.BusyError.
func (d Decisions) SetAside(ctx context.Context, id int64, employees []string, by Decision) (*jobs.Run, error) {
	if err := by.Check(ledger.DecisionCancel); err != nil {
		return nil, err
	}
	shown, err := d.app.shown(ctx, id, by.Seen)
	if err != nil {
		return nil, err
	}
	run, err := shown.SetAside(ctx, id, employees, by.By, by.Reason)
	return run, noRun(id, err)
}

// Stopped waits until a run that was asked to stop has, for as long as patience lasts, and returns it as it stands then.
func (d Decisions) Stopped(ctx context.Context, run *jobs.Run, patience time.Duration) (*jobs.Run, error) {
	const lookAgain = 200 * time.Millisecond
	for started := time.Now(); run.State == jobs.Running && time.Since(started) < patience; {
		select {
		case <-d.app.door.Stop:
			return run, nil
		case <-time.After(lookAgain):
		}
		st, err := d.app.readable(ctx)
		if err != nil {
			return nil, err
		}
		if run, err = st.Run(ctx, run.ID); err != nil {
			return nil, err
		}
	}
	return run, nil
}

// Settling records what a person found at the partner about employees of a run.
type Settling struct {
	Run       int64
	Employees []string
	As        ledger.Settlement
	Decision
}

// Settle returns the run as it stands afterwards. Errors: *Refused, *jobs.UnsettledError, *jobs.BusyError, *jobs.ClosedError.
func (d Decisions) Settle(ctx context.Context, o Settling) (*jobs.Run, error) {
	if len(o.Employees) == 0 {
		return nil, refuse(NobodySettled, nil)
	}
	if err := o.Check(ledger.DecisionSettle); err != nil {
		return nil, err
	}
	st, err := d.app.deciding(ctx, d.app.readable)
	if err != nil {
		return nil, err
	}
	run, err := d.run(ctx, st, o.Run)
	if err != nil {
		return nil, err
	}
	timeout := d.app.Config.PartnerNamed(run.Target.Partner).RequestTimeout
	run, err = st.Shown(o.Seen).Settle(ctx, o.Run, o.Employees, o.As, o.By, o.Reason, timeout)
	return run, noRun(o.Run, err)
}

// Pause keeps a job's schedule from starting runs.
func (d Decisions) Pause(ctx context.Context, name string, by Decision) error {
	if err := by.Check(ledger.DecisionPause); err != nil {
		return err
	}
	job, err := d.app.Config.Job(name)
	if err != nil {
		return err
	}
	if job.Schedule == nil {
		return refuse(NoSchedule, Args{"job": name})
	}
	st, err := d.app.deciding(ctx, d.app.readable)
	if err != nil {
		return err
	}
	paused, err := st.Pause(ctx, name, by.By, by.Reason)
	if err == nil && !paused {
		return refuse(PausedAlready, Args{"job": name})
	}
	return err
}

// Unpause lets a paused job go on. On the command line that needs no reason. The job may be one that is no longer configured.
func (d Decisions) Unpause(ctx context.Context, job string, by Decision) error {
	if by.By == "" {
		return errNobody
	}
	if err := ledger.CheckReason(by.Reason); err != nil {
		return err
	}
	st, err := d.app.deciding(ctx, d.app.readable)
	if err != nil {
		return err
	}
	if err := d.app.agree(ctx, st, job); err != nil {
		return err
	}
	ended, err := st.Unpause(ctx, job, by.By, by.Reason)
	if err == nil && !ended {
		return refuse(NotPaused, Args{"job": job})
	}
	return err
}

// Month is a payroll month of one dossier.
type Month struct {
	Dossier config.Dossier
	Period  jobs.Period
}

// ClosePeriod closes a month, so that nothing of it is sent any more, and returns what of it is missing: with force it is
// closed all the same. Errors: *Refused, *store.PeriodError.
func (d Decisions) ClosePeriod(ctx context.Context, m Month, force bool, by Decision) (left []ledger.Missing, err error) {
	if err := by.Check(ledger.DecisionClose); err != nil {
		return nil, err
	}
	st, err := d.app.deciding(ctx, d.app.readable)
	if err != nil {
		return nil, err
	}
	if err := d.app.agree(ctx, st, d.app.sendingJobs(m.Dossier.Name)...); err != nil {
		return nil, err
	}
	p, err := d.app.documents()
	if err != nil {
		return nil, err
	}
	t := d.app.Target(p, m.Dossier)
	known, _, err := st.TargetsAt(ctx, t)
	if err != nil {
		return nil, err
	}
	return st.ClosePeriod(ctx, t, m.Period, ledger.Closure{By: by.By, Reason: by.Reason, Force: force, Shown: by.Missing,
		Former: d.app.namesNow().former(known)[m.Dossier.Name]})
}

// ReopenPeriod lets a closed month take writes again until a time to come.
func (d Decisions) ReopenPeriod(ctx context.Context, m Month, until time.Time, by Decision) error {
	if err := by.Check(ledger.DecisionReopen); err != nil {
		return err
	}
	st, err := d.app.deciding(ctx, d.app.readable)
	if err != nil {
		return err
	}
	p, err := d.app.documents()
	if err != nil {
		return err
	}
	return st.ReopenPeriod(ctx, d.app.Target(p, m.Dossier), m.Period, by.By, by.Reason, until)
}

// Closings are the months that are closed, or were, of these dossiers; of all where none is named.
func (d Decisions) Closings(ctx context.Context, dossiers []config.Dossier) ([]ledger.Closing, error) {
	st, err := d.app.readable(ctx)
	if err != nil {
		return nil, err
	}
	p, err := d.app.documents()
	if err != nil {
		return nil, err
	}
	closings, err := st.Closings(ctx, p.Environment, p.BaseURL)
	if len(dossiers) > 0 {
		names := d.app.namesNow()
		closings = slices.DeleteFunc(closings, func(c ledger.Closing) bool {
			return !slices.ContainsFunc(dossiers, func(d config.Dossier) bool { return d.Name == c.Target.Dossier || d.Name == names.of(c.Target) })
		})
	}
	return closings, err
}
