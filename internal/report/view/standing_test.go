package view

import (
	"testing"

	"syncd/internal/ledger"
)

// On the first of a month the former one is what counts, until it is done.
func TestTheMonthThatCounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		newest, before MonthEntry
		former         bool
	}{
		{"both begun", MonthEntry{State: ledger.MonthSent}, MonthEntry{State: ledger.MonthCorrect}, false},
		{"nothing of the newest, the former is open", MonthEntry{State: ledger.MonthNone}, MonthEntry{State: ledger.MonthCorrect}, true},
		{"nothing of the newest, the former goes on", MonthEntry{State: ledger.MonthNone}, MonthEntry{State: ledger.MonthRunning}, true},
		{"nothing of the newest, the former is done", MonthEntry{State: ledger.MonthNone}, MonthEntry{State: ledger.MonthSent}, false},
		{"the job has the former", MonthEntry{State: ledger.MonthNone}, MonthEntry{State: ledger.MonthSent, Implied: true}, true},
		{"the former never went", MonthEntry{State: ledger.MonthNone}, MonthEntry{State: ledger.MonthNone, Late: true}, true},
		{"both never went", MonthEntry{State: ledger.MonthNone, Late: true}, MonthEntry{State: ledger.MonthNone, Late: true}, false},
		{"neither is known", MonthEntry{State: ledger.MonthNone}, MonthEntry{State: ledger.MonthNone}, false},
	} {
		row := MonthRow{Months: []MonthEntry{test.newest, test.before}}
		row.Stand()
		if got := row.Standing() == &row.Months[1]; got != test.former {
			t.Errorf("%s: the former one counts: %t", test.name, got)
		}
	}
	one := MonthRow{Months: []MonthEntry{{State: ledger.MonthNone}}}
	if one.Stand(); one.Standing() != &one.Months[0] {
		t.Error("another than the only one")
	}
}
