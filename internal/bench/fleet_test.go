package bench

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sample"
)

const (
	fleet     = 300 // dossiers
	smallOnes = 20  // employees of each
	fleetWait = 5 * time.Minute
)

// BenchmarkFleet sends 300 dossiers of 20 new employees at 20 ms a call, 16 in flight: in one command, by a daemon that
// finds them queued, and by a plain net/http client that records nothing. Then nothing has changed, and the command only
// looks.
func BenchmarkFleet(b *testing.B) {
	r := newRig(b)
	names := r.configureFleet()
	r.serve("latency=20ms")
	r.run("run", "dictionnaire")
	var command, unchanged cost
	var daemon, plain, postgres time.Duration
	for b.Loop() {
		reset(r)
		command = sum(command, r.run("run", "paie", "--period", period))
		documents := r.receivedOfAll(names)
		before := r.serverCPU()
		unchanged = sum(unchanged, r.run("run", "paie", "--period", period))
		postgres += r.serverCPU() - before
		reset(r)
		daemon += r.daemonTime()
		r.receivedOfAll(names)
		reset(r)
		plain += r.plainFleet(documents)
	}
	n := float64(b.N)
	b.ReportMetric(command.wall.Seconds()/plain.Seconds(), "command×plain")
	b.ReportMetric(daemon.Seconds()/plain.Seconds(), "daemon×plain")
	b.ReportMetric(unchanged.wall.Seconds()/n, "unchanged-s")
	b.ReportMetric(unchanged.cpu.Seconds()/n, "unchanged-cpu-s")
	b.ReportMetric(postgres.Seconds()/n, "unchanged-postgres-cpu-s")
	b.ReportMetric(command.cpu.Seconds()/n, "cpu-s")
	b.ReportMetric(command.wall.Seconds()/n, "s")
	b.ReportMetric(daemon.Seconds()/n, "daemon-s")
	b.ReportMetric(plain.Seconds()/n, "plain-s")
	b.ReportMetric(0, "ns/op")
}

var dossierSections = regexp.MustCompile(`\[\[dossier\]\]\n(.+\n)+`)

// configureFleet puts 300 dossiers in the place of those of the rehearsal, and fills their staging.
func (r *rig) configureFleet() (names []string) {
	r.b.Helper()
	file := filepath.Join(r.dir, "config.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		r.b.Fatal(err)
	}
	var sections strings.Builder
	var all []sample.Options
	for i := range fleet {
		name := fmt.Sprintf("ecole-%03d", i)
		names = append(names, name)
		fmt.Fprintf(&sections, "\n[[dossier]]\nname = %q\nsiret = %q\nkey = { file = \"dossier-%s.secret\" }\n", name, siret(i), name)
		if err := os.WriteFile(filepath.Join(r.dir, "dossier-"+name+".secret"), []byte("key-of-"+name), 0o600); err != nil {
			r.b.Fatal(err)
		}
		all = append(all, sample.Options{Dossier: name, Employees: smallOnes, ElementsPerEmployee: 3, Period: period, Seed: uint64(i)})
	}
	without := dossierSections.ReplaceAllString(string(text), "")
	before, after, found := strings.Cut(without, "\n[[job]]")
	if !found {
		r.b.Fatal("config.toml has no [[job]]")
	}
	if err := os.WriteFile(file, []byte(before+sections.String()+"\n[[job]]"+after), 0o600); err != nil {
		r.b.Fatal(err)
	}
	r.edit(`# unique_fields = ["Iban", "Nir"]`, `unique_fields = ["Iban"]`)
	copyRows(r, sample.EmployeeTable, sample.EmployeeColumns, rowsOf(ofEach(all, sample.Employees), (*sample.Employee).Row))
	copyRows(r, sample.ElementTable, sample.ElementColumns, rowsOf(ofEach(all, sample.Elements), (*sample.Element).Row))
	r.exec("VACUUM ANALYZE")
	return names
}

// ofEach makes rows of one dossier after another.
func ofEach[T any](all []sample.Options, rows func(sample.Options) iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, o := range all {
			for row := range rows(o) {
				if !yield(row) {
					return
				}
			}
		}
	}
}

// siret is one that passes its check (Luhn), of made-up associations.
func siret(i int) string {
	digits := fmt.Sprintf("9%08d0001", i)
	sum := 0
	for j, c := range digits { // of 13: those at even places, from the right of all 14, are doubled
		d := int(c - '0')
		if j%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + fmt.Sprint((10-sum%10)%10)
}

// document is one that a dossier received.
type document struct {
	dossier string
	body    []byte
}

func (r *rig) receivedOfAll(names []string) (all []document) {
	r.b.Helper()
	for _, name := range names {
		bodies := receivedOf(r, name)
		if len(bodies) != smallOnes {
			r.b.Fatalf("the sandbox holds %d documents of %s", len(bodies), name)
		}
		for _, body := range bodies {
			all = append(all, document{name, body})
		}
	}
	if most := stats(r).MaxConcurrent; most > lanes {
		r.b.Fatalf("%d calls in flight", most)
	}
	return all
}

// daemonTime is how long a daemon takes for a job that was queued for all dossiers before it began.
func (r *rig) daemonTime() time.Duration {
	r.b.Helper()
	r.run("run", "paie", "--period", period, "--detach")
	cmd := r.command("daemon")
	if err := cmd.Start(); err != nil {
		r.b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	conn := r.connect()
	for deadline := time.Now().Add(fleetWait); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var done int
		var seconds float64
		const query = `SELECT count(*) FILTER (WHERE state = 'succeeded'), coalesce(extract(epoch FROM max(finished_at) - min(started_at)), 0)::float8
			FROM syncd.run WHERE kind = 'push-salaries'`
		if err := conn.QueryRow(context.Background(), query).Scan(&done, &seconds); err != nil {
			r.b.Fatal(err)
		}
		if done == fleet {
			return time.Duration(seconds * float64(time.Second))
		}
	}
	r.b.Fatal("the daemon has not sent all")
	return 0
}

// plainFleet sends all as fast as 16 workers can.
func (r *rig) plainFleet(documents []document) time.Duration {
	r.b.Helper()
	token := plainToken(r)
	keys := map[string]string{}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: lanes}}
	work := make(chan document)
	var workers sync.WaitGroup
	for _, d := range documents {
		if keys[d.dossier] == "" {
			keys[d.dossier] = secret(r, "dossier-"+d.dossier)
		}
	}
	start := time.Now()
	for range lanes {
		workers.Go(func() {
			for d := range work {
				if err := post(client, r.listen, token, keys[d.dossier], d.body); err != nil {
					r.b.Error(err)
				}
			}
		})
	}
	for _, d := range documents {
		work <- d
	}
	close(work)
	workers.Wait()
	return time.Since(start)
}

// serverCPU is what Postgres has used until now, those of its processes that have ended included.
func (r *rig) serverCPU() time.Duration {
	r.b.Helper()
	var dir string
	if err := r.connect().QueryRow(context.Background(), "SHOW data_directory").Scan(&dir); err != nil {
		r.b.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		r.b.Fatal(err)
	}
	postmaster, _, _ := strings.Cut(string(text), "\n")
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		r.b.Fatal(err)
	}
	var ticks int
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		f := strings.Fields(after)
		if f[1] != postmaster && filepath.Base(filepath.Dir(file)) != postmaster {
			continue
		}
		for _, field := range f[userTime : userTime+4] { // user and system, then those of children that have ended
			n, _ := strconv.Atoi(field)
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}
