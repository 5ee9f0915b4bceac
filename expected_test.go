package syncd

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"syncd/internal/report/locale"
)

// telling is how many bytes of a text, from the beginning of a word on, tell it from others.
const telling = 20

var (
	joined   = regexp.MustCompile("\"\\s*\\+\\s*\"|`\\s*\\+\\s*`|\\\\")
	constant = regexp.MustCompile(`(\w+) +(?:(?:\w+\.)?(?:Code|Rule))? *= "([a-z0-9-]+)"`)
	blank    = regexp.MustCompile(`\{[^{}\[\]]*\}|\n`)
)

// said are the codes of what the program says to a person, with its words in each language.
func said() map[string][]string {
	all := map[string][]string{}
	for _, language := range []locale.Language{locale.English, locale.French} {
		words := locale.Of(language, "isidoor")
		for room, told := range words.Errors() {
			for code, w := range told {
				all[room+"."+code] = append(all[room+"."+code], w.Text)
			}
		}
		for room, told := range map[string]map[string]locale.Told{"refused": words.Refused, "found": words.Found} {
			for code, w := range told {
				all[room+"/"+code] = append(all[room+"/"+code], w.Text)
			}
		}
		for code, w := range words.Findings {
			all["findings/"+code] = append(all["findings/"+code], w...)
		}
	}
	return all
}

// phrases are the beginnings of a text at each of its words; of a short one, itself.
func phrases(text string) (all []string) {
	for _, piece := range blank.Split(text, -1) {
		piece = strings.TrimSpace(piece)
		for i := range piece {
			if (i == 0 || piece[i-1] == ' ') && len(piece)-i >= telling {
				all = append(all, piece[i:i+telling])
			}
		}
		if len(piece) > 5 && len(piece) < telling {
			all = append(all, piece)
		}
	}
	return all
}

// sourcesAndTests are the program, and its tests with their files: literals in one piece, without escapes.
func sourcesAndTests(t *testing.T) (sources, tests string) {
	t.Helper()
	both := map[bool]*strings.Builder{false: {}, true: {}}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != "." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		isTest := strings.HasSuffix(path, "_test.go") && path != "expected_test.go" || strings.Contains(path, "/testdata/")
		if err == nil && !entry.IsDir() && (isTest || strings.HasSuffix(path, ".go")) {
			both[isTest].WriteString(joined.ReplaceAllLiteralString(string(read(t, path)), ""))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return both[false].String(), both[true].String()
}

// Whatever the program says to a person is expected by a test: by its code, the name of that, or a part of its words.
func TestEveryCodeIsExpected(t *testing.T) {
	t.Parallel()
	sources, tests := sourcesAndTests(t)
	known := map[string]bool{}
	for token := range strings.FieldsFuncSeq(tests, func(r rune) bool { return r > 'z' || !strings.ContainsRune(tokenRunes, r) }) {
		known[token] = true
	}
	for _, found := range constant.FindAllStringSubmatch(sources, -1) {
		known[found[2]] = known[found[2]] || known[found[1]]
	}
	texts := said()
	wanted := map[string]bool{}
	for _, told := range texts {
		for _, text := range told {
			for _, phrase := range phrases(text) {
				wanted[phrase] = len(phrase) == telling || strings.Contains(tests, phrase)
			}
		}
	}
	for i := range len(tests) - telling {
		if at := tests[i : i+telling]; wanted[at] {
			known[at] = true
		}
	}
	for code, told := range texts {
		_, name, _ := strings.Cut(code, "/")
		expected := known[code] || known[name]
		for _, text := range told {
			expected = expected || slices.ContainsFunc(phrases(text), func(p string) bool { return known[p] || len(p) < telling && wanted[p] })
		}
		if expected == slices.Contains(unexpected, code) {
			t.Errorf("%s: a test expects it: %t (%q)", code, expected, told)
		}
	}
}

const tokenRunes = ".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// unexpected are the codes that no test expects yet. Who tests one takes it out.
var unexpected = strings.Fields(`
	admin.instances admin.not-root audit.names call.check-endpoint call.check-token call.so-often call.unkept contract.place
	contract.place-cookie contract.place-path contract.unchecked-type defect.no-baseline defect.settle-as found/contract-unread
	inbox.endless inbox.other-ledger isidoor.document-unwritten isidoor.unfit-path isidoor.unread-nomenclatures mapping.of-field
	run.contract-moved sandbox.bad-fault setup.migrated`)
