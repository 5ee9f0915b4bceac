package jobs

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"syncd/internal/hinted"
)

// FetchJob is a configured job that reads a partner's records into the inbox.
type FetchJob struct {
	Name, Partner string
	Collections   []Collection // of the job, in the preset's order
	Acknowledge   bool         // the partner is told what was stored; false = somebody else does that
	MaxFile       int64        // bytes of one file
	MaxGone       float64      // share of the known records of a window that may be gone without a person: 0.2
	StopAfter     int          // details or acknowledgements in a row that fail without being about their record
	Customer      string       // whom Feed.Identity must answer; "" = any
	ConfigDigest  string

	PasswordSet                time.Time // when the dossier's was set; zero = not told
	PasswordWarn, PasswordDays int       // days from which that is told, and after which it must be changed
}

// Resumption says how a run of this job is taken up again.
func (j *FetchJob) Resumption() Resumption { return Resumption{ConfigDigest: j.ConfigDigest} }

// Collection is one list of a partner, as it is read.
type Collection struct {
	Name                       string
	Windows                    []Window // at least one
	Paged, Detail, Files, Acks bool     // Acks: it lists what is new, and what is acknowledged leaves the list
	ForeignHolds               bool     // else another owner's record is dropped
	Omit                       []string // pointers, * = each of an array: removed by Feed; they never make a change line either
	Sweep                      *Sweep   // nil = none
}

// Window is what a call of a list is limited to.
type Window struct {
	Name           string
	Span           time.Duration // begins so long before today; 0 = it has no dates
	Since          bool          // begins at the cursor, Overlap before it; the first time First before today
	Overlap, First time.Duration
	Whole          bool // a known record that is dated within, and not shown by a settled walk, is gone
}

// Sweep finds what a list of what is new never showed: all that was made since some day is asked for, now and then.
type Sweep struct {
	Every, Overlap, First time.Duration
	Reach                 int // more than so many in one interval cannot be asked for
}

// Feed is one dossier at a partner, as it is read. Its errors are *CallError; each method retries by itself what can be
// retried.
type Feed interface {
	// Settings names all that decides what the partner makes of a call: as API.Settings.
	Settings() string
	// Secret is what shows who asks: its keyed digest alone is kept; nil = there is nothing that could be refused.
	Secret() []byte
	// Identity asks the partner whom it answers for; "" = it does not tell.
	Identity(ctx context.Context) (string, error)
	// Webhooks counts those that take records away from the lists. known = false: there is no such call, or it is refused.
	Webhooks(ctx context.Context) (active int, known bool, err error)
	Page(ctx context.Context, ask Ask) (*Page, error)
	// Detail reads one record as a whole; nil = the partner has none of that key.
	Detail(ctx context.Context, collection, key string) (*Record, error)
	Files(ctx context.Context, collection, key string) ([]File, error)
	// Download streams a file of at most so many bytes. Who begins anew calls into.Restart. An error may be a *FileError.
	Download(ctx context.Context, collection, key string, file File, most int64, into Sink) error
	// Acknowledge tells the partner that a record was stored. before is called just before each request leaves; its error
	// ends the call without a further request.
	Acknowledge(ctx context.Context, collection, key string, before func() error) error
}

// Ask is one page of a list.
type Ask struct {
	Collection string
	Window     int // of the collection's
	Sweep      bool
	Page       int       // from 0
	From, To   time.Time // From zero = no limit
	// Follows is called, where a Feed can, once it is known that a page comes after this one, while its records are still read:
	// the next one can be asked for meanwhile. nil = nobody wants to know.
	Follows func()
}

// Page is the answer to an Ask.
type Page struct {
	Records      []Record
	Pages, Total int       // of the whole list; -1 = not told
	Last         bool      // no page comes after this one
	Moved        bool      // the list changed while this page was read, in parts
	Repeated     int       // entries beside Records, each of a key that is among them
	Date         time.Time // the server's clock; zero = not told
}

// Record is one of a list, or its detail.
type Record struct {
	Key         string     // "" with a Problem of the key
	Document    []byte     // as it came, without what is omitted; nil where Detail is to be asked, or with a Problem
	Fingerprint [32]byte   // SHA-256 of the canonical Document: 1250.0 and 1250.00 are one
	Dated       time.Time  // zero = it has no date that can be read
	Foreign     bool       // another owner's: no Key, no Document; Fingerprint is of its key, for the answer's digest alone
	Problem     ReasonCode // why it cannot be stored; "" = it can
}

// File is one of a record's.
type File struct {
	ID, Type string
	Size     int64  // -1 = not told
	SHA256   string // hex; "" = not told
}

// Sink is where a file is streamed to.
type Sink interface {
	io.Writer
	Restart() error // forgets what was written
}

// FileError says why a file is not what was announced, or not wanted: FileTooLarge, FileSize or FileChecksum.
type FileError struct{ Reason ReasonCode }

func (e *FileError) Error() string { return "a file cannot be stored: " + string(e.Reason) }

// Inbox keeps what was read. What writes is fenced by the run's epoch: ErrLost, and nothing was written. Each method is one
// transaction.
type Inbox interface {
	// Begin forgets what earlier executions of the run counted and refused, and tells what they did. ErrNoInbox.
	Begin(ctx context.Context, run *Run) (Begun, error)
	Known(ctx context.Context, target int64, collection string, keys []string) (map[string]Known, error)
	// Store keeps records that differ from what is known, and tells of each what differed.
	Store(ctx context.Context, run *Run, collection *Collection, records []Record) ([]Stored, error)
	// Refuse keeps with the run what could not be stored.
	Refuse(ctx context.Context, run *Run, collection string, refused []Refused) error
	// KeysDated lists those that are neither gone nor forgotten, from a date up to, without, another one.
	KeysDated(ctx context.Context, target int64, collection string, from, to time.Time) ([]string, error)
	Settle(ctx context.Context, run *Run, settled Settled) error
	// Unfiled lists those whose files are not all there yet, listed or not.
	Unfiled(ctx context.Context, target int64, collection string) ([]string, error)
	KnownFiles(ctx context.Context, target int64, collection, key string) (map[string]KnownFile, error)
	StoreFile(ctx context.Context, run *Run, collection, key string, file File, content io.Reader) error
	MissFile(ctx context.Context, run *Run, collection, key string, file File, why ReasonCode) error
	// Filed notes that all files of a record are there.
	Filed(ctx context.Context, run *Run, collection, key string) error
	// Acknowledgeable are those of the keys that are committed with all their files.
	Acknowledgeable(ctx context.Context, target int64, collection string, keys []string) ([]string, error)
	Acknowledged(ctx context.Context, run *Run, collection, key string) error
	Unacknowledged(ctx context.Context, run *Run, collection, key string, why Reason) error
	// Close notes of records that were never acknowledged, and are no longer listed, that somebody did. It counts them.
	Close(ctx context.Context, run *Run, collection string, listed []string) (closed int, err error)
	// Conclude keeps the accounting of a run, and answers for others of its job and target that are held.
	Conclude(ctx context.Context, run *Run, concluded Concluded) error
}

// ErrNoInbox means that the ledger's database has no schema inbox, or none that this program can use.
var ErrNoInbox = hinted.Because(nil, "inbox.missing")

// Begun is what is known when a run begins, and what earlier executions of it did.
type Begun struct {
	Cursors     map[string]Cursor                // by "collection/window" and "collection/sweep"
	Incarnation string                           // of the ledger
	At          time.Time                        // by the ledger's clock; zero = not told
	Refused     map[string]map[string]Remembered // as Cursors, and by key
	Heard       map[string]map[string]Difference
	Done        map[string]Gathered // Returned, Files, Acknowledged and Closed, by collection
}

// Concluded is the accounting of what earlier executions of the run did.
func (b *Begun) Concluded() Concluded {
	c := Concluded{Collections: maps.Clone(b.Done)}
	if c.Collections == nil {
		c.Collections = map[string]Gathered{}
	}
	for collection, heard := range b.Heard {
		g := c.Collections[collection]
		for _, difference := range heard {
			g.Count(difference)
		}
		c.Collections[collection] = g
	}
	c.Add()
	return c
}

// Cursor is how far a window, or a sweep, has been read.
type Cursor struct {
	Since       time.Time
	Incarnation string // of the ledger that it was read into
}

// Remembered is a record that was refused, and that the cursor of its window, or sweep, has passed.
type Remembered struct {
	Reason Reason
	Since  time.Time // where the window began that showed it last
	Tried  time.Time // when that was
}

// Known is a record that the inbox has.
type Known struct {
	Fingerprint     [32]byte
	Gone, Forgotten bool
}

// KnownFile is a file that the inbox has, or misses.
type KnownFile struct {
	SHA256  string     // hex
	Missing ReasonCode // "" = it is there, FileExpired = it was
}

// Stored is what became of a record: + * =, or ! and why where Postgres refused it. Returned: it had been gone.
type Stored struct {
	Key        string
	Difference Difference
	Returned   bool
	Reason     Reason
}

// Refused is a record that cannot be stored.
type Refused struct {
	Key    string // where it has none that can be used its place: "(page 4, 17)"
	Reason Reason
}

// Settled is the end of a window.
type Settled struct {
	Collection, Window string
	Gone               []string
	Cursor             time.Time // zero = it does not move
	From               time.Time // where the window began
	Refused            []Refused // that the cursor passes: they are remembered, as of Cursor
	Mended             []string  // that were, and need not be any more
}

// Concluded is the accounting of a run.
type Concluded struct {
	Counts      Gathered
	Collections map[string]Gathered
	Findings    []Finding
	Answer      string // digest of what holds the run; "" = nothing does
	Whole       bool   // it came to its end, and is not held
}

// Add sums the collections up.
func (c *Concluded) Add() {
	c.Counts = Gathered{}
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		c.Counts.add(c.Collections[name])
	}
}

// Gathered counts records. Read = New + Changed + Same + Refused. Foreign, Gone and Closed were not read, and Returned are
// among New and Changed.
type Gathered struct {
	Read           int `json:"read"`
	New            int `json:"new"`
	Changed        int `json:"changed"`
	Same           int `json:"same"`
	Refused        int `json:"refused"`
	Gone           int `json:"gone"`           // no longer at the partner
	Returned       int `json:"returned"`       // that had been gone
	Foreign        int `json:"foreign"`        // of another owner: nothing of them is kept
	Files          int `json:"files"`          // stored
	Missing        int `json:"missing"`        // files that could not be stored
	Acknowledged   int `json:"acknowledged"`   // to the partner
	Unacknowledged int `json:"unacknowledged"` // although they were to be
	Closed         int `json:"closed"`         // acknowledged, but not by an answer that arrived
	Unsettled      int `json:"unsettled"`      // windows of which no walk surely showed all
}

// Count counts a record by what it was found to be.
func (g *Gathered) Count(difference Difference) {
	switch difference {
	case Departed:
		g.Gone++
		return
	case Created:
		g.New++
	case Updated:
		g.Changed++
	case Unchanged:
		g.Same++
	case Undeliverable:
		g.Refused++
	}
	g.Read++
}

func (g *Gathered) add(o Gathered) {
	g.Read += o.Read
	g.New += o.New
	g.Changed += o.Changed
	g.Same += o.Same
	g.Refused += o.Refused
	g.Gone += o.Gone
	g.Returned += o.Returned
	g.Foreign += o.Foreign
	g.Files += o.Files
	g.Missing += o.Missing
	g.Acknowledged += o.Acknowledged
	g.Unacknowledged += o.Unacknowledged
	g.Closed += o.Closed
	g.Unsettled += o.Unsettled
}

// whole reports whether nothing is missing of what was to be read and acknowledged.
func (g *Gathered) whole() bool { return g.Refused+g.Missing+g.Unacknowledged+g.Unsettled == 0 }

// Credentials remembers each secret that a partner refused, so that it is not tried again and again: that locks accounts.
type Credentials interface {
	// Refused tells since when a target's secret is refused; zero = it is not, within a day.
	Refused(ctx context.Context, target int64, secret []byte) (since time.Time, err error)
	NoteRefused(ctx context.Context, target int64, secret []byte) error
	// Forgive forgets what a target's partner refused, or did not answer to: a person wants it tried again.
	Forgive(ctx context.Context, target int64) error
}

// Fetching is a run of a FetchJob, and all that package pull needs to do it.
type Fetching struct {
	Job      *FetchJob
	Run      *Run
	Begun    Begun
	Feed     Feed
	Inbox    Inbox
	Confirm  func() error          // asked before what cannot be taken back: ErrLost
	Sum      func([]byte) [32]byte // of what holds the run
	Stop     <-chan struct{}       // closed when a person asks to stop
	Now      func() time.Time
	Progress Progress
}

// Fetch reads the records of a dossier at a partner.
func (r *Runner) Fetch(ctx context.Context, job *FetchJob, request NewRun) (*Run, error) {
	run, err := r.Ledger.Start(ctx, request)
	if err != nil {
		return nil, err
	}
	return r.ExecuteFetch(ctx, job, run)
}

// ResumeFetch reads anew for a run that failed or was approved.
func (r *Runner) ResumeFetch(ctx context.Context, job *FetchJob, id int64) (*Run, error) {
	request := job.Resumption()
	request.By = r.By
	run, err := r.Ledger.Resume(ctx, id, request)
	if err != nil {
		return nil, err
	}
	return r.ExecuteFetch(ctx, job, run)
}

// ExecuteFetch goes on with a run that this process has claimed.
func (r *Runner) ExecuteFetch(ctx context.Context, job *FetchJob, run *Run) (*Run, error) {
	return r.execute(ctx, run, func(ctx context.Context, r *Runner) (Reason, error) { return r.fetch(ctx, job, run) })
}

func (r *Runner) fetch(ctx context.Context, job *FetchJob, run *Run) (Reason, error) {
	if run.Planned {
		return Reason{}, nil // it was concluded; only its end was not recorded
	}
	if secret := r.Feed.Secret(); secret != nil {
		since, err := r.Credentials.Refused(ctx, run.Target.ID, secret)
		if err != nil {
			return Reason{}, hinted.While("reading what the partner refused", err)
		}
		if !since.IsZero() {
			return Reason{Code: ReasonSecretRefused, Detail: since.UTC().Format(time.RFC3339)}, nil
		}
	}
	begun, err := r.Inbox.Begin(ctx, run)
	if err != nil {
		return Reason{}, hinted.While("opening the inbox", err)
	}
	concluded, halt, err := r.gather(ctx, job, run, begun)
	return halt, r.conclude(ctx, run, concluded, err)
}

// gather reads what the partner has, once it is known for whom it answers.
func (r *Runner) gather(ctx context.Context, job *FetchJob, run *Run, begun Begun) (Concluded, Reason, error) {
	preparing, cancel := r.untilStopped(ctx)
	defer cancel()
	if err := r.identifySource(preparing, job, run); err != nil {
		return begun.Concluded(), Reason{}, err
	}
	notices, err := r.webhooks(preparing, job)
	notices = append(job.passwordAge(time.Now()), notices...)
	if err != nil {
		return begun.Concluded(), Reason{}, err
	}
	concluded, halt, err := r.Gather(ctx, &Fetching{Job: job, Run: run, Begun: begun, Feed: r.Feed, Inbox: r.Inbox,
		Confirm: func() error { return r.Ledger.Confirm(run) }, Sum: r.Ledger.Fingerprinter().Sum, Stop: r.Stop, Now: time.Now,
		Progress: r.Progress})
	concluded.Findings = append(notices, concluded.Findings...)
	return concluded, halt, err
}

// passwordAge is a notice where a password is to be changed.
func (j *FetchJob) passwordAge(now time.Time) []Finding {
	const day = 24 * time.Hour
	age := int(now.Sub(j.PasswordSet) / day)
	if j.PasswordSet.IsZero() || age < j.PasswordWarn {
		return nil
	}
	return []Finding{{Rule: RulePasswordAge, N: age, Of: j.PasswordDays}}
}

// conclude tells with the run what was stored, also where an error ended it, and remembers a secret that was refused.
func (r *Runner) conclude(ctx context.Context, run *Run, concluded Concluded, failure error) error {
	if errors.Is(failure, ErrLost) || errors.Is(context.Cause(ctx), ErrLost) {
		return failure
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if secret := r.Feed.Secret(); secret != nil && RefusesSecret(failure) {
		if err := r.Credentials.NoteRefused(ctx, run.Target.ID, secret); err != nil {
			return errors.Join(failure, hinted.While("remembering what the partner refused", err))
		}
	}
	if err := r.Inbox.Conclude(ctx, run, concluded); err != nil && failure == nil {
		return hinted.While("recording what was read", err)
	}
	return failure
}

// RefusesSecret reports whether a call was refused for who asks. The application's own credentials are another matter.
func RefusesSecret(err error) bool {
	var call *CallError
	var unusual *UnusualError
	if errors.As(err, &unusual) {
		call = &unusual.CallError
	} else if !errors.As(err, &call) {
		return false
	}
	return call.Class == ClassConfiguration && (call.Status == 401 || call.Status == 403) &&
		(call.Cause == nil || call.Cause.Code != CauseClient)
}

// identifySource asks the partner for whom it answers, before anything is kept.
func (r *Runner) identifySource(ctx context.Context, job *FetchJob, run *Run) error {
	answered, err := r.Feed.Identity(ctx)
	if err != nil {
		return r.unusual(ctx, run, ServiceIdentity, r.Feed.Settings(), err)
	}
	if answered == "" {
		return nil
	}
	if job.Customer != "" && job.Customer != answered {
		return &IdentityError{Dossier: run.Target.Dossier, Want: job.Customer, Answered: answered}
	}
	recorded, err := r.Ledger.Identify(ctx, run, answered, r.Siret, r.Feed.Settings())
	if err != nil {
		return hinted.While("recording the dossier's identity", err)
	}
	if recorded != answered {
		return &IdentityError{Dossier: run.Target.Dossier, Want: recorded, Answered: answered}
	}
	return nil
}

// webhooks are a notice where they take what a list of what is new would show.
func (r *Runner) webhooks(ctx context.Context, job *FetchJob) ([]Finding, error) {
	if !slices.ContainsFunc(job.Collections, func(c Collection) bool { return c.Acks }) {
		return nil, nil
	}
	active, known, err := r.Feed.Webhooks(ctx)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return []Finding{{Rule: RuleWebhookUntold}}, nil
	case active > 0:
		return []Finding{{Rule: RuleWebhook, N: active}}, nil
	}
	return nil, nil
}
