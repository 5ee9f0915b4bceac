package e2e

import (
	"errors"
	"slices"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

func approvalOf(employees ...string) store.Approval {
	return store.Approval{Employees: employees, By: "marie", Reason: "asked the school"}
}

// wantReplaced wants an approval refused because a newer plan has taken the run's place.
func wantReplaced(t *testing.T, err error) {
	t.Helper()
	var refused *store.NotHeldError
	if !errors.As(err, &refused) || refused.Run.Failure.Code != jobs.ReasonReplanned {
		t.Fatalf("got %v, want replaced", err)
	}
}

// wantNotHeld wants an approval refused because these employees are not held.
func wantNotHeld(t *testing.T, err error, employees ...string) {
	t.Helper()
	var refused *store.NotHeldError
	if !errors.As(err, &refused) || !slices.Equal(refused.Employees, employees) {
		t.Fatalf("got %v, want %q not held", err, employees)
	}
}
