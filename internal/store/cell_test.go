package store

import "testing"

// A cell that a partner filled must not run anything where it is opened, by a comma or, in French, by a semicolon.
func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "-2": "'-2", "@x": "'@x", "+33": "'+33", "\t=1": "\t'=1", "\rx": "'\rx", "": "", "a=b": "a=b", "a - b; c": "a - b; c",
		"a;=cmd|' /C calc'!A0": "a;'=cmd|' /C calc'!A0", "a\n=1\n-2": "a\n'=1\n'-2", ";;@x": ";;'@x", "a\t+1": "a\t'+1",
	} {
		if got := (Cell{Text: text}).Spelled(); got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
	if got := (Cell{Text: "-12.50", Number: true}).Spelled(); got != "-12.50" {
		t.Errorf("a number is written %q", got)
	}
}
