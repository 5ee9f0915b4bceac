package config

import (
	"net/url"
	"strings"

	"syncd/internal/config/strict"
)

// Ping is the addresses that a watcher of dead jobs wants to be asked for, when a run of a job begins and ends.
type Ping struct {
	Started, Done, Failed PingURL
}

// secrets are those that the addresses are kept as.
func (p Ping) secrets() []strict.Secret {
	var secrets []strict.Secret
	for _, u := range []PingURL{p.Started, p.Done, p.Failed} {
		if !u.Reference.IsZero() {
			secrets = append(secrets, u.Reference)
		}
	}
	return secrets
}

// PingURL is an address in the open or by reference: with most services, whoever knows it can speak for the job.
type PingURL struct {
	Open      string
	Reference strict.Secret // where to read it when Open is empty
}

// IsZero tells that none is configured.
func (u PingURL) IsZero() bool { return u.Open == "" && u.Reference.IsZero() }

// Read returns the address, not for logs; "" when none is configured. An error is an *Error.
func (u PingURL) Read() (string, error) {
	if u.Reference.IsZero() {
		return u.Open, nil
	}
	address, err := u.Reference.Read()
	if err != nil {
		return "", err
	}
	if problem := pingProblem(address); problem != "" {
		return "", u.Reference.Fail(problem, pingHint)
	}
	return address, nil
}

func readPing(t *strict.Table) Ping {
	defer t.Finish()
	return Ping{Started: readPingURL(t, "started"), Done: readPingURL(t, "done"), Failed: readPingURL(t, "failed")}
}

const pingHint = `write "https://…", or keep it apart: { credential = "name" }, { file = "/path/to/file" } or { env = "NAME" }`

func readPingURL(t *strict.Table, key string) PingURL {
	n := t.Want(key, strict.KindText, strict.KindTable)
	switch {
	case n == nil:
		return PingURL{}
	case n.Kind == strict.KindTable:
		return PingURL{Reference: t.Reference(key)}
	}
	if problem := pingProblem(n.Text); problem != "" {
		t.Report(key, problem, pingHint)
	}
	return PingURL{Open: n.Text}
}

// pingProblem says what is wrong with an address, quoting nothing of it; "" for nothing.
func pingProblem(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "http" && u.Scheme != "https", strings.ContainsAny(address, " \t"):
		return "is not the address of a web page"
	case u.User != nil:
		return "holds a user or a password, which does not belong in this file"
	case u.Scheme == "http" && !strict.Loopback(u.Hostname()):
		return "is not encrypted: http is for this machine only"
	}
	return ""
}
