package main

import (
	"context"
	"fmt"

	"syncd/internal/config"
	"syncd/internal/jobs"
)

// limits warns of guards that can never trip for a dossier: they let as many pass as its last finished run read. Before
// there is one nothing is known of its size, and nothing is said.
func (c *checker) limits(ctx context.Context, job config.Job, guards *jobs.Guards, d config.Dossier) error {
	if c.ledger == nil {
		return nil
	}
	period, err := c.period(job)
	if err != nil {
		return err
	}
	target, known, err := c.ledger.Target(ctx, c.target(d))
	if err != nil || !known {
		return err
	}
	history, err := c.ledger.History(ctx, target.ID, period)
	if err != nil || history.Last == nil {
		return err
	}
	c.idleLimits(job.Name+"/"+d.Name, guards, history.Last.Employees)
	return nil
}

// idleLimits is about the limits on a part of the staff: of newly created employees there can be any number.
func (c *checker) idleLimits(subject string, guards *jobs.Guards, staff int) {
	for _, of := range []struct {
		key   string
		limit jobs.Limit
	}{
		{"max_updated", guards.Updated}, {"max_departed", guards.Departed}, {"max_duplicates", guards.Duplicates}, {"max_fall", guards.Fall},
	} {
		if passes := of.limit.Of(staff); staff > 0 && !of.limit.Off && passes >= staff && !toldOfFile(of.limit) {
			c.add(finding{Level: "warning", Subject: subject,
				Text: fmt.Sprintf("job.guard.%s can never hold a run here: it lets %d pass, and the last run read %d employees", of.key, passes, staff),
				Hint: `lower its share and floor, give it a count, or write "off"`})
		}
	}
}

// toldOfFile tells of limits that never trip whatever the dossier: reading the configuration warns of them.
func toldOfFile(l jobs.Limit) bool { return l.Count == jobs.NoCount && l.Share == 1 }
