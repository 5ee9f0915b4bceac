package main

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/sample"
	"syncd/migrations"
)

const sandboxTokenLifetime = time.Hour

func newSandboxInit(p process) *cobra.Command {
	r := rehearsal{Database: "postgres:///syncd_rehearsal", Listen: "127.0.0.1:8089"}
	cmd := &cobra.Command{
		Use:  "init",
		Args: exactly("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Dir = args[0]
			if !slices.Contains(standIn().Profiles, r.Profile) {
				return noProfile(r.Profile)
			}
			if err := r.write(); err != nil {
				return err
			}
			_, err := fmt.Fprint(p.Stdout, locale.Fill(p.words().Answers.Sandbox.Ready, "folder", r.Dir, "database",
				databaseName(r.Database), "flags", r.sandboxFlags()))
			return err
		},
	}
	addProfile(cmd, &r.Profile)
	cmd.Flags().StringVar(&r.Database, "database", r.Database, "")
	cmd.Flags().StringVar(&r.Listen, "listen", r.Listen, "")
	return cmd
}

// rehearsal is a folder with all that a rehearsal needs.
type rehearsal struct {
	Dir      string
	Database string
	Listen   string
	Profile  string
}

// sample is the configuration that the rehearsal starts from.
func (r rehearsal) sample() string {
	return cmp.Or(standIn().Samples[r.Profile], syncd.SampleConfig)
}

// sandboxFlags are what 'syncd sandbox' needs to be told.
func (r rehearsal) sandboxFlags() string {
	if r.Profile == standIn().Profiles[0] {
		return ""
	}
	return " --profile " + r.Profile
}

func (r rehearsal) write() error {
	if host, _, err := net.SplitHostPort(r.Listen); err != nil || !net.ParseIP(host).IsLoopback() {
		return usagef("--listen %q is not a loopback address with a port\nhint: --listen 127.0.0.1:8089", r.Listen)
	}
	text, secrets, err := r.config(r.sample())
	if err != nil {
		return err
	}
	if err := os.Mkdir(r.Dir, 0o700); errors.Is(err, fs.ErrExist) {
		return wrong("folder-exists", r.Dir)
	} else if err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	files := map[string]string{"config.toml": text, "staging.sql": migrations.Staging, "roles.sql": migrations.Roles}
	for _, name := range secrets {
		files[name] = randomSecret() + "\n"
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("writing the rehearsal: %w", err)
		}
	}
	return nil
}

// randomSecret is 32 bytes in base64, which is also the form of a ledger key.
func randomSecret() string {
	var secret [32]byte
	rand.Read(secret[:]) // never fails: crypto/rand aborts the program instead
	return base64.StdEncoding.EncodeToString(secret[:])
}

var credential = regexp.MustCompile(`\{ credential = "([^"]+)" \}`)

// config makes the sample configuration one for the sandbox, with secrets in files beside it, whose names it returns.
func (r rehearsal) config(sample string) (text string, secrets []string, err error) {
	replacements := map[string]string{
		`url = "postgres:///paie"`: fmt.Sprintf("url = %q", r.Database),
		`# base_url = `:            fmt.Sprintf("base_url = %q", "http://"+r.Listen+standIn().Path),
		`# token_url = `:           fmt.Sprintf("token_url = %q", "http://"+r.Listen+standIn().API.TokenPath),
		`# rate_per_second = `:     "rate_per_second = 1000",
	}
	lines := strings.Split(sample, "\n")
	for i, line := range lines {
		for start, replacement := range replacements {
			if strings.HasPrefix(line, start) {
				lines[i] = replacement
				delete(replacements, start)
			}
		}
		if m := credential.FindStringSubmatch(line); m != nil && !strings.HasPrefix(line, "#") {
			lines[i] = strings.Replace(line, m[0], fmt.Sprintf("{ file = %q }", m[1]+".secret"), 1)
			secrets = append(secrets, m[1]+".secret")
		}
	}
	if len(replacements) > 0 {
		return "", nil, fmt.Errorf("the sample configuration is not as this program expects: %d settings are missing", len(replacements))
	}
	return strings.Join(lines, "\n"), secrets, nil
}

func databaseName(url string) string {
	name := url[strings.LastIndex(url, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	return name
}

func newSandboxSample(p process) *cobra.Command {
	var elementsOnly bool
	options := sample.Options{Period: string(jobs.PeriodOf(time.Now())), ElementsPerEmployee: 3}
	cmd := &cobra.Command{
		Use:  "sample",
		Args: between(1, 1000),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := jobs.ParsePeriod(options.Period); err != nil {
				return usageError{err}
			}
			var all []sample.Options
			for _, arg := range args {
				o, err := parseSample(arg, options)
				if err != nil {
					return err
				}
				all = append(all, o)
			}
			if elementsOnly {
				return sample.WriteElementsSQL(p.Stdout, all...)
			}
			return sample.WriteSQL(p.Stdout, all...)
		},
	}
	cmd.Flags().StringVar(&options.Period, "period", options.Period, "")
	cmd.Flags().Float64Var(&options.ElementsPerEmployee, "elements", options.ElementsPerEmployee, "")
	cmd.Flags().BoolVar(&elementsOnly, "elements-only", false, "")
	return cmd
}

func parseSample(arg string, o sample.Options) (sample.Options, error) {
	name, count, _ := strings.Cut(arg, "=")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || name == "" {
		return o, usagef("%q is not DOSSIER=EMPLOYEES\nhint: saint-martin=8", arg)
	}
	seed := fnv.New64a()
	seed.Write([]byte(name))
	o.Dossier, o.Employees, o.Seed = name, n, seed.Sum64()
	return o, nil
}
