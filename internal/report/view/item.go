package view

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

const maxProblems = 5 // of one item, unless all are asked for

// line is an item, and what differs, a line a field. Of a new employee all is new, so it is only counted unless everything is
// asked for.
func (t *Teller) line(item *jobs.Item, text []string, show Show) Line {
	line := Line{Sign: item.Difference, Key: t.key(item.Key), Name: t.called(item.Key), Text: text}
	switch {
	case !show.Diff || len(item.Diff) == 0:
	case item.Difference == jobs.Created && !show.All:
		text[0] += " (" + t.newDocument(item) + ")"
	default:
		line.Diff = t.diff(item.Diff)
	}
	return line
}

func (t *Teller) key(key string) string {
	if key == "" {
		return t.Words.NoMatricule
	}
	return key
}

func (t *Teller) diff(diff []diff.Change) []Field {
	fields := make([]Field, 0, len(diff))
	for i := range diff {
		older, newer := t.sides(&diff[i])
		fields = append(fields, Field{Sign: jobs.Difference(diff[i].Op), Path: t.memberAt(diff[i].Path), Text: t.change(&diff[i]),
			Old: older, New: newer})
	}
	return fields
}

// outcome is what a report says of an item of a group.
func (t *Teller) outcome(item *jobs.Item, g group, show Show) []string {
	switch {
	case g == groupBlocked && len(item.Problems) > 0:
		return t.besideDoubt(item, t.problemLines(item, show.All))
	case g == groupHeld && len(item.Findings) > 0:
		why := t.findingLines(item, show.All)
		if item.Reason.Code == jobs.ReasonUnapproved {
			why = append([]string{t.Reason(item.Reason)}, why...)
		}
		return t.besideDoubt(item, why)
	case g == groupRejected, g == groupTurnedAway:
		return t.refusal(item)
	case item.State == jobs.ItemSending:
		return []string{t.Words.Awaited}
	case g == groupSent:
		return []string{t.difference(item.Difference, 1)}
	case g == groupUncertain && item.State == jobs.ItemPending && !tellsDoubt[item.Reason.Code]:
		return []string{t.Reason(item.Reason) + t.Semicolon + t.Words.EarlierSending}
	}
	return []string{t.Reason(item.Reason)}
}

// besideDoubt adds to why a document stays here that an earlier one may be there.
func (t *Teller) besideDoubt(item *jobs.Item, why []string) []string {
	if !item.Ambiguous {
		return why
	}
	return append(why, t.Words.EarlierSending)
}

// tellsDoubt are the reasons whose sentence says that an answer is unknown. Others are about the last attempt alone.
var tellsDoubt = map[jobs.ReasonCode]bool{
	jobs.ReasonInDoubt: true, jobs.ReasonNoAnswer: true, jobs.ReasonSlow: true, jobs.ReasonTechnical: true, jobs.ReasonStillUnsure: true,
}

// problemLines are two lines a problem: what is wrong, and how to mend it.
func (t *Teller) problemLines(item *jobs.Item, all bool) []string {
	var text []string
	for i, problem := range item.Problems {
		if !all && i == maxProblems {
			return append(text, t.Count(t.Plurals.Problems, len(item.Problems)-maxProblems))
		}
		text = append(text, t.fact(problem))
		if advice := t.advice(problem); advice != "" {
			text = append(text, "  "+advice)
		}
	}
	return text
}

// refusal is the API's own message, with its status.
func (t *Teller) refusal(item *jobs.Item) []string {
	text := lines(item.Reason.Detail)
	if len(text) == 0 {
		text = []string{t.Reason(item.Reason)}
	}
	if item.HTTPStatus > 0 {
		text[0] = locale.Fill(t.Words.RefusedBy, "status", item.HTTPStatus) + t.Colon + text[0]
	}
	return text
}

// newDocument counts what a document that was never sent holds.
func (t *Teller) newDocument(item *jobs.Item) string {
	fields := 0
	for _, change := range item.Diff {
		if !change.Child {
			fields++
		}
	}
	text := t.Count(t.Plurals.Fields, fields)
	if item.Elements > 0 {
		text += ", " + t.Count(t.Plurals.Elements, item.Elements)
	}
	return text
}

// change is "old → new", or the one value there is. The values of a masked change are not looked at.
func (t *Teller) change(c *diff.Change) string {
	switch {
	case c.Masked:
		return t.Words.Masked
	case c.Op == string(jobs.Created):
		return t.value(c.New)
	case c.Op == string(jobs.Departed):
		return t.value(c.Old)
	}
	older, newer := t.value(c.Old), t.value(c.New)
	unseen := t.Unseen[string(c.Unseen)]
	if unseen == "" && older == newer {
		unseen = t.Words.CutAlike
	}
	return older + " → " + newer + unseen
}

// sides are the value before and the one after, for a table that has a column for each; "" = there is none.
func (t *Teller) sides(c *diff.Change) (older, newer string) {
	if c.Op != string(jobs.Created) {
		older = t.masked(c, c.Old)
	}
	if c.Op != string(jobs.Departed) {
		newer = t.masked(c, c.New)
	}
	return older, newer
}

func (t *Teller) masked(c *diff.Change, value string) string {
	if c.Masked {
		return t.Words.Masked
	}
	var text string
	if json.Unmarshal([]byte(value), &text) == nil && text != "" {
		return Cut(text) // a column of its own needs no quotes
	}
	return t.value(value)
}

// value is a JSON value as people read it: texts in their quotes, exact numbers, an element as its members.
func (t *Teller) value(text string) string {
	switch {
	case text == "" || text == "null" || text == `""`:
		return t.Words.Empty
	case text[0] == '{':
		if members := t.flatten([]byte(text)); members != "" {
			return Cut(members)
		}
	}
	return Cut(t.fraction(text))
}

// fraction writes a number that has one as the language does. Whole ones stay, as they may be codes, and so does all else.
func (t *Teller) fraction(text string) string {
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(whole)
	if err != nil || part == "" || strings.Trim(part, "0123456789") != "" {
		return text
	}
	sign := ""
	if n == 0 && whole[0] == '-' {
		sign = "-"
	}
	return sign + t.Number(n) + t.Decimal + part
}

// flatten is an object as "Code "HSUP25", Quantite 3.5", in the order of the document, without the empty members; ""
// when it is not a plain object.
func (t *Teller) flatten(object []byte) string {
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
			parts = append(parts, text+" "+t.fraction(string(value)))
		}
	}
	return strings.Join(parts, ", ")
}
