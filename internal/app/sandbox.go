package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"syncd"
	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
	"syncd/internal/partner"
	"syncd/internal/sandbox"
	"syncd/migrations"
)

// Sandbox is the stand-in of a partner on this machine, for rehearsals: it is opened, and controlled where it runs.
type Sandbox struct {
	app     *App
	partner *config.Partner
	Profile string // of the stand-in
}

// Sandbox is that of the first partner of the configuration.
func (a *App) Sandbox() Sandbox {
	p := &a.Config.Partners[0]
	return Sandbox{a, p, partner.Named(p.Name).StandIn.Profiles[0]}
}

// SandboxOf is the one of a profile, which there must be. An error is a *Refused.
func (a *App) SandboxOf(profile string) (Sandbox, error) {
	of := partner.OfProfile(profile)
	p := a.Config.PartnerNamed(of.Name)
	if p == nil {
		return Sandbox{}, refuseFor("sandbox.no-partner", "profile", strconv.Quote(profile), "name", of.Name, "file", a.Config.File)
	}
	return Sandbox{a, p, profile}, nil
}

// StandIn is what stands in there.
func (s Sandbox) StandIn() *partner.StandIn { return &partner.Named(s.partner.Name).StandIn }

// Dossiers are those that the partner knows.
func (s Sandbox) Dossiers() (known []config.Dossier) {
	for _, d := range s.app.Config.AllDossiers {
		if _, has := d.Sections[s.partner.Name]; has || s.partner.Pull == nil && !d.Key.IsZero() {
			known = append(known, d)
		}
	}
	return known
}

// FolderExists: a rehearsal makes its folder.
const FolderExists Code = "folder-exists" // value

// refuseFor refuses an order for a fact.
func refuseFor(code string, namesAndValues ...any) error {
	return &Refused{Code: BadValue, Err: hinted.Because(nil, code, namesAndValues...)}
}

// Open prepares the stand-in for its dossiers, and listens at base_url. The caller serves.
func (s Sandbox) Open(ctx context.Context, o sandbox.Options) (*sandbox.Server, net.Listener, error) {
	address, err := s.address()
	if err != nil {
		return nil, nil, err
	}
	var dossiers []sandbox.Dossier
	for _, d := range s.Dossiers() {
		known, err := partner.Rehearsed(s.partner, &d)
		if err != nil {
			return nil, nil, err
		}
		dossiers = append(dossiers, known)
	}
	o.Profile = s.Profile
	server, err := s.StandIn().Open(s.partner, dossiers, o)
	if err != nil {
		return nil, nil, hinted.While("preparing the sandbox", err)
	}
	listener, err := sandbox.Listen(ctx, address)
	if err != nil {
		return nil, nil, s.baseURLError(hinted.What(err), strict.Say("port-taken"))
	}
	return server, listener, nil
}

// address is the host and port of base_url, which must be on this machine.
func (s Sandbox) address() (string, error) {
	u, err := url.Parse(s.partner.BaseURL)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return "", s.baseURLError(strict.Say("no-port"), hinted.Fact{})
	}
	return u.Host, nil
}

func (s Sandbox) baseURLError(what, next hinted.Fact) error {
	key := s.partner.Name
	if s.partner.Pull != nil {
		key = "partner." + key
	}
	return &strict.Error{Problems: []strict.Problem{{File: s.app.Config.File, Key: key + ".base_url", Fact: what, Next: next}}}
}

// Token is what its control wants.
func (s Sandbox) Token() (string, error) {
	if _, err := s.address(); err != nil {
		return "", err
	}
	secret, err := s.partner.Proof()
	return sandbox.ControlToken(secret), err
}

// Call asks the sandbox's control for something, on this machine. body is sent as JSON; nil = nothing is.
func (s Sandbox) Call(ctx context.Context, method, path string, body any) ([]byte, error) {
	address, err := s.address()
	if err != nil {
		return nil, err
	}
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	token, err := s.Token()
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, &jobs.CallError{Class: jobs.ClassTemporary, Call: method + " " + request.URL.Path,
			Problem: "no sandbox answers at " + address, Hint: "start it: syncd sandbox --config " + s.app.Config.File}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, hinted.While("reading the sandbox's answer", err)
	}
	if response.StatusCode == http.StatusUnauthorized {
		return nil, refuseFor("sandbox.other-configuration", "address", address, "file", s.app.Config.File)
	}
	if response.StatusCode/100 != 2 {
		problem, hint, _ := strings.Cut(string(answer), "\nhint: ")
		return nil, refuseFor("sandbox.refuses", "problem", problem, "hint", hint)
	}
	return answer, nil
}

// Edit changes a document behind the back of who sent it, or removes it.
func (s Sandbox) Edit(ctx context.Context, edit sandbox.Edit, remove bool) error {
	switch {
	case edit.Matricule == "":
		return refuseFor("sandbox.nobody")
	case remove && len(edit.Members) > 0:
		return refuseFor("sandbox.both")
	case !remove && len(edit.Members) == 0:
		return refuseFor("sandbox.nothing")
	}
	if edit.Period != "" {
		if _, err := ParsePeriod(edit.Period); err != nil {
			return err
		}
	}
	method := http.MethodPost
	if remove {
		method = http.MethodDelete
	}
	_, err := s.Call(ctx, method, "/sandbox/document", edit)
	return err
}

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
	if r.Profile == partner.Default().StandIn.Profiles[0] {
		return ""
	}
	return " --profile " + r.Profile
}

// Write makes the folder.
func (r Rehearsal) Write() error {
	if host, _, err := net.SplitHostPort(r.Listen); err != nil || !net.ParseIP(host).IsLoopback() {
		return refuseFor("sandbox.listen", "address", strconv.Quote(r.Listen))
	}
	text, secrets, err := r.config(r.sample())
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
		files[name] = randomSecret() + "\n"
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(content), 0o600); err != nil {
			return hinted.While("writing the rehearsal", err)
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

var credential = lazyregexp.New(`\{ credential = "([^"]+)" \}`)

// config makes the sample configuration one for the sandbox, with secrets in files beside it, whose names it returns.
func (r Rehearsal) config(sample string) (text string, secrets []string, err error) {
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
			lines[i] = strings.Replace(line, m[0], fmt.Sprintf("{ file = %q }", m[1]+".secret"), 1)
			secrets = append(secrets, m[1]+".secret")
		}
	}
	if len(replacements) > 0 {
		return "", nil, fmt.Errorf("the sample configuration is not as this program expects: %d settings are missing", len(replacements))
	}
	return strings.Join(lines, "\n"), secrets, nil
}

// Reads reports whether records are read from its partner.
func (r Rehearsal) Reads() bool { return partner.OfProfile(r.Profile).Reads != nil }

// DatabaseName is that of its ledger.
func (r Rehearsal) DatabaseName() string {
	name := r.Database[strings.LastIndex(r.Database, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	return name
}
