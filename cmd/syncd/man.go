//go:build man

package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"syncd"
	"syncd/internal/help/man"
	"syncd/internal/report/locale"
)

// The build tag makes another program of this package, whose only purpose is to write the manual pages of all commands:
// go run -tags man ./cmd/syncd man DIR. It takes over before main, so that syncd itself does not know of it.
func init() {
	if len(os.Args) != 3 || os.Args[1] != "man" {
		fmt.Fprintln(os.Stderr, "usage: SOURCE_DATE_EPOCH=… go run -tags man ./cmd/syncd man DIR")
		os.Exit(exitUsage)
	}
	root := func() *cobra.Command {
		return newRoot(process{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv})
	}
	samples := map[locale.Language]string{locale.English: syncd.SampleConfig, locale.French: syncd.FrenchSample}
	pages := man.Program{Root: root, Version: version, Values: helpValues, Samples: samples, Further: map[locale.Language]string{
		locale.English: further("packaging/syncd.1.more"), locale.French: further("packaging/fr/syncd.1.more")}}
	os.Exit(tell(os.Stderr, 0, pages.WritePages(os.Args[2])))
}

func further(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		os.Exit(tell(os.Stderr, 0, err))
	}
	return string(text)
}
