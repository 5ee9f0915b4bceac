package store

import "slices"

// verdict is what an error of Postgres says of the next try.
type verdict int

const (
	// defective: neither the statement nor the configuration explains it. Somebody has to look at Postgres, or at syncd.
	defective verdict = iota
	// away: the database cannot be used just now. The same may work in a minute: it is waited for.
	away
	// mistaken: the statement, or the data that it meets, is wrong. Of staging that is a configured query or the
	// association's rows, for a person to correct; of the ledger, whose statements are ours, a defect.
	mistaken
	// denied: a right, a login or a setting of the server is missing.
	denied
)

// classes is Postgres's whole list of classes of SQLSTATEs (its errcodes.txt), each with what it says; states has those
// codes that say something else than their class. From here come the reason of a run, the exit code, and whether a daemon
// tries again. Both hold for the ledger and for staging.
var classes = map[string]verdict{
	"00": defective, // successful completion: no error at all
	"01": mistaken,  // warning, raised as an error by a function of theirs
	"02": mistaken,  // no data, likewise
	"03": mistaken,  // SQL statement not yet complete
	"08": away,      // connection: also of another server that a foreign table reads
	"09": mistaken,  // triggered action
	"0A": mistaken,  // feature not supported
	"0B": mistaken,  // invalid transaction initiation
	"0F": mistaken,  // locator
	"0L": mistaken,  // invalid grantor
	"0P": mistaken,  // invalid role specification
	"0Z": mistaken,  // diagnostics
	"20": mistaken,  // case not found
	"21": mistaken,  // cardinality violation
	"22": mistaken,  // data exception
	"23": mistaken,  // integrity constraint violation
	"24": mistaken,  // invalid cursor state
	"25": defective, // invalid transaction state: transactions are ours
	"26": mistaken,  // invalid SQL statement name
	"27": mistaken,  // triggered data change violation
	"28": denied,    // invalid authorization specification
	"2B": mistaken,  // dependent privilege descriptors still exist
	"2D": mistaken,  // invalid transaction termination, by a procedure of theirs
	"2F": mistaken,  // SQL routine exception
	"34": mistaken,  // invalid cursor name
	"38": mistaken,  // external routine
	"39": mistaken,  // external routine invocation
	"3B": mistaken,  // savepoint
	"3D": denied,    // invalid catalog name: no such database
	"3F": mistaken,  // invalid schema name
	"40": away,      // transaction rollback
	"42": mistaken,  // syntax error or access rule violation
	"44": mistaken,  // WITH CHECK OPTION violation
	"53": away,      // insufficient resources: disk, memory, connections
	"54": mistaken,  // program limit exceeded: a statement that is too complex, a row too large
	"55": mistaken,  // object not in prerequisite state
	"57": away,      // operator intervention
	"58": away,      // system error: the disk, a file
	"72": away,      // snapshot too old
	"F0": denied,    // configuration file of the server
	"HV": mistaken,  // foreign data wrapper: its options, names and types
	"P0": mistaken,  // PL/pgSQL
	"XX": defective, // internal error, corrupted data
}

var states = map[string]verdict{
	"08P01": denied,   // protocol violation: how a pooler in between says no
	"25006": away,     // read-only: a standby, or a server that somebody is moving away from. See ofStaging for a query that writes
	"25P03": away,     // idle_in_transaction_session_timeout: Postgres ended the session
	"25P04": away,     // transaction_timeout, likewise
	"40002": mistaken, // a constraint, checked at commit
	"42501": denied,   // insufficient privilege
	"53400": denied,   // a configured limit, such as temp_file_limit
	"55006": away,     // object in use
	"55P02": denied,   // a parameter that cannot be changed now
	"55P03": away,     // a lock was not available in time
	"HV000": away,     // several wrappers say nothing else when the other server is away
	"HV001": away,     // the wrapper has no memory
	"HV00K": away,     // no reply from the other server
	"HV00L": away,     // no execution at the other server
	"HV00M": away,     // likewise
	"HV00N": away,     // no connection to the other server
}

// ofStaging are the codes that say something else when a configured query meets them: its sessions are read-only on our
// account, and its locks are waited for elsewhere (whenFree).
var ofStaging = map[string]verdict{"25006": mistaken}

// verdictOf tells what a SQLSTATE says. A class that Postgres does not have was raised by somebody's function.
func verdictOf(state string) verdict {
	if v, ok := states[state]; ok {
		return v
	}
	const class = 2
	if len(state) < class {
		return defective
	}
	if v, ok := classes[state[:class]]; ok {
		return v
	}
	return mistaken
}

// stagingVerdict is verdictOf for a configured query.
func stagingVerdict(state string) verdict {
	if v, ok := ofStaging[state]; ok {
		return v
	}
	return verdictOf(state)
}

// troubles are the SQLSTATEs, and classes, that tell why a database cannot be used just now.
var troubles = []string{"08", "25006", "25P03", "25P04", "40", "53", "55", "57", "57014", "58", "72"}

// troubleOf is the code of the words for a SQLSTATE that passes.
func troubleOf(state string) string {
	for _, told := range []string{state, state[:2]} {
		if slices.Contains(troubles, told) {
			return "database.away-" + told
		}
	}
	return "database.away-somehow"
}
