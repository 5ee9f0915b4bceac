package terminal

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/rs/zerolog"
)

// Form is how the lines of a log are written.
type Form string

// The forms of a log. With any other, lines are sentences where people read them, in the journal and on a terminal, else JSON.
const (
	Sentences Form = "text"
	JSON      Form = "json"
)

// Log is what a log is written to on standard error. journal: that is systemd's, which has the time of each line, and reads its
// priority.
func Log(stderr io.Writer, form Form, journal bool) io.Writer {
	switch {
	case Is(stderr):
		return zerolog.ConsoleWriter{Out: lineStart{stderr}, TimeFormat: time.TimeOnly}
	case form == Sentences, form != JSON && journal:
		return lineWriter{stderr, journal, true}
	case journal:
		return lineWriter{stderr, true, false}
	}
	return stderr
}

// lineWriter writes lines for the journal, as sentences or with the priority in front (sd-daemon(3)) or both: 'journalctl -p
// warning' shows what went wrong.
type lineWriter struct {
	io.Writer
	journal, sentences bool
}

var priorities = map[zerolog.Level]string{
	zerolog.TraceLevel: "<7>", zerolog.DebugLevel: "<7>", zerolog.InfoLevel: "<6>", zerolog.WarnLevel: "<4>",
	zerolog.ErrorLevel: "<3>", zerolog.FatalLevel: "<2>", zerolog.PanicLevel: "<2>",
}

// WriteLevel implements zerolog.LevelWriter: one line, in one write.
func (w lineWriter) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	text := line
	if w.sentences {
		text = sentence(line, !w.journal)
	}
	if w.journal {
		text = append([]byte(priorities[level]), text...)
	}
	if _, err := w.Write(text); err != nil {
		return 0, err
	}
	return len(line), nil
}

// sentence is a line of JSON as "run finished (run 12, job paie, accepted 3): why"; timed: with its time and its level in front. What
// is empty or none says nothing, nor do details. A line that is no such JSON stays.
func sentence(line []byte, timed bool) []byte {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	s := said{}
	if err := s.object(decoder); err != nil || s.message == "" {
		return line
	}
	text := s.message
	if timed {
		text = strings.TrimLeft(s.time+" "+strings.ToUpper(s.level)+" ", " ") + text
	}
	if len(s.facts) > 0 {
		text += " (" + strings.Join(s.facts, ", ") + ")"
	}
	if len(s.why) > 0 {
		text += ": " + strings.Join(s.why, ": ")
	}
	return append([]byte(strings.Map(oneLine, text)), '\n')
}

// details are counts of a run that follow from others, or that its report tells: a sentence has what became of
// everyone. JSON has all.
var details = map[string]bool{"employees_read": true, "elements_read": true, "elements_unchanged": true, "elements_in_documents": true,
	"created": true,
	"updated": true, "repeated": true, "left": true}

// said is what a line says.
type said struct {
	time, level, message string
	facts, why           []string
}

// object reads an object, whose members keep their order.
func (s *said) object(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		s.member(name.(string), value)
	}
	return nil
}

func (s *said) member(name string, value json.RawMessage) {
	text := string(value)
	if json.Unmarshal(value, &text) != nil && text[0] == '{' {
		within := json.NewDecoder(bytes.NewReader(value))
		_ = s.object(within) // it is part of JSON that was read
		return
	}
	switch {
	case text == "" || text == "0" || text == "null" || text == "false" || details[name]:
	case name == zerolog.TimestampFieldName:
		s.time = text
	case name == zerolog.LevelFieldName:
		s.level = text
	case name == zerolog.MessageFieldName:
		s.message = text
	case name == "trouble" || name == "problem" || name == "reason" || name == zerolog.ErrorFieldName:
		s.why = append(s.why, text)
	case name == "duration" || name == "lock_wait": // milliseconds
		if taken, err := time.ParseDuration(text + "ms"); err == nil {
			text = taken.Round(time.Millisecond).String()
		}
		fallthrough
	default:
		s.facts = append(s.facts, strings.ReplaceAll(name, "_", " ")+" "+text)
	}
}

// oneLine keeps a text on its line, and from driving a terminal.
func oneLine(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}
