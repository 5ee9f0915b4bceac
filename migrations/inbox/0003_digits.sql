-- +goose Up
-- \d is any digit of any script, which no cast reads: a query of everybody's records would fail for one value.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION inbox.date(of text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN m IS NOT NULL AND m[2]::int BETWEEN 1 AND 12 AND m[3]::int BETWEEN 1 AND
            CASE WHEN m[2]::int IN (4, 6, 9, 11) THEN 30 WHEN m[2]::int <> 2 THEN 31
                 WHEN m[1]::int % 4 = 0 AND (m[1]::int % 100 <> 0 OR m[1]::int % 400 = 0) THEN 29 ELSE 28 END
        THEN make_date(m[1]::int, m[2]::int, m[3]::int) END
    FROM (SELECT coalesce(regexp_match(of, '^([12][0-9]{3})-([0-9]{2})-([0-9]{2})(?:$|[T ])'),
                          (SELECT ARRAY[d[3], d[2], d[1]] FROM regexp_match(of, '^([0-9]{2})/([0-9]{2})/([12][0-9]{3})$') d)) AS m) read
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION inbox.moment(of text) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN m IS NOT NULL AND inbox.date(of) IS NOT NULL
        THEN (inbox.date(of) + make_interval(hours => m[1]::int, mins => m[2]::int, secs => coalesce(m[3], '0')::float8)
              - CASE WHEN m[5] IS NULL THEN interval '0' ELSE make_interval(hours => (m[4] || m[5])::int, mins => (m[4] || m[6])::int) END)
             AT TIME ZONE 'UTC' END
    FROM (SELECT regexp_match(of, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]{1,9})?))?'
                                  '(?:Z|([+-])(0[0-9]|1[0-4]):?([0-5][0-9]))$') AS m) read
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION inbox.amount(of text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN of ~ '^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?$' THEN of::numeric END
$$;
-- +goose StatementEnd

-- +goose Down
SELECT 1; -- 0001 drops them
