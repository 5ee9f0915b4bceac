package restapi

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

func TestClassesOfADocument(t *testing.T) {
	t.Parallel()
	classes := map[jobs.Class][]int{
		jobs.ClassAccepted:      {200, 201, 202, 204, 299},
		jobs.ClassData:          {400, 404, 409, 413, 422},
		jobs.ClassTemporary:     {408, 425, 429, 502, 503, 504},
		jobs.ClassTechnical:     {500, 501, 505, 507, 599},
		jobs.ClassConfiguration: {300, 301, 303, 307, 308, 401, 402, 403, 405, 406, 410, 411, 415, 421, 426, 451},
	}
	unsure := map[int]bool{500: true, 501: true, 502: true, 504: true, 505: true, 507: true, 599: true}
	for class, statuses := range classes {
		for _, status := range statuses {
			s := &script{steps: []step{answers(status)}}
			out := send(s.open(t, func(o *Options) { o.RetryFor = 1 }), "00042")
			if out.Class != class || out.Status != status || out.Ambiguous != unsure[status] || out.AnsweredAt.IsZero() {
				t.Errorf("%d: class %s, status %d, ambiguous %v, want %s", status, out.Class, out.Status, out.Ambiguous, class)
			}
			if class == jobs.ClassAccepted {
				continue
			}
			if call := callError(t, out.Err); call.Class != class || call.Call != "POST /V2/Salarie" || call.Hint == "" ||
				!strings.HasPrefix(call.Problem, "answered ") {
				t.Errorf("%d: error %+v", status, call)
			}
		}
	}
}

// A call that reads concerns no employee: what is data for a document is a wrong address for it.
func TestClassesOfAReadingCall(t *testing.T) {
	t.Parallel()
	for status, class := range map[int]jobs.Class{
		400: jobs.ClassConfiguration, 404: jobs.ClassConfiguration, 403: jobs.ClassConfiguration, 302: jobs.ClassConfiguration,
		429: jobs.ClassTemporary, 503: jobs.ClassTemporary, 500: jobs.ClassTechnical,
	} {
		s := &script{steps: []step{answers(status)}}
		_, err := s.open(t, func(o *Options) { o.RetryFor = 1 }).Dossier(testKey).Identity(t.Context())
		if call := callError(t, err); call.Class != class || call.Status != status || call.Call != "GET /V2/Dossier" {
			t.Errorf("%d: error %+v, want %s", status, call, class)
		}
	}
}

func TestHTMLIsNotTheAPI(t *testing.T) {
	t.Parallel()
	const page = "\xef\xbb\xbf\r\n<!DOCTYPE html><title>Connexion</title>"
	for name, test := range map[string]struct {
		status    int
		kind      string
		body      string
		class     jobs.Class
		ambiguous bool
	}{
		"page in a 200":            {200, "text/html; charset=utf-8", page, jobs.ClassConfiguration, true},
		"page called JSON":         {200, "application/json", page, jobs.ClassConfiguration, true},
		"text called HTML":         {200, "text/html", "Bonjour", jobs.ClassConfiguration, true},
		"HTML type without a body": {204, "text/html", "", jobs.ClassAccepted, false},
		"page in a 404":            {404, "text/html", page, jobs.ClassConfiguration, false},
		"page in a 413 of IIS":     {413, "text/html", page, jobs.ClassData, false},
		"page in a 503":            {503, "text/html", page, jobs.ClassTemporary, false},
		"text in a 200":            {200, "text/plain", "OK", jobs.ClassAccepted, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
				leave(req)
				return response(test.status, test.body, "Content-Type", test.kind), nil
			}}}
			out := send(s.open(t, func(o *Options) { o.RetryFor = 1 }), "00042")
			if out.Class != test.class || out.Ambiguous != test.ambiguous || out.Message != "" {
				t.Errorf("outcome %+v, want %s, ambiguous %v", out, test.class, test.ambiguous)
			}
		})
	}
}

func TestMessageOfARejection(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		if _, err := io.WriteString(w, `{"Message":"The request is invalid.","ModelState":{"salarie.Nom":["Le nom est vide."],"salarie.Nir":["Clé fausse.","15 chiffres."]}}`); err != nil {
			t.Error(err)
		}
	})
	out := send(p.open(t, nil), "00042")
	want := "The request is invalid. salarie.Nir: Clé fausse., 15 chiffres.; salarie.Nom: Le nom est vide."
	if out.Class != jobs.ClassData || out.Message != want || callError(t, out.Err).Message != want {
		t.Errorf("message %q, want %q", out.Message, want)
	}
	if text := out.Err.Error(); strings.Contains(text, "nom est vide") {
		t.Errorf("error text %q quotes the body", text)
	}
}

func TestMessageOf(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``:                                      "",
		`<html>`:                                "",
		`[1]`:                                   "",
		`{"Message":`:                           "",
		`{"Message":{"a":1}}`:                   "",
		`"Matricule inconnu"`:                   "Matricule inconnu",
		`{"message":"a"}`:                       "a",
		`{"error":"x","error_description":"b"}`: "b",
		`{"error":"x"}`:                         "x",
		`{"title":"Refusé","detail":"trop tard"}`:                                                               "Refusé: trop tard",
		`{"title":"Refusé","errors":{"Nom":["vide"],"":["tout"]}}`:                                              "Refusé Nom: vide; tout",
		`{"ModelState":{"a":"seul","b":[],"c":[1,"deux"]}}`:                                                     "a: seul; c: deux",
		`{"Message":"An error has occurred.","ExceptionMessage":"at line 3","StackTrace":"at Isidoor.Salarie"}`: "An error has occurred.",
		`{"Message":"two\r\nlines, \u001b[31mred\u0007"}`:                                                       "two lines, [31mred",
	} {
		if got := messageOf([]byte(body)); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for letters, kept := range map[int]int{3000: 2000, 1999: 1999, 3: 3} {
		if got := cut(strings.Repeat("é", letters)); got != strings.Repeat("é", kept) {
			t.Errorf("a message of %d letters has %d bytes, want %d letters", letters, len(got), kept)
		}
	}
}
