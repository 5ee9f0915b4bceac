-- +goose Up
-- How many of the requests in flight that one partner is to bear each process has, where all processes of a ledger share
-- them ([isidoor] limits = "ledger").
CREATE TABLE syncd.allowance (
    api          text NOT NULL,    -- its address
    holder       bigint NOT NULL,  -- a process
    held         integer NOT NULL,
    heartbeat_at timestamptz NOT NULL,
    PRIMARY KEY (api, holder)
);

-- A process shows itself, and learns how many are its fair share, and how many it has. It keeps what it says that it uses,
-- and takes more only from what nobody has: who has too many gives them back first. Whoever was silent for a lease has none.
-- Where there are more processes than requests, each has its turn.
-- +goose StatementBegin
CREATE FUNCTION syncd.share_allowance(of_api text, by bigint, uses integer, most integer, lease_seconds float8, turn_seconds float8,
                                      OUT held integer, OUT fair integer) LANGUAGE plpgsql AS $$
DECLARE
    others integer;
    n integer;
    place integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('syncd allowance ' || of_api, 0));
    DELETE FROM syncd.allowance a WHERE a.api = of_api AND a.holder <> by
    AND abs(extract(epoch FROM clock_timestamp() - a.heartbeat_at)) > lease_seconds;
    SELECT coalesce(sum(a.held), 0), count(*) + 1, count(*) FILTER (WHERE a.holder < by) INTO others, n, place
    FROM syncd.allowance a WHERE a.api = of_api AND a.holder <> by;
    place := (place + floor(extract(epoch FROM clock_timestamp()) / turn_seconds)::bigint % n) % n;
    fair := most / n + CASE WHEN place < most % n THEN 1 ELSE 0 END;
    held := greatest(uses, least(fair, most - others));
    INSERT INTO syncd.allowance AS a (api, holder, held, heartbeat_at) VALUES (of_api, by, share_allowance.held, clock_timestamp())
    ON CONFLICT (api, holder) DO UPDATE SET held = excluded.held, heartbeat_at = excluded.heartbeat_at;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION syncd.share_allowance;
DROP TABLE syncd.allowance;
