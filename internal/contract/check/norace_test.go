//go:build !race

package check_test

// allocationsAllowed of a document that fits.
const allocationsAllowed = 0
