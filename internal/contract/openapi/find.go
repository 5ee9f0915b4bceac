package openapi

import (
	"net/url"
	"slices"
	"strings"

	"syncd/internal/plaintext"
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

// Calls lists operations for people: "POST /V2/Salarie, PUT /V2/Salarie".
func Calls(ops []*Operation) string { return strings.Join(callNames(ops), ", ") }

func callNames(ops []*Operation) []string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.CallName()
	}
	slices.Sort(names)
	return names
}

// CallName is how people and configurations name an operation, without the API's own base: "POST /V2/Salarie".
func (o *Operation) CallName() string {
	return OneLine(o.Method + " " + strings.TrimPrefix(o.Path, o.Base))
}

// Operation finds a call by its operationId, by verb and path ("POST /V2/Salarie"), or by its path alone where one verb is
// there; case does not count, and the path may lack its beginning. When it is not found, the names of those that may have
// been meant are returned, at most five.
func (d *Document) Operation(name string) (*Operation, []string) {
	name = strings.TrimSpace(name)
	if found := d.selectCalls(func(o *Operation) bool { return strings.EqualFold(o.ID, name) && name != "" }); len(found) == 1 {
		return found[0], nil
	}
	verb, path, both := strings.Cut(name, " ")
	if !both {
		verb, path = "", name
	}
	path = strings.TrimSpace(path)
	found := d.selectCalls(func(o *Operation) bool { return rightVerb(o, verb) && strings.EqualFold(o.Path, path) })
	if len(found) == 0 && path != "" {
		found = d.selectCalls(func(o *Operation) bool { return rightVerb(o, verb) && endsWith(o.Path, path) })
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		names := callNames(found)
		return nil, names[:min(len(names), maxNear)]
	}
	return nil, NearCalls(d.Operations, name)
}

func (d *Document) selectCalls(fits func(*Operation) bool) []*Operation {
	return slices.DeleteFunc(slices.Clone(d.Operations), func(o *Operation) bool { return !fits(o) })
}

func rightVerb(o *Operation, verb string) bool {
	return verb == "" || strings.EqualFold(o.Method, verb)
}

// endsWith reports whether a call's path ends with whole segments of another.
func endsWith(whole, end string) bool {
	whole, end = strings.ToLower(whole), strings.ToLower(strings.TrimPrefix(end, "/"))
	return strings.HasSuffix(whole, "/"+end)
}

const maxNear = 5

// NearCalls names the operations that may have been meant, the likeliest first, at most five: those with a similar
// operationId or last segment, then those that have the name in them.
func NearCalls(ops []*Operation, name string) []string {
	path := strings.ToLower(name[strings.IndexByte(name, ' ')+1:])
	last := lastSegment(path)
	var similar, holding []string
	for _, op := range ops {
		own := lastSegment(strings.ToLower(op.Path))
		switch {
		case plaintext.Nearest(path, []string{op.Path, op.ID}) != "", plaintext.Nearest(last, []string{own}) != "":
			similar = append(similar, op.CallName())
		case last != "" && (strings.Contains(strings.ToLower(op.Path), last) || strings.Contains(strings.ToLower(op.ID), last)):
			holding = append(holding, op.CallName())
		}
	}
	slices.Sort(similar)
	slices.Sort(holding)
	near := append(similar, holding...)
	return near[:min(len(near), maxNear)]
}

// lastSegment is the last part of a path that is no placeholder.
func lastSegment(path string) string {
	segments := strings.Split(path, "/")
	for i := len(segments) - 1; i >= 0; i-- {
		if segments[i] != "" && !strings.HasPrefix(segments[i], "{") {
			return segments[i]
		}
	}
	return ""
}
