package daemon

import (
	"sync/atomic"
	"testing"
	"time"
)

func TestThePausedAreNamedAndNotAnnounced(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		l := w.loop(w.job("paie", "0 6 * * *", "a"), w.job("other", "0 7 * * *", "b"))
		w.ledger.pause("paie", true)
		w.ledger.pause("of another configuration", true)
		l.turn(t.Context())
		if got, want := l.status(), "idle; next: other at 2026-11-25 07:00 CET; paused: paie"; got != want {
			t.Errorf("status %q, want %q", got, want)
		}
		w.ledger.pause("other", true)
		l.woken()
		l.turn(t.Context())
		if got, want := l.status(), "idle; nothing is scheduled; paused: paie, other"; got != want {
			t.Errorf("status %q, want %q", got, want)
		}
	})
}

func TestPausesAreReadWhenSomethingHappensAndNowAndThen(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		var readings atomic.Int32
		w.start(1, nil, w.job("paie", "* * * * *", "a"))
		pass(time.Second)
		w.ledger.pause("paie", true)
		pass(time.Second)
		w.ledger.ask(func(method string, _ int) error {
			if method == "Pauses" {
				readings.Add(1)
			}
			return nil
		})
		pass(5 * time.Minute)
		if n := readings.Load(); n < 9 || n > 11 {
			t.Errorf("pauses were read %d times in five minutes, want one each 30 s", n)
		}
	})
}
