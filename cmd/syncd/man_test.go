package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"syncd"
	"syncd/internal/help/man"
	"syncd/internal/report/locale"
)

// ofOthers are pages of other packages that ours refer to.
var ofOthers = []string{"systemd-run(1)", "systemd.exec(5)"}

// Each page refers to others that the package has, each is referred to by one that comes before it, and what is written by hand ends
// its lines as what is made does.
func TestManualPagesReferToEachOther(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1790000000")
	dir := t.TempDir()
	pages := man.Program{Version: "test", Values: helpValues,
		Root: func() *cobra.Command {
			return newRoot(process{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }})
		},
		Samples: map[locale.Language]string{locale.English: syncd.SampleConfig, locale.French: syncd.FrenchSample},
		Further: map[locale.Language]string{locale.English: "", locale.French: ""}}
	for _, language := range []string{"", "fr"} {
		if err := os.MkdirAll(filepath.Join(dir, language), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{"syncd-admin.8", "syncd.toml.5"} { // as scripts/man.sh does
			text, err := os.ReadFile(filepath.Join("..", "..", "packaging", language, page))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, language, page), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := pages.WritePages(dir); err != nil {
		t.Fatal(err)
	}
	wantReferences(t, dir, "SEE ALSO")
	wantReferences(t, filepath.Join(dir, "fr"), "VOIR AUSSI")
}

var reference = regexp.MustCompile(`^\.BR (\S+) \((\d)\)(,?)$`)

// wantReferences looks at the section of each page that says what else to see.
func wantReferences(t *testing.T, dir, heading string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.[158]"))
	if err != nil || len(files) < 50 {
		t.Fatalf("%d pages: %v", len(files), err)
	}
	referred := map[string]bool{"syncd.1": true}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "\n.SH "+heading+"\n")
		if len(parts) != 2 || strings.Contains(parts[1], ".SH ") {
			t.Errorf("%s does not end with one section %q", file, heading)
			continue
		}
		lines := strings.Split(strings.TrimSpace(parts[1]), "\n")
		for i, line := range lines {
			found := reference.FindStringSubmatch(line)
			if document, is := strings.CutPrefix(line, ".I /usr/share/doc/syncd/"); is && i == len(lines)-1 {
				if _, err := os.Stat(filepath.Join("..", "..", document)); err != nil {
					t.Errorf("%s refers to a document: %v", file, err)
				}
				continue
			}
			if found == nil || (found[3] == ",") != (i < len(lines)-1) {
				t.Errorf("%s: %q is no reference", file, line)
				continue
			}
			page := strings.ReplaceAll(found[1], `\-`, "-")
			referred[page+"."+found[2]] = true
			if page == strings.TrimSuffix(filepath.Base(file), "."+found[2]) {
				t.Errorf("%s refers to itself", file)
			}
			if _, err := os.Stat(filepath.Join(dir, page+"."+found[2])); err != nil && !slices.Contains(ofOthers, page+"("+found[2]+")") {
				t.Errorf("%s refers to %s(%s), which there is not", file, page, found[2])
			}
		}
	}
	for _, file := range files {
		if !referred[filepath.Base(file)] {
			t.Errorf("no page refers to %s", file)
		}
	}
}
