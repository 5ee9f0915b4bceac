package monitor

import (
	"context"
	"errors"
	stdlog "log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/hinted"
	"syncd/internal/loopback"
)

const (
	readTimeout  = 5 * time.Second
	writeTimeout = 2 * ledgerTimeout // one reading of the ledger, perhaps after waiting for another
	idleTimeout  = 2 * time.Minute   // above the usual intervals of scrapes
	endTimeout   = writeTimeout      // for answers under way when ctx ends
)

// Serve answers on listener until ctx ends, then lets what is under way finish. It closes listener. Its error is nil
// after an end that was asked for. Web pages are refused, and so is who asks for another host than this machine or hosts.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, hosts func() []string, log zerolog.Logger) error {
	server := &http.Server{
		Handler:           loopback.Guard(handler, hosts),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          stdlog.New(warnings{log}, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return hinted.While("serving monitoring", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	err := server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close() // whoever still reads has been waited for
	}
	if last := <-served; err == nil && !errors.Is(last, http.ErrServerClosed) {
		err = last
	}
	if err != nil {
		return hinted.While("ending monitoring", err)
	}
	return nil
}

// warnings turns what net/http logs into our events.
type warnings struct{ log zerolog.Logger }

func (w warnings) Write(text []byte) (int, error) {
	w.log.Warn().Str("problem", strings.TrimSpace(string(text))).Msg("monitoring server")
	return len(text), nil
}
