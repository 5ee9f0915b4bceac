package report

import (
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

const (
	itemIndent  = 2 // before the sign
	maxProblems = 5 // of one item, unless all are asked for
)

// textIndent is where the text of an item begins.
func (g *page) textIndent() int { return itemIndent + 2 + g.keyWidth + 2 }

// item writes an item: sign, matricule and the first line of what there is to say, the other lines below it.
func (g *page) item(item *jobs.Item, text []string) {
	g.spaces(itemIndent)
	g.sign(item.Difference)
	key := item.Key
	if key == "" {
		key = g.Catalogue.Words.NoMatricule
	}
	g.text(plain, " "+padRight(clean(cut(key)), g.keyWidth)+"  ")
	for i, line := range text {
		if i > 0 {
			g.spaces(g.textIndent())
		}
		g.text(plain, cut(line))
		g.newline()
	}
	if len(text) == 0 {
		g.newline()
	}
}

// outcome is what a report says of an item of a group.
func (p *Printer) outcome(item *jobs.Item, g group, show Show) []string {
	switch {
	case g == groupBlocked && len(item.Problems) > 0:
		return p.besideDoubt(item, p.problemLines(item, show.All))
	case g == groupHeld && len(item.Findings) > 0:
		why := p.findingLines(item, show.All)
		if item.Reason.Code == jobs.ReasonUnapproved {
			why = append([]string{p.Reason(item.Reason)}, why...)
		}
		return p.besideDoubt(item, why)
	case g == groupRejected, g == groupTurnedAway:
		return p.refusal(item)
	case item.State == jobs.ItemSending:
		return []string{p.Catalogue.Words.Awaited}
	case g == groupSent:
		return []string{p.difference(item.Difference, 1)}
	case g == groupUncertain && item.State == jobs.ItemPending && !tellsDoubt[item.Reason.Code]:
		return []string{p.Reason(item.Reason) + p.Catalogue.Semicolon + p.Catalogue.Words.EarlierSending}
	}
	return []string{p.Reason(item.Reason)}
}

// besideDoubt adds to why a document stays here that an earlier one may be there.
func (p *Printer) besideDoubt(item *jobs.Item, why []string) []string {
	if !item.Ambiguous {
		return why
	}
	return append(why, p.Catalogue.Words.EarlierSending)
}

// tellsDoubt are the reasons whose sentence says that an answer is unknown. Others are about the last attempt alone.
var tellsDoubt = map[jobs.ReasonCode]bool{
	jobs.ReasonInDoubt: true, jobs.ReasonNoAnswer: true, jobs.ReasonSlow: true, jobs.ReasonTechnical: true, jobs.ReasonStillUnsure: true,
}

// problemLines are two lines a problem: what is wrong, and how to mend it.
func (p *Printer) problemLines(item *jobs.Item, all bool) []string {
	var text []string
	for i, problem := range item.Problems {
		if !all && i == maxProblems {
			return append(text, p.Count(p.Catalogue.Plurals.Problems, len(item.Problems)-maxProblems))
		}
		text = append(text, p.fact(problem))
		if advice := p.advice(problem); advice != "" {
			text = append(text, "  "+advice)
		}
	}
	return text
}

// refusal is the API's own message, with its status.
func (p *Printer) refusal(item *jobs.Item) []string {
	text := lines(item.Reason.Detail)
	if len(text) == 0 {
		text = []string{p.Reason(item.Reason)}
	}
	if item.HTTPStatus > 0 {
		text[0] = locale.Fill(p.Catalogue.Words.RefusedBy, "status", item.HTTPStatus) + p.Catalogue.Colon + text[0]
	}
	return text
}
