package restapi

import (
	"net/url"
	"strings"
)

// redacted stands for a secret in a message of the partner.
const redacted = "•••"

// redactor hides secrets in what a partner answers: ASP.NET's 404 quotes the request's whole URL, key included.
func redactor(secrets ...string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if form != "" {
				pairs = append(pairs, form, redacted)
			}
		}
	}
	return strings.NewReplacer(pairs...)
}
