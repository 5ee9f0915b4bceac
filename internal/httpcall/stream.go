package httpcall

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// Sink takes an answer while it comes, so that its size is no matter of memory.
type Sink struct {
	To io.Writer // an error of it ends the call: it is in Failed, and nothing is tried again
	// Again is called before another attempt, once something was written: what is there is to be forgotten. An error of it ends
	// the call, as if it was one of To; nil = it cannot be.
	Again  func() error
	Failed error // of To or Again

	written bool
	goesOn  func()
}

var errWritten = errors.New("a part of another answer is there")

// slowest is how many bytes a second a streamed answer comes at least, over all of it.
const slowest = 32 << 10

// limit bounds the time of an attempt. A streamed answer may take as long as its size wants, while it goes on.
func (o *Call) limit(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	if o.Into == nil {
		return context.WithTimeout(ctx, most)
	}
	ctx, cancel := context.WithTimeout(ctx, most+time.Duration(o.Limit/slowest)*time.Second)
	idle := time.AfterFunc(most, cancel)
	o.Into.goesOn = func() { idle.Reset(most) }
	return ctx, func() {
		idle.Stop()
		cancel()
	}
}

// stream hands an answer on. What it is, its reader knows.
func (o *Call) stream(ctx context.Context, response *http.Response) answer {
	a := answer{CallError: jobs.CallError{Class: jobs.ClassAccepted, Status: response.StatusCode}}
	err := o.Into.take(response.Body, response.Header)
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	var packing *packingError
	switch {
	case o.Into.Failed != nil:
		a.Class = jobs.ClassCancelled
		a.Tell(hinted.Say("call.unkept"), hinted.Fact{})
	case err != nil && ctx.Err() != nil:
		return cancelled(o)
	case errors.As(err, &packing):
		a.Class = jobs.ClassConfiguration
		a.Tell(packing.fact(), hinted.Fact{})
	case err != nil:
		a.Class = jobs.ClassTemporary
		a.Tell(endTrouble(err), later())
	}
	return a
}

func (s *Sink) take(body io.Reader, header http.Header) error {
	if s.written && s.Again == nil {
		s.Failed = errWritten
	} else if s.written && s.Failed == nil {
		s.Failed = s.Again()
	}
	if s.Failed != nil {
		return s.Failed
	}
	content, err := unpacking(body, header)
	if err != nil {
		return err
	}
	_, err = io.Copy(failing{s}, content)
	return err
}

// failing tells an error of whoever takes from one of whoever gives.
type failing struct{ *Sink }

func (f failing) Write(part []byte) (int, error) {
	f.goesOn()
	f.written = true
	n, err := f.To.Write(part)
	f.Failed = err
	return n, err
}

// unpacking reads what was compressed on the way: what says so, and begins so.
func unpacking(body io.Reader, header http.Header) (io.Reader, error) {
	layers := packings(header)
	buffered := bufio.NewReader(body)
	begins, _ := buffered.Peek(2) // of a body that is shorter, or broke off, the copy tells
	switch {
	case len(layers) == 0, len(layers) == 1 && layers[0] == "gzip" && !isGzip(begins):
		return buffered, nil
	case len(layers) == 1 && layers[0] == "gzip":
		return gzip.NewReader(buffered)
	case knownPackings().MatchString(layers[0]) || layers[0] == "deflate" || layers[0] == "gzip":
		return nil, &packingError{how: layers[0]}
	}
	return nil, &packingError{}
}
