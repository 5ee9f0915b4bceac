package ledger

import (
	"time"

	"syncd/internal/jobs"
)

// Acknowledgement is what became of telling the partner that a record was stored.
type Acknowledgement string

const (
	AckNone   Acknowledgement = ""       // it was not to be told, or not yet
	AckDone   Acknowledgement = "done"   // the partner answered
	AckFailed Acknowledgement = "failed" // it refused, or did not answer: the next run tries again
	AckClosed Acknowledgement = "closed" // it is no longer listed: somebody told, or an answer was lost
)

// ReadRecord is what a run made of one record. Unchanged ones are there for their acknowledgement alone.
type ReadRecord struct {
	Collection      string
	Key             string // of one that has none that can be used, its place
	Difference      jobs.Difference
	Reason          jobs.Reason
	Acknowledgement Acknowledgement
	Changes         []RecordChange // where they were asked for
}

// RecordChange is one difference of a record. Path is a JSON pointer; "" = the record itself is gone, or is back.
type RecordChange struct {
	Version    int
	At         time.Time
	Run        int64
	Path       string
	Difference jobs.Difference
	Old, New   string // JSON; "" = there is none
}

// RecordFilter says which records are listed. What is empty, or zero, limits nothing.
type RecordFilter struct {
	Partner, Dossier, Collection, Key string

	Since time.Time // new, changed or gone since
	Max   int
}

// InboxRecord is a record as the inbox has it.
type InboxRecord struct {
	Target          jobs.Target // its ID is that of the ledger
	Collection, Key string
	Version         int       // counts the changes, from 1
	Dated           time.Time // zero = it has no date that can be read
	FirstSeen       time.Time
	Changed         time.Time
	Run             int64      // that changed it last
	Gone            *time.Time // since when the partner does not list it any more
	Filed           *time.Time // since when all its files are there
	Acknowledged    *time.Time
	Forgotten       *time.Time // erased by a person: the key alone stays
	Document        []byte     // JSON; nil where it is forgotten, or was not asked for
	Changes         []RecordChange
	Files           []InboxFile
}

// InboxFile is a file of a record.
type InboxFile struct {
	ID      string // the partner's
	Type    string
	Size    int64           // bytes; -1 = not known
	SHA256  string          // hex; "" = not known
	Missing jobs.ReasonCode // why it is not there; "" = it is
	At      time.Time
}
