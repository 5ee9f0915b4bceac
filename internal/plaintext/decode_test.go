package plaintext_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"syncd/internal/plaintext"
)

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func utf16Text(order binary.AppendByteOrder, text string) (encoded []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = order.AppendUint16(encoded, unit)
	}
	return encoded
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	const text = `{"Prénom":"Zoé 😀"}`
	for name, given := range map[string][]byte{
		"UTF-8":                     []byte(text),
		"UTF-8 with a mark":         []byte("\uFEFF" + text),
		"UTF-16, little end first":  utf16Text(binary.LittleEndian, "\uFEFF"+text),
		"UTF-16, big end first":     utf16Text(binary.BigEndian, "\uFEFF"+text),
		"UTF-16 without a mark":     utf16Text(binary.LittleEndian, text),
		"the other without a mark":  utf16Text(binary.BigEndian, text),
		"half a character too many": append(utf16Text(binary.LittleEndian, text), '\n'),
		"gzip":                      zipped(t, []byte(text)),
		"gzip of UTF-16":            zipped(t, utf16Text(binary.LittleEndian, "\uFEFF"+text)),
		"gzip of gzip":              zipped(t, zipped(t, []byte(text))),
	} {
		if got, err := plaintext.Decode(given, 100); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := plaintext.Decode([]byte("Pr\xe9nom"), 100); err != nil || string(got) != "Prénom" {
		t.Errorf("Latin-1: %q, %v", got, err)
	}
}

// Ten kilobytes that unpack to ten megabytes take no more than what is asked for.
func TestPlainTextIsBounded(t *testing.T) {
	t.Parallel()
	bomb := zipped(t, make([]byte, 10<<20))
	for name, test := range map[string]struct {
		text []byte
		want error
	}{
		"large":                {[]byte(strings.Repeat("a", 101)), plaintext.ErrTooLarge},
		"packed":               {bomb, plaintext.ErrTooLarge},
		"cut":                  {zipped(t, []byte("a text"))[:15], plaintext.ErrGzip},
		"no gzip but its name": {[]byte("\x1f\x8b\x08 and more"), plaintext.ErrGzip},
	} {
		if got, err := plaintext.Decode(test.text, 100); !errors.Is(err, test.want) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, text := range []string{"", "a", "\xff\xfe", "\xfe\xff", "\x00\x01\x02"} {
		if _, err := plaintext.Decode([]byte(text), 100); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
