package standin_test

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

func TestTokenEndpointIsStrict(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	b := start(t, nil)
	for name, test := range map[string]struct {
		method, query, body, contentType, basic string
		want                                    string // OAuth error; "" = a token
	}{
		"as documented":        {body: tokenForm(nil)},
		"charset in the type":  {body: tokenForm(nil), contentType: form + "; charset=utf-8"},
		"wrong secret":         {body: tokenForm(func(v url.Values) { v.Set("client_secret", "x") }), want: "invalid_client"},
		"unknown client":       {body: tokenForm(func(v url.Values) { v.Set("client_id", "x") }), want: "invalid_client"},
		"no secret":            {body: tokenForm(func(v url.Values) { v.Del("client_secret") }), want: "invalid_client"},
		"another grant":        {body: tokenForm(func(v url.Values) { v.Set("grant_type", "password") }), want: "unsupported_grant_type"},
		"another scope":        {body: tokenForm(func(v url.Values) { v.Set("scope", "apiisidoor") }), want: "invalid_scope"},
		"two scopes":           {body: tokenForm(func(v url.Values) { v.Set("scope", "ApiIsidoor openid") }), want: "invalid_scope"},
		"no scope":             {body: tokenForm(func(v url.Values) { v.Del("scope") }), want: "invalid_scope"},
		"a repeated parameter": {body: tokenForm(func(v url.Values) { v.Add("scope", standin.Scope) }), want: "invalid_request"},
		"JSON":                 {body: `{"client_id":"editeur"}`, contentType: "application/json", want: "invalid_request"},
		"GET":                  {method: http.MethodGet, query: "?" + tokenForm(nil), want: "invalid_request"},
		"in the URL":           {query: "?" + tokenForm(nil), want: "invalid_client"},
		"Basic header": {
			body:  tokenForm(func(v url.Values) { v.Del("client_id"); v.Del("client_secret") }),
			basic: "Basic ZWRpdGV1cjpzM2NyZXQtZHUtY2xpZW50", want: "invalid_client",
		},
		"Basic header besides": {body: tokenForm(nil), basic: "Basic ZWRpdGV1cjpzM2NyZXQtZHUtY2xpZW50", want: "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			header := map[string]string{"Content-Type": cmp.Or(test.contentType, form)}
			if test.basic != "" {
				header["Authorization"] = test.basic
			}
			got := b.must(cmp.Or(test.method, http.MethodPost), standin.TokenPath+test.query, test.body, header)
			if test.want != "" {
				wantStatus(t, got, http.StatusBadRequest)
				if want := `{"error":"` + test.want + `"}`; got.body != want {
					t.Fatalf("body %s, want %s", got.body, want)
				}
				return
			}
			wantStatus(t, got, http.StatusOK)
			var answer map[string]any
			decode(t, got.body, &answer)
			if answer["expires_in"] != 3600.0 || answer["token_type"] != "Bearer" || answer["scope"] != standin.Scope ||
				answer["access_token"] == "" {
				t.Fatalf("answer %v", answer)
			}
		})
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for name, test := range map[string]struct {
		change func(map[string]string)
		want   int
	}{
		"right":               {func(map[string]string) {}, http.StatusOK},
		"no token":            {func(h map[string]string) { delete(h, "Authorization") }, http.StatusUnauthorized},
		"a token of no one":   {func(h map[string]string) { h["Authorization"] = "Bearer x" }, http.StatusUnauthorized},
		"not a Bearer":        {func(h map[string]string) { h["Authorization"] = b.token }, http.StatusUnauthorized},
		"no dossier key":      {func(h map[string]string) { delete(h, standin.DefaultKeyName) }, http.StatusForbidden},
		"unknown dossier key": {func(h map[string]string) { h[standin.DefaultKeyName] = "x" }, http.StatusForbidden},
	} {
		header := b.auth()
		test.change(header)
		got := b.must(http.MethodGet, "/Api2/V2/Dossier", "", header)
		if got.status != test.want || got.status != http.StatusOK && !strings.HasPrefix(got.body, `{"Message":"`) {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, test.want)
		}
		if (got.header.Get("WWW-Authenticate") != "") != (test.want == http.StatusUnauthorized) {
			t.Errorf("%s: WWW-Authenticate %q", name, got.header.Get("WWW-Authenticate"))
		}
	}
}

func TestKeyInQueryAndPath(t *testing.T) {
	t.Parallel()
	for in, path := range map[standin.KeyIn]func(key string) string{
		standin.KeyInQuery: func(key string) string { return "/Api2/V2/Dossier?cle=" + url.QueryEscape(key) },
		standin.KeyInPath:  func(key string) string { return "/Api/V2/" + url.PathEscape(key) + "/Dossier" },
	} {
		b := start(t, func(c *standin.Config) { c.KeyIn, c.KeyName = in, "cle" })
		bearer := map[string]string{"Authorization": "Bearer " + b.token}
		got := b.must(http.MethodGet, path(keyA), "", bearer)
		if want := `{"Nom":"saint-martin","Siret":"` + siretA + `"}`; got.body != want {
			t.Errorf("%s: %s, want %s", in, got.body, want)
		}
		wantStatus(t, b.must(http.MethodGet, path("x"), "", bearer), http.StatusForbidden)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	valid := standin.Config{ClientID: "a", ClientSecret: "b"}
	for want, change := range map[string]func(*standin.Config){
		"client secret":         func(c *standin.Config) { c.ClientSecret = "" },
		"less than a second":    func(c *standin.Config) { c.TokenLifetime = time.Millisecond },
		"header, query or path": func(c *standin.Config) { c.KeyIn = "cookie" },
		"two dossiers named":    func(c *standin.Config) { c.Dossiers = []sandbox.Dossier{{Name: "a", Key: "1"}, {Name: "a", Key: "2"}} },
		"the same key":          func(c *standin.Config) { c.Dossiers = []sandbox.Dossier{{Name: "a", Key: "1"}, {Name: "b", Key: "1"}} },
		"no key":                func(c *standin.Config) { c.Dossiers = []sandbox.Dossier{{Name: "a"}} },
		"not between 0 and 1":   func(c *standin.Config) { c.Faults.Lost = 2 },
	} {
		config := valid
		change(&config)
		if _, err := standin.New(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}
