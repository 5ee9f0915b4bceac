package httpcall

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"syncd/internal/jobs"
)

func packed(t *testing.T, with func(io.Writer) io.WriteCloser, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := with(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func zlibbed(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
func deflated(w io.Writer) io.WriteCloser {
	made, _ := flate.NewWriter(w, flate.BestSpeed) // the level is a known one
	return made
}

// TestAnswersThatComeCompressed although nothing of the kind was asked for: everything that is read is unpacked.
func TestAnswersThatComeCompressed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		encoding string
		pack     func(*testing.T, string) string
	}{
		"gzip":                {"gzip", func(t *testing.T, s string) string { return packed(t, gzipped, s) }},
		"x-gzip, in capitals": {"X-GZIP", func(t *testing.T, s string) string { return packed(t, gzipped, s) }},
		"deflate":             {"deflate", func(t *testing.T, s string) string { return packed(t, zlibbed, s) }},
		"deflate, bare":       {"deflate", func(t *testing.T, s string) string { return packed(t, deflated, s) }},
		"gzip without a word": {"", func(t *testing.T, s string) string { return packed(t, gzipped, s) }},
		"gzip twice":          {"gzip, gzip", func(t *testing.T, s string) string { return packed(t, gzipped, packed(t, gzipped, s)) }},
		"both": {"deflate, identity, gzip",
			func(t *testing.T, s string) string { return packed(t, gzipped, packed(t, zlibbed, s)) }},
		"gzip that is none":    {"gzip", func(_ *testing.T, s string) string { return s }},
		"deflate that is none": {"deflate", func(_ *testing.T, s string) string { return s }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			say := func(w http.ResponseWriter, status int, text string) {
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				io.WriteString(w, test.pack(t, text)) //nolint:errcheck // a client that hung up
			}
			p := &partner{}
			asked := func(r *http.Request) {
				if r.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("%s accepts %q", r.URL.Path, r.Header.Get("Accept-Encoding"))
				}
			}
			p.start(t, func(w http.ResponseWriter, r *http.Request) {
				asked(r)
				say(w, 200, `{"access_token":"token-of-this-test","expires_in":3600}`)
			}, func(w http.ResponseWriter, r *http.Request) {
				asked(r)
				switch {
				case strings.HasSuffix(r.URL.Path, "/Dossier"):
					say(w, 200, `{"Siret":"12345678200010"}`)
				case strings.HasSuffix(r.URL.Path, "/Dictionnaire"):
					say(w, 200, `[{"Nom":"Strate","Code":"II"}]`)
				case strings.HasSuffix(r.URL.Path, "/swagger/docs/V2"):
					say(w, 200, `{"swagger":"2.0"}`)
				case r.Method == http.MethodPost:
					say(w, 422, `{"Message":"the name is missing"}`)
				default:
					say(w, 404, "nothing")
				}
			})
			c := p.open(t, nil)
			api := c.Dossier(testKey)
			if siret, err := api.Identity(t.Context()); siret != "12345678200010" || err != nil {
				t.Errorf("the dossier: %q %v", siret, err)
			}
			if codes, err := api.Nomenclatures(t.Context()); len(codes.([]any)) != 1 || err != nil {
				t.Errorf("the codes: %v %v", codes, err)
			}
			if out := send(c, "1"); out.Class != jobs.ClassData || out.Message != "the name is missing" {
				t.Errorf("a refusal: %s %q", told(out), out.Message)
			}
			if found, err := c.Describe(t.Context(), "auto"); string(found.Text) != `{"swagger":"2.0"}` || err != nil {
				t.Errorf("the contract: %q %v", found.Text, err)
			}
		})
	}
}

// TestWhatCannotBeUnpacked: for a document it leaves doubt, as any answer does that says nothing for certain.
func TestWhatCannotBeUnpacked(t *testing.T) {
	t.Parallel()
	whole := packed(t, gzipped, `{"Siret":"12345678200010"}`)
	bomb := packed(t, gzipped, strings.Repeat(" ", MaxAnswer+1))
	for name, test := range map[string]struct {
		encoding, body string
		document       string // class and doubt
		problem        string
		reading        jobs.Class
		readingProblem string
	}{
		"br": {"br", "\x0b\x02\x80{}\x03", "configuration?", "answered 200 OK, and its body is compressed in a way that nobody asked for (br)",
			jobs.ClassConfiguration, "the answer is compressed in a way that nobody asked for (br)"},
		"an invented one": {"x-secret\"§", "{}", "configuration?",
			"answered 200 OK, and its body is compressed in a way that nobody asked for (unknown)", jobs.ClassConfiguration,
			"the answer is compressed in a way that nobody asked for (unknown)"},
		"cut": {"gzip", whole[:len(whole)-9], "temporary?", "the answer broke off", jobs.ClassTemporary,
			"the answer broke off"},
		"damaged": {"gzip", whole[:15] + "xx" + whole[17:], "temporary?", "the answer broke off", jobs.ClassTemporary,
			"the answer broke off"},
		"too large once it is unpacked": {"gzip", bomb, "configuration?", "answered 200 OK, and its body is too large", jobs.ClassTechnical,
			"the answer is too large"},
		"layers without end": { // call.packed-times
			strings.Repeat("gzip, ", 9) + "gzip", whole, "configuration?",
			"answered 200 OK, and its body is compressed in a way that nobody asked for (10 times)", jobs.ClassConfiguration,
			"the answer is compressed in a way that nobody asked for (10 times)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", test.encoding)
				io.WriteString(w, test.body) //nolint:errcheck // a client that hung up
			})
			c := p.open(t, func(o *toyOptions) { o.ResendAmbiguous = false })
			out := send(c, "1")
			if told(out) != test.document || callError(t, out.Err).Problem != test.problem {
				t.Errorf("%s: %v", told(out), out.Err)
			}
			_, err := c.Dossier(testKey).Identity(t.Context())
			if got := callError(t, err); got.Class != test.reading || got.Problem != test.readingProblem {
				t.Errorf("reading: %v", got)
			}
		})
	}
}

// TestAnswersInAnotherCharset: accents come through, whether the header, the text itself or a mark says which it is. A label
// that is wrong changes nothing about what is UTF-8.
func TestAnswersInAnotherCharset(t *testing.T) {
	t.Parallel()
	const text = `{"Message":"Prénom à vérifier — cœur"}`
	latin := func(s string) string {
		b, err := charmap.Windows1252.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy, s string) string {
		b, err := unicode.UTF16(order, mark).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ibm, err := charmap.CodePage850.NewEncoder().String(`{"Message":"Prénom"}`)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ kind, body, want string }{
		"windows-1252": {"application/json; charset=windows-1252", latin(text), "Prénom à vérifier — cœur"},
		"iso-8859-1":   {"application/json; charset=ISO-8859-1", latin(text), "Prénom à vérifier — cœur"},
		"iso-8859-15":  {`application/json; charset="iso-8859-15"`, "{\"Message\":\"c\xbdur, 12 \xa4\"}", "cœur, 12 €"},
		"cp850":        {"application/json; charset=cp850", ibm, "Prénom"},
		"utf-16": {"application/json; charset=utf-16", wide(unicode.LittleEndian, unicode.UseBOM, text),
			"Prénom à vérifier — cœur"},
		"utf-16 without a mark": {"application/json; charset=utf-16", wide(unicode.LittleEndian, unicode.IgnoreBOM, text),
			"Prénom à vérifier — cœur"},
		"utf-16be": {"application/json; charset=utf-16be", wide(unicode.BigEndian, unicode.IgnoreBOM, text),
			"Prénom à vérifier — cœur"},
		"a mark alone":          {"application/json", wide(unicode.BigEndian, unicode.UseBOM, text), "Prénom à vérifier — cœur"},
		"no word of it":         {"application/json", latin(text), "Prénom à vérifier — cœur"},
		"UTF-8 with a mark":     {"application/json", "\ufeff" + text, "Prénom à vérifier — cœur"},
		"a wrong label":         {"application/json; charset=iso-8859-1", text, "Prénom à vérifier — cœur"},
		"an unknown label":      {"application/json; charset=klingon", latin(text), "Prénom à vérifier — cœur"},
		"utf-16 as a wrong one": {"application/json; charset=utf-16", text, "Prénom à vérifier — cœur"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				if r.Method == http.MethodGet {
					io.WriteString(w, strings.Replace(test.body, "Message", "Siret", 1)) //nolint:errcheck // a client that hung up
					return
				}
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, test.body) //nolint:errcheck // a client that hung up
			})
			c := p.open(t, nil)
			if out := send(c, "1"); out.Message != test.want {
				t.Errorf("%q, want %q", out.Message, test.want)
			}
		})
	}
}

// TestOddTokens are tokens all the same.
func TestOddTokens(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		life time.Duration // when the next one is asked for, early
	}{
		"3599.0":                {`{"access_token":"t","expires_in":3599.0}`, 3539 * time.Second},
		"as text with decimals": {`{"access_token":"t","expires_in":"100.0"}`, 90 * time.Second},
		"with an exponent":      {`{"access_token":"t","expires_in":1e2}`, 90 * time.Second},
		"with a unit":           {`{"access_token":"t","expires_in":"3600s"}`, 3540 * time.Second},
		"a date":                {`{"access_token":"t","expires_in":"2026-11-30T08:00:00Z"}`, 3540 * time.Second},
		"an object":             {`{"access_token":"t","expires_in":{"seconds":100}}`, 3540 * time.Second},
		"a list":                {`{"access_token":"t","expires_in":[100]}`, 3540 * time.Second},
		"true":                  {`{"access_token":"t","expires_in":true}`, 3540 * time.Second},
		"empty":                 {`{"access_token":"t","expires_in":""}`, 3540 * time.Second},
		"null":                  {`{"access_token":"t","expires_in":null}`, 3540 * time.Second},
		"not a number":          {`{"access_token":"t","expires_in":"NaN"}`, 3540 * time.Second},
		"more than there is":    {`{"access_token":"t","expires_in":1e300}`, 24*time.Hour - time.Minute},
		"a mark in front":       {"\ufeff" + `{"access_token":"t","expires_in":100}`, 90 * time.Second},
		"members of other kinds": {`{"access_token":"t","expires_in":100,"token_type":7,"refresh_token":{},"error":null,"error_description":[]}`,
			90 * time.Second},
		"no error": {`{"access_token":"t","expires_in":100,"error":""}`, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []step{answers(200)}, token: func(int) *http.Response { return response(200, test.body) }}
				c := s.open(t, nil)
				if out := send(c, "1"); out.Class != jobs.ClassAccepted {
					t.Fatalf("%s: %v", told(out), out.Err)
				}
				time.Sleep(test.life - time.Second)
				send(c, "2")
				synctest.Wait()
				early := s.tokens
				time.Sleep(2 * time.Second)
				send(c, "3")
				synctest.Wait()
				if early != 1 || s.tokens != 2 {
					t.Errorf("%d tokens were asked for a second before its renewal, %d a second after it", early, s.tokens)
				}
			})
		})
	}
	t.Run("compressed as nobody can read it", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{answers(200)}, token: func(int) *http.Response { return response(200, "\x0b\x02", "Content-Encoding", "br") }}
		if out := send(s.open(t, nil), "1"); out.Class != jobs.ClassConfiguration ||
			callError(t, out.Err).Problem != "the answer is compressed in a way that nobody asked for (br)" {
			t.Errorf("%s: %v", told(out), out.Err)
		}
	})
	for name, body := range map[string]string{"no token": `{"expires_in":3599.0}`, "of another kind": `{"access_token":7}`,
		"two values": `{"access_token":"t"}{}`} {
		s := &script{steps: []step{answers(200)}, token: func(int) *http.Response { return response(200, body) }}
		if out := send(s.open(t, nil), "1"); out.Class != jobs.ClassConfiguration ||
			callError(t, out.Err).Problem != "the answer is not a token" {
			t.Errorf("%s: %v", name, out.Err)
		}
	}
}

// TestATokenThatIsNotValidYet: on a farm of servers some know a token a second or two after it was given. That is no wrong
// key; a wrong key is still told, and within seconds.
func TestATokenThatIsNotValidYet(t *testing.T) {
	t.Parallel()
	unknown := func(req *http.Request) (*http.Response, error) {
		leave(req)
		return response(401, ""), nil
	}
	for name, test := range map[string]struct {
		known  func(age time.Duration, number string) bool
		class  jobs.Class
		within time.Duration
		tokens int
	}{
		"for a moment":    {func(age time.Duration, _ string) bool { return age >= 500*time.Millisecond }, jobs.ClassAccepted, time.Second, 1},
		"for two seconds": {func(age time.Duration, _ string) bool { return age >= 2*time.Second }, jobs.ClassAccepted, 3 * time.Second, 1},
		"only the next":   {func(_ time.Duration, number string) bool { return number == "Bearer t2" }, jobs.ClassAccepted, 3 * time.Second, 2},
		"a wrong key":     {func(time.Duration, string) bool { return false }, jobs.ClassConfiguration, 4 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				born := map[string]time.Time{}
				s := &script{token: func(n int) *http.Response {
					born[fmt.Sprintf("Bearer t%d", n)] = time.Now()
					return response(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, n))
				}}
				s.steps = []step{func(req *http.Request) (*http.Response, error) {
					used := req.Header.Get("Authorization")
					if !test.known(time.Since(born[used]), used) {
						return unknown(req)
					}
					leave(req)
					return response(200, ""), nil
				}}
				c := s.open(t, nil)
				started := time.Now()
				out := send(c, "1")
				if took := time.Since(started); out.Class != test.class || took > test.within || s.tokens != test.tokens {
					t.Errorf("%s after %v with %d tokens: %v", told(out), took, s.tokens, out.Err)
				}
			})
		})
	}
	t.Run("an old token", func(t *testing.T) { // that the partner revoked: its successor lags as well
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var second time.Time
			s := &script{token: func(n int) *http.Response {
				if n == 2 {
					second = time.Now()
				}
				return response(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, n))
			}}
			s.steps = []step{answers(200), func(req *http.Request) (*http.Response, error) {
				if req.Header.Get("Authorization") != "Bearer t2" || time.Since(second) < 2*time.Second {
					return unknown(req)
				}
				leave(req)
				return response(200, ""), nil
			}}
			c := s.open(t, nil)
			wantAccepted(t, send(c, "1"))
			time.Sleep(time.Minute)
			wantAccepted(t, send(c, "2"))
			if s.tokens != 2 || len(s.calls) > 5 {
				t.Errorf("%d tokens, %d calls", s.tokens, len(s.calls))
			}
		})
	})
	t.Run("the contract", func(t *testing.T) { // is not taken for missing
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			started := time.Now()
			s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
				if req.Header.Get("Authorization") == "" || time.Since(started) < 2*time.Second {
					return unknown(req)
				}
				return response(200, `{"swagger":"2.0"}`), nil
			}}}
			c := s.open(t, nil)
			if _, err := c.Describe(t.Context(), "auto"); err != nil || s.tokens != 1 {
				t.Errorf("%d tokens, %v", s.tokens, err)
			}
		})
	})
}
