package main

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/report/view"
)

func newAlerts(p process) *cobra.Command {
	list := p.command("alerts", nothing, func(ctx context.Context, a *session, _ []string) error {
		all, err := a.Alerts().List(ctx)
		return printed(a, &all, err, a.printer().WriteAlertsJSON, a.printer().Alerts)
	}, p.json)
	list.AddCommand(newAlertsTest(p), newSilence(p), newUnsilence(p))
	return list
}

func newAlertsTest(p process) *cobra.Command {
	var names []string
	return p.command("test", nothing, func(ctx context.Context, a *session, _ []string) error {
		tests, err := a.Alerts().Test(ctx, names)
		if err != nil {
			return err
		}
		code := exitDone
		for i := range tests {
			to := a.Stdout
			if tests[i].Trouble != "" {
				to, code = a.Stderr, exitUnreachable
			}
			a.say(to, a.words().Tested(&tests[i]))
		}
		if instead := a.words().Instead(); instead != "" && slices.ContainsFunc(tests, view.AlertTest.LacksSecret) {
			a.tell(a.Stderr, a.words().Hint+instead)
		}
		return withCode(code)
	}, several("recipient", &names, nil))
}

func newSilence(p process) *cobra.Command {
	var o app.Silencing
	var until string
	var lasts time.Duration
	return p.command("silence", nothing, func(ctx context.Context, a *session, _ []string) (err error) {
		if o.Until, err = parseEnd(until, lasts, time.Now().In(a.Config.Zone())); err != nil {
			return err
		}
		o.Decision = a.decision()
		made, err := a.Alerts().Silence(ctx, o)
		if err == nil {
			a.say(a.Stdout, a.teller().Silenced(&made))
		}
		return err
	}, flagText("kind", &o.Kind, nil), flagText("job", &o.Job, p.jobNames), flagText("dossier", &o.Dossier, p.dossierNames),
		flagText("until", &until, nil), duration("for", &lasts), p.reason)
}

func newUnsilence(p process) *cobra.Command {
	return p.command("unsilence", arguments{fit: exactly("SILENCE")}, func(ctx context.Context, a *session, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || id < 1 {
			return unfit("command.not-a-silence", "value", strconv.Quote(args[0]))
		}
		if err := a.Alerts().Unsilence(ctx, id, a.decision().By); err != nil {
			return err
		}
		a.say(a.Stdout, a.words().Alert.Unsilenced, "id", id)
		return nil
	})
}
