// Package preset is for partners that are read from: what they are asked, and how their answers read, is data. A preset is TOML
// that comes with the program, and a user may write any of its values anew, but for what is fixed. Which calls may be made at all
// stands in Go (closed.go).
//
//	preset.go      what a preset can say
//	section.go     how it is read with a user's values over it;  collection.go: of each collection
//	closed.go      the closed list of calls, and its two gates;  fill.go: {name} and base64({a}:{b})
//	connection.go  one client for all dossiers;  feed.go: a dossier at such a partner, jobs.Feed
//	listing.go     pages of a list;  record.go: a record, and what speaks against it;  files.go: its files;  answer.go: JSON
//
// # The language
//
//	fixed.hosts.test, .production   base_url, token_url; where there are none the user writes base_url
//	fixed.token                     grant = "client-credentials", or "password-then-refresh" with call, by username and password of
//	                                the dossier
//	fixed.partner, fixed.dossier    what [[partner]] and [dossier.NAME] must have: name = "text", "secret" or "date"
//	fixed.distinct                  names of which no two dossiers may have the same
//	scope, rate_per_minute          of the token, of all calls together
//	headers                         name = template; as a whole a secret of [[partner]], else texts and secrets of the dossier
//	answer                          code, success, message: a refusal inside of a 200
//	identity                        call, and pointer or text = true: for whom the partner answers; is: the dossier's value for it
//	webhooks                        call, active: what takes records from the lists
//	password_age                    field, days, warn
//	collection.NAME                 list, body, windows, page, records, each, with, key, texts, owner, foreign, omit, detail, files,
//	                                ack, sweep, zone (of days)
//	  windows                       name, from, to (a pointer into body, or a parameter), days or since + overlap + first, dated,
//	                                whole, format = "day" or "moment"
//	  page                          number or offset, and limit (as from), size, first, pages, total, echo
//	  files                         list, records, id, size, sha256, type, get
//	  sweep                         list, records, key, page, format, reach, every, overlap, first
//
// Pointers are JSON pointers (RFC 6901). Any setting of [[partner]] may have another default in a preset.
package preset

import "syncd/internal/jobs"

// Section is what a preset and a user's values over it say, without secrets.
type Section struct {
	Table           string // that says so, for hints
	Grant           Grant
	TokenURL, Scope string
	RatePerMinute   int
	Headers         []Header     `json:",omitempty"` // that tell of a dossier
	Answer          *Answer      `json:",omitempty"` // nil = each answer of success is one
	Identity        *Identity    `json:",omitempty"` // nil = not told
	Webhooks        *Webhooks    `json:",omitempty"` // nil = cannot be asked
	PasswordAge     *PasswordAge `json:",omitempty"` // nil = passwords live for ever
	Dossier         []Need       // what each dossier must have
	ReadOnly        bool         `json:",omitempty"` // somebody else acknowledges
	Collections     []Collection // in the order of the preset
}

// Grant is how tokens are obtained.
type Grant struct {
	Kind string // ClientCredentials or PasswordThenRefresh
	Call string // the path of the latter's, below base_url
}

// The grants.
const (
	ClientCredentials   = "client-credentials"
	PasswordThenRefresh = "password-then-refresh"
)

// Header goes with each call. Its value is a template.
type Header struct{ Name, Value string }

// Answer says how a refusal inside of a 200 is told.
type Answer struct {
	Code    string // pointer to the code
	Success []string
	Message string // pointer to the words; "" = none
}

// Identity tells for whom the partner answers.
type Identity struct {
	Call    Call
	Pointer string
	Text    bool   // the answer as a whole
	Is      string // of the dossier: what it must be; "" = the partner alone knows
}

// Webhooks are what takes records from the lists.
type Webhooks struct {
	Call   Call
	Active string // pointer into one
}

// PasswordAge is how long passwords live.
type PasswordAge struct {
	Field      string // of the dossier: when it was set
	Days, Warn int
}

// Need is a value that must be written, of a kind: "text", "secret" or "date".
type Need struct{ Name, Kind string }

// The kinds of values.
const (
	KindText   = "text"
	KindSecret = "secret"
	KindDate   = "date"
)

// Collection is one list, and what belongs to its records.
type Collection struct {
	Name          string
	List          Listing
	Windows       []Window
	Dated         string // pointer to the date of a record; "" = it has none
	Zone          string // of its days
	Owner         []Owner
	ForeignHolds  bool
	Omit          []string
	Detail        *Call  `json:",omitempty"`
	Files         *Files `json:",omitempty"`
	Acknowledge   *Call  `json:",omitempty"`
	Sweep         *Sweep `json:",omitempty"`
	keyed, parted bool   // records have a key of their own in them; it goes into paths
}

// Listing is a call that lists records, and where they are in its answer.
type Listing struct {
	Call    Call
	Body    string  `json:",omitempty"` // JSON
	Page    *Paging `json:",omitempty"` // nil = all come at once
	Records string
	Each    string   `json:",omitempty"` // within one: the records are one level down
	With    []string `json:",omitempty"` // what they take along from there
	Texts   bool     `json:",omitempty"` // they are texts, each its key
	Key     string
}

// Window is what a call of a list is limited to.
type Window struct {
	jobs.Window
	From, To string // where its ends go: a pointer into the body, or a parameter
	Format   string // FormatDay or FormatMoment
}

// How the ends of a window are written.
const (
	FormatDay    = "day"    // 2026-11-30
	FormatMoment = "moment" // 2026-11-30T08:00:00+01:00
)

// Paging is how the pages of a list are asked for.
type Paging struct {
	Number, Offset, Limit string // as From: one of the first two
	Size, First           int
	Pages, Total, Echo    string // pointers into the answer; "" = not told
}

// Owner says whose a record is, where it says all that stands in When: one of Any is the SIRET or the SIREN of its dossier.
type Owner struct {
	When map[string]string `json:",omitempty"`
	Any  []string
}

// Files are those of a record.
type Files struct {
	List, Get              Call
	Records                string
	ID, Size, SHA256, Type string
}

// Sweep asks for all records that were made since some day.
type Sweep struct {
	jobs.Sweep
	List   Listing
	Format string
}

// Jobs are the collections as jobs know them.
func (s Section) Jobs() (all []jobs.Collection) {
	for i := range s.Collections {
		c := &s.Collections[i]
		one := jobs.Collection{Name: c.Name, Paged: c.List.Page != nil, Detail: c.Detail != nil, Files: c.Files != nil,
			Acks: c.Acknowledge != nil, ForeignHolds: c.ForeignHolds, Omit: c.Omit}
		for _, w := range c.Windows {
			one.Windows = append(one.Windows, w.Window)
		}
		if c.Sweep != nil {
			one.Sweep = &c.Sweep.Sweep
		}
		all = append(all, one)
	}
	return all
}
