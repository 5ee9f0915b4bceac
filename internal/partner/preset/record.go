package preset

import (
	"crypto/sha256"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"syncd/internal/canonjson"
	"syncd/internal/jobs"
)

const (
	mostPage   = 16 << 20 // bytes of an answer
	mostOnPage = 100_000  // records of one
	mostRecord = 1 << 20  // of one record
	mostDepth  = 64
	mostKey    = 200 // bytes
)

// shower shows the records of one collection, as those of one dossier.
type shower struct {
	collection *Collection
	siret      string
	omitted    *canonjson.Omission
	zone       *time.Location
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
	r := jobs.Record{Key: key, Document: s.omitted.Without(raw), Dated: s.dated(raw)}
	if len(r.Document) > mostRecord {
		return refused(jobs.RecordTooLarge)
	}
	if depth, _ := canonjson.Measure(r.Document); depth > mostDepth {
		return refused(jobs.RecordTooDeep)
	}
	sum, sound, once := canonjson.Sum(r.Document)
	switch {
	case !sound:
		return refused(jobs.RecordNotText)
	case !once: // what was looked at may not be what is kept
		return refused(jobs.RecordRepeats)
	}
	r.Fingerprint = sum
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

// How partners write dates and times.
var (
	days  = []string{time.DateOnly, "02/01/2006"}
	dates = append([]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999", time.DateTime}, days...)
)

func (s *shower) dated(raw []byte) time.Time {
	if s.collection.Dated == "" {
		return time.Time{}
	}
	text := textAt(raw, s.collection.Dated)
	layouts := dates
	if len(text) <= len(time.DateOnly) { // each that does not fit costs an error
		layouts = days
	}
	for _, layout := range layouts {
		if date, err := time.ParseInLocation(layout, text, s.zone); err == nil {
			return date
		}
	}
	return time.Time{}
}

// detail reads the answer to a call for one record: it, or a list of it alone.
func (s *shower) detail(text []byte, key string) (*jobs.Record, error) {
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
