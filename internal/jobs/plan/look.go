package plan

import (
	"context"
	"slices"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// Look is what a look at the first employees of staging tells before any run: how many have something odd, and what is
// an IBAN or a NIR although no name says so. It holds no value.
type Look struct {
	Employees  int  // looked at
	Elements   int  // of them
	All        bool // there are no others
	Findings   []jobs.Finding
	Recognised []Recognised
	Postal     []string // members that are postal codes, and come from a column of numbers
}

// Recognised is a member whose values tell what it is.
type Recognised struct {
	Path    string
	Kind    privacy.Kind
	Guarded bool // the guards see it, or one of them shall see none on purpose
}

// LookAt reads the first employees of staging, and their elements. Codes are not looked up: it can be asked before the
// nomenclatures are pulled. An error is a *StagingError, or those of mapping.Compile.
func LookAt(ctx context.Context, staging jobs.Staging, job *jobs.PushJob, params mapping.Params, atMost int) (Look, error) {
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
	l := &looking{spec: &spec, unnamed: mapped.Unnamed(), kinds: map[string]privacy.Kind{}}
	if err := l.read(snapshot, len(source.Children), mapped.NewBuilder(), atMost); err != nil {
		return Look{}, err
	}
	l.look.Findings, l.look.Postal = l.oddities.findings(), mapped.PostalNumbers()
	if none(job.Guards.HoldFields) && none(job.Guards.UniqueFields) {
		return l.look, nil
	}
	for _, path := range l.unnamed {
		if kind := l.kinds[path]; kind != privacy.KindNone {
			l.look.Recognised = append(l.look.Recognised, Recognised{path, kind, sees(&job.Guards, path)})
		}
	}
	return l.look, nil
}

// sees reports whether both lists of members cover one that is recognised by its values.
func sees(g *jobs.Guards, path string) bool {
	covers := func(fields []string) bool {
		return none(fields) || g.Recognise || slices.Contains(fields, path)
	}
	return covers(g.HoldFields) && covers(g.UniqueFields)
}

// none reports whether a list of members is empty because somebody wants it so.
func none(fields []string) bool { return fields != nil && len(fields) == 0 }

// uncoded is a mapping without nomenclatures.
func uncoded(spec mapping.Spec) mapping.Spec {
	without := func(fields []mapping.Field) []mapping.Field {
		fields = slices.Clone(fields)
		for i := range fields {
			fields[i].Nomenclature = ""
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
	kinds    map[string]privacy.Kind // of unnamed members, by their values
	oddities oddities
	look     Look
}

func (l *looking) read(snapshot jobs.Snapshot, groups int, builder *mapping.Builder, atMost int) error {
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
		if l.kinds[path] != privacy.KindNone || document == nil {
			continue
		}
		if text, ok := canonjson.Text(document, path); ok {
			l.kinds[path] = privacy.Identify(text)
		}
	}
}

// nothingKnown is an empty baseline.
type nothingKnown struct{}

func (nothingKnown) Next() bool                 { return false }
func (nothingKnown) Entry() *jobs.BaselineEntry { return nil }
func (nothingKnown) Err() error                 { return nil }
func (nothingKnown) Close()                     {}

// late looks at periods that are closed: whose elements have changed in staging since. Nothing of it is sent; the
// plan names it, so that it is seen before the next month is paid.
func (g *guards) late(ctx context.Context) (findings []jobs.Finding, err error) {
	if g.Keys != nil || len(g.Job.Source.Children) == 0 {
		return nil, nil
	}
	for _, period := range g.Before.History.Closed {
		var late jobs.Named
		look := jobs.Looking(func(_ context.Context, items []jobs.PlannedItem) error {
			for i := range items {
				if isLate(&items[i], period) {
					late.Add(items[i].Key)
				}
			}
			return nil
		})
		closed, err := Make(ctx, &jobs.Pass{Job: g.Job, Target: g.Target, Period: period, Nomenclatures: g.Nomenclatures, Staging: g.Staging,
			Ledger: g.Ledger, Progress: jobs.Silent{}, Sink: look})
		switch {
		case err != nil && jobs.FailureReason(err).Code == jobs.ReasonStaging:
			findings = append(findings, jobs.Finding{Rule: jobs.RuleLateUnknown, Period: period})
		case err != nil:
			return nil, hinted.At("looking at a closed period", period, err)
		case late.N > 0 && closed.Counts.ElementsRead > 0: // else staging does not keep that month
			findings = append(findings, jobs.Finding{Rule: jobs.RuleLate, Period: period, N: late.N, Keys: late.Keys})
		}
	}
	return findings, nil
}

// isLate reports whether the elements of somebody in a closed period are not what was acknowledged.
func isLate(item *jobs.PlannedItem, period jobs.Period) bool {
	if item.Against != period { // nothing was acknowledged for it
		return item.Elements > 0
	}
	for _, change := range item.Diff {
		if change.Child {
			return true
		}
	}
	return false
}
