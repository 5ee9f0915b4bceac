package restapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// operation is one call of the API, the same for all its attempts.
type operation struct {
	endpoint
	url     *url.URL
	headers []Fixed // that go with it
	key     keyHeader
	body    []byte       // nil = none
	derived string       // where the dossier key goes when only the API's contract says so: `header "X-Key"`
	gateway bool         // a secret for a gateway goes with it (headers, query), which may be what is refused
	holder  any          // of its slot: see slots.go
	lists   *pointer     // of an operation that reads: the answer has a list there, which must be whole; nil = no list
	reads   bool         // the answer is wanted as JSON; otherwise the operation sends a document
	rules   *answerRules // of an operation that sends; nil = the status settles what became of the document
	words   *answerRules // of an operation that sends: where a refusal has its words; nil = nobody says it
	finds   bool         // it reads something that may not exist: then there is no document
	limit   int64        // bytes of the answer that are read
	before  func() error
	secrets []string // of the request, which a refusal may quote; full, so that append copies it
	awaited *time.Timer
}

// keyHeader carries the dossier key where it goes in a header; its name is empty otherwise.
type keyHeader struct{ name, value string }

// attempt takes its turn (a slot, then the rate limit), a token, and makes one request. The slot is held for the
// attempt only: a document that waits to be tried again is not on its way.
func (c *Connection) attempt(ctx context.Context, op *operation, n int) answer {
	release := c.takeSlot(ctx, op.holder)
	if release == nil {
		return cancelled(op)
	}
	defer release()
	if err := c.limiter.Wait(ctx); err != nil {
		return cancelled(op)
	}
	c.await(op)
	tok, err := c.tokens.get(ctx)
	if err != nil {
		return withoutToken(op, err)
	}
	if ctx.Err() != nil {
		return cancelled(op)
	}
	if op.before != nil {
		if err := op.before(); err != nil {
			return stopped(op)
		}
	}
	return c.exchange(ctx, op, tok, n)
}

func withoutToken(op *operation, err error) answer {
	var r *refusal
	if !errors.As(err, &r) {
		return cancelled(op)
	}
	return answer{CallError: r.CallError, cooling: r.cooling}
}

// exchange makes the request and judges its answer.
func (c *Connection) exchange(ctx context.Context, op *operation, tok token, n int) answer {
	started := time.Now()
	limited, cancel := context.WithTimeout(ctx, c.options.RequestTimeout)
	defer cancel()
	var sent wire
	response, err := c.transport.RoundTrip(op.request(sent.watch(limited), tok, c.options.UserAgent))
	var a answer
	switch {
	case err == nil:
		a = op.read(ctx, response)
	case ctx.Err() != nil:
		a = cancelled(op)
	default:
		a = answer{CallError: connectionTrouble(err, "base_url of [isidoor]")}
	}
	a.Call = op.label
	a.left = response != nil || sent.left.Load()
	tellPause(&a.CallError, c.options.RetryAfterCap)
	if a.left && a.Class == jobs.ClassTemporary && limited.Err() != nil && ctx.Err() == nil {
		a.late(c.options.RequestTimeout, response != nil)
	}
	a.ambiguous = (a.ambiguous || response == nil && a.left) && !op.reads // reading twice does no harm
	if sent.cut.Load() && !op.reads {
		a.neverWhole()
	}
	if a.Status == http.StatusUnauthorized {
		a.rejected, a.lagging = tok, started.Sub(tok.given) < lag
	}
	if a.Class == jobs.ClassAccepted {
		tok.worked.Store(true)
	}
	if a.Message != "" {
		// Cut first, so that little is searched, and again. ASP.NET's 404 quotes the request's whole URL, key included.
		a.Message = cut(tidy(mapping.Redact(cut(a.Message, 4*maxMessage), append(op.secrets, tok.value)...)), maxMessage)
	}
	took := time.Since(started)
	c.options.Observe(Call{Endpoint: op.name, Outcome: outcomeOf(a, err), Duration: took})
	logAttempt(c.options.Log, op, a, n, took)
	return a
}

// late tells of an answer that had not come, or not ended, when the attempt's time was over: the API may only be slow.
func (a *answer) late(limit time.Duration, began bool) {
	a.Late, a.Problem = limit, "no answer within "+limit.String()
	if began {
		a.Problem = "no whole answer within " + limit.String()
	}
	a.Hint = "if the API is only slow, raise request_timeout of [isidoor]; else try again later"
}

// read reads and judges an answer, and gives its connection back.
func (o *operation) read(ctx context.Context, response *http.Response) answer {
	body, readErr := readBody(response, o.limit)
	if closeErr := response.Body.Close(); readErr == nil {
		readErr = closeErr
	}
	return o.judge(ctx, response, body, readErr)
}

// decode takes the document out of an answer. No body is no proof that something does not exist, unless the status says so.
func (o *operation) decode(a *answer, header http.Header, body []byte) {
	document, err := decode(body)
	silent := o.finds && a.Status != http.StatusNoContent && !isMissing(a.Status) && len(bytes.TrimSpace(body)) == 0
	if err != nil || silent {
		a.Class, a.Problem, a.Hint = jobs.ClassTechnical, "the answer is not JSON", "check base_url and the path of the endpoint"
		return
	}
	if o.lists != nil {
		if why := partOf(header, document, *o.lists); why != "" {
			a.Class, a.Definite, a.Problem = jobs.ClassConfiguration, true, "the answer is a part of the list only: "+why
			a.Hint = "ask the partner how all of it is asked for, and write that into path of [" + o.table + "]"
			return
		}
	}
	if !isMissing(a.Status) { // what such an answer holds is an error's text
		a.document = document
	}
}

// request is built by hand: http.NewRequest would parse the URL again for each of thousands of requests.
func (o *operation) request(ctx context.Context, tok token, userAgent string) *http.Request {
	header := http.Header{
		"Accept":          {"application/json"},
		"Accept-Encoding": {"identity"},
		"User-Agent":      {userAgent},
	}
	for _, h := range o.headers {
		header[h.Name] = []string{h.Value}
	}
	if tok.value != "" { // the search for the contract asks without one first
		header["Authorization"] = []string{"Bearer " + tok.value}
	}
	if o.key.name != "" {
		header[o.key.name] = []string{o.key.value}
	}
	req := &http.Request{
		Method: o.method, URL: o.url, Host: o.url.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if o.body != nil {
		header["Content-Type"] = []string{"application/json"}
		req.ContentLength = int64(len(o.body))
		req.Body = io.NopCloser(bytes.NewReader(o.body))
	}
	return req.WithContext(ctx)
}

// neverWhole takes the doubt from an answer that came before its document was handed over, as it never is from then on:
// what was not there whole cannot have been processed, and a success is none.
func (a *answer) neverWhole() {
	a.ambiguous = false
	if a.Class == jobs.ClassAccepted {
		a.Class, a.Problem, a.Hint = jobs.ClassTemporary, "answered "+statusText(a.Status)+" before the document had arrived", hintLater
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

// logAttempt writes one line per attempt: the path template, never the URL, which can hold a key.
func logAttempt(log zerolog.Logger, op *operation, a answer, n int, took time.Duration) {
	log.Debug().Str("call", op.label).Int("attempt", n).Int("status", a.Status).Str("class", string(a.Class)).
		Bool("ambiguous", a.ambiguous).Str("problem", a.Problem).Dur("took_ms", took).Msg("api call")
}
