package report

import (
	"bytes"
	"encoding/json"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// maxPathWidth is how far the values of a diff are moved to the right, to stand below one another.
const maxPathWidth = 40

// itemWithDiff writes an item, and what differs, a line a field. Of a new employee all is new, so it is only counted
// unless everything is asked for.
func (g *page) itemWithDiff(item *jobs.Item, text []string, show Show) {
	show.Diff = show.Diff && len(item.Diff) > 0
	brief := show.Diff && item.Difference == jobs.Created && !show.All
	if brief {
		text[0] += " (" + g.newDocument(item) + ")"
	}
	g.item(item, text)
	if show.Diff && !brief {
		g.diff(g.textIndent(), item.Diff)
	}
}

func (g *page) diff(indent int, diff []mapping.Change) {
	width := 0
	for i := range diff {
		width = max(width, length(clean(diff[i].Path)))
	}
	width = min(width, maxPathWidth)
	for i := range diff {
		change := &diff[i]
		g.spaces(indent)
		g.sign(jobs.Difference(change.Op))
		g.text(plain, " "+padRight(clean(cut(change.Path)), width)+"  ")
		g.text(plain, g.change(change))
		g.newline()
	}
}

// newDocument counts what a document that was never sent holds.
func (p *Printer) newDocument(item *jobs.Item) string {
	fields := 0
	for _, change := range item.Diff {
		if !change.Child {
			fields++
		}
	}
	text := p.Count(p.Catalogue.Plurals.Fields, fields)
	if item.Elements > 0 {
		text += ", " + p.Count(p.Catalogue.Plurals.Elements, item.Elements)
	}
	return text
}

// change is "old → new", or the one value there is. The values of a masked change are not looked at.
func (p *Printer) change(c *mapping.Change) string {
	switch {
	case c.Masked:
		return p.Catalogue.Words.Masked
	case c.Op == string(jobs.Created):
		return p.value(c.New)
	case c.Op == string(jobs.Departed):
		return p.value(c.Old)
	}
	older, newer := p.value(c.Old), p.value(c.New)
	unseen := p.Catalogue.Unseen[string(c.Unseen)]
	if unseen == "" && older == newer {
		unseen = p.Catalogue.Words.CutAlike
	}
	return older + " → " + newer + unseen
}

// value is a JSON value as people read it: texts in their quotes, exact numbers, an element as its members.
func (p *Printer) value(text string) string {
	switch {
	case text == "" || text == "null" || text == `""`:
		return p.Catalogue.Words.Empty
	case text[0] == '{':
		if members := flatten([]byte(text)); members != "" {
			return cut(members)
		}
	}
	return cut(text)
}

// flatten is an object as "Code "HSUP25", Quantite 3.5", in the order of the document, without the empty members; ""
// when it is not a plain object.
func flatten(object []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return ""
	}
	var parts []string
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return ""
		}
		if text, ok := name.(string); ok && string(value) != "null" {
			parts = append(parts, text+" "+string(value))
		}
	}
	return strings.Join(parts, ", ")
}
