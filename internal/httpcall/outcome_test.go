package httpcall

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"syncd/internal/jobs"
)

// wanted tells in words what a status means, for each kind of call; "?" after a class: the document is in doubt.
func wanted(status int) (document, reading, token string) {
	switch status {
	case 200, 201:
		return "accepted", "accepted", "accepted"
	case 202:
		return "accepted", "technical", "configuration"
	case 204:
		return "accepted", "accepted", "configuration"
	case 400, 404, 409, 413, 422:
		return "data", "configuration", "configuration"
	case 408, 460, 499: // what stands between no longer waits
		return "temporary?", "temporary", "temporary"
	case 425, 429:
		return "temporary", "temporary", "temporary"
	case 502, 503, 504:
		return "temporary?", "temporary", "temporary"
	}
	switch status / 100 {
	case 4:
		return "configuration", "configuration", "configuration"
	case 5:
		return "technical?", "technical", "temporary"
	}
	return "configuration?", "configuration", "configuration"
}

// Whatever the status, a body takes trust away and never gives any.
func TestWhatEachStatusMeans(t *testing.T) {
	t.Parallel()
	synctest.Test(t, wantMeanings)
}

func wantMeanings(t *testing.T) {
	var statuses []int
	for status := 100; status < 600; status++ {
		statuses = append(statuses, status)
	}
	for _, status := range append(statuses, 0, 99, 600, 999) {
		document, reading, token := wanted(status)
		var body string
		s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
			leave(req)
			return response(status, body, "Content-Type", "text/plain"), nil
		}}}
		c := s.open(t, func(o *toyOptions) { o.RetryFor, o.TechnicalTries = 1, 1 })
		for answered, spoils := range map[string]bool{"": false, "{}": false, "[1]": false, "null": false, `""`: false, "\r\n": false,
			"\xef\xbb\xbf{}": false, "OK": true, "{": true, "<p>": true, "{}{}": true, "{}\xff": true, "\x1f\x8b": true} {
			want := document
			if spoils && document == "accepted" {
				want = "configuration?"
			}
			if spoils && answered == "<p>" && status == 404 {
				want = "configuration" // a web server speaks, not the API
			}
			body = answered
			out := send(c, "00042")
			if got := told(out); got != want || out.Status != status || out.AnsweredAt.IsZero() {
				t.Errorf("a document, %d %q: %s, status %d, want %s", status, body, got, out.Status, want)
			}
			if out.Err != nil {
				if call := callError(t, out.Err); call.Class != out.Class || call.Call != "POST /V2/Salarie" || call.Hint == "" || call.Problem == "" {
					t.Errorf("%d: error %+v", status, call)
				}
			}
		}
		s = &script{steps: []step{func(*http.Request) (*http.Response, error) { return response(status, `{"Siret":"1"}`), nil }}}
		_, err := s.open(t, func(o *toyOptions) { o.RetryFor, o.TechnicalTries = 1, 1 }).Dossier(testKey).Identity(t.Context())
		if got := classOfError(err); got != reading {
			t.Errorf("a reading call, %d: %s (%v), want %s", status, got, err, reading)
		}
		s = &script{steps: []step{answers(200)}, token: func(int) *http.Response {
			return response(status, `{"access_token":"t","expires_in":3600}`)
		}}
		if out := send(s.open(t, func(o *toyOptions) { o.RetryFor = 1 }), "00042"); told(out) != token {
			t.Errorf("a token, %d: %s (%v), want %s", status, told(out), out.Err, token)
		}
	}
}

func told(out jobs.Outcome) string {
	if out.Ambiguous {
		return string(out.Class) + "?"
	}
	return string(out.Class)
}

func classOfError(err error) string {
	var call *jobs.CallError
	if errors.As(err, &call) {
		return string(call.Class)
	}
	return "accepted"
}

// A refusal that says itself that nothing was processed leaves no doubt.
func TestARetryAfterTakesTheDoubtFromA503(t *testing.T) {
	t.Parallel()
	for value, certain := range map[string]bool{
		"7": true, "0": true, " 7 ": true, "99999999999999999999": true, "Mon, 30 Nov 2026 06:00:00 GMT": true,
		"": false, "soon": false, "-1": false, "1.5": false,
	} {
		for status, doubt := range map[int]bool{503: !certain, 408: true, 500: true, 502: true, 504: true, 429: false} {
			s := &script{steps: []step{answers(status, "Retry-After", value)}}
			if out := send(s.open(t, func(o *toyOptions) { o.RetryFor, o.TechnicalTries = 1, 1 }), "00042"); out.Ambiguous != doubt {
				t.Errorf("%d with Retry-After %q: ambiguous %v", status, value, out.Ambiguous)
			}
		}
	}
}

// What stops a run over a success that none is says how to go on.
func TestDoubtfulSuccesses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		kind   string
		body   string
		want   string
	}{
		"multi-status": {207, "application/json", `[{"status":422}]`,
			"answered 207 Multi-Status, which does not say that the document was accepted"},
		"a part": {206, "application/json", `{}`, "answered 206 Partial Content, which does not say that the document was accepted"},
		"altered": {203, "application/json", `{}`, "answered 203 Non-Authoritative Information, which does not say that the document was " +
			"accepted"},
		"a problem": {200, "application/problem+json", `{"title":"no"}`, "answered 200 OK, and its body calls itself a problem"},
		"words":     {200, "text/plain", "OK", "answered 200 OK, and its body is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
				leave(req)
				return response(test.status, test.body, "Content-Type", test.kind), nil
			}}}
			out := send(s.open(t, nil), "00042")
			call := callError(t, out.Err)
			if told(out) != "configuration?" || call.Problem != test.want || !strings.Contains(call.Hint, "[partner.salarie.answer]") ||
				len(s.calls) != 1 {
				t.Errorf("%s after %d requests: %v", told(out), len(s.calls), out.Err)
			}
		})
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
		words     string
	}{
		"page in a 200":            {200, "text/html; charset=utf-8", page, jobs.ClassConfiguration, true, "Connexion"},
		"page called JSON":         {200, "application/json", page, jobs.ClassConfiguration, true, "Connexion"},
		"text called HTML":         {200, "text/html", "Bonjour", jobs.ClassConfiguration, true, "Bonjour"},
		"HTML type without a body": {204, "text/html", "", jobs.ClassAccepted, false, ""},
		"page in a 404":            {404, "text/html", page, jobs.ClassConfiguration, false, "Connexion"},
		"page in a 413 of IIS":     {413, "text/html", page, jobs.ClassData, false, "Connexion"},
		"page in a 503":            {503, "text/html", page, jobs.ClassTemporary, true, "Connexion"},
		"text in a 200":            {200, "text/plain", "OK", jobs.ClassConfiguration, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
				leave(req)
				return response(test.status, test.body, "Content-Type", test.kind), nil
			}}}
			out := send(s.open(t, func(o *toyOptions) { o.RetryFor = 1 }), "00042")
			if out.Class != test.class || out.Ambiguous != test.ambiguous || out.Message != test.words {
				t.Errorf("outcome %+v, want %s, ambiguous %v, %q", out, test.class, test.ambiguous, test.words)
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
		"{\"Message\":\"C\xe9dric refus\xe9\"}":                                                                 "Cédric refusé", // Latin-1
	} {
		if got := messageOf([]byte(body)); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for letters, kept := range map[int]int{3000: 2000, 1999: 1999, 3: 3} {
		if got := cut(strings.Repeat("é", letters), maxMessage); got != strings.Repeat("é", kept) {
			t.Errorf("a message of %d letters has %d bytes, want %d letters", letters, len(got), kept)
		}
	}
}
