// Package apptest is a world for tests that use the product as a door does: a ledger, staging, and a configuration that names
// a stand-in of the partner.
package apptest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncd"
	"syncd/internal/partner"
	"syncd/internal/sample"
	"syncd/internal/sandbox"
	"syncd/internal/store"
	"syncd/internal/testpg"
	"syncd/migrations"
)

// Period is the month that staging holds.
const Period = "2026-11"

// Dossiers are those of the sample configuration, as the stand-in knows them.
var Dossiers = []sandbox.Dossier{
	{Name: "saint-martin", Key: "key-of-saint-martin", Siret: "12345678200010"},
	{Name: "sainte-anne", Key: "key-of-sainte-anne", Siret: "99999999800019"},
}

// Template is a migrated ledger with staging: 8 employees in the first dossier, 12 in the second, 2 elements each.
var Template = testpg.Template{Name: "script", Sources: migrations.All, Prepare: func(ctx context.Context, url string) error {
	if _, _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, migrations.Staging); err != nil {
		return err
	}
	for i, employees := range []int{8, 12} {
		if err := fill(ctx, conn, Dossiers[i].Name, employees); err != nil {
			return err
		}
	}
	return nil
}}

func fill(ctx context.Context, conn *pgx.Conn, dossier string, employees int) error {
	options := sample.Options{Dossier: dossier, Employees: employees, ElementsPerEmployee: 2, Period: Period, Seed: 1}
	var staff, elements [][]any
	for e := range sample.Employees(options) {
		staff = append(staff, e.Row())
	}
	for e := range sample.Elements(options) {
		elements = append(elements, e.Row())
	}
	if _, err := conn.CopyFrom(ctx, sample.EmployeeTable, sample.EmployeeColumns, pgx.CopyFromRows(staff)); err != nil {
		return err
	}
	_, err := conn.CopyFrom(ctx, sample.ElementTable, sample.ElementColumns, pgx.CopyFromRows(elements))
	return err
}

var credentialReference = regexp.MustCompile(`\{ credential = "([^"]+)" \}`)

// Credentials are what a configuration of WriteConfig shows to the stand-in.
var Credentials = struct{ ID, Secret string }{"our-editor", "client-secret"}

// WriteConfig writes config.toml: the sample configuration, in English and with short times, and the files of its secrets. The
// URL of the database is read from the environment.
func WriteConfig(dir, address, variable string) error {
	p := partner.OfSample()
	section := "[" + p.Name + "]"
	text := "\n" + credentialReference.ReplaceAllString(syncd.SampleConfig, `{ file = "$1.secret" }`)
	for from, to := range map[string]string{
		`language = "fr"`:          `language = "en"`,
		`url = "postgres:///paie"`: `url = { env = "` + variable + `" }`,
		section: section + "\nbase_url = \"" + address + p.StandIn.Path + "\"\ntoken_url = \"" + address + p.StandIn.API.TokenPath +
			"\"\nrate_per_second = 10000\nrequest_timeout = \"5s\"\nretry_for = \"1s\"",
	} {
		if !strings.Contains(text, "\n"+from+"\n") {
			return fmt.Errorf("the sample configuration has no line %q", from)
		}
		text = strings.Replace(text, "\n"+from+"\n", "\n"+to+"\n", 1)
	}
	key := sha256.Sum256([]byte("ledger key"))
	files := map[string]string{"config.toml": text[1:], "ledger-key.secret": base64.StdEncoding.EncodeToString(key[:]),
		p.Name + "-client-secret.secret": Credentials.Secret}
	for _, d := range Dossiers {
		files["dossier-"+d.Name+".secret"] = d.Key
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}
