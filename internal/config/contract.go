package config

import (
	"net/url"
	"strings"

	"syncd/internal/config/strict"
)

// contract is where the API's contract comes from: "auto", "none", a URL or a file. Whether it can be fetched is not
// known here, and no reason not to start.
func contractSource(t *strict.Table, key string) string {
	const hint = `write "auto", "none", a URL or a file`
	value := t.Text(key, "auto")
	switch {
	case value == "auto", value == "none":
		return value
	case strings.TrimSpace(value) == "":
		t.Report(key, "is empty", hint)
		return value
	case strings.EqualFold(value, "auto"), strings.EqualFold(value, "none"):
		t.Report(key, "is none of "+strict.Quoted([]string{"auto", "none"})+", and no name of a file", strict.Suggest(strings.ToLower(value), nil, ""))
		return value
	case strings.Contains(value, "://"):
		contractAddress(t, key, value)
		return value
	}
	return t.Filename(key, value)
}

// contractAddress is an https URL, or an http one of this machine. Unlike other addresses it may have parameters, as
// some servers choose the document by them.
func contractAddress(t *strict.Table, key, value string) {
	const hint = "write the address of the document itself, such as https://www.isidoor.org/Api2/swagger/docs/V2"
	u, err := url.Parse(value)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		t.Report(key, "is not the address of a web service", hint+", or the path of a file")
	case u.User != nil:
		t.Report(key, "holds a user or a password", hint+", without user and password")
	case u.Fragment != "":
		t.Report(key, "points into a page for people", hint)
	case u.Scheme == "http" && !strict.Loopback(u.Hostname()):
		t.Report(key, "is not encrypted: http is for this machine only", "write https://")
	}
}
