package config

import (
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// readGuard reads [job.guard]. The reasons of the defaults stand in the sample config.toml. mapped is nil when the
// mapping has problems, or is yet to be written: then the members that guards name are not judged.
func readGuard(t *table, source *jobs.Source, mapped *mapping.Spec, readBack bool) jobs.Guards {
	defer t.finish()
	source.Ready = t.readyQuery("ready")
	g := jobs.Guards{
		Created:         t.limit("max_created", share(0.2, 5)),
		Updated:         t.limit("max_updated", share(0.3, 5)),
		Departed:        t.limit("max_departed", share(0.1, 2)),
		Duplicates:      t.limit("max_duplicates", share(0.05, 2)),
		Fall:            t.limit("max_fall", share(0.2, 3)),
		Elements:        t.limit("max_elements", share(0.5, 10)),
		CodeTotals:      t.limit("max_code_total", share(1, 200)),
		RequireElements: t.boolean("require_elements", true),
		MaxGap:          t.integer("max_gap", 2, 0, 1200),
		MaxBack:         t.integer("max_back", 1, 0, 1200),
		Approval:        t.boolean("approval", false),
		Verify:          t.boolean("verify", false),
		CheckKeys:       t.boolean("check_keys", true),
		Recognise:       t.boolean("recognise", true),
		MaxAmount:       t.number("max_amount", 3, 0, 1000),
	}
	if g.Verify && !readBack {
		t.report("verify", "has nothing to ask: there is no [isidoor.salarie.read]", "add that section, or remove this line")
	}
	if 0 < g.MaxAmount && g.MaxAmount <= 1 {
		t.warn("max_amount", "is not above 1: it holds usual amounts", "write 3.0 for three times the usual one, or 0 for any amount")
	}
	if mapped == nil {
		t.known = append(t.known, watchKeys...)
		return g
	}
	t.watch(&g, *mapped)
	if len(mapped.Children) == 0 {
		t.warnWithoutElements()
	}
	return g
}

// readyQuery is a SELECT; "" = none. It may be about all dossiers at once: it sends nobody anything.
func (t *table) readyQuery(key string) string {
	if n := t.want(key, kindText); n == nil || strings.TrimSpace(n.text) == "" {
		return ""
	}
	const dossiers = 1
	return t.query(key, dossiers)
}

func (t *table) warnWithoutElements() {
	for _, key := range []string{"max_elements", "max_code_total", "require_elements", "max_amount"} {
		if t.has(key) {
			t.warn(key, "has no effect: the job has no [[job.children]]", "remove it")
		}
	}
}

const limitHint = `write { share = 0.2, floor = 5 }, { count = 10 }, all three, or "off"`

// limit is a table of count, share and floor, or "off". One that is written replaces the fallback as a whole.
func (t *table) limit(key string, fallback jobs.Limit) jobs.Limit {
	n := t.take(key)
	switch {
	case n == nil:
		return fallback
	case n.kind == kindTable:
		l := readLimit(t.table(key))
		t.judge(key, l)
		return l
	case n.kind != kindText || n.text != "off":
		t.report(key, `is neither a table nor "off"`, limitHint)
	}
	return jobs.Limit{Off: true}
}

func share(part float64, floor int) jobs.Limit {
	return jobs.Limit{Count: jobs.NoCount, Share: part, Floor: floor}
}

// usualFloor lets a share work for a staff of eight.
const usualFloor = 2

func readLimit(t *table) jobs.Limit {
	defer t.finish()
	const many = 1_000_000_000
	switch {
	case !t.has("count", "share"):
		t.report("", "has neither count nor share", limitHint)
	case t.has("floor") && !t.has("share"):
		t.report("floor", "has no share that it could raise", "add share, or remove floor: count alone is the limit")
	}
	share, floor := t.numberOr("share", jobs.NoShare, 0, 1, "write 0.2 for 20 %"), int64(0)
	if t.has("share") && share > 0 {
		floor = usualFloor
	}
	return jobs.Limit{
		Count: t.integerOr("count", jobs.NoCount, 0, many, "write a whole number, such as 10"),
		Share: share,
		Floor: t.integerOr("floor", floor, 0, many, "write a whole number, such as 5"),
	}
}

// partial are the limits on a number of people that is never larger than what it is a share of.
var partial = []string{"max_updated", "max_departed", "max_duplicates", "max_fall"}

// judge warns of a limit that never trips or always does, as far as the file alone tells.
func (t *table) judge(key string, l jobs.Limit) {
	switch {
	case l.Count == 0, l.Share == 0 && l.Floor == 0:
		t.warn(key, "lets nothing pass: the first one holds the run", `raise it, or write "off" for no guard`)
	case l.Count < l.Floor:
		t.warn(key, "is always count: floor is above it, so neither floor nor share has an effect", "raise count, or leave share and floor out")
	case l.Count == jobs.NoCount && l.Share == 1 && slices.Contains(partial, key):
		t.warn(key, "never holds anything: there cannot be more than all", `lower share, add count, or write "off"`)
	}
}
