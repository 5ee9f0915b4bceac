package jobs

// Guards are what a push asks before it sends: rules that hold the whole run, and rules that hold single employees while
// the others go. The defaults, and why they are so, stand in config.toml.
type Guards struct {
	Created    Limit // employees whom the target does not know yet
	Updated    Limit // employees whose master data changed
	Departed   Limit // employees who are newly gone from staging
	Duplicates Limit // matricules with several rows
	Fall       Limit // employees fewer than in the last finished run
	Elements   Limit // how far the number of payroll elements may be from the usual one
	CodeTotals Limit // how far the total of one code may be from the usual one, in units of the element

	RequireElements bool // a month in which nobody has an element is held
	MaxGap          int  // months between the period and the nearest one that was sent; 0 = any
	MaxBack         int  // months by which the period may be older than the newest one that was sent; 0 = any
	Approval        bool // every plan that would send something waits for a person
	Verify          bool // each run compares what the API holds with what it acknowledged
	CheckKeys       bool // an IBAN or a NIR with wrong check digits holds the employee
	Recognise       bool // a member whose value is an IBAN or a NIR counts among HoldFields and UniqueFields, where no name tells

	HoldFields   []string // paths of master data whose change holds the employee; empty, but not nil = none at all
	UniqueFields []string // paths of master data that two matricules must not share; likewise
	AmountFields []string // paths of numbers of elements ("Elements.Montant") that are watched; nil = all numeric ones
	MaxAmount    float64  // how many times an employee's median an amount may be; 0 = any
}

// recognises tells whether a list of members is extended by those whose values are an IBAN or a NIR: not where somebody
// wants none.
func (g *Guards) recognises(fields []string) bool {
	return g.Recognise && !none(fields)
}
