//go:build race

package contract_test

// allocationsAllowed: the race detector makes sync.Pool forget at random.
const allocationsAllowed = 3

// timeAllowed is how many times longer reading may take.
const timeAllowed = 10
