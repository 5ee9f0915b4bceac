package main

import (
	"context"
	"fmt"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor"
)

// contract checks the mappings against what the API says that it takes. Online the API is asked, and nothing is recorded;
// offline what it told last counts.
func (c *checker) contract(ctx context.Context, connection *isidoor.Connection) {
	const subject = "contract"
	if c.config.Isidoor.Salarie.Contract == "none" {
		c.add(finding{Level: "warning", Subject: subject, Text: "contract = \"none\": neither the mapping nor documents are checked against the API",
			Hint: "write contract = \"auto\" in [isidoor.salarie]"})
		return
	}
	if c.ledger == nil {
		return // told among the databases
	}
	k := c.contracts(c.ledger, connection)
	standing, problem, err := c.standing(ctx, k)
	switch {
	case err != nil:
		c.fail(subject, err)
	case standing.Newest == nil:
		c.noContract(k, problem)
	default:
		if problem != "" {
			text, hint := splitHint(problem)
			c.add(finding{Level: "warning", Subject: subject, Text: "the last contract that was seen counts: " + text, Hint: hint})
		}
		c.judgeContract(ctx, standing)
	}
}

func (c *checker) standing(ctx context.Context, k *contract.Keeper) (*contract.Standing, string, error) {
	if k.API != nil {
		return k.Look(ctx)
	}
	standing, err := k.Standing(ctx)
	if err != nil {
		return nil, "", err
	}
	return standing, standing.Problem, nil
}

// noContract tells that there is nothing to check against: an error only where the configuration says that there is.
func (c *checker) noContract(k *contract.Keeper, problem string) {
	f := finding{Level: "warning", Subject: "contract", Text: "no contract was seen yet: neither the mapping nor documents are checked",
		Hint: "ask for it: syncd contract fetch"}
	if problem != "" {
		f.Text, f.Hint = splitHint(problem)
	}
	if k.Source != contract.Auto && k.API != nil {
		f.Level, c.code = "error", worse(c.code, exitConfiguration)
	}
	c.add(f)
}

// judgeContract tells what the contract says of the call, and of each job's mapping.
func (c *checker) judgeContract(ctx context.Context, s *contract.Standing) {
	c.ok("contract", "%s, version %s (%.12s)", s.Newest.Title, s.Newest.Version, s.Newest.Digest)
	c.advise("contract", strict.Problem{}, s.Advice)
	if s.Waits() {
		c.add(finding{Level: "warning", Subject: "contract", Text: "the API's contract changed in a way that breaks what is sent: runs are held",
			Hint: "see 'syncd contract diff', correct the mapping, then 'syncd contract accept --reason …'"})
	}
	op := s.Derived.Operation
	if op == nil || !op.TakesDocuments() {
		return // told by the advice
	}
	c.judgeAnswer(op)
	for _, job := range c.config.Jobs {
		if job.Kind.Sends() {
			c.judgeMapping(ctx, op, job)
		}
	}
}

// judgeAnswer tells whether refusals are looked for where the contract has them.
func (c *checker) judgeAnswer(op *openapi.Operation) {
	var places *check.AnswerPlaces
	if rules := c.config.Isidoor.Salarie.Answer; rules.Judges() {
		places = &check.AnswerPlaces{Items: rules.Items, Code: rules.Code, Errors: rules.Errors, Message: rules.Message}
	}
	for _, advice := range check.CheckAnswer(op, places) {
		c.advise("contract", c.config.AnswerPlace(advice.Path), []check.Advice{advice})
	}
}

// judgeMapping checks one job's mapping, with the columns that staging returns for the first dossier: its queries are the
// same for all.
func (c *checker) judgeMapping(ctx context.Context, op *openapi.Operation, job config.Job) {
	push, err := c.config.PushJob(job.Name)
	if err != nil {
		return // told before
	}
	dossiers, err := c.dossiers(job)
	if err != nil || len(dossiers) == 0 {
		return // told before
	}
	period, err := c.period(job)
	if err != nil {
		return
	}
	params := jobs.QueryParams(c.target(dossiers[0]), period)
	push.Source.LockWait = min(push.Source.LockWait, checkRetryFor)
	staging, dictionaries, err := c.lookAt(ctx, c.ledger, &push, dossiers[0], period)
	known := &staging.Shape
	if err != nil {
		known = nil // staging's trouble was told before
	}
	errors := 0
	for _, advice := range check.CheckMapping(op, push.Mapping, known, dictionaries, params) {
		c.advise(job.Name+"/contract", c.config.Place(job.Name, advice.Path), []check.Advice{advice})
		if advice.Level == "error" {
			errors++
		}
	}
	if errors == 0 {
		c.ok(job.Name+"/contract", "the mapping fits what %s %s takes", op.Method, op.Path)
	}
}

// advise adds findings with their place in the file.
func (c *checker) advise(subject string, place strict.Problem, advice []check.Advice) {
	for _, one := range advice {
		level, text := one.Level, one.Text
		switch level {
		case "error":
			c.code = worse(c.code, exitConfiguration)
		case "info":
			level = "note"
		}
		if one.Path != "" {
			text = one.Path + ": " + text
		}
		if place.Line > 0 {
			text = fmt.Sprintf("%s:%d: %s", place.File, place.Line, text)
		}
		c.add(finding{Level: level, Subject: subject, Text: text, Hint: one.Hint})
	}
}
