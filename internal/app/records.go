package app

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

// Records are what is recorded of runs, people, decisions and schedules. Nothing is changed.
type Records struct{ app *App }

// Records is where what is recorded is read.
func (a *App) Records() Records { return Records{a} }

// Why what is asked for cannot be shown.
const (
	NoLimit          Code = "no-limit"           // limit
	NoLastRun        Code = "no-last-run"        // of what is asked for nothing was executed
	NoState          Code = "no-state"           // state, states
	NoDecision       Code = "no-decision"        // decision, decisions
	NobodySends      Code = "nobody-sends"       // dossier: no job sends its employees
	NobodySendsThese Code = "nobody-sends-these" // no job sends documents of the selected dossiers
	NobodyKnown      Code = "nobody-known"       // employee, dossier, why
	NobodyAlike      Code = "nobody-alike"       // employee, dossier, alike: matricules with other zeros in front
	NoNomenclatures  Code = "no-nomenclatures"   // dossier
	NoNomenclature   Code = "no-nomenclature"    // name, dossier, names
)

// ledger is the ledger as it is open, else for what is recorded in the open.
func (r Records) ledger(ctx context.Context) (*store.Store, error) {
	r.app.mu.Lock()
	keyed := r.app.keyed
	r.app.mu.Unlock()
	if keyed != nil {
		return keyed, nil
	}
	return r.app.readable(ctx)
}

// RunStates are the states by which runs can be asked for.
var RunStates = []string{"queued", "running", "succeeded", "incomplete", "failed", "held", "cancelled"}

// Only is the one dossier, as a filter has them; "" = all.
func Only(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// Runs lists runs, the newest first; those of a dossier also where it was called otherwise. A name that was never configured is refused
// when nothing is found: a mistyped name is no all-clear.
func (r Records) Runs(ctx context.Context, f ledger.RunFilter) ([]*jobs.Run, error) {
	if f.Max < 1 {
		return nil, refuse(NoLimit, Args{"limit": f.Max})
	}
	if f.State != "" && !slices.Contains(RunStates, f.State) {
		return nil, refuse(NoState, Args{"state": f.State, "states": RunStates})
	}
	if f.Period != "" {
		if _, err := ParsePeriod(f.Period); err != nil {
			return nil, err
		}
	}
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	f.Former = r.app.namesNow().formerOf(f.Dossiers)
	runs, err := st.Runs(ctx, f)
	if err == nil && len(runs) == 0 {
		err = r.knows(f.Job, f.Dossiers...)
	}
	return runs, err
}

// LastReached is the run that last asked a partner for something, of those that Store.LastReached has; nil = none ever did.
func (r Records) LastReached(ctx context.Context) (func(*config.Partner) *jobs.Run, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := st.LastReached(ctx)
	return func(p *config.Partner) *jobs.Run {
		for _, run := range runs {
			if run.Target.Partner == p.Name && run.Target.Environment == p.Environment {
				return run
			}
		}
		return nil
	}, err
}

// knows refuses names that were never configured; "" is none.
func (r Records) knows(job string, dossiers ...string) error {
	if job != "" {
		if _, err := r.app.Config.Job(job); err != nil {
			return err
		}
	}
	for _, name := range dossiers {
		if _, err := r.app.Config.Dossier(name); name != "" && err != nil {
			return err
		}
	}
	return nil
}

// Run is a run, with what became of it since where it asks for something.
func (r Records) Run(ctx context.Context, id int64) (*jobs.Run, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	run, err := st.Run(ctx, id)
	if err != nil {
		return nil, noRun(id, err)
	}
	if run.AsksForSomething() {
		run.Aftermath, err = st.Aftermath(ctx, id)
	}
	return run, err
}

// LastRun is the newest run of a dossier and job, "" = any: where no job is named, the newest month, or a pull that needs somebody.
func (r Records) LastRun(ctx context.Context, dossier, job string) (*jobs.Run, error) {
	runs, err := r.Runs(ctx, ledger.RunFilter{Dossiers: Only(dossier), Job: job, Months: job == "", Max: 1})
	switch {
	case err != nil:
		return nil, err
	case len(runs) == 0:
		return nil, refuse(NoLastRun, nil)
	}
	return r.Run(ctx, runs[0].ID)
}

// Unseal opens the ledger with its key, so that the fields of new employees, which are sealed, can be shown. An error that is
// about the key alone leaves the rest to be shown.
func (r Records) Unseal(ctx context.Context) (sealed, err error) {
	if _, err := r.app.Config.LedgerKey(); err != nil {
		return err, nil
	}
	_, err = r.app.keyedLedger(ctx)
	return nil, err
}

// Sums are what a run's plan comes to in amounts; nil = it has none, or the ledger was opened without its key.
func (r Records) Sums(ctx context.Context, run *jobs.Run) (*jobs.Sums, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	return st.Sums(ctx, run)
}

// Changes are what a pull changed.
func (r Records) Changes(ctx context.Context, run *jobs.Run) ([]jobs.NomenclatureChange, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	return st.Changes(ctx, run.ID)
}

// itemsAtOnce is how many items are read together.
const itemsAtOnce = 500

// Items are those of a run, read in portions; keys: only theirs. It can be asked to begin anew.
func (r Records) Items(ctx context.Context, run *jobs.Run, keys []string, diffs bool) iter.Seq2[jobs.Item, error] {
	filter := store.ItemFilter{Max: itemsAtOnce, Keys: keys, Diffs: diffs}
	if job, err := r.app.Config.PushJob(run.Job); err == nil { // a job that is no longer configured knows no field: all comes masked
		filter.Mapping = job.Mapping
	}
	return func(yield func(jobs.Item, error) bool) {
		st, err := r.ledger(ctx)
		if err != nil {
			yield(jobs.Item{}, err)
			return
		}
		for filter.After = 0; ; {
			items, err := st.Items(ctx, run.ID, filter)
			if err != nil {
				yield(jobs.Item{}, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
				filter.After = item.Seq
			}
			if len(items) < filter.Max {
				return
			}
		}
	}
}

// ErrNoItem says that a run has no such item.
var ErrNoItem = errors.New("the run has no such item")

// KeyOf is the matricule of an item of a run. Errors: ErrNoItem.
func (r Records) KeyOf(ctx context.Context, run *jobs.Run, seq int) (string, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return "", err
	}
	items, err := st.Items(ctx, run.ID, store.ItemFilter{After: seq - 1, Max: 1})
	if err == nil && (len(items) == 0 || items[0].Seq != seq) {
		err = ErrNoItem
	}
	if err != nil {
		return "", err
	}
	return items[0].Key, nil
}

// DecisionNames are the decisions that the audit can be asked for.
func DecisionNames() []string {
	names := make([]string, len(ledger.Decisions))
	for i, d := range ledger.Decisions {
		names[i] = string(d)
	}
	return names
}

// Audit lists decisions, the newest first.
func (r Records) Audit(ctx context.Context, f ledger.AuditFilter) ([]ledger.AuditEntry, error) {
	if f.Decision != "" && !slices.Contains(ledger.Decisions, f.Decision) {
		return nil, refuse(NoDecision, Args{"decision": string(f.Decision), "decisions": DecisionNames()})
	}
	if f.Max < 1 {
		return nil, refuse(NoLimit, Args{"limit": f.Max})
	}
	if err := r.knows(f.Job, f.Dossier); err != nil {
		return nil, err
	}
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	return st.Audit(ctx, f)
}

// Nomenclatures are those that were pulled for a dossier; name: that one alone, "" = all.
func (r Records) Nomenclatures(ctx context.Context, d config.Dossier, name string) (mapping.Nomenclatures, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	p, err := r.app.documents()
	if err != nil {
		return nil, err
	}
	target, _, err := st.Target(ctx, r.app.Target(p, d))
	if err != nil {
		return nil, err
	}
	all, err := st.Nomenclatures(ctx, target.ID)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, refuse(NoNomenclatures, Args{"dossier": d.Name})
	case name == "":
		return all, nil
	case all[name] == nil:
		return nil, refuse(NoNomenclature, Args{"name": name, "dossier": d.Name, "names": slices.Sorted(maps.Keys(all))})
	}
	return mapping.Nomenclatures{name: all[name]}, nil
}

// StoredImpacts are whom the nomenclatures that were pulled last would block, by dossier, as each pull found it. To ask anew is
// Impacts.
func (r Records) StoredImpacts(ctx context.Context) (map[string][]jobs.StoredImpact, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	p := r.app.Config.Documents()
	return st.Impacts(ctx, jobs.Target{Partner: p.Name, Environment: p.Environment, BaseURL: p.BaseURL})
}

// Impact is whom the nomenclatures that were pulled last would block of one job and dossier.
type Impact struct {
	Job     string
	Dossier string
	Target  jobs.Target
	Impact  jobs.Impact
	Err     error
}

// Impacts looks at each job that sends, and each of its selected dossiers. Staging is read; nothing is recorded or sent.
func (r Records) Impacts(ctx context.Context, of Selection) (iter.Seq[Impact], error) {
	st, err := r.app.keyedLedger(ctx)
	if err != nil {
		return nil, err
	}
	staging, err := r.app.staging()
	if err != nil {
		return nil, err
	}
	runner := r.app.looker(st, staging)
	type pair struct {
		job config.Job
		d   config.Dossier
	}
	var pairs []pair
	for _, job := range r.app.Config.Jobs {
		if !job.Kind.Sends() {
			continue
		}
		for _, d := range r.app.Config.Dossiers(job) {
			if len(of.Dossiers) == 0 || slices.Contains(of.Dossiers, d.Name) {
				pairs = append(pairs, pair{job, d})
			}
		}
	}
	if len(pairs) == 0 {
		return nil, refuse(NobodySendsThese, nil)
	}
	return func(yield func(Impact) bool) {
		for _, p := range pairs {
			found := Impact{Job: p.job.Name, Dossier: p.d.Name}
			found.Target, found.Impact, found.Err = r.impact(ctx, runner, st, p.job, p.d, of)
			if !yield(found) {
				return
			}
		}
	}, nil
}

func (r Records) impact(ctx context.Context, runner *jobs.Runner, st *store.Store, job config.Job, d config.Dossier,
	of Selection) (target jobs.Target, impact jobs.Impact, err error) {
	push, err := r.app.Config.PushJob(job.Name)
	if err != nil {
		return target, impact, err
	}
	period, err := of.PeriodOf(job, r.app.Now())
	if err != nil {
		return target, impact, err
	}
	target, _, err = st.Target(ctx, r.app.Target(r.app.Config.Documents(), d))
	if err != nil {
		return target, impact, err
	}
	nomenclatures, err := st.Nomenclatures(ctx, target.ID)
	if err != nil {
		return target, impact, err
	}
	runner.Siret = d.Siret
	impact, err = runner.Impact(ctx, jobs.Forecast{Job: &push, Period: period}, target, nomenclatures)
	return target, impact, err
}

// Why is one employee's whole story, and what a run would do about them now.
func (r Records) Why(ctx context.Context, of Selection, key string) (*ledger.Story, view.Now, error) {
	a := r.app
	d, err := of.One(a.Config)
	if err != nil {
		return nil, view.Now{}, err
	}
	job, push, err := a.pushJobOf(d)
	if err != nil {
		return nil, view.Now{}, err
	}
	period, err := of.PeriodOf(job, r.app.Now())
	if err != nil {
		return nil, view.Now{}, err
	}
	st, err := a.keyedLedger(ctx)
	if err != nil {
		return nil, view.Now{}, err
	}
	target, known, err := st.Target(ctx, a.Target(a.Config.Documents(), d))
	if err != nil {
		return nil, view.Now{}, err
	}
	story := &ledger.Story{Target: target, Key: key}
	if known {
		if story, err = st.Story(ctx, target.ID, key, jobs.Period(of.Period)); err != nil {
			return nil, view.Now{}, err
		}
	}
	now := a.now(ctx, st, push, d, target, period, key)
	gone := is[*jobs.EmployeeError](now.Err)
	if gone && known && isEmpty(story) { // in that period: who has left is asked about by whoever knows no period
		if story, err = st.Story(ctx, target.ID, key, ""); err != nil {
			return nil, now, err
		}
	}
	if gone && isEmpty(story) {
		if alike := alikeOf(ctx, st, target, now.Err, key); len(alike) > 0 {
			return nil, now, &Refused{NobodyAlike, Args{"employee": key, "dossier": d.Name, "alike": alike}, now.Err}
		}
		return nil, now, &Refused{NobodyKnown, Args{"employee": key, "dossier": d.Name, "why": now.Err}, now.Err}
	}
	return story, now, nil
}

// alikeOf are the matricules, of staging and of the ledger, that differ from one by zeros in front alone.
func alikeOf(ctx context.Context, st *store.Store, target jobs.Target, missing error, key string) (alike []string) {
	if nobody, ok := errors.AsType[*jobs.EmployeeError](missing); ok {
		alike = nobody.Alike
	}
	known, err := st.KeysAlike(ctx, target.ID, key) // of a target that was never used there are none
	if err != nil {
		return alike
	}
	return slices.Compact(slices.Sorted(slices.Values(append(known, alike...))))
}

// AuditedAlike are the matricules of the audit that differ from a filter's by zeros in front alone.
func (r Records) AuditedAlike(ctx context.Context, f ledger.AuditFilter) ([]string, error) {
	st, err := r.ledger(ctx)
	if err != nil || f.Employee == "" {
		return nil, err
	}
	return st.AuditedAlike(ctx, f.Dossier, f.Employee)
}

// Alike are the matricules that differ from some of a run's target by zeros in front alone, where there are any.
func (r Records) Alike(ctx context.Context, run *jobs.Run, keys []string) (map[string][]string, error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, key := range keys {
		if found[key], err = st.KeysAlike(ctx, run.Target.ID, key); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func isEmpty(story *ledger.Story) bool { return len(story.Lines)+len(story.Known) == 0 }

// pushJobOf is the first job that sends the employees of a dossier.
func (a *App) pushJobOf(d config.Dossier) (config.Job, *jobs.PushJob, error) {
	for _, job := range a.Config.Jobs {
		if job.Kind.Sends() && job.Covers(d.Name) {
			push, err := a.Config.PushJob(job.Name)
			return job, &push, err
		}
	}
	return config.Job{}, nil, refuse(NobodySends, Args{"dossier": d.Name})
}

func (a *App) now(ctx context.Context, st *store.Store, push *jobs.PushJob, d config.Dossier, target jobs.Target,
	period jobs.Period, key string) view.Now {
	now := view.Now{Job: push.Name, Period: period}
	staging, err := a.staging()
	if err != nil {
		now.Err = err
		return now
	}
	job := *push
	job.Guards.Verify = false // the API is not asked
	runner := a.looker(st, staging)
	runner.Siret, runner.Progress = d.Siret, jobs.Silent{}
	items := &collector{}
	plan, err := runner.DryRun(ctx, &job, jobs.NewRun{Target: target, Period: period, Employees: []string{key}}, items)
	now.Items, now.Counts, now.Findings, now.Err = items.items, plan.Counts, plan.Findings, err
	return now
}

// collector keeps the few items of a plan.
type collector struct{ items []jobs.PlannedItem }

// Add implements jobs.PlanSink.
func (c *collector) Add(_ context.Context, items []jobs.PlannedItem) error {
	c.items = append(c.items, items...)
	return nil
}

// Hold implements jobs.PlanSink.
func (c *collector) Hold(_ context.Context, holds []jobs.Hold) error {
	for _, hold := range holds {
		for i := range c.items {
			if item := &c.items[i]; item.Seq == hold.Seq {
				item.State, item.Findings = jobs.ItemHeld, append(item.Findings, hold.Finding)
			}
		}
	}
	return nil
}
