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
	"syncd/internal/resident"
	"syncd/internal/terminal"
)

func newDaemon(p process) *cobra.Command {
	return p.service("daemon", func(ctx context.Context, read readConfig, door app.Door) error {
		return app.NewService(door, read, onHangup(ctx)).Run(ctx)
	})
}

// readConfig reads the configuration, at the start and again whenever a service is told to.
type readConfig = func() (*config.Config, error)

// service is a command that goes on until it is stopped, and logs what happens.
func (p process) service(name string, run func(context.Context, readConfig, app.Door) error) *cobra.Command {
	return plain(name, nothing, func(cmd *cobra.Command, _ []string) error {
		if p.flags.logLevel == "" && p.Getenv("SYNCD_LOG_LEVEL") == "" {
			p.flags.logLevel = "info"
		}
		read := func() (*config.Config, error) {
			return partner.LoadConfig(configPath(p.flags.config, p.Getenv), p.Getenv)
		}
		log, err := p.logger(logForm(read))
		if err != nil {
			return err
		}
		ctx, end := context.WithCancel(cmd.Context())
		defer end()
		go resident.KeepLean(ctx)
		return run(ctx, read, app.Door{Version: version, Getenv: p.Getenv, Log: log, Stop: p.Stop, InWords: p.inWords})
	})
}

// logForm is what a configuration says of the log. What is wrong with one, the service tells.
func logForm(read readConfig) terminal.Form {
	c, err := read()
	if err != nil {
		return ""
	}
	return terminal.Form(c.Daemon.Log)
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
