package sandbox

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Faults are what can go wrong, all off when zero. The shares (between 0 and 1, together at most 1) exclude one
// another: one draw per request decides which of them strikes, if any.
type Faults struct {
	On []Endpoint `json:"on,omitempty"` // calls that latency, shares, HTML, endless and redirect act upon; nil = salarie

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
	Hang           float64  `json:"hang,omitempty"`             // share never answered, nor processed, until the client gives up

	UnavailableAfter float64 `json:"503-after,omitempty"` // share answered 503 although processed, as by a gateway that did not wait
	SeeOther         float64 `json:"303,omitempty"`       // share answered 303 although processed, as by a form
	Switch           float64 `json:"101,omitempty"`       // share answered 101 although processed, and nothing more
	Taken            float64 `json:"202,omitempty"`       // share answered 202, processed
	Inside           float64 `json:"207,omitempty"`       // share answered 207 with a refusal inside, not processed
	Stray            float64 `json:"stray,omitempty"`     // share processed, and answered twice

	RevokeEvery int      `json:"revoke-every,omitempty"` // all tokens end at every n-th call that carries a valid one
	Reject      []string `json:"reject,omitempty"`       // matricules always refused, with an answer that quotes the person

	HTML            bool   `json:"html,omitempty"`             // every answer is a page with status 200, nothing is processed
	Endless         bool   `json:"endless,omitempty"`          // processed; the body of the 200 never ends
	Redirect        string `json:"redirect,omitempty"`         // every answer is a 307 to this URL
	Identity        string `json:"identity,omitempty"`         // Dossier answers this SIRET
	EmptyDictionary bool   `json:"empty-dictionary,omitempty"` // Dictionnaire answers no entry
	PartDictionary  bool   `json:"part-dictionary,omitempty"`  // Dictionnaire answers the first half, and a link to the rest
}

// Duration is a time.Duration that reads and writes as "20ms".
type Duration time.Duration

// MarshalText writes the duration as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 20ms", text)
	}
	*d = Duration(parsed)
	return nil
}

// share is one of the mutually exclusive faults with its probability.
type share struct {
	kind faultKind
	of   float64
}

func (f *Faults) shares() [13]share {
	return [...]share{
		{faultUnavailable, f.Unavailable},
		{faultTooMany, f.TooMany},
		{faultError, f.Error},
		{faultErrorAfter, f.ErrorAfter},
		{faultLost, f.Lost},
		{faultCut, f.Cut},
		{faultHang, f.Hang},
		{faultUnavailableAfter, f.UnavailableAfter},
		{faultSeeOther, f.SeeOther},
		{faultSwitch, f.Switch},
		{faultTaken, f.Taken},
		{faultInside, f.Inside},
		{faultStray, f.Stray},
	}
}

// Check tells what is wrong with the faults, nil when nothing is.
func (f *Faults) Check() error {
	sum := 0.0
	for _, s := range f.shares() {
		if !(s.of >= 0 && s.of <= 1) { // also refuses NaN
			return errors.New("a share of faults is not between 0 and 1")
		}
		sum += s.of
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("the shares of faults add up to %.4g, more than 1", sum)
	}
	if f.Latency < 0 || f.Jitter < 0 || f.RetryAfter < 0 || f.RevokeEvery < 0 {
		return errors.New("a fault has a negative duration or count")
	}
	for _, e := range f.On {
		if !slices.Contains(endpoints, e) {
			return fmt.Errorf("faults cannot act on %q\nhint: %s", e, joinEndpoints())
		}
	}
	if f.Redirect != "" {
		if u, err := url.Parse(f.Redirect); err != nil || u.Scheme == "" {
			return errors.New("the target of the fault redirect is not an absolute URL")
		}
	}
	return nil
}

func (f *Faults) actOn(e Endpoint) bool {
	if len(f.On) == 0 {
		return e == EndpointSalarie
	}
	return slices.Contains(f.On, e)
}

// SetFaults replaces the faults, from the next request on.
func (s *Sandbox) SetFaults(f Faults) error {
	if err := f.Check(); err != nil {
		return err
	}
	f.On, f.Reject = slices.Clone(f.On), slices.Clone(f.Reject)
	s.chaos.faults.Store(&f)
	return nil
}

// Faults are those in force.
func (s *Sandbox) Faults() Faults { return *s.chaos.faults.Load() }
