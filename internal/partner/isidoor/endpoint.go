package isidoor

import (
	"net/url"
	"strings"

	"syncd/internal/hinted"
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

// DossierEndpoint tells whom the partner answers for. Paths may contain {dossier}, which becomes the dossier key.
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

// SalarieEndpoint takes one employee. Its path may also contain {key}, which becomes the matricule.
type SalarieEndpoint struct {
	Method, Path string
}

// ReadEndpoint gives back one employee's document. Its path, or the query at its end, must contain {key}, and may contain
// {period}, which becomes the payroll month: "/V2/Salarie/{key}?periode={period}".
type ReadEndpoint struct {
	Method, Path string
	Document     string // pointer to the document; "" = the answer itself
}

// endpoints are what the options say of the calls, prepared.
type endpoints struct {
	dossier, dictionnaire, salarie httpcall.Endpoint
	read                           httpcall.Endpoint // zero = not configured
	identity, document             httpcall.Pointer
	entries                        entryPointers
	answer                         *httpcall.Rules // nil = the status decides what became of a document
}

// endpoints finds the few mistakes that reading the section leaves.
func (o *Options) endpoints() (endpoints, error) {
	e := endpoints{
		dossier:      httpcall.NewEndpoint("dossier", section+".dossier", o.Dossier.Method, o.Dossier.Path),
		dictionnaire: httpcall.NewEndpoint("dictionnaire", section+".dictionnaire", o.Dictionnaire.Method, o.Dictionnaire.Path),
		salarie:      httpcall.NewEndpoint("salarie", salarieSection, o.Salarie.Method, o.Salarie.Path),
		identity:     httpcall.NewPointer(o.Dossier.Identity),
		entries:      newEntryPointers(o.Dictionnaire),
	}
	if o.Read != nil {
		e.read = httpcall.NewEndpoint("read", salarieSection+".read", o.Read.Method, o.Read.Path)
		e.document = httpcall.NewPointer(o.Read.Document)
	}
	if o.Answer != nil {
		e.answer = httpcall.NewRules(*o.Answer)
	}
	for _, p := range []httpcall.Endpoint{e.dossier, e.dictionnaire, e.salarie} {
		switch {
		case strings.Contains(p.Path, "{key}") && p.Name != e.salarie.Name:
			return e, hinted.Because(nil, "isidoor.key-misplaced", "table", p.Section, "path", p.Path)
		case strings.Contains(p.Path, "{period}"):
			return e, hinted.Because(nil, "isidoor.period-misplaced", "table", p.Section, "path", p.Path)
		}
	}
	if e.entries.name == nil || e.entries.code == nil {
		return e, hinted.Because(nil, "isidoor.nomenclature-unnamed")
	}
	return e, nil
}

// denied are the hints where the API refuses who asks.
var denied = httpcall.Denied{
	Unauthorized: hinted.Say("isidoor.wrong-key"),
	Forbidden:    hinted.Say("isidoor.wrong-key-or-grant"),
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
