package view

import (
	"regexp"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// cause is a frequent failure, of which more is known than its code.
type cause = string

const (
	causeIdentity     cause = "identity"
	causeNoTable      cause = "no-table"
	causeNoColumn     cause = "no-column"
	causeTwoColumns   cause = "two-columns"
	causeRowSecurity  cause = "row-security"
	causeNoRight      cause = "no-right"
	causeNoDictionary cause = "no-dictionary"
	causeNoMatricule  cause = "no-matricule"
	causeClient       cause = "client"
	causeKey          cause = "key"
	causeContract     cause = "contract"
	causeContractAway cause = "contract-away"
	causeVerb         cause = "verb"
	causeKeyPlace     cause = "key-place"
	causeProxy        cause = "proxy"
	causeProxyAway    cause = "proxy-away"
	causeChain        cause = "chain"
	causeCertificate  cause = "certificate"
	causeAddress      cause = "address"
	causeAnswer       cause = "answer"
	causeViewOwner    cause = "view-owner"
	causeSomeRight    cause = "some-right"
	causeNotSQL       cause = "not-sql"
	causeWrites       cause = "writes"
	causeElsewhere    cause = "elsewhere"
	causeCancelled    cause = "cancelled"
	causeReadOnly     cause = "read-only"
	causeDatabase     cause = "database"
	causeAPI          cause = "api"
)

// causes are recognized by the detail of a failed run, the text of an error in English: the ledger keeps nothing else of
// it. What a pattern captures goes into the sentence. The first that fits counts; where none does, the code tells.
var causes = []struct {
	code    jobs.ReasonCode
	pattern *regexp.Regexp
	cause   cause
}{
	{jobs.ReasonIdentity, regexp.MustCompile(`answers for (?P<answered>\S+), but dossier \S+ is (?P<expected>[^\s:]+)`), causeIdentity},
	{jobs.ReasonStaging, regexp.MustCompile(`there is no table "(?P<table>[^"]+)"`), causeNoTable},
	{jobs.ReasonStaging, regexp.MustCompile(`(?:there is no such|returns no) column "(?P<column>[^"]+)"`), causeNoColumn},
	{jobs.ReasonStaging, regexp.MustCompile(`(?:returns several columns|several columns have the name) "(?P<column>[^"]+)"`), causeTwoColumns},
	{jobs.ReasonStaging, regexp.MustCompile(`row level security hides rows of "(?P<table>[^"]+)"`), causeRowSecurity},
	{jobs.ReasonStaging, regexp.MustCompile(`may not read "(?P<table>[^"]+)"`), causeNoRight},
	{jobs.ReasonStaging, regexp.MustCompile(`the nomenclatures? "?(?P<dictionaries>[^"\n]+?)"? w(?:as|ere) never pulled`), causeNoDictionary},
	{jobs.ReasonStaging, regexp.MustCompile(`no such employee in staging: \[(?P<keys>.+)\]`), causeNoMatricule},
	{jobs.ReasonConfiguration, regexp.MustCompile(`the contract that the configuration names cannot be read`), causeContract},
	{jobs.ReasonUnreachable, regexp.MustCompile(`the contract that the configuration names cannot be read`), causeContractAway},
	{jobs.ReasonConfiguration, regexp.MustCompile(`: method is not written, .* has only (?P<calls>[^\n]+)`), causeVerb},
	{jobs.ReasonConfiguration, regexp.MustCompile(`: dossier_key is not written, .* it goes into (?P<place>[^\n]+)`), causeKeyPlace},
	{jobs.ReasonConfiguration, regexp.MustCompile(`^[^:\n]+: (?:the proxy|HTTPS_PROXY)\b`), causeProxy},
	{jobs.ReasonConfiguration, regexp.MustCompile(`certificate not trusted: .* its issuer, "(?P<issuer>[^"\n]*)"`), causeChain},
	{jobs.ReasonConfiguration, regexp.MustCompile(`invalid_client|unauthorized_client`), causeClient},
	{jobs.ReasonConfiguration, regexp.MustCompile(`answered 40[13]`), causeKey},
	{jobs.ReasonConfiguration, regexp.MustCompile(`certificate`), causeCertificate},
	{jobs.ReasonUnusual, regexp.MustCompile(`certificate`), causeCertificate},
	{jobs.ReasonConfiguration, regexp.MustCompile(`answer is HTML|is not a token|a redirect`), causeAddress},
	{jobs.ReasonConfiguration, regexp.MustCompile(`answered 2\d\d\b.*, (?:which does not say|which cannot be judged|and its body)`), causeAnswer},
	{jobs.ReasonStaging, regexp.MustCompile(`the owner of a view lacks the right to read "(?P<table>[^"]+)"`), causeViewOwner},
	{jobs.ReasonStaging, regexp.MustCompile(`the role lacks a right to something`), causeSomeRight},
	{jobs.ReasonStaging, regexp.MustCompile(`^reading staging \((?P<query>[^)]+)\): it is not SQL`), causeNotSQL},
	{jobs.ReasonStaging, regexp.MustCompile(`: it writes`), causeWrites},
	{jobs.ReasonUnreachable, regexp.MustCompile(`another server, which a foreign table`), causeElsewhere},
	{jobs.ReasonUnreachable, regexp.MustCompile(`SQLSTATE 57014`), causeCancelled},
	{jobs.ReasonUnreachable, regexp.MustCompile(`SQLSTATE 25006`), causeReadOnly},
	{jobs.ReasonUnreachable, regexp.MustCompile(`Postgres|database`), causeDatabase},
	{jobs.ReasonUnreachable, regexp.MustCompile(`^[^:\n]+: the proxy\b`), causeProxyAway},
	{jobs.ReasonUnreachable, regexp.MustCompile(`^(?:token|[A-Z]+ /)`), causeAPI},
}

// cause finds what is known of a failure, and the values that go into its sentence.
func (t *Teller) cause(r jobs.Reason) (words locale.CauseWords, values []any, known bool) {
	for _, c := range causes {
		if c.code != r.Code {
			continue
		}
		if found := c.pattern.FindStringSubmatch(r.Detail); found != nil {
			for i, name := range c.pattern.SubexpNames()[1:] {
				values = append(values, name, found[i+1])
			}
			words, known = t.Causes[c.cause]
			return words, values, known
		}
	}
	return locale.CauseWords{}, nil, false
}

// mend is what to do about a failure before its command: said for its cause, else for its code.
func (t *Teller) mend(r jobs.Reason, byCode string) string {
	if words, _, _ := t.cause(r); words.Mend != "" {
		return words.Mend
	}
	return byCode
}

var httpStatus = regexp.MustCompile(`^[1-5][0-9]{2}$`)

// failure is the detail of a failed run, line by line: an error in English. Its hint goes where the report has a step
// for this failure, unless it names what may have been meant.
func (t *Teller) failure(r jobs.Reason) []string {
	if t.Reasons[string(r.Code)].With != "" || saysItAll[r.Code] {
		return nil
	}
	var detail []string
	for _, line := range lines(r.Detail) {
		switch {
		case strings.HasPrefix(line, "hint: ") && !strings.HasPrefix(line, "hint: did you mean") && t.hasStep(r):
			continue
		case httpStatus.MatchString(line):
			line = "HTTP " + line
		}
		detail = append(detail, line)
	}
	return detail
}

// saysItAll are reasons whose sentence, and the step that follows from it, leave nothing to tell. (So do those whose
// detail is in the sentence.)
var saysItAll = map[jobs.ReasonCode]bool{
	jobs.ReasonGuard: true, jobs.ReasonNotReady: true, jobs.ReasonClosed: true, jobs.ReasonExpired: true,
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
