package share

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// One that takes all it can leaves the others their first few, and takes the rest once there are fewer to leave for.
func TestWhoeverNeedsManyLeavesTheFirstFew(t *testing.T) {
	t.Parallel()
	p := New(16, 4, 2)
	if got := p.Try("big", 100); got != 10 {
		t.Errorf("the first one took %d, want 10: all but two for each of three others", got)
	}
	for _, small := range []string{"a", "b", "c"} {
		if got := p.Try(small, 5); got != 2 {
			t.Errorf("%s took %d, want 2", small, got)
		}
	}
	if got := p.Try("d", 1); got != 0 {
		t.Error("a fifth one took one")
	}
	for _, small := range []string{"a", "b", "c"} {
		p.GiveAll(small)
	}
	p.Resize(16, 1)
	if got := p.Try("big", 100); got != 6 {
		t.Errorf("the last one took %d more, want 6", got)
	}
}

func TestWhoeverWaitsIsServedInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(2, 2, 1)
		p.Try("a", 1)
		p.Try("b", 1)
		var served []string
		for _, holder := range []string{"c", "d"} {
			go func() {
				if p.Wait(t.Context(), nil, holder) {
					served = append(served, holder)
				}
			}()
			synctest.Wait()
		}
		stop, gone := make(chan struct{}), make(chan bool)
		go func() { gone <- p.Wait(t.Context(), stop, "e") }()
		synctest.Wait()
		close(stop)
		if <-gone {
			t.Error("one that was stopped got one")
		}
		p.GiveAll("a")
		synctest.Wait()
		p.GiveAll("b")
		synctest.Wait()
		if !slices.Equal(served, []string{"c", "d"}) || p.Used() != 2 {
			t.Errorf("served %v, %d are held", served, p.Used())
		}
	})
}

// Whatever holders do, no more are held than there are, and nobody waits for what is free.
func TestPool(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(1, 20).Draw(t, "total")
		p := New(total, rapid.IntRange(1, 6).Draw(t, "holders"), rapid.IntRange(1, 3).Draw(t, "each"))
		held := map[int]int{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			holder, n := rapid.IntRange(0, 5).Draw(t, "holder"), rapid.IntRange(0, 8).Draw(t, "n")
			if rapid.Bool().Draw(t, "takes") {
				held[holder] += p.Try(holder, n)
			} else {
				n = min(n, held[holder])
				p.Give(holder, n)
				held[holder] -= n
			}
			sum := 0
			for _, n := range held {
				sum += n
			}
			if sum > total || sum != p.Used() {
				t.Fatalf("%d of %d are held, the pool says %d", sum, total, p.Used())
			}
		}
		for holder := range held {
			p.GiveAll(holder)
		}
		done, cancel := context.WithCancel(context.Background())
		cancel()
		if p.Used() != 0 || p.extra != 0 || !p.Wait(done, nil, "last") {
			t.Errorf("%d are still held, %d beyond", p.Used(), p.extra)
		}
	})
}
