package monitor

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
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
		return nil, hinted.Because(nil, "monitor.no-address", "address", strconv.Quote(address))
	}
	if !parsed.Addr().IsLoopback() {
		return nil, hinted.Because(nil, "monitor.reachable", "address", address, "port", strconv.Itoa(int(parsed.Port())))
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, hinted.Because(err, "monitor.port")
	}
	return listener, nil
}

// listenUnix makes the socket. To connect needs the permission to write, which a usual umask (022, 077) takes from all
// others already in the moment before the mode is set.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if !filepath.IsAbs(path) {
		return nil, hinted.Because(nil, "monitor.no-path", "path", strconv.Quote(path))
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, hinted.While("listening for monitoring", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, hinted.Because(err, "monitor.socket")
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
		return hinted.Because(nil, "monitor.no-socket", "path", path)
	}
	dialer := net.Dialer{Timeout: probeTimeout}
	connection, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return errors.Join(hinted.Because(nil, "monitor.socket-taken", "path", path), connection.Close())
	case !errors.Is(err, syscall.ECONNREFUSED):
		return hinted.At("asking whether a socket is in use", path, err)
	}
	if err := os.Remove(path); err != nil {
		return hinted.While("removing a stale socket", err)
	}
	return nil
}
