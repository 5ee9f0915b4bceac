package report

import (
	"fmt"
	"io"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
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
	g, words := p.page(w), &p.catalogue.schedule
	g.text(bold, fmt.Sprintf(words.title, Minute(s.Now.In(p.options.Location))))
	g.newline()
	if len(s.Entries) == 0 {
		g.line(0, words.noJobs)
	}
	for i := range s.Entries {
		g.scheduled(&s, &s.Entries[i])
	}
	g.outside(s.Outside)
	g.daemons(&s)
	return g.end()
}

func (g *page) scheduled(s *Schedules, e *ScheduleEntry) {
	words := &g.catalogue.schedule
	if e.Schedule == "" {
		g.title(fmt.Sprintf(words.byHand, e.Job))
		g.line(itemIndent, words.run+"syncd run "+argument(e.Job))
		return
	}
	g.title(fmt.Sprintf(words.job, e.Job, e.Schedule, e.Timezone))
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
	words := &g.catalogue.schedule
	if len(runs) == 0 {
		return
	}
	g.title(words.outside)
	for _, run := range runs {
		g.line(itemIndent, joinNonEmpty([]string{g.ofRun(run.ID), run.Job, run.Target.Dossier, string(run.Period), g.state(run).word}))
		g.line(2*itemIndent, fmt.Sprintf(`syncd cancel %d --reason "…"`, run.ID))
	}
	g.line(itemIndent, words.reconfigure)
}

func (p *Printer) jobLines(s *Schedules, e *ScheduleEntry) [][2]string {
	words := &p.catalogue.schedule
	var pairs [][2]string
	if e.Paused != nil {
		pairs = append(pairs, [2]string{words.paused, p.pause(e)}, [2]string{"", words.unpause + "syncd unpause " + argument(e.Job)})
	}
	if e.Paused == nil {
		pairs = append(pairs, p.nextLines(s, e)...)
	}
	return append(pairs, [2]string{words.missed, p.policy(e.Missed)})
}

// nextLines are the fires to come. A paused job has none that anybody could count on.
func (p *Printer) nextLines(s *Schedules, e *ScheduleEntry) [][2]string {
	words := &p.catalogue.schedule
	if len(e.Next) == 0 {
		return [][2]string{{words.next, words.never}}
	}
	pairs := [][2]string{{words.next, Minute(e.Next[0]) + ", " + p.until(e.Next[0].Sub(s.Now))}}
	for _, next := range e.Next[1:] {
		pairs = append(pairs, [2]string{"", Minute(next)})
	}
	return pairs
}

func (p *Printer) policy(name string) string {
	if text, known := p.catalogue.schedule.policies[name]; known {
		return text
	}
	return name
}

func (p *Printer) pause(e *ScheduleEntry) string {
	return fmt.Sprintf(p.catalogue.schedule.pausedBy, e.Paused.By, Minute(e.Paused.Since.In(p.zone(e.Job))), e.Paused.Reason)
}

// Minute is a time of the clock that leaves no doubt: with its offset.
func Minute(t time.Time) string { return t.Format("2006-01-02 15:04 -07:00") }

// until is "in 3 days", "in 1 h 05 min".
func (p *Printer) until(d time.Duration) string {
	text := duration(d)
	if days := int(d.Hours() / 24); days > 1 {
		text = p.count(p.catalogue.schedule.days, days)
	}
	return fmt.Sprintf(p.catalogue.schedule.in, text)
}

// daemons lists them. None means that everything above is a wish.
func (g *page) daemons(s *Schedules) {
	words := &g.catalogue.schedule
	g.title(words.daemons)
	for i := range s.Daemons {
		d := &s.Daemons[i]
		g.line(itemIndent, fmt.Sprintf(words.daemon, d.Host, d.PID, d.Version, Minute(d.Started.In(g.options.Location))))
		if !d.alive() {
			g.line(2*itemIndent, fmt.Sprintf(words.silent, duration(d.Silent)))
		}
		if d.alive() && d.Differs {
			g.line(2*itemIndent, words.differs)
		}
	}
	if s.alive() {
		return
	}
	warning := words.noDaemon
	if len(s.Daemons) > 0 {
		warning = words.allSilent
	}
	g.line(itemIndent, warning)
	g.line(itemIndent, words.start)
	g.line(2*itemIndent, "systemctl enable --now syncd")
	g.line(2*itemIndent, "syncd daemon")
}
