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
	g.HoldFields = readMembers(t, "hold_fields", held, withObjects(paths(spec.Fields)),
		"is no member of [job.fields]")
	if len(accounts) == 0 && !t.Has("hold_fields") {
		t.Warn("hold_fields", "no member is held when it changes, but for values that are a valid IBAN or NIR: none is called, or comes from a column called, iban",
			`name the member of the IBAN in [job.guard], such as hold_fields = ["Iban"]; [] = none on purpose`)
	}
	unique := pathsOf(spec.Fields, func(_ *mapping.Field, named privacy.Named) bool {
		return named.Kind.Identifies() && named.Sure && !named.About
	})
	g.UniqueFields = readMembers(t, "unique_fields", unique, fromColumns(spec.Fields),
		"is no member of [job.fields] that comes from a column")
	var amounts []string
	for _, c := range spec.Children {
		amounts = append(amounts, numbers(c)...)
	}
	g.AmountFields = readMembers(t, "amount_fields", nil, amounts, "is no number of [job.children.fields]")
}

// members is a list of members out of known, sorted.
func readMembers(t *strict.Table, key string, fallback, known []string, problem string) []string {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return fallback
	}
	names := []string{}
	for _, at := range t.Texts(key, list, `write names of members: ["Iban"]`) {
		switch name := at.Node.Text; {
		case !slices.Contains(known, name):
			at.Report("", problem, strict.Suggest(nearestMember(name, known), known, "map it from a column first"))
		case slices.Contains(names, name):
			at.Report("", "is named twice", "remove one")
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
		isCode := f.Path == c.Key || f.Dictionary != "" || f.Type == mapping.TypeBoolean
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
