package accounts

import (
	"context"
	"slices"
	"strings"
	"time"

	"syncd/internal/ledger"
)

// Invite is what a person has to be given who is to use the page: a code, typed once within Invited.
type Invite struct {
	Code    string
	Expires time.Time
}

// Add makes an account, and invites its person. Errors: *Mistake, *SystemUserError.
func (s Service) Add(ctx context.Context, a Account, by ledger.Person) (Invite, error) {
	if err := a.Check(); err != nil {
		return Invite{}, err
	}
	code, i := s.invite()
	a.MadeAt, a.MadeBy = s.now(), by.Name
	added, err := s.Ledger.AddAccount(ctx, a, i, by)
	if err == nil && !added {
		err = mistake("account.taken", "name", a.Name)
	}
	return Invite{code, i.Expires}, err
}

// Reset takes what an account proves it with, ends its sessions, and invites anew; one that was disabled may sign in then.
func (s Service) Reset(ctx context.Context, name string, by ledger.Person) (Invite, error) {
	code, i := s.invite()
	ok, err := s.Ledger.Reset(ctx, name, i, by)
	return Invite{code, i.Expires}, s.there(ctx, name, ok, err)
}

// Disable keeps somebody from signing in.
func (s Service) Disable(ctx context.Context, name string, by ledger.Person) error {
	ok, err := s.Ledger.Disable(ctx, name, s.now(), by)
	return s.there(ctx, name, ok, err)
}

// SetRoles gives an account these roles, and takes from it what others it has for these dossiers; no dossiers = for any.
func (s Service) SetRoles(ctx context.Context, name string, grants Grants, dossiers []string, by ledger.Person) error {
	ok, err := s.Ledger.SetRoles(ctx, name, func(has Grants) Grants {
		if len(dossiers) == 0 {
			return grants.Sorted()
		}
		kept := slices.DeleteFunc(slices.Clone(has), func(g Grant) bool { return slices.Contains(dossiers, g.Dossier) })
		return append(kept, grants...).Sorted()
	}, by)
	return s.there(ctx, name, ok, err)
}

// SetContact changes by which address, and in which language, a person is told of what waits for them; "" = by none, as configured;
// nil = that stays as it is.
func (s Service) SetContact(ctx context.Context, name string, email, language *string, by ledger.Person) error {
	if email != nil {
		if err := checkEmail(*email); err != nil {
			return err
		}
	}
	ok, err := s.Ledger.SetContact(ctx, name, email, language, by)
	return s.there(ctx, name, ok, err)
}

// there tells of a name that no account has.
func (s Service) there(ctx context.Context, name string, ok bool, err error) error {
	if err != nil || ok {
		return err
	}
	all, err := s.Ledger.Accounts(ctx, "")
	if err != nil {
		return err
	}
	var names []string
	for i := range all {
		names = append(names, all[i].Name)
	}
	if len(names) == 0 {
		return mistake("account.none", "name", name)
	}
	return mistake("account.unknown", "name", name, "names", strings.Join(names, ", "))
}
