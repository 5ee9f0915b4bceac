package jobs

import "testing"

var (
	same    = []byte("same")
	another = []byte("another")
)

func acknowledged(fingerprint []byte) *BaselineEntry {
	return &BaselineEntry{Version: 1, Fingerprint: fingerprint}
}

func doubtful(fingerprint []byte) *BaselineEntry {
	e := acknowledged(fingerprint)
	e.InDoubt = true
	return e
}

func withdrawn(version int64) *BaselineEntry {
	return &BaselineEntry{Version: version, Fingerprint: same, Withdrawn: true}
}

var noted = &BaselineEntry{Version: 1, Fingerprint: same, DepartureNoted: true}

// The whole policy, case by case: who is sent, who is left alone, and why.
func TestDecide(t *testing.T) {
	t.Parallel()
	usual := rules{semantics: Replace, scope: ScopeEmployeePeriod, send: SendChanged}
	appending := rules{semantics: Append, scope: ScopeEmployeePeriod, send: SendChanged}
	perEmployee := rules{semantics: Replace, scope: ScopeEmployee, send: SendChanged}
	everyone := rules{semantics: Replace, scope: ScopeEmployee, send: SendAll}
	outdated := func(fingerprint []byte) *BaselineEntry {
		entry := acknowledged(fingerprint)
		entry.Outdated = true
		return entry
	}
	one := func(current, earlier *BaselineEntry, elements int) subject {
		return subject{employees: 1, elements: elements, fingerprint: same, current: current, earlier: earlier}
	}
	gone := func(current, earlier *BaselineEntry) subject { return subject{current: current, earlier: earlier} }
	for name, c := range map[string]struct {
		rules
		subject
		action
		reason ReasonCode
	}{
		"unchanged, as a ledger of before says":    {usual, one(outdated(same), nil, 2), send, ReasonPutBack},
		"append: unchanged, as that ledger says":   {appending, one(outdated(same), nil, 2), keep, ""},
		"per employee: nothing new, as it says":    {perEmployee, one(nil, outdated(same), 0), send, ReasonNewPeriod},
		"departed, as that ledger says":            {usual, gone(outdated(same), nil), departed, ReasonDeparted},
		"new":                                      {usual, one(nil, nil, 2), send, ReasonNew},
		"unchanged":                                {usual, one(acknowledged(same), nil, 2), keep, ""},
		"changed":                                  {usual, one(acknowledged(another), nil, 2), send, ReasonChanged},
		"changed back to an earlier month":         {usual, one(acknowledged(another), acknowledged(same), 2), send, ReasonChanged},
		"a new month":                              {usual, one(nil, acknowledged(same), 2), send, ReasonNewPeriod},
		"a new month without elements":             {usual, one(nil, acknowledged(same), 0), send, ReasonNewPeriod},
		"in doubt, though as acknowledged":         {usual, one(doubtful(same), nil, 2), send, ReasonInDoubt},
		"in doubt, changed":                        {usual, one(doubtful(another), nil, 2), send, ReasonInDoubt},
		"in doubt, never acknowledged":             {usual, one(&BaselineEntry{InDoubt: true}, nil, 2), send, ReasonInDoubt},
		"append: in doubt, as acknowledged":        {appending, one(doubtful(same), nil, 2), unsure, ReasonUnsettled},
		"append: in doubt, changed":                {appending, one(doubtful(another), nil, 2), unsure, ReasonUnsettled},
		"append: changed":                          {appending, one(acknowledged(another), nil, 2), send, ReasonChanged},
		"append: unchanged":                        {appending, one(acknowledged(same), nil, 2), keep, ""},
		"per employee: new":                        {perEmployee, one(nil, nil, 0), send, ReasonNew},
		"per employee: nothing new":                {perEmployee, one(nil, acknowledged(same), 0), keep, ""},
		"per employee: changed":                    {perEmployee, one(nil, acknowledged(another), 0), send, ReasonNewPeriod},
		"per employee: equal elements, two pays":   {perEmployee, one(nil, acknowledged(same), 1), send, ReasonNewPeriod},
		"per employee: taken back, and here again": {perEmployee, one(withdrawn(1), acknowledged(same), 0), send, ReasonNewPeriod},
		"per employee: the month before in doubt":  {perEmployee, one(nil, doubtful(same), 0), send, ReasonNewPeriod},
		"per employee: came back as they were":     {perEmployee, one(nil, noted, 0), send, ReasonNewPeriod},
		"per employee: send all":                   {everyone, one(nil, acknowledged(same), 0), send, ReasonNewPeriod},
		"send all, already sent for the month":     {everyone, one(acknowledged(same), nil, 0), keep, ""},
		"blocked":                                  {usual, subject{employees: 1, elements: 2, blocked: true, current: acknowledged(same)}, block, ReasonProblems},
		"blocked and in doubt":                     {usual, subject{employees: 1, elements: 2, blocked: true, current: doubtful(same)}, block, ReasonProblems},
		"append: blocked and in doubt":             {appending, subject{employees: 1, blocked: true, current: doubtful(same)}, block, ReasonProblems},
		"twice":                                    {usual, subject{employees: 2, elements: 2, current: acknowledged(same)}, block, ReasonProblems},
		"without a key":                            {usual, subject{employees: 1, keyless: true}, block, ReasonProblems},
		"with a bad key":                           {usual, subject{employees: 1, elements: 2, badKey: true, fingerprint: same, current: doubtful(same)}, block, ReasonProblems},
		"elements with a bad key":                  {usual, subject{elements: 2, badKey: true}, block, ReasonProblems},
		"sent with a bad key before, and gone":     {usual, subject{badKey: true, current: acknowledged(same)}, departed, ReasonDeparted},
		"elements alone":                           {usual, subject{elements: 3}, block, ReasonProblems},
		"elements without a key":                   {usual, subject{elements: 3, keyless: true}, block, ReasonProblems},
		"elements of someone who was sent":         {usual, subject{elements: 3, current: acknowledged(same)}, block, ReasonProblems},
		"departed":                                 {usual, gone(acknowledged(same), nil), departed, ReasonDeparted},
		"departed, known from before":              {usual, gone(acknowledged(same), acknowledged(same)), departed, ReasonDeparted},
		"departed in doubt":                        {usual, gone(doubtful(same), nil), departed, ReasonDepartedInDoubt},
		"left":                                     {usual, gone(nil, acknowledged(same)), left, ReasonLeft},
		"left, noted before":                       {usual, gone(nil, noted), ignore, ""},
		"departed although noted long ago":         {usual, gone(acknowledged(same), noted), departed, ReasonDeparted},
		"came back":                                {usual, one(nil, noted, 1), send, ReasonNewPeriod},
	} {
		if act, reason := c.decide(&c.subject); act != c.action || reason != c.reason {
			t.Errorf("%s: action %d (%s), want %d (%s)", name, act, reason, c.action, c.reason)
		}
	}
}

// Only unchanged and accepted make a success; someone who left between two months does not spoil it.
func TestFinalState(t *testing.T) {
	t.Parallel()
	whole := Counts{EmployeesRead: 5, Unchanged: 2, Accepted: 3, Left: 1, Created: 3, ElementsRead: 4, ElementsInDocuments: 4}
	if state := FinalState(whole); state != Succeeded {
		t.Errorf("a whole run is %s", state)
	}
	for name, spoil := range map[string]func(*Counts){
		"rejected":           func(c *Counts) { c.Rejected = 1 },
		"blocked":            func(c *Counts) { c.Blocked = 1 },
		"held":               func(c *Counts) { c.Held = 1 },
		"uncertain":          func(c *Counts) { c.Uncertain = 1 },
		"superseded":         func(c *Counts) { c.Superseded = 1 },
		"not attempted":      func(c *Counts) { c.NotAttempted = 1 },
		"departed":           func(c *Counts) { c.Departed = 1 },
		"elements alone (!)": func(c *Counts) { c.ElementsBlocked = 1 },
	} {
		c := whole
		spoil(&c)
		if state := FinalState(c); state != Incomplete {
			t.Errorf("%s: %s", name, state)
		}
	}
}
