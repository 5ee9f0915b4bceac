package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

const pageAt = "[web]\npublic_url = \"https://paie.example.org\"\n"

func TestWeb(t *testing.T) {
	t.Parallel()
	if c := parsed(t, valid(t)); !c.Web.IsZero() || c.Web.Host() != "" {
		t.Errorf("got %+v", c.Web)
	}
	plain := parsed(t, valid(t, "[[dossier]]", pageAt+"[[dossier]]"))
	if want := (Web{PublicURL: "https://paie.example.org", Listen: "unix:/run/syncd-web/web.sock"}); !reflect.DeepEqual(plain.Web, want) ||
		plain.Web.Host() !=
			"paie.example.org" {
		t.Errorf("got %+v", plain.Web)
	}
	c := parsed(t, valid(t, "[[dossier]]", `[web]
public_url = "https://Paie.example.org:8443/"
listen = "0.0.0.0:8443"
certificate = "/etc/page.pem"
certificate_key = { file = "/etc/page.key" }
proxy = ["127.0.0.1", "::ffff:10.0.0.7", "10.1.2.3/24", "2001:db8::/32"]
[[dossier]]`))
	if c.Web.Host() != "paie.example.org:8443" || c.Web.Certificate != "/etc/page.pem" || c.Web.Key.IsZero() {
		t.Errorf("got %+v", c.Web)
	}
	if got := fmt.Sprint(c.Web.Proxies); got != "[127.0.0.1/32 10.0.0.7/32 10.1.2.0/24 2001:db8::/32]" {
		t.Error(got)
	}
}

func TestWebIsRefused(t *testing.T) {
	t.Parallel()
	const write = `write the address that browsers use, such as public_url = "https://paie.example.org", or "http://127.0.0.1:8481" through ssh`
	const listen = `write "unix:/run/syncd-web/web.sock" or "127.0.0.1:8481", behind a proxy with TLS, or name certificate and certificate_key`
	for name, c := range map[string]struct{ section, key, problem, hint string }{
		"no address": {"[web]\n", "web.public_url", "is missing", write},
		"no page":    {"[web]\npublic_url = \"paie.example.org\"\n", "web.public_url", "is not the address of a web page", write},
		"a path": {"[web]\npublic_url = \"https://paie.example.org/syncd\"\n", "web.public_url",
			"holds more than scheme, host and port", write},
		"a user": {"[web]\npublic_url = \"https://u:p@paie.example.org\"\n", "web.public_url",
			"holds more than scheme, host and port", write},
		"in the open": {"[web]\npublic_url = \"http://paie.example.org\"\n", "web.public_url",
			"is not encrypted: http is for this machine only", write},
		"without TLS": {pageAt + "listen = \"0.0.0.0:8481\"\n", "web.listen",
			"can be reached from other machines, and passwords would go there without TLS", listen},
		"no listener": {pageAt + "listen = \"8481\"\n", "web.listen", "is neither host:port nor unix:/path", listen},
		"no socket": {pageAt + "listen = \"unix:web.sock\"\n", "web.listen",
			"is not the path of a socket, from the slash on and at most 107 bytes", listen},
		"a proxy by name": {pageAt + "proxy = [\"127.0.0.1\", \"caddy\"]\n", "web.proxy[2]", "is not the address of a proxy",
			`write where your proxy connects from: proxy = ["127.0.0.1"], or a network such as "10.1.2.0/24"`},
		"no proxy":           {pageAt + "proxy = []\n", "web.proxy", "is empty", `proxy = ["127.0.0.1"]`},
		"certificate, alone": {pageAt + "certificate = \"/etc/page.pem\"\n", "web.certificate_key", "is missing", ""},
	} {
		_, err := parseConfig("config.toml", []byte(valid(t, "[[dossier]]", c.section+"[[dossier]]")), noEnv)
		if err == nil {
			t.Errorf("%s: it is taken", name)
			continue
		}
		if text := err.Error(); !strings.Contains(text, c.key) || !strings.Contains(text, c.problem) || !strings.Contains(text, c.hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const issuerAt = pageAt + "[web.oidc]\nclient_id = \"syncd\"\nclient_secret = { env = \"SECRET\" }\n"

func TestIssuer(t *testing.T) {
	t.Parallel()
	of := func(section string) (*Config, error) {
		return parseConfig("config.toml", []byte(valid(t, "[[dossier]]", section+"[[dossier]]")), noEnv)
	}
	c, err := of(issuerAt + `issuer = "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0"
acr_values = "gold  silver"
max_age = "8h"
`)
	if err != nil {
		t.Fatal(err)
	}
	if o := c.Web.OIDC; o.Label != "login.microsoftonline.com" || o.ClientID != "syncd" || len(o.ACR) != 2 || o.MaxAge != 8*time.Hour ||
		o.Secret.IsZero() {
		t.Errorf("%+v", o)
	}
	for _, taken := range []string{`"https://accounts.google.com"`, `"http://127.0.0.1:8080/realms/common"`, `"https://sso.example.org/common/"`} {
		if _, err := of(issuerAt + "issuer = " + taken + "\n"); err != nil {
			t.Errorf("%s: %v", taken, err)
		}
	}
	for name, c := range map[string]struct{ section, problem string }{
		"everybody":      {issuerAt + `issuer = "https://login.microsoftonline.com/common/v2.0"`, "is Microsoft's for every company and everybody"},
		"all companies":  {issuerAt + `issuer = "https://login.microsoftonline.com/Organizations/v2.0"`, "write that of your tenant"},
		"private people": {issuerAt + `issuer = "https://login.microsoftonline.us/consumers/v2.0"`, "write that of your tenant"},
		"no tenant":      {issuerAt + `issuer = "https://sts.windows.net/"`, "write that of your tenant"},
		"in the open":    {issuerAt + `issuer = "http://login.example.org"`, "is not encrypted"},
		"a query":        {issuerAt + `issuer = "https://login.example.org/?tenant=1"`, "web.oidc.issuer"},
		"none":           {issuerAt, "write the issuer as it names itself"},
		"no client": {pageAt + "[web.oidc]\nissuer = \"https://login.example.org\"\nclient_secret = { env = \"SECRET\" }",
			"write the number or name by which the issuer knows this page"},
		"a secret here": {pageAt + "[web.oidc]\nissuer = \"https://login.example.org\"\nclient_id = \"x\"\nclient_secret = \"x\"",
			"web.oidc.client_secret"},
		"another key": {issuerAt + "issuer = \"https://login.example.org\"\nscopes = \"email\"", "web.oidc.scopes"},
	} {
		if _, err := of(c.section + "\n"); err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
