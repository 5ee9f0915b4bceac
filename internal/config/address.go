package config

import (
	"net/url"
	"regexp"
	"strings"

	"syncd/internal/config/strict"
)

// baseURL is the API's address of one environment; that of the other is refused.
func baseURL(t *strict.Table, key, fallback, environment string) string {
	address := strings.TrimRight(t.Address(key, fallback, isidoorTest), "/")
	lower := strings.ToLower(address)
	switch {
	case strings.HasSuffix(lower, "/v2"):
		t.Report(key, "ends with /V2, which the paths begin with", "write the address up to, without, /V2")
	case environment == "test" && lower == strings.ToLower(isidoorProduction):
		t.Report(key, `is the production address, but environment is "test"`, `leave base_url out, or write environment = "production"`)
	case environment == "production" && isLocal(address):
		t.Report(key, `is this machine, so nothing reaches Isidoor, but environment is "production"`,
			`write environment = "test" for a rehearsal, or leave base_url out`)
	case environment == "production" && lower == strings.ToLower(isidoorTest):
		t.Report(key, `is the test address, but environment is "production"`, `leave base_url out, or write environment = "test"`)
	}
	return address
}

var pathPattern = regexp.MustCompile(`^/[A-Za-z0-9/._~{}-]*$`)

// endpointPath is the path below the base URL. It holds {dossier} when, and only when, the key goes into the path.
func endpointPath(t *strict.Table, fallback string, key DossierKey) string {
	return pathTemplate(t, pathPattern, fallback, fallback+"/{dossier}", key)
}

// pathTemplate is endpointPath's work for a path of any form; keyed is an example with the dossier key in it.
func pathTemplate(t *strict.Table, pattern *regexp.Regexp, fallback, keyed string, key DossierKey) string {
	path := t.Text("path", fallback)
	if !pattern.MatchString(path) {
		t.Report("path", "is not a path", `write it from the slash on, such as "`+fallback+`"`)
		return fallback
	}
	switch holds := strings.Contains(path, "{dossier}"); {
	case key.In == "path" && !holds:
		t.Report("path", "does not say where the dossier key goes", `write {dossier} in it, such as "`+keyed+`"`)
	case key.In != "path" && holds:
		t.Report("path", "holds {dossier}, but the dossier key goes into a "+key.In, `write isidoor.dossier_key = { in = "path" }`)
	}
	return path
}

func isLocal(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strict.Loopback(u.Hostname())
}
