package sandbox

import (
	"regexp"
	"strings"
	"time"
)

// format is what a text must look like besides being one. The first two are told in the Swagger document.
type format struct {
	name    string // a format that Swagger knows: "date"; "" = none
	pattern string // for what it has no format for; "" = none

	fits func(text string) bool // what name and pattern say
	// valid is what a contract cannot say, such as check digits; nil = nothing further. It is asked of texts that fit.
	valid func(text string) bool
}

var (
	formatDate     = &format{name: "date", fits: isDate}          // 2026-11-30
	formatDateTime = &format{name: "date-time", fits: isDateTime} // 2026-11-30T00:00:00, with or without the time
	formatPeriod   = matching(`^[0-9]{4}-(0[1-9]|1[0-2])$`, nil)  // 2026-11
	formatNir      = matching(`^[0-9]{6}[0-9AB][0-9]{8}$`, validNir)
	formatIban     = matching(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`, validIban) // no spaces
	formatDecimal  = matching(`^-?[0-9]{1,9}(\.[0-9]{1,4})?$`, nil)           // a number as a text
	formatCountry  = matching(`^[A-Z]{2}$`, nil)
)

func matching(pattern string, valid func(string) bool) *format {
	return &format{pattern: pattern, fits: regexp.MustCompile(pattern).MatchString, valid: valid}
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// isDateTime takes what Json.NET takes for a DateTime: RFC 3339, the same without an offset, and a date alone.
func isDateTime(text string) bool {
	date, clock, hasClock := strings.Cut(text, "T")
	if !isDate(date) || !hasClock {
		return isDate(date)
	}
	return dateTimeClock.MatchString(clock)
}

var dateTimeClock = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$`)
