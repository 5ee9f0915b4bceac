package main

import (
	"os"
	"os/user"
	"strconv"
	"strings"
	"testing"
)

// TestLoginOfAService: a command that syncd-admin starts has no login session, and the audit must not call everyone
// "syncd".
func TestLoginOfAService(t *testing.T) {
	if text, err := os.ReadFile("/proc/self/loginuid"); err == nil && loginOf(strings.TrimSpace(string(text))) != "" {
		t.Setenv("SYNCD_LOGIN_UID", "1")
		if daemon := nameOf("1"); loginName() == daemon && strings.TrimSpace(string(text)) != "1" {
			t.Error("the environment names somebody else than the kernel")
		}
		return
	}
	root, err := user.LookupId("0")
	if err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[string]string{"0": root.Username, "": "", "4294967295": "", "marie": "", "-1": "", "1 OR 1": ""} {
		t.Setenv("SYNCD_LOGIN_UID", uid)
		if got := loginName(); got != want {
			t.Errorf("SYNCD_LOGIN_UID=%q names %q, want %q", uid, got, want)
		}
	}
}

// TestNameOfAnUnknownUser: whoever it is, the audit has a name for them.
func TestNameOfAnUnknownUser(t *testing.T) {
	const nobodys = 3_999_999_999
	if got, want := nameOf(strconv.Itoa(nobodys)), "uid 3999999999"; got != want {
		t.Errorf("nameOf = %q, want %q", got, want)
	}
}
