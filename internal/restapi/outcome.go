package restapi

import (
	"fmt"
	"net/http"
	"time"

	"syncd/internal/jobs"
)

const (
	hintLater    = "the partner is busy or away: try again later"
	hintEmployee = "correct this employee in staging and run again"
	hintAddress  = "check base_url and the paths of [isidoor]"
)

// answer is one attempt's end, given its class.
type answer struct {
	jobs.CallError
	left          bool          // something of the request may have left
	ambiguous     bool          // it may have been processed although no definite answer came
	tokenRejected bool          // 401
	retryAfter    time.Duration // asked by the server; 0 = not told
	document      any           // decoded JSON of an operation that reads
}

// classOf sorts statuses. It is the table that docs and reports rely on:
//
//	2xx                            accepted
//	400 404 409 413 422            data: this employee is refused
//	408 425 429 502 503 504        temporary: retried with growing pauses, or as Retry-After says
//	other 5xx                      technical: retried a few times
//	1xx 3xx, other 4xx             configuration: the address, the key, the method or the format is wrong
//
// judge refines it: what is data for a document is configuration for a call that reads, for no employee is concerned;
// markup instead of JSON in a 2xx, 404 or 410 means that something else than the API answers. Any 5xx but 503 leaves
// doubt whether the document was processed. For a call that asks for something that may not exist, 404 and 410 are
// accepted: an answer without a document. settle looks for a refusal inside a 2xx where there are rules for it.
func classOf(status int) jobs.Class {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return jobs.ClassData
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return jobs.ClassTemporary
	}
	switch status / 100 {
	case 2:
		return jobs.ClassAccepted
	case 5:
		return jobs.ClassTechnical
	}
	return jobs.ClassConfiguration
}

// judge gives an answer its class by status and body.
func (o *operation) judge(response *http.Response, body []byte) answer {
	status := response.StatusCode
	a := answer{CallError: jobs.CallError{Class: classOf(status), Status: status}}
	if a.Class != jobs.ClassAccepted {
		a.Problem, a.Message = "answered "+statusText(status), messageOf(body)
		a.ambiguous = status >= 500 && status != http.StatusServiceUnavailable
	}
	switch {
	case (a.Class == jobs.ClassAccepted || isMissing(status)) && isMarkup(response.Header, body):
		a.ambiguous = a.Class == jobs.ClassAccepted
		a.Class, a.Problem, a.Hint = jobs.ClassConfiguration, "the answer is HTML, not JSON", hintAddress
	case isMissing(status) && o.finds:
		o.judgeMissing(&a)
	case a.Class == jobs.ClassData && o.reads:
		a.Class, a.Hint = jobs.ClassConfiguration, hintAddress
	case a.Class == jobs.ClassTemporary || a.Class == jobs.ClassTechnical:
		a.Hint, a.retryAfter = hintLater, retryAfter(response.Header, time.Now())
	case a.Class == jobs.ClassConfiguration:
		a.Problem, a.Hint = o.refusedCall(response, a.Problem)
	case a.Class == jobs.ClassData:
		a.Hint = hintEmployee
	}
	if o.finds {
		a.Message = ""
	}
	return a
}

// refusedCall words an answer that stops the run.
func (o *operation) refusedCall(response *http.Response, problem string) (string, string) {
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
	case status/100 == 3:
		return redirectProblem(response, problem), hintAddress
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
