package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"syncd/internal/testpg"
)

// What a daemon with nothing to do may cost: the limits of docs/performance.md.
const (
	idleFor          = 10 * time.Second
	mostStatements   = 1.0 // a second
	mostConnections  = 3
	mostMemory       = 30.0  // MiB
	mostProcessor    = 0.005 // of one
	ticksPerSecond   = 100   // USER_HZ, the same on all of Linux
	idleWithin       = 45 * time.Second
	userTime, kernel = 11, 12 // fields of /proc/PID/stat behind the name: proc(5)
)

// BenchmarkIdle watches a daemon with two scheduled jobs that are not due: its statements, as a Postgres that logs all of
// them counts, its connections, memory and processor.
func BenchmarkIdle(b *testing.B) {
	server := testpg.Alone(b, testpg.Options{Settings: map[string]string{"log_statement": "all"}})
	r := newRigOn(b, server)
	pid := r.startIdle()
	var statements, processor float64
	for b.Loop() {
		before, used := r.statements(), r.processor(pid)
		<-time.After(idleFor)
		statements += float64(r.statements() - before)
		processor += r.processor(pid) - used
	}
	seconds := float64(b.N) * idleFor.Seconds()
	for _, figure := range []struct {
		value, most float64
		unit        string
	}{
		{statements / seconds, mostStatements, "statements/s"},
		{float64(r.connections()), mostConnections, "connections"},
		{r.memory(pid), mostMemory, "MiB"},
		{processor / seconds, mostProcessor, "processors"},
	} {
		b.ReportMetric(figure.value, figure.unit)
		if figure.value > figure.most {
			b.Errorf("an idle daemon costs %.3g %s, at most %.3g may be", figure.value, figure.unit, figure.most)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// startIdle starts a daemon, and waits until it has let go of what its start took.
func (r *rig) startIdle() (pid int) {
	r.b.Helper()
	dir, err := os.MkdirTemp("", "syncd-") // short: so must be the path of a socket
	if err != nil {
		r.b.Fatal(err)
	}
	r.b.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "http")
	r.edit("\n[daemon]\n", "\n[daemon]\nlisten = \"unix:"+socket+"\"\n")
	r.edit("\nname = \"dictionnaire\"\n", "\nname = \"dictionnaire\"\nschedule = \"@yearly\"\n")
	r.edit("\nname = \"paie\"\n", "\nname = \"paie\"\nschedule = \"last-working-day 06:00\"\n")
	cmd := r.command("daemon")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		r.b.Fatal(err)
	}
	r.b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(idleWithin); !r.ready(socket) || r.connections() > mostConnections; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.b.Fatalf("the daemon is not idle after %s: it has %d connections", idleWithin, r.connections())
		}
	}
	return cmd.Process.Pid
}

func (r *rig) ready(socket string) bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}}}
	answer, err := client.Get("http://daemon/readyz")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

var executed = regexp.MustCompile(`(?m)^.* LOG:  (statement|execute [^:]*): `)

// statements counts what Postgres has executed in the database of the rig.
func (r *rig) statements() (n int) {
	r.b.Helper()
	log, err := os.ReadFile(r.db.Server.Log)
	if err != nil {
		r.b.Fatal(err)
	}
	for _, line := range executed.FindAllString(string(log), -1) {
		if strings.Contains(line, " "+r.db.Name+" ") {
			n++
		}
	}
	return n
}

func (r *rig) connections() (n int) {
	r.b.Helper()
	ctx := context.Background()
	conn := r.connect()
	defer conn.Close(ctx)
	const query = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	if err := conn.QueryRow(ctx, query).Scan(&n); err != nil {
		r.b.Fatal(err)
	}
	return n
}

// memory is what is resident, in MiB.
func (r *rig) memory(pid int) (mib float64) {
	r.b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		r.b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(after, &mib); err != nil {
		r.b.Fatal(err)
	}
	return mib / 1024
}

// processor is the time of one that was used, in seconds.
func (r *rig) processor(pid int) float64 {
	r.b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		r.b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	var ticks float64
	for i, field := range strings.Fields(after) {
		var n float64
		if _, err := fmt.Sscan(field, &n); err == nil && (i == userTime || i == kernel) {
			ticks += n
		}
	}
	return ticks / ticksPerSecond
}
