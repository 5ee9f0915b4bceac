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
	holds   []jobs.Hold
}

// NewPlanJSON makes a sink for a plan that sends nothing. Nothing is written before the first item or Finish.
func (p *Printer) NewPlanJSON(w io.Writer, subject Subject) *PlanJSON {
	return &PlanJSON{printer: p.of(subject.Target), out: newStream(w), subject: subject}
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

type holdJSON struct {
	Seq     int         `json:"seq"`
	Key     string      `json:"key"`
	Finding findingJSON `json:"finding"`
}

// Add implements jobs.PlanSink.
func (s *PlanJSON) Add(_ context.Context, items []jobs.PlannedItem) error {
	s.begin()
	for i := range items {
		s.out.element(s.printer.ItemJSON(items[i].Item))
	}
	return s.out.flush()
}

// Hold implements jobs.PlanSink.
func (s *PlanJSON) Hold(_ context.Context, holds []jobs.Hold) error {
	s.holds = append(s.holds, holds...)
	return nil
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

// Finish closes the object with what is held after all, what the guards found, the accounting and the digest.
func (s *PlanJSON) Finish(c jobs.Counts, digest string, findings []jobs.Finding) error {
	s.begin()
	s.out.closeArray()
	s.out.array("holds")
	for i := range s.holds {
		hold := &s.holds[i]
		s.out.element(holdJSON{hold.Seq, hold.Key, s.printer.findingJSON(hold.Finding)})
	}
	s.out.closeArray()
	s.out.array("findings")
	for _, f := range findings {
		s.out.element(s.printer.findingJSON(f))
	}
	s.out.closeArray()
	s.out.raw(`,"counts":`)
	s.out.value(c)
	s.out.raw(`,"digest":`)
	s.out.value(digest)
	return s.out.end("}\n")
}
