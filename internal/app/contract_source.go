package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"syncd/internal/config"
	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/partner/isidoor"
	"syncd/internal/store"
)

// keeper is the keeper of what the API says that it takes; nil when the configuration wants none. Without a
// connection the API is not asked, and what it told last counts.
func (a *App) keeper(st *store.Store, connection partner.Connection) *contract.Keeper {
	p := a.Config.Partner()
	d := &p.Documents
	if d.Contract == "none" {
		return nil
	}
	o := contract.Options{Ledger: st, Name: a.apiName(), Log: a.door.Log, Source: contract.Source(d.Contract), Settings: check.Settings{
		Method: d.Call.Method, MethodSet: d.MethodSet, Path: d.Call.Path, Base: p.BaseURL,
		KeyIn: d.Call.KeyIn, KeyName: d.Call.KeyName, KeySet: d.KeySet,
	}}
	if connection != nil {
		o.API = &described{connection, o.Source}
	}
	return contract.NewKeeper(o)
}

// asPort is a keeper as runs want it.
func asPort(k *contract.Keeper) jobs.Contracts {
	if k == nil {
		return nil
	}
	return k
}

func (a *App) apiName() jobs.APIName { return a.Target(config.Dossier{}).API() }

// described is a partner that shows its contract, wherever the configuration says that it stands.
type described struct {
	connection partner.Connection
	source     contract.Source
}

// Describe implements contract.API.
func (p *described) Describe(ctx context.Context) ([]byte, string, error) {
	if p.source.IsFile() {
		text, err := readContract(string(p.source))
		return text, contract.FilePlace(string(p.source)), err
	}
	found, err := p.connection.Describe(ctx, string(p.source))
	return found.Text, found.Place, err
}

// Adopt implements contract.API.
func (p *described) Adopt(d check.Derived) error {
	return p.connection.Adopt(isidoor.Shape{SalarieMethod: d.Method, KeyIn: d.KeyIn, KeyName: d.KeyName})
}

// readContract reads a contract from a file. Opening does not wait for the other end of a pipe.
func readContract(path string) (text []byte, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, contractFile(path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, contractFile(path, err)
	case info.IsDir():
		return nil, contractFile(path, syscall.EISDIR)
	case !info.Mode().IsRegular():
		return nil, contractFile(path, errNoFile)
	case info.Size() > openapi.MaxDocument:
		return nil, contractFile(path, errTooLarge)
	}
	text, err = io.ReadAll(io.LimitReader(f, openapi.MaxDocument+1))
	if err != nil {
		return nil, contractFile(path, err)
	}
	return text, nil
}

var (
	errNoFile   = errors.New("no regular file")
	errTooLarge = errors.New("too large")
)

// contractFile words why a contract's file cannot be read, with the next step.
func contractFile(path string, err error) error {
	const check = "check contract of [isidoor.salarie]"
	problem, hint := "the file cannot be read", check
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem, hint = "the file does not exist", check+"; a relative name begins at the folder of the configuration"
	case errors.Is(err, fs.ErrPermission):
		problem, hint = fmt.Sprintf("the file may not be read by this user (uid %d)", os.Geteuid()), "let it be read, and each folder above it be entered: chmod, or setfacl"
	case errors.Is(err, syscall.EISDIR):
		problem, hint = "this is a folder, not a file", "name the contract's file in it: contract of [isidoor.salarie]"
	case errors.Is(err, errNoFile):
		problem, hint = "this is no regular file", "name a file that holds the contract: contract of [isidoor.salarie]"
	case errors.Is(err, errTooLarge):
		problem, hint = fmt.Sprintf("the file is larger than %d MiB", openapi.MaxDocument>>20), "is it a contract? "+check
	default:
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			problem += ": " + cause.Err.Error()
		}
	}
	return &jobs.CallError{Class: jobs.ClassConfiguration, Call: "contract", Problem: path + ": " + problem, Hint: hint}
}

// forecasts are the next runs that a pull for a dossier looks ahead to.
func (a *App) forecasts(dossier string) []jobs.Forecast {
	var all []jobs.Forecast
	for _, job := range a.Config.Jobs {
		if !job.Kind.Sends() || !job.Covers(dossier) {
			continue
		}
		push, err := a.Config.PushJob(job.Name)
		if err != nil {
			continue // it has no mapping yet: there is nothing to look ahead to
		}
		all = append(all, jobs.Forecast{Job: &push, Period: job.PeriodAt(time.Now())})
	}
	return all
}
