package diff

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// rows compares two arrays of children, whatever their order.
func (c *comparison) rows(group *mapping.Children, sent, found []any) {
	ours, theirs := byKey(group, sent), byKey(group, found)
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		c.rowsOfKey(group, ours[key], theirs[key])
		delete(theirs, key)
	}
	for _, key := range slices.Sorted(maps.Keys(theirs)) {
		c.rowsOfKey(group, nil, theirs[key])
	}
}

// byKey sorts children into those of the same business key, in a form in which both sides write it alike.
func byKey(group *mapping.Children, rows []any) map[string][]any {
	keys := map[string][]any{}
	for _, row := range rows {
		key := pairingKey(at(row, group.Key))
		keys[key] = append(keys[key], row)
	}
	return keys
}

func pairingKey(key any) string {
	switch key := key.(type) {
	case nil:
		return ""
	case string:
		if t, _, ok := moment(key); ok {
			return t.Format(wallClock)
		}
		return key
	case json.Number:
		return canonicalNumber(key)
	}
	text, _ := canonjson.AppendValue(nil, key)
	return string(text)
}

// maxPairs bounds what looking for unedited children of one business key may take: 128 of them on each side.
const maxPairs = 1 << 14

// rowsOfKey compares children of one business key. Those that are there as they were sent have no part in it; the others
// are paired as they come.
func (c *comparison) rowsOfKey(group *mapping.Children, ours, theirs []any) {
	changed, left := c.unequal(group, ours, theirs)
	for n, i := range changed {
		if n < len(left) {
			c.changes = append(c.changes, c.row(group, label(group, ours[i], i), ours[i], left[n])...)
		} else {
			c.changes = append(c.changes, wholeRow("-", group, ours[i], i))
		}
	}
	for n := len(changed); n < len(left); n++ {
		c.changes = append(c.changes, wholeRow("+", group, left[n], len(ours)+n-len(changed)))
	}
}

// unequal gives the indices of the children that are not there as they were sent, and what the other side has in their
// place. Children that say more choose first: one that says little equals many.
func (c *comparison) unequal(group *mapping.Children, ours, theirs []any) (changed []int, left []any) {
	var order []int
	for i := range ours {
		order = append(order, i)
	}
	if len(ours)*len(theirs) > maxPairs {
		return order, theirs
	}
	weights := make([]int, len(ours))
	for i, row := range ours {
		weights[i] = len(c.row(group, "", row, nil))
	}
	slices.SortStableFunc(order, func(i, j int) int { return weights[j] - weights[i] })
	left = slices.Clone(theirs)
	for _, i := range order {
		j := slices.IndexFunc(left, func(row any) bool { return len(c.row(group, "", ours[i], row)) == 0 })
		if j < 0 {
			changed = append(changed, i)
		} else {
			left = slices.Delete(left, j, j+1)
		}
	}
	slices.Sort(changed)
	return changed, left
}

// row compares two children member by member.
func (c *comparison) row(group *mapping.Children, shown string, sent, found any) []Change {
	ours, isObject := sent.(map[string]any)
	if !isObject { // an older mapping made it
		if matches(found, sent) {
			return nil
		}
		return []Change{{Path: shown, Op: "*", Masked: true, Child: true}}
	}
	theirs, _ := found.(map[string]any)
	of := comparison{only: c.only}
	of.object(&part{fields: group.Fields, base: group.Path + ".", shown: shown + "."}, "", ours, theirs)
	return of.changes
}

// wholeRow is the change of a child on one side only. Of a new one, what the other side has of its own is left out.
func wholeRow(op string, group *mapping.Children, value any, index int) Change {
	c := Change{Path: label(group, value, index), Op: op, Child: true}
	if object, isObject := value.(map[string]any); isObject && op == "+" {
		value = known(group.Fields, "", object)
	}
	text, ok := canonjson.AppendValue(nil, value)
	switch {
	case !ok || (mapping.Row{Children: group, Value: text}).Secret():
		c.Masked = true
	case op == "+":
		c.New = string(text)
	default:
		c.Old = string(text)
	}
	return c
}

// known keeps the members of an object that the mapping has and that are no objects or arrays themselves.
func known(fields []mapping.Field, prefix string, object map[string]any) map[string]any {
	kept := map[string]any{}
	for name, value := range object {
		path := prefix + mapping.QuoteName(name, mapping.SpecialInPath+".")
		if mapping.FindField(fields, path) != nil {
			if !composite(value) {
				kept[name] = value
			}
		} else if inner, isObject := value.(map[string]any); isObject {
			if of := known(fields, path+".", inner); len(of) > 0 {
				kept[name] = of
			}
		}
	}
	return kept
}

// label is how a child is shown: "Elements[HSUP25#2]", the key masked where it may not be shown. The index is that among
// the children of its key.
func label(group *mapping.Children, row any, index int) string {
	key := at(row, group.Key)
	text, secret := showable(mapping.FindField(group.Fields, group.Key), key)
	switch {
	case key == nil:
		text = ""
	case secret || composite(key):
		text = privacy.Masked
	default:
		text = mapping.HarmlessKey([]byte(mapping.KeyText([]byte(text))))
	}
	return mapping.ElementPath(group.Path, text, index+1, "")
}

// at finds the value at a path of dotted names; nil when there is none.
func at(value any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}
