package strict_test

import (
	"strings"
	"testing"
	"time"

	"syncd/internal/config/strict"
)

const ours = `
size = 100
[page]
total = "/total"
limit = "n"
[list]
omit = ["/name", "/iban"]
windows = [{ name = "a" }]
`

// TestMerge: tables merge, other values are replaced, omit is joined, and mistakes show at the user's place.
func TestMerge(t *testing.T) {
	t.Parallel()
	preset, err := strict.Parse("preset.toml", []byte(ours), nil)
	if err != nil {
		t.Fatal(err)
	}
	user, err := strict.Parse("config.toml", []byte("[page]\nlimit = 7\ntotl = \"/x\"\n[list]\nomit = [\"/iban\", \"/mail\"]\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	merged := strict.Merge(preset, user, "omit")
	page, list := merged.Table("page"), merged.Table("list")
	if merged.Integer("size", 1, 1, 1000) != 100 || page.Text("total", "") != "/total" || len(list.Tables("windows")) != 1 {
		t.Error("the preset's values")
	}
	if omit := list.TextList("omit", strict.Say("write-list")); strings.Join(omit, " ") != "/name /iban /mail" {
		t.Errorf("omit %q", omit)
	}
	page.Text("limit", "")
	page.Finish()
	_, err = merged.Conclude()
	if err == nil || !strings.Contains(err.Error(), "config.toml:2:1: page.limit: must be text") ||
		!strings.Contains(err.Error(), "config.toml:3:1: page.totl: unknown key") {
		t.Errorf("%v", err)
	}
	again, err := strict.Parse("config.toml", nil, nil)
	if err != nil || strict.Merge(preset, again, "omit").Table("page").Text("limit", "") != "n" {
		t.Error("a preset that was merged is as it was")
	}
}

func TestSizesAndDays(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int64{`"20 MiB"`: 20 << 20, `"500kB"`: 500_000, `"1 GiB"`: 1 << 30, `"7 B"`: 7, `"20"`: -1, `20`: -1, `"-1 MiB"`: -1,
		`"2 GiB"`: -1, `"1.5 MiB"`: -1, `"MiB"`: -1, `"9999999999 GiB"`: -1} {
		table, err := strict.Parse("config.toml", []byte("max_file = "+value), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := table.Size("max_file", 20<<20, 1, 1<<30)
		_, err = table.Conclude()
		told := err != nil && (strings.Contains(err.Error(), "is not a size") || strings.Contains(err.Error(), "must be from"))
		if (want < 0) != told || (err != nil) != told || !told && got != want || told && strings.Contains(err.Error(), "999") {
			t.Errorf("%s: %d, %v", value, got, err)
		}
	}
	table, err := strict.Parse("config.toml", []byte("a = 2026-09-01\nb = \"2026-09-01\"\nc = 2026-09-01T08:00:00Z\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	if !table.Day("a").Equal(day) || !table.Day("b").Equal(day) || !table.Day("d").IsZero() || table.Mistakes() != 0 {
		t.Error("days")
	}
	if table.Day("c"); table.Mistakes() != 1 {
		t.Error("a moment is no day")
	}
}
