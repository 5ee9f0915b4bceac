package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
)

// serveDossier tells whose key it was given.
func (s *Sandbox) serveDossier(c call) *answer {
	if refusal := allow(c.r, http.MethodGet); refusal != nil {
		return refusal
	}
	d, refusal := s.authorize(c)
	if refusal != nil {
		return refusal
	}
	siret := cmp.Or(s.Faults().Identity, d.Siret)
	return &answer{status: http.StatusOK, body: s.profile.dossier.render(d.Name, siret)}
}

// serveDictionnaire lists the codes of all nomenclatures.
func (s *Sandbox) serveDictionnaire(c call) *answer {
	if refusal := allow(c.r, http.MethodGet); refusal != nil {
		return refusal
	}
	if _, refusal := s.authorize(c); refusal != nil {
		return refusal
	}
	var list []Entry
	if !s.Faults().EmptyDictionary {
		list = s.nomenclatures.list()
	}
	a := &answer{status: http.StatusOK, body: s.profile.renderEntries(list)}
	if s.Faults().PartDictionary {
		a.body = s.profile.renderEntries(list[:len(list)/2])
		a.header = map[string]string{"Link": "<" + c.r.URL.Path + `?page=2>; rel="next"`}
	}
	return a
}

func (p *profile) renderEntries(list []Entry) []byte {
	items := make([]json.RawMessage, len(list)) // never null
	for i, e := range list {
		items[i] = p.entry.render(e.Nom, e.Code, e.Libelle, e.Actif)
	}
	if p.listed != "" {
		return mustJSON(map[string]any{p.listed: items})
	}
	return mustJSON(items)
}

// render writes an object with the values of m's members, in their order.
func (m *member) render(values ...any) []byte {
	text := []byte{'{'}
	for i := range m.members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(strconv.AppendQuote(text, m.members[i].name), ':') // names are plain ASCII
		text = append(text, mustJSON(values[i])...)
	}
	return append(text, '}')
}
