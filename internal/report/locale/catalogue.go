package locale

import "time"

// Catalogue is all that one language says; LANGUAGE.toml has it, its keys are the names of these fields. A text names what goes in
// by placeholders: those of its field's tag args, and everywhere {partner}, which is the partner's name, and {section}, its
// section of the configuration. A field that is tagged omitempty may be missing, all others must be there.
type Catalogue struct {
	clock *time.Location // of times in texts of errors; nil = the machine's

	Thousands      string // between groups of three digits
	ZeroIsSingular bool
	Months         [12]string
	Weekdays       [7]string // from Sunday
	DateTime       string    `args:"day month year time"`
	WeekdayTime    string    `args:"weekday day month year time"`
	Clock          string    `args:"hour hh mm"` // hour: without a zero in front
	FullHour       string    `args:"hour hh mm"` // of a full hour
	ListDay        string
	Elides         bool              // de and que lose their vowel before another one
	Partners       map[string]string // their names, by those of targets
	SomePartner    string            // instead of a name, where the partner is not known
	OwnSection     string            // the partner whose section is called by its name alone
	SomeSection    string            // likewise, of its section
	FirstDay       string            // the first day of a month
	Quote          string            `args:"value"`
	OfMonth        string            `args:"month"`
	Hint           string            // before the next step, behind what is wrong
	Colon          string            // before an explanation; between two parts of a sentence
	Semicolon      string
	Decimal        string // between a number and its fraction

	Environments map[string]string
	Sandbox      string `args:"host"` // host: a base_url on this machine is a rehearsal, whatever the environment says
	States       map[string]StateWords
	Interrupted  StateWords
	Cancelling   StateWords // of a running run that was asked to stop
	Partly       string     // the state of a partial run that succeeded
	Stale        string     // the state of one that succeeded, and staging has changed since its plan
	Nobody       string     // the state of one that succeeded for a month without employees
	NobodyLeft   string     // and of one after which somebody of that month is still at the other side
	HeldMidway   string     // the state of a held run that has sent something before
	Triggers     map[string]string
	Differences  map[string]Plural `args:"n"` // of items to send or sent, without their number
	Reasons      map[string]phrase
	Causes       map[string]CauseWords
	Refusals     map[string]string // what a SQLSTATE says where a database does not let syncd in
	Problems     map[string]fact
	Whys         map[string]string // reasons of which a problem has one: {why}; a comma's is told behind the fact
	Unseen       map[string]string
	Groups       map[string]GroupWords
	// by the finding's N
	Findings    map[string]Plural `args:"n of max limit within ratio most path column marks status period run job keys others members form targets amounts"`
	Decisions   map[string]string
	Deeds       map[string]string // decisions as a sentence names them
	Refused     map[string]Told   // what is refused, by its code
	Found       map[string]Told   // what a check finds, likewise
	Doings      map[string]string `toml:",omitempty"` // what met an error, by its English; one that is missing stays
	Levels      map[string]string // of what a check finds
	Subjects    map[string]string // what it looks at, where that is no job
	StateNames  map[string]string // of runs, within a sentence
	Identifiers map[string]string // kinds of numbers that tell who somebody is
	Plurals     plurals
	Words       words
	Guard       guardWords
	Amounts     amountWords
	Records     recordWords
	Steps       steps
	Schedule    scheduleWords
	PayMonth    monthWords
	Purge       purgeWords
	Rekey       rekeyWords
	Forget      forgetWords
	Contract    contractWords
	Answers     answers
	Reading     readingWords
	Inbox       inboxWords
	Alert       alertWords

	Errors   func() map[string]map[string]ErrorWords `toml:"-"` // by the room that they are of, and code; read when one is told
	Web      WebWords
	Accounts accountWords
}

// Told is what is told of an order that is refused, or of what a check finds, and the next step.
type Told struct {
	Text string `args:"address alike as by call cause decision decisions digest dossier dossiers employee environment example file finding first flag folder host id job jobs kind known least limit member method most n name names near next of passes path paths period pid problem reason role run seen short_digest short_inforce since siret staff state states title trouble value version why"`
	// "" = the text says it
	Hint string `toml:",omitempty" args:"address alike as by call cause decision decisions digest dossier dossiers employee environment example file finding first flag folder host id job jobs kind known least limit member method most n name names near next of passes path paths period pid problem reason role run seen short_digest short_inforce since siret staff state states title trouble value version why"`
}

// ErrorWords tell what is wrong, and the next step. What fills them is up to the room that they are of.
type ErrorWords struct {
	Text string `args:"*"`
	Hint string `toml:",omitempty" args:"*"` // "" = each place has its own, or the text says it
}

// StateWords are a sentence for the report of a run, and a word for the table of runs.
type StateWords struct{ Sentence, Word string }

// phrase is the sentence of a reason, without and with its detail.
type phrase struct {
	Plain string
	With  string `toml:",omitempty" args:"detail"` // "" = the detail is no part of the sentence

	Several     string `toml:",omitempty"` // likewise of several employees; "" = the same
	SeveralWith string `toml:",omitempty" args:"detail"`
}

// CauseWords tell a failure whose cause is known.
type CauseWords struct {
	What string `args:"answered expected table column dictionaries keys alike issuer query calls place n of nomenclatures collection"` // its values are those that the failure has
	// the command that goes on follows; "" = what is said for its code
	Mend string `toml:",omitempty" args:"keys alike"`
}

// fact says what is wrong with a value. Where the contract refuses it there are also: {want} what would fit; {got} what is
// there; {characters}, {items} how many there are; {least} how many characters there must be; {meant} in brackets, the
// name that may have been meant.
type fact struct {
	// with the {value}; and, for codes, the {list}, which is the nomenclature
	Quoted string `toml:",omitempty" args:"value list why want got"`
	Masked string `toml:",omitempty" args:"list why want got characters items meant"` // when the value may not be shown, or there is none
	// instead: of a text without any character; {least} is what would do
	Empty   string `toml:",omitempty" args:"least"`
	Counted Plural `toml:",omitempty" args:"n"` // instead: of rows
}

// GroupWords name the items of one outcome.
type GroupWords struct {
	Title string // above the items
	One   string // before what is said of a single one
	Count Plural `args:"n"` // behind the number, in the accounting
}

type plurals struct {
	Employees       Plural `args:"n"`
	Elements        Plural `args:"n"`
	Fields          Plural `args:"n"`
	More            Plural `args:"n"` // items that are not listed
	Problems        Plural `args:"n"` // problems of one item that are not listed
	Read            string `args:"employees elements"`
	NothingRead     string // before anything was read
	BlockedElements Plural `args:"n"`
}

type words struct {
	Run                 string `args:"run job"`
	RunPeriod           string `args:"run job period"`
	Plan                string `args:"job period"`
	State               string // names of the lines of a header
	Started             string
	Ended               string
	By                  string
	Limited             string
	Resend              string
	Reason              string
	Technical           string // above what a failed run met
	TechnicalTable      string `args:"name"` // which of staging's tables it was about
	TechnicalEnglish    string // where some of it is in English alone
	After               string `args:"end duration"`
	On                  string `args:"user host"`
	NoMatricule         string
	Empty               string // values of a diff
	Masked              string
	CutAlike            string // they differ further on than is shown
	RefusedBy           string `args:"status"`
	Awaited             string // of an item that is being sent
	Unchanged           Plural `args:"n"` // behind the number, in the accounting
	ToSend              string // before a kind of difference
	Digest              string `args:"digest"`
	NotInRun            string `args:"key"`
	NotInRunAlike       string `args:"key alike"`
	Element             string `args:"array n member"`
	Nearest             string `args:"codes"`
	Owner               string `args:"key"`
	Mend                string `args:"column"`
	NoRuns              string
	RunsHead            []string
	ElementsOnly        Plural `args:"n"` // problems that are elements without an employee
	Nomenclatures       string `args:"target"`
	Nomenclature        string `args:"name target"`
	NomenclatureHead    []string
	EntriesHead         []string
	Withdrawn           string
	NoNomenclatures     string
	UnknownNomenclature string `args:"name"`
	Added               Plural `args:"n"`
	Relabelled          Plural `args:"n"`
	Withdrew            Plural `args:"n"`
	PullUnchanged       string
	PullHeld            string
	PullEffect          string
	Approved            string
	NoElements          string
	Scheduled           string // names of lines of a header
	Queued              string
	Waits               string
	LastTime            string
	TakenOver           string // likewise
	Cancellation        string
	Since               string
	SinceDelivered      string `args:"runs"`
	SincePartly         string `args:"employees runs left"`
	SinceWhole          string `args:"run"`
	SinceClosed         string
	WaitsUntil          string `args:"time reason"`
	WaitsForDaemon      string `args:"run"`
	Daemon              string // who started a run that no person did
	Takeovers           Plural `args:"n"`
	CancelledBy         string `args:"user reason"`
	EarlierSending      string // behind what is said of an item that was not sent this time
	GivenUp             Plural `args:"n"` // behind the number, in the accounting of a cancelled run
}

// scheduleWords tell when jobs fire, and what became of it.
type scheduleWords struct {
	Title          string `args:"time"`
	NoJobs         string
	Job            string `args:"job schedule zone"`
	ByHand         string `args:"job"`
	Run            string // what starts a job by hand; the command follows
	Next           string // names of lines
	Missed         string
	Paused         string // likewise
	Owed           string
	In             string            `args:"duration"`
	Days           Plural            `args:"n"`
	Never          string            // no further time
	Policies       map[string]string // of missed fires, by their name in the configuration
	Outcomes       map[string]string // of a fire that made no run
	Why            map[string]string // it was not made up for
	StillActive    string            `args:"state"` // a run was in the way: its state
	StillActiveRun string            `args:"run state"`
	Made           string            // a run that is no longer in the ledger
	OfRun          string            `args:"state run"`
	CaughtUp       string            // behind that
	PausedBy       string            `args:"user time reason"`
	Unpause        string            // the command follows
	Dossiers       Plural            `args:"n"` // their number; those that are not named
	Others         Plural            `args:"n"`
	AllDossiers    string            `args:"n"`
	Last           string            // name of a line; nothing was due since the first start
	NeverFired     string
	Unarmed        string // no daemon ever started the job for the dossier
	Due            Plural `args:"n"` // fires that nobody dealt with
	BecausePaused  string // why
	Dead           string
	Soon           string
	Between        string `args:"n oldest newest"` // missed fires
	More           Plural `args:"n"`               // missed fires that are not listed
	Outside        string
	Reconfigure    string // what else to do about them
	Daemons        string
	Daemon         string `args:"host pid version time"`
	Silent         string `args:"duration"`
	WasNext        string `args:"job time"` // of a daemon that is lost
	Differs        string
	NoDaemon       string
	AllSilent      string
	Start          string // the commands follow
}

// alertWords are what messages are made of, and the list of alerts.
type alertWords struct {
	Subjects map[string]string `args:"what more"` // by the purpose
	More     Plural            `args:"n"`         // further lines
	New      string            // headings
	Still    string
	Over     string
	Lines    map[string]string `args:"since until name"` // by kind and stage
	Where    string            `args:"month job"`        // what a line is about; without a month
	WhereJob string            `args:"job"`
	Dossiers Plural            `args:"n names"`
	Counts   map[string]Plural `args:"n"` // of employees, by what became of them; of codes, records, messages
	Because  string            `args:"cause"`
	Causes   map[string]string // problems in short, without their values
	Since    string            `args:"since"`
	At       string            `args:"since"` // of what happened at one moment
	From     string            `args:"since until"`
	Jobs     string            `args:"names"` // that are concerned
	Look     string            `args:"command"`
	Open     string            `args:"link"`
	Footer   string
	Test     string            `args:"name"`
	Troubles map[string]string // why a message did not arrive

	Told        string `args:"names"` // in the list
	Silenced    string
	NoAlerts    string
	Titles      map[string]string
	Silence     string `args:"id what until by reason"`
	Message     string `args:"time name purpose subject"`
	Sent        string
	Unsent      string `args:"trouble n"`
	Untried     string
	GivenUp     string `args:"trouble"`
	Purposes    map[string]string
	TestSent    string `args:"name"`
	TestFailed  string `args:"name trouble"`
	NoRecipient string
	Silencing   string `args:"id what until"`
	Unsilenced  string `args:"id"`
}

// monthWords tell where payroll months stand.
type monthWords struct {
	Title            string            `args:"period"`
	Fleet            string            `args:"time"` // of several dossiers
	States           map[string]string // sentences, by the state of a month
	Words            map[string]string // likewise a word or two, for tables and counts
	ClosedIncomplete string            // instead of the sentence: closed by force; sent, and staging has nobody
	Nobody           string
	Unconfigured     string // behind a state
	Late             string
	State            string // names of lines
	Balance          string
	Due              string
	Next             string
	SentAt           string
	Service          string
	Dossiers         string
	DueIn            string `args:"time duration"`
	DueOver          string `args:"time duration"`
	NextAt           string `args:"time in job"`
	ByHand           string // instead of a time
	Paused           string `args:"user reason"`
	NotDead          string // behind a time: nothing will start it
	Dead             string
	Read             Plural `args:"n"` // the parts of the sum
	Sent             Plural `args:"n"`
	Waiting          Plural `args:"n"`
	Confirm          Plural `args:"n"`
	Correct          Plural `args:"n"`
	Refused          Plural `args:"n"`
	Uncertain        Plural `args:"n"`
	Aside            Plural `args:"n"`
	Departed         Plural `args:"n"` // behind it
	Left             string // a title
	NothingLeft      string
	NothingYet       string
	NothingClosed    string
	Head             []string
	OneOf            string // the command follows
	Causes           string // a title
	CauseOf          Plural `args:"n"` // before what is wrong with so many dossiers
	Note             string `args:"user time text"`
	WriteNote        string // a step
	NoteKept         string // an answer
	Look             string // steps; the command follows
	Send             string
	Show             string
	Approve          string
	CorrectThem      string
	Resume           string
	Again            string
	Reconfigure      string
}

// forgetWords tell what was erased of a person.
type forgetWords struct {
	Done       string `args:"name"`
	Documents  Plural `args:"n"` // behind the number
	Lines      Plural `args:"n"`
	AuditLines Plural `args:"n"`
	Elsewhere  string
}

// rekeyWords tell what a change of the ledger key did.
type rekeyWords struct {
	Before    string
	Done      string
	Then      string
	Documents Plural `args:"n"` // behind the number
	Items     Plural `args:"n"`
	Runs      Plural `args:"n"`
	Altered   Plural `args:"n"`
}

// purgeWords tell what is, or would be, deleted.
type purgeWords struct {
	Done      string
	Dry       string
	Nothing   string
	Diffs     Plural `args:"n"` // behind the number
	Items     Plural `args:"n"`
	Runs      Plural `args:"n"`
	Fires     Plural `args:"n"`
	Documents Plural `args:"n"` // likewise
	Changes   Plural `args:"n"`
	Files     Plural `args:"n"`
	Readings  Plural `args:"n"`
	Apply     string // the command follows
	Force     string
	Held      string // lines follow
	Leapt     string `args:"from to"`
	Excess    string `args:"go of what limit"` // limit is in percent
	Of        map[string]string
}

// steps are what to do next; the command that does it follows on its own line.
type steps struct {
	Title             string
	Nothing           string
	NothingToSend     string
	UpToDate          string
	Details           string
	Departed          string
	Correct           string
	Again             string
	Resume            string
	Newer             string
	Overtaken         string
	MonthClosed       string
	WrongContract     string
	WrongAnswer       string
	Uncertain         string
	Unsure            string
	Partly            string
	Approve           string
	Refuse            string
	TurnedAway        string
	Unusual           string
	Slow              string
	MendConfiguration string
	MendIdentity      string
	MendStaging       string
	WaitForAPI        string
	Defect            string
	Stopped           string
	Running           string
	Interrupted       string
	Queued            string
	Cancelled         string
	GiveUp            string
	GivenUp           string
	Cancelling        string
	EndNow            string
	Resend            string
	Crashes           string
	Send              string
	SendRest          string
	FirstRun          string
	FirstPull         string

	Look          string // a held run
	RefuseHeld    string
	StillHeld     string
	CheckHeld     string // held employees
	ApproveHeld   string
	Received      string // settled
	NotReceived   string
	PutBack       string
	FillStaging   string // a run that could not start
	Reopen        string
	MendAccess    string
	Refused       string
	FindNobody    string `args:"dossier period"` // staging holds no employee, of a dossier in a month
	ApproveNobody string
	SendNobody    string // likewise, in a plan; of a run that a person approved
	WasNobody     string
	DepartedPlan  string // in a plan
	SendHeld      string

	ContractDiff   string // what the contract of the API has to say
	ContractAccept string
	MendMembers    string // likewise
	PlanAfresh     string
	WrongCall      string // likewise
	Impact         string // whom nomenclatures block
	CorrectCodes   string
}

// guardWords surround what guards found.
type guardWords struct {
	Limit      Plural `args:"n"` // takes how many pass: of employees; of a difference to what is usual
	Within     Plural `args:"n"`
	NoneWithin string // instead, where none passes: of a difference; of employees
	NoLimit    string
	Share      string `args:"n share"` // a number and its share of the whole, in percent
	Most       string `args:"times"`   // how many times pass
	More       Plural `args:"n"`       // matricules that are not named
	Someone    string // instead of a matricule
	FormOnly   string `args:"form"` // the form changed, and nobody is sent again for that
	NoBody     string // the call takes nothing at all
	Form       map[string]string
	FormChange string `args:"member old new"`
	Gone       string // what was sent is no longer there
	Held       string // titles
	Approved   string
	Was        string
	Notices    string
	WouldHold  string // titles in a plan: of findings, of those held once all were read
	Compared   string
	Holds      Plural `args:"n"`       // employees whom a run would hold
	WasHeld    string `args:"finding"` // finding of an employee who was held before
	RunHeld    string `args:"finding"` // finding of the run
}

// amountWords tell what elements come to, beside what is usual.
type amountWords struct {
	Title   string `args:"period"`
	Element string // heads of columns
	People  string
	Run     string `args:"run"` // an earlier run of the month
	Usual   string
	Whole   string            `args:"path"` // a member, whatever the code
	Instead string            `args:"now usual"`
	Of      Plural            `args:"n"` // employees
	Who     string            `args:"who"`
	Median  Plural            `args:"n first last"` // what the usual is, by the number of months
	First   string            // there is nothing to compare with
	Rerun   string            // but an earlier run of the month
	Odd     Plural            `args:"n path"`
	Hidden  Plural            `args:"paths"`
	More    Plural            `args:"n"` // codes that are not told of
	None    map[string]string // why nothing is told
}

// recordWords tell who decided what, which periods are closed, and an employee's story.
type recordWords struct {
	NoEntries    string
	NoPeriods    string
	Of           string            `args:"run"`
	Details      map[string]string // of decisions, by what the ledger has
	FailedOf     string            `args:"run"`
	Until        string            `args:"time"`
	By           string            `args:"actor"`
	ByAt         string            `args:"actor host"`
	ByPage       string            `args:"actor"`
	Made         string            `args:"version configuration"`
	PeriodsHead  []string
	Closed       string
	Open         string
	Reopened     string            `args:"until"`
	Employee     string            `args:"key"`
	Name         string            // what they are called, beside their matricule
	NamesTrouble map[string]string // why some are called by their matricule alone
	MatchesHead  []string          // of those whom a typed name may mean
	Now          string            `args:"period"` // a title
	Delivered    string            // instead of a difference
	Absent       string
	Unknown      string
	Failed       string // above the text of an error, which is in English
	LastSent     string `args:"period time run"`
	NeverSent    string
	Known        string // titles; instead of a history
	History      string
	Nothing      string
	SentBy       string `args:"time run"`
	NeverKnown   string // of a period
	InDoubt      string
	Withdrawn    string
	ClosedMark   string // behind a period
	Job          string // instead of a job's name
	ApproveHeld  string // steps; the command follows
	ApproveRun   string
	Settle       string // likewise
	Withdraw     string
	Mend         string
	Reopen       string
	Send         string
	Again        string
	NothingLeft  string
	Look         string
	Revealed     string `args:"key run"` // behind a value that was shown
	Sheet        string // instead of a member: what is sensitive is masked
	NoReadings   string
	ReadingsHead []string
}

// contractWords tell what the API's contract asks for, and how it changed.
type contractWords struct {
	Types        map[string]string // of JSON; of texts and numbers, by their names in the contract
	Formats      map[string]string
	Format       string            `args:"format"` // of a name that Formats lacks
	Limits       map[string]string `args:"limit"`  // by their rule
	Value        string            // instead of a type that is not told
	Other        string
	Or           string // between types
	And          string // between names
	Characters   Plural `args:"n"`
	Items        Plural `args:"n"` // likewise
	Meant        string `args:"name"`
	Item         string `args:"array n"`
	Amend        string `args:"where"`
	OfFields     string // where: the mapping of an employee's members, and of their elements
	OfElements   string
	Add          string `args:"where"`
	Typed        string `args:"type where"` // another way to mend a column
	HeldChanged  string // why a run is held: for what changed, for members that are not taken, for both
	Branch       string `args:"form"`   // by which of several forms a problem is told
	Numbered     string `args:"number"` // one that has no name
	HeldUnknown  string
	HeldBoth     string
	Breaking     Plural `args:"n"` // titles of changes, their number
	Additions    Plural `args:"n"`
	None         string // instead of changes
	Changes      map[string]changeWords
	Impact       string `args:"job period"`
	ImpactNobody string `args:"employees"`
	ImpactCount  Plural `args:"n employees"`
}

// changeWords are the sentences of a change, by what it tells: nothing, what is {new}, what was {old}, or both. One that is
// missing is left to plain.
type changeWords struct {
	Plain string
	Fresh string `toml:",omitempty" args:"new"`
	Gone  string `toml:",omitempty" args:"old"`
	Both  string `toml:",omitempty" args:"old new"`
}

// Plural is a text by the number {n} that it is about: one form that serves every number, or one for 1 and one for others.
type Plural []string

// readingWords tell of runs that read a partner's records.
type readingWords struct {
	States      map[string]string // sentences, instead of those of runs that send
	Reasons     map[string]string // likewise why one stopped, by the reason, or the cause
	Records     map[string]string // why a single one could not be read, likewise
	Acks        map[string]string // why one was not acknowledged, by the reason
	NothingRead string
	Sum         string `args:"read new changed same refused"`
	Read        Plural `args:"n"`
	SumNew      Plural `args:"n"`
	Kept        Plural `args:"n"` // new or changed, in the table of runs
	SumChanged  Plural `args:"n"`
	SumSame     Plural `args:"n"`
	SumRefused  Plural `args:"n"`

	CountGone           Plural `args:"n"` // lines below the sum
	CountReturned       Plural `args:"n"`
	CountForeign        Plural `args:"n"`
	CountFiles          Plural `args:"n"`
	CountMissing        Plural `args:"n"`
	CountAcknowledged   Plural `args:"n"`
	CountUnacknowledged Plural `args:"n"`
	CountClosed         Plural `args:"n"`

	Refused        string // titles
	Unacknowledged string
	Gone           string
	New            string
	Changed        string
	IsGone         string // instead of a path
	IsBack         string

	Stored              string // steps; some have a command below
	Details             string
	Again               string
	Approve             string
	RefuseHeld          string
	RefuseForeign       string
	MendSecret          string
	MendIdentity        string
	MakeInbox           string
	MendKey             string
	AfterFailure        string
	Database            string // a name to put in
	AboutRefused        string
	AboutMissing        string
	AboutUnacknowledged string
	AboutUnsettled      string
	AboutUnswept        string
	AboutWebhook        string
	AboutPassword       string
	AboutForeign        string
}

// inboxWords tell what the inbox has.
type inboxWords struct {
	Byte           string // the unit of sizes
	Head           []string
	FileHead       []string
	None           string
	Full           string
	Forgotten      string // how a record stands
	Gone           string
	Unfiled        string
	There          string // of a file
	Record         string `args:"collection key"`
	Version        string // names of lines
	Dated          string
	FirstSeen      string
	Changed        string
	GoneSince      string
	Acknowledged   string
	ForgottenSince string
	ByRun          string `args:"time run"`
	AtVersion      string `args:"version time run"`
	Document       string // titles
	Files          string
	History        string
	NoChange       string
	Export         string // a step; the command follows
	Erased         string `args:"collection key"` // an answer
	Written        string `args:"file path"`      // likewise
}
