package check_test

import (
	"fmt"
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
)

// answering is a call whose success is described so; "" = by no schema.
func answering(t *testing.T, schema, definitions string) *openapi.Operation {
	t.Helper()
	response := `{"description":"OK"}`
	if schema != "" {
		response = `{"description":"OK","schema":` + schema + `}`
	}
	text := contracttest.Swagger(contracttest.Members(`"Nom":{"type":"string"}`) + definitions)
	return contracttest.CallOf(t, strings.Replace(text, `"200":{"description":"OK"}`,
		`"400":{"description":"no","schema":{"type":"string"}},"200":`+response, 1))
}

const (
	retour = `,"Retour":{"properties":{"codeRetour":{"type":"integer"},"libelle":{"type":"string"},"anomalies":{"type":"array","items":{"type":"object"}}}}`
	lot    = retour + `,"Lot":{"properties":{"resultats":{"type":"array","items":{"$ref":"#/definitions/Retour"}},"total":{"type":"integer"}}}`
)

func TestCheckAnswer(t *testing.T) {
	t.Parallel()
	const (
		one  = `{"$ref":"#/definitions/Retour"}`
		many = `{"type":"array","items":{"$ref":"#/definitions/Retour"}}`
		lots = `{"$ref":"#/definitions/Lot"}`
	)
	right := check.AnswerPlaces{Code: "/codeRetour", Errors: []string{"/anomalies"}, Message: "/libelle"}
	for name, test := range map[string]struct {
		schema, definitions string
		places              *check.AnswerPlaces
		want                []string // level, path, parts of text and hint
	}{
		"right":              {one, retour, &right, nil},
		"right, of an array": {many, retour, &right, nil},
		"right, in a list":   {lots, lot, &check.AnswerPlaces{Items: "/resultats", Code: "/codeRetour"}, nil},
		"by its index":       {one, retour, &check.AnswerPlaces{Errors: []string{"/anomalies/0/texte"}}, nil},
		"errors mistyped": {one, retour, &check.AnswerPlaces{Errors: []string{"/anomalies", "/anomalie"}},
			[]string{"error errors /anomalie is not in what POST /V2/Salarie answers by the contract: refusals that only it tells would count as " +
				"received | did you mean \"/anomalies\"?"}},
		"code in another case": {many, retour, &check.AnswerPlaces{Code: "/CodeRetour"},
			[]string{"error code /CodeRetour is not in what POST /V2/Salarie answers by the contract: no answer could be judged, and each " +
				"document would stay uncertain | did you mean \"/codeRetour\"?"}},
		"message elsewhere": {one, retour, &check.AnswerPlaces{Code: "/codeRetour", Message: "/texte/long"},
			[]string{"warning message /texte/long is not in what POST /V2/Salarie answers by the contract: people are told the words at errors " +
				"instead, or the code alone | compare with a real answer, and correct [isidoor.salarie.answer]"}},
		"below a text": {one, retour, &check.AnswerPlaces{Code: "/libelle/code"},
			[]string{"warning code /libelle/code is not in"}},
		"a list for a code": {one, retour, &check.AnswerPlaces{Code: "/anomalies"},
			[]string{"warning code /anomalies is array in the contract, not a code: no answer could be judged"}},
		"message mistyped": {one, retour, &check.AnswerPlaces{Code: "/codeRetour", Message: "/libele"},
			[]string{"warning message", `did you mean "/libelle"?`}},
		"a text": {`{"type":"string"}`, "", &right,
			[]string{"warning  by the contract a success of POST /V2/Salarie holds string, no object: no answer could be judged"}},
		"told by its words": {`{"type":"string"}`, "", &check.AnswerPlaces{}, nil},
		"texts":             {`{"type":"array","items":{"type":"string"}}`, "", &right, []string{"warning  by the contract a success of"}},
		"a class of .NET": {`{"$ref":"#/definitions/HttpResponseMessage"}`,
			`,"HttpResponseMessage":{"properties":{"StatusCode":{"type":"integer"},"Content":{"type":"object"}}}`, &right, nil},
		"an interface of .NET": {`{"$ref":"#/definitions/IActionResult"}`, `,"IActionResult":{"type":"object","additionalProperties":false}`,
			&right, nil},
		"what was sent": {`{"$ref":"#/definitions/Salarie"}`, "", &check.AnswerPlaces{Code: "/codeRetour"},
			[]string{"warning code /codeRetour is not in what"}},
		"an array of anything": {`{"type":"array"}`, "", &right, nil},
		"of anything, by index": {`{"properties":{"erreurs":{"type":"array"}}}`, "", &check.AnswerPlaces{Errors: []string{"/erreurs/0/texte"}},
			nil},
		"dangling below": {`{"properties":{"lot":{"$ref":"#/definitions/Gone"},"anomalies":{"type":"array"}}}`, "",
			&check.AnswerPlaces{Errors: []string{"/anomalie"}}, []string{`error errors /anomalie`}},
		"items mistyped": {lots, lot, &check.AnswerPlaces{Items: "/resultat", Code: "/codeRetour"},
			[]string{"error items /resultat is not in what POST /V2/Salarie answers by the contract: no answer could be judged, and each document " +
				"would stay uncertain | did you mean \"/resultats\"?"}},
		"items are no array": {lots, lot, &check.AnswerPlaces{Items: "/total", Code: "/codeRetour"},
			[]string{"warning items /total is integer in the contract, not an array"}},
		"items forgotten": {lots, lot, &check.AnswerPlaces{Code: "/codeRetour"}, []string{"warning code /codeRetour is not in"}},
		"not described":   {"", "", &right, nil},
		"an object":       {`{"type":"object"}`, "", &right, nil},
		"anything":        {`{}`, "", &right, nil},
		"no rules": {one, retour, nil, []string{"warning  by the contract a success of POST /V2/Salarie holds codeRetour and anomalies: if the " +
			"API refuses documents that way, refusals count as received" +
			` | ask the partner; if so, add [isidoor.salarie.answer] with code = "/codeRetour" and success = [the codes that accept], errors = ["/anomalies"]`}},
		"no rules, in a list": {lots, lot, nil, []string{"warning  by the contract", "holds resultats[] with codeRetour and anomalies",
			"if so, add [isidoor.salarie.answer]\n"}},
		"no rules, refused lines": {`{"properties":{"nbAcceptes":{"type":"integer"},"lignesRejetees":{"type":"array","items":{"properties":{"erreur":{"type":"string"}}}}}}`, "", nil,
			[]string{`errors = ["/lignesRejetees"]`}},
		"no rules, nothing to see": {`{"properties":{"id":{"type":"integer"},"code":{"type":"string"}}}`, "", nil, nil},
		"no rules, not described":  {"", "", nil, nil},
		"dangling":                 {`{"$ref":"#/definitions/Gone"}`, "", &right, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := ""
			for _, a := range check.CheckAnswer(answering(t, test.schema, test.definitions), test.places, "isidoor.salarie.answer") {
				text, hint := contracttest.Words(a)
				said += fmt.Sprintf("%s %s %s | %s\n", a.Level, a.Path, text, hint)
			}
			if strings.Count(said, "\n") > 1 || (said != "") != (test.want != nil) {
				t.Fatalf("said:\n%s", said)
			}
			for _, part := range test.want {
				if !strings.Contains(said, part) {
					t.Errorf("said:\n%swant %s", said, part)
				}
			}
		})
	}
}

func TestAnswersOfOpenAPI3(t *testing.T) {
	t.Parallel()
	d, err := openapi.Read([]byte(`{"openapi":"3.0.1","info":{"title":"T","version":"1"},"paths":{
		"/A":{"post":{"operationId":"A","requestBody":{"content":{"application/json":{"schema":{"type":"object"}}}},
			"responses":{"204":{"description":"none"},"200":{"$ref":"#/components/responses/OK"}}}},
		"/B":{"get":{"operationId":"B","responses":{"200":{"$ref":"#/components/responses/Gone"}}}}},
		"components":{"responses":{"OK":{"description":"OK","content":{"text/json":{"schema":{"properties":{"ok":{"type":"boolean"}}}}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	op, _ := d.Operation("A")
	if op == nil || op.Answer == nil || op.Answer.Property("ok") == nil {
		t.Errorf("call %+v", op)
	}
}
