package partner_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/partner"
)

// What is wrong with the configuration of a partner that is read from is told with its place and the next step, and without a
// value: of each partner in the configuration of its rehearsal.
func TestMistakesOfPartners(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		of, old, new string
		place, next  string // parts of what is told
	}{
		"unknown partner": {of: "iopole",
			old:   `name = "iopole"`,
			new:   `name = "iopol"`,
			place: ":9:1: partner.iopol.name: is no partner that syncd reads from", next: `did you mean "iopole"?`},
		"unknown partner of a job": {of: "iopole",
			old:   `partner = "iopole"`,
			new:   `partner = "chorus-pro"`,
			place: "job.lecture.partner: ", next: "iopole"},
		"a value of the wrong type": {of: "chorus-pro",
			old:   `client_id = "our-editor"`,
			new:   "client_id = 7",
			place: "partner.chorus-pro.client_id: must be text", next: "quotes"},
		"a preset's value of the wrong type": {of: "chorus-pro",
			old:   "\n[[dossier]]",
			new:   "[partner.collection.factures.page]\nsize = \"fifty\"\n[[dossier]]",
			place: "collection.factures.page.size: must be a whole number", next: "without quotes"},
		"a dossier without its section": {of: "iopole",
			old:   "[dossier.iopole]\ncustomer_id = \"client-sainte-anne\"\n\n[[job]]",
			new:   "key = { file = \"k\" }\n[[job]]\ndossiers = [\"sainte-anne\"]",
			place: ":30:13: job.lecture.dossiers[1]: this dossier has no section for iopole", next: "write [dossier.iopole]"},
		"a dossier of nobody": {of: "jindexe",
			old: "[dossier.jindexe]\nusername = \"tech-sainte-anne@example.org\"" +
				"\npassword = { credential = \"jindexe-sainte-anne\" }",
			new:   "",
			place: ":34:1: dossier.sainte-anne.name: ", next: "write [dossier.jindexe]"},
		"two of one login": {of: "chorus-pro",
			old:   "tech-sainte-anne@example.org",
			new:   "tech-saint-martin@example.org",
			place: ":31:1: dossier.sainte-anne.chorus-pro.login: is also that of the dossier", next: "each dossier has its own"},
		"two of one customer id": {of: "iopole",
			old:   "client-sainte-anne",
			new:   "client-saint-martin",
			place: "iopole.customer_id: is also that of the dossier", next: "each dossier has its own"},
		"two of one user": {of: "jindexe",
			old:   "tech-sainte-anne@example.org",
			new:   "tech-saint-martin@example.org",
			place: "jindexe.username: is also that of the dossier", next: "each dossier has its own"},
		"a collection without a key": {of: "jindexe",
			old:   "list = \"GET /user/favoris\"\nkey = \"/id\"",
			new:   `list = "GET /user/favoris"`,
			place: "partner.jindexe.collection.favoris.key: is missing", next: `key = "/id"`},
		"production at a host of tests": {of: "chorus-pro",
			old:   "environment = \"test\"\n# base_url = \"\"",
			new:   "environment = \"production\"\nbase_url = \"https://sandbox-api.piste.gouv.fr/cpro\"",
			place: `:11:1: partner.chorus-pro.base_url: is an address of the environment "test"`, next: "environment"},
		"a test at a host of production": {of: "iopole",
			old:   `# token_url = ""`,
			new:   `token_url = "https://auth.iopole.com/realms/iopole/protocol/openid-connect/token"`,
			place: `partner.iopole.token_url: is an address of the environment "production"`, next: "environment"},
		"no base_url": {of: "jindexe",
			old:   `# base_url = ""`,
			new:   "",
			place: ":8:3: partner.jindexe.base_url: is missing", next: "write the one that it gave you"},
		"no size": {of: "iopole",
			old:   "client_id =",
			new:   "max_file = \"twenty\"\nclient_id =",
			place: ":13:1: partner.iopole.max_file: is not a size", next: "20 MiB"},
		"no day": {of: "chorus-pro",
			old:   "password_set = 2026-09-01\n\n[[job]]",
			new:   "password_set = \"mai\"\n\n[[job]]",
			place: "password_set: is not a day", next: "2026-"},
		"an unknown collection": {of: "iopole",
			old:   `kind = "pull"`,
			new:   "kind = \"pull\"\ncollections = [\"facture\"]",
			place: ":34:16: job.lecture.collections[1]: is no collection of this partner", next: `did you mean "factures"?`},
		"a login with a colon": {of: "chorus-pro",
			old:   "tech-sainte-anne@",
			new:   "tech:sainte-anne@",
			place: "dossier.sainte-anne.chorus-pro.login: has a colon", next: "login"},
		"a password in the open": {of: "jindexe",
			old:   `{ credential = "jindexe-sainte-anne" }`,
			new:   `"hunter2"`,
			place: "password: a secret does not belong", next: "credential"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := partner.Named(test.of).StandIn.Samples[test.of]
			if !strings.Contains(text, test.old) {
				t.Fatalf("the rehearsal has no %q", test.old)
			}
			if test.of == "jindexe" && name != "no base_url" {
				text = strings.Replace(text, "# base_url = \"\"", "base_url = \"https://jindexe.example\"", 1)
			}
			text = strings.Replace(text, test.old, test.new, 1)
			file := filepath.Join(t.TempDir(), "config.toml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := partner.LoadConfig(file, func(string) string { return "" })
			if err == nil {
				t.Fatal("nothing is wrong")
			}
			told := strings.ReplaceAll(err.Error(), file, "config.toml")
			_, hint, hinted := strings.Cut(told, "hint: ")
			if !strings.Contains(told, "config.toml:") || !strings.Contains(told, test.place) || !hinted || !strings.Contains(hint, test.next) ||
				strings.Contains(told, "hunter2") {
				t.Errorf("%s", told)
			}
		})
	}
}
