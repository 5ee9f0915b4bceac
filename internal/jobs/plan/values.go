package plan

import (
	"cmp"
	"slices"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// kindAt is what the names of a member of the master data tell of its values.
func kindAt(spec *mapping.Spec, path string) privacy.Kind {
	for i := range spec.Fields {
		if spec.Fields[i].Path == path {
			return spec.Fields[i].Kind
		}
	}
	return privacy.KindNone
}

// changeFindings are the changes that a person must confirm. An IBAN or a NIR that is only spelled in another way has not
// changed.
func changeFindings(job *jobs.PushJob, item *jobs.PlannedItem, old []byte) []jobs.Finding {
	g := &job.Guards
	var findings []jobs.Finding
	for _, change := range item.Diff {
		if change.Child {
			continue
		}
		below := func(field string) bool {
			return change.Path == field || strings.HasPrefix(change.Path, field+".")
		}
		was, _ := canonjson.Text(old, change.Path)
		now, _ := canonjson.Text(item.Document, change.Path)
		kind := kindAt(&job.Mapping, change.Path)
		recognised := kind == privacy.KindNone && (privacy.Identify(was) != privacy.KindNone || privacy.Identify(now) != privacy.KindNone)
		watched := slices.ContainsFunc(g.HoldFields, below) || recognised && recognises(g, g.HoldFields)
		if watched && !privacy.SameSpelled(kind, was, now) {
			findings = append(findings, jobs.Finding{Rule: jobs.RuleHoldField, Holds: true, Path: change.Path})
		}
	}
	return findings
}

// keyRules are the rules about values that cannot be what their field holds.
var keyRules = map[privacy.Kind]jobs.Rule{privacy.KindIBAN: jobs.RuleBadIBAN, privacy.KindNIR: jobs.RuleBadNIR}

// keyFindings are IBAN and NIR that cannot be right, but for those that were acknowledged as they are: a person has
// confirmed them, or they have been paid for months.
func keyFindings(job *jobs.PushJob, item *jobs.PlannedItem, old []byte) []jobs.Finding {
	if !job.Guards.CheckKeys {
		return nil
	}
	var findings []jobs.Finding
	for _, value := range job.Mapping.Unsound(item.Document, old) {
		findings = append(findings, jobs.Finding{Rule: keyRules[value.Kind], Holds: true, Path: value.Path, Column: value.Column})
	}
	return findings
}

// oddities counts what is odd in the documents that would be sent, by member.
type oddities struct{ found map[oddity]*odd }

type oddity struct {
	kind mapping.OddityKind
	path string
}

type odd struct {
	jobs.Named
	last   string // the employee who was counted last
	column string
	marks  []string
}

// oddMarks is how many different marks a finding names.
const oddMarks = 5

func (o *oddities) add(key string, found []mapping.Oddity) {
	for _, one := range found {
		at := oddity{one.Kind, one.Path}
		known := o.found[at]
		if known == nil {
			if o.found == nil {
				o.found = map[oddity]*odd{}
			}
			known = &odd{column: one.Column}
			o.found[at] = known
		}
		if known.N == 0 || known.last != key {
			known.Add(key)
			known.last = key
		}
		if one.Mark != "" && len(known.marks) < oddMarks && !slices.Contains(known.marks, one.Mark) {
			known.marks = append(known.marks, one.Mark)
		}
	}
}

var oddRules = map[mapping.OddityKind]jobs.Rule{
	mapping.OddText: jobs.RuleDamagedText, mapping.OddDate: jobs.RuleOddDate, mapping.OddPostal: jobs.RuleShortPostal,
}

// findings are notices, sorted by rule and member.
func (o *oddities) findings() []jobs.Finding {
	var findings []jobs.Finding
	for at, found := range o.found {
		slices.Sort(found.marks)
		findings = append(findings, jobs.Finding{Rule: oddRules[at.kind], N: found.N, Path: at.path, Column: found.column,
			Marks: found.marks, Keys: found.Keys})
	}
	slices.SortFunc(findings, func(a, b jobs.Finding) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Path, b.Path)) })
	return findings
}

// recognises reports whether a list of members is extended by those whose values are an IBAN or a NIR: not where somebody
// wants none.
func recognises(g *jobs.Guards, fields []string) bool {
	return g.Recognise && !none(fields)
}
