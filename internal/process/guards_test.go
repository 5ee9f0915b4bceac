package process

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// guard puts some guards into force, each as a line of [job.guard], for processes that start afterwards. It is called
// once in a world: whatever is not named stays switched off.
func (w *world) guard(lines ...string) {
	w.t.Helper()
	text := unguarded
	for _, line := range lines {
		key, _, _ := strings.Cut(line, " =")
		if off := regexp.MustCompile(`(?m)^` + key + ` = .*$`); off.MatchString(text) {
			text = off.ReplaceAllLiteralString(text, line)
		} else {
			text += "\n" + line
		}
	}
	w.change(filepath.Join(w.dir, "config.toml"), unguarded, text)
}

// section writes lines into a section of the configuration whose header has a remark.
func (w *world) section(header string, lines ...string) {
	w.t.Helper()
	file := filepath.Join(w.dir, "config.toml")
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(header) + ` +#.*$`).FindString(string(mustRead(w, file)))
	w.put(file, line, lines...)
}

// monthly lets the job fire at the first instant of each month, and pretends that no daemon has been there since before
// the last fire: the next one makes up for it at once. It returns the period of that fire, to which all elements of staging
// are moved.
func (w *world) monthly(settings ...string) (month string) {
	w.t.Helper()
	year, calendar, _ := time.Now().UTC().Date()
	fire := time.Date(year, calendar, 1, 0, 0, 0, 0, time.UTC)
	w.change(filepath.Join(w.dir, "config.toml"), "\ntimezone = \"Europe/Paris\"", "\ntimezone = \"UTC\"")
	w.jobSetting("paie", append([]string{`schedule = "0 0 1 * *"`}, settings...)...)
	w.lastDaemonLived("paie", "0 0 1 * *", "UTC", fire.Add(-time.Hour))
	w.exec(`UPDATE staging.payroll_element SET period = $1`, fire.Format("2006-01"))
	return fire.Format("2006-01")
}

// keep remembers who is in staging.
func (w *world) keep() {
	w.t.Helper()
	w.exec(`DROP TABLE IF EXISTS public.kept; CREATE TABLE public.kept AS SELECT * FROM staging.employee`)
}

// restore brings staging back to what keep saw.
func (w *world) restore() {
	w.t.Helper()
	w.exec(`DELETE FROM staging.employee; INSERT INTO staging.employee SELECT * FROM public.kept`)
}

// move gives everyone another street.
func (w *world) move(street string) {
	w.t.Helper()
	w.exec(`UPDATE staging.employee SET voie = $1`, street)
}

// latest is the newest transfer, or reading.
func (w *world) latest() (run string) {
	w.t.Helper()
	return w.text(`SELECT max(id)::text FROM syncd.run WHERE kind IN ('push-salaries', 'pull')`)
}

// wantDeliveries wants so many documents to have come to the API since the beginning.
func (w *world) wantDeliveries(want int) {
	w.t.Helper()
	if got := w.sandbox.Stats().Deliveries; got != int64(want) {
		w.t.Fatalf("%d documents were delivered, want %d", got, want)
	}
}

// audit are the decisions of these kinds, the oldest first: "actor decision run employees: reason".
func (w *world) audit(kinds ...string) []string {
	w.t.Helper()
	return w.texts(`SELECT format('%s %s %s %s: %s', actor, decision, coalesce(run_id::text, '-'), array_to_string(employees, ','), reason)
		FROM syncd.audit WHERE decision = ANY ($1) ORDER BY id`, kinds)
}

func (w *world) wantAudit(kind string, want ...string) {
	w.t.Helper()
	if got := w.audit(kind); strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("the audit has %q of %s, want %q", got, kind, want)
	}
}

// lines are those of the log that have all of these texts.
func (d *daemon) lines(texts ...string) (found []string) {
	for line := range strings.SplitSeq(d.stderr.String(), "\n") {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(line, text)
		}
		if all {
			found = append(found, line)
		}
	}
	return found
}

// switchboard hears pings.
type switchboard struct {
	url   string
	mu    sync.Mutex
	heard []string
}

func (w *world) switchboard() *switchboard {
	w.t.Helper()
	s := &switchboard{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard = append(s.heard, strings.TrimPrefix(r.URL.Path, "/"))
	}))
	w.t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// setting is the line of a job that makes it ping here.
func (s *switchboard) setting() string {
	return fmt.Sprintf(`ping = { started = "%[1]s/started", done = "%[1]s/done", failed = "%[1]s/failed" }`, s.url)
}

func (s *switchboard) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.heard, " ")
}

// notified begins to listen to what wakes daemons, and returns what waits for it.
func (w *world) notified() (wait func()) {
	w.t.Helper()
	conn := w.db.Connect(w.t)
	_, err := conn.Exec(context.Background(), `LISTEN syncd`)
	w.must(err)
	return func() {
		w.t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			w.t.Errorf("nobody was woken: %v", err)
		}
	}
}
