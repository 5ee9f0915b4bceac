package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"net/textproto"
	"slices"
	"strings"
)

// Call is the request that takes a document: what it is sent to. It holds no secret; the path is a template.
type Call struct {
	Method         string // "POST"
	Path           string // "/V2/Salarie", below the base URL
	KeyIn, KeyName string // where the dossier's key goes: "header", "query" or "path"; the name is "" for a path
}

// takenHeaders say something else already, or mean something to HTTP, to what stands on the way or to frameworks: a key in
// one of them would not arrive, would change the call, or would let somebody repeat it. Idempotency-Key is such an
// invitation to clients and proxies alike, and a key that all documents share would make one out of many.
var takenHeaders = []string{
	"accept", "allow", "authorization", "cache-control", "connection", "cookie", "cookie2", "date", "dnt", "expect", "forwarded",
	"from", "host", "http2-settings", "keep-alive", "max-forwards", "origin", "pragma", "prefer", "priority", "range", "referer",
	"te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "warning", "www-authenticate",
	"idempotency-key", "x-idempotency-key", "x-http-method", "x-http-method-override", "x-method-override",
	"x-original-url", "x-rewrite-url", "x-real-ip", "x-request-id", "x-correlation-id", "traceparent", "tracestate",
}

// takenBeginnings are those of families of such headers.
var takenBeginnings = []string{"accept-", "access-control-", "content-", "if-", "proxy-", "sec-", "x-forwarded-"}

// TakenHeader reports whether a header, in any spelling, is not for a dossier's key.
func TakenHeader(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-") // as servers behind CGI read them
	return slices.Contains(takenHeaders, name) ||
		slices.ContainsFunc(takenBeginnings, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// Form is a call, and what a document that is sent by it means there. What was acknowledged under one form says nothing
// of what another call holds.
type Form struct {
	Call
	Semantics Semantics
	Scope     Scope
}

// FormMember names a part of a form.
type FormMember string

const (
	FormMethod    FormMember = "method"
	FormPath      FormMember = "path"
	FormKey       FormMember = "key"
	FormSemantics FormMember = "semantics"
	FormScope     FormMember = "scope"
	FormSiret     FormMember = "siret" // of RuleSiret alone
)

// FormChange is a part of a form that is another one than before.
type FormChange struct {
	Member FormMember `json:"member"`
	Old    string     `json:"old"`
	New    string     `json:"new"`
}

// Key is the place of the dossier's key in words: "header X-Cle-Dossier", "path".
func (c Call) Key() string {
	if c.KeyName == "" {
		return c.KeyIn
	}
	return c.KeyIn + " " + c.KeyName
}

// Form is what documents of this job are sent by, with this call.
func (j *PushJob) form(call Call) Form { return Form{call, j.Semantics, j.Scope} }

// normal is the form without what makes no difference to who receives it: case of verb, path and a header's name, and a
// slash at the end. (IIS, where the API lives, does not tell cases of a path apart.)
func (f Form) normal() Form {
	f.Method = strings.ToUpper(f.Method)
	f.Path = strings.ToLower(strings.TrimRight(f.Path, "/"))
	if f.KeyIn == "header" {
		f.KeyName = textproto.CanonicalMIMEHeaderKey(f.KeyName)
	}
	return f
}

// Digest names the form: SHA-256, hex.
func (f Form) Digest() string {
	n := f.normal()
	sum := sha256.Sum256([]byte(strings.Join([]string{n.Method, n.Path, n.KeyIn, n.KeyName, string(n.Semantics), string(n.Scope)}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// Elsewhere reports whether another call is meant, so that documents acknowledged there are not here. Where the key goes, and
// what a document means, changes nothing about where it went.
func (f Form) Elsewhere(other Form) bool {
	a, b := f.normal(), other.normal()
	return a.Method != b.Method || a.Path != b.Path
}

// Changes tells how the form differs from an earlier one.
func (f Form) Changes(before Form) []FormChange {
	var changes []FormChange
	was, is := before.normal(), f.normal()
	for _, m := range []struct {
		member         FormMember
		differs        bool
		before, behind string
	}{
		{FormMethod, was.Method != is.Method, before.Method, f.Method},
		{FormPath, was.Path != is.Path, before.Path, f.Path},
		{FormKey, was.Key() != is.Key(), before.Key(), f.Key()},
		{FormSemantics, was.Semantics != is.Semantics, string(before.Semantics), string(f.Semantics)},
		{FormScope, was.Scope != is.Scope, string(before.Scope), string(f.Scope)},
	} {
		if m.differs {
			changes = append(changes, FormChange{m.member, m.before, m.behind})
		}
	}
	return changes
}

// Sender is the last run of a target to which something was acknowledged.
type Sender struct {
	Run     int64
	Job     string
	Mapping string // digest
	Form    int64  // key of History.Forms; 0 = not known
}
