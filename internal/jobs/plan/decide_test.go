package plan

import (
	"testing"

	"syncd/internal/jobs"
)

var (
	same    = []byte("same")
	another = []byte("another")
)

func acknowledged(fingerprint []byte) *jobs.BaselineEntry {
	return &jobs.BaselineEntry{Version: 1, Fingerprint: fingerprint}
}

func doubtful(fingerprint []byte) *jobs.BaselineEntry {
	e := acknowledged(fingerprint)
	e.InDoubt = true
	return e
}

func withdrawn(version int64) *jobs.BaselineEntry {
	return &jobs.BaselineEntry{Version: version, Fingerprint: same, Withdrawn: true}
}

var noted = &jobs.BaselineEntry{Version: 1, Fingerprint: same, DepartureNoted: true}

// The whole policy, case by case: who is sent, who is left alone, and why.
func TestDecide(t *testing.T) {
	t.Parallel()
	usual := rules{semantics: jobs.Replace, scope: jobs.ScopeEmployeePeriod, send: jobs.SendChanged}
	appending := rules{semantics: jobs.Append, scope: jobs.ScopeEmployeePeriod, send: jobs.SendChanged}
	perEmployee := rules{semantics: jobs.Replace, scope: jobs.ScopeEmployee, send: jobs.SendChanged}
	everyone := rules{semantics: jobs.Replace, scope: jobs.ScopeEmployee, send: jobs.SendAll}
	outdated := func(fingerprint []byte) *jobs.BaselineEntry {
		entry := acknowledged(fingerprint)
		entry.Outdated = true
		return entry
	}
	one := func(current, earlier *jobs.BaselineEntry, elements int) subject {
		return subject{employees: 1, elements: elements, fingerprint: same, current: current, earlier: earlier}
	}
	gone := func(current, earlier *jobs.BaselineEntry) subject { return subject{current: current, earlier: earlier} }
	for name, c := range map[string]struct {
		rules
		subject
		action
		reason jobs.ReasonCode
	}{
		"unchanged, as a ledger of before says":    {usual, one(outdated(same), nil, 2), send, jobs.ReasonPutBack},
		"append: unchanged, as that ledger says":   {appending, one(outdated(same), nil, 2), keep, ""},
		"per employee: nothing new, as it says":    {perEmployee, one(nil, outdated(same), 0), send, jobs.ReasonNewPeriod},
		"departed, as that ledger says":            {usual, gone(outdated(same), nil), departed, jobs.ReasonDeparted},
		"new":                                      {usual, one(nil, nil, 2), send, jobs.ReasonNew},
		"unchanged":                                {usual, one(acknowledged(same), nil, 2), keep, ""},
		"changed":                                  {usual, one(acknowledged(another), nil, 2), send, jobs.ReasonChanged},
		"changed back to an earlier month":         {usual, one(acknowledged(another), acknowledged(same), 2), send, jobs.ReasonChanged},
		"a new month":                              {usual, one(nil, acknowledged(same), 2), send, jobs.ReasonNewPeriod},
		"a new month without elements":             {usual, one(nil, acknowledged(same), 0), send, jobs.ReasonNewPeriod},
		"in doubt, though as acknowledged":         {usual, one(doubtful(same), nil, 2), send, jobs.ReasonInDoubt},
		"in doubt, changed":                        {usual, one(doubtful(another), nil, 2), send, jobs.ReasonInDoubt},
		"in doubt, never acknowledged":             {usual, one(&jobs.BaselineEntry{InDoubt: true}, nil, 2), send, jobs.ReasonInDoubt},
		"append: in doubt, as acknowledged":        {appending, one(doubtful(same), nil, 2), unsure, jobs.ReasonUnsettled},
		"append: in doubt, changed":                {appending, one(doubtful(another), nil, 2), unsure, jobs.ReasonUnsettled},
		"append: changed":                          {appending, one(acknowledged(another), nil, 2), send, jobs.ReasonChanged},
		"append: unchanged":                        {appending, one(acknowledged(same), nil, 2), keep, ""},
		"per employee: new":                        {perEmployee, one(nil, nil, 0), send, jobs.ReasonNew},
		"per employee: nothing new":                {perEmployee, one(nil, acknowledged(same), 0), keep, ""},
		"per employee: changed":                    {perEmployee, one(nil, acknowledged(another), 0), send, jobs.ReasonNewPeriod},
		"per employee: equal elements, two pays":   {perEmployee, one(nil, acknowledged(same), 1), send, jobs.ReasonNewPeriod},
		"per employee: taken back, and here again": {perEmployee, one(withdrawn(1), acknowledged(same), 0), send, jobs.ReasonNewPeriod},
		"per employee: the month before in doubt":  {perEmployee, one(nil, doubtful(same), 0), send, jobs.ReasonNewPeriod},
		"per employee: came back as they were":     {perEmployee, one(nil, noted, 0), send, jobs.ReasonNewPeriod},
		"per employee: send all":                   {everyone, one(nil, acknowledged(same), 0), send, jobs.ReasonNewPeriod},
		"send all, already sent for the month":     {everyone, one(acknowledged(same), nil, 0), keep, ""},
		"blocked": {usual, subject{employees: 1, elements: 2, blocked: true, current: acknowledged(same)}, block,
			jobs.ReasonProblems},
		"blocked and in doubt": {usual, subject{employees: 1, elements: 2, blocked: true, current: doubtful(same)}, block,
			jobs.ReasonProblems},
		"append: blocked and in doubt": {appending, subject{employees: 1, blocked: true, current: doubtful(same)}, block,
			jobs.ReasonProblems},
		"twice": {usual, subject{employees: 2, elements: 2, current: acknowledged(same)}, block,
			jobs.ReasonProblems},
		"without a key": {usual, subject{employees: 1, keyless: true}, block, jobs.ReasonProblems},
		"with a bad key": {usual, subject{employees: 1, elements: 2, badKey: true, fingerprint: same,
			current: doubtful(same)}, block, jobs.ReasonProblems},
		"elements with a bad key":              {usual, subject{elements: 2, badKey: true}, block, jobs.ReasonProblems},
		"sent with a bad key before, and gone": {usual, subject{badKey: true, current: acknowledged(same)}, departed, jobs.ReasonDeparted},
		"elements alone":                       {usual, subject{elements: 3}, block, jobs.ReasonProblems},
		"elements without a key":               {usual, subject{elements: 3, keyless: true}, block, jobs.ReasonProblems},
		"elements of someone who was sent":     {usual, subject{elements: 3, current: acknowledged(same)}, block, jobs.ReasonProblems},
		"departed":                             {usual, gone(acknowledged(same), nil), departed, jobs.ReasonDeparted},
		"departed, known from before":          {usual, gone(acknowledged(same), acknowledged(same)), departed, jobs.ReasonDeparted},
		"departed in doubt":                    {usual, gone(doubtful(same), nil), departed, jobs.ReasonDepartedInDoubt},
		"left":                                 {usual, gone(nil, acknowledged(same)), left, jobs.ReasonLeft},
		"left, noted before":                   {usual, gone(nil, noted), ignore, ""},
		"departed although noted long ago":     {usual, gone(acknowledged(same), noted), departed, jobs.ReasonDeparted},
		"came back":                            {usual, one(nil, noted, 1), send, jobs.ReasonNewPeriod},
	} {
		if act, reason := c.decide(&c.subject); act != c.action || reason != c.reason {
			t.Errorf("%s: action %d (%s), want %d (%s)", name, act, reason, c.action, c.reason)
		}
	}
}
