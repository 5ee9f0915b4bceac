package report

import "syncd/internal/jobs"

var englishFindings = map[jobs.Rule]plural{
	jobs.RuleCreated: {"{n} employee is new, beside {of} already there; {limit}{keys}", "{n} employees are new, beside {of} already there; {limit}{keys}"},
	jobs.RuleUpdated: {"{n} of {of} employees has changed details; {limit}{keys}", "{n} of {of} employees have changed details; {limit}{keys}"},
	jobs.RuleDeparted: {"{n} of {of} employees has newly gone from staging; {limit}{keys}",
		"{n} of {of} employees have newly gone from staging; {limit}{keys}"},
	jobs.RuleDuplicates: {"{n} matricule has several rows in staging; {limit}{keys}", "{n} matricules have several rows in staging; {limit}{keys}"},
	jobs.RuleNoRows:     always("staging holds no employee at all"),
	jobs.RuleFall:       {"{n} employee fewer than the {of} of run {run}; {limit}", "{n} employees fewer than the {of} of run {run}; {limit}"},
	jobs.RuleElements:   {"{n} payroll element, where {of} are usual; {within}", "{n} payroll elements, where {of} are usual; {within}"},
	jobs.RuleCodeTotal:  always("the total of {path} is {ratio} times what it usually is{most}"),
	jobs.RuleNoElements: always("nobody has a single payroll element this month"),
	jobs.RuleGap: {"this period is {n} month from {period}, the nearest one ever sent (limit: {max}): mistyped?",
		"this period is {n} months from {period}, the nearest one ever sent (limit: {max}): mistyped?"},
	jobs.RuleFirst: {"no transfer of everyone has come to its end in production for this dossier, and this one is for {n} employee: the first transfer waits for a person",
		"no transfer of everyone has come to its end in production for this dossier, and this one is for {n} employees: the first transfer waits for a person"},
	jobs.RuleApproval: {"each plan of this job waits for a person (approval = true); this one is for {n} employee",
		"each plan of this job waits for a person (approval = true); this one is for {n} employees"},
	jobs.RuleRestored: always("the ledger was restored from a backup or moved: what was sent since then looks changed or new; compare with Isidoor"),

	jobs.RuleHoldField: always("{path} has changed (to be checked with the employee)"),
	jobs.RuleUnique:    always("{path} is also that of {others} (a rehire under a new matricule would be paid twice)"),
	jobs.RuleAmount: {"{path} is {ratio} times its median of the last {n} month sent{most}",
		"{path} is {ratio} times its median of the last {n} months sent{most}"},
	jobs.RuleAppendChange: always("this month was already sent, and Isidoor would add the new version to it instead of replacing it"),
	jobs.RuleDrift: {"{n} value was edited in Isidoor since it was sent: {path}",
		"{n} values were edited in Isidoor since they were sent, the first is {path}"},

	jobs.RuleLate: {"closed month {period}: elements of {n} employee have changed since, and were not sent{keys}",
		"closed month {period}: elements of {n} employees have changed since, and were not sent{keys}"},
	jobs.RuleLateUnknown: always("closed month {period}: staging can no longer be compared with what was sent"),
	jobs.RuleAbsent:      {"{n} of those asked for again is no longer in staging{keys}", "{n} of those asked for again are no longer in staging{keys}"},
}

var englishGuard = guardWords{
	limit:   plural{"at most %s passes without a person", "at most %s pass without a person"},
	noLimit: "none passes without a person",
	within:  plural{"a difference of at most %s passes without a person", "a difference of at most %s passes without a person"},

	noneWithin: "no difference passes without a person",
	share:      "%s (%s%%)",
	most:       " (limit: %s times)",
	more:       plural{" and %s more", " and %s more"},
	someone:    "someone else",
	gone:       "Isidoor no longer holds what was sent",
	held:       "Why it is held", approved: "Approved although", was: "What the guards found", notices: "To be known",
	wouldHold: "A run would be held, and wait for a person",
	compared:  "Held once everyone was compared",
	holds: plural{"A run would hold back %s employee until a person confirms; the others do not wait for that.",
		"A run would hold back %s employees until a person confirms; the others do not wait for that."},
	wasHeld: "it was held: %s",
	runHeld: "the run was held: %s",
}

var englishDecisions = map[jobs.Decision]string{
	jobs.DecisionRun: "Started", jobs.DecisionResume: "Resumption", jobs.DecisionApprove: "Approval", jobs.DecisionCancel: "Cancellation",
	jobs.DecisionExpire: "Given up, as nobody decided in time", jobs.DecisionSettle: "Settlement", jobs.DecisionClose: "Period closed",
	jobs.DecisionReopen: "Period reopened", jobs.DecisionPause: "Pause", jobs.DecisionUnpause: "End of pause",
	jobs.DecisionPurge: "Purge", jobs.DecisionConfiguration: "New configuration seen",
}

var englishTrail = trailWords{
	details:   map[string]string{"withdrawn": "taken back in Isidoor", "accepted": "received by Isidoor", "pending": "not received by Isidoor"},
	until:     "until %s",
	noEntries: "No such decision is recorded.", noPeriods: "No period is closed.",
	of: "run %d", by: "by %s", byAt: "by %s on %s", made: "syncd %s, configuration %s",
	periodsHead: []string{"Period", "Dossier", "Environment", "State", "Since", "By", "Reason"},
	closed:      "closed", open: "open again", reopened: "reopened until %s",
	employee:  "Employee %s",
	now:       "Staging compared with what Isidoor acknowledged, %s",
	delivered: "Nothing differs: what staging holds is delivered.",
	absent:    "Not in staging.",
	unknown:   "Nothing is known of this matricule.",
	failed:    "It could not be compared:",
	lastSent:  "Last sent for %s: %s, by run %d.",
	neverSent: "Nothing was ever acknowledged for this employee.",
	known:     "What Isidoor acknowledged", history: "What happened", nothing: "No run has planned anything for this employee.",
	sentBy: "%s, by run %d", neverKnown: "nothing acknowledged", inDoubt: "in doubt: sent since, and the answer is unknown",
	withdrawn:  "taken back in Isidoor by a person",
	closedMark: " (closed)",
	job:        "JOB",

	approveHeld: "Held: if it is right, approve it. If not, correct staging and run again:",
	approveRun:  "The whole run is held. Look at it ('syncd show'), and if it is right, approve it:",
	settle:      "Look in Isidoor whether it was received. If so, as below; if not, with --pending:",
	withdraw:    "Gone from staging after it was sent for this period. If it was taken back in Isidoor, say so; else put the employee back into staging:",
	mend:        "Correct staging, then see what would be sent:",
	reopen:      "The period is closed. If this must still be sent, reopen it for a time:",
	send:        "To send this:",
	again:       "Mend what the error says, then ask again:",
	nothingLeft: "Nothing.",
	look:        "Check the matricule (leading zeros count) and the dossier.",
}
