package report

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// period is "November 2026"; "" for runs without one.
func (p *Printer) period(period jobs.Period) string {
	if _, err := jobs.ParsePeriod(string(period)); err != nil {
		return string(period)
	}
	start := period.Start()
	return p.Month(start)
}

// zone is that of a job's schedule: people know its times by that clock, whatever the machine's is. Of what belongs to no
// job, or to one that is no longer configured, it is that of the rest.
func (p *Printer) zone(job string) *time.Location {
	if zone := p.options.Zones[job]; zone != nil {
		return zone
	}
	return p.options.Location
}

// time is a moment to the second, and by which clock; "" for nil.
func (p *Printer) time(t *time.Time, zone *time.Location) string {
	if t == nil {
		return ""
	}
	return p.Moment(t.In(zone))
}

// dossier is its label with its name, or its name alone.
func (p *Printer) dossier(name string) string {
	if label := p.options.Labels[name]; label != "" && label != name {
		return label + " (" + name + ")"
	}
	return name
}

// sandboxHost is the host and port of a target on this machine, which is a rehearsal; "" for all others.
func sandboxHost(t jobs.Target) string {
	u, err := url.Parse(t.BaseURL)
	if err != nil || u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback() {
		return ""
	}
	return u.Host
}

// target is whom a run talks to, and for which dossier. The environment cannot be overlooked.
func (p *Printer) target(t jobs.Target) string {
	if host := sandboxHost(t); host != "" {
		return p.dossier(t.Dossier) + ", " + locale.Fill(p.Catalogue.Sandbox, "host", host)
	}
	partner, known := p.Partners[t.Partner]
	if !known {
		partner = t.Partner
	}
	environment := t.Environment
	if name, known := p.Catalogue.Environments[environment]; known {
		environment = name
	}
	return fmt.Sprintf("%s, %s, %s", p.dossier(t.Dossier), partner, environment)
}

// keys lists the first of some matricules.
func keys(all []string, atMost int) string {
	text := strings.Join(all[:min(len(all), atMost)], ", ")
	if len(all) > atMost {
		text += ", …"
	}
	return text
}

// ofPeriod is the period behind the word "period".
func (p *Printer) ofPeriod(period jobs.Period) string { return p.BehindOf(p.period(period)) }

// wrap breaks a text between words into lines of about width characters. French sets a colon apart with a space: it
// does not begin a line.
func wrap(text string, width int) []string {
	var wrapped []string
	line := ""
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' }) { // spaces within numbers stay
		if line != "" && length(word) > 1 && length(line)+1+length(word) > width {
			wrapped = append(wrapped, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(wrapped, line)
}

func joinNonEmpty(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}
