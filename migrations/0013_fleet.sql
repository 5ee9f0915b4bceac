-- Many dossiers at once.

-- +goose Up
-- Asked several times for each run and once for each step: a function in SQL is planned anew each time.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION syncd.is_closed(bigint, text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM syncd.closed_period c JOIN syncd.target o ON o.id = c.target_id JOIN syncd.target t ON t.id = $1
                   WHERE c.period = $2 AND coalesce(syncd.are_kin(t, o), false) AND (c.open_until IS NULL OR c.open_until <= clock_timestamp()));
END
$$;
-- +goose StatementEnd

-- +goose Down
CREATE OR REPLACE FUNCTION syncd.is_closed(bigint, text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM syncd.closed_period c JOIN syncd.target o ON o.id = c.target_id JOIN syncd.target t ON t.id = $1
                   WHERE c.period = $2 AND coalesce(syncd.are_kin(t, o), false) AND (c.open_until IS NULL OR c.open_until <= clock_timestamp()))
$$;
