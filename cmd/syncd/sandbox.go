package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/sandbox"
)

func newSandbox(p process, flags *globalFlags) *cobra.Command {
	var faults []string
	o := sandbox.Options{TokenLifetime: sandboxTokenLifetime}
	cmd := &cobra.Command{
		Use:  "sandbox",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			if !slices.Contains(standIn().Profiles, o.Profile) {
				return noProfile(o.Profile)
			}
			if _, err := os.Stat(o.ContractFile); o.ContractFile != "" && err != nil {
				return usagef("there is no contract to serve: %w\nhint: 'syncd sandbox contract' prints one to start from", err)
			}
			var err error
			if o.Faults, err = standIn().API.ParseFaults(faults...); err != nil {
				return usageError{err}
			}
			return a.serveSandbox(ctx, o)
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

// serveSandbox answers until a signal comes.
func (a *session) serveSandbox(ctx context.Context, o sandbox.Options) error {
	address, err := a.sandboxAddress()
	if err != nil {
		return err
	}
	var dossiers []sandbox.Dossier
	for _, d := range a.Config.AllDossiers {
		key, err := d.Key.Read()
		if err != nil {
			return err
		}
		dossiers = append(dossiers, sandbox.Dossier{Name: d.Name, Key: key, Siret: d.Siret})
	}
	s, err := standIn().Open(a.Config.Partner(), dossiers, o)
	if err != nil {
		return fmt.Errorf("preparing the sandbox: %w", err)
	}
	listener, err := sandbox.Listen(ctx, address)
	if err != nil {
		return a.baseURLError(err.Error(), "is another sandbox running there? base_url and token_url choose the port")
	}
	fmt.Fprintln(a.Stderr, standIn().Notices[string(a.language())])
	a.say(a.Stderr, a.words().Answers.Sandbox.Listening, "address", listener.Addr(), "profile", o.Profile, "n", len(dossiers))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-a.Stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return s.Serve(ctx, listener)
}

// standIn is that of the partner.
func standIn() *partner.StandIn { return &partner.Default().StandIn }

// sandboxAddress is the host and port of base_url, which must be on this machine.
func (a *session) sandboxAddress() (string, error) {
	u, err := url.Parse(a.Config.Partner().BaseURL)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return "", a.baseURLError("does not name a port of this machine, so there is no sandbox to be had with this configuration",
			"make one for a rehearsal: syncd sandbox init rehearsal")
	}
	return u.Host, nil
}

func (a *session) baseURLError(text, hint string) error {
	return &strict.Error{Problems: []strict.Problem{{File: a.Config.File, Key: a.Config.Partner().Name + ".base_url", Text: text, Hint: hint}}}
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
			answer, err := a.sandboxCall(ctx, http.MethodGet, "/sandbox/received?"+query.Encode(), nil)
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
		return fmt.Errorf("reading the sandbox's answer: %w", err)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(head, "\t"))
	for _, r := range list.Received {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\n", r.Period, r.Matricule, r.Deliveries, r.Repeats)
	}
	return t.Flush()
}

func newSandboxFaults(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use: "faults",
		RunE: func(cmd *cobra.Command, args []string) error {
			parsed, err := standIn().API.ParseFaults(args...)
			if err != nil {
				return usageError{err}
			}
			return p.sandboxPost(cmd.Context(), flags, "/sandbox/faults", parsed)
		},
	}
}

func newSandboxDictionary(p process, flags *globalFlags) *cobra.Command {
	var withdrawn bool
	cmd := &cobra.Command{
		Use:  "dictionary",
		Args: between(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			label := args[len(args)-1] // the code where there is none
			return p.sandboxPost(cmd.Context(), flags, "/sandbox/dictionary", standIn().Entry(args[0], args[1], label, !withdrawn))
		},
	}
	cmd.Flags().BoolVar(&withdrawn, "withdrawn", false, "")
	return cmd
}

func (p process) sandboxPost(ctx context.Context, flags *globalFlags, path string, body any) error {
	a, err := p.open(flags)
	if err != nil {
		return err
	}
	defer a.Close()
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = a.sandboxCall(ctx, http.MethodPost, path, text)
	return err
}

func newSandboxToken(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:  "token",
		Args: none,
		RunE: p.withApp(flags, func(_ context.Context, a *session, _ []string) error {
			if _, err := a.sandboxAddress(); err != nil {
				return err
			}
			token, err := a.sandboxToken()
			if err == nil {
				_, err = fmt.Fprintln(p.Stdout, token)
			}
			return err
		}),
	}
}

func (a *session) sandboxToken() (string, error) {
	secret, err := a.Config.Partner().ClientSecret.Read()
	return sandbox.ControlToken(secret), err
}

// sandboxCall asks the sandbox that the configuration names, on this machine.
func (a *session) sandboxCall(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	address, err := a.sandboxAddress()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	token, err := a.sandboxToken()
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, &jobs.CallError{Class: jobs.ClassTemporary, Call: method + " " + request.URL.Path,
			Problem: "no sandbox answers at " + address, Hint: "start it: syncd sandbox --config " + a.Config.File}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's answer: %w", err)
	}
	if response.StatusCode == http.StatusUnauthorized {
		return nil, usagef("the sandbox at %s was started with another configuration than %s: it has another client secret\n"+
			"hint: name its own with --config", address, a.Config.File)
	}
	if response.StatusCode/100 != 2 {
		return nil, usagef("the sandbox refuses: %s", answer)
	}
	return answer, nil
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
			return a.editSandbox(ctx, edit, remove)
		}),
	}
	flags.addDossiers(cmd, p)
	cmd.Flags().StringVar(&edit.Matricule, "employee", "", "")
	cmd.Flags().StringVar(&edit.Period, "period", "", "")
	complete(cmd, "period", months)
	cmd.Flags().BoolVar(&remove, "delete", false, "")
	return cmd
}

func (a *session) editSandbox(ctx context.Context, edit sandbox.Edit, remove bool) error {
	switch {
	case edit.Matricule == "":
		return usagef("name one employee\nhint: --employee 00007")
	case remove && len(edit.Members) > 0:
		return usagef("a document is edited or deleted, not both\nhint: leave out --delete or the members")
	case !remove && len(edit.Members) == 0:
		return usagef("nothing is to be changed\nhint: name members and their new values, or --delete")
	}
	if edit.Period != "" {
		if _, err := jobs.ParsePeriod(edit.Period); err != nil {
			return usageError{err}
		}
	}
	body, err := json.Marshal(edit)
	if err != nil {
		return err
	}
	method := http.MethodPost
	if remove {
		method = http.MethodDelete
	}
	_, err = a.sandboxCall(ctx, method, "/sandbox/document", body)
	return err
}

// parseEdits reads MEMBER=JSON. Its errors name the member alone: the value can be personal.
func parseEdits(args []string) (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		switch {
		case !found || name == "":
			return nil, usagef("an argument is not MEMBER=JSON\nhint: for example Contrat.TauxActivite=50")
		case !json.Valid([]byte(value)):
			return nil, usagef("the value of %s is not JSON\nhint: a text needs quotes of its own: '%s=\"text\"'", name, name)
		case members[name] != nil:
			return nil, usagef("%s is named twice\nhint: once is enough", name)
		}
		members[name] = json.RawMessage(value)
	}
	return members, nil
}

// addProfile adds the flag that chooses the shape of the sandbox's API.
func addProfile(cmd *cobra.Command, profile *string) {
	cmd.Flags().StringVar(profile, "profile", standIn().Profiles[0], "")
	complete(cmd, "profile", words(func() []string { return standIn().Profiles }))
}

func noProfile(name string) error {
	return usagef("the sandbox has no profile %q\nhint: --profile %s", name, strings.Join(standIn().Profiles, " or "))
}

func newSandboxContract(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:  "contract",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			answer, err := a.sandboxCall(ctx, http.MethodGet, "/sandbox/contract", nil)
			if err != nil {
				return err
			}
			var text bytes.Buffer
			if err := json.Indent(&text, answer, "", "  "); err != nil {
				return fmt.Errorf("reading the sandbox's answer: %w", err)
			}
			_, err = fmt.Fprintf(p.Stdout, "%s\n", text.Bytes())
			return err
		}),
	}
}
