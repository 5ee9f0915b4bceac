//go:build man

package main

import (
	"fmt"
	"regexp"
	"strings"
)

// What a line of the sample configuration can be, besides a comment. A default is commented out.
var (
	sampleSection = regexp.MustCompile(`^(?:# )?(\[\[?[a-z_.]+\]\]?)(?:\s+# (.*))?$`)
	sampleKey     = regexp.MustCompile(`^(?:# )?([a-z_]+ = (?:"[^"]*"|\[.*?\]|\{.*\}|[\d.]+|true|false))(?:\s+# (.*))?$`)
)

// keysPage makes the section of syncd.toml(5) about the keys out of the sample configuration: each with its default, or
// an example, and its comment.
func keysPage(sample string) []byte {
	k := keys{page: &strings.Builder{}}
	k.page.WriteString(".SH KEYS\nWith their defaults or, where there is none, with an example.\n")
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
	if m := sampleSection.FindStringSubmatch(line); m != nil {
		k.section(m[1], m[2])
	} else if m := sampleKey.FindStringSubmatch(line); m != nil {
		k.key(m[1], m[2])
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
