package ledger

import (
	"time"

	"syncd/internal/jobs"
)

// KnownContracts is what the ledger knows of an API's contracts.
type KnownContracts struct {
	AskedAt *time.Time     // when the API was last asked; nil = never
	Asked   time.Duration  // how long ago, by the ledger's clock; negative = never
	Place   string         // where one was last found; "" = nowhere yet
	Problem error          // why none was found when the API was last asked; nil = one was
	Seen    []SeenContract // the one in force first

	Accepted    string // digest of the one under which is sent; "" = none was seen yet
	AcceptedAt  *time.Time
	AcceptedBy  string // "" = it broke nothing
	AcceptedFor string
}

// SeenContract is one contract, known by its digest.
type SeenContract struct {
	Digest    string
	Place     string
	FirstSeen time.Time
	LastSeen  time.Time
}

// FoundContract is what an API showed when it was asked: a contract, or why there is none.
type FoundContract struct {
	Digest  string // "" = none
	Text    []byte
	Place   string
	Problem error // why none was found; nil = one was
}

// Accepted is what became of held runs when a contract was accepted.
type Accepted struct {
	Released []jobs.Run // planned under it, and held by nothing else: they go on
	Outdated []jobs.Run // planned under another one: they have to be planned afresh
}

// Acceptance lets syncd send under another contract than before.
type Acceptance struct {
	Digest string
	Before string // the accepted one until now; "" = none
	By     string // "" = nobody needed to: it breaks nothing
	Reason string

	Expires map[string]time.Duration // how long a hold of a job waits for a decision; 0 = for ever
}
