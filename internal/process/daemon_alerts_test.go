package process

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"syncd/internal/alert/alerttest"
	"syncd/internal/sandbox"
)

// TestTheDaemonTells sends a real mail of what has lasted, once whatever number of daemons there is; a server that refuses is told in
// the log, in the metric and by the commands, and what was kept is sent once the server takes it, also after a restart.
func TestTheDaemonTells(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, sandbox.Faults{})
	server := alerttest.NewMailServer(t, "127.0.0.1")
	w.change(filepath.Join(w.dir, "config.toml"), "\n[daemon]\n", strings.Join([]string{"", "[alerts.smtp]", `host = "127.0.0.1"`,
		"port = " + strconv.Itoa(server.Port), `tls = "none"`, `from = "paie@example.test"`, "[[alerts.recipient]]", `name = "admin"`,
		`roles = ["admin", "approve", "prepare"]`, `language = "en"`, `mail = "admin@example.test"`, "", "[daemon]", ""}, "\n"))
	w.exec(`INSERT INTO syncd.pause (job, since, paused_by, reason) VALUES ('paie', clock_timestamp() - interval '25 hours', 'root', 'a long one')`)
	w.exec(`UPDATE syncd.alert_turn SET armed_at = clock_timestamp() - interval '2 days'`)
	server.Answer("RCPT", "450 later")
	d := w.daemon()
	w.daemon()
	d.until("the log tells of the trouble", func() bool {
		return w.number(`SELECT count(*) FROM syncd.alert_message WHERE trouble = 'busy' AND state = 'pending'`) == 1
	})
	if _, body := d.get("/metrics"); !strings.Contains(body, `syncd_alert_channel_failing{channel="mail"} 1`) {
		t.Error("the metric does not tell")
	}
	r := w.run("alerts")
	w.want(0, r)
	if !strings.Contains(r.stdout, "the schedule has been paused for a day") || !strings.Contains(r.stdout, "not sent yet") {
		t.Errorf("alerts: %s", r.stdout)
	}
	server.Answer("RCPT", "")
	w.exec(`UPDATE syncd.alert_message SET not_before = clock_timestamp()`)
	w.daemon() // its first turn sends
	d.until("the mail has come", func() bool { return w.number(`SELECT count(*) FROM syncd.alert_message WHERE state = 'sent'`) == 1 })
	mails := server.Mails()
	if len(mails) != 1 || mails[0].To != "admin@example.test" ||
		!strings.Contains(mails[0].Text, "paie: the schedule has been paused for a day") {
		t.Errorf("%d mails: %+v", len(mails), mails)
	}
	w.want(0, w.run("alerts", "test"))
	if mails := server.Mails(); len(mails) != 2 || mails[1].Subject != "syncd: a test" {
		t.Errorf("%d mails", len(mails))
	}
}

// alertsBy tells two administrators of what has lasted by a mail server whose certificate nobody knows but who has its ca_file.
func (w *world) alertsBy(server *alerttest.MailServer, lines ...string) (config string) {
	w.t.Helper()
	config = filepath.Join(w.dir, "config.toml")
	settings := append([]string{"", "[alerts.smtp]", `host = "127.0.0.1"`, "port = " + strconv.Itoa(server.Port), `from = "paie@example.test"`},
		lines...)
	for _, name := range []string{"marie", "paul"} {
		settings = append(settings, "[[alerts.recipient]]", `name = "`+name+`"`, `roles = ["admin", "approve", "prepare"]`, `language = "en"`,
			`mail = "`+name+`@example.test"`)
	}
	w.change(config, "\n[daemon]\n", strings.Join(append(settings, "", "[daemon]", ""), "\n"))
	if err := os.WriteFile(filepath.Join(w.dir, "mail-ca.pem"), server.PEM, 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.exec(`INSERT INTO syncd.pause (job, since, paused_by, reason) VALUES ('paie', clock_timestamp() - interval '25 hours', 'root', 'a long one')`)
	w.exec(`UPDATE syncd.alert_turn SET armed_at = clock_timestamp() - interval '2 days'`)
	return config
}

const failingMails = `syncd_alert_channel_failing{channel="mail"}`

// TestOneAddressIsRefused: others get theirs over TLS, and the way by which they do is as it was.
func TestOneAddressIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, sandbox.Faults{})
	server := alerttest.NewMailServer(t, "127.0.0.1")
	w.alertsBy(server, `ca_file = "`+filepath.Join(w.dir, "mail-ca.pem")+`"`)
	server.Answer("RCPT TO:<marie@example.test>", "550 5.1.1 unknown")
	d := w.daemon()
	d.until("one is refused, and the other is told", func() bool {
		return w.number(`SELECT count(*) FROM syncd.alert_message WHERE recipient = 'marie' AND trouble = 'address' AND state = 'pending'
			OR recipient = 'paul' AND state = 'sent'`) == 2
	})
	if mails := server.Mails(); len(mails) != 1 || mails[0].To != "paul@example.test" {
		t.Errorf("%d mails: %+v", len(mails), mails)
	}
	if got := d.metric(failingMails); got != "0" {
		t.Errorf("the way of all fails: %q", got)
	}
	if r := w.run("check", "--offline"); !strings.Contains(r.stdout, "the mail server refuses messages to marie; others get theirs") {
		t.Errorf("check: %s", r.stdout)
	}
}

// TestTheMailServerIsSomebodyElse: nothing is told a server whose certificate nobody vouches for; what was kept leaves once, when
// somebody does.
func TestTheMailServerIsSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, sandbox.Faults{})
	server := alerttest.NewMailServer(t, "127.0.0.1")
	config := w.alertsBy(server, `tls = "starttls"`)
	d := w.daemon()
	d.until("the log tells of the trouble", func() bool {
		return w.number(`SELECT count(*) FROM syncd.alert_message WHERE trouble = 'certificate' AND state = 'pending'`) == 1
	})
	if mails := server.Mails(); len(mails) > 0 {
		t.Errorf("told somebody else: %+v", mails)
	}
	if got := d.metric(failingMails); got != "1" {
		t.Errorf("the metric does not tell: %q", got)
	}
	if r := w.run("check", "--offline"); r.code == 0 || !strings.Contains(r.stdout, "messages by mail are not delivered") {
		t.Errorf("check: %d %s", r.code, r.stdout)
	}
	d.stop()
	w.change(config, `tls = "starttls"`, `ca_file = "`+filepath.Join(w.dir, "mail-ca.pem")+`"`)
	d = w.daemon()
	d.until("both are told", func() bool { return w.number(`SELECT count(*) FROM syncd.alert_message WHERE state = 'sent'`) == 2 })
	if mails := server.Mails(); len(mails) != 2 || mails[0].To == mails[1].To {
		t.Errorf("%d mails: %+v", len(mails), mails)
	}
	if got := d.metric(failingMails); got != "0" {
		t.Errorf("the metric tells of what is mended: %q", got)
	}
}

// TestAMailServerByToken: a server that hangs and a token that is refused are told where an administrator looks, and lose nothing. Once
// both are as they should be, what was kept arrives once, by XOAUTH2 over TLS, and a watcher elsewhere hears that all goes on.
func TestAMailServerByToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, sandbox.Faults{})
	server, watcher := alerttest.NewMailServer(t, "127.0.0.1"), alerttest.NewPage(t)
	var known atomic.Bool
	tokens := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		a.Header().Set("Content-Type", "application/json")
		if !known.Load() || r.PostFormValue("client_secret") != "s3cret-of-mails" || r.PostFormValue("scope") != "mail" {
			a.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(a, `{"error": "invalid_client"}`)
			return
		}
		_, _ = io.WriteString(a, `{"access_token": "t0ken-of-mails", "token_type": "Bearer", "expires_in": 3600}`)
	}))
	t.Cleanup(tokens.Close)
	w.must(os.WriteFile(filepath.Join(w.dir, "mail.secret"), []byte("s3cret-of-mails\n"), 0o600))
	w.alertsBy(server, `ca_file = "`+filepath.Join(w.dir, "mail-ca.pem")+`"`, `username = "paie@example.test"`, `auth = "xoauth2"`,
		`token_url = "`+tokens.URL+`"`, `client_id = "syncd"`, `client_secret = { file = "mail.secret" }`, `scope = "mail"`)
	w.exec(`UPDATE syncd.alert_turn SET armed_at = clock_timestamp() - interval '2 days'`)
	fails := func(trouble, told string) {
		t.Helper()
		d := w.daemon(`ping = "` + watcher.URL + `"`)
		d.until("the ledger tells of the trouble", func() bool {
			return w.number(`SELECT count(*) FROM syncd.alert_message WHERE trouble = $1 AND state = 'pending'`, trouble) > 0
		})
		if got := d.metric(failingMails); got != "1" {
			t.Errorf("%s: the metric does not tell: %q", trouble, got)
		}
		d.stop()
		if r := w.run("check", "--offline"); r.code == 0 || !strings.Contains(r.stdout, told) {
			t.Errorf("%s: check: %d %s", trouble, r.code, r.stdout)
		}
		if r := w.run("alerts"); !strings.Contains(r.stdout, "not sent yet") {
			t.Errorf("%s: alerts: %s", trouble, r.stdout)
		}
		for _, text := range []string{d.stdout.String(), d.stderr.String()} {
			if strings.Contains(text, "s3cret-of-mails") || strings.Contains(text, "t0ken-of-mails") {
				t.Errorf("%s: the log tells a secret", trouble)
			}
		}
		w.exec(`UPDATE syncd.alert_message SET not_before = clock_timestamp()`)
	}
	fails("secret", "messages by mail are not delivered")
	known.Store(true)
	server.Hang(true)
	fails("timeout", "messages by mail are not delivered")
	server.Hang(false)
	if n := len(watcher.Calls()) + len(server.Mails()); n > 0 {
		t.Errorf("%d mails and pings too early", n)
	}
	d := w.daemon(`ping = "` + watcher.URL + `"`)
	d.until("both are told", func() bool { return w.number(`SELECT count(*) FROM syncd.alert_message WHERE state = 'sent'`) == 2 })
	if mails := server.Mails(); len(mails) != 2 || mails[0].To == mails[1].To {
		t.Errorf("%d mails: %+v", len(mails), mails)
	}
	for _, login := range server.Logins() {
		if login != "XOAUTH2 user=paie@example.test auth=Bearer t0ken-of-mails" {
			t.Errorf("it logs in by %s", login)
		}
	}
	if got := d.metric(failingMails); got != "0" {
		t.Errorf("the metric tells of what is mended: %q", got)
	}
	w.waitSoLong(aMinute+patience, "a watcher hears of the daemon", func() bool { return len(watcher.Calls()) == 1 })
}
