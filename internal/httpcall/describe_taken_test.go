package httpcall

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/plaintext"
)

func TestLargeContracts(t *testing.T) {
	t.Parallel()
	const tooLarge = "the contract is larger than 10 MiB"
	for name, test := range map[string]struct {
		head, kind string
		size       int
		want       string
		most       int // requests
	}{
		"20 MB":         {swagger, "application/json", 20_000_000, tooLarge, 1},
		"one byte more": {swagger, "application/json", maxContract + 1, tooLarge, 1},
		"just so":       {swagger, "application/json", maxContract, "", 1},
		"20 MB of HTML": {"<html>", "application/json", 20_000_000, "the answer is HTML, not JSON: a login page?", 2},
		"called HTML":   {swagger, "text/html", 20_000_000, tooLarge, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := append([]byte(test.head), bytes.Repeat([]byte(" "), test.size-len(test.head))...)
			p := publish(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				if _, err := w.Write(text); err != nil {
					t.Log("writing:", err) // what is too large is not read to its end
				}
			})
			got, err := p.open(t, nil).Describe(t.Context(), p.URL+"/swagger.json")
			if test.want == "" {
				if err != nil || !bytes.Equal(got.Text, text) {
					t.Errorf("%d bytes, %v", len(got.Text), err)
				}
			} else if call := callError(t, err); call.Problem != test.want || call.Class != jobs.ClassConfiguration || call.Hint == "" {
				t.Errorf("error %+v", call)
			}
			if asked := p.requests(); len(asked) != test.most {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

// wide is a text of ASCII as UTF-16, little end first.
func wide(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

func TestContractsThatAreTaken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		swagger, "\xef\xbb\xbf" + swagger, "\n\n  " + swagger, `{"openapi":"3.0.1"}`,
		"# comment\nopenapi: 3.0.0\n", "---\nswagger: '2.0'\n", "info: {}\n'swagger' : '2.0'", `{"info":{},"swagger" : "2.0"}`,
		strings.Repeat(" ", 3*contractHead) + swagger,
		"\xff\xfe" + wide(swagger), wide(swagger), packed(t, gzipped, swagger), "// generated\n" + swagger, "%YAML 1.2\n---\nopenapi: 3.0.0\n",
	} {
		p := publish(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html") // whatever it calls itself
			write(t, w, text)
		})
		got, err := p.open(t, nil).Describe(t.Context(), "auto")
		if as, wrong := plaintext.Decode([]byte(text), maxContract); err != nil || wrong != nil ||
			!bytes.Contains(plain(got.Text), bytes.TrimSpace(as)) {
			t.Errorf("%.40q: %.40q, %v", text, got.Text, err)
		}
	}
}

func TestSourcesThatAreNone(t *testing.T) {
	t.Parallel()
	const hint = "\nhint: name its URL or a file in contract of [partner.salarie], or write contract = \"none\""
	var logged buffer
	p := publish(t, http.NotFound)
	c := p.open(t, func(o *toyOptions) { o.Log = zerolog.New(&logged) })
	for source, want := range map[string]string{
		"":                                "contract is neither \"auto\" nor a web address",
		"none":                            "contract is neither \"auto\" nor a web address",
		"/etc/contract.json":              "contract is neither \"auto\" nor a web address",
		"file:///etc/passwd":              "contract is neither \"auto\" nor a web address",
		"ftp://127.0.0.1/x":               "contract is neither \"auto\" nor a web address",
		"https://%zz":                     "contract is neither \"auto\" nor a web address",
		"https://":                        "contract is neither \"auto\" nor a web address",
		"https://me:S3CR3T@example.test/": "contract holds a user name",
		"http://192.0.2.1/swagger.json":   "contract is plain http to another machine (192.0.2.1)",
		"http://localhost.example/x?k=v":  "contract is plain http to another machine (localhost.example)",
	} {
		_, err := c.Describe(t.Context(), source)
		if err == nil || err.Error() != "contract: "+want+hint || callError(t, err).Class != jobs.ClassConfiguration {
			t.Errorf("%s: %v", source, err)
		}
	}
	if len(p.requests()) != 0 || logged.data.Len() != 0 {
		t.Errorf("asked %q, logged %s", p.requests(), logged.data.String())
	}
}
