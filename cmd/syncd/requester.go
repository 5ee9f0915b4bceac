package main

import (
	"fmt"
	"os"
	"os/user"
	"strings"
)

// requester is the system user who asks, as the trail names it: whoever logged in, which no sudo or su hides, and as whom
// the program runs where that is somebody else.
func requester() string {
	return nameRequester(userName(os.Getuid()), loginName())
}

func nameRequester(running, login string) string {
	if login == "" || login == running {
		return running
	}
	return login + " (as " + running + ")"
}

func userName(uid int) string {
	u, err := user.LookupId(fmt.Sprint(uid))
	if err != nil {
		return fmt.Sprintf("uid %d", uid)
	}
	return u.Username
}

// loginName is the user of the login session, which the kernel keeps once it is set (audit(7), pam_loginuid); "" = there
// is none, as in a service.
func loginName() string {
	text, err := os.ReadFile("/proc/self/loginuid")
	if err != nil {
		return ""
	}
	return loginOf(strings.TrimSpace(string(text)))
}

func loginOf(uid string) string {
	const unset = "4294967295"
	if uid == unset || uid == "" {
		return ""
	}
	u, err := user.LookupId(uid)
	if err != nil {
		return "uid " + uid
	}
	return u.Username
}
