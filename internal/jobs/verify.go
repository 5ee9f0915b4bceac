package jobs

import "time"

// ReadBack says that the API can be asked for the document of an employee, and what of it is compared.
type ReadBack struct {
	Compare []string // paths of the document; nil = all that was sent
}

// Doubts are the items of a target and period of which nobody knows whether the API received them.
type Doubts struct {
	Items []Doubt
	// Witness is a document that the API certainly has: only if it can be read back, others that cannot were not received.
	Witness *DocumentRef
	Held    []byte // the witness's document
}

// Doubt is an item of which nobody knows whether the API received it.
type Doubt struct {
	Run      int64
	Seq      int
	Key      string
	Version  int64         // of the baseline that it was planned against
	Document []byte        // that was sent
	Previous []byte        // that was acknowledged before; nil = none
	Wait     time.Duration // until a request that left is certainly over
}
