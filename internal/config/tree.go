package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// kind is the type of a TOML value, in the words of an error message.
type kind string

const (
	kindText    kind = "text between quotes"
	kindInteger kind = "a whole number"
	kindDecimal kind = "a decimal number"
	kindBoolean kind = "true or false"
	kindDate    kind = "a date or time"
	kindList    kind = "a list"
	kindTable   kind = "a table"
)

// example shows how a value of the kind is written.
func (k kind) example() string {
	switch k {
	case kindText:
		return `put it between quotes: "…"`
	case kindInteger:
		return "write it without quotes: 12"
	case kindDecimal:
		return "write it without quotes: 0.5"
	case kindBoolean:
		return "write true or false, without quotes"
	case kindList:
		return `put it between brackets: ["…"]`
	default:
		return "begin it with its name between brackets, such as [isidoor], or put it between braces"
	}
}

// node is one value of the file with its place, which the decoder of go-toml does not keep.
type node struct {
	kind    kind
	line    int // of its key, or of the value itself inside a list
	column  int
	text    string // the decoded text, or a number as written
	inline  bool   // a table written between braces
	keys    []string
	members map[string]*node
	items   []*node
}

// parse reads a TOML document. Errors name place and reason and quote at most one character or a key.
func parse(name string, document []byte) (*node, error) {
	document = bytes.TrimPrefix(document, []byte("\ufeff")) // Windows editors put one
	if err := checkSyntax(name, document); err != nil {
		return nil, err
	}
	b := builder{lines: lineEnds(document)}
	b.parser.Reset(document)
	root := &node{kind: kindTable, members: map[string]*node{}}
	current := root
	for b.parser.NextExpression() {
		expression := b.parser.Expression()
		switch expression.Kind {
		case unstable.Table:
			current = b.descend(root, b.parts(expression))
		case unstable.ArrayTable:
			current = b.appendTable(root, b.parts(expression))
		default:
			b.assign(current, expression)
		}
	}
	if err := b.parser.Error(); err != nil {
		return nil, fmt.Errorf("reading %s again: %w", name, err) // checkSyntax has accepted it
	}
	return root, nil
}

// checkSyntax lets go-toml judge the document: syntax, duplicate keys and tables, values out of range.
func checkSyntax(name string, document []byte) error {
	err := toml.Unmarshal(document, &map[string]any{})
	if err == nil {
		return nil
	}
	problem := Problem{File: name, Text: "is not valid TOML", Hint: `write key = "text", key = 12 or key = true on each line, under a [section]`}
	var syntax *toml.DecodeError
	if errors.As(err, &syntax) {
		problem.Line, problem.Column = syntax.Position()
		// What follows a second colon can be the value itself ("unable to parse float: …").
		reason, _, _ := strings.Cut(strings.TrimPrefix(syntax.Error(), "toml: "), ": ")
		problem.Text += ": " + reason
	}
	return &Error{Problems: []Problem{problem}}
}

// builder turns the parser's expressions into nodes.
type builder struct {
	parser unstable.Parser
	lines  []int // offsets of the line ends: the parser's own positions cost a pass over the document each
}

func lineEnds(document []byte) (ends []int) {
	for i, c := range document {
		if c == '\n' {
			ends = append(ends, i)
		}
	}
	return ends
}

// position is the line and the column, from 1, where a part of the document begins.
func (b *builder) position(raw unstable.Range) (line, column int) {
	offset := int(raw.Offset)
	before, _ := slices.BinarySearch(b.lines, offset)
	start := 0
	if before > 0 {
		start = b.lines[before-1] + 1
	}
	return before + 1, offset - start + 1
}

// part is one part of a dotted key.
type part struct {
	name         string
	line, column int
}

func (b *builder) parts(expression *unstable.Node) []part {
	var parts []part
	for key := expression.Key(); key.Next(); {
		line, column := b.position(key.Node().Raw)
		parts = append(parts, part{string(key.Node().Data), line, column})
	}
	return parts
}

// descend follows the parts from a table, through the last element of lists of tables, and makes what is missing.
func (b *builder) descend(from *node, parts []part) *node {
	for _, p := range parts {
		next := from.members[p.name]
		if next == nil {
			next = newTable(p)
			from.add(p.name, next)
		}
		if next.kind == kindList {
			next = next.items[len(next.items)-1]
		}
		from = next
	}
	return from
}

func (b *builder) appendTable(root *node, parts []part) *node {
	last := parts[len(parts)-1]
	parent := b.descend(root, parts[:len(parts)-1])
	list := parent.members[last.name]
	if list == nil {
		list = &node{kind: kindList, line: last.line, column: last.column}
		parent.add(last.name, list)
	}
	table := newTable(last)
	list.items = append(list.items, table)
	return table
}

func (b *builder) assign(table *node, expression *unstable.Node) {
	parts := b.parts(expression)
	last := parts[len(parts)-1]
	value := b.value(expression.Value(), last)
	b.descend(table, parts[:len(parts)-1]).add(last.name, value)
}

// value converts a value whose place is that of its key.
func (b *builder) value(v *unstable.Node, at part) *node {
	n := &node{line: at.line, column: at.column, text: string(v.Data)}
	switch v.Kind {
	case unstable.String:
		n.kind = kindText
	case unstable.Integer:
		n.kind = kindInteger
	case unstable.Float:
		n.kind = kindDecimal
	case unstable.Bool:
		n.kind = kindBoolean
	case unstable.Array:
		n.kind = kindList
		n.items = b.items(v, at)
	case unstable.InlineTable:
		n.kind, n.inline, n.members = kindTable, true, map[string]*node{}
		for member := v.Children(); member.Next(); {
			b.assign(n, member.Node())
		}
	default:
		n.kind = kindDate
	}
	return n
}

func (b *builder) items(list *unstable.Node, at part) []*node {
	var items []*node
	for item := list.Children(); item.Next(); {
		place := at
		if raw := item.Node().Raw; raw.Length > 0 { // lists within lists have no place of their own
			place.line, place.column = b.position(raw)
		}
		items = append(items, b.value(item.Node(), place))
	}
	return items
}

func newTable(p part) *node {
	return &node{kind: kindTable, line: p.line, column: p.column, members: map[string]*node{}}
}

func (n *node) add(name string, member *node) {
	n.keys = append(n.keys, name)
	n.members[name] = member
}
