package config

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"syncd/internal/config/strict"
)

// canary is a secret that must never be seen in a message.
const canary = "c4n4ry-V3ry-s3cret"

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

// write makes a file of that mode, whatever the umask.
func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func secretOf(name string, getenv func(string) string) strict.Secret {
	table, err := strict.Parse("config.toml", []byte("key = { env = \""+name+"\" }"), getenv)
	if err != nil {
		panic(err)
	}
	return table.Secret("key")
}

// TestFixedParts: what goes with every call is a text or a secret, in one order whatever that of the file, and where a secret
// is kept tells no two jobs apart.
func TestFixedParts(t *testing.T) {
	t.Parallel()
	const fixed = "\n[isidoor.headers]\nocp-apim-subscription-key = { env = \"GATEWAY\" }\nAccept-Language = " +
		"\"fr\"\n[isidoor.query]\napi-version = \"2\"\n"
	read := func(sections string) *Config {
		c, err := parseConfig("config.toml", []byte(valid(t)+sections), env(map[string]string{"GATEWAY": canary, "OTHER": canary}))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := read(fixed)
	if h := c.Documents().Headers; len(h) != 2 || h[0].Name != "Accept-Language" || h[1].Name != "Ocp-Apim-Subscription-Key" ||
		c.Documents().Query[0].Value != "2" {
		t.Fatalf("%+v", c.Documents())
	}
	if value, err := c.Documents().Headers[1].Read(); value != canary || err != nil {
		t.Errorf("%q %v", value, err)
	}
	if n := len(c.Secrets()) - len(read("").Secrets()); n != 1 {
		t.Errorf("%d secrets more", n)
	}
	job := c.Jobs[0].Name
	if elsewhere := read(strings.Replace(fixed, "GATEWAY", "OTHER", 1)); c.JobDigest(job) != elsewhere.JobDigest(job) ||
		c.Digest() == elsewhere.Digest() {
		t.Error("the place of a secret tells jobs apart, or is not in the configuration's digest")
	}
	if other := read(strings.Replace(fixed, "\"2\"", "\"3\"", 1)); c.JobDigest(job) == other.JobDigest(job) {
		t.Error("another version of the API is the same job")
	}
	if warned := read("\n[isidoor.headers]\nX-Api-Key = \"abc\"\n").Warnings; len(warned) == 0 ||
		!strings.Contains(warned[len(warned)-1].String()+warned[0].String(), "looks like a secret") {
		t.Errorf("%v", warned)
	}
}

func TestDatabaseURL(t *testing.T) {
	t.Parallel()
	const full = "postgres://syncd:" + canary + "@db.example.org/paie"
	document := valid(t, `url = "postgres:///paie"`, `url = { env = "URL" }`)
	c, err := parseConfig("config.toml", []byte(document), env(map[string]string{"URL": full}))
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []DatabaseURL{c.Database.URL, c.Database.StagingURL, {Open: full}} {
		if got, err := url.Read(); err != nil || got != full {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if got := len(c.Secrets()); got != 4 {
		t.Errorf("got %d secrets", got)
	}
}

func TestLedgerKey(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", 32)
	for text, ok := range map[string]bool{
		base64.StdEncoding.EncodeToString([]byte(key)) + "\n":  true,
		base64.StdEncoding.EncodeToString([]byte(key + "x")):   false,
		base64.RawStdEncoding.EncodeToString([]byte(key[:20])): false,
		canary:                   false,
		strings.Repeat("0a", 32): false, // hexadecimal
	} {
		c := &Config{Database: Database{LedgerKey: secretOf("KEY", env(map[string]string{"KEY": text}))}}
		got, err := c.LedgerKey()
		switch {
		case ok && (err != nil || string(got) != key):
			t.Errorf("got %q, %v", got, err)
		case !ok && (err == nil || strings.Contains(err.Error(), strings.TrimSpace(text))):
			t.Errorf("got %v", err)
		}
	}
}
