package config

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/schedule"
)

// Daemon is how `syncd daemon` works.
type Daemon struct {
	Listen       string             // "host:port" of this machine, or "unix:/path"; "" = no health and no metrics
	Hosts        []string           // names under which it is asked as well, such as by a proxy
	MaxRuns      int                // runs executed at once
	ResumeFailed *schedule.Schedule // when failed runs are taken up again; nil = never
	ResumeWithin time.Duration      // how old a failed run may be for that
	Grace        time.Duration      // how long runs may take to end when the daemon stops
	Timezone     string             // of ResumeFailed and of Retention.Schedule
	ClosedDays   []schedule.Day     // working days leave them out, in all schedules

	location *time.Location // of Timezone
}

// mostGrace is less than the 90 s after which systemd kills the packaged service (TimeoutStopSec).
const mostGrace = 80 * time.Second

func readDaemon(t *strict.Table, maxInFlight int) Daemon {
	defer t.Finish()
	d := Daemon{
		Listen:       readListen(t, "listen", "127.0.0.1:9464"),
		Hosts:        readHosts(t, "hosts"),
		MaxRuns:      t.Integer("max_runs", int64(jobs.RunsAtOnce(maxInFlight)), 1, 64),
		ResumeWithin: t.Duration("resume_within", strict.Day, time.Minute, 7*strict.Day),
		Grace:        t.Duration("grace", time.Minute, time.Second, mostGrace),
		ClosedDays:   readClosedDays(t, "closed_days"),
	}
	d.Timezone, d.location = readTimezone(t, "timezone")
	d.ResumeFailed = readSchedule(t, "resume_failed", t.Text("resume_failed", "0 * * * *"), d.Timezone, d.ClosedDays)
	return d
}

// hostPattern is a name as a client puts it into Host, without port. A star would let every page in.
var hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)

func readHosts(t *strict.Table, key string) []string {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return nil
	}
	const hint = `write a name such as "metrics.example.org", between quotes and without port`
	var hosts []string
	for _, at := range t.Texts(key, list, hint) {
		if !hostPattern.MatchString(at.Node.Text) {
			at.Report("", "is not the name of a host", hint)
			continue
		}
		hosts = append(hosts, at.Node.Text)
	}
	return hosts
}

// maxSocketPath is the length in bytes of the longest path of a Unix socket on Linux.
const maxSocketPath = 107

// listen is an address that other machines cannot reach: what is told there is nobody else's business.
func readListen(t *strict.Table, key, fallback string) string {
	const hint = `write "127.0.0.1:9464", "unix:/run/syncd/http.sock", or "" for none`
	address := t.Text(key, fallback)
	if address == "" {
		return ""
	}
	if socket, ok := strings.CutPrefix(address, "unix:"); ok {
		if !path.IsAbs(socket) || strings.HasSuffix(socket, "/") || len(socket) > maxSocketPath {
			t.Report(key, fmt.Sprintf("is not the path of a socket, from the slash on and at most %d bytes", maxSocketPath), hint)
		}
		return address
	}
	host, port, err := net.SplitHostPort(address)
	number, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil, portErr != nil, number == 0:
		t.Report(key, "is neither host:port nor unix:/path", hint)
	case !strict.Loopback(host):
		t.Report(key, "can be reached from other machines: only this machine's own addresses are accepted", hint)
	}
	return address
}
