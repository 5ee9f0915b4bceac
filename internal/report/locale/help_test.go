package locale

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func helpTexts(language Language) map[string]string {
	found := map[string]string{}
	texts(reflect.ValueOf(*HelpOf(language)), "", found)
	return found
}

// typed is what a text of help names as it is typed: flags and settings are the same in every language.
var typed = regexp.MustCompile(`--[a-z][a-z-]+|[a-z]+_[a-z_]+|\[[a-z]+\.[a-z.]+\]`)

// TestHelpSaysTheSame finds English help in French, and flags and settings that only one of them names.
func TestHelpSaysTheSame(t *testing.T) {
	t.Parallel()
	en, fr := helpTexts(English), helpTexts(French)
	same := []string{"OPTIONS", "DESCRIPTION", "SYNOPSIS", "close|reopen|list", "MATRICULE --dossier D", "[test|silence|unsilence]", "SILENCE",
		"--until TIME|--for DURATION --reason TEXT"}
	for path, english := range en {
		french, ok := fr[path]
		switch {
		case !ok:
			t.Errorf("%s: French has nothing for %q", path, english)
		case english == french && english != "" && !strings.Contains(path, "Example") && !slices.Contains(same, english):
			t.Errorf("%s: %q is the same in both languages", path, english)
		case strings.Contains(path, ".Words."): // sentences may need other parts of what happened
		case !slices.Equal(typedIn(english), typedIn(french)):
			t.Errorf("%s: English names %q, French %q", path, typedIn(english), typedIn(french))
		}
	}
	if len(en) != len(fr) {
		t.Errorf("English has %d texts, French %d", len(en), len(fr))
	}
}

func typedIn(text string) []string {
	words := typed.FindAllString(text, -1)
	slices.Sort(words)
	return slices.Compact(words)
}

var (
	said   = regexp.MustCompile(`((?:--reason|echo) )"[^"]*"`) // what a person says, which is French in French
	remark = regexp.MustCompile(`(?m) {3,}\S.*$`)              // what stands behind a command
)

// TestExamplesOfHelpAreTheSame compares their commands.
func TestExamplesOfHelpAreTheSame(t *testing.T) {
	t.Parallel()
	commands := func(text string) string { return remark.ReplaceAllString(said.ReplaceAllString(text, `$1"…"`), "") }
	en, fr := HelpOf(English), HelpOf(French)
	for path, command := range en.Commands {
		french := fr.Commands[path].Example
		if commands(command.Example) != commands(french) {
			t.Errorf("%s: the examples are\n%s\nin English and\n%s\nin French", path, command.Example, french)
		}
		for _, quoted := range said.FindAllString(command.Example, -1) {
			if strings.Contains(french, quoted) {
				t.Errorf("%s: %s is English", path, quoted)
			}
		}
	}
}

func TestFrenchSpacesOfHelp(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(` [;:!?»]|« `)
	for path, text := range helpTexts(French) {
		if hit := wrong.FindString(text); hit != "" {
			t.Errorf("%s: %q is no U+00A0 in %q", path, hit, text)
		}
	}
}
