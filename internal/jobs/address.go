package jobs

import (
	"net/netip"
	"net/url"
	"path"
	"strings"

	"syncd/internal/lazyregexp"
)

// NormalAddress is the one spelling of an API's address by which its targets are known: two spellings of one address are
// one target, else everything would be sent twice. It is for comparing, not for calling: cases of the path are not told
// apart, as IIS, where the API lives, does not. What is no address stays as it is. The migration that brought the ledger to
// this spelling does the same in SQL.
func NormalAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	scheme := strings.ToLower(u.Scheme)
	host := normalHost(u.Hostname())
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host + normalPath(u.EscapedPath())
}

// normalHost is a host without case and dot at its end; this machine has one
// name, but for further loopback addresses, where something else may answer.
func normalHost(host string) string {
	host = strings.ToLower(strings.TrimRight(host, "."))
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "localhost", err == nil && (ip == netip.IPv6Loopback() || ip.Unmap() == netip.AddrFrom4([4]byte{127, 0, 0, 1})):
		return "127.0.0.1"
	case err == nil && ip.Is6():
		return "[" + ip.String() + "]"
	}
	return host
}

var escapedOctet = lazyregexp.New(`%[0-9a-f]{2}`)

// normalPath is a path without case, without escapes that need not be (RFC 3986, section 6.2.2.2), without doubled slashes,
// dot segments, and a slash at its end.
func normalPath(escaped string) string {
	decoded := escapedOctet().ReplaceAllStringFunc(strings.ToLower(escaped), func(octet string) string {
		text, err := url.PathUnescape(octet)
		if err == nil && isUnreserved(text[0]) {
			return strings.ToLower(text)
		}
		return octet
	})
	if decoded = path.Clean("/" + decoded); decoded == "/" {
		return ""
	}
	return decoded
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
