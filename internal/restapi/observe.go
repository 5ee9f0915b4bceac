package restapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"syncd/internal/jobs"
)

// Call is one HTTP attempt as monitoring sees it: nothing that tells a person, a key or a URL.
type Call struct {
	Endpoint string // "token", "dossier", "dictionnaire", "salarie", "read" or "contract"
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

// Wait is a call that has had no answer for a while.
type Wait struct {
	Call  string    // "GET /V2/Dossier"
	Until time.Time // when it gives up at the latest
}

// waitTold is how long a call goes unanswered before that is told: longer than an API takes, shorter than people wait before
// they think that a program hangs.
const waitTold = 5 * time.Second

// await has it told when this call, whose first attempt begins now, is not over soon.
func (c *Connection) await(op *operation) {
	if op.awaited != nil || c.options.Waits == nil {
		return
	}
	o := &c.options
	until := time.Now().Add(o.RequestTimeout + o.RetryFor + o.RequestTimeout) // the last attempt may begin just before the end
	op.awaited = time.AfterFunc(waitTold, func() { o.Waits(Wait{op.label, until}) })
}

// over ends that.
func (o *operation) over() {
	if o.awaited != nil {
		o.awaited.Stop()
	}
}
