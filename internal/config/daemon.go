package config

import (
	"net"
	"path"
	"strconv"
	"strings"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
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
	Log          string             // "text", "json", or "auto": text in the journal and on a terminal, else JSON
	Ping         PingURL            // asked every ten minutes while all goes on
	Timezone     string             // of ResumeFailed and of Retention.Schedule
	ClosedDays   []schedule.Day     // working days leave them out, in all schedules

	location *time.Location // of Timezone
}

// Location is the clock of Timezone.
func (d *Daemon) Location() *time.Location { return d.location }

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
		Log:          t.Choice("log", "auto", "auto", "text", "json"),
		ClosedDays:   readClosedDays(t, "closed_days"),
		Ping:         readPingURL(t, "ping"),
	}
	d.Timezone, d.location = readTimezone(t, "timezone")
	d.ResumeFailed = readSchedule(t, "resume_failed", t.Text("resume_failed", "0 * * * *"), d.Timezone, d.ClosedDays)
	return d
}

// hostPattern is a name as a client puts it into Host, without port. A star would let every page in.
var hostPattern = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)

func readHosts(t *strict.Table, key string) []string {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return nil
	}
	next := strict.Say("write-host")
	var hosts []string
	for _, at := range t.Texts(key, list, next) {
		if !hostPattern().MatchString(at.Node.Text) {
			at.Report("", strict.Say("no-host"), next)
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
	address := t.Text(key, fallback)
	if address == "" {
		return ""
	}
	if socket, ok := strings.CutPrefix(address, "unix:"); ok {
		if !path.IsAbs(socket) || strings.HasSuffix(socket, "/") || len(socket) > maxSocketPath {
			t.Report(key, strict.Say("no-socket", "n", maxSocketPath), strict.Say("write-listen"))
		}
		return address
	}
	host, port, err := net.SplitHostPort(address)
	number, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil, portErr != nil, number == 0:
		t.Report(key, strict.Say("no-listen"), strict.Say("write-listen"))
	case !strict.Loopback(host):
		t.Report(key, strict.Say("reachable"), strict.Say("write-listen"))
	}
	return address
}

// Retention is how long the ledger keeps what it knows of finished runs.
type Retention struct {
	Diffs    Age                // field by field, old and new values
	Items    Age                // who was sent with what outcome
	Runs     Age                // headers and counts
	Fires    Age                // of schedules
	Baseline Age                // the documents of people who left
	Files    Age                // of the inbox: what they contain
	Readings Age                // who was shown what of whom
	MaxShare float64            // what goes at once of what there is, without a person; 1 = all may
	Schedule *schedule.Schedule // when the daemon purges; nil = never
}

// Age is an age in the months and days of the calendar; zero means for ever.
type Age struct {
	Months, Days int // one of them is zero
}

// Before is the instant before which something is older than the age at now; false when nothing ever is.
func (a Age) Before(now time.Time) (time.Time, bool) {
	if a == (Age{}) {
		return time.Time{}, false
	}
	if a.Months == 0 {
		return now.AddDate(0, 0, -a.Days), true
	}
	then := now.AddDate(0, -a.Months, 0)
	if then.Day() != now.Day() { // 31 March, a month ago: the last of February, not 3 March
		then = then.AddDate(0, 0, -then.Day())
	}
	return then, true
}

// longer tells that what is kept for one age can outlive what is kept for another.
func (a Age) longer(other Age) bool {
	if a == (Age{}) || other == (Age{}) {
		return a == (Age{}) && other != a
	}
	if a.Days == 0 && other.Days == 0 {
		return a.Months > other.Months
	}
	return a.maxDays() > other.minDays()
}

// maxDays and minDays bound the age in days: a month has 28 to 31 of them, 12 months 365 or 366.
func (a Age) maxDays() int { return a.Days + a.Months/12*366 + a.Months%12*31 }
func (a Age) minDays() int { return a.Days + a.Months/12*365 + a.Months%12*28 }

func readRetention(t *strict.Table, d Daemon) Retention {
	defer t.Finish()
	r := Retention{
		Diffs:    readAge(t, "diffs", Age{Months: 12}),
		Items:    readAge(t, "items", Age{Months: 6 * 12}),
		Runs:     readAge(t, "runs", Age{Months: 6 * 12}),
		Fires:    readAge(t, "fires", Age{Months: 12}),
		Baseline: readAge(t, "baseline", Age{Months: 24}),
		Files:    readAge(t, "files", Age{}),
		Readings: readAge(t, "readings", Age{Months: 12}),
	}
	r.MaxShare = t.Number("max_share", 0.25, 0.01, 1)
	r.Schedule = readSchedule(t, "schedule", t.Text("schedule", "30 3 * * *"), d.Timezone, d.ClosedDays)
	if (Age{Days: leastReadings}).longer(r.Readings) {
		t.Report("readings", strict.Say("readings-short"))
	}
	if r.Items.longer(r.Runs) {
		t.Report("items", strict.Say("items-outlive"))
	}
	if r.Diffs.longer(r.Items) {
		t.Report("diffs", strict.Say("diffs-outlive"))
	}
	return r
}

// leastReadings is how many days the ledger keeps who was shown what, whoever asks.
const leastReadings = 28

var agePattern = lazyregexp.New(`^([1-9][0-9]{0,3}) (day|month|year)s?$`)

// maxAgeYears is how far back an age may reach.
const maxAgeYears = 100

// age is a text such as "12 months", or "forever".
func readAge(t *strict.Table, key string, fallback Age) Age {
	n := t.Want(key, strict.KindText)
	if n == nil {
		return fallback
	}
	if n.Text == "forever" {
		return Age{}
	}
	match := agePattern().FindStringSubmatch(n.Text)
	if match == nil {
		t.Report(key, strict.Say("no-age"))
		return fallback
	}
	number, err := strconv.Atoi(match[1])
	age := map[string]Age{"day": {Days: number}, "month": {Months: number}, "year": {Months: 12 * number}}[match[2]]
	if err != nil || age.Months > maxAgeYears*12 {
		t.Report(key, strict.Say("no-age"))
		return fallback
	}
	return age
}

// DefaultTimezone is that of most dossiers.
const DefaultTimezone = "Europe/Paris"

// schedule reads the text of a key; nil for an empty one. A wrong zone is reported at its own key.
func readSchedule(t *strict.Table, key, spec, timezone string, closed []schedule.Day) *schedule.Schedule {
	if spec == "" {
		return nil
	}
	if _, err := schedule.Location(timezone); err != nil {
		timezone = "UTC" // to check the rest
	}
	s, err := schedule.Parse(spec, timezone, closed)
	if err != nil {
		t.Report(key, hinted.What(err), strict.Say("write-schedule"))
		return nil
	}
	return s
}

func readDue(t *strict.Table, key, timezone string, closed []schedule.Day) *schedule.Due {
	spec := t.Required(key, strict.Say("write-due"))
	if _, err := schedule.Location(timezone); err != nil {
		timezone = "UTC" // to check the rest
	}
	due, err := schedule.ParseDue(spec, timezone, closed)
	if err != nil && spec != "" {
		t.Report(key, hinted.What(err), strict.Say("write-due"))
	}
	return due
}

func readTimezone(t *strict.Table, key string) (string, *time.Location) {
	name := t.Text(key, DefaultTimezone)
	location, err := schedule.Location(name)
	if err != nil {
		t.Report(key, hinted.What(err), strict.Say("write-zone"))
		return name, time.UTC
	}
	return name, location
}

// closedDays is a list of dates on which nobody works.
func readClosedDays(t *strict.Table, key string) []schedule.Day {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return nil
	}
	next := strict.Say("write-day")
	var days []schedule.Day
	for _, at := range t.Texts(key, list, next) {
		closed, err := schedule.ParseDay(at.Node.Text)
		if err != nil {
			at.Report("", hinted.What(err), next)
			continue
		}
		days = append(days, closed)
	}
	return days
}
