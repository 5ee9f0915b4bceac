package view

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"syncd/internal/accounts"
)

// AccountTable is a table of who may use the page, in the order given.
func (t *Teller) AccountTable(all []accounts.Account) Table {
	words := &t.Accounts
	table := Table{Head: words.Head, Numbers: len(words.Head)}
	for i := range all {
		a := &all[i]
		last := "–"
		if a.LastLogin != nil {
			last = t.Brief(*a.LastLogin, t.options.Location)
		}
		table.Rows = append(table.Rows, []string{a.Name, Clean(a.Label), cmp.Or(a.System, "–"), t.grants(a.Grants), t.signsIn(a), last})
	}
	return table
}

// grants is "prepare (saint-martin), read".
func (t *Teller) grants(grants accounts.Grants) string {
	var texts []string
	for _, role := range accounts.Roles {
		var of []string
		for _, g := range grants {
			if g.Role == role {
				of = append(of, g.Dossier)
			}
		}
		switch {
		case slices.Contains(of, ""):
			texts = append(texts, string(role))
		case len(of) > 0:
			texts = append(texts, string(role)+" ("+strings.Join(of, ", ")+")")
		}
	}
	return cmp.Or(strings.Join(texts, ", "), "–")
}

// signsIn is how it stands with signing in.
func (t *Teller) signsIn(a *accounts.Account) string {
	words := &t.Accounts
	switch {
	case a.DisabledAt != nil:
		return words.Disabled
	case a.Ready:
		return words.Ready
	case a.InvitedUntil != nil:
		return t.Fill(words.Invited, "until", t.Minute(a.InvitedUntil.In(t.options.Location)))
	}
	return words.Uninvited
}

// SameEmail are the names of accounts with one address: they may be one person, whom a second one would be asked of in vain.
func SameEmail(all []accounts.Account) (groups [][]string) {
	by := map[string][]string{}
	for i := range all {
		if a := &all[i]; a.Email != "" && a.DisabledAt == nil {
			address := strings.ToLower(a.Email)
			by[address] = append(by[address], a.Name)
		}
	}
	for _, names := range by {
		if len(names) > 1 {
			groups = append(groups, names)
		}
	}
	slices.SortFunc(groups, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	return groups
}

// Account is one of them.
type Account struct {
	Name         string  `json:"name"`
	Label        string  `json:"label,omitempty"`
	SystemUser   string  `json:"system_user,omitempty"`
	Email        string  `json:"email,omitempty"`
	Language     string  `json:"language,omitempty"`
	Roles        []Grant `json:"roles"`
	Ready        bool    `json:"ready"`
	Issuer       string  `json:"issuer,omitempty"` // that knows its person
	Subject      string  `json:"subject,omitempty"`
	InvitedUntil *string `json:"invited_until"`
	DisabledAt   *string `json:"disabled_at"`
	LastLogin    *string `json:"last_login"`
	MadeAt       *string `json:"made_at"`
	MadeBy       string  `json:"made_by"`
}

// Grant is a role for a dossier.
type Grant struct {
	Role    accounts.Role `json:"role"`
	Dossier string        `json:"dossier,omitempty"` // "" = all
}

// WriteAccountsJSON writes them as an array.
func (t *Teller) WriteAccountsJSON(w io.Writer, all []accounts.Account) error {
	out := newStream(w)
	out.raw("[")
	for i := range all {
		a := &all[i]
		one := Account{a.Name, a.Label, a.System, a.Email, a.Language, []Grant{}, a.Ready, "", "", moment(a.InvitedUntil), moment(a.DisabledAt),
			moment(a.LastLogin), moment(&a.MadeAt), a.MadeBy}
		if a.Identity != nil {
			one.Issuer, one.Subject = a.Identity.Issuer, a.Identity.Subject
		}
		for _, g := range a.Grants {
			one.Roles = append(one.Roles, Grant{g.Role, g.Dossier})
		}
		out.element(one)
	}
	out.closeArray()
	return out.end("\n")
}

// Invitation is what a person is to be given, once.
type Invitation struct {
	Account string  `json:"account"`
	Code    string  `json:"code"`
	Expires *string `json:"expires"`
	Page    string  `json:"page"` // "" = none is configured
}

// Moment is a time as JSON has it.
func Moment(at time.Time) *string { return moment(&at) }
