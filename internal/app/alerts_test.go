package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/alert"
	"syncd/internal/config"
)

// Who has an account with an address is told for their roles; who is named in the configuration too, by name or by address, is one
// recipient with the roles of both.
func TestRecipients(t *testing.T) {
	t.Parallel()
	c := config.Alerts{SMTP: &config.SMTP{}, Recipients: []config.AlertRecipient{
		{Name: "marie", Roles: []string{"approve"}, DossierNames: []string{"a", "b"}, Mail: "Marie@example.org", Language: "en"},
		{Name: "office", Roles: []string{"admin", "bureau"}, DossierNames: []string{"*"}}}}
	disabled := time.Now()
	prepare, read := accounts.Grant{Role: accounts.Prepare, Dossier: "a"}, accounts.Grant{Role: accounts.Read}
	people := []accounts.Account{
		{Name: "jeanne", Email: "marie@EXAMPLE.org", Grants: accounts.Grants{{Role: accounts.Prepare, Dossier: "c"}}, Language: "fr"},
		{Name: "office", Email: "office@example.org", Grants: accounts.Grants{{Role: accounts.Approve}}},
		{Name: "paul", Email: "paul@example.org", Grants: accounts.Grants{prepare, read}, Language: "fr"},
		{Name: "reader", Email: "reader@example.org", Grants: accounts.Grants{read}},
		{Name: "silent", Grants: accounts.Grants{prepare}},
		{Name: "gone", Email: "gone@example.org", Grants: accounts.Grants{prepare}, DisabledAt: &disabled},
	}
	all, addresses := recipientsOf(&c, people)
	var got []string
	for _, r := range all {
		var rights []string
		for _, right := range r.Rights {
			rights = append(rights, string(right.Role)+":"+right.Dossier)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s", r.Name, r.Language, strings.Join(rights, " "), addresses[r.Name]))
	}
	want := []string{"marie en approve:a approve:b prepare:c ", "office  admin: bureau: approve: ", "paul fr prepare:a paul@example.org",
		"reader   reader@example.org"}
	if !slices.Equal(got, want) {
		t.Errorf("told are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	gone := New(&config.Config{Alerts: config.Alerts{SMTP: c.SMTP}}, Door{}).alertPlan(people).Gone
	if !slices.Equal(gone, []string{"silent", "gone"}) {
		t.Errorf("what waits for %v is given up", gone)
	}
	if all, _ := recipientsOf(&config.Alerts{}, people); all != nil {
		t.Errorf("without a mail server %v are told", all)
	}
	if all[0].Channel != "mail" || all[2].Channel != "mail" || !slices.Contains(all[1].Rights, alert.Right{Role: alert.Approve}) {
		t.Errorf("%+v", all)
	}
}

// Who is told of nothing is found where the ledger is known: people of the page have roles as recipients have.
func TestCheckKnowsWhoIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *config.Config) { c.Alerts = config.Alerts{SMTP: &config.SMTP{Host: "127.0.0.1"}} })
	found := func() (all []string) {
		st, err := w.readable(t.Context())
		w.must(err)
		(&checker{App: w.App, ledger: st, tell: func(f Finding) {
			all = append(all, strings.TrimSpace(fmt.Sprintln(f.Level, f.Code, f.Args["role"], f.Args["dossiers"], f.Args["n"])))
		}}).alerts(t.Context())
		return all
	}
	want := func(findings ...string) {
		t.Helper()
		if got := found(); !slices.Equal(got, findings) {
			t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(findings, "\n"))
		}
	}
	want("warning alerts-nobody <nil> <nil> <nil>")
	w.exec(`INSERT INTO syncd.account (name, email, made_at, made_by) VALUES ('marie', 'marie@example.test', now(), 'root'), ('paul', '', now(), 'root')`)
	w.exec(`INSERT INTO syncd.account_role VALUES ('marie', 'prepare', ''), ('marie', 'approve', 'saint-martin'), ('paul', 'admin', '')`)
	want("warning alerts-untold approve [sainte-anne] <nil>", "warning alerts-untold admin [saint-martin sainte-anne] <nil>",
		"ok alerts-told <nil> <nil> 1")
	w.exec(`UPDATE syncd.account SET email = 'paul@example.test' WHERE name = 'paul'`)
	w.exec(`INSERT INTO syncd.account_role VALUES ('marie', 'approve', 'sainte-anne')`)
	want("ok alerts-told <nil> <nil> 2")
	w.exec(`UPDATE syncd.account SET disabled_at = now() WHERE name = 'paul'`)
	want("warning alerts-untold admin [saint-martin sainte-anne] <nil>", "ok alerts-told <nil> <nil> 1")
}
