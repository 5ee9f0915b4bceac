package report

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

const (
	shownMissed   = 5 // lines of missed fires of a dossier
	shownDossiers = 3 // dossiers that stand alike, by name
)

// alike are the dossiers of a job of which the same is told.
type alike struct {
	title string
	lines []string

	dossiers []string
}

// alike puts dossiers that stand alike together: hundreds of them mostly do. What is told of several names no run.
func (p *Printer) alike(e *ScheduleEntry, alive bool) []*alike {
	var found []*alike
	members := map[string]*alike{}
	for i := range e.Dossiers {
		d := &e.Dossiers[i]
		lines := p.dossierLines(e, d, alive, false)
		key := strings.Join(lines, "\n")
		if members[key] == nil {
			members[key] = &alike{lines: p.dossierLines(e, d, alive, true)}
			found = append(found, members[key])
		} else {
			members[key].lines = lines
		}
		members[key].dossiers = append(members[key].dossiers, d.Dossier)
	}
	for _, a := range found {
		a.title = p.dossierNames(a.dossiers, len(e.Dossiers))
	}
	return found
}

// dossierNames are "all 120 dossiers", or some by name.
func (p *Printer) dossierNames(names []string, of int) string {
	words := &p.Catalogue.Schedule
	if len(names) == of && of > 1 {
		return locale.Fill(words.AllDossiers, "n", p.Number(of))
	}
	if len(names) == 1 {
		return p.dossier(names[0])
	}
	shown := min(len(names), shownDossiers)
	text := p.Count(words.Dossiers, len(names)) + p.Catalogue.Colon + strings.Join(names[:shown], ", ")
	if rest := len(names) - shown; rest > 0 {
		text += ", " + p.Count(words.Others, rest)
	}
	return text
}

// dossierLines tell of one dossier: its last fire, what is due, what was missed.
func (p *Printer) dossierLines(e *ScheduleEntry, d *ScheduleDossier, alive, numbered bool) []string {
	words := &p.Catalogue.Schedule
	if !d.Armed {
		return []string{"! " + words.Unarmed}
	}
	var told []string
	switch {
	case d.Last != nil:
		told = append(told, words.Last+p.Catalogue.Colon+p.clock(e, d.Last.Nominal)+p.Catalogue.Colon+p.fire(d.Last, d.LastState, numbered))
	case d.Owed == 0:
		told = append(told, words.NeverFired)
	}
	if d.Owed > 0 {
		told = append(told, "! "+p.Count(words.Due, d.Owed)+p.Catalogue.Colon+p.whyOwed(e, alive))
	}
	return append(told, p.missedLines(e, d, numbered)...)
}

// missedLines tell once of neighbours that have the same to tell. They leave out the last fire, which is told before.
func (p *Printer) missedLines(e *ScheduleEntry, d *ScheduleDossier, numbered bool) []string {
	words := &p.Catalogue.Schedule
	missed := slices.DeleteFunc(slices.Clone(d.Missed), func(f ledger.Fire) bool { return d.Last != nil && f.Nominal.Equal(d.Last.Nominal) })
	var told []string
	for len(missed) > 0 {
		if len(told) == shownMissed {
			return append(told, "  "+p.Count(words.More, len(missed)))
		}
		text := p.fire(&missed[0], "", numbered)
		n := slices.IndexFunc(missed, func(f ledger.Fire) bool { return p.fire(&f, "", numbered) != text })
		if n < 0 {
			n = len(missed)
		}
		when := p.clock(e, missed[0].Nominal)
		if n > 1 {
			when = locale.Fill(words.Between, "n", p.Number(n), "oldest", p.clock(e, missed[n-1].Nominal), "newest", when)
		}
		if missed[0].Outcome != ledger.FireSkipped { // a run was there: nothing was lost
			when = "! " + when
		}
		told = append(told, when+p.Catalogue.Colon+text)
		missed = missed[n:]
	}
	return told
}

func (p *Printer) whyOwed(e *ScheduleEntry, alive bool) string {
	words := &p.Catalogue.Schedule
	switch {
	case e.Paused != nil:
		return words.BecausePaused
	case !alive:
		return words.Dead
	}
	return words.Soon
}

// clock is a fire's time in the zone of its job.
func (p *Printer) clock(e *ScheduleEntry, t time.Time) string {
	return Minute(t.In(p.zone(e.Job)))
}

// fire says what became of a fire: how its run stands, or why there is none.
func (p *Printer) fire(f *ledger.Fire, state jobs.State, numbered bool) string {
	words := &p.Catalogue.Schedule
	if f.Outcome != ledger.FireRun {
		outcome, known := words.Outcomes[string(f.Outcome)]
		if !known { // of a newer program
			outcome = string(f.Outcome)
		}
		return joinNonEmpty([]string{outcome, p.whyNoRun(f.Reason, numbered)})
	}
	text := words.Made
	if state != "" {
		text = p.state(&jobs.Run{State: state}).Word
	}
	if numbered && f.RunID > 0 {
		text = locale.Fill(words.OfRun, "state", text, "run", f.RunID)
	}
	if f.Trigger == jobs.TriggerCatchUp {
		text += ", " + words.CaughtUp
	}
	return text
}

// inTheWay is the reason of a fire that met a run, as the ledger keeps it.
var inTheWay = regexp.MustCompile(`^run (\d+) is ([a-z]+)$`)

func (p *Printer) whyNoRun(reason string, numbered bool) string {
	words := &p.Catalogue.Schedule
	if text, known := words.Why[reason]; known {
		return text
	}
	found := inTheWay.FindStringSubmatch(reason)
	if found == nil {
		return reason
	}
	state := p.state(&jobs.Run{State: jobs.State(found[2])}).Word
	if !numbered {
		return locale.Fill(words.StillActive, "state", state)
	}
	return locale.Fill(words.StillActiveRun, "run", found[1], "state", state)
}
