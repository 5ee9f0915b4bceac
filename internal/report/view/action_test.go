package view

import (
	"encoding/json"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func TestActionsAndTheirCommands(t *testing.T) {
	t.Parallel()
	everyone := Subject{Job: "paie", Target: jobs.Target{Dossier: "saint-martin"}, Period: "2026-11", Employees: []string{"00042", "O'Neil"},
		Resend: true, Verify: true, Overwrite: true}
	own := Subject{Job: "paie", Target: jobs.Target{Dossier: "saint-martin"}, Period: "2026-11", PeriodImplied: true}
	all := planAgain(own)
	all.All = true
	for _, c := range []struct {
		action  Action
		command string
		json    string
	}{
		{approve(12), `syncd approve 12 --reason "…"`, `"action":"approve","run":12,"needs_reason":true`},
		{approveEmployee(12, "00042"), `syncd approve 12 --employee 00042 --reason "…"`,
			`"action":"approve","run":12,"employees":["00042"],"needs_reason":true`},
		{settle(12, "00042", ledger.SettleAccepted), `syncd settle 12 --employee 00042 --accepted --reason "…"`,
			`"action":"settle","run":12,"employees":["00042"],"outcome":"accepted","needs_reason":true`},
		{settle(12, "", ledger.SettleWithdrawn), `syncd settle 12 --withdrawn --reason "…"`,
			`"action":"settle","run":12,"outcome":"withdrawn","needs_reason":true`},
		{runAgain(everyone), `syncd run paie --dossier saint-martin --period 2026-11 --employee 00042 --employee 'O'\''Neil' --resend --verify --overwrite --reason "…"`,
			`"action":"run","job":"paie","dossier":"saint-martin","period":"2026-11","employees":["00042","O'Neil"],"resend":true,"verify":true,"overwrite":true,"needs_reason":true`},
		{all, "syncd plan paie --dossier saint-martin --all", `"action":"plan","job":"paie","dossier":"saint-martin","all":true`},
		{reopen(everyone), `syncd period reopen 2026-11 --dossier saint-martin --for 24h --reason "…"`,
			`"action":"period-reopen","dossier":"saint-martin","period":"2026-11","for":"24h","needs_reason":true`},
		{contractAccept("3d40adbc0f12aaaa"), `syncd contract accept 3d40adbc0f12 --reason "…"`,
			`"action":"contract-accept","digest":"3d40adbc0f12","needs_reason":true`},
		{contractAccept(""), `syncd contract accept --reason "…"`, `"action":"contract-accept","needs_reason":true`},
		{Action{Action: contractHelp}, "syncd contract --help", `"action":"contract-help"`},
		{Action{Action: whyOne, Employees: []string{"--all"}, Dossier: "saint-martin"}, "syncd why '--all' --dossier saint-martin",
			`"action":"why","dossier":"saint-martin","employees":["--all"]`},
		{ofDossier("dictionary-impact", "saint-martin"), "syncd dictionary impact --dossier saint-martin",
			`"action":"dictionary-impact","dossier":"saint-martin"`},
		{Action{Action: "purge", Apply: true, Force: true, Reasoned: true}, `syncd purge --apply --force --reason "…"`,
			`"action":"purge","apply":true,"force":true,"needs_reason":true`},
		{showAgain(12, Show{Diff: true}), "syncd show 12 --diff", `"action":"show","run":12,"diff":true`},
	} {
		if got := c.action.Command(); got != c.command {
			t.Errorf("got  %s\nwant %s", got, c.command)
		}
		text, err := json.Marshal(does("", c.action))
		if err != nil {
			t.Fatal(err)
		}
		var step struct{ Text, Command string }
		if err := json.Unmarshal(text, &step); err != nil || step.Command != c.command {
			t.Errorf("%s says the command %q, %v", text, step.Command, err)
		}
		action, err := json.Marshal(c.action)
		if err != nil || string(action) != "{"+c.json+"}" {
			t.Errorf("got  %s, %v\nwant {%s}", action, err, c.json)
		}
	}
}
