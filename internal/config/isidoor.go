package config

import (
	"regexp"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
)

// Addresses of Isidoor, from its public documentation.
const (
	isidoorProduction = "https://www.isidoor.org/Api"
	isidoorTest       = "https://www.isidoor.org/Api2"
	isidoorToken      = "https://www.isidoor.org/Auth/connect/token"
)

// Assumed, where neither the configuration nor the API's contract says otherwise.
const defaultSalarieMethod = "POST"

var defaultDossierKey = DossierKey{In: "header", Name: "X-Cle-Dossier"}

// Isidoor says how to reach the partner. What its public documentation does not tell is a setting here, with an assumed
// default: verbs, paths, the place of the dossier key, names of members, semantics.
type Isidoor struct {
	Environment    string // "test" or "production"
	BaseURL        string // up to, without, /V2; no slash at its end
	TokenURL       string
	ClientID       string
	ClientSecret   strict.Secret
	OAuthScope     string
	DossierKey     DossierKey
	DossierKeySet  bool          `json:",omitempty"` // DossierKey is written; else the contract may tell another
	MaxInFlight    int           // documents on their way at once
	RatePerSecond  float64       // requests
	LimitsOfLedger bool          `json:",omitempty"` // both limits are for all processes of the ledger together
	RequestTimeout time.Duration // of one attempt
	ConnectTimeout time.Duration // of one connection, TLS included
	RetryFor       time.Duration // how long temporary failures of one call are retried
	RetryAfterCap  time.Duration // the longest Retry-After that is honoured
	TechnicalTries int           // attempts that may end in a technical failure
	StopAfter      int           // answers in a row that say nothing of the data: they stop a run
	Headers, Query []Fixed       `json:",omitempty"` // that go with every call of the API
	CAFile         string        // PEM file of further root certificates; "" = the system's alone
	Dossier        DossierEndpoint
	Dictionnaire   DictionnaireEndpoint
	Salarie        SalarieEndpoint
}

// DossierKey is where the key of a dossier goes in a request.
type DossierKey struct {
	In   string // "header", "query" or "path": there, {dossier} stands for it
	Name string // of the header or the parameter; "" for a path
}

// DossierEndpoint answers for which dossier a key stands.
type DossierEndpoint struct {
	Method, Path string
	Identity     string // JSON pointer to the SIRET; "" = not told
}

// DictionnaireEndpoint answers the nomenclatures. All but method and path are JSON pointers.
type DictionnaireEndpoint struct {
	Method, Path              string
	Items                     string // the array; "" = the answer itself
	Name, Code, Label, Active string // within an item
}

// SalarieEndpoint takes the document of one employee.
type SalarieEndpoint struct {
	Method, Path string
	Semantics    jobs.Semantics
	Scope        jobs.Scope
	Send         jobs.Send
	Contract     string        // "auto", "none", a URL or a file
	Read         *ReadEndpoint // nil = the API is not asked what it holds
	Answer       *AnswerRules  `json:",omitempty"` // nil = each answer of success is one
	MethodSet    bool          `json:",omitempty"` // Method is written; else the contract may tell another
}

// call is what documents are sent to, as configured.
func (i *Isidoor) call() jobs.Call {
	return jobs.Call{Method: i.Salarie.Method, Path: i.Salarie.Path, KeyIn: i.DossierKey.In, KeyName: i.DossierKey.Name}
}

func readIsidoor(t *strict.Table) Isidoor {
	defer t.Finish()
	i := Isidoor{
		Environment:    t.RequiredChoice("environment", "test", "production"),
		ClientID:       t.Seen("client_id", t.Required("client_id", "the identifier that FNOGEC issued to the editor of the payroll")),
		ClientSecret:   t.Secret("client_secret"),
		OAuthScope:     t.Seen("scope", t.Text("scope", "ApiIsidoor")),
		DossierKey:     readDossierKey(t.Table("dossier_key")),
		DossierKeySet:  t.Has("dossier_key"),
		MaxInFlight:    t.Integer("max_in_flight", 8, 1, 64),
		RatePerSecond:  t.Number("rate_per_second", 20, 0.01, 10_000),
		RequestTimeout: t.Duration("request_timeout", 30*time.Second, 100*time.Millisecond, 10*time.Minute),
		ConnectTimeout: t.Duration("connect_timeout", 10*time.Second, 100*time.Millisecond, 10*time.Minute),
		RetryFor:       t.Duration("retry_for", 2*time.Minute, 0, time.Hour),
		RetryAfterCap:  t.Duration("retry_after_cap", time.Minute, 0, time.Hour),
		TechnicalTries: t.Integer("technical_tries", 3, 1, 10),
		LimitsOfLedger: t.Choice("limits", "process", "process", "ledger") == "ledger",
		StopAfter:      t.Integer("stop_after", 10, 1, 1000),
		CAFile:         t.Certificates("ca_file"),
	}
	base := isidoorTest
	if i.Environment == "production" {
		base = isidoorProduction
	}
	i.BaseURL = baseURL(t, "base_url", base, i.Environment)
	i.TokenURL = t.Address("token_url", isidoorToken, isidoorTest)
	i.Dossier = readDossierEndpoint(t.Table("dossier"), i.DossierKey)
	i.Dictionnaire = readDictionnaire(t.Table("dictionnaire"), i.DossierKey)
	i.Salarie = readSalarie(t.Table("salarie"), i.DossierKey)
	i.readFixedParts(t)
	return i
}

var parameterPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func readDossierKey(t *strict.Table) DossierKey {
	defer t.Finish()
	key := DossierKey{In: t.Choice("in", defaultDossierKey.In, "header", "query", "path")}
	if key.In == "path" {
		t.Refuse("has no meaning with in = \"path\"", "leave it out and write {dossier} where the key goes in each path", "name")
		return key
	}
	key.Name = defaultDossierKey.Name
	if t.Has("name") {
		key.Name = t.Matching("name", parameterPattern, "is not the name of a "+key.In+" parameter", "letters, digits, dots, - and _ only")
	}
	if key.In == "header" && jobs.TakenHeader(key.Name) {
		t.Report("name", "is a header that means something else", `the default is "X-Cle-Dossier"`)
	}
	return key
}

func readDossierEndpoint(t *strict.Table, key DossierKey) DossierEndpoint {
	defer t.Finish()
	return DossierEndpoint{
		Method:   t.Choice("method", "GET", "GET", "POST"),
		Path:     endpointPath(t, "/V2/Dossier", key),
		Identity: t.Pointer("identity", "/Siret"),
	}
}

func readDictionnaire(t *strict.Table, key DossierKey) DictionnaireEndpoint {
	defer t.Finish()
	return DictionnaireEndpoint{
		Method: t.Choice("method", "GET", "GET", "POST"),
		Path:   endpointPath(t, "/V2/Dictionnaire", key),
		Items:  t.Pointer("items", ""),
		Name:   t.Pointer("name", "/Nom"),
		Code:   t.Pointer("code", "/Code"),
		Label:  t.Pointer("label", "/Libelle"),
		Active: t.Pointer("active", "/Actif"),
	}
}

func readSalarie(t *strict.Table, key DossierKey) SalarieEndpoint {
	defer t.Finish()
	s := SalarieEndpoint{
		Method:    t.Choice("method", defaultSalarieMethod, "POST", "PUT", "PATCH"),
		Path:      endpointPath(t, "/V2/Salarie", key),
		Semantics: jobs.Semantics(t.Choice("semantics", "replace", "replace", "append")),
		Scope:     jobs.Scope(t.Choice("scope", "employee-period", "employee-period", "employee")),
		Send:      jobs.Send(t.Choice("send", "changed", "changed", "all")),
		Contract:  contractSource(t, "contract"),
		MethodSet: t.Has("method"),
	}
	if read := t.Table("read"); t.Has("read") {
		s.Read = readReadEndpoint(read, key, s.Scope)
	}
	if answer := t.Table("answer"); t.KindOf("answer") == strict.KindTable {
		s.Answer = readAnswer(answer)
	}
	return s
}
