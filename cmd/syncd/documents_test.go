package main

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"syncd/migrations"
)

var (
	fenced = regexp.MustCompile("(?s)```([a-z]*)\n(.*?)```")
	span   = regexp.MustCompile("`([^`\n]+)`")
	// What is another one in each test.
	address = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	setting = regexp.MustCompile(`\S+\.toml:\d+`)
	word    = regexp.MustCompile(`"[^"]*"|'[^']*'|[|&;()<>]+|[^\s|&;()<>"']+`)
	// What may stand before a command in a line of a shell: variables, and programs that start it.
	before = regexp.MustCompile(`^(sudo|timeout|-.*|[0-9]+|[A-Z_]+=.*)$`)
	remark = regexp.MustCompile(`(?m)\s+#.*$|^#.*$`)
)

// block is the Nth block of a document, from 1, of those in a language; "" is what a program prints.
func block(ts *testscript.TestScript, document, language, n string) string {
	text, err := os.ReadFile(document)
	ts.Check(err)
	number, err := strconv.Atoi(n)
	ts.Check(err)
	for _, found := range fenced.FindAllStringSubmatch(string(text), -1) {
		if found[1] == language {
			if number--; number == 0 {
				return found[2]
			}
		}
	}
	ts.Fatalf("%s has no block %s in %q", document, n, language)
	return ""
}

// scriptBlock is: block DOCUMENT LANGUAGE N FILE. The file gets the Nth block in that language.
func scriptBlock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: block DOCUMENT LANGUAGE N FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(block(ts, args[0], args[1], args[2])), 0o600))
}

// scriptShows is: shows DOCUMENT N. The Nth output that the document shows is that of the last command; a line "…" stands
// for any, an address and the line of a setting too.
func scriptShows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shows DOCUMENT N")
	}
	spaces := strings.NewReplacer("\u00a0", " ") // which a writer of documents does not see
	said := address.ReplaceAllString(spaces.Replace(ts.ReadFile("stdout")), "127.0.0.1:8089")
	said = "\n" + setting.ReplaceAllString(said, "/etc/syncd/config.toml:261")
	piece := "\n"
	for line := range strings.Lines(spaces.Replace(block(ts, args[0], "", args[1])) + "…\n") {
		if strings.TrimSpace(line) != "…" {
			piece += line
			continue
		}
		_, rest, found := strings.Cut(said, piece)
		if !found {
			ts.Fatalf("%s shows\n%s\nwhich is not in\n%s", args[0], piece, said)
		}
		said, piece = "\n"+rest, "\n"
	}
}

// granted are the rights that roles.sql gives to who fills staging.
var granted = regexp.MustCompile(`(?m)^GRANT (.*) TO (?:syncd, |syncd_web, )*staging_writer;$`)

// scriptWriter is: writer NAME. The environment gets the URL of a login that has the rights of staging_writer, and no other.
func scriptWriter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: writer NAME")
	}
	role, address := ts.Value(loginOf{}).(func() (role, address string))() //nolint:forcetypeassert // setUp puts it there
	for _, right := range granted.FindAllStringSubmatch(migrations.Roles, -1) {
		ts.Check(withDatabase(ts, func(conn *pgx.Conn) error {
			_, err := conn.Exec(context.Background(), "GRANT "+right[1]+" TO "+role)
			return err
		}))
	}
	ts.Setenv(args[0], address)
}

// Commands that documents show exist, with these flags.
func TestDocumentedCommandsExist(t *testing.T) {
	t.Parallel()
	found := map[string]error{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		case filepath.Ext(path) != ".md" || d.Name() == "CHANGELOG.md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			if block[1] == "sh" {
				wantCommands(t, path, remark.ReplaceAllString(block[2], ""), true, found)
			}
		}
		for _, inline := range span.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
			wantCommands(t, path, inline[1], false, found)
		}
		return nil
	})
	if err != nil || len(found) < 100 {
		t.Errorf("%d commands were found: %v", len(found), err)
	}
}

// wantCommands looks at each command of a text, once. In prose one may lack its arguments.
func wantCommands(t *testing.T, path, text string, whole bool, found map[string]error) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		for _, words := range commandsIn(line) {
			key := strings.Join(words, " ") + strconv.FormatBool(whole)
			if _, known := found[key]; !known {
				found[key] = understood(words[0], words[1:], whole)
			}
			if err := found[key]; err != nil {
				t.Errorf("%s: %q: %v", path, strings.Join(words, " "), err)
			}
		}
	}
}

// commandsIn are the commands of ours in a line of a shell, as words.
func commandsIn(line string) (all [][]string) {
	ours, other := false, false
	for _, w := range word.FindAllString(line, -1) {
		switch {
		case strings.ContainsAny(w[:1], "|&;()<>"):
			ours, other = false, strings.ContainsAny(w[:1], "<>")
		case ours:
			all[len(all)-1] = append(all[len(all)-1], strings.Trim(w, `"'`))
		case !other && (w == "syncd" || w == "syncd-admin"):
			ours = true
			all = append(all, []string{w})
		case !before.MatchString(w):
			other = true
		}
	}
	return all
}

// understood tells why a command is none of ours, or has flags, or arguments, that it does not take.
func understood(name string, args []string, whole bool) error {
	var instance string
	p := process{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
	root := newRoot(p)
	if name == "syncd-admin" {
		root = newAdminRoot(p, &instance)
	}
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if whole {
		return cmd.ValidateArgs(cmd.Flags().Args())
	}
	return nil
}
