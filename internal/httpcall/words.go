package httpcall

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"syncd/internal/lazyregexp"
)

// wordsIn finds what an answer that accepts nothing says to people: where the configuration says that it stands; else at the
// usual places (messageOf); else the first text that seems to be meant for people, in JSON, XML or a page's title, or the
// answer itself where it is plain text. Masked and cut it is by exchange, and by whoever knows the document.
func (o *Call) wordsIn(header http.Header, body []byte) string {
	body = bytes.TrimSpace(body)
	if document, err := decode(body); err == nil {
		if o.Rules != nil {
			if told := o.Rules.told(document); told != "" {
				return told
			}
		}
		if told := messageOf(body); told != "" {
			return told
		}
		return tidy(choose(textsOfJSON(body)))
	}
	switch {
	case isForPeople(header, body):
		return tidy(titleOf(legible(body)))
	case bytes.HasPrefix(body, []byte("<")):
		return tidy(choose(textsOfXML(body)))
	}
	return tidy(plainText(legible(body)))
}

// told are the words of a refusal of any status at the places that the configuration names: in its results, else in the
// answer itself.
func (r *Rules) told(document any) string {
	found, _ := r.items.Find(document)
	results, isArray := found.([]any)
	if !isArray {
		results = []any{found}
	}
	for _, places := range [][]any{results, {document}} {
		var words []string
		for _, place := range places {
			words = append(words, r.wordsAt(place)...)
		}
		if len(words) > 0 {
			return tidy(strings.Join(words, " "))
		}
	}
	return ""
}

// messageOf finds the words meant for people in the body of a refusal: ASP.NET's {"Message", "ModelState"}, RFC 9457's
// {"title", "detail", "errors"}, OAuth's {"error_description"}, or a bare JSON string. ASP.NET's ExceptionMessage and
// StackTrace are for its own programmers and stay out. Anything else, HTML included, gives "".
func messageOf(body []byte) string {
	value, err := decode(body)
	if err != nil {
		return ""
	}
	switch v := value.(type) {
	case string:
		return tidy(v)
	case map[string]any:
		return tidy(strings.Join(slices.DeleteFunc([]string{headline(v), fieldErrors(v)}, isEmpty), " "))
	}
	return ""
}

func isEmpty(s string) bool { return s == "" }

// headline is the first general message of an error document.
func headline(document map[string]any) string {
	title, detail := textMember(document, "title"), textMember(document, "detail")
	if title != "" && detail != "" {
		return title + ": " + detail
	}
	for _, text := range []string{textMember(document, "message"), textMember(document, "error_description"), detail, title} {
		if text != "" {
			return text
		}
	}
	return textMember(document, "error")
}

// textMember is a string member whatever the case of its name: ASP.NET writes Message, others message.
func textMember(document map[string]any, name string) string {
	text, _ := foldMember(document, name).(string)
	return strings.TrimSpace(text)
}

func foldMember(document map[string]any, name string) any {
	for member, value := range document {
		if strings.EqualFold(member, name) {
			return value
		}
	}
	return nil
}

// fieldErrors writes {"salarie.Nom": ["a", "b"]} as "salarie.Nom: a, b", fields sorted.
func fieldErrors(document map[string]any) string {
	fields, ok := foldMember(document, "ModelState").(map[string]any)
	if !ok {
		fields, _ = foldMember(document, "errors").(map[string]any)
	}
	var lines []string
	for field, value := range fields {
		if texts := stringsOf(value); len(texts) > 0 {
			lines = append(lines, strings.TrimPrefix(field+": ", ": ")+strings.Join(texts, ", "))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func stringsOf(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var texts []string
	for _, item := range list {
		if text, ok := item.(string); ok && strings.TrimSpace(text) != "" {
			texts = append(texts, strings.TrimSpace(text))
		}
	}
	return texts
}

// tidy makes a message one line that is safe on a terminal.
func tidy(message string) string {
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, message)
	return strings.Join(strings.Fields(message), " ")
}

// cut keeps the first characters.
func cut(message string, most int) string {
	if len(message) <= most {
		return message
	}
	if runes := []rune(message); len(runes) > most {
		return string(runes[:most])
	}
	return message
}

// said is a text in a document.
type said struct {
	text     string
	wordy    bool // it stands below a name that promises words
	code     bool // its own name promises a code
	internal bool // its own name is for programmers
	trace    bool // so is all that stands below
}

const (
	maxTexts = 500 // that are looked at
	maxDepth = 32
)

// Names of members, folded: what promises words for people, what promises a code, and what is not for people at all.
var (
	wordyNames = lazyregexp.New(`messag|msg|erreur|error|libell|descri|detail|détail|motif|reason|raison|texte?$|titl|titre|fault|anomal|comment|expla|expli|cause|` +
		`modelstate|issue|problem|avert|warn`)
	codeNames = lazyregexp.New(`code$|^code|statusc?o?d?e?$|^statut|type$|^num|severity|^level$|^domain$|^field$|^fieldname$|^champ$|^path$|^pointer$|^location$`)
	traces    = lazyregexp.New(`stack|trace|debug`)
	internals = lazyregexp.New(`exception|^id$|guid$|uuid$|requestid|correlation|^timestamp$|^date$|^time$|^heure$|ur[il]$|^href$|^link$|^instance$|^token$|^host$|` +
		`^server$|^version$|^method$|assembly|^source$`)
)

// below tells what a text says whose name is this, below others.
func (s said) below(name string) said {
	name = foldName(name)
	trace := traces().MatchString(name)
	return said{
		wordy:    s.wordy || wordyNames().MatchString(name),
		code:     codeNames().MatchString(name),
		internal: s.trace || trace || internals().MatchString(name),
		trace:    s.trace || trace,
	}
}

// within is said of what stands in a list or an object of that name.
func (s said) within() said { return said{wordy: s.wordy, internal: s.trace, trace: s.trace} }

// choose takes all words of those that promise some; else the first text of several words, else the first of any kind.
func choose(texts []said) string {
	var words []string
	for _, s := range texts {
		if s.wordy && !s.code && !s.internal && !slices.Contains(words, s.text) {
			words = append(words, s.text)
		}
	}
	if len(words) > 0 {
		return strings.Join(words, " ")
	}
	for _, fits := range []func(said) bool{
		func(s said) bool { return !s.code && !s.internal && strings.Contains(s.text, " ") },
		func(s said) bool { return s.wordy && !s.internal },
		func(s said) bool { return !s.internal },
	} {
		if i := slices.IndexFunc(texts, fits); i >= 0 {
			return texts[i].text
		}
	}
	return ""
}

// heap gathers texts in the order of their document.
type heap struct {
	texts []said
	open  []said // what stands around
}

func (h *heap) top() said {
	if len(h.open) == 0 {
		return said{}
	}
	return h.open[len(h.open)-1]
}

func (h *heap) full() bool { return len(h.texts) >= maxTexts || len(h.open) >= maxDepth }

func (h *heap) add(at said, text string) {
	if text = strings.TrimSpace(text); strings.ContainsFunc(text, unicode.IsLetter) {
		at.text = text
		h.texts = append(h.texts, at)
	}
}

// textsOfJSON are the texts of valid JSON.
func textsOfJSON(body []byte) []said {
	d := json.NewDecoder(strings.NewReader(legible(body)))
	var h heap
	var isObject []bool
	next := said{} // of the value that follows
	name := false  // it is a member's name
	for !h.full() {
		t, err := d.Token()
		if err != nil {
			break
		}
		switch v := t.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				h.open, isObject = append(h.open, next.within()), append(isObject, v == '{')
			} else {
				h.open, isObject = h.open[:len(h.open)-1], isObject[:len(isObject)-1]
			}
		case string:
			if name {
				next, name = h.top().below(v), false
				continue
			}
			h.add(next, v)
		}
		next = h.top()
		name = len(isObject) > 0 && isObject[len(isObject)-1]
	}
	return h.texts
}

// textsOfXML are the texts and the attributes of what is XML, or nearly so, as far as it can be read.
func textsOfXML(body []byte) []said {
	d := xml.NewDecoder(bytes.NewReader([]byte(legible(body))))
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is UTF-8 by now
	var h heap
	for !h.full() {
		t, err := d.Token()
		if err != nil {
			break
		}
		switch v := t.(type) {
		case xml.StartElement:
			at := h.top().below(v.Name.Local)
			for _, a := range v.Attr {
				if a.Name.Space == "" && a.Name.Local != "xmlns" {
					h.add(at.below(a.Name.Local), a.Value)
				}
			}
			h.open = append(h.open, at)
		case xml.EndElement:
			if len(h.open) > 0 {
				h.open = h.open[:len(h.open)-1]
			}
		case xml.CharData:
			h.add(h.top(), string(v))
		}
	}
	return h.texts
}

// Of a page.
var (
	pageBegins = lazyregexp.New(`(?i)^(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body|title|h1|center|p|div)\b`)
	headings   = []func() *regexp.Regexp{lazyregexp.New(`(?is)<title[^>]{0,200}>(.{1,1000}?)</title`),
		lazyregexp.New(`(?is)<h[12][^>]{0,200}>(.{1,1000}?)</h[12]`)}
	tags = lazyregexp.New(`(?s)<[^>]*>`)
)

// isForPeople tells a page from XML.
func isForPeople(header http.Header, body []byte) bool {
	kind := strings.ToLower(header.Get("Content-Type"))
	return bytes.HasPrefix(body, []byte("<")) && (pageBegins().Match(body) || strings.HasPrefix(kind, "text/html"))
}

// titleOf is the title of a page, or its first heading.
func titleOf(page string) string {
	for _, heading := range headings {
		if found := heading().FindStringSubmatch(page); found != nil {
			if text := strings.TrimSpace(html.UnescapeString(tags().ReplaceAllString(found[1], " "))); text != "" {
				return text
			}
		}
	}
	return ""
}

// ofAProgram begins what follows the words in the log of a program.
var ofAProgram = lazyregexp.New(`(?m)^\s*(?:at [\w.$<>]+[(\[ ]|Traceback |File "|Caused by: |--- End of )`)

// plainText is an answer that is a text; "" = it is none.
func plainText(text string) string {
	if at := ofAProgram().FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	odd := 0
	for _, r := range text {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || r == unicode.ReplacementChar {
			odd++
		}
	}
	if odd > len(text)/20 || !strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	return text
}
