package privacy

import "testing"

// However a matricule was spelled by a spreadsheet, a person or an export, it is the same; another one is not.
func TestKeyForm(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[string]string{
		"42": "42", "00042": "42", " 42": "42", "42 ": "42", "4 2": "42", "42\u00a0": "42", "\u202f42": "42", "\ufeff42": "42", "４２": "42",
		"42.0": "42", "42,00": "42", "0-042": "42", "'00042": "42", "42\t": "42",
		"420": "420", "4.2": "42", "402": "402", "142": "142",
		"A042": "a42", "a42": "a42", "A-042": "a42", "A 42": "a42", "Ａ42": "a42", "42A": "42a", "A42B007": "a42b7", "a42b7": "a42b7",
		"0": "0", "000": "0", "": "", " ": "", "É1": "é1", "E\u03011": "é1", "x٠": "x٠",
	} {
		if got := KeyForm([]byte(spelling)); got != want {
			t.Errorf("%q: got %q, want %q", spelling, got, want)
		}
	}
}
