//go:build !race

package contract_test

// allocationsAllowed of a document that fits.
const allocationsAllowed = 0

// timeAllowed is how many times longer reading may take.
const timeAllowed = 1
