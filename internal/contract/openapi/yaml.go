package openapi

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"

	"syncd/internal/canonjson"
	"syncd/internal/lazyregexp"
)

var (
	errYAMLKey = unread(hintAsk, "yaml-name")
	errCircle  = unread(hintAsk, "yaml-circle")
	errMerge   = unread(hintAsk, "yaml-merge")
)

// decodeYAML decodes to the same values as decodeJSON. Ten lines of aliases can stand for gigabytes: what they stand for is
// kept once, and counted each time.
func decodeYAML(text []byte) (any, error) {
	if separators(text) > maxValues {
		return nil, errTooMany
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, yamlError(err)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, errNoSyntax
	}
	y := &yamlReader{anchors: map[*yaml.Node]*anchored{}}
	return y.value(document.Content[0], 1)
}

// yamlLine is where yaml tells the line of a mistake.
var yamlLine = lazyregexp.New(`^yaml: (?:line ([0-9]+): )?`)

func yamlError(err error) *ReadError {
	if strings.Contains(err.Error(), "max depth") {
		return errTooDeep
	}
	found := yamlLine().FindStringSubmatch(err.Error())
	if found == nil {
		return errNoSyntax
	}
	why := Tidy(strings.TrimPrefix(err.Error(), found[0]))
	if found[1] == "" {
		return unread(hintPlace, "no-syntax-why", "why", why)
	}
	return unread(hintPlace, "no-syntax-near", "line", found[1], "why", why) // often that of the mapping that the mistake lies in
}

// separators counts the bytes of which each value of a YAML text has one before it: it contains no more values than that.
func separators(text []byte) int {
	count := 0
	for _, separator := range []string{"\n", ",", ": ", "- ", "{", "["} {
		count += bytes.Count(text, []byte(separator))
	}
	return count
}

// shortText is up to how many bytes a text counts as one value.
const shortText = 40

// yamlReader makes plain values of nodes.
type yamlReader struct {
	anchors map[*yaml.Node]*anchored
	values  int // those that aliases stand for included, and more for long texts
	deepest int // level of what was read last, at most
}

// anchored is what an anchor stands for.
type anchored struct {
	value  any
	values int
	height int // levels within it
	done   bool
}

func (y *yamlReader) value(node *yaml.Node, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errTooDeep
	}
	y.deepest = max(y.deepest, depth)
	switch {
	case node.Kind == yaml.AliasNode:
		return y.alias(node.Alias, depth)
	case node.Anchor == "":
		return y.plain(node, depth)
	}
	known := &anchored{}
	y.anchors[node] = known
	values, deepest := y.values, y.deepest
	y.deepest = depth
	value, err := y.plain(node, depth)
	*known = anchored{value: value, values: y.values - values, height: y.deepest - depth, done: true}
	y.deepest = max(y.deepest, deepest)
	return value, err
}

// alias is what its anchor stands for, once more.
func (y *yamlReader) alias(node *yaml.Node, depth int) (any, error) {
	known := y.anchors[node]
	switch {
	case known == nil || !known.done:
		return nil, errCircle
	case depth+known.height > maxNesting:
		return nil, errTooDeep
	}
	y.deepest = max(y.deepest, depth+known.height)
	return known.value, y.count(known.values)
}

func (y *yamlReader) count(values int) error {
	if y.values += values; y.values > maxValues {
		return errTooMany
	}
	return nil
}

func (y *yamlReader) plain(node *yaml.Node, depth int) (any, error) {
	if err := y.count(1 + len(node.Value)/shortText); err != nil {
		return nil, err
	}
	switch node.Kind {
	case yaml.MappingNode:
		return y.mapping(node, depth)
	case yaml.SequenceNode:
		values := make([]any, 0, len(node.Content))
		for _, element := range node.Content {
			value, err := y.value(element, depth+1)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		return values, nil
	}
	return plainScalar(node), nil
}

// mapping reads the members of a mapping. Its own go before those that it merges, and of these the first.
func (y *yamlReader) mapping(node *yaml.Node, depth int) (any, error) {
	members := make(map[string]any, len(node.Content)/2)
	var merged []any
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i]
		value, err := y.value(node.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if name.Kind == yaml.ScalarNode && name.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		text, err := y.name(name)
		if err != nil {
			return nil, err
		}
		if err := y.count(len(text) / shortText); err != nil {
			return nil, err
		}
		members[text] = value // 200 is the name "200"
	}
	for _, value := range merged {
		if err := y.merge(members, value); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (y *yamlReader) name(node *yaml.Node) (string, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node == nil || node.Kind != yaml.ScalarNode {
		return "", errYAMLKey
	}
	if node.Anchor != "" && y.anchors[node] == nil {
		y.anchors[node] = &anchored{value: plainScalar(node), values: 1, done: true}
	}
	return node.Value, nil
}

// merge adds the members of a mapping, or of a list of mappings, that are not there yet.
func (y *yamlReader) merge(members map[string]any, value any) error {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if _, has := members[name]; !has {
				members[name] = inner
			}
		}
		return y.count(len(v))
	case []any:
		for _, one := range v {
			if _, list := one.([]any); list {
				return errMerge
			}
			if err := y.merge(members, one); err != nil {
				return err
			}
		}
		return nil
	}
	return errMerge
}

// plainScalar keeps as text what JSON would not take for a number: 01, which an enum means as a code, 0x1F, .inf.
func plainScalar(node *yaml.Node) any {
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(node.Value, "true")
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value)
		}
		if decimal, ok := canonjson.AppendDecimal(nil, []byte(node.Value)); ok && node.ShortTag() == "!!float" {
			return json.Number(decimal)
		}
	}
	return node.Value
}
