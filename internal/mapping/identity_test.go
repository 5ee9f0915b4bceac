package mapping

import (
	"fmt"
	"strings"
	"testing"
)

func TestValidNIR(t *testing.T) {
	t.Parallel()
	corsica := func(department string, asNumber int) string {
		n := 1850500000000 + asNumber*1000000 + 78001
		return fmt.Sprintf("18505%s%06d%02d", department, n%1000000, 97-n%97)
	}
	for text, want := range map[string]bool{
		"285057899900116": true, "2 85 05 78 999 001 16": true, corsica("2A", 19): true, corsica("2b", 18): true, corsica("2A", 18): false,
		"285057899900117": false, "285057899900161": false, "28505789990011": false, "2850578999001166": false, "": false, "98505789990011 ": false,
		"28505789990011X": false, "2850A7899900116": false, strings.Repeat(" ", 100) + "285057899900116": false,
	} {
		if validNIR(text) != want {
			t.Errorf("validNIR(%q) is %v", text, !want)
		}
	}
}

func TestValidIBAN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"FR7630006000011234567890189": true, "FR76 3000 6000 0112 3456 7890 189": true, "fr7630006000011234567890189": true,
		"GB82 WEST 1234 5698 7654 32": true, "NO9386011117947": true, "MT84MALT011000012345MTLCAST001S": true,
		"FR7630006000011234567890188": false, "FR76": false, "": false, "7630006000011234567890189FR": false, "FR76-3000-6000-0112-3456": false,
		"FR763000600001123456789018900000000000": false,
	} {
		if validIBAN(text) != want {
			t.Errorf("validIBAN(%q) is %v", text, !want)
		}
	}
}
