package sample

import (
	"fmt"
	"time"
)

// nir makes a social security number: sex, year, month, department, commune 999 (which does not exist), order, and a
// key of 97 − n mod 97, in which Corsica's departments 2A and 2B count as 19 and 18.
func (d *draw) nir(woman bool, born time.Time) string {
	sex := 1
	if woman {
		sex = 2
	}
	var department string
	var counted int
	switch n := 1 + d.IntN(95); {
	case n != 20:
		department, counted = fmt.Sprintf("%02d", n), n
	case d.chance(50):
		department, counted = "2A", 19
	default:
		department, counted = "2B", 18
	}
	order := 1 + d.IntN(999)
	head := sex*10_000 + born.Year()%100*100 + int(born.Month())
	number := (int64(head)*100+int64(counted))*1_000_000 + 999_000 + int64(order)
	return fmt.Sprintf("%05d%s999%03d%02d", head, department, order, 97-number%97)
}

// fictionalBank is a French bank code that no bank has.
const fictionalBank = 99999

// iban makes a French account number: bank, branch, account, national key (clé RIB), and the check digits of ISO 13616.
func (d *draw) iban() string {
	branch, account := d.IntN(100_000), d.Int64N(100_000_000_000)
	key := 97 - (89*fictionalBank+15*int64(branch)+3*(account%97))%97
	bban := fmt.Sprintf("%05d%05d%011d%02d", fictionalBank, branch, account, key)
	return fmt.Sprintf("FR%02d%s", 98-mod97(bban+"152700"), bban) // F = 15, R = 27
}

// mod97 is the remainder of a number of any length.
func mod97(digits string) int {
	n := 0
	for _, digit := range digits {
		n = (n*10 + int(digit-'0')) % 97
	}
	return n
}
