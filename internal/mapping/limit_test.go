package mapping

import (
	"reflect"
	"slices"
	"testing"
)

// What ledgers of earlier versions have is told as what is found now.
func TestFormerProblemsAreRestored(t *testing.T) {
	t.Parallel()
	problems := []Problem{
		{Code: ProblemTooLong, Want: "80", Got: "93"},
		{Code: ProblemTooShort, Want: "1", Got: "0"},
		{Code: ProblemOutOfRange, Want: "<= 100", Got: "number"},
		{Code: ProblemOutOfRange, Want: "> 0", Got: "number"},
		{Code: ProblemOutOfRange, Want: "multiple of 0.01", Got: "number"},
		{Code: ProblemItemCount, Want: ">= 3", Got: "2"},
		{Code: ProblemItemCount, Want: "unique", Got: "2"},
		{Code: ProblemNotListed, Want: "M, MME", Got: "string"},
		{Code: ProblemWrongType, Want: "number", Got: "string"},
		{Code: ProblemRequired, Want: "string"},
		{Code: ProblemOutOfRange, Want: "whatever this is", Got: "number"},
	}
	former := slices.Clone(problems)
	now := []Problem{
		{Code: ProblemTooLong, Limit: Limit{LimitMost, "80"}, Size: 93},
		{Code: ProblemTooShort, Limit: Limit{LimitLeast, "1"}},
		{Code: ProblemOutOfRange, Limit: Limit{LimitMost, "100"}, Got: "number"},
		{Code: ProblemOutOfRange, Limit: Limit{LimitAbove, "0"}, Got: "number"},
		{Code: ProblemOutOfRange, Limit: Limit{LimitMultiple, "0.01"}, Got: "number"},
		{Code: ProblemItemCount, Limit: Limit{LimitLeast, "3"}, Size: 2},
		{Code: ProblemItemCount, Limit: Limit{Rule: LimitUnique}, Size: 2},
		{Code: ProblemNotListed, Values: []string{"M, MME"}, Got: "string"},
		problems[8], problems[9], problems[10],
	}
	Restore(problems)
	if !reflect.DeepEqual(problems, now) {
		t.Errorf("restored as %+v", problems)
	}
	for i := range problems { // and one text each tells the same as before
		if p := &problems[i]; p.Wanted() != former[i].Want || p.Seen() != former[i].Got {
			t.Errorf("%s wants %q of %q, was %+v", p.Code, p.Wanted(), p.Seen(), former[i])
		}
	}
}

// A form without a name has its number, also where an earlier version wrote it as a name.
func TestRestoreANumberedForm(t *testing.T) {
	t.Parallel()
	problems := []Problem{{Code: ProblemRequired, Branch: "#2"}, {Code: ProblemRequired, Branch: "Contrat_CDD"},
		{Code: ProblemRequired, Branch: "#a"}}
	Restore(problems)
	if problems[0].Branch != "" || problems[0].BranchNumber != 2 || problems[1].Branch != "Contrat_CDD" || problems[2].Branch != "#a" {
		t.Errorf("%+v", problems)
	}
}
