package pulltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"syncd/internal/jobs"
)

// errDied is what everything answers to a process that is gone.
var errDied = errors.New("the process died")

// mortal is a process that dies at its n-th call: before it, or when it was answered.
type mortal struct {
	mu     sync.Mutex
	at     int
	after  bool
	calls  int
	dead   bool
	strike func() // what happens then, instead of dying
}

// live does a call.
func (m *mortal) live(call func() error) error {
	m.mu.Lock()
	if m.dead {
		m.mu.Unlock()
		return errDied
	}
	m.calls++
	now := m.calls == m.at
	if now && m.strike != nil {
		m.strike()
		now = false
	}
	if now {
		m.dead = true
	}
	m.mu.Unlock()
	if now && !m.after {
		return errDied
	}
	err := call()
	if now {
		return errDied
	}
	return err
}

// get is live for a call with an answer.
func get[T any](m *mortal, call func() (T, error)) (answer T, err error) {
	err = m.live(func() error {
		answer, err = call()
		return err
	})
	return answer, err
}

// dying is a ledger, an inbox and a partner for a process that dies.
type dying struct {
	*mortal
	jobs.Ledger
	jobs.Inbox
	jobs.Feed
}

type dyingLedger struct{ dying }

func (d dyingLedger) Keep(ctx context.Context, run *jobs.Run) (context.Context, <-chan struct{}, context.CancelFunc) {
	return d.Ledger.Keep(ctx, run)
}

func (d dyingLedger) Confirm(run *jobs.Run) error { return d.Ledger.Confirm(run) }

func (d dyingLedger) Finish(ctx context.Context, run *jobs.Run, why jobs.Reason, p *jobs.Patience) (*jobs.Run, error) {
	return get(d.mortal, func() (*jobs.Run, error) { return d.Ledger.Finish(ctx, run, why, p) })
}

type dyingFeed struct{ dying }

func (d dyingFeed) Settings() string { return d.Feed.Settings() }

func (d dyingFeed) Identity(ctx context.Context) (string, error) { return d.Feed.Identity(ctx) }

func (d dyingFeed) Page(ctx context.Context, ask jobs.Ask) (*jobs.Page, error) {
	return get(d.mortal, func() (*jobs.Page, error) { return d.Feed.Page(ctx, ask) })
}

func (d dyingFeed) Detail(ctx context.Context, collection, key string) (*jobs.Record, error) {
	return get(d.mortal, func() (*jobs.Record, error) { return d.Feed.Detail(ctx, collection, key) })
}

func (d dyingFeed) Download(ctx context.Context, collection, key string, f jobs.File, most int64, into jobs.Sink) error {
	return d.live(func() error { return d.Feed.Download(ctx, collection, key, f, most, into) })
}

func (d dyingFeed) Acknowledge(ctx context.Context, collection, key string, before func() error) error {
	return d.live(func() error { return d.Feed.Acknowledge(ctx, collection, key, before) })
}

type dyingInbox struct{ dying }

func (d dyingInbox) Begin(ctx context.Context, run *jobs.Run) (jobs.Begun, error) {
	return get(d.mortal, func() (jobs.Begun, error) { return d.Inbox.Begin(ctx, run) })
}

func (d dyingInbox) Store(ctx context.Context, run *jobs.Run, c *jobs.Collection, records []jobs.Record) ([]jobs.Stored, error) {
	return get(d.mortal, func() ([]jobs.Stored, error) { return d.Inbox.Store(ctx, run, c, records) })
}

func (d dyingInbox) Refuse(ctx context.Context, run *jobs.Run, collection string, refused []jobs.Refused) error {
	return d.live(func() error { return d.Inbox.Refuse(ctx, run, collection, refused) })
}

func (d dyingInbox) Settle(ctx context.Context, run *jobs.Run, s jobs.Settled) error {
	return d.live(func() error { return d.Inbox.Settle(ctx, run, s) })
}

func (d dyingInbox) StoreFile(ctx context.Context, run *jobs.Run, collection, key string, f jobs.File, content io.Reader) error {
	return d.live(func() error { return d.Inbox.StoreFile(ctx, run, collection, key, f, content) })
}

func (d dyingInbox) MissFile(ctx context.Context, run *jobs.Run, collection, key string, f jobs.File, why jobs.ReasonCode) error {
	return d.live(func() error { return d.Inbox.MissFile(ctx, run, collection, key, f, why) })
}

func (d dyingInbox) Filed(ctx context.Context, run *jobs.Run, collection, key string) error {
	return d.live(func() error { return d.Inbox.Filed(ctx, run, collection, key) })
}

func (d dyingInbox) Acknowledged(ctx context.Context, run *jobs.Run, collection, key string) error {
	return d.live(func() error { return d.Inbox.Acknowledged(ctx, run, collection, key) })
}

func (d dyingInbox) Close(ctx context.Context, run *jobs.Run, collection string, listed []string) (int, error) {
	return get(d.mortal, func() (int, error) { return d.Inbox.Close(ctx, run, collection, listed) })
}

func (d dyingInbox) Conclude(ctx context.Context, run *jobs.Run, c jobs.Concluded) error {
	return d.live(func() error { return d.Inbox.Conclude(ctx, run, c) })
}

func (s *story) dyingAt(m *mortal) *jobs.Runner {
	r := s.runner()
	d := dying{m, r.Ledger, r.Inbox, r.Feed}
	r.Ledger, r.Inbox, r.Feed = dyingLedger{d}, dyingInbox{d}, dyingFeed{d}
	return r
}

// upheaval is what is there before the run that is disturbed: of two collections, records that are new, changed, gone and
// returned, with files, to be acknowledged, and found by a sweep.
func (s *story) upheaval(request jobs.NewRun) {
	const depot = "depot"
	s.sweeps(1000)
	s.Size = 3
	first := time.Now().Add(-time.Hour)
	add := func(keys ...string) {
		s.Add(keys...)
		for _, key := range keys {
			s.Item(key).Of, s.Item(key).Made = depot, first
		}
	}
	add("d1", "d2", "d3", "d4", "d5", "d6")
	s.job.Collections = append(s.job.Collections, jobs.Collection{Name: depot, Paged: true, Detail: true,
		Windows: []jobs.Window{{Name: "whole", Whole: true}, {Name: "etat", Since: true, First: 24 * time.Hour, Overlap: 24 * time.Hour}}})
	for _, change := range []func(){func() {}, func() { s.Drop("d5") }} {
		change()
		if run, err := s.runner().Fetch(s.Context(), s.job, request); err != nil || run.State != jobs.Succeeded {
			s.Fatal(Summary(run), err)
		}
	}
	s.PutBack()
	add("d5", "d7", "d8")
	s.Drop("d2")
	s.Item("d1").Document = `{"id":"d1","montant":12}`
	s.Item("d8").Problem = jobs.RecordNotText
	s.Add("s1", "s2", "s3", "s4")
	s.Item("s2").Files = map[string]string{"a": "text", "b": "a text"}
	s.Item("s4").Seen = true
}

// itDiesAtAnyCall kills a process at each of its calls, before it and once it was answered. Whoever goes on leaves the same
// tables as one that was never disturbed, the accounting is the same, and at most one acknowledgement is repeated.
func itDiesAtAnyCall(s *story) {
	type end struct{ dump, summary string }
	var undisturbed end
	for at := 0; ; at++ {
		for _, after := range []bool{false, true} {
			m := &mortal{at: at, after: after}
			got, over := s.dieAndGoOn(m, fmt.Sprintf("d%d%t", at, after))
			if at == 0 {
				undisturbed = end(got)
				continue
			}
			if over {
				return
			}
			if end(got) != undisturbed {
				s.Fatalf("killed at call %d (answered: %t):\n%s\n%s\nnot\n%s\n%s", at, after, got.summary, got.dump, undisturbed.summary,
					undisturbed.dump)
			}
		}
	}
}

// dieAndGoOn reads a dossier of its own with a process that dies, and then with one that does not. over: it did not die.
func (s *story) dieAndGoOn(m *mortal, dossier string) (got struct{ dump, summary string }, over bool) {
	own := newStory(s.T, s.World)
	request := own.request()
	request.Target.Dossier = dossier
	own.upheaval(request)
	run, err := own.dyingAt(m).Fetch(s.Context(), own.job, request)
	if run == nil {
		s.Fatal(err)
	}
	if m.at > 0 && !m.dead {
		return got, true
	}
	if m.dead && s.Find(run.ID).State == jobs.Running {
		run = s.Take(run.ID)
		if run, err = own.runner().ExecuteFetch(s.Context(), own.job, run); err != nil {
			s.Fatal(err)
		}
	}
	most := 1
	for _, key := range []string{"s1", "s2", "s3"} {
		n := strings.Count(strings.Join(own.Acked, " ")+" ", key+" ")
		if n == 2 && m.at > 0 {
			n, most = n-1, most-1
		}
		if n != 1 || most < 0 {
			s.Errorf("killed at call %d: acknowledged %q", m.at, own.Acked)
		}
	}
	found := *s.Find(run.ID)
	if g := found.Counts.Gathered; g != nil { // whose answer was lost is closed
		g.Acknowledged, g.Closed = g.Acknowledged+g.Closed, 0
	}
	got.summary, got.dump = Summary(&found), Dump(s.World, run.Target.ID)
	return got, false
}

// theClaimIsLostAtAnyCall lets another process take the run while this one is at any of its calls: it writes nothing more.
func theClaimIsLostAtAnyCall(s *story) {
	for at := 1; ; at++ {
		own := newStory(s.T, s.World)
		request := own.request()
		request.Target.Dossier = fmt.Sprintf("l%d", at)
		own.upheaval(request)
		run, err := s.Ledger().Start(s.Context(), request)
		if err != nil {
			s.Fatal(err)
		}
		before, acked := "", 0
		m := &mortal{at: at}
		m.strike = func() {
			s.Take(run.ID)
			before, acked = Dump(s.World, run.Target.ID), len(own.Acked)
		}
		_, err = own.dyingAt(m).ExecuteFetch(s.Context(), own.job, run)
		if m.calls < at {
			return
		}
		if !errors.Is(err, jobs.ErrLost) || Dump(s.World, run.Target.ID) != before || len(own.Acked) > acked+1 {
			s.Fatalf("lost at call %d: %v, %d acknowledged, then %q:\n%s\nand then\n%s", at, err, acked, own.Acked, before,
				Dump(s.World, run.Target.ID))
		}
	}
}
