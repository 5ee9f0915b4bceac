package report

import (
	"io"
	"strconv"
	"time"

	"syncd/internal/jobs"
)

// Runs writes a table of runs, in the order given: newest first.
func (p *Printer) Runs(w io.Writer, runs []*jobs.Run) error {
	g := p.page(w)
	if len(runs) == 0 {
		g.line(0, p.Catalogue.Words.NoRuns)
		g.line(0, p.Catalogue.Steps.FirstRun)
		return g.end()
	}
	rows := make([][]string, 0, len(runs))
	for _, run := range runs {
		rows = append(rows, p.runRow(run))
	}
	const firstNumber = 7 // sent, unchanged, problems
	g.table(p.Catalogue.Words.RunsHead, rows, firstNumber)
	return g.end()
}

func (p *Printer) runRow(run *jobs.Run) []string {
	started := "–"
	if run.StartedAt != nil {
		started = p.second(*run.StartedAt, p.zone(run.Job))
	}
	p = p.of(run.Target)
	row := []string{strconv.FormatInt(run.ID, 10), run.Job, run.Target.Dossier, environment(run.Target), string(run.Period), p.state(run).Word, started}
	if !run.Kind.Sends() {
		return append(row, "–", "–", "–")
	}
	trouble := "–" // of a run that goes on, nobody knows yet
	if run.FinishedAt != nil {
		trouble = p.trouble(run.Counts)
	}
	return append(row, p.Number(run.Counts.Accepted), p.Number(run.Counts.Unchanged), trouble)
}

// second is a moment in a list, with the offset of its clock: it has one width.
func (p *Printer) second(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02 15:04:05 -07:00")
}

// environment is a word for a column.
func environment(t jobs.Target) string {
	if sandboxHost(t) != "" {
		return "sandbox"
	}
	return t.Environment
}

// trouble counts those who were not delivered and whom no newer run took over; when these are elements alone, it says so.
func (p *Printer) trouble(c jobs.Counts) string {
	n := c.Rejected + c.Blocked + c.Held + c.Uncertain + c.NotAttempted + c.Departed
	if n == 0 && c.ElementsBlocked > 0 {
		return p.Count(p.Catalogue.Words.ElementsOnly, c.ElementsBlocked)
	}
	return p.Number(n)
}
