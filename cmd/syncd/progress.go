package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// newProgress shows how far a run is on a terminal, and nothing in a pipe.
func newProgress(w io.Writer, dossier string, language locale.Language) *progress {
	return &progress{w: w, dossier: dossier, words: progressWordsOf(language), visible: isTerminal(w)}
}

type progressWords struct{ reading, comparing, sending, waiting, fleet string }

// progressWordsOf are English unless there are others.
func progressWordsOf(language locale.Language) progressWords {
	if language == locale.French {
		return progressWords{"lecture des données préparées", "comparaison avec ce que détient Isidoor", "envoi",
			"%s : une demande précédente est peut-être encore en route ; ses salariés seront renvoyés dans %s\n",
			"%s : dossiers terminés ; %d salariés envoyés"}
	}
	return progressWords{"reading staging", "comparing with what the API holds", "sending",
		"%s: an earlier request may still be under way; its employees are sent again in %s\n",
		"%s: dossiers done; %d employees sent"}
}

type progress struct {
	w       io.Writer
	dossier string
	words   progressWords
	visible bool
	bar     *progressbar.ProgressBar
	pushing bool
	midLine bool // what is written beside it has not ended its line: a bar would stand on it
}

var _ jobs.Progress = (*progress)(nil)

// Planning implements jobs.Progress: a spinner, for how many there are is not known yet.
func (p *progress) Planning(employees int) {
	if p.hidden() {
		return
	}
	if p.bar == nil {
		p.bar = p.newBar(-1, p.words.reading)
	}
	_ = p.bar.Set(employees) // a terminal that went away
}

// Verifying implements jobs.Progress.
func (p *progress) Verifying(done, total int) {
	if p.hidden() {
		return
	}
	if p.bar == nil {
		p.bar = p.newBar(total, p.words.comparing)
	}
	_ = p.bar.Set(done) // a terminal that went away
	if done == total {
		p.finish()
	}
}

// Pushing implements jobs.Progress.
func (p *progress) Pushing(done, total int) {
	if p.hidden() || total == 0 {
		return
	}
	if !p.pushing {
		p.finish()
		p.bar, p.pushing = p.newBar(total, p.words.sending), true
	}
	_ = p.bar.Set(done) // a terminal that went away
}

// Waiting implements jobs.Progress. Also in a pipe: a command that says nothing for half a minute looks dead.
func (p *progress) Waiting(d time.Duration) {
	if d > time.Second {
		p.clear()
		fmt.Fprintf(p.w, p.words.waiting, p.dossier, d.Round(time.Second))
	}
}

func (p *progress) newBar(total int, doing string) *progressbar.ProgressBar {
	return newBar(p.w, total, p.dossier+": "+doing)
}

func newBar(w io.Writer, total int, description string) *progressbar.ProgressBar {
	return progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(description),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(total > 0), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetSpinnerChangeInterval(0), progressbar.OptionSetWidth(30))
}

func (p *progress) hidden() bool { return !p.visible || p.midLine }

// finish clears the line.
func (p *progress) finish() {
	p.clear()
	p.bar = nil
}

func (p *progress) clear() {
	if p.bar != nil && !p.midLine {
		_ = p.bar.Clear() // a terminal that went away
	}
}

// before is a writer of what appears on the same terminal: it clears the line first.
func (p *progress) before(w io.Writer) io.Writer { return aside{w, p} }

type aside struct {
	io.Writer
	progress *progress
}

func (a aside) Write(text []byte) (int, error) {
	a.progress.clear()
	n, err := a.Writer.Write(text)
	if n > 0 {
		a.progress.midLine = text[n-1] != '\n'
	}
	return n, err
}
