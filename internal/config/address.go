package config

import (
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// baseURL is the API's address of one environment; that of the other is refused.
func (t *table) baseURL(key, fallback, environment string) string {
	address := strings.TrimRight(t.address(key, fallback), "/")
	lower := strings.ToLower(address)
	switch {
	case strings.HasSuffix(lower, "/v2"):
		t.report(key, "ends with /V2, which the paths begin with", "write the address up to, without, /V2")
	case environment == "test" && lower == strings.ToLower(isidoorProduction):
		t.report(key, `is the production address, but environment is "test"`, `leave base_url out, or write environment = "production"`)
	case environment == "production" && isLocal(address):
		t.report(key, `is this machine, so nothing reaches Isidoor, but environment is "production"`,
			`write environment = "test" for a rehearsal, or leave base_url out`)
	case environment == "production" && lower == strings.ToLower(isidoorTest):
		t.report(key, `is the test address, but environment is "production"`, `leave base_url out, or write environment = "test"`)
	}
	return address
}

// address is an https URL, or an http one of this machine.
func (t *table) address(key, fallback string) string {
	const hint = "write an address such as https://www.isidoor.org/Api2"
	value := t.text(key, fallback)
	u, err := url.Parse(value)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		t.report(key, "is not the address of a web service", hint)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		t.report(key, "holds more than host and path", hint+", without user, password or parameters")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		t.report(key, "is not encrypted: http is for this machine only", "write https://")
	}
	return value
}

func isLocal(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback(u.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// certificates names a PEM file, which must hold a certificate.
func (t *table) certificates(key string) string {
	path := t.filename(key, t.text(key, ""))
	if path == "" {
		return ""
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		t.report(key, plainCause(err), "name the PEM file of the authority that signed the API's certificate")
	} else if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		t.report(key, "holds no PEM certificate", "convert it with: openssl x509 -inform der -in FILE -out FILE.pem")
	}
	return path
}

var pathPattern = regexp.MustCompile(`^/[A-Za-z0-9/._~{}-]*$`)

// endpointPath is the path below the base URL. It holds {dossier} when, and only when, the key goes into the path.
func (t *table) endpointPath(fallback string, key DossierKey) string {
	return t.pathTemplate(pathPattern, fallback, fallback+"/{dossier}", key)
}

// pathTemplate is endpointPath's work for a path of any form; keyed is an example with the dossier key in it.
func (t *table) pathTemplate(pattern *regexp.Regexp, fallback, keyed string, key DossierKey) string {
	path := t.text("path", fallback)
	if !pattern.MatchString(path) {
		t.report("path", "is not a path", `write it from the slash on, such as "`+fallback+`"`)
		return fallback
	}
	switch holds := strings.Contains(path, "{dossier}"); {
	case key.In == "path" && !holds:
		t.report("path", "does not say where the dossier key goes", `write {dossier} in it, such as "`+keyed+`"`)
	case key.In != "path" && holds:
		t.report("path", "holds {dossier}, but the dossier key goes into a "+key.In, `write isidoor.dossier_key = { in = "path" }`)
	}
	return path
}

var pointerPattern = regexp.MustCompile(`^(/([^~/]|~[01])*)*$`)

// pointer is a JSON pointer (RFC 6901).
func (t *table) pointer(key, fallback string) string {
	value := t.text(key, fallback)
	if !pointerPattern.MatchString(value) {
		t.report(key, "is not a JSON pointer", `write a slash before each member's name, such as "/Dossier/Siret"; "" is the whole answer`)
		return fallback
	}
	return value
}
