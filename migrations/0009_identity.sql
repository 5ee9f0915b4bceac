-- +goose Up
-- What makes a target one and the same: addresses have one spelling, and a SIRET is one establishment, whatever the dossier
-- is called.

-- jobs.NormalAddress, for what is there already.
-- +goose StatementBegin
CREATE FUNCTION syncd.normal_address(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    part  text[] := regexp_match(lower(address), '^(https?)://(\[[^]]*\]|[^/:]*)(:[0-9]+)?(/.*)?$');
    host  text;
    port  text;
    path  text;
    clean text;
BEGIN
    IF part IS NULL THEN
        RETURN address;
    END IF;
    host := rtrim(part[2], '.');
    IF host IN ('localhost', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]') THEN
        host := '127.0.0.1';
    END IF;
    port := coalesce(part[3], '');
    IF part[1] || port IN ('http:80', 'https:443') THEN
        port := '';
    END IF;
    path := coalesce(part[4], '') || '/';
    FOR code IN 45..126 LOOP
        IF chr(code) ~ '[A-Za-z0-9._~-]' THEN
            path := replace(path, '%' || lpad(to_hex(code), 2, '0'), lower(chr(code)));
        END IF;
    END LOOP;
    LOOP
        clean := regexp_replace(regexp_replace(regexp_replace(path, '/+', '/', 'g'), '/(\./)+', '/', 'g'), '^(/\.\./)+', '/');
        clean := regexp_replace(clean, '/(?!\.\./)[^/]+/\.\./', '/');
        EXIT WHEN clean = path;
        path := clean;
    END LOOP;
    RETURN part[1] || '://' || host || port || rtrim(path, '/');
END
$$;
-- +goose StatementEnd

-- Of several spellings of one address the one that was worked with last stands for it. The others are history: their rows
-- keep an address that nobody can configure.
CREATE TEMPORARY TABLE spelling ON COMMIT DROP AS
SELECT t.id, syncd.normal_address(t.base_url) AS normal,
       row_number() OVER (PARTITION BY t.partner, t.environment, t.dossier, syncd.normal_address(t.base_url)
                          ORDER BY (SELECT max(r.id) FROM syncd.run r WHERE r.target_id = t.id) DESC NULLS LAST, t.id) AS rank
FROM syncd.target t;
UPDATE syncd.target t SET base_url = s.normal || '#' || t.id FROM spelling s WHERE s.id = t.id AND s.rank > 1;
UPDATE syncd.target t SET base_url = s.normal FROM spelling s WHERE s.id = t.id AND s.rank = 1 AND t.base_url <> s.normal;

CREATE TEMPORARY TABLE api_spelling ON COMMIT DROP AS
SELECT a.id, syncd.normal_address(a.base_url) AS normal,
       row_number() OVER (PARTITION BY a.partner, a.environment, syncd.normal_address(a.base_url) ORDER BY a.asked_at DESC NULLS LAST, a.id) AS rank
FROM syncd.api a;
UPDATE syncd.api a SET base_url = s.normal || '#' || a.id FROM api_spelling s WHERE s.id = a.id AND s.rank > 1;
UPDATE syncd.api a SET base_url = s.normal FROM api_spelling s WHERE s.id = a.id AND s.rank = 1 AND a.base_url <> s.normal;
DROP FUNCTION syncd.normal_address(text);

ALTER TABLE syncd.target ADD COLUMN siret text;
COMMENT ON COLUMN syncd.target.siret IS 'as configured when something was last done with it; NULL = none';
COMMENT ON COLUMN syncd.target.base_url IS 'in its normal spelling; one with a # is another spelling of an earlier version';

-- Two targets of one establishment: what the partner answered counts, else what was configured.
CREATE FUNCTION syncd.are_kin(a syncd.target, b syncd.target) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT a.id = b.id OR a.partner = b.partner AND a.environment = b.environment
        AND (coalesce(a.identity, a.siret) = coalesce(b.identity, b.siret)
             OR a.dossier = b.dossier AND split_part(a.base_url, '#', 1) = split_part(b.base_url, '#', 1))
$$;

CREATE INDEX closed_period_by_period ON syncd.closed_period (period);
CREATE OR REPLACE FUNCTION syncd.is_closed(bigint, text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM syncd.closed_period c JOIN syncd.target o ON o.id = c.target_id JOIN syncd.target t ON t.id = $1
                   WHERE c.period = $2 AND coalesce(syncd.are_kin(t, o), false) AND (c.open_until IS NULL OR c.open_until <= clock_timestamp()))
$$;

-- Where a person has let a target be sent to although another one of the same establishment had been.
CREATE TABLE syncd.sharing (
    target_id   bigint NOT NULL REFERENCES syncd.target,
    other_id    bigint NOT NULL REFERENCES syncd.target,
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_id      bigint NOT NULL, -- that was approved; the trail says by whom and why
    PRIMARY KEY (target_id, other_id)
);

-- +goose Down
DROP TABLE syncd.sharing;
CREATE OR REPLACE FUNCTION syncd.is_closed(bigint, text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM syncd.closed_period c WHERE c.target_id = $1 AND c.period = $2
                   AND (c.open_until IS NULL OR c.open_until <= clock_timestamp()))
$$;
DROP INDEX syncd.closed_period_by_period;
DROP FUNCTION syncd.are_kin(syncd.target, syncd.target);
ALTER TABLE syncd.target DROP COLUMN siret;
