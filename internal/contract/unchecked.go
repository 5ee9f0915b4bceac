package contract

import "slices"

// Unchecked lists what the call demands of documents and nobody checks, each with its place, sorted: `Salarie.Nir: "not" is
// not checked`. The API may refuse what syncd lets through.
func (o *Operation) Unchecked() (demands []string) {
	seen := map[*Schema]bool{}
	next := []*Schema{o.Body}
	for len(next) > 0 {
		s := next[len(next)-1]
		next = next[:len(next)-1]
		if s == nil || seen[s] || s.ReadOnly {
			continue
		}
		seen[s] = true
		demands = append(demands, s.Unchecked...)
		next = append(next, s.inner()...)
	}
	slices.Sort(demands)
	return slices.Compact(demands)
}

// inner are the schemas that a schema refers to.
func (s *Schema) inner() []*Schema {
	all := slices.Concat(s.Alternatives, s.Also, []*Schema{s.Items, s.Additional})
	for i := range s.Properties {
		all = append(all, s.Properties[i].Schema)
	}
	for i := range s.Patterned {
		all = append(all, s.Patterned[i].Schema)
	}
	return all
}
