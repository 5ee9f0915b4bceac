package lazyregexp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"syncd/internal/lazyregexp"
)

// TestAllCompile compiles every pattern of the program, as one that is wrong would end it on the day on which it is first needed.
func TestAllCompile(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isNew(call.Fun) {
				return true
			}
			pattern, known := text(call.Args[0])
			if !known {
				return true // its package compiles it in its tests
			}
			seen++
			if _, err := regexp.Compile(pattern); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 30 {
		t.Errorf("only %d patterns were found", seen)
	}
}

func isNew(fun ast.Expr) bool {
	selected, ok := fun.(*ast.SelectorExpr)
	if !ok || selected.Sel.Name != "New" {
		return false
	}
	room, ok := selected.X.(*ast.Ident)
	return ok && room.Name == "lazyregexp"
}

// text is a literal, or the sum of some.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		return value, err == nil
	case *ast.BinaryExpr:
		left, known := text(e.X)
		right, alsoKnown := text(e.Y)
		return left + right, known && alsoKnown
	}
	return "", false
}

func TestTheSameEachTime(t *testing.T) {
	t.Parallel()
	words := lazyregexp.New(`^[a-z]+$`)
	if first := words(); !first.MatchString("word") || words() != first {
		t.Error("another expression each time")
	}
}
