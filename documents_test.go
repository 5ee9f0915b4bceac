package syncd

import (
	"bytes"
	"cmp"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// How long a document may be, in bytes: any, and one that is read as a whole, or looked things up in.
const longestDocument = 12_000

var longest = map[string]int{"README.md": 10_000, "README.fr.md": 10_000, "docs/fr/guide-paie.md": 6_000, "ARCHITECTURE.md": 24_576}

// translated are documents that exist in both languages: who follows one types what who follows the other types.
var translated = map[string]string{
	"README.md":              "README.fr.md",
	"docs/administration.md": "docs/fr/administration.md",
	"docs/contract.md":       "docs/fr/contrat.md",
	"docs/from-source.md":    "docs/fr/depuis-les-sources.md",
	"docs/guards.md":         "docs/fr/garde-fous.md",
	"docs/inbox.md":          "docs/fr/reception.md",
	"docs/install.md":        "docs/fr/installation.md",
	"docs/isidoor.md":        "docs/fr/isidoor.md",
	"docs/monitoring.md":     "docs/fr/surveillance.md",
	"docs/reference.md":      "docs/fr/reference.md",
	"docs/page.md":           "docs/fr/page.md",
	"docs/rehearsal.md":      "docs/fr/repetition.md",
	"docs/schedule.md":       "docs/fr/planning.md",
	"docs/staging.md":        "docs/fr/donnees-preparees.md",
	"docs/alerts.md":         "docs/fr/alertes.md",
	"docs/partners.md":       "docs/fr/partenaires.md",
}

var (
	fenced  = regexp.MustCompile("(?s)```([a-z]*)\n(.*?)```")
	span    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	remark  = regexp.MustCompile(`\s+# .*|\s*-- .*`)
	named   = regexp.MustCompile("`((?:sudo )?(?:syncd|syncd-admin|systemctl|journalctl|runuser|apt|make) [^`]+)`")
	capital = regexp.MustCompile(`\p{Lu}+`)
	quoted  = regexp.MustCompile(`"[^"]*"`)
	spoken  = regexp.MustCompile(`((?:--reason|echo|systemd-ask-password) |^language = )"[^"]*"|(RAISE )'(?:[^']|\'\')*'|'\((?:none|aucun)\)'`)
)

// documents are the texts of all documents, by their paths.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && path != "docs" && !strings.HasPrefix(path, "docs/"):
			return fs.SkipDir
		case filepath.Ext(path) == ".md":
			all[path] = string(read(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDocumentsAreShort(t *testing.T) {
	t.Parallel()
	for path, text := range documents(t) {
		if most := cmp.Or(longest[path], longestDocument); len(text) > most {
			t.Errorf("%s has %d bytes, at most %d: divide it", path, len(text), most)
		}
	}
}

// anchors are the places of a document that a link can name, as the host of the repository makes them of its headings.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, found[1])] = true
	}
	return all
}

// linksOf are what a document links to within the repository: a path, and an anchor or nothing.
func linksOf(t *testing.T, path, text string) (all [][2]string) {
	t.Helper()
	text = span.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
	for _, found := range link.FindAllStringSubmatch(text, -1) {
		target, err := url.Parse(found[1])
		switch {
		case err != nil:
			t.Errorf("%s: %v", path, err)
		case target.Scheme == "" && target.Path == "":
			all = append(all, [2]string{path, target.Fragment})
		case target.Scheme == "":
			all = append(all, [2]string{filepath.Join(filepath.Dir(path), target.Path), target.Fragment})
		}
	}
	return all
}

func TestLinksOfDocumentsResolve(t *testing.T) {
	t.Parallel()
	all := documents(t)
	for path, text := range all {
		for _, target := range linksOf(t, path, text) {
			if found, err := filepath.Glob(target[0]); err != nil || len(found) == 0 {
				t.Errorf("%s links to %s, which is not there", path, target[0])
			} else if target[1] != "" && !anchors(all[target[0]])[target[1]] {
				t.Errorf("%s links to %s#%s, which has no such heading", path, target[0], target[1])
			}
		}
	}
}

// A document that nothing leads to is read by nobody: a reader of French is led to what there is in French.
func TestDocumentsAreLinkedTo(t *testing.T) {
	t.Parallel()
	all := documents(t)
	for _, start := range []string{"README.md", "README.fr.md"} {
		reached, next := map[string]bool{start: true}, []string{start}
		for len(next) > 0 {
			path := next[0]
			next = next[1:]
			for _, target := range linksOf(t, path, all[path]) {
				_, is := all[target[0]]
				if french := strings.Contains(target[0], "fr/"); is && !reached[target[0]] && (start != "README.fr.md" || french) {
					reached[target[0]] = true
					next = append(next, target[0])
				}
			}
		}
		for path := range all {
			ours := strings.HasPrefix(path, "docs/fr/") || start == "README.md" && strings.HasPrefix(path, "docs/") &&
				!strings.HasPrefix(path, "docs/decisions/")
			if ours && !reached[path] {
				t.Errorf("no link leads from %s to %s", start, path)
			}
		}
	}
}

// What the program, its manual and its package name as a document is one, with that heading.
func TestDocumentsNamedElsewhereExist(t *testing.T) {
	t.Parallel()
	all, found := documents(t), 0
	named := regexp.MustCompile(`\bdocs/[a-z/-]+\.(?:md|svg)(?:(?:, (?:\\?"|«\x{a0}))([^"»\\]+))?`)
	for _, pattern := range []string{"config*.toml", "internal/report/locale/*.toml", "packaging/*", "packaging/fr/*", "systemd/*",
		"scripts/*", "migrations/*.sql", "migrations/inbox/*.sql"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if path == "packaging/fr" {
				continue
			}
			for _, name := range named.FindAllStringSubmatch(string(read(t, path)), -1) {
				found++
				document, _, _ := strings.Cut(name[0], ",")
				text, exists := all[document]
				switch {
				case !exists && filepath.Ext(document) == ".md":
					t.Errorf("%s names %s, which is not there", path, document)
				case name[1] != "" && !strings.Contains(text, strings.TrimSpace(strings.ReplaceAll(name[1], "\u00a0", " "))+"\n"):
					t.Errorf("%s names %q of %s, which has no such heading", path, name[1], document)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d names were found", found)
	}
}

// typed are the blocks of a document that are typed or written into files, without what is said in a language.
func typed(text string) (blocks []string) {
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		if block[1] == "" && !strings.HasPrefix(block[2], "run finished (") {
			continue // what a program prints, but for the journal, which is English
		}
		var lines []string
		for line := range strings.Lines(block[2]) {
			line = remark.ReplaceAllString(strings.TrimSpace(line), "")
			if line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, spoken.ReplaceAllString(line, `$1$2""`))
			}
		}
		blocks = append(blocks, block[1]+"\n"+strings.Join(lines, "\n"))
	}
	return blocks
}

// within are the commands that the sentences and tables of a document name, without what is said in a language.
func within(text string) map[string]bool {
	all := map[string]bool{}
	for _, found := range named.FindAllStringSubmatch(strings.ReplaceAll(fenced.ReplaceAllString(text, ""), "\n", " "), -1) {
		all[capital.ReplaceAllString(quoted.ReplaceAllString(found[1], `""`), "X")] = true
	}
	return all
}

func TestBothLanguagesTypeTheSame(t *testing.T) {
	t.Parallel()
	all := documents(t)
	for english, french := range translated {
		inEnglish, inFrench := within(all[english]), within(all[french])
		for command := range inEnglish {
			if !inFrench[command] {
				t.Errorf("%s names `%s`, and %s does not", english, command, french)
			}
		}
		for command := range inFrench {
			if !inEnglish[command] {
				t.Errorf("%s names `%s`, and %s does not", french, command, english)
			}
		}
		en, fr := typed(all[english]), typed(all[french])
		for i := range min(len(en), len(fr)) {
			if en[i] != fr[i] {
				t.Errorf("block %d of %s is\n%s\nand of %s\n%s", i+1, english, en[i], french, fr[i])
			}
		}
		if len(en) != len(fr) {
			t.Errorf("%s has %d blocks, %s %d", english, len(en), french, len(fr))
		}
	}
	known := slices.Collect(maps.Values(translated))
	for path := range all {
		// who does the payroll in French, and who asks the partner in French, have no document of the same in English
		own := []string{"docs/fr/guide-paie.md", "docs/fr/lettre-fnogec.md"}
		if strings.HasPrefix(path, "docs/fr/") && !slices.Contains(known, path) && !slices.Contains(own, path) {
			t.Errorf("%s is the translation of nothing", path)
		}
	}
}

// In French no line breaks before a sign of two parts, or within guillemets, but in what is typed or printed.
func TestFrenchSpacesOfDocuments(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(` [;:!?»](?:\s|$)|« `)
	for path, text := range documents(t) {
		if path != "README.fr.md" && !strings.HasPrefix(path, "docs/fr/") {
			continue
		}
		text = fenced.ReplaceAllStringFunc(text, func(block string) string { return strings.Repeat("\n", strings.Count(block, "\n")) })
		for i, line := range strings.Split(span.ReplaceAllString(text, "``"), "\n") {
			if hit := wrong.FindString(line); hit != "" {
				t.Errorf("%s:%d: %q is no U+00A0", path, i+1, hit)
			}
		}
	}
}

// Who does the payroll reads no words of who wrote the program.
func TestTheGuideHasNoJargon(t *testing.T) {
	t.Parallel()
	guide := strings.ToLower(string(read(t, "docs/fr/guide-paie.md")))
	for _, word := range []string{"démon", "empreinte", "staging", "[job.", "toml", "json", "baseline", "payload"} {
		if strings.Contains(guide, word) {
			t.Errorf("docs/fr/guide-paie.md says %q", word)
		}
	}
}

func TestPicturesAreDrawn(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"docs/flow", "docs/fr/flow"} {
		var said bytes.Buffer
		draw := exec.CommandContext(t.Context(), "awk", "-f", "scripts/picture.awk", path+".txt")
		draw.Stderr = &said
		drawn, err := draw.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, &said)
		}
		if !bytes.Equal(drawn, read(t, path+".svg")) {
			t.Errorf("%s.svg is not what %s.txt says: run make picture", path, path)
		}
	}
}

// member is a field's name in JSON, as a struct's tag tells it.
var member = regexp.MustCompile("`json:\"([a-z0-9_]+)[\",]")

// TestMembersOfJSON: what --json prints is told, each member by its name.
func TestMembersOfJSON(t *testing.T) {
	told := map[string]bool{}
	for path, text := range documents(t) {
		if path != "docs/json.md" && !strings.HasPrefix(path, "docs/json/") {
			continue
		}
		for _, name := range span.FindAllString(text, -1) {
			told[strings.Trim(name, "`")] = true
		}
	}
	n := 0
	for _, room := range []string{"internal/report/view", "cmd/syncd"} {
		sources, err := filepath.Glob(room + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range sources {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range member.FindAllStringSubmatch(string(source), -1) {
				if n++; !told[found[1]] {
					t.Errorf("%s: no document of docs/json names the member `%s`", path, found[1])
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d members were found: do the rooms still stand there?", n)
	}
}
