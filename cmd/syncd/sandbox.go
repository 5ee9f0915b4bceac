package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"syncd/internal/config/strict"
	"syncd/internal/partner"
	"syncd/internal/sandbox"
)

func newSandbox(p process, flags *globalFlags) *cobra.Command {
	var faults []string
	o := sandbox.Options{TokenLifetime: sandboxTokenLifetime}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Stand in for Isidoor on this machine, for rehearsals",
		Long: standIn().Notices["en"] + `

It answers at the loopback address that base_url names, to programs and not to web pages, knows
the dossiers and keys of the configuration, keeps what it receives in memory, and can misbehave
on request. Start with 'syncd sandbox init DIR', which makes a complete configuration for a
rehearsal. The commands below control a running sandbox; 'syncd sandbox token' lets curl do so.

A profile is a shape that the API could have. "isidoor" is the one that syncd assumes; "plat" has
other names, verbs and places, and tells refusals inside a 200 (its configuration:
'syncd sandbox init DIR --profile plat'). Either checks all that its Swagger document says.

With --contract the sandbox serves that file as its Swagger document, read again at each request,
while it goes on checking by its own: so an API that changes can be rehearsed. 'syncd sandbox
contract' prints the document to start from.

Faults (--fault, repeatable; lists are separated by +):
` + faultHelp(),
		Example: `  syncd sandbox init rehearsal
  syncd sandbox --config rehearsal/config.toml
  syncd sandbox --config rehearsal/config.toml --fault 503=0.1 --fault lost=0.02 --token-lifetime 5s
  syncd sandbox --config rehearsal/config.toml --contract changed.json
  syncd sandbox --config flat/config.toml --profile plat`,
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
	cmd.Flags().StringArrayVar(&faults, "fault", nil, "switch a fault on, such as 503=0.1 (repeatable)")
	addProfile(cmd, &o.Profile)
	cmd.Flags().StringVar(&o.ContractFile, "contract", "", "serve this file as the Swagger document, read again at each request")
	cmd.Flags().DurationVar(&o.TokenLifetime, "token-lifetime", o.TokenLifetime, "how long a token lasts")
	cmd.Flags().BoolVar(&o.Append, "append", false, "a document that comes again adds its elements to those held, instead of replacing them: sending twice pays twice")
	cmd.AddCommand(newSandboxInit(p), newSandboxSample(p), newSandboxReceived(p, flags), newSandboxFaults(p, flags), newSandboxToken(p, flags), newSandboxEdit(p, flags), newSandboxDictionary(p, flags), newSandboxContract(p, flags))
	return cmd
}

func faultHelp() string {
	var b strings.Builder
	for _, f := range standIn().API.FaultFlags() {
		fmt.Fprintf(&b, "  %-32s %s\n", f.Example, f.Help)
	}
	return strings.TrimRight(b.String(), "\n")
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
	fmt.Fprintf(a.Stderr, "%s\nlistening on http://%s, profile %s, %d dossiers; Ctrl-C ends it\nfor curl on /sandbox/, its control: the token that 'syncd sandbox token' prints\n", standIn().Notices[string(a.language())], listener.Addr(), o.Profile, len(dossiers))
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
