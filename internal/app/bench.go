package app

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/daemon"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/jobs/push"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

const (
	// daemonRetryFor is how long a daemon tries one call of an absent API: waiting longer happens in the queue.
	daemonRetryFor = 30 * time.Second
	// The pauses of a run that waits in the queue for something that is away.
	firstPause = 30 * time.Second
	mostPause  = 10 * time.Minute
)

// load reads configuration and secrets, and makes of them what a daemon executes. Whatever is wrong is found here.
func (s *Service) load() (*daemon.Setup, error) {
	c, err := s.read()
	if err != nil {
		return nil, s.door.inWords(err)
	}
	a := New(c, s.door)
	setup, err := s.setup(a)
	if err != nil {
		a.Close()
		return nil, s.door.inWords(err)
	}
	if former := s.current.Load(); former != nil && former.Daemon.Listen != a.Config.Daemon.Listen {
		s.door.Log.Warn().Msg("daemon.listen has changed: monitoring moves there at the next start (systemctl restart syncd)")
	}
	s.current.Store(c)
	return setup, nil
}

func (s *Service) setup(a *App) (*daemon.Setup, error) {
	c := a.Config
	if err := s.sameLedger(c); err != nil {
		return nil, err
	}
	for _, w := range c.Warnings {
		s.door.Log.Warn().Str("problem", s.door.inWords(&strict.Error{Problems: []strict.Problem{w}}).Error()).Msg("configuration")
	}
	b, err := s.bench(a)
	if err != nil {
		return nil, err
	}
	setup := &daemon.Setup{MaxRuns: c.Daemon.MaxRuns, Expires: map[string]time.Duration{}, Retry: c.Daemon.ResumeFailed,
		RetryWithin: c.Daemon.ResumeWithin, Purge: c.Retention.Schedule, PurgeNow: func() { s.purging.Go(func() { s.purge(a) }) },
		Closed: c.Daemon.ClosedDays, Grace: c.Daemon.Grace, Digest: c.Digest(), Close: a.Close}
	for _, job := range c.Jobs {
		setup.Expires[job.Name] = job.HoldExpires
		made, err := b.job(job)
		if err != nil {
			return nil, err
		}
		setup.Jobs = append(setup.Jobs, made)
	}
	return setup, nil
}

// ledgerIdentity is what only a new start can change.
type ledgerIdentity struct{ url, key string }

// sameLedger refuses what a reload cannot follow. What stood at the start is kept: the file of a reference may change.
func (s *Service) sameLedger(c *config.Config) error {
	url, err := c.Database.URL.Read()
	if err != nil {
		return err
	}
	key, err := c.LedgerKey()
	if err != nil {
		return err
	}
	now := ledgerIdentity{url, string(key)}
	if s.ledger != nil && now != s.began {
		return hinted.Because(nil, "database.reload")
	}
	s.began = now
	return nil
}

// bench is where the runs of one configuration are executed.
type bench struct {
	*App
	service  *Service
	shared   map[string]*shared // by partner
	staging  *store.Staging
	contract func() jobs.Contracts // made when the first run wants it: the ledger is not open before
	keys     map[string]string     // of the dossiers, by name
	feeds    map[jobs.Target]jobs.Feed
}

func (s *Service) bench(a *App) (*bench, error) {
	apis := map[string]*shared{}
	for i := range a.Config.Partners {
		p := &a.Config.Partners[i]
		if p.Pull != nil && !slices.ContainsFunc(a.Config.Jobs, func(j config.Job) bool { return j.Partner == p.Name }) {
			continue // no job reads it: what it would need, and perhaps is not there yet, keeps nothing else from working
		}
		var err error
		if apis[p.Name], err = s.connect(a, p); err != nil {
			return nil, err
		}
	}
	staging, err := a.staging()
	if err != nil {
		return nil, err
	}
	b := &bench{App: a, service: s, shared: apis, staging: staging, keys: map[string]string{}, feeds: map[jobs.Target]jobs.Feed{}}
	if p := a.Config.Documents(); p != nil {
		b.contract = sync.OnceValue(func() jobs.Contracts { return asPort(a.keeper(p, s.ledger, apis[p.Name].client.documents)) })
	}
	return b, b.open()
}

// open reads what dossiers show the partners that jobs speak to for them.
func (b *bench) open() (err error) {
	for _, d := range b.Config.AllDossiers {
		if !d.Key.IsZero() {
			if b.keys[d.Name], err = d.Key.Read(); err != nil {
				return err
			}
		}
	}
	for _, j := range b.Config.Jobs {
		if !j.Kind.Fetches() {
			continue
		}
		p := b.Config.PartnerOf(j)
		for _, d := range b.Config.Dossiers(j) {
			at := b.Target(p, d)
			if b.feeds[at] != nil {
				continue
			}
			if b.feeds[at], err = b.feed(b.shared[p.Name].client, p, d, func() *store.Store { return b.service.ledger }); err != nil {
				return err
			}
		}
	}
	return nil
}

// shared is the connection to the API of a partner that all runs use, and what they may do side by side. A reload that changes nothing of
// it keeps it, with its limits: what the partner is to bear is for all runs of a process.
type shared struct {
	partner config.Partner // without secrets
	secrets []string       // their values
	runs    int
	client  *client
	places  *jobs.Places
	users   atomic.Int32
}

func (s *shared) release() {
	if s.users.Add(-1) == 0 {
		s.client.close()
	}
}

// connect gives the connection that there is, or a new one where the configuration asks for another.
func (s *Service) connect(a *App, p *config.Partner) (*shared, error) {
	secrets, err := p.ReadSecrets()
	if err != nil {
		return nil, err
	}
	// Runs of one dossier exclude each other: more places than dossiers would lie idle.
	runs := min(a.Config.Daemon.MaxRuns, len(a.Config.AllDossiers))
	asked := &shared{partner: p.WithoutSecrets(), secrets: secrets, runs: runs, places: jobs.NewPlaces(p.MaxInFlight, runs)}
	used := s.apis[p.Name]
	if used == nil || used.users.Load() == 0 || !used.serves(asked) {
		if asked.client, err = a.dial(p, dialing{min(daemonRetryFor, p.RetryFor), p.LimitsOfLedger, runs}); err != nil {
			return nil, err
		}
		used, s.apis[p.Name] = asked, asked
	}
	used.users.Add(1)
	a.onClose(used.release)
	return used, nil
}

func (s *shared) serves(asked *shared) bool {
	return s.runs == asked.runs && slices.Equal(s.secrets, asked.secrets) && reflect.DeepEqual(s.partner, asked.partner)
}

// job is a configured job as a daemon executes it.
func (b *bench) job(j config.Job) (*daemon.Job, error) {
	p := b.Config.PartnerOf(j)
	made := &daemon.Job{Name: j.Name, Kind: j.Kind, Schedule: j.Schedule, Missed: j.Missed, Window: j.MissedWindow, PeriodIn: j.PeriodIn,
		Digest: b.Config.JobDigest(j.Name), Ping: ping(j),
		Request: jobs.NewRun{Job: j.Name, Kind: j.Kind, Scope: p.Documents.Scope,
			Digests: jobs.Digests{Config: b.Config.Digest()}}}
	for _, d := range b.Config.Dossiers(j) {
		made.Targets = append(made.Targets, b.Target(p, d))
	}
	works := map[string]work{} // by dossier
	for _, d := range b.Config.Dossiers(j) {
		w, err := workOf(b.Config, j.Name, j.Kind, d.Name)
		if err != nil {
			return nil, err
		}
		works[d.Name], made.Resumption = w, w.resumption
	}
	made.Execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
		return works[run.Target.Dossier].execute(ctx, b.runner(j, run, stop), run)
	}
	return made, nil
}

func (b *bench) runner(j config.Job, run *jobs.Run, stop <-chan struct{}) *jobs.Runner {
	d, err := b.Config.Dossier(run.Target.Dossier)
	if err != nil {
		panic("a claimed run of a dossier that is not configured: " + err.Error())
	}
	p := b.Config.PartnerOf(j)
	api := b.shared[p.Name]
	r := &jobs.Runner{Ledger: b.service.ledger, Siret: d.Siret, Progress: jobs.Silent{}, Log: b.door.Log, Stop: stop, Places: api.places,
		Patience: &jobs.Patience{Deadline: j.Deadline, Pause: firstPause, MaxPause: mostPause}}
	if j.Kind.Fetches() {
		reads(r, b.feeds[b.Target(p, d)], b.service.ledger)
		return r
	}
	r.Plan, r.Send, r.Staging, r.API = plan.Make, push.ToEnd, b.staging, api.client.documents.Dossier(b.keys[d.Name])
	r.Contracts, r.Forecasts = b.contract(), b.forecasts(d.Name)
	return r
}

// ping tells the URL of an event of a job. It is read when it is needed, for it may be a secret.
func ping(j config.Job) func(event string) (string, error) {
	if j.Ping.Started.IsZero() && j.Ping.Done.IsZero() && j.Ping.Failed.IsZero() {
		return nil
	}
	urls := map[string]config.PingURL{ledger.PingStarted: j.Ping.Started, ledger.PingDone: j.Ping.Done, ledger.PingFailed: j.Ping.Failed}
	return func(event string) (string, error) { return urls[event].Read() }
}
