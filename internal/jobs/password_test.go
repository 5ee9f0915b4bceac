package jobs

import (
	"testing"
	"time"
)

func TestPasswordAge(t *testing.T) {
	t.Parallel()
	set := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for days, want := range map[int]int{0: 0, 393: 0, 394: 1, 500: 1} {
		job := FetchJob{PasswordSet: set, PasswordWarn: 394, PasswordDays: 424}
		found := job.passwordAge(set.AddDate(0, 0, days))
		if len(found) != want || want == 1 && (found[0].N != days || found[0].Of != 424 || found[0].Holds) {
			t.Errorf("day %d: %+v", days, found)
		}
	}
	if found := (&FetchJob{}).passwordAge(set); found != nil {
		t.Errorf("one that nobody dates: %+v", found)
	}
}
