package restapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"syncd/internal/jobs"
)

const (
	hintLater    = "the partner is busy or away: try again later"
	hintEmployee = "correct this employee in staging and run again"
	hintAddress  = "check base_url and the paths of [isidoor]"
	hintPacking  = "ask the partner, or whoever runs a proxy on the way, to send answers as they are asked for (Accept-Encoding: identity)"
	hintRules    = "whether it was received is not known: ask the partner; if its API accepts a document this way, say so in " +
		answerTable + " (code and success, errors, or texts: see config.toml)"
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
}

// meaning is what answers with the statuses from first to last mean to each kind of call.
type meaning struct {
	first, last int
	document    jobs.Class // of a call that sends one
	doubt       bool       // and the document may have been processed all the same
	reading     jobs.Class
	token       jobs.Class
}

// meanings is the one table of what a status means; the first row that has it counts. ARCHITECTURE.md shows it to people.
//
// A body can only take trust away (settle, decode): what accepts a document does so with JSON or with nothing. A refusal
// is free of doubt where it says by itself that nothing was processed: a 4xx, but for 408, 460 and 499, and a 503 with a
// Retry-After.
// What stands between us and the API says 502, 503 and 504 when the API was only slow, 408, 460 or 499 when it did not wait to the
// end, and a redirect is what comes after a form was processed.
//
// Rules that the configuration has for answers ([isidoor.salarie.answer]) judge any 2xx instead of its status. For a call
// that asks for something that may not exist, 404 and 410 are accepted: an answer without a document.
var meanings = []meaning{
	{200, 201, jobs.ClassAccepted, false, jobs.ClassAccepted, jobs.ClassAccepted},
	{202, 202, jobs.ClassAccepted, false, jobs.ClassTechnical, jobs.ClassConfiguration}, // processed later, or not: jobs notes it
	{204, 204, jobs.ClassAccepted, false, jobs.ClassAccepted, jobs.ClassConfiguration},
	{100, 399, jobs.ClassConfiguration, true, jobs.ClassConfiguration, jobs.ClassConfiguration}, // 206: a part; 203, 226: altered; 207, 208: see inside
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

// judge gives an answer its class, by its status and what came of its body.
func (o *operation) judge(ctx context.Context, response *http.Response, body []byte, readErr error) answer {
	m := meaningOf(response.StatusCode)
	if o.reads {
		return o.judgeReading(ctx, m.reading, response, body, readErr)
	}
	a := answer{CallError: jobs.CallError{Class: m.document, Status: response.StatusCode}, ambiguous: m.doubt}
	if response.StatusCode/100 == 2 {
		return o.settle(ctx, a, response.Header, body, readErr)
	}
	o.refused(&a, response, body)
	if _, told := retryAfter(response.Header, time.Now()); told && a.Status == http.StatusServiceUnavailable {
		a.ambiguous = false
	}
	return a
}

func (o *operation) judgeReading(ctx context.Context, class jobs.Class, response *http.Response, body []byte, readErr error) answer {
	a := answer{CallError: jobs.CallError{Class: class, Status: response.StatusCode}}
	if a.Class != jobs.ClassAccepted {
		o.refused(&a, response, body)
	} else if isMarkup(response.Header, body) {
		a.Class, a.Problem, a.Hint = jobs.ClassConfiguration, problemMarkup, hintAddress
		a.Message = o.wordsIn(response.Header, body)
	}
	if o.finds {
		a.Message = ""
	}
	if a.Class != jobs.ClassAccepted {
		return a
	}
	switch {
	case isPacked(readErr):
		a.Class, a.Problem, a.Hint = jobs.ClassConfiguration, "the answer is "+readErr.Error(), hintPacking
	case errors.Is(readErr, errTooLarge):
		a.Class, a.Problem, a.Hint = jobs.ClassTechnical, "the answer is too large", "check base_url of [isidoor]"
	case readErr != nil && ctx.Err() != nil:
		return cancelled(o)
	case readErr != nil:
		a.Class, a.Problem, a.Hint = jobs.ClassTemporary, endTrouble(readErr), hintLater
	default:
		o.decode(&a, response.Header, body)
	}
	return a
}

const problemMarkup = "the answer is HTML, not JSON"

// refused words an answer that accepts nothing.
func (o *operation) refused(a *answer, response *http.Response, body []byte) {
	a.Problem, a.Message = "answered "+statusText(a.Status), o.wordsIn(response.Header, body)
	switch {
	case isMissing(a.Status) && isMarkup(response.Header, body): // something else than the API speaks
		a.Class, a.Problem, a.Hint = jobs.ClassConfiguration, problemMarkup, hintAddress
	case isMissing(a.Status) && o.finds:
		o.judgeMissing(a, messageOf(body))
	case a.Class == jobs.ClassTemporary || a.Class == jobs.ClassTechnical:
		a.Hint = hintLater
		a.RetryAfter, _ = retryAfter(response.Header, time.Now())
	case a.Class == jobs.ClassData:
		a.Hint = hintEmployee
	default:
		a.Problem, a.Hint = o.refusedCall(response, a.Problem)
		a.Definite = o.reads && a.Status == http.StatusPartialContent // an API that has grown, not one that is ill
	}
}

// refusedCall words an answer that stops the run.
func (o *operation) refusedCall(response *http.Response, problem string) (string, string) {
	problem, hint := o.refusedBy(response, problem)
	if o.gateway && (response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden) {
		hint += "; or the key of a gateway: check headers and query of [isidoor]"
	}
	return problem, hint
}

func (o *operation) refusedBy(response *http.Response, problem string) (string, string) {
	status := response.StatusCode
	if status == http.StatusUnauthorized {
		problem += " to a new token"
	}
	switch {
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && o.derived != "":
		return problem, "wrong dossier key? the API's contract says that it goes in the " + o.derived +
			": check key of the [[dossier]], and write dossier_key of [isidoor] if that is wrong"
	case status == http.StatusUnauthorized:
		return problem, "wrong dossier key? check key of the [[dossier]] and dossier_key of [isidoor]"
	case status == http.StatusForbidden:
		return problem, "wrong dossier key? check key of the [[dossier]], and what the partner granted this client"
	case status == http.StatusPartialContent:
		return problem + ", a part of the answer only", "check the path of the endpoint in [isidoor], and ask the partner how the rest is asked for"
	case status/100 == 3:
		return redirectProblem(response, problem), hintAddress
	case o.reads && meaningOf(status).document == jobs.ClassData:
		return problem, hintAddress
	default:
		return problem, "check method and path of the endpoint in [isidoor]"
	}
}

// redirectProblem names the host of a redirect elsewhere, and nothing else of its address. None is followed.
func redirectProblem(response *http.Response, problem string) string {
	location, err := response.Location()
	if err != nil || location.Host == "" || response.Request == nil || location.Host == response.Request.URL.Host {
		return problem + ", a redirect"
	}
	return fmt.Sprintf("%s, a redirect to another host (%.100q)", problem, location.Hostname())
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}

// cancelled is an attempt that the caller gave up.
func cancelled(op *operation) answer {
	return answer{CallError: jobs.CallError{
		Class: jobs.ClassCancelled, Call: op.label, Problem: "cancelled", Hint: "resume the run",
	}}
}

// stopped is an attempt that its caller forbade just before.
func stopped(op *operation) answer {
	return answer{CallError: jobs.CallError{
		Class: jobs.ClassCancelled, Call: op.label, Problem: "stopped before the request left", Hint: "resume the run",
	}}
}
