// Package advise drafts a job's mapping from a contract and the columns of staging.
package advise

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
	"syncd/internal/report/locale"
	"syncd/internal/tomltext"
)

// Scaffold drafts the mapping of a job from the contract: [job.fields] and [[job.children]] in TOML, to be pasted into the
// configuration and read line by line. Members take the columns of their names. What is guessed, and required members that no
// column resembles, are commented lines. push says where the rows come from, and which lists its queries were meant for; shape is
// what the queries return, with one list of columns for each of push.Source.Children. The comments are in the language of words.
func Scaffold(words *locale.Catalogue, op *openapi.Operation, push jobs.PushJob, shape mapping.Shape,
	nomenclatures mapping.Nomenclatures) string {
	d := &sketch{words: words, push: push, shape: shape, nomenclatures: nomenclatures}
	if op == nil || op.Body == nil || !op.Body.Takes(openapi.TypeObject) {
		d.told("none")
		return d.String()
	}
	d.told("drafted", "job", openapi.Tidy(push.Name), "call", op.CallName(), "title", op.Body.Title())
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
	words         *locale.Catalogue
	push          jobs.PushJob
	shape         mapping.Shape
	nomenclatures mapping.Nomenclatures
}

func (d *sketch) line(text string) { d.WriteString(text + "\n") }

func (d *sketch) comment(format string, args ...any) { d.line("# " + fmt.Sprintf(format, args...)) }

// say is what a comment says, of one line or more.
func (d *sketch) say(code string, namesAndValues ...any) string {
	return hinted.Say("scaffold."+code, namesAndValues...).In(d.words)
}

// told writes what a comment says.
func (d *sketch) told(code string, namesAndValues ...any) {
	for line := range strings.SplitSeq(d.say(code, namesAndValues...), "\n") {
		d.line("# " + line)
	}
}

// section writes the fields of one object, the key first, what is required next.
func (d *sketch) section(s *section, prefix, key string) {
	d.entries(s, prefix)
	for _, path := range s.bare() {
		d.comment("%s   # %s", tomltext.Key(path), d.say("object-required"))
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
			d.comment("%s   # %s", tomltext.Key(l.path), d.say("list-within"))
		case inList || !s.needed(l) && !l.taken:
			optional = append(optional, openapi.Tidy(l.path)+" ("+d.say("list-of-objects")+")")
		}
	}
	d.wrapped("optional", optional)
	d.wrapped("odd-names", s.odd)
	d.wrapped("idle-columns", s.idle(key))
}

// entries writes a line for each member that has a column or needs one.
func (d *sketch) entries(s *section, prefix string) {
	var keys, comments []string
	width := 0
	for _, m := range s.inOrder() {
		entry := tomltext.Key(m.path) + " = " + m.value()
		if !m.isMapped() || m.isGuess() {
			entry = "# " + entry
		}
		keys, comments = append(keys, entry), append(comments, d.commentOf(m, s))
		if n := len([]rune(entry)); n <= widestEntry {
			width = max(width, n)
		}
	}
	for i := range keys {
		d.line(fmt.Sprintf("%-*s  # %s", width, keys[i], comments[i]))
	}
	if len(keys) == 0 {
		d.told("no-column", "prefix", prefix)
	}
}

const (
	widestEntry = 72  // characters up to which comments are aligned
	widestLine  = 120 // of a list in comments
)

// wrapped writes a list into comments.
func (d *sketch) wrapped(code string, names []string) {
	if len(names) == 0 {
		return
	}
	text := "# " + d.say(code) + " "
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
	block := &sketch{words: d.words, push: d.push, shape: d.shape}
	block.line("[[job.children]]")
	block.line("path = " + tomltext.String(l.at.path))
	if l.key == "" {
		block.line(`key = "…"   # ` + d.say("key-apart"))
		block.line(`rows = "SELECT … FROM staging.…"`)
	} else {
		source := d.push.Source.Children[l.query]
		key := "key = " + tomltext.String(l.key)
		if m := l.rows.slot(l.key); m.isAmount() {
			key += "   # " + d.say("key-unsure")
		}
		block.line(key)
		block.line("rows = " + tomltext.String(source.Rows))
		if source.Employee != "" && source.Employee != d.push.Source.Key {
			block.line("employee = " + tomltext.String(source.Employee))
		}
	}
	block.line("[job.children.fields]")
	block.section(l.rows, l.at.path+"[].", "")
	d.line("")
	switch guessed := slices.ContainsFunc(l.rows.slots, (*slot).isGuess); {
	case l.key == "":
		d.told("list-required")
	case guessed: // elements without their amounts are worse than none
		d.told("list-unsure")
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
