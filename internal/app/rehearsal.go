package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"syncd"
	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/partner"
	"syncd/internal/sample"
	"syncd/internal/schedule"
	"syncd/migrations"
)

// FolderExists: a rehearsal makes its folder.
const FolderExists Code = "folder-exists" // value

// Rehearsal is a folder with all that a rehearsal needs.
type Rehearsal struct {
	Dir      string
	Database string // a URL
	Listen   string // of the stand-in, on this machine
	Profile  string // of its API
	French   bool   // its configuration is explained in French, where the profile has none of its own
}

func (r Rehearsal) standIn() *partner.StandIn { return &partner.OfProfile(r.Profile).StandIn }

// sample is the configuration that the rehearsal starts from.
func (r Rehearsal) sample() string {
	if own := r.standIn().Samples[r.Profile]; own != "" {
		return own
	}
	if r.French {
		return syncd.FrenchSample
	}
	return syncd.SampleConfig
}

// Flags are what 'syncd sandbox' needs to be told.
func (r Rehearsal) Flags() string {
	if r.Profile == partner.Profiles()[0] {
		return ""
	}
	return " --profile " + r.Profile
}

// Write makes the folder.
func (r Rehearsal) Write() error {
	if partner.OfProfile(r.Profile) == nil {
		return noProfile(r.Profile)
	}
	if host, _, err := net.SplitHostPort(r.Listen); err != nil || !net.ParseIP(host).IsLoopback() {
		return refuseFor("sandbox.listen", "address", strconv.Quote(r.Listen))
	}
	text, secrets, err := r.Config(func(name string) string { return fmt.Sprintf("{ file = %q }", name+".secret") })
	if err != nil {
		return err
	}
	if err := os.Mkdir(r.Dir, 0o700); errors.Is(err, fs.ErrExist) {
		return refuse(FolderExists, Args{"value": r.Dir})
	} else if err != nil {
		return hinted.While("making the folder", err)
	}
	files := map[string]string{"config.toml": text, "staging.sql": migrations.Staging, "roles.sql": migrations.Roles}
	for _, name := range secrets {
		files[name+".secret"] = RandomSecret() + "\n"
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(content), 0o600); err != nil {
			return hinted.While("writing the rehearsal", err)
		}
	}
	return nil
}

// RandomSecret is 32 bytes in base64, which is also the form of a ledger key.
func RandomSecret() string {
	var secret [32]byte
	rand.Read(secret[:]) // never fails: crypto/rand aborts the program instead
	return base64.StdEncoding.EncodeToString(secret[:])
}

var credential = lazyregexp.New(`\{ credential = "([^"]+)" \}`)

// Config makes the sample configuration one for the sandbox. Its secrets are where reference says of their names, which it returns.
func (r Rehearsal) Config(reference func(name string) string) (text string, secrets []string, err error) {
	sample := r.sample()
	replacements := map[string]string{
		`url = "postgres:///paie"`: fmt.Sprintf("url = %q", r.Database),
		`# base_url = `:            fmt.Sprintf("base_url = %q", "http://"+r.Listen+r.standIn().Path),
		`# token_url = `:           fmt.Sprintf("token_url = %q", "http://"+r.Listen+r.standIn().API.TokenPath),
		`# rate_per_second = `:     "rate_per_second = 1000",
	}
	if r.Reads() { // such a sample is made for its stand-in, where tokens may have no address of their own
		delete(replacements, "# rate_per_second = ")
		if !strings.Contains(sample, "# token_url = ") {
			delete(replacements, "# token_url = ")
		}
	}
	lines := strings.Split(sample, "\n")
	for i, line := range lines {
		for start, replacement := range replacements {
			if strings.HasPrefix(line, start) {
				lines[i] = replacement
				delete(replacements, start)
			}
		}
		if m := credential().FindStringSubmatch(line); m != nil && !strings.HasPrefix(line, "#") {
			lines[i] = strings.Replace(line, m[0], reference(m[1]), 1)
			secrets = append(secrets, m[1])
		}
	}
	if len(replacements) > 0 {
		return "", nil, hinted.Because(nil, "defect.sample", "n", len(replacements))
	}
	return strings.Join(lines, "\n"), secrets, nil
}

// Reads reports whether records are read from its partner.
func (r Rehearsal) Reads() bool { return partner.OfProfile(r.Profile).Reads != nil }

// DatabaseName is that of its ledger.
func (r Rehearsal) DatabaseName() string {
	address, _, _ := strings.Cut(r.Database, "?") // a socket's folder has slashes, too
	return address[strings.LastIndex(address, "/")+1:]
}

// SamplePeriod is the month that a rehearsal's job is about, whatever the time zone of the machine.
func SamplePeriod(now time.Time) string {
	zone, err := schedule.Location(config.DefaultTimezone)
	if err != nil {
		zone = time.UTC // it is in the program
	}
	return string(jobs.PeriodOf(now.In(zone)))
}

// ParseSample reads DOSSIER=EMPLOYEES: made-up staff, the same each time.
func ParseSample(arg string, o sample.Options) (sample.Options, error) {
	name, count, _ := strings.Cut(arg, "=")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || name == "" {
		return o, refuseFor("command.not-a-sample", "value", strconv.Quote(arg))
	}
	seed := fnv.New64a()
	seed.Write([]byte(name))
	o.Dossier, o.Employees, o.Seed = name, n, seed.Sum64()
	return o, nil
}
