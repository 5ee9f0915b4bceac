package contract

import (
	"net/url"
	"strings"
)

// Find finds the operation that a call means: a path as it is configured, "/V2/Salarie", below a base URL. Neither case
// nor a query counts, and a {placeholder} on either side stands for any one segment. method "" = any.
//
// It gives the operation, nil where none or several fit, and all whose path fits, for a message: those of other verbs.
// Paths that fit word for word go before those that need a placeholder, and whole paths before those below another
// base, as of an API behind a proxy.
func (d *Document) Find(method, path, base string) (*Operation, []*Operation) {
	wanted := segments(path)
	whole := append(segments(basePathOf(base)), wanted...)
	var fitting []*Operation
	best := unfit
	for _, operation := range d.Operations {
		if method != "" && !strings.EqualFold(method, operation.Method) {
			continue
		}
		switch score := operation.score(whole, wanted); {
		case score < best:
			best, fitting = score, []*Operation{operation}
		case score == best && score != unfit:
			fitting = append(fitting, operation)
		}
	}
	candidates := fitting
	if method != "" {
		_, candidates = d.Find("", path, base)
	}
	if len(fitting) == 1 {
		return fitting[0], candidates
	}
	return nil, candidates
}

// unfit is the score of a path that does not fit; the lower, the better.
const unfit = 1 << 20

// score compares an operation's path with a call's, whole and without the base.
func (o *Operation) score(whole, wanted []string) int {
	const otherBase = 1 << 10
	path := segments(o.Path)
	below := path[min(len(segments(o.Base)), len(path)):]
	score := placeholders(path, whole)
	for _, pair := range [][2][]string{{path, wanted}, {below, whole}, {below, wanted}} {
		score = min(score, otherBase+placeholders(pair[0], pair[1]))
	}
	return min(score, unfit)
}

// placeholders counts the segments that only fit because one side is a placeholder.
func placeholders(a, b []string) int {
	if len(a) != len(b) {
		return unfit
	}
	count := 0
	for i := range a {
		switch {
		case isPlaceholder(a[i]) && isPlaceholder(b[i]), strings.EqualFold(a[i], b[i]):
		case isPlaceholder(a[i]) || isPlaceholder(b[i]):
			count++
		default:
			return unfit
		}
	}
	return count
}

func isPlaceholder(segment string) bool {
	return strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}")
}

func segments(path string) []string {
	path, _, _ = strings.Cut(path, "?")
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// basePathOf is the path of a base URL; base may be a path already.
func basePathOf(base string) string {
	parsed, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return parsed.Path
}
