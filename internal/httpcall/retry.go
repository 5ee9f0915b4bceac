package httpcall

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

const (
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second
	// lag is how long after it was given a token may still be unknown to some of the partner's servers. A call waits for it
	// once; a key that is really wrong shows 3 s later.
	lag = 3 * time.Second
)

var lagPauses = []time.Duration{time.Second, 2 * time.Second}

// Do makes attempts until one decides the operation or repeating makes no more sense, and gives the outcome over
// all of them, with the decoded JSON of an operation that reads.
//
// The loop is our own because a retry library decides per attempt: it would drop an answer that arrives as the
// context ends, such as the acknowledgement of a payment, and cannot carry doubt from one attempt to the next.
func (c *Connection) Do(ctx context.Context, op *Call) (jobs.Outcome, any) {
	op.connection, op.headers = c, c.options.Headers
	defer op.over()
	var out jobs.Outcome
	tries := retries{options: &c.options, locks: op.Locks}
	for n := 1; ; n++ {
		a := c.attempt(ctx, op, n)
		record(&out, a)
		pause, again := tries.next(a, time.Now())
		switch {
		case op.Locks && again && a.rejected.number != 0:
			c.tokensOf(op).reject(a.rejected)
			_, _ = c.tokensOf(op).get(ctx) // in the pause it becomes known; of trouble the next attempt tells
		case pause == 0 && a.worn():
			c.tokensOf(op).reject(a.rejected)
		}
		if again && !op.sleep(ctx, pause) {
			a, again = cancelled(op), false
			record(&out, a)
		}
		if !again {
			out.AnsweredAt = time.Now() // or when it was given up
			return out, a.document
		}
	}
}

// worn tells of a token that is refused and worth another: it worked before, so it was revoked, or it is so old that each
// server knew it. For one that is new and never worked all lanes would ask for theirs, where the key is what is refused.
func (a *answer) worn() bool {
	return a.rejected.number != 0 && (!a.lagging || a.rejected.worked.Load())
}

// record adds an attempt to the outcome. Doubt stays until a 2xx ends it.
func record(out *jobs.Outcome, a answer) {
	if a.left {
		out.Attempts++
	}
	if a.left && a.Status != 0 {
		out.Status, out.Message = a.Status, a.Message
	}
	out.Class, out.Answered = a.Class, a.left && a.Status != 0
	out.Ambiguous = out.Ambiguous || a.ambiguous
	out.Err = &a.CallError
	if a.Class == jobs.ClassAccepted {
		out.Ambiguous, out.Err, out.Later = false, nil, a.Status == http.StatusAccepted
	}
}

// retries decides whether and when one operation is attempted again.
type retries struct {
	options   *Options
	locks     bool
	deadline  time.Time // zero until the first failure
	failures  int
	technical int
	waited    int  // pauses for a token to become known
	renewed   bool // the answer before was a 401, and the token is another one since; of a call that Locks, any answer
}

func (r *retries) next(a answer, now time.Time) (time.Duration, bool) {
	if r.locks && a.rejected.number != 0 {
		again := !r.renewed
		r.renewed = true
		return lag, again
	}
	if a.lagging && r.waited < len(lagPauses) {
		r.waited++
		return lagPauses[r.waited-1], true
	}
	if a.rejected.number != 0 && !r.renewed { // a new token, then one more try, at once
		r.renewed = true
		return 0, true
	}
	r.renewed = r.renewed && r.locks
	switch {
	case a.ambiguous && !r.options.ResendAmbiguous, a.large:
		return 0, false
	case a.Class == jobs.ClassTechnical:
		if r.technical++; r.technical >= r.options.TechnicalTries {
			return 0, false
		}
	case a.Class != jobs.ClassTemporary:
		return 0, false
	}
	if r.deadline.IsZero() {
		r.deadline = now.Add(r.options.RetryFor)
	}
	pause := r.pause(a)
	r.failures++
	return pause, a.RetryAfter <= r.options.RetryAfterCap && !now.Add(pause).After(r.deadline)
}

func (r *retries) pause(a answer) time.Duration {
	switch {
	case a.RetryAfter > 0:
		return a.RetryAfter
	case a.cooling > 0:
		return a.cooling
	}
	return backoff(r.failures, rand.N)
}

// backoff doubles from firstPause to maxPause; its upper half is jitter, so that lanes do not come back together.
func backoff(failures int, random func(time.Duration) time.Duration) time.Duration {
	pause := min(firstPause<<min(failures, 10), maxPause)
	return pause/2 + random(pause/2)
}

// mostRetryAfter is as long as a run can wait for anything (deadline of [[job]]). Whoever asks for more means no time.
const mostRetryAfter = 7 * 24 * time.Hour

// meant is what is asked for, or the cap where that cannot be meant.
func meant(asked, most time.Duration) time.Duration {
	if asked > mostRetryAfter {
		return most
	}
	return asked
}

// tellPause tells of a pause that is longer than a call waits for, so that a person knows when to come back.
func tellPause(call *jobs.CallError, most time.Duration) {
	call.RetryAfter = meant(call.RetryAfter, most)
	if call.RetryAfter > most {
		call.Tell(hinted.Say("call.asks-pause", "problem", call.What, "pause", call.RetryAfter.Round(time.Second).String()), call.Next)
	}
}

// retryAfter reads the header in both forms (RFC 9110, section 10.2.3): seconds, or a date, which is compared with the
// server's own clock where it is told. told = the header is there and can be read; a date in the past is 0.
func retryAfter(header http.Header, now time.Time) (after time.Duration, told bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, math.MaxInt32)) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if served, err := http.ParseTime(header.Get("Date")); err == nil {
		now = served
	}
	return max(0, date.Sub(now)), true
}

// askEvery is how often a pause asks whether the caller still wants the next attempt.
const askEvery = 250 * time.Millisecond

// sleep waits before another attempt; false when ctx ended first, or the caller wants no more attempts.
func (op *Call) sleep(ctx context.Context, pause time.Duration) bool {
	end := time.Now().Add(pause)
	for left := pause; left > 0; left = time.Until(end) {
		timer := time.NewTimer(min(left, askEvery))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
		if op.Before != nil && op.Before() != nil {
			return false
		}
	}
	return true
}
