package restapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxAnswer     = 1 << 20  // bytes read of an answer
	maxDictionary = 16 << 20 // the same for the dictionaries: all nomenclatures come at once
	maxMessage    = 2000     // characters kept of a message
)

var (
	errTooLarge = errors.New("the answer is too large")
	bom         = []byte("\xef\xbb\xbf")
)

// readAnswer reads a body to its end, so that its connection can be used again, or up to limit bytes. What was read is
// returned with the error too.
func readAnswer(body io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if int64(len(data)) > limit {
		return data[:limit], errTooLarge
	}
	return data, err
}

// isMarkup tells whether an answer is HTML (or XML): a proxy, a login page or a web server speaks, not the API.
func isMarkup(header http.Header, body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, bom), " \t\r\n")
	if len(body) == 0 {
		return false
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err == nil && (kind == "text/html" || kind == "application/xhtml+xml") {
		return true
	}
	return body[0] == '<'
}

// decode reads a JSON answer, numbers kept exactly as they are written. No body is nil. JSON is UTF-8; what is not is read
// all the same, so that names within are found when they are to be masked.
func decode(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(body) {
		body = []byte(legible(body))
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, bom)))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("decoding the answer: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decoding the answer: something follows the JSON value")
	}
	return value, nil
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
