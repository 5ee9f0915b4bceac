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

	"github.com/rs/zerolog"

	"syncd/internal/app"
	"syncd/internal/partner"
)

// What a daemon with nothing to do may cost: the limits of docs/performance.md.
const (
	idleFor               = 10 * time.Second
	mostStatements        = 1.0 // a second
	mostConnections       = 3
	mostMemory            = 25.0  // MiB
	mostProcessor         = 0.005 // of one
	ticksPerSecond        = 100   // USER_HZ, the same on all of Linux
	idleWithin            = 45 * time.Second
	mostOfPage            = 0.2  // statements a second of the operators' page
	mostPageMemory        = 25.0 // MiB
	mostOfPageConnections = 2
	mostOfFile            = 6.0    // MiB of its file: more are resident until it forgets
	userTime, kernel      = 11, 12 // fields of /proc/PID/stat behind the name: proc(5)
)

// BenchmarkIdle watches a daemon with two scheduled jobs that are not due: its statements, as a Postgres that logs all of
// them counts, its connections, memory and processor.
func BenchmarkIdle(b *testing.B) {
	r := newRigOn(b, logged(b))
	pid := r.startIdle()
	r.watchIdle(pid, "VmRSS", mostStatements, mostConnections, mostMemory)
}

// BenchmarkIdleAlerts watches one that looks each minute what somebody is to be told: -benchtime 6x for a minute.
func BenchmarkIdleAlerts(b *testing.B) {
	r := newRigOn(b, logged(b))
	r.edit("\n[daemon]\n", "\n[alerts.smtp]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nfrom = \"paie@example.test\"\n"+
		"[[alerts.recipient]]\nname = \"marie\"\nroles = [\"admin\", \"approve\", \"prepare\"]\nmail = \"marie@example.test\"\n[daemon]\n")
	pid := r.startIdle()
	r.watchIdle(pid, "VmRSS", mostStatements, mostConnections, mostMemory)
}

// BenchmarkIdlePage watches the operators' page when nobody looks at it, after somebody has looked at most of it.
func BenchmarkIdlePage(b *testing.B) {
	r := newRigOn(b, logged(b))
	address := "http://" + freeAddress(b)
	r.edit("\n[daemon]\n", "\n[web]\npublic_url = \""+address+"\"\nlisten = \""+strings.TrimPrefix(address, "http://")+"\"\n[daemon]\n")
	c, err := partner.LoadConfig(filepath.Join(r.dir, "config.toml"), func(string) string { return r.db.URL })
	must(b, err)
	a := app.New(c, app.Door{Version: "bench", Getenv: os.Getenv, Log: zerolog.Nop()})
	service, err := a.Accounts(b.Context())
	must(b, err)
	cookie := signIn(b, service, "visitor", "")
	a.Close()
	pid := r.start("web", func() bool { return r.look(address+"/login", "") })
	for _, path := range []string{"/", "/waiting", "/runs", "/schedule", "/journal", "/reception", "/contract", "/health"} {
		if !r.look(address+path, cookie) {
			b.Errorf("%s is not shown", path)
		}
	}
	for deadline := time.Now().Add(idleWithin); r.memory(pid, "RssFile") > mostOfFile; <-time.After(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("the page keeps in memory what was needed once")
		}
	}
	r.watchIdle(pid, "VmRSS", mostOfPage, mostOfPageConnections, mostPageMemory)
	b.ReportMetric(r.memory(pid, "RssAnon"), "own-MiB")
}

// look reports whether a page is shown.
func (r *rig) look(address, cookie string) bool {
	request, err := http.NewRequestWithContext(r.b.Context(), http.MethodGet, address, nil)
	must(r.b, err)
	request.AddCookie(&http.Cookie{Name: sessionCookie, Value: cookie})
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// watchIdle tells what a process costs that has nothing to do, beside what it may.
func (r *rig) watchIdle(pid int, of string, mostStatements, mostConnections, mostMemory float64) {
	b := r.b
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
		{r.memory(pid, of), mostMemory, "MiB"},
		{processor / seconds, mostProcessor, "processors"},
	} {
		b.ReportMetric(figure.value, figure.unit)
		if figure.value > figure.most {
			b.Errorf("an idle process costs %.3g %s, at most %.3g may be", figure.value, figure.unit, figure.most)
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
	return r.start("daemon", func() bool { return r.ready(socket) && r.connections() <= mostConnections })
}

// start starts a service, and waits until it is idle.
func (r *rig) start(service string, idle func() bool) (pid int) {
	r.b.Helper()
	cmd := r.command(service)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		r.b.Fatal(err)
	}
	r.b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(idleWithin); !idle(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.b.Fatalf("syncd %s is not idle after %s: it has %d connections", service, idleWithin, r.connections())
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

// memory is what of a process is resident, in MiB: of a line of /proc/PID/status.
func (r *rig) memory(pid int, of string) (mib float64) {
	r.b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		r.b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), of+":")
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
