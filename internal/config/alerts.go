package config

import (
	"net/mail"
	"slices"
	"strings"

	"syncd/internal/config/strict"
	"syncd/internal/plaintext"
)

// Alerts is who is told by itself that something waits for a person, and how.
type Alerts struct {
	SMTP       *SMTP `json:",omitempty"` // nil = no mails are sent
	Recipients []AlertRecipient
}

// SMTP is the mail server that mails are handed to.
type SMTP struct {
	Host     string
	Port     int
	TLS      string // "starttls", "tls" from the start, or "none": on this machine alone
	From     string
	Auth     string // "plain" or "xoauth2"
	Username string // "" = nobody logs in
	Password strict.Secret
	CAFile   string

	// of XOAUTH2: where its tokens are granted, to the client itself or for a refresh token
	TokenURL     string        `json:",omitempty"`
	ClientID     string        `json:",omitempty"`
	ClientSecret strict.Secret `json:",omitzero"`
	RefreshToken strict.Secret `json:",omitzero"`
	Scope        string        `json:",omitempty"`
}

// AlertRecipient is somebody who is told, in one way.
type AlertRecipient struct {
	Name         string
	Roles        []string
	DossierNames []string // ["*"] or names
	Language     string   // "" = that of the configuration

	Mail    string // address
	Webhook PingURL
	Secret  strict.Secret // that its messages are signed with
	Ntfy    PingURL
	Token   strict.Secret // of ntfy; zero = none
}

// Channel is the way: "mail", "webhook" or "ntfy".
func (r *AlertRecipient) Channel() string {
	switch {
	case r.Mail != "":
		return "mail"
	case !r.Webhook.IsZero():
		return "webhook"
	}
	return "ntfy"
}

// secrets are those that it takes to tell people.
func (a *Alerts) secrets() (secrets []strict.Secret) {
	if s := a.SMTP; s != nil {
		secrets = append(secrets, s.Password, s.ClientSecret, s.RefreshToken)
	}
	for i := range a.Recipients {
		r := &a.Recipients[i]
		secrets = append(secrets, r.Webhook.Reference, r.Secret, r.Ntfy.Reference, r.Token)
	}
	return slices.DeleteFunc(secrets, strict.Secret.IsZero)
}

// alertRoles are those of recipients.
var alertRoles = []string{"prepare", "approve", "admin", "bureau"}

func readAlerts(t *strict.Table, dossiers []string) Alerts {
	defer t.Finish()
	var a Alerts
	if t.Has("smtp") {
		a.SMTP = readSMTP(t.Table("smtp"))
	} else {
		t.Know("smtp")
	}
	names := map[string]bool{}
	for _, r := range t.Tables("recipient") {
		a.Recipients = append(a.Recipients, readRecipient(r, names, dossiers, a.SMTP != nil))
	}
	return a
}

func readSMTP(t *strict.Table) *SMTP {
	defer t.Finish()
	s := &SMTP{TLS: t.Choice("tls", "starttls", "starttls", "tls", "none"), Auth: t.Choice("auth", "plain", "plain", "xoauth2"),
		Host: t.Required("host", strict.Say("write-mail-host")), From: t.Required("from", strict.Say("write-from")),
		Username: t.Text("username", ""), CAFile: t.Certificates("ca_file")}
	port := int64(587)
	if s.TLS == "tls" {
		port = 465
	}
	s.Port = t.Integer("port", port, 1, 65535)
	if strings.ContainsAny(s.Host, ":/ @") {
		t.Report("host", strict.Say("no-host"), strict.Say("write-mail-host"))
	}
	if s.TLS == "none" && !strict.Loopback(s.Host) {
		t.Report("tls", strict.Say("mail-in-clear"))
	}
	if s.From != "" && !isMailAddress(s.From, true) {
		t.Report("from", strict.Say("no-mail-address"), strict.Say("write-from"))
	}
	readLogin(t, s)
	return s
}

// readLogin reads what the server knows us by.
func readLogin(t *strict.Table, s *SMTP) {
	granted := []string{"token_url", "client_id", "client_secret", "refresh_token", "scope"}
	if s.Username == "" {
		t.Refuse(strict.Say("without-username"), append(granted, "password")...)
		return
	}
	if s.Auth == "plain" {
		s.Password = t.Secret("password")
		t.Refuse(strict.Say("xoauth2-alone"), granted...)
		return
	}
	t.Refuse(strict.Say("plain-alone"), "password")
	s.TokenURL, s.ClientID = t.Required("token_url", strict.Say("write-token-url")), t.Required("client_id", strict.Say("write-client-id"))
	if problem := pingProblem(s.TokenURL); s.TokenURL != "" && problem.Code != "" {
		t.Report("token_url", problem, strict.Say("write-token-url"))
	}
	s.Scope, s.ClientSecret = t.Text("scope", ""), t.Secret("client_secret")
	if t.Has("refresh_token") {
		s.RefreshToken = t.Secret("refresh_token")
	}
	t.Know("refresh_token")
}

// isMailAddress reports whether a text is one address, with or without a name in front of it.
func isMailAddress(text string, named bool) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && (named || parsed.Address == text) && !strings.ContainsAny(text, "\r\n")
}

func readRecipient(t *strict.Table, names map[string]bool, dossiers []string, mails bool) AlertRecipient {
	defer t.Finish()
	r := AlertRecipient{Name: t.Name("alerts.recipient", names), Roles: readRoles(t), DossierNames: readDossierNames(t, "dossiers", dossiers),
		Language: t.Choice("language", "", "fr", "en", ""), Mail: t.Text("mail", ""), Webhook: readPingURL(t, "webhook"), Ntfy: readPingURL(t,
			"ntfy")}
	ways := 0
	for _, key := range []string{"mail", "webhook", "ntfy"} {
		if t.Has(key) {
			ways++
		}
	}
	if ways != 1 {
		t.Report("", strict.Say("one-way"))
	}
	if r.Mail != "" && !isMailAddress(r.Mail, false) {
		t.Report("mail", strict.Say("no-mail-address"), strict.Say("write-mail"))
	}
	if r.Mail != "" && !mails {
		t.Report("mail", strict.Say("no-mail-server"))
	}
	if t.Has("webhook") {
		r.Secret = t.Secret("secret")
	} else {
		t.Refuse(strict.Say("webhook-alone"), "secret")
	}
	if t.Has("token") && t.Has("ntfy") {
		r.Token = t.Secret("token")
	} else {
		t.Refuse(strict.Say("ntfy-alone"), "token")
	}
	return r
}

// readRoles are what somebody is told for, at least one.
func readRoles(t *strict.Table) (roles []string) {
	next := strict.Say("known", "known", alertRoles)
	list := t.Want("roles", strict.KindList)
	if list == nil || len(list.Items) == 0 {
		t.Report("roles", strict.Say("no-roles"), next)
		return nil
	}
	for _, at := range t.Texts("roles", list, next) {
		switch role := at.Node.Text; {
		case !slices.Contains(alertRoles, role):
			at.Report("", strict.Say("no-role"), strict.Suggest(plaintext.Nearest(role, alertRoles), alertRoles, next))
		case slices.Contains(roles, role):
			at.Report("", strict.Say("twice"))
		default:
			roles = append(roles, role)
		}
	}
	return roles
}
