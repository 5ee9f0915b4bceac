package text

import (
	"context"
	"io"

	"syncd/internal/jobs"
	"syncd/internal/report/view"
)

// PlanSink writes a plan as its items come.
type PlanSink struct {
	printer *Printer
	page    *page
	plan    *view.Plan
	begun   bool
}

// NewPlanSink makes a sink for a plan that sends nothing. Nothing is written before the first item or Finish.
func (p *Printer) NewPlanSink(w io.Writer, subject view.Subject, show view.Show) *PlanSink {
	return &PlanSink{printer: p, page: p.page(w), plan: p.NewPlan(subject, show)}
}

// Add implements jobs.PlanSink.
func (s *PlanSink) Add(_ context.Context, items []jobs.PlannedItem) error {
	s.begin()
	s.plan.Learn(items)
	for i := range items {
		if line, shown := s.plan.Line(&items[i].Item); shown {
			s.page.item(&line)
		}
	}
	return s.page.end()
}

// Hold implements jobs.PlanSink.
func (s *PlanSink) Hold(_ context.Context, holds []jobs.Hold) error {
	s.plan.Hold(holds)
	return nil
}

func (s *PlanSink) begin() {
	if !s.begun {
		s.begun = true
		head := s.plan.Head()
		s.page.heading(&head)
		s.page.pairs(head.Facts)
		s.page.newline()
	}
}

// Finish writes the summary of a plan that came to its end.
func (s *PlanSink) Finish(c jobs.Counts, digest string, findings []jobs.Finding, sums *jobs.Sums) error {
	s.begin()
	g, end := s.page, s.plan.End(c, digest, findings, sums)
	g.more(end.More)
	if end.Compared != nil {
		g.title(end.Compared.Title)
		for i := range end.Compared.Lines {
			g.item(&end.Compared.Lines[i])
		}
	}
	if !end.Empty {
		g.newline()
	}
	g.line(0, end.Read)
	g.newline()
	s.printer.balance(g, end.Balance)
	if end.Digest != "" {
		g.newline()
		g.line(0, end.Digest)
	}
	g.findings(end.Holding)
	g.amounts(end.Amounts)
	if end.Held != "" {
		g.newline()
		g.line(0, end.Held)
	}
	g.findings(end.Notices)
	s.printer.steps(g, end.Next)
	return g.end()
}
