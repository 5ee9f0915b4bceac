package config

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
	"syncd/internal/sqltext"
)

// places remembers where each path of a mapping was written, to report what mapping finds wrong with it.
type places map[string]func(what, next hinted.Fact)

// readMapping reads [job.fields] and [[job.children]] and lets package mapping check the whole. Tables of fields that are
// not there yet are returned: the job cannot be executed without them, but a draft of them can be written.
func readMapping(t *strict.Table, children []*strict.Table, job string) (mapping.Spec, []strict.Problem) {
	at, before := places{}, t.Mistakes()
	fields, missing := openFields(t, "no-fields", job)
	spec := mapping.Spec{Fields: readFields(fields, "", at)}
	for _, child := range children {
		c, missingHere := readChildren(child, at, job)
		spec.Children, missing = append(spec.Children, c), append(missing, missingHere...)
	}
	if t.Mistakes() > before || len(missing) > 0 {
		return spec, missing // what could not be read would be reported again
	}
	for _, problem := range spec.Check() {
		at.report(problem, t)
	}
	return spec, nil
}

// openFields opens a table of fields, and tells by a code where it is missing or empty.
func openFields(t *strict.Table, code, job string) (*strict.Table, []strict.Problem) {
	fields := t.Table("fields")
	if len(fields.Node.Keys) > 0 {
		return fields, nil
	}
	return fields, []strict.Problem{t.Problem("fields", strict.Say(code, "job", job))}
}

func readChildren(t *strict.Table, at places, job string) (mapping.Children, []strict.Problem) {
	c := mapping.Children{
		Path:  t.Required("path", strict.Say("name-list")),
		Key:   t.Required("key", strict.Say("name-code")),
		Label: readLabel(t),
	}
	at[c.Path] = func(what, next hinted.Fact) { t.Report("path", what, next) }
	fields, missing := openFields(t, "no-child-fields", job)
	c.Fields = readFields(fields, c.Path+"[].", at)
	if members := fields.Node.Keys; c.Key != "" && len(members) > 0 && !slices.Contains(members, c.Key) {
		t.Report("key", strict.Say("no-child-field"), strict.Suggest(plaintext.Nearest(c.Key, members), members, hinted.Fact{}))
	}
	return c, missing
}

// fieldKeys are the keys of a field written as a table.
var fieldKeys = []string{"column", "value", "dictionary", "sensitive", "null", "type", "label"}

// readFields reads a table of fields, sorted by path so that the digest does not depend on the order in the file.
func readFields(t *strict.Table, prefix string, at places) []mapping.Field {
	var fields []mapping.Field
	for _, path := range t.Node.Keys {
		if misplaced(t, path) {
			continue
		}
		n := t.Want(path, strict.KindText, strict.KindTable)
		if n == nil {
			continue
		}
		at[prefix+path] = func(what, next hinted.Fact) { t.Report(path, what, next) }
		if leaf := nested(n); leaf != "" {
			t.Report(path, strict.Say("dotted-path", "path", path+"."+leaf))
			continue
		}
		if n.Kind == strict.KindText {
			fields = append(fields, mapping.Field{Path: path, Column: n.Text})
		} else {
			fields = append(fields, readField(t.Table(path), path))
		}
	}
	for i := range fields {
		classify(&fields[i], prefix == "")
	}
	slices.SortFunc(fields, func(a, b mapping.Field) int { return cmp.Compare(a.Path, b.Path) })
	return fields
}

// classify tells by its names what a field holds: an IBAN and a NIR are looked at and never shown, what may be one is not shown
// either. Elements hold amounts, of whatever name, which whoever confirms a change must see.
func classify(f *mapping.Field, master bool) {
	named := named(f)
	coded := f.Nomenclature != "" || f.Type == mapping.TypeBoolean
	switch {
	case f.Column == "":
	case named.Kind == privacy.KindPostal:
		f.Kind = named.Kind
	case named.Kind == privacy.KindNone, named.About, coded:
	case named.Sure:
		f.Kind = named.Kind
	default:
		f.Private = master
	}
}

// misplaced warns of a member that has the name of a job's key. It reports one that cannot be a member and returns true.
func misplaced(t *strict.Table, path string) bool {
	n := t.Node.Members[path]
	isField := n.Kind == strict.KindTable && (n.Members["column"] != nil || n.Members["value"] != nil)
	if isField || !mapping.IsKeyOfJob(path) {
		return false
	}
	if n.Kind == strict.KindText {
		t.Warn(path, strict.Say("taken-for-member"))
		return false
	}
	t.Report(path, strict.Say("key-of-job"))
	return true
}

// nested finds the dots of a path that was written without quotes, which TOML reads as a table in a table: the rest of
// the path, or "" when n is a field.
func nested(n *strict.Node) string {
	if n.Kind != strict.KindTable || n.Inline {
		return ""
	}
	for _, key := range n.Keys {
		if slices.Contains(fieldKeys, key) {
			continue
		}
		if leaf := nested(n.Members[key]); leaf != "" {
			return key + "." + leaf
		}
		return key
	}
	return ""
}

func readField(t *strict.Table, path string) mapping.Field {
	defer t.Finish()
	return mapping.Field{
		Path:         path,
		Column:       t.Text("column", ""),
		Value:        readConstant(t, "value"),
		Nomenclature: t.Text("dictionary", ""),
		Sensitive:    t.Boolean("sensitive", false),
		Null:         mapping.Null(t.Choice("null", "", string(mapping.NullClear), string(mapping.NullOmit), string(mapping.NullRefuse))),
		Type:         mapping.Type(t.Choice("type", "", string(mapping.TypeString), string(mapping.TypeNumber), string(mapping.TypeBoolean))),
		Label:        readLabel(t),
	}
}

// mostLabel is how many characters people's name for a member may have: it stands in lists and tables.
const mostLabel = 60

// readLabel is what people call a member or an array; "" = nothing else than its path.
func readLabel(t *strict.Table) string {
	n := t.Want("label", strict.KindText)
	if n == nil {
		return ""
	}
	label := strings.Join(strings.Fields(n.Text), " ")
	switch {
	case label == "":
		t.Report("label", strict.Say("empty"), strict.Say("leave-out-label"))
	case utf8.RuneCountInString(label) > mostLabel || strings.ContainsFunc(label, unprintable):
		t.Report("label", strict.Say("no-label"), strict.Say("label-like"))
	}
	return label
}

// constant is a text, a number or a boolean; nil when there is none. Decimals stay exact.
func readConstant(t *strict.Table, key string) any {
	n := t.Want(key, strict.KindText, strict.KindInteger, strict.KindDecimal, strict.KindBoolean)
	if n == nil {
		return nil
	}
	switch n.Kind {
	case strict.KindInteger:
		value, _ := strconv.ParseInt(n.Text, 0, 64) // what is out of range is no TOML
		return value
	case strict.KindDecimal:
		return json.Number(strict.PlainNumber(n.Text))
	case strict.KindBoolean:
		return n.Text == "true"
	case strict.KindText, strict.KindDate, strict.KindList, strict.KindTable:
	}
	if name, ok := strings.CutPrefix(n.Text, "@"); ok && !slices.Contains(parameters, name) {
		t.Report(key, strict.Say("unknown-parameter"), strict.Suggest(plaintext.Nearest(name, parameters), parameters, hinted.Fact{}))
	}
	return n.Text
}

// report puts what mapping found at the place of the path, of the nearest path above it, or of the whole mapping.
func (at places) report(problem *mapping.FieldError, t *strict.Table) {
	path, found := problem.Path, true
	for found {
		if report := at[path]; report != nil {
			report(problem.Fact, problem.Next)
			return
		}
		path, found = beforeLast(path, ".")
		path = strings.TrimSuffix(path, "[]")
	}
	t.Report("fields", problem.Fact, problem.Next)
}

// parameters are what a query can name with an @, beside mapping.Params.
var parameters = []string{"dossier", "siret", "period", "period_start", "period_end"}

// periodParameters are those of them that tell months apart.
var periodParameters = []string{"period", "period_start", "period_end"}

var (
	// columnPattern takes what Postgres names a column, "n° salarié" too, and nothing that is quoted or has spaces around it.
	columnPattern    = lazyregexp.New(`^[^\s"'\pC](?:[^"\pC]*[^\s"'\pC])?$`)
	dossierParameter = []string{"dossier", "siret"}
)

// readSource reads [job.source] and the queries of [[job.children]].
func readSource(t *strict.Table, children []*strict.Table, dossiers int) jobs.Source {
	source := t.Table("source")
	defer source.Finish()
	s := jobs.Source{
		Employees: readQuery(source, "employees", dossiers),
		Key:       source.Matching("key", columnPattern, strict.Say("no-column"), strict.Say("name-key")),
		LockWait:  source.Duration("lock_wait", jobs.LockWait, time.Second, time.Hour),
	}
	s.RowSecurity = source.Choice("row_security", "refuse", "refuse", "apply") == "apply"
	s.Display = readDisplay(source)
	for _, child := range children {
		s.Children = append(s.Children, readChildSource(child, s.Key, dossiers))
	}
	return s
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) && r != '\u00a0' }

// mostDisplayed is how many columns make what somebody is called.
const mostDisplayed = 4

// readDisplay are the columns that people are called by; nil = by their matricule. One whose name tells that it holds an IBAN or a NIR
// is refused: those are shown nowhere.
func readDisplay(t *strict.Table) (columns []string) {
	list := t.Want("display", strict.KindList)
	if list == nil {
		return nil
	}
	if len(list.Items) == 0 || len(list.Items) > mostDisplayed {
		t.Report("display", strict.Say("display-count", "n", mostDisplayed), strict.Say("display-like"))
	}
	for _, at := range t.Texts("display", list, strict.Say("display-like")) {
		column := at.Node.Text
		switch {
		case !columnPattern().MatchString(column):
			at.Report("", strict.Say("no-column"), strict.Say("display-like"))
		case privacy.ByNames(column).Kind.Identifies():
			at.Report("", strict.Say("display-secret"), strict.Say("display-like"))
		case slices.Contains(columns, column):
			at.Report("", strict.Say("twice"))
		default:
			columns = append(columns, column)
		}
	}
	return columns
}

func readChildSource(t *strict.Table, key string, dossiers int) jobs.ChildSource {
	c := jobs.ChildSource{Rows: readQuery(t, "rows", dossiers), Employee: key}
	if c.Rows != "" && !names(c.Rows, periodParameters) {
		t.Warn("rows", strict.Say("months-mixed"))
	}
	if t.Has("employee") {
		c.Employee = t.Matching("employee", columnPattern, strict.Say("no-column"), strict.Say("name-employee"))
	} else {
		t.Take("employee")
	}
	return c
}

// query is one SELECT. An unknown parameter would be NULL and find nothing; a query that serves several dossiers and
// does not tell them apart would send the employees of all to each.
func readQuery(t *strict.Table, key string, dossiers int) string {
	query, single := sqltext.One(t.Required(key, strict.Say("write-query")))
	if query == "" {
		return ""
	}
	if !sqltext.Reads(query) {
		t.Report(key, strict.Say("no-select"))
	}
	if sqltext.Writes(query) {
		t.Report(key, strict.Say("writes"))
	}
	if !single {
		t.Report(key, strict.Say("several-statements"))
	}
	if sqltext.Has(query, sqltext.Numbered) {
		t.Report(key, strict.Say("numbered-parameter"))
	}
	for _, name := range sqltext.Parameters(query, parameters) {
		if !slices.Contains(parameters, name) {
			t.Report(key, strict.Say("names-unknown", "name", name), strict.Suggest(plaintext.Nearest(name, parameters), parameters, hinted.Fact{}))
		}
	}
	if dossiers > 1 && !names(query, dossierParameter) {
		t.Report(key, strict.Say("dossiers-mixed"))
	}
	return query
}

// names reports whether a query uses one of some parameters. What only looks so, within quoted text or a comment, does not count.
func names(query string, some []string) bool {
	return slices.ContainsFunc(sqltext.Parameters(query, parameters), func(name string) bool { return slices.Contains(some, name) })
}

// Place is where a path of a job's mapping is written, for whoever has something to say about it: File, Line, Column
// and Key are filled, and there is no fact. path is "Contrat.CodeNature" for a member, "Elements[].Code" for one of a
// child, "Elements" for the children as a whole, "" for the job. What is not mapped has the place of the nearest that
// is: the object above it, its section, or the job; a job that is not configured that of the whole file.
func (c *Config) Place(job, path string) strict.Problem {
	t := c.jobTables[job]
	if t == nil {
		return strict.Problem{File: c.File}
	}
	if path == "" {
		return t.Place("")
	}
	array, member, child := strings.Cut(path, "[].")
	children := childrenAt(t, array)
	switch {
	case children != nil && child:
		return placeOfField(children, member)
	case children != nil:
		return children.Place("")
	}
	return placeOfField(t, path)
}

// SectionPlace is where a key of a section ("database") is written, or, where that is not, the table or the
// nearest one above it. The Problem has no fact.
func (c *Config) SectionPlace(section, key string) strict.Problem {
	t := c.root
	for _, name := range strings.Split(section, ".") {
		within := t.Inside(name)
		if within == nil {
			return t.Place("")
		}
		t = within
	}
	return t.Place(key)
}

// placeOfField is the place of a member, of the nearest one above it, or of the section of the members.
func placeOfField(t *strict.Table, path string) strict.Problem {
	fields := t.Inside("fields")
	if fields == nil {
		return t.Place("")
	}
	for found := true; found; path, found = beforeLast(path, ".") {
		if fields.Has(path) {
			return fields.Place(path)
		}
	}
	return fields.Place("")
}

// childrenAt is the table of the children whose array is at path; nil = there are none.
func childrenAt(t *strict.Table, path string) *strict.Table {
	for _, children := range t.Tables("children") {
		if at := children.Node.Members["path"]; at != nil && at.Text == path {
			return children
		}
	}
	return nil
}

func tablesByName(tables []*strict.Table, list []Job) map[string]*strict.Table {
	byName := map[string]*strict.Table{}
	for i, j := range list {
		byName[j.Name] = tables[i]
	}
	return byName
}
