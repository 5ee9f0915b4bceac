// Package diff tells two contracts apart, from the side of who sends.
package diff

import (
	"cmp"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
)

// Bounds of a comparison: what differs in a definition is told wherever the definition is used, up to these.
const (
	maxChanges = 500 // that break, and as many that do not
	maxVisits  = 200_000
)

// Compare tells what changed of an operation, as those see it who send: breaking is what can make the API refuse, or drop,
// what it took before. nil = the contract does not have it. Breaking changes come first, then the order is that of paths.
func Compare(before, after *openapi.Operation) []jobs.ContractChange {
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		return []jobs.ContractChange{{Operation: ShortCall(after), Kind: jobs.ContractOperationAdded}}
	case after == nil:
		return []jobs.ContractChange{{Operation: ShortCall(before), Kind: jobs.ContractOperationRemoved, Breaking: true}}
	}
	c := &comparison{operation: ShortCall(after), seen: map[[2]*openapi.Schema]outcome{}, tried: map[[2]*openapi.Schema]outcome{}}
	if !strings.EqualFold(before.Method, after.Method) {
		c.add("", jobs.ContractOperationRemoved, ShortCall(before), ShortCall(after), true)
	}
	c.parameters(before, after)
	switch {
	case before.Body != nil && after.Body != nil:
		c.schemas("", before.Body, after.Body)
	case before.Body != nil:
		c.change("", jobs.ContractTypeNarrowed, typeOf(before.Body), jobs.ContractSide{Text: strings.Join(after.Media, ", ")}, true)
	case after.Body != nil:
		c.change("", jobs.ContractWidened, jobs.ContractSide{Text: strings.Join(before.Media, ", ")}, typeOf(after.Body), false)
	}
	return c.sorted()
}

// ShortCall names an operation as the configuration does, without the base: "POST /V2/Salarie".
func ShortCall(o *openapi.Operation) string {
	return o.Method + " " + strings.TrimPrefix(o.Path, o.Base)
}

// comparison collects the changes of one operation.
type comparison struct {
	operation string
	changes   []jobs.ContractChange
	seen      map[[2]*openapi.Schema]outcome
	tried     map[[2]*openapi.Schema]outcome // as seen, while alternatives are tried: different = something breaks
	visits    int
	additions int // told or not, like breaks
	breaks    int
	silent    int // whether alternatives fit is tried without telling
	broke     bool
}

// outcome is what is known of a pair of schemas.
type outcome int

const (
	underWay outcome = iota + 1 // a circle: what differs is told where it began
	same
	different
)

func (c *comparison) add(path string, kind jobs.ContractChangeKind, older, newer string, breaking bool) {
	c.change(path, kind, jobs.ContractSide{Text: older}, jobs.ContractSide{Text: newer}, breaking)
}

func (c *comparison) change(path string, kind jobs.ContractChangeKind, older, newer jobs.ContractSide, breaking bool) {
	c.broke = c.broke || breaking
	if c.silent > 0 {
		return
	}
	told := &c.additions // what breaks nothing must not crowd out what breaks
	if breaking {
		told = &c.breaks
	}
	if *told++; *told > maxChanges {
		return
	}
	c.changes = append(c.changes, jobs.ContractChange{
		Operation: c.operation, Path: path, Kind: kind, Old: older, New: newer, Breaking: breaking,
	})
}

func (c *comparison) sorted() []jobs.ContractChange {
	slices.SortFunc(c.changes, func(a, b jobs.ContractChange) int {
		if a.Breaking != b.Breaking {
			if a.Breaking {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Old.String(), b.Old.String()),
			cmp.Compare(a.New.String(), b.New.String()))
	})
	return slices.Compact(c.changes)
}

// schemas compares two schemas at a path, and what lies below them.
func (c *comparison) schemas(path string, before, after *openapi.Schema) {
	seen, pair := c.seen, [2]*openapi.Schema{before, after}
	if c.silent > 0 {
		seen = c.tried
	}
	c.visits++
	switch known := seen[pair]; {
	case before == after, known == underWay, known == same:
		return
	case known == different && (c.silent > 0 || c.visits > maxVisits || c.breaks >= maxChanges):
		c.broke = c.broke || c.silent > 0
		return
	}
	seen[pair] = underWay
	changes, broke := len(c.changes), c.broke
	c.broke = false
	c.values(path, before, after)
	if sameKind(before.Type, after.Type) {
		c.members(path, before, after)
		c.elements(path, before, after)
	}
	c.alternatives(path, before, after)
	seen[pair] = same
	if c.broke || len(c.changes) > changes {
		seen[pair] = different
	}
	c.broke = c.broke || broke
}

// sameKind reports whether what lies within two types can be compared.
func sameKind(a, b openapi.Type) bool {
	return a == b || a == openapi.TypeAny || b == openapi.TypeAny
}

// members compares the members of objects; both lists are sorted.
func (c *comparison) members(path string, before, after *openapi.Schema) {
	older, newer := before.Properties, after.Properties
	for len(older) > 0 || len(newer) > 0 {
		switch {
		case len(newer) == 0 || len(older) > 0 && older[0].Name < newer[0].Name:
			c.removed(openapi.Below(path, older[0].Name), &older[0], after)
			older = older[1:]
		case len(older) == 0 || newer[0].Name < older[0].Name:
			c.added(openapi.Below(path, newer[0].Name), &newer[0], before)
			newer = newer[1:]
		default:
			c.member(openapi.Below(path, newer[0].Name), &older[0], &newer[0])
			older, newer = older[1:], newer[1:]
		}
	}
	c.others(path, before, after)
}

// removed tells of a member that the contract no longer describes. An object of any members takes it still.
func (c *comparison) removed(path string, p *openapi.Property, after *openapi.Schema) {
	if after.FreeForm() || after.Open && !after.Closed {
		return
	}
	if other := after.Other(p.Name); other != nil { // it is one of the others now
		c.schemas(path, p.Schema, other.Schema)
		return
	}
	c.change(path, jobs.ContractMemberRemoved, typeOf(p.Schema), jobs.ContractSide{}, !p.Schema.ReadOnly)
}

func (c *comparison) added(path string, p *openapi.Property, before *openapi.Schema) {
	if p.Required {
		c.change(path, jobs.ContractMemberRequired, jobs.ContractSide{}, typeOf(p.Schema), true)
		return
	}
	c.change(path, jobs.ContractMemberAdded, jobs.ContractSide{}, typeOf(p.Schema), false)
	if other := before.Other(p.Name); other != nil { // it was one of the others
		c.schemas(path, other.Schema, p.Schema)
	}
}

func (c *comparison) member(path string, before, after *openapi.Property) {
	switch {
	case after.Required && !before.Required:
		c.change(path, jobs.ContractMemberRequired, jobs.ContractSide{}, typeOf(after.Schema), true)
	case before.Required && !after.Required && !after.Schema.ReadOnly:
		c.add(path, jobs.ContractMemberOptional, "", "", false)
	}
	switch {
	case after.Schema.ReadOnly && !before.Schema.ReadOnly:
		c.add(path, jobs.ContractMemberReadOnly, "", "", true)
		return // nobody sends it any more
	case before.Schema.ReadOnly && !after.Schema.ReadOnly:
		c.add(path, jobs.ContractWidened, "read-only", "", false)
	}
	c.null(path, before.Null, after.Null, typeText(after.Schema))
	c.schemas(path, before.Schema, after.Schema)
}

func (c *comparison) null(path string, before, after bool, typed string) {
	switch {
	case before && !after:
		c.change(path, jobs.ContractTypeNarrowed, jobs.ContractSide{Text: typed, Null: true}, jobs.ContractSide{Text: typed}, true)
	case after && !before:
		c.change(path, jobs.ContractWidened, jobs.ContractSide{Text: typed}, jobs.ContractSide{Text: typed, Null: true}, false)
	}
}

// others compares what objects may contain besides the members that are described.
func (c *comparison) others(path string, before, after *openapi.Schema) {
	switch {
	case after.Closed && !before.Closed:
		c.add(path, jobs.ContractTypeNarrowed, "object", "object (closed)", true)
	case before.Closed && !after.Closed:
		c.add(path, jobs.ContractWidened, "object (closed)", "object", false)
	}
	c.patterned(path, before, after)
	if before.Closed || after.Closed {
		return
	}
	c.within(openapi.Below(path, "*"), before.Additional, after.Additional)
}

// patterned compares members that are known by patterns of their names: those of one pattern with one another.
func (c *comparison) patterned(path string, before, after *openapi.Schema) {
	for _, now := range after.Patterned {
		var was *openapi.Schema
		for _, p := range before.Patterned {
			if p.Pattern.String() == now.Pattern.String() {
				was = p.Schema
			}
		}
		if was != nil || !before.Closed {
			c.within(openapi.Below(path, "/"+now.Pattern.String()+"/"), was, now.Schema)
		}
	}
	for _, was := range before.Patterned {
		same := func(p openapi.Patterned) bool { return p.Pattern.String() == was.Pattern.String() }
		if after.Closed && !slices.ContainsFunc(after.Patterned, same) {
			c.add(openapi.Below(path, "/"+was.Pattern.String()+"/"), jobs.ContractMemberRemoved, typeText(was.Schema), "", true)
		}
	}
}

// elements compares what arrays contain.
func (c *comparison) elements(path string, before, after *openapi.Schema) {
	c.within(path+"[]", before.Items, after.Items)
}

// within compares schemas of which nil takes anything.
func (c *comparison) within(path string, before, after *openapi.Schema) {
	switch {
	case before == after || before == nil && takesAll(after) || after == nil && takesAll(before):
	case before == nil:
		c.add(path, jobs.ContractTypeNarrowed, "any", typeText(after), true)
	case after == nil:
		c.add(path, jobs.ContractWidened, typeText(before), "any", false)
	default:
		if before.Type != openapi.TypeAny && after.Type != openapi.TypeAny {
			c.null(path, before.Nullable, after.Nullable, typeText(after))
		}
		c.schemas(path, before, after)
	}
}

func takesAll(s *openapi.Schema) bool {
	return s.Type == openapi.TypeAny && s.Enum == nil && s.Alternatives == nil && s.Also == nil && s.FreeForm()
}
