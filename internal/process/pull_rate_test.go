package process

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	choruspro "syncd/internal/partner/choruspro/standin"
	"syncd/internal/sandbox"
)

const (
	perMinute = 2404 // rate_per_minute: forty a second beside those that are kept back
	atOnceMax = 2    // max_in_flight
)

// TestRateOfAPartnerIsNeverExceeded reads by two jobs of one partner at once, which one daemon executes, or two processes that share
// the limits by the ledger. A minute is not waited for: of N calls a minute, twice max_in_flight are kept back, and the others are spread
// evenly, so that any shorter time has at most its part of them, and those kept back; a minute then has N. That is what is wanted of
// times from a quarter of a second on.
func TestRateOfAPartnerIsNeverExceeded(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(*reading){
		"two jobs of a daemon": func(r *reading) {
			d := r.daemon()
			for _, job := range []string{"lecture", "relecture"} {
				r.want(0, r.run("run", job, "--detach"))
			}
			d.until("both jobs are done", func() bool {
				return r.number(`SELECT count(*) FROM syncd.run WHERE state = 'succeeded'`) == 2
			})
			d.stop()
		},
		"two processes": func(r *reading) {
			first, second := r.start("run", "lecture"), r.start("run", "relecture")
			r.want(0, first.wait())
			r.want(0, second.wait())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invoices := asMany(150, 330)
			r, _ := readChorus(t, choruspro.Config{Dossiers: twoDossiers, Invoices: invoices},
				fmt.Sprintf("rate_per_minute = %d\n[partner.collection.factures.page]\nsize = 5", perMinute))
			r.twoJobs()
			read(r)
			r.wantRate(2 * 2 * invoices / 5) // two dossiers, two windows
			if together := r.text(`SELECT bool_and(started_at < (SELECT min(finished_at) FROM syncd.run))::text FROM syncd.run`); together != "true" {
				t.Error("the two did not run at once: nothing was tested")
			}
		})
	}
}

// twoJobs has each of two dossiers read by a job of its own.
func (r *reading) twoJobs() {
	r.t.Helper()
	file := filepath.Join(r.dir, "config.toml")
	text, err := os.ReadFile(file)
	r.must(err)
	before, job, found := strings.Cut(string(text), "[[job]]\n")
	if !found {
		r.t.Fatal("the sample has no [[job]]")
	}
	first := "[[job]]\n" + job + "dossiers = [\"" + r.schools[0].Name + "\"]\n"
	second := strings.Replace(strings.Replace(first, `"lecture"`, `"relecture"`, 1), r.schools[0].Name, r.schools[1].Name, 1)
	r.must(os.WriteFile(file, []byte(before+first+"\n"+second), 0o600))
}

// wantRate wants so many calls at least, tokens excepted, and never too many of them in some time.
func (r *reading) wantRate(least int) {
	r.t.Helper()
	all := slices.DeleteFunc(r.calls.list(), func(a arrival) bool { return a.path == choruspro.TokenPath })
	if len(all) < least {
		r.t.Errorf("%d calls, want %d", len(all), least)
	}
	for _, window := range []time.Duration{250 * time.Millisecond, time.Second, 5 * time.Second} {
		most, first := 0, 0
		for i := range all {
			for all[i].at.Sub(all[first].at) >= window {
				first++
			}
			most = max(most, i-first+1)
		}
		allowed := int(window.Seconds()*(perMinute-2*atOnceMax)/60) + 2*atOnceMax
		r.t.Logf("at most %d calls in %s, %d are allowed", most, window, allowed)
		if most > allowed {
			r.t.Errorf("%d calls came within %s, %d are allowed", most, window, allowed)
		}
	}
}

// TestRetryAfterIsWaitedFor in both forms, of a 429 and a 503: the call comes again no sooner.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]sandbox.Faults{
		"429, seconds": {TooMany: 1, RetryAfter: sandbox.Duration(time.Second)},
		"429, a date":  {TooMany: 1, RetryAfter: sandbox.Duration(time.Second), RetryAfterDate: true},
		"503, a date":  {Unavailable: 1, RetryAfter: sandbox.Duration(time.Second), RetryAfterDate: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := readChorus(t, choruspro.Config{Invoices: 250})
			r.calls.interfere(func(n int, _ *http.Request) { // the first is for a token
				now := sandbox.Faults{}
				if n == 3 {
					now = faults
				}
				r.must(r.api.SetFaults(now))
			})
			r.read(0)
			all := r.calls.list()
			if all[2].retryAfter == "" {
				t.Fatalf("nobody was asked to wait: %+v", all)
			}
			until, err := http.ParseTime(all[2].retryAfter)
			if seconds, isNumber := strconv.Atoi(all[2].retryAfter); isNumber == nil {
				until, err = all[2].at.Add(time.Duration(seconds)*time.Second), nil
			}
			if err != nil || all[3].at.Before(until) {
				t.Errorf("asked at %s to wait until %s, it came again at %s (%v)", all[2].at, until, all[3].at, err)
			}
		})
	}
}

// TestNoRetryAfterIsWaitedFor where the configuration says so: the run ends, and the call does not come again.
func TestNoRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	r, _ := readChorus(t, choruspro.Config{Invoices: 250, Faults: sandbox.Faults{TooMany: 1, RetryAfter: sandbox.Duration(time.Second)}},
		`retry_after_cap = "0s"`)
	r.wantSaid(r.read(7), "1s")
	if all := r.calls.list(); len(all) != 2 {
		t.Errorf("%d calls, want a token and a page", len(all))
	}
}
