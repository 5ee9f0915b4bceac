package contract

// maxWays bounds in how many ways one value can be tried: alternatives of alternatives multiply, and each is tried for each
// document.
const maxWays = 200

const weighing = -1 // the schema is being weighed: an alternative leads back to it

// weigh counts the ways in which a value can fit s, itself included. An alternative that leads back to s says nothing and is
// left out; where there are too many ways, s takes what its own words allow. So alternatives end, and soon.
func (r *reader) weigh(s *Schema) int {
	d := r.drafts[s]
	if d.ways != 0 {
		return d.ways
	}
	d.ways = weighing
	ways := 1
	within := func(list []*Schema) []*Schema {
		var kept []*Schema
		for _, alternative := range list {
			n := r.weigh(alternative)
			if n == weighing {
				r.note(d.where, "an alternative leads back to itself, which says nothing")
				continue
			}
			ways, kept = min(ways+n, maxWays+1), append(kept, alternative)
		}
		return kept
	}
	s.Alternatives, s.Also = within(s.Alternatives), within(s.Also)
	if ways > maxWays {
		r.leaveOut(s, "has too many alternatives within alternatives, which are not checked")
		s.Alternatives, s.Also, ways = nil, nil, 1
	}
	d.ways = ways
	return ways
}
