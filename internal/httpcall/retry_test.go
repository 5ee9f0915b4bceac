package httpcall

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

func TestTemporaryFailuresAreRetriedWithGrowingPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(503), answers(429), answers(408), answers(204)}}
		out := send(s.open(t, nil), "00042")
		if out.Class != jobs.ClassAccepted || out.Status != 204 || out.Attempts != 4 || out.Err != nil {
			t.Fatalf("outcome %+v", out)
		}
		for i, gap := range s.gaps() {
			if full := firstPause << i; gap < full/2 || gap >= full {
				t.Errorf("pause %d is %v, want at least %v and less than %v", i+1, gap, full/2, full)
			}
		}
	})
}

func TestRetryAfterIsKeptExactly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		date := func(after time.Duration) string { return now.Add(after).UTC().Format(http.TimeFormat) }
		s := &script{steps: []step{
			answers(429, "Retry-After", "7"),
			answers(503, "Retry-After", date(12*time.Second)),                                       // 5 s from then
			answers(503, "Retry-After", date(3*time.Hour), "Date", date(3*time.Hour-4*time.Second)), // the server's clock is wrong
			answers(503, "Retry-After", "99999999999999999999"),                                     // no time: the cap
			answers(503, "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"),
			answers(200),
		}}
		out := send(s.open(t, func(o *toyOptions) { o.RetryAfterCap = 20 * time.Second }), "00042")
		want := []time.Duration{7 * time.Second, 5 * time.Second, 4 * time.Second, 20 * time.Second, 20 * time.Second}
		if out.Class != jobs.ClassAccepted || !slices.Equal(s.gaps(), want) {
			t.Errorf("class %s, pauses %v, want accepted after %v", out.Class, s.gaps(), want)
		}
	})
}

// What the partner asks for beyond what a call waits is for the run: nobody comes back before.
func TestLongRetryAfterEndsTheCallAndIsTold(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]step{"too long": answers(503, "Retry-After", "3600"), "limited": answers(429, "Retry-After", "3600"),
		"token": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []step{first, answers(200)}}
				if first == nil {
					s = &script{token: func(int) *http.Response { return response(503, "", "Retry-After", "3600") }, steps: []step{answers(200)}}
				}
				began := time.Now()
				out := send(s.open(t, nil), "00042")
				var call *jobs.CallError
				if out.Class != jobs.ClassTemporary || out.Ambiguous || !errors.As(out.Err, &call) || call.RetryAfter != time.Hour {
					t.Fatalf("%+v: %+v", out, call)
				}
				if took := time.Since(began); took > time.Second || len(s.calls) > 1 || !strings.Contains(call.Problem, "1h0m0s") && first != nil {
					t.Errorf("after %v: %s", took, call.Problem)
				}
			})
		})
	}
}

// An API that is slower than we wait is told so, with the setting to raise; a host that does not answer at all is not.
func TestSlowAPIIsToldApartFromAnAbsentOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step step
		late time.Duration
	}{"hangs": {hangs, 30 * time.Second}, "away": {breaks(false), 0}, "breaks": {breaks(true), 0}, "503": {answers(503), 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []step{c.step}}
				out := send(s.open(t, func(o *toyOptions) { o.RetryFor = time.Second }), "00042")
				var call *jobs.CallError
				if !errors.As(out.Err, &call) || call.Late != c.late || strings.Contains(call.Hint, "request_timeout") != (c.late > 0) {
					t.Errorf("%+v", call)
				}
			})
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step        step
		class       jobs.Class
		ambiguous   bool
		fewest      int // requests that left
		most        int
		after, upTo time.Duration
	}{
		"temporary: after RetryFor":       {answers(429), jobs.ClassTemporary, false, 4, 10, 20 * time.Second, time.Minute},
		"technical: after TechnicalTries": {answers(500), jobs.ClassTechnical, true, 3, 3, 0, 2 * time.Second},
		"data: at once":                   {answers(422), jobs.ClassData, false, 1, 1, 0, 0},
		"configuration: at once":          {answers(403), jobs.ClassConfiguration, false, 1, 1, 0, 0},
		"hanging: each attempt is cut":    {hangs, jobs.ClassTemporary, true, 3, 3, 90 * time.Second, 93 * time.Second},
		"broken before it left: no doubt": {breaks(false), jobs.ClassTemporary, false, 0, 0, 20 * time.Second, time.Minute},
		"broken after it left: doubt":     {breaks(true), jobs.ClassTemporary, true, 4, 10, 20 * time.Second, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []step{test.step}}
				c := s.open(t, func(o *toyOptions) { o.RetryFor = time.Minute })
				started := time.Now()
				out := send(c, "00042")
				if out.Class != test.class || out.Ambiguous != test.ambiguous {
					t.Errorf("class %s, ambiguous %v, want %s, %v", out.Class, out.Ambiguous, test.class, test.ambiguous)
				}
				if out.Attempts < test.fewest || out.Attempts > test.most {
					t.Errorf("%d attempts, want %d to %d", out.Attempts, test.fewest, test.most)
				}
				if took := time.Since(started); took < test.after || took > test.upTo {
					t.Errorf("took %v, want %v to %v", took, test.after, test.upTo)
				}
			})
		})
	}
}

func TestDoubtStaysUntilAnAcceptance(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps     []step
		resend    bool
		class     jobs.Class
		status    int
		ambiguous bool
		requests  int
	}{
		"lost, then refused":               {[]step{breaks(true), answers(400)}, true, jobs.ClassData, 400, true, 2},
		"lost, then accepted":              {[]step{breaks(true), answers(200)}, true, jobs.ClassAccepted, 200, false, 2},
		"502, then forbidden":              {[]step{answers(502), answers(403)}, true, jobs.ClassConfiguration, 403, true, 2},
		"503, then refused":                {[]step{answers(503), answers(409)}, true, jobs.ClassData, 409, true, 2},
		"503 that says when: no doubt":     {[]step{answers(503, "Retry-After", "1"), answers(409)}, true, jobs.ClassData, 409, false, 2},
		"see other":                        {[]step{answers(303), answers(200)}, true, jobs.ClassConfiguration, 303, true, 1},
		"another protocol":                 {[]step{answers(101), answers(200)}, true, jobs.ClassConfiguration, 101, true, 1},
		"append: lost is not sent again":   {[]step{breaks(true), answers(200)}, false, jobs.ClassTemporary, 0, true, 1},
		"append: 504 is not sent again":    {[]step{answers(504), answers(200)}, false, jobs.ClassTemporary, 504, true, 1},
		"append: 500 is not sent again":    {[]step{answers(500), answers(200)}, false, jobs.ClassTechnical, 500, true, 1},
		"append: 503 is not sent again":    {[]step{answers(503), answers(200)}, false, jobs.ClassTemporary, 503, true, 1},
		"append: 408 is not sent again":    {[]step{answers(408), answers(200)}, false, jobs.ClassTemporary, 408, true, 1},
		"append: 303 is not sent again":    {[]step{answers(303), answers(200)}, false, jobs.ClassConfiguration, 303, true, 1},
		"append: 207 is not sent again":    {[]step{answers(207), answers(200)}, false, jobs.ClassConfiguration, 207, true, 1},
		"append: a later one is sent":      {[]step{answers(503, "Retry-After", "1"), answers(200)}, false, jobs.ClassAccepted, 200, false, 2},
		"append: 429 is sent again":        {[]step{answers(429), answers(200)}, false, jobs.ClassAccepted, 200, false, 2},
		"append: never left is sent again": {[]step{breaks(false), answers(200)}, false, jobs.ClassAccepted, 200, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: test.steps}
				out := send(s.open(t, func(o *toyOptions) { o.ResendAmbiguous = test.resend }), "00042")
				if out.Class != test.class || out.Status != test.status || out.Ambiguous != test.ambiguous {
					t.Errorf("class %s, status %d, ambiguous %v", out.Class, out.Status, out.Ambiguous)
				}
				if len(s.calls) != test.requests {
					t.Errorf("%d requests, want %d", len(s.calls), test.requests)
				}
			})
		})
	}
}
