package jobs

import (
	"context"
	"time"

	"syncd/internal/mapping"
	"syncd/internal/share"
)

// Staging opens the association's tables.
type Staging interface {
	// Snapshot runs the source's queries in one REPEATABLE READ READ ONLY snapshot, each ordered by key as text in
	// bytewise order, nulls last. What they read was locked before the snapshot was taken. keys limits the employees; nil =
	// all. Errors: *StagingError, *NotReadyError, *LockedError.
	Snapshot(ctx context.Context, source Source, params mapping.Params, keys []string) (Snapshot, error)
}

// Snapshot is staging as of one instant.
type Snapshot interface {
	Shape() mapping.Shape
	Employees() Rows
	Children(group int) Rows
	// Unmoved is asked when all rows were read. It fails with a *ReplacedError when a table was replaced meanwhile that only
	// showed while functions were executed: none of the rows is to be used.
	Unmoved(ctx context.Context) error
	Close()
}

// Rows is a stream of rows in key order. Key and Values are valid until the next call of Next.
type Rows interface {
	Next() bool
	Key() []byte      // the matricule as text; nil = NULL
	Values() [][]byte // in Postgres's text format; nil = NULL
	Err() error       // why Next returned false, nil at the end; a *StagingError or *LockedError
}

// Ledger records runs. Every method that writes for a run is fenced by the claim's epoch: once another owner has taken
// the run it returns ErrLost and has written nothing.
type Ledger interface {
	// Start inserts a run that is already claimed by this process. Errors: *BusyError, *OrderError.
	Start(ctx context.Context, request NewRun) (*Run, error)
	// Resume claims an existing run again. Errors: *BusyError, *OrderError, *FinishedError, ErrNoRun.
	Resume(ctx context.Context, id int64, request Resumption) (*Run, error)
	// Finish records the end of a run with its accounting: cancelled when a person asked for that, failed when failure
	// says why, held likewise for the reasons that hold, else succeeded or incomplete as the accounting gives. With
	// patience a run that only waits for something is queued again instead of failed, and not before the run's NotBefore,
	// until its deadline. ReasonReplanned queues another run
	// in its place. It returns the run as recorded.
	Finish(ctx context.Context, run *Run, failure Reason, patience *Patience) (*Run, error)

	// Keep derives a context that ends, with the cause ErrLost, when this process no longer owns the run (its connection
	// broke, or no heartbeat was confirmed for 10 s). cancelled is closed when a person asked to cancel the run.
	Keep(ctx context.Context, run *Run) (kept context.Context, cancelled <-chan struct{}, release context.CancelFunc)
	// Confirm returns once the last confirmed heartbeat is at most 1.5 s old, or fails with ErrLost. It is asked before each
	// request that leaves: cheap, but that it waits where the ledger stalls.
	Confirm(run *Run) error

	// Incarnation names the ledger as it is now: when it was put back since a run was planned, that plan is outdated.
	Incarnation(ctx context.Context) (string, error)

	// Identify records what the partner answers for the target ("" = it does not tell), unless something is recorded
	// already, the SIRET that is configured, and by which settings it was answered. It returns what is recorded. Once it is
	// known whose month it is, that may be closed: *ClosedError. ErrOtherSiret: the run was planned for another one.
	Identify(ctx context.Context, run *Run, answered, configured, settings string) (string, error)
	// Answered reports whether what the target last answered properly about a service was asked by these settings.
	Answered(ctx context.Context, run *Run, service Service, settings string) (bool, error)

	BaselineReader
	// BeginPlan opens the one transaction that freezes the plan of a run, after superseding what older runs of the same
	// target and period left open for the same employees; with Append what is in doubt stays open, for it may have been
	// received. An item in doubt is not sent before requestTimeout has passed
	// since its last request left.
	BeginPlan(ctx context.Context, run *Run, request Resumption) (PlanWriter, error)
	// PlanState tells what the frozen plan of a run has been through.
	PlanState(ctx context.Context, run *Run) (PlanState, error)
	// Frozen reads what a run's plan has of some matricules; one that it does not have is not there.
	Frozen(ctx context.Context, run int64, keys []string) (map[string]FrozenItems, error)
	// Note replaces the findings of a run by ones that hold no more and no less.
	Note(ctx context.Context, run *Run, findings []Finding) error
	// Unplan gives up a plan of which nobody has an outcome: the run is planned anew. false = somebody has, and nothing changed.
	Unplan(ctx context.Context, run *Run) (bool, error)
	// Step records outcomes, moves the baseline, and takes the next items, in one statement.
	Step(ctx context.Context, run *Run, step Step) (Taken, error)
	// NextPending tells how long until an item of the run that waits can be taken. ok = false: none waits.
	NextPending(ctx context.Context, run *Run) (wait time.Duration, ok bool, err error)
	// Remaining counts the items that the run still has to send.
	Remaining(ctx context.Context, run *Run) (int, error)

	// Doubts lists the uncertain items of the run's target, period and employees, of this run or an older one.
	Doubts(ctx context.Context, run *Run, requestTimeout time.Duration) (Doubts, error)
	// SettleDoubt records what a read-back found. What was not received is sent again where it is this run's, else left
	// to the next plan. A doubt that somebody settled meanwhile is left alone.
	SettleDoubt(ctx context.Context, run *Run, doubt Doubt, received bool) error

	Nomenclatures(ctx context.Context, target int64) (mapping.Nomenclatures, error)
	// Pull records what a pull found changed, and makes the stored nomenclatures so when it is to be applied.
	Pull(ctx context.Context, run *Run, pulled Pulled) error
}

// BaselineReader is what planning reads of the ledger; a dry run needs no more.
type BaselineReader interface {
	// Baseline streams what the API last acknowledged for the target, in order of key and period. keys limits the
	// employees; nil = all.
	Baseline(ctx context.Context, target int64, keys []string) (BaselineRows, error)
	// Documents reads what was acknowledged, in the order of refs; zero where there is nothing.
	Documents(ctx context.Context, target int64, refs []DocumentRef) ([]Acknowledged, error)
	// History reads what guards compare with.
	History(ctx context.Context, target int64, period Period) (History, error)
	// Sharing lists other targets of the same establishment for which something was, or may have been, received, but those
	// that a person let this one be sent to beside. The target's Siret is that of the configuration.
	Sharing(ctx context.Context, target Target) ([]OtherTarget, error)
	// Apart reads what a run for these employees is judged by as well.
	Apart(ctx context.Context, target int64, period Period, keys []string) (Apart, error)
	// Fingerprinter makes keyed fingerprints. Each one is for a single goroutine.
	Fingerprinter() Fingerprinter
	// Lasting makes fingerprints by a key that outlives the ledger's: those of documents that were removed.
	Lasting() Fingerprinter
	// Traced tells who, of those whose documents were removed, had such a value: for each trace their matricules.
	Traced(ctx context.Context, target int64, traces []Trace) ([][]string, error)
}

// Fingerprinter computes the keyed HMAC of canonical documents.
type Fingerprinter interface {
	Sum(document []byte) [32]byte
}

// BaselineRows is a stream of baseline entries. Entry is valid until the next call of Next.
type BaselineRows interface {
	Next() bool
	Entry() *BaselineEntry
	Err() error
	Close()
}

// BaselineEntry is what is known of one employee and period at the API.
type BaselineEntry struct {
	Key            []byte
	Period         Period
	Version        int64  // 0 = nothing was ever acknowledged
	Fingerprint    []byte // of the acknowledged document; by the lasting key when that was removed
	Removed        bool   // the document is past its time, and no longer kept
	Form           int64  // that it was acknowledged under: key of History.Forms
	InDoubt        bool   // something may have been received since
	DepartureNoted bool
	Withdrawn      bool // a person took it back at the other side: as if it had never been sent, but for the version
	Outdated       bool // it is from before the ledger was put back: something newer may have been acknowledged since
}

// Acknowledged is a document that the partner has, and the totals of its elements and those of the periods before, newest
// first.
type Acknowledged struct {
	Document []byte
	Totals   []PeriodTotals
	Altered  bool // there is one, and it does not open: somebody altered the ledger
	Removed  bool // there was one: it is past its time
}

// DocumentRef names an acknowledged document.
type DocumentRef struct {
	Key    string
	Period Period
}

// PlannedItem is an item as the plan freezes it, with the document to send.
type PlannedItem struct {
	Item
	Fingerprint [32]byte
	Document    []byte         // nil when there is nothing to send
	Totals      []PeriodTotals // of its elements, and of those of the periods before, newest first
	Against     Period         // whose acknowledged document the diff is against; "" = none
}

// Pass is one pass over staging and the baseline, of which package plan makes a plan.
type Pass struct {
	Job           *PushJob
	Target        Target // with its identity, as queries may name it
	Period        Period
	Keys          []string        // of a partial run; nil = everyone
	Resend        bool            // everyone is sent, changed or not
	Owed          map[string]bool // these are: History.Owed
	Lenient       bool            // who is not in staging is told, not an error
	DiffNew       bool            // with the diffs of new documents
	Nomenclatures mapping.Nomenclatures
	Contract      *Contract      // that documents are checked against; nil = none
	Form          Form           // what documents are sent by
	Forms         map[int64]Form // by which something was acknowledged: History.Forms
	Before        *Before        // what guards compare the plan with; nil = none is asked

	Staging  Staging
	Ledger   BaselineReader
	Progress Progress
	Sink     PlanSink
}

// Before is what is known before a plan is made, for its guards to compare with.
type Before struct {
	History History
	Others  []OtherTarget      // of the same establishment, that were sent to
	Apart   Apart              // of a run for some employees
	Edits   map[string]Finding // what the other side edited, or that nobody knows, by matricule
}

// Sending is a planned run, and all that package push needs to send it.
type Sending struct {
	Job      *PushJob
	Run      *Run
	API      API
	Ledger   Ledger
	Stop     <-chan struct{} // closed when a person asks to stop
	Progress Progress
	Places   *share.Pool // for what is taken, of this run and those beside it
}

// PlanSink takes the items of a plan in key order, elements without their employee last.
type PlanSink interface {
	Add(ctx context.Context, items []PlannedItem) error
	// Hold is called once all items were added, for what is seen only when all employees are known.
	Hold(ctx context.Context, holds []Hold) error
}

// Looking is a PlanSink for passes that no guard looks at, and so hold nothing.
type Looking func(ctx context.Context, items []PlannedItem) error

// Add implements PlanSink.
func (l Looking) Add(ctx context.Context, items []PlannedItem) error { return l(ctx, items) }

// Hold implements PlanSink.
func (Looking) Hold(context.Context, []Hold) error { return nil }

// PlanWriter freezes a plan. Abandon must be called in the end; after Commit it does nothing.
type PlanWriter interface {
	PlanSink
	Commit(ctx context.Context, plan Frozen) error
	Abandon()
}

// Frozen is a plan as a whole. Of its counts the ledger keeps what was read, what is unchanged and the kinds of
// difference; it counts items itself.
type Frozen struct {
	Counts       Counts
	Digests      Digests
	Findings     []Finding
	Form         Form
	Figures      *Figures     // for the guards of later runs; nil = not to be compared with
	SecondPerson SecondPerson // by which it waits
	Sums         *Sums        // for those who look at what the guards judged; nil = of some employees alone
}

// Hold keeps an item that was planned to be sent from being sent.
type Hold struct {
	Seq     int
	Key     string
	Finding Finding
}

// NewRun asks for a run that this process executes at once.
type NewRun struct {
	Job         string
	Kind        Kind
	Target      Target // ID unset; found or made by its other members
	Period      Period
	AnyOrder    bool  // the period was named by a person: an older unfinished one does not stop it
	Scope       Scope // with ScopeEmployee a period older than the latest sent is refused
	Employees   []string
	FailedOf    int64  // the run whose undelivered employees these are; 0 = none
	Verify      bool   // compares what the partner has with what it acknowledged, before it plans
	Overwrite   bool   // and sends over what the other side edited
	Resend      string // why everyone is sent again, changed or not; "" = only what differs
	Previewed   string // digest of the plan that the person saw: another one waits for a decision; "" = none was seen
	Trigger     Trigger
	RequestedBy string
	Digests     Digests
}

// Resumption says how a run is taken up again.
type Resumption struct {
	ConfigDigest   string    // of the configuration that a run without a plan is planned with
	Semantics      Semantics // with Append, items that were on their way are not sent again
	Scope          Scope
	By             string        // who asks; "" = a daemon
	RequestTimeout time.Duration // an item in doubt waits until this long after its request may last have left
}

// Step is one statement of pushing.
type Step struct {
	Outcomes []ItemOutcome
	Settings string // by which these were answered: recorded when one is accepted; "" = recorded before
	After    int    // take items behind this one
	Take     int    // at most so many
	Tried    bool   // of those that were tried before; else of those that never were
}

// ItemOutcome is what became of an item that was taken.
type ItemOutcome struct {
	Seq        int
	State      ItemState // accepted, rejected, uncertain; pending = not attempted
	Certain    bool      // the partner certainly does not have it: the key is no longer in doubt on its account
	Deferred   bool      // pending, and not to be taken again by this execution
	Reason     Reason
	HTTPStatus int
	Attempts   int
	AnsweredAt time.Time
}

// Taken are the items that a step took, in order.
type Taken struct {
	Items   []TakenItem
	Closed  bool          // the run's period is closed: nothing is taken any more
	OpenFor time.Duration // from the call on, until a reopened period is closed again; at most 0 = no such end is known
}

// TakenItem is an item that is durably marked as sending, or was superseded instead.
type TakenItem struct {
	Seq        int
	Key        string
	Superseded bool
	Ambiguous  bool
	Barred     ReasonCode // why it must not leave: ReasonAltered or ReasonUnapproved; "" = it may
	Document   []byte     // nil when barred
}

// Pulled is what a pull found.
type Pulled struct {
	Settings string // by which it was answered
	Apply    bool   // else the changes are recorded, and nothing else is
	Changes  []NomenclatureChange
	Findings []Finding // what the nomenclatures would do to the next runs
	Impacts  []StoredImpact
}

// NomenclatureChange is one difference between two states of a nomenclature.
type NomenclatureChange struct {
	Name       string        `json:"name"`
	Code       string        `json:"code"`
	Difference Difference    `json:"difference"` // + added or active again, * label changed, - withdrawn
	Old        mapping.Entry `json:"-"`
	New        mapping.Entry `json:"-"`
}

// Progress hears how far a run is. Its methods are called from one goroutine at a time.
type Progress interface {
	Planning(employees int)
	Fetching(records int) // so many were read
	Verifying(done, total int)
	Pushing(done, total int)
	// Waiting tells that items wait until an earlier request, which may still be processed, is certainly over.
	Waiting(d time.Duration)
}

// Silent is a Progress that nobody hears.
type Silent struct{}

// Planning implements Progress.
func (Silent) Planning(int) {}

// Fetching implements Progress.
func (Silent) Fetching(int) {}

// Verifying implements Progress.
func (Silent) Verifying(int, int) {}

// Pushing implements Progress.
func (Silent) Pushing(int, int) {}

// Waiting implements Progress.
func (Silent) Waiting(time.Duration) {}
