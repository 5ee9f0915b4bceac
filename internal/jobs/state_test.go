package jobs

import (
	"testing"
	"time"
)

// Each state of an item goes into exactly one sum, and each element into a document or among the blocked.
func TestCountsAdd(t *testing.T) {
	t.Parallel()
	for state, want := range map[ItemState]Counts{
		ItemAccepted:   {Accepted: 3, ElementsInDocuments: 7},
		ItemRejected:   {Rejected: 3, ElementsInDocuments: 7},
		ItemBlocked:    {Blocked: 3, ElementsBlocked: 7},
		ItemHeld:       {Held: 3, ElementsInDocuments: 7},
		ItemUncertain:  {Uncertain: 3, ElementsInDocuments: 7},
		ItemSending:    {Uncertain: 3, ElementsInDocuments: 7},
		ItemSuperseded: {Superseded: 3, ElementsInDocuments: 7},
		ItemPending:    {NotAttempted: 3, ElementsInDocuments: 7},
		ItemDeparted:   {Departed: 2, ElementsInDocuments: 7},
		ItemLeft:       {Left: 2, ElementsInDocuments: 7},
	} {
		var c Counts
		if c.Add(state, 3, 7, 2); c != want {
			t.Errorf("%s: %+v", state, c)
		}
		twice := want
		c = want
		c.Add(state, 0, 0, 0)
		if c != twice {
			t.Errorf("%s: adding nothing changes %+v", state, c)
		}
	}
}

// A run goes only where its state machine lets it: nothing leads out of a success or a cancellation.
func TestTransitions(t *testing.T) {
	t.Parallel()
	allowed := map[[2]State]bool{
		{Queued, Running}: true, {Queued, Cancelled}: true,
		{Running, Succeeded}: true, {Running, Incomplete}: true, {Running, Failed}: true, {Running, Held}: true,
		{Running, Cancelled}: true, {Running, Running}: true, {Running, Queued}: true,
		{Incomplete, Queued}: true, {Incomplete, Running}: true, {Incomplete, Incomplete}: true, {Incomplete, Succeeded}: true,
		{Incomplete, Cancelled}: true,
		{Failed, Queued}:        true, {Failed, Running}: true, {Failed, Cancelled}: true,
		{Held, Queued}: true, {Held, Cancelled}: true,
	}
	for _, from := range States {
		for _, to := range States {
			if from.CanBecome(to) != allowed[[2]State{from, to}] {
				t.Errorf("%s to %s: %t", from, to, from.CanBecome(to))
			}
		}
	}
}

// A mistyped month is refused, not sent as another one.
func TestParsePeriod(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"2000-01", "2026-02", "2026-11", "2099-12"} {
		if p, err := ParsePeriod(good); string(p) != good || err != nil {
			t.Errorf("%s: %s, %v", good, p, err)
		}
	}
	for _, bad := range []string{"", "2026", "2026-1", "2026-00", "2026-13", "1999-12", "2100-01", "26-11", "2026-11-01", " 2026-11",
		"2026-11 ", "2026/11", "11-2026", "２０２６-11", "current"} {
		if p, err := ParsePeriod(bad); err == nil {
			t.Errorf("%q is taken for %s", bad, p)
		}
	}
}

// Months end when they end, leap years included, and a run on the first day looks back to the right one.
func TestPeriodDays(t *testing.T) {
	t.Parallel()
	for p, want := range map[Period][3]string{
		"2026-11": {"2026-11-01", "2026-11-30", "2026-10"},
		"2028-02": {"2028-02-01", "2028-02-29", "2028-01"},
		"2100-02": {"2100-02-01", "2100-02-28", "2100-01"},
		"2026-01": {"2026-01-01", "2026-01-31", "2025-12"},
		"2026-12": {"2026-12-01", "2026-12-31", "2026-11"},
	} {
		got := [3]string{p.Start().Format(time.DateOnly), p.End().Format(time.DateOnly), string(p.Previous())}
		if got != want {
			t.Errorf("%s: %v, want %v", p, got, want)
		}
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)
	if p := PeriodOf(midnight.In(paris)); p != "2026-12" {
		t.Errorf("half past midnight of the first of December in Paris is in %s", p)
	}
}

func TestMonthsTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b Period
		want int
	}{{"2026-11", "2026-11", 0}, {"2026-11", "2027-01", 2}, {"2027-01", "2026-11", 2}, {"", "2026-11", 0}} {
		if got := c.a.MonthsTo(c.b); got != c.want {
			t.Errorf("%s to %s: %d", c.a, c.b, got)
		}
	}
}

// Eight employees and three hundred: a share has a floor, a count a ceiling.
func TestLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit      Limit
		base, most int
	}{
		{Limit{Count: NoCount, Share: 0.3, Floor: 3}, 8, 3},
		{Limit{Count: NoCount, Share: 0.3, Floor: 3}, 300, 90},
		{Limit{Count: 50, Share: 0.3, Floor: 3}, 300, 50},
		{Limit{Count: 50, Share: NoShare}, 300, 50},
		{Limit{Count: NoCount, Share: 0.29}, 100, 29}, // 0.29 × 100 is 28.999… in binary
		{Limit{}, 1000, 0},
	} {
		if got := c.limit.Of(c.base); got != c.most {
			t.Errorf("%+v of %d: %d, want %d", c.limit, c.base, got, c.most)
		}
		if c.limit.Trips(c.most, c.base) || !c.limit.Trips(c.most+1, c.base) {
			t.Errorf("%+v of %d does not trip just above %d", c.limit, c.base, c.most)
		}
	}
	if (Limit{Off: true}).Trips(1000, 1) {
		t.Error("a guard that is off trips")
	}
}

// Only unchanged and accepted make a success; someone who left between two months does not spoil it.
func TestFinalState(t *testing.T) {
	t.Parallel()
	whole := Counts{EmployeesRead: 5, Unchanged: 2, Accepted: 3, Left: 1, Created: 3, ElementsRead: 4, ElementsInDocuments: 4}
	if state := finalState(whole); state != Succeeded {
		t.Errorf("a whole run is %s", state)
	}
	for name, spoil := range map[string]func(*Counts){
		"rejected":           func(c *Counts) { c.Rejected = 1 },
		"blocked":            func(c *Counts) { c.Blocked = 1 },
		"held":               func(c *Counts) { c.Held = 1 },
		"uncertain":          func(c *Counts) { c.Uncertain = 1 },
		"superseded":         func(c *Counts) { c.Superseded = 1 },
		"not attempted":      func(c *Counts) { c.NotAttempted = 1 },
		"departed":           func(c *Counts) { c.Departed = 1 },
		"elements alone (!)": func(c *Counts) { c.ElementsBlocked = 1 },
	} {
		c := whole
		spoil(&c)
		if state := finalState(c); state != Incomplete {
			t.Errorf("%s: %s", name, state)
		}
	}
}

// Where an execution leads: what is left, who watches, and why it stopped decide together.
func TestNext(t *testing.T) {
	t.Parallel()
	all, some := Counts{Accepted: 2}, Counts{Accepted: 1, NotAttempted: 1}
	planned := Run{State: Running, Planned: true}
	cancelling, worn := planned, planned
	cancelling.Cancelling, worn.Postponed = true, MostPostponed
	for name, c := range map[string]struct {
		run     Run
		counts  Counts
		why     ReasonCode
		patient bool
		want    State
		because ReasonCode
	}{
		"all delivered":                       {planned, all, "", false, Succeeded, ""},
		"somebody left":                       {planned, some, "", false, Incomplete, ""},
		"somebody left, and nobody watches":   {planned, some, "", true, Queued, ""},
		"the same, time and again":            {worn, some, "", true, Incomplete, ""},
		"away":                                {planned, some, ReasonUnreachable, false, Failed, ReasonUnreachable},
		"away, and nobody watches":            {worn, some, ReasonUnreachable, true, Queued, ReasonUnreachable},
		"away after the last one":             {planned, all, ReasonUnreachable, true, Failed, ReasonUnreachable},
		"refused, and nobody watches":         {planned, some, ReasonConfiguration, true, Failed, ReasonConfiguration},
		"stopped":                             {planned, some, ReasonStopped, false, Failed, ReasonStopped},
		"stopped after the last one":          {planned, all, ReasonStopped, true, Succeeded, ""},
		"the daemon stops":                    {planned, some, ReasonStopped, true, Queued, ReasonStopped},
		"held":                                {planned, some, ReasonGuard, true, Held, ReasonGuard},
		"held for a contract, none left":      {planned, all, ReasonContract, false, Succeeded, ""},
		"not planned yet, and nobody watches": {Run{State: Running}, Counts{}, ReasonNotReady, true, Queued, ReasonNotReady},
		"cancelled":                           {cancelling, some, ReasonUnreachable, true, Cancelled, ReasonCancelled},
		"cancelled after the last one":        {cancelling, all, ReasonStopped, true, Succeeded, ""},
	} {
		state, why := c.run.Next(c.counts, Reason{Code: c.why}, c.patient)
		if state != c.want || why.Code != c.because {
			t.Errorf("%s: %s, %q; want %s, %q", name, state, why.Code, c.want, c.because)
		}
		if !Running.CanBecome(state) {
			t.Errorf("%s: a run cannot become %s", name, state)
		}
	}
}
