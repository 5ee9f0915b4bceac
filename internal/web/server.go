package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/monitor"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

const (
	mostBody      = 64 << 10
	mostHeader    = 16 << 10
	patience      = 5 * time.Second // of one request: Postgres that is away is told before six seconds are over
	headerTimeout = 5 * time.Second
	bodyTimeout   = 15 * time.Second
	answerTimeout = 30 * time.Second
	idleTimeout   = 90 * time.Second
	stopTimeout   = 10 * time.Second
)

// Server answers the operators' page.
type Server struct {
	log    zerolog.Logger
	getenv func(string) string
	now    func() time.Time
	routes []route

	awayTold   atomic.Int64 // when the journal was last told that the database is away, in seconds of Unix
	unbelieved sync.Once    // who forwards addresses without being known as a proxy is told of once

	current sync.RWMutex // held by each request while it stands on app
	app     *app.App
}

// New makes a Server on the product as it is configured now. Close it.
func New(a *app.App, log zerolog.Logger, getenv func(string) string) *Server {
	s := &Server{log: log, getenv: getenv, now: time.Now, app: a}
	s.routes = routes()
	return s
}

// Reload lets a server stand on another configuration, once those are answered who ask by the former one.
func (s *Server) Reload(a *app.App) {
	s.current.Lock()
	former := s.app
	s.app = a
	s.current.Unlock()
	former.Close()
}

// Close closes what the server stands on.
func (s *Server) Close() {
	s.current.Lock()
	defer s.current.Unlock()
	s.app.Close()
}

// KeepOpening opens the ledger, so that who asks first need not wait for it, and tries again until it succeeds. Whoever asks
// meanwhile is told what keeps it.
func (s *Server) KeepOpening(ctx context.Context, pause time.Duration) {
	for told := ""; ; {
		err := s.open(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if why := hinted.FirstLine(err.Error()); why != told {
			s.log.Error().Str("trouble", why).Msg("the page cannot use the ledger: trying again until it passes")
			told = why
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
			pause = min(2*pause, 15*time.Second)
		}
	}
}

func (s *Server) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.current.RLock()
	defer s.current.RUnlock()
	_, err := s.app.Accounts(ctx)
	return err
}

// Handler answers, in this order: names that are not the page's (421), headers, forms of other sites (403), then by the table of routes,
// which refuses what is too large. Before any of it, what is sent has arrived.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes {
		mux.Handle(r.pattern, s.serve(r))
	}
	mux.Handle("/static/", s.static())
	mux.Handle("/", s.serve(route{pattern: "/", open: true, handle: func(*request) (page, error) { return page{}, errNotFound }}))
	sameSite := http.NewCrossOriginProtection()
	sameSite.SetDenyHandler(s.serve(route{pattern: "/", open: true, handle: func(*request) (page, error) { return page{}, errForeign }}))
	return arrived(s.standing(s.byName(headers(sameSite.Handler(mux)))))
}

// standing keeps the configuration from being changed under a request, and bounds how long it may take.
func (s *Server) standing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.current.RLock()
		defer s.current.RUnlock()
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// byName answers to the page's public name alone: another one is an attacker's, who made it lead here.
func (s *Server) byName(next http.Handler) http.Handler {
	wrong := headers(s.serve(route{pattern: "/", open: true, handle: func(*request) (page, error) { return page{}, errHost }}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Host, s.app.Config.Web.Host()) {
			wrong.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		next.ServeHTTP(w, r)
	})
}

// arrived reads what is sent, so that nothing that is held meanwhile waits for who sends it slowly. What is too large reads as far as that.
func arrived(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
		if _, large := errors.AsType[*http.MaxBytesError](err); err != nil && !large { // it broke off: nobody is there to be answered
			w.WriteHeader(http.StatusRequestTimeout)
			return
		}
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(sent), ended{err}))
		next.ServeHTTP(w, r)
	})
}

// ended is the end of what was sent: nil = all of it arrived.
type ended struct{ err error }

func (e ended) Read([]byte) (int, error) { return 0, cmp.Or(e.err, io.EOF) }

// Serve answers on a listener until the context ends; then what is under way has a while to end.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: mostHeader, ErrorLog: log.New(quiet{s.log}, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := server.Shutdown(stopping)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// quiet is where net/http tells of connections that broke: it may quote what somebody sent.
type quiet struct{ log zerolog.Logger }

func (q quiet) Write(line []byte) (int, error) {
	q.log.Debug().Msg("a connection of the page broke")
	return len(line), nil
}

// Listen opens the address that a configuration names: a socket, or one of this machine, or any other with TLS.
func Listen(ctx context.Context, c *config.Config) (net.Listener, error) {
	listener, err := listenAt(ctx, c)
	var told *hinted.Coded
	answered := errors.As(err, &told) && told.Code == "monitor.socket-taken"
	if answered || errors.Is(err, syscall.EADDRINUSE) {
		return nil, hinted.Because(nil, "web.taken", "address", c.Web.Listen)
	}
	return listener, err
}

func listenAt(ctx context.Context, c *config.Config) (net.Listener, error) {
	if c.Web.Certificate == "" {
		return listenHere(ctx, c.Web.Listen)
	}
	if _, err := certificate(c); err != nil { // told now, and not to who connects
		return nil, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Web.Listen)
	if err != nil {
		return nil, hinted.While("listening for the page", err)
	}
	return tls.NewListener(listener, &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: newCertificates(c).current}), nil
}

// listenHere listens on a port of this machine, or on a socket that a proxy of any user connects to, as it would to a port.
func listenHere(ctx context.Context, address string) (net.Listener, error) {
	const socketMode = 0o666
	listener, err := monitor.Listen(ctx, address)
	if path, socket := strings.CutPrefix(address, "unix:"); socket && err == nil {
		err = os.Chmod(path, socketMode) //nolint:gosec // who connects has to sign in
	}
	return listener, err
}

// certificates reads a certificate again when its files changed, which whoever renews it does by night.
type certificates struct {
	c    *config.Config
	mu   sync.Mutex
	read time.Time
	kept *tls.Certificate
}

const certificateAge = time.Minute

func newCertificates(c *config.Config) *certificates { return &certificates{c: c} }

func (k *certificates) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept != nil && time.Since(k.read) < certificateAge {
		return k.kept, nil
	}
	fresh, err := certificate(k.c)
	if err != nil && k.kept == nil {
		return nil, err
	}
	if err == nil {
		k.kept = fresh
	}
	k.read = time.Now()
	return k.kept, nil
}

func certificate(c *config.Config) (*tls.Certificate, error) {
	chain, key, err := c.Web.CertificateFiles()
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, hinted.Because(nil, "web.no-certificate")
	}
	return &pair, nil
}

// teller is the words of a language, as the configuration's names stand in them.
func (s *Server) teller(language string) *view.Teller {
	return view.New(locale.Language(language), s.app.Called(true))
}

// accounts is who may use the page.
func (s *Server) accounts(ctx context.Context) (accounts.Service, error) {
	service, err := s.app.Accounts(ctx)
	service.Now = s.now
	return service, err
}
