package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 10 * time.Second
	shutdownGrace = 2 * time.Second // for answers under way when the sandbox is stopped
)

// Listen opens host:port, which must be on loopback: the sandbox shows what it received to whoever asks. Port 0 takes a
// free one; the listener's Addr tells which.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's address %q: %w\nhint: for example 127.0.0.1:8099", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("the sandbox does not listen on %q\nhint: only on loopback, for example 127.0.0.1:8099", host)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("opening the sandbox's address: %w", err)
	}
	if !isLoopback(listener.Addr()) { // whatever "localhost" is on this machine
		return nil, errors.Join(fmt.Errorf("%s is not on loopback", listener.Addr()), listener.Close())
	}
	return listener, nil
}

func isLoopback(addr net.Addr) bool {
	tcp, isTCP := addr.(*net.TCPAddr)
	return isTCP && tcp.IP.IsLoopback()
}

// Serve answers on the listener until ctx ends, then closes it, and ends what hangs.
func (s *Sandbox) Serve(ctx context.Context, listener net.Listener) error {
	if !isLoopback(listener.Addr()) {
		return fmt.Errorf("the sandbox does not serve %s: it is not on loopback", listener.Addr())
	}
	base := withServer(ctx)
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving the sandbox: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if server.Shutdown(grace) == nil {
		return nil
	}
	if err := server.Close(); err != nil { // someone does not read the answer
		return fmt.Errorf("stopping the sandbox: %w", err)
	}
	return nil
}
