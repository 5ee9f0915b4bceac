package isidoor

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

// Name is the partner's: of its section, and in the ledger.
const Name = "isidoor"

// Addresses from the public documentation.
const (
	production   = "https://www.isidoor.org/Api"
	test         = "https://www.isidoor.org/Api2"
	tokenAddress = "https://www.isidoor.org/Auth/connect/token"
)

// Section is what only this package understands of [isidoor]. What the public documentation does not tell is a setting here,
// with an assumed default: verbs, paths, the place of the dossier key, names of members, semantics.
type Section struct {
	TokenURL     string
	OAuthScope   string
	DossierKey   DossierKey
	Dossier      DossierEndpoint
	Dictionnaire DictionnaireEndpoint
	Salarie      SalarieEndpoint
	Read         *ReadEndpoint // nil = the partner is not asked what it has
}

// DossierKey is where the key of a dossier goes in a request.
type DossierKey struct {
	In   string // KeyInHeader, KeyInQuery or KeyInPath: there, {dossier} stands for it
	Name string // of the header or the parameter; "" for a path
}

// Connect opens a connection as the section says; the options are what it says like others, and what the caller brings.
func Connect(o httpcall.Options, p *config.Partner) (*Connection, error) {
	s := p.Own.(Section)
	secret, err := p.ClientSecret.Read()
	if err != nil {
		return nil, err
	}
	return Open(Options{
		Options:           o,
		ClientCredentials: httpcall.ClientCredentials{TokenURL: s.TokenURL, ClientID: p.ClientID, ClientSecret: secret, Scope: s.OAuthScope},
		KeyIn:             s.DossierKey.In, KeyName: s.DossierKey.Name,
		Dossier: s.Dossier, Dictionnaire: s.Dictionnaire, Salarie: s.Salarie, Read: s.Read,
		Answer: p.Documents.Answer,
	})
}

// ReadSection reads [isidoor].
func ReadSection(t *strict.Table) config.Partner {
	defer t.Finish()
	p := config.ReadPartner(t)
	p.ClientID = t.Seen("client_id", t.Required("client_id", hinted.Say("isidoor.write-client-id")))
	p.ClientSecret = t.Secret("client_secret")
	s := Section{
		TokenURL:   t.Address("token_url", tokenAddress, test),
		OAuthScope: t.Seen("scope", t.Text("scope", "ApiIsidoor")),
		DossierKey: readDossierKey(t.Table("dossier_key")),
	}
	p.BaseURL = readBaseURL(t, p.Environment)
	s.Dossier = readDossierEndpoint(t.Table("dossier"), s.DossierKey)
	s.Dictionnaire = readDictionnaire(t.Table("dictionnaire"), s.DossierKey)
	s.readSalarie(t.Table("salarie"), &p)
	p.Documents.KeySet = t.Has("dossier_key")
	p.ReadFixed(t, s.DossierKey.refuseHeader, s.refuseParameter)
	p.Own = s
	return p
}

func readDossierKey(t *strict.Table) DossierKey {
	defer t.Finish()
	key := DossierKey{In: t.Choice("in", KeyInHeader, KeyInHeader, KeyInQuery, KeyInPath)}
	if key.In == KeyInPath {
		t.Refuse(hinted.Say("isidoor.key-name-idle"), "name")
		return key
	}
	key.Name = "X-Cle-Dossier"
	if t.Has("name") {
		key.Name = t.Matching("name", config.ParameterPattern, hinted.Say("isidoor.no-parameter", "in", key.In), strict.Say("credential-form"))
	}
	if key.In == KeyInHeader && jobs.TakenHeader(key.Name) {
		t.Report("name", hinted.Say("isidoor.key-header-taken"))
	}
	return key
}

// readBaseURL is the API's address of one environment; that of the other is refused.
func readBaseURL(t *strict.Table, environment string) string {
	const key = "base_url"
	fallback := test
	if environment == "production" {
		fallback = production
	}
	address := strings.TrimRight(t.Address(key, fallback, test), "/")
	lower := strings.ToLower(address)
	switch {
	case strings.HasSuffix(lower, "/v2"):
		t.Report(key, hinted.Say("isidoor.ends-with-v2"))
	case environment == "test" && lower == strings.ToLower(production):
		t.Report(key, hinted.Say("isidoor.production-address"))
	case environment == "production" && isLocal(address):
		t.Report(key, hinted.Say("isidoor.local-address"))
	case environment == "production" && lower == strings.ToLower(test):
		t.Report(key, hinted.Say("isidoor.test-address"))
	}
	return address
}

func isLocal(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strict.Loopback(u.Hostname())
}

func readDossierEndpoint(t *strict.Table, key DossierKey) DossierEndpoint {
	defer t.Finish()
	return DossierEndpoint{
		Method:   t.Choice("method", "GET", "GET", "POST"),
		Path:     key.endpointPath(t, "/V2/Dossier"),
		Identity: t.Pointer("identity", "/Siret"),
	}
}

func readDictionnaire(t *strict.Table, key DossierKey) DictionnaireEndpoint {
	defer t.Finish()
	return DictionnaireEndpoint{
		Method: t.Choice("method", "GET", "GET", "POST"),
		Path:   key.endpointPath(t, "/V2/Dictionnaire"),
		Items:  t.Pointer("items", ""),
		Name:   t.Pointer("name", "/Nom"),
		Code:   t.Pointer("code", "/Code"),
		Label:  t.Pointer("label", "/Libelle"),
		Active: t.Pointer("active", "/Actif"),
	}
}

// readSalarie reads how documents are sent, and what of that others may ask.
func (s *Section) readSalarie(t *strict.Table, p *config.Partner) {
	defer t.Finish()
	s.Salarie = SalarieEndpoint{
		Method: t.Choice("method", "POST", "POST", "PUT", "PATCH"),
		Path:   s.DossierKey.endpointPath(t, "/V2/Salarie"),
	}
	d := &p.Documents
	d.Section = t.Path()
	d.Call = jobs.Call{Method: s.Salarie.Method, Path: s.Salarie.Path, KeyIn: s.DossierKey.In, KeyName: s.DossierKey.Name}
	d.MethodSet = t.Has("method")
	d.Semantics = jobs.Semantics(t.Choice("semantics", "replace", "replace", "append"))
	d.Scope = jobs.Scope(t.Choice("scope", "employee-period", "employee-period", "employee"))
	d.Send = jobs.Send(t.Choice("send", "changed", "changed", "all"))
	d.Contract = config.ReadContract(t, "contract", test+"/swagger/docs/V2")
	read, answer := t.Table("read"), t.Table("answer")
	d.ReadBackSection, d.AnswerSection = read.Path(), answer.Path()
	if t.Has("read") {
		s.Read, d.ReadBack = readReadBack(read, s.DossierKey, d.Scope)
	}
	if t.KindOf("answer") == strict.KindTable {
		d.Answer = config.ReadAnswer(answer)
	}
}

func readReadBack(t *strict.Table, key DossierKey, scope jobs.Scope) (*ReadEndpoint, *jobs.ReadBack) {
	defer t.Finish()
	r := &ReadEndpoint{
		Method:   t.Choice("method", "GET", "GET", "POST"),
		Path:     key.readPath(t, scope),
		Document: t.Pointer("document", ""),
	}
	back := &jobs.ReadBack{}
	if list := t.Want("compare", strict.KindList); list != nil {
		for _, at := range t.Texts("compare", list, hinted.Say("isidoor.write-compared")) {
			back.Compare = append(back.Compare, at.Node.Text)
		}
	}
	return r, back
}

const (
	readPath      = "/V2/Salarie/{key}?periode={period}"
	keyedReadPath = "/V2/{dossier}/Salarie/{key}?periode={period}"
)

var (
	pathPattern      = lazyregexp.New(`^/[A-Za-z0-9/._~{}-]*$`)
	queryPathPattern = lazyregexp.New(`^/[A-Za-z0-9/._~{}-]*(\?[A-Za-z0-9/._~{}=&-]*)?$`)
	readPlaceholders = strings.NewReplacer("{key}", "", "{period}", "", "{dossier}", "")
)

func (k DossierKey) readPath(t *strict.Table, scope jobs.Scope) string {
	path := k.pathTemplate(t, queryPathPattern, readPath, keyedReadPath)
	switch {
	case !strings.Contains(path, "{key}"):
		t.Report("path", hinted.Say("isidoor.nobody-asked-for", "example", readPath))
	case strings.ContainsAny(readPlaceholders.Replace(path), "{}"):
		t.Report("path", hinted.Say("isidoor.unknown-braces"))
	case scope == jobs.ScopeEmployeePeriod && !strings.Contains(path, "{period}"):
		t.Warn("path", hinted.Say("isidoor.no-month-asked-for", "example", readPath))
	}
	return path
}

// endpointPath is the path below the base URL. It contains {dossier} when, and only when, the key goes into the path.
func (k DossierKey) endpointPath(t *strict.Table, fallback string) string {
	return k.pathTemplate(t, pathPattern, fallback, fallback+"/{dossier}")
}

// pathTemplate is endpointPath's work for a path of any form; keyed is an example with the dossier key in it.
func (k DossierKey) pathTemplate(t *strict.Table, pattern func() *regexp.Regexp, fallback, keyed string) string {
	path := t.Text("path", fallback)
	if !pattern().MatchString(path) {
		t.Report("path", hinted.Say("isidoor.no-path", "example", fallback))
		return fallback
	}
	switch holds := strings.Contains(path, "{dossier}"); {
	case k.In == KeyInPath && !holds:
		t.Report("path", hinted.Say("isidoor.no-key-in-path", "example", keyed))
	case k.In != KeyInPath && holds:
		t.Report("path", hinted.Say("isidoor.key-elsewhere", "in", k.In))
	}
	return path
}

// refuseHeader tells why a header cannot go with every call.
func (k DossierKey) refuseHeader(name string) hinted.Fact {
	if k.In == KeyInHeader && config.SameHeader(k.Name, name) {
		return hinted.Say("isidoor.header-of-key")
	}
	return hinted.Fact{}
}

// refuseParameter tells why a query parameter cannot go with every call.
func (s *Section) refuseParameter(name string) hinted.Fact {
	if s.DossierKey.In == KeyInQuery && s.DossierKey.Name == name {
		return hinted.Say("isidoor.parameter-of-key")
	}
	if s.Read == nil {
		return hinted.Fact{}
	}
	_, query, _ := strings.Cut(s.Read.Path, "?")
	taken := strings.FieldsFunc(query, func(r rune) bool { return r == '&' })
	if slices.ContainsFunc(taken, func(part string) bool { n, _, _ := strings.Cut(part, "="); return n == name }) {
		return hinted.Say("isidoor.parameter-of-path")
	}
	return hinted.Fact{}
}
