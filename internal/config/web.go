package config

import (
	"net"
	"net/netip"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
)

// Web is how `syncd web` answers.
type Web struct {
	PublicURL   string        // as browsers have it: scheme, host and port; "" = there is no [web]
	Listen      string        // "host:port", or "unix:/path"
	Certificate string        // file (PEM), with what signed it; "" = TLS is somebody else's, on this machine
	Key         strict.Secret // of the certificate
	// Proxies are those whose X-Forwarded-For is believed; on a socket it always is: nobody but a proxy has a use for one.
	Proxies []netip.Prefix
	OIDC    OIDC `json:",omitzero"`
}

// OIDC is an issuer of OpenID Connect that says who somebody is who signs in.
type OIDC struct {
	Issuer   string // exactly as it names itself; "" = there is none
	ClientID string
	Secret   strict.Secret // of that client
	Label    string        // by which people know it
	ACR      []string      // one of them is demanded; none = any
	MaxAge   time.Duration // since the person proved to it who that is; 0 = any
	CAFile   string        // of who signed its certificate beside the system's; "" = the system's alone
}

// IsZero reports whether there is none.
func (o OIDC) IsZero() bool { return o.Issuer == "" }

// IsZero reports whether there is no page.
func (w Web) IsZero() bool { return w.PublicURL == "" }

// Host is how browsers name the page.
func (w Web) Host() string {
	u, err := url.Parse(w.PublicURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// CertificateFiles are the certificate, with what signed it, and its key, in PEM. An error is a *strict.Error.
func (w Web) CertificateFiles() (chain, key []byte, err error) {
	if chain, err = os.ReadFile(w.Certificate); err != nil {
		return nil, nil, hinted.While("reading the certificate of the page", err)
	}
	key, err = w.Key.ReadLines()
	return chain, key, err
}

// readWeb reads [web], which a configuration may lack.
func readWeb(parent *strict.Table) Web {
	if !parent.Has("web") {
		parent.Know("web")
		return Web{}
	}
	t := parent.Table("web")
	defer t.Finish()
	w := Web{PublicURL: readPublicURL(t, "public_url"), Listen: t.Text("listen", "unix:/run/syncd-web/web.sock")}
	if t.Has("certificate") {
		w.Certificate = t.Filename("certificate", t.Text("certificate", ""))
		w.Key = t.Secret("certificate_key")
	} else {
		t.Know("certificate", "certificate_key")
	}
	checkWebListen(t, "listen", w)
	w.Proxies = readProxies(t, "proxy")
	if t.Has("oidc") {
		w.OIDC = readOIDC(t.Table("oidc"))
	} else {
		t.Know("oidc")
	}
	return w
}

// readPublicURL is where browsers find the page. Cookies and links are made by it, and no other Host is answered.
func readPublicURL(t *strict.Table, key string) string {
	text := t.Required(key, strict.Say("write-public-url"))
	u, err := url.Parse(text)
	switch {
	case text == "":
		return ""
	case err != nil, u.Hostname() == "", u.Scheme != "http" && u.Scheme != "https":
		t.Report(key, strict.Say("no-page"), strict.Say("write-public-url"))
	case u.User != nil, strings.Trim(u.Path, "/") != "", u.RawQuery != "", u.Fragment != "":
		t.Report(key, strict.Say("more-than-host"), strict.Say("write-public-url"))
	case u.Scheme == "http" && !strict.Loopback(u.Hostname()):
		t.Report(key, strict.Say("not-encrypted"), strict.Say("write-public-url"))
	}
	return strings.TrimRight(strings.ToLower(text), "/")
}

// checkWebListen refuses an address that other machines reach without TLS: passwords go there.
func checkWebListen(t *strict.Table, key string, w Web) {
	if socket, ok := strings.CutPrefix(w.Listen, "unix:"); ok {
		if !path.IsAbs(socket) || strings.HasSuffix(socket, "/") || len(socket) > maxSocketPath {
			t.Report(key, strict.Say("no-socket", "n", maxSocketPath), strict.Say("write-web-listen"))
		}
		return
	}
	host, port, err := net.SplitHostPort(w.Listen)
	number, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil, portErr != nil, number == 0:
		t.Report(key, strict.Say("no-listen"), strict.Say("write-web-listen"))
	case !strict.Loopback(host) && w.Certificate == "":
		t.Report(key, strict.Say("no-web-certificate"), strict.Say("write-web-listen"))
	}
}

// readProxies are addresses or networks.
func readProxies(t *strict.Table, key string) (proxies []netip.Prefix) {
	list := t.Filled(key, strict.Say("write-proxy"))
	if list == nil {
		return nil
	}
	for _, at := range t.Texts(key, list, strict.Say("write-proxy")) {
		network, err := netip.ParsePrefix(at.Node.Text)
		if address, single := netip.ParseAddr(at.Node.Text); single == nil && address.Zone() == "" {
			network, err = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
		}
		if err != nil {
			at.Report("", strict.Say("no-proxy"), strict.Say("write-proxy"))
			continue
		}
		proxies = append(proxies, network.Masked())
	}
	return proxies
}

// readOIDC reads [web.oidc].
func readOIDC(t *strict.Table) OIDC {
	defer t.Finish()
	const example = "https://login.microsoftonline.com/TENANT/v2.0"
	if t.Required("issuer", strict.Say("write-issuer")) == "" {
		t.Know("client_id", "client_secret", "acr_values", "max_age", "ca_file", "label")
		return OIDC{}
	}
	o := OIDC{Issuer: t.Address("issuer", "", example),
		ClientID: t.Seen("client_id", t.Required("client_id", strict.Say("write-oidc-client"))),
		Secret:   t.Secret("client_secret"), ACR: strings.Fields(t.Text("acr_values", "")),
		MaxAge: t.Duration("max_age", 0, time.Minute, 30*24*time.Hour),
		CAFile: t.Certificates("ca_file")}
	u, err := url.Parse(o.Issuer)
	if err != nil {
		return o
	}
	if ofEveryTenant(u) {
		t.Report("issuer", strict.Say("no-tenant"), strict.Say("write-tenant"))
	}
	o.Label = t.Seen("label", t.Text("label", u.Host))
	return o
}

// ofEveryTenant reports whether an issuer is Microsoft's for whoever has an account there: of other companies, or of their own.
func ofEveryTenant(u *url.URL) bool {
	microsoft := slices.ContainsFunc([]string{"microsoftonline.com", "microsoftonline.us", "partner.microsoftonline.cn", "windows.net"},
		func(domain string) bool { return strings.HasSuffix("."+strings.ToLower(u.Hostname()), "."+domain) })
	tenant, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return microsoft && slices.Contains([]string{"", "common", "organizations", "consumers"}, strings.ToLower(tenant))
}
