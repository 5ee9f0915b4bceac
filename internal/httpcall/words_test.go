package httpcall

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

// TestWordsOfARefusal: whatever an API says, and however it writes it, a person gets to read it.
func TestWordsOfARefusal(t *testing.T) {
	t.Parallel()
	own := &jobs.AnswerRules{Code: "/codeRetour", Success: []string{"0"}, Message: "/resultat/libelle"}
	several := &jobs.AnswerRules{Items: "/resultats", Errors: []string{"/anomalies"}, Message: "/texte"}
	for name, test := range map[string]struct {
		kind, body string
		rules      *jobs.AnswerRules
		want       string
	}{
		"at the place that is configured": {"application/json",
			`{"codeRetour":7,"message":"Bad Request","resultat":{"libelle":"Le contrat est clos."}}`, own, "Le contrat est clos."},
		"nothing there":  {"application/json", `{"message":"Bad Request","resultat":{}}`, own, "Bad Request"},
		"in each result": {"application/json", `{"resultats":[{"texte":"un"},{"anomalies":["deux"]}]}`, several, "un deux"},
		"words alone": {"application/json", `{"x":{"y":"Le contrat est clos."}}`, &jobs.AnswerRules{Message: "/x/y"},
			"Le contrat est clos."},
		"ASP.NET": {"application/json", `{"Message":"The request is invalid.","ModelState":{"salarie.Nom":["vide"]}}`,
			nil, "The request is invalid. salarie.Nom: vide"},
		"nested": {"application/json",
			`{"statut":"KO","data":{"erreurs":[{"code":"E12","libelle":"Le nom est vide"},{"code":"E13","libelle":"Code inconnu"}]}}`, nil,
			"Le nom est vide Code inconnu"},
		"nested, in English": {"application/json",
			`{"error":{"code":400,"status":"INVALID","details":[{"field":"nom","description":"too long"}]}}`, nil, "too long"},
		"a list":                     {"application/json", `["Le nom est vide"]`, nil, "Le nom est vide"},
		"names that promise nothing": {"application/json", `{"id":"8f3a-1","a":"X7","b":"Le nom est vide"}`, nil, "Le nom est vide"},
		"a code alone":               {"application/json", `{"code":"NOM_TROP_LONG","requestId":"8f3a"}`, nil, "NOM_TROP_LONG"},
		"for programmers only": {"application/json",
			`{"ExceptionMessage":"at line 3","StackTrace":"at Isidoor.Salarie","requestId":"8f"}`, nil, ""},
		"no text at all": {"application/json", `{"code":17,"ok":false}`, nil, ""},
		"a problem": {"application/problem+json", `{"title":"Invalid","detail":"Nom vide","instance":"/x"}`, nil,
			"Invalid: Nom vide"},
		"plain": {"text/plain", "Le nom est vide.\r\nCorrigez-le.", nil, "Le nom est vide. Corrigez-le."},
		"plain, with a trace": {"text/plain", "System.Exception: Le nom est vide\r\n   at Isidoor.Salarie.Post() in C:\\x.cs", nil,
			"System.Exception: Le nom est vide"},
		"called JSON": {"application/json", "Le nom est vide", nil, "Le nom est vide"},
		"XML of ASP.NET": {"application/xml",
			`<?xml version="1.0"?><Error><Message>The request is invalid.</Message><ModelState><salarie.Nom>vide</salarie.Nom></ModelState><StackTrace>at X</StackTrace></Error>`, nil, "The request is invalid. vide"},
		"XML in Latin-1": {"text/xml", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r><libelle>Pr\xe9nom vide</libelle></r>",
			nil, "Prénom vide"},
		"SOAP":                {"text/xml", `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring xml:lang="fr">Le nom est vide</faultstring></s:Fault></s:Body></s:Envelope>`, nil, "Le nom est vide"},
		"XML that ends early": {"text/xml", `<r><message>Le nom est vide</message><a`, nil, "Le nom est vide"},
		"an attribute":        {"text/xml", `<erreur code="12" message="Le nom est vide"/>`, nil, "Le nom est vide"},
		"a page": {"text/html",
			"<!DOCTYPE html><html><head><title>\n Request &amp; answer <b>rejected</b> </title></head><body>support ID 4711</body></html>", nil,
			"Request & answer rejected"},
		"a page without a title":   {"text/html", "<html><body><h1>Acc&egrave;s refus&eacute;</h1>x</body></html>", nil, "Accès refusé"},
		"a page that says nothing": {"text/html", "<html><body><img></body></html>", nil, ""},
		"bytes":                    {"application/octet-stream", "\x00\x01\x02\x03\x04PNG\x00\x01", nil, ""},
		"nothing":                  {"", "", nil, ""},
		"deep":                     {"application/json", strings.Repeat(`{"message":`, 5000) + `"x"` + strings.Repeat("}", 5000), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{400, 403, 422, 500, 503} {
				p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", test.kind)
					w.WriteHeader(status)
					io.WriteString(w, test.body) //nolint:errcheck // a client that hung up
				})
				out := send(p.open(t, func(o *toyOptions) { o.Answer, o.TechnicalTries = test.rules, 1 }), "1")
				if out.Message != test.want || callError(t, out.Err).Message != test.want {
					t.Errorf("%d: %q, want %q", status, out.Message, test.want)
				}
			}
		})
	}
}

// Rules that name the place of words alone decide about no answer of success.
func TestWordsAloneAreNoRules(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"libelle":"créé"}`) // a client that hung up
	})
	wantAccepted(t, send(p.open(t, func(o *toyOptions) { o.Answer = &jobs.AnswerRules{Message: "/libelle"} }), "1"))
}

// TestAPageSaysWhatItIs in the words of the error as well, where it comes instead of an answer of success.
func TestAPageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html><title>Site en maintenance</title></html>") //nolint:errcheck // a client that hung up
	})
	c := p.open(t, nil)
	if out := send(c, "1"); told(out) != "configuration?" || out.Message != "Site en maintenance" {
		t.Errorf("%s %q", told(out), out.Message)
	}
	_, err := c.Dossier(testKey).Identity(t.Context())
	if got := callError(t, err); got.Class != jobs.ClassConfiguration || got.Message != "Site en maintenance" {
		t.Errorf("%v %q", got, got.Message)
	}
}
