package app

import (
	"context"
	"slices"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

const (
	shownFires  = 5   // the next ones of each job
	shownMissed = 200 // of all jobs and dossiers
	mostOwed    = 100 // counted of each job and dossier
)

// Schedules tells what comes next, what came last, and what was missed.
func (r Records) Schedules(ctx context.Context) (view.Schedules, error) {
	a, now := r.app, r.app.Now()
	st, err := r.ledger(ctx)
	if err != nil {
		return view.Schedules{}, err
	}
	known, err := a.agenda(ctx, st)
	if err != nil {
		return view.Schedules{}, err
	}
	all := view.Schedules{Now: now}
	for _, j := range a.Config.Jobs {
		all.Entries = append(all.Entries, a.scheduleEntry(j, known, now))
	}
	if all.Outside, err = st.Outside(ctx, known.pairs); err != nil {
		return all, err
	}
	daemons, err := st.Daemons(ctx)
	lost := lostOf(daemons)
	for _, d := range slices.Concat(living(daemons), lost) {
		entry := view.DaemonEntry{Host: d.Host, PID: d.PID, Version: d.Version, Started: d.Started, Seen: d.Seen, Silent: d.Silent,
			Differs: a.differs(d), Lost: d.Silent >= aliveFor}
		if entry.Lost {
			entry.NextJob, entry.NextAt = a.firstAfter(&d, known.pauses)
		}
		all.Daemons = append(all.Daemons, entry)
	}
	return all, err
}

// aliveFor is how long after its last sign of life a daemon is taken to be there: it gives one every 30 s.
const aliveFor = 75 * time.Second

// alive are the daemons that share the ledger now.
func alive(ctx context.Context, st *store.Store) ([]ledger.Daemon, error) {
	daemons, err := st.Daemons(ctx)
	return living(daemons), err
}

func living(daemons []ledger.Daemon) (there []ledger.Daemon) {
	for _, d := range daemons {
		if d.Silent < aliveFor {
			there = append(there, d)
		}
	}
	return there
}

// lostOf are the daemons that died, or cannot reach the ledger: one that is stopped takes leave. One that was started since, and has all
// the jobs of one that is lost, stands in its place.
func lostOf(daemons []ledger.Daemon) (lost []ledger.Daemon) {
	there := living(daemons)
	for _, d := range daemons {
		replaced := slices.ContainsFunc(there, func(by ledger.Daemon) bool {
			for job := range d.Jobs {
				if !has(by, job) {
					return false
				}
			}
			return by.Started.After(d.Seen)
		})
		if d.Silent >= aliveFor && !replaced {
			lost = append(lost, d)
		}
	}
	return lost
}

// firstAfter is what a daemon was to start next, when it was last heard of; "" = nothing.
func (a *App) firstAfter(d *ledger.Daemon, pauses map[string]ledger.Pause) (job string, at time.Time) {
	for _, j := range a.Config.Jobs {
		if _, paused := pauses[j.Name]; paused || j.Schedule == nil || !has(*d, j.Name) {
			continue
		}
		if next := j.Schedule.Next(d.Seen); !next.IsZero() && (job == "" || next.Before(at)) {
			job, at = j.Name, next.In(j.Schedule.Location())
		}
	}
	return job, at
}

// Serving is how the daemons that share the ledger serve jobs.
type Serving struct {
	Unserved []string        // those that no daemon has
	Differs  []string        // those for which one has another configuration than this process
	Lost     []ledger.Daemon // which had some of them
}

// Serving is how some jobs are served now.
func (r Records) Serving(ctx context.Context, names []string) (s Serving, err error) {
	st, err := r.ledger(ctx)
	if err != nil {
		return s, err
	}
	all, err := st.Daemons(ctx)
	daemons := living(all)
	for _, d := range lostOf(all) {
		if slices.ContainsFunc(names, func(name string) bool { return has(d, name) }) {
			s.Lost = append(s.Lost, d)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(daemons, func(d ledger.Daemon) bool { return has(d, name) }) {
			s.Unserved = append(s.Unserved, name)
		}
		if r.app.otherwise(daemons, name) != nil {
			s.Differs = append(s.Differs, name)
		}
	}
	return s, err
}

func has(d ledger.Daemon, job string) bool { return d.Jobs[job] != "" }

// otherwise is a daemon that has another configuration for a job; nil = none of those that have it.
func (a *App) otherwise(daemons []ledger.Daemon, job string) *ledger.Daemon {
	for i := range daemons {
		if has(daemons[i], job) && daemons[i].Jobs[job] != a.Config.JobDigest(job) {
			return &daemons[i]
		}
	}
	return nil
}

// agenda is what the ledger knows of schedules.
type agenda struct {
	targets map[jobs.Target]int64 // of the dossiers that the ledger knows
	pairs   []ledger.Pair         // of all jobs with them
	armed   map[ledger.Pair]ledger.Armed
	last    map[ledger.Pair]ledger.Fire
	missed  map[ledger.Pair][]ledger.Fire
	pauses  map[string]ledger.Pause
}

// differs reports whether a daemon is configured otherwise than this command.
func (a *App) differs(d ledger.Daemon) bool {
	for _, j := range a.Config.Jobs {
		if digest, ok := d.Jobs[j.Name]; !ok || digest != a.Config.JobDigest(j.Name) {
			return true
		}
	}
	return false
}

// pairs are the jobs of the configuration, each with the targets of its dossiers that the ledger knows; targets has their numbers.
func (a *App) pairs(ctx context.Context, st *store.Store) (pairs []ledger.Pair, targets map[jobs.Target]int64, err error) {
	targets = map[jobs.Target]int64{}
	for i := range a.Config.Partners {
		p := &a.Config.Partners[i]
		known, _, err := st.TargetsAt(ctx, a.Target(p, config.Dossier{}))
		if err != nil {
			return nil, nil, err
		}
		ids := map[string]int64{}
		for _, t := range known {
			ids[t.Dossier] = t.ID
		}
		for _, d := range a.Config.AllDossiers {
			if id, ok := ids[d.Name]; ok {
				targets[a.Target(p, d)] = id
			}
		}
	}
	for _, j := range a.Config.Jobs {
		for _, d := range a.Config.Dossiers(j) {
			if id, ok := targets[a.Target(a.Config.PartnerOf(j), d)]; ok {
				pairs = append(pairs, ledger.Pair{Job: j.Name, TargetID: id})
			}
		}
	}
	return pairs, targets, nil
}

func (a *App) agenda(ctx context.Context, st *store.Store) (known agenda, err error) {
	known = agenda{missed: map[ledger.Pair][]ledger.Fire{}}
	if known.pairs, known.targets, err = a.pairs(ctx, st); err != nil {
		return known, err
	}
	var names []string
	for _, j := range a.Config.Jobs {
		names = append(names, j.Name)
	}
	if known.armed, err = st.Schedules(ctx, known.pairs); err != nil {
		return known, err
	}
	if known.last, err = st.LastFires(ctx, known.pairs); err != nil {
		return known, err
	}
	missed, err := st.MissedFires(ctx, names, shownMissed)
	if err != nil {
		return known, err
	}
	for _, f := range missed {
		known.missed[f.Pair] = append(known.missed[f.Pair], f)
	}
	known.pauses, err = pausesOf(ctx, st)
	return known, err
}

// pausesOf are the pauses, by the names of their jobs.
func pausesOf(ctx context.Context, st *store.Store) (map[string]ledger.Pause, error) {
	all, err := st.Pauses(ctx)
	paused := make(map[string]ledger.Pause, len(all))
	for _, p := range all {
		paused[p.Job] = p
	}
	return paused, err
}

func (a *App) scheduleEntry(j config.Job, known agenda, now time.Time) view.ScheduleEntry {
	entry := view.ScheduleEntry{Job: j.Name, Kind: j.Kind, Timezone: j.Timezone, Missed: string(j.Missed)}
	if j.Schedule != nil {
		entry.Schedule = j.Schedule.Spec()
		for fire := j.Schedule.Next(now); !fire.IsZero() && len(entry.Next) < shownFires; fire = j.Schedule.Next(fire) {
			entry.Next = append(entry.Next, fire.In(j.Schedule.Location()))
		}
	}
	if pause, ok := known.pauses[j.Name]; ok {
		entry.Paused = &pause
	}
	for _, d := range a.Config.Dossiers(j) {
		one := view.ScheduleDossier{Dossier: d.Name}
		if id, ok := known.targets[a.Target(a.Config.PartnerOf(j), d)]; ok {
			known.tell(&one, j, ledger.Pair{Job: j.Name, TargetID: id}, now)
		}
		entry.Dossiers = append(entry.Dossiers, one)
	}
	return entry
}

// tell adds what the ledger knows of a job and dossier.
func (known *agenda) tell(one *view.ScheduleDossier, j config.Job, pair ledger.Pair, now time.Time) {
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
