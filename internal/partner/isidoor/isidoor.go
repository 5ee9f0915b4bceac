// Package isidoor is the partner Isidoor: its calls, where a dossier's key goes in them, and how their answers read. Little of
// that is public, so what is assumed is configuration: see Options.
package isidoor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

const maxNomenclatures = 16 << 20 // bytes read of nomenclatures: all come at once

// Options say how Isidoor is reached, and what its calls are.
type Options struct {
	httpcall.Options
	httpcall.ClientCredentials

	KeyIn   string // where the dossier key goes: KeyInHeader, KeyInQuery or KeyInPath ({dossier} in the paths)
	KeyName string // of the header or of the query parameter

	Dossier      DossierEndpoint
	Dictionnaire DictionnaireEndpoint
	Salarie      SalarieEndpoint
	Read         *ReadEndpoint     // nil = the partner cannot be asked what it has
	Answer       *jobs.AnswerRules // nil = any 2xx to a document accepts it
}

// Connection is one client at Isidoor, which all dossiers share. It is safe for concurrent use.
type Connection struct {
	http    *httpcall.Connection
	options Options
	endpoints
}

// Open checks the options and prepares the connection; nothing is sent yet. Close it after its last call.
func Open(o Options) (*Connection, error) {
	o.Section, o.Grant = section, o.ClientCredentials
	calls, err := o.endpoints()
	if err != nil {
		return nil, err
	}
	c := &Connection{options: o, endpoints: calls}
	if c.http, err = httpcall.Open(o.Options); err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends what is under way. No call may be running or follow.
func (c *Connection) Close() { c.http.Close() }

// Describe asks for the API's contract: see httpcall.Connection.Describe.
func (c *Connection) Describe(ctx context.Context, source string) (httpcall.Description, error) {
	return c.http.Describe(ctx, salarieSection, source)
}

// Dossier gives the API of the dossier that key opens. A key that cannot be sent is reported by each call.
func (c *Connection) Dossier(key string) jobs.API {
	d := &dossier{connection: c, key: key, secrets: []string{key}}
	if c.options.KeyIn == KeyInHeader {
		d.headers = []httpcall.Fixed{{Name: http.CanonicalHeaderKey(c.options.KeyName), Value: key}}
	}
	return d
}

// dossier is one dossier at Isidoor.
type dossier struct {
	connection *Connection
	key        string
	secrets    []string
	headers    []httpcall.Fixed // the key's
}

var _ jobs.API = (*dossier)(nil)

// Call implements jobs.API.
func (d *dossier) Call() jobs.Call {
	o := &d.connection.options
	call := jobs.Call{Method: o.Salarie.Method, Path: o.Salarie.Path, KeyIn: o.KeyIn, KeyName: o.KeyName}
	if call.KeyIn == KeyInPath {
		call.KeyName = ""
	}
	return call
}

// settings are the options that decide what the API makes of a call, with the key that completes them. Those
// that only say how often and how long it is asked are no part of it, nor is our own name: a new program is no other client.
type settings struct {
	Options Options
	Key     string
}

// Settings implements jobs.API.
func (d *dossier) Settings() string {
	o := d.connection.options
	o.MaxInFlight, o.Runs, o.RatePerSecond, o.TechnicalTries, o.ResendAmbiguous, o.UserAgent = 0, 0, 0, 0, false, ""
	o.RequestTimeout, o.ConnectTimeout, o.RetryFor, o.RetryAfterCap = 0, 0, 0, 0
	text, err := json.Marshal(settings{o, d.key})
	if err != nil {
		panic("isidoor: options that are no JSON: " + err.Error()) // they are texts and numbers
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Identity asks /V2/Dossier whom this key belongs to.
func (d *dossier) Identity(ctx context.Context) (string, error) {
	c := d.connection
	document, err := d.read(ctx, c.dossier, nil, httpcall.MaxAnswer)
	pointer := c.identity
	if err != nil || pointer == nil {
		return "", err
	}
	identity, ok := pointer.TextAt(document)
	if !ok {
		return "", c.dossier.Misconfigured(hinted.Say("isidoor.no-identity"))
	}
	return identity, nil
}

// Nomenclatures asks /V2/Dictionnaire for all of them. No body is no nomenclature.
func (d *dossier) Nomenclatures(ctx context.Context) (mapping.Nomenclatures, error) {
	c := d.connection
	document, err := d.read(ctx, c.dictionnaire, &c.entries.items, maxNomenclatures)
	if err != nil {
		return nil, err
	}
	nomenclatures, err := c.entries.read(document)
	if err != nil {
		return nil, c.dictionnaire.Misconfigured(hinted.Say("isidoor.unread-nomenclatures", "problem", hinted.What(err)))
	}
	return nomenclatures, nil
}

// Send posts one employee to /V2/Salarie.
func (d *dossier) Send(ctx context.Context, key string, document []byte, beforeAttempt func() error) jobs.Outcome {
	c := d.connection
	call, err := d.call(c.salarie, blanks{key: key})
	if err != nil {
		return jobs.Outcome{Class: err.Class, Err: err, AnsweredAt: time.Now()}
	}
	call.Body, call.Before, call.Limit, call.Rules = document, beforeAttempt, httpcall.MaxAnswer, c.answer
	out, _ := d.connection.http.Do(ctx, call)
	return out
}

func (d *dossier) read(ctx context.Context, e httpcall.Endpoint, lists *httpcall.Pointer, limit int64) (any, error) {
	call, err := d.call(e, blanks{})
	if err != nil {
		return nil, err
	}
	call.Reads, call.Lists, call.Limit = true, lists, limit
	out, document := d.connection.http.Do(ctx, call)
	return document, out.Err
}

// Read asks for the document of one employee. nil means that there is certainly none: the API says 404, 410 or 204, or
// answers null. Anything less certain is an error, for what was not received is sent again. The partner's words are in
// no error: they can quote a person, and without a document there is nothing to mask them by.
func (d *dossier) Read(ctx context.Context, key string, period jobs.Period) ([]byte, error) {
	c := d.connection
	if c.read == (httpcall.Endpoint{}) {
		return nil, jobs.Troubled(jobs.ClassConfiguration, "read", hinted.Say("isidoor.no-read"))
	}
	if slices.Contains([]string{"", ".", ".."}, key) { // would ask another address, such as that of all employees
		return nil, jobs.Troubled(jobs.ClassData, c.read.Label, hinted.Say("isidoor.unfit-matricule"))
	}
	call, misconfigured := d.call(c.read, blanks{key: key, period: period})
	if misconfigured != nil {
		return nil, misconfigured
	}
	call.Reads, call.Finds, call.Limit = true, true, httpcall.MaxAnswer
	out, found := d.connection.http.Do(ctx, call)
	if out.Err != nil || found == nil {
		return nil, out.Err
	}
	return c.documentIn(found)
}

// documentIn is the document inside of an answer, as JSON with its members sorted and its numbers as they were written.
func (e *endpoints) documentIn(found any) ([]byte, error) {
	at, ok := e.document.Find(found)
	if !ok {
		return nil, e.read.Misconfigured(hinted.Say("isidoor.document-nowhere"))
	}
	if at == nil {
		return nil, nil
	}
	if _, isObject := at.(map[string]any); !isObject {
		return nil, e.read.Misconfigured(hinted.Say("isidoor.document-no-object"))
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(at); err != nil { // the error could quote a value
		return nil, e.read.Misconfigured(hinted.Say("isidoor.document-unwritten"))
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// call puts the dossier key and what else its path asks for where they go.
func (d *dossier) call(e httpcall.Endpoint, b blanks) (*httpcall.Call, *jobs.CallError) {
	o := &d.connection.options
	if d.key == "" || o.KeyIn == KeyInHeader && !httpcall.IsHeaderValue(d.key) {
		return nil, e.Misconfigured(hinted.Say("isidoor.unfit-key"))
	}
	b.dossier = d.key
	address := d.connection.http.Address(expand(e.Path, b))
	if address == nil {
		return nil, e.Misconfigured(hinted.Say("isidoor.unfit-path"))
	}
	call := &httpcall.Call{Endpoint: e, URL: address, Headers: d.headers, Holder: d, Secrets: d.secrets, Denied: denied}
	if o.KeyIn == KeyInQuery {
		parameter := url.QueryEscape(o.KeyName) + "=" + url.QueryEscape(d.key)
		address.RawQuery = httpcall.JoinQuery(address.RawQuery, parameter)
	}
	return call, nil
}
