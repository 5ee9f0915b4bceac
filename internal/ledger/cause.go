package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// CauseOf is where a cause was found.
type CauseOf string

// The places.
const (
	CauseFailure CauseOf = "failure" // why runs stopped, or wait
	CauseFinding CauseOf = "finding" // what guards found
	CauseProblem CauseOf = "problem" // why documents cannot be sent
	CauseRefusal CauseOf = "refusal" // what the partner answered
)

// Cause is one thing that is wrong with several dossiers, and an example of it.
type Cause struct {
	Key      string       // names it for notes, whatever dossiers it is found in: a digest that tells nothing
	Of       CauseOf      //
	Code     string       // of the failure, rule of the finding, code of the problem, or of the refusal
	Run      *jobs.Run    // of a failure or finding, one that has it
	Finding  jobs.Finding // of a finding
	Item     jobs.Item    // of a problem or refusal
	Dossiers []string     // sorted
	Runs     []int64      // one for each dossier
	N        int          // lines of employees; 0 = it is about runs
	Note     *Note        // the newest; nil = nobody wrote any
}

// Note is what somebody wrote about a cause: what fixed it.
type Note struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Text string    `json:"text"`
}

// CauseOfFailure is why a run stopped or waits; false: guards alone hold it, or nothing does.
func CauseOfFailure(run *jobs.Run) (Cause, bool) {
	code := run.Failure.Code
	if code == "" || code == jobs.ReasonGuard || code == jobs.ReasonCancelled || code == jobs.ReasonReplanned {
		return Cause{}, false
	}
	parts := []string{string(code), withoutDigits(run.Failure.Detail)}
	if cause := run.Failure.Cause; cause != nil {
		parts = []string{string(code), string(cause.Code)}
		for _, name := range []string{"table", "column", "query", "issuer", "place", "calls", "dictionaries", "nomenclatures", "collection"} {
			parts = append(parts, cause.Args[name])
		}
	}
	return Cause{Key: causeKey(CauseFailure, parts...), Of: CauseFailure, Code: string(code), Run: run}, true
}

// CauseOfFinding is what a guard found that holds a run.
func CauseOfFinding(run *jobs.Run, f *jobs.Finding) Cause {
	return Cause{Key: causeKey(CauseFinding, string(f.Rule), withoutDigits(f.Path), f.Column), Of: CauseFinding, Code: string(f.Rule),
		Run:     run,
		Finding: *f}
}

// CauseOfProblem is why documents cannot be sent: of codes, each is a cause.
func CauseOfProblem(p *mapping.Problem) Cause {
	value := ""
	switch p.Code {
	case mapping.ProblemUnknownCode, mapping.ProblemWithdrawnCode, mapping.ProblemNotListed:
		value = p.Value
	}
	return Cause{Key: causeKey(CauseProblem, string(p.Code), withoutDigits(p.Path), p.Column, p.Nomenclature, string(p.Why), value),
		Of:   CauseProblem,
		Code: string(p.Code), Item: jobs.Item{State: jobs.ItemBlocked, Difference: jobs.Undeliverable, Problems: []mapping.Problem{*p}}}
}

// CauseOfRefusal is what the partner answered.
func CauseOfRefusal(reason jobs.Reason, status int) Cause {
	return Cause{Key: causeKey(CauseRefusal, string(reason.Code), withoutDigits(reason.Detail)), Of: CauseRefusal, Code: string(reason.Code),
		Item: jobs.Item{State: jobs.ItemRejected, Reason: reason, HTTPStatus: status}}
}

func causeKey(of CauseOf, parts ...string) string {
	sum := sha256.Sum256([]byte(string(of) + "\x00" + strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// withoutDigits tells apart what people would: not the places of elements, nor the numbers in a message.
func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}
