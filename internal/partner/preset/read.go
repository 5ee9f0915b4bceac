package preset

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"syncd/internal/canonjson"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

const (
	mostPage   = 16 << 20 // bytes of an answer
	mostRecord = 1 << 20  // of one record
	mostDepth  = 64
	mostKey    = 200 // bytes
)

// odd is an answer of a shape that nobody knows: code says how, and it has no value of it.
type odd struct{ code string }

func (e *odd) Error() string { return "an answer of another shape: " + e.code }

// at is what a pointer leads to in valid JSON; nil = nothing.
func at(text []byte, pointer string) []byte {
	if pointer == "" {
		return text
	}
	found, _ := canonjson.Follow(text, pointer)
	return found
}

// textAt is a text or a number; "" = it is something else, or not there. Numbers are canonical.
func textAt(text []byte, pointer string) string {
	found := at(text, pointer)
	switch {
	case len(found) == 0 || strings.IndexByte("{[tfn", found[0]) >= 0:
		return ""
	case found[0] == '"':
		return canonjson.Unquote(found)
	}
	number, _ := canonjson.AppendDecimal(nil, found)
	return string(number)
}

// countAt is a number of something; -1 = not told.
func countAt(text []byte, pointer string) (int, error) {
	if pointer == "" || at(text, pointer) == nil {
		return -1, nil
	}
	n, err := strconv.Atoi(textAt(text, pointer))
	if err != nil || n < 0 {
		return 0, &odd{"shape-count"}
	}
	return n, nil
}

// valid is JSON without what stands around it.
func valid(text []byte) ([]byte, error) {
	if text = bytes.TrimSpace(text); !json.Valid(text) {
		return nil, &odd{"shape-json"}
	}
	return text, nil
}

// itemsAt are the elements of a list. Nothing but a list will do: null is none.
func itemsAt(text []byte, pointer string) (items [][]byte, err error) {
	list := at(text, pointer)
	if len(list) == 0 || list[0] != '[' {
		return nil, &odd{"shape-list"}
	}
	return slices.Collect(canonjson.Elements(list)), nil
}

// shower shows the records of one collection, as those of one dossier.
type shower struct {
	collection *Collection
	siret      string
	omitted    *omitted
	zone       *time.Location
}

// page reads the answer to a list call that asked for a page, from 0.
func (s *shower) page(text []byte, l *Listing, asked int) (*jobs.Page, error) {
	text, err := valid(text)
	if err != nil {
		return nil, err
	}
	raw, err := l.records(text)
	if err != nil {
		return nil, err
	}
	p := &jobs.Page{Pages: -1, Total: -1, Last: true}
	if l.Page != nil {
		if err := l.Page.read(text, p, asked, len(raw)); err != nil {
			return nil, err
		}
	}
	seen := map[string]int{}
	for _, one := range raw {
		if r := s.listed(one, l); !s.again(p.Records, seen, r) {
			p.Records = append(p.Records, r)
		}
	}
	return p, nil
}

// again reports whether a page has shown a record of this key before. The same once more is none; two of one key are neither.
func (s *shower) again(all []jobs.Record, seen map[string]int, r jobs.Record) bool {
	if r.Key == "" {
		return false
	}
	i, known := seen[r.Key]
	if !known {
		seen[r.Key] = len(all)
		return false
	}
	if all[i].Problem != r.Problem || all[i].Fingerprint != r.Fingerprint {
		all[i] = jobs.Record{Key: r.Key, Problem: jobs.RecordTwice}
	}
	return true
}

// read reads what an answer says of its pages.
func (g *Paging) read(text []byte, p *jobs.Page, asked, shown int) (err error) {
	if p.Pages, err = countAt(text, g.Pages); err != nil {
		return err
	}
	if p.Total, err = countAt(text, g.Total); err != nil {
		return err
	}
	switch {
	case p.Pages >= 0:
		p.Last = asked+1 >= p.Pages
	case p.Total >= 0:
		p.Last = (asked+1)*g.Size >= p.Total
	default:
		p.Last = shown == 0 // a short page may be short for another reason
	}
	if at(text, g.Echo) == nil || g.Echo == "" || p.Total == 0 && shown == 0 {
		return nil
	}
	echoed, err := countAt(text, g.Echo)
	if err == nil && echoed != g.number(asked) {
		err = &odd{"other-page"}
	}
	return err
}

// number is how a page, from 0, is asked for.
func (g *Paging) number(page int) int {
	if g.Offset != "" {
		return page * g.Size
	}
	return page + g.First
}

// records cuts an answer into its records.
func (l *Listing) records(text []byte) ([][]byte, error) {
	items, err := itemsAt(text, l.Records)
	if err != nil {
		return nil, err
	}
	begins := byte('{')
	if l.Texts {
		begins = '"'
	}
	if l.Each != "" {
		if items, err = l.below(items); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(items, func(item []byte) bool { return item[0] != begins }) {
		return nil, &odd{"shape-record"}
	}
	return items, nil
}

// below are the records one level down, with what they take along.
func (l *Listing) below(groups [][]byte) (records [][]byte, err error) {
	for _, group := range groups {
		if group[0] != '{' {
			return nil, &odd{"shape-record"}
		}
		items, err := itemsAt(group, l.Each)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			records = append(records, l.taking(item, group))
		}
	}
	return records, nil
}

// taking puts members of the group into a record that has none of that name.
func (l *Listing) taking(record, group []byte) []byte {
	if record[0] != '{' {
		return record
	}
	for _, pointer := range l.With {
		name := canonjson.PointerName(pointer[strings.LastIndexByte(pointer, '/')+1:])
		value := at(group, pointer)
		if value == nil || at(record, "/"+canonjson.PointerToken(name)) != nil {
			continue
		}
		taken, _ := canonjson.AppendString([]byte("{"), []byte(name))
		taken = append(append(taken, ':'), value...)
		if rest := bytes.TrimLeft(record[1:], " \t\r\n"); rest[0] != '}' {
			taken = append(taken, ',')
		}
		record = append(taken, record[1:]...)
	}
	return record
}

// listed is a record as a list shows it: whole, or, where its detail is asked for, its key.
func (s *shower) listed(raw []byte, l *Listing) jobs.Record {
	key := raw
	if !l.Texts {
		key = at(raw, l.Key)
	}
	r := jobs.Record{}
	if r.Key, r.Problem = s.key(key); r.Problem != "" || s.collection.Detail != nil {
		return r
	}
	return s.whole(raw, r.Key)
}

// key reads a key, and what speaks against it.
func (s *shower) key(value []byte) (string, jobs.ReasonCode) {
	key := ""
	if value != nil {
		key = textAt(value, "")
	}
	unseen := func(c rune) bool { return c == utf8.RuneError || !unicode.IsPrint(c) }
	switch {
	case value == nil || string(value) == "null" || value[0] == '"' && strings.TrimSpace(key) == "":
		return "", jobs.RecordNoKey
	case key == "" || strings.ContainsFunc(key, unseen):
		return "", jobs.RecordKeyUnusable
	case len(key) > mostKey:
		return "", jobs.RecordKeyTooLong
	case s.collection.parted && !partPattern().MatchString(key):
		return "", jobs.RecordKeyUnusable
	}
	return key, ""
}

// whole is a record with its document. What belongs to somebody else loses it here.
func (s *shower) whole(raw []byte, key string) jobs.Record {
	refused := func(why jobs.ReasonCode) jobs.Record { return jobs.Record{Key: key, Problem: why} }
	switch own, told := s.own(raw); {
	case !told:
		return refused(jobs.RecordOwnerUntold)
	case !own:
		return jobs.Record{Foreign: true, Fingerprint: sha256.Sum256([]byte(key))}
	}
	r := jobs.Record{Key: key, Document: raw, Dated: s.dated(raw)}
	if s.omitted != nil {
		r.Document = s.omitted.without(nil, raw)
	}
	if len(r.Document) > mostRecord {
		return refused(jobs.RecordTooLarge)
	}
	if depth, _ := canonjson.Measure(r.Document); depth > mostDepth {
		return refused(jobs.RecordTooDeep)
	}
	canonical, sound := canonjson.Append(nil, r.Document)
	if !sound {
		return refused(jobs.RecordNotText)
	}
	r.Fingerprint = sha256.Sum256(canonical)
	return r
}

// own reports whether a record is the dossier's; told = it says so. What no rule is about is.
func (s *shower) own(raw []byte) (own, told bool) {
	for _, rule := range s.collection.Owner {
		if !rule.about(raw) {
			continue
		}
		answered := false
		for _, pointer := range rule.Any {
			who := strings.Join(strings.Fields(textAt(raw, pointer)), "")
			answered = answered || who != ""
			if who != "" && (who == s.siret || len(s.siret) > 9 && who == s.siret[:9]) {
				return true, true
			}
		}
		return false, answered
	}
	return true, true
}

func (o *Owner) about(raw []byte) bool {
	for pointer, want := range o.When {
		if textAt(raw, pointer) != want {
			return false
		}
	}
	return true
}

// dates are how partners write dates and times.
var dates = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999", time.DateTime,
	time.DateOnly, "02/01/2006"}

func (s *shower) dated(raw []byte) time.Time {
	if s.collection.Dated == "" {
		return time.Time{}
	}
	text := textAt(raw, s.collection.Dated)
	for _, layout := range dates {
		if date, err := time.ParseInLocation(layout, text, s.zone); err == nil {
			return date
		}
	}
	return time.Time{}
}

// omitted are members that are not kept, by their names in small letters: whoever writes one in another way means the same
// person. "*" is each element of a list.
type omitted struct {
	here  bool
	below map[string]*omitted
}

func omitting(pointers []string) *omitted {
	if len(pointers) == 0 {
		return nil
	}
	root := &omitted{}
	for _, pointer := range pointers {
		at := root
		for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			name := strings.ToLower(canonjson.PointerName(token))
			if at.below[name] == nil {
				if at.below == nil {
					at.below = map[string]*omitted{}
				}
				at.below[name] = &omitted{}
			}
			at = at.below[name]
		}
		at.here = true
	}
	return root
}

// without appends a value without what is omitted of it, the rest as it is written.
func (o *omitted) without(dst, value []byte) []byte {
	if o == nil || o.below == nil || value[0] != '{' && value[0] != '[' {
		return append(dst, value...)
	}
	dst = append(dst, value[0])
	first := true
	for i := 1; ; {
		for value[i] == ',' || value[i] <= ' ' {
			i++
		}
		if value[i] == '}' || value[i] == ']' {
			return append(dst, value[i])
		}
		name, inner := "*", i
		if value[0] == '{' {
			name, inner = member(value, i)
		}
		begins := i
		i = canonjson.SkipValue(value, inner)
		below := o.below[name]
		if below != nil && below.here {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = below.without(append(dst, value[begins:inner]...), value[inner:i])
	}
}

// member is the name, in small letters, of the member of an object that begins at i, and where its value is.
func member(object []byte, i int) (name string, value int) {
	end, _ := canonjson.SkipString(object, i)
	value = end + bytes.IndexByte(object[end:], ':') + 1
	for object[value] <= ' ' {
		value++
	}
	return strings.ToLower(canonjson.Unquote(object[i:end])), value
}

// detail reads the answer to a call for one record: it, or a list of it alone.
func (s *shower) detail(text []byte, key string) (*jobs.Record, error) {
	text, err := valid(text)
	if err != nil {
		return nil, err
	}
	if text[0] == '[' {
		items, err := itemsAt(text, "")
		if err != nil || len(items) != 1 {
			return nil, &odd{"shape-detail"}
		}
		text = items[0]
	}
	if text[0] != '{' {
		return nil, &odd{"shape-detail"}
	}
	if textAt(text, s.collection.List.Key) != key {
		return nil, &odd{"other-record"}
	}
	r := s.whole(text, key)
	return &r, nil
}

// list reads the answer to a call for the files of a record.
func (f *Files) list(text []byte) ([]jobs.File, error) {
	text, err := valid(text)
	if err != nil {
		return nil, err
	}
	items, err := itemsAt(text, f.Records)
	if err != nil {
		return nil, err
	}
	files := []jobs.File{}
	for _, item := range items {
		if item[0] != '{' {
			return nil, &odd{"shape-record"}
		}
		one := jobs.File{ID: textAt(item, f.ID), Size: -1}
		if !partPattern().MatchString(one.ID) {
			return nil, &odd{"shape-file"}
		}
		if size, err := countAt(item, f.Size); err == nil {
			one.Size = int64(size)
		}
		if f.SHA256 != "" {
			one.SHA256 = strings.ToLower(strings.TrimSpace(textAt(item, f.SHA256)))
		}
		if f.Type != "" {
			if one.Type = textAt(item, f.Type); !contentType().MatchString(one.Type) {
				one.Type = ""
			}
		}
		files = append(files, one)
	}
	return files, nil
}

var contentType = lazyregexp.New(`^[A-Za-z0-9.+-]{1,80}/[A-Za-z0-9.+-]{1,80}$`)
