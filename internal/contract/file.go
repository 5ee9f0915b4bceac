package contract

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
)

// ReadFile reads a contract from a file, which the section of the configuration names. Opening does not wait for the other end of a pipe.
func ReadFile(path, section string) (text []byte, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, unreadable(path, section, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, unreadable(path, section, err)
	case info.IsDir():
		return nil, unreadable(path, section, syscall.EISDIR)
	case !info.Mode().IsRegular():
		return nil, unreadable(path, section, errNoFile)
	case info.Size() > openapi.MaxDocument:
		return nil, unreadable(path, section, errTooLarge)
	}
	text, err = io.ReadAll(io.LimitReader(f, openapi.MaxDocument+1))
	if err != nil {
		return nil, unreadable(path, section, err)
	}
	return text, nil
}

var (
	errNoFile   = errors.New("no regular file")
	errTooLarge = errors.New("too large")
)

// unreadable words why a contract's file cannot be read, with the next step.
func unreadable(path, section string, err error) error {
	look := "check contract of [" + section + "]"
	problem, hint := "the file cannot be read", look
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem, hint = "the file does not exist", look+"; a relative name begins at the folder of the configuration"
	case errors.Is(err, fs.ErrPermission):
		problem, hint = fmt.Sprintf("the file may not be read by this user (uid %d)", os.Geteuid()),
			"let it be read, and each folder above it be entered: chmod, or setfacl"
	case errors.Is(err, syscall.EISDIR):
		problem, hint = "this is a folder, not a file", "name the contract's file in it: contract of ["+section+"]"
	case errors.Is(err, errNoFile):
		problem, hint = "this is no regular file", "name a file that holds the contract: contract of ["+section+"]"
	case errors.Is(err, errTooLarge):
		problem, hint = fmt.Sprintf("the file is larger than %d MiB", openapi.MaxDocument>>20), "is it a contract? "+look
	default:
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			problem += ": " + cause.Err.Error()
		}
	}
	return &jobs.CallError{Class: jobs.ClassConfiguration, Call: "contract", Problem: path + ": " + problem, Hint: hint}
}
