package openapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/canonjson"
)

// maxHops bounds references that lead to references.
const maxHops = 32

// resolve finds what a $ref within the document points at (RFC 6901, in a URI fragment), or tells that this is nothing, or
// lies outside the document.
func (r *reader) resolve(ref string) (any, *ReadError) {
	pointer, local := strings.CutPrefix(ref, "#")
	if !local {
		return nil, unread(hintAsk, "elsewhere", "ref", named(bare(ref)))
	}
	if decoded, err := url.PathUnescape(pointer); err == nil {
		pointer = decoded
	}
	var value any = r.root
	if pointer == "" {
		return value, nil
	}
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = canonjson.PointerName(token)
		found := false
		switch v := value.(type) {
		case map[string]any:
			value, found = v[token]
		case []any:
			if index, err := strconv.Atoi(token); err == nil && index >= 0 && index < len(v) {
				value, found = v[index], true
			}
		}
		if !found {
			return nil, unread(hintAsk, "nowhere", "ref", named(ref))
		}
	}
	return value, nil
}

// bare is a reference without what could contain a secret: user, query and fragment.
func bare(ref string) string {
	ref, _, _ = strings.Cut(ref, "?")
	ref, _, _ = strings.Cut(ref, "#")
	if scheme, rest, found := strings.Cut(ref, "//"); found {
		host, path, below := strings.Cut(rest, "/")
		ref = scheme + "//" + host[strings.LastIndexByte(host, '@')+1:]
		if below {
			ref += "/" + path
		}
	}
	return ref
}

// object is value, or what it refers to, as an object; nil where it is none. A reference that leads nowhere breaks the
// call that is being read.
func (r *reader) object(value any) map[string]any {
	for range maxHops {
		m, _ := value.(map[string]any)
		ref, refers := m["$ref"].(string)
		if !refers {
			return m
		}
		var err *ReadError
		if value, err = r.resolve(ref); err != nil {
			r.breaks(err)
			return nil
		}
	}
	r.breaks(unread(hintAsk, "ref-circle"))
	return nil
}

func (r *reader) breaks(err *ReadError) {
	if r.broken == nil {
		r.broken = err
	}
}

// referred is the schema that a $ref points at, the same one each time.
func (r *reader) referred(ref string) *Schema {
	if _, defined := objectIn(r.root, "definitions")[ref]; defined && r.swagger2 {
		// {"$ref": "Salarie"}, as drafts of Swagger 2.0 had it, and tools of that time still write it
		ref = "#/definitions/" + url.PathEscape(canonjson.PointerToken(ref))
	}
	if s := r.byRef[ref]; s != nil {
		return s
	}
	node, err := r.resolve(ref)
	name := definitionName(ref)
	s := r.newSchema(name)
	s.Name = OneLine(name)
	r.drafts[s].broken = err
	r.byRef[ref] = s
	if m, ok := node.(map[string]any); ok {
		r.unfilled = append(r.unfilled, unfilled{s, m})
	}
	return s
}

// definitionName is the last part of a reference: the name of what it leads to.
func definitionName(ref string) string {
	name := canonjson.PointerName(ref[strings.LastIndexByte(ref, '/')+1:])
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	return name
}

// breakCalls marks the operations that reach a reference which leads nowhere, and notes them. It is an error when no
// operation is left whole.
func (r *reader) breakCalls(document *Document) *ReadError {
	broken := r.brokenSchemas()
	whole := false
	for _, operation := range document.Operations {
		for _, root := range r.roots[operation] {
			if operation.Broken == nil {
				operation.Broken = broken[root]
			}
		}
		if operation.Broken == nil {
			whole = true
			continue
		}
		r.note(at(operation.CallName(), operation.Broken.Fact))
	}
	if !whole {
		return document.Operations[0].Broken
	}
	return nil
}

// brokenSchemas are those that are, or lead to, a reference which leads nowhere, each with one such.
func (r *reader) brokenSchemas() map[*Schema]*ReadError {
	broken := map[*Schema]*ReadError{}
	var reached []*Schema
	for _, s := range r.schemas {
		if err := r.drafts[s].broken; err != nil {
			broken[s] = err
			reached = append(reached, s)
		}
	}
	if len(reached) == 0 {
		return nil
	}
	users := r.users()
	for len(reached) > 0 {
		s := reached[len(reached)-1]
		reached = reached[:len(reached)-1]
		for _, user := range users[s] {
			if broken[user] == nil {
				broken[user] = broken[s]
				reached = append(reached, user)
			}
		}
	}
	return broken
}

// users are the schemas that refer to each schema themselves.
func (r *reader) users() map[*Schema][]*Schema {
	users := map[*Schema][]*Schema{}
	for _, s := range r.schemas {
		for _, used := range slices.Concat(r.drafts[s].parts, s.inner()) {
			users[used] = append(users[used], s)
		}
	}
	return users
}
