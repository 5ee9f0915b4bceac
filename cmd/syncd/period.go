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

func newPeriod(p process) *cobra.Command {
	return group("period", newPeriodClose(p), newPeriodReopen(p), newPeriodList(p))
}

func newPeriodClose(p process) *cobra.Command {
	var force bool
	return p.command("close", onePeriod(), func(ctx context.Context, a *session, args []string) error {
		return a.eachDossier(args[0], ledger.DecisionClose, func(month app.Month, by app.Decision) error {
			left, err := a.Decisions().ClosePeriod(ctx, month, force, by)
			if err != nil {
				return err
			}
			a.say(a.Stdout, a.words().Answers.PeriodClosed, "dossier", month.Dossier.Name, "period", month.Period)
			if len(left) > 0 {
				a.say(a.Stderr, a.words().Answers.PeriodIncomplete, "dossier", month.Dossier.Name, "period", month.Period, "missing", left)
			}
			return nil
		})
	}, p.reason, onOff("force", &force), p.dossiers)
}

func newPeriodReopen(p process) *cobra.Command {
	var until string
	var lasts time.Duration
	return p.command("reopen", onePeriod(), func(ctx context.Context, a *session, args []string) error {
		end, err := parseEnd(until, lasts, time.Now().In(a.Config.Zone()))
		if err != nil {
			return err
		}
		return a.eachDossier(args[0], ledger.DecisionReopen, func(month app.Month, by app.Decision) error {
			err := a.Decisions().ReopenPeriod(ctx, month, end, by)
			if err == nil {
				a.say(a.Stdout, a.words().Answers.PeriodReopened, "dossier", month.Dossier.Name, "period", month.Period, "until", end)
			}
			return err
		})
	}, p.reason, flagText("until", &until, nil), duration("for", &lasts), p.dossiers)
}

func newPeriodList(p process) *cobra.Command {
	return p.command("list", nothing, func(ctx context.Context, a *session, _ []string) (err error) {
		var dossiers []config.Dossier // none = all, those that are no longer configured as well
		if len(a.flags.dossiers) > 0 {
			if dossiers, err = a.selection().All(a.Config); err != nil {
				return err
			}
		}
		closings, err := a.Decisions().Closings(ctx, dossiers)
		return printed(a, closings, err, a.printer().WritePeriodsJSON, a.printer().Periods)
	}, p.dossiers, p.json)
}

// eachDossier decides of a period for the dossiers that the command line selects, by default all of the configuration.
func (a *session) eachDossier(text string, what ledger.Decision, decide func(app.Month, app.Decision) error) error {
	period, err := app.ParsePeriod(text)
	if err != nil {
		return err
	}
	by := a.decision()
	if err := by.Check(what); err != nil { // once, and not for each dossier
		return err
	}
	dossiers, err := a.selection().All(a.Config)
	if err != nil {
		return err
	}
	return a.worst(dossiers, func(d config.Dossier) (int, error) {
		return exitDone, decide(app.Month{Dossier: d, Period: period}, by)
	})
}

// parseEnd reads when a reopened period closes again: a day means its end, by the clock of now.
func parseEnd(until string, lasts time.Duration, now time.Time) (time.Time, error) {
	switch {
	case (until == "") == (lasts == 0):
		return time.Time{}, unfit("command.no-end")
	case lasts < 0:
		return time.Time{}, unfit("command.for-past", "value", lasts)
	case lasts > 0:
		return now.Add(lasts), nil
	}
	end, err := parseTime(until, now.Location())
	if err == nil && !end.After(now) {
		return time.Time{}, unfit("command.until-past", "value", until)
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
	return time.Time{}, unfit("command.no-time", "value", text)
}
