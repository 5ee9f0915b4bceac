package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/ledger"
)

func newContract(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "contract",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newContractFetch(p, flags), newContractShow(p, flags), newContractDiff(p, flags),
		newContractAccept(p, flags), newContractScaffold(p, flags))
	return cmd
}

func newContractFetch(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "fetch",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			standing, problem, err := a.Contracts().Fetch(ctx)
			if err != nil {
				return err
			}
			return a.printFetched(standing, problem)
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

func (a *session) printFetched(s *contract.Standing, problem string) error {
	if a.flags.json {
		return a.writeJSON(a.standingJSON(s, problem))
	}
	answers := a.words().Answers.Contract
	if problem != "" {
		text, hint := contract.Apart(problem)
		a.say(a.Stderr, answers.Warning, "text", text, "hint", hint)
		switch {
		case s.Newest != nil:
			a.say(a.Stdout, answers.CheckedBy, "day", a.day(s.Known.Seen[0].LastSeen), "digest", short(s.Newest.Digest))
		case a.Config.Partner().Documents.Contract != string(contract.Auto):
			a.say(a.Stdout, answers.NothingSent)
		default:
			a.say(a.Stdout, answers.Unchecked)
		}
		return nil
	}
	a.say(a.Stdout, answers.Found, "place", s.Known.Seen[0].Place, "title", s.Newest.Title, "version", s.Newest.Version,
		"n", len(s.Newest.Operations), "digest", short(s.Newest.Digest))
	a.printCall(s)
	if s.Known.Accepted == "" {
		a.say(a.Stdout, answers.First)
		return nil
	}
	return a.printChanges(s)
}

// printCall tells what the contract says of the call that takes documents.
func (a *session) printCall(s *contract.Standing) {
	answers := a.words().Answers.Contract
	if op := s.Derived.Operation; op != nil {
		a.say(a.Stdout, answers.Call, "method", op.Method, "path", op.Path, "place", placeIn(answers.Places, s.Derived.KeyIn), "name",
			s.Derived.KeyName)
	}
	for _, advice := range s.Advice {
		a.say(a.Stdout, answers.Advice, "level", answers.Levels[advice.Level], "text", advice.Text)
		if advice.Hint != "" {
			fmt.Fprintf(a.Stdout, "hint: %s\n", advice.Hint)
		}
	}
}

// printChanges tells what changed since the accepted contract.
func (a *session) printChanges(s *contract.Standing) error {
	answers := a.words().Answers.Contract
	switch {
	case len(s.Changes) == 0:
		a.say(a.Stdout, answers.NoChange)
		return nil
	case s.Waits():
		a.say(a.Stdout, answers.Compared, "digest", short(s.Accepted.Digest), "day", a.day(*s.Known.AcceptedAt))
	}
	if err := a.printer().ContractChanges(a.Stdout, s.Changes); err != nil {
		return err
	}
	if s.Waits() {
		a.say(a.Stdout, answers.Waits, "digest", short(s.Newest.Digest))
	}
	return nil
}

func newContractDiff(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "diff",
		Args: between(0, 2),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			s, err := a.Contracts().Compare(ctx, args...)
			switch {
			case err != nil:
				return err
			case a.flags.json:
				return a.writeJSON(a.standingJSON(s, ""))
			case len(args) > 0:
				return a.printer().ContractChanges(a.Stdout, s.Changes)
			}
			return a.printChanges(s)
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

func newContractAccept(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "accept",
		Args: between(0, 1),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			s, accepted, err := a.Contracts().Accept(ctx, strings.Join(args, ""), flags.decision())
			if err != nil {
				return err
			}
			return a.tellAccepted(s, accepted)
		}),
	}
	flags.addReason(cmd)
	return cmd
}

func (a *session) tellAccepted(s *contract.Standing, accepted *ledger.Accepted) error {
	answers := a.words().Answers.Contract
	a.say(a.Stdout, answers.Accepted, "digest", short(s.Newest.Digest))
	if err := a.printer().ContractChanges(a.Stdout, s.Changes); err != nil {
		return err
	}
	for _, run := range accepted.Released {
		a.say(a.Stdout, answers.LetGo, "run", run.ID, "job", run.Job, "dossier", run.Target.Dossier, "period", run.Period)
	}
	for _, run := range accepted.Outdated {
		a.say(a.Stdout, answers.Outdated, "run", run.ID, "job", run.Job, "dossier", run.Target.Dossier, "period", run.Period)
	}
	a.say(a.Stdout, answers.WhetherFits)
	return nil
}

func newContractShow(p process, flags *globalFlags) *cobra.Command {
	var digest string
	cmd := &cobra.Command{
		Use:  "show",
		Args: between(0, 1),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			if len(args) == 1 {
				op, err := a.Contracts().Call(ctx, digest, args[0])
				if err != nil {
					return err
				}
				return a.showOperation(op)
			}
			s, document, err := a.Contracts().Seen(ctx, digest)
			if err != nil {
				return err
			}
			return a.showContract(s, document)
		}),
	}
	cmd.Flags().StringVar(&digest, "digest", "", "")
	flags.addJSON(cmd)
	return cmd
}

func (a *session) showContract(s *contract.Standing, document *openapi.Document) error {
	if a.flags.json {
		return a.writeJSON(a.standingJSON(s, s.Problem))
	}
	teller := a.words()
	answers := teller.Answers.Contract
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for i, seen := range s.Known.Seen {
		state := ""
		switch {
		case i == 0 && seen.Digest == s.Accepted.Digest:
			state = answers.InForce
		case i == 0:
			state = answers.NotAccepted
		case seen.Digest == s.Accepted.Digest:
			state = answers.SentBy
		}
		since := teller.Fill(answers.Seen, "from", a.day(seen.FirstSeen), "to", a.day(seen.LastSeen))
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", short(seen.Digest), seen.Place, since, state)
	}
	fmt.Fprintf(w, "\n%s\n", teller.Fill(answers.Title, "title", document.Title, "version", document.Version))
	for _, line := range document.Overview() {
		takes := line.Takes()
		if line.Broken != "" {
			takes = answers.NotKnown
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", line.Call, takes, line.ID, line.Summary)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, note := range document.Notes {
		a.say(a.Stdout, answers.NotChecked, "what", note)
	}
	if s.Problem != "" {
		text, _ := contract.Apart(s.Problem)
		a.say(a.Stdout, answers.Asked, "day", a.day(*s.Known.AskedAt), "problem", text)
	}
	a.printCall(s)
	return nil
}

func (a *session) showOperation(op *openapi.Operation) error {
	if a.flags.json {
		return a.writeJSON(newOperationJSON(op))
	}
	answers := a.words().Answers.Contract
	required := map[bool]string{true: answers.Required}
	fmt.Fprintf(a.Stdout, "%s %s  %s\n", op.Method, op.Path, op.Summary)
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, p := range op.Parameters {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, placeIn(answers.Places, p.In), required[p.Required], p.Description)
	}
	members, all := op.Outline()
	for _, line := range members {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", line.Path, line.Type, required[line.Required], line.Description)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case op.Broken != nil:
		a.say(a.Stdout, answers.TakesUnknown, "problem", op.Broken.Problem)
	case op.Body == nil && len(op.Media) > 0:
		a.say(a.Stdout, answers.TakesOther, "media", op.Media)
	case op.Body == nil:
		a.say(a.Stdout, answers.TakesNothing)
	case !all:
		a.say(a.Stdout, answers.Cut, "n", len(members))
	}
	for _, demand := range op.Unchecked() {
		a.say(a.Stdout, answers.NotChecked, "what", demand)
	}
	return nil
}

// placeIn is where a parameter is.
func placeIn(places map[string]string, in string) string {
	if words, known := places[in]; known {
		return words
	}
	return places["*"]
}

func newContractScaffold(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "scaffold",
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			draft, err := a.Contracts().Draft(ctx, args[0], flags.selection())
			if err == nil {
				_, err = fmt.Fprint(a.Stdout, draft)
			}
			return err
		}),
	}
	flags.addDossiers(cmd, p)
	return cmd
}

func (a *session) day(t time.Time) string { return t.In(a.Config.Zone()).Format(time.DateOnly) }

func (a *session) writeJSON(value any) error {
	encoder := json.NewEncoder(a.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// standingJSON is where the contracts of an API stand, as printed.
type standingJSON struct {
	InForce    string                  `json:"in_force,omitempty"` // digest
	Accepted   string                  `json:"accepted,omitempty"`
	AcceptedBy string                  `json:"accepted_by,omitempty"`
	AcceptedAt *time.Time              `json:"accepted_at,omitempty"`
	Waits      bool                    `json:"waits"` // runs are held until it is accepted
	Problem    string                  `json:"problem,omitempty"`
	Seen       []seenJSON              `json:"seen"`
	Operations []openapi.OperationLine `json:"operations,omitempty"`
	Changes    any                     `json:"changes"`
	Advice     []check.Advice          `json:"advice,omitempty"`
}

type seenJSON struct {
	Digest    string    `json:"digest"`
	Place     string    `json:"place"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

func (a *session) standingJSON(s *contract.Standing, problem string) standingJSON {
	out := standingJSON{AcceptedBy: s.Known.AcceptedBy, AcceptedAt: s.Known.AcceptedAt, Waits: s.Waits(), Problem: problem,
		Seen: []seenJSON{}, Changes: a.printer().ContractChangesOf(s.Changes), Advice: s.Advice}
	for _, seen := range s.Known.Seen {
		out.Seen = append(out.Seen, seenJSON(seen))
	}
	if s.Newest != nil {
		out.InForce, out.Accepted, out.Operations = s.Newest.Digest, s.Accepted.Digest, s.Newest.Overview()
	}
	return out
}

// operationJSON is what one call takes, as printed.
type operationJSON struct {
	Method     string               `json:"method"`
	Path       string               `json:"path"`
	Parameters []parameterJSON      `json:"parameters"`
	Members    []openapi.MemberLine `json:"members"`
	Cut        bool                 `json:"cut,omitempty"`       // there are more members: definitions refer to each other in too many ways
	Media      []string             `json:"media,omitempty"`     // what it takes instead of JSON
	Broken     string               `json:"broken,omitempty"`    // why it is not known what it takes
	Unchecked  []string             `json:"unchecked,omitempty"` // what it demands and syncd does not check
}

type parameterJSON struct {
	Name        string `json:"name"`
	In          string `json:"in"` // header, query, path
	Required    bool   `json:"required"`
	Description string `json:"description,omitempty"`
}

func newOperationJSON(op *openapi.Operation) operationJSON {
	members, all := op.Outline()
	out := operationJSON{Method: op.Method, Path: op.Path, Parameters: []parameterJSON{}, Members: members, Cut: !all,
		Media: op.Media, Unchecked: op.Unchecked()}
	if op.Broken != nil {
		out.Broken = op.Broken.Problem
	}
	for _, p := range op.Parameters {
		out.Parameters = append(out.Parameters, parameterJSON{p.Name, p.In, p.Required, p.Description})
	}
	return out
}
