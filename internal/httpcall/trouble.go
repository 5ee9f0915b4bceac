package httpcall

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// connectionTrouble words an attempt without an answer. Its own words only: the errors of net, tls and x509 contain
// addresses and names, and those of a proxy whatever it likes. setting names what to check:
// "base_url of [section]".
func (o *Options) connectionTrouble(err error, setting hinted.Fact) jobs.CallError {
	var proxy *proxyError
	if errors.As(err, &proxy) {
		return o.proxyTrouble(proxy, setting)
	}
	if problem, hint := o.misconfigured(err, setting.In(hinted.English())); problem != "" {
		return jobs.CallError{Class: jobs.ClassConfiguration, Problem: problem, Hint: hint, Cause: untrustedCause(err)}
	}
	e := jobs.CallError{Class: jobs.ClassTemporary}
	e.Tell(passingTrouble(err), hinted.Say("call.see-whether-up", "setting", setting))
	return e
}

const proxySetting = "HTTPS_PROXY and NO_PROXY"

// proxyTrouble words a proxy that gives no way. What it answers to CONNECT means what it means to a call for a token: nothing
// of ours was processed.
func (o *Options) proxyTrouble(e *proxyError, setting hinted.Fact) jobs.CallError {
	told := o.proxyProblem(e, setting)
	told.Cause = jobs.Because(jobs.CauseProxy)
	if told.Class == jobs.ClassTemporary {
		told.Cause = jobs.Because(jobs.CauseProxyAway)
	}
	return told
}

func (o *Options) proxyProblem(e *proxyError, setting hinted.Fact) jobs.CallError {
	switch class := meaningOf(e.status).token; {
	case e.unusable != "":
		return jobs.CallError{Class: jobs.ClassConfiguration, Problem: e.unusable,
			Hint: "name an http or https proxy (HTTPS_PROXY=http://HOST:PORT), or the partner's host in NO_PROXY if it can be reached without one"}
	case e.status == 0:
		inner := o.connectionTrouble(e.cause, hinted.Say("call.proxy-setting"))
		if inner.Class == jobs.ClassTemporary {
			inner.Tell(hinted.Say("call.of-proxy", "problem", inner.What), hinted.Say("call.see-whether-proxy-up"))
		} else {
			inner.Problem = "the proxy: " + inner.Problem
		}
		return inner
	case e.status == http.StatusProxyAuthRequired:
		return e.unknownToProxy()
	case class == jobs.ClassTemporary:
		return jobs.CallError{Class: class, Problem: "the proxy has no way to the partner just now: " + statusText(e.status),
			Hint: "the proxy or the partner is busy or away: try again later; if it stays so, check " + proxySetting}
	}
	return jobs.CallError{Class: jobs.ClassConfiguration, Problem: "the proxy refuses the way: " + statusText(e.status),
		Hint: "ask whoever runs the proxy to let this machine through to the host of " + setting.In(hinted.English()) + "; check " + proxySetting}
}

// unknownToProxy words a 407.
func (e *proxyError) unknownToProxy() jobs.CallError {
	const hint = "write them into HTTPS_PROXY, in a file that only root can read: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, special " +
		"characters as %XX"
	told := jobs.CallError{Class: jobs.ClassConfiguration, Problem: "the proxy wants a user name and a password", Hint: hint}
	switch {
	case !e.basic:
		told.Problem = "the proxy wants another proof than a user name and a password (Basic)"
		told.Hint = "ask whoever runs the proxy for Basic, or to let this machine through without; check " + proxySetting
	case e.named:
		told.Problem, told.Hint = "the proxy refuses the user name or the password of HTTPS_PROXY",
			"correct them; special characters are written as %XX"
	}
	told.Problem += ": " + statusText(e.status)
	return told
}

// misconfigured finds the troubles that no retry cures; "" = none of them.
func (o *Options) misconfigured(err error, setting string) (problem, hint string) {
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &untrusted):
		return o.untrustedProblem(untrusted, setting)
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS on this port", "check " + setting
	case isPacked(err): // a token: other answers are classified by their status
		var packing *packingError
		errors.As(err, &packing)
		return "the answer is " + packing.Error(), hintPacking
	case strings.Contains(err.Error(), "protocol version"): // tls has no type for it, neither ours nor the peer's
		return "the server does not offer TLS 1.2 or better", "ask the partner; check " + setting
	}
	return "", ""
}

func (o *Options) untrustedProblem(err *tls.CertificateVerificationError, setting string) (problem, hint string) {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	issuer, missing := missingIssuer(err.UnverifiedCertificates)
	switch {
	case errors.As(err, &host):
		return "the certificate is for another host", "check " + setting
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired, or is not valid yet", "check this machine's clock, then tell the partner"
	case missing:
		return fmt.Sprintf("certificate not trusted: the server does not send that of its issuer, %.80q", issuer),
			"ask whoever runs the server to send the whole chain; until then name a PEM file with the issuer's certificate in " + o.of("ca_file") +
				": " +
				"if it is a public authority, 'openssl x509 -text' of the server's shows its address (CA Issuers), else ask that authority"
	default:
		return "certificate not trusted", "if a proxy or the partner uses its own authority, name its file in " + o.of("ca_file")
	}
}

// untrustedCause is that of a certificate that is not trusted; nil = err is about something else.
func untrustedCause(err error) *jobs.Cause {
	var untrusted *tls.CertificateVerificationError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &untrusted) {
		return nil
	}
	expired := errors.As(untrusted, &invalid) && invalid.Reason == x509.Expired
	if issuer, missing := missingIssuer(untrusted.UnverifiedCertificates); missing && !expired && !errors.As(untrusted, &host) {
		return jobs.Because(jobs.CauseChain, "issuer", firstOf(issuer, mostIssuer))
	}
	return jobs.Because(jobs.CauseCertificate)
}

// mostIssuer is how many characters of an issuer's name are told.
const mostIssuer = 80

func firstOf(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n])
	}
	return text
}

// missingIssuer finds the end of a chain that leads to no root: the name of whom the server should have sent as well.
func missingIssuer(sent []*x509.Certificate) (name string, missing bool) {
	if len(sent) == 0 {
		return "", false
	}
	last := sent[0]
	for range sent {
		if bytes.Equal(last.RawIssuer, last.RawSubject) {
			return "", false // a root that is not known here
		}
		next := slices.IndexFunc(sent, func(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, last.RawIssuer) })
		if next < 0 {
			return tidy(cmp.Or(last.Issuer.CommonName, last.Issuer.String())), true
		}
		last = sent[next]
	}
	return "", false
}

func passingTrouble(err error) hinted.Fact {
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return hinted.Say("call.no-host")
	case errors.Is(err, syscall.ECONNREFUSED):
		return hinted.Say("call.refused")
	case isLate(err):
		return hinted.Say("call.not-in-time")
	case isBroken(err):
		return hinted.Say("call.broken")
	case errors.Is(err, errUnasked):
		return hinted.Say("call.unasked")
	case errors.Is(err, errHeadSize):
		return hinted.Say("call.head-size")
	default:
		return hinted.Say("call.failed")
	}
}

// endTrouble words an answer that had no end, or none that can be trusted.
func endTrouble(err error) hinted.Fact {
	if errors.Is(err, errUnasked) {
		return hinted.Say("call.unasked")
	}
	return hinted.Say("call.broke-off")
}

func isLate(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// isAway tells an API that cannot be reached at all from one whose connection broke, or whose answer is late.
func (o *Options) isAway(err error) bool {
	var name *net.DNSError
	var proxy *proxyError
	switch {
	case o.connectionTrouble(err, hinted.Fact{}).Class == jobs.ClassConfiguration, errors.As(err, &name):
		return true
	case errors.As(err, &proxy) && proxy.status != 0: // it is there, and busy
		return false
	}
	return !isLate(err) && !isBroken(err)
}
