package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// answer is one attempt's end, given its class.
type answer struct {
	jobs.CallError
	left      bool          // something of the request may have left
	ambiguous bool          // it may have been processed although no definite answer came
	rejected  token         // with 401; zero = none
	lagging   bool          // it was so new that not each server may know it yet
	cooling   time.Duration // until a token is asked for again; 0 = at once
	document  any           // decoded JSON of an operation that reads
	large     bool          // longer than is read of it, as it would be again
}

// TooLarge is the code of what is told of an answer that is longer than is read of it.
const TooLarge = "call.too-large"

// meaning is what answers with the statuses from first to last mean to each kind of call.
type meaning struct {
	first, last int
	document    jobs.Class // of a call that sends one
	doubt       bool       // and the document may have been processed all the same
	reading     jobs.Class
	token       jobs.Class
}

// meanings is the one table of what a status means; the first row that has it counts. The documentation of this package shows it to people.
//
// A body can only take trust away (classifySuccess, decode): what accepts a document does so with JSON or with nothing. A refusal
// is free of doubt where it says by itself that nothing was processed: a 4xx, but for 408, 460 and 499, and a 503 with a
// Retry-After.
// What stands between us and the API says 502, 503 and 504 when the API was only slow, 408, 460 or 499 when it did not wait to the
// end, and a redirect is what comes after a form was processed.
//
// Rules that the configuration has for answers (Rules) decide about any 2xx instead of its status. For a call
// that asks for something that may not exist, 404 and 410 are accepted: an answer without a document.
var meanings = []meaning{
	{200, 201, jobs.ClassAccepted, false, jobs.ClassAccepted, jobs.ClassAccepted},
	{202, 202, jobs.ClassAccepted, false, jobs.ClassTechnical, jobs.ClassConfiguration}, // processed later, or not: jobs notes it
	{204, 204, jobs.ClassAccepted, false, jobs.ClassAccepted, jobs.ClassConfiguration},
	// 206: a part; 203, 226: altered; 207, 208: see inside
	{100, 399, jobs.ClassConfiguration, true, jobs.ClassConfiguration, jobs.ClassConfiguration},
	{400, 400, jobs.ClassData, false, jobs.ClassConfiguration, jobs.ClassConfiguration},
	{404, 404, jobs.ClassData, false, jobs.ClassConfiguration, jobs.ClassConfiguration},
	{408, 408, jobs.ClassTemporary, true, jobs.ClassTemporary, jobs.ClassTemporary},
	{409, 409, jobs.ClassData, false, jobs.ClassConfiguration, jobs.ClassConfiguration},
	{413, 413, jobs.ClassData, false, jobs.ClassConfiguration, jobs.ClassConfiguration},
	{422, 422, jobs.ClassData, false, jobs.ClassConfiguration, jobs.ClassConfiguration},
	{425, 425, jobs.ClassTemporary, false, jobs.ClassTemporary, jobs.ClassTemporary},
	{429, 429, jobs.ClassTemporary, false, jobs.ClassTemporary, jobs.ClassTemporary},
	{460, 460, jobs.ClassTemporary, true, jobs.ClassTemporary, jobs.ClassTemporary}, // of a load balancer that no longer waits
	{499, 499, jobs.ClassTemporary, true, jobs.ClassTemporary, jobs.ClassTemporary}, // of nginx and gRPC gateways, likewise
	{400, 499, jobs.ClassConfiguration, false, jobs.ClassConfiguration, jobs.ClassConfiguration},
	{502, 504, jobs.ClassTemporary, true, jobs.ClassTemporary, jobs.ClassTemporary},
	{500, 599, jobs.ClassTechnical, true, jobs.ClassTechnical, jobs.ClassTemporary},
	{0, 999, jobs.ClassConfiguration, true, jobs.ClassConfiguration, jobs.ClassConfiguration}, // HTTP knows no such status
}

func meaningOf(status int) meaning {
	for i := range meanings {
		if m := &meanings[i]; m.first <= status && status <= m.last {
			return *m
		}
	}
	return meanings[len(meanings)-1]
}

// classify gives an answer its class, by its status and what came of its body.
func (o *Call) classify(ctx context.Context, response *http.Response, body []byte, readErr error) answer {
	m := meaningOf(response.StatusCode)
	if o.Reads {
		if o.isFlaky(response.StatusCode) {
			m.reading = jobs.ClassTechnical
		}
		return o.classifyReading(ctx, m.reading, response, body, readErr)
	}
	a := answer{CallError: jobs.CallError{Class: m.document, Status: response.StatusCode}, ambiguous: m.doubt}
	if response.StatusCode/100 == 2 {
		return o.classifySuccess(ctx, a, response.Header, body, readErr)
	}
	o.refused(&a, response, body)
	if _, told := retryAfter(response.Header, time.Now()); told && a.Status == http.StatusServiceUnavailable {
		a.ambiguous = false
	}
	return a
}

// classifySuccess does so for a 2xx that answers a document: by the rules, where there are any, else by what its status and its body can
// mean (meanings). What nothing decides leaves doubt, for the API may have taken the document: broken off, it is tried
// again as other trouble on the way is; else this is not the API that the configuration describes, and the run has to
// stop before it takes refusals for successes.
func (o *Call) classifySuccess(ctx context.Context, a answer, header http.Header, body []byte, readErr error) answer {
	body = bytes.TrimSpace(body)
	var packing *packingError
	switch {
	case errors.As(readErr, &packing):
		a = inDoubt(a)
		a.Tell(hinted.Say("call.packed-success", "status", statusText(a.Status), "how", packing.named(), "problem", packing.fact()),
			hinted.Fact{})
		return a
	case errors.Is(readErr, errTooLarge) && o.Rules.decide():
		return o.undecided(a, hinted.Say(TooLarge))
	case errors.Is(readErr, errTooLarge):
		return o.doubted(a, "call.large-success")
	case readErr != nil && ctx.Err() != nil:
		a = cancelled(o)
		a.ambiguous = true
		return a
	case readErr != nil:
		a.Class, a.ambiguous = jobs.ClassTemporary, true
		a.Tell(endTrouble(readErr), later())
		return a
	case o.Rules.decide() && o.Rules.bodies[string(body)]:
		a.Class, a.ambiguous = jobs.ClassAccepted, false
		return a
	case isMarkup(header, body) && (!o.Rules.decide() || !json.Valid(body)): // rules know an API that mislabels its answers
		a.Class, a.ambiguous = jobs.ClassConfiguration, true
		a.Tell(hinted.Say("call.markup"), o.checkAddress())
		a.Cause = jobs.Because(jobs.CauseAddress)
		a.Message = o.wordsIn(header, body)
		return a
	case o.Rules.decide():
		return o.ruled(a, body)
	}
	if a = o.plainSuccess(a, header, body); isProblem(header) && a.ambiguous {
		a.Message = o.wordsIn(header, body)
	}
	return a
}

// isProblem tells of an answer that calls itself a problem (RFC 9457).
func isProblem(header http.Header) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return kind == "application/problem+json"
}

// plainSuccess is for a 2xx where nobody said how the API words a success: JSON or nothing is taken for one.
func (o *Call) plainSuccess(a answer, header http.Header, body []byte) answer {
	switch {
	case a.Class != jobs.ClassAccepted:
		return o.doubted(a, "call.silent-success")
	case isProblem(header) && len(body) > 0:
		return o.doubted(a, "call.problem-success")
	case len(body) > 0 && !json.Valid(body):
		return o.doubted(a, "call.no-json-success")
	}
	return a
}

func (o *Call) doubted(a answer, code string) answer {
	a = inDoubt(a)
	a.Tell(hinted.Say(code, "status", statusText(a.Status)), hinted.Say("call.say-in-answer", "table", o.Section))
	return a
}

// inDoubt is an answer that does not say whether the document was accepted.
func inDoubt(a answer) answer {
	a.Class, a.ambiguous, a.Cause = jobs.ClassConfiguration, true, jobs.Because(jobs.CauseAnswer)
	return a
}

// ruled applies the rules. A refusal is as definite as a 400.
func (o *Call) ruled(a answer, body []byte) answer {
	document, err := decode(body)
	if err != nil {
		return o.undecided(a, hinted.Say("call.no-json"))
	}
	refused, err := o.Rules.refusals(document)
	if err != nil {
		return o.undecided(a, hinted.What(err))
	}
	a.ambiguous = false
	if a.Class = jobs.ClassAccepted; len(refused) > 0 {
		a.Class, a.Message = jobs.ClassData, o.Rules.messageIn(refused)
		a.Tell(hinted.Say("call.refusal-inside", "status", statusText(a.Status)), hinted.Say("call.correct-employee"))
	}
	return a
}

func (o *Call) undecided(a answer, why hinted.Fact) answer {
	a = inDoubt(a)
	a.Tell(hinted.Say("call.undecided", "status", statusText(a.Status), "why", why, "table", o.Section), hinted.Fact{})
	return a
}

// classifyReading gives its class to an answer that is wanted as JSON.
func (o *Call) classifyReading(ctx context.Context, class jobs.Class, response *http.Response, body []byte, readErr error) answer {
	a := answer{CallError: jobs.CallError{Class: class, Status: response.StatusCode}}
	if a.Class != jobs.ClassAccepted {
		o.refused(&a, response, body)
	} else if o.isPage(response.Header, body) {
		a.Class = jobs.ClassConfiguration
		a.Tell(hinted.Say("call.markup"), o.checkAddress())
		a.Cause = jobs.Because(jobs.CauseAddress)
		a.Message = o.wordsIn(response.Header, body)
	}
	if o.Finds {
		a.Message = ""
	}
	if a.Class != jobs.ClassAccepted {
		return a
	}
	var packing *packingError
	switch {
	case errors.As(readErr, &packing):
		a.Class = jobs.ClassConfiguration
		a.Tell(packing.fact(), hinted.Fact{})
	case errors.Is(readErr, errTooLarge):
		a.Class, a.large = jobs.ClassTechnical, true
		a.Tell(hinted.Say(TooLarge), hinted.Say("call.check", "setting", o.connection.options.setting("base_url")))
	case readErr != nil && ctx.Err() != nil:
		return cancelled(o)
	case readErr != nil:
		a.Class = jobs.ClassTemporary
		a.Tell(endTrouble(readErr), later())
	case o.Whole != nil:
		*o.Whole = Answered{Text: body, Type: response.Header.Get("Content-Type")}
		o.Whole.Date, _ = http.ParseTime(response.Header.Get("Date"))
	default:
		o.decode(&a, response.Header, body)
	}
	return a
}

// isPage reports whether an answer is a page for people. What is taken as it came may call itself one and be none.
func (o *Call) isPage(header http.Header, body []byte) bool {
	if o.Whole != nil {
		return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
	}
	return isMarkup(header, body)
}

// isFlaky reports whether a status, with which gateways answer calls that are right now and then, may pass.
func (o *Call) isFlaky(status int) bool {
	return o.Flaky && (status == http.StatusBadRequest || status == http.StatusNotFound)
}

// refused words an answer that accepts nothing.
func (o *Call) refused(a *answer, response *http.Response, body []byte) {
	a.Message = o.wordsIn(response.Header, body)
	what := hinted.Say("call.answered", "status", statusText(a.Status))
	switch {
	case o.isFlaky(a.Status):
		a.Tell(what, later())
		if isMarkup(response.Header, body) { // then it is no word of the API's about what was asked for
			a.Tell(hinted.Say("call.markup"), o.checkAddress())
			a.Cause = jobs.Because(jobs.CauseAddress)
		}
	case isMissing(a.Status) && isMarkup(response.Header, body): // something else than the API speaks
		a.Class = jobs.ClassConfiguration
		a.Tell(hinted.Say("call.markup"), o.checkAddress())
		a.Cause = jobs.Because(jobs.CauseAddress)
	case isMissing(a.Status) && o.Finds:
		o.classifyMissing(a, messageOf(body))
	case a.Class == jobs.ClassTemporary || a.Class == jobs.ClassTechnical:
		a.Tell(what, later())
		a.RetryAfter, _ = retryAfter(response.Header, time.Now())
	case a.Class == jobs.ClassData:
		a.Tell(what, hinted.Say("call.correct-employee"))
	default:
		a.Tell(o.refusedCall(response, what))
		a.Cause = refusedCause(a.Status)
		a.Definite = o.Reads && a.Status == http.StatusPartialContent // an API that has grown, not one that is ill
	}
}

// refusedCause is what a status tells of an answer that stops the run; nil = nothing more.
func refusedCause(status int) *jobs.Cause {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return jobs.Because(jobs.CauseKey)
	case status/100 == 3:
		return jobs.Because(jobs.CauseAddress)
	}
	return nil
}

// isMissing reports the statuses that say "there is no such thing".
func isMissing(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

// classifyMissing tells an employee that the API does not know from an address that it does not know: in whatever language
// it speaks, ASP.NET then quotes the URL ("No HTTP resource was found that matches the request URI 'https://…'.").
func (o *Call) classifyMissing(a *answer, words string) {
	if strings.Contains(words, "://") {
		a.Class = jobs.ClassConfiguration
		a.Tell(hinted.Say("call.unknown-address", "status", statusText(a.Status)), hinted.Say("call.check-call", "table", o.Section))
		return
	}
	a.Class = jobs.ClassAccepted
}

// refusedCall words an answer that stops the run.
func (o *Call) refusedCall(response *http.Response, what hinted.Fact) (_, next hinted.Fact) {
	what, next = o.refusedBy(response, what)
	if len(o.connection.options.fixedSecrets()) > 0 &&
		(response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden) {
		next = hinted.Say("call.or-gateway", "hint", next, "table", o.connection.options.Section)
	}
	return what, next
}

func (o *Call) refusedBy(response *http.Response, what hinted.Fact) (_, next hinted.Fact) {
	status := response.StatusCode
	if status == http.StatusUnauthorized && o.connection.tokensOf(o) != nil {
		what = hinted.Say("call.answered-new-token", "status", statusText(status))
	}
	switch {
	case status == http.StatusUnauthorized:
		return what, o.Denied.Unauthorized
	case status == http.StatusForbidden:
		return what, o.Denied.Forbidden
	case status == http.StatusPartialContent:
		return hinted.Say("call.part", "problem", what), hinted.Say("call.check-part", "table", o.connection.options.Section)
	case status/100 == 3:
		return redirected(response, what), o.checkAddress()
	case o.Reads && meaningOf(status).document == jobs.ClassData:
		return what, o.checkAddress()
	default:
		return what, hinted.Say("call.check-endpoint", "table", o.connection.options.Section)
	}
}

// redirected names the host of a redirect elsewhere, and nothing else of its address. None is followed.
func redirected(response *http.Response, what hinted.Fact) hinted.Fact {
	location, err := response.Location()
	if err != nil || location.Host == "" || response.Request == nil || location.Host == response.Request.URL.Host {
		return hinted.Say("call.redirect", "problem", what)
	}
	return hinted.Say("call.redirect-elsewhere", "problem", what, "host", fmt.Sprintf("%.100q", location.Hostname()))
}

// checkAddress is for an answer of something else than the API.
func (o *Call) checkAddress() hinted.Fact {
	return hinted.Say("call.check-address", "table", o.connection.options.Section)
}

// later is for trouble that passes.
func later() hinted.Fact { return hinted.Say("call.later") }

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}

// cancelled is an attempt that the caller gave up.
func cancelled(op *Call) answer { return ended(op, "call.cancelled") }

// stopped is an attempt that its caller forbade just before.
func stopped(op *Call) answer { return ended(op, "call.stopped") }

func ended(op *Call, code string) (a answer) {
	a.Class, a.Call = jobs.ClassCancelled, op.Label
	a.Tell(hinted.Say(code), hinted.Fact{})
	return a
}
