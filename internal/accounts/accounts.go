// Package accounts has the people of the operators' page: what they may do, how they prove who they are, and for how long that
// counts. It keeps nothing itself (ports.go says what does), and answers no request.
package accounts

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
	"syncd/internal/ledger"
)

// Role is what somebody may do, of the dossiers that it was granted for. Each lets read as well; none includes another one, so
// that who prepares a month need not be who lets it go.
type Role string

const (
	Read    Role = "read"
	Prepare Role = "prepare" // start, correct, settle, cancel
	Approve Role = "approve" // let go what is held, close a month
	Admin   Role = "admin"   // contract, nomenclatures, schedules, the service
)

// Roles are all of them, in the order in which help lists them.
var Roles = []Role{Read, Prepare, Approve, Admin}

// Grant is a role for a dossier.
type Grant struct {
	Role    Role
	Dossier string // "" = all
}

// Grants are what somebody may do.
type Grants []Grant

// May reports whether somebody has a role for a dossier.
func (g Grants) May(role Role, dossier string) bool {
	return slices.ContainsFunc(g, func(one Grant) bool {
		return (one.Role == role || role == Read) && (one.Dossier == "" || one.Dossier == dossier)
	})
}

// Anywhere reports whether somebody has a role for any dossier.
func (g Grants) Anywhere(role Role) bool {
	return slices.ContainsFunc(g, func(one Grant) bool { return one.Role == role || role == Read })
}

// Everywhere reports whether somebody has a role for all dossiers, those to come as well.
func (g Grants) Everywhere(role Role) bool { return g.May(role, "") }

// Account is somebody who may use the page.
type Account struct {
	Name         string // at most 63 small letters, digits and . _ -; for ever
	Label        string // what people call them; "" = by the name
	System       string // the system user by whom they type commands; "" = they type none
	Email        string
	Language     string // "fr", "en"; "" = as configured
	Grants       Grants
	Ready        bool       // they have a password, or an identity
	Codes        bool       // and codes
	Identity     *Identity  // at an issuer; nil = none
	InvitedUntil *time.Time // nil = no invitation waits
	DisabledAt   *time.Time // nil = they may sign in
	MadeAt       time.Time
	MadeBy       string
	LastLogin    *time.Time // nil = never
}

// Called is the account as people read it.
func (a *Account) Called() string { return cmp.Or(a.Label, a.Name) }

// checkEmail finds what is no address; "" is none, which may be.
func checkEmail(address string) error {
	if address != "" && !strings.Contains(address, "@") || strings.ContainsAny(address, " \r\n<>,;") {
		return mistake("account.no-email")
	}
	return nil
}

var namePattern = lazyregexp.New(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// nameOf is the name of an account as somebody types it, and whether there can be one of it.
func nameOf(typed string) (name string, possible bool) {
	name = strings.ToLower(strings.TrimSpace(typed))
	return name, namePattern().MatchString(name)
}

// Check refuses what cannot be an account. An error is a *Mistake.
func (a *Account) Check() error {
	switch name, possible := nameOf(a.Name); {
	case !possible || name != a.Name:
		return mistake("account.no-name")
	case checkEmail(a.Email) != nil:
		return checkEmail(a.Email)
	case ledger.CheckReason(a.Label) != nil:
		return mistake("account.no-label")
	}
	return nil
}

// ParseRole is the role of that name. An error is a *Mistake.
func ParseRole(name string) (Role, error) {
	if role := Role(name); slices.Contains(Roles, role) {
		return role, nil
	}
	return "", mistake("account.no-role", "roles", hinted.Either(roleNames()))
}

func roleNames() (names []string) {
	for _, role := range Roles {
		names = append(names, string(role))
	}
	return names
}

// Sorted are grants in the order in which people read them.
func (g Grants) Sorted() Grants {
	return slices.SortedFunc(slices.Values(g), func(a, b Grant) int {
		return cmp.Or(cmp.Compare(slices.Index(Roles, a.Role), slices.Index(Roles, b.Role)), cmp.Compare(a.Dossier, b.Dossier))
	})
}

// Session is somebody who is signed in.
type Session struct {
	Hash     [32]byte // of what the browser has
	ID       int64    // by which it is named, to end it
	Account  string
	Label    string
	System   string
	Language string
	Password bool   // the person has one
	Codes    bool   // and codes
	Issuer   string // that knows the person as well; "" = none
	Grants   Grants
	MadeAt   time.Time
	SeenAt   time.Time
	ProvedAt time.Time    // when the person last proved who that is
	Proof    ledger.Proof // and how
	Address  string
	Agent    string
}

// How long a session counts, and a proof within it.
const (
	Idle     = 30 * time.Minute
	Lasts    = 10 * time.Hour
	Proven   = 10 * time.Minute
	Invited  = 72 * time.Hour
	seeAgain = time.Minute // a session that was seen so lately is not written again
)

// Proved reports whether the person has proved lately who that is: what cannot be taken back asks for it.
func (s *Session) Proved(now time.Time) bool { return now.Sub(s.ProvedAt) < Proven }

// Name is who a session is, as people read it.
func (s *Session) Name() string { return cmp.Or(s.Label, s.Account) }

// String is how the audit tells grants: "prepare:saint-martin approve".
func (g Grants) String() string {
	var words []string
	for _, one := range g.Sorted() {
		word := string(one.Role)
		if one.Dossier != "" {
			word += ":" + one.Dossier
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
