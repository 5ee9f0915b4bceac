package view

import (
	"io"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Schedules is when jobs fire by themselves, and who makes them fire.
type Schedules struct {
	Entries []ScheduleEntry
	Outside []*jobs.Run // open, and of no job and dossier that is configured
	Daemons []DaemonEntry
	Now     time.Time
}

// ScheduleEntry is one job. Its times are in the job's zone.
type ScheduleEntry struct {
	Job      string
	Kind     jobs.Kind
	Schedule string // "" = by hand only
	Timezone string
	Missed   string        // policy: skip, latest, all
	Next     []time.Time   // the next fires; empty = never again
	Paused   *ledger.Pause // nil = it is not
	Dossiers []ScheduleDossier
}

// ScheduleDossier is how a job stands for one dossier.
type ScheduleDossier struct {
	Dossier   string
	Armed     bool         // a daemon has started it
	Last      *ledger.Fire // nil = none yet
	LastState jobs.State   // of the run of Last; "" = there is none
	Owed      int          // fires that are due and not dealt with
	Missed    []ledger.Fire
}

// DaemonEntry is a process that makes schedules fire.
type DaemonEntry struct {
	Host    string
	PID     int
	Version string
	Started time.Time
	Seen    time.Time     // for the last time
	Silent  time.Duration // since then
	Differs bool          // it is configured otherwise than whoever asks
	Lost    bool          // it gives no sign of life any more, and did not take leave
	NextJob string        // what it was to start next when it was lost; "" = nothing
	NextAt  time.Time
}

func (d *DaemonEntry) alive() bool { return !d.Lost }

// alive reports whether schedules fire at all.
func (s *Schedules) alive() bool {
	for i := range s.Daemons {
		if s.Daemons[i].alive() {
			return true
		}
	}
	return false
}

// ScheduleReport is when jobs fire, as people read it.
type ScheduleReport struct {
	Title   string
	None    string // instead of jobs; "" = there are some
	Jobs    []ScheduledJob
	Outside *Commands // runs that nobody goes on with; nil = none
	Daemons Commands
}

// ScheduledJob is one job: when it fires next, and how it stands for its dossiers, of which those that stand alike are together.
type ScheduledJob struct {
	Title string
	Run   string // how to start a job that has no schedule; "" = it has one
	Facts [][2]string
	Alike []*Alike
}

// Commands are lines, each with what belongs to it below: commands, or what there is to say.
type Commands struct {
	Title string
	Lines []CommandLine
	Note  string
}

// CommandLine is a line, and those below it.
type CommandLine struct {
	Text  string
	Below []string
}

// Schedule tells when jobs fire next, what became of their last fires, and which daemons there are.
func (t *Teller) Schedule(s Schedules) *ScheduleReport {
	words := &t.Catalogue.Schedule
	r := &ScheduleReport{Title: locale.Fill(words.Title, "time", t.Minute(s.Now.In(t.options.Location))), Outside: t.outside(s.Outside)}
	if len(s.Entries) == 0 {
		r.None = words.NoJobs
	}
	for i := range s.Entries {
		r.Jobs = append(r.Jobs, t.scheduled(&s, &s.Entries[i]))
	}
	t.daemons(r, &s)
	return r
}

func (t *Teller) scheduled(s *Schedules, e *ScheduleEntry) ScheduledJob {
	words := &t.Catalogue.Schedule
	if e.Schedule == "" {
		return ScheduledJob{Title: locale.Fill(words.ByHand, "job", e.Job), Run: words.Run + locale.Typed() + " run " + argument(e.Job)}
	}
	return ScheduledJob{Title: locale.Fill(words.Job, "job", e.Job, "schedule", e.Schedule, "zone", e.Timezone), Facts: t.jobLines(s, e),
		Alike: t.alike(e, s.alive())}
}

// Standing is how a job with a schedule stands for its dossiers: the last fire of each, what is owed, and what was missed and why.
func (t *Teller) Standing(s *Schedules, e *ScheduleEntry) []*Alike {
	if e.Schedule == "" {
		return nil
	}
	return t.alike(e, s.alive())
}

// outside lists the runs that nobody goes on with.
func (t *Teller) outside(runs []*jobs.Run) *Commands {
	if len(runs) == 0 {
		return nil
	}
	list := &Commands{Title: t.Catalogue.Schedule.Outside, Note: t.Catalogue.Schedule.Reconfigure}
	for _, run := range runs {
		about := joinNonEmpty([]string{t.ofRun(run.ID), run.Job, run.Target.Dossier, string(run.Period), t.state(run).Word})
		giveUp := cancel(run.ID)
		list.Lines = append(list.Lines, CommandLine{about, []string{giveUp.Command()}})
	}
	return list
}

// daemons lists them. None means that all the rest is a wish.
func (t *Teller) daemons(r *ScheduleReport, s *Schedules) {
	words := &t.Catalogue.Schedule
	list := Commands{Title: words.Daemons}
	for i := range s.Daemons {
		d := &s.Daemons[i]
		line := CommandLine{Text: locale.Fill(words.Daemon, "host", d.Host, "pid", d.PID, "version", d.Version, "time",
			t.Minute(d.Started.In(t.options.Location)))}
		if !d.alive() {
			line.Below = append(line.Below, locale.Fill(words.Silent, "duration", locale.Duration(d.Silent)))
			if next := t.WasNext(d); next != "" {
				line.Below = append(line.Below, next)
			}
		}
		if d.alive() && d.Differs {
			line.Below = append(line.Below, words.Differs)
		}
		list.Lines = append(list.Lines, line)
	}
	if !s.alive() {
		warning := words.NoDaemon
		if len(s.Daemons) > 0 {
			warning = words.AllSilent
		}
		list.Lines = append(list.Lines, CommandLine{Text: warning},
			CommandLine{words.Start, []string{"systemctl enable --now " + locale.Unit(), "syncd daemon"}})
	}
	r.Daemons = list
}

// WasNext says what a daemon that is lost was to start next; "" = nothing.
func (t *Teller) WasNext(d *DaemonEntry) string {
	if d.NextJob == "" {
		return ""
	}
	return locale.Fill(t.Catalogue.Schedule.WasNext, "job", d.NextJob, "time", t.Minute(d.NextAt))
}

func (t *Teller) jobLines(s *Schedules, e *ScheduleEntry) [][2]string {
	words := &t.Catalogue.Schedule
	var pairs [][2]string
	if e.Paused != nil {
		pairs = append(pairs, [2]string{words.Paused, t.pause(e)}, [2]string{"", words.Unpause + locale.Typed() + " unpause " + argument(e.Job)})
	}
	if e.Paused == nil {
		pairs = append(pairs, t.nextLines(s, e)...)
	}
	return append(pairs, [2]string{words.Missed, t.policy(e.Missed)})
}

// nextLines are the fires to come. A paused job has none that anybody could count on.
func (t *Teller) nextLines(s *Schedules, e *ScheduleEntry) [][2]string {
	words := &t.Catalogue.Schedule
	if len(e.Next) == 0 {
		return [][2]string{{words.Next, words.Never}}
	}
	pairs := [][2]string{{words.Next, t.Minute(e.Next[0]) + ", " + t.Until(e.Next[0].Sub(s.Now))}}
	for _, next := range e.Next[1:] {
		pairs = append(pairs, [2]string{"", t.Minute(next)})
	}
	return pairs
}

func (t *Teller) policy(name string) string {
	if text, known := t.Catalogue.Schedule.Policies[name]; known {
		return text
	}
	return name
}

func (t *Teller) pause(e *ScheduleEntry) string {
	return locale.Fill(t.Catalogue.Schedule.PausedBy, "user", e.Paused.By, "time", t.Minute(e.Paused.Since.In(t.zone(e.Job))), "reason",
		e.Paused.Why().In(t.Catalogue))
}

// Until is "in 3 days", "in 1 h 05 min".
func (t *Teller) Until(d time.Duration) string {
	text := locale.Duration(d)
	if days := int(d.Hours() / 24); days > 1 {
		text = t.Count(t.Catalogue.Schedule.Days, days)
	}
	return locale.Fill(t.Catalogue.Schedule.In, "duration", text)
}

// ScheduleOf is what schedule prints, before its jobs and daemons.
type ScheduleOf struct {
	Now   *string `json:"now"`
	Alive bool    `json:"daemon_alive"`
}

// Job is one job and its schedule.
type Job struct {
	Job      string       `json:"job"`
	Kind     jobs.Kind    `json:"kind"`
	Schedule *string      `json:"schedule"`
	Timezone string       `json:"timezone"`
	Missed   string       `json:"missed"`
	Next     []string     `json:"next"`
	Paused   *Pause       `json:"paused"`
	Dossiers []JobDossier `json:"dossiers"`
}

// Pause is why a job does not fire.
type Pause struct {
	Since  *string `json:"since"`
	By     string  `json:"by"`
	Reason string  `json:"reason"`
}

// JobDossier is how a job stands for one dossier.
type JobDossier struct {
	Dossier string `json:"dossier"`
	Label   string `json:"label,omitempty"`
	Armed   bool   `json:"armed"`
	Owed    int    `json:"owed"`
	Last    *Fire  `json:"last"`
	Missed  []Fire `json:"missed"`
}

// Fire is a time of a schedule, and what became of it.
type Fire struct {
	Nominal *string            `json:"nominal_at"`
	Outcome ledger.FireOutcome `json:"outcome"`
	Reason  string             `json:"reason,omitempty"`
	Text    string             `json:"text"`
	Run     int64              `json:"run,omitempty"`
	State   jobs.State         `json:"state,omitempty"`
}

// Daemon is a process that makes schedules fire.
type Daemon struct {
	Host    string  `json:"host"`
	PID     int     `json:"pid"`
	Version string  `json:"version"`
	Started *string `json:"started_at"`
	Silent  float64 `json:"silent_seconds"`
	Alive   bool    `json:"alive"`
	Differs bool    `json:"differs"`
}

// Outside is a run that is open, and of no job and dossier that is configured.
type Outside struct {
	Run         int64      `json:"run"`
	Job         string     `json:"job"`
	Dossier     string     `json:"dossier"`
	Environment string     `json:"environment"`
	Period      string     `json:"period,omitempty"`
	State       jobs.State `json:"state"`
	Interrupted bool       `json:"interrupted"`
}

// WriteScheduleJSON writes one object: the jobs with their schedules, runs of none of them, and the daemons.
func (t *Teller) WriteScheduleJSON(w io.Writer, s Schedules) error {
	out := newStream(w)
	out.open(ScheduleOf{moment(&s.Now), s.alive()}, "jobs")
	for i := range s.Entries {
		out.element(t.jobOf(&s.Entries[i]))
	}
	out.closeArray()
	out.array("outside")
	for _, run := range s.Outside {
		out.element(Outside{run.ID, run.Job, run.Target.Dossier, run.Target.Environment, string(run.Period), run.State, run.Interrupted})
	}
	out.closeArray()
	out.array("daemons")
	for i := range s.Daemons {
		d := &s.Daemons[i]
		out.element(Daemon{d.Host, d.PID, d.Version, moment(&d.Started), d.Silent.Round(time.Millisecond).Seconds(), d.alive(), d.Differs})
	}
	out.closeArray()
	return out.end("}\n")
}

func (t *Teller) jobOf(e *ScheduleEntry) Job {
	out := Job{Job: e.Job, Kind: e.Kind, Timezone: e.Timezone, Missed: e.Missed, Next: []string{}, Dossiers: []JobDossier{}}
	if e.Schedule != "" {
		out.Schedule = &e.Schedule
	}
	for _, next := range e.Next {
		out.Next = append(out.Next, *moment(&next))
	}
	if e.Paused != nil {
		out.Paused = &Pause{moment(&e.Paused.Since), e.Paused.By, e.Paused.Reason}
	}
	for i := range e.Dossiers {
		out.Dossiers = append(out.Dossiers, t.jobDossierOf(&e.Dossiers[i]))
	}
	return out
}

func (t *Teller) jobDossierOf(d *ScheduleDossier) JobDossier {
	out := JobDossier{Dossier: d.Dossier, Label: t.options.Labels[d.Dossier], Armed: d.Armed, Owed: d.Owed, Missed: []Fire{}}
	if d.Last != nil {
		last := t.fireOf(d.Last, d.LastState)
		out.Last = &last
	}
	for i := range d.Missed {
		out.Missed = append(out.Missed, t.fireOf(&d.Missed[i], ""))
	}
	return out
}

func (t *Teller) fireOf(f *ledger.Fire, state jobs.State) Fire {
	return Fire{moment(&f.Nominal), f.Outcome, f.Reason, t.fire(f, state, true), f.RunID, state}
}
