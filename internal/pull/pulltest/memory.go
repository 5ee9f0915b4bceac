package pulltest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"syncd/internal/canonjson"
	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/jobs/granttest"
)

// Memory is an inbox, and as much of a ledger as runs that read records need.
type Memory struct {
	jobs.Ledger // what is not here is not asked for

	mu          sync.Mutex
	now         func() time.Time
	incarnation string
	identities  map[int64]string
	runs        []*jobs.Run
	records     map[place]*record
	changes     map[int64][]Row
	returned    map[int64]map[string]int // by run and collection
	files       map[place]map[string]*file
	cursors     map[int64]map[string]jobs.Cursor
	remembered  map[int64]map[string]map[string]jobs.Remembered
	targets     map[jobs.Target]int64
	lines       map[int64]map[place]*line // by run
	credentials granttest.Memory
}

type place struct {
	target          int64
	collection, key string
}

type record struct {
	document          string
	fingerprint       [32]byte
	version           int
	dated             time.Time
	gone, filed, done bool
}

type file struct {
	size    int64
	sum     string
	missing jobs.ReasonCode
	run     int64
}

// String is "4 81c2…", or why it is not there.
func (f *file) String() string {
	if f.missing != "" {
		return "missing " + string(f.missing)
	}
	return fmt.Sprintf("%d %s", f.size, f.sum)
}

type line struct {
	difference jobs.Difference
	reason     jobs.Reason
	ack        string
}

// NewMemory is an empty one.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, incarnation: "1", identities: map[int64]string{}, records: map[place]*record{},
		files: map[place]map[string]*file{}, cursors: map[int64]map[string]jobs.Cursor{}, changes: map[int64][]Row{},
		targets: map[jobs.Target]int64{}, lines: map[int64]map[place]*line{},
		returned: map[int64]map[string]int{}, remembered: map[int64]map[string]map[string]jobs.Remembered{}}
}

// Start implements jobs.Ledger.
func (m *Memory) Start(_ context.Context, request jobs.NewRun) (*jobs.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	run := &jobs.Run{ID: int64(len(m.runs) + 1), Job: request.Job, Kind: request.Kind, Target: request.Target, State: jobs.Running, Epoch: 1,
		Trigger: request.Trigger}
	if m.targets[request.Target] == 0 {
		m.targets[request.Target] = int64(len(m.targets) + 1)
		m.cursors[m.targets[request.Target]] = map[string]jobs.Cursor{}
		m.remembered[m.targets[request.Target]] = map[string]map[string]jobs.Remembered{}
	}
	run.Target.ID = m.targets[request.Target]
	run.Target.Identity = m.identities[run.Target.ID]
	m.runs = append(m.runs, run)
	m.lines[run.ID] = map[place]*line{}
	return clone(run), nil
}

func clone(run *jobs.Run) *jobs.Run {
	own := *run
	return &own
}

// Resume implements jobs.Ledger.
func (m *Memory) Resume(_ context.Context, id int64, _ jobs.Resumption) (*jobs.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	run := m.runs[id-1]
	run.State, run.Failure, run.FinishedAt = jobs.Running, jobs.Reason{}, nil
	run.Epoch++
	return clone(run), nil
}

// Finish implements jobs.Ledger.
func (m *Memory) Finish(_ context.Context, run *jobs.Run, failure jobs.Reason, _ *jobs.Patience) (*jobs.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, err := m.fence(run)
	if err != nil {
		return nil, err
	}
	now.State, now.Failure = now.Next(now.Counts, failure, false)
	end := m.now()
	now.FinishedAt = &end
	if g := now.Counts.Gathered; g != nil && g.Read != g.New+g.Changed+g.Same+g.Refused {
		return nil, fmt.Errorf("the records of run %d do not add up: %+v", run.ID, *g)
	}
	return clone(now), nil
}

// Keep implements jobs.Ledger.
func (m *Memory) Keep(ctx context.Context, _ *jobs.Run) (kept context.Context, cancelled <-chan struct{}, release context.CancelFunc) {
	kept, release = context.WithCancel(ctx)
	return kept, nil, release
}

// Confirm implements jobs.Ledger.
func (m *Memory) Confirm(run *jobs.Run) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.fence(run)
	return err
}

// Identify implements jobs.Ledger.
func (m *Memory) Identify(_ context.Context, run *jobs.Run, answered, _, _ string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identities[run.Target.ID] = cmp.Or(m.identities[run.Target.ID], answered)
	return m.identities[run.Target.ID], nil
}

// Answered implements jobs.Ledger.
func (m *Memory) Answered(context.Context, *jobs.Run, jobs.Service, string) (bool, error) {
	return false, nil
}

// Fingerprinter implements jobs.Ledger.
func (m *Memory) Fingerprinter() jobs.Fingerprinter { return plain{} }

type plain struct{}

func (plain) Sum(document []byte) [32]byte { return sha256.Sum256(document) }

func (m *Memory) fence(run *jobs.Run) (*jobs.Run, error) {
	now := m.runs[run.ID-1]
	if now.Epoch != run.Epoch || now.State != jobs.Running {
		return nil, jobs.ErrLost
	}
	return now, nil
}

// fenced does what writes.
func (m *Memory) fenced(run *jobs.Run, write func(now *jobs.Run)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, err := m.fence(run)
	if err == nil {
		write(now)
	}
	return err
}

// Begin implements jobs.Inbox.
func (m *Memory) Begin(_ context.Context, run *jobs.Run) (begun jobs.Begun, err error) {
	err = m.fenced(run, func(now *jobs.Run) {
		now.Planned, now.Counts.Gathered, now.Collections = false, nil, nil
		begun = jobs.Begun{Cursors: maps.Clone(m.cursors[run.Target.ID]), Incarnation: m.incarnation, At: m.now(),
			Refused: map[string]map[string]jobs.Remembered{}, Heard: map[string]map[string]jobs.Difference{}, Done: map[string]jobs.Gathered{}}
		for window, all := range m.remembered[run.Target.ID] {
			begun.Refused[window] = maps.Clone(all)
		}
		for at, l := range m.lines[run.ID] {
			if l.ack == "failed" {
				l.ack, l.reason = "", jobs.Reason{}
			}
			if l.difference == jobs.Undeliverable || l.difference == jobs.Unchanged && l.ack == "" {
				delete(m.lines[run.ID], at)
			} else {
				heard(&begun, at, l)
			}
		}
		m.countFiles(run, &begun)
		for collection, n := range m.returned[run.ID] {
			done(&begun, collection, func(g *jobs.Gathered) { g.Returned = n })
		}
	})
	return begun, err
}

func (m *Memory) countFiles(run *jobs.Run, begun *jobs.Begun) {
	for at, files := range m.files {
		for _, f := range files {
			if f.run == run.ID && f.missing == "" {
				done(begun, at.collection, func(g *jobs.Gathered) { g.Files++ })
			}
		}
	}
}

// heard adds a line of an earlier execution.
func heard(begun *jobs.Begun, at place, l *line) {
	switch l.ack {
	case "done":
		done(begun, at.collection, func(g *jobs.Gathered) { g.Acknowledged++ })
	case "closed":
		done(begun, at.collection, func(g *jobs.Gathered) { g.Closed++ })
	}
	if l.difference == jobs.Unchanged && l.ack == "closed" {
		return // it was not listed
	}
	if begun.Heard[at.collection] == nil {
		begun.Heard[at.collection] = map[string]jobs.Difference{}
	}
	begun.Heard[at.collection][at.key] = l.difference
}

func done(begun *jobs.Begun, collection string, count func(*jobs.Gathered)) {
	g := begun.Done[collection]
	count(&g)
	begun.Done[collection] = g
}

// Known implements jobs.Inbox.
func (m *Memory) Known(_ context.Context, target int64, collection string, keys []string) (map[string]jobs.Known, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := map[string]jobs.Known{}
	for _, key := range keys {
		if r := m.records[place{target, collection, key}]; r != nil {
			known[key] = jobs.Known{Fingerprint: r.fingerprint, Gone: r.gone, Forgotten: r.document == ""}
		}
	}
	return known, nil
}

// Store implements jobs.Inbox.
func (m *Memory) Store(_ context.Context, run *jobs.Run, c *jobs.Collection, records []jobs.Record) (stored []jobs.Stored, err error) {
	err = m.fenced(run, func(*jobs.Run) {
		for _, r := range records {
			s := m.store(run, c, r)
			stored = append(stored, s)
			if s.Difference != jobs.Unchanged && s.Difference != jobs.Undeliverable {
				m.line(run, c.Name, r.Key, s.Difference).reason = s.Reason
			}
		}
	})
	return stored, err
}

func (m *Memory) store(run *jobs.Run, c *jobs.Collection, r jobs.Record) jobs.Stored {
	if strings.Contains(string(r.Document), `\u0000`) {
		return jobs.Stored{Key: r.Key, Difference: jobs.Undeliverable, Reason: jobs.Reason{Code: jobs.RecordUnstorable, Detail: "22P05"}}
	}
	at := place{run.Target.ID, c.Name, r.Key}
	old := m.records[at]
	if old == nil {
		m.records[at] = &record{document: string(r.Document), fingerprint: r.Fingerprint, version: 1, dated: r.Dated, filed: !c.Files}
		return jobs.Stored{Key: r.Key, Difference: jobs.Created}
	}
	if old.document == "" {
		return jobs.Stored{Key: r.Key, Difference: jobs.Unchanged}
	}
	changes, returned := diff.Records(canonjson.Omitting(c.Omit).Without([]byte(old.document)), r.Document), old.gone
	old.document, old.fingerprint, old.dated, old.gone = string(r.Document), r.Fingerprint, r.Dated, false
	if len(changes) == 0 && !returned {
		return jobs.Stored{Key: r.Key, Difference: jobs.Unchanged}
	}
	old.version++
	if len(changes) > 0 {
		old.filed = !c.Files
	}
	if returned {
		changes = append(changes, diff.Change{Op: "+"})
		if m.returned[run.ID] == nil {
			m.returned[run.ID] = map[string]int{}
		}
		m.returned[run.ID][c.Name]++
	}
	for _, change := range changes {
		m.change(at, old.version, change)
	}
	return jobs.Stored{Key: r.Key, Difference: jobs.Updated, Returned: returned}
}

func (m *Memory) change(at place, version int, c diff.Change) {
	words := fmt.Sprintf("change %s %s %d %q %s", at.collection, at.key, version, c.Path, c.Op) + " %s %s"
	m.changes[at.target] = append(m.changes[at.target], Row{words, []any{c.Old, c.New}})
}

// line is a run's of a record, with the strongest of the differences.
func (m *Memory) line(run *jobs.Run, collection, key string, difference jobs.Difference) *line {
	at := place{run.Target.ID, collection, key}
	l := m.lines[run.ID][at]
	if l == nil {
		l = &line{difference: difference}
		m.lines[run.ID][at] = l
	}
	const strength = "-=*+!"
	if strings.Index(strength, string(difference)) > strings.Index(strength, string(l.difference)) {
		l.difference = difference
	}
	return l
}

// Refuse implements jobs.Inbox.
func (m *Memory) Refuse(_ context.Context, run *jobs.Run, collection string, refused []jobs.Refused) error {
	return m.fenced(run, func(*jobs.Run) {
		for _, r := range refused {
			m.line(run, collection, r.Key, jobs.Undeliverable).reason = r.Reason
		}
	})
}

// keys are those of records of which something holds.
func (m *Memory) keys(target int64, collection string, holds func(*record) bool) (keys []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for at, r := range m.records {
		if at.target == target && at.collection == collection && holds(r) {
			keys = append(keys, at.key)
		}
	}
	slices.Sort(keys)
	return keys
}

// KeysDated implements jobs.Inbox.
func (m *Memory) KeysDated(_ context.Context, target int64, collection string, from, to time.Time) ([]string, error) {
	return m.keys(target, collection, func(r *record) bool {
		within := from.IsZero() || !r.dated.IsZero() && !r.dated.Before(from) && r.dated.Before(to)
		return within && !r.gone && r.document != ""
	}), nil
}

// Settle implements jobs.Inbox.
func (m *Memory) Settle(_ context.Context, run *jobs.Run, s jobs.Settled) error {
	return m.fenced(run, func(*jobs.Run) {
		for _, key := range s.Gone {
			r := m.records[place{run.Target.ID, s.Collection, key}]
			r.gone = true
			r.version++
			m.change(place{run.Target.ID, s.Collection, key}, r.version, diff.Change{Op: "-"})
			m.line(run, s.Collection, key, jobs.Departed)
		}
		remembered := m.remembered[run.Target.ID][s.Collection+"/"+s.Window]
		if remembered == nil {
			remembered = map[string]jobs.Remembered{}
			m.remembered[run.Target.ID][s.Collection+"/"+s.Window] = remembered
		}
		for _, key := range s.Mended {
			delete(remembered, key)
		}
		for _, r := range s.Refused {
			was, is := remembered[r.Key]
			if !is || !s.From.After(was.Since) {
				was.Since, was.Tried = s.From, s.Cursor
			}
			was.Reason = r.Reason
			remembered[r.Key] = was
		}
		if !s.Cursor.IsZero() {
			m.cursors[run.Target.ID][s.Collection+"/"+s.Window] = jobs.Cursor{Since: s.Cursor, Incarnation: m.incarnation}
		}
	})
}

// Unfiled implements jobs.Inbox.
func (m *Memory) Unfiled(_ context.Context, target int64, collection string) ([]string, error) {
	return m.keys(target, collection, func(r *record) bool { return !r.filed && !r.gone }), nil
}

// KnownFiles implements jobs.Inbox.
func (m *Memory) KnownFiles(_ context.Context, target int64, collection, key string) (map[string]jobs.KnownFile, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := map[string]jobs.KnownFile{}
	for name, f := range m.files[place{target, collection, key}] {
		known[name] = jobs.KnownFile{SHA256: f.sum, Missing: f.missing}
	}
	return known, nil
}

func (m *Memory) file(run *jobs.Run, collection, key, name string, f *file) {
	at := place{run.Target.ID, collection, key}
	if m.files[at] == nil {
		m.files[at] = map[string]*file{}
	}
	m.files[at][name] = f
}

// StoreFile implements jobs.Inbox.
func (m *Memory) StoreFile(_ context.Context, run *jobs.Run, collection, key string, f jobs.File, content io.Reader) error {
	text, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	return m.fenced(run, func(*jobs.Run) {
		m.file(run, collection, key, f.ID, &file{int64(len(text)), hex.EncodeToString(sum[:]), "", run.ID})
	})
}

// MissFile implements jobs.Inbox.
func (m *Memory) MissFile(_ context.Context, run *jobs.Run, collection, key string, f jobs.File, why jobs.ReasonCode) error {
	return m.fenced(run, func(*jobs.Run) { m.file(run, collection, key, f.ID, &file{f.Size, f.SHA256, why, run.ID}) })
}

// Filed implements jobs.Inbox.
func (m *Memory) Filed(_ context.Context, run *jobs.Run, collection, key string) error {
	return m.fenced(run, func(*jobs.Run) { m.records[place{run.Target.ID, collection, key}].filed = true })
}

// Acknowledgeable implements jobs.Inbox.
func (m *Memory) Acknowledgeable(_ context.Context, target int64, collection string, keys []string) ([]string, error) {
	filed := m.keys(target, collection, func(r *record) bool { return r.filed })
	return slices.DeleteFunc(filed, func(key string) bool { return !slices.Contains(keys, key) }), nil
}

// Acknowledged implements jobs.Inbox.
func (m *Memory) Acknowledged(_ context.Context, run *jobs.Run, collection, key string) error {
	return m.fenced(run, func(*jobs.Run) {
		m.records[place{run.Target.ID, collection, key}].done = true
		m.line(run, collection, key, jobs.Unchanged).ack = "done"
	})
}

// Unacknowledged implements jobs.Inbox.
func (m *Memory) Unacknowledged(_ context.Context, run *jobs.Run, collection, key string, why jobs.Reason) error {
	return m.fenced(run, func(*jobs.Run) {
		l := m.line(run, collection, key, jobs.Unchanged)
		l.ack, l.reason = "failed", why
	})
}

// Close implements jobs.Inbox.
func (m *Memory) Close(_ context.Context, run *jobs.Run, collection string, listed []string) (closed int, err error) {
	open := m.keys(run.Target.ID, collection, func(r *record) bool { return !r.done && r.document != "" })
	err = m.fenced(run, func(*jobs.Run) {
		for _, key := range open {
			if !slices.Contains(listed, key) {
				m.records[place{run.Target.ID, collection, key}].done = true
				m.line(run, collection, key, jobs.Unchanged).ack = "closed"
				closed++
			}
		}
	})
	return closed, err
}

// Conclude implements jobs.Inbox.
func (m *Memory) Conclude(_ context.Context, run *jobs.Run, c jobs.Concluded) error {
	return m.fenced(run, func(now *jobs.Run) {
		now.Counts.Gathered, now.Collections, now.Findings = &c.Counts, c.Collections, c.Findings
		now.Digests.Nomenclatures, now.Planned = c.Answer, c.Whole
		for _, other := range m.runs {
			if other.State == jobs.Held && other.ID != run.ID && other.Job == run.Job && (c.Whole || c.Answer != "") {
				other.State = jobs.Cancelled
			}
		}
	})
}

// InMemory is a world of it.
func InMemory() World { return memoryWorld{NewMemory(time.Now)} }

type memoryWorld struct{ m *Memory }

func (w memoryWorld) Ledger() jobs.Ledger           { return w.m }
func (w memoryWorld) Inbox() jobs.Inbox             { return w.m }
func (w memoryWorld) Credentials() jobs.Credentials { return &w.m.credentials }

func (w memoryWorld) Find(id int64) *jobs.Run {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	return clone(w.m.runs[id-1])
}

func (w memoryWorld) Approve(id int64) {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	run := w.m.runs[id-1]
	run.State, run.Approved, run.Released = jobs.Queued, run.HeldDigest(), true
}

func (w memoryWorld) Take(id int64) *jobs.Run {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	w.m.runs[id-1].Epoch++
	return clone(w.m.runs[id-1])
}

func (w memoryWorld) PutBack() {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	w.m.incarnation += "'"
}

func (w memoryWorld) Rows(target int64) (rows []Row) {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	for at, r := range w.m.records {
		if target != 0 && at.target != target {
			continue
		}
		words := fmt.Sprintf("record %s %s %d", at.collection, at.key, r.version) + " %s"
		for _, mark := range []struct {
			is   bool
			name string
		}{{r.gone, " gone"}, {r.filed, " filed"}, {r.done, " acknowledged"}} {
			if mark.is {
				words += mark.name
			}
		}
		rows = append(rows, Row{words, []any{r.document}})
		for name, f := range w.m.files[at] {
			rows = append(rows, Row{Words: fmt.Sprintf("file %s %s %s %s", at.collection, at.key, name, f)})
		}
	}
	for _, of := range w.m.targets {
		if target == 0 || of == target {
			for _, c := range w.m.changes[of] {
				rows = append(rows, Row{c.Words, slices.Clone(c.JSON)})
			}
			rows = append(rows, w.refused(of)...)
		}
	}
	return rows
}

func (w memoryWorld) refused(target int64) (rows []Row) {
	for window, all := range w.m.remembered[target] {
		for key, r := range all {
			rows = append(rows, Row{Words: fmt.Sprintf("refused %s %s %s", window, key, r.Reason.Code)})
		}
	}
	return rows
}

func (w memoryWorld) Lines(id int64) string {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	var lines []string
	for at, l := range w.m.lines[id] {
		lines = append(lines, strings.Join(slices.DeleteFunc([]string{at.collection, at.key, string(l.difference), l.ack,
			string(l.reason.Code)}, func(s string) bool { return s == "" }), " "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
