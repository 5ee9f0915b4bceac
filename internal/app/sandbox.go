package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/plaintext"
	"syncd/internal/sandbox"
)

// Sandbox is the stand-in of a partner on this machine, for rehearsals: it is opened, and controlled where it runs.
type Sandbox struct {
	app     *App
	partner *config.Partner
	Profile string // of the stand-in
}

// Sandbox is that of a profile; where none is named, of the first partner of the configuration. An error is a *Refused.
func (a *App) Sandbox(profile string) (Sandbox, error) {
	if profile == "" {
		return a.sandboxOf(&a.Config.Partners[0]), nil
	}
	of := partner.OfProfile(profile)
	if of == nil {
		return Sandbox{}, noProfile(profile)
	}
	p := a.Config.PartnerNamed(of.Name)
	if p == nil {
		return Sandbox{}, refuseFor("sandbox.no-partner", "profile", strconv.Quote(profile), "name", of.Name, "file", a.Config.File)
	}
	return Sandbox{a, p, profile}, nil
}

func (a *App) sandboxOf(p *config.Partner) Sandbox {
	return Sandbox{a, p, partner.Named(p.Name).StandIn.Profiles[0]}
}

// RunningSandbox is Sandbox, but where no profile is named and one of several partners has a stand-in that answers, of that partner.
func (a *App) RunningSandbox(ctx context.Context, profile string) (Sandbox, error) {
	if profile != "" || len(a.Config.Partners) == 1 {
		return a.Sandbox(profile)
	}
	var running []Sandbox
	var names []string
	for i := range a.Config.Partners {
		s := a.sandboxOf(&a.Config.Partners[i])
		if _, err := s.call(ctx, http.MethodGet, "/sandbox/stats", nil); err == nil {
			running, names = append(running, s), append(names, s.Profile)
		}
	}
	switch len(running) {
	case 0:
		return a.Sandbox("")
	case 1:
		return running[0], nil
	}
	return Sandbox{}, refuseFor("sandbox.several", "profiles", hinted.Either(names))
}

func noProfile(name string) error {
	if near := plaintext.Nearest(name, partner.Profiles()); near != "" {
		return refuseFor("command.profile-near", "name", strconv.Quote(name), "nearest", near)
	}
	return refuseFor("command.no-profile", "name", strconv.Quote(name), "profiles", hinted.Either(partner.Profiles()))
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

// refuseFor refuses an order for a fact.
func refuseFor(code string, namesAndValues ...any) error {
	return &Refused{Code: BadValue, Err: hinted.Because(nil, code, namesAndValues...)}
}

// Open prepares the stand-in for its dossiers, and listens at base_url. The caller serves.
func (s Sandbox) Open(ctx context.Context, o sandbox.Options) (*sandbox.Server, net.Listener, error) {
	if s.Reads() && (o.ContractFile != "" || o.Append) {
		return nil, nil, refuseFor("command.no-documents", "profile", strconv.Quote(s.Profile))
	}
	if _, err := os.Stat(o.ContractFile); o.ContractFile != "" && err != nil {
		return nil, nil, &Refused{Code: BadValue, Err: hinted.Because(err, "command.no-contract", "file", o.ContractFile)}
	}
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
	if s.Reads() {
		dossiers = sandbox.MadeUp(dossiers)
	}
	secret, err := s.partner.Proof()
	if err != nil {
		return nil, nil, err
	}
	o.Profile = s.Profile
	server, err := s.StandIn().Open(s.partner, secret, dossiers, o)
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

// call asks the sandbox's control for something, on this machine. body is sent as JSON; nil = nothing is.
func (s Sandbox) call(ctx context.Context, method, path string, body any) ([]byte, error) {
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
		away := &jobs.CallError{Class: jobs.ClassTemporary, Call: method + " " + request.URL.Path}
		away.Tell(hinted.Say("sandbox.away", "address", address), s.start())
		return nil, away
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
		problem := &hinted.Kept{What: hinted.Plain(strings.TrimSpace(string(answer)))} // of something else than a sandbox
		if fact := response.Header.Get(sandbox.Problem); fact != "" {
			if err := json.Unmarshal([]byte(fact), problem); err != nil {
				return nil, hinted.While("reading the sandbox's answer", err)
			}
		}
		return nil, refuseFor("sandbox.refuses", "problem", problem.What)
	}
	return answer, nil
}

// Reads reports whether records are read from its partner; else documents are sent there.
func (s Sandbox) Reads() bool { return s.StandIn().Entry == nil }

// taking refuses what is about documents where none are taken.
func (s Sandbox) taking() error {
	if s.Reads() {
		return refuseFor("sandbox.takes-none", "profile", strconv.Quote(s.Profile))
	}
	return nil
}

// Faults are those that are named as the command line has them.
func (s Sandbox) Faults(named ...string) (sandbox.Faults, error) {
	faults, err := s.StandIn().API.ParseFaults(named...)
	if err != nil {
		return faults, &Refused{Code: BadValue, Err: err}
	}
	return faults, nil
}

// SetFaults switches faults on, and all others off.
func (s Sandbox) SetFaults(ctx context.Context, faults sandbox.Faults) error {
	_, err := s.call(ctx, http.MethodPost, "/sandbox/faults", faults)
	return err
}

// Received is what came for a dossier: a sandbox.ReceivedList as JSON, with the documents or without.
func (s Sandbox) Received(ctx context.Context, dossier string, documents bool) ([]byte, error) {
	if err := s.taking(); err != nil {
		return nil, err
	}
	query := url.Values{"dossier": {dossier}}
	if !documents {
		query.Set("documents", "no")
	}
	return s.call(ctx, http.MethodGet, "/sandbox/received?"+query.Encode(), nil)
}

// KeptRecord is a record of a stand-in that is read from.
type KeptRecord struct {
	Collection string `json:"collection"`
	sandbox.Record
}

// Records are those of a dossier, at a partner that is read from.
func (s Sandbox) Records(ctx context.Context, dossier string) ([]KeptRecord, error) {
	all := []KeptRecord{}
	for _, c := range s.partner.Pull.Collections {
		query := url.Values{"dossier": {dossier}, "collection": {c.Name}}
		answer, err := s.call(ctx, http.MethodGet, "/sandbox/records?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		var records []sandbox.Record
		if err := json.Unmarshal(answer, &records); err != nil {
			return nil, hinted.While("reading the sandbox's answer", err)
		}
		for _, r := range records {
			all = append(all, KeptRecord{c.Name, r})
		}
	}
	return all, nil
}

// Contract is the document that the sandbox says of itself.
func (s Sandbox) Contract(ctx context.Context) ([]byte, error) {
	if err := s.taking(); err != nil {
		return nil, err
	}
	return s.call(ctx, http.MethodGet, "/sandbox/contract", nil)
}

// SetCode adds a code to a nomenclature, or withdraws it.
func (s Sandbox) SetCode(ctx context.Context, nomenclature, code, label string, active bool) error {
	if err := s.taking(); err != nil {
		return err
	}
	_, err := s.call(ctx, http.MethodPost, "/sandbox/dictionary", s.StandIn().Entry(nomenclature, code, label, active))
	return err
}

// Edit is what somebody changes at the other side, behind the back of who sends it or reads it: a document of an employee, or a
// record.
type Edit struct {
	Dossier, Employee, Period string // of a document; "" = the newest that there is
	Collection, Record        string
	Members                   map[string]json.RawMessage // their new values, by path
	Remove                    bool
}

// Edit changes a document or a record, or removes it.
func (s Sandbox) Edit(ctx context.Context, e Edit) error {
	switch {
	case s.Reads() && (e.Collection == "" || e.Record == ""):
		return refuseFor("sandbox.no-record")
	case !s.Reads() && e.Employee == "":
		return refuseFor("sandbox.nobody")
	case e.Remove && len(e.Members) > 0:
		return refuseFor("sandbox.both")
	case !e.Remove && len(e.Members) == 0:
		return refuseFor("sandbox.nothing")
	}
	if e.Period != "" {
		if _, err := ParsePeriod(e.Period); err != nil {
			return err
		}
	}
	method := http.MethodPost
	if e.Remove {
		method = http.MethodDelete
	}
	if !s.Reads() {
		_, err := s.call(ctx, method, "/sandbox/document", sandbox.Edit{Dossier: e.Dossier, Matricule: e.Employee, Period: e.Period,
			Members: e.Members})
		return err
	}
	members, err := json.Marshal(e.Members)
	if err != nil {
		return err
	}
	_, err = s.call(ctx, method, "/sandbox/record", sandbox.RecordEdit{Dossier: e.Dossier, Collection: e.Collection, Key: e.Record,
		Members: members})
	return err
}

// ParseMembers reads MEMBER=JSON. Its errors name the member alone: the value can be personal.
func ParseMembers(args []string) (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		switch {
		case !found || name == "":
			return nil, refuseFor("command.not-a-member")
		case !json.Valid([]byte(value)):
			return nil, refuseFor("command.not-json", "name", name)
		case members[name] != nil:
			return nil, refuseFor("command.twice", "name", name)
		}
		members[name] = json.RawMessage(value)
	}
	return members, nil
}

// start is how the stand-in is started: where syncd is a service it has a unit beside that one's.
func (s Sandbox) start() hinted.Fact {
	if service, is := strings.CutPrefix(s.app.door.Getenv("SYNCD_ADMIN"), "syncd"); is {
		return hinted.Say("sandbox.start-unit", "unit", "syncd-sandbox"+strings.TrimSuffix(service, ".service"))
	}
	return hinted.Say("sandbox.start", "file", s.app.Config.File)
}
