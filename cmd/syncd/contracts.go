package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"syncd/internal/config"
	"syncd/internal/contract"
	"syncd/internal/jobs"
	"syncd/internal/restapi"
	"syncd/internal/store"
)

// contracts is the keeper of what the API says that it takes; nil when the configuration wants none. Without a
// connection the API is not asked, and what it told last counts.
func (a *app) contracts(ledger *store.Store, connection *restapi.Connection) *contract.Keeper {
	i := a.config.Isidoor
	if i.Salarie.Contract == "none" {
		return nil
	}
	o := contract.Options{Ledger: ledger, Name: a.apiName(), Log: a.log, Source: contract.Source(i.Salarie.Contract), Settings: contract.Settings{
		Method: i.Salarie.Method, MethodSet: i.Salarie.MethodSet, Path: i.Salarie.Path, Base: i.BaseURL,
		KeyIn: i.DossierKey.In, KeyName: i.DossierKey.Name, KeySet: i.DossierKeySet,
	}}
	if connection != nil {
		o.API = &partner{connection, o.Source}
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

func (a *app) apiName() jobs.APIName { return a.target(config.Dossier{}).API() }

// partner shows its contract, wherever the configuration says that it stands.
type partner struct {
	connection *restapi.Connection
	source     contract.Source
}

// Describe implements contract.API.
func (p *partner) Describe(ctx context.Context) ([]byte, string, error) {
	if p.source.IsFile() {
		text, err := readContract(string(p.source))
		return text, contract.FilePlace(string(p.source)), err
	}
	found, err := p.connection.Describe(ctx, string(p.source))
	return found.Text, found.Place, err
}

// Adopt implements contract.API.
func (p *partner) Adopt(d contract.Derived) error {
	return p.connection.Adopt(restapi.Shape{SalarieMethod: d.Method, KeyIn: d.KeyIn, KeyName: d.KeyName})
}

func readContract(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, contract.MaxDocument+1)); err == nil {
			return text, nil
		}
	}
	problem := "the file cannot be read"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem = "the file does not exist"
	case errors.Is(err, fs.ErrPermission):
		problem = "the file may not be read by this user"
	}
	return nil, &jobs.CallError{Class: jobs.ClassConfiguration, Call: "contract", Problem: fmt.Sprintf("%s: %s", path, problem),
		Hint: "check contract of [isidoor.salarie]"}
}

// forecasts are the next runs that a pull for a dossier looks ahead to.
func (a *app) forecasts(dossier string) []jobs.Forecast {
	var all []jobs.Forecast
	for _, job := range a.config.Jobs {
		if job.Kind != jobs.PushSalaries || !job.Covers(dossier) {
			continue
		}
		push, err := a.config.PushJob(job.Name)
		if err != nil {
			continue // it has no mapping yet: there is nothing to look ahead to
		}
		all = append(all, jobs.Forecast{Job: &push, Period: job.PeriodAt(time.Now())})
	}
	return all
}
