package view

import (
	"fmt"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// cause is what is known of a failure, and the values that go into its sentence.
func (t *Teller) cause(r jobs.Reason) (words locale.CauseWords, values []any, known bool) {
	cause := causeOf(r)
	if cause == nil {
		return locale.CauseWords{}, nil, false
	}
	for name, value := range cause.Args {
		values = append(values, name, value)
	}
	if len(cause.Keys) > 0 {
		values = append(values, "keys", quotedKeys(cause.Keys))
	}
	words, known = t.Causes[string(cause.Code)]
	return words, values, known
}

// causeOf is what is known of a failure; nil = nothing.
func causeOf(r jobs.Reason) *jobs.Cause {
	if r.Cause != nil {
		return r.Cause
	}
	return formerCause(r)
}

// quotedKeys are matricules whose zeros and spaces can be seen.
func quotedKeys(keys []string) string { return strings.Trim(fmt.Sprintf("%q", keys), "[]") }

// mend is what to do about a failure before its command: said for its cause, else for its code.
func (t *Teller) mend(r jobs.Reason, byCode string) string {
	if words, values, _ := t.cause(r); words.Mend != "" {
		return locale.Fill(words.Mend, values...)
	}
	return byCode
}

// failure is what a failed run met, line by line, below its title. The hint of a problem goes where the report has a step for this
// failure, unless it names what may have been meant. fetches: of a run that reads records, where what an answer was like says more.
func (t *Teller) failure(r jobs.Reason, fetches bool) (title string, detail []string) {
	if t.Reasons[string(r.Code)].With != "" || saysItAll[r.Code] {
		return "", nil
	}
	if ofTable[r.Code] && r.Detail != "" {
		return t.Words.Technical, []string{locale.Fill(t.Words.TechnicalTable, "name", r.Detail)}
	}
	return t.met(r, fetches)
}

// ofTable are reasons whose detail is one of staging's tables, or a query.
var ofTable = map[jobs.ReasonCode]bool{jobs.ReasonStagingLocked: true, jobs.ReasonStagingReplaced: true}

// met is what a failed run met, and the hints that its report does not give otherwise.
func (t *Teller) met(r jobs.Reason, fetches bool) (title string, detail []string) {
	known, problems := t.hasStep(r) && (!fetches || r.Code != jobs.ReasonFailures && !refusesKey(r)), r.Problems
	if problems == nil {
		problems = formerProblems(r.Detail)
	}
	title = t.Words.Technical
	for i := range problems {
		p := &problems[i]
		if p.InEnglish() {
			title = t.Words.TechnicalEnglish
		}
		problem, hint := p.ToldIn(t.Catalogue)
		for line := range strings.SplitSeq(problem, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				detail = append(detail, line)
			}
		}
		if hint != "" && (p.Guess || !known) {
			detail = append(detail, t.Hint+hint)
		}
	}
	return title, detail
}

// saysItAll are reasons whose sentence, and the step that follows from it, leave nothing to tell. (So do those whose
// detail is in the sentence.)
var saysItAll = map[jobs.ReasonCode]bool{
	jobs.ReasonGuard: true, jobs.ReasonNotReady: true, jobs.ReasonClosed: true, jobs.ReasonExpired: true,
	jobs.ReasonPullEmpty: true, jobs.ReasonPullShrinks: true, jobs.ReasonPullForeign: true, jobs.ReasonSecretRefused: true,
}

// hasStep tells of failures for which the report itself says what to do. Of others the error's hint knows more.
func (t *Teller) hasStep(r jobs.Reason) bool {
	switch r.Code {
	case jobs.ReasonUnusual, jobs.ReasonSlow, jobs.ReasonIdentity, jobs.ReasonFailures, jobs.ReasonUnreachable:
		return true
	}
	_, _, known := t.cause(r)
	return known
}
