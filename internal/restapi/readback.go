package restapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"syncd/internal/jobs"
)

// Read asks for the document of one employee. nil means that there is certainly none: the API says 404, 410 or 204, or
// answers null. Anything less certain is an error, for what was not received is sent again. The partner's words are in
// no error: they can quote a person, and without a document there is nothing to mask them by.
func (d *dossier) Read(ctx context.Context, key string, period jobs.Period) ([]byte, error) {
	c := d.form()
	if c.read == (endpoint{}) {
		return nil, &jobs.CallError{Class: jobs.ClassConfiguration, Call: "read", Problem: "the API cannot be asked what it holds",
			Hint: "set method and path of [isidoor.salarie.read]"}
	}
	if slices.Contains([]string{"", ".", ".."}, key) { // would ask another address, such as that of all employees
		return nil, &jobs.CallError{Class: jobs.ClassData, Call: c.read.label, Problem: "nobody can be asked for by this matricule",
			Hint: "correct this employee in staging and run again"}
	}
	op, misconfigured := d.operation(c, c.read, blanks{key: key, period: period})
	if misconfigured != nil {
		return nil, misconfigured
	}
	op.reads, op.finds, op.limit = true, true, maxAnswer
	out, found := d.connection.perform(ctx, op)
	if out.Err != nil || found == nil {
		return nil, out.Err
	}
	return c.documentIn(found)
}

// documentIn is the document inside of an answer, as JSON with its members sorted and its numbers as they were written.
func (e endpoints) documentIn(found any) ([]byte, error) {
	const hint = "check document of [isidoor.salarie.read]"
	at, ok := e.document.find(found)
	if !ok {
		return nil, misconfiguredCall(e.read, "the pointer to the document leads nowhere in the answer", hint)
	}
	if at == nil {
		return nil, nil
	}
	if _, isObject := at.(map[string]any); !isObject {
		return nil, misconfiguredCall(e.read, "the answer holds no JSON object where the document should be", hint)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(at); err != nil { // the error could quote a value
		return nil, misconfiguredCall(e.read, "the document cannot be written as JSON again", hint)
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// isMissing tells the statuses that say "there is no such thing".
func isMissing(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

// judgeMissing tells an employee that the API does not know from an address that it does not know: in whatever language
// it speaks, ASP.NET then quotes the URL ("No HTTP resource was found that matches the request URI 'https://…'.").
func (o *operation) judgeMissing(a *answer, words string) {
	if strings.Contains(words, "://") {
		a.Class, a.Problem = jobs.ClassConfiguration, a.Problem+": the API does not know this address"
		a.Hint = "check base_url, and method and path of [" + o.table + "]"
		return
	}
	a.Class, a.Problem = jobs.ClassAccepted, ""
}
