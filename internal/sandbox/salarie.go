package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// serveSalarie takes one employee. The document replaces the one of the same dossier, period and key, or adds its
// elements to those: see Config.Append.
func (s *Sandbox) serveSalarie(c call) *answer {
	p := s.profile
	if refusal := allow(c.r, p.method); refusal != nil {
		return refusal
	}
	d, refusal := s.authorize(c)
	if refusal != nil {
		return refusal
	}
	if !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json") {
		return message(http.StatusUnsupportedMediaType, "The request entity's media type is not supported for this resource.")
	}
	var document map[string]any
	if err := json.Unmarshal(c.body, &document); err != nil || document == nil {
		return invalid(violations{p.body: {"The document is not a JSON object."}})
	}
	check := s.check(document)
	if !check.passes() {
		return p.refusal(&check)
	}
	key, period := document[p.key].(string), document[p.period].(string) // required strings: checked above
	if slices.Contains(s.Faults().Reject, key) {
		return p.rejected(document)
	}
	s.store(d, documentKey{period, key}, c.body)
	return p.accepted
}

func invalid(state violations) *answer {
	return problem{Message: "The request is invalid.", ModelState: state}.answer(http.StatusBadRequest)
}

// refusal tells what is wrong with a document in the way of the profile.
func (p *profile) refusal(c *checker) *answer {
	switch {
	case p.coded && c.contract != nil: // model binding fails before any rule is asked
		return invalid(c.contract)
	case p.coded:
		return refusedInside(c.business)
	}
	all := violations{}
	maps.Copy(all, c.contract)
	maps.Copy(all, c.business) // of other members: one has the first of its violations only
	return invalid(all)
}

// rejected quotes the person, as business rules tend to: the client has to mask it.
func (p *profile) rejected(document map[string]any) *answer {
	var c checker
	c.forbid(p.body+"."+p.person.nir, "Le NIR '%v' est déjà celui de %v %v dans un autre dossier.",
		document[p.person.nir], document[p.person.firstName], document[p.person.lastName])
	return p.refusal(&c)
}
