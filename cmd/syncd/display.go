package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// display is the one progress of a command: that of its dossier, or how many of its dossiers are done.
type display struct {
	w        io.Writer
	language locale.Language
	of       string // what is executed
	total    int    // dossiers
	visible  bool

	mu          sync.Mutex
	bar         *progressbar.ProgressBar
	ended, sent int // dossiers and employees
}

// shown is a run's part of it.
type shown interface {
	jobs.Progress
	finish()
}

func (e *executor) display(of string, dossiers []config.Dossier) *display {
	return &display{w: e.Stderr, language: e.language(), of: of, total: len(dossiers), visible: isTerminal(e.Stderr)}
}

// dossier begins the part of one dossier.
func (d *display) dossier(name string) shown {
	if d.total == 1 {
		return newProgress(d.w, name, d.language)
	}
	d.advance(0, 0)
	return &part{display: d, name: name}
}

// advance adds dossiers that have ended and employees whose answers are recorded.
func (d *display) advance(ended, sent int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended, d.sent = d.ended+ended, d.sent+sent
	if !d.visible {
		return
	}
	if d.bar == nil {
		d.bar = newBar(d.w, d.total, "")
	}
	d.bar.Describe(fmt.Sprintf(progressWordsOf(d.language).fleet, d.of, d.sent))
	_ = d.bar.Set(d.ended) // a terminal that went away
}

// aside clears the line while something else is written.
func (d *display) aside(write func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	write()
}

func (d *display) end() { d.aside(func() {}) }

func (d *display) clear() {
	if d.bar != nil {
		_ = d.bar.Clear() // a terminal that went away
		d.bar = nil
	}
}

// part is the progress of one run of several.
type part struct {
	*display
	name  string
	done  int
	ended sync.Once
}

// Planning implements jobs.Progress.
func (p *part) Planning(int) {}

// Verifying implements jobs.Progress.
func (p *part) Verifying(int, int) {}

// Pushing implements jobs.Progress.
func (p *part) Pushing(done, _ int) {
	p.advance(0, done-p.done)
	p.done = done
}

// Waiting implements jobs.Progress.
func (p *part) Waiting(d time.Duration) {
	p.aside(func() { newProgress(p.w, p.name, p.language).Waiting(d) })
}

func (p *part) finish() { p.ended.Do(func() { p.advance(1, 0) }) }
