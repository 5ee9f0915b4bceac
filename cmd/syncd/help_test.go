package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryCommandHasAnExample walks through all commands of ours: each says what it does, and shows how.
func TestEveryCommandHasAnExample(t *testing.T) {
	t.Parallel()
	root := newRoot(process{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }})
	contract := []string{"check", "migrate", "plan", "run", "resume", "approve", "cancel", "settle", "period", "runs", "show", "why", "audit",
		"dictionary", "schedule", "pause", "sandbox", "version", "completion"}
	for _, name := range contract {
		if cmd, _, err := root.Find([]string{name}); err != nil || cmd == root {
			t.Errorf("there is no command %s", name)
		}
	}
	wantExamples(t, root)
}

func wantExamples(t *testing.T, cmd *cobra.Command) {
	t.Helper()
	if cmd.Short == "" {
		t.Errorf("%s does not say what it does", cmd.CommandPath())
	}
	if !strings.Contains(cmd.Example, cmd.CommandPath()) {
		t.Errorf("%s shows no example of its own: %q", cmd.CommandPath(), cmd.Example)
	}
	for _, sub := range cmd.Commands() {
		wantExamples(t, sub)
	}
}
