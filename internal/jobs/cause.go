package jobs

import (
	"errors"
	"strings"

	"syncd/internal/mapping"
)

// Cause is a failure of which more is known than its reason: which one, and what it names. The ledger keeps it with the run that
// failed; reports have a sentence and a next step for each code.
type Cause struct {
	Code CauseCode         `json:"cause"`
	Args map[string]string `json:"args,omitempty"` // by the placeholders of its sentence
	Keys []string          `json:"keys,omitempty"` // matricules that it names
}

// CauseCode names a frequent failure.
type CauseCode string

// The failures whose causes are known.
const (
	CauseIdentity       CauseCode = "identity"      // answered, expected
	CauseNoTable        CauseCode = "no-table"      // table
	CauseNoColumn       CauseCode = "no-column"     // column
	CauseTwoColumns     CauseCode = "two-columns"   // column
	CauseRowSecurity    CauseCode = "row-security"  // table
	CauseNoRight        CauseCode = "no-right"      // table
	CauseViewOwner      CauseCode = "view-owner"    // table
	CauseSomeRight      CauseCode = "some-right"    // Postgres does not say which
	CauseNotSQL         CauseCode = "not-sql"       // query
	CauseWrites         CauseCode = "writes"        // a query of staging
	CauseNoNomenclature CauseCode = "no-dictionary" // dictionaries
	CauseNoMatricule    CauseCode = "no-matricule"  // keys
	CauseOtherZeros     CauseCode = "other-zeros"   // keys, alike: those of staging with other zeros in front
	CauseElsewhere      CauseCode = "elsewhere"     // a server that a foreign table reads
	CauseCancelled      CauseCode = "cancelled"     // a statement, in the database
	CauseReadOnly       CauseCode = "read-only"     // the database
	CauseDatabase       CauseCode = "database"      // it is away
	CauseClient         CauseCode = "client"        // the partner does not know our client
	CauseKey            CauseCode = "key"           // the partner refuses the dossier's key, or the call
	CauseContract       CauseCode = "contract"      // it cannot be read
	CauseContractAway   CauseCode = "contract-away" // it cannot be had just now
	CauseVerb           CauseCode = "verb"          // calls: the contract has only these
	CauseKeyPlace       CauseCode = "key-place"     // place: the contract has the key there
	CauseProxy          CauseCode = "proxy"         // it does not let us through
	CauseProxyAway      CauseCode = "proxy-away"    // it is away, or finds no way
	CauseChain          CauseCode = "chain"         // issuer
	CauseCertificate    CauseCode = "certificate"   // it is not trusted
	CauseAddress        CauseCode = "address"       // something else than the partner answers there
	CauseAnswer         CauseCode = "answer"        // it does not say whether a document was accepted
	CauseAPI            CauseCode = "api"           // it is away or busy

	// Of what is held. The last three: of records in a collection.
	CauseWithdraws  CauseCode = "withdraws"   // n, of: codes of all nomenclatures
	CauseEmptied    CauseCode = "emptied"     // nomenclatures, each with its number of codes: "Civilite 2/2"
	CauseFewer      CauseCode = "fewer"       // collection, n, of: no longer listed
	CauseNoneListed CauseCode = "none-listed" // collection
	CauseForeign    CauseCode = "foreign"     // collection, n: another owner's
)

// Because is a cause, with the names and values that its sentence has.
func Because(code CauseCode, namesAndValues ...string) *Cause {
	c := &Cause{Code: code}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		if c.Args == nil {
			c.Args = map[string]string{}
		}
		c.Args[namesAndValues[i]] = namesAndValues[i+1]
	}
	return c
}

// causeOf is the cause of an error that has, or holds, one; nil = none is known.
func causeOf(err error) *Cause {
	var told interface{ FailureCause() *Cause }
	var column *mapping.ColumnError
	var nomenclature *mapping.NomenclatureError
	switch {
	case errors.As(err, &told):
		return told.FailureCause()
	case errors.As(err, &column) && column.Twice:
		return Because(CauseTwoColumns, "column", column.Column)
	case errors.As(err, &column):
		return Because(CauseNoColumn, "column", column.Column)
	case errors.As(err, &nomenclature):
		return Because(CauseNoNomenclature, "dictionaries", strings.Join(nomenclature.Names, ", "))
	case errors.Is(err, ErrUnreachable):
		return Because(CauseDatabase)
	}
	return nil
}

// FailureCause is what the call met; of one that may pass, that the API is away.
func (e *CallError) FailureCause() *Cause {
	if e.Cause == nil && e.Class == ClassTemporary && e.Call != "contract" {
		return Because(CauseAPI)
	}
	return e.Cause
}

// FailureCause of what answered properly before: only a certificate tells more than that.
func (e *UnusualError) FailureCause() *Cause { return Unusual(e.Cause) }

// Unusual is what remains of a cause where the very same settings were answered properly before.
func Unusual(cause *Cause) *Cause {
	if cause != nil && (cause.Code == CauseCertificate || cause.Code == CauseChain) {
		return Because(CauseCertificate)
	}
	return nil
}

// FailureCause is what is wrong with staging.
func (e *StagingError) FailureCause() *Cause { return e.Cause }

// FailureCause names both associations.
func (e *IdentityError) FailureCause() *Cause {
	return Because(CauseIdentity, "answered", e.Answered, "expected", e.Want)
}

// FailureCause names the matricules.
func (e *EmployeeError) FailureCause() *Cause {
	cause := &Cause{Code: CauseNoMatricule, Keys: e.Keys}
	if len(e.Alike) > 0 {
		cause.Code, cause.Args = CauseOtherZeros, map[string]string{"alike": strings.Join(e.Alike, ", ")}
	}
	return cause
}
