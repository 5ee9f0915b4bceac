// Package loopback keeps web pages away from what answers HTTP on this machine for this machine's own programs. A browser
// here reaches such an address as well: for any page, by a form or a script, and for one whose name an attacker's DNS
// first and then suddenly calls 127.0.0.1 (rebinding), with the answer to be read.
package loopback

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// Guard answers for next only what a program of this machine asks: a Host that names this machine or is listed, and
// nothing that a browser asks for a page. names are further host names, without port, such as that under which a proxy
// asks; nil = none.
func Guard(next http.Handler, names func() []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !arrivedBySocket(r) && !allowed(r, names):
			http.Error(w, "this address answers to names of this machine only\nhint: ask 127.0.0.1 or localhost", http.StatusMisdirectedRequest)
		case fromPage(r):
			http.Error(w, "web pages are not answered", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// arrivedBySocket tells that a Unix socket was connected to, which no browser does: its file's mode says who may, and a
// client makes up the Host.
func arrivedBySocket(r *http.Request) bool {
	_, is := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	return is
}

// allowed tells that the Host means this machine whatever any DNS says. Any port will do: it may have been forwarded. A
// request of HTTP/1.0 can do without a Host, which checks of health do and browsers do not.
func allowed(r *http.Request, names func() []string) bool {
	if r.Host == "" {
		return r.ProtoMajor == 1 && r.ProtoMinor == 0
	}
	host, ok := withoutPort(r.Host)
	if !ok {
		return false
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().IsLoopback() && address.Zone() == ""
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	if names != nil {
		for _, name := range names() {
			if strings.EqualFold(host, name) {
				return true
			}
		}
	}
	return false
}

// withoutPort is a Host without its port and the brackets of an IPv6 address; false = it is none.
func withoutPort(host string) (string, bool) {
	if name, port, err := net.SplitHostPort(host); err == nil {
		_, err := strconv.ParseUint(port, 10, 16)
		return name, err == nil
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		return strings.CutSuffix(inner, "]")
	}
	return host, !strings.Contains(host, ":")
}

// fromPage tells that a page made a browser ask. What a person types into a browser's address line is not from a page.
func fromPage(r *http.Request) bool {
	if _, has := r.Header["Origin"]; has {
		return true
	}
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "none" {
			return true
		}
	}
	return false
}
