package store

import (
	"context"
	"encoding/json"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Apart implements jobs.BaselineReader.
func (s *Store) Apart(ctx context.Context, target int64, period jobs.Period, keys []string) (a jobs.Apart, err error) {
	runs, err := s.queries.HeldRunsOf(ctx, dbsqlc.HeldRunsOfParams{TargetID: target, Period: string(period), Keys: keys})
	if err != nil {
		return a, redact("reading what is held", err)
	}
	for _, run := range runs {
		held := jobs.HeldRun{ID: run.ID}
		if err := json.Unmarshal(run.Findings, &held.Findings); err != nil {
			return a, hinted.At("reading why a run is held", run.ID, err)
		}
		a.Runs = append(a.Runs, held)
	}
	held, err := s.queries.HeldItemsOf(ctx, dbsqlc.HeldItemsOfParams{TargetID: target, Period: string(period), Keys: keys})
	if err != nil {
		return a, redact("reading what is held", err)
	}
	a.Held = make(map[string]jobs.HeldItem, len(held))
	for _, item := range held {
		h := jobs.HeldItem{Fingerprint: [32]byte(item.Fingerprint)}
		if err := json.Unmarshal(item.Findings, &h.Findings); err != nil {
			return a, hinted.While("reading why an item is held", err)
		}
		a.Held[item.Key] = h
	}
	sent, err := s.queries.SentApart(ctx, dbsqlc.SentApartParams{TargetID: target, Period: string(period)})
	for _, item := range sent {
		a.Sent = append(a.Sent, jobs.SentApart{Key: item.Key, Fingerprint: [32]byte(item.Fingerprint),
			Created: item.Created, Updated: item.Updated})
	}
	return a, redact("reading what was sent", err)
}
