package main

import (
	"io"
	"strings"
	"testing"
)

// TestWhoeverIsAskedMayGiveUp: a signal ends the wait for what is never typed, and nothing was decided.
func TestWhoeverIsAskedMayGiveUp(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	silent, end := io.Pipe()
	defer end.Close()
	p := process{Stdin: silent, Stderr: io.Discard, Stop: stop, Getenv: func(string) string { return "" },
		flags: &globalFlags{config: "none.toml", reason: onStdin}}
	ended := make(chan error)
	go func() { ended <- p.readStdin() }()
	close(stop)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "nothing was done") || exitCode(err) != exitUsage {
		t.Errorf("%v", err)
	}
}
