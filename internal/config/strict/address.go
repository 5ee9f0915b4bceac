package strict

import (
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"slices"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// Address is an https URL, or an http one of this machine; the hint shows an example.
func (t *Table) Address(key, fallback, example string) string {
	next := Say("write-address", "example", example)
	value := t.Text(key, fallback)
	u, err := url.Parse(value)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		t.Report(key, Say("no-address"), next)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		t.Report(key, Say("more-than-path", "example", example))
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		t.Report(key, Say("not-encrypted"))
	}
	return value
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Certificates names a PEM file, which must contain a certificate.
func (t *Table) Certificates(key string) string {
	path := t.Filename(key, t.Text(key, ""))
	if path == "" {
		return ""
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		t.Report(key, cause(err), Say("name-pem"))
	} else if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		t.Report(key, Say("no-certificate"))
	}
	return path
}

var pointerPattern = lazyregexp.New(`^(/([^~/]|~[01])*)*$`)

// Pointer is a JSON pointer (RFC 6901).
func (t *Table) Pointer(key, fallback string) string {
	value := t.Text(key, fallback)
	if !pointerPattern().MatchString(value) {
		t.Report(key, Say("no-pointer"))
		return fallback
	}
	return value
}

// MemberPointer is a JSON pointer that names a member; "" when the key is not written.
func (t *Table) MemberPointer(key string) string {
	value := t.Text(key, "")
	if t.KindOf(key) == KindText && !namesMember(value) {
		t.Report(key, Say("no-member-pointer"))
	}
	return value
}

// namesMember reports whether a JSON pointer leads below the value it begins at.
func namesMember(pointer string) bool { return pointer != "" && pointerPattern().MatchString(pointer) }

// KindOf is the kind of a key's value; "" when it is not written. It leaves no trace.
func (t *Table) KindOf(key string) Kind {
	if n := t.Node.Members[key]; n != nil {
		return n.Kind
	}
	return ""
}

// Filled is a list that is not empty; nil when the key is not written.
func (t *Table) Filled(key string, next hinted.Fact) *Node {
	list := t.Want(key, KindList)
	if list != nil && len(list.Items) == 0 {
		t.Report(key, Say("empty"), next)
		return nil
	}
	return list
}

// Pointers are JSON pointers, each of which names a member; nil when the key is not written.
func (t *Table) Pointers(key string, next hinted.Fact) []string {
	list := t.Filled(key, next)
	if list == nil {
		return nil
	}
	var values []string
	for _, at := range t.Texts(key, list, next) {
		switch value := at.Node.Text; {
		case !namesMember(value):
			at.Report("", Say("no-member-pointer"))
		case slices.Contains(values, value):
			at.Report("", Say("twice"))
		default:
			values = append(values, value)
		}
	}
	return values
}

// TextList is a list of texts, an empty one among them perhaps; nil when the key is not written. The next step is for a list
// without any.
func (t *Table) TextList(key string, next hinted.Fact) []string {
	list := t.Filled(key, next)
	if list == nil {
		return nil
	}
	var values []string
	for _, at := range t.Texts(key, list, next) {
		values = append(values, at.Node.Text)
	}
	return values
}
