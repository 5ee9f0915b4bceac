package daemon

import (
	"context"
	"errors"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

const (
	lease        = 15 * time.Second
	mostTaken    = 5
	takenSilence = 2 * time.Second
)

func (m *member) Outside(ctx context.Context, pairs []ledger.Pair) (outside []*jobs.Run, err error) {
	if err := m.enter(ctx, "Outside"); err != nil {
		return nil, err
	}
	defer m.leave(false)
	for _, r := range m.runs {
		open := r.State == jobs.Queued || r.State == jobs.Held || r.State == jobs.Running && m.deadIn(r) <= 0
		if open && !slices.Contains(pairs, ledger.Pair{Job: r.Job, TargetID: r.Target.ID}) {
			run := *r
			outside = append(outside, &run)
		}
	}
	return outside, nil
}

func (m *member) Active(ctx context.Context, pairs []ledger.Pair) (all []ledger.Active, err error) {
	if err := m.enter(ctx, "Active"); err != nil {
		return nil, err
	}
	defer m.leave(false)
	now := m.now()
	for _, r := range slices.SortedFunc(slices.Values(m.runs), inOrder) {
		pair := ledger.Pair{Job: r.Job, TargetID: r.Target.ID}
		if r.State != jobs.Queued && r.State != jobs.Running || !slices.Contains(pairs, pair) {
			continue
		}
		a := ledger.Active{ID: r.ID, Pair: pair, State: r.State, Period: r.Period, Trigger: r.Trigger, Again: r.Postponed > 0,
			Paused: m.pausedFor(r)}
		switch {
		case r.State == jobs.Running:
			a.Wait, a.Ours = m.deadIn(r), *r.Owner == m.identity
		case r.NotBefore != nil:
			a.Wait = r.NotBefore.Sub(now)
		}
		all = append(all, a)
	}
	return all, nil
}

// pausedFor reports whether a pause is about a run: one by a person is not about what people ask for.
func (l *memoryLedger) pausedFor(r *jobs.Run) bool {
	bySchedule := r.State == jobs.Queued && slices.Contains([]jobs.Trigger{jobs.TriggerSchedule, jobs.TriggerCatchUp, jobs.TriggerRetry},
		r.Trigger)
	by, paused := l.pauses[r.Job]
	return paused && (bySchedule || by == "syncd")
}

// deadIn is how long the owner of a run must stay silent until it may be taken; negative = it may.
func (l *memoryLedger) deadIn(r *jobs.Run) time.Duration {
	since, known := l.owners[*r.Owner]
	switch {
	case !known:
		return -time.Hour
	case since.IsZero():
		return lease
	}
	return takenSilence - l.now().Sub(since)
}

func (m *member) Claim(ctx context.Context, id int64, request jobs.Resumption) (*jobs.Run, error) {
	if err := m.enter(ctx, "Claim"); err != nil {
		return nil, err
	}
	m.acquire()
	if id > int64(len(m.runs)) {
		m.leave(false)
		return nil, jobs.ErrTaken
	}
	r := m.runs[id-1]
	if err := m.claimable(r, request); err != nil {
		m.leave(false)
		return nil, err
	}
	defer m.leave(true)
	switch {
	case r.State == jobs.Running && r.Cancelling:
		m.end(r, jobs.Cancelled, jobs.ReasonCancelled)
		return nil, jobs.ErrTaken
	case r.State == jobs.Running && r.Takeovers >= mostTaken:
		m.end(r, jobs.Failed, jobs.ReasonCrashes)
		return nil, jobs.ErrTaken
	}
	if r.State == jobs.Running && *r.Owner != m.identity {
		r.Takeovers++
	}
	owner := m.identity
	r.State, r.Owner, r.FinishedAt, r.NotBefore, r.Failure = jobs.Running, &owner, nil, nil, jobs.Reason{}
	r.Epoch++
	if r.StartedAt == nil {
		now := m.now()
		r.StartedAt = &now
	}
	return copied(r), nil
}

func copied(r *jobs.Run) *jobs.Run { c := *r; return &c }

func (m *member) acquire() {
	if since, known := m.owners[m.identity]; m.identity != 0 && known && since.IsZero() {
		return
	}
	m.identity = int64(1000 + m.calls)
	m.owners[m.identity] = time.Time{}
}

func (m *member) claimable(r *jobs.Run, request jobs.Resumption) error {
	switch {
	case r.State == jobs.Running && *r.Owner == m.identity:
		return nil
	case r.State == jobs.Running:
		return m.takeable(r)
	case r.State != jobs.Queued:
		return jobs.ErrTaken
	}
	for _, other := range m.runs {
		if other.Target.ID != r.Target.ID || other == r {
			continue
		}
		if other.State == jobs.Running {
			if err := m.takeable(other); err != nil {
				return err
			}
			m.end(other, jobs.Failed, jobs.ReasonInterrupted)
		}
		if r.Period == "" || r.AnyOrder || r.Planned {
			continue
		}
		if other.Period != "" && other.Period < r.Period && unfinished(other) {
			return &jobs.OrderError{Period: r.Period, Other: *other}
		}
		if request.Scope == jobs.ScopeEmployee && other.Period > r.Period && other.State == jobs.Succeeded {
			return &jobs.OrderError{Period: r.Period, Other: *other, Newer: true}
		}
	}
	return nil
}

func unfinished(r *jobs.Run) bool {
	return slices.Contains([]jobs.State{jobs.Queued, jobs.Running, jobs.Held, jobs.Failed}, r.State)
}

func (l *memoryLedger) takeable(r *jobs.Run) error {
	switch wait := l.deadIn(r); {
	case wait < 0:
		return nil
	case l.owners[*r.Owner].IsZero():
		return &jobs.BusyError{Run: *r}
	}
	return jobs.ErrTaken // silent for too short a time
}

// end records the end of a run.
func (l *memoryLedger) end(r *jobs.Run, state jobs.State, why jobs.ReasonCode) {
	now := l.now()
	r.State, r.Owner, r.FinishedAt, r.Failure = state, nil, &now, jobs.Reason{Code: why}
	l.ends[r.ID]++
}

// finish is what an execution does last. It is fenced by the epoch.
func (l *memoryLedger) finish(run *jobs.Run, state jobs.State, why jobs.ReasonCode) (*jobs.Run, error) {
	if err := l.enter(context.Background(), "Finish"); err != nil {
		return run, err
	}
	defer l.leave(true)
	r := l.runs[run.ID-1]
	if r.State != jobs.Running || r.Epoch != run.Epoch {
		return run, jobs.ErrLost
	}
	l.end(r, state, why)
	return copied(r), nil
}

// putBack queues a run again that waits for something that is away, or whose process stops (pause 0).
func (l *memoryLedger) putBack(run *jobs.Run, pause time.Duration) (*jobs.Run, error) {
	if err := l.enter(context.Background(), "Finish"); err != nil {
		return run, err
	}
	defer l.leave(true)
	r := l.runs[run.ID-1]
	if r.State != jobs.Running || r.Epoch != run.Epoch {
		return run, jobs.ErrLost
	}
	r.State, r.Owner = jobs.Queued, nil
	if pause > 0 {
		until := l.now().Add(pause)
		r.NotBefore = &until
		r.Postponed++
	}
	return copied(r), nil
}

// retried are some of the reasons for which a failed run goes again.
var retried = []jobs.ReasonCode{jobs.ReasonUnreachable, jobs.ReasonFailures, jobs.ReasonNotReady}

// hasNewer reports whether a later run of everyone has taken the place of one.
func (l *memoryLedger) hasNewer(r *jobs.Run) bool {
	return slices.ContainsFunc(l.runs[r.ID:], func(later *jobs.Run) bool {
		return later.Target.ID == r.Target.ID && later.Job == r.Job && later.Period == r.Period && !later.Partial()
	})
}

func (l *memoryLedger) RetryFailed(ctx context.Context, pairs []ledger.Pair, within time.Duration, configured bool) (ids []int64,
	err error) {
	if err := l.enter(ctx, "RetryFailed"); err != nil {
		return nil, err
	}
	for _, r := range l.runs {
		since := r.CreatedAt
		if r.Nominal != nil {
			since = *r.Nominal
		}
		again := slices.Contains(retried, r.Failure.Code) || configured && slices.Contains([]jobs.ReasonCode{
			jobs.ReasonConfiguration, jobs.ReasonSecretRefused, jobs.ReasonInboxMissing}, r.Failure.Code)
		if r.State != jobs.Failed || !again || l.pauses[r.Job] != "" || l.now().Sub(since) >= within ||
			!slices.Contains(pairs, ledger.Pair{Job: r.Job, TargetID: r.Target.ID}) || l.hasNewer(r) {
			continue
		}
		r.State, r.Trigger, r.FinishedAt = jobs.Queued, jobs.TriggerRetry, nil
		ids = append(ids, r.ID)
	}
	l.leave(len(ids) > 0)
	return ids, nil
}

func (l *memoryLedger) SetConfiguration(ctx context.Context, _ string) error {
	if err := l.enter(ctx, "SetConfiguration"); err != nil {
		return err
	}
	l.leave(false)
	return nil
}

func (l *memoryLedger) ExpireHolds(ctx context.Context, _ []ledger.Pair, _ map[string]time.Duration) ([]int64, error) {
	if err := l.enter(ctx, "ExpireHolds"); err != nil {
		return nil, err
	}
	l.leave(false)
	return nil, nil
}

func (l *memoryLedger) Cancel(ctx context.Context, id int64, _, _ string) (*jobs.Run, error) {
	if err := l.enter(ctx, "Cancel"); err != nil {
		return nil, err
	}
	defer l.leave(true)
	r := l.runs[id-1]
	if r.State == jobs.Running {
		r.Cancelling = true // its process sees to it
		return copied(r), nil
	}
	if !r.State.CanBecome(jobs.Cancelled) {
		return nil, &jobs.FinishedError{Run: *r}
	}
	l.end(r, jobs.Cancelled, jobs.ReasonCancelled)
	return copied(r), nil
}

func (l *memoryLedger) DuePings(ctx context.Context, pairs []ledger.Pair) (due []ledger.Ping, err error) {
	if err := l.enter(ctx, "DuePings"); err != nil {
		return nil, err
	}
	defer l.leave(false)
	l.notePings(pairs)
	now := l.now()
	for _, p := range l.pinged {
		done := slices.ContainsFunc(l.pinged, func(o *owedPing) bool {
			return o.Event == ledger.PingDone && o.Job == p.Job && o.Nominal.Equal(p.Nominal)
		})
		if !p.told && (!done || p.Event == ledger.PingDone) && now.Sub(p.claimed) >= time.Minute<<p.tries {
			p.claimed, p.tries = now, min(p.tries+1, 6)
			due = append(due, p.Ping)
		}
	}
	slices.SortStableFunc(due, func(a, b ledger.Ping) int { return a.Nominal.Compare(b.Nominal) })
	return due, nil
}

// owedPing is what is to be told of a fire.
type owedPing struct {
	ledger.Ping
	claimed time.Time
	tries   int
	told    bool
}

func (l *memoryLedger) notePings(pairs []ledger.Pair) {
	for _, r := range l.runs {
		if r.Nominal == nil || !slices.ContainsFunc(pairs, func(p ledger.Pair) bool { return p.Job == r.Job }) {
			continue
		}
		all := !slices.ContainsFunc(pairs, func(p ledger.Pair) bool {
			armed, known := l.schedules[p]
			return p.Job == r.Job && known && armed.DealtWith.Before(*r.Nominal)
		})
		for _, other := range l.runs {
			all = all && (other.Job != r.Job || other.Nominal == nil || !other.Nominal.Equal(*r.Nominal) || other.State == jobs.Succeeded)
		}
		ended := r.State != jobs.Queued && r.State != jobs.Running
		l.owe(r, ledger.PingStarted, r.StartedAt != nil || ended)
		l.owe(r, ledger.PingFailed, ended && r.State != jobs.Succeeded)
		l.owe(r, ledger.PingDone, all)
	}
}

func (l *memoryLedger) owe(r *jobs.Run, event string, owed bool) {
	if !owed || r.Nominal == nil {
		return
	}
	p := ledger.Ping{Job: r.Job, Nominal: r.Nominal.UTC().Round(0), Event: event}
	if !slices.ContainsFunc(l.pinged, func(o *owedPing) bool { return o.Ping == p }) {
		l.pinged = append(l.pinged, &owedPing{Ping: p})
	}
}

func (l *memoryLedger) OwePing(ctx context.Context, run int64) error {
	if err := l.enter(ctx, "OwePing"); err != nil {
		return err
	}
	defer l.leave(false)
	l.owe(l.runs[run-1], ledger.PingFailed, true)
	return nil
}

func (l *memoryLedger) Pinged(ctx context.Context, p ledger.Ping) error {
	if err := l.enter(ctx, "Pinged"); err != nil {
		return err
	}
	defer l.leave(false)
	for _, o := range l.pinged {
		o.told = o.told || o.Ping == p
	}
	return nil
}

// Rest gives up ownership until it is needed again.
func (m *member) Rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.identity != 0 {
		delete(m.owners, m.identity)
		m.identity = 0
	}
	m.rests++
}

var errPlain = errors.New("recording: a defect of the ledger")
