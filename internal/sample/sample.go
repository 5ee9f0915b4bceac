// Package sample makes synthetic staging data for the demo, rehearsals, tests and benchmarks: deterministic, streamed,
// and shaped like a real association's. Every person is invented, and the numbers say so: the commune in each NIR (999)
// and the bank in each IBAN (99999) do not exist, so none belongs to anybody, yet all their keys are valid.
package sample

import (
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Options say what to generate. Equal options give equal data. An employee does not depend on Period, nor on how many
// follow: the next month or a larger staff keeps those who were there (while matricules keep their width).
type Options struct {
	Dossier             string
	Employees           int
	ElementsPerEmployee float64 // on average; 3 gives exactly three to each
	Period              string  // "2026-11": of the elements
	Seed                uint64
	FirstMatricule      int // 0 = 1
}

// Employee is a row of staging.employee. Empty NomUsage and zero DateFin are NULL.
type Employee struct {
	Dossier        string
	Matricule      string // zero-padded to five digits, or to the width of the last, so that text order is numeric order
	Civilite       string
	NomNaissance   string
	NomUsage       string
	Prenom         string
	DateNaissance  time.Time
	Nir            string
	Email          string
	Voie           string
	CodePostal     string
	Ville          string
	CodePays       string
	Iban           string
	Contrat        string // nature of the contract
	DateDebut      time.Time
	DateFin        time.Time
	CategorieTemps string
	TauxActivite   string // percent, decimal: "75.00"
	Strate         string
	Categorie      string
	Fonction       string
}

// Element is a row of staging.payroll_element. Empty Quantity and Amount are NULL.
type Element struct {
	Dossier   string
	Matricule string
	Period    string
	Code      string
	Quantity  string // decimal: "3.5000"
	Amount    string // euros, decimal: "120.00"
}

// Employees generates the staff one at a time, in the order of their matricules.
func Employees(o Options) iter.Seq[Employee] {
	return func(yield func(Employee) bool) {
		d := newDraw(o, "employee")
		for i := range o.Employees {
			d.begin(i)
			if !yield(d.employee(o.matricule(i))) {
				return
			}
		}
	}
}

// Elements generates the payroll elements of the period one at a time, in the order of the employees. There are
// Employees × ElementsPerEmployee of them, rounded down, spread evenly.
func Elements(o Options) iter.Seq[Element] {
	return func(yield func(Element) bool) {
		d := newDraw(o, o.Period)
		for i := range o.Employees {
			d.begin(i)
			count := o.elementsBefore(i+1) - o.elementsBefore(i)
			for _, element := range d.elements(o.matricule(i), count) {
				if !yield(element) {
					return
				}
			}
		}
	}
}

// elementsBefore counts the elements of the first n employees.
func (o Options) elementsBefore(n int) int {
	return int(math.Floor(float64(n) * o.ElementsPerEmployee))
}

func (o Options) matricule(i int) string {
	first := max(o.FirstMatricule, 1)
	width := max(5, len(strconv.Itoa(first+o.Employees-1)))
	return fmt.Sprintf("%0*d", width, first+i)
}

// draw makes the random choices. Each employee has a sequence of their own, so that none depends on another.
type draw struct {
	options Options
	seed    uint64
	source  *rand.PCG
	*rand.Rand
	buffer []Element // reused by elements
}

// newDraw makes the choices for a purpose: those for two purposes have nothing in common.
func newDraw(o Options, purpose string) *draw {
	hash := fnv.New64a()
	fmt.Fprint(hash, o.Dossier, "\x00", purpose)
	source := rand.NewPCG(0, 0)
	return &draw{options: o, seed: o.Seed ^ hash.Sum64(), source: source, Rand: rand.New(source)}
}

// begin starts the sequence of the i-th employee.
func (d *draw) begin(i int) { d.source.Seed(d.seed, uint64(max(d.options.FirstMatricule, 1)+i)) }

// chance is true with a probability of percent in a hundred.
func (d *draw) chance(percent int) bool { return d.IntN(100) < percent }

// one picks an entry of the list.
func one[T any](d *draw, list []T) T { return list[d.IntN(len(list))] }

// day picks a day from the first of January of one year to the 28th of December of another.
func (d *draw) day(firstYear, lastYear int) time.Time {
	year := firstYear + d.IntN(lastYear-firstYear+1)
	return time.Date(year, time.Month(1+d.IntN(12)), 1+d.IntN(28), 0, 0, 0, 0, time.UTC)
}
