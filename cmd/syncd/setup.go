package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"syncd/internal/admin"
	"syncd/internal/app/setup"
	"syncd/internal/help"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/terminal"
)

// setupFlags answer the questions of a setup beforehand.
type setupFlags struct {
	machine                        setup.Machine
	instance                       string
	named                          map[string]*string // by the name of the value
	partners, dossiers, values, of []string           // of: files of secrets
	rehearsal                      bool
}

func newSetup(p process) *cobra.Command {
	f := setupFlags{named: map[string]*string{}}
	var options []option
	for _, name := range []string{"language", "environment", "database", "tables", "schema", "schedule"} {
		f.named[name] = new(string)
		options = append(options, flagText(name, f.named[name], nil))
	}
	options = append(options, several("partner", &f.partners, oneOf(partner.Names)), several("dossier", &f.dossiers, nil),
		several("set", &f.values, nil), several("secret", &f.of, nil), onOff("rehearsal", &f.rehearsal), onOff("dry-run", &f.machine.DryRun))
	cmd := plain("setup", nothing, func(cmd *cobra.Command, _ []string) error { return p.setup(cmd, &f) }, options...)
	cmd.Flags().StringVarP(&f.instance, "instance", "i", "", "")
	cmd.Flags().StringVar(&f.machine.Root, "root", "", "")
	cmd.Flags().Lookup("root").Hidden = true // for tests
	return cmd
}

// typedAgain are the flags that were given, as they can be typed once more.
func typedAgain(flags *pflag.FlagSet) string {
	var words []string
	flags.Visit(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		values := []string{f.Value.String()}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		for _, value := range values {
			if words = append(words, "--"+f.Name); f.Value.Type() != "bool" {
				words = append(words, value)
			}
		}
	})
	if len(words) == 0 {
		return ""
	}
	return " " + admin.PlainWords(words)
}

func (p process) setup(cmd *cobra.Command, f *setupFlags) error {
	switch {
	case p.Getenv(admin.Variable) != "" || os.Geteuid() != 0 && f.machine.Root == "":
		return unfit("setup.not-root", "command", atHand("sudo syncd setup")+typedAgain(cmd.Flags()))
	case p.flags.config != "":
		return unfit("setup.own-place")
	}
	if err := (&admin.Admin{Instance: f.instance}).Check(); err != nil {
		return usageError{err}
	}
	f.machine.Getenv = p.Getenv
	f.machine.Told = func(fact hinted.Fact) { p.tell(p.Stdout, fact.In(p.words())) }
	a, err := p.answers(cmd, f)
	if err != nil {
		return err
	}
	if f.machine.Configured(a) {
		if err := f.machine.Fits(a); err != nil {
			return err
		}
		path := f.machine.Folder(f.instance) + "/config.toml"
		p.tell(p.Stdout, hinted.Say("setup.configured", "path", path, "check", a.Admin("check")).In(p.words()))
		return nil
	}
	if err := p.ask(a); err != nil {
		return err
	}
	return p.setUp(cmd.Context(), f, a)
}

// answers are those of the flags.
func (p process) answers(cmd *cobra.Command, f *setupFlags) (*setup.Answers, error) {
	a := &setup.Answers{Instance: f.instance, Language: string(p.language()), Rehearsal: f.rehearsal,
		Values: map[string]string{}, Secrets: map[string]string{}}
	a.Kept = func(name string) bool { return f.machine.HasCredential(a, name) }
	for name, value := range f.named {
		if cmd.Flags().Changed(name) {
			a.Values[name] = *value
		}
	}
	if len(f.partners) > 0 {
		a.Values["partner"] = strings.Join(f.partners, ",")
	}
	for _, value := range f.values {
		name, value, _ := strings.Cut(value, "=")
		a.Values[name] = value
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	for _, dossier := range f.dossiers {
		if err := a.TakeDossier(dossier); err != nil {
			return nil, err
		}
	}
	a.Complete = len(a.Dossiers) > 0
	return a, p.secretFiles(a, f.of)
}

// secretFiles reads secrets that are named NAME=FILE: no argument holds one.
func (p process) secretFiles(a *setup.Answers, files []string) error {
	for _, file := range files {
		name, path, _ := strings.Cut(file, "=")
		var value string
		var err error
		if path == onStdin {
			value, err = p.fromStdin(hinted.Say("setup.ask-secret", "about", name).In(p.words()), true)
		} else {
			var content []byte
			content, err = os.ReadFile(path)
			value = string(content)
		}
		if err == nil && strings.TrimSpace(value) == "" {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return usageError{hinted.Because(err, "setup.secret-unread", "name", name, "path", path)}
		}
		if err := a.Take(setup.Question{Name: name, Secret: true}, value); err != nil {
			return err
		}
	}
	return nil
}

// ask asks a person for what the flags leave open. Where there is none, or nothing that must be known is, the defaults hold.
func (p process) ask(a *setup.Answers) error {
	here := terminal.Is(p.Stdin) && terminal.Is(p.Stderr)
	for questions := a.Open(); here && a.Asks() && len(questions) > 0; questions = a.Open() {
		if err := p.askFor(a, questions[0]); err != nil {
			return err
		}
		if language := a.Values["language"]; language != "" && p.Spoken != nil {
			p.Spoken.Store(locale.Of(locale.Language(language), ""))
		}
	}
	if missing := a.Defaults(); len(missing) > 0 {
		return unfit("setup.missing", "flags", "\n  "+strings.Join(missing, "\n  ")+"\n")
	}
	return a.Unused()
}

// askFor asks one question until its answer can be taken.
func (p process) askFor(a *setup.Answers, q setup.Question) error {
	in := terminal.Input{From: p.Stdin, Prompt: p.Stderr, Stop: p.Stop}
	read := in.Line
	if q.Secret {
		read = in.Hidden
	}
	prompt := q.Asked().In(p.words())
	if q.Default != "" {
		prompt += " [" + q.Default + "]"
	}
	for {
		answer, given, err := read(text.Fold(prompt, p.width(p.Stderr)) + p.words().Colon)
		if err == nil && !given {
			err = hinted.Because(nil, "setup.given-up")
		}
		if err != nil {
			return usageError{err}
		}
		if err = a.Take(q, answer); err == nil {
			return nil
		}
		p.tell(p.Stderr, message(p.inWords(err)))
	}
}

// setUp makes what is missing, and tells what is left to do.
func (p process) setUp(ctx context.Context, f *setupFlags, a *setup.Answers) error {
	if f.machine.DryRun {
		p.tell(p.Stdout, hinted.Say("setup.dry").In(p.words()))
	}
	ctx, release := jobs.UntilStopped(ctx, p.Stop)
	defer release()
	missing, err := f.machine.Do(ctx, a)
	if err != nil {
		return err
	}
	migrated := f.machine.Migrate(ctx, a)
	p.tell(p.Stdout, "\n"+hinted.Say("setup.left").In(p.words())+"\n")
	sudo := ""
	if p.Getenv("SUDO_UID") != "" {
		sudo = "sudo "
	}
	var steps strings.Builder
	t := tabwriter.NewWriter(&steps, 0, 0, 3, ' ', 0)
	for _, step := range f.machine.Left(a, missing, migrated) {
		fmt.Fprintf(t, "  %s\t# %s\n", typed(sudo, step.Command), step.In(p.words()))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprint(p.Stdout, help.Fold(steps.String(), p.width(p.Stdout)))
	keep := hinted.Say("setup.keep-key", "path", f.machine.Folder(a.Instance)+"/credentials/ledger-key")
	p.tell(p.Stdout, "\n"+keep.In(p.words()))
	return nil
}

// typed is a command of root's as a person types it, with sudo or as root.
func typed(sudo, command string) string {
	if several, is := strings.CutPrefix(command, "("); is {
		return sudo + "sh -c '" + strings.TrimSuffix(several, ")") + "'"
	}
	if anybodys, roots, piped := strings.Cut(command, " | "); piped {
		return anybodys + " | " + sudo + roots
	}
	return sudo + command
}
