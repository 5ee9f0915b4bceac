//go:build race

package openapi_test

// timeAllowed is how many times longer reading may take.
const timeAllowed = 10
