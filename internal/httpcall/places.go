package httpcall

import (
	"net/http"
	"net/url"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

const contractName = "contract" // in measures and errors

// place is where a contract may be.
type place struct {
	name   string // Description.Place
	label  string // for errors and logs: a path, without query
	url    *url.URL
	family int // places that one program publishes: where one hangs, the others are not asked
}

func (c *Connection) newSearch(section, source string) (*search, *jobs.CallError) {
	s := &search{connection: c, section: section, trusted: true, setting: c.options.setting("base_url")}
	base, err := url.Parse(c.options.BaseURL)
	if err != nil { // Open has checked it
		return nil, s.noSource(hinted.Say("call.not-web", "key", "base_url"))
	}
	if source == "auto" {
		s.places = usualPlaces(base)
		return s, nil
	}
	if wrong := checkContractAddress(source); wrong != "" {
		return nil, s.noSource(hinted.Say(wrong, "host", hostOf(source)))
	}
	u, err := url.Parse(source)
	if err != nil {
		return nil, s.noSource(hinted.Say("call.not-web", "key", "contract"))
	}
	u.Fragment, u.RawFragment = "", ""
	s.trusted, s.setting = sameOrigin(u, base), hinted.Say("call.setting", "key", "contract", "table", s.section)
	bare := *u
	bare.RawQuery, bare.ForceQuery = "", false
	s.places = []place{{name: bare.String(), label: http.MethodGet + " " + bare.EscapedPath(), url: u}}
	return s, nil
}

// name tells how a contract is named, or done without.
func (s *search) name() hinted.Fact { return hinted.Say("call.name-contract", "table", s.section) }

func (s *search) noSource(what hinted.Fact) *jobs.CallError {
	e := &jobs.CallError{Class: jobs.ClassConfiguration, Call: contractName}
	e.Tell(what, s.name())
	return e
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// checkContractAddress is the code of what is wrong with the URL of a contract; "" = nothing.
func checkContractAddress(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "call.contract-no-address"
	case u.User != nil:
		return "call.contract-user"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "call.contract-plain-http"
	}
	return ""
}

// families are the usual places, those first that are the likeliest: of Swashbuckle in ASP.NET (swagger/docs/V2), in its
// routing below the version, and in ASP.NET Core; of ASP.NET Core since version 9; of springdoc and its forerunner; and
// plain files. Servers that mind the case of paths are asked in both where versions are written in both.
var families = [][]string{
	{"/swagger/docs/V2", "/swagger/docs/v2", "/swagger/docs/V1", "/swagger/docs/v1"},
	{"/V2/swagger/docs/V2", "/V2/swagger/docs/v2", "/V2/swagger/docs/V1", "/V2/swagger/docs/v1"},
	{"/swagger/V2/swagger.json", "/swagger/v2/swagger.json", "/swagger/V1/swagger.json", "/swagger/v1/swagger.json"},
	{"/openapi/v2.json", "/openapi/v1.json"},
	{"/v3/api-docs", "/v2/api-docs", "/api-docs"},
	{"/openapi.json", "/openapi.yaml"},
	{"/swagger.json", "/swagger.yaml"},
}

func usualPlaces(base *url.URL) []place {
	var places []place
	for i, paths := range families {
		for _, path := range paths {
			u := base.JoinPath(path)
			places = append(places, place{name: u.EscapedPath(), label: http.MethodGet + " " + path, url: u, family: i})
		}
	}
	return places
}

// sameOrigin reports whether two addresses have scheme, host and port in common.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// nothing words the end of a search at whose places there was no contract.
func (s *search) nothing() *jobs.CallError {
	if len(s.places) == 1 {
		e := s.noSource(s.passed[0].What)
		e.Call, e.Status = s.places[0].label, s.passed[0].Status
		return e
	}
	var reasons hinted.List
	counts := map[string]int{}
	for _, p := range s.passed {
		if counts[p.Problem]++; counts[p.Problem] == 1 {
			reasons = append(reasons, p.What)
		}
	}
	for i, why := range reasons {
		reasons[i] = hinted.Say("call.so-often", "what", why, "times", counts[why.In(hinted.English())])
	}
	return s.noSource(hinted.Say("call.no-contract", "places", len(s.places), "reasons", reasons))
}
