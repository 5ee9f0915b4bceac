package mapping

import (
	"slices"
	"strconv"
	"strings"
)

// Limit is a bound of what a contract takes: of a number, or of how many characters or elements there are.
type Limit struct {
	Rule  LimitRule `json:"rule"`
	Value string    `json:"value,omitempty"` // a decimal; "" with LimitUnique
}

// LimitRule says which side of a Limit's value fits.
type LimitRule string

// The rules of limits; the elements of a list that is LimitUnique differ from one another.
const (
	LimitLeast    LimitRule = "least"
	LimitMost     LimitRule = "most"
	LimitAbove    LimitRule = "above"
	LimitBelow    LimitRule = "below"
	LimitMultiple LimitRule = "multiple"
	LimitUnique   LimitRule = "unique"
)

// limitSigns are the rules in signs.
var limitSigns = map[LimitRule]string{
	LimitLeast: ">= ", LimitMost: "<= ", LimitAbove: "> ", LimitBelow: "< ", LimitMultiple: "multiple of ", LimitUnique: "unique",
}

// LeastOf is a lower limit; an exclusive one does not fit itself.
func LeastOf(value string, exclusive bool) Limit {
	if exclusive {
		return Limit{LimitAbove, value}
	}
	return Limit{LimitLeast, value}
}

// MostOf is likewise an upper limit.
func MostOf(value string, exclusive bool) Limit {
	if exclusive {
		return Limit{LimitBelow, value}
	}
	return Limit{LimitMost, value}
}

// String is the limit in signs: "<= 100", "multiple of 0.01", "unique"; "" = there is none.
func (l Limit) String() string { return limitSigns[l.Rule] + l.Value }

// FormerLimit reads a limit that was written in signs, as ledgers of earlier versions have it.
func FormerLimit(text string) (Limit, bool) {
	for rule, sign := range limitSigns {
		value, fits := strings.CutPrefix(text, sign)
		if fits && (value == "") == (rule == LimitUnique) && !strings.ContainsAny(value, " =") {
			return Limit{rule, value}, true
		}
	}
	return Limit{}, false
}

// Wanted is what would fit in one text: a type, a format, "M, MME", "<= 10"; of the length of a text the number alone.
func (p *Problem) Wanted() string {
	switch {
	case p.Code == ProblemTooLong || p.Code == ProblemTooShort:
		return p.Limit.Value
	case p.Limit.Rule != "":
		return p.Limit.String()
	case p.MoreValues:
		return strings.Join(p.Values, ", ") + ", …"
	case p.Values != nil:
		return strings.Join(p.Values, ", ")
	}
	return p.Want
}

// Seen is the shape of what is there in one text: a type, or how many characters or elements there are.
func (p *Problem) Seen() string {
	if p.Counts() {
		return strconv.Itoa(p.Size)
	}
	return p.Got
}

// Counts reports whether the problem is how many there are of something: Size.
func (p *Problem) Counts() bool {
	return p.Limit.Rule != "" && slices.Contains([]ProblemCode{ProblemTooLong, ProblemTooShort, ProblemItemCount}, p.Code)
}

// Restore makes facts of what ledgers of earlier versions tell in Want, Got and Branch: limits, sizes, lists of values, numbers.
func Restore(problems []Problem) {
	for i := range problems {
		p := &problems[i]
		if number, numbered := strings.CutPrefix(p.Branch, "#"); numbered {
			if n, err := strconv.Atoi(number); err == nil {
				p.Branch, p.BranchNumber = "", n
			}
		}
		if p.Want == "" || p.Limit.Rule != "" {
			continue
		}
		limit, known := FormerLimit(p.Want)
		switch p.Code {
		case ProblemTooLong:
			limit, known = Limit{LimitMost, p.Want}, true
		case ProblemTooShort:
			limit, known = Limit{LimitLeast, p.Want}, true
		case ProblemOutOfRange, ProblemItemCount:
		case ProblemNotListed:
			p.Values, p.Want = []string{p.Want}, ""
			continue
		default:
			continue
		}
		if !known {
			continue
		}
		p.Limit, p.Want = limit, ""
		if size, err := strconv.Atoi(p.Got); err == nil && p.Counts() {
			p.Size, p.Got = size, ""
		}
	}
}
