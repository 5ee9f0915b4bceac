package monitor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"syncd/internal/hinted"
)

const (
	unixPrefix   = "unix:"
	socketMode   = 0o660
	probeTimeout = time.Second // for asking whether somebody answers on a socket that is already there
)

// Listen opens the address that Serve answers on: "127.0.0.1:9464", "[::1]:9464", or "unix:/run/syncd/http.sock".
// What it serves names dossiers and is not encrypted, so other machines are refused.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	if path, found := strings.CutPrefix(address, unixPrefix); found {
		return listenUnix(ctx, path)
	}
	port, byName := strings.CutPrefix(address, "localhost:")
	if byName {
		address = "127.0.0.1:" + port // whatever a resolver makes of the name
	}
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, hinted.New("write 127.0.0.1:9464, [::1]:9464 or unix:/run/syncd/http.sock", "listening for monitoring: %q is no address",
			address)
	}
	if !parsed.Addr().IsLoopback() {
		return nil, hinted.New(fmt.Sprintf("write 127.0.0.1:%d, and let a proxy with TLS and a password serve others", parsed.Port()),
			"listening for monitoring: %s can be reached from other machines", address)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, hinted.New("another program, or another syncd, may use this port", "listening for monitoring: %w", err)
	}
	return listener, nil
}

// listenUnix makes the socket. To connect needs the permission to write, which a usual umask (022, 077) takes from all
// others already in the moment before the mode is set.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if !filepath.IsAbs(path) {
		return nil, hinted.New("write unix:/run/syncd/http.sock", "listening for monitoring: %q is no absolute path", path)
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, hinted.While("listening for monitoring", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, hinted.New("the directory must exist and be writable", "listening for monitoring: %w", err)
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(hinted.While("listening for monitoring", err), listener.Close())
	}
	return listener, nil
}

// removeStale removes the socket of a process that was killed: one on which nobody answers, and nothing else.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return hinted.New("choose another path, or remove it", "%s exists and is no socket", path)
	}
	dialer := net.Dialer{Timeout: probeTimeout}
	connection, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return errors.Join(hinted.New("give each syncd a socket of its own", "another process answers on %s", path), connection.Close())
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("asking whether %s is in use: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return hinted.While("removing a stale socket", err)
	}
	return nil
}
