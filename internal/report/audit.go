package report

import (
	"io"
	"regexp"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Audit writes the trail of decisions, in the order given: newest first. Of each: when, what, about what; by whom and
// why; with which program and configuration.
func (p *Printer) Audit(w io.Writer, entries []ledger.AuditEntry) error {
	g := p.page(w)
	if len(entries) == 0 {
		g.line(0, p.Catalogue.Trail.NoEntries)
	}
	for i := range entries {
		e := &entries[i]
		g.text(plain, p.second(e.At, p.zone(e.Job))+"  "+p.decision(e))
		g.newline()
		g.line(2*itemIndent, p.decidedBy(e))
		g.text(dim, "    "+locale.Fill(p.Catalogue.Trail.Made, "version", e.Version, "configuration", short(e.ConfigDigest)))
		g.newline()
	}
	return g.end()
}

// decision is what was decided, and about what: "Approval: run 12, paie, OGEC Saint-Martin (saint-martin), …".
func (p *Printer) decision(e *ledger.AuditEntry) string {
	dossier := p.dossier(e.Dossier)
	if name, known := p.Catalogue.Environments[e.Environment]; known {
		dossier = joinNonEmpty([]string{dossier, name})
	}
	about := joinNonEmpty([]string{p.ofRun(e.Run), e.Job, dossier, p.period(e.Period), keys(e.Employees, jobs.FindingKeys), p.detail(e)})
	return p.decided(e.Decision, about)
}

// decided is a decision's name, and what else there is to say of it.
func (p *Printer) decided(d ledger.Decision, about string) string {
	name, known := p.Catalogue.Decisions[string(d)]
	if !known { // of a newer program
		name = string(d)
	}
	if about == "" {
		return name
	}
	return name + p.Catalogue.Colon + about
}

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// detail is what exactly was decided: a word or a time where it is one, else as the ledger has it.
func (p *Printer) detail(e *ledger.AuditEntry) string {
	if text, known := p.Catalogue.Trail.Details[e.Detail]; known && (e.Decision == ledger.DecisionSettle || e.Decision == ledger.DecisionClose || e.Decision == ledger.DecisionRun) {
		return text
	}
	if trigger, known := p.Catalogue.Triggers[e.Detail]; known && e.Decision == ledger.DecisionRun {
		return trigger
	}
	if digest.MatchString(e.Detail) { // says something to a program alone: JSON has it
		return ""
	}
	if end, err := time.Parse("until "+time.RFC3339, e.Detail); err == nil {
		return locale.Fill(p.Catalogue.Trail.Until, "time", p.second(end, p.zone(e.Job)))
	}
	return cut(e.Detail)
}

func (p *Printer) ofRun(run int64) string {
	if run == 0 {
		return ""
	}
	return locale.Fill(p.Catalogue.Trail.Of, "run", run)
}

// decidedBy is "by marie on srv-paie: confirmed by phone".
func (p *Printer) decidedBy(e *ledger.AuditEntry) string {
	words := &p.Catalogue.Trail
	text := locale.Fill(words.By, "actor", e.Actor)
	if e.Host != "" {
		text = locale.Fill(words.ByAt, "actor", e.Actor, "host", e.Host)
	}
	if e.Reason != "" {
		text += p.Catalogue.Colon + cut(e.Reason)
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
