package jobs

import "time"

// Statistics is what monitoring asks of the ledger. It names jobs and dossiers, never people.
type Statistics struct {
	Runs     []RunCount
	Dossiers []DossierStatistics
	Paused   []string // jobs whose schedule starts nothing

	PurgeHeld bool // what is past its time waits for a person
}

// RunCount counts the runs of a job in one state that the ledger keeps.
type RunCount struct {
	Job   string
	State State
	Runs  int
}

// DossierStatistics is how a job stands for one dossier.
type DossierStatistics struct {
	Job         string
	Dossier     string
	LastSuccess time.Time     // when a run last succeeded; zero = never
	LastEnd     time.Time     // when a run last ended, however; zero = never
	LastState   State         // and how; "" = never
	Lag         time.Duration // since the oldest fire was due whose run has not ended; 0 = none
	Next        time.Time     // the next fire; zero = by hand only
}
