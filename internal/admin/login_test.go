package admin

import (
	"os/user"
	"testing"
)

// The audit names the person, also behind sudo, and does not hide as whom the program ran.
func TestNameRequester(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ running, login, want string }{
		{"marie", "marie", "marie"},
		{"syncd", "marie", "marie (as syncd)"},
		{"root", "uid 1001", "uid 1001 (as root)"},
		{"syncd", "", "syncd"}, // a service: nobody logged in
		{"root", "root", "root"},
	} {
		if got := nameRequester(c.running, c.login); got != c.want {
			t.Errorf("running as %q, logged in as %q: %q, want %q", c.running, c.login, got, c.want)
		}
	}
}

// The kernel writes a number: of a user, of one that was deleted since, or of nobody.
func TestLoginOf(t *testing.T) {
	t.Parallel()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[string]string{
		me.Uid:       me.Username,
		"":           "",
		"4294967295": "",
		"-1":         "",
		"root\n":     "",
		"3999999999": "uid 3999999999",
	} {
		if got := loginOf(uid); got != want {
			t.Errorf("uid %q: %q, want %q", uid, got, want)
		}
	}
}
