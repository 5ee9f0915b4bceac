// Package contract knows what the API says of itself: its Swagger 2.0 or OpenAPI 3.0 document. It reads that document
// (load.go), finds the calls that syncd makes (find.go), checks documents before they leave (checker.go), judges a mapping
// before a month is at stake (static.go), fills in what the configuration leaves open (derive.go), and tells two contracts
// apart (compare.go). A Keeper (keeper.go) knows which contract is in force.
//
// Contracts come from outside: reading one fetches nothing, is bounded in size and depth, and ends in an error that says
// what is wrong, never in a panic.
package contract
