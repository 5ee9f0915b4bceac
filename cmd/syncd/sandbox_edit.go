package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

func newSandboxEdit(p process, flags *globalFlags) *cobra.Command {
	var edit sandbox.Edit
	var remove bool
	cmd := &cobra.Command{
		Use:   "edit MEMBER=JSON …",
		Short: "Change a document that a running sandbox holds, as somebody would at the other side",
		Long: `Change a document that a running sandbox holds, as somebody would at the other side, where syncd
does not see it. A member is named by its path, such as Contrat.TauxActivite; Elements are
given whole. Names are those of the sandbox's profile. Of several periods the newest is meant unless --period says another.`,
		Example: `  syncd sandbox edit --dossier saint-martin --employee 00007 'Email="autre@example.org"' Contrat.TauxActivite=50
  syncd sandbox edit --dossier saint-martin --employee 00007 --period 2026-11 'Elements=[]'
  syncd sandbox edit --dossier saint-martin --employee 00007 'tauxActivite="50"'     (profile plat)
  syncd sandbox edit --dossier saint-martin --employee 00007 --delete`,
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
	cmd.Flags().StringVar(&edit.Matricule, "employee", "", "the employee of this matricule")
	cmd.Flags().StringVar(&edit.Period, "period", "", "payroll month, such as 2026-11 (default: the newest that there is)")
	complete(cmd, "period", months)
	cmd.Flags().BoolVar(&remove, "delete", false, "delete the document")
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
