package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// accepted is the answer to every document that was stored (assumed: nothing public says what Isidoor answers).
var accepted = &answer{status: http.StatusOK, body: []byte(`{"Message":"Salarié enregistré."}`)}

// serveSalarie takes one employee. The document replaces the one of the same dossier, period and matricule, or adds its
// elements to those: see Config.Append.
func (s *Sandbox) serveSalarie(c call) *answer {
	if refusal := allow(c.r, http.MethodPost); refusal != nil {
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
		return invalid(map[string][]string{"salarie": {"The document is not a JSON object."}})
	}
	check := checker{active: s.nomenclatures.active}
	check.object("salarie", salarie.members, document)
	if check.state != nil {
		return invalid(check.state)
	}
	matricule, period := document["Matricule"].(string), document["Periode"].(string) // required strings: checked above
	if slices.Contains(s.Faults().Reject, matricule) {
		return rejected(document)
	}
	s.store(d, documentKey{period, matricule}, c.body)
	return accepted
}

func invalid(state map[string][]string) *answer {
	return problem{Message: "The request is invalid.", ModelState: state}.answer(http.StatusBadRequest)
}

// rejected quotes the person, as business rules tend to: the client has to mask it.
func rejected(document map[string]any) *answer {
	return invalid(map[string][]string{"salarie.Nir": {fmt.Sprintf(
		"Le NIR '%v' est déjà celui de %v %v dans un autre dossier.", document["Nir"], document["Prenom"], document["NomNaissance"],
	)}})
}
