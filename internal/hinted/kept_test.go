package hinted

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/report/locale"
)

// An error that was kept is told again as it was, in each language.
func TestKeptErrors(t *testing.T) {
	t.Parallel()
	coded := &Coded{Fact: Say("contract.at", "where", "/swagger.json", "what", Say("contract.no-syntax-at", "line", 1_000_000, "why",
		Say("contract.cut-off"))), Next: Say("contract.hint-place", "documents", "isidoor.salarie")}
	listed := Because(nil, "contract.unchecked-beside", "names", []string{"not", "if"})
	several := Because(nil, "contract.several-keys", "places", List{Say("contract.place-header", "name", "X"),
		Say("contract.place-query", "name", "cle")}, "is", "X")
	valued := Because(nil, "audit.purge-held", "why", Several{Say("audit.purge-excess-runs", "go", 1, "of", 2),
		Say("audit.purge-excess-fires", "go", 3, "of", 4)})
	for _, err := range []error{coded, listed, several, errors.New("odd"), New("do this", "it is bad"), fmt.Errorf("doing: %w", listed),
		valued, Because(nil, "config.write", "choices", Choices{"a", "b", "c"}), Because(nil, "contract.several-calls", "calls",
			Both{"PUT", "POST"}, "method", "PUT"), Because(nil, "contract.other-verb", "method", "PUT", "calls", Either{"GET", "POST"}),
		Because(nil, "run.not-held", "run", int64(7), "state", State("held")), While("reading staging (job.source.employees)", listed),
		fmt.Errorf("run 7: %w", While("reading the plan", While("reading runs", coded))),
		Because(fmt.Errorf("run 7: %w", listed), "command.stdin-unread"), Because(nil, "run.clock-ahead", "by", 90*time.Second),
		&telling{Say("staging.query-value", "value", Say("staging.value-22012"), "query", "q").While("reading staging (q)")}} {
		text, failed := json.Marshal(Keep(err))
		var again *Kept
		if failed != nil || json.Unmarshal(text, &again) != nil || again.Error() != err.Error() {
			t.Fatalf("%v: kept as %s, told as %v", err, text, again)
		}
		for _, language := range []locale.Language{locale.English, locale.French} {
			words := locale.Of(language, "")
			if got, want := TextIn(words, again), TextIn(words, err); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	}
	if Keep(nil) != nil {
		t.Error("no error is kept as one")
	}
}

// Joined errors are kept one by one, each with its hint and whether that is a guess.
func TestKeptOneByOne(t *testing.T) {
	t.Parallel()
	guess := &guessing{telling{Say("run.closed", "period", "2026-11")}}
	err := fmt.Errorf("job x: %w", errors.Join(errors.New("odd"), guess, New("do this", "it is bad")))
	kept := KeepAll(err)
	var again []Told
	for _, k := range kept {
		problem, hint := k.Told()
		again = append(again, Told{problem, hint, k.Guess})
	}
	if kept[0].What.Code != "plain.behind" ||
		KeepAll(While("reading the plan", While("reading runs", guess)))[0].What.Code != "plain.problem" {
		t.Errorf("%+v", kept[0])
	}
	if !slices.Equal(again, All(err)) || len(kept) != 3 || !kept[1].Guess || kept[1].InEnglish() || !kept[0].InEnglish() ||
		!kept[2].InEnglish() {
		t.Errorf("got  %+v\nwant %+v", again, All(err))
	}
}

type guessing struct{ telling }

func (*guessing) Meant() bool { return true }

// What no words name of a fact is not kept, nor what an error has beside its text: a value of a row, a password in an address.
func TestKeptHoldsNoMoreThanTheText(t *testing.T) {
	t.Parallel()
	const canary = "FR7630006000011234567890189"
	row := &rowError{Detail: "Key (iban)=(" + canary + ")"}
	for _, err := range []error{Because(row, "run.closed", "period", "2026-11"), Because(row, "command.stdin-unread"),
		Because(nil, "run.closed", "period", "2026-11", "iban", canary, "about", Say("plain.text", "text", canary)),
		Because(nil, "contract.at", "where", "x", "what", Say("run.closed", "period", "2026-11", "iban", canary)),
		Because(nil, "contract.unchecked-beside", "names", "x").next("run.closed", "period", "2026-11", "iban", canary)} {
		text, failed := json.Marshal(KeepAll(err))
		if failed != nil || strings.Contains(string(text), canary) || strings.Contains(err.Error(), canary) {
			t.Errorf("kept as %s", text)
		}
	}
}

type rowError struct{ Detail string }

func (*rowError) Error() string { return "SQLSTATE 23505" }

func (e *Coded) next(code string, namesAndValues ...any) *Coded {
	e.Next = Say(code, namesAndValues...)
	return e
}
