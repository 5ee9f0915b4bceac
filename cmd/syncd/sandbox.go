package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/help"
	"syncd/internal/hinted"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
	"syncd/internal/sample"
	"syncd/internal/sandbox"
	"syncd/internal/terminal"
)

func newSandbox(p process) *cobra.Command {
	var profile string
	var faults []string
	o := sandbox.Options{TokenLifetime: time.Hour}
	var cmd *cobra.Command
	cmd = p.command("sandbox", nothing, func(ctx context.Context, a *session, _ []string) error {
		box, err := a.Sandbox(profile)
		if err != nil {
			return err
		}
		if box.Reads() && !cmd.Flags().Changed("token-lifetime") {
			o.TokenLifetime = 0 // as that partner's tokens
		}
		if o.Faults, err = box.Faults(faults...); err != nil {
			return err
		}
		return a.serveSandbox(ctx, box, o)
	}, several("fault", &faults, nil), flagText("profile", &profile, oneOf(partner.Profiles)), flagText("contract", &o.ContractFile, nil),
		duration("token-lifetime", &o.TokenLifetime), onOff("append", &o.Append))
	cmd.AddCommand(newSandboxInit(p), newSandboxSample(p), newSandboxReceived(p), newSandboxFaults(p), newSandboxToken(p), newSandboxEdit(p),
		newSandboxDictionary(p), newSandboxContract(p))
	return cmd
}

// serveSandbox answers until a signal comes.
func (a *session) serveSandbox(ctx context.Context, box app.Sandbox, o sandbox.Options) error {
	server, listener, err := box.Open(ctx, o)
	if err != nil {
		return err
	}
	a.tell(a.Stderr, box.StandIn().Notices[string(a.language())])
	a.say(a.Stderr, a.words().Answers.Sandbox.Listening, "address", listener.Addr(), "profile", box.Profile, "n", len(box.Dossiers()))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-a.Stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return server.Serve(ctx, listener)
}

// onSandbox is a command about a sandbox that runs.
func (p process) onSandbox(name string, takes arguments, does func(context.Context, *session, app.Sandbox, []string) error,
	options ...option) *cobra.Command {
	var profile string
	return p.command(name, takes, func(ctx context.Context, a *session, args []string) error {
		box, err := a.RunningSandbox(ctx, profile)
		if err != nil {
			return err
		}
		return does(ctx, a, box, args)
	}, append(options, flagText("profile", &profile, oneOf(partner.Profiles)))...)
}

func newSandboxReceived(p process) *cobra.Command {
	return p.onSandbox("received", nothing, func(ctx context.Context, a *session, box app.Sandbox, _ []string) error {
		d, err := a.selection().One(a.Config)
		if err != nil {
			return err
		}
		if box.Reads() {
			records, err := box.Records(ctx, d.Name)
			return printed(a, records, err, func(w io.Writer, records []app.KeptRecord) error { return view.WriteIndented(w, records) }, a.printKept)
		}
		answer, err := box.Received(ctx, d.Name, a.flags.json)
		return printed(a, answer, err, func(w io.Writer, answer []byte) error {
			_, err := w.Write(answer)
			return err
		}, a.printReceived)
	}, p.dossiers, p.json)
}

func (a *session) printReceived(w io.Writer, answer []byte) error {
	var list sandbox.ReceivedList
	if err := json.Unmarshal(answer, &list); err != nil {
		return hinted.While("reading the sandbox's answer", err)
	}
	table := view.Table{Head: a.words().Answers.Sandbox.Received, Numbers: 2}
	for _, r := range list.Received {
		table.Rows = append(table.Rows, []string{r.Period, r.Matricule, strconv.Itoa(r.Deliveries), strconv.Itoa(r.Repeats)})
	}
	return a.printer().Table(w, table)
}

func (a *session) printKept(w io.Writer, records []app.KeptRecord) error {
	table := view.Table{Head: a.words().Answers.Sandbox.Records, Numbers: 2}
	for _, r := range records {
		table.Rows = append(table.Rows, []string{r.Collection, r.Key, strconv.Itoa(r.Marks)})
	}
	return a.printer().Table(w, table)
}

func newSandboxFaults(p process) *cobra.Command {
	return p.onSandbox("faults", arguments{}, func(ctx context.Context, a *session, box app.Sandbox, args []string) error {
		faults, err := box.Faults(args...)
		if err != nil {
			return err
		}
		if err := box.SetFaults(ctx, faults); err != nil {
			return err
		}
		words := &a.words().Answers.Sandbox
		if len(args) == 0 {
			a.say(a.Stdout, words.NoFaults)
		} else {
			a.say(a.Stdout, words.Faults, "faults", strings.Join(args, ", "))
		}
		return nil
	})
}

func newSandboxDictionary(p process) *cobra.Command {
	var withdrawn bool
	code := arguments{fit: between(2, 3)}
	return p.onSandbox("dictionary", code, func(ctx context.Context, a *session, box app.Sandbox, args []string) error {
		if err := box.SetCode(ctx, args[0], args[1], args[len(args)-1], !withdrawn); err != nil { // labelled by its code where there is no label
			return err
		}
		said := a.words().Answers.Sandbox.Code
		if withdrawn {
			said = a.words().Answers.Sandbox.Withdrawn
		}
		a.say(a.Stdout, said, "nomenclature", args[0], "code", args[1])
		return nil
	}, onOff("withdrawn", &withdrawn))
}

func newSandboxToken(p process) *cobra.Command {
	return p.onSandbox("token", nothing, func(_ context.Context, a *session, box app.Sandbox, _ []string) error {
		token, err := box.Token()
		if err == nil {
			_, err = fmt.Fprintln(a.Stdout, token)
		}
		return err
	})
}

func newSandboxEdit(p process) *cobra.Command {
	var edit app.Edit
	return p.onSandbox("edit", arguments{fit: between(0, 1000)}, func(ctx context.Context, a *session, box app.Sandbox, args []string) error {
		d, err := a.selection().One(a.Config)
		if err != nil {
			return err
		}
		edit.Dossier = d.Name
		if edit.Members, err = app.ParseMembers(args); err != nil {
			return err
		}
		if err := box.Edit(ctx, edit); err != nil {
			return err
		}
		what := cmp.Or(edit.Employee, edit.Collection+" "+edit.Record)
		if edit.Remove {
			a.say(a.Stdout, a.words().Answers.Sandbox.Removed, "what", what)
		} else {
			a.say(a.Stdout, a.words().Answers.Sandbox.Edited, "what", what, "members",
				strings.Join(slices.Sorted(maps.Keys(edit.Members)), ", "))
		}
		return nil
	}, p.dossiers, flagText("employee", &edit.Employee, nil), flagText("period", &edit.Period, months), onOff("delete", &edit.Remove),
		flagText("collection", &edit.Collection, nil), flagText("record", &edit.Record, nil))
}

func newSandboxContract(p process) *cobra.Command {
	return p.onSandbox("contract", nothing, func(ctx context.Context, a *session, box app.Sandbox, _ []string) error {
		answer, err := box.Contract(ctx)
		if err != nil {
			return err
		}
		var document bytes.Buffer
		if err := json.Indent(&document, answer, "", "  "); err != nil {
			return hinted.While("reading the sandbox's answer", err)
		}
		_, err = fmt.Fprintf(a.Stdout, "%s\n", document.Bytes())
		return err
	})
}

func newSandboxInit(p process) *cobra.Command {
	r := app.Rehearsal{Database: "postgres:///syncd_rehearsal", Listen: "127.0.0.1:8089", Profile: partner.Profiles()[0]}
	return plain("init", arguments{fit: exactly("DIR")}, func(_ *cobra.Command, args []string) error {
		r.Dir, r.French = args[0], p.language() == locale.French
		if err := r.Write(); err != nil {
			return err
		}
		ready := p.words().Answers.Sandbox.Ready
		if r.Reads() {
			ready = p.words().Answers.Sandbox.ReadyToRead
		}
		steps := locale.Fill(ready, "folder", r.Dir, "database", r.DatabaseName(), "flags", r.Flags())
		_, err := fmt.Fprint(p.Stdout, help.Fold(steps, p.width(p.Stdout)))
		return err
	}, flagText("profile", &r.Profile, oneOf(partner.Profiles)), flagText("database", &r.Database, nil), flagText("listen", &r.Listen, nil))
}

func newSandboxSample(p process) *cobra.Command {
	var elementsOnly bool
	options := sample.Options{ElementsPerEmployee: 3}
	cmd := plain("sample", arguments{fit: between(1, 1000)}, func(_ *cobra.Command, args []string) error {
		if options.Period == "" {
			options.Period = app.SamplePeriod(time.Now())
		}
		if _, err := app.ParsePeriod(options.Period); err != nil {
			return err
		}
		var all []sample.Options
		for _, arg := range args {
			o, err := app.ParseSample(arg, options)
			if err != nil {
				return err
			}
			all = append(all, o)
		}
		write := sample.WriteSQL
		if elementsOnly {
			write = sample.WriteElementsSQL
		}
		if err := write(terminal.UntilStopped{Writer: p.Stdout, Stop: p.Stop}, p.words().Answers.Sandbox.Synthetic, all...); err != nil {
			return hinted.While("writing the sample data", err)
		}
		return nil
	}, flagText("period", &options.Period, nil), onOff("elements-only", &elementsOnly))
	cmd.Flags().Float64Var(&options.ElementsPerEmployee, "elements", options.ElementsPerEmployee, "")
	return cmd
}
