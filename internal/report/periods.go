package report

import (
	"io"

	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Periods writes a table of the periods that were closed, in the order given. One that was reopened has a second line.
func (p *Printer) Periods(w io.Writer, closings []ledger.Closing) error {
	g, words := p.page(w), &p.Catalogue.Trail
	if len(closings) == 0 {
		g.line(0, words.NoPeriods)
		return g.end()
	}
	var rows [][]string
	for i := range closings {
		c := &closings[i]
		state := words.Closed
		if c.Open {
			state = words.Open
		}
		rows = append(rows, []string{string(c.Period), c.Target.Dossier, environment(c.Target), state, p.second(c.ClosedAt, p.options.Location), c.ClosedBy, cut(c.Reason)})
		if c.ReopenedAt != nil {
			rows = append(rows, []string{"", "", "", p.reopened(c), p.second(*c.ReopenedAt, p.options.Location), c.ReopenedBy, cut(c.ReopenedReason)})
		}
	}
	g.table(words.PeriodsHead, rows, len(words.PeriodsHead))
	return g.end()
}

func (p *Printer) reopened(c *ledger.Closing) string {
	until := "–"
	if c.OpenUntil != nil {
		until = p.second(*c.OpenUntil, p.options.Location)
	}
	return locale.Fill(p.Catalogue.Trail.Reopened, "until", until)
}
