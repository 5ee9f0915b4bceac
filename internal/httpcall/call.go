package httpcall

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/privacy"
)

// Endpoint is one call that an API offers, whoever makes it.
type Endpoint struct {
	Name    string // in measures
	Section string // of the configuration that describes it, for hints: "partner.call"
	Method  string
	Path    string // a template: the partner fills what it leaves open
	Label   string // both, as errors and logs show them
}

// NewEndpoint gives an endpoint its label.
func NewEndpoint(name, section, method, path string) Endpoint {
	return Endpoint{Name: name, Section: section, Method: method, Path: path, Label: method + " " + path}
}

// Misconfigured is a call that this configuration cannot make, or whose answer it cannot read.
func (e *Endpoint) Misconfigured(what hinted.Fact) *jobs.CallError {
	return jobs.Troubled(jobs.ClassConfiguration, e.Label, what)
}

// Call is one call of an API, the same for all its attempts. It either sends a document, and then its answer tells what
// became of that, or it reads JSON.
type Call struct {
	Endpoint
	URL     *url.URL // see Connection.Address
	Headers []Fixed  // of this call, beside those of the connection
	Account *Account // whose token it carries; nil = the connection's
	Body    []byte   // nil = none
	Holder  any      // of its slot: see limits.go
	Secrets []string // of this call, which a refusal may quote; those of Headers go without saying
	Denied  Denied
	Locks   bool  // wrong secrets lock an account: what a 401 refuses is sent once more, with another token, and no more
	Limit   int64 // bytes of the answer that are read

	// Of a call that sends a document.
	Before func() error // called just before each attempt's request leaves, and while one waits: an error ends the call; nil = nothing
	Rules  *Rules       // how a 2xx can refuse, and where a refusal has its words; nil = the status decides it, and nobody says

	// Of a call that reads.
	Reads    bool
	Finds    bool      // something that may not exist: then there is no document
	Lists    *Pointer  // the answer has a list there, which must be whole; nil = no list
	Flaky    bool      // what stands before the API says 400 and 404 to calls that are right: they are technical failures
	Discreet bool      // words of its answers may be of anybody: those that may name somebody are hidden
	Whole    *Answered // takes the answer as it came, whatever it is but a page for people; nil = it is decoded
	Into     *Sink     // takes the answer while it comes; nil = it is read as a whole

	connection *Connection
	carried    token   // by the last attempt
	headers    []Fixed // of the connection
	awaited    *time.Timer
}

// Answered is an answer as it came.
type Answered struct {
	Text []byte    // unpacked, in UTF-8
	Type string    // of its content, as it says
	Date time.Time // of the server's clock; zero = not told
}

// String tells nothing of the answer.
func (a Answered) String() string { return fmt.Sprintf("%d bytes", len(a.Text)) }

// String is the call's name: what it carries is nobody's business.
func (c *Call) String() string { return c.Label }

// GoString is String, for %#v.
func (c *Call) GoString() string { return c.Label }

// Masked are words of an answer without the secrets that it may quote, on one line, and cut.
func (c *Call) Masked(words string) string {
	all := slices.Concat(c.connection.secrets, c.Secrets, []string{c.carried.value})
	for _, h := range c.Headers {
		if h.Secret {
			all = append(all, h.Value)
		}
	}
	// Cut first, so that little is searched, and again. ASP.NET's 404 quotes the request's whole URL, key included.
	words = cut(tidy(privacy.Redact(cut(words, 4*maxMessage), all...)), maxMessage)
	if c.Discreet {
		words = privacy.MaskWords(words)
	}
	return words
}

// Denied are the hints where the API answers 401 or 403: what shows it who asks is the partner's own matter.
type Denied struct{ Unauthorized, Forbidden hinted.Fact }

// attempt takes its turn (a slot, then the rate limit), a token, and makes one request. The slot is kept for the
// attempt only: a document that waits to be tried again is not on its way.
func (c *Connection) attempt(ctx context.Context, op *Call, n int) answer {
	release := c.takeSlot(ctx, op.Holder)
	if release == nil {
		return cancelled(op)
	}
	defer release()
	if err := c.turn(ctx); err != nil {
		return cancelled(op)
	}
	c.await(op)
	tok, err := c.tokensOf(op).get(ctx)
	if err != nil {
		return withoutToken(op, err)
	}
	if ctx.Err() != nil {
		return cancelled(op)
	}
	if op.Before != nil {
		if err := op.Before(); err != nil {
			return stopped(op)
		}
	}
	return c.exchange(ctx, op, tok, n)
}

func withoutToken(op *Call, err error) answer {
	var r *refusal
	if !errors.As(err, &r) {
		return cancelled(op)
	}
	return answer{CallError: r.CallError, cooling: r.cooling}
}

// exchange makes the request and classifies its answer.
func (c *Connection) exchange(ctx context.Context, op *Call, tok token, n int) answer {
	started := time.Now()
	limited, cancel := op.limit(ctx, c.options.RequestTimeout)
	defer cancel()
	var sent wire
	op.carried = tok
	response, err := c.transport.RoundTrip(op.request(sent.watch(limited), tok, c.options.UserAgent))
	var a answer
	switch {
	case err == nil:
		a = op.read(ctx, response)
	case ctx.Err() != nil:
		a = cancelled(op)
	default:
		a = answer{CallError: c.options.connectionTrouble(err, c.options.setting("base_url"))}
	}
	a.Call = op.Label
	a.left = response != nil || sent.left.Load()
	tellPause(&a.CallError, c.options.RetryAfterCap)
	if a.left && a.Class == jobs.ClassTemporary && limited.Err() != nil && ctx.Err() == nil {
		a.late(&c.options, response != nil)
	}
	a.ambiguous = (a.ambiguous || response == nil && a.left) && !op.Reads // reading twice does no harm
	if sent.cut.Load() && !op.Reads {
		a.neverWhole()
	}
	if a.Status == http.StatusUnauthorized {
		a.rejected, a.lagging = tok, started.Sub(tok.given) < lag
	}
	if a.Class == jobs.ClassAccepted && tok.worked != nil {
		tok.worked.Store(true)
	}
	if a.Message != "" {
		a.Message = op.Masked(a.Message)
	}
	took := time.Since(started)
	c.options.Observe(Attempt{Endpoint: op.Name, Outcome: outcomeOf(a, err), Duration: took})
	logAttempt(c.options.Log, op, a, n, took)
	return a
}

// late tells of an answer that had not come, or not ended, when the attempt's time was over: the API may only be slow.
func (a *answer) late(o *Options, began bool) {
	limit := o.RequestTimeout
	code := "call.late"
	if began {
		code = "call.half-late"
	}
	a.Late = limit
	a.Tell(hinted.Say(code, "limit", limit.String()), hinted.Say("call.raise-timeout", "table", o.Section))
}

// read reads and classifies an answer, and gives its connection back.
func (o *Call) read(ctx context.Context, response *http.Response) answer {
	if o.Into != nil && meaningOf(response.StatusCode).reading == jobs.ClassAccepted {
		return o.stream(ctx, response)
	}
	body, readErr := readBody(response, o.Limit)
	if closeErr := response.Body.Close(); readErr == nil {
		readErr = closeErr
	}
	return o.classify(ctx, response, body, readErr)
}

// decode takes the document out of an answer. No body is no proof that something does not exist, unless the status says so.
func (o *Call) decode(a *answer, header http.Header, body []byte) {
	document, err := decode(body)
	silent := o.Finds && a.Status != http.StatusNoContent && !isMissing(a.Status) && len(bytes.TrimSpace(body)) == 0
	if err != nil || silent {
		a.Class = jobs.ClassTechnical
		a.Tell(hinted.Say("call.no-json"), hinted.Say("call.check-path"))
		return
	}
	if o.Lists != nil {
		if why := partOf(header, document, *o.Lists); why.Code != "" {
			a.Class, a.Definite = jobs.ClassConfiguration, true
			a.Tell(hinted.Say("call.part-of-list", "why", why, "table", o.Section), hinted.Fact{})
			return
		}
	}
	if !isMissing(a.Status) { // what such an answer contains is an error's text
		a.document = document
	}
}

// request is built by hand: http.NewRequest would parse the URL again for each of thousands of requests.
func (o *Call) request(ctx context.Context, tok token, userAgent string) *http.Request {
	header := http.Header{
		"Accept":          {"application/json"},
		"Accept-Encoding": {"identity"},
		"User-Agent":      {userAgent},
	}
	if o.Whole != nil || o.Into != nil { // it may be a text, or a file
		header["Accept"] = []string{"application/json, */*;q=0.1"}
	}
	for _, h := range o.headers {
		header[h.Name] = []string{h.Value}
	}
	if tok.value != "" { // a search asks without one first
		header["Authorization"] = []string{"Bearer " + tok.value}
	}
	for _, h := range o.Headers {
		header[h.Name] = []string{h.Value}
	}
	req := &http.Request{
		Method: o.Method, URL: o.URL, Host: o.URL.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if o.Body != nil {
		header["Content-Type"] = []string{"application/json"}
		req.ContentLength = int64(len(o.Body))
		req.Body = io.NopCloser(bytes.NewReader(o.Body))
	}
	return req.WithContext(ctx)
}

// neverWhole takes the doubt from an answer that came before its document was handed over, as it never is from then on:
// what was not there whole cannot have been processed, and a success is none.
func (a *answer) neverWhole() {
	a.ambiguous = false
	if a.Class == jobs.ClassAccepted {
		a.Class = jobs.ClassTemporary
		a.Tell(hinted.Say("call.too-early", "status", statusText(a.Status)), later())
	}
}

// wire knows what became of a request: whether anything of it may have left, and whether an answer cut it short (see
// transport.RoundTrip).
type wire struct{ left, cut atomic.Bool }

func (w *wire) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { w.left.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) { w.cut.Store(info.Err != nil) },
	})
}

// logAttempt writes one line per attempt: the path template, never the URL, which can contain a key.
func logAttempt(log zerolog.Logger, op *Call, a answer, n int, took time.Duration) {
	log.Debug().Str("call", op.Label).Int("attempt", n).Int("status", a.Status).Str("class", string(a.Class)).
		Bool("ambiguous", a.ambiguous).Str("problem", a.Problem).Dur("took_ms", took).Msg("api call")
}

// Attempt is one HTTP attempt as monitoring sees it: nothing that tells a person, a key or a URL.
type Attempt struct {
	Endpoint string // its name: "token", "contract", or one of the partner's
	// Outcome is "2xx", "3xx", "4xx", "5xx" or "other" by the status, but "429" for a limit; without an answer "timeout",
	// "connection", or "cancelled" when the caller gave up.
	Outcome  string
	Duration time.Duration // from the connection to the end of the answer
}

// outcomeOf is the outcome of an attempt at the API; err is that of its round trip.
func outcomeOf(a answer, err error) string {
	switch {
	case a.Class == jobs.ClassCancelled:
		return "cancelled"
	case err != nil:
		return failedOutcome(err)
	}
	return statusOutcome(a.Status)
}

func failedOutcome(err error) string {
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	}
	return "connection"
}

func statusOutcome(status int) string {
	if status == http.StatusTooManyRequests {
		return "429"
	}
	switch status / 100 {
	case 2:
		return "2xx"
	case 3:
		return "3xx"
	case 4:
		return "4xx"
	case 5:
		return "5xx"
	}
	return "other"
}

// Wait is a call that has had no answer for a while, or may not leave yet.
type Wait struct {
	Call  string    // "GET /V2/Dossier"; "" = a share of the limits is waited for, which other processes have
	Until time.Time // when it gives up at the latest
}

// waitTold is how long a call goes unanswered before that is told: longer than an API takes, shorter than people wait before
// they think that a program hangs.
const waitTold = 5 * time.Second

// await has it told when this call, whose first attempt begins now, is not over soon.
func (c *Connection) await(op *Call) {
	if op.awaited != nil || c.options.Waits == nil {
		return
	}
	o := &c.options
	until := time.Now().Add(o.RequestTimeout + o.RetryFor + o.RequestTimeout) // the last attempt may begin just before the end
	op.awaited = time.AfterFunc(waitTold, func() { o.Waits(Wait{op.Label, until}) })
}

// over ends that.
func (o *Call) over() {
	if o.awaited != nil {
		o.awaited.Stop()
	}
}
