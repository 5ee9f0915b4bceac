package jobs

// Figures are what a finished run of everyone read, as the guards of later runs compare with.
type Figures struct {
	Run       int64  `json:"-"`
	Period    Period `json:"-"`
	Approved  bool   `json:"-"` // a person let that plan go
	Employees int    `json:"employees"`
	Elements  int    `json:"elements"`
	Totals    Totals `json:"totals,omitempty"`
}

// Totals are sums of the numbers of payroll elements, by path ("Elements[HSUP25].Quantite"), in 1/10000.
type Totals map[string]int64

// PeriodTotals are those of one employee in one period that was sent.
type PeriodTotals struct {
	Period Period
	Totals Totals
}

// HistoryPeriods is how many sent periods a median is taken over.
const HistoryPeriods = 6

// History is what the guards ask of the ledger about a target.
type History struct {
	Known     bool                  // something was ever acknowledged
	Last      *Figures              // of the newest finished run of everyone; nil = none
	Tried     map[string][32]byte   // the documents that it did not deliver, by matricule: they were judged then
	Same      *Figures              // of the newest finished run of everyone for the same period; one that a person approved comes first
	Earlier   []Figures             // of the newest one of each of the last six earlier periods in which something was sent, newest first
	Nearest   Period                // the nearest period in which something was sent; "" = none
	Newest    Period                // the newest one in which something was sent; "" = none
	Drifted   bool                  // an open item of this period is held for what the other side edited
	Restored  bool                  // the ledger was put back since the last finished run: it may not know what was sent
	Looked    bool                  // and a person has looked since
	LostMonth bool                  // the period may have been sent in what the ledger lost, and no run of it was finished since
	Sender    *Sender               // the last run to which something was acknowledged; nil = none
	Siret     string                // for whom the target was sent something; "" = for nobody, or not known
	Forms     map[int64]Form        // by which something was sent; 0 = the first of them, which stands for what is older
	Forgotten func(key string) bool // who was erased, although something was sent for the period; nil = nobody
	Owed      map[string]bool       // who was to be sent again, changed or not, and is yet to be: the run that was asked for it stopped
	Traced    bool                  // of some who left only traces are kept
	Altered   []int64               // runs whose figures do not open: somebody altered the ledger
	Closed    []Period              // earlier periods that are closed, the newest three, newest first
}

// Apart is what a run for some employees is judged by beside their own history: what waits for a person, and what other such
// runs of the month have sent already. Else what is held as a whole would go one by one.
type Apart struct {
	Runs []HeldRun           // of the month that are held as a whole and read one of them, newest first
	Held map[string]HeldItem // what is held of them, by matricule
	Sent []SentApart         // by runs for some employees that nobody approved, since the last run of everyone came to its end
}

// HeldRun is a run that waits for a person.
type HeldRun struct {
	ID       int64
	Findings []Finding
}

// HeldItem is an item of an earlier run that waits for a person.
type HeldItem struct {
	Fingerprint [32]byte
	Findings    []Finding
}

// SentApart is a document that a run for some employees sent.
type SentApart struct {
	Key              string
	Fingerprint      [32]byte
	Created, Updated bool
}
