package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"syncd/internal/lazyregexp"
)

// forDevelopers are the rooms whose errors nobody meets but who builds or tests the program.
var forDevelopers = lazyregexp.New(`/(testpg|bench|sandboxtest|browsertest|apptest|pulltest|ledgertest|contracttest|granttest|standin|locale|man|attach)/|/man\.go$`)

// saidByFormat finds what a format says beside what it puts in.
var saidByFormat = lazyregexp.New(`^[^%]*[a-z]{3}`)

// inSources are the texts of the program's sources by the call that has them as its first argument: codes of facts, and what meets an
// error.
func inSources(t *testing.T) (codes, doings map[string]string, texts map[string]bool) {
	t.Helper()
	codes, doings, texts = map[string]string{}, map[string]string{}, map[string]bool{}
	root := filepath.Join("..", "..", "..")
	for _, folder := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil {
						texts[text] = true
					}
				}
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				literal, ok := call.Args[0].(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					return true
				}
				switch name := string(source[call.Fun.Pos()-file.FileStart : call.Fun.End()-file.FileStart]); name {
				case "hinted.Say", "ofRun", "unsettled":
					codes[text] = path
				case "hinted.Because":
					if len(call.Args) > 1 {
						if literal, ok := call.Args[1].(*ast.BasicLit); ok {
							codes[strings.Trim(literal.Value, `"`)] = path
						}
					}
				case "hinted.While", "hinted.At", "redact", "redactStaging", "redactUnlessOurs":
					doings[text] = path
				case "errors.New", "fmt.Errorf":
					if !forDevelopers().MatchString(filepath.ToSlash(path)) && saidByFormat().MatchString(text) {
						doings[text] = path
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(codes) < 60 || len(doings) < 90 {
		t.Fatalf("%d codes and %d doings are found", len(codes), len(doings))
	}
	return codes, doings, texts
}

// Every fact that the program makes has words, and there are no others; what meets an error has its French.
func TestErrorsHaveWords(t *testing.T) {
	t.Parallel()
	codes, doings, texts := inSources(t)
	made := func(code string) bool { // as a whole, or put together
		_, found := texts[code]
		for i := range code {
			found = found || code[i] == '-' && texts[code[:i+1]]
		}
		return found
	}
	en, fr := Of(English, ""), Of(French, "")
	for code, path := range codes {
		room, name, whole := strings.Cut(code, ".")
		if _, known := en.Errors()[room][name]; whole && !known && !strings.HasSuffix(code, "-") {
			t.Errorf("%s: the fact %q has no words", path, code)
		}
	}
	for room, told := range en.Errors() {
		for name := range told {
			code := room + "." + name
			if !made(code) && !made(name) {
				t.Errorf("nothing tells the fact %q", code)
			}
		}
	}
	for doing, path := range doings {
		if fr.Doings[doing] == "" {
			t.Errorf("%s: %q is in English alone", path, doing)
		}
	}
}
