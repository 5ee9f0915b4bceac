package hinted

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"syncd/internal/report/locale"
)

func TestAHintStaysApartFromWhatIsWrong(t *testing.T) {
	t.Parallel()
	one, other, plain := New("do this", "it is %s", "bad"), New("do that", "worse"), errors.New("odd")
	for _, test := range []struct {
		err  error
		want []Told
	}{
		{one, []Told{{Problem: "it is bad", Hint: "do this"}}},
		{plain, []Told{{Problem: "odd"}}},
		{fmt.Errorf("doing: %w", one), []Told{{Problem: "doing: it is bad", Hint: "do this"}}},
		{fmt.Errorf("%w, and more", one), []Told{{Problem: "it is bad\nhint: do this, and more"}}},
		{fmt.Errorf("doing: %w", errors.Join(plain, one, other)), []Told{
			{Problem: "doing: odd"}, {Problem: "it is bad", Hint: "do this"}, {Problem: "worse", Hint: "do that"},
		}},
	} {
		all := All(test.err)
		if !slices.Equal(all, test.want) {
			t.Errorf("got  %+v\nwant %+v", all, test.want)
		}
		if text := lines(nil, all); text != test.err.Error() {
			t.Errorf("got  %q\nwant %q", text, test.err)
		}
		if text := Text(Split(test.err)); text != test.err.Error() {
			t.Errorf("got  %q\nwant %q", text, test.err)
		}
	}
}

// An error of facts is English in its text, and in the words of a language where somebody asks for them.
func TestAFactHasWordsInEachLanguage(t *testing.T) {
	t.Parallel()
	met := errors.New("gone")
	err := fmt.Errorf("doing: %w", Because(met, "call.roots-unread", "table", "isidoor"))
	if !errors.Is(err, met) {
		t.Error("what was met is lost")
	}
	for language, want := range map[locale.Language]string{
		locale.English: "doing: reading root certificates: gone\nhint: check ca_file of [isidoor]",
		locale.French:  "doing: lecture des certificats racines\u00a0: gone\nconseil\u00a0: vérifiez ca_file de [isidoor]",
	} {
		if got := TextIn(locale.Of(language, ""), err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if want := TextIn(English(), err); err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if got := Say("no.such", "n", 1).In(English()); got != "no.such[n:1]" {
		t.Error(got)
	}
	if got := (Choices{"a", "b", "c"}).In(English()); got != `"a", "b" or "c"` {
		t.Error(got)
	}
}
