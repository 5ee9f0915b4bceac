package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"syncd/internal/help"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
)

var languages = []locale.Language{locale.English, locale.French}

func spoken(root *cobra.Command, language locale.Language) {
	help.Speak(root, language, helpValues, nil, func(io.Writer) int { return 0 })
	help.Describe(root, helpValues)
}

func rootIn(language locale.Language) *cobra.Command {
	root := newRoot(process{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }})
	spoken(root, language)
	return root
}

// TestEveryCommandHasAnExample walks through all commands of ours: each says what it does, and shows how.
func TestEveryCommandHasAnExample(t *testing.T) {
	t.Parallel()
	root := rootIn(locale.English)
	contract := []string{"check", "migrate", "plan", "run", "resume", "approve", "cancel", "settle", "period", "runs", "show", "why", "audit",
		"dictionary", "schedule", "pause", "sandbox", "version", "completion"}
	for _, name := range contract {
		if cmd, _, err := root.Find([]string{name}); err != nil || cmd == root {
			t.Errorf("there is no command %s", name)
		}
	}
	for _, language := range languages {
		for _, cmd := range help.WithBelow(rootIn(language)) {
			if cmd.Short == "" {
				t.Errorf("%s does not say what it does", cmd.CommandPath())
			}
			if cmd.Name() != "help" && !strings.Contains(cmd.Example, cmd.CommandPath()) {
				t.Errorf("%s shows no example of its own: %q", cmd.CommandPath(), cmd.Example)
			}
		}
	}
}

// TestHelpIsWhole wants a text for each command, flag and fault, and each text to have one.
func TestHelpIsWhole(t *testing.T) {
	t.Parallel()
	for _, language := range languages {
		var instance string
		admins := newAdminRoot(process{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}, &instance)
		spoken(admins, language)
		own, alike := map[string]bool{}, map[string]bool{}
		h := help.Of(admins)
		for _, cmd := range append(help.WithBelow(rootIn(language)), help.WithBelow(admins)...) {
			path := help.Path(cmd)
			own[path] = true
			cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
				if f.Usage == "" {
					t.Errorf("%s: --%s of %s says nothing", language, f.Name, path)
				}
				if _, has := h.Commands[path].Flags[f.Name]; has {
					own[path+" --"+f.Name] = true
				} else {
					alike[f.Name] = true
				}
				if kind, _ := pflag.UnquoteUsage(f); kind != "" && h.Types[kind] == "" {
					t.Errorf("%s: --%s of %s takes a %s, which has no name", language, f.Name, path, kind)
				}
			})
			for _, text := range []string{cmd.Short, cmd.Long, cmd.Example, help.Usage(cmd)} {
				for _, name := range []string{"config", "states", "decisions", "profiles", "notice", "faults", "calls", "default", "program"} {
					if strings.Contains(text, "{"+name+"}") {
						t.Errorf("%s: {%s} stays in what %s says", language, name, path)
					}
				}
			}
		}
		for path, text := range h.Commands {
			if !own[path] {
				t.Errorf("%s: there is no command %q", language, path)
			}
			for name := range text.Flags {
				if !own[path+" --"+name] {
					t.Errorf("%s: %q has no flag --%s", language, path, name)
				}
			}
		}
		for name := range h.Flags {
			if !alike[name] {
				t.Errorf("%s: no command shares a flag --%s", language, name)
			}
		}
		var faults []string
		for _, stand := range partner.StandIns() {
			for _, f := range stand.API.FaultFlags() {
				faults = append(faults, f.Name)
			}
		}
		slices.Sort(faults)
		faults = slices.Compact(faults)
		if got := slices.Sorted(maps.Keys(h.Faults)); !slices.Equal(got, faults) {
			t.Errorf("%s: the faults with a text are %q, want %q", language, got, faults)
		}
	}
}

// TestLanguageOfHelp takes it from a line of a configuration, however broken, and waits for nothing.
func TestLanguageOfHelp(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	french, pipe := file("fr.toml", "language = \"fr\"\n[broken"), filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	english := file("en.toml", "  language='en' # comment\n")
	below := file("below.toml", "[section]\nlanguage = \"fr\"\n")
	for _, test := range []struct {
		args     []string
		env      map[string]string
		language locale.Language
	}{
		{[]string{"run", "--config", french}, nil, locale.French},
		{[]string{"--config=" + french}, nil, locale.French},
		{[]string{"--config", french, "--config", english}, nil, locale.English},
		{[]string{"run", "--", "--config", french}, map[string]string{"SYNCD_CONFIG": english}, locale.English},
		{nil, map[string]string{"SYNCD_CONFIG": french, "LC_ALL": "en_GB.UTF-8"}, locale.French},
		{nil, map[string]string{"SYNCD_CONFIG": english, "LANG": "fr_FR.UTF-8"}, locale.English},
		{nil, map[string]string{"SYNCD_CONFIG": below, "LANG": "fr_FR.UTF-8"}, locale.French},
		{nil, map[string]string{"SYNCD_CONFIG": below}, locale.English},
		{[]string{"--config", pipe}, map[string]string{"LC_ALL": "fr"}, locale.French},
		{[]string{"--config", folder}, map[string]string{"LC_ALL": "C.UTF-8"}, locale.English},
		{[]string{"--config", filepath.Join(folder, "none")}, nil, locale.English},
		{[]string{"--config"}, map[string]string{"SYNCD_CONFIG": french}, locale.French},
		{[]string{"--config", french}, map[string]string{"SYNCD_ADMIN": "syncd.service", "SYNCD_CONFIG": english}, locale.English},
	} {
		p := process{Getenv: func(name string) string { return test.env[name] }}
		if got := p.helpLanguage(test.args); got != test.language {
			t.Errorf("%q in %q gives %s, want %s", test.args, test.env, got, test.language)
		}
	}
}

// What has no room on a narrow terminal goes on below, but commands to copy; where there is room, and in a pipe, help is as it is
// written.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	for _, language := range languages {
		for _, columns := range []int{60, 80, 0} {
			root := newRoot(process{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }})
			help.Speak(root, language, helpValues, nil, func(io.Writer) int { return columns })
			for _, cmd := range help.WithBelow(root) {
				var shown strings.Builder
				cmd.SetOut(&shown)
				if err := cmd.Help(); err != nil {
					t.Fatal(err)
				}
				help.Describe(root, helpValues)
				whole := help.Usage(cmd)
				if columns == 0 && !strings.HasSuffix(shown.String(), whole) {
					t.Errorf("%s: in a pipe, the help of %s is\n%s", language, cmd.CommandPath(), &shown)
				}
				if got, want := strings.Fields(shown.String()), strings.Fields(cmd.Long+"\n"+whole); cmd.Long != "" && !slices.Equal(got, want) {
					t.Errorf("%s: %d columns change what %s says:\n%s", language, columns, cmd.CommandPath(), &shown)
				}
				wantFits(t, columns, shown.String())
			}
		}
	}
}
