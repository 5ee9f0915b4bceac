package process

import (
	"fmt"
	"os"
	"os/user"
	"strings"
)

// me is who the audit says that our processes are run by: the user who logged in, where somebody did.
func (w *world) me() string {
	w.t.Helper()
	now, err := user.Current()
	w.must(err)
	login, err := os.ReadFile("/proc/self/loginuid")
	uid := strings.TrimSpace(string(login))
	if err != nil || uid == "" || uid == fmt.Sprint(^uint32(0)) {
		return now.Username
	}
	first, err := user.LookupId(uid)
	w.must(err)
	if first.Username == now.Username {
		return now.Username
	}
	return first.Username + " (as " + now.Username + ")"
}
