package preset

import (
	"bytes"
	"strings"

	"syncd/internal/canonjson"
)

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
