package openapi_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
)

// patterned is a contract whose body has a member for each pattern.
func patterned(patterns ...string) []byte {
	var properties []string
	for i, pattern := range patterns {
		properties = append(properties, fmt.Sprintf(`"p%04d":{"type":"string","pattern":%q}`, i, pattern))
	}
	return contracttest.Swagger2(`{"properties":{`+strings.Join(properties, ",")+`}}`, "")
}

// Classes of letters, repeated: a few kilobytes of patterns stand for gigabytes once they are compiled. Memory is counted
// for the whole process: not parallel.
func TestPatternsTakeBoundedMemory(t *testing.T) {
	const most = 64 << 20
	const usual = "repeated classes"
	hostile := map[string]func(i int) string{
		usual:               func(i int) string { return fmt.Sprintf(`^\pL{990}[%c%d]$`, 'a'+i%26, i) },
		"optional classes":  func(i int) string { return fmt.Sprintf(`^(\pL?\pN?\pS?){20}%d$`, i) },
		"within the limits": func(i int) string { return fmt.Sprintf(`^\pL{90}%d$`, i) },
		"alternatives":      func(i int) string { return fmt.Sprintf(`^((a|b){1,30}){1,30}%d$`, i) },
		"repeated text":     func(i int) string { return fmt.Sprintf(`^(abcdefghij%d){80}$`, i) },
		"long classes":      func(i int) string { return `[` + strings.Repeat(`\PL`, 300) + fmt.Sprint(i) + `]` },
		"without case":      func(i int) string { return `(?i)` + strings.Repeat(`[B-\x{1e942}]`, 40) + fmt.Sprint(i) },
	}
	for name, pattern := range hostile {
		var patterns []string
		for i := range 1005 {
			patterns = append(patterns, pattern(i))
		}
		text := patterned(patterns...)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		begin := time.Now()
		document := contracttest.Read(t, text)
		took := time.Since(begin)
		runtime.GC()
		runtime.ReadMemStats(&after)
		kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("%s: %d KiB of text, %v, %d MiB allocated, %d MiB kept", name, len(text)>>10, took, (after.TotalAlloc-before.TotalAlloc)>>20,
			kept>>20)
		longest := 5 * time.Second // for a busy machine: half a second is usual
		if name == usual {
			longest = time.Second
		}
		if name == usual && after.TotalAlloc-before.TotalAlloc > most {
			t.Errorf("%s: %d MiB allocated for %d KiB of text", name, (after.TotalAlloc-before.TotalAlloc)>>20, len(text)>>10)
		}
		if kept > most {
			t.Errorf("%s: %d MiB kept for %d KiB of text", name, kept>>20, len(text)>>10)
		}
		if took > longest*timeAllowed {
			t.Errorf("%s: %v", name, took)
		}
		if len(document.Notes) == 0 || !strings.Contains(contracttest.Said(document.Notes)[0], "is not checked") {
			t.Errorf("%s: notes %q", name, document.Notes)
		}
	}
}

// What real contracts have is checked, and what is not says why.
func TestPatternsThatAreChecked(t *testing.T) {
	t.Parallel()
	for pattern, note := range map[string]string{
		`^[\p{L}\s'-]{1,100}$`:          "",
		`^[A-Z]{2}[0-9]{2}[A-Z]{30}`:    "",
		`(?i)^[a-z0-9.]{1,64}@`:         "",
		`^\u00e9{500}$`:                 "",
		`^\pL{990}[x1]$`:                `the pattern "^\\pL{990}[x1]$" is too costly: it is not checked`,
		`^(?=a)b$`:                      `Go cannot read the pattern "^(?=a)b$": it is not checked`,
		`^` + strings.Repeat("a", 1000): `the pattern "^` + strings.Repeat("a", 99) + `…" is too costly: it is not checked`,
	} {
		document := contracttest.Read(t, patterned(pattern))
		checked := document.Operations[0].Body.Properties[0].Schema.Pattern != nil
		if got := strings.TrimPrefix(strings.Join(contracttest.Said(document.Notes), "\n"), "p0000: "); got != note || checked != (note == "") {
			t.Errorf("%.40s: checked %t, noted %q, want %q", pattern, checked, got, note)
		}
	}
}

// Hostile patterns do not cost ordinary ones their check.
func TestPatternsKeepTheirCheck(t *testing.T) {
	t.Parallel()
	var patterns []string
	for i := range 200 {
		patterns = append(patterns, fmt.Sprintf(`^\pL{990}%d$`, i), fmt.Sprintf(`^[0-9]{%d}$`, i+1))
	}
	body := contracttest.Read(t, patterned(patterns...)).Operations[0].Body
	for i, p := range body.Properties {
		if ordinary := i%2 == 1; (p.Schema.Pattern != nil) != ordinary {
			t.Fatalf("%s: checked %t", p.Schema.PatternText, p.Schema.Pattern != nil)
		}
	}
	if problems := check.NewChecker(body).Check([]byte(`{"p0001":"x"}`)); len(problems) != 1 {
		t.Errorf("told %+v", problems)
	}
}
