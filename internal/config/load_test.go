package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/config/strict"
)

var update = flag.Bool("update", false, "rewrite the expected messages at the end of the fixtures")

// wantPrefix begins the lines at the end of a fixture that hold its exact message.
const wantPrefix = "#! "

func noEnv(string) string { return "" }

// TestProblems loads each bad fixture: one rule each, and the exact message at its end.
func TestProblems(t *testing.T) {
	t.Parallel()
	fixtures, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(fixtures) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, fixture := range fixtures {
		name := strings.TrimSuffix(filepath.Base(fixture), ".toml")
		if name == "valid" || name == "records" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := Load(fixture, noEnv, testSections)
			if err == nil { // what is yet to be mapped is only in the way of who needs it
				_, err = c.PushJob("paie")
			}
			if _, ok := errors.AsType[*strict.Error](err); !ok {
				t.Fatalf("got %v, want an *Error", err)
			}
			got := strings.ReplaceAll(err.Error(), "testdata/", "")
			if strings.Contains(got, "HID") {
				t.Errorf("the message shows a value: %s", got)
			}
			if want := expected(t, fixture, got); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			for line := range strings.SplitSeq(got, "\n") {
				if hint, ok := strings.CutPrefix(line, "hint:"); ok && strings.TrimSpace(hint) == "" {
					t.Error("an empty hint")
				}
			}
			if strings.Count(got, "\nhint: ") != strings.Count(got, name+".toml") {
				t.Errorf("not each problem has its hint:\n%s", got)
			}
		})
	}
}

// expected reads the message at the end of a fixture, or writes it there with -update.
func expected(t *testing.T, fixture, got string) string {
	t.Helper()
	content, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	document, _, _ := strings.Cut(string(content), wantPrefix)
	if *update {
		document += wantPrefix + strings.ReplaceAll(got, "\n", "\n"+wantPrefix) + "\n"
		if err := os.WriteFile(fixture, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		return got
	}
	var want []string
	for line := range strings.Lines(string(content)) {
		if text, ok := strings.CutPrefix(line, wantPrefix); ok {
			want = append(want, strings.TrimSuffix(text, "\n"))
		}
	}
	return strings.Join(want, "\n")
}
