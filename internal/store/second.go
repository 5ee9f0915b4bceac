package store

import (
	"context"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// whole is a person with the account of their system user, as it is now.
func (s *Store) whole(ctx context.Context, q *dbsqlc.Queries, p ledger.Person) (ledger.Person, error) {
	if p.Account != "" || p.System == "" {
		return p, nil
	}
	account, err := q.AccountOfLogin(ctx, &p.System)
	if err != nil && !isNoRows(err) {
		return p, err
	}
	p.Account = account
	return p, nil
}

// acting is who acts in a name. A name alone, such as "marie (as syncd)", is that of a system user.
func (s *Store) acting(actor string) ledger.Person {
	if s.person.Name == actor {
		return s.person
	}
	login, _, _ := strings.Cut(actor, " (as ")
	return ledger.Person{Name: actor, System: login}
}

// marksOf are what somebody is recognised by who acts in a name. Nobody's name, or that of a rule, is nobody.
func (s *Store) marksOf(ctx context.Context, q *dbsqlc.Queries, actor string) (marks []string, err error) {
	if actor == "" || actor == ledger.Itself {
		return []string{}, nil
	}
	person, err := s.whole(ctx, q, s.acting(actor))
	if err != nil {
		return nil, err
	}
	return jobs.StarterMarks(person.Account, person.System), nil
}

// addStarters notes that somebody asked for a run to go on: they are among those who started it.
func (s *Store) addStarters(ctx context.Context, q *dbsqlc.Queries, run int64, actor string) error {
	marks, err := s.marksOf(ctx, q, actor)
	if err != nil || len(marks) == 0 {
		return err
	}
	return q.AddStarters(ctx, dbsqlc.AddStartersParams{ID: run, Starters: marks})
}

// refuseFirstPerson fails with a *SecondPersonError where a run waits for another person than those who started it, by the rule that
// its plan was made under. Whom no account names might be anyone.
func (s *Store) refuseFirstPerson(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, actor string) error {
	if run.SecondPerson == jobs.OnePerson {
		return nil
	}
	person, err := s.whole(ctx, q, s.acting(actor))
	if err != nil {
		return err
	}
	first := run.WaitsForAnother(person.Account, person.System, false)
	if first || person.Account == "" {
		return &SecondPersonError{Run: *run, Unnamed: !first}
	}
	return nil
}

// SecondPersonError says that somebody else has to decide.
type SecondPersonError struct {
	Run     jobs.Run
	Unnamed bool // the system user is no account's; else the person started the run
}

func (e *SecondPersonError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *SecondPersonError) Fact() hinted.Fact {
	if e.Unnamed {
		return hinted.Say("run.second-unnamed", "run", e.Run.ID)
	}
	return hinted.Say("run.second-person", "run", e.Run.ID)
}
