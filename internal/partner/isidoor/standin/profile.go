package standin

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/sandbox"
)

// The profiles: shapes that an API can have. Which one Isidoor has, nobody outside knows.
const (
	ProfileIsidoor = "isidoor" // the shape that syncd assumes of Isidoor
	ProfilePlat    = "plat"    // all that can be different is different: a rehearsal of configuring syncd for it
)

// profile is one shape of the API. All that the sandbox does or tells about documents comes from here.
type profile struct {
	name string

	// Where the dossier's key goes, unless the sandbox is told otherwise.
	keyIn   KeyIn
	keyName string
	// keyScheme: the contract tells the key as a security scheme, not among the parameters of each call.
	keyScheme bool

	dossierPath, dictionnairePath, salariePath string // below /V2: "/Dossier"
	method                                     string // of the call that takes a document

	body     string // what the contract and ModelState call the document: "salarie"
	document member
	// Members of the document: who it is of, which month, and the list that append mode adds to.
	key, period, elements string
	examples              string // members that an edit can name, for hints
	person                personNames
	nullable              bool // the contract says x-nullable of what may be null; Swashbuckle does not

	readPeriod string // parameter of the call that reads back
	readMember string // of its answer, where the document is; "" = the answer itself

	dossier member // what Dossier answers, in this order: name, SIRET
	entry   member // one code of Dictionnaire, in this order: nomenclature, code, label, active
	listed  string // member of Dictionnaire's answer that contains the codes; "" = the answer itself

	accepted *sandbox.Answer // to every document that was stored
	// coded: every answer to a document says by a code whether it was taken, and what only a business rule refuses is
	// refused inside a 200. Otherwise all refusals are 400 with a ModelState.
	coded bool
}

// personNames are the members that a refusal of a person quotes.
type personNames struct{ nir, firstName, lastName string }

var profiles = []*profile{&isidoor, &plat}

// Profiles are the names of the shapes that a sandbox can have; the first is the default.
func Profiles() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.name
	}
	return names
}

func profileNamed(name string) (*profile, error) {
	i := slices.IndexFunc(profiles, func(p *profile) bool { return p.name == name })
	if i < 0 {
		return nil, fmt.Errorf("the sandbox has no profile %q\nhint: one of %s", name, strings.Join(Profiles(), ", "))
	}
	return profiles[i], nil
}
