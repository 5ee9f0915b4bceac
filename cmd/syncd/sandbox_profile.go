package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// addProfile adds the flag that chooses the shape of the sandbox's API.
func addProfile(cmd *cobra.Command, profile *string) {
	cmd.Flags().StringVar(profile, "profile", standIn().Profiles[0], "shape of the API: "+strings.Join(standIn().Profiles, " or "))
	complete(cmd, "profile", words(func() []string { return standIn().Profiles }))
}

func noProfile(name string) error {
	return usagef("the sandbox has no profile %q\nhint: --profile %s", name, strings.Join(standIn().Profiles, " or "))
}

func newSandboxContract(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "contract",
		Short: "Print the contract of a running sandbox: its Swagger document",
		Long: `Print the Swagger document that a running sandbox says of itself, also while it serves another
with --contract. To rehearse an API that changes, edit the document and have it served.`,
		Example: `  syncd sandbox contract --config rehearsal/config.toml > changed.json
  syncd sandbox --config rehearsal/config.toml --contract changed.json`,
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
