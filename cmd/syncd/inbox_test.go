package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"syncd/internal/app/apptest"
)

// A file is not written to a terminal, where it would be noise and could drive it.
func TestAFileIsNotForATerminal(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	dir := t.TempDir()
	if err := apptest.WriteConfig(dir, "http://127.0.0.1:1", "DATABASE"); err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	getenv := func(name string) string { return map[string]string{"DATABASE": "postgres://127.0.0.1:1/none"}[name] }
	args := []string{"inbox", "export", "factures", "0195-a", "--config", filepath.Join(dir, "config.toml")}
	code := run(args, process{Stdout: terminal, Stderr: &told, Getenv: getenv})
	const want = "syncd: a file is not for a terminal\nhint: name where it goes: --output facture.pdf\n"
	if code != exitUsage || told.String() != want {
		t.Errorf("exit code %d: %s", code, &told)
	}
}
