package restapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"syncd/internal/jobs"
)

// connectionTrouble words an attempt without an answer. Its own words only: the errors of net, tls and x509 hold
// addresses and names, and those of a proxy whatever it likes. setting names what to check:
// "base_url of [isidoor]".
func connectionTrouble(err error, setting string) jobs.CallError {
	if problem, hint := misconfigured(err, setting); problem != "" {
		return jobs.CallError{Class: jobs.ClassConfiguration, Problem: problem, Hint: hint}
	}
	return jobs.CallError{
		Class:   jobs.ClassTemporary,
		Problem: passingTrouble(err),
		Hint:    fmt.Sprintf("see whether the partner's service is up and reachable from here; check %s", setting),
	}
}

// misconfigured finds the troubles that no retry cures; "" = none of them.
func misconfigured(err error, setting string) (problem, hint string) {
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var proxy *proxyError
	switch {
	case errors.As(err, &untrusted):
		return untrustedProblem(untrusted.Err, setting)
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS on this port", "check " + setting
	case errors.As(err, &proxy):
		return fmt.Sprintf("the proxy refuses the way: %s", statusText(proxy.status)), "check HTTPS_PROXY and NO_PROXY"
	case errors.Is(err, errNoProxy):
		return errNoProxy.Error(), "check HTTPS_PROXY and NO_PROXY"
	case strings.Contains(err.Error(), "protocol version"): // tls has no type for it, neither ours nor the peer's
		return "the server does not offer TLS 1.2 or better", "ask the partner; check " + setting
	}
	return "", ""
}

func untrustedProblem(err error, setting string) (problem, hint string) {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return "the certificate is for another host", "check " + setting
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired, or is not valid yet", "check this machine's clock, then tell the partner"
	default:
		return "certificate not trusted", "if a proxy or the partner uses its own authority, name its file in ca_file of [isidoor]"
	}
}

func passingTrouble(err error) string {
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return "the host name cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case isLate(err):
		return "no answer in time"
	case isBroken(err):
		return "the connection broke before the answer"
	case errors.Is(err, errUnasked):
		return errUnasked.Error()
	case errors.Is(err, errHeadSize):
		return errHeadSize.Error()
	default:
		return "the connection failed"
	}
}

// endTrouble words an answer that had no end, or none that can be trusted.
func endTrouble(err error) string {
	if errors.Is(err, errUnasked) {
		return errUnasked.Error()
	}
	return "the answer broke off"
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
func isAway(err error) bool {
	var name *net.DNSError
	problem, _ := misconfigured(err, "")
	return problem != "" || errors.As(err, &name) || !isLate(err) && !isBroken(err)
}
