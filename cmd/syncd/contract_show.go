package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"syncd/internal/config"
	"syncd/internal/contract"
	"syncd/internal/contract/advise"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

func newContractShow(p process, flags *globalFlags) *cobra.Command {
	var digest string
	cmd := &cobra.Command{
		Use:   "show [OPERATION]",
		Short: "Show the contracts that were seen, or what one call takes",
		Long: `Without OPERATION: which contracts were seen, when and where, which is in force, and its calls.
With it: the parameters of that call and the members that it takes, with types and limits.
OPERATION is a path, a verb with a path, or the name that the contract gives it.`,
		Example: `  syncd contract show
  syncd contract show Salarie_Post
  syncd contract show "POST /V2/Salarie" --json
  syncd contract show /V2/Salarie --digest 3fa9c1`,
		Args: between(0, 1),
		RunE: p.withKeeper(flags, func(ctx context.Context, a *app, _ *store.Store, k *contract.Keeper, args []string) error {
			s, err := a.seenContract(ctx, k)
			if err != nil {
				return err
			}
			document := s.Newest
			if digest != "" {
				if document, err = k.Document(ctx, s, digest); err != nil {
					return usageError{err}
				}
			}
			if len(args) == 1 {
				return a.showOperation(document, args[0])
			}
			return a.showContract(s, document)
		}),
	}
	cmd.Flags().StringVar(&digest, "digest", "", "of this contract instead of the one in force")
	flags.addJSON(cmd)
	return cmd
}

func (a *app) showContract(s *contract.Standing, document *openapi.Document) error {
	if a.flags.json {
		return a.writeJSON(a.standingJSON(s, s.Problem))
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for i, seen := range s.Known.Seen {
		state := ""
		switch {
		case i == 0 && seen.Digest == s.Accepted.Digest:
			state = "in force"
		case i == 0:
			state = "in force, not accepted yet: see 'syncd contract diff'"
		case seen.Digest == s.Accepted.Digest:
			state = "accepted: what is sent goes by it"
		}
		fmt.Fprintf(w, "%.12s\t%s\tseen %s to %s\t%s\n", seen.Digest, seen.Place, a.day(seen.FirstSeen), a.day(seen.LastSeen), state)
	}
	fmt.Fprintf(w, "\n%s, version %s\n", document.Title, document.Version)
	for _, line := range document.Overview() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", line.Call, line.Takes(), line.ID, line.Summary)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, note := range document.Notes {
		fmt.Fprintf(a.Stdout, "not checked: %s\n", note)
	}
	if s.Problem != "" {
		text, _ := splitHint(s.Problem)
		fmt.Fprintf(a.Stdout, "when the API was last asked, %s: %s\n", a.day(*s.Known.AskedAt), text)
	}
	a.printCall(s)
	return nil
}

func (a *app) showOperation(document *openapi.Document, name string) error {
	op, near := document.Operation(name)
	if op == nil {
		hint := "'syncd contract show' lists the calls"
		if len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
		return usagef("the contract has no call %q\nhint: %s", name, hint)
	}
	if a.flags.json {
		return a.writeJSON(newOperationJSON(op))
	}
	fmt.Fprintf(a.Stdout, "%s %s  %s\n", op.Method, op.Path, op.Summary)
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, p := range op.Parameters {
		fmt.Fprintf(w, "%s\tin the %s\t%s\t%s\n", p.Name, p.In, requiredWord(p.Required), p.Description)
	}
	members, all := op.Outline()
	for _, line := range members {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", line.Path, line.Type, requiredWord(line.Required), line.Description)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case op.Broken != nil:
		fmt.Fprintf(a.Stdout, "what it takes is not known: %s\n", op.Broken.Problem)
	case op.Body == nil && len(op.Media) > 0:
		fmt.Fprintf(a.Stdout, "it takes no JSON: %s\n", strings.Join(op.Media, ", "))
	case op.Body == nil:
		fmt.Fprintln(a.Stdout, "it takes no body")
	case !all:
		fmt.Fprintf(a.Stdout, "the list ends here, after %d members: definitions refer to each other in too many ways\n", len(members))
	}
	for _, demand := range op.Unchecked() {
		fmt.Fprintf(a.Stdout, "not checked: %s\n", demand)
	}
	return nil
}

func requiredWord(required bool) string {
	if required {
		return "required"
	}
	return ""
}

func newContractScaffold(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scaffold JOB",
		Short: "Write a [job.fields] from the contract and the columns of staging, to paste",
		Long: `Write, as TOML to paste into the configuration, the fields that the call takes, each with the
column of staging whose name is alike (case, accents and underscores aside). Members that are
required and have no such column are left as commented lines to fill in. Nothing is changed.

It is a draft: read each line, then let 'syncd check' judge it.`,
		Example: `  syncd contract scaffold paie
  syncd contract scaffold paie --dossier saint-martin > fields.toml`,
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withKeeper(flags, func(ctx context.Context, a *app, ledger *store.Store, k *contract.Keeper, args []string) error {
			job, err := a.config.Job(args[0])
			if err != nil {
				return err
			}
			if !job.Kind.Sends() {
				return usagef("job %s sends no documents\nhint: name a job of kind push-salaries", job.Name)
			}
			return a.scaffold(ctx, ledger, k, job)
		}),
	}
	flags.addDossiers(cmd, p)
	return cmd
}

func (a *app) scaffold(ctx context.Context, ledger *store.Store, k *contract.Keeper, job config.Job) error {
	s, err := a.seenContract(ctx, k)
	if err != nil {
		return err
	}
	if s.Derived.Operation == nil || s.Derived.Operation.Body == nil {
		return usagef("the contract has no call that takes documents at %s\nhint: 'syncd contract show' lists its calls; set path of [isidoor.salarie]", a.config.Isidoor.Salarie.Path)
	}
	push, err := a.config.DraftJob(job.Name)
	if err != nil {
		return err
	}
	dossiers, err := a.dossiers(job)
	if err != nil {
		return err
	}
	staging, dictionaries, err := a.lookAt(ctx, ledger, &push, dossiers[0], job.PeriodAt(time.Now()))
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.Stdout, advise.Scaffold(s.Derived.Operation, push, staging.Shape, dictionaries))
	return err
}

// lookAt reads what a job's queries return for a dossier, and the nomenclatures that were pulled for it: none without a
// ledger.
func (a *app) lookAt(ctx context.Context, ledger *store.Store, push *jobs.PushJob, d config.Dossier, period jobs.Period) (store.Description, mapping.Dictionaries, error) {
	staging, err := a.staging()
	if err != nil {
		return store.Description{}, nil, err
	}
	description, err := staging.Describe(ctx, push.Source, jobs.QueryParams(a.target(d), period))
	if err != nil {
		return store.Description{}, nil, err
	}
	if ledger == nil {
		return description, mapping.Dictionaries{}, nil
	}
	target, known, err := ledger.Target(ctx, a.target(d))
	if err != nil || !known {
		return description, mapping.Dictionaries{}, err
	}
	dictionaries, err := ledger.Dictionaries(ctx, target.ID)
	return description, dictionaries, err
}
