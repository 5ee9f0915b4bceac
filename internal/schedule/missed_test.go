package schedule

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func month(t time.Time) string { return t.Format("2006-01") }

func TestDecide(t *testing.T) {
	t.Parallel()
	const (
		oct, nov1, nov2, dec = "2026-10-30 06:00:00 +0100", "2026-11-10 06:00:00 +0100", "2026-11-30 06:00:00 +0100", "2026-12-31 06:00:00 +0100"
		run, caught          = "run", "catch-up"
		window               = 92 * 24 * time.Hour
	)
	all := []string{oct, nov1, nov2, dec}
	for _, test := range []struct {
		name   string
		fires  []string
		now    string
		policy Policy
		window time.Duration
		want   []string
	}{
		{"nothing is due", nil, dec, All, window, nil},
		{"on time", []string{dec}, "2026-12-31 06:00:59 +0100", Latest, window, []string{run}},
		{"on time, nothing is caught up", []string{dec}, "2026-12-31 06:00:59 +0100", Skip, window, []string{run}},
		{"a minute late is missed", []string{dec}, "2026-12-31 06:01:00 +0100", Skip, window, []string{WhyPolicy}},
		{"a minute late is caught up", []string{dec}, "2026-12-31 06:01:00 +0100", Latest, window, []string{caught}},
		{"skip", all, "2027-01-02 00:00:00 +0100", Skip, window, []string{WhyPolicy, WhyPolicy, WhyPolicy, WhyPolicy}},
		{"the latest of each period", all, "2027-01-02 00:00:00 +0100", Latest, window, []string{caught, WhyPolicy, caught, caught}},
		{"all", all, "2027-01-02 00:00:00 +0100", All, window, []string{caught, caught, caught, caught}},
		{"the newest on time", all, dec, Latest, window, []string{caught, WhyPolicy, caught, run}},
		{"on time stands for its period", []string{nov1, nov2}, nov2, Latest, window, []string{WhyPolicy, run}},
		{"too old", all, "2027-02-01 00:00:00 +0100", Latest, window, []string{WhyWindow, WhyPolicy, caught, caught}},
		{"too old whatever the policy", all, "2027-02-01 00:00:00 +0100", All, 40 * 24 * time.Hour,
			[]string{WhyWindow, WhyWindow, WhyWindow, caught}},
		{"the window's edge", []string{dec}, "2026-12-31 07:00:00 +0100", All, time.Hour, []string{caught}},
		{"over the window's edge", []string{dec}, "2026-12-31 07:00:01 +0100", All, time.Hour, []string{WhyWindow}},
		{"an unknown policy catches nothing up", []string{dec}, "2026-12-31 07:00:00 +0100", "", window, []string{WhyPolicy}},
	} {
		var fires []time.Time
		for _, text := range test.fires {
			fires = append(fires, at(t, text))
		}
		var got []string
		for i, d := range Decide(fires, at(t, test.now), test.policy, test.window, month) {
			if !d.Nominal.Equal(fires[i]) || d.Run != (d.Why == "") || d.CatchUp && !d.Run {
				t.Errorf("%s: got %+v", test.name, d)
			}
			switch {
			case d.CatchUp:
				got = append(got, caught)
			case d.Run:
				got = append(got, run)
			default:
				got = append(got, d.Why)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

// TestDecideProperty: a pull has one period, so of its missed fires one runs at most.
func TestDecideProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		var fires []time.Time
		for _, late := range rapid.SliceOfNDistinct(rapid.IntRange(0, 10_000), 0, 20, rapid.ID).Draw(t, "minutes late") {
			fires = append(fires, now.Add(-time.Duration(late)*time.Minute))
		}
		slices.SortFunc(fires, time.Time.Compare)
		running := 0
		for _, d := range Decide(fires, now, Latest, 5000*time.Minute, func(time.Time) string { return "" }) {
			if d.Run {
				running++
			}
		}
		want := 0
		if n := len(fires); n > 0 && now.Sub(fires[n-1]) <= 5000*time.Minute {
			want = 1
		}
		if running != want {
			t.Fatalf("%d run", running)
		}
	})
}
