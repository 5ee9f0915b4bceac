package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"syncd/internal/app/apptest"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// bare is a machine as it is before a setup: a server of its own, as roles belong to a whole server, and an empty root.
type bare struct {
	*testing.T
	program, root string
	env           []string
}

func newBare(t *testing.T, program string, withServer bool) *bare {
	t.Helper()
	b := &bare{T: t, program: program, root: t.TempDir(),
		env: []string{"PATH=" + after(testpg.Clients(), os.Getenv("PATH")), "LC_ALL=C.UTF-8", "PGHOST=127.0.0.1", "PGPORT=1"}}
	if !withServer {
		return b
	}
	server, err := url.Parse(testpg.Alone(t, testpg.Options{}).URL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := server.User.Password()
	b.env = append(b.env, "PGHOST="+server.Hostname(), "PGPORT="+server.Port(), "PGUSER="+server.User.Username(), "PGPASSWORD="+password)
	return b
}

func (b *bare) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(b.Context(), args[0], args[1:]...)
	cmd.Env, cmd.Dir = b.env, b.root
	return cmd
}

// setup runs one with these flags, and returns what it said.
func (b *bare) setup(code int, args ...string) string {
	b.Helper()
	return b.expect(code, append([]string{b.program, "setup", "--root", b.root}, args...)...)
}

func (b *bare) expect(code int, args ...string) string {
	b.Helper()
	cmd := b.command(args...)
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		b.Fatalf("%q: exit code %d, want %d (%v)\n%s", args, got, code, err, out)
	}
	return string(out)
}

func (b *bare) psql(database, statement string) string {
	b.Helper()
	return strings.TrimSpace(b.expect(0, "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement))
}

func (b *bare) path(name string) string { return filepath.Join(b.root, "etc", "syncd", name) }

func (b *bare) file(name string) string {
	b.Helper()
	content, err := os.ReadFile(b.path(name))
	if err != nil {
		b.Fatal(err)
	}
	return string(content)
}

func (b *bare) put(name, content string) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.root, name), []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
}

func (b *bare) says(text string, wanted ...string) {
	b.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			b.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// files are what was made, and their modes.
func (b *bare) files() (found []string) {
	b.Helper()
	err := filepath.Walk(b.path(""), func(path string, info os.FileInfo, err error) error {
		if err == nil && path != b.path("") {
			found = append(found, fmt.Sprintf("%04o %s", info.Mode().Perm(), strings.TrimPrefix(path, b.path("")+"/")))
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return found
}

// whole are flags that leave nothing open.
var whole = []string{"--language", "en", "--set", "isidoor.client_id=our-editor", "--secret", "isidoor-client-secret=client.txt",
	"--dossier", `saint-martin=12345678200010 OGEC "Saint-Martin" \ Ça`, "--secret", "dossier-saint-martin=key.txt"}

func (b *bare) secrets() {
	b.put("client.txt", apptest.Credentials.Secret+"\n")
	b.put("key.txt", apptest.Dossiers[0].Key+"\n")
}

func TestSetup(t *testing.T) {
	t.Parallel()
	program, err := apptest.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, story := range map[string]func(*testing.T, string){"flags": setupFromFlags, "killed": setupIsKilled, "stopped": setupIsStopped,
		"kept": setupKeepsWhatIsThere, "refused": setupRefuses, "asked": setupAsks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, program)
		})
	}
}

// A first configuration from flags: what it makes, that 'syncd check' finds nothing to mend, and that nothing of it is made twice.
func setupFromFlags(t *testing.T, program string) {
	t.Helper()
	b := newBare(t, program, true)
	b.secrets()
	b.says(b.setup(0, append(slices.Clone(whole), "--dry-run")...), "made      the database paie", "config.toml: the configuration",
		"A look: nothing is made. It would be:")
	if _, err := os.Stat(b.path("")); err == nil || b.psql("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'paie'") != "0" {
		t.Fatal("a dry run has made something")
	}
	said := b.setup(0, append(slices.Clone(whole), "--schedule", "last-working-day 06:00")...)
	if _, left, _ := strings.Cut(said, "What is left, in this order:\n\n"); !strings.HasPrefix(left, `  syncd-admin migrate            # make the ledger
  syncd-admin contract fetch     # ask the partner which fields it takes
  syncd-admin run dictionnaire   # fetch the code lists
  syncd-admin check              # is everything ready?
  syncd-admin plan paie          # what would be sent; nothing is
  systemctl enable --now syncd   # start the service, now and with the machine

Keep a copy of `+b.path("credentials/ledger-key")+", apart from this machine") {
		t.Errorf("it says\n%s", said)
	}
	want := []string{"0644 config.toml", "0700 credentials", "0600 credentials/dossier-saint-martin", "0600 credentials/isidoor-client-secret",
		"0600 credentials/ledger-key"}
	if got := b.files(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	config := b.file("config.toml")
	if strings.Count(config, "#") != 2 || len(config) > 4000 || strings.Contains(config, apptest.Dossiers[0].Key) {
		t.Errorf("the configuration is\n%s", config)
	}
	b.says(config, `label = "OGEC \"Saint-Martin\" \\ Ça"`, "schedule = \"last-working-day 06:00\"\n", "\"Contrat.CodeStrate\" = ")
	b.checkIsGreen()

	key := b.file("credentials/ledger-key")
	b.says(b.setup(0, whole...), "there is a configuration, so nothing is asked and nothing made")
	if err := os.Remove(b.path("config.toml")); err != nil {
		t.Fatal(err)
	}
	b.put("key.txt", "another key\n")
	b.env = append(b.env, "LC_ALL=fr_FR.UTF-8")
	b.says(b.setup(0, whole...), "gardé     la base paie", "gardé     schémas et rôles dans paie",
		"gardé     "+b.path("credentials/ledger-key\n"), "config.toml\u00a0: la configuration")
	b.env = append(b.env, "LC_ALL=C.UTF-8")
	if b.file("credentials/ledger-key") != key || b.file("credentials/dossier-saint-martin") != apptest.Dossiers[0].Key+"\n" {
		t.Error("a secret is another one")
	}

	// Without its key the ledger could not be read: no new one takes its place.
	for _, name := range []string{"config.toml", "credentials/ledger-key"} {
		if err := os.Remove(b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	b.says(b.setup(3, whole...), "the database paie holds a ledger, and its key is not there", "hint: put the copy")
}

// checkIsGreen does what a setup leaves to do, with the partner's stand-in.
func (b *bare) checkIsGreen() {
	b.Helper()
	s, err := standin.New(standin.Config{ClientID: apptest.Credentials.ID, ClientSecret: apptest.Credentials.Secret,
		Dossiers: []sandbox.Dossier{apptest.Dossiers[0]}, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	b.psql("postgres", "ALTER ROLE syncd PASSWORD 'of the test'") // over the socket none is needed
	there := strings.Replace(b.file("config.toml"), "[isidoor]\n", "[isidoor]\nbase_url = \""+server.URL+standin.TestRoot+"\"\ntoken_url = \""+
		server.URL+standin.API.TokenPath+"\"\n", 1)
	b.put("there.toml", there)
	as := *b
	as.env = append(slices.Clone(b.env), "PGUSER=syncd", "PGPASSWORD=of the test", "CREDENTIALS_DIRECTORY="+b.path("credentials"),
		"SYNCD_CONFIG="+filepath.Join(b.root, "there.toml"))
	for _, command := range []string{"migrate", "contract fetch", "run dictionnaire", "check"} {
		as.expect(0, append([]string{b.program}, strings.Fields(command)...)...)
	}
}

// Killed before each of its statements, and typed again, a setup comes to the same end.
func setupIsKilled(t *testing.T, program string) {
	t.Helper()
	b := newBare(t, program, true)
	b.secrets()
	psql := strings.TrimSpace(b.expect(0, "sh", "-c", "command -v psql"))
	if err := os.Mkdir(filepath.Join(b.root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	b.put("bin/psql", "#!/bin/sh\necho x >>"+b.root+"/calls\n[ $(wc -l <"+b.root+"/calls) = \"$(cat "+b.root+"/at)\" ] || exec "+psql+
		" \"$@\"\nkill -9 $PPID\n")
	if err := os.Chmod(filepath.Join(b.root, "bin", "psql"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	usual := b.env
	var config string
	for at := 1; ; at++ {
		os.Remove(filepath.Join(b.root, "calls")) //nolint:errcheck // it may not be there
		if err := os.RemoveAll(b.path("")); err != nil {
			t.Fatal(err)
		}
		b.psql("postgres", "DROP DATABASE IF EXISTS paie")
		b.psql("postgres", "DROP ROLE IF EXISTS syncd")
		b.put("at", fmt.Sprint(at))
		b.env = append(slices.Clone(usual), "PATH="+filepath.Join(b.root, "bin")+":"+os.Getenv("PATH"))
		out, err := b.command(append([]string{b.program, "setup", "--root", b.root}, whole...)...).CombinedOutput()
		b.env = usual
		if err == nil {
			if at < 8 {
				t.Fatalf("it was never killed at %d:\n%s", at, out)
			}
			return
		}
		if _, err := os.Stat(b.path("")); err == nil {
			b.put("etc/syncd/.setup-1", "half a secret")
		}
		b.setup(0, whole...)
		again := b.file("config.toml")
		if config == "" {
			config = again
		}
		if again != config || len(b.files()) != 5 {
			t.Errorf("killed at %d: %q\n%s", at, b.files(), again)
		}
		if got := b.psql("paie", "SELECT has_table_privilege('syncd', 'staging.employee', 'SELECT')"); got != "t" {
			t.Errorf("killed at %d: syncd may not read staging: %s", at, got)
		}
	}
}

// Stopped by Ctrl-C, it says so, and typed again it goes on.
func setupIsStopped(t *testing.T, program string) {
	t.Helper()
	b := newBare(t, program, false)
	b.secrets()
	if err := os.Mkdir(filepath.Join(b.root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	b.put("bin/psql", "#!/bin/sh\nkill -INT $PPID\nexec sleep 60\n")
	if err := os.Chmod(filepath.Join(b.root, "bin", "psql"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	b.env = append(b.env, "PATH="+filepath.Join(b.root, "bin")+":"+os.Getenv("PATH"))
	b.says(b.setup(exitIncomplete, whole...), "syncd: stopped before it was done\nhint: the same command goes on where it stopped\n")
	// and what is a file where the credentials should be holds no secret
	if err := os.Remove(b.path("credentials")); err != nil {
		t.Fatal(err)
	}
	b.put("etc/syncd/credentials", "")
	b.put("bin/psql", "#!/bin/sh\n")
	b.says(b.setup(3, whole...), b.path("credentials")+"/ledger-key cannot be written", "not a directory")
}

// What is there already is kept, or stands in the way.
func setupKeepsWhatIsThere(t *testing.T, program string) {
	t.Helper()
	b := newBare(t, program, true)
	b.secrets()
	b.put("etc", "a file")
	b.says(b.setup(3, whole...), "the folder "+b.path("")+" cannot be made or used", "not a directory")
	if err := os.Remove(filepath.Join(b.root, "etc")); err != nil {
		t.Fatal(err)
	}
	b.psql("postgres", "CREATE ROLE syncd NOLOGIN; CREATE ROLE syncd_web SUPERUSER")
	b.says(b.setup(3, whole...), "the role syncd is there, and may not log in", `hint: runuser -u postgres -- psql -c "ALTER ROLE syncd LOGIN"`)
	b.psql("postgres", "ALTER ROLE syncd LOGIN CREATEDB BYPASSRLS")
	b.psql("postgres", "CREATE ROLE weak LOGIN PASSWORD 'w'")
	usual := b.env
	b.env = append(slices.Clone(usual), "PGUSER=weak", "PGPASSWORD=w")
	b.says(b.setup(3, whole...), "PostgreSQL refuses (database postgres): ERROR: permission denied to create database",
		"it goes on where it stopped")
	b.env = usual
	held, err := os.Open(b.path(""))
	if err == nil {
		err = unix.Flock(int(held.Fd()), unix.LOCK_EX) //nolint:gosec // a file descriptor fits
	}
	if err != nil {
		t.Fatal(err)
	}
	b.says(b.setup(3, whole...), "another setup is at work in "+b.path(""), "wait for its end")
	held.Close()

	b.psql("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
	b.says(b.setup(3, append(slices.Clone(whole), "--database", "latin")...), "the database latin is there, in LATIN1", "--database NAME")
	b.psql("postgres", "CREATE DATABASE other")
	b.psql("other", "CREATE SCHEMA syncd")
	b.says(b.setup(3, append(slices.Clone(whole), "--database", "other")...), "a schema syncd that belongs to postgres")
	b.psql("postgres", "CREATE DATABASE theirs")
	b.psql("theirs", "CREATE SCHEMA inbox; CREATE TABLE inbox.mail (n int)")
	b.says(b.setup(3, append(slices.Clone(whole), "--database", "theirs")...), "a schema inbox that belongs to postgres")
	if got := b.psql("theirs", "SELECT tableowner FROM pg_tables WHERE tablename = 'mail'"); got != "postgres" {
		t.Errorf("a table of others belongs to %s", got)
	}
	b.psql("postgres", "ALTER DATABASE other ALLOW_CONNECTIONS false")
	b.says(b.setup(3, append(slices.Clone(whole), "--database", "other")...), "PostgreSQL refuses (database other): ", "FATAL: ",
		"hint: mend that")
	if len(b.files()) != 1 {
		t.Errorf("%q", b.files()) // the folder of credentials
	}

	b.psql("postgres", "CREATE DATABASE paie")
	b.psql("paie", "CREATE TABLE kept (n int); CREATE SCHEMA staging; GRANT USAGE ON SCHEMA staging TO PUBLIC")
	b.psql("paie", "CREATE VIEW staging.months AS SELECT 1; GRANT SELECT ON staging.months TO PUBLIC")
	b.says(b.setup(0, append(slices.Clone(whole), "--tables", "here", "--schema", `rh`)...), "kept      the role syncd, which has more rights",
		"runuser -u postgres -- psql -d paie -f /usr/share/syncd/roles.sql", "CREATEDB BYPASSRLS",
		"the role syncd_web, which has more rights than it should: SUPERUSER",
		"kept      the database paie", "GRANT USAGE ON SCHEMA rh TO syncd", "# syncd reads your tables", "in [job.source]")
	rights := b.psql("postgres", "SELECT rolcreatedb AND rolbypassrls FROM pg_roles WHERE rolname = 'syncd'")
	tables := b.psql("paie", "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname IN ('public', 'staging', 'rh')")
	if rights != "t" || tables != "kept" {
		t.Errorf("rights %s, tables %s", rights, tables)
	}
	others := b.psql("paie",
		"SELECT has_schema_privilege('weak', 'staging', 'USAGE') AND has_table_privilege('weak', 'staging.months', 'SELECT')")
	if others != "t" {
		t.Error("what others may do in a schema staging that was there has ended")
	}
	b.says(b.file("config.toml"), "FROM rh.employee WHERE", "FROM rh.payroll_element WHERE")

	// default tables that somebody made before stay as they are
	b.psql("postgres", "CREATE DATABASE early")
	b.psql("early", "CREATE SCHEMA staging; CREATE TABLE staging.employee (n int); CREATE TABLE staging.payroll_element (n int)")
	b.says(b.setup(0, append(slices.Clone(whole), "--instance", "tot", "--database", "early")...),
		"kept      the tables staging.employee and staging.payroll_element in early")
	if got := b.psql("early", "SELECT count(*) FROM pg_attribute WHERE attrelid = 'staging.employee'::regclass AND attnum > 0"); got != "1" {
		t.Errorf("a table of others has %s columns", got)
	}

	// another instance beside it, for a rehearsal, and for partners that are read from
	b.says(b.setup(exitConfiguration, "--rehearsal"), b.path("config.toml")+" is the configuration of a service", "hint: ", "--instance essai")
	b.env = append(slices.Clone(usual), "SUDO_UID=1000")
	b.says(b.setup(0, "--rehearsal", "--instance", "essai"), "  sudo syncd-admin -i essai check ",
		"  sudo systemctl start syncd-sandbox@essai ", "# made-up employees",
		"  syncd sandbox sample saint-martin=8 sainte-anne=120 | sudo runuser -u postgres -- psql -d syncd_rehearsal -q ")
	b.env = usual
	b.says(b.setup(0, "--rehearsal", "--instance", "essai"), "there is a configuration, so nothing is asked")
	b.says(b.file("essai/config.toml"), `base_url = "http://127.0.0.1:8089/`, `url = "postgres:///syncd_rehearsal"`, `listen = "unix:/run/syncd-essai/http.sock"`)
	b.put("more.txt", "x\n")
	b.setup(0, "-i", "lecture", "--partner", "iopole", "--partner", "chorus-pro", "--dossier", "a=35600000009075 La Poste",
		"--set", "iopole.client_id=a", "--set", "chorus-pro.client_id=b", "--set", "a.iopole.customer_id=c",
		"--set", "a.chorus-pro.login=d", "--set", "a.chorus-pro.password_set=2026-09-01", "--secret", "iopole-client-secret=more.txt",
		"--secret", "chorus-pro-client-secret=more.txt", "--secret", "chorus-pro-a-password=more.txt", "--database", "lecture")
	b.says(b.file("lecture/config.toml"), "[dossier.chorus-pro]\nlogin = \"d\"\n"+
		"password = { credential = \"chorus-pro-a-password\" }\npassword_set = 2026-09-01\n")
}

// Mistakes are told with the next step, in both languages, and nothing is made.
func setupRefuses(t *testing.T, program string) {
	t.Helper()
	b := newBare(t, program, false)
	b.secrets()
	for _, refused := range []struct {
		code int
		args []string
		says string
		hint string
	}{
		{2, []string{"--dossier", "a=12345678200010"}, "there is no terminal to ask at, and these flags are missing:\n" +
			"  --set isidoor.client_id=…\n  --secret isidoor-client-secret=FILE\n  --secret dossier-a=FILE\n", "--help"},
		{2, []string{"--dossier", "a=12345678200011"}, "the SIRET of a is none", "annuaire-entreprises"},
		{2, []string{"--dossier", "a=123"}, "the SIRET of a is none", ""},
		{2, []string{"--dossier", "a=12345678200010", "--dossier", "b=123 456 782 00010 B"}, "another dossier has the SIRET of b",
			"each association is one dossier"},
		{2, []string{"--dossier", "a=12345678200010", "--dossier", "a=12345678200010"}, "there is a dossier a already", "a name of its own"},
		{2, []string{"--dossier", "a=123 456 782 2 A"}, "the SIRET of a is none", ""},
		{2, []string{"--dossier", "A b=12345678200010"}, "a dossier is written NAME=SIRET LABEL", "--dossier"},
		{2, []string{"--dossier", "a=12345678200010 x\ty"}, "a tab or another character", ""},
		{2, []string{"--database", `paie"; DROP DATABASE x`}, "--database takes a name of small letters", ""},
		{2, []string{"--database", "dbname=x"}, "--database takes a name of small letters", ""},
		{2, []string{"--database", "postgres"}, "the database postgres is the server's own", "--database paie"},
		{2, []string{"--database", "template1"}, "the database template1 is the server's own", ""},
		{2, []string{"--schema", "x.y"}, "--schema takes a name", ""},
		{2, []string{"--tables", "postgres://u:secret@h/d"}, "a URL with a password is a secret", "--tables credential"},
		{2, []string{"--tables", "somewhere"}, "the tables are at default", ""},
		{2, []string{"--environment", "prod"}, "--environment takes test or production, and nothing else", ""},
		{2, []string{"--language", "de"}, "--language takes fr or en", ""},
		{2, []string{"--partner", "nobody"}, "--partner takes isidoor", ""},
		{2, []string{"--partner", "jindexe"}, "its section is written by hand", "docs/partners.md"},
		{2, []string{"--schedule", "sometimes"}, "the schedule must have ", "such as: last-working-day"},
		{2, []string{"--secret", "x=nowhere.txt"}, "the secret x cannot be read from nowhere.txt", "FILE"},
		{2, append(slices.Clone(whole), "--secret", "dosier-saint-martin=key.txt"), "nothing asks for dosier-saint-martin", ""},
		{2, []string{"--instance", "../x"}, "is not the name of an instance", ""},
		{2, []string{"--config", "x"}, "--config has no meaning", "--instance"},
		{3, whole, "PostgreSQL does not answer", "systemctl start postgresql"},
	} {
		said := b.setup(refused.code, refused.args...)
		b.says(said, refused.says, refused.hint)
		if strings.Contains(said, "secret@h") {
			t.Errorf("it shows a password: %s", said)
		}
	}
	usual := b.env
	b.env = append(slices.Clone(usual), "PATH=/nowhere")
	b.says(b.setup(3, whole...), "there is no PostgreSQL on this machine", "apt install postgresql")
	b.env = append(slices.Clone(usual), "LC_ALL=fr_FR.UTF-8")
	b.says(b.setup(2, "--dossier", "a=123"), "le SIRET de a n'en est pas un", "conseil\u00a0: cherchez-le")
	b.env = append(slices.Clone(usual), "SYNCD_ADMIN=syncd.service")
	b.says(b.setup(2, whole...), "a setup makes databases and files of root's", "hint: "+atHand("sudo syncd setup")+" …")
	b.says(b.setup(2, "--rehearsal", "-i", "essai"), atHand("sudo syncd setup")+" --instance essai --rehearsal\n")
	if _, err := os.Stat(b.path("config.toml")); err == nil {
		t.Error("a configuration was made")
	}
}

// A person at a terminal is asked, told of what is no answer, and asked again; what is secret is not shown.
func setupAsks(t *testing.T, program string) {
	t.Helper()
	b := newBare(t, program, true)
	shown, said, code := b.converse([][2]string{{"Language of reports: fr or en [en]: ", "\x04"}})
	if b.says(shown, "the input ended before the last question; nothing was done"); code != exitUsage || said != "" {
		t.Errorf("%d: %s", code, said)
	}
	shown, said, code = b.converse([][2]string{
		{"Language of reports", "fr\n"}, {"Environnement : test ou production [test]", "prod\n"}, {"Environnement", "\n"},
		{"Partenaires, par exemple isidoor, iopole [isidoor]", "isidoor, chorus-pro\n"}, {"isidoor: client_id (tel qu'il a été remis)", "\n"},
		{"client_id", "notre-editeur\n"}, {"client_secret (ne s'affiche pas ; Entrée : plus tard)", "a secret nobody sees\n"},
		{"chorus-pro: client_id", "piste\n"}, {"chorus-pro: client_secret", "\n"},
		{"Dossier, un nom court et définitif", "saint-martin\n"}, {"SIRET de saint-martin", "123\n"}, {"SIRET", "123 456 782 00010\n"},
		{"Libellé de saint-martin, pour les comptes rendus [saint-martin]", "OGEC Saint-Martin\n"}, {"Un autre dossier (Entrée", "\n"},
		{"Clé de saint-martin, lue à l'écran d'Isidoor", "\n"}, {"login", "TECH_1\n"}, {"password", "\n"},
		{"password_set (un jour, par exemple 2026-09-01)", "hier\n"}, {"password_set", "2026-09-01\n"},
		{"Base de données PostgreSQL [paie]", "\n"},
		{"Tables des salariés", "credential\n"}, {"URL de leur base, mot de passe compris", "\n"}, {"Schéma des tables [staging]", "rh\n"},
		{"Quand envoyer le mois, par exemple last-working-day 06:00", "\n"},
	})
	if code != exitDone || strings.Contains(shown, "nobody sees") {
		t.Errorf("exit code %d\n%s\n%s", code, shown, said)
	}
	b.says(shown, "--environment prend test ou production", "il faut une réponse (--set isidoor.client_id=…)",
		"le SIRET de saint-martin n'en est pas un", "saint-martin.chorus-pro.password_set est un jour comme 2026-09-01")
	b.says(said, "créé      la base paie", "systemd-ask-password dossier-saint-martin: >", "# le secret, dès que vous l'avez")
	b.says(b.file("config.toml"), `siret = "12345678200010"`, `client_id = "notre-editeur"`, `staging_url = { credential = "staging-url" }`, "FROM rh.employee")
	if got := b.file("credentials/isidoor-client-secret"); got != "a secret nobody sees\n" {
		t.Errorf("%q", got)
	}
}

// converse runs a setup at a terminal and answers what it asks; shown is what stands on the terminal, said what it printed.
func (b *bare) converse(answers [][2]string) (shown, said string, code int) {
	b.Helper()
	terminal, theirs, err := openTerminal(0)
	if err != nil {
		b.Fatal(err)
	}
	defer terminal.Close()
	var out bytes.Buffer
	cmd := b.command(b.program, "setup", "--root", b.root)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, &out, theirs
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	theirs.Close()
	var all []byte
	read := func() error {
		part := make([]byte, 4096)
		n, err := terminal.Read(part)
		all = append(all, part[:n]...)
		return err
	}
	for _, answer := range answers {
		for from := len(all); !bytes.Contains(all[from:], []byte(answer[0])) || !bytes.HasSuffix(all, []byte(": ")); {
			if err := read(); err != nil {
				b.Fatalf("it never asks %q: %v\n%s", answer[0], err, all)
			}
		}
		if _, err := terminal.WriteString(answer[1]); err != nil {
			b.Fatal(err)
		}
	}
	for read() == nil { // to the end, where the terminal's other side is closed
	}
	cmd.Wait() //nolint:errcheck // its code tells
	return string(all), out.String(), cmd.ProcessState.ExitCode()
}
