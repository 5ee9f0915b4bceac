package report

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/jobs"
)

// plural is a noun with its number: the verb %s takes the number.
type plural struct{ one, other string }

// always is a sentence that does not depend on a number.
func always(text string) plural { return plural{text, text} }

// count is "1 employee", "3 employees".
func (p *Printer) count(noun plural, n int) string {
	return fmt.Sprintf(p.noun(noun, n), p.number(n))
}

// number writes thousands apart, as the language does.
func (p *Printer) number(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, digit := range digits {
		if rest := len(digits) - i; i > 0 && rest%3 == 0 && digits[i-1] != '-' {
			b.WriteString(p.catalogue.thousands)
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// period is "November 2026"; "" for runs without one.
func (p *Printer) period(period jobs.Period) string {
	if _, err := jobs.ParsePeriod(string(period)); err != nil {
		return string(period)
	}
	start := period.Start()
	return fmt.Sprintf("%s %d", p.catalogue.months[start.Month()-1], start.Year())
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
	local := t.In(zone)
	day := strconv.Itoa(local.Day())
	if local.Day() == 1 {
		day = p.catalogue.firstDay
	}
	return fmt.Sprintf(p.catalogue.dateTime, day, p.catalogue.months[local.Month()-1], local.Year(), local.Format("15:04:05")) + " (" + clockName(local) + ")"
}

// clockName is "Europe/Paris"; that of the machine's clock has no name, so its offset stands for it.
func clockName(t time.Time) string {
	if t.Location() == time.Local {
		return t.Format("UTC-07:00")
	}
	return t.Location().String()
}

// duration is rounded to what a person wants to know. The units are the same in both languages.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(d, 0).Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
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
		return fmt.Sprintf("%s, "+p.catalogue.sandbox, p.dossier(t.Dossier), host)
	}
	partner := t.Partner
	if partner == "isidoor" {
		partner = "Isidoor"
	}
	environment := t.Environment
	if name, known := p.catalogue.environments[environment]; known {
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
func (p *Printer) ofPeriod(period jobs.Period) string { return p.catalogue.ofMonth(p.period(period)) }

// noun is the form of a noun without its number.
func (p *Printer) noun(noun plural, n int) string {
	if n == 1 || n == 0 && p.catalogue.zeroIsSingular {
		return noun.one
	}
	return noun.other
}

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
