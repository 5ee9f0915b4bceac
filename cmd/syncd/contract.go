package main

import (
	"context"
	"fmt"
	"strings"

	"syncd/internal/report/view"

	"github.com/spf13/cobra"
)

func newContract(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "contract",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newContractFetch(p, flags), newContractShow(p, flags), newContractDiff(p, flags),
		newContractAccept(p, flags), newContractScaffold(p, flags))
	return cmd
}

func newContractFetch(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "fetch",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			standing, problem, err := a.Contracts().Fetch(ctx)
			if err != nil {
				return err
			}
			if flags.json {
				return view.WriteIndented(a.Stdout, a.teller().ContractStanding(standing, problem))
			}
			return a.printer().ContractFetched(a.Stdout, a.Stderr, standing, problem, a.Config.Documents().Documents.Contract)
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

func newContractDiff(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "diff",
		Args: between(0, 2),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
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
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

func newContractAccept(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "accept",
		Args: between(0, 1),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			s, accepted, err := a.Contracts().Accept(ctx, strings.Join(args, ""), flags.decision())
			if err != nil {
				return err
			}
			return a.printer().ContractAccepted(a.Stdout, s, accepted)
		}),
	}
	flags.addReason(cmd)
	return cmd
}

func newContractShow(p process, flags *globalFlags) *cobra.Command {
	var digest string
	cmd := &cobra.Command{
		Use:  "show",
		Args: between(0, 1),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			if len(args) == 1 {
				op, err := a.Contracts().Call(ctx, digest, args[0])
				if err != nil {
					return err
				}
				if flags.json {
					return view.WriteIndented(a.Stdout, a.teller().ContractCall(op))
				}
				return a.printer().ContractCall(a.Stdout, op)
			}
			s, document, err := a.Contracts().Seen(ctx, digest)
			if err != nil {
				return err
			}
			if flags.json {
				return view.WriteIndented(a.Stdout, a.teller().ContractStanding(s, s.Problem))
			}
			return a.printer().ContractShown(a.Stdout, s, document)
		}),
	}
	cmd.Flags().StringVar(&digest, "digest", "", "")
	flags.addJSON(cmd)
	return cmd
}

func newContractScaffold(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "scaffold",
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			draft, err := a.Contracts().Draft(ctx, args[0], flags.selection())
			if err == nil {
				_, err = fmt.Fprint(a.Stdout, draft)
			}
			return err
		}),
	}
	flags.addDossiers(cmd, p)
	return cmd
}
