package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  syncd version --json",
		Args:    none,
		RunE: func(*cobra.Command, []string) error {
			info := map[string]string{"version": version, "revision": revision(), "go": runtime.Version()}
			if flags.json {
				return json.NewEncoder(p.Stdout).Encode(info)
			}
			_, err := fmt.Fprintf(p.Stdout, "syncd %s (%s, %s)\n", info["version"], info["revision"], info["go"])
			return err
		},
	}
	flags.addJSON(cmd)
	return cmd
}

// revision is the commit that the program was built from, where the build recorded it.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	return "revision unknown"
}
