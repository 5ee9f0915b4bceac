package alert

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"syncd/internal/alert/alerttest"
	"syncd/internal/ledger"
)

func letter() *Letter {
	return &Letter{Message: ledger.Message{Name: "0123abcd", Threads: []string{"first", "second"}, Purpose: ledger.MessageAlarm,
		Made:    at("2026-11-18 10:00"),
		Content: []byte(`{"new":[]}`)}, Subject: "syncd : échéance", Text: "Novembre\n", Link: "https://paie.example.test/"}
}

func wantTrouble(t *testing.T, err error, code string, permanent bool) {
	t.Helper()
	var trouble *SendError
	if code == "" && err == nil || errors.As(err, &trouble) && trouble.Code == code && trouble.Permanent == permanent {
		return
	}
	t.Errorf("%v (%+v), want %q, for good: %v", err, trouble, code, permanent)
}

// Whatever a server does, the trouble has a name, and no mail passes for sent that is not.
func TestWhatAMailServerDoes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server    func(*alerttest.MailServer)
		change    func(*SMTP)
		code      string
		permanent bool
		arrives   bool
	}{
		"takes it":                        {arrives: true},
		"takes it, and breaks then":       {server: func(s *alerttest.MailServer) { s.Answer("QUIT", "500 what") }, arrives: true},
		"is not there":                    {server: (*alerttest.MailServer).Close, code: TroubleConnection},
		"says nothing":                    {server: func(s *alerttest.MailServer) { s.Hang(true) }, code: TroubleTimeout},
		"has no TLS":                      {server: (*alerttest.MailServer).OfferNoTLS, code: TroubleNoTLS},
		"has another's certificate":       {change: func(s *SMTP) { s.Host = "localhost" }, code: TroubleCertificate},
		"has a certificate of nobody":     {change: func(s *SMTP) { s.CAFile = "" }, code: TroubleCertificate},
		"has a ca_file that is gone":      {change: func(s *SMTP) { s.CAFile += ".former" }, code: TroubleRoots},
		"has a ca_file of no certificate": {change: func(s *SMTP) { s.CAFile = os.DevNull }, code: TroubleRoots},
		"speaks no TLS at this port":      {change: func(s *SMTP) { s.TLS = "tls" }, code: TroubleCertificate},
		"has no address":                  {change: func(s *SMTP) { s.Host = "mail.invalid" }, code: TroubleUnknownHost},
		"does not know us": {server: func(s *alerttest.MailServer) { s.Answer("AUTH", "535 no") }, change: loggedIn,
			code: TroubleLogin},
		"knows no login": {server: func(s *alerttest.MailServer) { s.Answer("EHLO", "250-hello\r\n250 STARTTLS") },
			change: loggedIn, code: TroubleLogin},
		"has a secret unread": {change: func(s *SMTP) { s.Username, s.Secret = "syncd", noSecret }, code: TroubleSecret},
		"refuses the sender":  {server: func(s *alerttest.MailServer) { s.Answer("MAIL", "553 no") }, code: TroubleSender},
		"refuses the recipient": {server: func(s *alerttest.MailServer) { s.Answer("RCPT", "550 no such user") }, code: TroubleAddress,
			permanent: true},
		"does not take him now": {server: func(s *alerttest.MailServer) { s.Answer("RCPT", "450 greylisted") }, code: TroubleBusy},
		"refuses the text": {server: func(s *alerttest.MailServer) { s.Answer(".", "554 spam") }, code: TroubleRefused,
			permanent: true},
		"is full":                      {server: func(s *alerttest.MailServer) { s.Answer(".", "452 full") }, code: TroubleBusy},
		"is spoken to without secrecy": {server: (*alerttest.MailServer).OfferNoTLS, change: func(s *SMTP) { s.TLS = "none" }, arrives: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := alerttest.NewMailServer(t, "127.0.0.1")
			s := &SMTP{Host: "127.0.0.1", Port: server.Port, TLS: "starttls", From: "Paie <paie@example.test>", CAFile: server.CAFile,
				Timeout: 200 * time.Millisecond}
			if test.server != nil {
				test.server(server)
			}
			if test.change != nil {
				test.change(s)
			}
			wantTrouble(t, s.To("marie@example.test").Send(t.Context(), letter()), test.code, test.permanent)
			if n := len(server.Mails()); n != 1 && test.arrives || n != 0 && !test.arrives {
				t.Errorf("%d mails", n)
			}
		})
	}
}

func loggedIn(s *SMTP) {
	s.Username, s.Secret = "syncd", func(ctx) (string, error) { return "s3cret", nil }
}

func noSecret(ctx) (string, error) { return "", errors.New("no file") }

func TestAMail(t *testing.T) {
	t.Parallel()
	server := alerttest.NewMailServer(t, "127.0.0.1")
	s := &SMTP{Host: "127.0.0.1", Port: server.Port, TLS: "starttls", From: "Paie <paie@example.test>", CAFile: server.CAFile,
		Timeout: time.Second}
	loggedIn(s)
	wantTrouble(t, s.To("marie@example.test").Send(t.Context(), letter()), "", false)
	s.XOAUTH2 = true
	wantTrouble(t, s.To("marie@example.test").Send(t.Context(), letter()), "", false)
	if got := strings.Join(server.Logins(), "; "); got != "PLAIN syncd s3cret; XOAUTH2 user=syncd auth=Bearer s3cret" {
		t.Error(got)
	}
	m := server.Mails()[0]
	for header, want := range map[string]string{"From": `"Paie" <paie@example.test>`, "To": "<marie@example.test>", "Message-Id": "<0123abcd@example.test>",
		"In-Reply-To": "<second@example.test>", "References": "<first@example.test> <second@example.test>", "Auto-Submitted": "auto-generated",
		"Date": "Wed, 18 Nov 2026 10:00:00 +0100"} {
		if got := m.Header.Get(header); got != want {
			t.Errorf("%s: %s, want %s", header, got, want)
		}
	}
	if m.From != "paie@example.test" || m.To != "marie@example.test" || m.Subject != "syncd : échéance" || m.Text != "Novembre\n" {
		t.Errorf("%+v", m)
	}
}

// A webhook can tell that a message is ours, and of now; a page that redirects learns nothing more.
func TestWebhook(t *testing.T) {
	t.Parallel()
	page := alerttest.NewPage(t)
	text := func(s string) func() (string, error) { return func() (string, error) { return s, nil } }
	hook := &Webhook{URL: text(page.URL), Secret: text("s3cret"), Now: func() time.Time { return time.Unix(1795000000, 0) }}
	wantTrouble(t, hook.Send(t.Context(), letter()), "", false)
	call := page.Calls()[0]
	if call.Header.Get("X-Syncd-Signature") != "sha256="+Signature("s3cret", "1795000000", []byte(call.Body)) ||
		call.Header.Get("X-Syncd-Time") != "1795000000" {
		t.Errorf("%v", call.Header)
	}
	if call.Body != `{"id":"0123abcd","threads":["first","second"],"purpose":"alarm","subject":"syncd : échéance","text":"Novembre\n",`+
		`"link":"https://paie.example.test/","made_at":"2026-11-18T10:00:00+01:00","content":{"new":[]}}` {
		t.Error(call.Body)
	}
	for status, want := range map[int]SendError{302: {Code: TroubleRedirect, Permanent: true}, 401: {Code: TroubleLogin},
		404: {Code: TroubleAddress, Permanent: true},
		400: {Code: TroubleRefused, Permanent: true}, 429: {Code: TroubleBusy}, 500: {Code: TroubleBusy}} {
		page.Answer(status)
		wantTrouble(t, hook.Send(t.Context(), letter()), want.Code, want.Permanent)
	}
	hook.URL = text("http://127.0.0.1:1/hook-secret")
	err := hook.Send(t.Context(), letter())
	wantTrouble(t, err, TroubleConnection, false)
	if strings.Contains(err.Error(), "hook-secret") {
		t.Error(err)
	}
}

func TestNtfy(t *testing.T) {
	t.Parallel()
	page := alerttest.NewPage(t)
	long := letter()
	long.Text, long.Urgent = strings.Repeat("une ligne de texte\n", 400), true
	n := &Ntfy{URL: func() (string, error) { return page.URL + "/topic", nil }, Token: func() (string, error) { return "t0ken", nil }}
	wantTrouble(t, n.Send(t.Context(), long), "", false)
	call := page.Calls()[0]
	want := http.Header{"Title": {"=?utf-8?q?syncd_:_=C3=A9ch=C3=A9ance?="}, "Click": {"https://paie.example.test/"}, "Priority": {"high"},
		"Authorization": {"Bearer t0ken"}}
	for name := range want {
		if call.Header.Get(name) != want.Get(name) {
			t.Errorf("%s: %s", name, call.Header.Get(name))
		}
	}
	if len(call.Body) > 4096 || !strings.HasSuffix(call.Body, "texte\n…") {
		t.Errorf("%d bytes: …%s", len(call.Body), call.Body[len(call.Body)-30:])
	}
}
