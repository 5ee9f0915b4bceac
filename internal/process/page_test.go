package process

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/accounts"
	"syncd/internal/sandbox"
	"syncd/internal/store"
)

// visitor is somebody's browser, on a page that is a process.
type visitor struct {
	w      *world
	client *http.Client
	cookie *http.Cookie
}

const pageURL = "http://127.0.0.1:8481"

// page configures a page on a socket, and gives what starts it and who asks it.
func (w *world) page() (start func() *running, v *visitor) {
	w.t.Helper()
	folder, err := os.MkdirTemp("", "syncd-") // short: so must be the path of a socket
	w.must(err)
	w.t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket := filepath.Join(folder, "web")
	w.change(filepath.Join(w.dir, "config.toml"), "\n[daemon]\n",
		"\n[web]\npublic_url = \""+pageURL+"\"\nlisten = \"unix:"+socket+"\"\n[daemon]\n")
	v = &visitor{w: w, client: &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}}
	return func() *running {
		p := w.start("web")
		w.waitFor("the page answers", func() bool {
			status, _ := v.ask(http.MethodGet, "/login", nil)
			return status == http.StatusOK || status == http.StatusSeeOther || p.over()
		})
		if p.over() {
			w.t.Fatalf("the page has ended: %+v", p.wait())
		}
		return p
	}, v
}

// ask is a request as a browser sends it; 0 = nothing was answered.
func (v *visitor) ask(method, path string, form url.Values) (status int, body string) {
	r, err := http.NewRequestWithContext(v.w.t.Context(), method, pageURL+path, strings.NewReader(form.Encode()))
	v.w.must(err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", pageURL)
	}
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	for _, c := range answer.Cookies() {
		v.cookie = c
	}
	text, _ := io.ReadAll(answer.Body) // as far as it came
	return answer.StatusCode, string(text)
}

var shownSecret = regexp.MustCompile(`<code>([A-Z2-7 ]+)</code>`)

// enter makes an account by the command line, and uses its invitation on the page.
func (v *visitor) enter(name string, roles ...string) {
	w := v.w
	w.t.Helper()
	args := []string{"account", "add", name}
	for _, role := range roles {
		args = append(args, "--role", role)
	}
	made := w.run(args...)
	w.want(0, made)
	code := regexp.MustCompile(`(?m)^ +(([A-Z2-7]{4}-){7}[A-Z2-7]{4})$`).FindStringSubmatch(made.stdout)
	if code == nil {
		w.t.Fatalf("no invitation in\n%s", made.stdout)
	}
	_, body := v.ask(http.MethodPost, "/invitation", url.Values{"invitation": {code[1]}})
	shown := shownSecret.FindStringSubmatch(body)
	if shown == nil {
		w.t.Fatalf("no key in\n%s", body)
	}
	secret, err := accounts.ParseTyped(shown[1])
	w.must(err)
	const password = "a phrase that is easily kept in mind"
	if status, body := v.ask(http.MethodPost, "/invitation/accept", url.Values{"invitation": {code[1]}, "password": {password},
		"again": {password}, "code": {accounts.Code(secret, time.Now())}}); status != http.StatusSeeOther {
		w.t.Fatalf("the invitation was not used: %d\n%s", status, body)
	}
}

// TestThePageIsKilled ends the page with SIGKILL at many instants after a click: what was decided is there with its line in the audit,
// or neither is; and the session goes on with the page that is started next.
func TestThePageIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, sandbox.Faults{})
	w.jobSetting("paie", `schedule = "last-working-day 06:00"`)
	start, v := w.page()
	w.want(0, w.run("account", "list"))
	page := start()
	v.enter("marie", "read", "prepare")
	whole, absent := 0, 0
	for i := range 8 {
		paused := w.number(`SELECT count(*) FROM syncd.pause`) == 1
		path := map[bool]string{false: "/schedule/paie/pause", true: "/schedule/paie/unpause"}[paused]
		answered := make(chan int, 1)
		go func() {
			status, _ := v.ask(http.MethodPost, path, url.Values{"reason": {"a while"}})
			answered <- status
		}()
		select { // the earliest instants are before anything is decided, the latest after it was answered
		case <-time.After(time.Duration(i*i) * 500 * time.Microsecond):
		case status := <-answered:
			answered <- status
		}
		page.signal(syscall.SIGKILL)
		page.wait()
		status := <-answered
		page = start()
		w.waitFor("what it was doing has ended", func() bool {
			return w.number(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`) == 0
		})
		decided := w.number(`SELECT count(*) FROM syncd.pause`) == 1 != paused
		if net := w.number(`SELECT count(*) FILTER (WHERE decision = 'pause') - count(*) FILTER (WHERE decision = 'unpause') FROM syncd.audit`); net !=
			w.number(`SELECT count(*) FROM syncd.pause`) {
			t.Errorf("round %d: the audit says %d pauses go on", i, net)
		}
		if status == http.StatusSeeOther && !decided {
			t.Errorf("round %d: it was answered, and is not there", i)
		}
		if decided {
			whole++
		} else {
			absent++
		}
		if status, body := v.ask(http.MethodGet, "/schedule", nil); status != http.StatusOK {
			t.Errorf("round %d: the session is lost: %d\n%s", i, status, tail(body))
		}
	}
	t.Logf("%d decisions were whole, %d absent", whole, absent)
}

// TestTheServiceIsKilled ends the daemon with SIGKILL: each page says so by the age of its last sign of life, as does check, and no more
// once there is another. What people are paid and called is meanwhile in no metric, nor in what a process says or shows of itself.
func TestTheServiceIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, sandbox.Faults{})
	w.exec(`UPDATE staging.employee SET nom_naissance = 'Zqx' || matricule, prenom = 'Wvk' || matricule;
		UPDATE staging.payroll_element SET amount = 9417.53 WHERE amount IS NOT NULL`)
	w.jobSetting("paie", scheduled(dailyButNotNow))
	start, v := w.page()
	page, d := start(), w.daemon()
	w.want(0, w.run("run", "paie", "--period", period, "--detach"))
	v.enter("marie", "read", "prepare", "approve", "admin")
	run := w.text(`SELECT max(id)::text FROM syncd.run`)
	w.untilState(run, "succeeded")
	paths := []string{"/", "/waiting", "/months/" + dossier, "/runs", "/runs/" + run, "/runs/" + run + "/employees/1", "/employees",
		"/schedule", "/reception", "/journal", "/health", "/contract", "/nomenclatures/" + dossier, "/account",
		"/plans/paie/" + dossier + "/" + period}
	const dead = "banner dead"
	all := func(wanted bool) {
		t.Helper()
		for _, path := range paths {
			if status, body := v.ask(http.MethodGet, path, nil); status != http.StatusOK || strings.Contains(body, dead) != wanted {
				t.Errorf("%s: %d, and it says that the service is dead: %t", path, status, !wanted)
			}
		}
	}
	all(false)
	_, metrics := d.get("/metrics")
	d.signal(syscall.SIGKILL)
	d.wait()
	all(false) // it may be back at once
	w.exec(`UPDATE syncd.daemon SET seen_at = seen_at - interval '75 seconds'`)
	all(true)
	if r := w.run("check", "--offline"); !strings.Contains(r.stdout, "none runs") {
		t.Errorf("check: %s", r.stdout)
	}
	w.daemon()
	all(false)

	people := needles{"a name": "Zqx", "a first name": "Wvk", "what is paid": "9417.53", "what is paid, in French": "9417,53"}
	for _, value := range w.texts(`SELECT nir FROM staging.employee UNION SELECT iban FROM staging.employee`) {
		people.add("a number", value)
	}
	status, _ := v.ask(http.MethodGet, "/metrics", nil)
	if status != http.StatusNotFound || !strings.Contains(metrics, "syncd_items_total") {
		t.Errorf("the page's metrics: %d; the daemon's:\n%s", status, metrics)
	}
	told := map[string]string{"metrics": metrics, "the page's log": page.stdout.String() + page.stderr.String(),
		"the daemon's log": d.stdout.String() + d.stderr.String()}
	for _, shown := range []string{"cmdline", "environ", "comm"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", page.cmd.Process.Pid, shown))
		w.must(err)
		told["the page's "+shown] = string(text)
	}
	for where, text := range told {
		people.look(t, where, text)
	}
}

// TestAPageThatCannotServe is told so before it starts where its configuration is at fault; where its ledger is, it starts, says so to
// who asks and in its log, and serves as soon as that is mended.
func TestAPageThatCannotServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, sandbox.Faults{})
	start, v := w.page()
	config := filepath.Join(w.dir, "config.toml")
	good, err := os.ReadFile(config)
	w.must(err)
	own := regexp.MustCompile(`(?m)^listen = "unix:[^"]*web"$`).FindString(string(good))
	for _, c := range []struct{ name, from, to, told string }{
		{"a path", pageURL, "https://paie.example.org/syncd", "web.public_url"},
		{"in the open", pageURL, "http://paie.example.org", "web.public_url"},
		{"without TLS", own, `listen = "0.0.0.0:8499"`, "web.listen"},
		{"no certificate", own, "listen = \"0.0.0.0:8499\"\ncertificate = \"gone.pem\"\ncertificate_key = { file = \"gone.key\" }", "gone"},
		{"no page", "[web]\npublic_url = \"" + pageURL + "\"\n" + own, "", "the configuration has no [web]"},
	} {
		w.change(config, c.from, c.to)
		if r := w.run("web"); r.code == 0 || !strings.Contains(r.stderr, c.told) {
			t.Errorf("%s: %d %s", c.name, r.code, r.stderr)
		}
		w.must(os.WriteFile(config, good, 0o600))
	}
	page := start()
	if r := w.run("web"); r.code == 0 || !strings.Contains(r.stderr, "another process answers") {
		t.Errorf("a second page on its socket: %d %s", r.code, r.stderr)
	}
	v.enter("marie", "read")
	stop := func() { page.signal(syscall.SIGTERM); w.want(0, page.wait()) }
	stop()
	role, url := w.db.Login(t)
	for _, c := range []struct {
		name, database, told string
		mend                 func()
	}{
		{"another migration", "", "newer than this program knows", func() { w.exec(`DELETE FROM syncd.goose_db_version WHERE version_id = 9999`) }},
		{"a role without rights", url, "&#39;syncd migrate&#39; gives the page&#39;s role", func() {
			w.must(w.db.With(t.Context(), func(c *pgx.Conn) error { return store.GrantPage(t.Context(), c, role) }))
		}},
	} {
		if w.database = c.database; c.database == "" {
			w.exec(`INSERT INTO syncd.goose_db_version (version_id, is_applied) VALUES (9999, true)`)
		}
		page = start()
		if status, body := v.ask(http.MethodGet, "/", nil); status != http.StatusServiceUnavailable || !strings.Contains(body, c.told) {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
		w.waitFor("its log tells", func() bool { return strings.Contains(page.stderr.String(), "the page cannot use the ledger") })
		c.mend()
		w.waitFor(c.name+" is mended", func() bool { status, _ := v.ask(http.MethodGet, "/", nil); return status == http.StatusOK })
		stop()
	}
	w.database = strings.Replace(url, role, "nobody_"+role, 1)
	page = start()
	if status, body := v.ask(http.MethodGet, "/", nil); status != http.StatusServiceUnavailable || strings.Contains(body, role) ||
		!strings.Contains(body, "check url under [database]") {
		t.Errorf("a role that is not there: %d %s", status, body)
	}
	stop()
}
