package store

import (
	"context"
	"testing"

	"pgregory.net/rapid"
)

const partner = "https://api.example.test"

func (f *fixture) allowance(most int) *Allowance {
	f.Helper()
	a, err := OpenAllowance(f.db.URL, partner, most)
	f.must(err)
	f.Cleanup(a.Close)
	return a
}

// share wants so many to be held, and so many to be fair.
func (f *fixture) share(a *Allowance, uses, held, fair int) {
	f.Helper()
	gotHeld, gotFair, err := a.Share(f.Context(), uses)
	f.must(err)
	if gotHeld != held || gotFair != fair {
		f.Errorf("it has %d and may have %d, want %d and %d", gotHeld, gotFair, held, fair)
	}
}

// One process alone has all. A second one gets its half when the first has given it back, not before. Whoever leaves, or
// dies, leaves all to the other.
func TestAllowanceIsShared(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.allowance(8), f.allowance(8)
	f.share(a, 0, 8, 8)
	f.share(b, 0, 0, 4)
	f.share(a, 8, 8, 4) // it uses them all, and starts no more from now on
	f.share(b, 0, 0, 4)
	f.share(a, 6, 6, 4)
	f.share(b, 0, 2, 4)
	f.share(a, 4, 4, 4)
	f.share(b, 2, 4, 4)
	f.must(b.Leave(t.Context()))
	f.share(a, 4, 8, 8)
	f.share(b, 0, 0, 4)
	f.db.Exec(t, `UPDATE syncd.allowance SET heartbeat_at = clock_timestamp() - interval '16 seconds' WHERE holder = $1`, a.holder)
	f.share(b, 0, 8, 8)

	other, err := OpenAllowance(f.db.URL, "https://another.example.test", 8)
	f.must(err)
	t.Cleanup(other.Close)
	f.share(other, 0, 8, 8)
}

// Where there are more processes than requests, none is left out for ever.
func TestAllowanceOfMoreThanThereAre(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var all []*Allowance
	for range 3 {
		all = append(all, f.allowance(2))
	}
	had := map[int]bool{}
	f.must(waitUntil(f, func() bool {
		for i, a := range all {
			row, err := a.queries.ShareAllowance(f.Context(), shareParams(a, 0, 0.2))
			f.must(err)
			if row.Held > 0 {
				had[i] = true
			}
		}
		return len(had) == len(all)
	}))
}

// Whatever processes do, and whenever they die, together they never have more than there are.
func TestAllowanceIsNeverExceeded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	type process struct {
		*Allowance
		allowed, used int
	}
	var four []*process
	for range 4 {
		four = append(four, &process{Allowance: f.allowance(0)})
	}
	rapid.Check(t, func(rt *rapid.T) {
		f.db.Exec(t, `TRUNCATE syncd.allowance`)
		most := rapid.IntRange(1, 9).Draw(rt, "most")
		all := four[:rapid.IntRange(1, 4).Draw(rt, "processes")]
		for _, p := range all {
			p.most, p.holder, p.allowed, p.used = most, RandomID(), 0, 0
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			p := all[rapid.IntRange(0, len(all)-1).Draw(rt, "who")]
			switch rapid.SampledFrom([]string{"share", "share", "begin", "end", "leave", "die"}).Draw(rt, "what") {
			case "share":
				held, fair, err := p.Share(context.Background(), max(p.allowed, p.used))
				f.must(err)
				p.allowed = min(held, fair)
			case "begin":
				p.used = max(p.used, rapid.IntRange(0, p.allowed).Draw(rt, "begun"))
			case "end":
				p.used = min(p.used, rapid.IntRange(0, p.used).Draw(rt, "left"))
			case "leave":
				if p.used == 0 {
					p.allowed = 0
					f.must(p.Leave(context.Background()))
				}
			case "die":
				f.db.Exec(t, `UPDATE syncd.allowance SET heartbeat_at = clock_timestamp() - interval '16 seconds' WHERE holder = $1`, p.holder)
				p.holder, p.allowed, p.used = RandomID(), 0, 0
			}
			sum := 0
			for _, p := range all {
				sum += max(p.allowed, p.used)
			}
			if sum > most {
				rt.Fatalf("%d of %d", sum, most)
			}
		}
	})
}
