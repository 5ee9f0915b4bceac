package sample

import "fmt"

// elementKind says how an element is filled. Bounds are in the last digit shown: quarters of an hour, half days, cents.
type elementKind struct {
	code     string
	quantity func(*draw) string
	amount   func(*draw) string
}

var elementKinds = []elementKind{
	{code: "HSUP25", quantity: quarters(1, 40)},
	{code: "HSUP50", quantity: quarters(1, 16)},
	{code: "HCOMP", quantity: quarters(1, 32)},
	{code: "ABS_MAL", quantity: halves(1, 30)},
	{code: "ABS_CP", quantity: halves(1, 20)},
	{code: "ABS_SS", quantity: halves(1, 6)},
	{code: "PRIME_EXC", amount: cents(20_00, 600_00)},
	{code: "ACOMPTE", amount: cents(100_00, 900_00)},
	{code: "AVN_REPAS", quantity: halves(2, 42)},
	{code: "IND_KM", quantity: tenths(15, 4000), amount: cents(5_00, 250_00)},
}

// elementStep walks through elementKinds without repeating a code before all were used: it shares no factor with their
// number.
const elementStep = 3

// elements generates count elements. The slice is reused by the next call.
func (d *draw) elements(matricule string, count int) []Element {
	d.buffer = d.buffer[:0]
	start := d.IntN(len(elementKinds))
	for k := range count {
		kind := elementKinds[(start+k*elementStep)%len(elementKinds)]
		e := Element{Dossier: d.options.Dossier, Matricule: matricule, Period: d.options.Period, Code: kind.code}
		if kind.quantity != nil {
			e.Quantity = kind.quantity(d)
		}
		if kind.amount != nil {
			e.Amount = kind.amount(d)
		}
		d.buffer = append(d.buffer, e)
	}
	return d.buffer
}

// scaled draws n from low to high and writes n×unit ten-thousandths with four decimals, as numeric(12,4) shows it.
func scaled(low, high, unit int) func(*draw) string {
	return func(d *draw) string {
		n := (low + d.IntN(high-low+1)) * unit
		return fmt.Sprintf("%d.%04d", n/10_000, n%10_000)
	}
}

func quarters(low, high int) func(*draw) string { return scaled(low, high, 2_500) }
func halves(low, high int) func(*draw) string   { return scaled(low, high, 5_000) }
func tenths(low, high int) func(*draw) string   { return scaled(low, high, 1_000) }

func cents(low, high int) func(*draw) string {
	return func(d *draw) string {
		n := low + d.IntN(high-low+1)
		return fmt.Sprintf("%d.%02d", n/100, n%100)
	}
}
