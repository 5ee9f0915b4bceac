package httpcall

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

const (
	maxContract     = 10 << 20         // bytes
	describeAttempt = 10 * time.Second // at most, of one request
	describeTime    = 30 * time.Second // of all
	placePatience   = 3 * time.Second  // until one of several places begins to answer
	mostHanging     = 3                // places; with one more the search ends

	maxRedirects     = 3
	maxDescribePause = 5 * time.Second
	contractHead     = 4 << 10 // bytes that tell a page from a document
)

// Description is the contract as the API publishes it, not yet read.
type Description struct {
	Text  []byte // at most 10 MiB; it has a member "swagger" or "openapi", and is no HTML
	Place string // of the source "auto" the path below the host, "/Api2/swagger/docs/V2"; else the URL without its query
}

// Describe asks for the API's contract: a Swagger or OpenAPI document. source is "auto", which looks where Swashbuckle
// puts it, always in the same order, or the URL of the document. section is that of the configuration that names the source,
// for hints: "partner.call".
//
// Each place is asked without a token first, and at once with one where that is refused (401, 403). Where there is nothing
// at all, those that answered something else (404, a page: a login may hide behind it) are asked again with a token. It
// goes to the host of base_url only; the dossier key goes nowhere. An API that is away ends the search at once, and so
// does a place in trouble (any 5xx, 408, 425, 429, a broken answer) after one more try: what stands further down
// may be an older contract, which must not become the one in force. A place that does not begin to answer within 3 s is passed
// over with all of its family, and asked once more when nothing was found elsewhere.
//
// It takes at most 30 s, and each request 10 s. An error is a *jobs.CallError: ClassTemporary or ClassCancelled when
// nothing is known of the contract, ClassConfiguration when there is none, or none that can be taken.
func (c *Connection) Describe(ctx context.Context, section, source string) (Description, error) {
	s, misconfigured := c.newSearch(section, source)
	if misconfigured != nil {
		return Description{}, misconfigured
	}
	limited, cancel := context.WithTimeoutCause(ctx, describeTime, errSearchTime)
	defer cancel()
	found, failure := s.run(limited)
	if failure != nil {
		return Description{}, failure
	}
	return found, nil
}

// errSearchTime ends a search that takes too long; any other end of its context is the caller's.
var errSearchTime = errors.New("the search for the contract took too long")

// search is one search for the contract.
type search struct {
	connection *Connection
	section    string
	places     []place
	passed     []page // what the places had instead, by their order
	trusted    bool   // the places are at the host of base_url: a token may go there
	setting    hinted.Fact
	hanging    []int // the places that did not begin to answer in time
	retried    bool  // the one retry of a trouble is used up
	renewed    bool  // so is the one forced renewal of the token
	waited     int   // pauses for a token to become known
}

func (s *search) run(ctx context.Context) (Description, *jobs.CallError) {
	s.passed = make([]page, len(s.places))
	for _, authorized := range []bool{false, true} {
		for i, p := range s.places {
			if authorized && (!s.trusted || s.passed[i].authorized) || s.hangs(p) {
				continue
			}
			if found, end := s.askAt(ctx, i, authorized); end != nil || found.Text != nil {
				return found, end
			}
		}
	}
	if len(s.hanging) == 0 {
		return Description{}, s.nothing()
	}
	return s.onceMore(ctx)
}

// askAt asks at one place. It found something, or ends the search, or neither.
func (s *search) askAt(ctx context.Context, i int, authorized bool) (Description, *jobs.CallError) {
	got := s.look(ctx, s.places[i], authorized)
	s.passed[i] = got
	switch {
	case got.Class == jobs.ClassAccepted:
		return Description{Text: got.text, Place: s.places[i].name}, nil
	case !got.passed:
		return Description{}, &got.CallError
	case got.hangs:
		if s.hanging = append(s.hanging, i); len(s.hanging) > mostHanging {
			return Description{}, &got.CallError
		}
	}
	return Description{}, nil
}

// hangs reports whether a place of the same family did not answer.
func (s *search) hangs(p place) bool {
	return slices.ContainsFunc(s.hanging, func(i int) bool { return s.places[i].family == p.family })
}

// onceMore asks again where nothing was answered: a service that wakes up needs some seconds for its first answer.
func (s *search) onceMore(ctx context.Context) (Description, *jobs.CallError) {
	hanging := s.hanging
	for _, i := range hanging {
		s.hanging = nil
		found, end := s.askAt(ctx, i, false)
		switch {
		case end != nil || found.Text != nil:
			return found, end
		case s.hanging != nil:
			return Description{}, &s.passed[i].CallError
		}
	}
	return Description{}, s.nothing()
}

// look asks at one place, and once more when it says that it wants a token.
func (s *search) look(ctx context.Context, p place, authorized bool) page {
	got := s.visit(ctx, p, authorized)
	refused := got.Status == http.StatusUnauthorized || got.Status == http.StatusForbidden
	if refused && s.trusted && !authorized {
		return s.visit(ctx, p, true)
	}
	return got
}

// visit asks at one place, redirects followed, and one trouble forgiven.
func (s *search) visit(ctx context.Context, p place, authorized bool) page {
	op := s.call(p)
	for n, redirects := 1, 0; ; n++ {
		got := s.ask(ctx, op, authorized, n)
		got.authorized = authorized
		switch {
		case got.location != nil && redirects < maxRedirects:
			redirects++
			op.URL = s.connection.withQuery(got.location)
		case got.location != nil:
			got.Tell(hinted.Say("call.redirects"), s.name())
			return got
		case got.lagging && s.waited < len(lagPauses):
			s.waited++
			if !op.sleep(ctx, lagPauses[s.waited-1]) {
				return s.stop(ctx, op)
			}
		case got.rejected.number != 0 && !s.renewed:
			s.renewed = true
			s.connection.tokens.reject(got.rejected)
		case got.tryAgain && !s.retried:
			s.retried = true
			if !op.sleep(ctx, got.pause()) {
				return s.stop(ctx, op)
			}
		default:
			return got
		}
	}
}

// contractMark is the member, in JSON or in YAML, that says which contract a document is. Other JSON may contain these words in
// a text, such as an error's that quotes the address.
var contractMark = lazyregexp.New(`"(?:swagger|openapi)"\s*:|(?m:^'?(?:swagger|openapi)'?[ \t]*:)`)

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

func (s *search) call(p place) *Call {
	e := Endpoint{Name: contractName, Section: s.section, Method: http.MethodGet, Label: p.label}
	op := &Call{Endpoint: e, URL: p.url, Holder: s.connection, Reads: true, Limit: maxContract, connection: s.connection}
	if s.trusted { // else it is another host, which gets nothing of ours
		op.URL, op.headers = s.connection.withQuery(p.url), s.connection.options.Headers
	}
	return op
}

// withQuery is an address of the API's host with what goes with every call, where it has not got that.
func (c *Connection) withQuery(u *url.URL) *url.URL {
	if c.query == "" || strings.Contains(u.RawQuery, c.query) {
		return u
	}
	with := *u
	with.RawQuery = JoinQuery(with.RawQuery, c.query)
	return &with
}

// ask makes one request within the limits that all calls share.
func (s *search) ask(ctx context.Context, op *Call, authorized bool, n int) page {
	c := s.connection
	release := c.takeSlot(ctx, op.Holder)
	if release == nil {
		return s.stop(ctx, op)
	}
	defer release()
	if err := c.turn(ctx); err != nil {
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

func (s *search) exchange(ctx context.Context, op *Call, tok token, n int) page {
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
		p.CallError = c.options.connectionTrouble(err, s.setting)
		p.tryAgain = !c.options.isAway(err)
	default:
		p = s.read(ctx, limited, op, response)
	}
	p.Call = op.Label
	if p.Status == http.StatusUnauthorized && tok.value != "" {
		p.rejected, p.lagging = tok, started.Sub(tok.given) < lag
	}
	took := time.Since(started)
	c.options.Observe(Attempt{Endpoint: op.Name, Outcome: outcomeOf(p.answer, err), Duration: took})
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

// read classifies an answer, and gives its connection back.
func (s *search) read(ctx, limited context.Context, op *Call, response *http.Response) page {
	text, err := readContract(response)
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	status := response.StatusCode
	class := meaningOf(status).reading
	p := page{answer: answer{CallError: jobs.CallError{Class: jobs.ClassConfiguration, Status: status}}}
	answered := hinted.Say("call.answered", "status", statusText(status))
	var packing *packingError
	switch {
	case class == jobs.ClassTemporary, class == jobs.ClassTechnical:
		p.Class, p.tryAgain = jobs.ClassTemporary, true
		p.Tell(answered, hinted.Say("call.later-or-name", "table", s.section))
		p.RetryAfter, _ = retryAfter(response.Header, time.Now())
	case class != jobs.ClassAccepted && status/100 == 2: // a part of one, or one that somebody altered
		p.Tell(answered, s.name())
	case class != jobs.ClassAccepted:
		p.passed = true
		p.Tell(p.redirected(op.URL, response, answered), s.name())
	case isPage(text):
		p.passed = true
		p.Tell(hinted.Say("call.login-page"), s.name())
	case errors.As(err, &packing):
		p.Tell(packing.fact(), s.name())
	case errors.Is(err, errTooLarge):
		p.Tell(hinted.Say("call.large-contract"), s.name())
	case err != nil && ctx.Err() != nil:
		p = s.stop(ctx, op)
		p.Status = status
	case err != nil && limited.Err() != nil: // it had its time
		p.CallError = s.late(op).CallError
	case err != nil:
		p.Class, p.tryAgain = jobs.ClassTemporary, true
		p.Tell(endTrouble(err), later())
	case !contractMark().Match(plain(text)):
		p.passed = true
		p.Tell(hinted.Say("call.no-swagger"), s.name())
	default:
		p.Class, p.text = jobs.ClassAccepted, text
	}
	return p
}

// redirected follows a redirect to the same host; to another one nothing of ours goes. It tells what was answered.
func (p *page) redirected(from *url.URL, response *http.Response, answered hinted.Fact) hinted.Fact {
	switch p.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return answered
	}
	to, err := from.Parse(response.Header.Get("Location"))
	if err != nil || to.User != nil || !sameOrigin(to, from) {
		return redirected(response, answered)
	}
	to.Fragment, to.RawFragment = "", ""
	p.location = to
	return answered
}

// isPage reports whether what was answered is HTML or XML. What it calls itself does not count: old servers know no JSON.
func isPage(text []byte) bool { return isMarkup(nil, plain(text)) }

// plain is what may be a contract as text. Package contract reads it by the same rules.
func plain(text []byte) []byte {
	if decoded, err := plaintext.Decode(text, maxContract); err == nil {
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
func (s *search) stop(ctx context.Context, op *Call) page {
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errSearchTime) {
		return page{answer: cancelled(op)}
	}
	return s.late(op)
}

// late is a place that did not answer in time.
func (s *search) late(op *Call) page {
	late := s.connection.options.connectionTrouble(context.DeadlineExceeded, s.setting)
	late.Call = op.Label
	return page{answer: answer{CallError: late}}
}

func (s *search) withoutToken(ctx context.Context, op *Call, err error) page {
	var r *refusal
	if !errors.As(err, &r) {
		return s.stop(ctx, op)
	}
	return page{answer: withoutToken(op, err), tryAgain: r.Class == jobs.ClassTemporary}
}
