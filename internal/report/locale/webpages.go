package locale

import (
	"reflect"
	"strings"
	"sync"

	"syncd/internal/lazyregexp"
)

// runPage is a run, and what several pages have of its report.
type runPage struct {
	Title                       string `args:"run"`
	Balance, Differences, Field string
	Before, After               string
	Next                        string
	All                         string            // the link to everybody
	Signs                       map[string]string // what a sign says to who hears it
}

// previewPage is what would be sent.
type previewPage struct {
	Nothing string // that nothing is sent by looking
	Failed  string // before why it could not be made
	Lines   string // above who would be sent
}

// monthPage is a payroll month of one dossier.
type monthPage struct {
	Preview         string
	Close, CloseAll string // CloseAll: although something is missing
	Missing         string // before what is
	Runs            string
}

// fleetPage is the months of all dossiers.
type fleetPage struct {
	Title, Search, None, NoneSuch, All, Open, AllDone, Finished, Again string
	Done                                                               string `args:"n"`

	Causes, Fixed, Corrected, See, Relaunch, Note, Keep, NoneChosen string
	Queued                                                          string     `args:"run"`
	Months                                                          [12]string // short ones, above columns
}

// waitingPage is all that waits for a person: the one who looks, or others.
type waitingPage struct {
	Title, Others, None string
	Since, Until        string `args:"time"`
}

// searchPage looks for an employee, and names the choice of a dossier.
type searchPage struct {
	Title, Dossier, Employee, Hint, Submit, None string
	Either, EitherHint, Several                  string // where people are found by name, too
	First                                        string `args:"n"`
}

// employeePage shows one value at a time of what is masked.
type employeePage struct{ Reveal, Show, Hint string }

type journalPage struct {
	Title, All, Decision, Filter, More, Table string
	Readings, NoReadings                      string // who was shown what of whom
	Mine                                      string // that only the person's own are shown
}

type contractPage struct{ Title, InForce, Accepted, By, Problem, Waits, Fits, Waiting, Accept, AcceptText string }

// codesPage is nomenclatures.
type codesPage struct {
	Title, Fetch string
	Last         string `args:"time"`

	ImpactTitle, ImpactUnknown, Differs, Preview, Touched string // whom codes would block
	ImpactNobody                                          string `args:"employees"`
	Impact                                                Plural `args:"n employees"`
	ImpactOf                                              string `args:"job month impact time"`
	Used                                                  string `args:"name code employees"`
}

// receptionPage is what was read of partners.
type receptionPage struct{ Title, Nothing, Reads, Records, None, Full, Changed string }

type healthPage struct {
	Title, Database, Answers, Service, NoDaemon, Differs, Outside, Unready string
	Daemon                                                                 string `args:"host version time"`
	Silent                                                                 string `args:"host time"`
	Running, Stopped                                                       string // of the service, on a month's page
	Uncoded                                                                string `args:"label"` // who signs in at an issuer that demands nothing
	Answered                                                               string `args:"time"`
	Away                                                                   string `args:"time reason"`
	NeverAsked                                                             string
	Clock, ClockOff                                                        string // of a clock that is wrong

	Alerts, NobodyTold, NeverTold, Refused string // how what is told leaves
	Channel                                string `args:"name"`
	Undelivered                            Plural `args:"n trouble"`
	LastTold                               string `args:"time"`
	Test, Recipient, SendTest, Happened    string
	Tested                                 string            `args:"time name state"`
	Events                                 map[string]string `args:"name"` // what happened to an account, by its kind
}

// doWords are what a person can click.
type doWords struct {
	Labels     map[string]string // by the name of the action; of settle with the outcome
	ApproveAll string
	CancelAll  string `args:"n"` // what it gives up
	CancelOne  string // likewise, of an employee who is held alone
	OtherRun   string `args:"run"`
	Decide     string `args:"run"`
	Preview    string
	Send       string
	Who        string `args:"who"` // instead of a click, who may
	Resend     string
	ResendText string // and what it does
}

// onPages are the rooms of errors that whoever decides on the page meets.
var onPages = []string{"account", "audit", "inbox", "run", "settle"}

// pagewise puts what the page says in the place of what belongs to a terminal: who clicks is told of no command.
func (c *Catalogue) pagewise() {
	for _, part := range []struct {
		texts map[string]string
		into  any
	}{{c.Web.Steps, &c.Steps}, {c.Web.Words, &c.Words}, {c.Web.Records, &c.Records}} {
		for key, text := range part.texts {
			reflect.ValueOf(part.into).Elem().FieldByName(strings.ToUpper(key[:1]) + key[1:]).SetString(text) // a test asks for all of them
		}
	}
	for code, words := range c.Refused {
		words.Hint = c.untyped(words.Hint)
		c.Refused[code] = words
	}
	whole, untyped := c.Errors, c.untyped
	c.Errors = sync.OnceValue(func() map[string]map[string]ErrorWords {
		rooms := whole()
		for _, room := range onPages {
			for code, words := range rooms[room] {
				words.Hint = untyped(words.Hint)
				rooms[room][code] = words
			}
		}
		return rooms
	})
}

// commandOfText finds what may be a command, and an option of one.
var commandOfText = lazyregexp.New(`\bsyncd(?:-admin)? (?:-i \S+ )?([a-z]+)\b|\bsystemctl |--[a-z]`)

// namesCommand reports whether a text names a command, and how much stands before it.
func namesCommand(text string) (before string, names bool) {
	for _, found := range commandOfText().FindAllStringSubmatchIndex(text, -1) {
		if found[2] < 0 || IsCommand(text[found[2]:found[3]]) {
			return text[:found[0]], true
		}
	}
	return text, false
}

// untyped is a next step without what of it is typed, but for what it has for an administrator: of "see, then: syncd run", "see, then".
func (c *Catalogue) untyped(hint string) string {
	var parts []string
	for part := range strings.SplitSeq(hint, c.Semicolon) {
		before, names := namesCommand(part)
		if names && !strings.Contains(before, "administrat") { // -or, -eur
			if part, _, names = strings.Cut(before, c.Colon); !names { // it goes on after the command
				continue
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, c.Semicolon)
}
