package hinted

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

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
	for _, err := range []error{coded, listed, several, errors.New("odd"), New("do this", "it is bad"), fmt.Errorf("doing: %w", listed)} {
		text, failed := json.Marshal(Keep(err))
		var again *Kept
		if failed != nil || json.Unmarshal(text, &again) != nil || again.Error() != err.Error() {
			t.Fatalf("%v: kept as %s, told as %v", err, text, again)
		}
		for _, language := range []locale.Language{locale.English, locale.French} {
			words := locale.Of(language, "")
			if got, want := TextIn(words, again), TextIn(words, err); got != want && again.What.Code != "" {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	}
	if Keep(nil) != nil {
		t.Error("no error is kept as one")
	}
}
