package sample_test

import (
	"bytes"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/sample"
)

var options = sample.Options{Dossier: "saint-martin", Employees: 5000, ElementsPerEmployee: 3.125, Period: "2026-11", Seed: 7}

// remainder97 reads letters as 10 to 35 and divides with big numbers: not the code under test.
func remainder97(t *testing.T, text string) int64 {
	t.Helper()
	var digits strings.Builder
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			digits.WriteString(big.NewInt(int64(c - 'A' + 10)).String())
		} else {
			digits.WriteRune(c)
		}
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	if !ok {
		t.Fatalf("%q is not a number", text)
	}
	return new(big.Int).Mod(n, big.NewInt(97)).Int64()
}

func TestNirIsValidAndFitsThePerson(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^([12])(\d\d)(\d\d)(\d\d|2A|2B)999(\d{3})(\d\d)$`)
	corsicans := 0
	for e := range sample.Employees(options) {
		parts := shape.FindStringSubmatch(e.Nir)
		if parts == nil {
			t.Fatalf("NIR %s", e.Nir)
		}
		if want := map[string]string{"M": "1", "MME": "2"}[e.Civilite]; parts[1] != want || parts[2]+parts[3] != e.DateNaissance.Format("0601") {
			t.Errorf("NIR %s of %s born on %s", e.Nir, e.Civilite, e.DateNaissance)
		}
		counted := strings.NewReplacer("2A", "19", "2B", "18").Replace(e.Nir)
		if counted != e.Nir {
			corsicans++
		}
		key := big.NewInt(97 - remainder97(t, counted[:13]))
		if got, _ := new(big.Int).SetString(parts[6], 10); got.Cmp(key) != 0 {
			t.Errorf("key of NIR %s, want %d", e.Nir, key)
		}
	}
	if corsicans == 0 {
		t.Error("nobody was born in Corsica")
	}
}

func TestIbanIsValid(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^FR\d{2}99999\d{18}$`)
	for e := range sample.Employees(options) {
		if !shape.MatchString(e.Iban) || remainder97(t, e.Iban[4:]+e.Iban[:4]) != 1 {
			t.Fatalf("IBAN %s", e.Iban)
		}
		if rib := e.Iban[4:]; remainder97(t, rib) != 0 { // with its key, the whole national number is divisible by 97
			t.Fatalf("RIB %s", rib)
		}
	}
}

func TestEmployeesArePlausible(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	natures := map[string]int{}
	last := ""
	for e := range sample.Employees(options) {
		if e.Matricule <= last || e.Dossier != options.Dossier || e.Email == "" || strings.ContainsAny(e.Email, " 'éèçœ") {
			t.Fatalf("employee %+v after %s", e, last)
		}
		last = e.Matricule
		natures[e.Contrat]++
		if (e.Contrat == "02") != !e.DateFin.IsZero() {
			t.Errorf("contract %s ends on %s", e.Contrat, e.DateFin)
		}
		if e.DateDebut.Before(e.DateNaissance.AddDate(17, 0, 0)) || e.DateDebut.After(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("born on %s, hired on %s", e.DateNaissance, e.DateDebut)
		}
		text.WriteString(e.Prenom + " " + e.NomNaissance + " " + e.NomUsage + "\n")
	}
	if last != "05000" || natures["01"] < 3500 || natures["02"] < 300 || natures["07"] < 150 || len(natures) != 3 {
		t.Errorf("last %s, natures %v", last, natures)
	}
	for _, part := range []string{"é", "ç", "œ", "Œ", "'", "-", "L'Hostis", "Le Goff-Ménard", "ÿ"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("no name has %s", part)
		}
	}
}

func TestElementsAreCountedAndOrdered(t *testing.T) {
	t.Parallel()
	for perEmployee, want := range map[float64]int{0: 0, 0.5: 60, 3: 360, 3.125: 375, 12: 1440} {
		o := options
		o.Employees, o.ElementsPerEmployee = 120, perEmployee
		all := slices.Collect(sample.Elements(o))
		if len(all) != want {
			t.Errorf("%d elements at %v each, want %d", len(all), perEmployee, want)
		}
		if !slices.IsSortedFunc(all, func(a, b sample.Element) int { return strings.Compare(a.Matricule, b.Matricule) }) {
			t.Error("the elements are not in the order of the employees")
		}
		codes := map[string]int{}
		for _, e := range all {
			codes[e.Matricule+" "+e.Code]++
			if e.Quantity == "" && e.Amount == "" || e.Period != "2026-11" || e.Dossier != "saint-martin" {
				t.Errorf("element %+v", e)
			}
		}
		if perEmployee <= 10 && len(codes) != want {
			t.Errorf("someone has a code twice, at %v each", perEmployee)
		}
	}
}

func TestSameOptionsSameData(t *testing.T) {
	t.Parallel()
	script := func(change func(*sample.Options)) string {
		o := options
		o.Employees = 50
		change(&o)
		var out bytes.Buffer
		if err := sample.WriteSQL(&out, "nobody in it exists", o); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	unchanged := script(func(*sample.Options) {})
	if script(func(*sample.Options) {}) != unchanged {
		t.Error("the same options gave other data")
	}
	for name, change := range map[string]func(*sample.Options){
		"seed":    func(o *sample.Options) { o.Seed++ },
		"dossier": func(o *sample.Options) { o.Dossier = "sainte-anne" },
	} {
		if other := script(change); nirs(other)[0] == nirs(unchanged)[0] {
			t.Errorf("another %s gave the same people", name)
		}
	}
	december := script(func(o *sample.Options) { o.Period = "2026-12" })
	if staff := before(unchanged, "COPY staging.payroll_element"); before(december, "COPY staging.payroll_element") != staff ||
		december == unchanged {
		t.Error("another period changed the staff, or not the elements")
	}
	more := script(func(o *sample.Options) { o.Employees = 60 })
	if !strings.HasPrefix(more, before(unchanged, `\.`)) {
		t.Error("more employees changed the first ones")
	}
	later := script(func(o *sample.Options) { o.FirstMatricule, o.Employees = 50, 1 })
	if nirs(later)[0] != nirs(unchanged)[49] {
		t.Error("an employee depends on where the list begins")
	}
}

func nirs(script string) []string {
	return regexp.MustCompile(`\t[12]\d{4}(\d\d|2A|2B)999\d{5}\t`).FindAllString(script, -1)
}

func before(text, mark string) string {
	head, _, _ := strings.Cut(text, mark)
	return head
}

func BenchmarkEmployeeWithElements(b *testing.B) {
	o := options
	o.Employees, o.ElementsPerEmployee = b.N, 3
	b.ReportAllocs()
	rows := 0
	for range sample.Employees(o) {
		rows++
	}
	for range sample.Elements(o) {
		rows++
	}
	if rows != 4*b.N {
		b.Fatalf("%d rows", rows)
	}
}
