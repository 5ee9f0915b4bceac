package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/app/words"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
	"syncd/internal/testpg"
)

var declaredCode = regexp.MustCompile(`\bCode += "([a-z-]+)"`)

// Whatever the use cases refuse or find has words.
func TestEachCodeHasWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../internal/app/*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared, catalogue := 0, locale.Of(locale.French, "isidoor")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range declaredCode.FindAllSubmatch(text, -1) {
			declared++
			code := app.Code(match[1])
			if catalogue.Refused[string(code)].Text == "" && catalogue.Found[string(code)].Text == "" && code != app.BadValue {
				t.Errorf("%s: there are no words for %q", filepath.Base(file), code)
			}
		}
	}
	if words := len(catalogue.Refused) + len(catalogue.Found) + 1; declared != words {
		t.Errorf("%d codes, and words for %d", declared, words)
	}
}

// An argument that the words do not have would leave its name in braces.
func TestWordsTakeTheirArguments(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]app.Finding{
		"nomenclatures not pulled yet: Civilite, Strate": {Code: app.NotPulledYet, Args: app.Args{"names": []string{"Civilite", "Strate"}}},
		"a, version 1 (0123456789ab)": {Code: app.ContractInForce,
			Args: app.Args{"title": "a", "version": "1", "digest": "0123456789abcdef"}},
		os.ErrNotExist.Error(): {Err: &app.Refused{Code: app.BadValue, Err: os.ErrNotExist}},
	} {
		line := words.Of(english(), &f)
		if line.Text != want || strings.Contains(line.Hint, "{") {
			t.Errorf("%+v, want %q", line, want)
		}
	}
	if got := message(&app.Refused{Code: app.OtherTarget, Args: app.Args{"run": 7, "environment": "test"}}); !strings.HasPrefix(got,
		"run 7 is of the test environment at another address") {
		t.Error(got)
	}
}

// What is refused is refused in the language of the setup, and its code still says what it is.
func TestRefusalsInBothLanguages(t *testing.T) {
	t.Parallel()
	for language, want := range map[locale.Language]string{
		locale.English: "an approval needs a reason\nhint: --reason \"why\"",
		locale.French:  "il faut un motif pour un accord\nconseil\u00a0: --reason \"pourquoi\"",
	} {
		refused := &app.Refused{Code: app.NoReason, Args: app.Args{"decision": ledger.DecisionApprove}}
		teller := view.New(language, view.Options{})
		text, err := words.Text(teller, refused), words.Told(teller, fmt.Errorf("approving: %w", refused))
		if text != want || message(err) != want || exitCode(err) != exitUsage {
			t.Errorf("%s: %q, message %q, code %d", language, text, message(err), exitCode(err))
		}
	}
}

// Where several partners are configured, what a command says while it works is about the partner of its job, in its own name.
func TestWordsAreAboutThePartnerOfTheJob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := (&app.Rehearsal{Dir: filepath.Join(dir, "r"), Profile: "iopole", Database: "postgres:///x",
		Listen: "127.0.0.1:1"}).Write(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "r", "config.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const second = "\n[[partner]]\nname = \"jindexe\"\nenvironment = \"test\"\nbase_url = \"http://127.0.0.1:2\"\n" +
		"api_key = { file = \"iopole-client-secret.secret\" }\n[partner.collection.fiches]\nlist = \"GET /pro/fiches\"\nkey = \"/id\"\n\n" +
		"[[dossier]]\n"
	with := strings.Replace(string(text), "\n[[dossier]]\n", second, 1)
	if err := os.WriteFile(file, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	p := process{Getenv: func(string) string { return "" }, Stderr: &strings.Builder{}, flags: &globalFlags{config: file}}
	a, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if said := a.words().Answers.Progress.Fetching; strings.Contains(said, "Iopole") {
		t.Errorf("before a job is known: %q", said)
	}
	a.concerns("lecture")
	if said := a.words().Answers.Progress.Fetching; !strings.Contains(said, "Iopole") {
		t.Errorf("%q", said)
	}
}

// barred are all commands that ask something of a service, as somebody types them whom neither Postgres nor its secrets let in.
var barred = []string{
	"account add marie --role read", "account disable marie", "account link marie x --issuer https://id.example", "account list",
	"account reset marie", "account roles marie --role read", "account set marie --language fr", "account unlink marie",
	"alerts", "alerts silence --kind due --for 24h --reason r", "alerts test --recipient x", "alerts unsilence 1",
	"approve 1 --reason r", "audit", "cancel 1 --reason r", "check --offline --dossier saint-martin", "contract accept --reason r",
	"contract diff", "contract fetch", "contract scaffold paie", "contract show", "daemon", "dictionary impact",
	"forget 00001 --dossier saint-martin --reason r",
	"inbox list", "inbox show factures 1", "inbox export factures 1", "inbox forget factures 1 --dossier saint-martin --reason r", "migrate",
	"month", "month note 0123456 --reason r", "pause dictionnaire --reason r", "period close 2026-11 --reason r", "period list",
	"period reopen 2026-11 --for 24h --reason r", "plan paie", "purge", "rekey --reason r", "resume 1", "run paie", "runs", "sandbox",
	"sandbox contract", "sandbox dictionary drop Civilite", "sandbox edit --employee 00001 --dossier saint-martin Contrat.TauxActivite=50",
	"sandbox faults",
	"sandbox received --dossier saint-martin", "sandbox token", "schedule",
	"settle 1 --employee 00001 --accepted --reason r", "show 1", "show", "unpause dictionnaire", "web", "why 00001 --dossier saint-martin",
}

// free are commands that ask nothing of it, and one that is for who is not the service.
var free = []string{"admin", "help", "sandbox init", "sandbox sample", "setup", "staging load", "version"}

const pageAndRecipient = `[web]
public_url = "http://127.0.0.1:1"
[[alerts.recipient]]
name = "x"
roles = ["admin"]
dossiers = ["*"]
ntfy = "http://127.0.0.1:1/syncd"
token = { credential = "x" }
`

// Where syncd is a service, who types its plain name and is let in by nobody is told the command that works, and ends as elsewhere.
func TestWhoIsNotLetInIsToldTheServicesCommand(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(testpg.Shared(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "r", "config.toml")
	if err := (&app.Rehearsal{Dir: filepath.Dir(file), Profile: "isidoor", Database: "postgres://nobody@" + server.Host + "/postgres",
		Listen: "127.0.0.1:1"}).Write(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	apart := regexp.MustCompile(`\{ file = "([a-z-]+)\.secret" \}`).ReplaceAll(text, []byte(`{ credential = "$1" }`))
	known := map[string]bool{}
	for language, want := range map[string]string{"en": "hint: the configuration is a service's",
		"fr": "conseil\u00a0: la configuration est celle d'un service"} {
		spoken := bytes.Replace(apart, []byte("[daemon]"), []byte(pageAndRecipient+"[daemon]"), 1)
		spoken = bytes.Replace(spoken, []byte("# schedule = \"0 5"), []byte("schedule = \"0 5"), 1)
		spoken = regexp.MustCompile(`(?m)^language = .*`).ReplaceAll(spoken, []byte(`language = "`+language+`"`))
		if err := os.WriteFile(file, spoken, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, line := range barred {
			args := strings.Fields(line)
			told := typedBy(file, "sudo syncd-admin -i essai", args)
			as := "sudo syncd-admin -i essai " + line
			if args[0] == "daemon" || args[0] == "web" {
				as = strings.NewReplacer("daemon", "syncd@essai", "web", "syncd-web@essai").Replace("systemctl start " + args[0])
			}
			if elsewhere := typedBy(file, "", args); told.code != elsewhere.code || told.code == exitDone {
				t.Errorf("%s: exit code %d, elsewhere %d", line, told.code, elsewhere.code)
			}
			if _, hint, _ := strings.Cut(told.said, want); !strings.Contains(hint, as) || strings.Contains(told.said, "roles.sql") ||
				strings.Contains(told.said, "CREDENTIALS_DIRECTORY to") {
				t.Errorf("%s: %s", line, told.said)
			}
		}
	}
	for _, line := range append(barred, free...) {
		cmd, _, err := newRoot(process{Getenv: os.Getenv}).Find(strings.Fields(line))
		if err != nil {
			t.Fatal(err)
		}
		known[cmd.CommandPath()] = true
	}
	eachCommand(newRoot(process{Getenv: os.Getenv}), func(cmd *cobra.Command) {
		if path := cmd.CommandPath(); !known[path] && !strings.HasPrefix(path, "syncd completion") && cmd.Runnable() && !cmd.HasSubCommands() {
			t.Errorf("%s is not typed here", path)
		}
	})
}

func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, below := range cmd.Commands() {
		eachCommand(below, do)
	}
}

type typedOut struct {
	said string
	code int
}

// typedBy is what a command says to who reads a configuration without being the service that is called so.
func typedBy(config, service string, args []string) typedOut {
	var said strings.Builder
	code := run(args, process{Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said, Service: service,
		Getenv: func(name string) string { return map[string]string{"SYNCD_CONFIG": config}[name] }})
	return typedOut{said.String(), code}
}
