package jobs

import (
	"context"
	"slices"

	"syncd/internal/mapping"
)

// Look is what a look at the first employees of staging tells before any run: how many have something odd, and what is
// an IBAN or a NIR although no name says so. It holds no value.
type Look struct {
	Employees  int  // looked at
	Elements   int  // of them
	All        bool // there are no others
	Findings   []Finding
	Recognised []Recognised
	Postal     []string // members that are postal codes, and come from a column of numbers
}

// Recognised is a member whose values tell what it is.
type Recognised struct {
	Path    string
	Kind    mapping.Kind
	Guarded bool // the guards see it, or one of them shall see none on purpose
}

// LookAt reads the first employees of staging, and their elements. Codes are not looked up: it can be asked before the
// nomenclatures are pulled. An error is a *StagingError, or those of mapping.Compile.
func LookAt(ctx context.Context, staging Staging, job *PushJob, params mapping.Params, atMost int) (Look, error) {
	source, spec := job.Source, uncoded(job.Mapping)
	source.Ready = ""
	snapshot, err := staging.Snapshot(ctx, source, params, nil)
	if err != nil {
		return Look{}, err
	}
	defer snapshot.Close()
	mapped, err := mapping.Compile(spec, snapshot.Shape(), nil, params)
	if err != nil {
		return Look{}, err
	}
	l := &looking{spec: &spec, unnamed: mapped.Unnamed(), kinds: map[string]mapping.Kind{}}
	if err := l.read(snapshot, len(source.Children), mapped.NewBuilder(), atMost); err != nil {
		return Look{}, err
	}
	l.look.Findings, l.look.Postal = l.oddities.findings(), mapped.PostalNumbers()
	if none(job.Guards.HoldFields) && none(job.Guards.UniqueFields) {
		return l.look, nil
	}
	for _, path := range l.unnamed {
		if kind := l.kinds[path]; kind != mapping.KindNone {
			l.look.Recognised = append(l.look.Recognised, Recognised{path, kind, job.Guards.sees(path)})
		}
	}
	return l.look, nil
}

// sees tells whether both lists of members cover one that is recognised by its values.
func (g *Guards) sees(path string) bool {
	covers := func(fields []string) bool {
		return none(fields) || g.Recognise || slices.Contains(fields, path)
	}
	return covers(g.HoldFields) && covers(g.UniqueFields)
}

// none tells whether a list of members is empty because somebody wants it so.
func none(fields []string) bool { return fields != nil && len(fields) == 0 }

// uncoded is a mapping without nomenclatures.
func uncoded(spec mapping.Spec) mapping.Spec {
	without := func(fields []mapping.Field) []mapping.Field {
		fields = slices.Clone(fields)
		for i := range fields {
			fields[i].Dictionary = ""
		}
		return fields
	}
	spec.Fields, spec.Children = without(spec.Fields), slices.Clone(spec.Children)
	for i := range spec.Children {
		spec.Children[i].Fields = without(spec.Children[i].Fields)
	}
	return spec
}

// looking is one look.
type looking struct {
	spec     *mapping.Spec
	unnamed  []string
	kinds    map[string]mapping.Kind // of unnamed members, by their values
	oddities oddities
	look     Look
}

func (l *looking) read(snapshot Snapshot, groups int, builder *mapping.Builder, atMost int) error {
	m, err := newMerge(snapshot, groups, nothingKnown{}, builder, nil, "")
	if err != nil {
		return err
	}
	var s subject
	for l.look.Employees < atMost {
		more, err := m.next(&s)
		if err != nil {
			return err
		}
		if !more {
			l.look.All = true
			return nil
		}
		if s.employees > 0 {
			l.look.Employees += s.employees
			l.look.Elements += s.elements
			l.employee(mapping.HarmlessKey(m.key), builder)
		}
	}
	return nil
}

func (l *looking) employee(key string, builder *mapping.Builder) {
	l.oddities.add(key, builder.Oddities())
	document, _ := builder.Document() // nil where it is blocked, which plans tell
	for _, path := range l.unnamed {
		if l.kinds[path] != mapping.KindNone || document == nil {
			continue
		}
		if text, ok := mapping.Text(document, path); ok {
			l.kinds[path] = mapping.Identify(text)
		}
	}
}

// nothingKnown is an empty baseline.
type nothingKnown struct{}

func (nothingKnown) Next() bool            { return false }
func (nothingKnown) Entry() *BaselineEntry { return nil }
func (nothingKnown) Err() error            { return nil }
func (nothingKnown) Close()                {}
