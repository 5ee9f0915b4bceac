package text

import (
	"fmt"
	"strings"
	"testing"

	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// 300 dossiers that meet the same, and one that meets something else, are told in three lines and two hints.
func TestMistakesOfManyDossiersAreToldOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	m := NewMistakes(&b, view.New(locale.English, view.Options{}), 0)
	for i := range 300 {
		m.Tell(fmt.Sprintf("d%03d", i), "no such column\nhint: correct the query")
	}
	m.Tell("other", "no such table\nhint: create it")
	m.End()
	want := "syncd: d000: no such column\nhint: correct the query\nsyncd: other: no such table\nhint: create it\n" +
		"syncd: the same of 299 more dossiers (d001, d002, d003, d004, d005, …): no such column\n"
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}
