package restapi

import (
	"net/http"
	"net/url"
	"strings"

	"syncd/internal/jobs"
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
	dossier, dictionnaire, salarie endpoint
	read                           endpoint // zero = not configured
	identity, document             pointer
	entries                        entryPointers
	answer                         *answerRules // nil = the status settles what became of a document
	words                          *answerRules // where refusals have their words; nil = nobody says it
}

// endpoint is a name in measures, its table of the configuration, a method, a path template, and the two as errors and
// logs show them.
type endpoint struct {
	name, table, method, path, label string
}

func newEndpoint(name, table, method, path string) endpoint {
	return endpoint{name: name, table: table, method: method, path: path, label: method + " " + path}
}

func (o Options) checkEndpoints() (endpoints, error) {
	e := endpoints{
		dossier:      newEndpoint("dossier", "isidoor.dossier", o.Dossier.Method, o.Dossier.Path),
		dictionnaire: newEndpoint("dictionnaire", "isidoor.dictionnaire", o.Dictionnaire.Method, o.Dictionnaire.Path),
		salarie:      newEndpoint("salarie", "isidoor.salarie", o.Salarie.Method, o.Salarie.Path),
	}
	all, reading := []endpoint{e.dossier, e.dictionnaire, e.salarie}, []endpoint{e.dossier, e.dictionnaire}
	if o.Read != nil {
		e.read = newEndpoint("read", "isidoor.salarie.read", o.Read.Method, o.Read.Path)
		all, reading = append(all, e.read), append(reading, e.read)
	}
	for _, p := range all {
		if err := p.checkPath(); err != nil {
			return e, err
		}
	}
	for _, p := range reading {
		if p.method != http.MethodGet && p.method != http.MethodPost {
			return e, hinted("use GET or POST", "method of [%s] is %q", p.table, p.method)
		}
	}
	// What stands on the way may repeat GET, HEAD, OPTIONS and TRACE; these three it may not.
	if m := e.salarie.method; m != http.MethodPost && m != http.MethodPut && m != http.MethodPatch {
		return e, hinted("use POST, PUT or PATCH", "method of [isidoor.salarie] is %q", m)
	}
	return e, e.parsePointers(o)
}

func (e endpoint) checkPath() error {
	takesKey, takesPeriod := strings.Contains(e.path, "{key}"), strings.Contains(e.path, "{period}")
	switch {
	case !strings.HasPrefix(e.path, "/"):
		return hinted("start it with a slash", "path of [%s] is %q", e.table, e.path)
	case takesKey && e.name != "salarie" && e.name != "read":
		return hinted("{key} is for [isidoor.salarie]", "path of [%s] is %q", e.table, e.path)
	case takesPeriod && e.name != "read":
		return hinted("{period} is for [isidoor.salarie.read]", "path of [%s] is %q", e.table, e.path)
	case !takesKey && e.name == "read":
		return hinted("write {key} where the matricule goes", "path of [%s] is %q, which asks for nobody", e.table, e.path)
	}
	return nil
}

func (e *endpoints) parsePointers(o Options) (err error) {
	if e.identity, err = parsePointer("identity", o.Dossier.Identity); err != nil {
		return err
	}
	if o.Read != nil {
		if e.document, err = parsePointer("document of [isidoor.salarie.read]", o.Read.Document); err != nil {
			return err
		}
	}
	if e.entries, err = newEntryPointers(o.Dictionnaire); err != nil || o.Answer == nil {
		return err
	}
	if e.words, err = newAnswerRules(*o.Answer); o.Answer.judge() {
		e.answer = e.words
	}
	return err
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
