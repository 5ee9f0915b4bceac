package daemon

import (
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

const (
	// mostFires bounds how many missed fires of a job and target are recorded at once, beside the newest of each month.
	mostFires = 100
	// mostSeen bounds how many are looked at, beside the newest of each month.
	mostSeen = 10_000
)

// owed is what a schedule owes a target, and what becomes of it.
type owed struct {
	fires   []ledger.Fire
	until   time.Time // how far fires are dealt with once these are recorded
	more    bool      // there are newer ones
	missed  int       // fires that were missed and are not recorded one by one
	atLeast bool      // there may be more of them
}

// due tells what a schedule owes a target. It was noticed at a time that may be before now: having waited for others
// makes no fire late.
func (j *Job) due(s *schedule.Schedule, armed ledger.Armed, noticed, now time.Time) owed {
	since, owes := earlier(armed.DealtWith, now), owed{until: now}
	var times []time.Time
	if j.Missed == schedule.All {
		times, owes.more = j.oldest(s, since, now)
		if owes.more {
			owes.until = times[len(times)-1]
		}
	} else {
		times = j.newest(s, since, now)
	}
	owes.atLeast = len(times) >= mostSeen
	period := func(t time.Time) jobs.Period { return j.PeriodIn(t, s.Location()) }
	decisions := schedule.Decide(times, earlier(noticed, now), j.Missed, j.Window, func(t time.Time) string { return string(period(t)) })
	fires := make([]ledger.Fire, len(decisions))
	for i, d := range decisions {
		fires[i] = ledger.Fire{Pair: armed.Pair, Nominal: d.Nominal, Outcome: ledger.FireMissed, Period: period(d.Nominal), Reason: d.Why}
		if d.Run {
			fires[i].Outcome, fires[i].Trigger = ledger.FireRun, jobs.TriggerSchedule
		}
		if d.Run && d.CatchUp {
			fires[i].Trigger = jobs.TriggerCatchUp
		}
	}
	owes.fires = worthRecording(fires)
	owes.missed = len(fires) - len(owes.fires)
	return owes
}

// newest is the newest fires, and before them the newest of each month that can still be made up for.
func (j *Job) newest(s *schedule.Schedule, since, now time.Time) []time.Time {
	times := s.Between(since, now, mostSeen)
	if len(times) < mostSeen {
		return times
	}
	if past := now.Add(-j.Window); past.After(since) {
		since = past
	}
	return append(newestOfMonths(s, since, times[0].Add(-time.Nanosecond)), times...)
}

// newestOfMonths is the newest fire of each month after one instant and up to another, oldest first. Periods are months.
func newestOfMonths(s *schedule.Schedule, after, until time.Time) (times []time.Time) {
	for until.After(after) {
		last := s.Between(after, until, 1)
		if len(last) == 0 {
			break
		}
		times = append(times, last[0])
		year, month, _ := last[0].In(s.Location()).Date()
		until = time.Date(year, month, 1, 0, 0, 0, 0, s.Location()).Add(-time.Nanosecond)
	}
	slices.Reverse(times)
	return times
}

// oldest is the first of the fires that are all to be made up for, after those that are too old for it.
func (j *Job) oldest(s *schedule.Schedule, since, now time.Time) (times []time.Time, more bool) {
	if past := now.Add(-j.Window); past.After(since) {
		times = s.Between(since, past, mostSeen)
		since = past
	}
	for range mostFires {
		since = s.Next(since)
		if since.IsZero() || since.After(now) {
			return times, false
		}
		times = append(times, since)
	}
	next := s.Next(since)
	return times, !next.IsZero() && !next.After(now)
}

// worthRecording leaves out missed fires when there are very many, but never the newest of a period.
func worthRecording(fires []ledger.Fire) (kept []ledger.Fire) {
	room, newer, keep := mostFires, map[jobs.Period]bool{}, make([]bool, len(fires))
	for i, f := range slices.Backward(fires) {
		keep[i] = f.Outcome == ledger.FireRun || !newer[f.Period]
		if keep[i] && f.Outcome != ledger.FireRun {
			room--
		}
		newer[f.Period] = true
	}
	for i := range slices.Backward(fires) {
		if !keep[i] && room > 0 {
			keep[i] = true
			room--
		}
	}
	for i, f := range fires {
		if keep[i] {
			kept = append(kept, f)
		}
	}
	return kept
}
