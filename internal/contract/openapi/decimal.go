package openapi

import (
	"cmp"
	"math/big"
	"strings"
)

// Decimals are compared as they are written, in the canonical form of documents, so that they are exact at any length.

type text interface{ ~string | ~[]byte }

// CompareDecimals orders two canonical decimals: -1, 0 or 1.
func CompareDecimals[A, B text](a A, b B) int {
	negative := len(a) > 0 && a[0] == '-'
	if other := len(b) > 0 && b[0] == '-'; negative != other {
		if negative {
			return -1
		}
		return 1
	}
	if negative {
		return -compareMagnitudes(a[1:], b[1:])
	}
	return compareMagnitudes(a, b)
}

func compareMagnitudes[A, B text](a A, b B) int {
	if order := cmp.Compare(wholeDigits(a), wholeDigits(b)); order != 0 {
		return order
	}
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] != b[i] {
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b)) // the longer has further places, which are not zero
}

// wholeDigits counts the digits before the point.
func wholeDigits[T text](decimal T) int {
	for i := range len(decimal) {
		if decimal[i] == '.' {
			return i
		}
	}
	return len(decimal)
}

// Step is a multipleOf: units/10^places.
type Step struct {
	units  uint64   // 0 = it is large
	large  *big.Int // of steps with more than 17 digits
	places int
}

// NewStep reads a multipleOf; nil = it is none.
func NewStep(decimal string) *Step {
	whole, fraction, _ := strings.Cut(decimal, ".")
	digits, _ := new(big.Int).SetString(whole+fraction, 10)
	if digits == nil || digits.Sign() <= 0 {
		return nil
	}
	s := &Step{places: len(fraction)}
	const most = 1 << 59 // remainder*10 + 9 must fit
	if digits.IsUint64() && digits.Uint64() < most {
		s.units = digits.Uint64()
	} else {
		s.large = digits
	}
	return s
}

// Divides reports whether a canonical decimal is a multiple of the step.
func (s *Step) Divides(decimal []byte) bool {
	if decimal[0] == '-' {
		decimal = decimal[1:]
	}
	places := max(0, len(decimal)-wholeDigits(decimal)-1)
	if places > s.places {
		return false // its last place is not zero
	}
	if s.large != nil {
		return s.dividesLarge(decimal, s.places-places)
	}
	remainder := uint64(0)
	for _, c := range decimal {
		if c != '.' {
			remainder = (remainder*10 + uint64(c-'0')) % s.units
		}
	}
	for range s.places - places {
		remainder = remainder * 10 % s.units
	}
	return remainder == 0
}

func (s *Step) dividesLarge(decimal []byte, zeros int) bool {
	whole, fraction, _ := strings.Cut(string(decimal), ".")
	digits, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", zeros), 10)
	return ok && digits.Rem(digits, s.large).Sign() == 0
}

// Stricter reports whether a limit goes further than another: sign 1 for a minimum, -1 for a maximum.
func Stricter(limit string, exclusive bool, than string, sign int) bool {
	if limit == "" || than == "" {
		return limit != ""
	}
	order := CompareDecimals(limit, than) * sign
	return order > 0 || order == 0 && exclusive
}
