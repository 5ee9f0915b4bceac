package openapi

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
)

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"}

// readDocument reads the operations, by path and then by method, and the places of keys.
func (r *reader) readDocument(document *Document) {
	keys := r.keySchemes()
	for _, name := range sortedNames(keys) {
		document.Keys = append(document.Keys, keys[name].(KeyScheme))
	}
	paths := objectIn(r.root, "paths")
	for _, path := range sortedNames(paths) {
		if strings.HasPrefix(path, "x-") || r.err != nil {
			continue
		}
		for _, operation := range r.pathItem(objectIn(paths, path), keys) {
			operation.Path = OneLine(operation.Base + "/" + strings.TrimLeft(path, "/"))
			document.Operations = append(document.Operations, operation)
		}
	}
}

// pathItem reads the operations at one path. What stands beside a $ref goes before what it leads to; where it leads nowhere,
// one broken operation stands for all that may be there.
func (r *reader) pathItem(node, keys map[string]any) (operations []*Operation) {
	r.broken = nil
	item := maps.Clone(r.object(node))
	if item == nil {
		item = map[string]any{}
	}
	maps.Copy(item, node)
	lost := r.broken
	for _, method := range methods {
		own := item[strings.ToLower(method)]
		if _, described := own.(map[string]any); !described || r.err != nil {
			continue
		}
		r.broken = nil
		operation := r.operation(item, r.object(own), keys)
		operation.Method, operation.Broken = method, cmp.Or(r.broken, lost)
		operations = append(operations, operation)
	}
	if lost != nil && len(operations) == 0 {
		operations = []*Operation{{Base: OneLine(r.basePath(item, nil)), Broken: lost}}
	}
	return operations
}

func (r *reader) operation(item, node, keys map[string]any) *Operation {
	operation := &Operation{
		ID:      OneLine(textIn(node, "operationId")),
		Summary: OneLine(textIn(node, "summary")),
		Base:    OneLine(r.basePath(item, node)),
		Keys:    r.keysOf(node, keys),
	}
	var body requestBody
	for _, list := range [][]any{listIn(item, "parameters"), listIn(node, "parameters")} {
		for _, parameter := range list {
			r.readParameter(operation, r.object(parameter), &body)
		}
	}
	if r.swagger2 {
		r.takes2(operation, node, &body)
	} else {
		r.takes3(operation, r.object(node["requestBody"]))
	}
	if operation.Body != nil {
		r.roots[operation] = append(r.roots[operation], operation.Body)
		r.responses[operation] = objectIn(node, "responses")
	}
	return operation
}

// readParameter adds a parameter, or takes the place of one that the path gives to all its operations.
func (r *reader) readParameter(operation *Operation, node map[string]any, body *requestBody) {
	name, in := OneLine(textIn(node, "name")), OneLine(textIn(node, "in"))
	switch {
	case name == "" || r.err != nil:
		return
	case r.swagger2 && in == "body":
		body.schema, body.required = r.schema(node["schema"], ""), isTrue(node, "required")
		return
	case r.swagger2 && in == "formData":
		body.form = true
		body.files = body.files || textIn(node, "type") == "file"
		return
	}
	parameter := Parameter{Name: name, In: in, Required: isTrue(node, "required"), Description: OneLine(textIn(node, "description"))}
	switch {
	case r.swagger2:
		parameter.Schema = r.schema(node, name) // it describes its value itself
	case node["schema"] != nil:
		parameter.Schema = r.schema(node["schema"], name)
	default:
		if parameter.Schema, _ = r.jsonContent(node, name); parameter.Schema == nil {
			parameter.Schema = r.anything
		}
	}
	r.roots[operation] = append(r.roots[operation], parameter.Schema)
	same := func(p Parameter) bool { return p.Name == name && p.In == in }
	if i := slices.IndexFunc(operation.Parameters, same); i >= 0 {
		operation.Parameters[i] = parameter
		return
	}
	operation.Parameters = append(operation.Parameters, parameter)
}

// basePath is the path below which a document's paths lie: basePath, or the first server's.
func (r *reader) basePath(item, node map[string]any) string {
	base := textIn(r.root, "basePath")
	if !r.swagger2 {
		base = ""
		for _, level := range []map[string]any{r.root, item, node} {
			if servers := listIn(level, "servers"); len(servers) > 0 {
				server, _ := servers[0].(map[string]any)
				base = serverPath(server)
			}
		}
	}
	if base = strings.Trim(base, "/"); base == "" {
		return ""
	}
	return "/" + base
}

// serverPath is the path of a server's address, whose {variables} have their defaults.
func serverPath(server map[string]any) string {
	address := textIn(server, "url")
	variables := objectIn(server, "variables")
	for _, name := range sortedNames(variables) {
		variable, _ := variables[name].(map[string]any)
		if value := textIn(variable, "default"); len(address) < 1000 && len(value) < 1000 {
			address = strings.ReplaceAll(address, "{"+name+"}", value)
		}
	}
	if _, rest, absolute := strings.Cut(address, "//"); absolute {
		_, address, _ = strings.Cut(rest, "/")
	}
	address, _, _ = strings.Cut(address, "?")
	if decoded, err := url.PathUnescape(address); err == nil {
		return decoded
	}
	return address
}

// keySchemes are the apiKey schemes by name; their values are KeySchemes.
func (r *reader) keySchemes() map[string]any {
	nodes := objectIn(r.root, "securityDefinitions")
	if !r.swagger2 {
		nodes = objectIn(objectIn(r.root, "components"), "securitySchemes")
	}
	keys := map[string]any{}
	for name := range nodes {
		scheme := r.object(nodes[name])
		if textIn(scheme, "type") == "apiKey" && textIn(scheme, "name") != "" {
			keys[name] = KeyScheme{Name: OneLine(textIn(scheme, "name")), In: OneLine(textIn(scheme, "in"))}
		}
	}
	return keys
}

// keysOf are the keys that an operation asks for: by itself, or as all operations do.
func (r *reader) keysOf(node, keys map[string]any) []KeyScheme {
	demands, own := node["security"].([]any)
	if !own {
		demands = listIn(r.root, "security")
	}
	named := map[string]bool{}
	for _, demand := range demands {
		schemes, _ := demand.(map[string]any)
		for name := range schemes {
			named[name] = true
		}
	}
	var found []KeyScheme
	for _, name := range sortedNames(keys) {
		if named[name] {
			found = append(found, keys[name].(KeyScheme))
		}
	}
	return found
}

// readAnswers reads what the calls that take JSON answer, with a lenient reader of its own: syncd sends nothing by it, so
// mistakes there do the contract no harm. Where it would be too much to keep, no answer is told.
func (r *reader) readAnswers() {
	defer func() { _ = recover() }() // as in Read: no text is known that gets here
	answers := newReader(r.root)
	answers.swagger2, answers.siblings = r.swagger2, r.siblings
	read := map[*Operation]*Schema{}
	for operation, responses := range r.responses {
		read[operation] = answers.success(responses, operation.ID)
	}
	answers.finish()
	if answers.err != nil {
		return
	}
	for operation, answer := range read {
		operation.Answer = answer
	}
}

// success is the schema of the JSON that tells of success: that of the lowest status of 2xx that has one; nil = not told.
func (r *reader) success(responses map[string]any, where string) *Schema {
	for _, status := range sortedNames(responses) {
		if len(status) != len("2XX") || status[0] != '2' {
			continue
		}
		response := r.object(responses[status])
		if !r.swagger2 {
			if schema, _ := r.jsonContent(response, where); schema != nil {
				return schema
			}
		} else if response["schema"] != nil {
			return r.schema(response["schema"], where)
		}
	}
	return nil
}
