//go:build race

package check_test

// allocationsAllowed: the race detector makes sync.Pool forget at random.
const allocationsAllowed = 3
