package locale

// answers are what commands say of what they did, and what they ask. A text's own line breaks are part of it.
type answers struct {
	Reason           string // what a person is asked for at a terminal
	Employees        string
	Stopping         string // after a first signal
	OutputLost       string `args:"cause"`
	ItsWords         string `args:"text words"` // what the partner said, behind what is said of it
	Same             Plural `args:"n names"`    // before what is said of further dossiers
	NotTried         string `args:"n example"`
	NoRunMatches     string
	KeyAlike         string `args:"key alike"`
	NameTyped        string // of somebody, as an argument
	NoMonths         string // of runs, but there are some of another kind
	Sealed           string `args:"cause"` // why fields are not shown
	SealedAmounts    string `args:"cause"` // likewise, of what guards judged
	Queued           string `args:"run dossier"`
	NobodyServes     string
	Paused           string `args:"job"`
	Unpaused         string `args:"job"`
	Migrated         string `args:"from to"`
	MigratedAlready  string `args:"to"`
	PeriodClosed     string `args:"dossier period"`
	PeriodIncomplete string `args:"dossier period missing"`
	PeriodReopened   string `args:"dossier period until"`

	Approved     string `args:"run"`
	Released     string `args:"run employees"`
	WasStopped   string `args:"what run"` // behind one of the former; likewise the next
	GoesOn       string `args:"what run"`
	StillHeld    string `args:"n run"`
	SetAside     string `args:"run employees"`
	Cancelling   string `args:"run"`
	Cancelled    string `args:"run"`
	EndedBefore  string `args:"run state"`
	Settled      string `args:"employees as run state"`
	Settlements  map[string]string
	SettledRun   string `args:"run"` // and a daemon goes on with it
	SettledAgain string `args:"job dossier period"`

	Progress progressWords
	Contract contractAnswers
	Sandbox  sandboxAnswers
	Staging  stagingAnswers
}

// progressWords tell how far a command is.
type progressWords struct {
	Reading   string `args:"dossier"`
	Fetching  string `args:"dossier"`
	Comparing string `args:"dossier"`
	Sending   string `args:"dossier"`
	Waiting   string `args:"dossier duration"`
	Fleet     string `args:"job"`
	FleetSent string `args:"job n"`
	Loading   string `args:"dossier"`    // a file
	Silent    string `args:"call until"` // the partner
	Shared    string // no request may leave yet
}

// contractAnswers tell what contracts were seen, and what they say.
type contractAnswers struct {
	Warning      string `args:"text hint"`
	CheckedBy    string `args:"day digest"`
	NothingSent  string
	Unchecked    string
	Found        string `args:"place title version n digest"`
	First        string
	Call         string            `args:"method path place name"`
	Levels       map[string]string // of advice
	Advice       string            `args:"level text"`
	Places       map[string]string // where a parameter is; "*" = elsewhere
	NoChange     string
	Compared     string `args:"digest day"`
	Waits        string `args:"digest"`
	Accepted     string `args:"digest"`
	LetGo        string `args:"run job dossier period"`
	Outdated     string `args:"run job dossier period"`
	WhetherFits  string
	Seen         string `args:"from to"`
	InForce      string
	NotAccepted  string
	SentBy       string
	Title        string `args:"title version"`
	NotChecked   string `args:"what"`
	Asked        string `args:"day problem"`
	Required     string
	NotKnown     string
	TakesUnknown string `args:"problem"`
	TakesOther   string `args:"media"`
	TakesNothing string
	Cut          string `args:"n"`
}

// sandboxAnswers are those of the stand-in.
type sandboxAnswers struct {
	Listening string   `args:"address profile n"`
	Faults    string   `args:"faults"` // what was changed at it
	NoFaults  string   // likewise
	Code      string   `args:"nomenclature code"`
	Withdrawn string   `args:"nomenclature code"`
	Edited    string   `args:"what members"`
	Removed   string   `args:"what"`
	Received  []string // headings
	Records   []string // likewise
	Synthetic string   // above made-up data
	Ready     string   `args:"folder database flags"` // the steps of a rehearsal
	// and where records are read
	ReadyToRead string `args:"folder database flags"`
}

// stagingAnswers are those of a load of staging.
type stagingAnswers struct {
	File     string `args:"file rows encoding separator"`
	Rows     Plural `args:"n"`
	Tab      string // the name of that separator
	Dossier  string `args:"dossier employees before new gone changed"`
	Month    string `args:"dossier period elements before new gone"`
	Same     string
	Dry      string
	Loaded   string `args:"role"`
	Waits    string `args:"limit"`
	Compares string `args:"rows"`
}
