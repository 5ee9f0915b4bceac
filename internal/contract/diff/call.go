package diff

import (
	"slices"
	"strings"
	"unicode"

	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
)

// parameters compares what a call must carry besides its body: parameters, and keys as parameters that are required.
func (c *comparison) parameters(before, after *openapi.Operation) {
	older, newer := carried(before), carried(after)
	older, newer = c.sameParameters(older, newer)
	for _, alike := range []func(a, b openapi.Parameter) bool{
		func(a, b openapi.Parameter) bool { return folded(a.Name) == folded(b.Name) },
		func(a, b openapi.Parameter) bool { return a.Required && b.Required }, // a key that got another name
	} {
		older, newer = c.movedParameters(older, newer, alike)
	}
	for _, p := range older {
		if p.Required && p.In != "path" {
			c.add(p.Name, jobs.ContractMemberOptional, p.In+" "+p.Name, "", false)
		}
	}
	for _, p := range newer {
		if p.Required {
			c.add(p.Name, jobs.ContractParameterAdded, "", p.In+" "+p.Name, true)
		} else {
			c.add(p.Name, jobs.ContractMemberAdded, "", p.In+" "+p.Name, false)
		}
	}
}

// carried are the parameters of a call and its keys. Of the path only how many there are counts: their names are not sent.
func carried(o *openapi.Operation) []openapi.Parameter {
	var carried []openapi.Parameter
	for _, p := range o.Parameters {
		if p.In == "path" {
			p.Name, p.Required = strings.Repeat("*", pathParameters(carried)+1), true
		}
		carried = append(carried, p)
	}
	for _, key := range o.Keys {
		same := func(p openapi.Parameter) bool { return strings.EqualFold(p.Name, key.Name) && p.In == key.In }
		if !slices.ContainsFunc(carried, same) {
			carried = append(carried, openapi.Parameter{Name: key.Name, In: key.In, Required: true})
		}
	}
	return carried
}

func pathParameters(parameters []openapi.Parameter) int {
	count := 0
	for _, p := range parameters {
		if p.In == "path" {
			count++
		}
	}
	return count
}

// sameParameters compares those that stayed where they are, and gives the others. Names of headers have no case.
func (c *comparison) sameParameters(older, newer []openapi.Parameter) (gone, come []openapi.Parameter) {
	come = newer
	for _, was := range older {
		i := slices.IndexFunc(come, func(p openapi.Parameter) bool { return p.In == was.In && strings.EqualFold(p.Name, was.Name) })
		if i < 0 {
			gone = append(gone, was)
			continue
		}
		c.parameter(was, come[i])
		come = slices.Concat(come[:i], come[i+1:])
	}
	return gone, come
}

func (c *comparison) parameter(before, after openapi.Parameter) {
	switch {
	case after.Required && !before.Required:
		c.add(after.Name, jobs.ContractParameterAdded, "", after.In+" "+after.Name, true)
	case before.Required && !after.Required:
		c.add(after.Name, jobs.ContractMemberOptional, "", "", false)
	}
	if before.Schema != nil && after.Schema != nil {
		c.schemas(after.Name, before.Schema, after.Schema)
	}
}

// movedParameters pairs what is gone with what has come. What could be one of several is paired with none.
func (c *comparison) movedParameters(older, newer []openapi.Parameter, alike func(a, b openapi.Parameter) bool) (gone,
	come []openapi.Parameter) {
	come = newer
	for _, was := range older {
		fits := func(p openapi.Parameter) bool { return alike(was, p) }
		i := slices.IndexFunc(come, fits)
		rivals := func(p openapi.Parameter) bool { return i >= 0 && alike(p, come[i]) }
		if i < 0 || slices.ContainsFunc(come[i+1:], fits) || count(older, rivals) > 1 {
			gone = append(gone, was)
			continue
		}
		is := come[i]
		c.add(is.Name, jobs.ContractParameterMoved, was.In+" "+was.Name, is.In+" "+is.Name, was.Required || is.Required)
		come = slices.Concat(come[:i], come[i+1:])
	}
	return gone, come
}

func count(parameters []openapi.Parameter, matches func(openapi.Parameter) bool) int {
	n := 0
	for _, p := range parameters {
		if matches(p) {
			n++
		}
	}
	return n
}

// folded is a name without case and punctuation: "X-Cle" and "xcle" are one.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// alternatives compares anyOf and oneOf: each alternative of before must have one that takes as much.
func (c *comparison) alternatives(path string, before, after *openapi.Schema) {
	if len(after.Also) > len(before.Also) {
		c.change(path, jobs.ContractTypeNarrowed, typeOf(before), jobs.ContractSide{Text: "allOf"}, true)
	} else {
		for i, other := range after.Also {
			c.schemas(path, before.Also[i], other)
		}
	}
	switch {
	case after.Alternatives == nil && before.Alternatives == nil:
	case after.Alternatives == nil:
		c.change(path, jobs.ContractWidened, jobs.ContractSide{Text: alternativesText(before)}, typeOf(after), false)
	case before.Alternatives == nil:
		c.covered(path, []*openapi.Schema{before}, before, after)
	default:
		c.covered(path, before.Alternatives, before, after)
	}
}

// covered tells of alternatives of before that no alternative of after takes.
func (c *comparison) covered(path string, alternatives []*openapi.Schema, before, after *openapi.Schema) {
	for _, alternative := range alternatives {
		takes := func(s *openapi.Schema) bool { return c.takes(path, alternative, s) }
		if !slices.ContainsFunc(after.Alternatives, takes) {
			c.add(path, jobs.ContractTypeNarrowed, alternativesText(before), alternativesText(after), true)
			return
		}
	}
	if len(after.Alternatives) > len(before.Alternatives) && before.Alternatives != nil {
		c.add(path, jobs.ContractWidened, alternativesText(before), alternativesText(after), false)
	}
}

// takes tries whether nothing breaks from one schema to another.
func (c *comparison) takes(path string, before, after *openapi.Schema) bool {
	if c.visits > maxVisits { // too much differs to know: a person must look
		return false
	}
	broke := c.broke
	c.silent++
	c.broke = false
	c.schemas(path, before, after)
	took := !c.broke
	c.broke = broke
	c.silent--
	return took
}

// alternativesText names the alternatives of a schema: "string | Salarie".
func alternativesText(s *openapi.Schema) string {
	if s.Alternatives == nil {
		return typeText(s)
	}
	names := make([]string, 0, len(s.Alternatives))
	for _, alternative := range s.Alternatives {
		name := alternative.Name
		if name == "" {
			name = typeText(alternative)
		}
		names = append(names, name)
	}
	return strings.Join(names, " | ")
}
