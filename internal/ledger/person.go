package ledger

// Channel is the door by which somebody decided.
type Channel string

const (
	ByCommand Channel = "command"
	ByPage    Channel = "page"
)

// Proof is how somebody proved who that is.
type Proof string

const (
	ProofSystem   Proof = "os"            // the system knows who logged in
	ProofPassword Proof = "password+totp" // of the page
	ProofCode     Proof = "totp"          // once more, in a session that a password began
	ProofProvider Proof = "oidc"          // an identity provider of the organisation says so
)

// Person is who decides: by which door, and how it was proved.
type Person struct {
	Name    string // as the audit names them: the account, or the system user, such as "marie (as syncd)"
	Account string // "" = none
	System  string // the system user who logged in, or that the account names; "" = none
	Channel Channel
	Proof   Proof
}
