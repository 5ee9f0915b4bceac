package standin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/sandbox"
)

// serveSalarie takes one employee. The document replaces the one of the same dossier, period and key, or adds its
// elements to those: see Config.Append.
func (s *Sandbox) serveSalarie(c sandbox.Call) *sandbox.Answer {
	p := s.profile
	if refusal := allow(c.Request, p.method); refusal != nil {
		return refusal
	}
	d, refusal := s.authorize(c)
	if refusal != nil {
		return refusal
	}
	if !strings.HasPrefix(c.Request.Header.Get("Content-Type"), "application/json") {
		return message(http.StatusUnsupportedMediaType, "The request entity's media type is not supported for this resource.")
	}
	var document map[string]any
	if err := json.Unmarshal(c.Body, &document); err != nil || document == nil {
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
	s.store(d, documentKey{period, key}, c.Body)
	return p.accepted
}

func invalid(state violations) *sandbox.Answer {
	return problem{Message: "The request is invalid.", ModelState: state}.answer(http.StatusBadRequest)
}

// refusal tells what is wrong with a document in the way of the profile.
func (p *profile) refusal(c *checker) *sandbox.Answer {
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
func (p *profile) rejected(document map[string]any) *sandbox.Answer {
	var c checker
	c.forbid(p.body+"."+p.person.nir, "Le NIR '%v' est déjà celui de %v %v dans un autre dossier.",
		document[p.person.nir], document[p.person.firstName], document[p.person.lastName])
	return p.refusal(&c)
}

// serveDossier tells whose key it was given.
func (s *Sandbox) serveDossier(c sandbox.Call) *sandbox.Answer {
	if refusal := allow(c.Request, http.MethodGet); refusal != nil {
		return refusal
	}
	d, refusal := s.authorize(c)
	if refusal != nil {
		return refusal
	}
	siret := cmp.Or(s.Faults().Identity, d.Siret)
	return &sandbox.Answer{Status: http.StatusOK, Body: s.profile.dossier.render(d.Name, siret)}
}

// serveDictionnaire lists the codes of all nomenclatures.
func (s *Sandbox) serveDictionnaire(c sandbox.Call) *sandbox.Answer {
	if refusal := allow(c.Request, http.MethodGet); refusal != nil {
		return refusal
	}
	if _, refusal := s.authorize(c); refusal != nil {
		return refusal
	}
	var list []Entry
	if !s.Faults().EmptyNomenclatures {
		list = s.nomenclatures.list()
	}
	a := &sandbox.Answer{Status: http.StatusOK, Body: s.profile.renderEntries(list)}
	if s.Faults().PartNomenclatures {
		a.Body = s.profile.renderEntries(list[:len(list)/2])
		a.Header = map[string]string{"Link": "<" + c.Request.URL.Path + `?page=2>; rel="next"`}
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

// serveRead answers the document of one employee, of the period asked for, else of the newest that there is (assumed:
// nothing public says whether Isidoor can be asked). Who is absent is told with a 404 that quotes the matricule: the
// client must not repeat it.
func (s *Sandbox) serveRead(c sandbox.Call) *sandbox.Answer {
	if refusal := allow(c.Request, http.MethodGet); refusal != nil {
		return refusal
	}
	d, refusal := s.authorize(c)
	if refusal != nil {
		return refusal
	}
	key, query, p := c.Request.PathValue("key"), c.Request.URL.Query(), s.profile
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
	return &sandbox.Answer{Status: http.StatusOK, Body: document}
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

// find looks for a document, with the lock taken.
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

// result is the answer of a profile that codes its answers: a refusal can stand inside a 200.
type result struct {
	CodeRetour int       `json:"codeRetour"` // 0 = stored
	Libelle    string    `json:"libelle"`
	Anomalies  []anomaly `json:"anomalies"` // never null
}

type anomaly struct {
	Champ string `json:"champ"`
	Texte string `json:"texte"`
}

func (r result) answer() *sandbox.Answer {
	return &sandbox.Answer{Status: http.StatusOK, Body: mustJSON(r)}
}

// codeRefused is the code of a document that fits the contract and breaks a rule that no contract can say.
const codeRefused = 20

// resultMembers describes result in the Swagger document.
var resultMembers = member{kind: kindObject, definition: "Retour", members: []member{
	{name: "codeRetour", kind: kindInteger},
	{name: "libelle", kind: kindString},
	{name: "anomalies", kind: kindArray, definition: "Anomalie", members: []member{
		{name: "champ", kind: kindString},
		{name: "texte", kind: kindString},
	}},
}}

func refusedInside(state violations) *sandbox.Answer {
	r := result{CodeRetour: codeRefused}
	var all []string
	for _, path := range slices.Sorted(maps.Keys(state)) {
		for _, text := range state[path] {
			r.Anomalies = append(r.Anomalies, anomaly{Champ: path, Texte: text})
			all = append(all, text)
		}
	}
	r.Libelle = strings.Join(all, " ")
	return r.answer()
}

// problem is the body of an ASP.NET Web API 2 error.
type problem struct {
	Message          string              `json:"Message"`
	MessageDetail    string              `json:"MessageDetail,omitempty"`
	ModelState       map[string][]string `json:"ModelState,omitempty"`
	ExceptionMessage string              `json:"ExceptionMessage,omitempty"`
	ExceptionType    string              `json:"ExceptionType,omitempty"`
	StackTrace       string              `json:"StackTrace,omitempty"`
}

func (p problem) answer(status int) *sandbox.Answer {
	return &sandbox.Answer{Status: status, Body: mustJSON(p)}
}

func message(status int, text string) *sandbox.Answer { return problem{Message: text}.answer(status) }

// mustJSON renders values that this package made of strings, numbers and booleans: they always render.
func mustJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("sandbox: rendering JSON: " + err.Error())
	}
	return body
}

// allow answers nil when the request's method is the one wanted.
func allow(r *http.Request, method string) *sandbox.Answer {
	if r.Method == method {
		return nil
	}
	a := message(http.StatusMethodNotAllowed, "The requested resource does not support http method '"+r.Method+"'.")
	a.Header = map[string]string{"Allow": method}
	return a
}

// notFound quotes the URL, as ASP.NET does: a key in it must not reach the logs of the client.
func notFound(r *http.Request) *sandbox.Answer {
	uri := "http://" + r.Host + r.URL.RequestURI()
	return problem{
		Message:       "No HTTP resource was found that matches the request URI '" + uri + "'.",
		MessageDetail: "No type was found that matches the controller named in the URI.",
	}.answer(http.StatusNotFound)
}

// exception is a 500 as ASP.NET shows it with detailed errors on: it quotes what it was working on, personal data
// included, which the client must not repeat.
func exception(body []byte) *sandbox.Answer {
	quoted := strings.ToValidUTF8(string(body[:min(len(body), 400)]), "")
	return problem{
		Message:          "An error has occurred.",
		ExceptionMessage: "Violation of PRIMARY KEY constraint while saving " + quoted,
		ExceptionType:    "System.Data.SqlClient.SqlException",
		StackTrace:       "   at Isidoor.Api.Controllers.SalarieController.Post(Salarie salarie)\r\n   at lambda_method(Closure)",
	}.answer(http.StatusInternalServerError)
}
