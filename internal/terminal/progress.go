package terminal

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// NewProgress shows how far a run is on a terminal, and nothing in a pipe.
func NewProgress(w io.Writer, dossier string, words *view.Teller) *Progress {
	return &Progress{w: w, dossier: dossier, words: words, visible: Is(w)}
}

// Progress is that of one run.
type Progress struct {
	w       io.Writer
	dossier string
	words   *view.Teller
	visible bool
	bar     *progressbar.ProgressBar
	pushing bool
	midLine bool // what is written beside it has not ended its line: a bar would stand on it
}

var _ jobs.Progress = (*Progress)(nil)

// Planning implements jobs.Progress: a spinner, for how many there are is not known yet.
func (p *Progress) Planning(employees int) { p.spin(p.words.Answers.Progress.Reading, employees) }

// Fetching implements jobs.Progress: a spinner, as a list rarely tells how long it is.
func (p *Progress) Fetching(records int) { p.spin(p.words.Answers.Progress.Fetching, records) }

// Loading shows how many rows of a file were read.
func (p *Progress) Loading(rows int) { p.spin(p.words.Answers.Progress.Loading, rows) }

func (p *Progress) spin(doing string, done int) {
	if p.hidden() {
		return
	}
	if p.bar == nil {
		p.bar = p.newBar(-1, doing)
	}
	_ = p.bar.Set(done) // a terminal that went away
}

// Verifying implements jobs.Progress.
func (p *Progress) Verifying(done, total int) {
	if p.hidden() {
		return
	}
	if p.bar == nil {
		p.bar = p.newBar(total, p.words.Answers.Progress.Comparing)
	}
	_ = p.bar.Set(done) // a terminal that went away
	if done == total {
		p.Done()
	}
}

// Pushing implements jobs.Progress.
func (p *Progress) Pushing(done, total int) {
	if p.hidden() || total == 0 {
		return
	}
	if !p.pushing {
		p.Done()
		p.bar, p.pushing = p.newBar(total, p.words.Answers.Progress.Sending), true
	}
	_ = p.bar.Set(done) // a terminal that went away
}

// Waiting implements jobs.Progress. Also in a pipe: a command that says nothing for half a minute looks dead.
func (p *Progress) Waiting(d time.Duration) {
	if d > time.Second {
		p.clear()
		fmt.Fprintln(p.w, p.words.Fill(p.words.Answers.Progress.Waiting, "dossier", p.dossier, "duration", d.Round(time.Second)))
	}
}

func (p *Progress) newBar(total int, doing string) *progressbar.ProgressBar {
	return newBar(p.w, total, p.words.Fill(doing, "dossier", p.dossier))
}

func newBar(w io.Writer, total int, description string) *progressbar.ProgressBar {
	return progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(description),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(total > 0), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetSpinnerChangeInterval(0), progressbar.OptionSetWidth(30))
}

func (p *Progress) hidden() bool { return !p.visible || p.midLine }

// Done implements what app wants of a progress: it clears the line.
func (p *Progress) Done() {
	p.clear()
	p.bar = nil
}

func (p *Progress) clear() {
	if p.bar != nil && !p.midLine {
		_ = p.bar.Clear() // a terminal that went away
	}
}

// Before is a writer of what appears on the same terminal: it clears the line first.
func (p *Progress) Before(w io.Writer) io.Writer { return aside{w, p} }

type aside struct {
	io.Writer
	progress *Progress
}

func (a aside) Write(text []byte) (int, error) {
	a.progress.clear()
	n, err := a.Writer.Write(text)
	if n > 0 {
		a.progress.midLine = text[n-1] != '\n'
	}
	return n, err
}

// Display is the one progress of a command: that of its dossier, or how many of its dossiers are done.
type Display struct {
	w       io.Writer
	words   *view.Teller
	of      string // what is executed
	total   int    // dossiers
	visible bool

	mu          sync.Mutex
	bar         *progressbar.ProgressBar
	ended, sent int // dossiers and employees
}

// NewDisplay begins that of a command which executes a job for so many dossiers.
func NewDisplay(w io.Writer, words *view.Teller, job string, dossiers int) *Display {
	return &Display{w: w, words: words, of: job, total: dossiers, visible: Is(w)}
}

// Part is the progress of one dossier.
type Part interface {
	jobs.Progress
	Done() // it has come to its end
}

// Dossier begins the part of one dossier.
func (d *Display) Dossier(name string) Part {
	if d.total == 1 {
		return NewProgress(d.w, name, d.words)
	}
	d.advance(0, 0)
	return &part{Display: d, name: name}
}

// advance adds dossiers that have ended and employees whose answers are recorded.
func (d *Display) advance(ended, sent int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended, d.sent = d.ended+ended, d.sent+sent
	if !d.visible {
		return
	}
	if d.bar == nil {
		d.bar = newBar(d.w, d.total, "")
	}
	text := d.words.Answers.Progress.Fleet
	if d.sent > 0 { // a job that reads sends nothing
		text = d.words.Answers.Progress.FleetSent
	}
	d.bar.Describe(d.words.Fill(text, "job", d.of, "n", d.sent))
	_ = d.bar.Set(d.ended) // a terminal that went away
}

// Aside clears the line while something else is written.
func (d *Display) Aside(write func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	write()
}

// End clears the line.
func (d *Display) End() { d.Aside(func() {}) }

func (d *Display) clear() {
	if d.bar != nil {
		_ = d.bar.Clear() // a terminal that went away
		d.bar = nil
	}
}

// part is the progress of one run of several.
type part struct {
	*Display
	name  string
	done  int
	ended sync.Once
}

// Planning implements jobs.Progress.
func (p *part) Planning(int) {}

// Fetching implements jobs.Progress.
func (p *part) Fetching(int) {}

// Verifying implements jobs.Progress.
func (p *part) Verifying(int, int) {}

// Pushing implements jobs.Progress.
func (p *part) Pushing(done, _ int) {
	p.advance(0, done-p.done)
	p.done = done
}

// Waiting implements jobs.Progress.
func (p *part) Waiting(d time.Duration) {
	p.Aside(func() { NewProgress(p.w, p.name, p.words).Waiting(d) })
}

// Done implements Part.
func (p *part) Done() { p.ended.Do(func() { p.advance(1, 0) }) }

// waitAgain is how long a person is left alone once it was told that the API does not answer: several calls wait at once.
const waitAgain = 30 * time.Second

// Waits tells a person what a command waits for, in a pipe as well: one that says nothing for two minutes looks dead. A daemon
// has its log, and monitoring. words about a partner are asked for when there is something to tell.
func Waits(w io.Writer, words func(partner string) *locale.Catalogue, zone *time.Location) func(partner, call string,
	until time.Time) {
	var mu sync.Mutex
	var told time.Time
	return func(partner, call string, until time.Time) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(told) < waitAgain {
			return
		}
		told = time.Now()
		said := &words(partner).Answers.Progress
		text := locale.Fill(said.Silent, "call", call, "until", until.In(zone).Format("15:04:05 MST"))
		if call == "" {
			text = said.Shared
		}
		if Is(w) {
			text = ClearLine + text
		}
		fmt.Fprintln(w, text)
	}
}
