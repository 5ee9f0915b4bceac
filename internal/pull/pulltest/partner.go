// Package pulltest is what a run that reads records may count on of the inbox, as stories that hold for every Inbox: the one of
// the store, and one in memory. It has a partner that is read.
package pulltest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"syncd/internal/canonjson"
	"syncd/internal/jobs"
)

// Item is a record at the partner.
type Item struct {
	Of            string // the collection that shows it; "" = all that are of nothing in particular
	Key, Document string
	Made          time.Time
	Seen          bool // it was acknowledged
	Foreign       bool
	Problem       jobs.ReasonCode
	Files         map[string]string // contents by name
}

// Partner is a jobs.Feed that tests change while it is read. Lists are in the order of Items, newest last.
type Partner struct {
	mu       sync.Mutex
	Items    []*Item
	Size     int           // of a page; 0 = everything is one page
	Untold   bool          // lists do not say how many there are
	Details  bool          // lists have keys alone
	NewOnly  bool          // lists have what was not acknowledged
	SpanOf   time.Duration // > 0: lists have what was made within
	Customer string
	Hooks    []int // active webhooks; nil = not known
	Clock    func() time.Time
	Order    func([]*Item) // of a list, as each page has it; nil = as they are

	Before func(call string) error                // each call
	After  func(call string) error                // each call that was answered: the answer is lost
	Ended  func(ctx context.Context, call string) // likewise, with what may break it off
	Bad    map[string]string                      // files that come otherwise than announced, by name
	Wrong  []byte                                 // Secret

	Calls []string
	Acked []string // keys, as often as they were acknowledged
}

var _ jobs.Feed = (*Partner)(nil)

// Add adds records that are made now.
func (p *Partner) Add(keys ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range keys {
		p.Items = append(p.Items, &Item{Key: key, Document: fmt.Sprintf(`{"id":%q,"montant":10.50}`, key), Made: p.Clock()})
	}
}

// Item finds one.
func (p *Partner) Item(key string) *Item {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.item(key)
}

func (p *Partner) item(key string) *Item {
	i := slices.IndexFunc(p.Items, func(item *Item) bool { return item.Key == key })
	if i < 0 {
		return nil
	}
	return p.Items[i]
}

// Drop removes records.
func (p *Partner) Drop(keys ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Items = slices.DeleteFunc(p.Items, func(item *Item) bool { return slices.Contains(keys, item.Key) })
}

// call counts a call, and gives the test its say before and after it.
func (p *Partner) call(ctx context.Context, name string, answer func() error) error {
	p.mu.Lock()
	p.Calls = append(p.Calls, name)
	before, after, ended := p.Before, p.After, p.Ended
	p.mu.Unlock()
	if ctx.Err() != nil {
		return &jobs.CallError{Class: jobs.ClassCancelled, Call: name, Problem: "cancelled"}
	}
	if before != nil {
		if err := before(name); err != nil {
			return err
		}
	}
	p.mu.Lock()
	err := answer()
	p.mu.Unlock()
	if err == nil && ended != nil {
		ended(ctx, name)
	}
	if err == nil && after != nil {
		err = after(name)
	}
	return err
}

// Settings implements jobs.Feed.
func (p *Partner) Settings() string { return "settings" }

// Secret implements jobs.Feed.
func (p *Partner) Secret() []byte { return p.Wrong }

// Identity implements jobs.Feed.
func (p *Partner) Identity(ctx context.Context) (string, error) {
	return p.Customer, p.call(ctx, "identity", func() error { return nil })
}

// Webhooks implements jobs.Feed.
func (p *Partner) Webhooks(context.Context) (active int, known bool, err error) {
	return len(p.Hooks), p.Hooks != nil, nil
}

// Page implements jobs.Feed.
func (p *Partner) Page(ctx context.Context, ask jobs.Ask) (page *jobs.Page, err error) {
	name := "page"
	if ask.Sweep {
		name = "sweep"
	}
	err = p.call(ctx, fmt.Sprintf("%s %d", name, ask.Page), func() error {
		page = p.page(ask)
		return nil
	})
	return page, err
}

func (p *Partner) page(ask jobs.Ask) *jobs.Page {
	own := slices.ContainsFunc(p.Items, func(item *Item) bool { return item.Of == ask.Collection })
	shown := slices.DeleteFunc(slices.Clone(p.Items), func(item *Item) bool {
		if own || item.Of != "" {
			return item.Of != ask.Collection
		}
		return !ask.Sweep && p.NewOnly && item.Seen || !ask.From.IsZero() && (item.Made.Before(ask.From) || item.Made.After(ask.To))
	})
	if p.Order != nil {
		p.Order(shown)
	}
	page := &jobs.Page{Pages: -1, Total: len(shown), Date: p.Clock(), Last: true}
	if p.Untold {
		page.Total = -1
	}
	first, end := 0, len(shown)
	if p.Size > 0 {
		first = min(ask.Page*p.Size, end)
		page.Last = first+p.Size >= end
		end = min(first+p.Size, end)
	}
	for _, item := range shown[first:end] {
		r := jobs.Record{Key: item.Key}
		if item.Key == "" || !p.Details && !ask.Sweep {
			r = item.record()
		}
		page.Records = append(page.Records, r)
	}
	return page
}

func (item *Item) record() jobs.Record {
	if item.Foreign {
		return jobs.Record{Foreign: true, Fingerprint: sha256.Sum256([]byte(item.Key))}
	}
	if item.Problem != "" {
		return jobs.Record{Key: item.Key, Problem: item.Problem}
	}
	canonical, _ := canonjson.Append(nil, []byte(item.Document))
	return jobs.Record{Key: item.Key, Document: []byte(item.Document), Dated: item.Made, Fingerprint: sha256.Sum256(canonical)}
}

// Detail implements jobs.Feed.
func (p *Partner) Detail(ctx context.Context, _, key string) (r *jobs.Record, err error) {
	err = p.call(ctx, "detail "+key, func() error {
		if item := p.item(key); item != nil {
			one := item.record()
			r = &one
		}
		return nil
	})
	return r, err
}

// Files implements jobs.Feed.
func (p *Partner) Files(ctx context.Context, _, key string) (files []jobs.File, err error) {
	err = p.call(ctx, "files "+key, func() error {
		if item := p.item(key); item != nil {
			for _, name := range slices.Sorted(maps.Keys(item.Files)) {
				sum := sha256.Sum256([]byte(item.Files[name]))
				files = append(files, jobs.File{ID: name, Type: "text/plain", Size: int64(len(item.Files[name])), SHA256: hex.EncodeToString(sum[:])})
			}
		}
		return nil
	})
	return files, err
}

// Download implements jobs.Feed.
func (p *Partner) Download(ctx context.Context, _, key string, file jobs.File, _ int64, into jobs.Sink) error {
	content := ""
	err := p.call(ctx, "file "+file.ID, func() error {
		content = p.item(key).Files[file.ID]
		if bad, is := p.Bad[file.ID]; is {
			content = bad
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range 2 { // the first answer broke off
		if err := into.Restart(); err != nil {
			return err
		}
		if _, err := into.Write([]byte(content)[:len(content)*(i+1)/2]); err != nil {
			return err
		}
	}
	return nil
}

// Acknowledge implements jobs.Feed.
func (p *Partner) Acknowledge(ctx context.Context, _, key string, before func() error) error {
	if err := before(); err != nil {
		return err
	}
	return p.call(ctx, "ack "+key, func() error {
		p.Acked = append(p.Acked, key)
		if item := p.item(key); item != nil {
			item.Seen = true
		}
		return nil
	})
}

// Fails is a Before or an After that fails at some calls.
func Fails(class jobs.Class, status int, calls ...string) func(string) error {
	return func(call string) error {
		if slices.Contains(calls, call) {
			return &jobs.CallError{Class: class, Call: call, Status: status, Problem: "it fails"}
		}
		return nil
	}
}
