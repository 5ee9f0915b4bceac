package view

import (
	"regexp"
	"strconv"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

// causes are recognized by the detail of a run that failed under a program which kept no cause: the text of an error in
// English. What a pattern captures goes into the sentence. The first that fits counts; where none does, the code tells.
var causes = []struct {
	code    jobs.ReasonCode
	pattern func() *regexp.Regexp
	cause   jobs.CauseCode
}{
	{jobs.ReasonIdentity, lazyregexp.New(`answers for (?P<answered>\S+), but dossier \S+ is (?P<expected>[^\s:]+)`), jobs.CauseIdentity},
	{jobs.ReasonStaging, lazyregexp.New(`there is no table "(?P<table>[^"]+)"`), jobs.CauseNoTable},
	{jobs.ReasonStaging, lazyregexp.New(`(?:there is no such|returns no) column "(?P<column>[^"]+)"`), jobs.CauseNoColumn},
	{jobs.ReasonStaging, lazyregexp.New(`(?:returns several columns|several columns have the name) "(?P<column>[^"]+)"`),
		jobs.CauseTwoColumns},
	{jobs.ReasonStaging, lazyregexp.New(`row level security hides rows of "(?P<table>[^"]+)"`), jobs.CauseRowSecurity},
	{jobs.ReasonStaging, lazyregexp.New(`may not read "(?P<table>[^"]+)"`), jobs.CauseNoRight},
	{jobs.ReasonStaging, lazyregexp.New(`the nomenclatures? "?(?P<dictionaries>[^"\n]+?)"? w(?:as|ere) never pulled`),
		jobs.CauseNoNomenclature},
	{jobs.ReasonStaging, lazyregexp.New(`no such employee in staging: \[(?P<keys>.+)\]`), jobs.CauseNoMatricule},
	{jobs.ReasonConfiguration, lazyregexp.New(`the contract that the configuration names cannot be read`), jobs.CauseContract},
	{jobs.ReasonUnreachable, lazyregexp.New(`the contract that the configuration names cannot be read`), jobs.CauseContractAway},
	{jobs.ReasonConfiguration, lazyregexp.New(`^[^:\n]+: (?:the proxy|HTTPS_PROXY)\b`), jobs.CauseProxy},
	{jobs.ReasonConfiguration, lazyregexp.New(`certificate not trusted: .* its issuer, "(?P<issuer>[^"\n]*)"`), jobs.CauseChain},
	{jobs.ReasonConfiguration, lazyregexp.New(`invalid_client|unauthorized_client`), jobs.CauseClient},
	{jobs.ReasonConfiguration, lazyregexp.New(`answered 40[13]`), jobs.CauseKey},
	{jobs.ReasonConfiguration, lazyregexp.New(`certificate`), jobs.CauseCertificate},
	{jobs.ReasonUnusual, lazyregexp.New(`certificate`), jobs.CauseCertificate},
	{jobs.ReasonConfiguration, lazyregexp.New(`answer is HTML|is not a token|a redirect`), jobs.CauseAddress},
	{jobs.ReasonConfiguration, lazyregexp.New(`answered 2\d\d\b.*, (?:which does not say|which cannot be judged|and its body)`),
		jobs.CauseAnswer},
	{jobs.ReasonStaging, lazyregexp.New(`the owner of a view lacks the right to read "(?P<table>[^"]+)"`), jobs.CauseViewOwner},
	{jobs.ReasonStaging, lazyregexp.New(`the role lacks a right to something`), jobs.CauseSomeRight},
	{jobs.ReasonStaging, lazyregexp.New(`^reading staging \((?P<query>[^)]+)\): it is not SQL`), jobs.CauseNotSQL},
	{jobs.ReasonStaging, lazyregexp.New(`: it writes`), jobs.CauseWrites},
	{jobs.ReasonUnreachable, lazyregexp.New(`another server, which a foreign table`), jobs.CauseElsewhere},
	{jobs.ReasonUnreachable, lazyregexp.New(`SQLSTATE 57014`), jobs.CauseCancelled},
	{jobs.ReasonUnreachable, lazyregexp.New(`SQLSTATE 25006`), jobs.CauseReadOnly},
	{jobs.ReasonUnreachable, lazyregexp.New(`Postgres|database`), jobs.CauseDatabase},
	{jobs.ReasonUnreachable, lazyregexp.New(`^[^:\n]+: the proxy\b`), jobs.CauseProxyAway},
	{jobs.ReasonUnreachable, lazyregexp.New(`^(?:token|[A-Z]+ /)`), jobs.CauseAPI},
}

var quoted = lazyregexp.New(`"(?:[^"\\]|\\.)*"`)

// formerCause finds the cause of a failure in its detail; nil = none is known.
func formerCause(r jobs.Reason) *jobs.Cause {
	for _, c := range causes {
		if c.code != r.Code {
			continue
		}
		found := c.pattern().FindStringSubmatch(r.Detail)
		if found == nil {
			continue
		}
		cause := &jobs.Cause{Code: c.cause, Args: map[string]string{}}
		for i, name := range c.pattern().SubexpNames()[1:] {
			cause.Args[name] = found[i+1]
		}
		if c.cause == jobs.CauseNoMatricule {
			for _, word := range quoted().FindAllString(found[1], -1) {
				if key, err := strconv.Unquote(word); err == nil {
					cause.Keys = append(cause.Keys, key)
				}
			}
			delete(cause.Args, "keys")
		}
		return cause
	}
	return nil
}

var httpStatus = lazyregexp.New(`^[1-5][0-9]{2}$`)

// formerProblems reads the detail of a run that failed under a program which kept it alone: an error in English, and hints.
func formerProblems(detail string) (problems []hinted.Kept) {
	for line := range strings.SplitSeq(detail, "\n") {
		line = strings.TrimSpace(line)
		if hint, ok := strings.CutPrefix(line, "hint: "); ok && len(problems) > 0 {
			last := &problems[len(problems)-1]
			last.Next, last.Guess = hinted.Plain(hint), strings.HasPrefix(hint, "did you mean")
			continue
		}
		if httpStatus().MatchString(line) {
			line = "HTTP " + line
		}
		problems = append(problems, hinted.Kept{What: hinted.Plain(line)})
	}
	return problems
}

// inTheWay is the reason of a fire that met a run, as a former program kept it.
var inTheWay = lazyregexp.New(`^run (\d+) is ([a-z]+)$`)

// formerMet is the run that a fire met under a program which kept it in the reason alone; "" = it met none.
func formerMet(reason string) (run int64, state jobs.State) {
	found := inTheWay().FindStringSubmatch(reason)
	if found == nil {
		return 0, ""
	}
	run, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0, ""
	}
	return run, jobs.State(found[2])
}
