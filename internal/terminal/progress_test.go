package terminal

import (
	"io"
	"strings"
	"testing"
	"time"

	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// In a pipe nothing is drawn; a wait is told all the same, in the language of the reports.
func TestProgressInAPipe(t *testing.T) {
	t.Parallel()
	for language, want := range map[locale.Language]string{
		locale.English: "saint-martin: an earlier request may still be under way; its employees are sent again in 30s\n",
		locale.French:  "saint-martin\u00a0: une requête précédente est peut-être encore en route\u00a0; ses salariés seront renvoyés dans 30s\n",
	} {
		var out strings.Builder
		p := NewProgress(&out, "saint-martin", view.New(language, view.Options{}))
		p.Planning(3)
		p.Verifying(1, 2)
		p.Pushing(1, 2)
		p.Waiting(time.Second)
		p.Waiting(30*time.Second + time.Millisecond)
		p.Done()
		if out.String() != want {
			t.Errorf("%s: %q, want %q", language, out.String(), want)
		}
	}
}

// What is written to the same terminal, such as the lines of a plan, does not begin behind what was drawn there.
func TestReportBeginsOnAClearLine(t *testing.T) {
	t.Parallel()
	var terminal strings.Builder
	p := NewProgress(&terminal, "saint-martin", view.New(locale.French, view.Options{}))
	p.visible = true
	p.Planning(0)
	if _, err := io.WriteString(p.Before(&terminal), "Préparation"); err != nil {
		t.Fatal(err)
	}
	if drawn, found := strings.CutSuffix(terminal.String(), "\rPréparation"); !found || !strings.HasSuffix(drawn, strings.Repeat(" ", 50)) {
		t.Errorf("%q", terminal.String())
	}
}

// A report is written in pieces, which end in the middle of a line: the bar waits for the end of it, else it would take away
// what stands there.
func TestBarStandsOnNoLineOfTheReport(t *testing.T) {
	t.Parallel()
	var terminal strings.Builder
	p := NewProgress(&terminal, "saint-martin", view.New(locale.French, view.Options{}))
	p.visible = true
	beside := p.Before(&terminal)
	io.WriteString(beside, "  + 00001\n  + 00") //nolint:errcheck // a builder takes everything
	p.Planning(512)
	io.WriteString(beside, "002\n") //nolint:errcheck // likewise
	if got := terminal.String(); got != "  + 00001\n  + 00002\n" {
		t.Errorf("%q", got)
	}
	p.Planning(1024)
	if got := terminal.String(); !strings.Contains(got, "lecture des données préparées") {
		t.Errorf("it never comes back: %q", got)
	}
	p.Waiting(time.Minute)
	p.Done()
	if got := terminal.String(); !strings.Contains(got, "\rsaint-martin\u00a0: une requête") {
		t.Errorf("%q", got)
	}
}

// A line of the log does not begin behind the bar either.
func TestLogBeginsOnAClearLine(t *testing.T) {
	t.Parallel()
	var terminal strings.Builder
	if n, err := (lineStart{&terminal}).Write([]byte("12:00:00 WRN\n")); n != 13 || err != nil ||
		terminal.String() != "\r\033[K12:00:00 WRN\n" {
		t.Errorf("%d, %v: %q", n, err, terminal.String())
	}
}

// A command that waits for the API says so once, not for each of its calls.
func TestWaitIsTold(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	words := func(partner string) *locale.Catalogue { return locale.Of(locale.French, partner) }
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	hear := Waits(&stderr, words, zone)
	for range 3 {
		hear(partner.OfSample().Name, "GET /V2/Dossier", time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
	}
	if want := "Isidoor n'a pas encore répondu (GET /V2/Dossier)\u00a0: attente jusqu'à 13:00:00 CET au plus tard\n"; stderr.String() != want {
		t.Errorf("%q, want %q", stderr.String(), want)
	}
}

// One that may not send yet says why.
func TestWaitForAShareIsTold(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	words := func(partner string) *locale.Catalogue { return locale.Of(locale.English, partner) }
	Waits(&stderr, words, time.UTC)(partner.OfSample().Name, "", time.Time{})
	if want := "no request to Isidoor may leave yet: other processes have all of them"; !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("%q", stderr.String())
	}
}

// A job that reads sends nobody: the bar of several dossiers does not count employees then.
func TestBarOfSeveralDossiersCountsWhatIsSent(t *testing.T) {
	t.Parallel()
	var terminal strings.Builder
	d := NewDisplay(&terminal, view.New(locale.English, view.Options{}), "lecture", 2)
	d.visible = true
	reads := d.Dossier("saint-martin")
	reads.Fetching(812)
	reads.Done()
	if got := terminal.String(); !strings.Contains(got, "lecture: dossiers done") || strings.Contains(got, "employees") {
		t.Errorf("%q", got)
	}
	sends := d.Dossier("sainte-anne")
	d.Aside(func() {}) // it is drawn anew, at once
	sends.Pushing(8, 8)
	if got := terminal.String(); !strings.Contains(got, "dossiers done; 8 employees sent") {
		t.Errorf("%q", got)
	}
}
