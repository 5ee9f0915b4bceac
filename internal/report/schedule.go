package report

import (
	"fmt"
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
	Silent  time.Duration // since it was last seen
	Differs bool          // it is configured otherwise than whoever asks
}

// daemonSilence is how long a daemon may be silent: it shows itself every 30 s.
const daemonSilence = 2 * time.Minute

func (d *DaemonEntry) alive() bool { return d.Silent < daemonSilence }

// alive tells whether schedules fire at all.
func (s *Schedules) alive() bool {
	for i := range s.Daemons {
		if s.Daemons[i].alive() {
			return true
		}
	}
	return false
}

// Schedule writes when jobs fire next, what became of their last fires, and which daemons there are.
func (p *Printer) Schedule(w io.Writer, s Schedules) error {
	g, words := p.page(w), &p.Catalogue.Schedule
	g.text(bold, locale.Fill(words.Title, "time", Minute(s.Now.In(p.options.Location))))
	g.newline()
	if len(s.Entries) == 0 {
		g.line(0, words.NoJobs)
	}
	for i := range s.Entries {
		g.scheduled(&s, &s.Entries[i])
	}
	g.outside(s.Outside)
	g.daemons(&s)
	return g.end()
}

func (g *page) scheduled(s *Schedules, e *ScheduleEntry) {
	words := &g.Catalogue.Schedule
	if e.Schedule == "" {
		g.title(locale.Fill(words.ByHand, "job", e.Job))
		g.line(itemIndent, words.Run+"syncd run "+argument(e.Job))
		return
	}
	g.title(locale.Fill(words.Job, "job", e.Job, "schedule", e.Schedule, "zone", e.Timezone))
	g.pairs(g.jobLines(s, e))
	for _, alike := range g.alike(e, s.alive()) {
		g.line(itemIndent, alike.title)
		for _, line := range alike.lines {
			g.line(2*itemIndent, line)
		}
	}
}

// outside lists the runs that nobody goes on with.
func (g *page) outside(runs []*jobs.Run) {
	words := &g.Catalogue.Schedule
	if len(runs) == 0 {
		return
	}
	g.title(words.Outside)
	for _, run := range runs {
		g.line(itemIndent, joinNonEmpty([]string{g.ofRun(run.ID), run.Job, run.Target.Dossier, string(run.Period), g.state(run).Word}))
		g.line(2*itemIndent, fmt.Sprintf(`syncd cancel %d --reason "…"`, run.ID))
	}
	g.line(itemIndent, words.Reconfigure)
}

func (p *Printer) jobLines(s *Schedules, e *ScheduleEntry) [][2]string {
	words := &p.Catalogue.Schedule
	var pairs [][2]string
	if e.Paused != nil {
		pairs = append(pairs, [2]string{words.Paused, p.pause(e)}, [2]string{"", words.Unpause + "syncd unpause " + argument(e.Job)})
	}
	if e.Paused == nil {
		pairs = append(pairs, p.nextLines(s, e)...)
	}
	return append(pairs, [2]string{words.Missed, p.policy(e.Missed)})
}

// nextLines are the fires to come. A paused job has none that anybody could count on.
func (p *Printer) nextLines(s *Schedules, e *ScheduleEntry) [][2]string {
	words := &p.Catalogue.Schedule
	if len(e.Next) == 0 {
		return [][2]string{{words.Next, words.Never}}
	}
	pairs := [][2]string{{words.Next, Minute(e.Next[0]) + ", " + p.until(e.Next[0].Sub(s.Now))}}
	for _, next := range e.Next[1:] {
		pairs = append(pairs, [2]string{"", Minute(next)})
	}
	return pairs
}

func (p *Printer) policy(name string) string {
	if text, known := p.Catalogue.Schedule.Policies[name]; known {
		return text
	}
	return name
}

func (p *Printer) pause(e *ScheduleEntry) string {
	return locale.Fill(p.Catalogue.Schedule.PausedBy, "user", e.Paused.By, "time", Minute(e.Paused.Since.In(p.zone(e.Job))), "reason", e.Paused.Reason)
}

// Minute is a time of the clock that leaves no doubt: with its offset.
func Minute(t time.Time) string { return t.Format("2006-01-02 15:04 -07:00") }

// until is "in 3 days", "in 1 h 05 min".
func (p *Printer) until(d time.Duration) string {
	text := locale.Duration(d)
	if days := int(d.Hours() / 24); days > 1 {
		text = p.Count(p.Catalogue.Schedule.Days, days)
	}
	return locale.Fill(p.Catalogue.Schedule.In, "duration", text)
}

// daemons lists them. None means that everything above is a wish.
func (g *page) daemons(s *Schedules) {
	words := &g.Catalogue.Schedule
	g.title(words.Daemons)
	for i := range s.Daemons {
		d := &s.Daemons[i]
		g.line(itemIndent, locale.Fill(words.Daemon, "host", d.Host, "pid", d.PID, "version", d.Version, "time", Minute(d.Started.In(g.options.Location))))
		if !d.alive() {
			g.line(2*itemIndent, locale.Fill(words.Silent, "duration", locale.Duration(d.Silent)))
		}
		if d.alive() && d.Differs {
			g.line(2*itemIndent, words.Differs)
		}
	}
	if s.alive() {
		return
	}
	warning := words.NoDaemon
	if len(s.Daemons) > 0 {
		warning = words.AllSilent
	}
	g.line(itemIndent, warning)
	g.line(itemIndent, words.Start)
	g.line(2*itemIndent, "systemctl enable --now syncd")
	g.line(2*itemIndent, "syncd daemon")
}
