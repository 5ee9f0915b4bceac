package view

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"syncd/internal/hinted"
)

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

// member writes one more member of the open object.
func (s *stream) member(name string, v any) {
	s.raw(`,"` + name + `":`)
	s.value(v)
}

// next writes the steps that come next, as the last member but for the end: an array, empty when there are none.
func (s *stream) next(steps []Step) { s.member("next", append([]Step{}, steps...)) }

func (s *stream) end(tail string) error {
	s.raw(tail)
	return s.flush()
}

func (s *stream) flush() error {
	if err := s.out.Flush(); s.err == nil {
		s.err = err
	}
	if s.err != nil {
		return hinted.While("writing JSON", s.err)
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
func moment(at *time.Time) *string {
	if at == nil {
		return nil
	}
	text := at.UTC().Format(time.RFC3339Nano)
	return &text
}

// WriteIndented writes one value as JSON for people, too.
func WriteIndented(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// Array writes the members of a JSON array. A member of which nothing is written is none.
type Array struct {
	w     io.Writer
	begun bool   // some member was written
	lead  string // what stands before the member to come; "" = it has begun
}

// NewArray begins an array.
func NewArray(w io.Writer) *Array { return &Array{w: w} }

// Next announces a member.
func (a *Array) Next() {
	a.lead = "["
	if a.begun {
		a.lead = ","
	}
}

// Write writes of the member that was announced.
func (a *Array) Write(text []byte) (int, error) {
	if a.lead != "" {
		if _, err := io.WriteString(a.w, a.lead); err != nil {
			return 0, err
		}
		a.begun, a.lead = true, ""
	}
	return a.w.Write(text)
}

// Close ends the array.
func (a *Array) Close() error {
	end := "]\n"
	if !a.begun {
		end = "[]\n"
	}
	_, err := io.WriteString(a.w, end)
	return err
}
