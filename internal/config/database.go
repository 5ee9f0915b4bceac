package config

import (
	"encoding/base64"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// ledgerKeyBytes is the length of the ledger's key once decoded.
const ledgerKeyBytes = 32

// Database says where the ledger and staging are.
type Database struct {
	URL        DatabaseURL
	StagingURL DatabaseURL   // that of the ledger unless configured
	LedgerKey  strict.Secret // base64 of 32 bytes: see Config.LedgerKey
	FormerKey  strict.Secret // the one that it takes the place of, for 'syncd rekey' alone; zero = none
	Lease      time.Duration
	Watermark  string // folder of the file that says how far the ledger has come; "auto", or "none"
}

// StagingApart tells that staging is in another database than the ledger.
func (d Database) StagingApart() bool { return d.StagingURL.String() != d.URL.String() }

// DatabaseURL is a Postgres connection string: in the open when it holds no password, by reference otherwise.
type DatabaseURL struct {
	Open      string        // as written; never holds a password
	Reference strict.Secret // where to read it when Open is empty
}

// String is the URL as configured: in the open, or where it is kept.
func (u DatabaseURL) String() string {
	if u.Open != "" {
		return u.Open
	}
	return u.Reference.String()
}

// IsZero tells that none is configured.
func (u DatabaseURL) IsZero() bool { return u.Open == "" && u.Reference.IsZero() }

// Read returns the connection string. It may hold a password: not for logs. An error is an *Error.
func (u DatabaseURL) Read() (string, error) {
	if u.Open != "" {
		return u.Open, nil
	}
	text, err := u.Reference.Read()
	if err != nil {
		return "", err
	}
	if what, unfit := unusable(text); unfit {
		return "", u.Reference.Fail(what)
	}
	return text, nil
}

// LedgerKey reads the 32 bytes that fingerprints and sealing derive from. An error is an *Error.
func (c *Config) LedgerKey() ([]byte, error) { return readKey(c.Database.LedgerKey) }

// FormerKey reads the key that the ledger key takes the place of. An error is an *Error.
func (c *Config) FormerKey() ([]byte, error) { return readKey(c.Database.FormerKey) }

func readKey(secret strict.Secret) ([]byte, error) {
	text, err := secret.Read()
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != ledgerKeyBytes {
		return nil, secret.Fail(strict.Say("no-ledger-key"))
	}
	return key, nil
}

func readDatabase(t *strict.Table) Database {
	defer t.Finish()
	d := Database{
		URL:        readDatabaseURL(t, "url"),
		StagingURL: readDatabaseURL(t, "staging_url"),
		LedgerKey:  t.Secret("ledger_key"),
		Lease:      t.Duration("lease", 15*time.Second, 2*time.Second, 10*time.Minute),
		Watermark:  readWatermark(t, "watermark"),
	}
	if t.Has("ledger_key_former") {
		d.FormerKey = t.Secret("ledger_key_former")
	}
	if !t.Has("url") {
		t.Report("url", strict.Say("missing"), strict.Say("write-url"))
	}
	if d.StagingURL.IsZero() {
		d.StagingURL = d.URL
	}
	return d
}

// watermark is "auto", "none", or a folder.
func readWatermark(t *strict.Table, key string) string {
	where := t.Text(key, "auto")
	if where != "auto" && where != "none" && !path.IsAbs(where) {
		t.Report(key, strict.Say("no-watermark"))
	}
	return where
}

// stateFolder is that of the package's service.
const stateFolder = "/var/lib/syncd"

// WatermarkFolder is where the file is kept that says how far the ledger has come; "" = nowhere. chosen: the configuration
// names it. By itself it is the folder that systemd gives the service, or that of the package where there is one: a
// rehearsal has neither.
func (d Database) WatermarkFolder(getenv func(string) string) (folder string, chosen bool) {
	switch d.Watermark {
	case "none":
		return "", false
	case "auto":
	default:
		return d.Watermark, true
	}
	if given, _, _ := strings.Cut(getenv("STATE_DIRECTORY"), ":"); given != "" { // systemd separates several by colons
		return given, true
	}
	if info, err := os.Stat(stateFolder); err == nil && info.IsDir() {
		return stateFolder, false
	}
	return "", false
}

// passwordPattern finds a password in a connection string, in a URL's query or as a keyword.
var passwordPattern = lazyregexp.New(`(?i)(^|[\s?&])(ssl)?password\s*=`)

func readDatabaseURL(t *strict.Table, key string) DatabaseURL {
	n := t.Want(key, strict.KindText, strict.KindTable)
	switch {
	case n == nil:
		return DatabaseURL{}
	case n.Kind == strict.KindTable:
		return DatabaseURL{Reference: t.Reference(key)}
	case strings.TrimSpace(n.Text) == "":
		t.Report(key, strict.Say("empty"), strict.Say("write-local-url"))
	case holdsPassword(n.Text):
		t.Report(key, strict.Say("password-here", "key", key))
	case strings.Contains(n.Text, "://") || !strings.Contains(n.Text, "="): // else "host=… dbname=…"
		if u, err := url.Parse(n.Text); err == nil && u.Scheme != "postgres" && u.Scheme != "postgresql" {
			t.Report(key, strict.Say("no-postgres-url"))
			break
		}
		fallthrough
	default:
		if what, unfit := unusable(n.Text); unfit {
			t.Report(key, what)
		}
	}
	return DatabaseURL{Open: n.Text}
}

// CheckOpenURL refuses a connection string that everybody sees, such as one on a command line, where it cannot be used or holds a
// password. An error is a *hinted.Coded.
func CheckOpenURL(connection string) error {
	if holdsPassword(connection) {
		return hinted.Because(nil, "load.password")
	}
	if what, unfit := unusable(connection); unfit {
		return &hinted.Coded{Fact: what}
	}
	return nil
}

var (
	sslMode  = lazyregexp.New(`(?i)(?:^|[\s?&])sslmode\s*=\s*'?([^\s&']*)`)
	sslModes = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	portText = lazyregexp.New(`(?i)(?:^|[\s?&])port\s*=\s*'?([^\s&']*)|://(?:[^/?]*@)?[^/?@]*:([^/?@:,\]]*)(?:[/?]|$)`)
)

// unusable is what is wrong with a connection string, of which it quotes neither password nor host.
func unusable(connection string) (what hinted.Fact, unfit bool) {
	if m := sslMode().FindStringSubmatch(connection); m != nil && !slices.Contains(sslModes, m[1]) {
		return strict.Say("no-sslmode", "modes", hinted.Either(sslModes)), true
	}
	if m := portText().FindStringSubmatch(connection); m != nil && m[1]+m[2] != "" {
		if port, err := strconv.Atoi(m[1] + m[2]); err != nil || port < 1 || port > 65535 {
			return strict.Say("no-postgres-port"), true
		}
	}
	if _, err := pgconn.ParseConfig(connection); err != nil {
		return strict.Say("no-postgres-url"), true
	}
	return hinted.Fact{}, false
}

// holdsPassword errs on the safe side: text between // and @ with a colon in it counts even where it is no valid URL.
func holdsPassword(connection string) bool {
	if passwordPattern().MatchString(connection) {
		return true
	}
	_, rest, ok := strings.Cut(connection, "://")
	if !ok {
		return false
	}
	user, ok := beforeLast(rest, "@")
	return ok && strings.Contains(user, ":")
}

// beforeLast is what stands before the last separator, of which a password may hold some; found = false: there is none.
func beforeLast(s, separator string) (before string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], true
	}
	return s, false
}
