package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/report/view"
)

func newContract(p process) *cobra.Command {
	return group("contract", newContractFetch(p), newContractShow(p), newContractDiff(p), newContractAccept(p), newContractScaffold(p))
}

func newContractFetch(p process) *cobra.Command {
	return p.command("fetch", nothing, func(ctx context.Context, a *session, _ []string) error {
		standing, problem, err := a.Contracts().Fetch(ctx)
		if err != nil {
			return err
		}
		if a.flags.json {
			return view.WriteIndented(a.Stdout, a.teller().ContractStanding(standing, problem))
		}
		return a.printer().ContractFetched(a.Stdout, a.Stderr, standing, problem, a.Config.Documents().Documents.Contract)
	}, p.json)
}

func newContractDiff(p process) *cobra.Command {
	return p.command("diff", arguments{fit: between(0, 2)}, func(ctx context.Context, a *session, args []string) error {
		s, err := a.Contracts().Compare(ctx, args...)
		switch {
		case err != nil:
			return err
		case a.flags.json:
			return view.WriteIndented(a.Stdout, a.teller().ContractStanding(s, nil))
		case len(args) > 0:
			return a.printer().ContractChanges(a.Stdout, s.Changes)
		}
		return a.printer().ContractChanged(a.Stdout, s)
	}, p.json)
}

func newContractAccept(p process) *cobra.Command {
	return p.command("accept", arguments{fit: between(0, 1)}, func(ctx context.Context, a *session, args []string) error {
		s, accepted, err := a.Contracts().Accept(ctx, strings.Join(args, ""), a.decision())
		if err != nil {
			return err
		}
		return a.printer().ContractAccepted(a.Stdout, s, accepted)
	}, p.reason)
}

func newContractShow(p process) *cobra.Command {
	var digest string
	return p.command("show", arguments{fit: between(0, 1)}, func(ctx context.Context, a *session, args []string) error {
		if len(args) == 1 {
			op, err := a.Contracts().Call(ctx, digest, args[0])
			if err != nil {
				return err
			}
			if a.flags.json {
				return view.WriteIndented(a.Stdout, a.teller().ContractCall(op))
			}
			return a.printer().ContractCall(a.Stdout, op)
		}
		s, document, err := a.Contracts().Seen(ctx, digest)
		if err != nil {
			return err
		}
		if a.flags.json {
			return view.WriteIndented(a.Stdout, a.teller().ContractStanding(s, s.Problem))
		}
		return a.printer().ContractShown(a.Stdout, s, document)
	}, flagText("digest", &digest, nil), p.json)
}

func newContractScaffold(p process) *cobra.Command {
	return p.command("scaffold", p.oneJob(), func(ctx context.Context, a *session, args []string) error {
		draft, err := a.Contracts().Draft(ctx, a.words().Catalogue, args[0], a.selection())
		if err == nil {
			_, err = fmt.Fprint(a.Stdout, draft)
		}
		return err
	}, p.dossiers)
}
