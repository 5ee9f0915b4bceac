-- +goose Up
-- A run goes from state to state as jobs.State.CanBecome says. A test asks both about each pair.
-- +goose StatementBegin
CREATE FUNCTION syncd.refuse_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (
        ('queued', 'running'), ('queued', 'cancelled'),
        ('running', 'succeeded'), ('running', 'incomplete'), ('running', 'failed'), ('running', 'held'), ('running', 'cancelled'), ('running', 'queued'),
        ('incomplete', 'queued'), ('incomplete', 'running'), ('incomplete', 'succeeded'), ('incomplete', 'cancelled'),
        ('failed', 'queued'), ('failed', 'running'), ('failed', 'cancelled'),
        ('held', 'queued'), ('held', 'cancelled')
    ) THEN
        RAISE EXCEPTION 'a run cannot go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', SCHEMA = 'syncd', TABLE = 'run', CONSTRAINT = 'run_changes_state';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER run_changes_state AFTER UPDATE OF state ON syncd.run FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION syncd.refuse_state();

-- +goose Down
DROP TRIGGER run_changes_state ON syncd.run;
DROP FUNCTION syncd.refuse_state();
