package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/partner"
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
			log, err := p.logger(flags.logLevel)
			if err != nil {
				return err
			}
			ctx, end := context.WithCancel(cmd.Context())
			defer end()
			read := func() (*config.Config, error) { return partner.LoadConfig(flags.configPath(p.Getenv), p.Getenv) }
			return app.NewService(app.Door{Version: version, Getenv: p.Getenv, Log: log, Stop: p.Stop}, read, onHangup(ctx)).Run(ctx)
		},
	}
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
