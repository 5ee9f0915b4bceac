package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

func newSandboxReceived(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "received",
		Short:   "Show what a running sandbox has received",
		Example: "  syncd sandbox received --config rehearsal/config.toml --dossier saint-martin\n  syncd sandbox received --dossier saint-martin --json   (with the documents)",
		Args:    none,
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
			return printReceived(p.Stdout, answer, flags.json)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	return cmd
}

func printReceived(w io.Writer, answer []byte, asJSON bool) error {
	if asJSON {
		_, err := w.Write(answer)
		return err
	}
	var list sandbox.ReceivedList
	if err := json.Unmarshal(answer, &list); err != nil {
		return fmt.Errorf("reading the sandbox's answer: %w", err)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PERIOD\tMATRICULE\tDELIVERIES\tREPEATS")
	for _, r := range list.Received {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\n", r.Period, r.Matricule, r.Deliveries, r.Repeats)
	}
	return t.Flush()
}

func newSandboxFaults(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "faults [FAULT …]",
		Short: "Switch the faults of a running sandbox: those named on, all others off",
		Example: `  syncd sandbox faults reject=00007 --config rehearsal/config.toml
  syncd sandbox faults --config rehearsal/config.toml     (all off)`,
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
		Use:     "dictionary NAME CODE [LABEL]",
		Short:   "Add a code to a nomenclature of a running sandbox, or withdraw it",
		Example: "  syncd sandbox dictionary Strate V \"Strate V\" --config rehearsal/config.toml\n  syncd sandbox dictionary Strate IV --withdrawn",
		Args:    between(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			label := args[len(args)-1] // the code where there is none
			return p.sandboxPost(cmd.Context(), flags, "/sandbox/dictionary", standIn().Entry(args[0], args[1], label, !withdrawn))
		},
	}
	cmd.Flags().BoolVar(&withdrawn, "withdrawn", false, "the code is no longer active")
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
		Use:   "token",
		Short: "Print the token that the control of a running sandbox wants, for curl",
		Long: `Print the token that the control of a running sandbox wants. 'syncd sandbox received', faults, edit
and dictionary send it by themselves. It follows from the client secret of the configuration, and
tells nothing of it.`,
		Example: `  syncd sandbox token --config rehearsal/config.toml
  curl -H "Authorization: Bearer $(syncd sandbox token --config rehearsal/config.toml)" http://127.0.0.1:8089/sandbox/stats`,
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
		return nil, &jobs.CallError{Class: jobs.ClassTemporary, Call: method + " " + request.URL.Path, Problem: "no sandbox answers at " + address,
			Hint: "start it: syncd sandbox --config " + a.Config.File}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's answer: %w", err)
	}
	if response.StatusCode == http.StatusUnauthorized {
		return nil, usagef("the sandbox at %s was started with another configuration than %s: it has another client secret\nhint: name its own with --config", address, a.Config.File)
	}
	if response.StatusCode/100 != 2 {
		return nil, usagef("the sandbox refuses: %s", answer)
	}
	return answer, nil
}
