package strict

import (
	"slices"
	"strconv"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/plaintext"
)

// file is the document being read: what is found on the way gathers here.
type file struct {
	name     string // as the user gave it
	getenv   func(string) string
	problems []Problem
	warnings []Problem
}

// Table reads one table of the file. A key that was never asked for is unknown, so the code that reads a section is
// also its schema. Methods that read a value report what is wrong with it and then return the fallback.
type Table struct {
	Node *Node // what it reads

	file  *file
	path  string // "job.guard"; "" = the root
	known []string
}

// Load reads a file; getenv serves its secrets when they are read. An error is an *Error.
func Load(path string, getenv func(string) string) (*Table, error) {
	document, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, document, getenv)
}

// Parse is Load for a document that was read; name stands for its file in problems.
func Parse(name string, document []byte, getenv func(string) string) (*Table, error) {
	root, err := parse(name, document)
	if err != nil {
		return nil, err
	}
	return &Table{Node: root, file: &file{name: name, getenv: getenv}}, nil
}

// Conclude gives what was found in the whole file, in its order: warnings, or an *Error with all problems.
func (t *Table) Conclude() ([]Problem, error) {
	if problems := t.file.problems; len(problems) > 0 {
		inFileOrder(problems)
		return nil, &Error{Problems: Grouped(problems)}
	}
	inFileOrder(t.file.warnings)
	return Grouped(t.file.warnings), nil
}

// Mistakes counts the problems found in the whole file so far.
func (t *Table) Mistakes() int { return len(t.file.problems) }

// Take returns the value of a key, or nil, and makes the key known.
func (t *Table) Take(key string) *Node {
	t.Know(key)
	return t.Node.Members[key]
}

// Know makes keys known: they are not reported, whether or not somebody reads them.
func (t *Table) Know(keys ...string) { t.known = append(t.known, keys...) }

// Want is Take for a value that must be of one of the kinds.
func (t *Table) Want(key string, kinds ...Kind) *Node {
	n := t.Take(key)
	if n == nil || slices.Contains(kinds, n.Kind) {
		return n
	}
	t.Report(key, Say("other-kind", "want", kinds[0], "got", n.Kind), Say("write-"+string(kinds[0]), "table", sectionOf(t.key(key))))
	return nil
}

// Place is where a key is written, or the table itself when it has no such key.
func (t *Table) Place(key string) Problem {
	at := t.Node
	if n := t.Node.Members[key]; n != nil {
		at = n
	}
	return Problem{File: t.file.name, Line: at.line, Column: at.column, Key: t.key(key)}
}

// Path is where the table stands: "job.guard"; "" = the root.
func (t *Table) Path() string { return t.path }

func (t *Table) key(key string) string {
	return strings.Trim(t.path+"."+key, ".")
}

// Problem is a fact about a key, and the next step, where it is not the one that the words of the fact have.
func (t *Table) Problem(key string, what hinted.Fact, next ...hinted.Fact) Problem {
	p := t.Place(key)
	p.Fact = what
	if len(next) > 0 {
		p.Next = next[0]
	}
	return p
}

// Report records a mistake: the file cannot be used.
func (t *Table) Report(key string, what hinted.Fact, next ...hinted.Fact) {
	t.file.problems = append(t.file.problems, t.Problem(key, what, next...))
}

// Warn records what is accepted, and has no effect or deserves a second look.
func (t *Table) Warn(key string, what hinted.Fact, next ...hinted.Fact) {
	t.file.warnings = append(t.file.warnings, t.Problem(key, what, next...))
}

// Refuse reports keys that exist but have no place here.
func (t *Table) Refuse(what hinted.Fact, keys ...string) {
	for _, key := range keys {
		if t.Take(key) != nil {
			t.Report(key, what)
		}
	}
}

// Finish reports the keys that nobody asked for.
func (t *Table) Finish() {
	slices.Sort(t.known)
	t.known = slices.Compact(t.known)
	for _, key := range t.Node.Keys {
		if !slices.Contains(t.known, key) {
			t.Report(key, Say("unknown-key"), Suggest(plaintext.Nearest(key, t.known), t.known, hinted.Fact{}))
		}
	}
}

// Table opens a sub-table; one that is absent reads as empty.
func (t *Table) Table(key string) *Table {
	n := t.Want(key, KindTable)
	if n == nil {
		n = &Node{Kind: KindTable, line: t.Node.line, column: t.Node.column}
	}
	return t.open(n, t.key(key))
}

// Inside is a table within this one, at "a.b"; nil = there is none. Unlike Table it leaves no trace.
func (t *Table) Inside(path string) *Table {
	for key := range strings.SplitSeq(path, ".") {
		n := t.Node.Members[key]
		if n == nil || n.Kind != KindTable {
			return nil
		}
		t = t.open(n, t.key(key))
	}
	return t
}

// Tables opens a list of tables.
func (t *Table) Tables(key string) []*Table {
	list := t.Take(key)
	if list == nil {
		return nil
	}
	var tables []*Table
	for i, item := range list.Items {
		if item.Kind == KindTable {
			tables = append(tables, t.item(key, i, item))
		}
	}
	if list.Kind != KindList || len(tables) < len(list.Items) {
		t.Report(key, Say("no-tables"))
	}
	return tables
}

// Texts opens each item of a list as a table of its own, to report at. Items that are no text are reported.
func (t *Table) Texts(key string, list *Node, next hinted.Fact) []*Table {
	var items []*Table
	for i, item := range list.Items {
		at := t.item(key, i, item)
		if item.Kind == KindText {
			items = append(items, at)
		} else {
			at.Report("", Say("other-kind", "want", KindText, "got", item.Kind), next)
		}
	}
	return items
}

// Items opens each item of a list as a table of its own, to report at.
func (t *Table) Items(key string, list *Node) []*Table {
	var items []*Table
	for i, item := range list.Items {
		items = append(items, t.item(key, i, item))
	}
	return items
}

func (t *Table) item(key string, i int, n *Node) *Table {
	return t.open(n, t.key(key)+"["+strconv.Itoa(i+1)+"]")
}

func (t *Table) open(n *Node, path string) *Table { return &Table{Node: n, file: t.file, path: path} }

// Has reports whether any of the keys is written.
func (t *Table) Has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return t.Node.Members[key] != nil })
}
