package mapping

import (
	"math/big"
	"strings"
	"testing"

	"syncd/internal/canonjson"
)

func TestScaled(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "120.00": 1200000, "120": 1200000, "-3.5": -35000, "+3.5": 35000, "0.0001": 1, ".5": 5000, "5.": 50000, "007.50": 75000,
		"12.50  ": 125000, // char(8)
		"0.00004": 0, "0.00005": 1, "-0.00005": -1, "0.000049999": 0, "1.23455": 12346, "1.234549999": 12345, "-1.23455": -12346,
		"0.99995": 10000, "9999.99999": 100000000,
		"1e+06": 10000000000, "1.5e-3": 15, "1e-4": 1, "5e-5": 1, "4e-5": 0, "9e-6": 0, "1e-300": 0, "1.25E1": 125000, "12345.678e-2": 1234568,
		"0e400": 0, "0." + strings.Repeat("0", 50) + "1e51": 10000, strings.Repeat("0", 50) + "1": 10000,
		"461168601842738.7903": maxScaled - 1, "461168601842738.7904": maxScaled, "461168601842738.7905": maxScaled,
		"461168601842738.79035": maxScaled,
		"461168601842739":       maxScaled, "-461168601842739": -maxScaled, "1e+308": maxScaled, "-1.7976931348623157e+308": -maxScaled,
		strings.Repeat("9", 1000): maxScaled, "999999999999999999999.5": maxScaled,
	} {
		if units, ok := Scaled([]byte(text)); !ok || units != want {
			t.Errorf("%q is %d, %v, want %d", text, units, ok, want)
		}
	}
	for _, text := range []string{"", " ", "-", ".", "-.", "NaN", "Infinity", "-Infinity", "e5", "1e", "1e401", "1,5", "1 2", " 1", "--1",
		"1.2.3", "0x1", "1_0", "١"} {
		if units, ok := Scaled([]byte(text)); ok || units != 0 {
			t.Errorf("%q is %d, %v", text, units, ok)
		}
	}
	if units, ok := Scaled(nil); ok || units != 0 {
		t.Errorf("NULL is %d, %v", units, ok)
	}
}

func TestScaledAllocatesNothing(t *testing.T) { // AllocsPerRun counts for the whole process: not parallel
	for _, text := range []string{"120.00", "-1.7976931348623157e+308", "1e-7", "NaN"} {
		raw := []byte(text)
		if n := testing.AllocsPerRun(100, func() { Scaled(raw) }); n != 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

// FuzzScaled compares with arithmetic on fractions.
func FuzzScaled(f *testing.F) {
	for _, seed := range []string{"0", "-0.0", "75.00", "1e3", "1.5e-400", "1e401", ".5", "5.", "NaN", "0.00005", "461168601842738.79035",
		"9e14"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		units, ok := Scaled(text)
		canonical, valid := canonjson.AppendDecimal(nil, trimBlanks(text))
		if ok != valid {
			t.Fatalf("%q: %v, as a decimal %v", text, ok, valid)
		}
		if want := scaledByFractions(string(canonical)); ok && units != want {
			t.Fatalf("%q is %d, want %d", text, units, want)
		}
	})
}

func scaledByFractions(text string) int64 {
	fraction, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0
	}
	fraction.Mul(fraction, big.NewRat(10000, 1))
	magnitude := new(big.Rat).Add(new(big.Rat).Abs(fraction), big.NewRat(1, 2))
	units := new(big.Int).Quo(magnitude.Num(), magnitude.Denom())
	if limit := big.NewInt(maxScaled); units.Cmp(limit) > 0 {
		units = limit
	}
	return units.Int64() * int64(fraction.Sign())
}

func BenchmarkScaled(b *testing.B) {
	for _, text := range []string{"120.00", "3.5", "1e+06", "12345678.123456"} {
		b.Run(text, func(b *testing.B) {
			raw := []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				Scaled(raw)
			}
		})
	}
}
