package hinted

import (
	"errors"
	"fmt"
	"slices"
	"testing"
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
		if text := lines(all); text != test.err.Error() {
			t.Errorf("got  %q\nwant %q", text, test.err)
		}
		if text := Text(Split(test.err)); text != test.err.Error() {
			t.Errorf("got  %q\nwant %q", text, test.err)
		}
	}
}
