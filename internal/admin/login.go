package admin

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// Requester is the system user who asks, as the audit names it: whoever logged in, which no sudo or su hides, and as whom
// the program runs where that is somebody else.
func Requester() string {
	return nameRequester(userName(os.Getuid()), loginName())
}

// Login is the person among what Requester tells: whoever logged in, else as whom the program runs.
func Login() string {
	if login := loginName(); login != "" {
		return login
	}
	return userName(os.Getuid())
}

func nameRequester(running, login string) string {
	if login == "" || login == running {
		return running
	}
	return login + " (as " + running + ")"
}

func userName(uid int) string { return nameOf(strconv.Itoa(uid)) }

// nameOf is the name of a user. This program reads /etc/passwd alone; a user of a directory service, or one that systemd
// makes for as long as a service runs, is known to the system's own lookup only.
func nameOf(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	line, err := exec.CommandContext(ctx, "/usr/bin/getent", "passwd", uid).Output()
	if name, _, found := strings.Cut(string(line), ":"); err == nil && found && name != "" {
		return name
	}
	return "uid " + uid
}

// loginName is the user of the login session, which the kernel keeps once it is set (audit(7), pam_loginuid); "" = there
// is none. A service that root starts for somebody, as syncd-admin does, has no session: there root tells who asked.
func loginName() string {
	text, err := os.ReadFile("/proc/self/loginuid")
	if name := loginOf(strings.TrimSpace(string(text))); err == nil && name != "" {
		return name
	}
	return loginOf(os.Getenv("SYNCD_LOGIN_UID"))
}

// LoginUID is the user of the login session, or else whom sudo names: for a command that gets no session of its own.
func LoginUID(getenv func(string) string) string {
	text, _ := os.ReadFile("/proc/self/loginuid") // "" where the kernel keeps none
	for _, uid := range []string{strings.TrimSpace(string(text)), getenv("SUDO_UID")} {
		if isLogin(uid) {
			return uid
		}
	}
	return strconv.Itoa(os.Getuid())
}

// loginOf is the name that belongs to a login uid; "" = it is not set, or no number.
func loginOf(uid string) string {
	if !isLogin(uid) {
		return ""
	}
	return nameOf(uid)
}

func isLogin(uid string) bool {
	const unset = "4294967295"
	_, err := strconv.ParseUint(uid, 10, 32)
	return err == nil && uid != unset
}
