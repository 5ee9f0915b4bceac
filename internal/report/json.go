package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// WriteRunJSON writes one object: the run, with its items streamed. docs/json.md tells its members.
func (p *Printer) WriteRunJSON(w io.Writer, run *jobs.Run, items iter.Seq2[jobs.Item, error]) error {
	p = p.of(run.Target)
	out := newStream(w)
	out.open(p.RunJSON(run), "items")
	for item, err := range items {
		if err != nil {
			return fmt.Errorf("reading the items of run %d: %w", run.ID, err)
		}
		out.element(p.ItemJSON(item))
	}
	out.closeArray()
	return out.end("}\n")
}

// WritePullJSON writes one object: the run of a pull, with what it found changed.
func (p *Printer) WritePullJSON(w io.Writer, run *jobs.Run, changes []jobs.DictionaryChange) error {
	out := newStream(w)
	out.open(p.RunJSON(run), "changes")
	for _, c := range changes {
		out.element(changeJSON{c.Name, c.Code, c.Difference, c.Old.Label, c.New.Label})
	}
	out.closeArray()
	return out.end("}\n")
}

// WriteRunsJSON writes an array of runs, in the order given: newest first.
func (p *Printer) WriteRunsJSON(w io.Writer, runs []*jobs.Run) error {
	out := newStream(w)
	out.raw("[")
	for _, run := range runs {
		out.element(p.RunJSON(run))
	}
	out.closeArray()
	return out.end("\n")
}

// WriteDictionaryJSON writes an array of the nomenclatures with their codes, or of the one that name says.
func (p *Printer) WriteDictionaryJSON(w io.Writer, dictionaries mapping.Dictionaries, name string) error {
	names := slices.Sorted(maps.Keys(dictionaries))
	if name != "" {
		if _, known := dictionaries[name]; !known {
			return errors.New(locale.Fill(p.Catalogue.Words.UnknownDictionary, "name", name))
		}
		names = []string{name}
	}
	out := newStream(w)
	out.raw("[")
	for _, name := range names {
		out.element(nomenclatureOf(name, dictionaries[name]))
	}
	out.closeArray()
	return out.end("\n")
}

// stream writes JSON piece by piece, one element a line. Its first error shows at its end.
type stream struct {
	out   *bufio.Writer
	first bool // no element of the open array is written yet
	err   error
}

func newStream(w io.Writer) *stream { return &stream{out: bufio.NewWriter(w), first: true} }

func (s *stream) raw(text string) { s.out.WriteString(text) } //nolint:errcheck // sticky, see end

// open writes an object up to its last member, an array that is to be streamed.
func (s *stream) open(object any, array string) {
	text := s.marshal(object)
	s.out.Write(bytes.TrimSuffix(text, []byte("}"))) //nolint:errcheck // sticky, see end
	s.raw(`,"` + array + `":[`)
}

// array begins the next array of the open object.
func (s *stream) array(name string) {
	s.raw(`,"` + name + `":[`)
	s.first = true
}

func (s *stream) element(v any) {
	if s.first {
		s.raw("\n")
	} else {
		s.raw(",\n")
	}
	s.first = false
	s.value(v)
}

func (s *stream) value(v any) { s.out.Write(s.marshal(v)) } //nolint:errcheck // sticky, see end

func (s *stream) closeArray() {
	if !s.first {
		s.raw("\n")
	}
	s.raw("]")
}

func (s *stream) end(tail string) error {
	s.raw(tail)
	return s.flush()
}

func (s *stream) flush() error {
	if err := s.out.Flush(); s.err == nil {
		s.err = err
	}
	if s.err != nil {
		return fmt.Errorf("writing JSON: %w", s.err)
	}
	return nil
}

// marshal encodes a value. What a terminal could take as a command is escaped, which JSON allows within strings, the
// only place where it can occur.
func (s *stream) marshal(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil && s.err == nil {
		s.err = err
	}
	return escapeJSON(bytes.TrimRight(b.Bytes(), "\n"))
}

func escapeJSON(text []byte) []byte {
	if isClean(string(text)) {
		return text
	}
	escaped := make([]byte, 0, len(text)+16)
	for _, r := range string(text) {
		switch {
		case harmless(r):
			escaped = utf8.AppendRune(escaped, r)
		case r > 0xffff: // a surrogate pair
			r -= 0x10000
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped
}

// moment is RFC 3339 in UTC.
func moment(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := t.UTC().Format(time.RFC3339Nano)
	return &text
}
