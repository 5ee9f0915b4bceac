package preset_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/jobs/granttest"
	"syncd/internal/partner/choruspro"
	"syncd/internal/partner/iopole"
	"syncd/internal/partner/jindexe"
	"syncd/internal/partner/preset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	siret  = "12345678200010"
	secret = "client-secret-canary"
	apiKey = "api-key-canary"
)

// values are what each dossier shows, with accents, and a colon in the passwords.
var values = map[string]map[string]string{
	"chorus-pro": {"login": "TECH_1@cpro.fr", "password": "é:mot de passe-canary"},
	"iopole":     {"customer_id": "0f3a-77"},
	"jindexe":    {"username": "camille@exemple.fr", "password": "é:mot de passe-canary"},
}

// sections are the shortest ones of each partner.
var sections = map[string]string{
	"chorus-pro": "client_id = \"app\"\nclient_secret = { env = \"SECRET\" }\n",
	"iopole":     "client_id = \"app\"\nclient_secret = { env = \"SECRET\" }\n",
	"jindexe": "api_key = { env = \"API_KEY\" }\n[partner.collection.fiches]\nlist = \"GET /pro/fiches\"\nkey = " +
		"\"/id\"\nrecords = \"/fiches\"\n" +
		"page = { number = \"page\", limit = \"size\", size = 50, pages = \"/pages\", total = \"/total\", echo = \"/page\" }\n",
}

func env(name string) string { return map[string]string{"SECRET": secret, "API_KEY": apiKey}[name] }

// read reads a section, the address of the API first.
func read(d *preset.Definition, head, tail string) (config.Partner, error) {
	environment := "test"
	if strings.HasPrefix(head, "#production") {
		environment = "production"
	}
	document := fmt.Sprintf("[[partner]]\nname = %q\nenvironment = %q\n%s%s", d.Name, environment, head, tail)
	root, err := strict.Parse("config.toml", []byte(document), env)
	if err != nil {
		return config.Partner{}, err
	}
	t := root.Tables("partner")[0]
	t.Name("partner", map[string]bool{})
	p := d.ReadSection(t)
	_, err = root.Conclude()
	return p, err
}

// bench is a dossier at a partner whose API is a handler.
type bench struct {
	jobs.Feed
	connection *preset.Connection
	partner    config.Partner
	log        *strings.Builder
}

func (b *bench) section() *preset.Section { s := b.partner.Own.(preset.Section); return &s }

// open reads a section, with settings and then tables over the shortest one, and connects to a handler.
func open(t testing.TB, d *preset.Definition, api http.Handler, tail string, change ...func(*preset.Dossier)) *bench {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	head := fmt.Sprintf("base_url = %q\n", server.URL+map[string]string{"chorus-pro": "/cpro"}[d.Name])
	if d.Name != "jindexe" {
		head += fmt.Sprintf("token_url = %q\n", server.URL+tokenPaths[d.Name])
	}
	settings, tables, _ := strings.Cut(tail, "[")
	if tables != "" {
		tables = "[" + tables
	}
	p, err := read(d, head+"rate_per_minute = 60000\n"+settings+sections[d.Name], tables)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{partner: p, log: &strings.Builder{}}
	o := httpcall.Options{BaseURL: p.BaseURL, MaxInFlight: p.MaxInFlight, RetryFor: min(p.RetryFor, 3*time.Second) + 1,
		TechnicalTries: p.TechnicalTries, Log: zerolog.New(&locked{to: b.log})}
	for _, h := range p.Headers {
		value, err := h.Read()
		if err != nil {
			t.Fatal(err)
		}
		o.Headers = append(o.Headers, httpcall.Fixed{Name: h.Name, Value: value, Secret: !h.Secret.IsZero()})
	}
	if b.connection, err = d.Connect(o, &p); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.connection.Close)
	dossier := preset.Dossier{Name: "saint-martin", Siret: siret, Values: values[d.Name], Grants: pairs()}
	if values[d.Name]["password"] != "" {
		dossier.Secret = []string{"password"}
	}
	for _, c := range change {
		c(&dossier)
	}
	if b.Feed, err = b.connection.Feed(dossier); err != nil {
		t.Fatal(err)
	}
	return b
}

var tokenPaths = map[string]string{"chorus-pro": "/api/oauth/token", "iopole": "/realms/iopole/protocol/openid-connect/token"}

type locked struct {
	mu sync.Mutex
	to io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// pairs is a store of nobody else.
func pairs() jobs.GrantStore { return new(granttest.Memory).Grant(1, []byte("secret")) }

// kept is a file in memory.
type kept struct{ bytes.Buffer }

func (k *kept) Restart() error { k.Reset(); return nil }

// scripted is an API that gives tokens, and answers all else as it is told.
func scripted(answer http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	for _, path := range append([]string{"/public/token"}, tokenPaths["chorus-pro"], tokenPaths["iopole"]) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"access_token":"token-canary","expires_in":600,"refresh_token":"refresh-canary","token_type":"Bearer"}`)
		})
	}
	mux.Handle("/", answer)
	return mux
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func callError(t *testing.T, err error) *jobs.CallError {
	t.Helper()
	call, ok := errors.AsType[*jobs.CallError](err)
	if !ok {
		t.Fatalf("error is %v, want a *jobs.CallError", err)
	}
	return call
}

// TestPresetsAreWhole: each reads without a mistake, and asks what its page says.
func TestPresetsAreWhole(t *testing.T) {
	t.Parallel()
	for _, d := range []*preset.Definition{&choruspro.Definition, &iopole.Definition, &jindexe.Definition} {
		head := ""
		if d.Name == "jindexe" {
			head = "base_url = \"https://api.example.org\"\n"
		}
		p, err := read(d, head+sections[d.Name], "")
		if err != nil {
			t.Errorf("%s: %v", d.Name, err)
			continue
		}
		s := p.Own.(preset.Section)
		if p.Name != d.Name || p.MaxInFlight != 2 || !p.LimitsOfLedger || p.RatePerSecond != 0 || s.RatePerMinute < 60 ||
			p.BaseURL == "" || s.TokenURL == "" {
			t.Errorf("%s: %+v", d.Name, p)
		}
		for _, c := range s.Jobs() {
			if c.Name == "" || len(c.Windows) == 0 {
				t.Errorf("%s: %+v", d.Name, c)
			}
		}
	}
	p, _ := read(&choruspro.Definition, sections["chorus-pro"], "")
	s := p.Own.(preset.Section)
	w := s.Jobs()[0].Windows
	if len(w) != 2 || w[0].Span != 120*24*time.Hour || !w[0].Whole || !w[1].Since || w[1].Overlap != 48*time.Hour ||
		w[1].First != 400*24*time.Hour ||
		p.BaseURL != "https://sandbox-api.piste.gouv.fr/cpro" || s.Scope != "openid" {
		t.Errorf("%+v", w)
	}
	if s := p.Own.(preset.Section).Jobs()[0]; !s.Paged || s.Detail || s.Acks || s.ForeignHolds {
		t.Errorf("%+v", s)
	}
	p, _ = read(&iopole.Definition, sections["iopole"], "")
	if c := p.Own.(preset.Section); !c.Jobs()[0].Detail || !c.Jobs()[0].Files || !c.Jobs()[0].Acks ||
		c.Jobs()[0].Sweep.Reach != 1200 || !c.Jobs()[1].Acks || c.Jobs()[0].Windows[0].Whole || c.Jobs()[1].Windows[0].Whole {
		t.Errorf("%+v", c.Jobs())
	}
	p, _ = read(&jindexe.Definition, "base_url = \"https://api.example.org\"\n"+sections["jindexe"], "")
	for _, c := range p.Own.(preset.Section).Jobs() {
		if !c.Windows[0].Whole { // it shows all that there is: a list that becomes empty is for a person
			t.Errorf("%+v", c)
		}
	}
}

// TestOverrides: any value of a preset may be written anew, and nobody more is stored by that.
func TestOverrides(t *testing.T) {
	t.Parallel()
	p, err := read(&choruspro.Definition, sections["chorus-pro"]+"rate_per_minute = 30\nmax_in_flight = 4\nrequest_timeout = \"90s\"\n",
		"[partner.collection.factures]\nomit = [\"/designationDestinataire\", \"/nomValideur1\"]\n"+
			"[partner.collection.factures.page]\nsize = 50\n")
	if err != nil {
		t.Fatal(err)
	}
	s := p.Own.(preset.Section)
	c := s.Collections[0]
	if s.RatePerMinute != 30 || p.MaxInFlight != 4 || p.RequestTimeout != 90*time.Second || c.List.Page.Size != 50 ||
		c.List.Page.Total != "/parametresRetour/total" {
		t.Errorf("%+v %+v", p, s)
	}
	for _, pointer := range []string{"/designationDestinataire", "/nomValideur1", "/prenomValideur2",
		"/coordBancairesFournisseurCompteBancaire"} {
		if !slices.Contains(c.Omit, pointer) {
			t.Errorf("%s is not omitted: %v", pointer, c.Omit)
		}
	}
}

// TestMistakes of what a user writes show at the user's line, with a next step and no value.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		of         *preset.Definition
		head, tail string
		want       string
	}{
		"type": {&choruspro.Definition, "", "[partner.collection.factures.page]\nsize = \"fifty\"\n",
			"config.toml:7:1: partner.chorus-pro.collection.factures.page.size: must be a whole number"},
		"unknown":         {&choruspro.Definition, "", "[partner.collection.factures.page]\nsise = 50\n", "unknown key"},
		"unknown section": {&choruspro.Definition, "", "[partner.colection.x]\n", "unknown key"},
		"no secret":       {&iopole.Definition, "-client_secret", "", "client_secret"},
		"fixed": {&iopole.Definition, "", "[partner.fixed.hosts.test]\nbase_url = \"https://elsewhere.example\"\n",
			"partner.iopole.fixed: cannot be changed"},
		"other host": {&iopole.Definition, "base_url = \"https://api.iopole.com\"\n", "",
			"config.toml:4:1: partner.iopole.base_url: is an address of the environment \"production\""},
		"other host, to its root": {&iopole.Definition, "base_url = \"https://API.iopole.com.\"\n", "",
			"base_url: is an address of the environment \"production\""},
		"other token host": {&choruspro.Definition, "token_url = \"https://oauth.piste.gouv.fr/elsewhere\"\n", "",
			"token_url: is an address of the environment"},
		"plain http": {&iopole.Definition, "base_url = \"http://api.example.org\"\n", "", "is not encrypted"},
		"no address": {&jindexe.Definition, "", "", "base_url: is missing"},
		"no key": {&jindexe.Definition, "base_url = \"https://j.example.org\"\n", "[partner.collection.x]\nlist = \"GET /pro/x\"\n",
			"partner.jindexe.collection.x.key: is missing"},
		"rate":            {&iopole.Definition, "rate_per_minute = 2\n", "", "rate_per_minute: must be from 5 to 100000"},
		"rate per second": {&iopole.Definition, "rate_per_second = 2\n", "", "rate_per_second: has no place here"},
		"header":          {&iopole.Definition, "headers = { X-HTTP-Method-Override = \"DELETE\" }\n", "", "is no header that can be set here"},
		"another collection": {&choruspro.Definition, "", "[partner.collection.copie]\nlist = \"POST /factures/v1/rechercher/fournisseur\"\n" +
			"records = \"/listeFactures\"\nkey = \"/identifiantFactureCPP\"\n", "partner.chorus-pro.collection.copie: is none of the collections"},
		"secret in header": {&iopole.Definition, "headers = { X-Leak = \"{client_secret}\" }\n", "", "has client_secret in braces"},
		"write by detail": {&iopole.Definition, "", "[partner.collection.factures]\ndetail = \"PUT /v1/invoice/{key}/markAsSeen\"\n",
			"detail: is no call that syncd ever makes there"},
		"another write": {&iopole.Definition, "", "[partner.collection.factures]\nack = \"PUT /v1/invoice/{key}\"\n",
			"ack: is no call that syncd ever makes there"},
		"submit": {&choruspro.Definition, "", "[partner.collection.factures]\nlist = \"POST /factures/v1/soumettre\"\n",
			"list: is no call that syncd ever makes there"},
		"token as a list": {&jindexe.Definition, "base_url = \"https://j.example.org\"\n",
			"[partner.collection.x]\nlist = \"POST /public/token\"\nkey = \"/id\"\n", "list: is no call that syncd ever makes there"},
		"outside": {&jindexe.Definition, "base_url = \"https://j.example.org\"\n",
			"[partner.collection.x]\nlist = \"GET /admin/x\"\nkey = \"/id\"\n", "list: is no call that syncd ever makes there"},
		"verb in query": {&jindexe.Definition, "base_url = \"https://j.example.org\"\n",
			"[partner.collection.x]\nlist = \"GET /pro/x?_method=DELETE\"\nkey = \"/id\"\n", "list: is not a call"},
		"whole, undated": {&choruspro.Definition, "", "[partner.collection.factures]\nwindows = [{ name = \"a\", " +
			"from = \"/x\", days = 3, whole = true }]\n", "whole: can only be said"},
	} {
		head := test.head
		if rest, without := strings.CutPrefix(head, "-"); without {
			head = "client_id = \"app\"\n"
			_ = rest
		} else if test.of.Name != "jindexe" {
			head += sections[test.of.Name]
		} else {
			head += "api_key = { env = \"API_KEY\" }\n"
		}
		_, err := read(test.of, head, test.tail)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCodesOfMistakes: what is told, and as the next step where that is not the one of its words.
func TestCodesOfMistakes(t *testing.T) {
	t.Parallel()
	chorus, jindex := &choruspro.Definition, &jindexe.Definition
	const page = "[partner.collection.factures.page]\n"
	windows := func(w string) string { return "[partner.collection.factures]\nwindows = [" + w + "]\n" }
	for tail, test := range map[string]struct {
		of   *preset.Definition
		want string
	}{
		"headers = { X-A = \"{login\" }\n":                                    {chorus, "preset.braces"},
		"headers = { X-A = \"{logni}\" }\n":                                   {chorus, "preset.unknown-name"},
		"headers = { Cookie = \"x\" }\n":                                      {chorus, "preset.header-taken"},
		"max_file = \"large\"\n":                                              {chorus, "config.no-size"},
		"base_url = \"https://127.0.0.1:1\"\nenvironment = \"production\"\n":  {chorus, "preset.local-address"},
		"rate_per_second = 3\n":                                               {chorus, "preset.rate-per-second"},
		"[partner.fixed]\n":                                                   {chorus, "preset.fixed"},
		"[partner.collection.factures]\nzone = \"Paris\"\n":                   {chorus, "preset.no-zone"},
		"[partner.collection.factures]\nbody = \"[]\"\n":                      {chorus, "preset.no-body"},
		"[partner.collection.factures]\nlist = \"DELETE /x\"\n":               {chorus, "preset.no-call"},
		"[partner.collection.factures]\nlist = \"GET /x\"\n":                  {chorus, "preset.not-listed"},
		"[partner.collection.x]\nkey = \"/id\"\n":                             {chorus, "config.missing preset.write-call"},
		page + "number = \"p?x\"\n":                                           {chorus, "preset.no-parameter"},
		page + "offset = \"o\"\n":                                             {chorus, "preset.page-how"},
		windows(`{ name = "a", from = "/x", days = 3, since = true }`):        {chorus, "preset.days-or-since"},
		windows(`{ name = "a", days = 3 }`):                                   {chorus, "preset.window-from"},
		windows(`{ name = "a", from = "/x", days = 3, whole = true }`):        {chorus, "preset.whole-dated"},
		windows(`{ name = "a", dated = "/x" }, { name = "b", dated = "/y" }`): {chorus, "preset.one-date"},
		"[partner.collection.x]\nlist = \"GET /pro/x\"\n":                     {jindex, "config.missing preset.write-key"},
		"[partner.collection.x]\nlist = \"GET /pro/x\"\ntexts = true\n":       {jindex, "preset.texts-alone"},
		"[partner.collection.x]\nlist = \"GET /pro/x\"\nkey = \"/id\"\n" +
			"[partner.collection.x.sweep]\nlist = \"GET /pro/y\"\nkey = \"/id\"\n": {jindex, "preset.sweep-alone"},
		"username = 1\n": {jindex, "preset.no-collection"},
		"":               {jindex, "config.missing preset.address-untold"},
	} {
		head := "client_id = \"app\"\nclient_secret = { env = \"SECRET\" }\n"
		if test.of == jindex {
			head = "api_key = { env = \"API_KEY\" }\n"
		}
		settings, tables, _ := strings.Cut(tail, "[")
		if tables != "" {
			tables = "[" + tables
		}
		if strings.Contains(tail, "environment") {
			settings = strings.Replace(settings, "environment = \"production\"\n", "", 1)
			head = "#production\n" + head
		}
		_, err := read(test.of, head+settings, tables)
		told, _ := errors.AsType[*strict.Error](err)
		var codes []string
		if told != nil {
			for _, p := range told.Problems {
				codes = append(codes, p.Code, strings.TrimSpace(p.Code+" "+p.Next.Code))
			}
		}
		if !slices.Contains(codes, test.want) {
			t.Errorf("%q: %q, want %s", tail, codes, test.want)
		}
	}
}

// TestDossiers: what a dossier must have, and what it cannot be.
func TestDossiers(t *testing.T) {
	t.Parallel()
	p, _ := read(&choruspro.Definition, sections["chorus-pro"], "")
	for document, want := range map[string]string{
		"login = \"TECH_1@cpro.fr\"\npassword = { env = \"SECRET\" }\npassword_set = 2026-09-01\n": "",
		"login = \"TECH_1:x\"\npassword = { env = \"SECRET\" }\n": "login: has a colon, at " +
			"which the partner would cut it",
		"login = \"TECH_1\"\npassword = \"in the clear\"\n": "password: a secret does not belong",
		"password = { env = \"SECRET\" }\n": "login: is missing\n" +
			"hint: write it as the partner issued it",
		"login = \"T\"\npassword = { env = \"SECRET\" }\npassword_set = 2026-13-45\n": "TOML",
		"login = \"T\"\npassword = { env = \"SECRET\" }\npassword_set = \"in May\"\n": "password_set: is not a day",
		"login = \"T\"\npassword = { env = \"SECRET\" }\nlogni = \"x\"\n":             "unknown key",
	} {
		root, err := strict.Parse("config.toml", []byte("[dossier]\n"+document), env)
		if err == nil {
			v := preset.ReadDossier(&p, root.Table("dossier"))
			_, err = root.Conclude()
			if want == "" && (v.Values["login"] == "" || v.Secrets["password"].IsZero() || v.Dates["password_set"].Month() != time.September) {
				t.Errorf("%+v", v)
			}
		}
		if (want == "") != (err == nil) || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "in the clear")) {
			t.Errorf("%q: %v", document, err)
		}
	}
}
