package httpcall

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// Answers are asked for as they are (Accept-Encoding: identity) and read all the same when a server, or what stands before
// it, compresses them or writes them in another charset.

const (
	MaxAnswer  = 1 << 20 // bytes read of an answer that has no reason to be large
	maxMessage = 2000    // characters kept of a message
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

// isMarkup reports whether an answer is HTML (or XML): a proxy, a login page or a web server speaks, not the API.
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
		return nil, hinted.While("decoding the answer", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, hinted.While("decoding the answer", errors.New("something follows the JSON value"))
	}
	return value, nil
}

// packingError is a body in a form that is not read here.
type packingError struct {
	how   string // the name of a compression; "" = nobody knows it
	times int    // how often it is compressed, where that is too often; else 0
}

func (e *packingError) Error() string { return e.fact().In(hinted.English()) }

func (e *packingError) fact() hinted.Fact { return hinted.Say("call.packed", "how", e.named()) }

func (e *packingError) named() hinted.Fact {
	switch {
	case e.times > 0:
		return hinted.Say("call.packed-times", "times", e.times)
	case e.how == "":
		return hinted.Say("call.packed-unknown")
	}
	return hinted.Say("plain.text", "text", e.how)
}

// readBody reads an answer to its end, so that its connection can be used again, and gives its text as UTF-8. Neither what
// comes nor what it is unpacked to is larger than limit. What was read is returned with an error too.
func readBody(response *http.Response, limit int64) ([]byte, error) {
	data, err := readUnpacked(response.Header, response.Body, limit)
	return inUTF8(response.Header, data), err
}

func readUnpacked(header http.Header, body io.Reader, limit int64) ([]byte, error) {
	raw, err := readAnswer(body, limit)
	data, packing := unpack(header, raw, limit)
	if err == nil {
		err = packing
	}
	return data, err
}

// maxLayers is how often an answer may be compressed.
const maxLayers = 3

func unpack(header http.Header, data []byte, limit int64) ([]byte, error) {
	layers := packings(header)
	if len(layers) > maxLayers {
		return nil, &packingError{times: len(layers)}
	}
	for i := len(layers) - 1; i >= 0; i-- { // the last one was applied last
		var err error
		if data, err = unpackLayer(layers[i], data, limit); err != nil {
			return data, err
		}
	}
	if isGzip(data) { // nobody says so, but no text begins like this
		if text, err := unpackLayer("gzip", data, limit); err == nil || errors.Is(err, errTooLarge) {
			return text, err
		}
	}
	return data, nil
}

// packings are the values of Content-Encoding that change something, in the order in which they were applied.
func packings(header http.Header) (layers []string) {
	for value := range strings.SplitSeq(strings.ToLower(strings.Join(header.Values("Content-Encoding"), ",")), ",") {
		if value = strings.TrimPrefix(strings.TrimSpace(value), "x-"); value != "" && value != "identity" {
			layers = append(layers, value)
		}
	}
	return layers
}

func isGzip(data []byte) bool { return bytes.HasPrefix(data, []byte{0x1f, 0x8b}) }

// knownPackings are those that can be named: a header may contain anything.
var knownPackings = lazyregexp.New(`^(br|zstd|compress|lzma|xz|exi|pack200-gzip|bzip2)$`)

// unpackLayer takes one compression off. What does not begin as the header says it does is taken as it is: some that stand
// between unpack an answer and leave its header.
func unpackLayer(packing string, data []byte, limit int64) ([]byte, error) {
	switch {
	case packing == "gzip" && isGzip(data):
		return inflate(func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, data, limit)
	case packing == "gzip", len(data) == 0:
		return data, nil
	case packing == "deflate":
		return unpackDeflate(data, limit)
	case !knownPackings().MatchString(packing):
		packing = ""
	}
	return nil, &packingError{how: packing}
}

// unpackDeflate reads what is called deflate: zlib's form, or the bare one that some send instead.
func unpackDeflate(data []byte, limit int64) ([]byte, error) {
	if len(data) > 1 && data[0]&0x0f == 8 && (int(data[0])<<8|int(data[1]))%31 == 0 {
		return inflate(func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }, data, limit)
	}
	if json.Valid(data) {
		return data, nil
	}
	return inflate(func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil }, data, limit)
}

func inflate(open func(io.Reader) (io.Reader, error), data []byte, limit int64) ([]byte, error) {
	r, err := open(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return readAnswer(r, limit)
}

var (
	declared = lazyregexp.New(`(?i)^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})`)
	marks    = []struct {
		mark string
		of   encoding.Encoding
	}{{"\xff\xfe", utf16LE}, {"\xfe\xff", utf16BE}}

	utf16LE = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	utf16BE = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
)

// inUTF8 is a body without a mark in front, in UTF-8 whatever it came in. A label is believed where it can be true: what is
// UTF-8 is no other text, but for one of two bytes a character.
func inUTF8(header http.Header, body []byte) []byte {
	if rest, found := bytes.CutPrefix(body, bom); found {
		return rest
	}
	for _, m := range marks {
		if bytes.HasPrefix(body, []byte(m.mark)) {
			return decoded(m.of, body)
		}
	}
	name := charsetOf(header, body)
	if strings.HasPrefix(name, "utf16") && bytes.IndexByte(body[:min(len(body), 4)], 0) >= 0 {
		if body[0] == 0 {
			return decoded(utf16BE, body)
		}
		return decoded(utf16LE, body)
	}
	if utf8.Valid(body) {
		return body
	}
	if of := charsetNamed(name); of != nil {
		return decoded(of, body)
	}
	return body
}

func decoded(of encoding.Encoding, body []byte) []byte {
	text, err := of.NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return text
}

// charsetOf is what an answer says of its charset, folded; "" = nothing.
func charsetOf(header http.Header, body []byte) string {
	_, parameters, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if name := parameters["charset"]; name != "" {
		return foldName(name)
	}
	found := declared().FindSubmatch(body[:min(len(body), 1024)])
	if found == nil {
		return ""
	}
	return foldName(string(found[1]) + string(found[2]))
}

// charsetNamed is a charset of one byte a character; nil = none of them. What calls itself ISO 8859-1 is Windows's superset of
// it, as browsers know.
func charsetNamed(folded string) encoding.Encoding {
	switch folded {
	case "iso88591", "latin1", "usascii", "ascii", "cp1252":
		return charmap.Windows1252
	case "latin9":
		return charmap.ISO8859_15
	}
	for _, one := range charmap.All {
		known := foldName(fmt.Sprint(one))
		number, isPage := strings.CutPrefix(known, "ibmcodepage")
		if known == folded || isPage && (folded == "cp"+number || folded == "ibm"+number) {
			return one
		}
	}
	return nil
}

// legible is a text that may be no UTF-8 after all.
func legible(body []byte) string { return plaintext.Legible(string(body)) }
