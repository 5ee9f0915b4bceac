package report

import (
	"io"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

type schedulesJSON struct {
	Now   *string `json:"now"`
	Alive bool    `json:"daemon_alive"`
}

type scheduleJSON struct {
	Job      string                `json:"job"`
	Kind     jobs.Kind             `json:"kind"`
	Schedule *string               `json:"schedule"`
	Timezone string                `json:"timezone"`
	Missed   string                `json:"missed"`
	Next     []string              `json:"next"`
	Paused   *pauseJSON            `json:"paused"`
	Dossiers []scheduleDossierJSON `json:"dossiers"`
}

type pauseJSON struct {
	Since  *string `json:"since"`
	By     string  `json:"by"`
	Reason string  `json:"reason"`
}

type scheduleDossierJSON struct {
	Dossier string     `json:"dossier"`
	Label   string     `json:"label,omitempty"`
	Armed   bool       `json:"armed"`
	Owed    int        `json:"owed"`
	Last    *fireJSON  `json:"last"`
	Missed  []fireJSON `json:"missed"`
}

type fireJSON struct {
	Nominal *string            `json:"nominal_at"`
	Outcome ledger.FireOutcome `json:"outcome"`
	Reason  string             `json:"reason,omitempty"`
	Text    string             `json:"text"`
	Run     int64              `json:"run,omitempty"`
	State   jobs.State         `json:"state,omitempty"`
}

type daemonJSON struct {
	Host    string  `json:"host"`
	PID     int     `json:"pid"`
	Version string  `json:"version"`
	Started *string `json:"started_at"`
	Silent  float64 `json:"silent_seconds"`
	Alive   bool    `json:"alive"`
	Differs bool    `json:"differs"`
}

// outsideJSON is a run that is open, and of no job and dossier that is configured.
type outsideJSON struct {
	Run         int64      `json:"run"`
	Job         string     `json:"job"`
	Dossier     string     `json:"dossier"`
	Environment string     `json:"environment"`
	Period      string     `json:"period,omitempty"`
	State       jobs.State `json:"state"`
	Interrupted bool       `json:"interrupted"`
}

// WriteScheduleJSON writes one object: the jobs with their schedules, runs of none of them, and the daemons.
func (p *Printer) WriteScheduleJSON(w io.Writer, s Schedules) error {
	out := newStream(w)
	out.open(schedulesJSON{moment(&s.Now), s.alive()}, "jobs")
	for i := range s.Entries {
		out.element(p.scheduleJSON(&s.Entries[i]))
	}
	out.closeArray()
	out.array("outside")
	for _, run := range s.Outside {
		out.element(outsideJSON{run.ID, run.Job, run.Target.Dossier, run.Target.Environment, string(run.Period), run.State, run.Interrupted})
	}
	out.closeArray()
	out.array("daemons")
	for i := range s.Daemons {
		d := &s.Daemons[i]
		out.element(daemonJSON{d.Host, d.PID, d.Version, moment(&d.Started), d.Silent.Round(time.Millisecond).Seconds(), d.alive(), d.Differs})
	}
	out.closeArray()
	return out.end("}\n")
}

func (p *Printer) scheduleJSON(e *ScheduleEntry) scheduleJSON {
	out := scheduleJSON{Job: e.Job, Kind: e.Kind, Timezone: e.Timezone, Missed: e.Missed, Next: []string{}, Dossiers: []scheduleDossierJSON{}}
	if e.Schedule != "" {
		out.Schedule = &e.Schedule
	}
	for _, next := range e.Next {
		out.Next = append(out.Next, *moment(&next))
	}
	if e.Paused != nil {
		out.Paused = &pauseJSON{moment(&e.Paused.Since), e.Paused.By, e.Paused.Reason}
	}
	for i := range e.Dossiers {
		out.Dossiers = append(out.Dossiers, p.scheduleDossierJSON(&e.Dossiers[i]))
	}
	return out
}

func (p *Printer) scheduleDossierJSON(d *ScheduleDossier) scheduleDossierJSON {
	out := scheduleDossierJSON{Dossier: d.Dossier, Label: p.options.Labels[d.Dossier], Armed: d.Armed, Owed: d.Owed, Missed: []fireJSON{}}
	if d.Last != nil {
		last := p.fireJSON(d.Last, d.LastState)
		out.Last = &last
	}
	for i := range d.Missed {
		out.Missed = append(out.Missed, p.fireJSON(&d.Missed[i], ""))
	}
	return out
}

func (p *Printer) fireJSON(f *ledger.Fire, state jobs.State) fireJSON {
	return fireJSON{moment(&f.Nominal), f.Outcome, f.Reason, p.fire(f, state, true), f.RunID, state}
}
