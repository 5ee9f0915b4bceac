package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// serveRead answers the document of one employee, of the period asked for, else of the newest that there is (assumed:
// nothing public says whether Isidoor can be asked). Who is absent is told with a 404 that quotes the matricule: the
// client must not repeat it.
func (s *Sandbox) serveRead(c call) *answer {
	if refusal := allow(c.r, http.MethodGet); refusal != nil {
		return refusal
	}
	d, refusal := s.authorize(c)
	if refusal != nil {
		return refusal
	}
	key, query, p := c.r.PathValue("key"), c.r.URL.Query(), s.profile
	period := query.Get(p.readPeriod)
	if query.Has(p.readPeriod) && !formatPeriod.fits(period) {
		return invalid(violations{p.readPeriod: {fmt.Sprintf("The value '%s' is not valid for %s.", period, p.readPeriod)}})
	}
	document := d.held(key, period)
	if document == nil {
		return message(http.StatusNotFound, fmt.Sprintf("Aucun salarié de matricule '%s' pour cette période.", key))
	}
	if p.readMember != "" {
		document = mustJSON(map[string]json.RawMessage{p.readMember: document})
	}
	return &answer{status: http.StatusOK, body: document}
}

// held is the document of one employee, nil when there is none. Period "" asks for the newest.
func (d *dossier) held(matricule, period string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, entry := d.find(matricule, period); entry != nil {
		return entry.document
	}
	return nil
}

// find looks for a document, with the lock held.
func (d *dossier) find(matricule, period string) (documentKey, *stored) {
	newest := documentKey{period, matricule}
	if period == "" {
		for key := range d.documents {
			if key.matricule == matricule && key.period > newest.period {
				newest = key
			}
		}
	}
	return newest, d.documents[newest]
}
