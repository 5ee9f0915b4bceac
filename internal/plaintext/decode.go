// Package plaintext reads texts of people and of other programs: in whatever encoding they come, what of them can be seen, and
// which name a mistyped one may have meant. It is pure.
package plaintext

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Errors of Decode.
var (
	ErrTooLarge = errors.New("the text is larger than it may be")
	ErrGzip     = errors.New("the text is gzip, and damaged")
)

// Decode is a text as UTF-8, without a byte order mark, at most so many bytes of it: what is gzip is unpacked, UTF-16 is
// decoded with a mark or without, and bytes that are no UTF-8 are read as those of Windows.
func Decode(text []byte, most int) ([]byte, error) {
	const packings = 2 // a file that was packed, and again on its way
	for range packings {
		if !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
			break
		}
		unpacked, err := unpack(text, most)
		if err != nil {
			return nil, err
		}
		text = unpacked
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if order := utf16Order(text); order != nil {
		text = FromUTF16(text, order)
	} else {
		text = []byte(Legible(string(text)))
	}
	if len(text) > most {
		return nil, ErrTooLarge
	}
	return text, nil
}

func unpack(packed []byte, most int) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, ErrGzip
	}
	text, err := io.ReadAll(io.LimitReader(reader, int64(most)+1))
	switch {
	case len(text) > most:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrGzip
	}
	return text, nil
}

// utf16Order is the order of the bytes of UTF-16; nil = it is not. Without a mark it is known by its first two characters,
// which are of ASCII in all that is read here.
func utf16Order(text []byte) binary.ByteOrder {
	const two = 4 // bytes of two characters
	switch {
	case len(text) < two:
		return nil
	case text[0] == 0xfe && text[1] == 0xff, text[0] == 0 && text[1] != 0 && text[2] == 0 && text[3] != 0:
		return binary.BigEndian
	case text[0] == 0xff && text[1] == 0xfe, text[0] != 0 && text[1] == 0 && text[2] != 0 && text[3] == 0:
		return binary.LittleEndian
	}
	return nil
}

// FromUTF16 is a text of UTF-16 in UTF-8, without its mark; half a character at its end is left out.
func FromUTF16(text []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(text)/2)
	for i := 0; i+1 < len(text); i += 2 {
		units = append(units, order.Uint16(text[i:]))
	}
	if units[0] == 0xfeff {
		units = units[1:]
	}
	return []byte(string(utf16.Decode(units)))
}

// Legible is a text whose bytes that are no UTF-8 are read as what Windows writes in the west of Europe.
func Legible(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(text[i])
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}
