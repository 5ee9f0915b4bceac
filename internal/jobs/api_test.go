package jobs

import (
	"errors"
	"strings"
	"testing"
)

// Refusals are quicker than acceptances: what counts is the order of sending. Who has had no answer yet may be accepted.
func TestStreaksAreInTheOrderOfSending(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad  []int
		want int // the longest
	}{
		"nobody": {nil, 0}, "one": {[]int{5}, 1}, "in order": {[]int{3, 4, 5}, 3}, "backwards": {[]int{5, 4, 3}, 3},
		"the gap closes last": {[]int{1, 2, 4, 5, 3}, 5}, "every other one": {[]int{1, 3, 5, 7, 9}, 1},
		"two streaks": {[]int{1, 9, 2, 8, 7}, 3}, "joined from both ends": {[]int{2, 3, 6, 7, 5, 4, 1, 8}, 8},
	} {
		longest, s := 0, Streaks{}
		for _, n := range c.bad {
			longest = max(longest, s.Add(n))
		}
		if longest != c.want {
			t.Errorf("%s: %d, want %d", name, longest, c.want)
		}
	}
}

// A defect is told without the value that it panicked with, which could quote a person.
func TestPanicReasonQuotesNothing(t *testing.T) {
	t.Parallel()
	for _, v := range []any{"NIR 285057899900116", errors.New("NIR 285057899900116")} {
		if got := PanicReason(v); got.Code != ReasonPanic || strings.Contains(got.Detail, "2850") {
			t.Errorf("%+v", got)
		}
	}
	defer func() {
		if got := PanicReason(recover()); !strings.Contains(got.Detail, "nil map") {
			t.Errorf("%+v", got)
		}
	}()
	write := func(m map[string]int) { m["x"] = 1 }
	write(nil)
}
