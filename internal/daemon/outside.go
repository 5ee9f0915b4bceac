package daemon

import (
	"context"
	"time"

	"syncd/internal/ledger"
)

// outsideEvery is how often it is looked for runs that this configuration does not go on with.
const outsideEvery = 10 * time.Minute

// outside are runs that were left over by a job or dossier which left the configuration: nobody goes on with them, and newer
// months of theirs may wait for them.
type outside struct {
	looked time.Time      // by the monotonic clock; zero = not with this configuration
	told   map[int64]bool // those that the log has
}

// watchOutside tells the log of each once. What belongs to another daemon that is configured otherwise is its own.
func (l *loop) watchOutside(ctx context.Context, daemons []ledger.Daemon) error {
	if !l.outside.looked.IsZero() && time.Since(l.outside.looked) < outsideEvery {
		return nil
	}
	runs, err := l.Ledger.Outside(ctx, l.setup.pairs())
	if err != nil {
		return err
	}
	told := map[int64]bool{}
	for _, run := range runs {
		if l.isOfAnother(run.Job, daemons) {
			continue
		}
		if told[run.ID] = true; !l.outside.told[run.ID] {
			l.Log.Warn().Int64("run", run.ID).Str("job", run.Job).Str("dossier", run.Target.Dossier).Str("period", string(run.Period)).
				Str("state", string(run.State)).Bool("interrupted", run.Interrupted).
				Msg("a run is open whose job or dossier is not configured any more: nobody goes on with it; 'syncd cancel' gives it up")
		}
	}
	l.outside = outside{looked: time.Now(), told: told}
	return nil
}

// isOfAnother tells whether another living daemon is configured for a job otherwise than this one.
func (l *loop) isOfAnother(job string, daemons []ledger.Daemon) bool {
	ours := l.setup.digests()[job]
	for _, other := range daemons {
		if theirs, ok := other.Jobs[job]; ok && other.ID != l.ID && other.Silent < 3*seeEvery && theirs != ours {
			return true
		}
	}
	return false
}
