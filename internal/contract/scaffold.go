package contract

import (
	"fmt"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Scaffold drafts the mapping of a job from the contract: [job.fields] and [[job.children]] in TOML, to be pasted into the
// configuration and read line by line. Members take the columns that resemble them by name; required members without one
// are left as commented lines. push says where the rows come from, and which lists its queries were meant for; shape is
// what the queries return, with one list of columns for each of push.Source.Children.
func Scaffold(op *Operation, push jobs.PushJob, shape mapping.Shape, dictionaries mapping.Dictionaries) string {
	d := &sketch{push: push, shape: shape, dictionaries: dictionaries}
	if op == nil || op.Body == nil || !op.Body.takes(TypeObject) {
		d.comment("The contract does not say which members a document has: see 'syncd contract show'.")
		return d.String()
	}
	d.comment("Drafted for the job %s from the contract: %s takes %s.", tidy(push.Name), op.callName(), op.Body.title())
	d.comment("Names were compared, nothing else: read each line before it sends anything. Put this in the place of [job.fields] and")
	d.comment("[[job.children]] of that job, then run: syncd check")
	root := newSection(op.Body, dictionaries)
	root.match(shape.Employee, push.Source.Key)
	lists := d.pair(root)
	d.line("")
	d.line("[job.fields]")
	d.section(root, "", push.Source.Key)
	d.guards(root)
	for _, list := range lists {
		d.children(list, root.needed(list.at))
	}
	return d.String()
}

// sketch is the text in the making.
type sketch struct {
	strings.Builder
	push         jobs.PushJob
	shape        mapping.Shape
	dictionaries mapping.Dictionaries
}

func (d *sketch) line(text string) { d.WriteString(text + "\n") }

func (d *sketch) comment(format string, args ...any) { d.line("# " + fmt.Sprintf(format, args...)) }

// section writes the fields of one object, the key first, what is required next.
func (d *sketch) section(s *section, prefix, key string) {
	d.entries(s, prefix)
	for _, path := range s.bare() {
		d.comment("%s   # required: an object, of which at least one member must be mapped", tomlKey(path))
	}
	var optional []string
	for _, m := range s.slots {
		if !m.isMapped() && !s.needed(m) {
			optional = append(optional, fmt.Sprintf("%s (%s)", tidy(m.path), m.terms()))
		}
	}
	for _, l := range s.lists {
		switch inList := prefix != ""; {
		case inList && s.needed(l):
			d.comment("%s   # required: a list within a list, which cannot be mapped", tomlKey(l.path))
		case inList || !s.needed(l) && !l.taken:
			optional = append(optional, tidy(l.path)+" (list of objects)")
		}
	}
	d.wrapped("Not required, and no column resembles them: ", optional)
	d.wrapped("These names cannot be mapped, as they have dots or brackets in them: ", s.odd)
	d.wrapped("Columns that nothing carries: ", s.idle(key))
}

// entries writes a line for each member that has a column or needs one.
func (d *sketch) entries(s *section, prefix string) {
	var keys, comments []string
	width := 0
	for _, m := range s.inOrder() {
		entry := tomlKey(m.path) + " = " + m.value(s)
		if !m.isMapped() {
			entry = "# " + entry
		}
		keys, comments = append(keys, entry), append(comments, m.comment(s))
		if n := len([]rune(entry)); n <= widestEntry {
			width = max(width, n)
		}
	}
	for i := range keys {
		d.line(fmt.Sprintf("%-*s  # %s", width, keys[i], comments[i]))
	}
	if len(keys) == 0 {
		d.comment("No member of %s resembles a column.", prefix+"the contract")
	}
}

const (
	widestEntry = 72  // characters up to which comments are aligned
	widestLine  = 120 // of a list in comments
)

// wrapped writes a list into comments.
func (d *sketch) wrapped(lead string, names []string) {
	if len(names) == 0 {
		return
	}
	text := "# " + lead
	for i, name := range names {
		if i < len(names)-1 {
			name += ", "
		}
		if len([]rune(text+name)) > widestLine && text != "#   " {
			d.line(strings.TrimRight(text, " "))
			text = "#   "
		}
		text += name
	}
	d.line(text)
}
