package contract

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"

	"syncd/internal/mapping"
)

var (
	errNotDecoded = &ReadError{"the document is neither JSON nor YAML", hintPlace}
	errAlias      = &ReadError{"the YAML document uses anchors or aliases, which syncd does not read", hintAsk}
	errYAMLKey    = &ReadError{"the YAML document has a member whose name is no text", hintAsk}
)

// decodeYAML decodes to the same values as decodeJSON. Aliases are refused: ten lines of them can stand for gigabytes.
func decodeYAML(text []byte) (any, error) {
	if separators(text) > maxValues {
		return nil, errTooMany
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		if strings.Contains(err.Error(), "max depth") {
			return nil, errTooDeep
		}
		return nil, errNotDecoded
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, errNotDecoded
	}
	return plainYAML(document.Content[0], 1)
}

// separators counts the bytes of which each value of a YAML text has one before it: it holds no more values than that.
func separators(text []byte) int {
	count := 0
	for _, separator := range []string{"\n", ",", ": ", "- ", "{", "["} {
		count += bytes.Count(text, []byte(separator))
	}
	return count
}

func plainYAML(node *yaml.Node, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errTooDeep
	}
	if node.Anchor != "" || node.Kind == yaml.AliasNode {
		return nil, errAlias
	}
	switch node.Kind {
	case yaml.MappingNode:
		return plainMapping(node, depth)
	case yaml.SequenceNode:
		values := make([]any, 0, len(node.Content))
		for _, element := range node.Content {
			value, err := plainYAML(element, depth+1)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		return values, nil
	}
	return plainScalar(node), nil
}

func plainMapping(node *yaml.Node, depth int) (any, error) {
	members := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i]
		if name.Anchor != "" || name.Kind == yaml.AliasNode {
			return nil, errAlias
		}
		if name.Kind != yaml.ScalarNode {
			return nil, errYAMLKey
		}
		value, err := plainYAML(node.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		members[name.Value] = value // 200 is the name "200"
	}
	return members, nil
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
		if decimal, ok := mapping.AppendDecimal(nil, []byte(node.Value)); ok && node.ShortTag() == "!!float" {
			return json.Number(decimal)
		}
	}
	return node.Value
}
