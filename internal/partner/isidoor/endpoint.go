package isidoor

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"syncd/internal/httpcall"
	"syncd/internal/jobs"
)

// The sections of the configuration, as hints name them.
const (
	section        = Name
	salarieSection = section + ".salarie"
)

// Where the dossier key goes.
const (
	KeyInHeader = "header"
	KeyInQuery  = "query"
	KeyInPath   = "path"
)

// DossierEndpoint tells whom the partner answers for. Paths may hold {dossier}, which becomes the dossier key.
type DossierEndpoint struct {
	Method, Path string
	Identity     string // JSON pointer (RFC 6901) into the answer; "" = not told
}

// DictionnaireEndpoint gives the nomenclatures, as one array of entries.
type DictionnaireEndpoint struct {
	Method, Path string
	Items        string // pointer to the array; "" = the answer itself
	// Pointers into an entry. An absent label is "", an absent state is active.
	Name, Code, Label, Active string
}

// SalarieEndpoint takes one employee. Its path may also hold {key}, which becomes the matricule.
type SalarieEndpoint struct {
	Method, Path string
}

// ReadEndpoint gives back one employee's document. Its path, or the query at its end, must hold {key}, and may hold
// {period}, which becomes the payroll month: "/V2/Salarie/{key}?periode={period}".
type ReadEndpoint struct {
	Method, Path string
	Document     string // pointer to the document; "" = the answer itself
}

// endpoints are the endpoints once checked.
type endpoints struct {
	dossier, dictionnaire, salarie httpcall.Endpoint
	read                           httpcall.Endpoint // zero = not configured
	identity, document             httpcall.Pointer
	entries                        entryPointers
	answer                         *httpcall.Rules // nil = the status settles what became of a document
	words                          *httpcall.Rules // where refusals have their words; nil = nobody says it
}

func (o *Options) checkEndpoints() (endpoints, error) {
	e := endpoints{
		dossier:      httpcall.NewEndpoint("dossier", section+".dossier", o.Dossier.Method, o.Dossier.Path),
		dictionnaire: httpcall.NewEndpoint("dictionnaire", section+".dictionnaire", o.Dictionnaire.Method, o.Dictionnaire.Path),
		salarie:      httpcall.NewEndpoint("salarie", salarieSection, o.Salarie.Method, o.Salarie.Path),
	}
	all, reading := []httpcall.Endpoint{e.dossier, e.dictionnaire, e.salarie}, []httpcall.Endpoint{e.dossier, e.dictionnaire}
	if o.Read != nil {
		e.read = httpcall.NewEndpoint("read", salarieSection+".read", o.Read.Method, o.Read.Path)
		all, reading = append(all, e.read), append(reading, e.read)
	}
	for _, p := range all {
		if err := checkPath(p); err != nil {
			return e, err
		}
	}
	for _, p := range reading {
		if p.Method != http.MethodGet && p.Method != http.MethodPost {
			return e, httpcall.Hinted("use GET or POST", "method of [%s] is %q", p.Section, p.Method)
		}
	}
	// What stands on the way may repeat GET, HEAD, OPTIONS and TRACE; these three it may not.
	if m := e.salarie.Method; m != http.MethodPost && m != http.MethodPut && m != http.MethodPatch {
		return e, httpcall.Hinted("use POST, PUT or PATCH", "method of [isidoor.salarie] is %q", m)
	}
	return e, e.parsePointers(o)
}

func checkPath(e httpcall.Endpoint) error {
	takesKey, takesPeriod := strings.Contains(e.Path, "{key}"), strings.Contains(e.Path, "{period}")
	switch {
	case !strings.HasPrefix(e.Path, "/"):
		return httpcall.Hinted("start it with a slash", "path of [%s] is %q", e.Section, e.Path)
	case takesKey && e.Name != "salarie" && e.Name != "read":
		return httpcall.Hinted("{key} is for [isidoor.salarie]", "path of [%s] is %q", e.Section, e.Path)
	case takesPeriod && e.Name != "read":
		return httpcall.Hinted("{period} is for [isidoor.salarie.read]", "path of [%s] is %q", e.Section, e.Path)
	case !takesKey && e.Name == "read":
		return httpcall.Hinted("write {key} where the matricule goes", "path of [%s] is %q, which asks for nobody", e.Section, e.Path)
	}
	return nil
}

func (e *endpoints) parsePointers(o *Options) (err error) {
	if e.identity, err = httpcall.ParsePointer("identity", o.Dossier.Identity); err != nil {
		return err
	}
	if o.Read != nil {
		if e.document, err = httpcall.ParsePointer("document of [isidoor.salarie.read]", o.Read.Document); err != nil {
			return err
		}
	}
	if e.entries, err = newEntryPointers(o.Dictionnaire); err != nil || o.Answer == nil {
		return err
	}
	if e.words, err = httpcall.NewRules(salarieSection+".answer", *o.Answer); o.Answer.Judge() {
		e.answer = e.words
	}
	return err
}

func (o *Options) checkKeyPlace() error {
	inPath, anyPath := o.dossierInPaths()
	switch {
	case o.KeyIn == KeyInPath && !inPath:
		return httpcall.Hinted("write {dossier} where the key goes", "the dossier key goes in the path, but a path has no {dossier}")
	case o.KeyIn == KeyInPath:
		return nil
	case o.KeyIn != KeyInHeader && o.KeyIn != KeyInQuery:
		return httpcall.Hinted("use header, query or path", "dossier_key cannot go in %q", o.KeyIn)
	case anyPath:
		return httpcall.Hinted(`set dossier_key = { in = "path" }`, "a path holds {dossier}, but the dossier key goes in the %s", o.KeyIn)
	case o.KeyName == "":
		return httpcall.Hinted("set name of dossier_key", "the %s of the dossier key has no name", o.KeyIn)
	case o.KeyIn == KeyInHeader && (!httpcall.IsHeaderName(o.KeyName) || jobs.TakenHeader(o.KeyName)):
		return httpcall.Hinted("take a name such as X-Cle-Dossier", "the dossier key cannot go in the header %q", o.KeyName)
	}
	return nil
}

// dossierInPaths reports whether {dossier} stands in each path that needs it when the key goes in the path, and whether it
// stands in any.
func (o *Options) dossierInPaths() (each, anyOf bool) {
	paths := []string{o.Dossier.Path, o.Salarie.Path}
	if o.Read != nil {
		paths = append(paths, o.Read.Path)
	}
	lacks := func(path string) bool { return !strings.Contains(path, "{dossier}") }
	return !slices.ContainsFunc(paths, lacks), strings.Contains(strings.Join(paths, " ")+o.Dictionnaire.Path, "{dossier}")
}

// checkKeyBeside finds a dossier key that would go where something else goes with every call.
func (o *Options) checkKeyBeside() error {
	for _, h := range o.Headers {
		if o.KeyIn == KeyInHeader && strings.EqualFold(h.Name, o.KeyName) {
			return httpcall.Hinted("write dossier_key of [isidoor], or leave the header out of headers", "the dossier key and headers of [isidoor] both want the header %q", h.Name)
		}
	}
	for _, q := range o.Query {
		if o.KeyIn == KeyInQuery && q.Name == o.KeyName {
			return httpcall.Hinted("write dossier_key of [isidoor], or leave the parameter out of query", "the dossier key and query of [isidoor] both want the parameter %q", q.Name)
		}
	}
	return nil
}

// check finds what is wrong with the calls, and prepares them.
func (o *Options) check() (endpoints, error) {
	if err := o.checkKeyPlace(); err != nil {
		return endpoints{}, err
	}
	if err := o.checkKeyBeside(); err != nil {
		return endpoints{}, err
	}
	return o.checkEndpoints()
}

// denied are the hints where the API refuses who asks.
var denied = httpcall.Denied{
	Unauthorized: "wrong dossier key? check key of the [[dossier]] and dossier_key of [isidoor]",
	Forbidden:    "wrong dossier key? check key of the [[dossier]], and what the partner granted this client",
}

// blanks are what path templates leave open.
type blanks struct {
	dossier string // the dossier key
	key     string // the matricule
	period  jobs.Period
}

// expand fills a path template; what stands after a question mark is escaped as a query.
func expand(template string, b blanks) string {
	if !strings.Contains(template, "{") {
		return template
	}
	path, query, found := strings.Cut(template, "?")
	path = b.replacer(url.PathEscape).Replace(path)
	if !found {
		return path
	}
	return path + "?" + b.replacer(url.QueryEscape).Replace(query)
}

func (b blanks) replacer(escape func(string) string) *strings.Replacer {
	return strings.NewReplacer("{dossier}", escape(b.dossier), "{key}", escape(b.key), "{period}", escape(string(b.period)))
}
