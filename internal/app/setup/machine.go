package setup

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"syncd/internal/app"
	"syncd/internal/hinted"
	"syncd/internal/partner"
	"syncd/migrations"
)

const (
	ledgerKey = "ledger-key"
	superuser = "postgres"
)

// Machine is where a configuration is set up.
type Machine struct {
	Root   string // a folder that stands for /, and then the caller's own user for postgres; "" = the machine itself
	DryRun bool   // everything is looked at, and nothing made
	Getenv func(string) string
	Told   func(hinted.Fact) // what was done, and what was there already
}

// Error is something of the machine that is in the way. What was done until then stays, and the same command goes on with it.
type Error struct{ error }

func (e *Error) Unwrap() error { return e.error }

func inTheWay(met error, code string, namesAndValues ...any) error {
	return &Error{hinted.Because(met, code, namesAndValues...)}
}

// Folder is where the configuration of an instance is; "" = that of syncd.service.
func (m *Machine) Folder(instance string) string {
	return filepath.Join(string(filepath.Separator), m.Root, "etc", "syncd", instance)
}

func (m *Machine) config(a *Answers) string {
	return filepath.Join(m.Folder(a.Instance), "config.toml")
}

func (m *Machine) credential(a *Answers, name string) string {
	return filepath.Join(m.Folder(a.Instance), "credentials", name)
}

// ErrStopped is the end of a setup that a person stopped; the same command goes on with it.
var ErrStopped error = hinted.Because(nil, "setup.stopped")

// has reports whether there is a file, which then is kept. That it cannot be known counts as being there; where a folder should be
// and a file is, there is none.
func has(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// Configured reports whether the instance has a configuration: then there is nothing to ask.
func (m *Machine) Configured(a *Answers) bool {
	configured := has(m.config(a))
	if configured && !m.DryRun {
		m.sweep(a)
	}
	return configured
}

// Fits refuses a rehearsal where another configuration is: what is typed next would be real.
func (m *Machine) Fits(a *Answers) error {
	text, err := os.ReadFile(m.config(a))
	if a.Rehearsal && (err != nil || !bytes.Contains(text, []byte("http://"+standInListens))) {
		return inTheWay(err, "setup.no-rehearsal", "path", m.config(a))
	}
	return nil
}

// sweep removes what a killed setup left behind. That it cannot be removed does no harm.
func (m *Machine) sweep(a *Answers) {
	left, _ := filepath.Glob(filepath.Join(m.Folder(a.Instance), unfinished+"*")) // its pattern is good
	for _, path := range left {
		_ = os.Remove(path)
	}
}

// HasCredential reports whether a secret is in place.
func (m *Machine) HasCredential(a *Answers, name string) bool { return has(m.credential(a, name)) }

// Do makes what is missing, the configuration last: whoever finds one finds the rest. It returns the credentials that are still to
// be put in place.
func (m *Machine) Do(ctx context.Context, a *Answers) (missing []string, err error) {
	text, credentials, err := a.Text()
	if err != nil {
		return nil, err
	}
	if err := m.judge(text); err != nil {
		return nil, err
	}
	end, err := m.alone(a)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := m.database(ctx, a); err != nil {
		return nil, err
	}
	for _, name := range credentials {
		made, err := m.secret(ctx, a, name)
		if err != nil {
			return nil, err
		}
		if !made {
			missing = append(missing, name)
		}
	}
	return missing, m.write(m.config(a), "setup.config", text, 0o644)
}

// judge refuses a configuration that the program would not read, before anything is made.
func (m *Machine) judge(text string) error {
	dir, err := os.MkdirTemp("", "syncd-setup-")
	if err != nil {
		return hinted.While("writing the configuration", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return hinted.While("writing the configuration", err)
	}
	_, err = partner.LoadConfig(file, func(string) string { return "" })
	return err
}

// alone makes the folders, and takes hold of them: no two setups are at it at once. What a killed one left there is removed.
func (m *Machine) alone(a *Answers) (end func(), err error) {
	folder := m.Folder(a.Instance)
	if m.DryRun {
		return func() {}, nil
	}
	unix.Umask(0o022) // all may read the configuration, whatever the caller's says
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, inTheWay(err, "setup.no-folder", "path", folder)
	}
	if err := os.Mkdir(filepath.Join(folder, "credentials"), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, inTheWay(err, "setup.no-folder", "path", filepath.Join(folder, "credentials"))
	}
	held, err := os.Open(folder)
	if err != nil {
		return nil, inTheWay(err, "setup.no-folder", "path", folder)
	}
	if err := unix.Flock(int(held.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil { //nolint:gosec // a file descriptor fits
		return nil, errors.Join(inTheWay(nil, "setup.another", "path", folder), held.Close())
	}
	m.sweep(a)
	return func() { _ = held.Close() }, nil
}

// unfinished is how the name of a file begins that is not whole yet.
const unfinished = ".setup-"

// secret puts one in place; false = it is not known, and to be put there later.
func (m *Machine) secret(ctx context.Context, a *Answers, name string) (made bool, err error) {
	path, value := m.credential(a, name), a.Secrets[name]
	switch {
	case has(path):
		m.Told(hinted.Say("setup.kept-file", "path", path))
		return true, nil
	case name == ledgerKey:
		return true, m.ledgerKey(ctx, a, path)
	case value == "" && a.Rehearsal:
		value = app.RandomSecret()
	case value == "":
		return false, nil
	}
	return true, m.write(path, "setup.secret", value+"\n", 0o600)
}

// ledgerKey makes the key, but for a ledger that was written with another.
func (m *Machine) ledgerKey(ctx context.Context, a *Answers, path string) error {
	written, err := m.Migrated(ctx, a)
	if err != nil {
		return err
	}
	if written {
		return inTheWay(nil, "setup.key-lost", "database", a.Values["database"], "path", path)
	}
	return m.write(path, "setup.key", app.RandomSecret()+"\n", 0o600)
}

// write makes a file, whole or not at all, where there is none.
func (m *Machine) write(path, code, content string, mode fs.FileMode) error {
	switch {
	case has(path):
		m.Told(hinted.Say("setup.kept-file", "path", path))
		return nil
	case m.DryRun:
		m.Told(hinted.Say(code, "path", path))
		return nil
	}
	if err := m.place(path, content, mode); err != nil {
		return inTheWay(err, "setup.unwritten", "path", path)
	}
	m.Told(hinted.Say(code, "path", path))
	return nil
}

// place writes beside the folder of credentials: what is in there the service is given.
func (m *Machine) place(path, content string, mode fs.FileMode) (err error) {
	folder := strings.TrimSuffix(filepath.Dir(path), "/credentials")
	f, err := os.CreateTemp(folder, unfinished)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // which, unlike a rename, takes the place of nothing
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// database makes the database, the default tables and the roles.
func (m *Machine) database(ctx context.Context, a *Answers) error {
	name := a.Values["database"]
	if err := m.roles(ctx, name); err != nil {
		return err
	}
	encoding, err := m.psql(ctx, superuser, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = '"+name+"'")
	switch {
	case err != nil:
		return err
	case encoding == "":
		return m.makeDatabase(ctx, a, name)
	case encoding != "UTF8":
		return inTheWay(nil, "setup.not-utf8", "database", name, "encoding", encoding)
	}
	m.Told(hinted.Say("setup.kept-database", "database", name))
	schemas, err := m.psql(ctx, name,
		"SELECT nspname, nspowner::regrole FROM pg_namespace WHERE nspname IN ('syncd', 'inbox') ORDER BY nspname")
	if err != nil {
		return err
	}
	filled := false
	for line := range strings.Lines(schemas) {
		schema, owner, _ := strings.Cut(strings.TrimSpace(line), "|")
		if owner != "syncd" {
			return inTheWay(nil, "setup.other-owner", "database", name, "schema", schema, "owner", owner)
		}
		filled = filled || schema == "syncd"
	}
	if !filled {
		there, err := m.psql(ctx, name,
			"SELECT to_regclass('staging.employee') IS NOT NULL AND to_regclass('staging.payroll_element') IS NOT NULL")
		if err != nil {
			return err
		}
		return m.fill(ctx, a, name, there == "t")
	}
	m.Told(hinted.Say("setup.kept-roles", "database", name))
	return nil
}

func (m *Machine) makeDatabase(ctx context.Context, a *Answers, name string) error {
	if !m.DryRun {
		if _, err := m.psql(ctx, superuser, `CREATE DATABASE "`+name+`" TEMPLATE template0 ENCODING 'UTF8'`); err != nil {
			return err
		}
	}
	m.Told(hinted.Say("setup.database", "database", name))
	return m.fill(ctx, a, name, false)
}

// fill makes schemas, tables and roles in one transaction: psql sends one text as one command, and Postgres keeps all of it or nothing.
// The rights of a role that is there stay as they are, and so do those of everybody in a schema staging that is there. Where both default
// tables are there, whoever made them, they stay as well, and check tells whether they fit.
func (m *Machine) fill(ctx context.Context, a *Answers, name string, tables bool) error {
	script, told := "SET syncd.keep_roles = 'on';\n", "setup.kept-tables"
	wanted := a.Rehearsal || a.Values["tables"] == DefaultTables
	if wanted && !tables {
		script, told = script+migrations.Staging, "setup.tables"
	}
	if !m.DryRun {
		if _, err := m.psql(ctx, name, script+migrations.Roles); err != nil {
			return err
		}
	}
	if wanted {
		m.Told(hinted.Say(told, "database", name))
	}
	m.Told(hinted.Say("setup.roles", "database", name))
	return nil
}

// roles tells of those that are there, and may more or less than they should.
func (m *Machine) roles(ctx context.Context, database string) error {
	found, err := m.psql(ctx, superuser, `SELECT concat_ws(' ', rolname, CASE WHEN NOT rolcanlogin AND rolname = 'syncd' THEN 'NOLOGIN' END,
		CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
		CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END)
		FROM pg_roles WHERE rolname IN ('syncd', 'syncd_web', 'staging_writer', 'inbox_reader') ORDER BY rolname`)
	if err != nil {
		return err
	}
	for line := range strings.Lines(found) {
		name, rights, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case strings.HasPrefix(rights, "NOLOGIN"):
			return inTheWay(nil, "setup.no-login")
		case rights != "":
			m.Told(hinted.Say("setup.kept-role", "role", name, "rights", rights, "database", database))
		}
	}
	return nil
}

// Migrated reports whether the database holds a ledger already.
func (m *Machine) Migrated(ctx context.Context, a *Answers) (bool, error) {
	name := a.Values["database"]
	there, err := m.psql(ctx, superuser, "SELECT 1 FROM pg_database WHERE datname = '"+name+"'")
	if err != nil || there == "" {
		return false, err
	}
	ledger, err := m.psql(ctx, name, "SELECT to_regclass('syncd.run')")
	return ledger != "", err
}

// psql executes a statement as the superuser over the local socket, and returns the value that it gives.
func (m *Machine) psql(ctx context.Context, database, statement string) (string, error) {
	cmd := exec.CommandContext(ctx, "psql", "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement)
	cmd.Env = []string{"PATH=" + m.Getenv("PATH"), "LC_ALL=C.UTF-8", "PGCONNECT_TIMEOUT=10", "PGOPTIONS=-c client_min_messages=warning"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us: what psql says of it helps nobody
	if m.Root == "" {
		account, err := user.Lookup(superuser)
		if err != nil {
			return "", inTheWay(nil, "setup.no-postgres")
		}
		uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return "", err
		}
		cmd.Dir = "/"
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	} else {
		for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGPASSWORD"} {
			cmd.Env = append(cmd.Env, name+"="+m.Getenv(name))
		}
	}
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	said := strings.Join(strings.Fields(complaint.String()), " ")
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return strings.TrimSpace(out.String()), nil
	case ctx.Err() != nil:
		return "", ErrStopped
	case errors.Is(err, exec.ErrNotFound):
		return "", inTheWay(nil, "setup.no-postgres")
	case ended && exit.ExitCode() == unconnected && !strings.Contains(said, "FATAL:"):
		return "", inTheWay(nil, "setup.postgres-away", "problem", said)
	}
	return "", inTheWay(nil, "setup.psql", "database", database, "problem", said)
}

// unconnected is psql's exit code where it reaches no server, or one that says why it refuses (FATAL).
const unconnected = 2

// Migrate makes the ledger through syncd-admin, where the service can run; false = that is left to do.
func (m *Machine) Migrate(ctx context.Context, a *Answers) (done bool) {
	if written, err := m.Migrated(ctx, a); err != nil || written {
		return written
	}
	if info, err := os.Stat("/run/systemd/system"); m.Root != "" || m.DryRun || err != nil || !info.IsDir() {
		return false
	}
	args := strings.Fields(a.Admin("migrate"))[1:]
	cmd := exec.CommandContext(ctx, "/usr/sbin/syncd-admin", args...)
	cmd.Env = []string{"PATH=" + m.Getenv("PATH"), "LANG=C.UTF-8"}
	if cmd.Run() != nil {
		return false
	}
	m.Told(hinted.Say("setup.migrated", "database", a.Values["database"]))
	return true
}

// Step is a command that is left to be typed, and what it is for.
type Step struct {
	Command string
	hinted.Fact
}

// Left is what remains to do, in this order.
func (m *Machine) Left(a *Answers, missing []string, migrated bool) (steps []Step) {
	add := func(command, code string) { steps = append(steps, Step{command, hinted.Say(code)}) }
	for _, name := range missing {
		add("(umask 077; systemd-ask-password "+name+": > "+m.credential(a, name)+")", "setup.then-secret")
	}
	if a.Values["tables"] == Here && a.Values["schema"] != "staging" {
		schema := schemaInQuery(a.Values["schema"])
		add(psqlOf(a)+` -c "GRANT USAGE ON SCHEMA `+schema+` TO syncd; GRANT SELECT ON ALL TABLES IN SCHEMA `+schema+` TO syncd"`, "setup.then-grant")
	}
	if tables := a.Values["tables"]; tables != "" && tables != DefaultTables {
		add("editor "+m.config(a), "setup.then-tables")
	}
	if !migrated {
		add(a.Admin("migrate"), "setup.then-migrate")
	}
	if a.Rehearsal {
		add("systemctl start "+a.unit("syncd-sandbox"), "setup.then-sandbox")
		if a.Sends() {
			add("syncd sandbox sample saint-martin=8 sainte-anne=120 | "+psqlOf(a)+" -q", "setup.then-sample")
		}
	}
	if a.Sends() {
		add(a.Admin("contract fetch"), "setup.then-contract")
		add(a.Admin("run dictionnaire"), "setup.then-lists")
	}
	add(a.Admin("check"), "setup.then-check")
	if a.Sends() {
		add(a.Admin("plan paie"), "setup.then-plan")
	}
	add("systemctl enable --now "+a.unit("syncd"), "setup.then-start")
	return steps
}

func psqlOf(a *Answers) string { return "runuser -u postgres -- psql -d " + a.Values["database"] }

// Admin is a command as it is typed for the instance.
func (a *Answers) Admin(command string) string {
	if a.Instance == "" {
		return "syncd-admin " + command
	}
	return "syncd-admin -i " + a.Instance + " " + command
}

func (a *Answers) unit(name string) string {
	if a.Instance == "" {
		return name
	}
	return name + "@" + a.Instance
}
