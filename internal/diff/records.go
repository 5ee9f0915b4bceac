package diff

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"syncd/internal/canonjson"
)

// Records lists the differences between two versions of somebody else's record, sorted by path, which is a JSON pointer. Objects
// are walked, arrays are one value; how a number is written makes no difference. Values come as they are written, and nothing
// is masked. Both must be JSON.
func Records(older, newer []byte) []Change {
	var changes []Change
	records("", older, newer, &changes)
	return changes
}

func records(path string, older, newer []byte, changes *[]Change) {
	if older[0] == '{' && newer[0] == '{' {
		before, after := maps.Collect(canonjson.Members(older)), maps.Collect(canonjson.Members(newer))
		names := slices.AppendSeq(slices.Collect(maps.Keys(before)), maps.Keys(after))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			at := path + "/" + canonjson.PointerToken(name)
			switch was, is := before[name], after[name]; {
			case was == nil:
				*changes = append(*changes, Change{Path: at, Op: "+", New: string(is)})
			case is == nil:
				*changes = append(*changes, Change{Path: at, Op: "-", Old: string(was)})
			default:
				records(at, was, is, changes)
			}
		}
		return
	}
	before, _ := canonjson.Append(nil, older)
	after, _ := canonjson.Append(nil, newer)
	if !bytes.Equal(before, after) {
		*changes = append(*changes, Change{Path: cmp.Or(path, "/"), Op: "*", Old: string(older), New: string(newer)})
	}
}
