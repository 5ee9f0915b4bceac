package contract_test

import (
	"testing"
	"time"

	"syncd/internal/contract/contracttest"
	"syncd/internal/jobs"
)

// To look tells what a run would meet, and leaves all as it is.
func TestLookRecordsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		s, problem, err := k.Look(t.Context())
		k.must(err)
		if problem != "" || named(s.Newest.Digest) != "A" || s.Waits() || k.shelf.noted != nil || k.shelf.accepted != nil {
			t.Errorf("%+v %q; noted %+v, accepted %+v", s, problem, k.shelf.noted, k.shelf.accepted)
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
		if named(s.Newest.Digest) != "A" || problem == "" || len(k.shelf.noted) != 1 {
			t.Errorf("%+v %q", s, problem)
		}
		k.wantAccepted("A")
	})
}

// Who looks makes the next calls in the form that the contract says, also while the API does not show it.
func TestLookAdoptsWhatIsKnown(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(`{"swagger":"2.0","info":{"title":"T","version":"V2"},"basePath":"/Api2","paths":{"/V2/Salarie":{` + contracttest.Call("put", contracttest.Parameter("query", "cle", true)) + `}}}`)
		k.run()
		if got := k.api.shape(); got != "PUT query cle" {
			t.Errorf("a run adopts %q", got)
		}
		k.api.adopted = nil
		k.api.fails(jobs.ClassConfiguration)
		if _, _, err := k.Look(t.Context()); err != nil || k.api.shape() != "PUT query cle" {
			t.Errorf("who looks adopts %q, %v", k.api.shape(), err)
		}
	})
}

// A look at a plan asks for no contract, and makes its calls by the one that is known.
func TestASilentKeeperAdoptsWhatIsKnown(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.Silent, k.Source = true, "https://api.example.org/swagger.json"
		k.api.shows(salarieBy("put", "X-Cle-Dossier"))
		k.wantInForce("", 0)
		k.wantAsked(0)
		k.Silent = false
		k.run()
		k.wantAsked(1)
		k.api.adopted, k.Silent = nil, true
		time.Sleep(time.Hour)
		if k.run() == nil || k.api.shape() != "PUT header X-Cle-Dossier" {
			t.Errorf("it adopts %q", k.api.shape())
		}
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
		if problem != "" || named(s.Newest.Digest) != "B" || !s.Waits() {
			t.Errorf("%+v %q", s, problem)
		}
		k.wantInForce("B", 1)
		k.api.fails(jobs.ClassTemporary)
		if s, problem, err = k.Fetch(t.Context()); err != nil || problem == "" || named(s.Newest.Digest) != "B" {
			t.Errorf("%+v %q %v", s, problem, err)
		}
	})
}
