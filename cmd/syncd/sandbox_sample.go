package main

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/jobs"
	"syncd/internal/sample"
)

func newSandboxSample(p process) *cobra.Command {
	var elementsOnly bool
	options := sample.Options{Period: string(jobs.PeriodOf(time.Now())), ElementsPerEmployee: 3}
	cmd := &cobra.Command{
		Use:   "sample DOSSIER=EMPLOYEES …",
		Short: "Write made-up staff for the default staging tables, as SQL for psql",
		Long: `Write made-up staff and payroll elements for the default staging tables, as SQL for psql. The
same dossier always gets the same people. Nobody is real: the communes and banks in their
numbers do not exist, though all keys are valid.`,
		Example: `  syncd sandbox sample saint-martin=8 sainte-anne=120 | psql -d syncd_rehearsal
  syncd sandbox sample saint-martin=8 --period 2026-12 --elements-only | psql -d syncd_rehearsal`,
		Args: between(1, 1000),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := jobs.ParsePeriod(options.Period); err != nil {
				return usageError{err}
			}
			var all []sample.Options
			for _, arg := range args {
				o, err := parseSample(arg, options)
				if err != nil {
					return err
				}
				all = append(all, o)
			}
			if elementsOnly {
				return sample.WriteElementsSQL(p.Stdout, all...)
			}
			return sample.WriteSQL(p.Stdout, all...)
		},
	}
	cmd.Flags().StringVar(&options.Period, "period", options.Period, "payroll month of the elements")
	cmd.Flags().Float64Var(&options.ElementsPerEmployee, "elements", options.ElementsPerEmployee, "elements per employee, on average")
	cmd.Flags().BoolVar(&elementsOnly, "elements-only", false, "another month of the same staff: elements alone")
	return cmd
}

func parseSample(arg string, o sample.Options) (sample.Options, error) {
	name, count, _ := strings.Cut(arg, "=")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || name == "" {
		return o, usagef("%q is not DOSSIER=EMPLOYEES\nhint: saint-martin=8", arg)
	}
	seed := fnv.New64a()
	seed.Write([]byte(name))
	o.Dossier, o.Employees, o.Seed = name, n, seed.Sum64()
	return o, nil
}
