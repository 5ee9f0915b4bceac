package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"syncd/internal/jobs"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newShow(p process, flags *globalFlags) *cobra.Command {
	var show report.Show
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show what a run did, for whom, and why",
		Long: `Show a run: its accounting, who needs a person's attention and why, and what was sent. With
--diff, old and new value of each field; sensitive values are masked. What was sent for a new
employee is sealed: its fields are shown to those who can read the ledger key, until a later
run replaces it.`,
		Example: `  syncd show 12
  syncd show 12 --diff --employee 00042
  syncd show 12 --json`,
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
			id, err := parseRun(args[0])
			if err != nil {
				return err
			}
			open := a.readLedger
			if wantsDiffs(show, flags) {
				open = a.readDiffs
			}
			ledger, err := open(ctx)
			if err != nil {
				return err
			}
			run, err := ledger.Run(ctx, id)
			if err != nil {
				return explainNoRun(id, err)
			}
			if run.AsksForSomething() {
				if run.Aftermath, err = ledger.Aftermath(ctx, id); err != nil {
					return err
				}
			}
			show.Employees = flags.employees
			return a.show(ctx, ledger, a.printer(), run, show)
		}),
	}
	cmd.Flags().BoolVar(&show.Diff, "diff", false, "old and new value of each field")
	cmd.Flags().BoolVar(&show.All, "all", false, "all items, however many")
	flags.addEmployees(cmd, "only the employee of this matricule")
	flags.addJSON(cmd)
	return cmd
}

// wantsDiffs tells whether showing a run takes more than what each item came to.
func wantsDiffs(show report.Show, flags *globalFlags) bool {
	return show.Diff || show.All || flags.json || len(flags.employees) > 0
}

// show prints a run with its items.
func (a *app) show(ctx context.Context, ledger *store.Store, printer *report.Printer, run *jobs.Run, show report.Show) error {
	if !run.Kind.Sends() {
		changes, err := ledger.Changes(ctx, run.ID)
		if err != nil {
			return err
		}
		if a.flags.json {
			return printer.WritePullJSON(a.Stdout, run, changes)
		}
		return printer.Pull(a.Stdout, run, changes, show)
	}
	filter := store.ItemFilter{Max: itemsAtOnce, Keys: a.flags.employees, Diffs: wantsDiffs(show, a.flags)}
	if job, err := a.config.PushJob(run.Job); err == nil { // a job that is no longer configured knows no field: all comes masked
		filter.Mapping = job.Mapping
	}
	items := allItems(ctx, ledger, run.ID, filter)
	if a.flags.json {
		return printer.WriteRunJSON(a.Stdout, run, items)
	}
	return printer.Run(a.Stdout, run, items, show)
}

// itemsAtOnce is how many items are read together.
const itemsAtOnce = 500

// allItems reads the items of a run in portions.
func allItems(ctx context.Context, ledger *store.Store, run int64, filter store.ItemFilter) iter.Seq2[jobs.Item, error] {
	return func(yield func(jobs.Item, error) bool) {
		for filter.After = 0; ; { // it may be asked to begin anew
			items, err := ledger.Items(ctx, run, filter)
			if err != nil {
				yield(jobs.Item{}, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
				filter.After = item.Seq
			}
			if len(items) < filter.Max {
				return
			}
		}
	}
}
