package jobs

import (
	"context"
	"errors"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// API is one dossier at one partner. Its methods retry by themselves what can be retried, within their time limits,
// and are safe for concurrent use; all calls of a process to one host share one rate limit and one token.
type API interface {
	// Identity asks the partner whom it answers for ("" = it does not tell). An error is a *CallError.
	Identity(ctx context.Context) (string, error)

	// Call is what Send delivers documents by. It stays the same from the first use on.
	Call() Call

	// Settings names all that decides what the API makes of a call: where it goes, by what, and as whom. Hex. It is made of
	// secrets, too, so whoever keeps it hashes it with a key.
	Settings() string

	// Nomenclatures reads all nomenclatures. An error is a *CallError.
	Nomenclatures(ctx context.Context) (mapping.Nomenclatures, error)

	// Read asks for the document of one employee, as the partner has it; nil = it has none. An error is a *CallError. It is
	// called only for a job with a ReadBack.
	Read(ctx context.Context, key string, period Period) ([]byte, error)

	// Send delivers the document of one employee. beforeAttempt is called just before each attempt's request leaves, and
	// now and then while an attempt waits for its turn; its error ends the sending without a further attempt.
	Send(ctx context.Context, key string, document []byte, beforeAttempt func() error) Outcome
}

// Class sorts the answers of a partner by what they ask of the user.
type Class string

const (
	ClassAccepted      Class = "accepted"      // 2xx, unless a refusal is inside
	ClassData          Class = "data"          // this employee: 400, 404, 409, 413, 422, a refusal inside a 2xx
	ClassTemporary     Class = "temporary"     // 408, 425, 429, 460, 499, 502, 503, 504, connection trouble: retried
	ClassTechnical     Class = "technical"     // other 5xx, an answer that cannot be read: retried a few times
	ClassConfiguration Class = "configuration" // 401 after renewal, 403, invalid client, a redirect: see Service
	ClassCancelled     Class = "cancelled"     // the caller gave up
)

// Outcome is what became of a document, decided once, at the HTTP edge, over all attempts.
type Outcome struct {
	Class      Class
	Status     int    // of the last answer; 0 = none
	Message    string // the API's own words, not yet masked, at most 2,000 characters; "" = none
	Later      bool   // accepted for processing (202): whether it was processed, nobody has said
	Ambiguous  bool   // some attempt may have been processed although no definite answer to it arrived
	Answered   bool   // the last attempt was answered, whatever the answer says
	Attempts   int    // requests that left
	AnsweredAt time.Time
	Err        error // a *CallError unless accepted
}

// AnswerRules decide about a 2xx that answers a document, whatever its status: some APIs say 200 and mean no, others say OK in
// words that are no JSON. Without Code, Errors and Texts they decide nothing, and Message tells where refusals of any status
// have their words. All are JSON pointers (RFC 6901) but Success and Texts.
type AnswerRules struct {
	Items   string   // leads to the array of results; "" = the answer itself, one result or an array of them
	Code    string   // in a result: whatever is not in Success refuses; "" = there is no code
	Success []string // the codes that accept, as text: "0", "true", "OK". A number is compared as one: "0" is also 0.0
	Errors  []string // in a result: each must be absent or empty: null, "", [], {}, false or 0
	Message string   // in a result: the words for people, a text or a list of them; "" = those at Errors
	Texts   []string // what the answer as a whole is when it accepts and is not told by the others: "OK", or "" for no body
}

// Decide reports whether rules say what an answer of success means; nil ones and Message alone do not.
func (r *AnswerRules) Decide() bool {
	return r != nil && (r.Code != "" || r.Errors != nil || r.Texts != nil)
}

// CallError is a call that did not succeed. Its text names method, path template and status, never a URL, a body, a
// token or a secret; Message carries the partner's own words for those who may see them.
type CallError struct {
	Class   Class
	Call    string      // "POST /V2/Salarie", "token"
	Status  int         // 0 = no answer
	Problem string      // in a few words: "certificate not trusted", "the answer is HTML, not JSON"
	Hint    string      // what to do next
	What    hinted.Fact // the problem as data, of which Problem is the English words; zero = it has none but these
	Next    hinted.Fact // likewise the next step
	Message string      // the partner's message, not masked
	Cause   *Cause      // what is known of it besides; nil = nothing

	RetryAfter time.Duration // the partner asks not to be called again before; 0 = it does not ask
	Late       time.Duration // there was no answer within this time limit of an attempt; 0 = that is not what happened

	Definite bool // of class configuration: whoever is in charge said so by the rules of the protocol, so it does not pass
}

// Words are what the partner says to an error, masked without knowing whom it is about; "" = nothing.
func Words(err error) string {
	var call *CallError
	var unusual *UnusualError
	switch {
	case errors.As(err, &unusual):
		call = &unusual.CallError
	case !errors.As(err, &call):
		return ""
	}
	return Brief(mapping.Spec{}.Mask(nil, call.Message, ""))
}

// mostWords is how many characters of a partner's words go with the end of a run.
const mostWords = 500

// Brief cuts a partner's words to what goes with the end of a run.
func Brief(words string) string {
	if runes := []rune(words); len(runes) > mostWords {
		return string(runes[:mostWords]) + "…"
	}
	return words
}

func (e *CallError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *CallError) Told() (problem, hint string) { return e.Call + ": " + e.Problem, e.Hint }

// ToldIn implements hinted.Worded.
func (e *CallError) ToldIn(words *locale.Catalogue) (problem, hint string) {
	if e.What.Code == "" {
		return e.Told()
	}
	problem, hint = e.What.Apart(words, e.Next)
	return words.Doing(e.Call) + words.Colon + problem, hint
}

// Facts are the call with what is wrong, and the next step; no code = there are only texts.
func (e *CallError) Facts() (what, next hinted.Fact) {
	if e.What.Code == "" {
		return e.What, e.Next
	}
	return e.What.While(hinted.Doing(e.Call)), e.Next
}

// Tell says what is wrong, and the next step.
func (e *CallError) Tell(what, next hinted.Fact) {
	e.What, e.Next = what, next
	e.Problem, e.Hint = what.Apart(hinted.English(), next)
}

// Troubled is a call that met what a fact says.
func Troubled(class Class, call string, what hinted.Fact) *CallError {
	e := &CallError{Class: class, Call: call}
	e.Tell(what, hinted.Fact{})
	return e
}

// Reason is what a run that stops at the call keeps of it. It has no code, and not the partner's words.
func (e *CallError) Reason() Reason { return ReasonOf("", e.FailureCause(), hinted.KeepAll(e)...) }

// Service is what a target is asked for. What it answered properly by the settings in force, and answers in another way now,
// is no mistake of these settings: something on the way, or a maintenance page, or one document.
type Service string

const (
	ServiceIdentity      Service = "identity"
	ServiceNomenclatures Service = "dictionary"
	ServiceDocument      Service = "document" // answered properly = a document was accepted
)

// AskedFor is how long the partner asks not to be called again; 0 = it does not.
func AskedFor(err error) time.Duration {
	var call *CallError
	if errors.As(err, &call) && call.Class == ClassTemporary {
		return call.RetryAfter
	}
	return 0
}

// Lateness is the time limit that an answer did not keep; "" = it was no question of time.
func Lateness(err error) string {
	var call *CallError
	if errors.As(err, &call) && call.Late > 0 {
		return call.Late.String()
	}
	return ""
}

// IsDefinite tells a refusal that does not pass by itself.
func IsDefinite(err error) bool {
	var call *CallError
	return errors.As(err, &call) && call.Definite
}

// Streaks finds answers that are in a row by the order of sending, in whatever order they come in: several lanes send, and
// a refusal is quicker than an acceptance. Who is still on their way, or had another answer, parts them. Each end of a
// streak knows its length.
type Streaks map[int]int

// Add returns the length of the streak that n belongs to.
func (s Streaks) Add(n int) int {
	before, behind := s[n-1], s[n+1]
	length := before + 1 + behind
	s[n], s[n-before], s[n+behind] = length, length, length
	return length
}
