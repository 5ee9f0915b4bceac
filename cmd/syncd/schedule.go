package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"syncd/internal/config"
	"syncd/internal/ledger"
	"syncd/internal/report"
	"syncd/internal/store"
)

const (
	shownFires  = 5   // the next ones of each job
	shownMissed = 200 // of all jobs and dossiers
	mostOwed    = 100 // counted of each job and dossier
)

func newSchedule(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Show what comes next, what came last, and what was missed",
		Long: `Show each job's next five fires with their offset, its last one, what was missed and why, which
jobs are paused, runs that are open although their job or dossier is not configured any more, and
which daemons share the ledger.`,
		Example: `  syncd schedule
  syncd schedule --json`,
		Args: none,
		RunE: p.withLedger(flags, func(ctx context.Context, a *app, st *store.Store, _ []string) error {
			schedules, err := a.schedules(ctx, st, time.Now())
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteScheduleJSON(p.Stdout, schedules)
			}
			return a.printer().Schedule(p.Stdout, schedules)
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

// agenda is what the ledger knows of schedules.
type agenda struct {
	targets map[string]int64 // of the dossiers that the ledger knows
	pairs   []ledger.Pair    // of all jobs with them
	armed   map[ledger.Pair]ledger.Armed
	last    map[ledger.Pair]ledger.Fire
	missed  map[ledger.Pair][]ledger.Fire
	pauses  map[string]ledger.Pause
}

func (a *app) schedules(ctx context.Context, st *store.Store, now time.Time) (report.Schedules, error) {
	known, err := a.agenda(ctx, st)
	if err != nil {
		return report.Schedules{}, err
	}
	all := report.Schedules{Now: now}
	for _, j := range a.config.Jobs {
		all.Entries = append(all.Entries, a.scheduleEntry(j, known, now))
	}
	if all.Outside, err = st.Outside(ctx, known.pairs); err != nil {
		return all, err
	}
	daemons, err := st.Daemons(ctx)
	if err != nil {
		return all, err
	}
	for _, d := range daemons {
		if d.Silent < aliveFor {
			all.Daemons = append(all.Daemons, report.DaemonEntry{Host: d.Host, PID: d.PID, Version: d.Version, Started: d.Started,
				Silent: d.Silent, Differs: a.differs(d)})
		}
	}
	return all, nil
}

// differs tells whether a daemon is configured otherwise than this command.
func (a *app) differs(d ledger.Daemon) bool {
	for _, j := range a.config.Jobs {
		if digest, ok := d.Jobs[j.Name]; !ok || digest != a.config.JobDigest(j.Name) {
			return true
		}
	}
	return false
}

// pairs are the jobs of the configuration, each with the targets of its dossiers that the ledger knows, by their names.
func (a *app) pairs(ctx context.Context, st *store.Store) (pairs []ledger.Pair, targets map[string]int64, err error) {
	targets = map[string]int64{}
	for _, d := range a.config.AllDossiers {
		target, ok, err := st.Target(ctx, a.target(d))
		if err != nil {
			return nil, nil, err
		}
		if ok {
			targets[d.Name] = target.ID
		}
	}
	for _, j := range a.config.Jobs {
		for _, d := range a.config.Dossiers(j) {
			if id, ok := targets[d.Name]; ok {
				pairs = append(pairs, ledger.Pair{Job: j.Name, TargetID: id})
			}
		}
	}
	return pairs, targets, nil
}

func (a *app) agenda(ctx context.Context, st *store.Store) (known agenda, err error) {
	known = agenda{missed: map[ledger.Pair][]ledger.Fire{}, pauses: map[string]ledger.Pause{}}
	if known.pairs, known.targets, err = a.pairs(ctx, st); err != nil {
		return known, err
	}
	var names []string
	for _, j := range a.config.Jobs {
		names = append(names, j.Name)
	}
	if known.armed, err = st.Schedules(ctx, known.pairs); err != nil {
		return known, err
	}
	if known.last, err = st.LastFires(ctx, names); err != nil {
		return known, err
	}
	missed, err := st.MissedFires(ctx, names, shownMissed)
	if err != nil {
		return known, err
	}
	for _, f := range missed {
		known.missed[f.Pair] = append(known.missed[f.Pair], f)
	}
	pauses, err := st.Pauses(ctx)
	for _, p := range pauses {
		known.pauses[p.Job] = p
	}
	return known, err
}

func (a *app) scheduleEntry(j config.Job, known agenda, now time.Time) report.ScheduleEntry {
	entry := report.ScheduleEntry{Job: j.Name, Kind: j.Kind, Timezone: j.Timezone, Missed: string(j.Missed)}
	if j.Schedule != nil {
		entry.Schedule = j.Schedule.Spec()
		for fire := j.Schedule.Next(now); !fire.IsZero() && len(entry.Next) < shownFires; fire = j.Schedule.Next(fire) {
			entry.Next = append(entry.Next, fire.In(j.Schedule.Location()))
		}
	}
	if pause, ok := known.pauses[j.Name]; ok {
		entry.Paused = &pause
	}
	for _, d := range a.config.Dossiers(j) {
		one := report.ScheduleDossier{Dossier: d.Name}
		if id, ok := known.targets[d.Name]; ok {
			known.tell(&one, j, ledger.Pair{Job: j.Name, TargetID: id}, now)
		}
		entry.Dossiers = append(entry.Dossiers, one)
	}
	return entry
}

// tell adds what the ledger knows of a job and dossier.
func (known *agenda) tell(one *report.ScheduleDossier, j config.Job, pair ledger.Pair, now time.Time) {
	if last, ok := known.last[pair]; ok {
		one.Last, one.LastState = &last, last.State
	}
	one.Missed = known.missed[pair]
	armed, ok := known.armed[pair]
	one.Armed = ok
	if ok && j.Schedule != nil {
		one.Owed = len(j.Schedule.Between(armed.DealtWith, now, mostOwed))
	}
}
