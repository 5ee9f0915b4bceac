package sandbox

import (
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
	matricule, query := c.r.PathValue("matricule"), c.r.URL.Query()
	period := query.Get("periode")
	if query.Has("periode") && !formatPeriod.matches(period) {
		return invalid(map[string][]string{"periode": {fmt.Sprintf("The value '%s' is not valid for periode.", period)}})
	}
	document := d.held(matricule, period)
	if document == nil {
		return message(http.StatusNotFound, fmt.Sprintf("Aucun salarié de matricule '%s' pour cette période.", matricule))
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
