package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/hinted"
)

// Faults are what can go wrong, all off when zero. The shares (between 0 and 1, together at most 1) exclude one
// another: one draw per request decides which of them strikes, if any.
type Faults struct {
	On []Endpoint `json:"on,omitempty"` // calls that latency, shares, HTML, endless and redirect act upon; nil = the default of the API

	Latency Duration `json:"latency,omitempty"` // before every answer
	Jitter  Duration `json:"jitter,omitempty"`  // at most so much more, evenly spread

	Unavailable    float64  `json:"503,omitempty"`              // share answered 503, not processed
	TooMany        float64  `json:"429,omitempty"`              // share answered 429, not processed
	RetryAfter     Duration `json:"retry-after,omitempty"`      // told with a 429 and a 503, in whole seconds; 0 = not told
	RetryAfterDate bool     `json:"retry-after-date,omitempty"` // told as an HTTP date instead of seconds
	Error          float64  `json:"500,omitempty"`              // share answered 500, not processed
	ErrorAfter     float64  `json:"500-after,omitempty"`        // share answered 500 although processed
	Lost           float64  `json:"lost,omitempty"`             // share processed, then the connection is cut without an answer
	Cut            float64  `json:"cut,omitempty"`              // share whose connection is cut before processing
	Missing        float64  `json:"404,omitempty"`              // share answered 404, not processed, as gateways do at times
	Hang           float64  `json:"hang,omitempty"`             // share never answered, nor processed, until the client gives up

	UnavailableAfter float64 `json:"503-after,omitempty"` // share answered 503 although processed, as by a gateway that did not wait
	SeeOther         float64 `json:"303,omitempty"`       // share answered 303 although processed, as by a form
	Switch           float64 `json:"101,omitempty"`       // share answered 101 although processed, and nothing more
	Taken            float64 `json:"202,omitempty"`       // share answered 202, processed
	Inside           float64 `json:"207,omitempty"`       // share answered 207 with a refusal inside, not processed
	Stray            float64 `json:"stray,omitempty"`     // share processed, and answered twice

	RevokeEvery int      `json:"revoke-every,omitempty"` // all tokens end at every n-th call that carries a valid one
	Expire      Duration `json:"expire,omitempty"`       // life of the tokens given from now on; 0 = as the sandbox was started
	Reject      []string `json:"reject,omitempty"`       // matricules always refused, with an answer that quotes the person

	HTML               bool   `json:"html,omitempty"`             // every answer is a page with status 200, nothing is processed
	Gzip               bool   `json:"gzip,omitempty"`             // every answer of status 2xx is compressed, though nobody asked
	Endless            bool   `json:"endless,omitempty"`          // processed; the body of the 200 never ends
	Redirect           string `json:"redirect,omitempty"`         // every answer is a 307 to this URL
	Identity           string `json:"identity,omitempty"`         // Dossier answers this SIRET
	EmptyNomenclatures bool   `json:"empty-dictionary,omitempty"` // Dictionnaire answers no entry
	PartNomenclatures  bool   `json:"part-dictionary,omitempty"`  // Dictionnaire answers the first half, and a link to the rest

	Switches []string `json:"switches,omitempty"` // faults of one API alone, by name (API.Switches)
}

// Duration is a time.Duration that reads and writes as "20ms".
type Duration time.Duration

// MarshalText writes the duration as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return hinted.Because(nil, "sandbox.not-a-duration", "value", strconv.Quote(string(text)))
	}
	*d = Duration(parsed)
	return nil
}

// share is one of the mutually exclusive faults with its probability.
type share struct {
	kind faultKind
	of   float64
}

func (f *Faults) shares() [14]share {
	return [...]share{
		{faultUnavailable, f.Unavailable},
		{faultTooMany, f.TooMany},
		{faultError, f.Error},
		{faultErrorAfter, f.ErrorAfter},
		{faultLost, f.Lost},
		{faultCut, f.Cut},
		{faultMissing, f.Missing},
		{faultHang, f.Hang},
		{faultUnavailableAfter, f.UnavailableAfter},
		{faultSeeOther, f.SeeOther},
		{faultSwitch, f.Switch},
		{faultTaken, f.Taken},
		{faultInside, f.Inside},
		{faultStray, f.Stray},
	}
}

// check tells what is wrong with faults, nil when nothing is.
func (a *API) check(f *Faults) error {
	sum := 0.0
	for _, s := range f.shares() {
		if !(s.of >= 0 && s.of <= 1) { // also refuses NaN
			return hinted.Because(nil, "sandbox.share")
		}
		sum += s.of
	}
	if sum > 1+1e-9 {
		return hinted.Because(nil, "sandbox.shares", "sum", fmt.Sprintf("%.4g", sum))
	}
	if f.Latency < 0 || f.Jitter < 0 || f.RetryAfter < 0 || f.RevokeEvery < 0 || f.Expire < 0 {
		return hinted.Because(nil, "sandbox.negative")
	}
	if short := func(d Duration) bool { return d > 0 && d < Duration(time.Second) }; short(f.RetryAfter) || short(f.Expire) {
		return hinted.Because(nil, "sandbox.whole-seconds")
	}
	for _, e := range f.On {
		if !slices.Contains(a.Endpoints, e) {
			return hinted.Because(nil, "sandbox.fault-nowhere", "name", strconv.Quote(string(e)), "endpoints", a.Calls())
		}
	}
	for _, name := range f.Switches {
		if !slices.Contains(a.Switches, name) {
			return hinted.Because(nil, "sandbox.no-own-fault", "name", strconv.Quote(name))
		}
	}
	if f.Redirect != "" {
		if u, err := url.Parse(f.Redirect); err != nil || u.Scheme == "" {
			return hinted.Because(nil, "sandbox.redirect")
		}
	}
	return nil
}

// SetFaults replaces the faults, from the next request on.
func (s *Server) SetFaults(f Faults) error {
	if err := s.api.check(&f); err != nil {
		return err
	}
	f.On, f.Reject, f.Switches = slices.Clone(f.On), slices.Clone(f.Reject), slices.Clone(f.Switches)
	s.chaos.faults.Store(&f)
	return nil
}

// Faults are those in force.
func (s *Server) Faults() Faults { return *s.chaos.faults.Load() }

// FaultFlag documents one fault as it is written on the command line.
type FaultFlag struct {
	Name    string // what stands before the "=" of a value
	Example string // "503=0.1"

	field func(*Faults) any // where it is kept
}

// FaultFlags are all faults, those of this API alone last. Lists are separated by "+".
func (a *API) FaultFlags() []FaultFlag { return append(CommonFaults(), a.OwnFaults()...) }

// OwnFaults are those that each API has in another way: which calls they act upon, and those of this one alone.
func (a *API) OwnFaults() []FaultFlag {
	flags := []FaultFlag{{"on", "on=" + string(a.Endpoints[len(a.Endpoints)-1]), func(f *Faults) any { return &f.On }}}
	for _, name := range a.Switches {
		flags = append(flags, FaultFlag{name, name, func(f *Faults) any { return &named{&f.Switches, name} }})
	}
	return flags
}

// named is a fault of an API's own: on when its name is in the list.
type named struct {
	list *[]string
	name string
}

// CommonFaults are those of all APIs.
func CommonFaults() []FaultFlag {
	return []FaultFlag{
		{"latency", "latency=20ms", func(f *Faults) any { return &f.Latency }},
		{"jitter", "jitter=10ms", func(f *Faults) any { return &f.Jitter }},
		{"503", "503=0.1", func(f *Faults) any { return &f.Unavailable }},
		{"429", "429=0.05", func(f *Faults) any { return &f.TooMany }},
		{"retry-after", "retry-after=1s", func(f *Faults) any { return &f.RetryAfter }},
		{"retry-after-date", "retry-after-date", func(f *Faults) any { return &f.RetryAfterDate }},
		{"500", "500=0.01", func(f *Faults) any { return &f.Error }},
		{"500-after", "500-after=0.01", func(f *Faults) any { return &f.ErrorAfter }},
		{"lost", "lost=0.01", func(f *Faults) any { return &f.Lost }},
		{"cut", "cut=0.01", func(f *Faults) any { return &f.Cut }},
		{"404", "404=0.1", func(f *Faults) any { return &f.Missing }},
		{"hang", "hang=0.001", func(f *Faults) any { return &f.Hang }},
		{"503-after", "503-after=0.01", func(f *Faults) any { return &f.UnavailableAfter }},
		{"303", "303=0.01", func(f *Faults) any { return &f.SeeOther }},
		{"101", "101=0.01", func(f *Faults) any { return &f.Switch }},
		{"202", "202=0.01", func(f *Faults) any { return &f.Taken }},
		{"207", "207=0.01", func(f *Faults) any { return &f.Inside }},
		{"stray", "stray=0.01", func(f *Faults) any { return &f.Stray }},
		{"revoke-every", "revoke-every=100", func(f *Faults) any { return &f.RevokeEvery }},
		{"expire", "expire=5s", func(f *Faults) any { return &f.Expire }},
		{"reject", "reject=00042+00043", func(f *Faults) any { return &f.Reject }},
		{"html", "html", func(f *Faults) any { return &f.HTML }},
		{"gzip", "gzip", func(f *Faults) any { return &f.Gzip }},
		{"endless", "endless", func(f *Faults) any { return &f.Endless }},
		{"redirect", "redirect=https://elsewhere.example/", func(f *Faults) any { return &f.Redirect }},
		{"identity", "identity=12345678200010", func(f *Faults) any { return &f.Identity }},
		{"empty-dictionary", "empty-dictionary", func(f *Faults) any { return &f.EmptyNomenclatures }},
		{"part-dictionary", "part-dictionary", func(f *Faults) any { return &f.PartNomenclatures }},
	}
}

// Calls are the names of those that faults can act upon.
func (a *API) Calls() string {
	names := make([]string, len(a.Endpoints))
	for i, e := range a.Endpoints {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}

// ParseFaults reads faults as the command line has them, each "503=0.1" or "html".
func (a *API) ParseFaults(texts ...string) (Faults, error) {
	var f Faults
	for _, text := range texts {
		if err := a.set(&f, text); err != nil {
			return Faults{}, err
		}
	}
	return f, a.check(&f)
}

func (a *API) set(f *Faults, text string) error {
	flags := a.FaultFlags()
	text = strings.TrimSpace(text)
	name, value, hasValue := strings.Cut(text, "=")
	for _, flag := range flags {
		if flag.Name == text { // "code=20001" is the name of a switch
			value, hasValue = "", false
		} else if flag.Name != name {
			continue
		}
		if err := parseInto(flag.field(f), value, hasValue); err != nil {
			return hinted.Because(err, "sandbox.bad-fault", "name", name, "example", flag.Example)
		}
		return nil
	}
	names := make([]string, len(flags))
	for i, flag := range flags {
		names[i] = flag.Name
	}
	return hinted.Because(nil, "sandbox.unknown-fault", "name", strconv.Quote(name), "names", names)
}

// parseInto reads value as the type of the field asks. Only a switch goes without a value.
func parseInto(field any, value string, hasValue bool) error {
	on, isSwitch := field.(*bool)
	own, isOwn := field.(*named)
	switch {
	case (isSwitch || isOwn) && hasValue:
		return hinted.Because(nil, "sandbox.value")
	case isSwitch:
		*on = true
		return nil
	case isOwn:
		*own.list = append(*own.list, own.name)
		return nil
	}
	if value == "" {
		return hinted.Because(nil, "sandbox.no-value")
	}
	var err error
	switch field := field.(type) {
	case *Duration:
		return field.UnmarshalText([]byte(value))
	case *float64:
		if *field, err = strconv.ParseFloat(value, 64); err != nil {
			return hinted.Because(nil, "sandbox.not-a-share", "value", strconv.Quote(value))
		}
	case *int:
		if *field, err = strconv.Atoi(value); err != nil {
			return hinted.Because(nil, "sandbox.not-whole", "value", strconv.Quote(value))
		}
	case *string:
		*field = value
	case *[]string:
		*field = append(*field, strings.Split(value, "+")...)
	case *[]Endpoint:
		for name := range strings.SplitSeq(value, "+") {
			*field = append(*field, Endpoint(name))
		}
	}
	return nil
}
