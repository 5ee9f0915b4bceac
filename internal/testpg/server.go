package testpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 60 * time.Second // a busy machine with two cores may need 10 s
	stopTimeout  = 20 * time.Second // PostgreSQL itself kills what an immediate shutdown leaves after 5 s
	portTries    = 5                // the free port that was found may be taken by the time the server binds it
	superuser    = "postgres"
)

// Options of a throwaway server.
type Options struct {
	// Fsync keeps writes durable, on disk, for crash tests and benchmarks. Without it a power cut may lose everything,
	// which is fine for a test, and much faster.
	Fsync bool
	// Settings of postgresql.conf, such as "log_statement": "all".
	Settings map[string]string
}

// Server is a PostgreSQL server that databases are made on.
type Server struct {
	URL string // of its maintenance database, as its superuser
	Log string // path of the server's log; "" for a server of somebody else's

	templates templates
	admin     connections // to the maintenance database
	dir       string
	process   *exec.Cmd // the supervising shell
	alive     *os.File  // the server lives while this is open
	ended     *os.File  // reads end of file when the server has ended
}

// Start makes a new cluster and starts a server on it. Stop ends it, and so does the end of this process.
func Start(opts Options) (*Server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	for range portTries {
		s, err := startOnce(bin, account, opts)
		if !errors.Is(err, errPortTaken) {
			return s, err
		}
	}
	return nil, fmt.Errorf("starting PostgreSQL: %w, %d times", errPortTaken, portTries)
}

func startOnce(bin string, account *syscall.Credential, opts Options) (*Server, error) {
	password := rand.Text()
	dir, err := makeDir(account, opts, password)
	if err != nil {
		return nil, fmt.Errorf("making a directory for PostgreSQL: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{URL: serverURL(port, password), Log: filepath.Join(dir, "server.log"), dir: dir}
	if err := s.supervise(bin, account, settings(dir, port, opts)); err != nil {
		return nil, errors.Join(fmt.Errorf("starting PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	if err := s.untilReady(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting PostgreSQL: %w", err), s.Stop())
	}
	return s, nil
}

// makeDir makes the directory of a server, with its superuser's password, for the account that runs it.
func makeDir(account *syscall.Credential, opts Options, password string) (string, error) {
	dir, err := os.MkdirTemp(parentDir(opts), "syncd-pg-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "password")
	err = os.WriteFile(file, []byte(password), 0o600)
	if err == nil && account != nil {
		uid, gid := int(account.Uid), int(account.Gid)
		err = errors.Join(os.Chown(file, uid, gid), os.Chown(dir, uid, gid))
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// parentDir is memory, where there is enough and nothing has to last: a database is some 300 files, and making them takes
// 20 ms in memory, up to 500 ms on a disk. TMPDIR, where set, is obeyed.
func parentDir(opts Options) string {
	const memory, enough = "/dev/shm", 2 << 30 // bytes
	var stat syscall.Statfs_t
	if opts.Fsync || os.Getenv("TMPDIR") != "" || syscall.Statfs(memory, &stat) != nil {
		return ""
	}
	if stat.Bavail*uint64(stat.Bsize) < enough {
		return ""
	}
	return memory
}

// freePort finds a port of the loopback address that nobody listens on.
func freePort() (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func serverURL(port int, password string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Stop ends the server at once and removes its data. It does nothing to a server of somebody else's.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	s.admin.close(context.Background())
	err := errors.Join(s.alive.Close(), s.ended.Close())
	kill := time.AfterFunc(stopTimeout, func() {
		_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL) // it may have ended just now
	})
	waitErr := s.process.Wait()
	kill.Stop()
	s.process = nil
	if waitErr != nil {
		err = errors.Join(err, fmt.Errorf("stopping PostgreSQL: %w", waitErr))
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// Restart stops the server in order, calls between with the folder of its data, and starts it again, on the same port.
func (s *Server) Restart(between func(data string) error) error {
	if s.process == nil {
		return errors.New("restarting PostgreSQL: it is somebody else's server")
	}
	s.admin.close(context.Background())
	rest := filepath.Join(s.dir, "rest")
	pid, err := os.ReadFile(filepath.Join(s.dir, "server"))
	if err != nil {
		return fmt.Errorf("restarting PostgreSQL: %w", err)
	}
	server, err := strconv.Atoi(strings.TrimSpace(string(pid)))
	if err != nil {
		return fmt.Errorf("restarting PostgreSQL: %w", err)
	}
	if err := errors.Join(os.WriteFile(rest, nil, 0o600), syscall.Kill(server, syscall.SIGINT)); err != nil { // a fast shutdown
		return fmt.Errorf("restarting PostgreSQL: %w", err)
	}
	for deadline := time.After(stopTimeout); !exists(filepath.Join(s.dir, "resting")); {
		select {
		case <-deadline:
			return errors.New("restarting PostgreSQL: it does not stop")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := errors.Join(between(filepath.Join(s.dir, "data")), os.Remove(rest)); err != nil {
		return fmt.Errorf("restarting PostgreSQL: %w", err)
	}
	return s.untilReady()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
