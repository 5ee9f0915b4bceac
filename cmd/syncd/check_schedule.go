package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"syncd/internal/ledger"
	"syncd/internal/report"
)

// schedules tells what comes next, and whether somebody is there to execute it.
func (c *checker) schedules(ctx context.Context) {
	pauses, err := c.pauses(ctx)
	if err != nil {
		c.fail("schedule", err)
	}
	scheduled := 0
	for _, j := range c.config.Jobs {
		if j.Schedule == nil {
			continue
		}
		scheduled++
		if p, paused := pauses[j.Name]; paused {
			c.add(finding{Level: "warning", Subject: "schedule", Text: fmt.Sprintf("%s: paused by %s since %s: %s", j.Name, p.By, report.Minute(p.Since.In(j.Zone())), p.Reason),
				Hint: "to go on: syncd unpause " + j.Name})
			continue
		}
		next := j.Schedule.Next(time.Now()).In(j.Zone())
		c.ok("schedule", "%s: next at %s", j.Name, report.Minute(next))
	}
	if c.ledger == nil {
		return
	}
	c.purge(ctx)
	if err := c.outside(ctx); err != nil {
		c.fail("queue", err)
	}
	if scheduled == 0 {
		return
	}
	daemons, err := c.ledger.Daemons(ctx)
	if err != nil {
		c.fail("daemon", err)
		return
	}
	c.daemons(daemons)
	c.monitoring(ctx, daemons)
}

// purge tells that what is past its time is not deleted.
func (c *checker) purge(ctx context.Context) {
	held, err := c.ledger.HeldPurge(ctx)
	if err != nil {
		c.fail("retention", err)
	}
	if held != nil {
		text, hint := splitHint(held.Error())
		c.add(finding{Level: "warning", Subject: "retention", Text: text, Hint: hint})
	}
}

// pauses are the paused jobs, by name.
func (c *checker) pauses(ctx context.Context) (map[string]ledger.Pause, error) {
	if c.ledger == nil {
		return nil, nil
	}
	all, err := c.ledger.Pauses(ctx)
	paused := make(map[string]ledger.Pause, len(all))
	for _, p := range all {
		paused[p.Job] = p
	}
	return paused, err
}

// monitoring warns when something else answers where a daemon of this machine would be watched.
func (c *checker) monitoring(ctx context.Context, daemons []ledger.Daemon) {
	address, network := c.config.Daemon.Listen, "tcp"
	if path, isSocket := strings.CutPrefix(address, "unix:"); isSocket {
		address, network = path, "unix"
	}
	host, err := os.Hostname()
	ours := slices.ContainsFunc(daemons, func(d ledger.Daemon) bool { return d.Host == host && d.Silent < aliveFor })
	if address == "" || ours || err != nil {
		return
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return // nobody is there
	}
	_ = conn.Close() // nothing was said
	c.add(finding{Level: "warning", Subject: "daemon", Text: fmt.Sprintf("something else answers at %s: monitoring would not be served there", c.config.Daemon.Listen),
		Hint: "stop what is there, or name another address: listen of [daemon]"})
}

func (c *checker) daemons(daemons []ledger.Daemon) {
	alive := 0
	for _, d := range daemons {
		if d.Silent >= aliveFor {
			continue
		}
		alive++
		if c.differs(d) {
			c.add(finding{Level: "warning", Subject: "daemon", Text: fmt.Sprintf("the one on %s (pid %d) is configured otherwise than this file says", d.Host, d.PID),
				Hint: "systemctl reload syncd, and give all machines the same configuration"})
		}
	}
	if alive == 0 {
		c.add(finding{Level: "warning", Subject: "daemon", Text: "none runs: nothing starts by itself", Hint: "systemctl enable --now syncd"})
		return
	}
	c.ok("daemon", "%d running", alive)
}

// outside tells of runs that are open and of no job and dossier of this configuration: a job was renamed, a dossier taken out.
// Newer periods may wait for them.
func (c *checker) outside(ctx context.Context) error {
	pairs, _, err := c.pairs(ctx, c.ledger)
	if err != nil {
		return err
	}
	outside, err := c.ledger.Outside(ctx, pairs)
	for _, run := range outside {
		state := string(run.State)
		if run.Interrupted {
			state = "interrupted"
		}
		c.add(finding{Level: "warning", Subject: "queue", Text: fmt.Sprintf("run %d (%s, %s) is %s, and not of this configuration: nobody goes on with it", run.ID, run.Job, run.Target.Dossier, state),
			Hint: fmt.Sprintf("give it up: syncd cancel %d --reason \"…\"; or configure its job and dossier again", run.ID)})
	}
	return err
}
