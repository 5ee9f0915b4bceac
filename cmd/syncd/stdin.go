package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/terminal"
)

// onStdin is the argument for what stands on standard input. Arguments are seen by everyone: in the list of processes, in
// the log of sudo, and in the unit that systemd makes of a command.
const onStdin = "-"

// maxStdin is how many bytes are read at most: tens of thousands of matricules.
const maxStdin = 1 << 20

func (f *globalFlags) addReason(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.reason, "reason", "", "")
}

// readStdin replaces what the shared flags leave to standard input by what stands there. Completion never comes here.
func (f *globalFlags) readStdin(p process) (err error) {
	if f.reason == onStdin {
		if f.reason, err = f.reasonFromStdin(p); err != nil {
			return err
		}
	}
	f.reason = strings.Join(strings.Fields(f.reason), " ") // one line, wherever it comes from
	for i, key := range f.employees {
		if key != onStdin {
			continue
		}
		keys, err := f.employeesFromStdin(p)
		if err != nil {
			return err
		}
		f.employees = append(f.employees[:i:i], append(keys, f.employees[i+1:]...)...)
		return f.readStdin(p) // a second - is refused
	}
	return nil
}

// matricule is the argument that names one employee, or what stands on standard input for it.
func (f *globalFlags) matricule(p process, argument string) (string, error) {
	if argument != onStdin {
		return argument, nil
	}
	keys, err := f.employeesFromStdin(p)
	if err == nil && len(keys) != 1 {
		err = wrong("stdin-several", len(keys))
	}
	if err != nil {
		return "", err
	}
	return keys[0], nil
}

// reasonFromStdin is all that a pipe brings, or one line of a terminal.
func (f *globalFlags) reasonFromStdin(p process) (string, error) {
	text, err := f.fromStdin(p, f.prompts(p).Answers.Reason, true)
	if err == nil && strings.TrimSpace(text) == "" {
		err = mistake("stdin-no-reason", nil)
	}
	return text, err
}

// employeesFromStdin is one matricule a line. That there is none is an error: to name nobody would mean everybody.
func (f *globalFlags) employeesFromStdin(p process) ([]string, error) {
	text, err := f.fromStdin(p, f.prompts(p).Answers.Employees, false)
	if err != nil {
		return nil, err
	}
	var keys []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) { // as some spreadsheets begin a file
		switch key := strings.TrimSpace(line); key {
		case "":
		case onStdin:
			return nil, mistake("stdin-dash", nil)
		default:
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, mistake("stdin-nobody", nil)
	}
	return keys, nil
}

// fromStdin reads standard input, once: to its end, or of a terminal one line where that is enough.
func (f *globalFlags) fromStdin(p process, prompt string, oneLine bool) (string, error) {
	if f.stdinRead {
		return "", mistake("stdin-twice", nil)
	}
	f.stdinRead = true
	input := bufio.NewReader(io.LimitReader(p.Stdin, maxStdin+1))
	read := func() (string, error) {
		text, err := io.ReadAll(input)
		return string(text), err
	}
	if terminal.Is(p.Stdin) {
		fmt.Fprint(p.Stderr, prompt)
		if oneLine {
			read = func() (string, error) {
				line, err := input.ReadString('\n')
				if err == io.EOF {
					err = nil
				}
				return line, err
			}
		}
	}
	text, err := p.interruptible(read)
	switch {
	case err != nil:
		return "", err
	case len(text) > maxStdin:
		return "", wrong("stdin-large", maxStdin)
	}
	return text, nil
}

// interruptible lets a signal end a read, which knows of none: whoever is asked something may give up.
func (p process) interruptible(read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return "", unfit(r.err, "command.stdin-unread")
		}
		return r.text, nil
	case <-p.Stop:
		return "", mistake("stdin-stopped", nil)
	}
}

// prompts are a command's texts before it has read the configuration: in the language of that, or else of the locale.
func (f *globalFlags) prompts(p process) *locale.Catalogue {
	language := config.LocaleLanguage(p.Getenv)
	if c := p.quietConfig(f); c != nil {
		language = c.Language(p.Getenv)
	}
	words := locale.Of(locale.Language(language), partner.Default().Name)
	if p.Spoken != nil {
		p.Spoken.Store(words)
	}
	return words
}
