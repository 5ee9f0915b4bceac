package app

import (
	"context"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/partner"
)

// What a check finds of the contract.
const (
	ContractOff     Code = "contract-off"      // the configuration wants none
	ContractNone    Code = "contract-none"     // none was seen yet
	ContractInForce Code = "contract-in-force" // title, version, digest
	ContractUnread  Code = "contract-unread"   // problem: why none was found
	ContractLast    Code = "contract-last"     // problem: the last one that was seen counts
	ContractWaits   Code = "contract-waits"    // to be accepted
	MappingFits     Code = "mapping-fits"      // method, path
)

// contract checks the mappings against what the API says that it takes. Online the API is asked, and nothing is recorded;
// offline what it told last counts.
func (c *checker) contract(ctx context.Context, connection partner.Connection) {
	const subject = "contract"
	p := c.Config.Documents()
	if p == nil {
		return
	}
	if p.Documents.Contract == "none" {
		c.find(Warning, subject, ContractOff, nil)
		return
	}
	if c.ledger == nil {
		return // told among the databases
	}
	k := c.keeper(p, c.ledger, connection)
	standing, problem, err := c.standing(ctx, k)
	switch {
	case err != nil:
		c.fail(subject, err)
	case standing.Newest == nil:
		c.noContract(k, problem)
	default:
		if problem != nil {
			c.find(Warning, subject, ContractLast, Args{"problem": problem})
		}
		c.checkContract(ctx, standing)
	}
}

func (c *checker) standing(ctx context.Context, k *contract.Keeper) (_ *contract.Standing, problem, err error) {
	if k.API != nil {
		return k.Look(ctx)
	}
	standing, err := k.Standing(ctx)
	if err != nil {
		return nil, nil, err
	}
	return standing, standing.Problem, nil
}

// noContract tells that there is nothing to check against: an error only where the configuration says that there is.
func (c *checker) noContract(k *contract.Keeper, problem error) {
	f := Finding{Level: Warning, Subject: "contract", Code: ContractNone}
	if problem != nil {
		f.Code, f.Args = ContractUnread, Args{"problem": problem}
	}
	if k.Source != contract.Auto && k.API != nil {
		f.Level = Failure
	}
	c.tell(f)
}

// checkContract tells what the contract says of the call, and of each job's mapping.
func (c *checker) checkContract(ctx context.Context, s *contract.Standing) {
	const subject = "contract"
	c.find(OK, subject, ContractInForce, Args{"title": s.Newest.Title, "version": s.Newest.Version, "digest": s.Newest.Digest})
	c.advise(subject, strict.Problem{}, s.Advice)
	if s.Waits() {
		c.find(Warning, subject, ContractWaits, nil)
	}
	op := s.Derived.Operation
	if op == nil || !op.TakesDocuments() {
		return // told by the advice
	}
	c.checkAnswer(op)
	for _, job := range c.Config.Jobs {
		if job.Kind.Sends() {
			c.checkMapping(ctx, op, job)
		}
	}
}

// checkAnswer reports whether refusals are looked for where the contract has them.
func (c *checker) checkAnswer(op *openapi.Operation) {
	var places *check.AnswerPlaces
	documents := &c.Config.Documents().Documents
	if rules := documents.Answer; rules.Decide() {
		places = &check.AnswerPlaces{Items: rules.Items, Code: rules.Code, Errors: rules.Errors, Message: rules.Message}
	}
	section := documents.AnswerSection
	for _, advice := range check.CheckAnswer(op, places, section) {
		c.advise("contract", c.Config.SectionPlace(section, advice.Path), []check.Advice{advice})
	}
}

// checkMapping checks one job's mapping, with the columns that staging returns for the first dossier: its queries are the
// same for all.
func (c *checker) checkMapping(ctx context.Context, op *openapi.Operation, job config.Job) {
	push, err := c.Config.PushJob(job.Name)
	if err != nil {
		return // told before
	}
	dossiers, period, err := c.of.Of(c.Config, job, c.Now())
	if err != nil || len(dossiers) == 0 {
		return // told before
	}
	push.Source.LockWait = min(push.Source.LockWait, answerWithin)
	staging, nomenclatures, err := c.lookAt(ctx, c.ledger, &push, dossiers[0], period)
	known := &staging.Shape
	if err != nil {
		known = nil // staging's trouble was told before
	}
	subject, failures := job.Name+"/contract", 0
	for _, advice := range check.CheckMapping(op, push.Mapping, known, nomenclatures,
		jobs.QueryParams(c.Target(c.Config.PartnerOf(job), dossiers[0]), period)) {
		c.advise(subject, c.Config.Place(job.Name, advice.Path), []check.Advice{advice})
		if advice.Level == "error" {
			failures++
		}
	}
	if failures == 0 {
		c.find(OK, subject, MappingFits, Args{"method": op.Method, "path": op.Path})
	}
}

// Advice is what the contract says of the configuration, and the place in the file that it is about; no line = none.
type Advice struct {
	check.Advice
	Place strict.Problem
}

// advise tells advice with its place in the file.
func (c *checker) advise(subject string, place strict.Problem, advice []check.Advice) {
	for _, one := range advice {
		level := Level(one.Level)
		if one.Level == check.LevelInfo {
			level = Note
		}
		c.tell(Finding{Level: level, Subject: subject, Advice: &Advice{one, place}})
	}
}
