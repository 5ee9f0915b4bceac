package httpcall

import (
	"fmt"
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
		return nil, s.noSource("base_url is not a web address")
	}
	if source == "auto" {
		s.places = usualPlaces(base)
		return s, nil
	}
	if err := checkContractAddress(source); err != "" {
		return nil, s.noSource(err)
	}
	u, err := url.Parse(source)
	if err != nil {
		return nil, s.noSource("contract is not a web address")
	}
	u.Fragment, u.RawFragment = "", ""
	s.trusted, s.setting = sameOrigin(u, base), hinted.Say("call.setting", "key", "contract", "table", s.section)
	bare := *u
	bare.RawQuery, bare.ForceQuery = "", false
	s.places = []place{{name: bare.String(), label: http.MethodGet + " " + bare.EscapedPath(), url: u}}
	return s, nil
}

func (s *search) contractSetting() string { return "contract of [" + s.section + "]" }

func (s *search) hintContract() string {
	return "name its URL or a file in " + s.contractSetting() + `, or write contract = "none"`
}

func (s *search) noSource(problem string) *jobs.CallError {
	return &jobs.CallError{Class: jobs.ClassConfiguration, Call: contractName, Problem: problem, Hint: s.hintContract()}
}

// checkContractAddress words what is wrong with the URL of a contract, without quoting it; "" = nothing.
func checkContractAddress(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "contract is neither \"auto\" nor a web address"
	case u.User != nil:
		return "contract holds a user name"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return fmt.Sprintf("contract is plain http to another machine (%s)", u.Hostname())
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
		return &jobs.CallError{Class: jobs.ClassConfiguration, Call: s.places[0].label, Status: s.passed[0].Status,
			Problem: s.passed[0].Problem, Hint: s.hintContract()}
	}
	var reasons []string
	counts := map[string]int{}
	for _, p := range s.passed {
		if counts[p.Problem]++; counts[p.Problem] == 1 {
			reasons = append(reasons, p.Problem)
		}
	}
	for i, why := range reasons {
		reasons[i] = fmt.Sprintf("%s (%d)", why, counts[why])
	}
	return s.noSource(fmt.Sprintf("no contract was found at %d places below base_url: %s", len(s.places), strings.Join(reasons, ", ")))
}
