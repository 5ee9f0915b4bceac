package config

import (
	"strings"
	"testing"
)

// Jobs that read and map alike make the same documents; those of other dossiers do not meet.
func TestJobsThatCannotUndoEachOther(t *testing.T) {
	t.Parallel()
	document := valid(t)
	at := strings.Index(document, "[[job]]\nname = \"paie\"")
	second := strings.Replace(document[at:], `name = "paie"`, "name = \"paie-corrections\"\nperiod = \"previous\"", 1)
	if next := strings.Index(second[1:], "[[job]]\nname"); next >= 0 {
		second = second[:next+1]
	}
	second = strings.Replace(second, "SELECT * FROM", "SELECT  *\tFROM", 1)
	if c := parsed(t, document+second); len(c.Jobs) < 2 {
		t.Fatalf("%d jobs", len(c.Jobs))
	}
}
