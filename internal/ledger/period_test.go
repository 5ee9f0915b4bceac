package ledger_test

import (
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// What keeps a month from being closed names the first of whom it is about, and counts the others.
func TestWhatIsUndoneNamesPeople(t *testing.T) {
	t.Parallel()
	missing := []ledger.Missing{
		{Kind: ledger.MissingKind(jobs.ItemUnsettled), N: 2, Keys: []string{"00001", "00002"}, Runs: []int64{3}},
		{Kind: ledger.MissingKind(jobs.ItemBlocked), N: 8, Keys: []string{"1", "2", "3", "4", "5", "6"}, Runs: []int64{3, 4}},
		{Kind: ledger.MissingKind(jobs.ItemBlocked), N: 1, Keys: []string{""}, Runs: []int64{5}},
	}
	for language, want := range map[locale.Language]string{
		locale.English: "2 waiting for a doubt to be settled (00001, 00002), by run 3; 8 blocked (1, 2, 3, 4, 5 and 3 more), by runs 3, 4; " +
			"1 blocked, by run 5",
		locale.French: "en attente d'un doute à régler\u00a0: 2 (00001, 00002), par l'exécution 3\u00a0; " +
			"à corriger\u00a0: 8 (1, 2, 3, 4, 5 et 3 de plus), par les exécutions 3, 4",
	} {
		if got := ledger.Undone(missing).In(locale.Of(language, "")); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
}
