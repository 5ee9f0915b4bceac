package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/jobs"
	"syncd/internal/restapi"
	"syncd/internal/store"
)

const (
	// daemonRetryFor is how long a daemon tries one call of an absent API: waiting longer happens in the queue.
	daemonRetryFor = 30 * time.Second
	// The pauses of a run that waits in the queue for something that is away.
	firstPause = 30 * time.Second
	mostPause  = 10 * time.Minute
)

// configured is the configuration in force, for those who look on from other goroutines.
type configured struct{ p atomic.Pointer[config.Config] }

func (c *configured) get() *config.Config { return c.p.Load() }

// load reads configuration and secrets, and makes of them what a daemon executes. Whatever is wrong is found here.
func (s *service) load() (*daemon.Setup, error) {
	a, err := s.open(s.flags)
	if err != nil {
		return nil, err
	}
	// Runs of one dossier exclude each other: more slots than dossiers would lie idle.
	a.runs = min(a.config.Daemon.MaxRuns, len(a.config.AllDossiers))
	setup, err := s.setup(a)
	if err != nil {
		a.close()
		return nil, err
	}
	s.current.p.Store(a.config)
	return setup, nil
}

func (s *service) setup(a *app) (*daemon.Setup, error) {
	c := a.config
	if err := s.sameLedger(c); err != nil {
		return nil, err
	}
	for _, w := range c.Warnings {
		s.log.Warn().Str("problem", w.String()).Msg("configuration")
	}
	b, err := s.bench(a)
	if err != nil {
		return nil, err
	}
	setup := &daemon.Setup{MaxRuns: c.Daemon.MaxRuns, Retry: c.Daemon.ResumeFailed, RetryWithin: c.Daemon.ResumeWithin,
		Purge: c.Retention.Schedule, PurgeNow: func() { s.purging.Go(func() { s.purge(c) }) },
		Closed: c.Daemon.ClosedDays, Grace: c.Daemon.Grace, Digest: c.Digest(), Close: a.close}
	for _, job := range c.Jobs {
		made, err := b.job(job)
		if err != nil {
			return nil, err
		}
		setup.Jobs = append(setup.Jobs, made)
	}
	return setup, nil
}

// sameLedger refuses what only a new start can change.
func (s *service) sameLedger(c *config.Config) error {
	url, err := c.Database.URL.Read()
	if err != nil {
		return err
	}
	key, err := c.LedgerKey()
	if err != nil {
		return err
	}
	former := s.current.get()
	if former == nil {
		return nil
	}
	formerURL, errURL := former.Database.URL.Read()
	formerKey, errKey := former.LedgerKey()
	if errors.Join(errURL, errKey) == nil && (url != formerURL || string(key) != string(formerKey)) {
		return errors.New("database.url or database.ledger_key has changed, which a reload cannot follow\nhint: systemctl restart syncd")
	}
	return nil
}

// bench is where the runs of one configuration are executed.
type bench struct {
	*app
	service    *service
	connection *restapi.Connection
	staging    *store.Staging
	keys       map[string]string // of the dossiers, by name
}

func (s *service) bench(a *app) (*bench, error) {
	a.observe = func(c restapi.Call) { s.metrics.Call(c.Endpoint, c.Outcome, c.Duration) }
	connection, err := a.connection(min(daemonRetryFor, a.config.Isidoor.RetryFor))
	if err != nil {
		return nil, err
	}
	staging, err := a.staging()
	if err != nil {
		return nil, err
	}
	b := &bench{app: a, service: s, connection: connection, staging: staging, keys: map[string]string{}}
	for _, d := range a.config.AllDossiers {
		if b.keys[d.Name], err = d.Key.Read(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// job is a configured job as a daemon executes it.
func (b *bench) job(j config.Job) (*daemon.Job, error) {
	made := &daemon.Job{Name: j.Name, Kind: j.Kind, Schedule: j.Schedule, Missed: j.Missed, Window: j.MissedWindow, PeriodAt: j.PeriodAt,
		Digest: b.config.JobDigest(j.Name), Ping: b.ping(j),
		Request: jobs.NewRun{Job: j.Name, Kind: j.Kind, Scope: b.config.Isidoor.Salarie.Scope,
			Digests: jobs.Digests{Config: b.config.Digest()}}}
	for _, d := range b.config.Dossiers(j) {
		made.Targets = append(made.Targets, b.target(d))
	}
	if j.Kind == jobs.PullDictionnaire {
		pull, err := b.config.PullJob(j.Name)
		made.Resumption = pull.Resumption()
		made.Execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			return b.runner(j, run, stop).ExecutePull(ctx, &pull, run)
		}
		return made, err
	}
	push, err := b.config.PushJob(j.Name)
	push.MaxInFlight = b.lanes(j)
	made.Resumption = push.Resumption()
	made.Execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
		return b.runner(j, run, stop).ExecutePush(ctx, &push, run)
	}
	return made, err
}

// lanes is how many documents of one run are on their way at once: runs that are executed together share what the
// partner is to bear, and so what a dead process may repeat.
func (b *bench) lanes(j config.Job) int {
	together := max(1, min(b.config.Daemon.MaxRuns, len(b.config.Dossiers(j))))
	return max(1, b.config.Isidoor.MaxInFlight/together)
}

func (b *bench) runner(j config.Job, run *jobs.Run, stop <-chan struct{}) *jobs.Runner {
	var siret string
	if d, err := b.config.Dossier(run.Target.Dossier); err == nil { // a claimed run is of a configured dossier
		siret = d.Siret
	}
	return &jobs.Runner{Ledger: b.service.ledger, Staging: b.staging, API: b.connection.Dossier(b.keys[run.Target.Dossier]), Siret: siret,
		Progress: silent{}, Log: b.log, Stop: stop,
		Patience: &jobs.Patience{Deadline: j.Deadline, Pause: firstPause, MaxPause: mostPause}}
}

// ping tells the URL of an event of a job. It is read when it is needed, for it may be a secret.
func (b *bench) ping(j config.Job) func(event string) string {
	urls := map[string]config.PingURL{"started": j.Ping.Started, "done": j.Ping.Done, "failed": j.Ping.Failed}
	return func(event string) string {
		url, err := urls[event].Read()
		if err != nil {
			b.log.Warn().Str("job", j.Name).Str("event", event).Msg("the URL to ping cannot be read")
		}
		return url
	}
}

// silent is the progress that nobody watches.
type silent struct{}

func (silent) Planning(int)          {}
func (silent) Pushing(int, int)      {}
func (silent) Waiting(time.Duration) {}

// statistics is what monitoring asks: the ledger knows the runs, the configuration what is due.
type statistics struct{ s *service }

func (s statistics) Statistics(ctx context.Context) (jobs.Statistics, error) {
	c := s.s.current.get()
	all, err := s.s.ledger.Statistics(ctx, c.Isidoor.Environment, c.Isidoor.BaseURL)
	if err != nil {
		return all, err
	}
	type pair struct{ job, dossier string }
	known := map[pair]jobs.DossierStatistics{}
	for _, d := range all.Dossiers {
		known[pair{d.Job, d.Dossier}] = d
	}
	all.Dossiers = nil
	now := time.Now()
	for _, j := range c.Jobs {
		for _, d := range c.Dossiers(j) {
			one := known[pair{j.Name, d.Name}]
			one.Job, one.Dossier = j.Name, d.Name
			if j.Schedule != nil {
				one.Next = j.Schedule.Next(now)
			}
			all.Dossiers = append(all.Dossiers, one)
		}
	}
	return all, nil
}
