package text

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"syncd/internal/report/view"
)

// Check lays out what a check finds, as it comes: what is the same of many dossiers is told once, and counted.
type Check struct {
	*Printer
	w     io.Writer
	isJob func(subject string) bool
	of    string                  // the subject whose dossiers are gone through; "" = none is
	told  Repeats[view.CheckLine] // of them
}

// NewCheck begins a check.
func (p *Printer) NewCheck(w io.Writer, isJob func(subject string) bool) *Check {
	return &Check{Printer: p, w: w, isJob: isJob}
}

// Add writes what was found. dossier is whose it is; "" = nobody's.
func (c *Check) Add(line view.CheckLine, subject, dossier string) {
	if dossier == "" {
		subject = ""
	}
	if subject != c.of {
		c.End()
		c.of = subject
	}
	if subject != "" {
		same := line
		same.Subject = subject
		if c.told.Again(same, dossier) {
			return
		}
	}
	c.print(line)
}

// End tells of how many dossiers more the same was said.
func (c *Check) End() {
	c.told.End(c.Teller, func(f view.CheckLine, more string) {
		f.Text, f.Hint = more+f.Text, "" // the first one has it
		c.print(f)
	})
	c.told = Repeats[view.CheckLine]{}
}

func (c *Check) print(f view.CheckLine) {
	widest := 0
	for _, sign := range c.Levels {
		widest = max(widest, utf8.RuneCountInString(sign))
	}
	c.say(fmt.Sprintf("%-*s  %-22s %s\n", widest, c.Levels[f.Level], c.subject(f.Subject), f.Text), widest)
	if f.Hint != "" {
		c.say(strings.Repeat(" ", c.hang(widest))+c.Hint+f.Hint+"\n", widest)
	}
}

// say writes a line; what has no room goes on below the text, or where that is narrow, below the subject.
func (c *Check) say(line string, widest int) {
	io.WriteString(c.w, FoldBelow(line, c.look.Width, c.hang(widest))) //nolint:errcheck // the output keeps what it lost
}

// hang is where what has no room goes on, and a hint begins.
func (c *Check) hang(widest int) int {
	if hang := widest + 25; c.look.Width == 0 || c.look.Width >= hang+textWidth/2 {
		return hang
	}
	return widest + 2
}

// subject is what was looked at in words: a job keeps its name, whatever it is.
func (c *Check) subject(name string) string {
	if words, known := c.Subjects[name]; known && !c.isJob(name) {
		return words
	}
	return name
}
