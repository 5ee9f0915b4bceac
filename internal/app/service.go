package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/monitor"
	"syncd/internal/sdnotify"
	"syncd/internal/store"
)

// Service is the daemon with all that it stands on.
type Service struct {
	door    Door
	read    func() (*config.Config, error)
	reload  <-chan struct{}
	notify  *sdnotify.Notifier
	health  *monitor.Health
	metrics *monitor.Metrics
	current atomic.Pointer[config.Config] // in force, for those who look on from other goroutines; nil = none was read yet
	ledger  *store.Store
	lasting context.Context // of what goes on beside the runs
	purging sync.WaitGroup
	began   ledgerIdentity     // of the ledger
	trouble string             // why the ledger cannot be opened, as told last
	apis    map[string]*shared // by partner
}

// NewService prepares a daemon. read reads the configuration, at the start and whenever reload tells.
func NewService(d Door, read func() (*config.Config, error), reload <-chan struct{}) *Service {
	s := &Service{door: d, read: read, reload: reload, notify: sdnotify.New(d.Getenv), health: monitor.NewHealth(time.Now),
		apis: map[string]*shared{}}
	s.metrics = monitor.NewMetrics(d.Version, s.health)
	s.door.Observe = func(c httpcall.Attempt) { s.metrics.Call(c.Endpoint, c.Outcome, c.Duration) }
	return s
}

// Run goes on until it is stopped. An error is one that waiting does not heal: the exit code tells systemd not to try
// again.
func (s *Service) Run(ctx context.Context) error {
	setup, err := s.load()
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	serving := s.serve(ctx)
	defer func() { end(); <-serving }()
	alerts := s.newAlerting()
	alerting := make(chan struct{})
	go func() {
		defer close(alerting)
		alerts.run(ctx)
	}()
	defer func() { end(); <-alerting }()
	if s.ledger, err = s.openLedger(ctx, &setup); err != nil || s.ledger == nil {
		return err
	}
	defer s.ledger.Close()
	alerts.ledger.Store(s.ledger)
	s.lasting = ctx
	defer func() { end(); s.purging.Wait(); <-alerting }() // they use the ledger
	s.metrics.SetLedger(statistics{s})
	if err := s.ledger.Notice(ctx); err != nil { // nothing starts by itself in a ledger that may not know what was sent
		return err
	}
	d := &daemon.Daemon{ID: store.RandomID(), Ledger: s.ledger, Load: s.load, Now: time.Now, Up: uptime, Reload: s.reload,
		Stop: s.door.Stop, Log: s.door.Log, Notify: s.notify, Health: s.health, Metrics: s.metrics, Pinger: monitor.NewPinger(s.door.Log)}
	s.door.Log.Info().Str("version", s.door.Version).Str("config", setup.Digest).Int("jobs", len(setup.Jobs)).Msg("daemon started")
	_ = s.notify.Ready()
	return d.Run(ctx, setup)
}

// uptime is how long ago the machine booted: unlike Go's monotonic clock this one goes on while it sleeps.
func uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Since(started)
	}
	return time.Duration(t.Nano())
}

var started = time.Now()

// listenAgain is how long a monitoring address that is taken is left alone.
const listenAgain = 15 * time.Second

// serve answers monitoring, while there is an address to listen on. One that another program holds is waited for:
// nobody is paid late because monitoring cannot be reached.
func (s *Service) serve(ctx context.Context) (done <-chan struct{}) {
	over := make(chan struct{})
	address := s.current.Load().Daemon.Listen
	go func() {
		defer close(over)
		for told := false; address != "" && ctx.Err() == nil; told = true {
			listener, err := monitor.Listen(ctx, address)
			if err == nil {
				err = monitor.Serve(ctx, listener, monitor.Handler(s.health, s.metrics), func() []string { return s.current.Load().Daemon.Hosts },
					s.door.Log)
			}
			if err != nil && !told {
				s.door.Log.Error().Str("trouble", err.Error()).Msg("monitoring is not served: trying again")
			}
			select {
			case <-ctx.Done():
			case <-time.After(listenAgain):
			}
		}
	}()
	return over
}

// openLedger waits for the database, for as long as it takes: on a machine that boots it may come later, and a refusal may
// be corrected on either side, so a reload is heard. It returns nil when a person stops it before that.
func (s *Service) openLedger(ctx context.Context, setup **daemon.Setup) (*store.Store, error) {
	pause := time.Second
	for {
		st, err := s.tryLedger(ctx)
		if err == nil {
			return st, nil
		}
		if !errors.Is(err, jobs.ErrUnreachable) && !errors.Is(err, jobs.ErrRefused) {
			return nil, err
		}
		s.tellWaiting(err)
		select {
		case <-s.door.Stop:
			return nil, nil
		case <-s.reload:
			if again, err := s.load(); err != nil {
				s.door.Log.Error().Str("trouble", err.Error()).Msg("the new configuration is refused: the former one stays in force")
			} else {
				(*setup).Close()
				*setup = again
			}
		case <-time.After(pause):
			pause = min(2*pause, 15*time.Second)
		}
	}
}

// tellWaiting says that there is no database yet. systemd need not wait for it.
func (s *Service) tellWaiting(err error) {
	why, _, _ := strings.Cut(err.Error(), "\n")
	if why != s.trouble {
		s.door.Log.Error().Str("trouble", why).Msg("not ready: trying again until it passes")
	}
	s.trouble = why
	s.health.SetReady(false, why)
	s.health.Turned(time.Now())
	_ = s.notify.Ready()
	_ = s.notify.Status("not ready: " + why)
	_ = s.notify.Watchdog()
}

// tryLedger opens the ledger, and brings one of an older version up to date: an upgrade needs nobody.
func (s *Service) tryLedger(ctx context.Context) (*store.Store, error) {
	c := s.current.Load()
	door := s.door
	door.Marked = s.metrics.SetWatermark
	open := func() (*store.Store, error) { // it is closed with the service, not with this configuration
		return New(c, door).ledgerFor(ctx, c.Daemon.MaxRuns)
	}
	st, err := open()
	var behind *store.MigrationError
	if !errors.As(err, &behind) || behind.Have == 0 || behind.Have > behind.Want {
		return st, err
	}
	from, to, err := New(c, door).Upkeep().Migrate(ctx)
	if err != nil {
		return nil, err
	}
	s.door.Log.Info().Int64("from", from).Int64("to", to).Msg("the ledger was migrated")
	return open()
}

// purgeTimeout bounds a purge of the daemon. What it does not manage one day it does the next.
const purgeTimeout = 10 * time.Minute

// purge is what the daemon does of it, beside its runs.
func (s *Service) purge(a *App) {
	ctx, cancel := context.WithTimeout(s.lasting, purgeTimeout)
	defer cancel()
	purged, err := s.ledger.Purge(ctx, a.purgeOrder())
	var held *store.PurgeHeldError
	switch {
	case errors.As(err, &held):
		s.door.Log.Error().Str("reason", hinted.FirstLine(held.Error())).Msg("what is past its time waits for a person: syncd purge")
		return
	case err != nil:
		s.door.Log.Warn().Str("trouble", err.Error()).Msg("what is past its time was not purged")
		return
	}
	s.door.Log.Info().Int64("diffs", purged.Diffs).Int64("items", purged.Items).Int64("runs", purged.Runs).Int64("fires",
		purged.Fires).Int64("documents", purged.Documents).
		Msg("purged what was past its time")
}

// failing are the recipients of alerts, and whether what tells them fails; nil = there are none.
func (s statistics) failing(ctx context.Context, c *config.Config) (failing map[string]bool, err error) {
	told, err := recipients(ctx, c, s.s.ledger)
	if err != nil || len(told) == 0 {
		return nil, err
	}
	ways, err := channels(ctx, s.s.ledger, told)
	if err != nil {
		return nil, err
	}
	failing = make(map[string]bool, len(ways))
	for i := range ways {
		failing[ways[i].Name] = ways[i].Failing
	}
	return failing, nil
}

// statistics is what monitoring asks: the ledger knows the runs, the configuration what is due.
type statistics struct{ s *Service }

func (s statistics) Statistics(ctx context.Context) (ledger.Statistics, error) {
	c := s.s.current.Load()
	type pair struct{ job, dossier string }
	known := map[pair]ledger.DossierStatistics{}
	var names, reading []string
	for _, j := range c.Jobs {
		if names = append(names, j.Name); j.Kind.Fetches() {
			reading = append(reading, j.Name)
		}
	}
	var all ledger.Statistics // all but dossiers is of the ledger, whoever the partner is
	for _, p := range c.Partners {
		var err error
		if all, err = s.s.ledger.Statistics(ctx, names, reading, p.Environment, p.BaseURL); err != nil {
			return all, err
		}
		for _, d := range all.Dossiers {
			known[pair{d.Job, d.Dossier}] = d
		}
	}
	var err error
	if all.Failing, err = s.failing(ctx, c); err != nil {
		return all, err
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
			if j.Kind.Fetches() {
				one.PasswordSet = c.PartnerOf(j).PasswordSet(&d)
			}
			all.Dossiers = append(all.Dossiers, one)
		}
	}
	return all, nil
}
