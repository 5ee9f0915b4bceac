package alert

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Speaker makes words of messages, for the recipients of one language.
type Speaker struct {
	*locale.Catalogue
	Partners map[string]string // what partners are called, by their names
	Labels   map[string]string // of dossiers
	Zone     *time.Location
	Page     string // where browsers find the operators' page; "" = there is none
}

// mostNamed is how many dossiers of a line are named.
const mostNamed = 5

// Letter is a message in words. Lines, and dossiers of one, that business says are none of the recipient's are left out; nil = all
// are theirs. It returns nil where nothing is left.
func (s *Speaker) Letter(m *ledger.Message, business func(c *ledger.Condition, over bool) bool) *Letter {
	words := &s.Alert
	if m.Purpose == ledger.MessageTest {
		return s.letter(m, words.Subjects[string(m.Purpose)], s.Page, []string{locale.Fill(words.Test, "name", m.Recipient)})
	}
	var content Content
	if json.Unmarshal(m.Content, &content) != nil {
		return nil
	}
	var parts []string
	var all []Line
	for _, part := range []struct {
		title string
		lines []Line
	}{{words.New, content.New}, {words.Still, content.Still}, {words.Over, content.Over}} {
		lines := part.lines
		if business != nil {
			lines = limit(lines, business)
		}
		if len(lines) == 0 {
			continue
		}
		text := []string{part.title, ""}
		for i := range lines {
			text = append(text, s.line(&lines[i], m.Recipient)...)
		}
		parts, all = append(parts, strings.Join(text, "\n")), append(all, lines...)
	}
	if len(all) == 0 {
		return nil
	}
	more := ""
	if rest := len(all) - 1; rest > 0 {
		more = s.Count(words.More, rest)
	}
	purpose := m.Purpose
	if purpose == ledger.MessageReminder && len(content.Still) == 0 { // what is told in the morning alone
		purpose = ledger.MessageAlarm
	}
	return s.letter(m, locale.Fill(words.Subjects[string(purpose)], "what", s.title(&all[0]), "more", more), s.link(&all[0], m.Recipient),
		parts)
}

// Title is what a condition is about, and what is the matter.
func (s *Speaker) Title(c *ledger.Condition) string {
	title := s.title(&Line{Condition: *c})
	if c.Dossier != "" {
		title = cmp.Or(s.Labels[c.Dossier], c.Dossier) + ", " + title
	}
	return title
}

// Details are how many are concerned, and why; "" = nothing is known.
func (s *Speaker) Details(c *ledger.Condition) string {
	details := s.counts(c.Facts.Counts)
	if cause := s.cause(&Line{Condition: *c}); cause != "" {
		details = strings.TrimPrefix(details+", "+cause, ", ")
	}
	return details
}

// Subject is the title of a message.
func (s *Speaker) Subject(m *ledger.Message) string {
	if l := s.Letter(m, nil); l != nil {
		return l.Subject
	}
	return ""
}

// limit leaves the lines that are a recipient's business, and of each the dossiers that are. Of how many people a line tells is not
// known by dossier: where one goes, so do the counts.
func limit(lines []Line, business func(c *ledger.Condition, over bool) bool) (left []Line) {
	for _, l := range lines {
		c, over, all := l.Condition, l.Ended != nil, len(l.Dossiers)
		l.Dossiers = slices.DeleteFunc(l.Dossiers, func(d string) bool {
			c.Dossier = d
			return !business(&c, over)
		})
		if len(l.Dossiers) < all {
			l.Facts.Counts = nil
		}
		if all == 0 && business(&c, over) || len(l.Dossiers) > 0 {
			left = append(left, l)
		}
	}
	return left
}

func (s *Speaker) letter(m *ledger.Message, subject, link string, parts []string) *Letter {
	parts = append(parts, "-- \n"+s.Alert.Footer)
	return &Letter{Message: *m, Subject: plain(subject), Text: strings.Join(parts, "\n\n") + "\n", Link: link}
}

// plain is a text of one line.
func plain(text string) string { return strings.Join(strings.Fields(text), " ") }

// title is what a line is about, and what is the matter.
func (s *Speaker) title(l *Line) string {
	what := locale.Fill(s.Alert.Lines[string(l.Kind)+"-"+strconv.Itoa(l.Stage)], "since", s.moment(&l.Since),
		"until", s.moment(l.Facts.Until), "name", s.name(l))
	where := s.where(l)
	if l.Environment != "" && l.Environment != "production" {
		where += " (" + cmp.Or(s.Environments[l.Environment], l.Environment) + ")"
	}
	if where = strings.TrimSpace(where); where != "" {
		what = where + s.Colon + what
	}
	return what
}

func (s *Speaker) where(l *Line) string {
	switch {
	case l.Period != "":
		return locale.Fill(s.Alert.Where, "month", s.Month(l.Period.Start()), "job", l.Job)
	case l.Job != "":
		return locale.Fill(s.Alert.WhereJob, "job", l.Job)
	}
	return ""
}

// name is what a partner is called, or the name of whom else a line is.
func (s *Speaker) name(l *Line) string { return cmp.Or(s.Partners[l.Name], l.Name) }

func (s *Speaker) moment(at *time.Time) string {
	if at == nil {
		return ""
	}
	return s.By(s.Zone).Minute(at.In(s.Zone))
}

// line is one condition of a message to somebody.
func (s *Speaker) line(l *Line, to string) []string {
	words := &s.Alert
	text := []string{"* " + s.title(l)}
	add := func(part string) { text = append(text, "  "+part) }
	if n := len(l.Dossiers); n > 0 {
		names := make([]string, 0, mostNamed)
		for _, d := range l.Dossiers[:min(n, mostNamed)] {
			names = append(names, cmp.Or(s.Labels[d], d))
		}
		if n > mostNamed {
			names = append(names, "…")
		}
		add(locale.Fill(s.Noun(words.Dossiers, n), "n", s.Number(n), "names", strings.Join(names, ", ")))
	}
	if counted := s.counts(l.Facts.Counts); counted != "" {
		add(counted)
	}
	if len(l.Facts.Jobs) > 0 {
		add(locale.Fill(words.Jobs, "names", strings.Join(l.Facts.Jobs, ", ")))
	}
	if cause := s.cause(l); cause != "" {
		add(locale.Fill(words.Because, "cause", cause))
	}
	if l.Ended != nil {
		add(locale.Fill(words.From, "since", s.moment(&l.Since), "until", s.moment(l.Ended)))
		return append(text, "")
	}
	switch since := locale.Fill(words.Since, "since", s.moment(&l.Since)); {
	case l.Kind.OfAccount():
		add(locale.Fill(words.At, "since", s.moment(&l.Since)))
	case l.Kind != ledger.ConditionGap: // which says it itself
		add(since)
	}
	link := s.link(l, to)
	if link != "" {
		add(locale.Fill(words.Open, "link", link))
	}
	clicks := slices.Contains(ofPeople, l.Kind) || l.Kind.OfAccount() && l.Name == to
	if command := s.command(l); command != "" && (link == "" || !clicks) {
		add(locale.Fill(words.Look, "command", command))
	}
	return append(text, "")
}

// countNames are in the order in which they are told.
var countNames = []string{"held", "expired", "rejected", "blocked", "elements", "uncertain", "departed", "not_attempted", "records",
	"codes", "impacted", "messages", "late", "missed"}

func (s *Speaker) counts(counts map[string]int) string {
	var all []string
	for _, name := range countNames {
		if n := counts[name]; n > 0 {
			all = append(all, s.Count(s.Alert.Counts[name], n))
		}
	}
	return strings.Join(all, ", ")
}

// cause is the reason, the problem or the trouble of a line in short; "" = there is none, or no words for it.
func (s *Speaker) cause(l *Line) string {
	code := l.Facts.Cause
	text := cmp.Or(s.Alert.Causes[code], s.Reasons[code].Plain)
	if l.Kind == ledger.ConditionUndelivered {
		text = s.Alert.Troubles[code]
	}
	if strings.Contains(text, "{") { // it wants a value
		return ""
	}
	return text
}

// ofPeople are the conditions that those see to who type no commands where there is a page.
var ofPeople = []ledger.ConditionKind{ledger.ConditionDue, ledger.ConditionHeld, ledger.ConditionCorrect}

// link is the page that shows somebody more, and where it is decided; "" = there is none.
func (s *Speaker) link(l *Line, to string) string {
	if path := l.path(to); s.Page != "" && path != "" {
		return s.Page + path
	}
	return ""
}

// path is that page. What is of several dossiers stands in a list.
func (l *Line) path(to string) string {
	one := ""
	if len(l.Dossiers) == 1 {
		one = url.PathEscape(l.Dossiers[0])
	}
	switch l.Kind {
	case ledger.ConditionAccountAdded, ledger.ConditionAccountReset, ledger.ConditionLoginPlace, ledger.ConditionLoginFailures:
		return pathOfEvent(l, to)
	case ledger.ConditionPaused, ledger.ConditionDiffers:
		return "/schedule"
	case ledger.ConditionNoDaemon, ledger.ConditionGap, ledger.ConditionClock, ledger.ConditionDatabase, ledger.ConditionPartnerAway,
		ledger.ConditionUndelivered:
		return "/health"
	case ledger.ConditionContract:
		return "/contract"
	case ledger.ConditionWithdrawn:
		return strings.TrimSuffix("/nomenclatures/"+one, "/")
	case ledger.ConditionPurge:
		return ""
	case ledger.ConditionDue:
		if one != "" {
			return "/months/" + one + "/" + string(l.Period)
		}
		return "/"
	case ledger.ConditionHeld, ledger.ConditionCorrect, ledger.ConditionFailed, ledger.ConditionNotReady, ledger.ConditionLate:
	}
	switch {
	case l.Facts.Run != 0:
		return "/runs/" + strconv.FormatInt(l.Facts.Run, 10)
	case l.Kind == ledger.ConditionHeld:
		return "/waiting"
	case l.Kind == ledger.ConditionCorrect:
		return "/"
	}
	return "/runs"
}

// pathOfEvent is where its person types the code of an invitation or ends sessions, and where others see what happened.
func pathOfEvent(l *Line, to string) string {
	switch {
	case l.Name != to:
		return "/health"
	case l.Kind == ledger.ConditionAccountAdded, l.Kind == ledger.ConditionAccountReset:
		return "/invitation"
	}
	return "/account"
}

// command shows more.
func (s *Speaker) command(l *Line) string {
	program := locale.Typed() + " "
	switch l.Kind {
	case ledger.ConditionPaused, ledger.ConditionLate, ledger.ConditionNoDaemon, ledger.ConditionGap, ledger.ConditionDiffers,
		ledger.ConditionClock:
		return program + "schedule"
	case ledger.ConditionContract:
		return program + "contract diff"
	case ledger.ConditionWithdrawn:
		return program + "dictionary impact"
	case ledger.ConditionPurge:
		return program + "purge"
	case ledger.ConditionAccountAdded, ledger.ConditionAccountReset, ledger.ConditionLoginPlace, ledger.ConditionLoginFailures:
		return program + "account list"
	case ledger.ConditionUndelivered:
		return program + "alerts"
	case ledger.ConditionDatabase, ledger.ConditionPartnerAway:
		return program + "check"
	case ledger.ConditionDue:
		return program + "month --period " + string(l.Period)
	case ledger.ConditionHeld, ledger.ConditionCorrect, ledger.ConditionFailed, ledger.ConditionNotReady:
	}
	if l.Facts.Run != 0 {
		return program + "show " + strconv.FormatInt(l.Facts.Run, 10)
	}
	return program + "runs"
}
