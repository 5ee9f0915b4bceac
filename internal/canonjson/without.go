package canonjson

import (
	"slices"
	"strings"
)

// Without is a document without what lies at some JSON pointers, in which * stands for each element of an array:
// "/lignes/*/nom". Names match in whatever case. The document must be valid; what is left is written as it was, but for spaces between members.
func Without(document []byte, pointers []string) []byte {
	if len(pointers) == 0 {
		return document
	}
	paths := make([][]string, len(pointers))
	for i, pointer := range pointers {
		paths[i] = strings.Split(strings.TrimPrefix(pointer, "/"), "/")
		for j := range paths[i] {
			paths[i][j] = PointerName(paths[i][j])
		}
	}
	return appendWithout(nil, document[skipSpace(document, 0):], paths)
}

func appendWithout(dst, value []byte, paths [][]string) []byte {
	switch {
	case len(paths) == 0:
		return append(dst, value...)
	case value[0] == '{':
		dst = append(dst, '{')
		for name, member := range Members(value) {
			below, gone := follow(paths, name)
			if gone {
				continue
			}
			dst, _ = AppendString(separated(dst, '{'), []byte(name))
			dst = appendWithout(append(dst, ':'), member, below)
		}
		return append(dst, '}')
	case value[0] == '[':
		dst = append(dst, '[')
		for element := range Elements(value) {
			if below, gone := follow(paths, "*"); !gone {
				dst = appendWithout(separated(dst, '['), element, below)
			}
		}
		return append(dst, ']')
	}
	return append(dst, value...)
}

// separated is dst ready for another member of what opened with a bracket.
func separated(dst []byte, opened byte) []byte {
	if dst[len(dst)-1] != opened {
		dst = append(dst, ',')
	}
	return dst
}

// follow is what paths say of what a member contains, and whether one of them names the member itself.
func follow(paths [][]string, name string) (below [][]string, ends bool) {
	for _, path := range paths {
		if strings.EqualFold(path[0], name) {
			ends = ends || len(path) == 1
			below = append(below, path[1:])
		}
	}
	return slices.Clip(below), ends
}
