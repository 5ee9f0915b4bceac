package strict

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Merge is a preset with what a user wrote over it: tables merge, any other value of the user's stands in place of the preset's,
// but for lists at united keys, which are joined. What is wrong shows at the user's place: that of the preset's own values is the
// table around them.
func Merge(preset, user *Table, united ...string) *Table {
	t := *user
	t.Node = merge(preset.Node, user.Node, united)
	return &t
}

func merge(preset, user *Node, united []string) *Node {
	merged := *user
	merged.Keys, merged.Members = nil, map[string]*Node{}
	for _, key := range preset.Keys {
		ours, theirs := preset.Members[key], user.Members[key]
		switch {
		case theirs == nil:
			merged.add(key, ours.placed(user))
		case ours.Kind == KindTable && theirs.Kind == KindTable:
			merged.add(key, merge(ours, theirs, united))
		case ours.Kind == KindList && theirs.Kind == KindList && slices.Contains(united, key):
			merged.add(key, unite(ours, theirs))
		default:
			merged.add(key, theirs)
		}
	}
	for _, key := range user.Keys {
		if preset.Members[key] == nil {
			merged.add(key, user.Members[key])
		}
	}
	return &merged
}

// placed is a copy that stands where another node does.
func (n *Node) placed(at *Node) *Node {
	own := *n
	own.line, own.column = at.line, at.column
	if n.Kind == KindTable {
		own.Members = map[string]*Node{}
		for key, member := range n.Members {
			own.Members[key] = member.placed(at)
		}
	}
	own.Items = nil
	for _, item := range n.Items {
		own.Items = append(own.Items, item.placed(at))
	}
	return &own
}

// unite is the user's list behind those of the preset's items that it does not name again.
func unite(ours, theirs *Node) *Node {
	united := *theirs
	united.Items = nil
	for _, item := range ours.Items {
		if !slices.ContainsFunc(theirs.Items, func(n *Node) bool { return n.Kind == item.Kind && n.Text == item.Text }) {
			united.Items = append(united.Items, item.placed(theirs))
		}
	}
	united.Items = append(united.Items, theirs.Items...)
	return &united
}

// sizes are the units of sizes, the longer ones first.
var sizes = []struct {
	unit  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

// Size is a text such as "20 MiB", from low to high, in bytes.
func (t *Table) Size(key string, fallback, low, high int64) int64 {
	n := t.Take(key)
	if n == nil {
		return fallback
	}
	value, ok := parseSize(n.Text)
	switch {
	case !ok || n.Kind != KindText:
		t.Report(key, Say("no-size"))
		return fallback
	case value < low || value > high:
		t.Report(key, Say("range", "low", sizeText(low), "high", sizeText(high)), Say("leave-out-for", "default", sizeText(fallback)))
		return fallback
	}
	return value
}

func parseSize(text string) (int64, bool) {
	for _, s := range sizes {
		if number, found := strings.CutSuffix(text, s.unit); found {
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
			return n * s.bytes, err == nil && n >= 0
		}
	}
	return 0, false
}

func sizeText(bytes int64) string {
	for _, s := range []int{2, 1, 0} {
		if unit := sizes[s]; bytes >= unit.bytes && bytes%unit.bytes == 0 {
			return strconv.FormatInt(bytes/unit.bytes, 10) + " " + unit.unit
		}
	}
	return strconv.FormatInt(bytes, 10) + " B"
}

// Day is a day without a time, such as 2026-09-01, in UTC; zero when it is not written.
func (t *Table) Day(key string) time.Time {
	n := t.Take(key)
	if n == nil {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, n.Text)
	if err != nil || n.Kind != KindDate && n.Kind != KindText {
		t.Report(key, Say("no-day"))
	}
	return day
}
