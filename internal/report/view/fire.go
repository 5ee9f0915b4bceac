package view

import (
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

// Alike are the dossiers of a job of which the same is told.
type Alike struct {
	Title string
	Lines []string

	dossiers []string
}

// alike puts dossiers that stand alike together: hundreds of them mostly do. What is told of several names no run.
func (t *Teller) alike(e *ScheduleEntry, alive bool) []*Alike {
	var found []*Alike
	members := map[string]*Alike{}
	for i := range e.Dossiers {
		d := &e.Dossiers[i]
		lines := t.dossierLines(e, d, alive, false)
		key := strings.Join(lines, "\n")
		if members[key] == nil {
			members[key] = &Alike{Lines: t.dossierLines(e, d, alive, true)}
			found = append(found, members[key])
		} else {
			members[key].Lines = lines
		}
		members[key].dossiers = append(members[key].dossiers, d.Dossier)
	}
	for _, a := range found {
		a.Title = t.dossierNames(a.dossiers, len(e.Dossiers))
	}
	return found
}

// dossierNames are "all 120 dossiers", or some by name.
func (t *Teller) dossierNames(names []string, of int) string {
	words := &t.Catalogue.Schedule
	if len(names) == of && of > 1 {
		return locale.Fill(words.AllDossiers, "n", t.Number(of))
	}
	if len(names) == 1 {
		return t.dossier(names[0])
	}
	shown := min(len(names), shownDossiers)
	text := t.Count(words.Dossiers, len(names)) + t.Colon + strings.Join(names[:shown], ", ")
	if rest := len(names) - shown; rest > 0 {
		text += ", " + t.Count(words.Others, rest)
	}
	return text
}

// dossierLines tell of one dossier: its last fire, what is due, what was missed.
func (t *Teller) dossierLines(e *ScheduleEntry, d *ScheduleDossier, alive, numbered bool) []string {
	words := &t.Catalogue.Schedule
	if !d.Armed {
		return []string{"! " + words.Unarmed}
	}
	var told []string
	switch {
	case d.Last != nil:
		told = append(told, words.Last+t.Colon+t.clock(e, d.Last.Nominal)+t.Colon+t.fire(d.Last, d.LastState, numbered))
	case d.Owed == 0:
		told = append(told, words.NeverFired)
	}
	if d.Owed > 0 {
		told = append(told, "! "+t.Count(words.Due, d.Owed)+t.Colon+t.whyOwed(e, alive))
	}
	return append(told, t.missedLines(e, d, numbered)...)
}

// missedLines tell once of neighbours that have the same to tell. They leave out the last fire, which is told before.
func (t *Teller) missedLines(e *ScheduleEntry, d *ScheduleDossier, numbered bool) []string {
	words := &t.Catalogue.Schedule
	missed := slices.DeleteFunc(slices.Clone(d.Missed), func(f ledger.Fire) bool { return d.Last != nil && f.Nominal.Equal(d.Last.Nominal) })
	var told []string
	for len(missed) > 0 {
		if len(told) == shownMissed {
			return append(told, "  "+t.Count(words.More, len(missed)))
		}
		text := t.fire(&missed[0], "", numbered)
		n := slices.IndexFunc(missed, func(f ledger.Fire) bool { return t.fire(&f, "", numbered) != text })
		if n < 0 {
			n = len(missed)
		}
		when := t.clock(e, missed[0].Nominal)
		if n > 1 {
			when = locale.Fill(words.Between, "n", t.Number(n), "oldest", t.clock(e, missed[n-1].Nominal), "newest", when)
		}
		if missed[0].Outcome != ledger.FireSkipped { // a run was there: nothing was lost
			when = "! " + when
		}
		told = append(told, when+t.Colon+text)
		missed = missed[n:]
	}
	return told
}

func (t *Teller) whyOwed(e *ScheduleEntry, alive bool) string {
	words := &t.Catalogue.Schedule
	switch {
	case e.Paused != nil:
		return words.BecausePaused
	case !alive:
		return words.Dead
	}
	return words.Soon
}

// clock is a fire's time in the zone of its job.
func (t *Teller) clock(e *ScheduleEntry, at time.Time) string {
	return t.Minute(at.In(t.zone(e.Job)))
}

// fire says what became of a fire: how its run stands, or why there is none.
func (t *Teller) fire(f *ledger.Fire, state jobs.State, numbered bool) string {
	words := &t.Catalogue.Schedule
	if f.Outcome != ledger.FireRun {
		outcome, known := words.Outcomes[string(f.Outcome)]
		if !known { // of a newer program
			outcome = string(f.Outcome)
		}
		return joinNonEmpty([]string{outcome, t.whyNoRun(f, numbered)})
	}
	text := words.Made
	if state != "" {
		text = t.state(&jobs.Run{State: state}).Word
	}
	if numbered && f.RunID > 0 {
		text = locale.Fill(words.OfRun, "state", text, "run", f.RunID)
	}
	if f.Trigger == jobs.TriggerCatchUp {
		text += ", " + words.CaughtUp
	}
	return text
}

func (t *Teller) whyNoRun(f *ledger.Fire, numbered bool) string {
	words := &t.Catalogue.Schedule
	if text, known := words.Why[f.Reason]; known {
		return text
	}
	run, met := f.RunID, f.Met
	if met == "" {
		run, met = formerMet(f.Reason)
	}
	if met == "" {
		return f.Reason
	}
	state := t.state(&jobs.Run{State: met}).Word
	if !numbered {
		return locale.Fill(words.StillActive, "state", state)
	}
	return locale.Fill(words.StillActiveRun, "run", run, "state", state)
}
