package jobs

import (
	"math"

	"syncd/internal/diff"
)

// Rule names a guard; package report puts its findings into words, in French and English.
type Rule string

const (
	// Rules that hold a run.
	RuleCreated       Rule = "created"
	RuleUpdated       Rule = "updated"
	RuleDeparted      Rule = "departed"
	RuleDuplicates    Rule = "duplicates"
	RuleNoRows        Rule = "no-rows"
	RuleFall          Rule = "fall"           // N fewer employees than the Of of the run Run
	RuleElements      Rule = "elements"       // N elements, usually Of
	RuleCodeTotal     Rule = "code-total"     // Path is Ratio times what it usually is
	RuleNoElements    Rule = "no-elements"    // nobody has any
	RuleGap           Rule = "gap"            // N months from Period, the nearest that was sent
	RuleBack          Rule = "back"           // N months older than Period, the newest that was sent
	RuleHeldRun       Rule = "held-run"       // of some employees: the run Run of this month, which is held, concerns them
	RuleFirst         Rule = "first"          // nothing was ever sent to this production target
	RuleApproval      Rule = "approval"       // every plan of this job waits
	RuleSecondPerson  Rule = "second-person"  // every plan of this job waits for another person than who started it
	RulePreview       Rule = "preview"        // it is not the plan that the person saw who asked for it
	RuleRestored      Rule = "restored"       // the ledger was restored, put back or moved: it may not know what was sent
	RuleForm          Rule = "form"           // documents go by another Form than what was acknowledged last; N are sent only for that
	RuleOtherJob      Rule = "other-job"      // the run Run of Job sent last, with another mapping
	RuleSharing       Rule = "sharing"        // N Others of the same establishment were sent to
	RuleSiret         Rule = "siret"          // the dossier's SIRET is another one (Form) than when something was sent to it
	RuleContract      Rule = "contract"       // the API's contract changed in N ways that break what is sent, and nobody has accepted it
	RuleNoJSON        Rule = "no-json"        // by the contract the call takes no JSON, but Members (media types), or nothing
	RuleUnknownMember Rule = "unknown-member" // the contract does not have N Members, or has them read-only: the API would drop them silently

	RuleAlteredFigures Rule = "altered-figures" // what guards remember of run Run cannot be opened: somebody altered the ledger

	// Rules that hold an employee.
	RuleHoldField    Rule = "hold-field"      // Path changed
	RuleBadIBAN      Rule = "bad-iban"        // Path, from Column, is no IBAN: its check digits or its length are wrong
	RuleBadNIR       Rule = "bad-nir"         // Path, from Column, is no NIR: its key or its length is wrong
	RuleUnique       Rule = "unique"          // Keys have the same value at Path
	RuleAmount       Rule = "amount"          // Path is Ratio times the median of N periods
	RuleLost         Rule = "elements-lost"   // it had payroll elements and has none, while N in staging are nobody's
	RuleAstray       Rule = "elements-astray" // N payroll elements are nobody's; their matricules Keys resemble this one
	RuleAppendChange Rule = "append-change"   // the API would add a correction to what it has
	RuleDrift        Rule = "drift"           // the other side edited N members, the first at Path
	RuleUnread       Rule = "unread"          // whether the other side edited anything could not be read back: Status
	RuleRemoved      Rule = "removed"         // what was sent for this month is past its time: nobody can tell what changes
	RuleAltered      Rule = "altered"         // what was sent before cannot be opened: somebody altered the ledger
	RuleForgotten    Rule = "forgotten"       // something was sent for this month, and all that was known of it was erased

	// Notices, which hold nothing.
	RuleStale            Rule = "stale"             // staging has changed for N employees since the plan was made
	RuleStaleUnknown     Rule = "stale-unknown"     // that could not be told
	RuleLate             Rule = "late"              // what changed for N employees in the closed Period
	RuleLateUnknown      Rule = "late-unknown"      // the closed Period could not be compared
	RuleAbsent           Rule = "absent"            // of those asked for again, Keys are no longer in staging
	RuleContractAdded    Rule = "contract-added"    // the contract changed in N ways that break nothing
	RuleContractAccepted Rule = "contract-accepted" // N changes of the contract that broke what was sent; a person has accepted them
	RuleUnchecked        Rule = "unchecked"         // no contract says what the call takes: documents go as they are
	RuleContractStale    Rule = "contract-stale"    // unchanged documents of N employees do not fit the contract, which is new
	// whether the other side edited the unchanged documents of N employees could not be read back
	RuleUnseen Rule = "unseen"
	// documents of N employees were accepted for processing (202): nobody has said whether they were
	RuleTaken         Rule = "taken"
	RuleDamagedText   Rule = "damaged-text"   // texts of N employees at Path, from Column, are damaged: Marks
	RuleOddDate       Rule = "odd-date"       // dates of N employees at Path, from Column, are so far away that they stand for none
	RuleShortPostal   Rule = "short-postal"   // postal codes of N employees at Path, from Column, have four digits
	RuleImpact        Rule = "impact"         // of a pull: codes block N of Of employees at the next run of Job
	RuleImpactUnknown Rule = "impact-unknown" // of a pull: that could not be worked out for Job

	// Of runs that read records. Path is the collection.
	RuleEmpty         Rule = "empty"          // holds: nothing is listed where Of are known
	RuleGone          Rule = "gone"           // N of Of known records are no longer listed; holds where Limit would pass
	RuleForeign       Rule = "foreign"        // N records are another owner's; holds where they are not to be dropped
	RuleUnsettled     Rule = "unsettled"      // no walk surely showed all: N walks were made
	RuleWebhook       Rule = "webhook"        // N webhooks take what would be listed
	RuleWebhookUntold Rule = "webhook-untold" // whether there are webhooks the partner does not say
	RuleClosed        Rule = "closed"         // N records were acknowledged, but not by an answer that arrived
	RuleUnswept       Rule = "unswept"        // what was acknowledged within N days, and lost with a ledger that was put back, is in no list
	RuleMissingFile   Rule = "missing-file"   // N files of Keys could not be stored
	RulePasswordAge   Rule = "password-age"   // the password is N days old; it must be changed after Of
)

// Finding is what a rule found: figures for one sentence. What is stored of it holds neither names nor amounts.
type Finding struct {
	Rule   Rule     `json:"rule"`
	Holds  bool     `json:"holds"`            // a person must decide; else it is a notice
	N      int      `json:"n,omitempty"`      // how many
	Of     int      `json:"of,omitempty"`     // compared with how many
	Limit  int      `json:"limit,omitempty"`  // how many would pass
	Ratio  float64  `json:"ratio,omitempty"`  // how many times the usual
	Most   float64  `json:"most,omitempty"`   // how many times would pass
	Path   string   `json:"path,omitempty"`   // of the document: "Iban", "Elements[PRIME_EXC].Montant"
	Column string   `json:"column,omitempty"` // of staging, from which Path comes
	Marks  []string `json:"marks,omitempty"`  // of damaged texts: "U+FFFD", "mojibake"
	Status int      `json:"status,omitempty"` // of HTTP, that came instead of an answer; 0 = none came
	Period Period   `json:"period,omitempty"` // that it is about, where that is not the run's
	Run    int64    `json:"run,omitempty"`    // that was compared with
	Keys   []string `json:"keys,omitempty"`   // matricules concerned, at most FindingKeys of N
	Shown  bool     `json:"shown,omitempty"`  // the amounts that it is about may be shown: they are of no sensitive member
	Amount *Amount  `json:"-"`                // they; nil = they may not be shown, or are not at hand

	Form     []FormChange     `json:"form,omitempty"`     // how the call and its meaning changed
	Others   []OtherTarget    `json:"others,omitempty"`   // targets of the same establishment
	Job      string           `json:"job,omitempty"`      // that it is about
	Members  []string         `json:"members,omitempty"`  // paths of the mapping: "Contrat.CodeNature", "Elements[].Code"
	Changes  []diff.Change    `json:"changes,omitempty"`  // what the other side edited, masked
	Contract []ContractChange `json:"contract,omitempty"` // how the contract changed, at most FindingKeys of N
}

// FindingKeys is how many matricules a finding names.
const FindingKeys = 20

// Holds reports whether any of the findings waits for a person.
func Holds(findings []Finding) bool {
	for _, f := range findings {
		if f.Holds {
			return true
		}
	}
	return false
}

// Named counts employees for a finding, and keeps the names that it tells.
type Named struct {
	N    int
	Keys []string
}

// Add counts one.
func (n *Named) Add(key string) {
	if n.N++; len(n.Keys) < FindingKeys {
		n.Keys = append(n.Keys, key)
	}
}

// Guards are what a push asks before it sends: rules that hold the whole run, and rules that hold single employees while
// the others go. The defaults, and why they are so, stand in config.toml.
type Guards struct {
	Created    Limit // employees whom the target does not know yet
	Updated    Limit // employees whose master data changed
	Departed   Limit // employees who are newly gone from staging
	Duplicates Limit // matricules with several rows
	Fall       Limit // employees fewer than in the last finished run
	Elements   Limit // how far the number of payroll elements may be from the usual one
	CodeTotals Limit // how far the total of one code may be from the usual one, in units of the element

	RequireElements bool         // a month in which nobody has an element is held
	MaxGap          int          // months between the period and the nearest one that was sent; 0 = any
	MaxBack         int          // months by which the period may be older than the newest one that was sent; 0 = any
	SecondPerson    SecondPerson `json:",omitempty"` // who started a run does not decide about it
	Approval        bool         // every plan that would send something waits for a person
	Verify          bool         // each run compares what the partner has with what it acknowledged
	CheckKeys       bool         // an IBAN or a NIR with wrong check digits holds the employee
	Recognise       bool         // a member whose value is an IBAN or a NIR counts among HoldFields and UniqueFields, where no name tells

	HoldFields   []string // paths of master data whose change holds the employee; empty, but not nil = none at all
	UniqueFields []string // paths of master data that two matricules must not share; likewise
	AmountFields []string // paths of numbers of elements ("Elements.Montant") that are watched; nil = all numeric ones
	MaxAmount    float64  // how many times an employee's median an amount may be; 0 = any
}

// Limit is how many of something a guard lets pass without asking a person: at most Count, and at most Share of what
// there was before, but Floor in any case, so that a share works with 8 employees, too.
type Limit struct {
	Off   bool    // the guard does not look
	Count int     // NoCount = whatever the number
	Share float64 // 0 to 1; NoShare = whatever the share
	Floor int
}

// NoCount and NoShare leave a part of a Limit open.
const (
	NoCount = math.MaxInt
	NoShare = math.MaxFloat64
)

// Of is the number that passes where there were base before.
func (l Limit) Of(base int) int {
	if l.Share == NoShare {
		return l.Count
	}
	const rounding = 1e-9 // 0.29 × 100 is 29
	return min(l.Count, max(l.Floor, int(l.Share*float64(base)+rounding)))
}

// Trips reports whether n is too many.
func (l Limit) Trips(n, base int) bool { return !l.Off && n > l.Of(base) }
