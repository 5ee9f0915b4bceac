package config

import (
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
)

// Fixed is a header or a query parameter that goes with every call of the API, as gateways want: a subscription key, a version.
// It is no part of the target nor of what a document is sent to: a rotated key changes nothing of what the API holds.
type Fixed struct {
	Name   string
	Value  string        `json:",omitempty"` // "" where a secret has it
	Secret strict.Secret `json:",omitzero"`
}

// Read gives the value. An error is an *Error.
func (f Fixed) Read() (string, error) {
	if f.Secret.IsZero() {
		return f.Value, nil
	}
	return f.Secret.Read()
}

// withoutReferences leaves out where secrets are kept.
func withoutReferences(all []Fixed) []Fixed {
	all = slices.Clone(all)
	for i := range all {
		if !all[i].Secret.IsZero() {
			all[i].Secret, all[i].Value = strict.Secret{}, "secret"
		}
	}
	return all
}

// WithoutSecrets leaves out where secrets are kept, for a comparison: what they are is compared itself.
func (i Isidoor) WithoutSecrets() Isidoor {
	i.ClientSecret = strict.Secret{}
	i.Headers, i.Query = withoutReferences(i.Headers), withoutReferences(i.Query)
	return i
}

// readFixed reads a table of names that are the user's own. refuse words why one cannot be taken; "" = it can.
func readFixed(t *strict.Table, refuse func(name string) string) (all []Fixed) {
	for _, name := range t.Node.Keys {
		n := t.Node.Members[name]
		f := Fixed{Name: name}
		switch n.Kind {
		case strict.KindText:
			f.Value = t.Seen(name, n.Text)
			if n.Text == "" {
				t.Report(name, "is empty", "write its value, or leave it out")
			}
			if secretName.MatchString(name) {
				t.Warn(name, "looks like a secret, which does not belong in this file", strict.SecretHint)
			}
		case strict.KindTable:
			f.Secret = t.Reference(name)
		default:
			t.Report(name, fmt.Sprintf("must be %s, or a reference to a secret, not %s", strict.KindText, n.Kind), asText(n.Kind))
		}
		if why := refuse(name); why != "" {
			t.Report(name, why, "take another name, or leave it out")
		}
		if slices.ContainsFunc(all, func(other Fixed) bool { return strings.EqualFold(other.Name, name) }) {
			t.Report(name, "is named twice", "remove one")
		}
		t.Know(name)
		all = append(all, f)
	}
	return all
}

// asText is how a value becomes a text.
func asText(k strict.Kind) string {
	if k == strict.KindInteger || k == strict.KindDecimal || k == strict.KindBoolean || k == strict.KindDate {
		return "put it between quotes"
	}
	return strict.SecretHint
}

var secretName = regexp.MustCompile(`(?i)key|secret|token|password|auth`)

var headerPattern = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// fixedHeaders may stand among fixed headers although they are none for a key.
var fixedHeaders = []string{"accept-language", "origin", "referer"}

// refuseHeader words why a header cannot be a fixed one.
func (k DossierKey) refuseHeader(name string) string {
	alike := func(other string) bool {
		return strings.EqualFold(strings.ReplaceAll(name, "_", "-"), strings.ReplaceAll(other, "_", "-"))
	}
	switch {
	case !headerPattern.MatchString(name):
		return "is not the name of a header"
	case k.In == "header" && alike(k.Name):
		return "is the header of the dossier's key (dossier_key)"
	case jobs.TakenHeader(name) && !slices.ContainsFunc(fixedHeaders, alike):
		return "is a header that means something else, or that syncd writes itself"
	}
	return ""
}

// refuseParameter words why a parameter cannot be a fixed one. read is the path that asks for a document.
func (k DossierKey) refuseParameter(name, read string) string {
	_, query, _ := strings.Cut(read, "?")
	taken := strings.FieldsFunc(query, func(r rune) bool { return r == '&' })
	switch {
	case !parameterPattern.MatchString(name):
		return "is not the name of a query parameter: letters, digits, dots, - and _ only"
	case k.In == "query" && k.Name == name:
		return "is the parameter of the dossier's key (dossier_key)"
	case slices.ContainsFunc(taken, func(part string) bool { n, _, _ := strings.Cut(part, "="); return n == name }):
		return "stands in path of isidoor.salarie.read already"
	}
	return ""
}

// readFixedParts reads what goes with every call.
func (i *Isidoor) readFixedParts(t *strict.Table) {
	read := ""
	if i.Salarie.Read != nil {
		read = i.Salarie.Read.Path
	}
	i.Headers = readFixed(t.Table("headers"), i.DossierKey.refuseHeader)
	for n, h := range i.Headers {
		i.Headers[n].Name = textproto.CanonicalMIMEHeaderKey(h.Name)
	}
	i.Query = readFixed(t.Table("query"), func(name string) string { return i.DossierKey.refuseParameter(name, read) })
	slices.SortFunc(i.Headers, func(a, b Fixed) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(i.Query, func(a, b Fixed) int { return strings.Compare(a.Name, b.Name) })
}
