package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"syncd/internal/daemon"
	"syncd/internal/jobs"
	"syncd/internal/monitor"
	"syncd/internal/sdnotify"
	"syncd/internal/store"
)

func newDaemon(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "daemon",
		Short: "Execute jobs when they are due, for as long as it runs",
		Long: `Execute jobs when they are due: on their schedule, what a power cut made them miss, what was
queued by hand, and what other processes left unfinished. Any number of daemons may share a
ledger. systemd starts it as syncd.service; 'syncd schedule' tells what comes next.

SIGHUP reads configuration and secrets again, and keeps the former ones when the new are
wrong. (Credentials that systemd hands over are copies made at start: a new one takes
'systemctl restart', which hands runs back and goes on with them.) SIGTERM finishes what is
on its way, and hands back the rest.`,
		Example: `  systemctl enable --now syncd
  syncd daemon --config /etc/syncd/config.toml
  curl http://127.0.0.1:9464/readyz`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.logLevel == "" && p.Getenv("SYNCD_LOG_LEVEL") == "" {
				flags.logLevel = "info"
			}
			s, err := p.newService(flags)
			if err != nil {
				return err
			}
			return s.run(cmd.Context())
		},
	}
}

// service is the daemon with all that it stands on.
type service struct {
	process
	flags   *globalFlags
	log     zerolog.Logger
	notify  *sdnotify.Notifier
	health  *monitor.Health
	metrics *monitor.Metrics
	current *configured // of the last load
	ledger  *store.Store
	lasting context.Context // of what goes on beside the runs
	purging sync.WaitGroup
	began   ledgerIdentity // of the ledger
	trouble string         // why the ledger cannot be opened, as told last
	api     *shared
}

func (p process) newService(flags *globalFlags) (*service, error) {
	log, err := p.logger(flags.logLevel)
	if err != nil {
		return nil, err
	}
	s := &service{process: p, flags: flags, log: log, notify: sdnotify.New(p.Getenv), health: monitor.NewHealth(time.Now), current: &configured{}}
	s.metrics = monitor.NewMetrics(version, s.health)
	return s, nil
}

// run goes on until it is stopped. An error is one that waiting does not heal: the exit code tells systemd not to try
// again.
func (s *service) run(ctx context.Context) error {
	setup, err := s.load()
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	serving := s.serve(ctx)
	defer func() { end(); <-serving }()
	reload := onHangup(ctx)
	if s.ledger, err = s.openLedger(ctx, reload, &setup); err != nil || s.ledger == nil {
		return err
	}
	defer s.ledger.Close()
	s.lasting = ctx
	defer func() { end(); s.purging.Wait() }()
	s.metrics.SetLedger(statistics{s})
	if err := s.ledger.Notice(ctx); err != nil { // nothing starts by itself in a ledger that may not know what was sent
		return err
	}
	d := &daemon.Daemon{ID: store.RandomID(), Ledger: s.ledger, Load: s.load, Now: time.Now, Up: uptime, Reload: reload, Stop: s.Stop, Log: s.log,
		Notify: s.notify, Health: s.health, Metrics: s.metrics, Pinger: monitor.NewPinger(s.log)}
	s.log.Info().Str("version", version).Str("config", setup.Digest).Int("jobs", len(setup.Jobs)).Msg("daemon started")
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
func (s *service) serve(ctx context.Context) (done <-chan struct{}) {
	over := make(chan struct{})
	address := s.current.get().Daemon.Listen
	go func() {
		defer close(over)
		for told := false; address != "" && ctx.Err() == nil; told = true {
			listener, err := monitor.Listen(ctx, address)
			if err == nil {
				err = monitor.Serve(ctx, listener, monitor.Handler(s.health, s.metrics), func() []string { return s.current.get().Daemon.Hosts }, s.log)
			}
			if err != nil && !told {
				s.log.Error().Str("trouble", err.Error()).Msg("monitoring is not served: trying again")
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
func (s *service) openLedger(ctx context.Context, reload <-chan struct{}, setup **daemon.Setup) (*store.Store, error) {
	pause := time.Second
	for {
		ledger, err := s.tryLedger(ctx)
		if err == nil {
			return ledger, nil
		}
		if !errors.Is(err, jobs.ErrUnreachable) && !errors.Is(err, jobs.ErrRefused) {
			return nil, err
		}
		s.tellWaiting(err)
		select {
		case <-s.Stop:
			return nil, nil
		case <-reload:
			if again, err := s.load(); err != nil {
				s.log.Error().Str("trouble", err.Error()).Msg("the new configuration is refused: the former one stays in force")
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
func (s *service) tellWaiting(err error) {
	why, _, _ := strings.Cut(err.Error(), "\n")
	if why != s.trouble {
		s.log.Error().Str("trouble", why).Msg("not ready: trying again until it passes")
	}
	s.trouble = why
	s.health.SetReady(false, why)
	s.health.Turned(time.Now())
	_ = s.notify.Ready()
	_ = s.notify.Status("not ready: " + why)
	_ = s.notify.Watchdog()
}

// tryLedger opens the ledger, and brings one of an older version up to date: an upgrade needs nobody.
func (s *service) tryLedger(ctx context.Context) (*store.Store, error) {
	c := s.current.get()
	a := &app{process: s.process, flags: s.flags, log: s.log, config: c, runs: c.Daemon.MaxRuns, marked: s.metrics.SetWatermark}
	ledger, err := a.ledger(ctx)
	var behind *store.MigrationError
	if !errors.As(err, &behind) || behind.Have == 0 || behind.Have > behind.Want {
		return ledger, err
	}
	url, err := c.Database.URL.Read()
	if err != nil {
		return nil, err
	}
	from, to, err := store.Migrate(ctx, url)
	if err != nil {
		return nil, err
	}
	s.log.Info().Int64("from", from).Int64("to", to).Msg("the ledger was migrated")
	return a.ledger(ctx)
}

// onHangup tells of each SIGHUP.
func onHangup(ctx context.Context) <-chan struct{} {
	reload := make(chan struct{}, 1)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
				select {
				case reload <- struct{}{}:
				default: // one is due already
				}
			}
		}
	}()
	return reload
}
