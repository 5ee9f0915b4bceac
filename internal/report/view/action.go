package view

import (
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Action is something that a person can do next, for a program or a page: what, and with which arguments. Its members are a
// contract: docs/json.md tells them.
type Action struct {
	Action    string            `json:"action"`
	Run       int64             `json:"run,omitempty"`
	Job       string            `json:"job,omitempty"`
	Dossier   string            `json:"dossier,omitempty"`
	Period    jobs.Period       `json:"period,omitempty"`
	Employees []string          `json:"employees,omitempty"`
	Outcome   ledger.Settlement `json:"outcome,omitempty"` // of settle: what a person found out
	For       string            `json:"for,omitempty"`     // of period-reopen: how long, an example
	Digest    string            `json:"digest,omitempty"`  // of contract-accept: the one that was shown; "" = not known
	Resend    bool              `json:"resend,omitempty"`
	Verify    bool              `json:"verify,omitempty"`
	Overwrite bool              `json:"overwrite,omitempty"`
	Apply     bool              `json:"apply,omitempty"` // of purge
	Force     bool              `json:"force,omitempty"` // likewise
	Diff      bool              `json:"diff,omitempty"`  // of show
	All       bool              `json:"all,omitempty"`   // of show and plan: all of their items
	Reasoned  bool              `json:"needs_reason,omitempty"`

	Partner string   `json:"partner,omitempty"` // of inbox-list and inbox-export
	Record  []string `json:"record,omitempty"`  // of inbox-export: collection, key and file
	Again   bool     `json:"again,omitempty"`   // of check: try what was refused
}

// Step is something to do: what and why, and the action that does it where a program can.
type Step struct {
	Text    string `json:"text"` // "" = it belongs to the step before
	Command string `json:"command,omitempty"`
	*Action
}

// does is a step that an action does.
func does(text string, a Action) Step { return Step{Text: text, Command: a.Command(), Action: &a} }

// says is a step for which there is no command.
func says(text string) Step { return Step{Text: text} }

// positional are the actions whose command names a period or a matricule without a flag.
const (
	periodReopen = "period-reopen"
	whyOne       = "why"
	contractHelp = "contract-help"
)

// Command is what a person types to do it.
func (a *Action) Command() string {
	parts := append([]string{locale.Typed()}, strings.Split(a.Action, "-")...)
	add := func(given bool, words ...string) {
		if given {
			parts = append(parts, words...)
		}
	}
	if a.Action == contractHelp {
		return locale.Typed() + " contract --help"
	}
	add(a.Run != 0, strconv.FormatInt(a.Run, 10))
	add(a.Job != "", argument(a.Job))
	add(a.Digest != "", argument(a.Digest))
	for _, word := range a.Record {
		add(true, argument(word))
	}
	employees, period := a.Employees, a.Period
	if a.Action == whyOne {
		add(true, argument(employees[0]))
		employees = nil
	}
	if a.Action == periodReopen {
		add(true, string(period))
		period = ""
	}
	add(a.Partner != "", "--partner", argument(a.Partner))
	add(a.Dossier != "", "--dossier", argument(a.Dossier))
	add(period != "", "--period", argument(string(period)))
	for _, key := range employees {
		add(true, "--employee", argument(key))
	}
	add(a.Resend, "--resend")
	add(a.Verify, "--verify")
	add(a.Overwrite, "--overwrite")
	add(a.Outcome != "", "--"+string(a.Outcome))
	add(a.For != "", "--for", a.For)
	add(a.Apply, "--apply")
	add(a.Force, "--force")
	add(a.Diff, "--diff")
	add(a.All, "--all")
	add(a.Again, "--again")
	add(a.Reasoned, "--reason", `"…"`)
	return strings.Join(parts, " ")
}

// ofRun is an action about a run alone: show, resume.
func ofRun(name string, run int64) Action { return Action{Action: name, Run: run} }

func approve(run int64) Action { return Action{Action: "approve", Run: run, Reasoned: true} }

func cancel(run int64) Action { return Action{Action: "cancel", Run: run, Reasoned: true} }

// setAside gives up what a run holds of an employee.
func setAside(run int64, employee string) Action {
	a := cancel(run)
	a.Employees = []string{employee}
	return a
}

func showAgain(run int64, show Show) Action { return Action{Action: "show", Run: run, Diff: show.Diff} }

// runAgain sends what a subject names.
func runAgain(s Subject) Action {
	a := s.action("run")
	a.Reasoned = s.Resend
	return a
}

func planAgain(s Subject) Action { return s.action("plan") }

func (s Subject) action(name string) Action {
	a := Action{Action: name, Job: s.Job, Dossier: s.Target.Dossier, Employees: s.Employees, Resend: s.Resend, Verify: s.Verify,
		Overwrite: s.Overwrite}
	if !s.PeriodImplied {
		a.Period = s.Period
	}
	return a
}

// ofDossier is an action about all that there is of a dossier: runs, check.
func ofDossier(name, dossier string) Action { return Action{Action: name, Dossier: dossier} }

func approveEmployee(run int64, key string) Action {
	a := approve(run)
	a.Employees = some(key)
	return a
}

func settle(run int64, key string, how ledger.Settlement) Action {
	return Action{Action: "settle", Run: run, Employees: some(key), Outcome: how, Reasoned: true}
}

// some is a matricule; none where it is not known, as of a purged run.
func some(key string) []string {
	if key == "" {
		return nil
	}
	return []string{key}
}

// reopen takes an example of a time: long enough to send what is missing.
func reopen(s Subject) Action {
	return Action{Action: periodReopen, Period: s.Period, Dossier: s.Target.Dossier, For: "24h", Reasoned: true}
}

var contractDiff = Action{Action: "contract-diff"}

// shownDigest is how many characters of a digest commands name.
const shownDigest = 12

// contractAccept names the contract that the person is shown, so that no other is accepted; "" = it is not known.
func contractAccept(digest string) Action {
	return Action{Action: "contract-accept", Digest: digest[:min(len(digest), shownDigest)], Reasoned: true}
}

var bareArgument = lazyregexp.New(`^[A-Za-z0-9_.:@%+=/][A-Za-z0-9_.:@%+=/-]*$`)

// argument quotes a word for the shell where it needs to be.
func argument(word string) string {
	if bareArgument().MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
