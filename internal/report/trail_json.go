package report

import (
	"io"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

type auditJSON struct {
	ID           int64           `json:"id"`
	At           *string         `json:"at"`
	Actor        string          `json:"actor"`
	Decision     ledger.Decision `json:"decision"`
	Dossier      string          `json:"dossier,omitempty"`
	Environment  string          `json:"environment,omitempty"`
	Job          string          `json:"job,omitempty"`
	Period       jobs.Period     `json:"period,omitempty"`
	Run          int64           `json:"run,omitempty"`
	Employees    []string        `json:"employees,omitempty"`
	Reason       string          `json:"reason,omitempty"`
	Detail       string          `json:"detail,omitempty"`
	Host         string          `json:"host,omitempty"`
	Version      string          `json:"version"`
	ConfigDigest string          `json:"config_digest"`
}

type closingJSON struct {
	Partner        string      `json:"partner"`
	Environment    string      `json:"environment"`
	Dossier        string      `json:"dossier"`
	Label          string      `json:"label,omitempty"`
	Period         jobs.Period `json:"period"`
	Open           bool        `json:"open"`
	ClosedAt       *string     `json:"closed_at"`
	ClosedBy       string      `json:"closed_by"`
	Reason         string      `json:"reason"`
	ReopenedAt     *string     `json:"reopened_at"`
	ReopenedBy     string      `json:"reopened_by,omitempty"`
	ReopenedReason string      `json:"reopened_reason,omitempty"`
	OpenUntil      *string     `json:"open_until"`
}

type storyJSON struct {
	Key         string        `json:"key"`
	Partner     string        `json:"partner"`
	Environment string        `json:"environment"`
	Dossier     string        `json:"dossier"`
	Label       string        `json:"label,omitempty"`
	Now         nowJSON       `json:"now"`
	Known       []knownJSON   `json:"known"`
	Closed      []jobs.Period `json:"closed"`
	Next        stepJSON      `json:"next"`
}

type nowJSON struct {
	Period   jobs.Period   `json:"period"`
	Absent   bool          `json:"absent"`
	Counts   jobs.Counts   `json:"counts"`
	Items    []any         `json:"items"`
	Findings []findingJSON `json:"findings,omitempty"`
	Error    string        `json:"error,omitempty"`
}

type knownJSON struct {
	Period         jobs.Period `json:"period"`
	Version        int64       `json:"version"`
	InDoubt        bool        `json:"in_doubt"`
	Withdrawn      bool        `json:"withdrawn"`
	Run            int64       `json:"run,omitempty"`
	AcknowledgedAt *string     `json:"acknowledged_at"`
}

type storyLineJSON struct {
	Run  any `json:"run"`
	Item any `json:"item"`
}

type stepJSON struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// WriteAuditJSON writes an array of decisions, in the order given.
func (p *Printer) WriteAuditJSON(w io.Writer, entries []ledger.AuditEntry) error {
	out := newStream(w)
	out.raw("[")
	for i := range entries {
		out.element(auditEntryJSON(&entries[i]))
	}
	out.closeArray()
	return out.end("\n")
}

func auditEntryJSON(e *ledger.AuditEntry) auditJSON {
	return auditJSON{e.ID, moment(&e.At), e.Actor, e.Decision, e.Dossier, e.Environment, e.Job, e.Period, e.Run, e.Employees,
		e.Reason, e.Detail, e.Host, e.Version, e.ConfigDigest}
}

// WritePeriodsJSON writes an array of the periods that were closed, in the order given.
func (p *Printer) WritePeriodsJSON(w io.Writer, closings []ledger.Closing) error {
	out := newStream(w)
	out.raw("[")
	for i := range closings {
		c := &closings[i]
		t := c.Target
		out.element(closingJSON{t.Partner, t.Environment, t.Dossier, p.options.Labels[t.Dossier], c.Period, c.Open, moment(&c.ClosedAt),
			c.ClosedBy, c.Reason, moment(c.ReopenedAt), c.ReopenedBy, c.ReopenedReason, moment(c.OpenUntil)})
	}
	out.closeArray()
	return out.end("\n")
}

// WriteWhyJSON writes one object: the story of one employee.
func (p *Printer) WriteWhyJSON(w io.Writer, story *ledger.Story, now Now) error {
	p = p.of(story.Target)
	t, next := story.Target, p.whyStep(story, &now)
	object := storyJSON{Key: story.Key, Partner: t.Partner, Environment: t.Environment, Dossier: t.Dossier, Label: p.options.Labels[t.Dossier],
		Now: p.nowJSON(&now), Known: []knownJSON{}, Closed: append([]jobs.Period{}, story.Closed...), Next: stepJSON{next.text, next.command}}
	for _, k := range story.Known {
		object.Known = append(object.Known, knownJSON{k.Period, k.Version, k.InDoubt, k.Withdrawn, k.Run, moment(k.AcknowledgedAt)})
	}
	out := newStream(w)
	out.open(object, "lines")
	for i := range story.Lines {
		line := &story.Lines[i]
		out.element(storyLineJSON{p.RunJSON(&line.Run), p.ItemJSON(line.Item)})
	}
	out.closeArray()
	out.array("decisions")
	for i := range story.Decisions {
		out.element(auditEntryJSON(&story.Decisions[i]))
	}
	out.closeArray()
	return out.end("}\n")
}

func (p *Printer) nowJSON(now *Now) nowJSON {
	out := nowJSON{Period: now.Period, Absent: now.absent(), Counts: now.Counts, Items: []any{}, Findings: p.findingsJSON(now.Findings)}
	for i := range now.Items {
		out.Items = append(out.Items, p.ItemJSON(now.Items[i].Item))
	}
	if now.Err != nil {
		out.Error = now.Err.Error()
	}
	return out
}
