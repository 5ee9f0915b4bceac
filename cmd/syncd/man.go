//go:build man

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra/doc"

	"syncd"
)

// The build tag makes another program of this package, whose only purpose is to write the manual pages of all commands:
// go run -tags man ./cmd/syncd man DIR. It takes over before main, so that syncd itself does not know of it.
func init() {
	if len(os.Args) != 3 || os.Args[1] != "man" {
		fmt.Fprintln(os.Stderr, "usage: SOURCE_DATE_EPOCH=… go run -tags man ./cmd/syncd man DIR")
		os.Exit(exitUsage)
	}
	os.Exit(tell(os.Stderr, writeManPages(os.Args[2])))
}

// writeManPages writes one page for each command, dated SOURCE_DATE_EPOCH so that the same commit gives the same bytes, and
// completes those that scripts/man.sh has put there.
func writeManPages(dir string) error {
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return errors.New("SOURCE_DATE_EPOCH is not a number of seconds\nhint: export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)")
	}
	date := time.Unix(seconds, 0).UTC()
	root := newRoot(process{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv})
	root.DisableAutoGenTag = true
	header := doc.GenManHeader{Section: "1", Date: &date, Source: "syncd " + version, Manual: "syncd"}
	if err := doc.GenManTree(root, &header, dir); err != nil {
		return fmt.Errorf("writing manual pages: %w", err)
	}
	more, err := os.ReadFile("packaging/syncd.1.more")
	if err != nil {
		return fmt.Errorf("writing manual pages: %w", err)
	}
	if err := insertBefore(filepath.Join(dir, "syncd.1"), ".SH SEE ALSO\n", more); err != nil {
		return err
	}
	return insertBefore(filepath.Join(dir, "syncd.toml.5"), ".SH FILES\n", keysPage(syncd.SampleConfig))
}

// insertBefore puts text in front of the one line of a page that begins a section.
func insertBefore(page, heading string, text []byte) error {
	before, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("completing a manual page: %w", err)
	}
	if bytes.Count(before, []byte("\n"+heading)) != 1 {
		return fmt.Errorf("%s has not one line %q to put its further sections before", page, heading)
	}
	after := bytes.Replace(before, []byte("\n"+heading), slices.Concat([]byte("\n"), text, []byte(heading)), 1)
	return os.WriteFile(page, after, 0o644) //nolint:gosec // manual pages are for everyone
}
