package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

func newAudit(p process, flags *globalFlags) *cobra.Command {
	var filter ledger.AuditFilter
	var period, since, decision string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "List who decided what, when and why, newest first",
		Long: `List the decisions: runs, resumes, approvals, cancellations, settlements, closed and reopened
months, pauses, purges, and changes of the configuration that were seen; each with who, when,
why, with which program and which configuration. Nothing changes or deletes them.`,
		Example: `  syncd audit
  syncd audit --decision approve --since 2026-01-01
  syncd audit --run 12 --json`,
		Args:    none,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return wantsRun(cmd, "run", filter.Run) },
		RunE: p.withLedger(flags, func(ctx context.Context, a *app, ledger *store.Store, _ []string) error {
			var err error
			if filter.Employee, err = flags.matricule(p, filter.Employee); err != nil {
				return err
			}
			if err := readAuditFilter(&filter, period, since, decision, a.config.Zone()); err != nil {
				return err
			}
			if err := a.knows(store.RunFilter{Job: filter.Job, Dossier: filter.Dossier}); err != nil {
				return err
			}
			entries, err := ledger.Audit(ctx, filter)
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteAuditJSON(p.Stdout, entries)
			}
			return a.printer().Audit(p.Stdout, entries)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&filter.Dossier, "dossier", "", "only about this dossier")
	f.StringVar(&filter.Job, "job", "", "only about this job")
	f.StringVar(&period, "period", "", "only about this payroll month, such as 2026-11")
	f.Int64Var(&filter.Run, "run", 0, "only about this run")
	f.StringVar(&filter.Employee, "employee", "", "only what names this matricule; - reads it from standard input")
	f.StringVar(&filter.Actor, "by", "", "only of this system user; syncd = by a rule")
	f.StringVar(&decision, "decision", "", "only these: "+strings.Join(decisionNames(), ", "))
	f.StringVar(&since, "since", "", "only from this day on, such as 2026-01-01")
	f.IntVar(&filter.Max, "limit", 100, "at most so many")
	complete(cmd, "dossier", p.dossierNames(flags))
	complete(cmd, "job", p.jobNames(flags))
	complete(cmd, "period", months)
	complete(cmd, "run", p.runNumbers(flags))
	complete(cmd, "decision", words(decisionNames))
	flags.addJSON(cmd)
	return cmd
}

func decisionNames() []string {
	var names []string
	for _, d := range ledger.Decisions {
		names = append(names, string(d))
	}
	return names
}

func readAuditFilter(f *ledger.AuditFilter, period, since, decision string, zone *time.Location) (err error) {
	if period != "" {
		if f.Period, err = parsePeriod(period); err != nil {
			return err
		}
	}
	if since != "" {
		if f.Since, err = time.ParseInLocation(time.DateOnly, since, zone); err != nil {
			return usagef("--since %q is no day\nhint: write 2026-01-31", since)
		}
	}
	if f.Decision = ledger.Decision(decision); decision != "" && !slices.Contains(ledger.Decisions, f.Decision) {
		return usagef("there is no decision %q\nhint: %s", decision, strings.Join(decisionNames(), ", "))
	}
	if f.Max < 1 {
		return usagef("--limit %d lists nothing\nhint: at least 1", f.Max)
	}
	return nil
}
