package restapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

const (
	maxRedirects     = 3
	maxDescribePause = 5 * time.Second
	contractHead     = 4 << 10 // bytes that tell a page from a document
	problemPage      = "the answer is HTML, not JSON: a login page?"
)

// contractMark is the member, in JSON or in YAML, that says which contract a document is. Other JSON may hold these words in
// a text, such as an error's that quotes the address.
var contractMark = regexp.MustCompile(`"(?:swagger|openapi)"\s*:|(?m:^'?(?:swagger|openapi)'?[ \t]*:)`)

// page is one answer to the search.
type page struct {
	answer
	text       []byte   // the contract; only when accepted
	location   *url.URL // where a redirect leads, at the same host
	passed     bool     // nothing here, and nothing wrong with the API: the search goes on
	tryAgain   bool     // a trouble that may be over in a moment
	hangs      bool     // it did not begin to answer in time
	authorized bool     // it was asked with a token
}

// pause is how long to wait before the one more try.
func (p *page) pause() time.Duration {
	return min(max(p.RetryAfter, p.cooling, firstPause), maxDescribePause)
}

func (s *search) operation(p place) *operation {
	e := endpoint{name: contractName, table: contractTable, method: http.MethodGet, label: p.label}
	op := &operation{endpoint: e, url: p.url, holder: s.connection, reads: true, limit: maxContract}
	if s.trusted { // else it is another host, which gets nothing of ours
		op.url, op.headers = s.connection.withQuery(p.url), s.connection.options.Headers
	}
	return op
}

// withQuery is an address of the API's host with what goes with every call, where it has not got that.
func (c *Connection) withQuery(u *url.URL) *url.URL {
	if c.query == "" || strings.Contains(u.RawQuery, c.query) {
		return u
	}
	with := *u
	with.RawQuery = joined(with.RawQuery, c.query)
	return &with
}

// ask makes one request within the limits that all calls share.
func (s *search) ask(ctx context.Context, op *operation, authorized bool, n int) page {
	c := s.connection
	release := c.takeSlot(ctx, op.holder)
	if release == nil {
		return s.stop(ctx, op)
	}
	defer release()
	if err := c.limiter.Wait(ctx); err != nil {
		return s.stop(ctx, op)
	}
	var tok token
	if authorized {
		var err error
		if tok, err = c.tokens.get(ctx); err != nil {
			return s.withoutToken(ctx, op, err)
		}
	}
	return s.exchange(ctx, op, tok, n)
}

func (s *search) exchange(ctx context.Context, op *operation, tok token, n int) page {
	c, started := s.connection, time.Now()
	limited, cancel := context.WithTimeout(ctx, min(c.options.RequestTimeout, describeAttempt))
	defer cancel()
	patience := time.AfterFunc(s.patience(), cancel)
	response, err := c.transport.RoundTrip(op.request(limited, tok, c.options.UserAgent))
	patience.Stop()
	var p page
	switch {
	case ctx.Err() != nil && err != nil:
		p = s.stop(ctx, op)
	case limited.Err() != nil && err != nil:
		p = s.late(op)
		p.hangs, p.passed = true, len(s.places) > 1
	case err != nil:
		p.CallError = connectionTrouble(err, s.setting)
		p.tryAgain = !isAway(err)
	default:
		p = s.read(ctx, limited, op, response)
	}
	p.Call = op.label
	if p.Status == http.StatusUnauthorized && tok.value != "" {
		p.rejected, p.lagging = tok, started.Sub(tok.given) < lag
	}
	took := time.Since(started)
	c.options.Observe(Call{Endpoint: op.name, Outcome: outcomeOf(p.answer, err), Duration: took})
	logAttempt(c.options.Log, op, p.answer, n, took)
	return p
}

// patience is how long to wait for the beginning of an answer: one place that hangs must not cost all the time.
func (s *search) patience() time.Duration {
	if len(s.places) > 1 {
		return placePatience
	}
	return describeAttempt
}

// read judges an answer, and gives its connection back.
func (s *search) read(ctx, limited context.Context, op *operation, response *http.Response) page {
	text, err := readContract(response)
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	status := response.StatusCode
	class := meaningOf(status).reading
	p := page{answer: answer{CallError: jobs.CallError{Class: jobs.ClassConfiguration, Status: status, Hint: hintContract}}}
	switch {
	case class == jobs.ClassTemporary, class == jobs.ClassTechnical:
		p.Class, p.Problem, p.Hint, p.tryAgain = jobs.ClassTemporary, "answered "+statusText(status), hintTrouble, true
		p.RetryAfter, _ = retryAfter(response.Header, time.Now())
	case class != jobs.ClassAccepted && status/100 == 2: // a part of one, or one that somebody altered
		p.Problem = "answered " + statusText(status)
	case class != jobs.ClassAccepted:
		p.Problem, p.passed = "answered "+statusText(status), true
		p.redirected(op.url, response)
	case isPage(text):
		p.Problem, p.passed = problemPage, true
	case isPacked(err):
		p.Problem = "the answer is " + err.Error()
	case errors.Is(err, errTooLarge):
		p.Problem = "the contract is larger than 10 MiB"
	case err != nil && ctx.Err() != nil:
		p = s.stop(ctx, op)
		p.Status = status
	case err != nil && limited.Err() != nil: // it had its time
		p.CallError = s.late(op).CallError
	case err != nil:
		p.Class, p.Problem, p.Hint, p.tryAgain = jobs.ClassTemporary, endTrouble(err), hintLater, true
	case !contractMark.Match(plain(text)):
		p.Problem, p.passed = "the answer is no Swagger or OpenAPI document", true
	default:
		p.Class, p.Problem, p.Hint, p.text = jobs.ClassAccepted, "", "", text
	}
	return p
}

// redirected follows a redirect to the same host; to another one nothing of ours goes.
func (p *page) redirected(from *url.URL, response *http.Response) {
	switch p.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return
	}
	to, err := from.Parse(response.Header.Get("Location"))
	if err != nil || to.User != nil || !sameOrigin(to, from) {
		p.Problem = redirectProblem(response, p.Problem)
		return
	}
	to.Fragment, to.RawFragment = "", ""
	p.location = to
}

// isPage tells whether what was answered is HTML or XML. What it calls itself does not count: old servers know no JSON.
func isPage(text []byte) bool { return isMarkup(nil, plain(text)) }

// plain is what may be a contract as text. Package contract reads it by the same rules.
func plain(text []byte) []byte {
	if decoded, err := mapping.PlainText(text, maxContract); err == nil {
		return decoded
	}
	return text
}

// readContract reads what may be a contract to its end, and of all else only the head.
func readContract(response *http.Response) ([]byte, error) {
	body := bufio.NewReaderSize(response.Body, contractHead)
	head, err := body.Peek(contractHead)
	unpacked := len(packings(response.Header)) == 0
	if meaningOf(response.StatusCode).reading != jobs.ClassAccepted || unpacked && isPage(head) {
		return head, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	text, err := readUnpacked(response.Header, body, maxContract)
	if !bytes.HasPrefix(text, bom) { // a contract is kept as it was published, as far as it can be read
		text = inUTF8(response.Header, text)
	}
	return text, err
}

// stop is a search that was given up: by its caller, or because it took too long.
func (s *search) stop(ctx context.Context, op *operation) page {
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errSearchTime) {
		return page{answer: cancelled(op)}
	}
	return s.late(op)
}

// late is a place that did not answer in time.
func (s *search) late(op *operation) page {
	late := connectionTrouble(context.DeadlineExceeded, s.setting)
	late.Call = op.label
	return page{answer: answer{CallError: late}}
}

func (s *search) withoutToken(ctx context.Context, op *operation, err error) page {
	var r *refusal
	if !errors.As(err, &r) {
		return s.stop(ctx, op)
	}
	return page{answer: withoutToken(op, err), tryAgain: r.Class == jobs.ClassTemporary}
}
