// Package advise drafts a job's mapping from a contract and the columns of staging.
package advise

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// Scaffold drafts the mapping of a job from the contract: [job.fields] and [[job.children]] in TOML, to be pasted into the
// configuration and read line by line. Members take the columns of their names. What is guessed, and required members that no
// column resembles, are commented lines. push says where the rows come from, and which lists its queries were meant for; shape is
// what the queries return, with one list of columns for each of push.Source.Children.
func Scaffold(op *openapi.Operation, push jobs.PushJob, shape mapping.Shape, nomenclatures mapping.Nomenclatures) string {
	d := &sketch{push: push, shape: shape, nomenclatures: nomenclatures}
	if op == nil || op.Body == nil || !op.Body.Takes(openapi.TypeObject) {
		d.comment("The contract does not say which members a document has: see 'syncd contract show'.")
		return d.String()
	}
	d.comment("Drafted for the job %s from the contract: %s takes %s.", openapi.Tidy(push.Name), op.CallName(), op.Body.Title())
	d.comment("Names were compared, nothing else: read each line before it sends anything. A guess is a comment: take away its # where it")
	d.comment("is right. Put this in the place of [job.fields] and [[job.children]] of that job, then run: syncd check")
	root := newSection(op.Body, nomenclatures)
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
	push          jobs.PushJob
	shape         mapping.Shape
	nomenclatures mapping.Nomenclatures
}

func (d *sketch) line(text string) { d.WriteString(text + "\n") }

func (d *sketch) comment(format string, args ...any) { d.line("# " + fmt.Sprintf(format, args...)) }

// section writes the fields of one object, the key first, what is required next.
func (d *sketch) section(s *section, prefix, key string) {
	d.entries(s, prefix)
	for _, path := range s.bare() {
		d.comment("%s   # required: an object, of which at least one member must be mapped", check.TOMLKey(path))
	}
	var optional []string
	for _, m := range s.slots {
		if !m.isMapped() && !s.needed(m) {
			optional = append(optional, fmt.Sprintf("%s (%s)", openapi.Tidy(m.path), m.Terms()))
		}
	}
	for _, l := range s.lists {
		switch inList := prefix != ""; {
		case inList && s.needed(l):
			d.comment("%s   # required: a list within a list, which cannot be mapped", check.TOMLKey(l.path))
		case inList || !s.needed(l) && !l.taken:
			optional = append(optional, openapi.Tidy(l.path)+" (list of objects)")
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
		entry := check.TOMLKey(m.path) + " = " + m.value()
		if !m.isMapped() || m.isGuess() {
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

// list is one list of objects in the contract, and the query whose rows it takes.
type list struct {
	at    *slot
	rows  *section // of its elements
	query int      // index of push.Source.Children; -1 = none
	key   string   // the member that tells elements apart in a diff; "" = no member has a column
}

// pair finds the queries for the contract's lists: by the path that the job gives them now, else by their columns.
func (d *sketch) pair(root *section) []*list {
	var lists []*list
	for _, at := range root.lists {
		lists = append(lists, &list{at: at, rows: newSection(at.Schema.Elements(), d.nomenclatures), query: -1})
	}
	free := make([]bool, min(len(d.push.Source.Children), len(d.shape.Children)))
	for i := range free {
		free[i] = true
		for _, l := range lists {
			if free[i] && l.query < 0 && i < len(d.push.Mapping.Children) &&
				plaintext.Fold(d.push.Mapping.Children[i].Path) == plaintext.Fold(l.at.path) {
				l.query, free[i] = i, false
			}
		}
	}
	for i := range free {
		if best := d.likeliest(lists, i); free[i] && best != nil {
			best.query = i
		}
	}
	for _, l := range lists {
		if l.query >= 0 {
			l.rows.matchRows(d.rowsOf(l.query))
			l.key = d.childKey(l)
			l.at.taken = l.key != ""
		}
	}
	return lists
}

// likeliest is the list whose members resemble most of a query's columns; nil = none resembles any.
func (d *sketch) likeliest(lists []*list, query int) *list {
	var best *list
	most := 0
	for _, l := range lists {
		if l.query >= 0 {
			continue
		}
		trial := newSection(l.at.Schema.Elements(), d.nomenclatures)
		trial.matchRows(d.rowsOf(query))
		if n := trial.mapped(); n > most {
			best, most = l, n
		}
	}
	return best
}

// rowsOf are the columns of a query without those by which its rows are found.
func (d *sketch) rowsOf(query int) []mapping.Column {
	return slices.DeleteFunc(slices.Clone(d.shape.Children[query]), func(c mapping.Column) bool {
		return c.Name == d.push.Source.Children[query].Employee || plaintext.Fold(c.Name) == "dossier" || plaintext.Fold(c.Name) == "siret"
	})
}

// children writes one list of objects with the query that fills it; all of it in comments where no query does.
func (d *sketch) children(l *list, needed bool) {
	if l.key == "" && !needed {
		return // told among what is not required
	}
	block := &sketch{push: d.push, shape: d.shape}
	block.line("[[job.children]]")
	block.line("path = " + check.TOMLString(l.at.path))
	if l.key == "" {
		block.line(`key = "…"   # the member that tells the elements apart in a diff`)
		block.line(`rows = "SELECT … FROM staging.…"`)
	} else {
		source := d.push.Source.Children[l.query]
		key := "key = " + check.TOMLString(l.key)
		if m := l.rows.slot(l.key); m.isAmount() {
			key += "   # CHECK: no member looks like a code; it must tell the elements apart"
		}
		block.line(key)
		block.line("rows = " + check.TOMLString(source.Rows))
		if source.Employee != "" && source.Employee != d.push.Source.Key {
			block.line("employee = " + check.TOMLString(source.Employee))
		}
	}
	block.line("[job.children.fields]")
	block.section(l.rows, l.at.path+"[].", "")
	d.line("")
	switch guessed := slices.ContainsFunc(l.rows.slots, (*slot).isGuess); {
	case l.key == "":
		d.comment("The contract requires this list, but no query gives its rows:")
	case guessed: // elements without their amounts are worse than none
		d.comment("Not all of this list is sure: where it is right, take away the first # of each line, and that of each guess:")
	default:
		d.WriteString(block.String())
		return
	}
	for text := range strings.Lines(block.String()) {
		d.WriteString("# " + text)
	}
}

// childKey is the member that tells elements apart in a diff: the one that does so now, else one that looks like a code,
// else a text that is required; "" = no member has a column.
func (d *sketch) childKey(l *list) string {
	now := ""
	if l.query < len(d.push.Mapping.Children) {
		now = d.push.Mapping.Children[l.query].Key
	}
	if l.rows.mapped() == 0 {
		return ""
	}
	best, most := "", -1
	for _, m := range l.rows.slots {
		if m.column == nil && !m.Required {
			continue
		}
		score := 0
		for i, good := range []bool{m.column != nil, m.Required, m.isText(), m.isCode(), m.path == now && m.column != nil && m.isText()} {
			if good {
				score += 1 << i
			}
		}
		if score > most {
			best, most = m.path, score
		}
	}
	return best
}
