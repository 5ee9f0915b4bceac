// Package man writes the manual pages: those of the commands, from their help, and what completes the others.
package man

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"syncd/internal/help"
	"syncd/internal/lazyregexp"
	"syncd/internal/report/locale"
)

// Program is what manual pages are made of.
type Program struct {
	Root    func() *cobra.Command // made anew for each language
	Version string
	Values  help.Values
	Samples map[locale.Language]string // the configuration, commented
	Further map[locale.Language]string // sections of the program's own page
}

// WritePages writes one page for each command in each language, dated SOURCE_DATE_EPOCH so that the same commit gives the same
// bytes, and completes those that scripts/man.sh has put there. Those of French are in the folder fr.
func (p *Program) WritePages(dir string) error {
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return errors.New("SOURCE_DATE_EPOCH is not a number of seconds\nhint: export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)")
	}
	date := time.Unix(seconds, 0).UTC()
	if err := p.writeLanguage(dir, locale.English, date); err != nil {
		return err
	}
	return p.writeLanguage(filepath.Join(dir, "fr"), locale.French, date)
}

func (p *Program) writeLanguage(dir string, language locale.Language, date time.Time) error {
	if err := p.writeCommands(dir, language, date); err != nil {
		return err
	}
	files := ".SH " + locale.HelpOf(language).Man["FILES"] + "\n"
	return insertBefore(filepath.Join(dir, "syncd.toml.5"), files, keysOf(p.Samples[language]))
}

// writeCommands writes those of the commands.
func (p *Program) writeCommands(dir string, language locale.Language, date time.Time) error {
	root := p.Root()
	help.Speak(root, language, p.Values, nil, nil)
	help.Describe(root, p.Values)
	root.DisableAutoGenTag = true
	header := doc.GenManHeader{Section: "1", Date: &date, Source: "syncd " + p.Version, Manual: "syncd"}
	if err := doc.GenManTree(root, &header, dir); err != nil {
		return fmt.Errorf("writing manual pages: %w", err)
	}
	for _, cmd := range help.WithBelow(root) {
		if cmd != root && !cmd.IsAvailableCommand() {
			continue
		}
		page := filepath.Join(dir, pageOf(cmd.CommandPath())+".1")
		if err := p.frame(page, cmd, language, date); err != nil {
			return err
		}
	}
	further := ".SH " + help.Of(root).Man["SEE ALSO"] + "\n"
	return insertBefore(filepath.Join(dir, "syncd.1"), further, []byte(p.Further[language]))
}

// pageOf is the name of a command's page.
func pageOf(path string) string { return strings.ReplaceAll(path, " ", "-") }

// related are the commands to which the page of a command refers, besides those above and below it: what comes before or after it.
var related = map[string]string{
	"approve": "audit cancel resume show", "audit": "show why", "cancel": "approve show", "check": "contract setup staging",
	"contract": "check", "daemon": "pause runs schedule", "dictionary": "plan run", "forget": "audit purge why", "inbox": "run runs",
	"migrate": "check purge setup", "pause": "schedule unpause", "period": "runs settle", "plan": "run show why", "purge": "forget migrate",
	"rekey": "check setup", "resume": "approve run show", "run": "approve plan resume runs show", "runs": "schedule show why",
	"sandbox": "run setup", "schedule": "daemon pause runs", "settle": "period show why", "setup": "check migrate sandbox staging",
	"show": "approve runs settle why", "staging": "check plan setup", "unpause": "pause schedule", "why": "audit plan show",
}

// seeAlso are the pages to which that of a command refers, by section.
func seeAlso(cmd *cobra.Command) string {
	var pages []string
	add := func(path string) { pages = append(pages, pageOf(path)+"(1)") }
	cmd.VisitParents(func(above *cobra.Command) { add(above.CommandPath()) })
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			add(below.CommandPath())
		}
	}
	for _, name := range strings.Fields(related[strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")]) {
		add(cmd.Root().Name() + " " + name)
	}
	slices.Sort(pages)
	if !strings.HasPrefix(cmd.CommandPath(), cmd.Root().Name()+" completion") && cmd.Name() != "version" {
		pages = append(pages, "syncd.toml(5)", "syncd-admin(8)")
	}
	var b strings.Builder
	for i, page := range slices.Compact(pages) {
		if i > 0 {
			b.WriteString(",\n")
		}
		name, section, _ := strings.Cut(page, "(")
		b.WriteString(".BR " + roff(name) + " (" + section)
	}
	return b.String() + "\n"
}

var manHeading = lazyregexp.New(`(?m)^\.SH (.+)$`)

// frame puts into a language what cobra writes around the texts of a page: headings, the date, and what stands for flags. What else to
// see is ours: cobra knows only what is above and below.
func (p *Program) frame(page string, cmd *cobra.Command, language locale.Language, date time.Time) error {
	h := locale.HelpOf(language)
	text, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("translating a manual page: %w", err)
	}
	body, _, _ := strings.Cut(string(text), "\n.SH SEE ALSO\n")
	whole := manHeading().ReplaceAllStringFunc(body+"\n.SH SEE ALSO\n"+seeAlso(cmd), func(line string) string {
		heading := strings.TrimPrefix(line, ".SH ")
		if h.Man[heading] == "" {
			err = fmt.Errorf("%s has a heading %q that has no words in the catalogue", page, heading)
		}
		return ".SH " + h.Man[heading]
	})
	if err != nil {
		return err
	}
	if language != locale.English {
		month := locale.Of(language, "").Month(date)
		whole = strings.Replace(whole, `"`+date.Format("Jan 2006")+`"`, `"`+month+`"`, 1)
	}
	whole = strings.ReplaceAll(whole, "[flags]", h.Words.Options)
	return os.WriteFile(page, []byte(whole), 0o644) //nolint:gosec // manual pages are for everyone
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

// What a line of the sample configuration can be, besides a comment. A default is commented out.
var (
	sampleSection = lazyregexp.New(`^(?:# )?(\[\[?[a-z_.-]+\]\]?)(?:\s+# (.*))?$`)
	sampleMore    = lazyregexp.New(`^#?\s{4,}# (.*)$`) // of the comment behind the key before it
	sampleKey     = lazyregexp.New(`^(?:# )?([a-z_]+ = (?:"[^"]*"|\[.*?\]|\{.*\}|[\d.-]+|true|false))(?:\s+# (.*))?$`)
)

// keysOf is what syncd.toml(5) says about the keys, out of the sample configuration: each with its default, or an example, and its
// comment.
func keysOf(sample string) []byte {
	k := keys{page: &strings.Builder{}}
	for line := range strings.Lines(sample) {
		k.line(strings.TrimRight(line, " \n"))
	}
	k.paragraph()
	return []byte(k.page.String())
}

// keys is one pass over the sample configuration.
type keys struct {
	page    *strings.Builder
	begun   bool     // a key or section has been seen: what stands before is about the file, not about keys
	comment []string // lines whose subject is still to come
	tags    []string // keys that share
	text    []string // this comment,
	closed  bool     // and no further key does: it stands after one of them
}

func (k *keys) line(line string) {
	if m := sampleSection().FindStringSubmatch(line); m != nil {
		k.section(m[1], m[2])
	} else if m := sampleKey().FindStringSubmatch(line); m != nil {
		k.key(m[1], m[2])
	} else if m := sampleMore().FindStringSubmatch(line); m != nil && k.closed {
		k.text = append(k.text, m[1])
	} else if text, isComment := strings.CutPrefix(line, "#"); isComment && strings.TrimSpace(text) != "" {
		k.comment = append(k.comment, strings.TrimPrefix(text, " "))
	} else if line == "" || isComment { // else it is a field of an example
		k.paragraph()
	}
}

func (k *keys) section(name, comment string) {
	k.flush()
	fmt.Fprintf(k.page, ".SS %s\n", roff(name))
	k.begun = true
	k.write(k.take(comment))
}

// key is a tag with its comment. One without any shares that of the key before it.
func (k *keys) key(assignment, after string) {
	text := k.take(after)
	if len(k.tags) == 0 || len(text) > 0 || k.closed {
		k.flush()
		k.text, k.closed = text, after != ""
	}
	k.tags, k.begun = append(k.tags, assignment), true
}

// flush writes the keys that have gathered.
func (k *keys) flush() {
	for i, tag := range k.tags {
		macro := ".TQ"
		if i == 0 {
			macro = ".TP"
		}
		fmt.Fprintf(k.page, "%s\n\\fB%s\\fP\n", macro, roff(tag))
	}
	k.write(k.text)
	k.tags, k.text, k.closed = nil, nil, false
}

// paragraph is a comment that is about no single key.
func (k *keys) paragraph() {
	k.flush()
	if text := k.take(""); k.begun && len(text) > 0 {
		k.page.WriteString(".PP\n")
		k.write(text)
	}
}

// take is the comment that has gathered, and one more.
func (k *keys) take(more string) []string {
	text := k.comment
	if more != "" {
		text = append(text, more)
	}
	k.comment = nil
	return text
}

// write fills lines. A sentence that begins a line of the source begins one here, too: it may be in another language.
func (k *keys) write(text []string) {
	ended := false
	for _, line := range text {
		example := strings.HasPrefix(line, "  ")
		if ended || example {
			k.page.WriteString(".br\n")
		}
		k.page.WriteString(roff(strings.TrimSpace(line)) + "\n")
		ended = example || strings.HasSuffix(line, ".")
	}
}

// roff escapes a line of text.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "'").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
