package testpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Template describes a prepared database that tests get copies of. The zero Template is an empty database.
type Template struct {
	Name    string // short, of letters, digits and _
	Sources fs.FS  // what Prepare reads, such as migrations: when their content changes, it is another template
	Prepare func(ctx context.Context, url string) error
}

// templates remembers which templates of a server are known to exist.
type templates struct {
	mu    sync.Mutex
	ready map[string]bool
}

// lockSpace is the first key of the advisory locks under which templates are made; the second is the name's hash.
const lockSpace = 0x73796e63 // "sync"

// database is the name of the template's database.
func (t Template) database() (string, error) {
	hash := sha256.New()
	if t.Sources != nil {
		err := fs.WalkDir(t.Sources, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(t.Sources, path)
			fmt.Fprintf(hash, "%s\x00%d\x00%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("reading the sources of template %q: %w", t.Name, err)
		}
	}
	return fmt.Sprintf("syncd_template_%s_%s", t.Name, hex.EncodeToString(hash.Sum(nil)[:8])), nil
}

// ensureTemplate returns the name of the template's database, which it makes unless it exists. Tests and processes
// that ask for the same one wait for each other.
func (s *Server) ensureTemplate(ctx context.Context, admin *pgx.Conn, t Template) (name string, err error) {
	name, err = t.database()
	if err != nil {
		return "", err
	}
	s.templates.mu.Lock()
	defer s.templates.mu.Unlock()
	if s.templates.ready[name] {
		return name, nil
	}
	if _, err = admin.Exec(ctx, "SELECT pg_advisory_lock($1, hashtext($2))", lockSpace, name); err != nil {
		return "", fmt.Errorf("locking template %s: %w", name, err)
	}
	defer func() {
		_, unlockErr := admin.Exec(ctx, "SELECT pg_advisory_unlock($1, hashtext($2))", lockSpace, name)
		err = errors.Join(err, unlockErr)
	}()
	if err = s.makeTemplate(ctx, admin, name, t); err != nil {
		return "", fmt.Errorf("making template %s: %w", name, err)
	}
	if s.templates.ready == nil {
		s.templates.ready = map[string]bool{}
	}
	s.templates.ready[name] = true
	return name, nil
}

// makeTemplate makes the template's database. It is marked as a template when it is complete, so that one whose
// preparation failed is made again.
func (s *Server) makeTemplate(ctx context.Context, admin *pgx.Conn, name string, t Template) error {
	var complete bool
	err := admin.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&complete)
	if complete {
		return nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	locale, err := frenchLocale(ctx, admin)
	if err != nil {
		return err
	}
	if err := execAll(ctx, admin,
		"DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)",
		"CREATE DATABASE "+quote(name)+" TEMPLATE template0 ENCODING 'UTF8'"+locale,
	); err != nil {
		return err
	}
	if t.Prepare != nil {
		url, err := databaseURL(s.URL, name, nil)
		if err != nil {
			return err
		}
		if err := t.Prepare(ctx, url); err != nil {
			return err
		}
	}
	return execAll(ctx, admin, "ALTER DATABASE "+quote(name)+" IS_TEMPLATE true ALLOW_CONNECTIONS false")
}

// frenchLocale makes text sort as on a French server, unlike bytes, so that a query that forgets COLLATE "C" shows.
// It needs a server of version 15 or newer that was built with ICU, as Debian's are.
func frenchLocale(ctx context.Context, admin *pgx.Conn) (string, error) {
	var able bool
	err := admin.QueryRow(ctx, `SELECT current_setting('server_version_num')::int >= 150000
		AND EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i')`).Scan(&able)
	if err != nil || !able {
		return "", err
	}
	return " LOCALE_PROVIDER icu ICU_LOCALE 'fr'", nil
}
