package view

import (
	"iter"
	"slices"
	"strconv"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// group is an outcome as the report tells it. Their order is that of the report: first what needs a person.
type group int

const (
	groupDeparted group = iota
	groupBlocked
	groupRejected
	groupTurnedAway // refused for something else than its data, and to be tried again
	groupUncertain
	groupHeld
	groupSuperseded
	groupGivenUp // by a person, who cancelled the run or set them aside, or as nobody decided in time
	groupPending // of a run that has ended; see ended
	groupWaiting // the same items, of a run that has not
	groupSent
	groupLeft
	groupWithdrawn
	groupsEnd
)

var groupNames = [groupsEnd]string{"departed", "blocked", "rejected", "turned-away", "uncertain", "held", "superseded", "given-up",
	"pending", "waiting", "sent", "left", "withdrawn"}

func (g group) String() string { return groupNames[g] }

// groupWords name the items of one outcome.
func (t *Teller) groupWords(g group) locale.GroupWords { return t.Groups[g.String()] }

// shownItems is how many items of a group are listed unless all are asked for.
const shownItems = 20

// ended reports whether what is pending was not attempted. In a held run it still waits.
func ended(run *jobs.Run) bool { return run.FinishedAt != nil && run.State != jobs.Held }

// givenUp are the reasons of items that nobody sends any more, though no newer plan took their place.
var givenUp = []jobs.ReasonCode{jobs.ReasonCancelled, jobs.ReasonExpired, jobs.ReasonSetAside}

// groupOf sorts an item by its outcome, as the accounting of the ledger does.
func groupOf(item *jobs.Item, over bool) group {
	switch item.State {
	case jobs.ItemDeparted:
		return groupDeparted
	case jobs.ItemBlocked:
		return groupBlocked
	case jobs.ItemRejected:
		return groupRejected
	case jobs.ItemHeld:
		return groupHeld
	case jobs.ItemSuperseded:
		if slices.Contains(givenUp, item.Reason.Code) {
			return groupGivenUp
		}
		return groupSuperseded
	case jobs.ItemAccepted:
		return groupSent
	case jobs.ItemLeft:
		return groupLeft
	case jobs.ItemWithdrawn:
		return groupWithdrawn
	case jobs.ItemPending:
		if item.Ambiguous {
			return groupUncertain // an earlier request may have been received
		}
		if item.Reason.Code == jobs.ReasonTurnedAway {
			return groupTurnedAway
		}
		if over {
			return groupPending
		}
		return groupWaiting
	case jobs.ItemSending, jobs.ItemUncertain, jobs.ItemUnsettled:
	}
	return groupUncertain
}

// gathered is what one pass over the items of a run keeps. It stays small however many there are.
type gathered struct {
	groups [groupsEnd]gatheredGroup
	counts jobs.Counts // of the items alone
}

type gatheredGroup struct {
	first      []jobs.Item // at most shownItems
	kinds      []kind
	items      int
	employees  int
	elements   int
	refused    int    // of employees, by the contract
	inside     int    // refused by the API in an answer of HTTP 2xx
	resendable int    // in doubt, and sent again by a resume
	onTheirWay int    // likewise, if the run can be resumed
	stuck      int    // in doubt, left out by a resume; a new run sends them again where that cannot pay twice
	doubtful   string // the first matricule of those
	unsettled  doubt  // the first that a person must settle: no run sends it again
	replanned  string // the newest run that took items over; "" = none
}

// doubt is an employee of whom nobody knows whether a run's sending was received.
type doubt struct {
	run int64 // 0 = this one
	key string
}

// kind is what items of a group have in common, where they are told together.
type kind struct {
	sign jobs.Difference
	text string
	why  jobs.Reason // of the first
	n    int
	keys []string // the first few
}

// gather reads all items once.
func (t *Teller) gather(items iter.Seq2[jobs.Item, error], over bool) (*gathered, error) {
	found := &gathered{}
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		which := groupOf(&item, over)
		found.add(&item, which, t.kindText(&item, which))
	}
	return found, nil
}

// add keeps what is needed of an item; text is what items of its group are told together by.
func (f *gathered) add(item *jobs.Item, which group, text string) {
	f.groups[which].add(item, text)
	state := item.State
	if which == groupUncertain {
		state = jobs.ItemUncertain
	}
	f.counts.Add(state, item.Employees, item.Elements, 1)
}

func (g *gatheredGroup) add(item *jobs.Item, text string) {
	g.items++
	g.employees += item.Employees
	g.elements += item.Elements
	if len(g.first) < shownItems {
		g.first = append(g.first, *item)
	}
	if refusedByContract(item) {
		g.refused += item.Employees
	}
	if item.State == jobs.ItemRejected && item.HTTPStatus/100 == 2 {
		g.inside++
	}
	switch {
	case item.State == jobs.ItemPending && item.Ambiguous:
		g.resendable++
	case item.State == jobs.ItemSending:
		g.onTheirWay++
	case item.State == jobs.ItemUnsettled, item.State == jobs.ItemUncertain && item.Reason.Code == jobs.ReasonInDoubt:
		if g.unsettled.key == "" {
			g.unsettled = doubtOf(item)
		}
	case item.State == jobs.ItemUncertain:
		if g.stuck++; g.stuck == 1 {
			g.doubtful = item.Key
		}
	}
	if item.Reason.Code == jobs.ReasonReplanned && item.Reason.Detail != "" {
		g.replanned = item.Reason.Detail
	}
	for i := range g.kinds {
		if k := &g.kinds[i]; k.sign == item.Difference && k.text == text {
			k.add(item.Key)
			return
		}
	}
	k := kind{sign: item.Difference, text: text, why: item.Reason}
	k.add(item.Key)
	g.kinds = append(g.kinds, k)
}

// doubtOf tells where an item is settled: in the older run that its reason names, or in its own.
func doubtOf(item *jobs.Item) doubt {
	d := doubt{key: item.Key}
	if item.Reason.Code == jobs.ReasonUnsettled {
		if run, err := strconv.ParseInt(item.Reason.Detail, 10, 64); err == nil { // else it is of a newer program
			d.run = run
		}
	}
	return d
}

// shownKeys is how many matricules of a kind are named.
const shownKeys = 6

func (k *kind) add(key string) {
	k.n++
	if len(k.keys) <= shownKeys { // one more tells that there are more
		k.keys = append(k.keys, key)
	}
}

// kindText is what items of groups that need nobody are told together by; "" in other groups.
func (t *Teller) kindText(item *jobs.Item, g group) string {
	k := kind{sign: item.Difference, why: item.Reason, n: 1}
	return t.kindWords(&k, g)
}

// kindWords agree with the number of items that they are about.
func (t *Teller) kindWords(k *kind, g group) string {
	switch g {
	case groupSent:
		return t.difference(k.sign, k.n)
	case groupGivenUp, groupPending, groupWaiting, groupWithdrawn:
		return t.reasonOf(k.why, k.n)
	case groupDeparted, groupBlocked, groupRejected, groupTurnedAway, groupUncertain, groupHeld, groupSuperseded, groupLeft, groupsEnd:
	}
	return ""
}

func (t *Teller) difference(d jobs.Difference, n int) string {
	if text, known := t.Differences[string(d)]; known {
		return t.Noun(text, n)
	}
	return string(d)
}
