package ledger

import (
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// Pair is a job for one target: what a daemon is configured to execute.
type Pair struct {
	Job      string
	TargetID int64
}

// Active is a run that waits or goes on, as a daemon sees it.
type Active struct {
	ID      int64
	Pair    Pair
	State   jobs.State // queued or running
	Period  jobs.Period
	Trigger jobs.Trigger
	Again   bool          // it waits, or waited, for something that was away
	Wait    time.Duration // until it can be claimed, if its owner stays silent; at most 0 = now
	Paused  bool          // its job is paused, and it is of the schedule; or the ledger was restored
	Ours    bool          // running in the name of this process
}

// Armed is how far the fires of a job and target are dealt with.
type Armed struct {
	Pair      Pair
	Spec      string // the schedule that was configured when they were last dealt with
	Timezone  string
	DealtWith time.Time // fires up to then have become a run, or are recorded as skipped or missed
}

// FireOutcome is what became of a fire.
type FireOutcome string

const (
	FireRun     FireOutcome = "run"     // it made a run
	FireSkipped FireOutcome = "skipped" // a run of the same kind was active
	FireMissed  FireOutcome = "missed"  // nobody was there, and the job's policy does not catch it up
)

// Fire is one nominal time of a schedule.
type Fire struct {
	Pair    Pair
	Nominal time.Time
	Outcome FireOutcome
	Trigger jobs.Trigger // of the run to make: schedule or catch-up
	Period  jobs.Period  // of the run to make; "" for pulls
	Reason  string       // why it made none: "policy", "window", "run 12 is active"
	RunID   int64        // the run that it made, or that was in its way; 0 = none
	Met     jobs.State   // of the run that was in its way, as it was then; "" = none was, or a former program recorded the fire
	State   jobs.State   // of that run, as the ledger has it now; "" = not asked
}

// What a dead man's switch is told of a fire.
const (
	PingStarted = "started" // a run of it has begun
	PingFailed  = "failed"  // some dossier's did not succeed
	PingDone    = "done"    // all have
)

// Ping is one of these.
type Ping struct {
	Job     string
	Nominal time.Time
	Event   string
}

// Pause keeps the schedule of a job from making runs, until a person ends it.
type Pause struct {
	Job    string    `json:"job"`
	Since  time.Time `json:"since"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// PausedForPutBack is why syncd itself pauses jobs, which it does for no other reason.
func PausedForPutBack() hinted.Fact { return hinted.Say("audit.paused-put-back") }

// Why is the reason: a text of who paused the job, or a fact.
func (p *Pause) Why() hinted.Fact {
	if p.By == Itself {
		return PausedForPutBack()
	}
	return hinted.Plain(p.Reason)
}

// Daemon is one of the processes that share a ledger.
type Daemon struct {
	ID      int64
	Host    string
	PID     int
	Version string
	Jobs    map[string]string // digest of the configuration of each job
	Started time.Time
	Seen    time.Time
	Silent  time.Duration // since Seen, by Postgres's clock
}

// Statistics is what monitoring asks of the ledger. It names jobs and dossiers, never people.
type Statistics struct {
	Runs     []RunCount
	Dossiers []DossierStatistics
	Paused   []string // jobs whose schedule starts nothing

	PurgeHeld bool // what is past its time waits for a person

	Failing map[string]bool // channels of alerts that are configured: whether what is to be told does not leave
}

// RunCount counts the runs of a job in one state that the ledger keeps.
type RunCount struct {
	Job   string
	State jobs.State
	Runs  int
}

// DossierStatistics is how a job stands for one dossier.
type DossierStatistics struct {
	Job         string
	Dossier     string
	LastSuccess time.Time     // when a run last succeeded; zero = never
	LastEnd     time.Time     // when a run last ended, however; zero = never
	LastState   jobs.State    // and how; "" = never
	Lag         time.Duration // since the oldest fire was due whose run has not ended; 0 = none
	Next        time.Time     // the next fire; zero = by hand only

	Collections map[string]jobs.Gathered // what the last run of a job that reads records counted; nil = it reads none
	PasswordSet time.Time                // since when the partner's password is known to be the one that it is; zero = not told
}
