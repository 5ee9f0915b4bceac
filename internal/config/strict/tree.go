// Package strict reads a TOML document that a person wrote into checked values, and keeps the place of each. Whoever reads a
// section asks a Table for its keys; what is wrong is gathered, all of it, with place, key and next step, and never with a
// value: what stands in the wrong place may be a secret. A key that nobody asked for is unknown.
package strict

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// Kind is the type of a TOML value. What an error message calls it has words, and how one is written ("write-text").
type Kind string

const (
	KindText    Kind = "text"
	KindInteger Kind = "integer"
	KindDecimal Kind = "decimal"
	KindBoolean Kind = "boolean"
	KindDate    Kind = "date"
	KindList    Kind = "list"
	KindTable   Kind = "table"
)

// In is what the kind is called.
func (k Kind) In(words *locale.Catalogue) string { return Say("kind-" + string(k)).In(words) }

// Node is one value of the file with its place, which the decoder of go-toml does not keep.
type Node struct {
	Kind    Kind
	Text    string           // the decoded text, or a number as written
	Inline  bool             // a table written between braces
	Keys    []string         // of a table, in the order of the file
	Members map[string]*Node // of a table, by key
	Items   []*Node          // of a list

	line, column int // of its key, or of the value itself inside a list
}

// parse reads a TOML document. Errors name place and reason and quote at most one character or a key.
func parse(name string, document []byte) (*Node, error) {
	document = bytes.TrimPrefix(document, []byte("\ufeff")) // Windows editors put one
	if err := checkSyntax(name, document); err != nil {
		return nil, err
	}
	b := builder{lines: lineEnds(document)}
	b.parser.Reset(document)
	root := &Node{Kind: KindTable, Members: map[string]*Node{}}
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
		return nil, hinted.At("reading the configuration again", name, err) // checkSyntax has accepted it
	}
	return root, nil
}

// checkSyntax lets go-toml check the document: syntax, duplicate keys and tables, values out of range.
func checkSyntax(name string, document []byte) error {
	err := toml.Unmarshal(document, &map[string]any{})
	if err == nil {
		return nil
	}
	problem := Problem{File: name, Fact: Say("not-toml")}
	if syntax, ok := errors.AsType[*toml.DecodeError](err); ok {
		problem.Line, problem.Column = syntax.Position()
		problem.Fact = notTOML(syntax)
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
func (b *builder) descend(from *Node, parts []part) *Node {
	for _, p := range parts {
		next := from.Members[p.name]
		if next == nil {
			next = newTable(p)
			from.add(p.name, next)
		}
		if next.Kind == KindList {
			next = next.Items[len(next.Items)-1]
		}
		from = next
	}
	return from
}

func (b *builder) appendTable(root *Node, parts []part) *Node {
	last := parts[len(parts)-1]
	parent := b.descend(root, parts[:len(parts)-1])
	list := parent.Members[last.name]
	if list == nil {
		list = &Node{Kind: KindList, line: last.line, column: last.column}
		parent.add(last.name, list)
	}
	table := newTable(last)
	list.Items = append(list.Items, table)
	return table
}

func (b *builder) assign(table *Node, expression *unstable.Node) {
	parts := b.parts(expression)
	last := parts[len(parts)-1]
	value := b.value(expression.Value(), last)
	b.descend(table, parts[:len(parts)-1]).add(last.name, value)
}

// value converts a value whose place is that of its key.
func (b *builder) value(v *unstable.Node, at part) *Node {
	n := &Node{line: at.line, column: at.column, Text: string(v.Data)}
	switch v.Kind {
	case unstable.String:
		n.Kind = KindText
	case unstable.Integer:
		n.Kind = KindInteger
	case unstable.Float:
		n.Kind = KindDecimal
	case unstable.Bool:
		n.Kind = KindBoolean
	case unstable.Array:
		n.Kind = KindList
		n.Items = b.items(v, at)
	case unstable.InlineTable:
		n.Kind, n.Inline, n.Members = KindTable, true, map[string]*Node{}
		for member := v.Children(); member.Next(); {
			b.assign(n, member.Node())
		}
	default:
		n.Kind = KindDate
	}
	return n
}

func (b *builder) items(list *unstable.Node, at part) []*Node {
	var items []*Node
	for item := list.Children(); item.Next(); {
		place := at
		if raw := item.Node().Raw; raw.Length > 0 { // lists within lists have no place of their own
			place.line, place.column = b.position(raw)
		}
		items = append(items, b.value(item.Node(), place))
	}
	return items
}

func newTable(p part) *Node {
	return &Node{Kind: KindTable, line: p.line, column: p.column, Members: map[string]*Node{}}
}

func (n *Node) add(name string, member *Node) {
	n.Keys = append(n.Keys, name)
	n.Members[name] = member
}

// MaxFile is the size in bytes above which a configuration file is surely something else.
const MaxFile = 1 << 20

// unopened tells why the configuration cannot be opened.
func unopened(err error) (what, next hinted.Fact) {
	if errors.Is(err, fs.ErrPermission) {
		return cause(err), Say("run-as-user")
	}
	return cause(err), Say("start-from-sample")
}

func readFile(path string) ([]byte, error) {
	fail := func(what, next hinted.Fact) error {
		return &Error{Problems: []Problem{{File: path, Fact: what, Next: next}}}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fail(unopened(err))
	}
	document, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fail(cause(err), Say("name-file"))
	}
	if len(document) > MaxFile {
		return nil, fail(Say("too-large", "n", MaxFile), Say("name-file"))
	}
	return document, nil
}
