package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

// FaultFlag documents one fault as it is written on the command line.
type FaultFlag struct {
	Name    string // what stands before the "="
	Example string // "503=0.1"
	Help    string

	field func(*Faults) any // where it is kept
}

// FaultFlags lists all faults, for the help text. Lists are separated by "+".
var FaultFlags = []FaultFlag{
	{"latency", "latency=20ms", "wait before every answer", func(f *Faults) any { return &f.Latency }},
	{"jitter", "jitter=10ms", "wait at most so much more, evenly spread", func(f *Faults) any { return &f.Jitter }},
	{"503", "503=0.1", "share of calls answered 503", func(f *Faults) any { return &f.Unavailable }},
	{"429", "429=0.05", "share of calls answered 429", func(f *Faults) any { return &f.TooMany }},
	{"retry-after", "retry-after=1s", "Retry-After of a 429 or a 503, in whole seconds", func(f *Faults) any { return &f.RetryAfter }},
	{"retry-after-date", "retry-after-date", "tell it as an HTTP date", func(f *Faults) any { return &f.RetryAfterDate }},
	{"500", "500=0.01", "share of calls answered 500, not processed", func(f *Faults) any { return &f.Error }},
	{"500-after", "500-after=0.01", "share of calls answered 500 although processed", func(f *Faults) any { return &f.ErrorAfter }},
	{"lost", "lost=0.01", "share of calls processed, then cut without an answer", func(f *Faults) any { return &f.Lost }},
	{"cut", "cut=0.01", "share of calls cut before processing", func(f *Faults) any { return &f.Cut }},
	{"hang", "hang=0.001", "share of calls never answered", func(f *Faults) any { return &f.Hang }},
	{"503-after", "503-after=0.01", "share of calls answered 503 although processed", func(f *Faults) any { return &f.UnavailableAfter }},
	{"303", "303=0.01", "share of calls answered 303 although processed", func(f *Faults) any { return &f.SeeOther }},
	{"101", "101=0.01", "share of calls answered 101 although processed, then silence", func(f *Faults) any { return &f.Switch }},
	{"202", "202=0.01", "share of calls answered 202, processed", func(f *Faults) any { return &f.Taken }},
	{"207", "207=0.01", "share of calls answered 207 with a refusal inside, not processed", func(f *Faults) any { return &f.Inside }},
	{"stray", "stray=0.01", "share of calls processed, and answered twice", func(f *Faults) any { return &f.Stray }},
	{"revoke-every", "revoke-every=100", "all tokens end at every 100th call", func(f *Faults) any { return &f.RevokeEvery }},
	{"reject", "reject=00042+00043", "matricules that are always refused", func(f *Faults) any { return &f.Reject }},
	{"html", "html", "answer a web page instead of JSON", func(f *Faults) any { return &f.HTML }},
	{"endless", "endless", "answer a body that never ends", func(f *Faults) any { return &f.Endless }},
	{"redirect", "redirect=https://elsewhere.example/", "redirect every call", func(f *Faults) any { return &f.Redirect }},
	{"identity", "identity=12345678200010", "Dossier answers this SIRET", func(f *Faults) any { return &f.Identity }},
	{"empty-dictionary", "empty-dictionary", "Dictionnaire answers no entry", func(f *Faults) any { return &f.EmptyDictionary }},
	{"part-dictionary", "part-dictionary", "Dictionnaire answers the first half, and a link to the rest", func(f *Faults) any { return &f.PartDictionary }},
	{"on", "on=dossier+salarie", "calls that the faults act upon: " + joinEndpoints() + " (default salarie)", func(f *Faults) any { return &f.On }},
}

var endpoints = []Endpoint{EndpointToken, EndpointDossier, EndpointDictionnaire, EndpointSalarie, EndpointRead}

func joinEndpoints() string {
	names := make([]string, len(endpoints))
	for i, e := range endpoints {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}

// ParseFaults reads faults as the command line has them, each "503=0.1" or "html".
func ParseFaults(texts ...string) (Faults, error) {
	var f Faults
	for _, text := range texts {
		if err := f.set(text); err != nil {
			return Faults{}, err
		}
	}
	return f, f.Check()
}

func (f *Faults) set(text string) error {
	name, value, hasValue := strings.Cut(strings.TrimSpace(text), "=")
	for _, flag := range FaultFlags {
		if flag.Name != name {
			continue
		}
		if err := parseInto(flag.field(f), value, hasValue); err != nil {
			return fmt.Errorf("fault %s: %w\nhint: for example %s", name, err, flag.Example)
		}
		return nil
	}
	names := make([]string, len(FaultFlags))
	for i, flag := range FaultFlags {
		names[i] = flag.Name
	}
	return fmt.Errorf("unknown fault %q\nhint: one of %s", name, strings.Join(names, ", "))
}

// parseInto reads value as the type of the field asks. Only a switch goes without a value.
func parseInto(field any, value string, hasValue bool) error {
	if on, isSwitch := field.(*bool); isSwitch {
		if *on = true; hasValue {
			return fmt.Errorf("takes no value")
		}
		return nil
	}
	if value == "" {
		return fmt.Errorf("needs a value")
	}
	var err error
	switch field := field.(type) {
	case *Duration:
		return field.UnmarshalText([]byte(value))
	case *float64:
		if *field, err = strconv.ParseFloat(value, 64); err != nil {
			return fmt.Errorf("%q is not a share between 0 and 1", value)
		}
	case *int:
		if *field, err = strconv.Atoi(value); err != nil {
			return fmt.Errorf("%q is not a whole number", value)
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
