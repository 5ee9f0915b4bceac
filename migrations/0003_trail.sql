-- +goose Up
-- Periods that are closed, and the trail of decisions.

-- A closed period takes no write: nothing of it is started, resumed, approved or sent. It is closed while there is a row,
-- but for the time until which it was reopened.
CREATE TABLE syncd.closed_period (
    target_id       bigint NOT NULL REFERENCES syncd.target,
    period          text NOT NULL CHECK (period ~ '^20\d\d-(0[1-9]|1[0-2])$'),
    closed_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_by       text NOT NULL,
    reason          text NOT NULL,
    reopened_at     timestamptz,
    reopened_by     text NOT NULL DEFAULT '',
    reopened_reason text NOT NULL DEFAULT '',
    open_until      timestamptz,
    PRIMARY KEY (target_id, period),
    CONSTRAINT closed_period_reopened_is_whole CHECK ((reopened_at IS NULL) = (open_until IS NULL) AND (reopened_at IS NULL) = (reopened_by = ''))
);

CREATE FUNCTION syncd.is_closed(bigint, text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM syncd.closed_period c WHERE c.target_id = $1 AND c.period = $2
                   AND (c.open_until IS NULL OR c.open_until <= clock_timestamp()))
$$;

-- No path leads around it: whoever makes a run of a closed period, or puts one back into the queue or to work, is refused.
-- +goose StatementBegin
CREATE FUNCTION syncd.refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF syncd.is_closed(NEW.target_id, NEW.period) THEN
        RAISE EXCEPTION 'the period is closed' USING ERRCODE = 'SY001', COLUMN = NEW.period;
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER run_of_open_period BEFORE INSERT ON syncd.run FOR EACH ROW
    WHEN (NEW.period IS NOT NULL AND NEW.state IN ('queued', 'running')) EXECUTE FUNCTION syncd.refuse_closed();
CREATE TRIGGER run_of_open_period_again BEFORE UPDATE OF state ON syncd.run FOR EACH ROW
    WHEN (NEW.period IS NOT NULL AND NEW.state IN ('queued', 'running') AND OLD.state NOT IN ('queued', 'running'))
    EXECUTE FUNCTION syncd.refuse_closed();

-- Who decided what, when and why. Rows are added and never change: nobody has the right to, the owner of the table
-- included, and a trigger refuses it even to a superuser who does not switch it off.
CREATE TABLE syncd.audit (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor         text NOT NULL CHECK (actor <> ''),
    decision      text NOT NULL CHECK (decision <> ''),
    target_id     bigint REFERENCES syncd.target,
    job           text NOT NULL DEFAULT '',
    period        text NOT NULL DEFAULT '',
    run_id        bigint, -- the trail outlives runs
    employees     text[] NOT NULL DEFAULT '{}',
    reason        text NOT NULL DEFAULT '',
    detail        text NOT NULL DEFAULT '',
    host          text NOT NULL DEFAULT '',
    version       text NOT NULL,
    config_digest text NOT NULL DEFAULT ''
);
CREATE INDEX audit_by_run ON syncd.audit (run_id);
CREATE INDEX audit_by_decision ON syncd.audit (decision, id);
REVOKE UPDATE, DELETE, TRUNCATE ON syncd.audit FROM CURRENT_USER;
-- +goose StatementBegin
CREATE FUNCTION syncd.keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'SY002';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON syncd.audit FOR EACH STATEMENT EXECUTE FUNCTION syncd.keep_audit();

-- +goose Down
DROP TRIGGER run_of_open_period_again ON syncd.run;
DROP TRIGGER run_of_open_period ON syncd.run;
DROP TABLE syncd.audit, syncd.closed_period;
DROP FUNCTION syncd.keep_audit(), syncd.refuse_closed(), syncd.is_closed(bigint, text);
