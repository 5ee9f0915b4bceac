package syncd

import (
	"regexp"
	"strings"
	"testing"
)

// set is a line of a sample that sets something, or would if it were no comment, and the comment behind it. A line of an explanation
// may begin like one, but never has such a value.
var set = regexp.MustCompile(`^((?:# )?(?:\[\[?[a-z_.A-Z-]+\]\]?|[a-z_]+ = (?:"[^"]*"|\[.*?\]|\{.*\}|[\d.-]+|true|false)))(?:\s+# (.*))?$`)

// part is a line that sets something, or the comment that stands between two of them.
type part struct{ setting, comment string }

// partsOf takes a sample apart. Blank lines stay between comments, and a comment behind a setting is a part of its own, as it may be
// long in one language.
func partsOf(sample string) []part {
	var parts []part
	explain := func(text string) {
		if n := len(parts); n > 0 && parts[n-1].setting == "" && parts[n-1].comment != "" && text != "" {
			parts[n-1].comment += "\n" + text
		} else {
			parts = append(parts, part{comment: text})
		}
	}
	for line := range strings.Lines(sample) {
		line = strings.TrimRight(line, "\n")
		switch m := set.FindStringSubmatch(line); {
		case m != nil:
			parts = append(parts, part{setting: m[1]})
			if m[2] != "" {
				explain(m[2])
			}
		case line == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
			explain(strings.TrimSpace(line))
		default:
			parts = append(parts, part{setting: line})
		}
	}
	return parts
}

// TestFrenchSampleIsTheSame finds what config.fr.toml sets otherwise than config.toml, and what it leaves in English or unexplained.
func TestFrenchSampleIsTheSame(t *testing.T) {
	t.Parallel()
	en, fr := partsOf(SampleConfig), partsOf(FrenchSample)
	for i := range min(len(en), len(fr)) {
		switch {
		case en[i].setting != fr[i].setting, (en[i].comment == "") != (fr[i].comment == ""):
			t.Fatalf("after %q, config.toml has\n%+v\nand config.fr.toml\n%+v", en[max(i-1, 0)], en[i], fr[i])
		case en[i].comment == fr[i].comment && len(en[i].comment) > 1:
			t.Errorf("%q is the same in both languages", en[i].comment)
		}
	}
	if len(en) != len(fr) {
		t.Errorf("config.toml has %d parts, config.fr.toml %d", len(en), len(fr))
	}
}

func TestFrenchSpacesOfSample(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(` [;:!?»](?:\s|$)|« `)
	for i, line := range strings.Split(FrenchSample, "\n") {
		if hit := wrong.FindString(line); hit != "" {
			t.Errorf("config.fr.toml:%d: %q is no U+00A0", i+1, hit)
		}
	}
}
