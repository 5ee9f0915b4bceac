package process

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	choruspro "syncd/internal/partner/choruspro/standin"
	jindexe "syncd/internal/partner/jindexe/standin"
	"syncd/internal/sandbox"
)

// Of a technical account, as it could be: with accents, a colon and more in the password.
const (
	accountLogin   = "TECH_É_1@cpro.example"
	rightPassword  = "pâsse:canari-bon é&%2F\"+ü"
	wrongPassword  = "pâsse:canari-faux é&%2F\"+ü"
	wrongPassword2 = "canari-faux-aussi"
)

func accountOf(login, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(login + ":" + password))
}

// readAccount is a world of one dossier whose password is wrong, at a stand-in that quotes whatever it is sent when it refuses.
func readAccount(t *testing.T, faults ...string) (*reading, *choruspro.Sandbox) {
	t.Helper()
	r, s := readChorus(t, choruspro.Config{Invoices: 5, Dossiers: []sandbox.Dossier{{Name: dossier, Siret: siret, Login: accountLogin,
		Password: rightPassword}}})
	r.faults(faults...)
	r.calls.inner = http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		s.ServeHTTP(&quoting{ResponseWriter: w, what: request.Header.Get("cpro-account") + " " + wrongPassword}, request)
	})
	r.setSecret(dossier, wrongPassword)
	return r, s
}

// quoting adds what it quotes to each refusal.
type quoting struct {
	http.ResponseWriter
	what string
}

func (q *quoting) WriteHeader(status int) {
	q.ResponseWriter.WriteHeader(status)
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		_, _ = io.WriteString(q.ResponseWriter, "compte refusé : "+q.what) // nobody is there to tell
	}
}

// forms are a secret as it could stand somewhere.
func (n needles) forms(kind, secret string) {
	var wide, bigEndian []byte
	for _, unit := range utf16.Encode([]rune(secret)) {
		wide = append(wide, byte(unit), byte(unit>>8))
		bigEndian = append(bigEndian, byte(unit>>8), byte(unit))
	}
	for form, text := range map[string]string{"raw": secret, "in a query": url.QueryEscape(secret), "in a path": url.PathEscape(secret),
		"in base64":          base64.RawStdEncoding.EncodeToString([]byte(secret)),
		"in base64 for URLs": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"in UTF-16":          string(wide), "in UTF-16 and base64": base64.RawStdEncoding.EncodeToString(wide),
		"in UTF-16BE and base64": base64.RawStdEncoding.EncodeToString(bigEndian), "in hexadecimal": hex.EncodeToString([]byte(secret)),
		"quoted": strings.Trim(fmt.Sprintf("%q", secret), `"`), "in ASCII": strings.Trim(fmt.Sprintf("%+q", secret), `"`)} {
		n[kind+" "+form] = text
	}
}

// accountSecrets are all that may stand nowhere.
func accountSecrets() needles {
	n := needles{}
	for kind, password := range map[string]string{"right": rightPassword, "wrong": wrongPassword, "second": wrongPassword2} {
		n.forms(kind+" password", password)
		n.forms(kind+" account", accountLogin+":"+password)
		n.forms(kind+" account in base64", accountOf(accountLogin, password))
	}
	n["a canary"] = "canari"
	n.forms("client secret", clientSecret)
	n.forms("ledger key", ledgerKey)
	return n
}

// TestAWrongAccountIsTriedOnce: the token is renewed once where that may help; then nothing is asked with that secret for a day, by
// nobody. What a person asks for is done once.
func TestAWrongAccountIsTriedOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults []string
		tries  int // with a token, then with another one
	}{"403": {nil, 1}, "401": {[]string{"401-account"}, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := readAccount(t, test.faults...)
			secrets, said := accountSecrets(), ""
			run := func(code int, args ...string) result {
				t.Helper()
				done := r.run(append(args, "--log-level", "trace")...)
				r.want(code, done)
				said += done.stdout + done.stderr
				return done
			}
			tries := func(want int) {
				t.Helper()
				if got := s.WrongTries(accountLogin); got != want {
					t.Errorf("the wrong password was sent %d times, want %d", got, want)
				}
			}
			first := run(3, "run", "lecture")
			r.wantSaid(first, dossier, "What to do now")
			tries(test.tries)
			if n := s.Stats().TokensIssued; n != int64(test.tries) {
				t.Errorf("%d tokens", n)
			}
			r.calls.interfere(nil)
			r.wantSaid(run(3, "run", "lecture"), "syncd check --dossier "+dossier+" --again")
			run(3, "resume", r.latest())
			r.wantSaid(run(3, "check"), "syncd check --again")
			r.dayPasses(23)
			run(3, "run", "lecture")
			if calls := r.calls.list(); len(calls) > 0 {
				t.Errorf("%d calls with a secret that is known to be wrong", len(calls))
			}
			run(3, "check", "--again")
			tries(2 * test.tries)
			r.dayPasses(23) // since the check
			run(3, "run", "lecture")
			tries(2 * test.tries)
			r.dayPasses(2)
			run(3, "run", "lecture")
			if tries(3 * test.tries); test.tries == 1 { // else five have locked the account
				r.setSecret(dossier, rightPassword)
				run(0, "run", "lecture")
				run(0, "check")
				r.setSecret(dossier, wrongPassword)
				r.calls.interfere(nil)
				run(3, "run", "lecture")
				if calls := r.calls.list(); len(calls) > 0 {
					t.Errorf("%d calls: the wrong one is forgotten since the right one was taken", len(calls))
				}
			}
			run(0, "show", r.latest())
			run(0, "runs", "--json")
			secrets.look(t, "what was said", said)
			secrets.look(t, "the ledger", r.dumpAll())
			if !strings.Contains(said, `"api call"`) {
				t.Error("nothing was logged: nothing was tested")
			}
		})
	}
}

// TestTwoWrongPasswordsByTurns: processes whose configurations have different wrong ones send each of them once, however often they
// take turns: five lock an account.
func TestTwoWrongPasswordsByTurns(t *testing.T) {
	t.Parallel()
	turns := func(r *reading) {
		for range 3 {
			for _, password := range []string{wrongPassword, wrongPassword2} {
				r.setSecret(dossier, password)
				r.read(3)
				r.want(3, r.run("check"))
			}
		}
	}
	r, s := readAccount(t)
	if turns(r); s.WrongTries(accountLogin) != 2 {
		t.Errorf("Chorus Pro was sent %d wrong passwords, want each of two once", s.WrongTries(accountLogin))
	}
	granted, api := readJindexe(t, jindexe.Config{Sheets: 3})
	turns(granted)
	if g := api.Grants(granted.schools[0].Login); g.Password != 2 || g.Wrong != 2 {
		t.Errorf("Jindexe was sent %+v, want each of two passwords once", g)
	}
}

// dayPasses lets hours go by, for all that the ledger remembers of secrets.
func (r *reading) dayPasses(hours int) {
	r.t.Helper()
	r.exec(`UPDATE syncd.credential SET tried_at = tried_at - make_interval(hours => $1),
		held_until = held_until - make_interval(hours => $1)`, hours)
	r.exec(`UPDATE syncd.refused_secret SET refused_at = refused_at - make_interval(hours => $1)`, hours)
}

// dumpAll is all that is in the database, as text.
func (r *reading) dumpAll() string {
	r.t.Helper()
	tables := r.texts(`SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('syncd', 'inbox')`)
	if len(tables) < 20 {
		r.t.Fatalf("only %d tables", len(tables))
	}
	var queries []string
	for _, table := range tables {
		queries = append(queries, `SELECT t::text FROM `+table+` t`)
	}
	return strings.Join(r.texts(strings.Join(queries, " UNION ALL ")), "\n")
}

// TestADaemonTakesANewPassword: one that was refused is not sent again, however often the schedule fires, until a reload brings
// another one; the run that failed for it is then done by itself.
func TestADaemonTakesANewPassword(t *testing.T) {
	t.Parallel()
	r, s := readAccount(t)
	d := r.newDaemon()
	r.launch(d, "SYNCD_LOG_LEVEL=trace")
	d.untilReady()
	detached := func() (run string) {
		t.Helper()
		r.want(0, r.run("run", "lecture", "--detach"))
		return r.latest()
	}
	failed := func(run, code string) {
		t.Helper()
		r.untilState(run, "failed")
		if got := r.of(run, "failure_code"); got != code {
			t.Errorf("run %s failed for %q, want %q", run, got, code)
		}
	}
	failed(detached(), "configuration")
	run := detached()
	failed(run, "secret-refused")
	r.setSecret(dossier, wrongPassword2)
	d.signal(syscall.SIGHUP)
	d.until("it tries another one", func() bool { return s.WrongTries(accountLogin) == 2 })
	failed(run, "configuration")
	d.signal(syscall.SIGHUP) // the same again
	d.until("it knows that this one is wrong, too", func() bool { return r.of(run, "failure_code") == "secret-refused" })

	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", d.cmd.Process.Pid))
	r.must(err)
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", d.cmd.Process.Pid))
	r.must(err)
	r.setSecret(dossier, rightPassword)
	d.signal(syscall.SIGHUP)
	r.untilState(run, "succeeded")
	if n := s.WrongTries(accountLogin); n != 0 { // the right one resets it
		t.Errorf("%d wrong passwords since", n)
	}
	_, metrics := d.get("/metrics")
	d.stop()
	secrets := accountSecrets()
	for where, text := range map[string]string{"the log": d.stderr.String() + d.stdout.String(), "systemd": d.told.String(),
		"metrics": metrics, "the process list": string(line) + string(environment), "the ledger": r.dumpAll()} {
		secrets.look(t, where, text)
	}
	if !d.logged(`"api call"`) {
		t.Error("nothing was logged: nothing was tested")
	}
}

// TestACrashLeavesNoCore: not even where the system would write one.
func TestACrashLeavesNoCore(t *testing.T) {
	t.Parallel()
	const allow = `ulimit -c unlimited 2>/dev/null; cd "$HOME" && export GOTRACEBACK=crash && `
	control := exec.Command("/bin/sh", "-c", allow+"kill -ABRT $$")
	control.Env = []string{"HOME=" + t.TempDir()}
	_ = control.Run()
	r, _ := readAccount(t)
	reached, go_on := make(chan struct{}), make(chan struct{})
	r.calls.interfere(func(n int, request *http.Request) {
		if n == 2 { // the token is there, and the account is on its way
			close(reached)
			<-go_on
		}
	})
	p := r.startShell(nil, allow+`exec "$0" run lecture`)
	<-reached
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.cmd.Process.Pid))
	r.must(err)
	if !noCore.Match(limits) {
		t.Errorf("a crash would leave a core file:\n%s", limits)
	}
	p.signal(syscall.SIGABRT)
	died := p.wait()
	close(go_on)
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGABRT || status.CoreDump() {
		t.Errorf("it ended by %v, with a core: %t", status, status.CoreDump())
	}
	of, _ := control.ProcessState.Sys().(syscall.WaitStatus)
	t.Logf("another program leaves a core here: %t", of.CoreDump())
	accountSecrets().look(t, "what the crash said", died.stdout+died.stderr)
}

// TestAWrongPasswordIsSentOnceInADay: the job is due each hour of a day and some more, of which the hours pass in the ledger alone.
// Its daemon, who comes anew each few hours and is killed as often, and people send the password once.
func TestAWrongPasswordIsSentOnceInADay(t *testing.T) {
	t.Parallel()
	r, s := readJindexe(t, jindexe.Config{Sheets: 3})
	login := r.schools[0].Login
	r.setSecret(dossier, wrongPassword)
	r.schedule(filepath.Join(r.dir, "config.toml"), "@hourly")
	var d *daemon
	for hour := range 26 {
		if hour%9 == 0 {
			if d != nil && hour%18 == 0 {
				d.stop()
			} else if d != nil {
				d.signal(syscall.SIGKILL)
				d.wait()
			}
			d = r.daemon()
		}
		fire := time.Now().UTC().Truncate(time.Hour)
		if hour == 0 {
			r.want(0, r.run("run", "lecture", "--detach"))
		} else { // the schedule is an hour late, and fires
			for _, table := range []string{"fire", "run"} { // those before were on other days
				r.exec(`UPDATE syncd.`+table+` SET nominal_at = nominal_at - make_interval(days => $1) WHERE nominal_at >= $2`, hour, fire)
			}
			r.exec(`UPDATE syncd.schedule SET dealt_with = $1`, fire.Add(-time.Second))
			d.signal(syscall.SIGHUP)
		}
		d.until("the run of the hour has failed", func() bool {
			return r.text(`SELECT (bool_and(state = 'failed') AND (SELECT count(*) FROM syncd.fire) >= $1)::text FROM syncd.run`, hour) == "true"
		})
		r.dayPasses(1)
	}
	r.want(3, r.run("run", "lecture"))
	r.want(3, r.run("check"))
	if g := s.Grants(login); g.Password != 1 || g.Wrong != 1 || g.Refresh != 0 {
		t.Errorf("%+v", g)
	}
	if wrong := r.texts(`SELECT format('run %s is %s for %s', id, state, failure_code) FROM syncd.run
		WHERE (state, failure_code) <> ('failed', 'configuration')`); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}

	r.want(3, r.run("check", "--again"))
	if g := s.Grants(login); g.Password != 2 {
		t.Errorf("a person wanted it tried again: %+v", g)
	}
	r.setSecret(dossier, r.schools[0].Password)
	const reload = "the configuration was read again"
	reloads := len(d.lines(reload))
	d.signal(syscall.SIGHUP)
	d.until(reload, func() bool { return len(d.lines(reload)) > reloads })
	r.want(0, r.run("run", "lecture", "--detach"))
	r.untilState(r.latest(), "succeeded")
	if g := s.Grants(login); g.Password != 3 || g.Wrong != 2 {
		t.Errorf("%+v", g)
	}
	d.stop()
}
