package main

import (
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/terminal"
)

// onStdin is the argument for what stands on standard input. Arguments are seen by everyone: in the list of processes, in
// the log of sudo, and in the unit that systemd makes of a command.
const onStdin = "-"

// readStdin replaces what the shared flags leave to standard input by what stands there. Completion never comes here.
func (p process) readStdin() (err error) {
	f := p.flags
	if f.reason == onStdin {
		if f.reason, err = p.reasonFromStdin(); err != nil {
			return err
		}
	}
	f.reason = strings.Join(strings.Fields(f.reason), " ") // one line, wherever it comes from
	for _, named := range []*[]string{&f.employees, &f.except} {
		i := slices.Index(*named, onStdin)
		if i < 0 {
			continue
		}
		keys, err := p.employeesFromStdin()
		if err != nil {
			return err
		}
		*named = slices.Concat((*named)[:i], keys, (*named)[i+1:])
		return p.readStdin() // a second - is refused
	}
	return nil
}

// matricule is the argument that names one employee, or what stands on standard input for it.
func (p process) matricule(argument string) (string, error) {
	if argument != onStdin {
		return argument, nil
	}
	keys, err := p.employeesFromStdin()
	if err == nil && len(keys) != 1 {
		err = unfit("command.stdin-several", "value", len(keys))
	}
	if err != nil {
		return "", err
	}
	return keys[0], nil
}

// reasonFromStdin is all that a pipe brings, or one line of a terminal.
func (p process) reasonFromStdin() (string, error) {
	text, err := p.fromStdin(p.prompts().Answers.Reason, true)
	if err == nil && strings.TrimSpace(text) == "" {
		err = unfit("command.stdin-no-reason")
	}
	return text, err
}

// employeesFromStdin is one matricule a line. That there is none is an error: to name nobody would mean everybody.
func (p process) employeesFromStdin() ([]string, error) {
	text, err := p.fromStdin(p.prompts().Answers.Employees, false)
	if err != nil {
		return nil, err
	}
	var keys []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) { // as some spreadsheets begin a file
		switch key := strings.TrimSpace(line); key {
		case "":
		case onStdin:
			return nil, unfit("command.stdin-dash")
		default:
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, unfit("command.stdin-nobody")
	}
	return keys, nil
}

// fromStdin reads standard input, once.
func (p process) fromStdin(prompt string, oneLine bool) (string, error) {
	if p.flags.stdinRead {
		return "", unfit("command.stdin-twice")
	}
	p.flags.stdinRead = true
	text, err := terminal.Input{From: p.Stdin, Prompt: p.Stderr, Stop: p.Stop}.Read(prompt, oneLine)
	if err != nil {
		return "", usageError{err}
	}
	return text, nil
}

// prompts are a command's texts before it has read the configuration: in the language of that, or else of the locale.
func (p process) prompts() *locale.Catalogue {
	language := config.LocaleLanguage(p.Getenv)
	if c, err := partner.LoadConfig(configPath(p.flags.config, p.Getenv), p.Getenv); err == nil {
		language = c.Language(p.Getenv)
	}
	words := locale.Of(locale.Language(language), "")
	if p.Spoken != nil {
		p.Spoken.Store(words)
	}
	return words
}
