// Package sandbox serves stand-ins of partners, for rehearsals, the demo and the tests: a strict token endpoint, faults that
// can be switched on while it runs, totals, and routes to control it. What a partner's calls are and what they keep, that
// partner's stand-in says (internal/partner/…/standin).
//
// A request that arrived whole is processed even when its client has gone, as a real server would; so a killed client
// leaves behind exactly the doubt that it would leave at the partner.
package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/loopback"
)

// API is what the server has to know of the API that a stand-in stands in for.
type API struct {
	TokenPath string     // "" = the stand-in gives tokens itself (Issue)
	Scope     string     // that the token endpoint wants; "" = any
	Endpoints []Endpoint // the calls that faults can act upon
	Default   Endpoint   // the one that they act upon when nothing is said
	Counted   []Endpoint // the calls whose number at once is kept (Stats.MaxConcurrent)
	SeeOther  string     // where a 303 leads
	Switches  []string   // faults of this API alone: see Server.On
	Timed     bool       // when calls come is kept: Server.MostWithin

	Message   func(status int, text string) *Answer // words an error as the API does
	Exception func(request []byte) *Answer          // a 500 that quotes what it was working on, personal data included
	NotFound  func(*http.Request) *Answer           // answers for a path that there is not
}

// Endpoint names one of the calls of an API.
type Endpoint string

// EndpointToken is the call that gives tokens.
const EndpointToken Endpoint = "token"

// Config is what a server starts with.
type Config struct {
	ClientID      string
	ClientSecret  string
	TokenLifetime time.Duration // told in whole seconds, at least one; 0 = one hour, IdentityServer's default
	Seed          uint64        // of the faults: same seed and same order of requests, same faults
	Faults        Faults
}

// Options are how a stand-in behaves.
type Options struct {
	Profile       string        // shape of its API; "" = the first
	TokenLifetime time.Duration // as in Config
	Faults        Faults
	ContractFile  string // served in place of its own contract, read again each time; "" = the own one
	Append        bool   // a document adds to the one that is there, instead of taking its place
}

// Server is what all stand-ins have in common. It is an http.Handler, safe for concurrent use.
type Server struct {
	api          *API
	config       Config
	mux          *http.ServeMux
	handler      http.Handler
	reset        func() // of the stand-in
	controlToken string
	tokens       tokens
	chaos        chaos
	stats        counters
}

// New makes a server whose calls are still to be added (Handle). reset forgets what the stand-in keeps. An error is a mistake
// in the configuration.
func New(api *API, config Config, reset func()) (*Server, error) {
	if config.TokenLifetime == 0 {
		config.TokenLifetime = time.Hour
	}
	if config.ClientID == "" || config.ClientSecret == "" {
		return nil, errors.New("the sandbox needs a client id and a client secret")
	}
	if config.TokenLifetime < time.Second {
		return nil, errors.New("the lifetime of the sandbox's tokens is less than a second")
	}
	s := &Server{api: api, config: config, mux: http.NewServeMux(), reset: reset, controlToken: ControlToken(config.ClientSecret)}
	s.tokens.lifetime = config.TokenLifetime.Truncate(time.Second)
	s.chaos.seed = config.Seed
	s.stats.reset()
	if err := s.SetFaults(config.Faults); err != nil {
		return nil, err
	}
	if api.TokenPath != "" {
		s.Handle(api.TokenPath, EndpointToken, s.serveToken)
	}
	s.controlRoutes()
	s.mux.HandleFunc("/", s.notFound)
	s.handler = loopback.Guard(s.mux, nil)
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Reset forgets what was received and counted, and puts the faults back to what the sandbox started with. Tokens stay valid:
// clients need not notice.
func (s *Server) Reset() error {
	s.reset()
	s.stats.reset()
	s.chaos.drawn.Store(0)
	return s.SetFaults(s.config.Faults)
}

// maxBody is the size in bytes above which a request is refused with 413.
const maxBody = 1 << 20

// Call is a request whose body has been read.
type Call struct {
	Request *http.Request
	Body    []byte
}

// Answer is what a handler decided; it is written by the server, unless a fault takes its place.
type Answer struct {
	Status int
	Body   []byte
	Header map[string]string // besides Content-Type; may be nil
}

// Handle binds a call of the API to a path, with what all calls share: counting, reading the body, faults. Methods are the
// handler's to check, because the answers must look like the API's.
func (s *Server) Handle(path string, name Endpoint, handle func(Call) *Answer) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		// Counted down before the answer is flushed: a client never sees more of its calls counted than it has in flight.
		defer s.enter(name)()
		body, refusal := s.readBody(r)
		if refusal != nil {
			s.Write(w, refusal)
			return
		}
		fault := s.draw(name)
		waitLatency(r, fault.latency)
		if fault.kind != faultNone && fault.kind.before() {
			s.misbehave(w, Call{r, body}, fault, nil)
			return
		}
		a := handle(Call{r, body})
		if fault.kind != faultNone && a.Status < http.StatusBadRequest {
			s.misbehave(w, Call{r, body}, fault, a)
			return
		}
		if a.Status/100 == 2 && fault.faults.Gzip && s.struck(fault.faults, name) {
			a = a.packed()
		}
		s.Write(w, a)
	})
}

// On reports whether a fault of the API's own is on.
func (s *Server) On(name string) bool { return slices.Contains(s.chaos.faults.Load().Switches, name) }

// Abort ends a call without an answer, after its processing.
func (s *Server) Abort() {
	s.stats.add(func(t *Stats) { t.Cut++ })
	panic(http.ErrAbortHandler) // net/http closes the connection
}

// packed is an answer that was compressed on the way, whether anybody asked for that or not.
func (a *Answer) packed() *Answer {
	if len(a.Body) == 0 {
		return a
	}
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	_, err := w.Write(a.Body)
	if err := errors.Join(err, w.Close()); err != nil {
		panic("sandbox: compressing in memory: " + err.Error())
	}
	header := maps.Clone(a.Header)
	if header == nil {
		header = map[string]string{}
	}
	header["Content-Encoding"] = "gzip"
	return &Answer{Status: a.Status, Body: body.Bytes(), Header: header}
}

// JSON is an answer of status 200 in JSON.
func JSON(value any) *Answer { return JSONOf(http.StatusOK, value) }

// JSONOf is an answer in JSON, compact, so that texts and numbers stay as they are.
func JSONOf(status int, value any) *Answer {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("sandbox: rendering JSON: " + err.Error()) // made of texts, numbers and what was valid JSON
	}
	return &Answer{Status: status, Body: bytes.TrimSuffix(body.Bytes(), []byte("\n"))}
}

// HandleFunc binds a path that is no call of the API: no fault acts upon it, and it is not counted.
func (s *Server) HandleFunc(path string, handle http.HandlerFunc) { s.mux.HandleFunc(path, handle) }

// readBody reads the whole body first, as IIS does: from then on the request will be processed whatever the client does.
func (s *Server) readBody(r *http.Request) ([]byte, *Answer) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > maxBody {
		return nil, s.api.Message(http.StatusRequestEntityTooLarge, "Maximum request length exceeded.")
	}
	var body []byte
	var err error
	if r.ContentLength > 0 {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		panic(http.ErrAbortHandler) // the client went away in the middle of its request: nobody to answer
	case err != nil:
		return nil, s.api.Message(http.StatusBadRequest, "The request body cannot be read.")
	case len(body) > maxBody:
		return nil, s.api.Message(http.StatusRequestEntityTooLarge, "Maximum request length exceeded.")
	}
	return body, nil
}

// waitLatency waits whether the client is still there or not; only the end of the server cuts it short.
func waitLatency(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-serverDone(r.Context()):
		panic(http.ErrAbortHandler)
	}
}

type serverKey struct{}

// withServer makes ctx known to serverDone, underneath the contexts of the requests.
func withServer(ctx context.Context) context.Context {
	return context.WithValue(ctx, serverKey{}, ctx.Done())
}

// serverDone is closed when Serve ends; nil (never) when the sandbox is served by something else.
func serverDone(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(serverKey{}).(<-chan struct{})
	return done
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) { s.Write(w, s.api.NotFound(r)) }

// Write sends an answer. An error means that the client has gone: there is nobody left to tell.
func (s *Server) Write(w http.ResponseWriter, a *Answer) {
	header := w.Header()
	for name, value := range a.Header {
		header.Set(name, value)
	}
	if len(a.Body) > 0 && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	s.stats.add(func(t *Stats) { t.Statuses[a.Status]++ })
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

const (
	headerTimeout = 10 * time.Second
	shutdownGrace = 2 * time.Second // for answers under way when the sandbox is stopped
)

// Listen opens host:port, which must be on loopback: the sandbox shows what it received to whoever asks. Port 0 takes a
// free one; the listener's Addr tells which.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, hinted.Because(err, "sandbox.bad-address", "address", strconv.Quote(addr))
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, hinted.Because(nil, "sandbox.not-local", "host", strconv.Quote(host))
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, hinted.Because(err, "sandbox.address-taken", "address", addr)
	case err != nil:
		return nil, hinted.While("opening the sandbox's address", err)
	}
	if !isLoopback(listener.Addr()) { // whatever "localhost" is on this machine
		return nil, errors.Join(hinted.Because(nil, "sandbox.not-loopback", "address", listener.Addr()), listener.Close())
	}
	return listener, nil
}

func isLoopback(addr net.Addr) bool {
	tcp, isTCP := addr.(*net.TCPAddr)
	return isTCP && tcp.IP.IsLoopback()
}

// Serve answers on the listener until ctx ends, then closes it, and ends what hangs.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if !isLoopback(listener.Addr()) {
		return hinted.Because(nil, "sandbox.not-loopback", "address", listener.Addr())
	}
	base := withServer(ctx)
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return hinted.While("serving the sandbox", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if server.Shutdown(grace) == nil {
		return nil
	}
	if err := server.Close(); err != nil { // someone does not read the answer
		return hinted.While("stopping the sandbox", err)
	}
	return nil
}
