package config

import (
	"slices"
	"strings"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
)

// readGuard reads [job.guard]. The reasons of the defaults stand in the sample config.toml. mapped is nil when the
// mapping has problems, or is yet to be written: then the members that guards name are not checked.
func readGuard(t *strict.Table, source *jobs.Source, mapped *mapping.Spec, documents *Documents) jobs.Guards {
	defer t.Finish()
	source.Ready = readReady(t, "ready")
	g := jobs.Guards{
		Created:         limit(t, "max_created", share(0.2, 5)),
		Updated:         limit(t, "max_updated", share(0.3, 5)),
		Departed:        limit(t, "max_departed", share(0.1, 2)),
		Duplicates:      limit(t, "max_duplicates", share(0.05, 2)),
		Fall:            limit(t, "max_fall", share(0.2, 3)),
		Elements:        limit(t, "max_elements", share(0.5, 10)),
		CodeTotals:      limit(t, "max_code_total", share(1, 200)),
		RequireElements: t.Boolean("require_elements", true),
		MaxGap:          t.Integer("max_gap", 2, 0, 1200),
		MaxBack:         t.Integer("max_back", 1, 0, 1200),
		Approval:        t.Boolean("approval", false),
		SecondPerson:    readSecondPerson(t),
		Verify:          t.Boolean("verify", false),
		CheckKeys:       t.Boolean("check_keys", true),
		Recognise:       t.Boolean("recognise", true),
		MaxAmount:       t.Number("max_amount", 3, 0, 1000),
	}
	if g.Verify && documents.ReadBack == nil {
		t.Report("verify", strict.Say("nothing-to-ask", "table", documents.ReadBackSection))
	}
	if 0 < g.MaxAmount && g.MaxAmount <= 1 {
		t.Warn("max_amount", strict.Say("low-amount"))
	}
	if mapped == nil {
		t.Know(watchKeys...)
		return g
	}
	readWatch(t, &g, *mapped)
	if len(mapped.Children) == 0 {
		warnWithoutElements(t)
	}
	return g
}

// readyQuery is a SELECT; "" = none. It may be about all dossiers at once: it sends nobody anything.
func readReady(t *strict.Table, key string) string {
	if n := t.Want(key, strict.KindText); n == nil || strings.TrimSpace(n.Text) == "" {
		return ""
	}
	const dossiers = 1
	return readQuery(t, key, dossiers)
}

func warnWithoutElements(t *strict.Table) {
	for _, key := range []string{"max_elements", "max_code_total", "require_elements", "max_amount"} {
		if t.Has(key) {
			t.Warn(key, strict.Say("no-children"))
		}
	}
}

// limit is a table of count, share and floor, or "off". One that is written replaces the fallback as a whole.
func limit(t *strict.Table, key string, fallback jobs.Limit) jobs.Limit {
	n := t.Take(key)
	switch {
	case n == nil:
		return fallback
	case n.Kind == strict.KindTable:
		l := readLimit(t.Table(key))
		checkLimit(t, key, l)
		return l
	case n.Kind != strict.KindText || n.Text != "off":
		t.Report(key, strict.Say("no-limit"), strict.Say("write-limit"))
	}
	return jobs.Limit{Off: true}
}

func share(part float64, floor int) jobs.Limit {
	return jobs.Limit{Count: jobs.NoCount, Share: part, Floor: floor}
}

// usualFloor lets a share work for a staff of eight.
const usualFloor = 2

func readLimit(t *strict.Table) jobs.Limit {
	defer t.Finish()
	const many = 1_000_000_000
	switch {
	case !t.Has("count", "share"):
		t.Report("", strict.Say("empty-limit"), strict.Say("write-limit"))
	case t.Has("floor") && !t.Has("share"):
		t.Report("floor", strict.Say("floor-alone"))
	}
	share, floor := t.NumberOr("share", jobs.NoShare, 0, 1, strict.Say("write-share")), int64(0)
	if t.Has("share") && share > 0 {
		floor = usualFloor
	}
	return jobs.Limit{
		Count: t.IntegerOr("count", jobs.NoCount, 0, many, strict.Say("write-number", "example", 10)),
		Share: share,
		Floor: t.IntegerOr("floor", floor, 0, many, strict.Say("write-number", "example", 5)),
	}
}

// partial are the limits on a number of people that is never larger than what it is a share of.
var partial = []string{"max_updated", "max_departed", "max_duplicates", "max_fall"}

// checkLimit warns of a limit that never trips or always does, as far as the file alone tells.
func checkLimit(t *strict.Table, key string, l jobs.Limit) {
	switch {
	case l.Count == 0, l.Share == 0 && l.Floor == 0:
		t.Warn(key, strict.Say("lets-nothing-pass"))
	case l.Count < l.Floor:
		t.Warn(key, strict.Say("always-count"))
	case l.Count == jobs.NoCount && l.Share == 1 && slices.Contains(partial, key):
		t.Warn(key, strict.Say("never-holds"))
	}
}

// watchKeys are the keys of [job.guard] that name members of the document.
var watchKeys = []string{"hold_fields", "unique_fields", "amount_fields"}

// readWatch reads which members the guards look at. A default that the mapping does not have is left out, which is told of an
// IBAN: nothing else would be seen of its change. A name that is written must be there.
func readWatch(t *strict.Table, g *jobs.Guards, spec mapping.Spec) {
	accounts := pathsOf(spec.Fields, func(f *mapping.Field, named privacy.Named) bool {
		return named.Kind == privacy.KindIBAN && (named.Sure || f.Private)
	})
	held := append(pathsOf(spec.Fields, func(_ *mapping.Field, named privacy.Named) bool {
		return named.Kind == privacy.KindNIR && named.Sure && !named.About
	}), accounts...)
	slices.Sort(held)
	g.HoldFields = readMembers(t, "hold_fields", held, withObjects(paths(spec.Fields)), "no-field")
	if len(accounts) == 0 && !t.Has("hold_fields") {
		t.Warn("hold_fields", strict.Say("no-iban"))
	}
	unique := pathsOf(spec.Fields, func(_ *mapping.Field, named privacy.Named) bool {
		return named.Kind.Identifies() && named.Sure && !named.About
	})
	g.UniqueFields = readMembers(t, "unique_fields", unique, fromColumns(spec.Fields), "no-column-field")
	var amounts []string
	for _, c := range spec.Children {
		amounts = append(amounts, numbers(c)...)
	}
	g.AmountFields = readMembers(t, "amount_fields", nil, amounts, "no-number-field")
}

// readMembers is a list of members out of known, sorted; problem is the code of what is wrong with another.
func readMembers(t *strict.Table, key string, fallback, known []string, problem string) []string {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return fallback
	}
	names := []string{}
	for _, at := range t.Texts(key, list, strict.Say("write-members")) {
		switch name := at.Node.Text; {
		case !slices.Contains(known, name):
			at.Report("", strict.Say(problem), strict.Suggest(nearestMember(name, known), known, strict.Say("map-first")))
		case slices.Contains(names, name):
			at.Report("", strict.Say("twice"))
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// nearestMember is nearest, or the path that ends in the name.
func nearestMember(name string, known []string) string {
	if near := plaintext.Nearest(name, known); near != "" {
		return near
	}
	if named := fieldsNamed(known, name); len(named) > 0 {
		return named[0]
	}
	return ""
}

func paths(fields []mapping.Field) []string {
	var list []string
	for _, f := range fields {
		list = append(list, f.Path)
	}
	return list
}

// fromColumns are the paths of the fields that are no constants.
func fromColumns(fields []mapping.Field) []string {
	var list []string
	for _, f := range fields {
		if f.Column != "" {
			list = append(list, f.Path)
		}
	}
	return list
}

// numbers are the paths of children that can be numbers, or texts that are read as some, as far as the file tells.
func numbers(c mapping.Children) []string {
	var list []string
	for _, f := range c.Fields {
		isCode := f.Path == c.Key || f.Nomenclature != "" || f.Type == mapping.TypeBoolean
		if f.Column != "" && !isCode {
			list = append(list, c.Path+"."+f.Path)
		}
	}
	return list
}

// withObjects adds the objects that the paths lie in.
func withObjects(paths []string) []string {
	var objects []string
	for _, path := range paths {
		for at := strings.LastIndexByte(path, '.'); at > 0; at = strings.LastIndexByte(path[:at], '.') {
			objects = append(objects, path[:at])
		}
	}
	slices.Sort(objects)
	return slices.Concat(paths, slices.Compact(objects))
}

// fieldsNamed are the paths that are, or whose last member is, one of the names in any case.
func fieldsNamed(paths []string, names ...string) []string {
	var list []string
	for _, path := range paths {
		last := path[strings.LastIndexByte(path, '.')+1:]
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, last) }) {
			list = append(list, path)
		}
	}
	return list
}

// pathsOf are those of the fields with a column whose names tell what is looked for.
func pathsOf(fields []mapping.Field, which func(f *mapping.Field, named privacy.Named) bool) (list []string) {
	for i := range fields {
		if f := &fields[i]; f.Column != "" && which(f, named(f)) {
			list = append(list, f.Path)
		}
	}
	return list
}

// named is what the last name of a field's path, and that of its column, tell.
func named(f *mapping.Field) privacy.Named {
	return privacy.ByNames(f.Path[strings.LastIndexByte(f.Path, '.')+1:], f.Column)
}

func readSecondPerson(t *strict.Table) jobs.SecondPerson {
	mode := t.Choice("second_person", "off", "off", string(jobs.SecondHeld), string(jobs.SecondAlways))
	if mode == "off" {
		return jobs.OnePerson
	}
	return jobs.SecondPerson(mode)
}
