package isidoor

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
)

// A partner that echoes everything it was sent, in every kind of answer, at trace level: none of it comes out, but for
// the document's values in Message, which its reader masks.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	secrets := []string{testKey, testSecret, "canary", "00042", "285057899900116", "Bearer", "127.0.0.1"}
	kinds := []string{"400", "401", "403", "302", "404", "500", "503", "html", "cut", "token-400", "token-text", "token-down"}
	for _, in := range []string{KeyInHeader, KeyInQuery, KeyInPath} {
		for _, kind := range kinds {
			t.Run(in+" "+kind, func(t *testing.T) {
				t.Parallel()
				var logged buffer
				p := newEcho(t, kind)
				c := p.open(t, func(o *Options) {
					o.Log = zerolog.New(&logged).Level(zerolog.TraceLevel)
					if o.KeyIn = in; in == KeyInPath {
						o.Dossier.Path, o.Salarie.Path = "/V2/{dossier}", "/V2/{dossier}/Salarie/{key}"
					}
				})
				api := c.Dossier(testKey)
				out := api.Send(t.Context(), "00042", []byte(testDoc), nil)
				_, identityErr := api.Identity(t.Context())
				_, nomenclatureErr := api.Nomenclatures(t.Context())
				c.Close()
				text := fmt.Sprint(out.Err, identityErr, nomenclatureErr, logged.data.String())
				for _, secret := range secrets {
					if strings.Contains(text, secret) {
						t.Errorf("%q shows in:\n%s", secret, text)
					}
				}
				for _, secret := range []string{testKey, testSecret, "canary"} {
					if strings.Contains(out.Message, secret) {
						t.Errorf("%q shows in message %q", secret, out.Message)
					}
				}
				if logged.data.Len() == 0 {
					t.Error("nothing was logged")
				}
			})
		}
	}
}

// A partner that quotes the person it was asked about, whatever it answers, at trace level: nothing of the person and no
// URL comes out of a read but the document itself.
func TestNothingOfAReadLeaks(t *testing.T) {
	t.Parallel()
	const person = `Nir 285057899900116, Iban FR7630006000011234567890189, Nom EXEMPLE-TEST`
	secrets := []string{"M-00042", "285057899900116", "FR7630006000011234567890189", "EXEMPLE", "2031-03", testKey, "canary", "127.0.0.1"}
	for _, kind := range []string{"200", "nowhere", "text", "html", "cut", "302", "400", "401", "403", "404", "410", "429", "500", "503"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var logged buffer
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				quoted := person + " " + r.RequestURI
				switch kind {
				case "nowhere":
					fmt.Fprintf(w, `{%q:%q}`, quoted, quoted)
				case "text":
					fmt.Fprint(w, quoted)
				case "200":
					fmt.Fprintf(w, `{"data":{"Nir":%q}}`, quoted)
				default:
					answerEcho(t, w, kind, quoted)
				}
			})
			c := p.open(t, func(o *Options) {
				withRead(o)
				o.Read.Document, o.Log = "/data", zerolog.New(&logged).Level(zerolog.TraceLevel)
			})
			document, err := c.Dossier(testKey).Read(t.Context(), "M-00042", "2031-03")
			c.Close()
			text := fmt.Sprintf("%v %+v %s", err, err, logged.data.String())
			if absent := kind == "404" || kind == "410"; (document != nil) != (kind == "200") || (err == nil) != (kind == "200" || absent) {
				t.Errorf("found %q, %v", document, err)
			}
			if err != nil {
				text += callError(t, err).Message
			}
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%q shows in:\n%s", secret, text)
				}
			}
			if !strings.Contains(text, "/V2/Salarie/{key}?periode={period}") {
				t.Errorf("the call is not told:\n%s", text)
			}
		})
	}
}

// newEcho quotes each request in its answer. kind says which answer.
func newEcho(t *testing.T, kind string) *partner {
	t.Helper()
	p := &partner{}
	p.start(t,
		func(w http.ResponseWriter, r *http.Request) { p.echoToken(t, w, kind, echoOf(t, r)) },
		func(w http.ResponseWriter, r *http.Request) { answerEcho(t, w, kind, echoOf(t, r)) })
	return p
}

func echoOf(t *testing.T, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return strings.ReplaceAll(fmt.Sprint(r.Header, " ", r.RequestURI, " ", string(body)), `"`, "'")
}

func (p *partner) echoToken(t *testing.T, w http.ResponseWriter, kind, echo string) {
	t.Helper()
	switch kind {
	case "token-400":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"invalid_client %s","error_description":"%s"}`, echo, echo)
	case "token-text":
		fmt.Fprint(w, echo)
	case "token-down":
		cutConnection(t, w, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+echo)
	default:
		p.serveToken(w, 3600)
	}
}

func answerEcho(t *testing.T, w http.ResponseWriter, kind, echo string) {
	t.Helper()
	switch kind {
	case "html":
		fmt.Fprint(w, "<html>", echo)
	case "cut":
		cutConnection(t, w, "HTTP/1.1 "+echo)
	case "302":
		w.Header().Set("Location", "https://"+strings.ToLower("other.example.test")+"/?"+echo)
		w.WriteHeader(http.StatusFound)
	default:
		var status int
		if _, err := fmt.Sscan(kind, &status); err != nil {
			t.Error(err)
		}
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"Message":"No resource: %s","ModelState":{"%s":["%s"]},"ExceptionMessage":"%s"}`, echo, echo, echo, echo)
	}
}

// However a refusal quotes the key or the secret, neither shows.
func TestEncodedSecretsAreHidden(t *testing.T) {
	t.Parallel()
	const key = "aB+/9c==-Kz"
	for _, form := range []string{"ab%2b%2f9c%3d%3d-kz", "aB&#43;&#x2f;9c==-Kz", `aB\\u002b\\/9c==-Kz`, "aB%252B%252F9c%253d%253d-Kz",
		"AB+/9C==-KZ"} {
		s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
			leave(req)
			return response(400, `{"Message":"Key `+form+` of 'https://a/?key=`+form+`' is unknown"}`), nil
		}}}
		out := s.open(t, nil).Dossier(key).Send(t.Context(), "1", []byte(testDoc), nil)
		if out.Message != "Key ••• of 'https://a/?key=•••' is unknown" {
			t.Errorf("%q is shown as %q", form, out.Message)
		}
	}
}

// An API that quotes what it was asked: no token, no query and no host shows anywhere.
func TestNothingOfADescriptionLeaks(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"400", "401", "403", "404", "500", "503", "302", "html", "cut", "text"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var logged buffer
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				if echo := echoOf(t, r); kind == "text" {
					write(t, w, echo)
				} else {
					answerEcho(t, w, kind, echo)
				}
			})
			c := p.open(t, func(o *Options) { o.Log = zerolog.New(&logged).Level(zerolog.TraceLevel) })
			_, auto := c.Describe(t.Context(), "auto")
			_, url := c.Describe(t.Context(), p.URL+"/swagger.json?sig=S3CR3T")
			c.Close()
			if auto == nil || url == nil || callError(t, url).Message != "" || callError(t, auto).Message != "" {
				t.Errorf("%v, %v", auto, url)
			}
			text := fmt.Sprintf("%v %+v %v %+v %s", auto, auto, url, url, logged.data.String())
			for _, secret := range []string{"S3CR3T", "sig=", "canary", "Bearer", "127.0.0.1", testSecret, testKey} {
				if strings.Contains(text, secret) {
					t.Errorf("%q shows in:\n%s", secret, text)
				}
			}
			if !strings.Contains(text, "GET /swagger.json") || !strings.Contains(text, "GET /swagger/docs/V2") {
				t.Errorf("the calls are not told:\n%s", text)
			}
		})
	}
}

// A refusal that quotes all it was sent shows no secret, and errors and logs show nothing of it.
func TestRefusalsLeakNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"refused", "errors", "code", "unjudged", "text"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var logged buffer
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				echo := mustJSON(t, echoOf(t, r)+" "+testSecret)
				body := map[string]string{
					"refused":  `{"codeRetour":20,"libelle":` + echo + `}`,
					"errors":   `{"codeRetour":0,"anomalies":[{` + echo + `:` + echo + `}]}`,
					"code":     `{"codeRetour":` + echo + `}`,
					"unjudged": `{"code":` + echo + `}`,
					"text":     echo + "}",
				}[kind]
				if _, err := io.WriteString(w, body); err != nil {
					t.Error(err)
				}
			})
			c := p.open(t, func(o *Options) {
				o.KeyIn, o.KeyName, o.Answer, o.Log = KeyInQuery, "cle", &jobs.AnswerRules{Code: "/codeRetour", Success: []string{"0"},
					Errors: []string{"/anomalies"}, Message: "/libelle"}, zerolog.New(&logged).Level(zerolog.TraceLevel)
			})
			out := send(c, "00042")
			c.Close()
			text := fmt.Sprint(out.Err, logged.data.String())
			for _, secret := range []string{testKey, testSecret, "canary", "00042", "285057899900116", "Bearer"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q shows in:\n%s", secret, text)
				}
			}
			for _, secret := range []string{testKey, testSecret, "canary"} {
				if strings.Contains(out.Message, secret) {
					t.Errorf("%q shows in message %q", secret, out.Message)
				}
			}
			if tells := kind == "refused" || kind == "errors" || kind == "code"; tells != strings.Contains(out.Message, "Bearer •••") ||
				tells != (out.Class == jobs.ClassData) {
				t.Errorf("outcome %+v", out)
			}
		})
	}
}
