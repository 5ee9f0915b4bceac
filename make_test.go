package syncd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What make says of a Go that go.mod does not take: which one is needed, which one is there, where to get it.
func TestMakeTellsWhichGoIsNeeded(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(string(read(t, "go.mod")), "\ngo ")
	want, _, _ := strings.Cut(rest, "\n")
	for name, c := range map[string]struct{ program, says string }{
		"old": {"echo go1.19.8", "make: Go " + want + " is needed; this is 1.19.8\n"},
		"old, without others": {"[ $1 = version ] && echo go version go1.21.0 linux/amd64", "make: Go " + want +
			" is needed; this is go1.21.0\n"},
		"enough": {"echo go" + want, ""},
		"newer":  {"echo go99.1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+c.program+"\n"), 0o700); err != nil { //nolint:gosec // a program
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "go")
			cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
			out, err := cmd.CombinedOutput()
			said := string(out)
			switch {
			case c.says == "" && (err != nil || said != ""):
				t.Errorf("%v: %s", err, said)
			case c.says != "" && (err == nil || !strings.HasPrefix(said, c.says+"hint: get it from https://go.dev/dl/ ")):
				t.Errorf("%v: %s", err, said)
			}
		})
	}
}

// A release is made of a tag that says who made it and when, of nothing that is not committed, and tells what it brings.
func TestReleaseIsOfATag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(path, text string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	command := func(name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a",
			"GIT_COMMITTER_EMAIL=a@b"}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	git := func(args ...string) {
		t.Helper()
		if said, err := command("git", args...); err != nil {
			t.Fatal(said)
		}
	}
	refused := func(want string, args ...string) {
		t.Helper()
		said, err := command("scripts/release.sh", args...)
		if err == nil || !strings.HasPrefix(said, want) {
			t.Errorf("want %q, not %v: %s", want, err, said)
		}
	}
	write("scripts/release.sh", string(read(t, "scripts/release.sh")), 0o700)
	write("Makefile", "deb:\n\t@echo building && false\n", 0o600)
	write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- Something.\n", 0o600)
	git("init", "-q")
	refused("release: there are changes that are not committed\nhint: ")
	refused("building\n", "--trial")
	git("add", ".")
	git("commit", "-qm", "one")
	refused("release: this commit has no tag vX.Y.Z\nhint: ")
	git("tag", "v1.2.0")
	refused("release: the tag v1.2.0 says neither who made it nor when\nhint: ")
	git("tag", "-d", "v1.2.0")
	git("tag", "-a", "-m", "two", "v1.2")
	refused("release: the tag v1.2 is no version\nhint: ")
	git("tag", "-d", "v1.2")
	git("tag", "-a", "-m", "three", "v1.2.0")
	refused("release: CHANGELOG.md has no part ## [1.2.0]\nhint: ")
	write("CHANGELOG.md", "# Changelog\n\n## [1.2.0] - 2026-12-01\n\n- Something.\n\n## [1.1.0] - 2026-11-01\n", 0o600)
	refused("release: there are changes that are not committed\nhint: ")
	git("commit", "-qam", "four")
	refused("release: this commit has no tag vX.Y.Z\nhint: ")
	git("tag", "-f", "-a", "-m", "four", "v1.2.0")
	refused("building\n")
}

// What CI does at a tag: the release is attached when all else has passed, by the build of the tag alone, and no other step has the
// right to write it.
func TestCIAttachesAtATag(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env      string
		fails    string
		attaches bool
	}{
		"a tag":                       {"GITHUB_REF=refs/tags/v1.2.0", "", true},
		"a tag, GitLab":               {"CI_COMMIT_TAG=v1.2.0", "", true},
		"a tag that is no version":    {"GITHUB_REF=refs/tags/nightly", "", false},
		"a branch":                    {"GITHUB_REF=refs/heads/main", "", false},
		"no CI":                       {"GITHUB_REF=", "", false},
		"a tag whose tests fail":      {"GITHUB_REF=refs/tags/v1.2.0", "test-web", false},
		"a tag that does not release": {"GITHUB_REF=refs/tags/v1.2.0", "release", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			script := "#!/bin/sh\necho \"$*: ${GITHUB_TOKEN:-none}${CI_JOB_TOKEN:+ given}\" >>" + dir + "/made\n[ \"$1\" != '" + c.fails + "' ]\n"
			for path, text := range map[string]string{".ci/run": string(read(t, ".ci/run")), "bin/make": script} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o700); err != nil { //nolint:gosec // a program
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), filepath.Join(dir, ".ci", "run"))
			cmd.Env = []string{"PATH=" + dir + "/bin:/usr/bin:/bin", "GITHUB_TOKEN=secret", "CI_JOB_TOKEN=secret", c.env}
			if out, err := cmd.CombinedOutput(); (err != nil) != (c.fails != "") || strings.Contains(string(out), "secret") {
				t.Errorf("%v: %s", err, out)
			}
			steps, last, _ := strings.Cut(string(read(t, filepath.Join(dir, "made"))), "attach: ")
			if strings.Contains(steps, "secret") || strings.Contains(steps, "given") || !strings.Contains(steps, "release") {
				t.Errorf("the steps were\n%s", steps)
			}
			if want := map[bool]string{true: "secret given\n"}[c.attaches]; last != want {
				t.Errorf("attaching: %q, not %q", last, want)
			}
		})
	}
}
