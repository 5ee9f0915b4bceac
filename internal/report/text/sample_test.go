package text_test

import (
	"iter"
	"strconv"
	"time"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

// The samples are invented; the codes are those of the sandbox.

var (
	paris     = time.FixedZone("CET", 3600)
	started   = time.Date(2026, 11, 30, 6, 0, 3, 0, time.UTC)
	finished  = started.Add(64 * time.Second)
	test      = jobs.Target{ID: 1, Partner: partner.OfSample().Name, Environment: "test", Dossier: "saint-martin"}
	languages = []locale.Language{locale.English, locale.French}
)

func printer(language locale.Language) *text.Printer { return printerOf(language, text.Look{}) }

func printerOf(language locale.Language, look text.Look) *text.Printer {
	return text.New(view.New(language, view.Options{Partner: partner.OfSample().Name, Location: paris,
		Labels: map[string]string{"saint-martin": "OGEC Saint-Martin"}}), look)
}

func run(state jobs.State, counts jobs.Counts) *jobs.Run {
	return &jobs.Run{
		ID: 12, Job: "paie", Kind: jobs.PushSalaries, Target: test, Period: "2026-11", Trigger: jobs.TriggerManual, State: state,
		Counts: counts, Planned: true, RequestedBy: "marie", Host: "srv-paie", PID: 4242, Version: "0.1.0",
		Digests: jobs.Digests{Config: "c0", Mapping: "3a", Nomenclatures: "d1", Plan: "91"}, CreatedAt: started, StartedAt: &started,
		FinishedAt: &finished,
	}
}

// later is a run of which somebody asks what has become since.
func later(r *jobs.Run, a jobs.Aftermath) *jobs.Run {
	r.Aftermath = &a
	return r
}

func failed(reason jobs.ReasonCode, detail string, counts jobs.Counts) *jobs.Run {
	r := run(jobs.Failed, counts)
	r.Failure = jobs.Reason{Code: reason, Detail: detail}
	return r
}

// met is a run that failed at an error.
func met(err error) *jobs.Run {
	r := run(jobs.Failed, jobs.Counts{})
	r.Failure = jobs.FailureReason(err)
	return r
}

// withdraws is why a pull is held.
var withdraws = jobs.Reason{Code: jobs.ReasonPullShrinks, Detail: "18/60", Cause: jobs.Because(jobs.CauseWithdraws, "n", "18", "of", "60")}

func pull(state jobs.State) *jobs.Run {
	r := run(state, jobs.Counts{})
	r.ID, r.Job, r.Kind, r.Period, r.Planned = 3, "dictionnaire", jobs.PullDictionnaire, "", false
	return r
}

func seq(items ...jobs.Item) iter.Seq2[jobs.Item, error] {
	return func(yield func(jobs.Item, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// tally is the accounting that the ledger would record for these items.
func tally(unchanged, elementsUnchanged int, items ...jobs.Item) jobs.Counts {
	c := jobs.Counts{Unchanged: unchanged, EmployeesRead: unchanged, ElementsUnchanged: elementsUnchanged,
		ElementsInDocuments: elementsUnchanged}
	c.ElementsRead = elementsUnchanged
	for _, item := range items {
		c.EmployeesRead += item.Employees
		c.ElementsRead += item.Elements
		state := item.State
		if state == jobs.ItemPending && item.Ambiguous {
			state = jobs.ItemUncertain
		}
		c.Add(state, item.Employees, item.Elements, 1)
	}
	return c
}

func accepted(key string, sign jobs.Difference, elements int, diff ...diff.Change) jobs.Item {
	return jobs.Item{Key: key, State: jobs.ItemAccepted, Difference: sign, Reason: jobs.Reason{Code: jobs.ReasonAccepted},
		Employees: 1, Elements: elements, Diff: diff, HTTPStatus: 200, Attempts: 1, SentAt: &started, AnsweredAt: &finished}
}

func ended(key string, state jobs.ItemState, reason jobs.ReasonCode, detail string) jobs.Item {
	return jobs.Item{Key: key, State: state, Difference: jobs.Updated, Reason: jobs.Reason{Code: reason, Detail: detail}, Employees: 1,
		Elements: 2}
}

// turnedAway is someone whom a firewall refuses.
func turnedAway(key string) jobs.Item {
	item := ended(key, jobs.ItemPending, jobs.ReasonTurnedAway, "Request blocked (rule 942100).")
	item.HTTPStatus, item.Attempts = 403, 1
	return item
}

func blocked(key string, employees, elements int, problems ...mapping.Problem) jobs.Item {
	return jobs.Item{Key: key, State: jobs.ItemBlocked, Difference: jobs.Undeliverable, Reason: jobs.Reason{Code: jobs.ReasonProblems},
		Employees: employees, Elements: elements, Problems: problems}
}

func gone(key string, state jobs.ItemState, reason jobs.ReasonCode) jobs.Item {
	return jobs.Item{Key: key, State: state, Difference: jobs.Departed, Reason: jobs.Reason{Code: reason}}
}

var (
	unknownFunction = mapping.Problem{Code: mapping.ProblemUnknownCode, Path: "Contrat.CodeFonction", Column: "fonction",
		Value: "F_VIESC_01", Nomenclature: "Fonction", Nearest: []mapping.Nearest{{Code: "F_VIESCO_01", Label: "Vie scolaire"},
			{Code: "F_VIESCO_02"}}}
	withdrawnElement = mapping.Problem{Code: mapping.ProblemWithdrawnCode, Path: "Elements[2].Code", Column: "code", Value: "AVN_REPAS",
		Nomenclature: "ElementVariable"}
	missingNir = mapping.Problem{Code: mapping.ProblemMissingValue, Path: "Nir", Column: "nir"}
	maskedIban = mapping.Problem{Code: mapping.ProblemBadValue, Path: "Iban", Column: "iban"}

	newcomer = []diff.Change{
		{Path: "Adresse.Ville", Op: "+", New: `"RENNES"`},
		{Path: "Elements[HSUP25]", Op: "+", New: `{"Code":"HSUP25","Montant":null,"Quantite":3.5}`, Child: true},
		{Path: "Iban", Op: "+", Masked: true},
		{Path: "Nom", Op: "+", New: `"LE GOFF"`},
	}
	mover = []diff.Change{
		{Path: "Adresse.Ville", Op: "*", Old: `"RENNES"`, New: `"CESSON-SÉVIGNÉ"`},
		{Path: "Contrat.DateFin", Op: "*", Old: "null", New: `"2027-08-31"`},
		{Path: "Elements[HSUP25].Quantite", Op: "*", Old: "3.5", New: "4", Child: true},
		{Path: "Elements[PRIME_EXC]", Op: "-", Old: `{"Code":"PRIME_EXC","Montant":120,"Quantite":null}`, Child: true},
		{Path: "Iban", Op: "*", Masked: true},
	}
)

// everything has an item of each outcome.
func everything() []jobs.Item {
	inDoubt := ended("00061", jobs.ItemPending, jobs.ReasonInDoubt, "")
	inDoubt.Ambiguous = true
	refused := ended("00055", jobs.ItemRejected, jobs.ReasonRejected,
		"The request is invalid.\nsalarie.NomUsage: Le champ NomUsage est requis.")
	refused.HTTPStatus = 422
	return []jobs.Item{
		accepted("00001", jobs.Created, 3, newcomer...),
		accepted("00002", jobs.Updated, 1, mover...),
		accepted("00003", jobs.Unchanged, 2, newcomer[1]),
		gone("00031", jobs.ItemDeparted, jobs.ReasonDeparted),
		blocked("00042", 1, 3, unknownFunction, withdrawnElement),
		blocked("00043", 1, 0, missingNir, maskedIban),
		blocked("00044", 2, 0, mapping.Problem{Code: mapping.ProblemDuplicateKey, Count: 2}),
		refused,
		ended("00060", jobs.ItemUncertain, jobs.ReasonNoAnswer, "504"),
		inDoubt,
		ended("00062", jobs.ItemSending, jobs.ReasonChanged, ""),
		ended("00070", jobs.ItemHeld, jobs.ReasonChanged, ""),
		ended("00080", jobs.ItemSuperseded, jobs.ReasonReplanned, "13"),
		ended("00090", jobs.ItemPending, jobs.ReasonTemporary, "503"),
		ended("00091", jobs.ItemPending, jobs.ReasonTemporary, "503"),
		gone("00095", jobs.ItemLeft, jobs.ReasonLeft),
		blocked("00099", 0, 2, mapping.Problem{Code: mapping.ProblemMissingEmployee, Count: 2}),
		blocked("", 3, 0, mapping.Problem{Code: mapping.ProblemMissingKey, Count: 3}),
	}
}

// staff are n new employees, accepted.
func staff(n int) []jobs.Item {
	items := make([]jobs.Item, 0, n)
	for i := range n {
		items = append(items, accepted("M"+strconv.Itoa(100000+i), jobs.Created, 3, newcomer...))
	}
	return items
}
