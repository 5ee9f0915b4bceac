package view

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// failures are errors as a run records them, each with a value that its sentence must name.
var failures = map[cause]struct {
	code  jobs.ReasonCode
	err   error
	names string
}{
	causeIdentity:     {jobs.ReasonIdentity, &jobs.IdentityError{Dossier: "saint-martin", Want: "12345678200010", Answered: "99999999800019"}, "99999999800019"},
	causeNoTable:      {jobs.ReasonStaging, staging(`there is no table "staging.employes"`), "staging.employes"},
	causeNoColumn:     {jobs.ReasonStaging, &mapping.ColumnError{Path: "Prenom", Column: "prenoms", Nearest: "prenom"}, "prenoms"},
	causeTwoColumns:   {jobs.ReasonStaging, &mapping.ColumnError{Path: "Iban", Column: "iban", Twice: true}, "iban"},
	causeRowSecurity:  {jobs.ReasonStaging, staging(`row level security hides rows of "pay" from the role: whose rows`), "pay"},
	causeNoRight:      {jobs.ReasonStaging, staging(`the role may not read "employee"`), "employee"},
	causeNoDictionary: {jobs.ReasonStaging, &mapping.DictionaryError{Path: "Fonction", Names: []string{"Fonction", "Strate"}}, ": Fonction, Strate"},
	causeNoMatricule:  {jobs.ReasonStaging, &jobs.EmployeeError{Keys: []string{"00999", "1"}}, `"00999" "1"`},
	causeClient:       {jobs.ReasonConfiguration, call("token", "the token was refused: invalid_client (401 Unauthorized)"), "client_id"},
	causeKey:          {jobs.ReasonConfiguration, call("POST /V2/Salarie", "answered 403 Forbidden"), ""},
	causeContract:     {jobs.ReasonConfiguration, call("contract", "the contract that the configuration names cannot be read: /etc/syncd/api.json: the file does not exist"), ""},
	causeVerb:         {jobs.ReasonConfiguration, call("contract", "method is not written, and thus POST, but the contract has only PUT /V2/Salaries"), "PUT /V2/Salaries"},
	causeKeyPlace:     {jobs.ReasonConfiguration, call("contract", `dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into query "cle"`), `query "cle"`},
	causeContractAway: {jobs.ReasonUnreachable, call("contract", "the contract that the configuration names cannot be read: GET https://api.example.org/swagger.json: answered 503"), ""},
	causeProxy:        {jobs.ReasonConfiguration, call("token", "the proxy refuses the way: 403 Forbidden"), ""},
	causeProxyAway:    {jobs.ReasonUnreachable, call("token", "the proxy: connection refused"), ""},
	causeChain:        {jobs.ReasonConfiguration, call("token", `certificate not trusted: the server does not send that of its issuer, "Issuing CA 4"`), "Issuing CA 4"},
	causeCertificate:  {jobs.ReasonConfiguration, call("token", "certificate not trusted"), ""},
	causeAddress:      {jobs.ReasonConfiguration, call("GET /V2/Dossier", "the answer is HTML, not JSON"), ""},
	causeAnswer:       {jobs.ReasonConfiguration, call("POST /V2/Salarie", "answered 207 Multi-Status, which does not say that the document was accepted"), "[isidoor.salarie.answer]"},
	causeViewOwner:    {jobs.ReasonStaging, staging(`the owner of a view lacks the right to read "paie.salaire"`), "paie.salaire"},
	causeSomeRight:    {jobs.ReasonStaging, staging("the role lacks a right to something that it uses"), ""},
	causeNotSQL:       {jobs.ReasonStaging, staging("it is not SQL (line 2 of it)"), "job.source.employees"},
	causeWrites:       {jobs.ReasonStaging, staging("it writes: a function of it such as nextval, or a row lock (FOR UPDATE)"), ""},
	causeElsewhere:    {jobs.ReasonUnreachable, errors.New("reading staging (job.source.employees): another server, which a foreign table or a function of the query reads, cannot be used just now (SQLSTATE 08001)\nhint: a step"), ""},
	causeCancelled:    {jobs.ReasonUnreachable, errors.New("reading staging (job.source.employees): a statement was cancelled: by a person, a program, or a time limit (SQLSTATE 57014)\nhint: a step"), ""},
	causeReadOnly:     {jobs.ReasonUnreachable, errors.New("starting the run: it is read-only: a standby, or default_transaction_read_only is on (SQLSTATE 25006)\nhint: a step"), ""},
	causeDatabase:     {jobs.ReasonUnreachable, jobs.ErrUnreachable, ""},
	causeAPI:          {jobs.ReasonUnreachable, call("GET /V2/Dossier", "connection refused"), ""},
}

func staging(problem string) error {
	return &jobs.StagingError{Query: "job.source.employees", Problem: problem, Hint: "a step in English"}
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
		reason := jobs.Reason{Code: failure.code, Detail: failure.err.Error()}
		for language, catalogue := range catalogues {
			p := New(language, Options{Partner: "isidoor"})
			sentence := p.Reason(reason)
			if sentence == catalogue.Reasons[string(reason.Code)].Plain || strings.Contains(sentence, "%!") || !strings.Contains(sentence, failure.names) {
				t.Errorf("%s: %q tells %q", language, c.cause, sentence)
			}
			if i := slices.IndexFunc(p.failure(reason), isStep); i >= 0 {
				t.Errorf("%s: %q keeps the hint %q", language, c.cause, p.failure(reason)[i])
			}
		}
	}
}

func isStep(line string) bool {
	return strings.HasPrefix(line, "hint: ") && !strings.Contains(line, "did you mean")
}

func TestWhatIsNotKnownOfAFailureKeepsItsHint(t *testing.T) {
	t.Parallel()
	p := New(locale.French, Options{Partner: "isidoor"})
	for _, reason := range []jobs.Reason{
		{Code: jobs.ReasonConfiguration, Detail: call("token", "the server does not offer TLS 1.2 or better").Error()},
		{Code: jobs.ReasonStaging, Detail: staging("its @ parameters cannot be read").Error()},
		{Code: jobs.ReasonInternal, Detail: "odd\nhint: a step in English"},
	} {
		if detail := p.failure(reason); len(detail) != 2 || detail[1] != "hint: a step in English" {
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
	detail := New(locale.French, Options{Partner: "isidoor"}).failure(jobs.Reason{Code: jobs.ReasonStaging, Detail: err.Error()})
	if len(detail) != 3 || detail[1] != `hint: did you mean "nom"?` {
		t.Errorf("it is shown as %q", detail)
	}
}
