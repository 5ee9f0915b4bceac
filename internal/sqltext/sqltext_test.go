package sqltext

import (
	"strings"
	"testing"
)

var known = []string{"dossier", "period"}

// What looks like a parameter is one only where Postgres reads SQL: not in text, names, comments and operators.
func TestParametersAreThoseOfTheSQL(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		`SELECT * FROM t WHERE dossier = @dossier AND period=@period`: "dossier period",
		`SELECT @dossier::text || '@period' || "@period"`:             "dossier",
		"SELECT 1 -- @dossier\n/* @dossier /* @period */ @dossier */": "",
		`SELECT $$ @dossier $$, $a$ @dossier $$ $a$, @period`:         "period",
		`SELECT E'it\'s @dossier', 'it\' || @dossier`:                 "dossier",
		"SELECT E'a' \n\t'\\' @dossier', @period":                     "period",
		`SELECT body @@ to_tsquery('x') AND body @@to_tsquery('y')`:   "",
		`SELECT a @> b, a <@ b, a <@b, @-5, a @-@b, a @? '$.x'`:       "",
		`SELECT a <@dossier`:                 "dossier",
		`SELECT a$b@dossier`:                 "dossier",
		`SELECT @dosier, x=@periode, -@perd`: "dosier periode perd",
		`SELECT 'é@dossier', été@dossier`:    "dossier",
	} {
		if got := strings.Join(Parameters(query, known), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		var whole strings.Builder
		for _, token := range Tokens(query) {
			whole.WriteString(token.Text)
		}
		if whole.String() != query {
			t.Errorf("%s: the tokens are %s", query, whole.String())
		}
	}
}

// A semicolon at the end is no second statement, whatever comment follows it; nothing of the query is lost with it.
func TestOneStatement(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"SELECT 1":                          "SELECT 1",
		"SELECT 1;":                         "SELECT 1",
		"SELECT 1 ; -- the month's\n":       "SELECT 1",
		"SELECT 1; /* all */ ;\n":           "SELECT 1",
		"SELECT 1 -- not ; the end":         "SELECT 1 -- not ; the end",
		"SELECT ';'; -- ';'":                "SELECT ';'",
		"SELECT 1 /* a */ -- b":             "SELECT 1 /* a */ -- b",
		"-- first\nSELECT 1;":               "-- first\nSELECT 1",
		"SELECT $$;$$, \";\" FROM t -- ;\n": "SELECT $$;$$, \";\" FROM t -- ;",
		" ; -- nothing":                     "",
	} {
		if got, single := One(query); got != want || !single {
			t.Errorf("%q: %q, %t", query, got, single)
		}
	}
	for _, query := range []string{"SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t; --", "SELECT 1;;2"} {
		if _, single := One(query); single {
			t.Errorf("%q is one", query)
		}
	}
}

func TestWhatReadsAndWhatWrites(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][2]bool{ // reads, writes
		"SELECT 1": {true, false}, " -- x\n (SELECT 1) UNION VALUES (2)": {true, false}, "TABLE t": {true, false},
		"with a AS (SELECT 1) TABLE a": {true, false},
		"INSERT INTO t VALUES (1)":     {false, true}, "DELETE FROM t": {false, false}, "COPY t TO STDOUT": {false, false}, "": {false, false},
		"WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a":                    {true, true},
		"WITH a AS MATERIALIZED ( /* x */ update t SET a = 1 RETURNING *) TABLE a": {true, true},
		"SELECT * FROM t FOR NO KEY UPDATE OF t":                                   {true, true}, "SELECT * FROM t FOR share": {true, true},
		"SELECT * INTO copy FROM t":                                         {true, true},
		"SELECT a AS into, t.into, '(DELETE', max(update), \"into\" FROM t": {true, false},
		"SELECT (delete) FROM t -- INSERT INTO x":                           {true, false},
	} {
		if reads, writes := Reads(query), Writes(query); [2]bool{reads, writes} != want {
			t.Errorf("%q reads %t, writes %t", query, reads, writes)
		}
	}
	if !Has("SELECT * FROM t WHERE a = $1", Numbered) || Has("SELECT '$1', a$1, $$ $1 $$ FROM t -- $1", Numbered) {
		t.Error("$1")
	}
}

// Postgres tells the place of an error in characters: what stands there is a name, quoted or not.
func TestNamesAreReadAtTheirPlace(t *testing.T) {
	t.Parallel()
	const query = `SELECT 'é', "a ""b", t.c, x FROM staging . "Employé" e, '285057899900116' y`
	for text, want := range map[string]string{`"a `: `a "b`, "t.c": "t.c", "x FROM": "x", `staging .`: "staging", `"Employé"`: "Employé",
		`'285`: "", "e,": "e"} {
		before, _, _ := strings.Cut(query, text)
		at := len([]rune(before))
		if got := NameAt(query, at+1); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := NameAt("a ^@ b", 3); got != "^@" {
		t.Errorf("an operator: %q", got)
	}
	if got := NameAt(query, 1000); got != "" {
		t.Errorf("beyond: %q", got)
	}
}
