package view

import (
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// TestAFireIsToldAsItWas: one of now, and one of a former program, which kept its reason alone, are told alike.
func TestAFireIsToldAsItWas(t *testing.T) {
	t.Parallel()
	now := ledger.Fire{Outcome: ledger.FireSkipped, RunID: 12, Met: jobs.Queued}
	former := ledger.Fire{Outcome: ledger.FireSkipped, RunID: 12, Reason: "run 12 is queued"}
	for _, language := range []locale.Language{locale.French, locale.English} {
		for _, numbered := range []bool{false, true} {
			p := New(language, Options{Partner: payer})
			if got, want := p.fire(&now, "", numbered), p.fire(&former, "", numbered); got != want || got == p.whyNoRun(&ledger.Fire{}, numbered) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	}
}
