package contract_test

import (
	"testing"
	"time"

	"syncd/internal/jobs"
)

// To look tells what a run would meet, and leaves all as it is.
func TestLookRecordsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		s, problem, err := k.Look(t.Context())
		k.must(err)
		if problem != nil || named(s.Newest.Digest) != "A" || s.Waits() || k.shelf.noted != nil || k.shelf.accepted != nil {
			t.Errorf("%+v %v; noted %+v, accepted %+v", s, problem, k.shelf.noted, k.shelf.accepted)
		}
		k.wantInForce("A", 0)
		k.api.shows(contractB)
		s, _, err = k.Look(t.Context())
		k.must(err)
		if named(s.Newest.Digest) != "B" || !s.Waits() || named(s.Accepted.Digest) != "A" {
			t.Errorf("%+v", s)
		}
		k.wantInForce("A", 0)
		k.api.fails(jobs.ClassConfiguration)
		s, problem, err = k.Look(t.Context())
		k.must(err)
		if named(s.Newest.Digest) != "A" || problem == nil || len(k.shelf.noted) != 1 {
			t.Errorf("%+v %v", s, problem)
		}
		k.wantAccepted("A")
	})
}

// A look at a plan asks for no contract, and goes by the one that is known.
func TestWithoutTheAPINobodyIsAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		api := k.API
		k.API, k.Source = nil, "https://api.example.org/swagger.json"
		k.api.shows(contractA)
		k.wantInForce("", 0)
		k.API = api
		k.wantInForce("A", 0)
		k.wantAsked(1)
		k.API = nil
		time.Sleep(time.Hour)
		k.wantInForce("A", 0)
		k.wantAsked(1)
	})
}

// What the API shows now counts at once, however lately it was asked.
func TestFetchAsksNow(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.wantInForce("A", 0)
		k.api.shows(contractB)
		k.wantInForce("A", 0)
		s, problem, err := k.Fetch(t.Context())
		k.must(err)
		if problem != nil || named(s.Newest.Digest) != "B" || !s.Waits() {
			t.Errorf("%+v %v", s, problem)
		}
		k.wantInForce("B", 1)
		k.api.fails(jobs.ClassTemporary)
		if s, problem, err = k.Fetch(t.Context()); err != nil || problem == nil || named(s.Newest.Digest) != "B" {
			t.Errorf("%+v %v %v", s, problem, err)
		}
	})
}
