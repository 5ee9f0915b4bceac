package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// fakeAPI is a partner in memory that fails at random: which fate a request meets depends on the seed, the employee
// and how often they were sent, not on timing.
type fakeAPI struct {
	jobs.API
	scope  jobs.Scope
	append bool // to get a document twice is to pay it twice

	mu     sync.Mutex
	seed   uint64
	faulty bool
	sends  int            // requests since arm
	after  int            // requests after which strike is called; 0 = never
	strike func()         // stops, aborts or kills the run
	counts map[string]int // requests per employee, ever
	holds  map[heldKey][]byte
	newest map[heldKey]int // when the newest document that arrived was last in staging
	since  map[int]int     // when each revision was last put into staging
	wrongs []string        // what must never happen, and did
}

// heldKey is what the API keeps one document for; the period is empty with scope employee.
type heldKey struct {
	key    string
	period jobs.Period
}

// paper is the document of the property test.
type paper struct {
	Matricule string
	Nom       string
	Periode   jobs.Period
	Rev       int // of staging, when the employee was last edited
	Elements  []line
}

type line struct {
	Code    string
	Montant int
}

func newFakeAPI(scope jobs.Scope, semantics jobs.Semantics) *fakeAPI {
	return &fakeAPI{scope: scope, append: semantics == jobs.Append, counts: map[string]int{}, holds: map[heldKey][]byte{}, newest: map[heldKey]int{}, since: map[int]int{}}
}

// arm prepares the next run.
func (f *fakeAPI) arm(seed uint64, faulty bool, after int, strike func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seed, f.faulty, f.sends, f.after, f.strike = seed, faulty, 0, after, strike
}

func (f *fakeAPI) Identity(context.Context) (string, error) { return "", nil }

func (f *fakeAPI) Dictionary(context.Context) (mapping.Dictionaries, error) {
	return mapping.Dictionaries{}, nil
}

// fates of a document, in parts of a hundred: the rest is accepted at once.
var fates = []struct {
	share  int
	meet   jobs.Outcome
	stored bool
}{
	{8, jobs.Outcome{Class: jobs.ClassData, Status: 400, Message: "no", Attempts: 1}, false},
	{8, jobs.Outcome{Class: jobs.ClassTemporary, Ambiguous: true, Attempts: 1}, true},
	{4, jobs.Outcome{Class: jobs.ClassTemporary, Ambiguous: true, Attempts: 1}, false},
	{8, jobs.Outcome{Class: jobs.ClassTemporary, Status: 503, Attempts: 1}, false},
	{4, jobs.Outcome{Class: jobs.ClassTechnical, Status: 500, Ambiguous: true, Attempts: 1}, true},
	{4, jobs.Outcome{Class: jobs.ClassTechnical, Status: 500, Ambiguous: true, Attempts: 1}, false},
	{4, jobs.Outcome{Class: jobs.ClassData, Status: 409, Ambiguous: true, Attempts: 2}, true},
	{2, jobs.Outcome{Class: jobs.ClassConfiguration, Status: 403, Attempts: 1}, false},
}

func (f *fakeAPI) Send(ctx context.Context, key string, document []byte, beforeAttempt func() error) jobs.Outcome {
	if ctx.Err() != nil || beforeAttempt() != nil {
		return failed(jobs.Outcome{Class: jobs.ClassCancelled})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[key]++
	if f.sends++; f.sends == f.after {
		f.strike()
	}
	draw := f.draw(key)
	if ctx.Err() != nil && draw%2 == 0 { // broken off while the request is processed
		f.store(document)
		return failed(jobs.Outcome{Class: jobs.ClassCancelled, Ambiguous: true, Attempts: 1})
	}
	for _, fate := range fates {
		if draw -= fate.share; draw < 0 {
			if fate.stored {
				f.store(document)
			}
			return failed(fate.meet)
		}
	}
	f.store(document)
	return jobs.Outcome{Class: jobs.ClassAccepted, Status: 200, Attempts: 1, AnsweredAt: time.Now()}
}

func failed(out jobs.Outcome) jobs.Outcome {
	out.AnsweredAt = time.Now()
	out.Err = &jobs.CallError{Class: out.Class, Call: "POST /V2/Salarie", Status: out.Status, Problem: "at random"}
	return out
}

func (f *fakeAPI) draw(key string) int {
	if !f.faulty {
		return 100
	}
	h := fnv.New64a()
	fmt.Fprint(h, f.seed, key, f.counts[key])
	return int(h.Sum64() >> 8 % 100)
}

// store keeps the document as the API would, and notes what must never happen.
func (f *fakeAPI) store(document []byte) {
	var p paper
	if err := json.Unmarshal(document, &p); err != nil {
		f.wrongs = append(f.wrongs, "not a document")
		return
	}
	at := f.heldKey(p.Matricule, p.Periode)
	if f.since[p.Rev] < f.newest[at] {
		f.wrongs = append(f.wrongs, fmt.Sprintf("%s: revision %d overwrote a newer one", p.Matricule, p.Rev))
	}
	if f.append && bytes.Equal(f.holds[at], document) {
		f.wrongs = append(f.wrongs, fmt.Sprintf("%s: revision %d was paid twice", p.Matricule, p.Rev))
	}
	f.newest[at] = f.since[p.Rev]
	f.holds[at] = slices.Clone(document)
}

func (f *fakeAPI) heldKey(key string, p jobs.Period) heldKey {
	if f.scope == jobs.ScopeEmployee {
		p = ""
	}
	return heldKey{key, p}
}
