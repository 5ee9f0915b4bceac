package restapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// dossier is one dossier at Isidoor. What is assumed about the calls is configuration: see Options.
type dossier struct {
	connection *Connection
	form       func() *calls // of the first call and of all that follow: see Connection.Adopt
	key        string
	secrets    []string
}

var _ jobs.API = (*dossier)(nil)

func newDossier(c *Connection, key string) *dossier {
	return &dossier{
		connection: c, form: sync.OnceValue(c.calls.Load), key: key,
		secrets: slices.Clip(append(c.options.fixedSecrets(), key, c.options.ClientSecret)),
	}
}

// Call implements jobs.API.
func (d *dossier) Call() jobs.Call {
	c := d.form()
	call := jobs.Call{Method: c.salarie.method, Path: c.salarie.path, KeyIn: c.shape.KeyIn, KeyName: c.shape.KeyName}
	if call.KeyIn == KeyInPath {
		call.KeyName = ""
	}
	return call
}

// Identity asks /V2/Dossier whom this key belongs to.
func (d *dossier) Identity(ctx context.Context) (string, error) {
	c := d.form()
	document, err := d.read(ctx, c, c.dossier, nil, maxAnswer)
	pointer := c.identity
	if err != nil || pointer == nil {
		return "", err
	}
	identity, ok := pointer.textAt(document)
	if !ok {
		return "", misconfiguredCall(c.dossier, "the answer does not tell whose dossier it is",
			`check identity of [isidoor.dossier] ("" = the partner does not tell)`)
	}
	return identity, nil
}

// Dictionary asks /V2/Dictionnaire for all nomenclatures. No body is no nomenclature.
func (d *dossier) Dictionary(ctx context.Context) (mapping.Dictionaries, error) {
	c := d.form()
	document, err := d.read(ctx, c, c.dictionnaire, &c.entries.items, maxDictionary)
	if err != nil {
		return nil, err
	}
	dictionaries, err := c.entries.read(document)
	if err != nil {
		return nil, misconfiguredCall(c.dictionnaire, err.Error(), "check the pointers of [isidoor.dictionnaire]")
	}
	return dictionaries, nil
}

// Send posts one employee to /V2/Salarie.
func (d *dossier) Send(ctx context.Context, key string, document []byte, beforeAttempt func() error) jobs.Outcome {
	c := d.form()
	op, err := d.operation(c, c.salarie, blanks{key: key})
	if err != nil {
		return jobs.Outcome{Class: err.Class, Err: err, AnsweredAt: time.Now()}
	}
	op.body, op.before, op.limit, op.rules, op.words = document, beforeAttempt, maxAnswer, c.answer, c.words
	out, _ := d.connection.perform(ctx, op)
	return out
}

func (d *dossier) read(ctx context.Context, c *calls, e endpoint, lists *pointer, limit int64) (any, error) {
	op, err := d.operation(c, e, blanks{})
	if err != nil {
		return nil, err
	}
	op.reads, op.lists, op.limit = true, lists, limit
	out, document := d.connection.perform(ctx, op)
	return document, out.Err
}

// operation puts the dossier key and what else its path asks for where they go.
func (d *dossier) operation(c *calls, e endpoint, b blanks) (*operation, *jobs.CallError) {
	if d.key == "" || c.shape.KeyIn == KeyInHeader && !isHeaderValue(d.key) {
		return nil, misconfiguredCall(e, "the dossier key is empty or holds characters that cannot be sent", "check key of the [[dossier]]")
	}
	b.dossier = d.key
	address, err := url.Parse(d.connection.options.BaseURL + expand(e.path, b))
	if err != nil { // the error would quote the URL
		return nil, misconfiguredCall(e, "the path is not one of a web address", "check path of the endpoint in [isidoor]")
	}
	address.RawQuery = joined(address.RawQuery, d.connection.query)
	op := &operation{endpoint: e, url: address, headers: d.connection.options.Headers, holder: d, derived: c.derived,
		gateway: len(d.connection.options.fixedSecrets()) > 0, secrets: d.secrets}
	switch c.shape.KeyIn {
	case KeyInHeader:
		op.key = keyHeader{http.CanonicalHeaderKey(c.shape.KeyName), d.key}
	case KeyInQuery:
		parameter := url.QueryEscape(c.shape.KeyName) + "=" + url.QueryEscape(d.key)
		address.RawQuery = joined(address.RawQuery, parameter)
	}
	return op, nil
}

// joined is two queries as one.
func joined(query, more string) string { return strings.Trim(query+"&"+more, "&") }

// isHeaderValue tells whether a header can carry s as it is (RFC 9110, section 5.5).
func isHeaderValue(s string) bool {
	return s == strings.TrimSpace(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// misconfiguredCall is a call that this configuration cannot make, or whose answer it cannot read.
func misconfiguredCall(e endpoint, problem, hint string) *jobs.CallError {
	return &jobs.CallError{Class: jobs.ClassConfiguration, Call: e.label, Problem: problem, Hint: hint}
}
