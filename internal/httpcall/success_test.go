package httpcall

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

// chorus is how Chorus Pro tells success, and others after it.
func chorus() *jobs.AnswerRules {
	return &jobs.AnswerRules{Code: "/codeRetour", Success: []string{"0"}, Errors: []string{"/anomalies"}, Message: "/libelle"}
}

func listed() *jobs.AnswerRules {
	r := chorus()
	r.Items = "/resultats"
	return r
}

func onlyErrors() *jobs.AnswerRules {
	return &jobs.AnswerRules{Errors: []string{"/Erreurs", "/Detail/Refus"}}
}

// answered sends a document whose answer is status and body.
func answered(t *testing.T, rules *jobs.AnswerRules, status int, body string) jobs.Outcome {
	t.Helper()
	s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
		leave(req)
		return response(status, body, "Content-Type", "application/json"), nil
	}}}
	return send(s.open(t, func(o *toyOptions) { o.RetryFor, o.Answer = 1, rules }), "00042")
}

func TestAnswersThatAccept(t *testing.T) {
	t.Parallel()
	words := func(success ...string) *jobs.AnswerRules {
		return &jobs.AnswerRules{Code: "/a/0/état", Success: success}
	}
	for body, rules := range map[string]*jobs.AnswerRules{
		`{"codeRetour":0,"libelle":"GCU_MSG_01_000"}`:                                 chorus(),
		`{"codeRetour":"0"}`:                                                          chorus(),
		`{"codeRetour":" 0 ","anomalies":null}`:                                       chorus(),
		`{"codeRetour":0.0,"anomalies":[]}`:                                           chorus(),
		`{"codeRetour":-0e5,"anomalies":{}}`:                                          chorus(),
		`{"codeRetour":0,"anomalies":""}`:                                             chorus(),
		`{"codeRetour":0,"anomalies":false}`:                                          chorus(),
		`{"codeRetour":0,"anomalies":0.00,"Avertissements":["IBAN inchangé"]}`:        chorus(),
		"\xef\xbb\xbf" + `{"codeRetour":0}`:                                           chorus(),
		`[{"codeRetour":0},{"codeRetour":"0"}]`:                                       chorus(),
		`{"resultats":[{"codeRetour":0},{"codeRetour":0.00}],"autres":[{"x":1}]}`:     listed(),
		`{"Matricule":"00042","Avertissements":[{"Code":"W1","Texte":"à vérifier"}]}`: onlyErrors(),
		`{"Erreurs":[],"Detail":{"Refus":"  "}}`:                                      onlyErrors(),
		`{"Erreurs":null,"Detail":null}`:                                              onlyErrors(),
		`{"a":[{"état":"CRÉÉ"}]}`:                                                     words("CRÉÉ", "MODIFIÉ"),
		`{"a":[{"état":true}]}`:                                                       words("true"),
		`{"a":[{"état":false}]}`:                                                      words("false"),
		`{"a":[{"état":200}]}`:                                                        words("2.0e2"),
		`{"a":[{"état":90071992547409931.10}]}`:                                       words("90071992547409931.1"),
	} {
		for _, status := range []int{200, 201, 202} {
			out := answered(t, rules, status, body)
			if out.Class != jobs.ClassAccepted || out.Ambiguous || out.Err != nil || out.Status != status || out.Message != "" {
				t.Errorf("%d %s: outcome %+v", status, body, out)
			}
		}
	}
}

func TestRefusalsInsideA200(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rules   *jobs.AnswerRules
		body    string
		message string
	}{
		"a code":              {chorus(), `{"codeRetour":20,"libelle":"Code inconnu"}`, "code 20: Code inconnu"},
		"a code as text":      {chorus(), `{"codeRetour":"20","libelle":" Code\r\ninconnu\u001b "}`, "code 20: Code inconnu"},
		"another spelling":    {chorus(), `{"codeRetour":"00"}`, "code 00"},
		"a code and no words": {chorus(), `{"codeRetour":20,"libelle":""}`, "code 20"},
		"a state":             {&jobs.AnswerRules{Code: "/ok", Success: []string{"true"}}, `{"ok":false}`, "code"},
		"nearly the number": {&jobs.AnswerRules{Code: "/c", Success: []string{"90071992547409931"}}, `{"c":90071992547409932}`,
			"code 90071992547409932"},
		"an absurd number":     {chorus(), `{"codeRetour":1e999999999}`, "code 1e999999999"},
		"success with errors":  {chorus(), `{"codeRetour":0,"libelle":"OK, mais","anomalies":["Iban"]}`, "OK, mais"},
		"a text of errors":     {onlyErrors(), `{"Erreurs":"le nom manque"}`, "le nom manque"},
		"a list of errors":     {onlyErrors(), `{"Erreurs":["le nom manque",""," le code aussi"]}`, "le nom manque le code aussi"},
		"objects of errors":    {onlyErrors(), `{"Erreurs":[{"Texte":"faux","Code":"E1","Ligne":2},{"Texte":"vide"}]}`, "E1 faux vide"},
		"a state of errors":    {onlyErrors(), `{"Nom":["vide"],"Detail":{"Refus":{"salarie.Nom":["vide"]}}}`, "vide"},
		"errors everywhere":    {onlyErrors(), `{"Erreurs":["a"],"Detail":{"Refus":["b"]}}`, "a b"},
		"errors without words": {onlyErrors(), `{"Erreurs":true}`, ""},
		"a count of errors":    {onlyErrors(), `{"Erreurs":3}`, ""},
		"empty ones":           {onlyErrors(), `{"Erreurs":[null]}`, ""},
		"one of several": {listed(), `{"resultats":[{"codeRetour":0,"libelle":"OK"},{"codeRetour":7,"libelle":["un","deux"]}]}`,
			"code 7: un deux"},
		"several of several": {chorus(), `[{"codeRetour":5,"libelle":{"fr":"trois"}},{"codeRetour":7,"libelle":"quatre"}]`,
			"code 5: trois code 7: quatre"},
		"very deep words": {onlyErrors(), `{"Erreurs":[[[[["trop bas"]]]]]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := answered(t, test.rules, 200, test.body)
			call := callError(t, out.Err)
			if out.Class != jobs.ClassData || out.Ambiguous || out.Status != 200 || out.Attempts != 1 || out.Message != test.message {
				t.Errorf("outcome %+v, want the message %q", out, test.message)
			}
			want := "POST /V2/Salarie: answered 200 OK, with a refusal inside\nhint: correct this employee in staging and run again"
			if call.Error() != want || call.Message != test.message || call.Status != 200 || call.Class != jobs.ClassData {
				t.Errorf("error %+v", call)
			}
		})
	}
}

func TestAnswersThatDecideNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rules  *jobs.AnswerRules
		status int
		body   string
		why    string
	}{
		"no body":               {chorus(), 200, "", "the answer is empty"},
		"204":                   {chorus(), 204, "", "the answer is empty"},
		"white space":           {onlyErrors(), 202, " \r\n", "the answer is empty"},
		"null":                  {onlyErrors(), 200, "null", "the answer is empty"},
		"not JSON":              {chorus(), 200, `codeRetour: 0`, "the answer is not JSON"},
		"JSON and more":         {chorus(), 200, `{"codeRetour":0}{"codeRetour":20}`, "the answer is not JSON"},
		"half of it":            {chorus(), 200, `{"codeRetour":0`, "the answer is not JSON"},
		"a text":                {onlyErrors(), 200, `"OK"`, "a result is no JSON object"},
		"a number":              {chorus(), 200, `0`, "a result is no JSON object"},
		"no code":               {chorus(), 200, `{"libelle":"OK"}`, "a result has no code"},
		"another name":          {chorus(), 200, `{"CodeRetour":0}`, "a result has no code"},
		"a null code":           {chorus(), 200, `{"codeRetour":null}`, "a result has no code"},
		"an empty code":         {chorus(), 200, `{"codeRetour":" "}`, "a result has no code"},
		"an object":             {chorus(), 200, `{"codeRetour":{"c":0}}`, "a result has no code"},
		"errors, no code":       {chorus(), 200, `{"anomalies":["faux"]}`, "a result has no code"},
		"no results":            {chorus(), 200, `[]`, "the array of results is empty"},
		"no results there":      {listed(), 200, `{"resultats":[]}`, "the array of results is empty"},
		"items lead nowhere":    {listed(), 200, `{"codeRetour":0}`, "items leads to no array of results"},
		"items are null":        {listed(), 200, `{"resultats":null}`, "items leads to no array of results"},
		"items are an object":   {listed(), 200, `{"resultats":{"codeRetour":0}}`, "items leads to no array of results"},
		"a result is null":      {listed(), 200, `{"resultats":[{"codeRetour":0},null]}`, "a result is no JSON object"},
		"beside a refusal":      {listed(), 200, `{"resultats":[{"codeRetour":20},{}]}`, "a result has no code"},
		"longer than the limit": {chorus(), 200, `{"codeRetour":0,"x":"` + strings.Repeat("x", MaxAnswer) + `"}`, "the answer is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := answered(t, test.rules, test.status, test.body)
			if out.Class != jobs.ClassConfiguration || !out.Ambiguous || out.Status != test.status || out.Message != "" || out.Attempts != 1 {
				t.Errorf("outcome %+v", out)
			}
			want := "POST /V2/Salarie: answered " + statusText(test.status) + ", which cannot be judged: " + test.why +
				"\nhint: check [partner.salarie.answer]"
			if got := callError(t, out.Err).Error(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// The rules speak of a 2xx; the rest is what it was.
func TestRulesLeaveOtherAnswers(t *testing.T) {
	t.Parallel()
	for status, class := range map[int]jobs.Class{400: jobs.ClassData, 403: jobs.ClassConfiguration, 503: jobs.ClassTemporary,
		500: jobs.ClassTechnical} {
		out := answered(t, chorus(), status, `{"codeRetour":0,"Message":"non"}`)
		if out.Class != class || out.Status != status || out.Message != "non" {
			t.Errorf("%d: outcome %+v", status, out)
		}
	}
	if out := answered(t, chorus(), 200, "<html>"); out.Class != jobs.ClassConfiguration || !out.Ambiguous ||
		callError(t, out.Err).Problem != "the answer is HTML, not JSON" {
		t.Errorf("HTML: outcome %+v", out)
	}
	for _, body := range []string{"", `"OK"`, `{"codeRetour":20,"anomalies":["x"]}`} {
		if out := answered(t, nil, 200, body); out.Class != jobs.ClassAccepted || out.Ambiguous {
			t.Errorf("without rules, %q: outcome %+v", body, out)
		}
	}
}

// Who wrote rules knows the API: they decide about every 2xx, and say of words that are no JSON whether they accept.
func TestRulesDecideAboutEverySuccess(t *testing.T) {
	t.Parallel()
	ok := &jobs.AnswerRules{Texts: []string{"OK", " Reçu\n"}}
	silent := chorus()
	silent.Texts = []string{""}
	for name, test := range map[string]struct {
		rules *jobs.AnswerRules
		body  string
		want  string
	}{
		"a code":               {chorus(), `{"codeRetour":0}`, "accepted"},
		"another code":         {chorus(), `{"codeRetour":20}`, "data"},
		"one of several":       {listed(), `{"resultats":[{"codeRetour":0},{"codeRetour":7}]}`, "data"},
		"none":                 {chorus(), `{}`, "configuration?"},
		"words":                {ok, "OK", "accepted"},
		"words and a BOM":      {ok, "\xef\xbb\xbfReçu ", "accepted"},
		"other words":          {ok, "KO", "configuration?"},
		"words in JSON":        {ok, `"OK"`, "configuration?"},
		"JSON":                 {ok, `{}`, "configuration?"},
		"nothing, not said":    {ok, "", "configuration?"},
		"nothing, and said":    {silent, "", "accepted"},
		"a code, nothing said": {silent, `{"codeRetour":20}`, "data"},
	} {
		for _, status := range []int{200, 202, 203, 206, 207, 208, 226, 299} {
			if out := answered(t, test.rules, status, test.body); told(out) != test.want {
				t.Errorf("%s, %d: %s, want %s", name, status, told(out), test.want)
			}
		}
	}
}

// Reading calls have rules of their own.
func TestRulesAreForDocuments(t *testing.T) {
	t.Parallel()
	script := &script{steps: []step{func(*http.Request) (*http.Response, error) {
		return response(200, `{"Siret":"1","codeRetour":20}`), nil
	}}}
	api := script.open(t, func(o *toyOptions) { o.Answer = chorus() }).Dossier(testKey)
	if got, err := api.Identity(t.Context()); got != "1" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A 2xx whose body does not arrive whole is as unknown as no answer.
func TestBodiesThatBreakOff(t *testing.T) {
	t.Parallel()
	good := func(req *http.Request) (*http.Response, error) {
		leave(req)
		return response(200, `{"codeRetour":0}`), nil
	}
	for name, test := range map[string]struct {
		steps     []step
		resend    bool
		class     jobs.Class
		ambiguous bool
		requests  int
	}{
		"then accepted":            {[]step{halfAnswer, good}, true, jobs.ClassAccepted, false, 2},
		"append: is not repeated":  {[]step{halfAnswer, good}, false, jobs.ClassTemporary, true, 1},
		"again and again":          {[]step{halfAnswer}, true, jobs.ClassTemporary, true, 3}, // or 4: pauses are random
		"without an end":           {[]step{endlessAnswer, good}, true, jobs.ClassAccepted, false, 2},
		"then a refusal: no doubt": {[]step{answers(429), refusing}, true, jobs.ClassData, false, 2},
		"doubt, then a refusal":    {[]step{halfAnswer, refusing}, true, jobs.ClassData, true, 2},
		"lost, then a refusal":     {[]step{breaks(true), refusing}, true, jobs.ClassData, true, 2},
		"502, then a refusal":      {[]step{answers(502), refusing}, true, jobs.ClassData, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: test.steps}
				c := s.open(t, func(o *toyOptions) { o.Answer, o.ResendAmbiguous, o.RetryFor = chorus(), test.resend, 3*time.Second })
				out := send(c, "00042")
				if out.Class != test.class || out.Ambiguous != test.ambiguous || len(s.calls) < test.requests ||
					len(s.calls) > test.requests && (name != "again and again" || len(s.calls) > 4) {
					t.Errorf("outcome %+v after %d requests", out, len(s.calls))
				}
				if name == "append: is not repeated" && callError(t, out.Err).Problem != "the answer broke off" {
					t.Errorf("error %v", out.Err)
				}
			})
		})
	}
}

func TestGivingUpWhileTheBodyArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := &script{steps: []step{endlessAnswer}}
		out := s.open(t, func(o *toyOptions) { o.Answer = chorus() }).Dossier(testKey).Send(ctx, "00042", []byte(testDoc), nil)
		if out.Class != jobs.ClassCancelled || !out.Ambiguous || out.Attempts != 1 {
			t.Errorf("outcome %+v: it may have been processed", out)
		}
	})
}

func refusing(req *http.Request) (*http.Response, error) {
	leave(req)
	return response(200, `{"codeRetour":20,"libelle":"non"}`), nil
}

// halfAnswer breaks off after what looks like a success.
func halfAnswer(req *http.Request) (*http.Response, error) {
	leave(req)
	r := response(200, "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"codeRetour":0}`), brokenReader{}))
	return r, nil
}

// endlessAnswer never ends.
func endlessAnswer(req *http.Request) (*http.Response, error) {
	leave(req)
	r := response(200, "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"codeRetour":0`), endlessReader{req.Context()}))
	return r, nil
}

type endlessReader struct{ ctx context.Context }

func (r endlessReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.ctx.Err()
}

func TestLongRefusalIsCut(t *testing.T) {
	t.Parallel()
	out := answered(t, chorus(), 200, `{"codeRetour":20,"libelle":"`+strings.Repeat("é", 3000)+`"}`)
	if out.Class != jobs.ClassData || out.Message != "code 20: "+strings.Repeat("é", maxMessage-len("code 20: ")) {
		t.Errorf("%s, a message of %d bytes", out.Class, len(out.Message))
	}
}
