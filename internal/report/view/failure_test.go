package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// failures are errors as a run records them, each with a value that its sentence must name.
var failures = map[jobs.CauseCode]struct {
	code  jobs.ReasonCode
	err   error
	names string
}{
	jobs.CauseIdentity: {jobs.ReasonIdentity, &jobs.IdentityError{Dossier: "saint-martin", Want: "12345678200010",
		Answered: "99999999800019"}, "99999999800019"},
	jobs.CauseNoTable:     {jobs.ReasonStaging, staging(`there is no table "staging.employes"`), "staging.employes"},
	jobs.CauseNoColumn:    {jobs.ReasonStaging, &mapping.ColumnError{Path: "Prenom", Column: "prenoms", Nearest: "prenom"}, "prenoms"},
	jobs.CauseTwoColumns:  {jobs.ReasonStaging, &mapping.ColumnError{Path: "Iban", Column: "iban", Twice: true}, "iban"},
	jobs.CauseRowSecurity: {jobs.ReasonStaging, staging(`row level security hides rows of "pay" from the role: whose rows`), "pay"},
	jobs.CauseNoRight:     {jobs.ReasonStaging, staging(`the role may not read "employee"`), "employee"},
	jobs.CauseNoNomenclature: {jobs.ReasonStaging, &mapping.NomenclatureError{Path: "Fonction", Names: []string{"Fonction", "Strate"}},
		": Fonction, Strate"},
	jobs.CauseNoMatricule: {jobs.ReasonStaging, &jobs.EmployeeError{Keys: []string{"00999", "1"}}, `"00999" "1"`},
	jobs.CauseClient: {jobs.ReasonConfiguration, call("token", "the token was refused: invalid_client (401 Unauthorized)"),
		"client_id"},
	jobs.CauseKey: {jobs.ReasonConfiguration, call("POST /V2/Salarie", "answered 403 Forbidden"), ""},
	jobs.CauseContract: {jobs.ReasonConfiguration,
		call("contract", "the contract that the configuration names cannot be read: /etc/syncd/api.json: the file does not exist"), ""},
	jobs.CauseContractAway: {jobs.ReasonUnreachable,
		call("contract", "the contract that the configuration names cannot be read: GET https://api.example.org/swagger.json: answered 503"), ""},
	jobs.CauseProxy:     {jobs.ReasonConfiguration, call("token", "the proxy refuses the way: 403 Forbidden"), ""},
	jobs.CauseProxyAway: {jobs.ReasonUnreachable, call("token", "the proxy: connection refused"), ""},
	jobs.CauseChain: {jobs.ReasonConfiguration,
		call("token", `certificate not trusted: the server does not send that of its issuer, "Issuing CA 4"`), "Issuing CA 4"},
	jobs.CauseCertificate: {jobs.ReasonConfiguration, call("token", "certificate not trusted"), ""},
	jobs.CauseAddress:     {jobs.ReasonConfiguration, call("GET /V2/Dossier", "the answer is HTML, not JSON"), ""},
	jobs.CauseAnswer: {jobs.ReasonConfiguration,
		call("POST /V2/Salarie", "answered 207 Multi-Status, which does not say that the document was accepted"), "[isidoor.salarie.answer]"},
	jobs.CauseViewOwner: {jobs.ReasonStaging, staging(`the owner of a view lacks the right to read "paie.salaire"`), "paie.salaire"},
	jobs.CauseSomeRight: {jobs.ReasonStaging, staging("the role lacks a right to something that it uses"), ""},
	jobs.CauseNotSQL:    {jobs.ReasonStaging, staging("it is not SQL (line 2 of it)"), "job.source.employees"},
	jobs.CauseWrites:    {jobs.ReasonStaging, staging("it writes: a function of it such as nextval, or a row lock (FOR UPDATE)"), ""},
	jobs.CauseElsewhere: {jobs.ReasonUnreachable,
		errors.New("reading staging (job.source.employees): another server, which a foreign table or a function of the query reads, cannot be " +
			"used just now (SQLSTATE 08001)\nhint: a step"), ""},
	jobs.CauseCancelled: {jobs.ReasonUnreachable,
		errors.New("reading staging (job.source.employees): a statement was cancelled: by a person, a program, or a time limit (SQLSTATE " +
			"57014)\nhint: a step"), ""},
	jobs.CauseReadOnly: {jobs.ReasonUnreachable,
		errors.New("starting the run: it is read-only: a standby, or default_transaction_read_only is on (SQLSTATE 25006)\nhint: a step"), ""},
	jobs.CauseDatabase: {jobs.ReasonUnreachable, jobs.ErrUnreachable, ""},
	jobs.CauseAPI:      {jobs.ReasonUnreachable, call("GET /V2/Dossier", "connection refused"), ""},
}

func staging(problem string) error {
	return errors.New("reading staging (job.source.employees): " + problem + "\nhint: a step in English")
}

func call(name, problem string) error {
	return &jobs.CallError{Call: name, Problem: problem, Hint: "a step in English"}
}

func TestEveryCauseIsToldInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		failure, ok := failures[c.cause]
		if !ok {
			t.Errorf("no error has the cause %q", c.cause)
			continue
		}
		reason := jobs.Reason{Code: failure.code, Detail: failure.err.Error()} // of a former program, which kept no cause
		for language, catalogue := range catalogues {
			p := New(language, Options{Partner: payer})
			sentence := p.Reason(reason)
			if sentence == catalogue.Reasons[string(reason.Code)].Plain || strings.Contains(sentence, "%!") ||
				!strings.Contains(sentence, failure.names) {
				t.Errorf("%s: %q tells %q", language, c.cause, sentence)
			}
			if met := met(p, reason); slices.ContainsFunc(met, isStep) {
				t.Errorf("%s: %q keeps a hint: %q", language, c.cause, met)
			}
		}
	}
}

// TestACauseIsToldAsItWas: a run of now and one of a former program, which kept the text alone, are told alike.
func TestACauseIsToldAsItWas(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&jobs.IdentityError{Dossier: "saint-martin", Want: "12345678200010", Answered: "99999999800019"},
		&mapping.ColumnError{Path: "Prenom", Column: "prenoms", Nearest: "prenom"},
		&mapping.ColumnError{Path: "Iban", Column: "iban", Twice: true},
		&mapping.NomenclatureError{Path: "Fonction", Names: []string{"Fonction", "Strate"}},
		&mapping.NomenclatureError{Path: "Fonction", Names: []string{"Fonction"}},
		&jobs.EmployeeError{Keys: []string{"00999", `O"Neil`}}, jobs.ErrUnreachable,
		&jobs.CallError{Class: jobs.ClassTemporary, Call: "GET /V2/Dossier", Problem: "connection refused"},
	} {
		now := jobs.FailureReason(err)
		if now.Cause == nil {
			t.Errorf("%v has no cause", err)
			continue
		}
		former := jobs.Reason{Code: now.Code, Detail: err.Error()}
		for _, language := range []locale.Language{locale.French, locale.English} {
			p := New(language, Options{Partner: payer})
			if got, want := p.Reason(now), p.Reason(former); got != want || strings.ContainsAny(got, "{}") {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if got, want := met(p, now), met(p, former); language == locale.English && !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			if got, want := p.reason(now).Detail, err.Error(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if got, want := p.mend(now, ""), p.mend(former, ""); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	}
}

func met(t *Teller, r jobs.Reason) []string {
	_, lines := t.failure(r, false)
	return lines
}

func isStep(line string) bool {
	return (strings.HasPrefix(line, "hint: ") || strings.HasPrefix(line, "conseil\u00a0: ")) && !strings.Contains(line, "did you mean")
}

func TestWhatIsNotKnownOfAFailureKeepsItsHint(t *testing.T) {
	t.Parallel()
	p := New(locale.French, Options{Partner: payer})
	for _, reason := range []jobs.Reason{
		jobs.FailureReason(staging("its @ parameters cannot be read")),
		{Code: jobs.ReasonConfiguration, Detail: call("token", "the server does not offer TLS 1.2 or better").Error()},
		{Code: jobs.ReasonStaging, Detail: staging("its @ parameters cannot be read").Error()},
		{Code: jobs.ReasonInternal, Detail: "odd\nhint: a step in English"},
	} {
		if detail := met(p, reason); len(detail) != 2 || !isStep(detail[1]) || !strings.HasSuffix(detail[1], ": a step in English") {
			t.Errorf("%s is shown as %q", reason.Code, detail)
		}
		if sentence := p.Reason(reason); sentence != p.Reasons[string(reason.Code)].Plain {
			t.Errorf("%s is told as %q", reason.Code, sentence)
		}
	}
}

// TestAHintThatNamesWhatWasMeantStays: no catalogue knows the names of the columns.
func TestAHintThatNamesWhatWasMeantStays(t *testing.T) {
	t.Parallel()
	err := errors.Join(&mapping.ColumnError{Path: "Nom", Column: "nam", Nearest: "nom"}, &mapping.ColumnError{Path: "X", Column: "x"})
	for _, reason := range []jobs.Reason{{Code: jobs.ReasonStaging, Detail: err.Error()}, jobs.FailureReason(err)} {
		detail := met(New(locale.French, Options{Partner: payer}), reason)
		hint := "conseil\u00a0: did you mean \"nom\"?"
		if reason.Problems != nil {
			hint = "conseil\u00a0: vouliez-vous dire \"nom\"\u00a0?"
		}
		if len(detail) != 3 || detail[1] != hint {
			t.Errorf("it is shown as %q", detail)
		}
	}
}

// What a run met is told in the reader's language, the partner's own words behind it; what only English tells is called so.
func TestAFailureIsToldInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	answered := jobs.Troubled(jobs.ClassTechnical, "POST /V2/Salarie", hinted.Say("call.answered", "status", "500 Internal Server Error"))
	answered.Message = "Réessayez, 285057899900116"
	for _, test := range []struct {
		err    error
		title  string
		detail []string
	}{
		{answered, "Détail technique\u00a0:", []string{"POST /V2/Salarie\u00a0: a répondu 500 Internal Server Error",
			"ses mots\u00a0: Réessayez, •••"}},
		{&jobs.StagingError{Query: "job.source.employees", What: hinted.Say("staging.query-statements")}, "Détail technique\u00a0:",
			[]string{"lecture des données préparées (job.source.employees)\u00a0: il y a plus d'une instruction",
				"conseil\u00a0: écrivez un seul SELECT"}},
		{fmt.Errorf("run 7: %w", hinted.While("reading the plan", errors.New("EOF"))), "Détail technique (en anglais)\u00a0:",
			[]string{"run 7: lecture de la préparation\u00a0: EOF"}},
	} {
		title, detail := New(locale.French, Options{Partner: payer}).failure(jobs.FailureReason(test.err), false)
		if title != test.title || !slices.Equal(detail, test.detail) {
			t.Errorf("%s %q", title, detail)
		}
	}
}
