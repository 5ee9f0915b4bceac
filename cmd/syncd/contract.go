package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"syncd/internal/contract"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

func newContract(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "contract",
		Short: "See, compare and accept what the API says that it takes",
		Long: `The API's contract is its Swagger or OpenAPI document. syncd asks for it before a run (at most
once an hour), checks the mapping ('syncd check') and each document against it, and notices
when it changes. Where it is read from is contract in [isidoor.salarie].

A change that breaks what is sent (a member that went or became required, a type, format, list
of values or limit that takes less) holds the next run until it is accepted:

  syncd contract diff
  syncd contract accept --reason "…"

Additions are reported only. Where no contract can be found, documents are not checked.

A contract can be wrong. Then save it, correct it, and name the file: contract = "corrected.json",
which is read at each run; or switch the check off with contract = "none" until it is corrected.`,
		Example: `  syncd contract fetch
  syncd contract show
  syncd contract show "POST /V2/Salarie"
  syncd contract scaffold paie
  syncd contract accept --reason "the new member is mapped"`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newContractFetch(p, flags), newContractShow(p, flags), newContractDiff(p, flags),
		newContractAccept(p, flags), newContractScaffold(p, flags))
	return cmd
}

// withKeeper is a command's work on the contracts that the ledger knows.
func (p process) withKeeper(flags *globalFlags, work func(ctx context.Context, a *app, st *store.Store, k *contract.Keeper, args []string) error) func(*cobra.Command, []string) error {
	return p.withLedger(flags, func(ctx context.Context, a *app, st *store.Store, args []string) error {
		k := a.contracts(st, nil)
		if k == nil {
			return usagef("contract = \"none\" in [isidoor.salarie]: there is no contract to look at\nhint: write contract = \"auto\", a URL or a file")
		}
		return work(ctx, a, st, k, args)
	})
}

func newContractFetch(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fetch",
		Short: "Ask the API for its contract now, and record it",
		Long: `Ask for the contract where contract of [isidoor.salarie] says: at the usual places below the
API's address ("auto"), at a URL, or in a file. What is found is recorded; what changed since
the accepted contract is told. That nothing is found is a warning, not a failure.`,
		Example: `  syncd contract fetch
  syncd contract fetch --json`,
		Args: none,
		RunE: p.withKeeper(flags, func(ctx context.Context, a *app, st *store.Store, _ *contract.Keeper, _ []string) error {
			connection, err := a.connection(checkRetryFor)
			if err != nil {
				return err
			}
			standing, problem, err := a.contracts(st, connection).Fetch(ctx)
			if err != nil {
				return err
			}
			return a.printFetched(standing, problem)
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

func (a *app) printFetched(s *contract.Standing, problem string) error {
	if a.flags.json {
		return a.writeJSON(a.standingJSON(s, problem))
	}
	if problem != "" {
		text, hint := splitHint(problem)
		fmt.Fprintf(a.Stderr, "syncd: warning: %s\nhint: %s\n", text, hint)
		switch {
		case s.Newest != nil:
			fmt.Fprintf(a.Stdout, "documents are still checked against the contract of %s (%.12s)\n", a.day(s.Known.Seen[0].LastSeen), s.Newest.Digest)
		case a.config.Isidoor.Salarie.Contract != string(contract.Auto):
			fmt.Fprintln(a.Stdout, "nothing is sent until the contract that the configuration names can be read")
		default:
			fmt.Fprintln(a.Stdout, "documents are sent without a check; what the API does not know it may drop without a word")
		}
		return nil
	}
	fmt.Fprintf(a.Stdout, "found at %s: %s, version %s, %d calls (%.12s)\n", s.Known.Seen[0].Place, s.Newest.Title, s.Newest.Version, len(s.Newest.Operations), s.Newest.Digest)
	a.printCall(s)
	if s.Known.Accepted == "" {
		_, err := fmt.Fprintln(a.Stdout, "it is the first that was seen")
		return err
	}
	return a.printChanges(s)
}

// printCall tells what the contract says of the call that takes documents.
func (a *app) printCall(s *contract.Standing) {
	if op := s.Derived.Operation; op != nil {
		fmt.Fprintf(a.Stdout, "documents go by %s %s, the key of the dossier in the %s %s\n", op.Method, op.Path, s.Derived.KeyIn, s.Derived.KeyName)
	}
	for _, advice := range s.Advice {
		fmt.Fprintf(a.Stdout, "%s: %s\n", advice.Level, advice.Text)
		if advice.Hint != "" {
			fmt.Fprintf(a.Stdout, "hint: %s\n", advice.Hint)
		}
	}
}

// printChanges tells what changed since the accepted contract.
func (a *app) printChanges(s *contract.Standing) error {
	switch {
	case len(s.Changes) == 0:
		_, err := fmt.Fprintln(a.Stdout, "nothing has changed since the accepted contract; to compare others that were seen: syncd contract diff BEFORE [AFTER]")
		return err
	case s.Waits():
		fmt.Fprintf(a.Stdout, "compared with the accepted contract (%.12s, since %s):\n", s.Accepted.Digest, a.day(*s.Known.AcceptedAt))
	}
	if err := a.printer().ContractChanges(a.Stdout, s.Changes); err != nil {
		return err
	}
	if s.Waits() {
		fmt.Fprintf(a.Stdout, "runs that would send something are held until:  syncd contract accept %.12s --reason \"…\"\n", s.Newest.Digest)
	}
	return nil
}

func newContractDiff(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [BEFORE [AFTER]]",
		Short: "Tell what changed between two contracts, as far as syncd uses them",
		Long: `Compare the accepted contract, under which is sent, with the newest that was seen, or those of two digests
(their beginning is enough; 'syncd contract show' lists them). Only the call that takes
documents is compared. Nothing is asked of the API: see 'syncd contract fetch'.`,
		Example: `  syncd contract diff
  syncd contract diff 3fa9c1 81be22
  syncd contract diff --json`,
		Args: between(0, 2),
		RunE: p.withKeeper(flags, func(ctx context.Context, a *app, _ *store.Store, k *contract.Keeper, args []string) error {
			s, err := a.seenContract(ctx, k)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				if err := choose(ctx, k, s, args); err != nil {
					return err
				}
			}
			switch {
			case a.flags.json:
				return a.writeJSON(a.standingJSON(s, ""))
			case len(args) > 0:
				return a.printer().ContractChanges(a.Stdout, s.Changes)
			}
			return a.printChanges(s)
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

// choose replaces the contracts that are compared by those of the given digests.
func choose(ctx context.Context, k *contract.Keeper, s *contract.Standing, digests []string) error {
	before, err := k.Document(ctx, s, digests[0])
	if err != nil {
		return usageError{err}
	}
	after := s.Newest
	if len(digests) > 1 {
		if after, err = k.Document(ctx, s, digests[1]); err != nil {
			return usageError{err}
		}
	}
	s.Accepted, s.Newest, s.Changes = before, after, k.Changes(before, after)
	return nil
}

// seenContract is where the contracts stand; it is an error that none was ever seen.
func (a *app) seenContract(ctx context.Context, k *contract.Keeper) (*contract.Standing, error) {
	s, err := k.Standing(ctx)
	if err == nil && s.Newest == nil {
		return nil, usagef("no contract was seen yet\nhint: ask for it: syncd contract fetch")
	}
	return s, err
}

func newContractAccept(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accept [DIGEST] --reason TEXT",
		Short: "Accept what changed in the API's contract, so that runs may send under it",
		Long: `Accept the newest contract that was seen. Correct the mapping first where it needs to be ('syncd
check' tells): from then on documents are sent under the new contract, for all dossiers.

Name the one that you looked at by its digest, as 'syncd contract diff' prints it: another one
that was seen since is not accepted then. Without a digest nothing is accepted when several were
seen since the last acceptance.

Held runs that were planned under it and wait for nothing else go on. The reason is recorded with
your user name.`,
		Example: `  syncd contract diff
  syncd contract accept 81be22 --reason "DateEmbauche is mapped now"`,
		Args: between(0, 1),
		RunE: p.withKeyedDecision(flags, func(ctx context.Context, a *app, st *store.Store, args []string) error {
			if err := needReason("an acceptance", flags.reason); err != nil {
				return err
			}
			return a.acceptContract(ctx, st, flags.reason, args)
		}),
	}
	flags.addReason(cmd, "why (recorded)")
	return cmd
}

func (a *app) acceptContract(ctx context.Context, st *store.Store, reason string, digest []string) error {
	k := a.contracts(st, nil)
	if k == nil {
		return usagef("contract = \"none\" in [isidoor.salarie]: there is nothing to accept\nhint: write contract = \"auto\", a URL or a file")
	}
	s, err := a.seenContract(ctx, k)
	if err != nil {
		return err
	}
	if !s.Waits() {
		return usagef("nothing of the contract waits to be accepted\nhint: 'syncd contract fetch' asks the API for it, 'syncd contract show' tells where it stands")
	}
	if err := lookedAt(s, digest); err != nil {
		return err
	}
	decision := ledger.Acceptance{By: requester(), Reason: reason, Expires: map[string]time.Duration{}}
	for _, job := range a.config.Jobs {
		decision.Expires[job.Name] = job.HoldExpires
	}
	accepted, err := k.Accept(ctx, s, decision)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "the contract %.12s is accepted, with these changes:\n", s.Newest.Digest)
	if err := a.printer().ContractChanges(a.Stdout, s.Changes); err != nil {
		return err
	}
	for _, run := range accepted.Released {
		fmt.Fprintf(a.Stdout, "run %d (%s, %s, %s) is let go; a daemon goes on with it, or: syncd resume %d\n", run.ID, run.Job, run.Target.Dossier, run.Period, run.ID)
	}
	for _, run := range accepted.Outdated {
		fmt.Fprintf(a.Stdout, "run %d was planned before; plan afresh: syncd run %s --dossier %s --period %s\n", run.ID, run.Job, run.Target.Dossier, run.Period)
	}
	_, err = fmt.Fprintln(a.Stdout, "whether the mapping fits it: syncd check")
	return err
}

// lookedAt refuses to accept a contract that the user may not have seen.
func lookedAt(s *contract.Standing, digest []string) error {
	const again = "look at what changed: syncd contract diff"
	if len(digest) == 1 {
		switch named := strings.HasPrefix(s.Newest.Digest, strings.ToLower(digest[0])); {
		case named && len(digest[0]) < minDigest:
			return usagef("%q is too short to name a contract\nhint: write at least %d characters: %.12s", digest[0], minDigest, s.Newest.Digest)
		case !named:
			return usagef("%q is not the contract in force, which is %.12s\nhint: %s", digest[0], s.Newest.Digest, again)
		}
		return nil
	}
	waiting := 0
	for _, seen := range s.Known.Seen {
		if seen.Digest != s.Known.Accepted && seen.LastSeen.After(*s.Known.AcceptedAt) {
			waiting++
		}
	}
	if waiting > 1 {
		return usagef("%d contracts were seen since the last acceptance: it must be clear which one is meant\nhint: %s, then: syncd contract accept %.12s --reason \"…\"", waiting, again, s.Newest.Digest)
	}
	return nil
}

// minDigest is how much of a digest names a contract.
const minDigest = 4

func (a *app) day(t time.Time) string { return t.In(a.config.Zone()).Format(time.DateOnly) }

func (a *app) writeJSON(value any) error {
	encoder := json.NewEncoder(a.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
