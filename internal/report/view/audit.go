package view

import (
	"io"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Decided is a decision as people read it: when, what, about what; by whom and why; with which program and configuration.
type Decided struct{ What, By, With string }

// Audit is the audit, in the order given: newest first.
func (t *Teller) Audit(entries []ledger.AuditEntry) []Decided {
	told := make([]Decided, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		told = append(told, Decided{t.second(e.At, t.zone(e.Job)) + "  " + t.decision(e), t.decidedBy(e),
			locale.Fill(t.Records.Made, "version", e.Version, "configuration", short(e.ConfigDigest))})
	}
	return told
}

// decision is what was decided, and about what: "Approval: run 12, paie, OGEC Saint-Martin (saint-martin), …".
func (t *Teller) decision(e *ledger.AuditEntry) string {
	at := ""
	target := jobs.Target{Partner: e.Partner, Environment: e.Environment, BaseURL: e.BaseURL}
	if host := sandboxHost(target); host != "" {
		at = locale.Fill(t.Of(target).Sandbox, "host", host)
	} else if name, known := t.Environments[e.Environment]; known {
		at = name
	}
	about := joinNonEmpty([]string{t.ofRun(e.Run), e.Job, t.dossier(e.Dossier), at, t.period(e.Period), keys(e.Employees, jobs.FindingKeys),
		t.detail(e)})
	return t.decided(e.Decision, about)
}

// decided is a decision's name, and what else there is to say of it.
func (t *Teller) decided(d ledger.Decision, about string) string {
	name, known := t.Decisions[string(d)]
	if !known { // of a newer program
		name = string(d)
	}
	if about == "" {
		return name
	}
	return name + t.Colon + about
}

// worded are decisions whose detail is a word of ours.
var worded = []ledger.Decision{ledger.DecisionSettle, ledger.DecisionClose, ledger.DecisionRun, ledger.DecisionResume}

// detail is what exactly was decided: in words where it has some, else as the ledger has it. A digest says something to a program
// alone: JSON has it.
func (t *Teller) detail(e *ledger.AuditEntry) string {
	switch f := e.Facts; {
	case f.Until != nil:
		return locale.Fill(t.Records.Until, "time", t.Minute(f.Until.In(t.zone(e.Job))))
	case f.FailedOf != 0:
		return locale.Fill(t.Records.FailedOf, "run", f.FailedOf)
	case f.What != nil:
		return Clean(f.What.In(t.Catalogue))
	case f.Digest != "":
		return ""
	}
	if text, known := t.Records.Details[e.Detail]; known && slices.Contains(worded, e.Decision) {
		return text
	}
	if trigger, known := t.Triggers[e.Detail]; known && e.Decision == ledger.DecisionRun {
		return trigger
	}
	return Cut(e.Detail)
}

func (t *Teller) ofRun(run int64) string {
	if run == 0 {
		return ""
	}
	return locale.Fill(t.Records.Of, "run", run)
}

// decidedBy is "by marie on srv-paie: confirmed by phone".
func (t *Teller) decidedBy(e *ledger.AuditEntry) string {
	words := &t.Records
	text := locale.Fill(words.By, "actor", e.Actor)
	switch {
	case e.Channel == ledger.ByPage:
		text = locale.Fill(words.ByPage, "actor", e.Actor)
	case e.Host != "":
		text = locale.Fill(words.ByAt, "actor", e.Actor, "host", e.Host)
	}
	switch {
	case e.Facts.Why != nil:
		text += t.Colon + Clean(e.Facts.Why.In(t.Catalogue))
	case e.Reason != "":
		text += t.Colon + Cut(e.Reason)
	}
	return text
}

// shortDigest is how many characters of a digest tell configurations apart.
const shortDigest = 12

func short(digest string) string {
	if digest == "" {
		return "–"
	}
	return digest[:min(len(digest), shortDigest)]
}

// Periods is a table of the periods that were closed, in the order given. One that was reopened has a second line.
func (t *Teller) Periods(closings []ledger.Closing) Table {
	words := &t.Records
	table := Table{Head: words.PeriodsHead, Numbers: len(words.PeriodsHead)}
	for i := range closings {
		c := &closings[i]
		state := words.Closed
		if c.Open {
			state = words.Open
		}
		table.Rows = append(table.Rows, []string{string(c.Period), c.Target.Dossier, environment(c.Target), state,
			t.second(c.ClosedAt, t.options.Location), c.ClosedBy, Cut(c.Reason)})
		if c.ReopenedAt != nil {
			table.Rows = append(table.Rows, []string{"", "", "", t.reopened(c), t.second(*c.ReopenedAt, t.options.Location),
				c.ReopenedBy, Cut(c.ReopenedReason)})
		}
	}
	return table
}

func (t *Teller) reopened(c *ledger.Closing) string {
	until := "–"
	if c.OpenUntil != nil {
		until = t.Brief(*c.OpenUntil, t.options.Location)
	}
	return locale.Fill(t.Records.Reopened, "until", until)
}

// AuditEntry is a decision.
type AuditEntry struct {
	ID          int64           `json:"id"`
	At          *string         `json:"at"`
	Actor       string          `json:"actor"`
	Decision    ledger.Decision `json:"decision"`
	Dossier     string          `json:"dossier,omitempty"`
	Environment string          `json:"environment,omitempty"`
	Job         string          `json:"job,omitempty"`
	Period      jobs.Period     `json:"period,omitempty"`
	Run         int64           `json:"run,omitempty"`
	Employees   []string        `json:"employees,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Detail      string          `json:"detail,omitempty"`
	ledger.AuditFacts
	Host         string         `json:"host,omitempty"`
	Version      string         `json:"version"`
	ConfigDigest string         `json:"config_digest"`
	Account      string         `json:"account,omitempty"`
	Channel      ledger.Channel `json:"channel,omitempty"`
	Proof        ledger.Proof   `json:"proof,omitempty"`
}

// Closing is a period that was closed.
type Closing struct {
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

// WriteAuditJSON writes an array of decisions, in the order given.
func (t *Teller) WriteAuditJSON(w io.Writer, entries []ledger.AuditEntry) error {
	out := newStream(w)
	out.raw("[")
	for i := range entries {
		out.element(auditEntryOf(&entries[i]))
	}
	out.closeArray()
	return out.end("\n")
}

func auditEntryOf(e *ledger.AuditEntry) AuditEntry {
	return AuditEntry{e.ID, moment(&e.At), e.Actor, e.Decision, e.Dossier, e.Environment, e.Job, e.Period, e.Run, e.Employees,
		e.Reason, e.Detail, e.Facts, e.Host, e.Version, e.ConfigDigest, e.Account, e.Channel, e.Proof}
}

// WritePeriodsJSON writes an array of the periods that were closed, in the order given.
func (t *Teller) WritePeriodsJSON(w io.Writer, closings []ledger.Closing) error {
	out := newStream(w)
	out.raw("[")
	for i := range closings {
		c := &closings[i]
		of := c.Target
		out.element(Closing{of.Partner, of.Environment, of.Dossier, t.options.Labels[of.Dossier], c.Period, c.Open, moment(&c.ClosedAt),
			c.ClosedBy, c.Reason, moment(c.ReopenedAt), c.ReopenedBy, c.ReopenedReason, moment(c.OpenUntil)})
	}
	out.closeArray()
	return out.end("\n")
}
