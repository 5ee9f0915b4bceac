package contract

import (
	"slices"
	"strings"

	"syncd/internal/mapping"
)

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
		lists = append(lists, &list{at: at, rows: newSection(at.Schema.elements(), d.dictionaries), query: -1})
	}
	free := make([]bool, min(len(d.push.Source.Children), len(d.shape.Children)))
	for i := range free {
		free[i] = true
		for _, l := range lists {
			if free[i] && l.query < 0 && i < len(d.push.Mapping.Children) && fold(d.push.Mapping.Children[i].Path) == fold(l.at.path) {
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
		trial := newSection(l.at.Schema.elements(), d.dictionaries)
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
		return c.Name == d.push.Source.Children[query].Employee || fold(c.Name) == "dossier" || fold(c.Name) == "siret"
	})
}

// children writes one list of objects with the query that fills it; all of it in comments where no query does.
func (d *sketch) children(l *list, needed bool) {
	if l.key == "" && !needed {
		return // told among what is not required
	}
	block := &sketch{push: d.push, shape: d.shape}
	block.line("[[job.children]]")
	block.line("path = " + tomlString(l.at.path))
	if l.key == "" {
		block.line(`key = "…"   # the member that tells the elements apart in a diff`)
		block.line(`rows = "SELECT … FROM staging.…"`)
	} else {
		source := d.push.Source.Children[l.query]
		key := "key = " + tomlString(l.key)
		if m := l.rows.slot(l.key); m.isAmount() {
			key += "   # CHECK: no member looks like a code; it must tell the elements apart"
		}
		block.line(key)
		block.line("rows = " + tomlString(source.Rows))
		if source.Employee != "" && source.Employee != d.push.Source.Key {
			block.line("employee = " + tomlString(source.Employee))
		}
	}
	block.line("[job.children.fields]")
	block.section(l.rows, l.at.path+"[].", "")
	d.line("")
	if l.key != "" {
		d.WriteString(block.String())
		return
	}
	d.comment("The contract requires this list, but no query gives its rows:")
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
