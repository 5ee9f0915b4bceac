package report

import (
	"maps"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// The members of these types are a contract: docs/json.md tells them. Members are added, never renamed.

type runJSON struct {
	ID           int64         `json:"id"`
	Job          string        `json:"job"`
	Kind         jobs.Kind     `json:"kind"`
	Partner      string        `json:"partner"`
	Environment  string        `json:"environment"`
	Dossier      string        `json:"dossier"`
	Label        string        `json:"label,omitempty"`
	Period       *jobs.Period  `json:"period"`
	State        jobs.State    `json:"state"`
	Interrupted  bool          `json:"interrupted"`
	Trigger      jobs.Trigger  `json:"trigger"`
	NominalAt    *string       `json:"nominal_at"`
	NotBefore    *string       `json:"not_before"`
	Postponed    int           `json:"postponed"`
	Cancelling   bool          `json:"cancelling"`
	Employees    []string      `json:"employees,omitempty"`
	Planned      bool          `json:"planned"`
	Nobody       bool          `json:"nobody,omitempty"`
	Counts       jobs.Counts   `json:"counts"`
	Failure      *reasonJSON   `json:"failure"`
	Findings     []findingJSON `json:"findings,omitempty"`
	FailedOf     int64         `json:"failed_of,omitempty"`
	Resend       string        `json:"resend,omitempty"`
	Digests      jobs.Digests  `json:"digests"`
	RequestedBy  string        `json:"requested_by"`
	ApprovedBy   string        `json:"approved_by,omitempty"`
	ApprovedFor  string        `json:"approved_reason,omitempty"`
	CancelledBy  string        `json:"cancelled_by,omitempty"`
	CancelledFor string        `json:"cancelled_reason,omitempty"`
	Host         string        `json:"host"`
	PID          int           `json:"pid"`
	Version      string        `json:"version"`
	CreatedAt    *string       `json:"created_at"`
	StartedAt    *string       `json:"started_at"`
	FinishedAt   *string       `json:"finished_at"`
	Since        *sinceJSON    `json:"since,omitempty"`
}

type sinceJSON struct {
	jobs.Aftermath
	Overtaken bool `json:"overtaken"`
}

type reasonJSON struct {
	Code   jobs.ReasonCode `json:"code"`
	Detail string          `json:"detail,omitempty"`
	Text   string          `json:"text"`
}

type itemJSON struct {
	Seq        int              `json:"seq"`
	Key        string           `json:"key"`
	State      jobs.ItemState   `json:"state"`
	Difference jobs.Difference  `json:"difference"`
	Reason     reasonJSON       `json:"reason"`
	Employees  int              `json:"employees"`
	Elements   int              `json:"elements"`
	Ambiguous  bool             `json:"ambiguous"`
	Diff       []mapping.Change `json:"diff,omitempty"`
	Problems   []problemJSON    `json:"problems,omitempty"`
	Findings   []findingJSON    `json:"findings,omitempty"`
	HTTPStatus int              `json:"http_status,omitempty"`
	Attempts   int              `json:"attempts"`
	SentAt     *string          `json:"sent_at"`
	AnsweredAt *string          `json:"answered_at"`
}

type problemJSON struct {
	mapping.Problem
	Text string `json:"text"`
}

type findingJSON struct {
	jobs.Finding
	Contract []contractChangeJSON `json:"contract,omitempty"` // in place of the finding's own, which have no text
	Text     string               `json:"text"`
}

type changeJSON struct {
	Name       string          `json:"name"`
	Code       string          `json:"code"`
	Difference jobs.Difference `json:"difference"`
	OldLabel   string          `json:"old_label,omitempty"`
	NewLabel   string          `json:"new_label,omitempty"`
}

type nomenclatureJSON struct {
	Name  string     `json:"name"`
	Codes []codeJSON `json:"codes"`
}

type codeJSON struct {
	Code   string `json:"code"`
	Label  string `json:"label"`
	Active bool   `json:"active"`
}

// RunJSON is a run as JSON shows it, without its items.
func (p *Printer) RunJSON(run *jobs.Run) any {
	p = p.of(run.Target)
	out := &runJSON{
		ID: run.ID, Job: run.Job, Kind: run.Kind, Partner: run.Target.Partner, Environment: run.Target.Environment,
		Dossier: run.Target.Dossier, Label: p.options.Labels[run.Target.Dossier], State: run.State,
		Findings: p.findingsJSON(run.Findings), FailedOf: run.FailedOf, Resend: run.Resend,
		Interrupted: run.Interrupted, Trigger: run.Trigger, Employees: run.Employees, Planned: run.Planned, Nobody: run.Nobody(),
		NominalAt: moment(run.Nominal), NotBefore: moment(run.NotBefore), Postponed: run.Postponed, Cancelling: run.Cancelling,
		CancelledBy: run.CancelledBy, CancelledFor: run.CancelledFor,
		Counts: run.Counts, Digests: run.Digests, RequestedBy: run.RequestedBy, ApprovedBy: run.ApprovedBy, ApprovedFor: run.ApprovedFor, Host: run.Host, PID: run.PID,
		Version: run.Version, StartedAt: moment(run.StartedAt), FinishedAt: moment(run.FinishedAt),
	}
	if !run.CreatedAt.IsZero() {
		out.CreatedAt = moment(&run.CreatedAt)
	}
	if run.Period != "" {
		out.Period = &run.Period
	}
	if run.Aftermath != nil {
		out.Since = &sinceJSON{*run.Aftermath, run.Aftermath.Overtaken()}
	}
	if run.Failure.Code != "" {
		reason := p.reason(run.Failure)
		reason.Text = p.runReason(run)
		out.Failure = &reason
	}
	return out
}

// ItemJSON is an item as JSON shows it. The values of masked changes are left out, even if they were given.
func (p *Printer) ItemJSON(item jobs.Item) any {
	out := &itemJSON{
		Seq: item.Seq, Key: item.Key, State: item.State, Difference: item.Difference, Reason: p.reason(item.Reason),
		Employees: item.Employees, Elements: item.Elements, Ambiguous: item.Ambiguous, Diff: showable(item.Diff),
		Problems: p.problemsJSON(item.Problems), Findings: p.findingsJSON(item.Findings),
		HTTPStatus: item.HTTPStatus, Attempts: item.Attempts, SentAt: moment(item.SentAt), AnsweredAt: moment(item.AnsweredAt),
	}
	return out
}

func (p *Printer) problemsJSON(problems []mapping.Problem) []problemJSON {
	var out []problemJSON
	for _, problem := range problems {
		out = append(out, problemJSON{problem, p.Problem(problem)})
	}
	return out
}

// showable are the changes without the values that may not be shown.
func showable(changes []mapping.Change) []mapping.Change {
	changes = slices.Clone(changes)
	for i := range changes {
		if change := &changes[i]; change.Masked {
			change.Old, change.New = "", ""
		}
	}
	return changes
}

func (p *Printer) findingsJSON(findings []jobs.Finding) []findingJSON {
	var out []findingJSON
	for _, f := range findings {
		out = append(out, p.findingJSON(f))
	}
	return out
}

func (p *Printer) findingJSON(f jobs.Finding) findingJSON {
	f.Changes = showable(f.Changes)
	return findingJSON{f, p.contractChanges(f.Contract), p.Finding(f)}
}

func (p *Printer) reason(r jobs.Reason) reasonJSON {
	return reasonJSON{Code: r.Code, Detail: r.Detail, Text: p.Reason(r)}
}

func nomenclatureOf(name string, entries map[string]mapping.Entry) nomenclatureJSON {
	out := nomenclatureJSON{Name: name, Codes: []codeJSON{}}
	for _, code := range slices.Sorted(maps.Keys(entries)) {
		out.Codes = append(out.Codes, codeJSON{code, entries[code].Label, entries[code].Active})
	}
	return out
}
