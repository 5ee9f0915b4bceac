package report

import (
	"context"
	"io"

	"syncd/internal/jobs"
)

// PlanJSON writes a plan as one JSON object whose items are streamed. Unless Finish is called the object stays open:
// a plan that failed on its way is not valid JSON.
type PlanJSON struct {
	printer *Printer
	out     *stream
	subject Subject
	begun   bool
}

// NewPlanJSON makes a sink for a plan that sends nothing. Nothing is written before the first item or Finish.
func (p *Printer) NewPlanJSON(w io.Writer, subject Subject) *PlanJSON {
	return &PlanJSON{printer: p, out: newStream(w), subject: subject}
}

type subjectJSON struct {
	Job         string      `json:"job"`
	Partner     string      `json:"partner"`
	Environment string      `json:"environment"`
	Dossier     string      `json:"dossier"`
	Label       string      `json:"label,omitempty"`
	Period      jobs.Period `json:"period"`
	Employees   []string    `json:"employees,omitempty"`
}

// Add implements jobs.PlanSink.
func (s *PlanJSON) Add(_ context.Context, items []jobs.PlannedItem) error {
	s.begin()
	for i := range items {
		s.out.element(s.printer.ItemJSON(items[i].Item))
	}
	return s.out.flush()
}

func (s *PlanJSON) begin() {
	if s.begun {
		return
	}
	s.begun = true
	t := s.subject.Target
	s.out.open(subjectJSON{s.subject.Job, t.Partner, t.Environment, t.Dossier, s.printer.options.Labels[t.Dossier],
		s.subject.Period, s.subject.Employees}, "items")
}

// Finish closes the object with the accounting and the digest.
func (s *PlanJSON) Finish(c jobs.Counts, digest string) error {
	s.begin()
	s.out.closeArray()
	s.out.raw(`,"counts":`)
	s.out.value(c)
	s.out.raw(`,"digest":`)
	s.out.value(digest)
	return s.out.end("}\n")
}
