package terminal

import (
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
)

// A person reads sentences in the journal, a program JSON where it asks for it; priorities are the same.
func TestLogForms(t *testing.T) {
	t.Parallel()
	const text = "run finished (duration 1m4s, run 12, job paie, state failed, accepted 3): unreachable: no \"way\"  out"
	const asJSON = `{"level":"error","duration":64000,"run":12,"job":"paie","dossier":"","state":"failed","counts":{"accepted":3,"held":0},` +
		`"reason":"unreachable","trouble":"no \"way\"\n out","message":"run finished"}`
	for _, c := range []struct {
		form    Form
		journal bool
		want    string
	}{
		{"", true, "<3>" + text},
		{Sentences, true, "<3>" + text},
		{JSON, true, "<3>" + asJSON},
		{"", false, asJSON},
		{JSON, false, asJSON},
		{Sentences, false, "ERROR " + text},
	} {
		var out strings.Builder
		log := zerolog.New(Log(&out, c.form, c.journal))
		log.Error().Dur("duration", 64*time.Second).Int("run", 12).Str("job", "paie").Str("dossier", "").Str("state", "failed").
			Interface("counts", struct {
				Accepted int `json:"accepted"`
				Held     int `json:"held"`
			}{3, 0}).Str("reason", "unreachable").Str("trouble", "no \"way\"\n out").Msg("run finished")
		if out.String() != c.want+"\n" {
			t.Errorf("form %q, journal %t:\n%swant\n%s", c.form, c.journal, &out, c.want)
		}
	}
}

// The end of a run is one short line: what became of everyone, and not how the plan came to it.
func TestEndOfARunIsAShortSentence(t *testing.T) {
	t.Parallel()
	counts := jobs.Counts{EmployeesRead: 106, ElementsRead: 311, Unchanged: 103, Accepted: 3, ElementsUnchanged: 300, ElementsInDocuments: 311,
		Created: 1, Updated: 1, Repeated: 1, Left: 2}
	var out strings.Builder
	log := zerolog.New(Log(&out, "", true))
	log.Info().Int64("run", 12).Str("state", "succeeded").Interface("counts", counts).Msg("run finished")
	if want := "<6>run finished (run 12, state succeeded, unchanged 103, accepted 3)\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// Nothing is lost of a line that is no sentence: one without a message, or that is no JSON.
func TestLogKeepsWhatIsNoSentence(t *testing.T) {
	t.Parallel()
	for _, line := range []string{`{"level":"info"}` + "\n", "plain\n", "\n"} {
		if got := string(sentence([]byte(line), false)); got != line {
			t.Errorf("%q became %q", line, got)
		}
	}
}
