// Package pull reads a partner's records into the inbox: pages, records, commit, files, acknowledgements. It knows neither SQL
// nor HTTP.
//
// Read ToEnd first. A collection is read window by window; each page is committed as it comes, so that a process that dies
// leaves no half of one, and whoever goes on walks the window anew: the end is the same. Nothing is acknowledged before the
// record and its files are committed, and nothing is marked as gone unless a walk surely showed all there is.
//
// # Where it may die
//
//   - before, or after, the commit of a page: the page is asked for again; what it stored is told by Begun.Heard
//   - before, or after, the marks of what is gone: the next settled walk marks the rest
//   - between a file and the next one: what is there is not asked for again
//   - after an acknowledgement, before it is recorded: the record is no longer listed, and closed; or it still is, and the
//     acknowledgement is repeated
//   - frozen for a minute: what writes is fenced, and each acknowledgement asks before it leaves
package pull

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"syncd/internal/jobs"
)

// pulling is one execution of a run.
type pulling struct {
	*jobs.Fetching
	reading     context.Context // for what a stop may break off
	collections []*collection
	failures    int // calls in a row that failed without being about their record
}

// collection is one of them, as far as it was read.
type collection struct {
	*pulling
	*jobs.Collection
	began    time.Time
	heard    map[string]showing
	foreign  map[[32]byte]bool
	listed   map[string]bool // keys that windows have shown
	lost     bool            // the ledger was put back since the last sweep
	keyless  bool            // something was listed that has no usable key
	walked   []*list         // the sweep, where it was due, and each window
	counts   jobs.Gathered   // of what heard does not tell, by this execution
	missed   jobs.Named      // records of which a file is missing
	holds    []hold
	notices  []jobs.Finding
	settling []jobs.Settled // what waits for all of it to be let go
}

// showing is what a record was found to be.
type showing struct {
	difference jobs.Difference
	now        bool            // by this execution
	why        jobs.Reason     // that it is refused
	before     jobs.Difference // of one that is: what it was found to be before
}

// hold is something that waits for a person.
type hold struct {
	reason  jobs.Reason
	finding jobs.Finding
	answer  string // what exactly was answered
}

// ToEnd reads the collections of a job. What holds one of them marks nothing as gone and moves no cursor there; the others go on.
// The accounting is that of what was done, also beside an error.
func ToEnd(ctx context.Context, f *jobs.Fetching) (jobs.Concluded, jobs.Reason, error) {
	reading, cancel := jobs.UntilStopped(ctx, f.Stop)
	defer cancel()
	p := &pulling{Fetching: f, reading: reading}
	for i := range f.Job.Collections {
		err := p.collection(&f.Job.Collections[i]).read(ctx)
		if errors.Is(err, jobs.ErrStopped) {
			return p.concluded(), jobs.Reason{Code: jobs.ReasonStopped}, nil
		}
		if err != nil {
			return p.concluded(), jobs.Reason{}, err
		}
	}
	answer := p.answer()
	if halt := p.halt(); halt.Code != "" && (!f.Run.Released || f.Run.Approved != answer) {
		concluded := p.concluded()
		concluded.Answer = answer
		return concluded, halt, nil
	}
	for _, c := range p.collections {
		if err := c.letGo(ctx); err != nil {
			return p.concluded(), jobs.Reason{}, err
		}
	}
	concluded := p.concluded()
	concluded.Answer, concluded.Whole = answer, true
	return concluded, jobs.Reason{}, nil
}

func (p *pulling) collection(of *jobs.Collection) *collection {
	c := &collection{pulling: p, Collection: of, began: p.Now(), heard: map[string]showing{}, foreign: map[[32]byte]bool{},
		listed: map[string]bool{}}
	for key, difference := range p.Begun.Heard[of.Name] {
		c.heard[key] = showing{difference: difference}
	}
	p.collections = append(p.collections, c)
	return c
}

// read is one collection, step by step.
func (c *collection) read(ctx context.Context) error {
	err := c.list(ctx)
	if told := c.tellRefused(ctx); err == nil {
		err = told
	}
	if err != nil {
		return err
	}
	if err := c.judge(ctx); err != nil {
		return err
	}
	if len(c.holds) == 0 {
		if err := c.settle(ctx); err != nil {
			return err
		}
	}
	if err := c.fetchFiles(ctx); err != nil {
		return err
	}
	return c.acknowledge(ctx)
}

// list reads what lists show.
func (c *collection) list(ctx context.Context) error {
	if err := c.sweep(ctx); err != nil {
		return err
	}
	for i := range c.Windows {
		if err := c.walkWindow(ctx, i); err != nil {
			return err
		}
	}
	c.showRemembered()
	return nil
}

// stopped is asked between steps that are not broken off.
func (p *pulling) stopped() error {
	select {
	case <-p.Stop:
		return jobs.ErrStopped
	default:
		return nil
	}
}

// strength orders what a record may be found to be, should it be shown several times.
const strength = string(jobs.Departed + jobs.Unchanged + jobs.Updated + jobs.Created)

// show notes what a record was found to be. It is not refused, whatever was shown of it before.
func (c *collection) show(key string, difference jobs.Difference) {
	was := c.heard[key]
	if was.difference == jobs.Undeliverable {
		was = showing{difference: was.before}
	}
	if was.difference == "" || strings.Index(strength, string(difference)) > strings.Index(strength, string(was.difference)) {
		was.difference = difference
	}
	was.now = difference != jobs.Departed
	c.heard[key] = was
}

// showRefused notes that a record cannot be stored, as it is shown now.
func (c *collection) showRefused(key string, why jobs.Reason) {
	was := c.heard[key]
	if was.difference != jobs.Undeliverable {
		was.before = was.difference
	}
	c.heard[key] = showing{difference: jobs.Undeliverable, before: was.before, now: true, why: why}
}

// concluded is the accounting so far.
func (p *pulling) concluded() jobs.Concluded {
	concluded := p.Begun.Concluded()
	for _, c := range p.collections {
		concluded.Collections[c.Name] = c.gathered()
		for _, h := range c.holds {
			concluded.Findings = append(concluded.Findings, h.finding)
		}
		concluded.Findings = append(append(concluded.Findings, c.notices...), c.told()...)
	}
	concluded.Add()
	return concluded
}

func (c *collection) gathered() jobs.Gathered {
	g := c.Begun.Done[c.Name]
	for _, s := range c.heard {
		g.Count(s.difference)
	}
	g.Foreign = len(c.foreign)
	g.Returned += c.counts.Returned
	g.Files += c.counts.Files
	g.Missing += c.counts.Missing
	g.Acknowledged += c.counts.Acknowledged
	g.Unacknowledged += c.counts.Unacknowledged
	g.Closed += c.counts.Closed
	g.Unsettled += c.counts.Unsettled
	return g
}

// told are the notices of what was counted.
func (c *collection) told() (notices []jobs.Finding) {
	if n := len(c.foreign); n > 0 && !c.ForeignHolds {
		notices = append(notices, jobs.Finding{Rule: jobs.RuleForeign, N: n, Path: c.Name})
	}
	if c.counts.Missing > 0 {
		notices = append(notices, jobs.Finding{Rule: jobs.RuleMissingFile, N: c.counts.Missing, Path: c.Name, Keys: c.missed.Keys})
	}
	if c.counts.Closed > 0 && c.Job.Acknowledge {
		notices = append(notices, jobs.Finding{Rule: jobs.RuleClosed, N: c.counts.Closed, Path: c.Name})
	}
	return notices
}

// halt is why the run waits for a person.
func (p *pulling) halt() jobs.Reason {
	for _, c := range p.collections {
		if len(c.holds) > 0 {
			return c.holds[0].reason
		}
	}
	return jobs.Reason{}
}

// answer is the digest of what holds the run; "" = nothing does.
func (p *pulling) answer() string {
	var text []string
	for _, c := range p.collections {
		for _, h := range c.holds {
			text = append(text, fmt.Sprintf("%q %q %s", c.Name, h.finding.Rule, h.answer))
		}
	}
	if text == nil {
		return ""
	}
	slices.Sort(text)
	sum := p.Sum([]byte(strings.Join(text, "\n")))
	return hex.EncodeToString(sum[:])
}

// letGo does what a collection was held for, now that a person has approved exactly that.
func (c *collection) letGo(ctx context.Context) error {
	if len(c.holds) == 0 {
		return nil
	}
	for i := range c.holds {
		c.holds[i].finding.Holds = false
	}
	return c.settle(ctx)
}

// spare is the reason of a call that failed for one record, or may have. An error ends the run: it is about all of them.
func (p *pulling) spare(err error) (jobs.Reason, error) {
	var call *jobs.CallError
	if !errors.As(err, &call) {
		return jobs.Reason{}, err
	}
	switch call.Class {
	case jobs.ClassConfiguration, jobs.ClassCancelled:
		return jobs.Reason{}, err
	case jobs.ClassTemporary, jobs.ClassTechnical:
		if call.Cause == nil && (call.Status == 404 || call.Status == 410) {
			break // of this record alone
		}
		if p.failures++; p.failures >= max(p.Job.StopAfter, 1) {
			return jobs.Reason{}, err
		}
	case jobs.ClassAccepted, jobs.ClassData:
		p.failures = 0
		said := fmt.Sprintf("HTTP %d", call.Status)
		if words := jobs.Words(err); words != "" {
			said += ": " + words
		}
		return jobs.Reason{Code: jobs.ReasonRejected, Detail: said}, nil
	}
	return jobs.FailureReason(err), nil
}
