package monitor

import (
	"context"
	"net/http"
	"sync"

	"github.com/rs/zerolog"

	"syncd/internal/hinted"
)

const (
	pingsAtOnce = 4
	maxPings    = 256 // waiting or under way; more means that none arrives, and memory has an end
)

// Pinger sends dead-man's pings without making its caller wait. Pings of one job arrive in the order in which they
// were given: "started" after "done" would look like a run that never ends. Whatever of a job is under way gives way to "done".
type Pinger struct {
	client *http.Client
	log    zerolog.Logger
	ctx    context.Context // ends what is under way
	cancel context.CancelFunc
	slots  chan struct{}
	work   sync.WaitGroup

	mu      sync.Mutex
	ended   bool // Wait was called
	pending int
	last    map[string]underWay // by job: its latest ping
}

// underWay is a ping that waits for those before it, or for an answer.
type underWay struct {
	over    chan struct{} // closed when it has ended
	giveWay func()        // lets it, and those before it, end at once
}

// NewPinger prepares a pinger; its Wait must be called in the end.
func NewPinger(log zerolog.Logger) *Pinger {
	return newPinger(log, &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, TLSHandshakeTimeout: pingTimeout})
}

func newPinger(log zerolog.Logger, transport http.RoundTripper) *Pinger {
	ctx, cancel := context.WithCancel(context.Background())
	return &Pinger{client: pingClient(transport), log: log, ctx: ctx, cancel: cancel,
		slots: make(chan struct{}, pingsAtOnce), last: map[string]underWay{}}
}

// Go sends a ping on its own; a failure is logged as a warning. event is "started", "done" or "failed". told is called once it
// has arrived, or at once where the URL is empty: nobody wants to know.
func (p *Pinger) Go(job, event, url string, told func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.pending >= maxPings {
		p.warn(job, event, &pingError{problem: "not sent: too many wait, or the daemon ends"})
		return
	}
	before, isAny := p.last[job]
	if isAny && event == "done" {
		before.giveWay()
	}
	ctx, cancel := context.WithCancel(p.ctx)
	this := underWay{make(chan struct{}), func() {
		cancel()
		if isAny {
			before.giveWay()
		}
	}}
	p.last[job] = this
	p.pending++
	p.work.Go(func() {
		defer cancel()
		defer p.over(job, this.over)
		if isAny {
			<-before.over
		}
		p.send(ctx, job, event, url, told)
	})
}

func (p *Pinger) send(ctx context.Context, job, event, url string, told func()) {
	if url == "" {
		told()
		return
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		if p.ctx.Err() != nil {
			p.warn(job, event, &pingError{problem: "broken off"})
		}
		return
	}
	defer func() { <-p.slots }()
	switch err := p.Ping(ctx, url); {
	case err == nil:
		told()
	case ctx.Err() != nil && p.ctx.Err() == nil: // it gave way
	default:
		p.warn(job, event, err)
	}
}

// over lets the job's next ping go.
func (p *Pinger) over(job string, done chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending--
	if p.last[job].over == done {
		delete(p.last, job)
	}
	close(done)
}

func (p *Pinger) warn(job, event string, err error) {
	p.log.Warn().Str("job", job).Str("event", event).Err(err).Msg("ping not delivered")
}

// Wait waits for the pings under way, until ctx ends: the rest is broken off, which the error tells. No ping is taken
// any more.
func (p *Pinger) Wait(ctx context.Context) error {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	defer p.cancel()
	idle := make(chan struct{})
	go func() {
		p.work.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	p.cancel()
	<-idle
	return hinted.While("waiting for pings", context.Cause(ctx))
}
