package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"sync/atomic"
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
	closed func(jobs.Period) bool

	run    atomic.Pointer[jobs.Run] // whose requests arrive
	mu     sync.Mutex
	seed   uint64
	faulty bool
	blind  bool           // it shows no document to anybody
	sends  int            // requests since arm
	after  int            // requests after which strike is called; 0 = never
	strike func()         // stops, aborts or kills the run
	counts map[string]int // requests per employee, ever
	holds  map[heldKey][]byte
	of     map[heldKey]jobs.Period // whose run sent it
	edited map[heldKey]bool        // by somebody else, since the last document arrived
	lost   map[heldKey]bool        // the ledger was put back, and does not know what happened here since; until a document arrives
	newest map[heldKey]int         // when the newest document that arrived, or was found there, was last in staging
	since  map[int]int             // when each revision was last put into staging

	found     map[heldKey]map[int64]jobs.Period // the runs that counted on what it holds, and sent nothing, with their months
	cancelled func(run int64) bool

	key      string          // of the dossier: another one now and then
	proven   map[string]bool // keys by which a document was accepted
	shut     bool            // since arm, a key that is not proven was refused
	refusals int             // answers since then

	received []receipt
	wrongs   []string // what must never happen, and did
}

// receipt is a request that arrived, whatever became of it.
type receipt struct {
	run      int64
	key      string
	document []byte
	adds     bool // to what was paid for the month already,
	lost     bool // of which the ledger knows nothing
}

// heldKey is what the partner keeps one document for; the period is empty with scope employee.
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
	Iban      string
	Nir       string
	Elements  []line
}

type line struct {
	Code    string
	Montant int
}

func newFakeAPI(k kind, closed func(jobs.Period) bool, cancelled func(int64) bool) *fakeAPI {
	return &fakeAPI{scope: k.scope, append: k.semantics == jobs.Append, closed: closed, cancelled: cancelled, counts: map[string]int{},
		holds: map[heldKey][]byte{}, of: map[heldKey]jobs.Period{}, edited: map[heldKey]bool{}, lost: map[heldKey]bool{},
		newest: map[heldKey]int{}, since: map[int]int{},
		found: map[heldKey]map[int64]jobs.Period{}, key: "first", proven: map[string]bool{}}
}

// arm prepares the next run.
func (f *fakeAPI) arm(seed uint64, faulty bool, after int, strike func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seed, f.faulty, f.blind, f.sends, f.after, f.strike = seed, faulty, false, 0, after, strike
	f.shut, f.refusals = false, 0
}

func (f *fakeAPI) Identity(context.Context) (string, error) { return "", nil }

func (f *fakeAPI) Call() jobs.Call {
	return jobs.Call{Method: "POST", Path: "/V2/Salarie", KeyIn: "path"}
}

func (f *fakeAPI) Settings() string { return f.key }

// prove notes what an answer proves. A key by which nobody was accepted yet may be wrong for everyone: after a refusal that is
// not about the data hardly anything may follow.
func (f *fakeAPI) prove(out jobs.Outcome) jobs.Outcome {
	switch {
	case out.Class == jobs.ClassAccepted:
		f.proven[f.key] = true
	case f.proven[f.key]:
	case f.shut || out.Class == jobs.ClassConfiguration:
		f.shut = true
		if f.refusals++; f.refusals > 5 { // the refused one, what is on its way beside it, and what a lane takes meanwhile
			f.wrongs = append(f.wrongs, "sent on and on by a key that nobody was accepted by")
		}
	}
	return out
}

func (f *fakeAPI) Nomenclatures(context.Context) (mapping.Nomenclatures, error) {
	return mapping.Nomenclatures{}, nil
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
	{2, jobs.Outcome{Class: jobs.ClassTemporary, Status: 429, Attempts: 1}, false},
	{2, jobs.Outcome{Class: jobs.ClassTemporary, Status: 503, Attempts: 1}, false}, // which says when to come back
	{4, jobs.Outcome{Class: jobs.ClassTemporary, Status: 503, Ambiguous: true, Attempts: 1}, true},
	{4, jobs.Outcome{Class: jobs.ClassTemporary, Status: 503, Ambiguous: true, Attempts: 1}, false},
	{2, jobs.Outcome{Class: jobs.ClassConfiguration, Status: 303, Ambiguous: true, Attempts: 1}, true},
	{1, jobs.Outcome{Class: jobs.ClassConfiguration, Status: 101, Ambiguous: true, Attempts: 1}, true},
	{2, jobs.Outcome{Class: jobs.ClassConfiguration, Status: 207, Ambiguous: true, Attempts: 1}, false},
	{2, jobs.Outcome{Class: jobs.ClassTemporary, Status: 200, Ambiguous: true, Attempts: 1}, true}, // and an answer too many
	{4, jobs.Outcome{Class: jobs.ClassTechnical, Status: 500, Ambiguous: true, Attempts: 1}, true},
	{4, jobs.Outcome{Class: jobs.ClassTechnical, Status: 500, Ambiguous: true, Attempts: 1}, false},
	{4, jobs.Outcome{Class: jobs.ClassData, Status: 409, Ambiguous: true, Attempts: 2}, true},
	{6, jobs.Outcome{Class: jobs.ClassConfiguration, Status: 403, Message: "blocked", Attempts: 1}, false},
	{2, jobs.Outcome{Class: jobs.ClassConfiguration, Status: 423, Attempts: 1}, false},
}

func (f *fakeAPI) Send(ctx context.Context, key string, document []byte, beforeAttempt func() error) jobs.Outcome {
	closed := f.isClosed()
	if ctx.Err() != nil || beforeAttempt() != nil {
		return failed(jobs.Outcome{Class: jobs.ClassCancelled})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.receive(key, document, closed)
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
			return f.prove(failed(fate.meet))
		}
	}
	f.store(document)
	status := 200
	if draw%8 == 0 {
		status = 202
	}
	return f.prove(jobs.Outcome{Class: jobs.ClassAccepted, Status: status, Later: status == 202, Attempts: 1, AnsweredAt: time.Now()})
}

// isClosed asks before the request may leave: what leaves after a period was closed is wrong, what arrives is not.
func (f *fakeAPI) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed(f.run.Load().Period)
}

// Read shows what it holds, if it answers.
func (f *fakeAPI) Read(ctx context.Context, key string, p jobs.Period) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[key]++
	switch {
	case ctx.Err() != nil:
		return nil, failed(jobs.Outcome{Class: jobs.ClassCancelled}).Err
	case f.draw(key) < 4:
		return nil, failed(jobs.Outcome{Class: jobs.ClassTemporary, Status: 503}).Err
	case f.blind:
		return nil, nil
	}
	return bytes.Clone(f.holds[f.heldKey(key, p)]), nil
}

// takeBack is what a person does at the other side about someone who has gone.
func (f *fakeAPI) takeBack(key string, month jobs.Period) {
	at := f.heldKey(key, month)
	if f.of[at] == month {
		delete(f.holds, at)
	}
	delete(f.edited, at)
}

func failed(out jobs.Outcome) jobs.Outcome {
	out.AnsweredAt, out.Answered = time.Now(), out.Status != 0
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

// receive notes a request.
func (f *fakeAPI) receive(key string, document []byte, closed bool) {
	run := f.run.Load()
	if closed {
		f.wrongs = append(f.wrongs, fmt.Sprintf("%s: sent for %s, which is closed", key, run.Period))
	}
	at := f.heldKey(key, run.Period)
	f.received = append(f.received, receipt{run.ID, key, bytes.Clone(document), f.append && f.holds[at] != nil, f.lost[at]})
}

// store keeps the document as the API would, and notes what must never happen.
func (f *fakeAPI) store(document []byte) {
	var p paper
	if err := json.Unmarshal(document, &p); err != nil {
		f.wrongs = append(f.wrongs, "not a document")
		return
	}
	month := f.run.Load().Period
	if p.Periode != "" && p.Periode != month {
		f.wrongs = append(f.wrongs, fmt.Sprintf("%s: %s was sent with %s", p.Matricule, p.Periode, month))
	}
	at := f.heldKey(p.Matricule, month)
	if f.since[p.Rev] < f.newest[at] {
		f.wrongs = append(f.wrongs, fmt.Sprintf("%s: revision %d overwrote a newer one", p.Matricule, p.Rev))
	}
	if f.append && bytes.Equal(f.holds[at], document) && !f.lost[at] {
		f.wrongs = append(f.wrongs, fmt.Sprintf("%s: revision %d was paid twice", p.Matricule, p.Rev))
	}
	f.refuseOlderMonth(p.Matricule, month)
	f.newest[at] = f.since[p.Rev]
	delete(f.edited, at)
	delete(f.lost, at)
	f.holds[at], f.of[at] = slices.Clone(document), month
}

func (f *fakeAPI) heldKey(key string, p jobs.Period) heldKey {
	if f.scope == jobs.ScopeEmployee {
		p = ""
	}
	return heldKey{key, p}
}
