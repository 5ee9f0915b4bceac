package hinted

import "syscall"

// systemError is what the operating system says, which has words: in English those of Go.
type systemError struct {
	error
	code string
}

// Fact implements Telling.
func (e *systemError) Fact() Fact { return Say("os." + e.code) }

func (e *systemError) Unwrap() error { return e.error }

// systemCodes are the errors that have words: of files and of connections.
var systemCodes = map[error]string{
	syscall.EACCES: "denied", syscall.EPERM: "not-permitted", syscall.ENOENT: "absent", syscall.EEXIST: "exists",
	syscall.EISDIR: "folder", syscall.ENOTDIR: "no-folder", syscall.ENOSPC: "full", syscall.EDQUOT: "quota", syscall.EROFS: "read-only",
	syscall.EIO: "damaged", syscall.EMFILE: "too-many-files", syscall.ENAMETOOLONG: "long-name", syscall.ENOTEMPTY: "not-empty",
	syscall.EADDRINUSE: "address-taken", syscall.EADDRNOTAVAIL: "no-address", syscall.ECONNREFUSED: "refused",
	syscall.ECONNRESET: "reset", syscall.ETIMEDOUT: "late", syscall.EHOSTUNREACH: "no-route", syscall.ENETUNREACH: "no-network",
	syscall.EPIPE: "pipe",
}

// ofSystem is an error of the operating system that has words; nil = it has none.
func ofSystem(err error) error {
	if code, known := systemCodes[err]; known {
		return &systemError{err, code}
	}
	return nil
}
