package httpcall

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
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
	if what := misconfigured(err, setting, o.setting("ca_file")); what.Code != "" {
		e := jobs.CallError{Class: jobs.ClassConfiguration, Cause: untrustedCause(err)}
		e.Tell(what, hinted.Fact{})
		return e
	}
	e := jobs.CallError{Class: jobs.ClassTemporary}
	e.Tell(passingTrouble(err), hinted.Say("call.see-whether-up", "setting", setting))
	return e
}

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

func (o *Options) proxyProblem(e *proxyError, setting hinted.Fact) (told jobs.CallError) {
	switch {
	case e.unusable != "":
		told.Class = jobs.ClassConfiguration
		told.Tell(hinted.Say(e.unusable), hinted.Say("call.name-proxy"))
		return told
	case e.status == 0:
		told = o.connectionTrouble(e.cause, hinted.Say("call.proxy-setting"))
		next := told.Next
		if told.Class == jobs.ClassTemporary {
			next = hinted.Say("call.see-whether-proxy-up")
		}
		told.Tell(hinted.Say("call.of-proxy", "problem", told.What), next)
		return told
	}
	code := "call.proxy-refuses"
	told.Class = jobs.ClassConfiguration
	switch unknown := e.status == http.StatusProxyAuthRequired; {
	case unknown && !e.basic:
		code = "call.proxy-wants-other-proof"
	case unknown && e.named:
		code = "call.proxy-refuses-user"
	case unknown:
		code = "call.proxy-wants-user"
	case meaningOf(e.status).token == jobs.ClassTemporary:
		told.Class, code = jobs.ClassTemporary, "call.proxy-away"
	}
	told.Tell(hinted.Say(code, "status", statusText(e.status), "setting", setting), hinted.Fact{})
	return told
}

// misconfigured finds the troubles that no retry cures; zero = none of them.
func misconfigured(err error, setting, roots hinted.Fact) hinted.Fact {
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var packing *packingError
	switch {
	case errors.As(err, &untrusted):
		return untrustedFact(untrusted, setting, roots)
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return hinted.Say("call.no-tls", "setting", setting)
	case errors.As(err, &packing): // a token: other answers are classified by their status
		return packing.fact()
	case strings.Contains(err.Error(), "protocol version"): // tls has no type for it, neither ours nor the peer's
		return hinted.Say("call.old-tls", "setting", setting)
	}
	return hinted.Fact{}
}

func untrustedFact(err *tls.CertificateVerificationError, setting, roots hinted.Fact) hinted.Fact {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	issuer, missing := missingIssuer(err.UnverifiedCertificates)
	switch {
	case errors.As(err, &host):
		return hinted.Say("call.other-host", "setting", setting)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return hinted.Say("call.expired")
	case missing:
		return hinted.Say("call.no-issuer", "issuer", firstOf(issuer, mostIssuer), "setting", roots)
	default:
		return hinted.Say("call.untrusted", "setting", roots)
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
