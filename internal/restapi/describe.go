package restapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"syncd/internal/jobs"
)

const (
	maxContract     = 10 << 20         // bytes
	describeAttempt = 10 * time.Second // at most, of one request
	describeTime    = 30 * time.Second // of all
	placePatience   = 3 * time.Second  // until one of several places begins to answer
	mostHanging     = 3                // places; with one more the search ends
)

// Description is the contract as the API publishes it, not yet read.
type Description struct {
	Text  []byte // at most 10 MiB; it has a member "swagger" or "openapi", and is no HTML
	Place string // of the source "auto" the path below the host, "/Api2/swagger/docs/V2"; else the URL without its query
}

// Describe asks for the API's contract: a Swagger or OpenAPI document. source is "auto", which looks where Swashbuckle
// puts it, always in the same order, or the URL of the document.
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
func (c *Connection) Describe(ctx context.Context, source string) (Description, error) {
	s, misconfigured := c.newSearch(source)
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
	places     []place
	passed     []page // what the places had instead, by their order
	trusted    bool   // the places are at the host of base_url: a token may go there
	setting    string
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
			if found, end := s.settle(ctx, i, authorized); end != nil || found.Text != nil {
				return found, end
			}
		}
	}
	if len(s.hanging) == 0 {
		return Description{}, s.nothing()
	}
	return s.onceMore(ctx)
}

// settle asks at one place. It found something, or ends the search, or neither.
func (s *search) settle(ctx context.Context, i int, authorized bool) (Description, *jobs.CallError) {
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

// hangs tells whether a place of the same family did not answer.
func (s *search) hangs(p place) bool {
	return slices.ContainsFunc(s.hanging, func(i int) bool { return s.places[i].family == p.family })
}

// onceMore asks again where nothing was answered: a service that wakes up needs some seconds for its first answer.
func (s *search) onceMore(ctx context.Context) (Description, *jobs.CallError) {
	hanging := s.hanging
	for _, i := range hanging {
		s.hanging = nil
		found, end := s.settle(ctx, i, false)
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
	op := s.operation(p)
	for n, redirects := 1, 0; ; n++ {
		got := s.ask(ctx, op, authorized, n)
		got.authorized = authorized
		switch {
		case got.location != nil && redirects < maxRedirects:
			redirects++
			op.url = s.connection.withQuery(got.location)
		case got.location != nil:
			got.Problem = "redirects without end"
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
