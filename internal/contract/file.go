package contract

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
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

// unreadable is why a contract's file cannot be read, with the next step.
func unreadable(path, section string, err error) error {
	code := "file-unread"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code = "file-missing"
	case errors.Is(err, fs.ErrPermission):
		code = "file-forbidden"
	case errors.Is(err, syscall.EISDIR):
		code = "file-folder"
	case errors.Is(err, errNoFile):
		code = "file-odd"
	case errors.Is(err, errTooLarge):
		code = "file-large"
	}
	what := hinted.Say("contract."+code, "uid", os.Geteuid(), "n", openapi.MaxDocument>>20)
	hint := "contract.hint-" + code
	if code == "file-unread" {
		hint = "contract.hint-file"
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			what = hinted.Say("contract.file-unread-why", "why", cause.Err.Error())
		}
	}
	return refused(jobs.ClassConfiguration, nil, hinted.Say("contract.at", "where", path, "what", what),
		hinted.Say(hint, "documents", section))
}

// refused is why the contract keeps a call from being made.
func refused(class jobs.Class, cause *jobs.Cause, what, next hinted.Fact) *jobs.CallError {
	e := &jobs.CallError{Class: class, Call: "contract", Cause: cause}
	e.Tell(what, next)
	return e
}
