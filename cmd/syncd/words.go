package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/privacy"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// found are the words for what a check finds, with the next step. A name in braces stands for an argument: {x:q} quoted, {x:12} its
// first twelve characters.
var found = map[app.Code]string{
	app.Configured:      "{file}: {dossiers} dossiers, {jobs} jobs, environment {environment}",
	app.SecretsRead:     "{n} secrets can be read",
	app.LedgerReady:     "reachable, migrated, and made with this ledger key",
	app.FormerKeyIdle:   "nothing is sealed with the former key any more, and ledger_key_former still names it\nhint: take ledger_key_former out of [database], delete the former key, and restart the service",
	app.RekeyDue:        "the ledger still has the former key: it is not changed yet\nhint: stop the service, then: syncd rekey --reason …",
	app.LedgerPutBack:   "{what}\nhint: compare with the partner what was sent since; the next run is held, and all pushes are paused until 'syncd unpause'",
	app.WatermarkLost:   "{trouble}\nhint: " + unnoticed,
	app.WatermarkNone:   "no file outside of the database says how far it has come: a ledger that is put back with its files goes unnoticed\nhint: name a folder: watermark of [database]",
	app.WatermarkUnkept: "there is no watermark of it in {folder}\nhint: " + unnoticed,
	app.WatermarkKept:   "were it put back, that would be noticed (watched since {since})",
	app.NotTold:         "the API answers, but does not tell for whom\nhint: two swapped keys would not be seen; set isidoor.dossier.identity if its answer holds the SIRET",
	app.KeyOpens:        "the key opens the dossier of SIRET {siret}",

	app.JobPaused:     "{job}: paused by {by} since {since}: {reason}\nhint: to go on: syncd unpause {job}",
	app.NextFire:      "{job}: next at {next}",
	app.AddressTaken:  "something else answers at {address}: monitoring would not be served there\nhint: stop what is there, or name another address: listen of [daemon]",
	app.DaemonDiffers: "the one on {host} (pid {pid}) is configured otherwise than this file says\nhint: systemctl reload syncd, and give all machines the same configuration",
	app.NoDaemon:      "none runs: nothing starts by itself\nhint: systemctl enable --now syncd",
	app.DaemonsAlive:  "{n} running",
	app.RunOutside:    "run {run} ({job}, {dossier}) is {state}, and not of this configuration: nobody goes on with it\nhint: give it up: syncd cancel {run} --reason \"…\"; or configure its job and dossier again",

	app.QueriesFit:       "staging's queries return what the mapping needs",
	app.NotPulledYet:     "nomenclatures not pulled yet: {names}\nhint: run the job of kind pull-dictionnaire, then check again",
	app.NotLookedUp:      "nomenclatures that could not be looked up, for the ledger cannot be used: {names}\nhint: mend what is said of the ledger, then check again",
	app.NobodyStaged:     "staging holds no employee for this dossier, period {period}: a run would be held\nhint: let the import into staging finish; see that staging spells the dossier so, and the query job.source.employees",
	app.SpelledOtherwise: "staging holds no employee for this dossier, period {period}: a run would be held\nhint: staging spells this dossier {as:q}: correct that in staging, or in the query job.source.employees",
	app.NoElements:       "staging holds no element of anybody for period {period}: a run would be held\nhint: let the import into staging finish; see how staging writes the period, and the queries of [[job.children]]",
	app.Damaged:          "{finding}\nhint: mend it in staging, or in the query of the job; a run sends it as it is",
	app.DamagedFirst:     "{finding} (of the first {first} employees)\nhint: mend it in staging, or in the query of the job; a run sends it as it is",
	app.PostalNumber:     "{path} is a postal code and comes from a column of numbers, which has no 0 in front\nhint: convert it in the query: lpad(code::text, 5, '0')",
	app.Taken:            "{path} is taken for {kind} by its values: the guards see it where they are valid\nhint: name it in [job.guard], hold_fields and unique_fields, and give it sensitive = true, so that invalid ones are seen and masked as well",
	app.TakenUnguarded:   "{path} holds {kind}, and neither hold_fields nor unique_fields have both of it\nhint: name it in [job.guard], hold_fields and unique_fields, and give it sensitive = true, so that invalid ones are seen and masked as well",
	app.PeopleByValues:   "two matricules that are one person are seen only where a value is a valid IBAN or NIR: no member is called, or comes from a column called, iban or nir\nhint: " + nameMembers,
	app.PeopleUnseen:     "two matricules that are one person are not seen: no member is called, or comes from a column called, iban or nir\nhint: " + nameMembers,
	app.AmountUnweighed:  "job.guard.amount_fields names {path}, whose column holds nothing that can be weighed\nhint: name a member that comes from a column of numbers",
	app.AmountsAsText:    "max_amount and max_code_total have no number to look at: texts are weighed where they read like one: {paths}\nhint: convert amounts to numeric in the query, or name them in [job.guard]: amount_fields = [\"{example}\"]; [] = none on purpose",
	app.NoAmounts:        "max_amount and max_code_total have nothing to look at: the elements have no number\nhint: map the amounts from columns of numbers, or write amount_fields = [] in [job.guard]: none on purpose",
	app.LimitIdle:        "job.guard.{limit} can never hold a run here: it lets {passes} pass, and the last run read {staff} employees\nhint: lower its share and floor, give it a count, or write \"off\"",

	app.ContractOff:     "contract = \"none\": neither the mapping nor documents are checked against the API\nhint: write contract = \"auto\" in [isidoor.salarie]",
	app.ContractNone:    "no contract was seen yet: neither the mapping nor documents are checked\nhint: ask for it: syncd contract fetch",
	app.ContractInForce: "{title}, version {version} ({digest:12})",
	app.ContractLast:    "the last contract that was seen counts: {problem}",
	app.ContractWaits:   "the API's contract changed in a way that breaks what is sent: runs are held\nhint: see 'syncd contract diff', correct the mapping, then 'syncd contract accept --reason …'",
	app.MappingFits:     "the mapping fits what {method} {path} takes",
}

const (
	unnoticed   = "had the ledger been put back with its files, nobody would notice; the next run or daemon keeps a file from then on"
	nameMembers = "name the members that tell people apart in [job.guard], such as unique_fields = [\"Nir\"]; [] = none on purpose"
)

// told is an error that is in words already.
type told struct {
	error
	text string
}

func (e *told) Error() string { return e.text }

func (e *told) Unwrap() error { return e.error }

// inWords puts what was refused into the words of the session's language.
func (a *session) inWords(err error) error {
	if refused, ok := errors.AsType[*app.Refused](err); ok {
		return &told{err, refusalIn(a.teller(), refused)}
	}
	return err
}

// message is an error for people, with its hint: in English where nobody said in which language.
func message(err error) string {
	if _, ok := errors.AsType[*told](err); !ok {
		if refused, ok := errors.AsType[*app.Refused](err); ok {
			return refusalIn(english(), refused)
		}
	}
	return err.Error()
}

func refusalIn(teller *view.Teller, refused *app.Refused) string {
	text := teller.Refusal(string(refused.Code), refused.Args)
	if text == "" && refused.Err != nil {
		return refused.Err.Error()
	}
	return text
}

func english() *view.Teller {
	return view.New(locale.English, view.Options{Partner: partner.Default().Name})
}

// say puts arguments into the words for a code.
func say(text string, args app.Args) string {
	var pairs []string
	for name, value := range args {
		plain := inWords(value)
		pairs = append(pairs, "{"+name+"}", plain, "{"+name+":q}", fmt.Sprintf("%q", plain), "{"+name+":12}", fmt.Sprintf("%.12s", plain))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func inWords(value any) string {
	switch v := value.(type) {
	case jobs.Finding:
		return english().Finding(v)
	case privacy.Kind:
		if v == privacy.KindIBAN {
			return "an IBAN"
		}
		return "a NIR"
	case time.Time:
		return view.Minute(v)
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(value)
}
