package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"syncd/internal/canonjson"
)

// digestOf is the SHA-256 of a decoded document in canonical form, hex.
func digestOf(root map[string]any) string {
	sum := sha256.Sum256(appendCanonical(nil, root))
	return hex.EncodeToString(sum[:])
}

// appendCanonical appends a decoded value in the form that documents have: see package mapping. A number whose exponent
// is beyond what documents can hold stays as it is written.
func appendCanonical(dst []byte, value any) []byte {
	switch v := value.(type) {
	case map[string]any:
		dst = append(dst, '{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendString(dst, name), ':')
			dst = appendCanonical(dst, v[name])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, element := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, element)
		}
		return append(dst, ']')
	case json.Number:
		if decimal, ok := canonjson.AppendDecimal(dst, []byte(v)); ok {
			return decimal
		}
		return append(dst, v...)
	case string:
		return AppendString(dst, v)
	case bool:
		if v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	}
	return append(dst, "null"...)
}

// AppendString writes a text as documents do; what is not UTF-8 becomes U+FFFD.
func AppendString(dst []byte, text string) []byte {
	dst, _ = canonjson.AppendString(dst, []byte(strings.ToValidUTF8(text, "\uFFFD"))) // refuses nothing that is UTF-8
	return dst
}
