package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/sdnotify"
	"syncd/internal/web"
)

func newWeb(p process) *cobra.Command {
	return p.service("web", func(ctx context.Context, read readConfig, door app.Door) error {
		ctx, end := context.WithCancel(ctx)
		defer end()
		go func() {
			select {
			case <-p.Stop:
				end()
			case <-ctx.Done():
			}
		}()
		door.Page = true
		return p.serveWeb(ctx, read, door)
	})
}

// serveWeb answers the operators' page until the context ends, and reads the configuration again when it is told to.
func (p process) serveWeb(ctx context.Context, read readConfig, door app.Door) error {
	c, err := readWeb(read)
	if err != nil {
		return err
	}
	listener, err := web.Listen(ctx, c)
	if err != nil {
		return err
	}
	server := web.New(app.New(c, door), door.Log, p.Getenv)
	defer server.Close()
	notify := sdnotify.New(p.Getenv)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	door.Log.Info().Str("version", version).Str("listen", c.Web.Listen).Str("url", c.Web.PublicURL).Msg("the page is served")
	_ = notify.Ready()
	opened := make(chan struct{})
	go func() { defer close(opened); server.KeepOpening(ctx, time.Second) }()
	defer func() { <-opened }()
	hangup := onHangup(ctx)
	for {
		select {
		case err := <-served:
			return err
		case <-hangup:
			again, err := readWeb(read)
			if err != nil {
				door.Log.Error().Str("trouble", p.inWords(err).Error()).Msg("the new configuration is refused: the former one stays in force")
				continue
			}
			server.Reload(app.New(again, door))
			door.Log.Info().Str("config", again.Digest()).Msg("the configuration was read again")
		}
	}
}

// readWeb reads a configuration that has a page.
func readWeb(read readConfig) (*config.Config, error) {
	c, err := read()
	if err == nil && c.Web.IsZero() {
		err = misconfigured{hinted.Because(nil, "account.no-page")}
	}
	return c, err
}
