package jobs

// Kind is what a job does. What follows from it is asked of the kind: nobody compares kinds.
type Kind string

const (
	PushSalaries     Kind = "push-salaries"     // employees' documents go to the partner, month by month
	PullDictionnaire Kind = "pull-dictionnaire" // the partner's nomenclatures are fetched, all or nothing
)

type kind struct {
	name       Kind
	hasPeriod  bool
	sends      bool
	pullsCodes bool
}

// kinds is the table of them, in the order in which people read them.
var kinds = []kind{
	{name: PushSalaries, hasPeriod: true, sends: true},
	{name: PullDictionnaire, pullsCodes: true},
}

// KindsThat are the kinds of which something holds, such as Kind.Sends.
func KindsThat(holds func(Kind) bool) (some []Kind) {
	for _, k := range kinds {
		if holds(k.name) {
			some = append(some, k.name)
		}
	}
	return some
}

// HasPeriod reports whether each run is of a payroll month.
func (k Kind) HasPeriod() bool { return k.row().hasPeriod }

// Sends reports whether runs plan documents of employees from staging and send them. Others fetch, and have no items.
func (k Kind) Sends() bool { return k.row().sends }

// PullsCodes reports whether runs fetch the nomenclatures in which mappings look up codes.
func (k Kind) PullsCodes() bool { return k.row().pullsCodes }

// row is the kind's; of a kind that this program does not know nothing holds.
func (k Kind) row() kind {
	for _, row := range kinds {
		if row.name == k {
			return row
		}
	}
	return kind{}
}
