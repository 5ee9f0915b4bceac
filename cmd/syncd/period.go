package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/ledger"
)

func newPeriod(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "period",
		Args: cobra.ArbitraryArgs,
		RunE: unknownCommand,
	}
	cmd.AddCommand(newPeriodClose(p, flags), newPeriodReopen(p, flags), newPeriodList(p, flags))
	return cmd
}

func newPeriodClose(p process, flags *globalFlags) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:               "close",
		Args:              exactly("PERIOD"),
		ValidArgsFunction: onlyFirst(months),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			period, err := app.ParsePeriod(args[0])
			if err != nil {
				return err
			}
			by := flags.decision()
			if err := by.Check(ledger.DecisionClose); err != nil { // once, and not for each dossier
				return err
			}
			return a.eachDossier(func(d config.Dossier) error {
				left, err := a.Decisions().ClosePeriod(ctx, app.Month{Dossier: d, Period: period}, force, by)
				if err != nil {
					return err
				}
				a.say(a.Stdout, a.words().Answers.PeriodClosed, "dossier", d.Name, "period", period)
				if len(left) > 0 {
					a.say(a.Stderr, a.words().Answers.PeriodIncomplete, "dossier", d.Name, "period", period, "missing", left)
				}
				return nil
			})
		}),
	}
	flags.addReason(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "")
	flags.addDossiers(cmd, p)
	return cmd
}

func newPeriodReopen(p process, flags *globalFlags) *cobra.Command {
	var until string
	var lasts time.Duration
	cmd := &cobra.Command{
		Use:               "reopen",
		Args:              exactly("PERIOD"),
		ValidArgsFunction: onlyFirst(months),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			period, err := app.ParsePeriod(args[0])
			if err != nil {
				return err
			}
			end, err := parseEnd(until, lasts, time.Now().In(a.Config.Zone()))
			if err != nil {
				return err
			}
			by := flags.decision()
			if err := by.Check(ledger.DecisionReopen); err != nil {
				return err
			}
			return a.eachDossier(func(d config.Dossier) error {
				err := a.Decisions().ReopenPeriod(ctx, app.Month{Dossier: d, Period: period}, end, by)
				if err == nil {
					a.say(a.Stdout, a.words().Answers.PeriodReopened, "dossier", d.Name, "period", period, "until", end)
				}
				return err
			})
		}),
	}
	flags.addReason(cmd)
	cmd.Flags().StringVar(&until, "until", "", "")
	cmd.Flags().DurationVar(&lasts, "for", 0, "")
	flags.addDossiers(cmd, p)
	return cmd
}

func newPeriodList(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "list",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			var dossiers []config.Dossier // none = all, those that are no longer configured as well
			if len(flags.dossiers) > 0 {
				var err error
				if dossiers, err = flags.selection().All(a.Config); err != nil {
					return err
				}
			}
			closings, err := a.Decisions().Closings(ctx, dossiers)
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WritePeriodsJSON(p.Stdout, closings)
			}
			return a.printer().Periods(p.Stdout, closings)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	return cmd
}

// eachDossier decides for the dossiers that the command line selects, by default all of the configuration.
func (a *session) eachDossier(decide func(config.Dossier) error) error {
	dossiers, err := a.flags.selection().All(a.Config)
	if err != nil {
		return err
	}
	return a.worst(dossiers, func(d config.Dossier) (int, error) { return exitDone, decide(d) })
}

// parseEnd reads when a reopened period closes again: a day means its end, by the clock of now.
func parseEnd(until string, lasts time.Duration, now time.Time) (time.Time, error) {
	switch {
	case (until == "") == (lasts == 0):
		return time.Time{}, mistake("no-end", nil)
	case lasts < 0:
		return time.Time{}, wrong("for-past", lasts)
	case lasts > 0:
		return now.Add(lasts), nil
	}
	end, err := parseTime(until, now.Location())
	if err == nil && !end.After(now) {
		return time.Time{}, wrong("until-past", until)
	}
	return end, err
}

func parseTime(text string, zone *time.Location) (time.Time, error) {
	trimmed := strings.TrimSpace(text)
	if day, err := time.ParseInLocation(time.DateOnly, trimmed, zone); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", time.RFC3339} {
		if end, err := time.ParseInLocation(layout, trimmed, zone); err == nil {
			return end, nil
		}
	}
	return time.Time{}, wrong("no-time", text)
}
