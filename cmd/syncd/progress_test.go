package main

import (
	"strings"
	"testing"
	"time"

	"syncd/internal/report"
)

// In a pipe nothing is drawn; a wait is told all the same, in the language of the reports.
func TestProgressInAPipe(t *testing.T) {
	t.Parallel()
	for language, want := range map[report.Language]string{
		report.English: "saint-martin: an earlier request may still be under way; its employees are sent again in 30s\n",
		report.French:  "saint-martin : une demande précédente est peut-être encore en route ; ses salariés seront renvoyés dans 30s\n",
	} {
		var out strings.Builder
		p := newProgress(&out, "saint-martin", language)
		p.Planning(3)
		p.Verifying(1, 2)
		p.Pushing(1, 2)
		p.Waiting(time.Second)
		p.Waiting(30*time.Second + time.Millisecond)
		p.finish()
		if out.String() != want {
			t.Errorf("%s: %q, want %q", language, out.String(), want)
		}
	}
}
