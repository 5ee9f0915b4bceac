package syncd

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A retired word, one in another meaning than that of "Terms" in ARCHITECTURE.md, or one in a room that must not know it.
type retired struct {
	word    string // of small letters: these match capitals as well
	instead string
	in      string // where it is looked for: files whose path matches; "" = all
	not     string // but in these
	unless  string // what may have it all the same: each match of this is taken out first
	places  places
}

// places are the parts of the tree that a word is looked for in.
type places int

const (
	names    places = 1 << iota // what Go code declares
	comments                    // of Go and SQL
	texts                       // documents, catalogues, the sample configuration
	code                        // of Go, whole
	anywhere = names | comments | texts
)

const (
	frenchTexts = `(fr\.toml|^README\.fr\.md|^docs/fr/.*)$`
	// a released migration never changes
	released = `^migrations/\d`
	// rooms that have nothing to do with guards, a person's findings, or the claims of runs
	calls = `^internal/(httpcall|canonjson|mapping|diff|privacy|plaintext|schedule|sandbox|partner|sqltext|contract/[a-z]+|config/strict)/`
)

var terms = []retired{
	{word: `trail`, instead: "audit", not: released, places: anywhere,
		unless: "(?i)trailing|trailer|`trail`|_trail\\.sql|\"trail(_at)?\"|\\btrail(_at)? (bigint|= @)|@trail\\b|\\bi\\.trail|runs, trail"},
	{word: `dictionar`, instead: "nomenclature", not: released, places: anywhere,
		// contracts: the command, keys and columns; codes; what ASP.NET calls so
		unless: "`[^`\n]*dictionar[^`\n]*`|syncd(-admin)? (sandbox )?dictionary|dictionary = |(empty|part|no)-dictionary|" +
			"/sandbox/dictionary|dictionar(y|ies)_[a-z]+|\\{dictionaries\\}|// dictionaries$|Dictionaries of ASP\\.NET|" +
			"new(Sandbox)?Dictionary(Impact)?|DictionaryEntries|queries/dictionary\\.sql|" +
			"(and|et) dictionary (send it|l.envoient)|(without|sans) dictionary|mapping\\.dictionary"},
	{word: `(?m)^// [a-z]+ (tells|says|returns) (whether|if) `, instead: "reports whether", places: comments, in: `\.go$`},
	{word: `\bthe api (certainly )?(holds|keeps|belongs)|\bapi belongs to`, instead: "the partner: the API is its interface, no more",
		not: released, places: anywhere},
	{word: `judg`, instead: "check, decide, classify: guards alone judge", in: calls, places: names | comments},
	{word: `settl`, instead: "decide: a person or a read-back settles, no answer", in: calls, places: names | comments, unless: `settled by|settles doubts`},
	{word: `\b(items?|keys?|places?) (is|are|was|were|that (is|are)) claimed|claims? (the next |as many )?items?\b`,
		instead: "take: runs alone are claimed", not: released, places: comments},
	{word: `\bhold(s|ing)?\b`, instead: "keep, have, contain: guards alone hold", in: calls, places: comments,
		not: `^internal/httpcall/(limits|doc)\.go|_test\.go$`},
	{word: `\b(holds?|holding) (a|the|its|no|other) locks?\b|\block(s| is| was)? held\b`, instead: "a lock is kept, or taken",
		not: released, places: comments},
	{word: `isidoor`, instead: "the partner: its folder, its stand-in, the catalogues and the documents alone name it", in: `\.go$`,
		not: `^internal/partner/|_test\.go$`, places: code, unless: `syncd/internal/partner/isidoor/standin`},
	{word: `\b(retenue?s?|retient|retiennent|retenir)\b`, instead: "en suspens, mettre en suspens: one word for what is held", places: texts,
		in: frenchTexts, unless: `(montants?|sommes?) retenue?s?|^held = .*`}, // and what people may type
	{word: `en suspens jusqu.à confirmation|salariés?( \S+)? en suspens|en suspens (le|les|des|ces) salarié`, instead: "à confirmer: a run alone is en suspens",
		places: texts, in: frenchTexts},
	{word: `réponse (reste )?inconnue|sans réponse connue|\bdouteu(x|ses?)\b|\ben doute\b`, instead: "incertain", places: texts, in: frenchTexts},
	{word: `\b(le|un|du|au|ce) sockets?\b|socket abandonné\b`, instead: "la socket", places: texts, in: frenchTexts,
		unless: `^"[^"]+" = .*`}, // what met an error
	{word: `answer (stays )?unknown`, instead: "uncertain", places: texts, in: `^(README\.md|docs/[a-z-]+\.md|.*/en\.toml)$`},
	{word: `partner: +"isidoor"`, instead: "the name that the registry has", in: `_test\.go$`,
		not: `^internal/(partner|e2e)/`, places: code},
}

// One word for one thing: what "Terms" in ARCHITECTURE.md retires stays away, from names, comments and texts.
func TestTerms(t *testing.T) {
	rules := make([]rule, len(terms))
	for i, r := range terms {
		rules[i] = rule{r, pattern(r.word), pattern(r.in), pattern(r.not), pattern(r.unless)}
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains(passedOver, d.Name())):
			return fs.SkipDir
		case d.IsDir() || slices.Contains(passedOver, path):
			return nil
		}
		for place, lines := range linesOf(t, path) {
			small := strings.ToLower(strings.Join(slices.Collect(maps.Values(lines)), "\n"))
			for _, r := range rules {
				if r.places&place != 0 && r.concerns(path) && r.word.MatchString(small) {
					r.look(t, path, lines)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// passedOver are folders and files: what is told of the past, and what is generated or made for tests.
var passedOver = []string{"CHANGELOG.md", "terms_test.go", "bin", "dbsqlc", "testdata"}

// rule is one of terms, ready to be looked for.
type rule struct {
	retired
	word, in, not, unless *regexp.Regexp
}

func pattern(text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	return regexp.MustCompile(text)
}

// concerns reports whether the word is looked for in a file.
func (r *rule) concerns(path string) bool {
	return (r.in == nil || r.in.MatchString(path)) && (r.not == nil || !r.not.MatchString(path))
}

// look reports the lines that have the word.
func (r *rule) look(t *testing.T, path string, lines map[int]string) {
	for number, line := range lines {
		if r.unless != nil {
			line = r.unless.ReplaceAllString(line, "")
		}
		if found := r.word.FindString(strings.ToLower(line)); found != "" {
			t.Errorf("%s:%d: %q: say %s", path, number, found, r.instead)
		}
	}
}

// linesOf are the lines of a file that people read, by their place and number.
func linesOf(t *testing.T, path string) map[places]map[int]string {
	switch filepath.Ext(path) {
	case ".go":
		return linesOfGo(t, path)
	case ".sql":
		return map[places]map[int]string{comments: linesWith(read(t, path), "--")}
	case ".md", ".toml":
		return map[places]map[int]string{texts: linesWith(read(t, path), "")}
	}
	return nil
}

// linesOfGo are a Go file's comments, and the names that it declares.
func linesOfGo(t *testing.T, path string) map[places]map[int]string {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, read(t, path), parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	said, declared := map[int]string{}, map[int]string{}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			first := set.Position(comment.Pos()).Line
			for i, line := range strings.Split(comment.Text, "\n") {
				said[first+i] += line
			}
		}
	}
	declare := func(names ...*ast.Ident) {
		for _, name := range names {
			declared[set.Position(name.Pos()).Line] += " " + name.Name
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			declare(n.Name)
		case *ast.TypeSpec:
			declare(n.Name)
		case *ast.ValueSpec:
			declare(n.Names...)
		case *ast.Field:
			declare(n.Names...)
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if name, is := left.(*ast.Ident); is && n.Tok == token.DEFINE {
					declare(name)
				}
			}
		}
		return true
	})
	return map[places]map[int]string{comments: said, names: declared, code: linesWith(read(t, path), "")}
}

// linesWith are the lines of a text that have a mark.
func linesWith(text []byte, mark string) map[int]string {
	lines := map[int]string{}
	for i, line := range bytes.Split(text, []byte("\n")) {
		if bytes.Contains(line, []byte(mark)) {
			lines[i+1] = string(line)
		}
	}
	return lines
}

func read(t *testing.T, path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
