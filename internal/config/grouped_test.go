package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"syncd/internal/config/strict"
)

// fleet is a configuration of so many dossiers, each made by one of what is written of it.
func fleet(n int, dossier func(i int) string) string {
	var b strings.Builder
	b.WriteString(`
[database]
url = "postgres:///paie"
ledger_key = { env = "LEDGER_KEY" }

[isidoor]
environment = "test"
client_id = "our-editor"
client_secret = { env = "CLIENT_SECRET" }
`)
	for i := range n {
		fmt.Fprintf(&b, "\n[[dossier]]\nname = \"d%04d\"\n%s\n", i, dossier(i))
	}
	return b.String()
}

// siretOf is a SIRET of its own for each number, with its check digit.
func siretOf(i int) string {
	for digit := range 10 {
		if siret := fmt.Sprintf("%013d%d", 5000000000000+i, digit); luhn(siret) {
			return siret
		}
	}
	return ""
}

// A mistake that is made once per dossier is told once, with a count, and in a time that grows with their number alone.
func TestAMistakeOfManyDossiersIsToldOnce(t *testing.T) {
	t.Parallel()
	const many = 5000
	started := time.Now()
	_, err := parseConfig("config.toml", []byte(fleet(many, func(int) string { return `key = { env = "KEY" }` })), noEnv)
	broken, ok := errors.AsType[*strict.Error](err)
	if !ok || len(broken.Problems) != 2 {
		t.Fatalf("%.500v", err)
	}
	text := err.Error()
	for _, want := range []string{"dossier.d0000.siret: is missing (and 4999 times more: dossier.d0001.siret in line ",
		"dossier.d0001.key: is the key of the dossier \"d0000\" (and 4998 times more: "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not told: %s", want, text)
		}
	}
	if lines := strings.Count(text, "\n") + 1; lines != 4 {
		t.Errorf("%d lines", lines)
	}
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestFewMistakesAreNamed(t *testing.T) {
	t.Parallel()
	for n, more := range map[int]string{2: "once", 3: "2 times"} {
		_, err := parseConfig("config.toml", []byte(fleet(n, func(i int) string { return fmt.Sprintf(`key = { env = "KEY%d" }`, i) })), noEnv)
		told := "dossier.d0000.siret: is missing (and " + more + " more: dossier.d0001.siret in line "
		if text := fmt.Sprint(err); !strings.Contains(text, told) || strings.Contains(text, "…") {
			t.Error(text)
		}
	}
}

// The same trouble with many keys is one, whatever the secrets are called.
func TestUnreadableSecretsAreGrouped(t *testing.T) {
	t.Parallel()
	c, err := parseConfig("config.toml", []byte(fleet(300, func(i int) string {
		return fmt.Sprintf("siret = %q\nkey = { env = \"KEY%d\" }", siretOf(i), i)
	})), noEnv)
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, p := range c.Unreadable() {
		if strings.HasPrefix(p.Key, "dossier.d") {
			keys += 1
			if len(p.More) != 299 || !strings.Contains(p.String(), "env KEY0 is not set (and 299 times more: dossier.d0001.key in line ") {
				t.Error(p.String())
			}
		}
	}
	if keys != 1 {
		t.Errorf("%d problems with keys", keys)
	}
}

// A column may have any name that Postgres gives it: what fields take, the key takes.
func TestNamesOfKeyColumns(t *testing.T) {
	t.Parallel()
	for name, fits := range map[string]bool{
		"matricule": true, "n° salarié": true, "Matricule": true, "n'salarié": true, "é": true,
		"": false, " matricule": false, "matricule ": false, `"matricule"`: false, "'matricule'": false, "a\tb": false, "a\u200bb": false,
	} {
		if columnPattern().MatchString(name) != fits {
			t.Errorf("%q: %v", name, !fits)
		}
	}
}
