package ledger

import (
	"time"

	"syncd/internal/jobs"
)

// Reading is that somebody was shown something of an employee. What it was is nowhere.
type Reading struct {
	At     time.Time
	By     Person
	Host   string
	Target jobs.Target
	Run    int64  // whose document it was of; 0 = what was acknowledged last, or none
	Key    string // the matricule
	Field  string // the member; "" = the sheet as it is shown, with what is sensitive masked
}

// ReadingFilter selects readings; what is zero selects all.
type ReadingFilter struct {
	Dossier, Employee, Actor string
	Since                    time.Time
	Max                      int // newest first
}
