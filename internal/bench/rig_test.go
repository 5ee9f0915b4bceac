package bench

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/app/apptest"
	"syncd/internal/testpg"
	"syncd/migrations"
)

const (
	dossier = "saint-martin"
	period  = "2026-11"
)

// rig is a rehearsal: a database, a configuration and the program.
type rig struct {
	b       *testing.B
	db      *testpg.DB
	dir     string
	program string
	listen  string
}

func newRig(b *testing.B) *rig {
	b.Helper()
	return newRigOn(b, testpg.Shared(b))
}

func newRigOn(b *testing.B, server *testpg.Server) *rig {
	b.Helper()
	r := newRehearsal(b, server)
	r.edit("# max_in_flight = 8 ", "max_in_flight = 16 ")
	r.edit("rate_per_second = 1000", "rate_per_second = 10000")
	r.run("migrate")
	r.db.Exec(b, migrations.Staging)
	return r
}

// newRehearsal is a rig whose database is empty yet. flags are further ones of `syncd sandbox init`.
func newRehearsal(b *testing.B, server *testpg.Server, flags ...string) *rig {
	b.Helper()
	program, err := apptest.Build(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	r := &rig{b: b, dir: filepath.Join(b.TempDir(), "rehearsal"), program: program, listen: freeAddress(b)}
	r.db = server.New(b, testpg.Template{Name: "empty", Prepare: func(context.Context, string) error { return nil }})
	r.run(append([]string{"sandbox", "init", r.dir, "--listen", r.listen, "--database", "postgres:///unused"}, flags...)...)
	r.edit(`url = "postgres:///unused"`, `url = { env = "BENCH_URL" }`)
	return r
}

func freeAddress(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (r *rig) edit(from, to string) {
	r.b.Helper()
	file := filepath.Join(r.dir, "config.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		r.b.Fatal(err)
	}
	if !bytes.Contains(text, []byte(from)) {
		r.b.Fatalf("config.toml has no %q", from)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte(from), []byte(to), 1), 0o600); err != nil {
		r.b.Fatal(err)
	}
}

func (r *rig) command(args ...string) *exec.Cmd {
	cmd := exec.Command(r.program, args...)
	cmd.Env = append(os.Environ(), "BENCH_URL="+r.db.URL, "SYNCD_CONFIG="+filepath.Join(r.dir, "config.toml"), "LC_ALL=C.UTF-8")
	return cmd
}

// cost is what a command used.
type cost struct {
	wall time.Duration
	cpu  time.Duration
	rss  int64 // MiB, at its peak
	out  string
}

// besidePsql reports what all rounds of a benchmark cost, beside what psql took for the same.
func besidePsql(b *testing.B, ours cost, psql time.Duration) {
	n := float64(b.N)
	b.ReportMetric(ours.wall.Seconds()/psql.Seconds(), "×psql")
	b.ReportMetric(ours.wall.Seconds()/n, "s")
	b.ReportMetric(psql.Seconds()/n, "psql-s")
	b.ReportMetric(ours.cpu.Seconds()/n, "cpu-s")
	b.ReportMetric(float64(ours.rss), "MiB")
	b.ReportMetric(0, "ns/op")
}

func (r *rig) run(args ...string) cost {
	r.b.Helper()
	cmd := r.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		r.b.Fatal(err)
	}
	peak := apptest.WatchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	wall := time.Since(start)
	if err != nil {
		r.b.Fatalf("syncd %s: %v\n%s%s", strings.Join(args, " "), err, tail(stdout.String()), tail(stderr.String()))
	}
	return cost{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), rss: peak(), out: stdout.String()}
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// serve starts the sandbox as a process of its own and waits until it answers.
func (r *rig) serve(faults ...string) {
	r.b.Helper()
	args := []string{"sandbox"}
	for _, f := range faults {
		args = append(args, "--fault", f)
	}
	cmd := r.command(args...)
	if err := cmd.Start(); err != nil {
		r.b.Fatal(err)
	}
	r.b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	for range 200 {
		if response, err := http.Get("http://" + r.listen + "/sandbox/stats"); err == nil {
			response.Body.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	r.b.Fatal("the sandbox does not answer")
}

func (r *rig) connect() *pgx.Conn {
	r.b.Helper()
	conn, err := pgx.Connect(context.Background(), r.db.URL)
	if err != nil {
		r.b.Fatal(err)
	}
	r.b.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func (r *rig) exec(sql string) {
	r.b.Helper()
	if _, err := r.connect().Exec(context.Background(), sql); err != nil {
		r.b.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
}
