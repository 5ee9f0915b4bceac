package main

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"syncd/internal/accounts"
	"syncd/internal/admin"
	"syncd/internal/hinted"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

func newAccount(p process) *cobra.Command {
	return group("account", newAccountAdd(p), newAccountList(p), newAccountRoles(p), newAccountSet(p), newAccountLink(p), newAccountUnlink(p),
		newAccountReset(p), newAccountDisable(p))
}

// person is who types the command.
func (p process) person() ledger.Person {
	return ledger.Person{Name: admin.Requester(), System: admin.Login(), Channel: ledger.ByCommand, Proof: ledger.ProofSystem}
}

// oneAccount is an argument that names an account.
func (p process) oneAccount() arguments { return arguments{exactly("NAME"), p.accountNames} }

func (p process) accountNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return p.fromLedger(func(ctx context.Context, a *session) (names []string) {
		all, _ := a.AccountList(ctx) // whoever presses TAB is told nothing
		for i := range all {
			names = append(names, all[i].Name)
		}
		return names
	}), cobra.ShellCompDirectiveNoFileComp
}

func roleOption(into *[]string) option {
	return several("role", into, oneOf(func() (names []string) {
		for _, role := range accounts.Roles {
			names = append(names, string(role))
		}
		return names
	}))
}

// grants are the roles that the command line gives, each for all dossiers that it names.
func (a *session) grants(roles []string) (grants accounts.Grants, err error) {
	dossiers := []string{""}
	if len(a.flags.dossiers) > 0 {
		selected, err := a.selection().All(a.Config)
		if err != nil {
			return nil, err
		}
		dossiers = nil
		for _, d := range selected {
			dossiers = append(dossiers, d.Name)
		}
	}
	for _, name := range roles {
		role, err := accounts.ParseRole(name)
		if err != nil {
			return nil, usageError{err}
		}
		for _, d := range dossiers {
			grants = append(grants, accounts.Grant{Role: role, Dossier: d})
		}
	}
	return grants, nil
}

func newAccountAdd(p process) *cobra.Command {
	var account accounts.Account
	var roles []string
	takes := arguments{exactly("NAME"), nil}
	return p.command("add", takes, func(ctx context.Context, a *session, args []string) (err error) {
		account.Name = args[0]
		if account.Grants, err = a.grants(roles); err != nil {
			return err
		}
		if len(account.Grants) == 0 {
			return usageError{hinted.Because(nil, "account.roles-missing")}
		}
		service, err := a.Accounts(ctx)
		if err != nil {
			return err
		}
		invite, err := service.Add(ctx, account, p.person())
		if err != nil {
			return err
		}
		return a.tellInvited(account.Name, invite)
	}, roleOption(&roles), p.dossiers, flagText("label", &account.Label, nil), flagText("email", &account.Email, nil),
		flagText("system-user", &account.System, nil), flagText("language", &account.Language, oneOf(languageNames)), p.json)
}

func languageNames() []string { return []string{"fr", "en"} }

// tellInvited tells what the person is to be given, which is told once and kept nowhere.
func (a *session) tellInvited(name string, invite accounts.Invite) error {
	page := a.Config.Web.PublicURL
	if a.flags.json {
		return json.NewEncoder(a.Stdout).Encode(view.Invitation{Account: name, Code: invite.Code, Expires: view.Moment(invite.Expires),
			Page: page})
	}
	at := invite.Expires.In(a.Config.Zone())
	if page == "" {
		a.say(a.Stdout, a.words().Accounts.CodeAlone, "name", name, "code", invite.Code, "until", a.words().Minute(at))
		return nil
	}
	a.say(a.Stdout, a.words().Accounts.Code, "name", name, "code", invite.Code, "until", a.words().Minute(at), "page",
		page+"/invitation")
	return nil
}

func newAccountList(p process) *cobra.Command {
	return p.command("list", nothing, func(ctx context.Context, a *session, _ []string) error {
		all, err := a.AccountList(ctx)
		if err == nil && !a.flags.json {
			for _, names := range view.SameEmail(all) {
				a.say(a.Stderr, a.words().Accounts.SameEmail, "names", names)
			}
		}
		return printed(a, all, err, a.teller().WriteAccountsJSON, a.printer().Accounts)
	}, p.json)
}

func newAccountRoles(p process) *cobra.Command {
	var roles []string
	return p.command("roles", p.oneAccount(), func(ctx context.Context, a *session, args []string) error {
		grants, err := a.grants(roles)
		if err != nil {
			return err
		}
		service, err := a.Accounts(ctx)
		if err != nil {
			return err
		}
		var dossiers []string
		if len(a.flags.dossiers) > 0 {
			selected, err := a.selection().All(a.Config)
			if err != nil {
				return err
			}
			for _, d := range selected {
				dossiers = append(dossiers, d.Name)
			}
		}
		if err := service.SetRoles(ctx, args[0], grants, dossiers, p.person()); err != nil {
			return err
		}
		a.say(a.Stdout, a.words().Accounts.RolesSet, "name", args[0])
		return nil
	}, roleOption(&roles), p.dossiers)
}

func newAccountSet(p process) *cobra.Command {
	var email, language string
	return p.command("set", p.oneAccount(), func(ctx context.Context, a *session, args []string) error {
		if email == "" && language == "" {
			return usageError{hinted.Because(nil, "account.nothing-set")}
		}
		service, err := a.Accounts(ctx)
		if err != nil {
			return err
		}
		if err := service.SetContact(ctx, args[0], orNone(email), orNone(language), p.person()); err != nil {
			return err
		}
		a.say(a.Stdout, a.words().Accounts.ContactSet, "name", args[0])
		return nil
	}, flagText("email", &email, nil), flagText("language", &language, oneOf(func() []string { return append(languageNames(), noWay) })))
}

// noWay stands for no address, and for no language of one's own.
const noWay = "none"

// orNone is what was typed; nil = nothing was.
func orNone(typed string) *string {
	switch typed {
	case "":
		return nil
	case noWay:
		return new("")
	}
	return &typed
}

func newAccountLink(p process) *cobra.Command {
	var issuer string
	takes := arguments{exactly("NAME", "SUBJECT"), p.accountNames}
	return p.command("link", takes, func(ctx context.Context, a *session, args []string) error {
		identity := accounts.Identity{Issuer: cmp.Or(issuer, a.Config.Web.OIDC.Issuer), Subject: args[1]}
		if identity.Issuer == "" {
			return misconfigured{hinted.Because(nil, "account.no-issuer")}
		}
		if err := a.link(ctx, p, args[0], &identity); err != nil {
			return err
		}
		a.say(a.Stdout, a.words().Accounts.NowLinked, "name", args[0], "subject", identity.Subject, "issuer", identity.Issuer)
		return nil
	}, flagText("issuer", &issuer, nil))
}

func newAccountUnlink(p process) *cobra.Command {
	return p.command("unlink", p.oneAccount(), func(ctx context.Context, a *session, args []string) error {
		if err := a.link(ctx, p, args[0], nil); err != nil {
			return err
		}
		a.say(a.Stdout, a.words().Accounts.NowUnlinked, "name", args[0])
		return nil
	})
}

// link sets the identity of an account; nil = none.
func (a *session) link(ctx context.Context, p process, name string, identity *accounts.Identity) error {
	service, err := a.Accounts(ctx)
	if err != nil {
		return err
	}
	return service.Link(ctx, name, identity, p.person())
}

func newAccountReset(p process) *cobra.Command {
	return p.command("reset", p.oneAccount(), func(ctx context.Context, a *session, args []string) error {
		service, err := a.Accounts(ctx)
		if err != nil {
			return err
		}
		invite, err := service.Reset(ctx, args[0], p.person())
		if err != nil {
			return err
		}
		return a.tellInvited(args[0], invite)
	}, p.json)
}

func newAccountDisable(p process) *cobra.Command {
	return p.command("disable", p.oneAccount(), func(ctx context.Context, a *session, args []string) error {
		service, err := a.Accounts(ctx)
		if err != nil {
			return err
		}
		if err := service.Disable(ctx, args[0], p.person()); err != nil {
			return err
		}
		a.say(a.Stdout, a.words().Accounts.NowDisabled, "name", args[0])
		return nil
	})
}
