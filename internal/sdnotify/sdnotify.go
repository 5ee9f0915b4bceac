// Package sdnotify tells systemd how the service is: the datagrams of sd_notify(3), and the watchdog of
// sd_watchdog_enabled(3). Outside of systemd all of it does nothing.
//
// The errors say that systemd could not be told. Nothing depends on that: a caller may ignore them, or log them.
package sdnotify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"syncd/internal/hinted"
)

// sendTimeout bounds a send: systemd's socket takes datagrams at once unless its queue is full.
const sendTimeout = time.Second

// Notifier sends to the socket that systemd named. A nil Notifier does nothing. It is safe for concurrent use.
type Notifier struct {
	socket   string // "" = not under systemd; "@name" = an abstract one
	watchdog time.Duration
}

// New reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID by getenv, which os.Getenv is meant for.
func New(getenv func(string) string) *Notifier {
	return &Notifier{
		socket:   getenv("NOTIFY_SOCKET"),
		watchdog: watchdogOf(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID")),
	}
}

// watchdogOf is 0 when no watchdog is set, or the one of another process: an inherited environment.
func watchdogOf(microseconds, pid string) time.Duration {
	if pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0
	}
	n, err := strconv.ParseUint(microseconds, 10, 50)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Microsecond
}

// WatchdogInterval is how long systemd waits for a Watchdog before it kills the process; 0 = it does not. Feed it at
// half that interval.
func (n *Notifier) WatchdogInterval() time.Duration {
	if n == nil || n.socket == "" {
		return 0
	}
	return n.watchdog
}

// Ready says that the start, or a reload, is complete.
func (n *Notifier) Ready() error { return n.send("READY=1") }

// Status sets the line that `systemctl status` shows.
func (n *Notifier) Status(text string) error {
	return n.send("STATUS=" + strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text))
}

// Reloading says that configuration is read again; Ready must follow.
func (n *Notifier) Reloading() error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return hinted.While("reading the monotonic clock", err)
	}
	return n.send(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000))
}

// Stopping says that the service is on its way to the end.
func (n *Notifier) Stopping() error { return n.send("STOPPING=1") }

// Watchdog says that the service still works.
func (n *Notifier) Watchdog() error { return n.send("WATCHDOG=1") }

// send opens the socket each time: messages are rare, and a socket that systemd made anew is found again.
func (n *Notifier) send(state string) error {
	if n == nil || n.socket == "" {
		return nil
	}
	if n.socket[0] != '/' && n.socket[0] != '@' {
		return hinted.While("notifying systemd", errors.New("NOTIFY_SOCKET is no Unix socket"))
	}
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return hinted.While("notifying systemd", err)
	}
	defer connection.Close()
	if err := connection.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return hinted.While("notifying systemd", err)
	}
	if _, err := connection.Write([]byte(state)); err != nil {
		return hinted.While("notifying systemd", err)
	}
	return nil
}
