package view

import (
	"io"
	"iter"

	"syncd/internal/diff"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// The members of these types are a contract: docs/json.md tells them. Members are added, never renamed.

// Run is one execution of a job: what show, runs and run print.
type Run struct {
	ID          int64        `json:"id"`
	Job         string       `json:"job"`
	Kind        jobs.Kind    `json:"kind"`
	Partner     string       `json:"partner"`
	Environment string       `json:"environment"`
	Dossier     string       `json:"dossier"`
	Label       string       `json:"label,omitempty"`
	Period      *jobs.Period `json:"period"`
	State       jobs.State   `json:"state"`
	Interrupted bool         `json:"interrupted"`
	Trigger     jobs.Trigger `json:"trigger"`
	NominalAt   *string      `json:"nominal_at"`
	NotBefore   *string      `json:"not_before"`
	Postponed   int          `json:"postponed"`
	Cancelling  bool         `json:"cancelling"`
	Employees   []string     `json:"employees,omitempty"`
	Planned     bool         `json:"planned"`
	Nobody      bool         `json:"nobody,omitempty"`
	Counts      jobs.Counts  `json:"counts"`

	Collections map[string]jobs.Gathered `json:"collections,omitempty"` // counts.gathered by collection

	Failure      *Reason      `json:"failure"`
	Findings     []Finding    `json:"findings,omitempty"`
	Sums         *Sums        `json:"sums,omitempty"`
	FailedOf     int64        `json:"failed_of,omitempty"`
	Resend       string       `json:"resend,omitempty"`
	Digests      jobs.Digests `json:"digests"`
	RequestedBy  string       `json:"requested_by"`
	ApprovedBy   string       `json:"approved_by,omitempty"`
	ApprovedFor  string       `json:"approved_reason,omitempty"`
	CancelledBy  string       `json:"cancelled_by,omitempty"`
	CancelledFor string       `json:"cancelled_reason,omitempty"`
	Host         string       `json:"host"`
	PID          int          `json:"pid"`
	Version      string       `json:"version"`
	CreatedAt    *string      `json:"created_at"`
	StartedAt    *string      `json:"started_at"`
	FinishedAt   *string      `json:"finished_at"`
	Since        *Since       `json:"since,omitempty"`
}

// Since is what has become of what a run left undelivered.
type Since struct {
	jobs.Aftermath
	Overtaken bool `json:"overtaken"`
}

// Reason is why something is as it is.
type Reason struct {
	Code   jobs.ReasonCode `json:"code"`
	Detail string          `json:"detail,omitempty"`
	Text   string          `json:"text"`
}

// Item is one line of a plan, and what became of it.
type Item struct {
	Seq        int             `json:"seq"`
	Key        string          `json:"key"`
	State      jobs.ItemState  `json:"state"`
	Difference jobs.Difference `json:"difference"`
	Reason     Reason          `json:"reason"`
	Employees  int             `json:"employees"`
	Elements   int             `json:"elements"`
	Ambiguous  bool            `json:"ambiguous"`
	Diff       []Change        `json:"diff,omitempty"`
	Problems   []Problem       `json:"problems,omitempty"`
	Findings   []Finding       `json:"findings,omitempty"`
	HTTPStatus int             `json:"http_status,omitempty"`
	Attempts   int             `json:"attempts"`
	SentAt     *string         `json:"sent_at"`
	AnsweredAt *string         `json:"answered_at"`
}

// Change is one difference.
type Change struct {
	diff.Change
	MemberLabel string `json:"member_label,omitempty"` // what people call what is at the path; likewise below
}

// Problem is why a document cannot be sent.
type Problem struct {
	mapping.Problem
	MemberLabel string `json:"member_label,omitempty"`
	Want        string `json:"want,omitempty"` // what would fit, and the shape of what is there, each in one text
	Got         string `json:"got,omitempty"`
	Text        string `json:"text"`
}

// Finding is what a guard found.
type Finding struct {
	jobs.Finding
	MemberLabel string           `json:"member_label,omitempty"`
	Changes     []Change         `json:"changes,omitempty"` // in place of the finding's own, likewise the next ones
	Contract    []ContractChange `json:"contract,omitempty"`
	Amount      *Amount          `json:"amount,omitempty"`
	Text        string           `json:"text"`
}

// RunOf is a run without its items.
func (t *Teller) RunOf(run *jobs.Run) *Run {
	t = t.about(subjectOf(run))
	out := &Run{
		ID: run.ID, Job: run.Job, Kind: run.Kind, Partner: run.Target.Partner, Environment: run.Target.Environment,
		Dossier: run.Target.Dossier, Label: t.options.Labels[run.Target.Dossier], State: run.State,
		Findings: t.findingsOf(opened(run.Findings, run.Sums)), Sums: t.sumsOf(run.Sums), FailedOf: run.FailedOf, Resend: run.Resend,
		Interrupted: run.Interrupted, Trigger: run.Trigger, Employees: run.Employees, Planned: run.Planned, Nobody: run.Nobody(),
		NominalAt: moment(run.Nominal), NotBefore: moment(run.NotBefore), Postponed: run.Postponed, Cancelling: run.Cancelling,
		CancelledBy: run.CancelledBy, CancelledFor: run.CancelledFor,
		Counts: run.Counts, Collections: run.Collections, Digests: run.Digests, RequestedBy: run.RequestedBy,
		ApprovedBy: run.ApprovedBy, ApprovedFor: run.ApprovedFor,
		Host: run.Host, PID: run.PID,
		Version: run.Version, StartedAt: moment(run.StartedAt), FinishedAt: moment(run.FinishedAt),
	}
	if !run.CreatedAt.IsZero() {
		out.CreatedAt = moment(&run.CreatedAt)
	}
	if run.Period != "" {
		out.Period = &run.Period
	}
	if run.Aftermath != nil {
		out.Since = &Since{*run.Aftermath, run.Aftermath.Overtaken()}
	}
	if run.Failure.Code != "" {
		reason := t.reason(run.Failure)
		reason.Text = t.runReason(run)
		out.Failure = &reason
	}
	return out
}

// ItemOf is an item. The values of masked changes are left out, even if they were given.
func (t *Teller) ItemOf(item jobs.Item) *Item {
	return &Item{
		Seq: item.Seq, Key: item.Key, State: item.State, Difference: item.Difference, Reason: t.reason(item.Reason),
		Employees: item.Employees, Elements: item.Elements, Ambiguous: item.Ambiguous, Diff: t.changes(item.Diff),
		Problems: t.problems(item.Problems), Findings: t.findingsOf(item.Findings),
		HTTPStatus: item.HTTPStatus, Attempts: item.Attempts, SentAt: moment(item.SentAt), AnsweredAt: moment(item.AnsweredAt),
	}
}

func (t *Teller) problems(problems []mapping.Problem) []Problem {
	var out []Problem
	for _, problem := range problems {
		out = append(out, Problem{problem, t.labelAt(problem.Path), problem.Wanted(), problem.Seen(), t.Problem(problem)})
	}
	return out
}

// changes are without the values that may not be shown.
func (t *Teller) changes(all []diff.Change) []Change {
	var out []Change
	for _, change := range all {
		if change.Masked {
			change.Old, change.New = "", ""
		}
		out = append(out, Change{change, t.label(change.Path)})
	}
	return out
}

func (t *Teller) findingsOf(findings []jobs.Finding) []Finding {
	var out []Finding
	for _, f := range findings {
		out = append(out, t.findingOf(f))
	}
	return out
}

func (t *Teller) findingOf(f jobs.Finding) Finding {
	return Finding{f, t.label(f.Path), t.changes(f.Changes), t.ContractChangesOf(f.Contract), amountOf(f.Amount), t.Finding(f)}
}

func (t *Teller) reason(r jobs.Reason) Reason {
	return Reason{Code: r.Code, Detail: r.Text(), Text: t.Reason(r)}
}

// WriteRunJSON writes one object: the run, its items, which are streamed, and unless only some of them were asked for, what to do
// next. docs/json.md tells its members.
func (t *Teller) WriteRunJSON(w io.Writer, run *jobs.Run, items iter.Seq2[jobs.Item, error], show Show) error {
	t = t.about(subjectOf(run))
	out := newStream(w)
	out.open(t.RunOf(run), "items")
	found := &gathered{}
	for item, err := range items {
		if err != nil {
			return hinted.At("reading the items of the run", run.ID, err)
		}
		found.add(&item, groupOf(&item, ended(run)), "")
		out.element(t.ItemOf(item))
	}
	out.closeArray()
	if len(show.Employees) == 0 {
		out.next(t.runSteps(run, countsOf(run, found), found, show))
	}
	return out.end("}\n")
}

// WriteRunsJSON writes an array of runs, in the order given: newest first.
func (t *Teller) WriteRunsJSON(w io.Writer, runs []*jobs.Run) error {
	out := newStream(w)
	out.raw("[")
	for _, run := range runs {
		out.element(t.RunOf(run))
	}
	out.closeArray()
	return out.end("\n")
}
