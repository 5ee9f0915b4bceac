package report

import (
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
)

// catalogue is all that one language says. The two catalogues are en.go and fr.go; where a text has a verb such as %s,
// its comment here tells what goes in.
type catalogue struct {
	thousands        string // between groups of three digits
	zeroIsSingular   bool
	months           [12]string
	dateTime         string                    // day %s, month %s, year %d, time %s
	firstDay         string                    // the first day of a month
	quote            string                    // a value %s
	ofMonth          func(month string) string // "de novembre", "d'août"
	colon, semicolon string                    // before an explanation; between two parts of a sentence
	outOf            string                    // between the codes that are withdrawn and those there are
	decimal          string                    // between a number and its fraction

	environments map[string]string
	sandbox      string // host %s: a base_url on this machine is a rehearsal, whatever the environment says
	states       map[jobs.State]stateWords
	interrupted  stateWords
	cancelling   stateWords // of a running run that was asked to stop
	partly       string     // the state of a partial run that succeeded
	stale        string     // the state of one that succeeded, and staging has changed since its plan
	nobody       string     // the state of one that succeeded for a month without employees
	nobodyLeft   string     // and of one after which somebody of that month is still at the other side
	heldMidway   string     // the state of a held run that has sent something before
	triggers     map[jobs.Trigger]string
	differences  map[jobs.Difference]plural // of items to send or sent, without their number
	reasons      map[jobs.ReasonCode]phrase
	causes       map[cause]causeWords
	refusals     map[string]string // what a SQLSTATE says where a database does not let syncd in
	problems     map[mapping.ProblemCode]fact
	whys         map[mapping.Why]string // reasons of which a problem has one: {why}; a comma's is told behind the fact
	unseen       map[mapping.Unseen]string
	groups       map[group]groupWords
	findings     map[jobs.Rule]plural // by the finding's N; see placeholders of Printer.Finding
	decisions    map[ledger.Decision]string
	plurals      plurals
	words        words
	guard        guardWords
	trail        trailWords
	steps        steps
	schedule     scheduleWords
	purge        purgeWords
	rekey        rekeyWords
	forget       forgetWords
	contract     contractWords
}

// stateWords are a sentence for the report of a run, and a word for the table of runs.
type stateWords struct{ sentence, word string }

// phrase is the sentence of a reason, without and with its detail.
type phrase struct {
	plain string
	with  string // takes the detail, %s; "" = the detail is no part of the sentence

	several, severalWith string // likewise of several employees; "" = the same
}

// causeWords tell a failure whose cause is known.
type causeWords struct {
	what string // takes the values that its detail names, %s
	mend string // the command that goes on follows; "" = what is said for its code
}

// fact says what is wrong with a value. Where the contract refuses it there are also: {want} what would fit; {got} what is
// there; {characters}, {items} how many there are; {least} how many characters there must be; {meant} in brackets, the name that may have been meant.
type fact struct {
	quoted  string // with the {value}; and, for codes, the {list}, which is the nomenclature
	masked  string // when the value may not be shown, or there is none
	empty   string // instead: of a text without any character; {least} is what would do
	counted plural // instead: of rows
}

// groupWords name the items of one outcome.
type groupWords struct {
	title string // above the items
	one   string // before what is said of a single one
	count plural // behind the number, in the accounting
}

type plurals struct {
	employees, elements, fields plural
	more                        plural // items that are not listed
	problems                    plural // problems of one item that are not listed
	read, nothingRead           string // employees %s and elements %s; before anything was read
	blockedElements             plural
}

type words struct {
	run, runPeriod                                     string // number %d, job %s; and period %s
	plan                                               string // job %s, period %s
	state, started, ended, by, limited, resend, reason string // names of the lines of a header
	technical                                          string // above the text of an error, which is in English
	after                                              string // end %s, duration %s
	on                                                 string // user %s, host %s
	noMatricule                                        string
	empty, masked                                      string // values of a diff
	cutAlike                                           string // they differ further on than is shown
	refusedBy                                          string // HTTP status %d
	awaited                                            string // of an item that is being sent
	unchanged                                          plural // behind the number, in the accounting
	toSend                                             string // before a kind of difference
	digest                                             string // %s
	notInRun                                           string // matricule %s
	element                                            string // array %s, number %s, member %s
	nearest, owner                                     string // codes %s; a matricule %s
	mend                                               string // column %s
	noRuns                                             string
	runsHead                                           []string
	elementsOnly                                       plural // problems that are elements without an employee
	nomenclatures                                      string // target %s
	nomenclature                                       string // name %s, target %s
	dictionaryHead, entriesHead                        []string
	withdrawn                                          string
	noDictionary                                       string
	unknownDictionary                                  string // name %q
	added, relabelled, withdrew                        plural
	pullUnchanged, pullHeld, pullEffect                string
	approved, noElements                               string
	scheduled, queued, waits, lastTime                 string // names of lines of a header
	takenOver, cancellation, since                     string // likewise
	sinceDelivered                                     string // runs %s
	sincePartly                                        string // employees %s, runs %s, number %s of those that are left
	sinceWhole                                         string // run %d
	sinceClosed                                        string
	waitsUntil                                         string // time %s, reason %s
	waitsForDaemon                                     string // run %d
	daemon                                             string // who started a run that no person did
	takeovers                                          plural
	cancelledBy                                        string // user %s, reason %s
	earlierSending                                     string // behind what is said of an item that was not sent this time
	givenUp                                            plural // behind the number, in the accounting of a cancelled run
	pullEmptied                                        string // nomenclatures %s, each with its number of codes: "Civilite 2/2"
}

// scheduleWords tell when jobs fire, and what became of it.
type scheduleWords struct {
	title               string // time %s
	noJobs              string
	job                 string // job %s, schedule %s, time zone %s
	byHand              string // job %s
	run                 string // what starts a job by hand; the command follows
	next, missed        string // names of lines
	paused, owed        string // likewise
	in                  string // duration %s
	days                plural
	never               string                        // no further time
	policies            map[string]string             // of missed fires, by their name in the configuration
	outcomes            map[ledger.FireOutcome]string // of a fire that made no run
	why                 map[string]string             // it was not made up for
	stillActive         string                        // a run was in the way: its state %s
	stillActiveRun      string                        // run %s, state %s
	made                string                        // a run that is no longer in the ledger
	ofRun               string                        // what it became %s, run %d
	caughtUp            string                        // behind that
	pausedBy            string                        // user %s, time %s, reason %s
	unpause             string                        // the command follows
	dossiers, others    plural                        // their number; those that are not named
	allDossiers         string                        // number %s
	last, neverFired    string                        // name of a line; nothing was due since the first start
	unarmed             string                        // no daemon ever started the job for the dossier
	due                 plural                        // fires that nobody dealt with
	becausePaused, dead string                        // why
	soon                string
	between             string // number %s of missed fires, oldest %s, newest %s
	more                plural // missed fires that are not listed
	outside             string
	reconfigure         string // what else to do about them
	daemons             string
	daemon              string // host %s, pid %d, version %s, time %s
	silent              string // duration %s
	differs             string
	noDaemon, allSilent string
	start               string // the commands follow
}

// forgetWords tell what was erased of a person.
type forgetWords struct {
	done             string // name %s
	documents, lines plural // behind the number
	trail            plural // number %s
	elsewhere        string
}

// rekeyWords tell what a change of the ledger key did.
type rekeyWords struct {
	before, done, then              string
	documents, items, runs, altered plural // behind the number
}

// purgeWords tell what is, or would be, deleted.
type purgeWords struct {
	done, dry, nothing        string
	diffs, items, runs, fires plural // behind the number
	documents                 plural // likewise
	apply, force              string // the command follows
	held                      string // lines follow
	leapt                     string // from and to
	excess                    string // how many of how many, of what, and the limit in percent
	of                        map[string]string
}

// steps are what to do next; the command that does it follows on its own line.
type steps struct {
	title                                                string
	nothing, nothingToSend, upToDate, details            string
	departed, correct, again, resume, newer              string
	overtaken, monthClosed                               string
	wrongContract, wrongAnswer                           string
	uncertain, unsure, partly, approve, refuse           string
	turnedAway, unusual, slow                            string
	mendConfiguration, mendIdentity                      string
	mendStaging, waitForAPI, defect, stopped             string
	running, interrupted, queued, cancelled              string
	giveUp, givenUp, cancelling, endNow, resend, crashes string
	send, sendRest, firstRun, firstPull                  string

	look, refuseHeld, stillHeld    string // a held run
	checkHeld, approveHeld         string // held employees
	received, notReceived, putBack string // settled
	fillStaging, reopen            string // a run that could not start
	mendAccess                     string
	refused                        string
	findNobody, approveNobody      string // staging holds no employee, of a dossier in a month
	sendNobody, wasNobody          string // likewise, in a plan; of a run that a person approved
	departedPlan, sendHeld         string // in a plan

	contractDiff, contractAccept string // what the contract of the API has to say
	mendMembers, planAfresh      string // likewise
	wrongCall                    string // likewise
	impact, correctCodes         string // whom nomenclatures block
}

// guardWords surround what guards found.
type guardWords struct {
	limit, within                plural // takes how many pass %s: of employees; of a difference to what is usual
	noneWithin, noLimit          string // instead, where none passes: of a difference; of employees
	share                        string // a number %s and its share of the whole %s, in percent
	most                         string // how many times pass %s
	more                         plural // matricules that are not named
	someone                      string // instead of a matricule
	formOnly                     string // the form changed, and nobody is sent again for that
	noBody                       string // the call takes nothing at all
	form                         map[jobs.FormMember]string
	formChange                   string // member, before, now
	gone                         string // what was sent is no longer there
	held, approved, was, notices string // titles
	wouldHold, compared          string // titles in a plan: of findings, of those held once all were read
	holds                        plural // employees whom a run would hold
	wasHeld                      string // finding %s of an employee who was held before
	runHeld                      string // finding %s of the run
}

// trailWords tell who decided what, which periods are closed, and an employee's story.
type trailWords struct {
	noEntries, noPeriods           string
	of                             string            // run %d
	details                        map[string]string // of decisions, by what the ledger has
	until                          string            // a time %s
	by, byAt                       string            // actor %s; and host %s
	made                           string            // version %s, configuration %s
	periodsHead                    []string
	closed, open                   string
	reopened                       string // until %s
	employee                       string // matricule %s
	now                            string // title; period %s
	delivered, absent, unknown     string // instead of a difference
	failed                         string // above the text of an error, which is in English
	lastSent                       string // period %s, time %s, run %d
	neverSent                      string
	known, history, nothing        string // titles; instead of a history
	sentBy                         string // time %s, run %d
	neverKnown, inDoubt, withdrawn string // of a period
	closedMark                     string // behind a period
	job                            string // instead of a job's name
	approveHeld, approveRun        string // steps; the command follows
	settle, withdraw, mend, reopen string // likewise
	send, again, nothingLeft, look string
}
