package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// poolerProbes is how many other sessions try to take the backend of ours.
const poolerProbes = 4

// behindTransactionPooler sees whether our backend, while idle, is lent to others: a setting of our session is gone once
// others hold open transactions. Postgres itself keeps one backend per session.
func behindTransactionPooler(ctx context.Context, ours *pgx.Conn, config *pgx.ConnConfig) (bool, error) {
	if _, err := ours.Exec(ctx, `SELECT set_config('syncd.probe', 'ours', false)`); err != nil {
		return false, redact("inspecting the database", err)
	}
	var others []*pgx.Conn
	defer func() {
		for _, other := range others {
			_ = other.Close(context.WithoutCancel(ctx)) // nothing is left to do with it
		}
	}()
	for range poolerProbes {
		other, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return false, redact("connecting to the database", err)
		}
		others = append(others, other)
		if _, err := other.Exec(ctx, "BEGIN; SELECT 1", pgx.QueryExecModeSimpleProtocol); err != nil {
			return false, redact("inspecting the database", err)
		}
		var kept bool
		const probe = `SELECT coalesce(current_setting('syncd.probe', true), '') = 'ours'`
		err = ours.QueryRow(ctx, probe, pgx.QueryExecModeSimpleProtocol).Scan(&kept)
		if err != nil || !kept {
			return !kept && err == nil, redact("inspecting the database", err)
		}
	}
	return false, nil
}
