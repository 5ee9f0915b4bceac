package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/sample"
	"syncd/internal/sandbox"
)

func newSandbox(p process, flags *globalFlags) *cobra.Command {
	var faults []string
	o := sandbox.Options{TokenLifetime: sandboxTokenLifetime}
	var cmd *cobra.Command
	cmd = &cobra.Command{
		Use:  "sandbox",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			box, err := a.sandbox(cmd, o.Profile)
			if err != nil {
				return err
			}
			stand := box.StandIn()
			switch {
			case stand.Entry == nil && (o.ContractFile != "" || o.Append):
				return unfit(nil, "command.no-documents", "profile", strconv.Quote(box.Profile))
			case stand.Entry == nil && !cmd.Flags().Changed("token-lifetime"):
				o.TokenLifetime = 0 // as that partner's tokens
			}
			if _, err := os.Stat(o.ContractFile); o.ContractFile != "" && err != nil {
				return unfit(err, "command.no-contract", "file", o.ContractFile)
			}
			if o.Faults, err = stand.API.ParseFaults(faults...); err != nil {
				return usageError{err}
			}
			return a.serveSandbox(ctx, box, o)
		}),
	}
	cmd.Flags().StringArrayVar(&faults, "fault", nil, "")
	addProfile(cmd, &o.Profile)
	cmd.Flags().StringVar(&o.ContractFile, "contract", "", "")
	cmd.Flags().DurationVar(&o.TokenLifetime, "token-lifetime", o.TokenLifetime, "")
	cmd.Flags().BoolVar(&o.Append, "append", false, "")
	cmd.AddCommand(newSandboxInit(p), newSandboxSample(p), newSandboxReceived(p, flags), newSandboxFaults(p, flags), newSandboxToken(p, flags),
		newSandboxEdit(p, flags), newSandboxDictionary(p, flags), newSandboxContract(p, flags))
	return cmd
}

// sandbox is that of a profile; where none is named, of the first partner that the configuration has.
func (a *session) sandbox(cmd *cobra.Command, profile string) (app.Sandbox, error) {
	switch {
	case !cmd.Flags().Changed("profile"):
		return a.Sandbox(), nil
	case partner.OfProfile(profile) == nil:
		return app.Sandbox{}, noProfile(profile, profiles())
	}
	return a.SandboxOf(profile)
}

// serveSandbox answers until a signal comes.
func (a *session) serveSandbox(ctx context.Context, box app.Sandbox, o sandbox.Options) error {
	server, listener, err := box.Open(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Stderr, box.StandIn().Notices[string(a.language())])
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

// standIn is that of the partner.
func standIn() *partner.StandIn { return &partner.Default().StandIn }

// profiles are those of all stand-ins.
func profiles() (names []string) {
	for _, stand := range partner.StandIns() {
		names = append(names, stand.Profiles...)
	}
	return names
}

func newSandboxReceived(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "received",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			d, err := a.flags.selection().One(a.Config)
			if err != nil {
				return err
			}
			query := url.Values{"dossier": {d.Name}}
			if !flags.json {
				query.Set("documents", "no")
			}
			answer, err := a.Sandbox().Call(ctx, http.MethodGet, "/sandbox/received?"+query.Encode(), nil)
			if err != nil {
				return err
			}
			return printReceived(p.Stdout, answer, flags.json, a.words().Answers.Sandbox.Received)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	return cmd
}

func printReceived(w io.Writer, answer []byte, asJSON bool, head []string) error {
	if asJSON {
		_, err := w.Write(answer)
		return err
	}
	var list sandbox.ReceivedList
	if err := json.Unmarshal(answer, &list); err != nil {
		return hinted.While("reading the sandbox's answer", err)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(head, "\t"))
	for _, r := range list.Received {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\n", r.Period, r.Matricule, r.Deliveries, r.Repeats)
	}
	return t.Flush()
}

func newSandboxFaults(p process, flags *globalFlags) *cobra.Command {
	var profile string
	cmd := &cobra.Command{
		Use: "faults",
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := p.open(flags)
			if err != nil {
				return err
			}
			defer a.Close()
			box, err := a.sandbox(cmd, profile)
			if err != nil {
				return err
			}
			parsed, err := box.StandIn().API.ParseFaults(args...)
			if err != nil {
				return usageError{err}
			}
			_, err = box.Call(cmd.Context(), http.MethodPost, "/sandbox/faults", parsed)
			return err
		},
	}
	addProfile(cmd, &profile)
	return cmd
}

func newSandboxDictionary(p process, flags *globalFlags) *cobra.Command {
	var withdrawn bool
	cmd := &cobra.Command{
		Use:  "dictionary",
		Args: between(2, 3),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			label := args[len(args)-1] // the code where there is none
			_, err := a.Sandbox().Call(ctx, http.MethodPost, "/sandbox/dictionary", standIn().Entry(args[0], args[1], label, !withdrawn))
			return err
		}),
	}
	cmd.Flags().BoolVar(&withdrawn, "withdrawn", false, "")
	return cmd
}

func newSandboxToken(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:  "token",
		Args: none,
		RunE: p.withApp(flags, func(_ context.Context, a *session, _ []string) error {
			token, err := a.Sandbox().Token()
			if err == nil {
				_, err = fmt.Fprintln(p.Stdout, token)
			}
			return err
		}),
	}
}

func newSandboxEdit(p process, flags *globalFlags) *cobra.Command {
	var edit sandbox.Edit
	var remove bool
	cmd := &cobra.Command{
		Use:  "edit",
		Args: between(0, 1000),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			d, err := a.flags.selection().One(a.Config)
			if err != nil {
				return err
			}
			edit.Dossier = d.Name
			if edit.Members, err = parseEdits(args); err != nil {
				return err
			}
			return a.Sandbox().Edit(ctx, edit, remove)
		}),
	}
	flags.addDossiers(cmd, p)
	cmd.Flags().StringVar(&edit.Matricule, "employee", "", "")
	cmd.Flags().StringVar(&edit.Period, "period", "", "")
	complete(cmd, "period", months)
	cmd.Flags().BoolVar(&remove, "delete", false, "")
	return cmd
}

// parseEdits reads MEMBER=JSON. Its errors name the member alone: the value can be personal.
func parseEdits(args []string) (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		switch {
		case !found || name == "":
			return nil, unfit(nil, "command.not-a-member")
		case !json.Valid([]byte(value)):
			return nil, unfit(nil, "command.not-json", "name", name)
		case members[name] != nil:
			return nil, unfit(nil, "command.twice", "name", name)
		}
		members[name] = json.RawMessage(value)
	}
	return members, nil
}

// addProfile adds the flag that chooses the sandbox's API, and its shape.
func addProfile(cmd *cobra.Command, profile *string) {
	cmd.Flags().StringVar(profile, "profile", profiles()[0], "")
	complete(cmd, "profile", oneOf(profiles))
}

func noProfile(name string, known []string) error {
	return unfit(nil, "command.no-profile", "name", strconv.Quote(name), "profiles", hinted.Either(known))
}

func newSandboxContract(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:  "contract",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			answer, err := a.Sandbox().Call(ctx, http.MethodGet, "/sandbox/contract", nil)
			if err != nil {
				return err
			}
			var text bytes.Buffer
			if err := json.Indent(&text, answer, "", "  "); err != nil {
				return hinted.While("reading the sandbox's answer", err)
			}
			_, err = fmt.Fprintf(p.Stdout, "%s\n", text.Bytes())
			return err
		}),
	}
}

const sandboxTokenLifetime = time.Hour

func newSandboxInit(p process) *cobra.Command {
	r := app.Rehearsal{Database: "postgres:///syncd_rehearsal", Listen: "127.0.0.1:8089"}
	cmd := &cobra.Command{
		Use:  "init",
		Args: exactly("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Dir, r.French = args[0], p.language() == locale.French
			if partner.OfProfile(r.Profile) == nil {
				return noProfile(r.Profile, profiles())
			}
			if err := r.Write(); err != nil {
				return err
			}
			ready := p.words().Answers.Sandbox.Ready
			if r.Reads() {
				ready = p.words().Answers.Sandbox.ReadyToRead
			}
			_, err := fmt.Fprint(p.Stdout, locale.Fill(ready, "folder", r.Dir, "database", r.DatabaseName(), "flags", r.Flags()))
			return err
		},
	}
	addProfile(cmd, &r.Profile)
	cmd.Flags().StringVar(&r.Database, "database", r.Database, "")
	cmd.Flags().StringVar(&r.Listen, "listen", r.Listen, "")
	return cmd
}

// untilStopped is output that takes no more once a person asked to stop.
type untilStopped struct {
	io.Writer
	stop <-chan struct{}
}

func (u untilStopped) Write(text []byte) (int, error) {
	if app.Stopped(u.stop) {
		return 0, context.Canceled
	}
	return u.Writer.Write(text)
}

func newSandboxSample(p process) *cobra.Command {
	var elementsOnly bool
	options := sample.Options{Period: string(jobs.PeriodOf(time.Now())), ElementsPerEmployee: 3}
	cmd := &cobra.Command{
		Use:  "sample",
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
			out := untilStopped{p.Stdout, p.Stop}
			if elementsOnly {
				return sample.WriteElementsSQL(out, all...)
			}
			return sample.WriteSQL(out, all...)
		},
	}
	cmd.Flags().StringVar(&options.Period, "period", options.Period, "")
	cmd.Flags().Float64Var(&options.ElementsPerEmployee, "elements", options.ElementsPerEmployee, "")
	cmd.Flags().BoolVar(&elementsOnly, "elements-only", false, "")
	return cmd
}

func parseSample(arg string, o sample.Options) (sample.Options, error) {
	name, count, _ := strings.Cut(arg, "=")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || name == "" {
		return o, unfit(nil, "command.not-a-sample", "value", strconv.Quote(arg))
	}
	seed := fnv.New64a()
	seed.Write([]byte(name))
	o.Dossier, o.Employees, o.Seed = name, n, seed.Sum64()
	return o, nil
}
